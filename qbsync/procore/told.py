"""What Procore is told of what QuickBooks has: the tables that the documents show, and a test holds to it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from qbsync.model.fields import Field
from qbsync.procore.writebacks import Target

_EDITED: Final = Field(source="`edit_sequence`, as JSON", paths=("origin_data",))
"""Beside the id of each record that is one by itself in QuickBooks."""

TOLD: Final[Mapping[Target, tuple[Field, ...]]] = {
    Target.STANDARD_COST_CODE: (Field(source="the item's ListID", paths=("origin_id",)), _EDITED),
    Target.PROJECT_COST_CODE: (
        Field(
            source="the job's ListID, `|`, the item's ListID",
            paths=("origin_id",),
            decision="once both are linked; not for codes of a sub job, nor of the project's own",
        ),
    ),
    Target.VENDOR: (Field(source="the vendor's ListID", paths=("origin_id",)), _EDITED),
    Target.PROJECT: (Field(source="the job's ListID", paths=("origin_id",)), _EDITED),
    Target.SUBCONTRACT_LINE: (
        Field(source="the purchase order's TxnID, `|`, the line's TxnLineID", paths=("origin_id",)),
    ),
    Target.SUBCONTRACT: (
        Field(source="the purchase order's TxnID", paths=("origin_id",), decision="after its lines"),
        _EDITED,
    ),
    Target.PURCHASE_ORDER_LINE: (
        Field(source="the purchase order's TxnID, `|`, the line's TxnLineID", paths=("origin_id",)),
    ),
    Target.PURCHASE_ORDER: (
        Field(source="the purchase order's TxnID", paths=("origin_id",), decision="after its lines"),
        _EDITED,
    ),
    Target.CHANGE_ORDER: (
        Field(
            source="the purchase order's TxnID, `|`, the TxnLineID of its first line",
            paths=("origin_id",),
            decision="the purchase order's own id is the commitment's",
        ),
        _EDITED,
    ),
    Target.INVOICE: (
        Field(source="the bill's or vendor credit's TxnID", paths=("origin_id",)),
        _EDITED,
    ),
    Target.CONTRACT_PAYMENT: (
        Field(source="what it pays of this bill", paths=("amount",), decision="nothing left: it is removed"),
        Field(source="TxnDate", paths=("date",)),
        Field(source="RefNumber", paths=("check_number",), decision="none: left out"),
        Field(
            source="the kind of payment",
            paths=("payment_method",),
            decision="`check` for a BillPaymentCheck, `credit_card` for a BillPaymentCreditCard",
        ),
        Field(source="Procore's own number of the invoice", paths=("invoice_number",)),
        Field(source="the invoice, by the bill's link", paths=("requisition_id",)),
        Field(
            source="the payment's TxnID, `|`, the bill's TxnID",
            paths=("origin_id",),
            decision="locks it: taken off before a change, set again after it",
        ),
    ),
    Target.JOB_COSTS: (
        Field(
            source="whether Procore has the payee",
            paths=("direct_cost_type",),
            decision="`invoice` for a linked vendor, else and for totals `expense`",
        ),
        Field(source="always `approved`", paths=("status",)),
        Field(source="TxnDate; of totals the latest", paths=("direct_cost_date",), decision="none: left out"),
        Field(source="the kind of transaction, its number and payee", paths=("description",)),
        Field(source="RefNumber", paths=("invoice_number",), decision="of totals none"),
        Field(source="the payee, by its link", paths=("vendor_id",), decision="none where it is not linked"),
        Field(
            source="our mark and the version told",
            paths=("origin_data",),
            decision="by the mark ours are known",
        ),
        Field(
            source="the transaction's TxnID, `|`, the job's ListID",
            paths=("origin_id",),
            decision="locks it, so it is set last",
        ),
        Field(
            source="the item's cost code in the project, else option `uncoded_cost_code`",
            paths=("lines/cost_code_id",),
        ),
        Field(source="option `job_cost_type`", paths=("lines/line_item_type_id",)),
        Field(source="the line's amount", paths=("lines/amount",), decision="a credit's is negative"),
        Field(source="the line's description, else its item or account", paths=("lines/description",)),
        Field(source="always `manual`", paths=("lines/extended_type",)),
        Field(source="the direct cost it is part of", paths=("lines/direct_cost_id",)),
        Field(source="the transaction's TxnID, `|`, the line's TxnLineID", paths=("lines/origin_id",)),
    ),
}
"""By what is told; a path with `lines/` stands on each line of a direct cost."""
