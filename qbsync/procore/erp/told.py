"""What Procore's ERP tool is told of QuickBooks: the document's table, which a test holds to it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from qbsync.model.fields import Field
from qbsync.procore.writebacks import Target

_EDITED: Final = Field(source="`edit_sequence`, as JSON", paths=("origin_data",))
"""Beside the id of each header."""


def _header(source: str, decision: str = "") -> tuple[Field, ...]:
    return Field(source=source, paths=("origin_id",), decision=decision), _EDITED


_ORDER_LINE: Final = Field(
    source="the purchase order's TxnID, `|`, the line's TxnLineID",
    paths=("origin_id",),
    decision="a line that shares another's: `|` and its own id in Procore",
)
_BILL_LINE: Final = Field(
    source="the bill's TxnID, `|`, the line's TxnLineID",
    paths=("origin_id",),
    decision="`0` for the line of an item that bills nothing; `|` and the item's id where it shares a line",
)
_EXTERNAL: Final[Mapping[str, tuple[Field, ...]]] = {
    "standard_cost_code": _header("the item's ListID"),
    "vendor": _header("the vendor's ListID"),
    "project": _header("the job's ListID"),
    "cost_code": (Field(source="the job's ListID, `|`, the item's ListID", paths=("origin_id",)),),
    "budget": _header("the estimate's TxnID"),
    "work_order_contract": _header("the purchase order's TxnID", "after its lines"),
    "purchase_order_contract": _header("the purchase order's TxnID", "after its lines"),
    "change_order": _header(
        "the purchase order's TxnID, `|`, the TxnLineID of its first line", "after its lines"
    ),
    "line_item": (_ORDER_LINE,),
    "requisition": _header("the bill's or vendor credit's TxnID", "after its items"),
    "requisition_contract_item": (_BILL_LINE,),
    "requisition_contract_detail_item": (_BILL_LINE,),
    "requisition_change_order_item": (_BILL_LINE,),
    "contract_payment": _header("the check's TxnID"),
    "invoice_payment": (
        Field(
            source="the payment's TxnID, `|`, the bill's TxnID",
            paths=("origin_id",),
            decision="only of one that was reset; else as `contract_payment`",
        ),
    ),
}
"""By item type; an id that is taken off is told as null."""
_FIGURES: Final = (
    Field(source="the budget's original amount", paths=("original_estimate",)),
    Field(source="the estimate's amount", paths=("estimate",)),
    Field(source="the difference of the two", paths=("approved_estimate_changes",)),
    Field(source="the lines of commitments", paths=("original_commitment",)),
    Field(source="the lines of change orders", paths=("approved_commitment_changes",)),
    Field(source="the sum of the two", paths=("revised_commitment", "committed_costs")),
    Field(source="what invoices bill, before retainage", paths=("commitment_invoiced",)),
    Field(source="what of the commitments is not billed", paths=("open_balance",)),
    Field(
        source="payments of bills",
        paths=("paid_amount", "job_to_date_dollars_paid"),
        decision="of each bill in the proportion of its lines",
    ),
    Field(source="those of this month", paths=("month_to_date_dollars_paid",)),
    Field(
        source="every cost on the job, our bills among them",
        paths=("job_to_date_cost",),
        decision="without retainage; an item's on its cost code, else on option `uncoded_cost_code`",
    ),
    Field(source="those of this month", paths=("month_to_date_cost",)),
    Field(source="the costs in percent of the estimate", paths=("percentage_complete",)),
    Field(
        source="nothing: quantities are not kept",
        paths=(
            "original_estimate_units",
            "approved_estimate_unit_changes",
            "estimate_units",
            "job_to_date_units",
            "month_to_date_units",
        ),
        decision="always 0",
    ),
)
_PAYMENT: Final = (
    Field(source="always `Billings::Requisition`", paths=("invoice_type",)),
    Field(source="the invoice, by the bill's link", paths=("invoice_id",)),
    Field(source="the payment's TxnID, `|`, the bill's TxnID", paths=("origin_id",)),
    Field(source="RefNumber", paths=("origin_code", "check_number")),
    Field(source="what it pays of this bill", paths=("amount",), decision="nothing left: `0.00`"),
    Field(source="TxnDate", paths=("date",)),
    Field(
        source="the kind of payment",
        paths=("payment_method",),
        decision="`check` for a BillPaymentCheck, `credit_card` for a BillPaymentCreditCard",
    ),
)
_DETAIL: Final = (
    Field(source="what became of the export, unlink, deletion or Refresh", paths=("status",)),
    Field(source="why it failed", paths=("messages",), decision="at most five; for success none"),
)
TOLD: Final[Mapping[str, tuple[Field, ...]]] = {
    **{f"{Target.EXTERNAL_DATA.value}: {item_type}": rows for item_type, rows in _EXTERNAL.items()},
    Target.COST_TYPE_ASSIGNMENT.value: (
        Field(source="that QuickBooks has the cost code", paths=("synced",), decision="always true"),
    ),
    Target.ERP_TRANSACTION.value: (
        Field(source="the estimate's TxnID, `|`, the transaction's id", paths=("origin_id",)),
        Field(source="that QuickBooks has the budget", paths=("synced",), decision="always true"),
    ),
    Target.ERP_JOB_COSTS.value: _FIGURES,
    Target.INVOICE_PAYMENT.value: _PAYMENT,
    Target.REQUEST_DETAIL.value: _DETAIL,
}
"""By what is told, external data by their item type too."""
