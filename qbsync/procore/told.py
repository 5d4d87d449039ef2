"""What Procore is told of QuickBooks on the direct feed: the documents' tables, which a test holds to it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from qbsync.model.fields import Field
from qbsync.procore.writebacks import Target

_EDITED: Final = Field(source="`edit_sequence`, as JSON", paths=("origin_data",))
"""Beside the id of each record that is one by itself in QuickBooks."""


def _placed(address: str) -> tuple[Field, ...]:
    """The fields of an address of QuickBooks, for what is imported."""
    return (
        Field(
            source=f"Addr1 to Addr5 of the {address}",
            paths=("address",),
            decision="without a first line that repeats the name",
        ),
        Field(source="its City", paths=("city",)),
        Field(source="its State", paths=("state_code",), decision="spelled out: left out"),
        Field(source="its PostalCode", paths=("zip",)),
        Field(
            source="its Country",
            paths=("country_code",),
            decision="two letters; the United States and Canada by name too; else left out",
        ),
    )


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
        Field(source="RefNumber", paths=("check_number",), decision="none: taken off"),
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
    Target.VENDOR_IMPORT: (
        Field(source="Name", paths=("name",)),
        Field(source="CompanyName", paths=("trade_name",), decision="where it is not the name"),
        *_placed("VendorAddress"),
        Field(source="Phone", paths=("business_phone",)),
        Field(source="Fax", paths=("fax_number",)),
        Field(source="Email", paths=("email_address",)),
        Field(source="the vendor's ListID", paths=("origin_id",), decision="makes one, or finds it"),
        _EDITED,
    ),
    Target.PROJECT_IMPORT: (
        Field(source="the job's own Name", paths=("name",)),
        *_placed("ShipAddress, else BillAddress"),
        Field(source="JobStartDate", paths=("start_date",)),
        Field(source="JobProjectedEndDate", paths=("completion_date",)),
        Field(source="JobDesc", paths=("description",)),
        Field(source="always true", paths=("enable_copy_of_standard_cost_codes",)),
        Field(source="the job's ListID", paths=("origin_id",), decision="looked for before and after"),
        _EDITED,
    ),
    Target.COST_CODE_IMPORT: (
        Field(source="the item's own Name", paths=("code",)),
        Field(
            source="PurchaseDesc, else SalesDesc or Desc", paths=("name",), decision="none: the code again"
        ),
        Field(source="the parent item's cost code, by its link", paths=("parent_id",)),
        Field(source="the item's ListID", paths=("origin_id",), decision="makes one, or finds it"),
        _EDITED,
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
        Field(
            source="the transaction's TxnID, `|`, the line's TxnLineID, `|`, the job's ListID",
            paths=("lines/origin_id",),
        ),
    ),
}
"""By what is told; a path with `lines/` stands on each line of a direct cost."""
