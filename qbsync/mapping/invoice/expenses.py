"""An invoice's lines on an expense account, where the connection wants no items on its bills.

Such a bill is linked to no purchase order: each item of the invoice is a line of its own, on the job.
"""

from __future__ import annotations

from qbsync.mapping.invoice import lines as planned, named, taxes
from qbsync.model.context import Context
from qbsync.model.names import EXPENSE_TYPES, ListKind
from qbsync.model.records import Invoice, InvoiceLine
from qbsync.qbxml.coding import class_reference, tax_reference
from qbsync.qbxml.preflight import UNLINKED, Advice, Preflight, filled, reference, room
from qbsync.qbxml.requests import Body

ACCOUNT = Advice(
    field="expense_account",
    guidance="Accept it with --set expense_account=NAME, or set cost_code_expense_account on the connection, "
    "to an active expense or cost of goods sold account of QuickBooks.",
)


def wanted(context: Context) -> bool:
    """Whether the connection books bills on an expense account."""
    return context.options.bill_lines == "expenses"


def drafted(record: Invoice, context: Context, preflight: Preflight, *, sign: int) -> list[Body]:
    """A line for each item that bills something; `sign` is -1 for a vendor credit, whose amounts turn."""
    items = planned.ordered(record)
    if not items:
        return []
    account = _account(context, preflight)
    job = reference(context, named.project(record))
    billable = "Billable" if context.options.bill_billable else "NotBillable"
    return [
        filled(
            {
                "AccountRef": account,
                "Amount": sign * item.amount,
                "Memo": _memo(item, preflight),
                "CustomerRef": job,
                "ClassRef": class_reference(f"item {item.position}", item.cost_type, context, preflight),
                "SalesTaxCodeRef": _tax(record, item, context, preflight),
                "BillableStatus": billable,
            }
        )
        for item in items
    ]


def _account(context: Context, preflight: Preflight) -> Body:
    chosen = context.choices.get("expense_account", "") or context.options.cost_code_expense_account
    if not chosen:
        preflight.ask("expense_account")
        return {"ListID": UNLINKED}
    return preflight.listed(
        context.names,
        ListKind.ACCOUNT,
        chosen,
        field=ACCOUNT.field,
        guidance=ACCOUNT.guidance,
        types=EXPENSE_TYPES,
    )


def _memo(item: InvoiceLine, preflight: Preflight) -> str:
    """The cost code, which nothing else on the line tells, and the description."""
    memo = preflight.text("items", f"{item.cost_code} {item.description}")
    limit = room("BillAddRq", "BillAdd/ExpenseLineAdd/Memo")
    if len(memo) <= limit:
        return memo
    preflight.problem(
        "items",
        f"Item {item.position} is described in {len(memo)} characters; QuickBooks takes {limit}.",
        "Shorten the item's description in Procore.",
    )
    return ""


def _tax(record: Invoice, item: InvoiceLine, context: Context, preflight: Preflight) -> Body:
    """The tax code of a line; what is wrong with that of a taxed one is said of its item already."""
    code = taxes.code_of(item)
    return tax_reference("items", code, context, preflight if code is None else Preflight(record))
