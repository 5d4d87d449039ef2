"""What an invoice becomes before QuickBooks sees it, and what a person should know of it."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from qbsync.mapping.invoice import expenses, lines as planned, named, taxes
from qbsync.model.context import Context
from qbsync.model.money import is_whole_cents, to_decimal
from qbsync.model.names import ListKind
from qbsync.model.records import Invoice, InvoiceItemType, label_of
from qbsync.qbxml.coding import class_reference, net_of_tax, takes_tax, tax_reference
from qbsync.qbxml.currency import check_currency, check_vendor
from qbsync.qbxml.preflight import Advice, Part, Preflight, filled, reference, room
from qbsync.qbxml.requests import Body, Request

RETAINAGE_TYPES = ("Service",)
"""What the retainage item may be (workflows, W6)."""
PAYABLE_TYPES = ("AccountsPayable",)
"""What the account of a bill may be."""
_NUMBER = Advice(
    field="number",
    guidance="Accept it with --set number=..., or change the invoice's number in Procore.",
)
_ITEMS = Advice(field="items", guidance="Correct the invoice's items in Procore.")
ADVICE: Mapping[str, Advice] = {
    "BillAdd": _ITEMS,
    "VendorRef": Advice(field="vendor", guidance="Choose one on the commitment in Procore."),
    "VendorCreditAdd": _ITEMS,
    "AccountRef": expenses.ACCOUNT,
    "RefNumber": _NUMBER,
    "Memo": Advice(field="number", guidance="Shorten the invoice's number in Procore."),
    "Desc": Advice(field="items", guidance="Shorten the item's description in Procore."),
    "Quantity": _ITEMS,
    "Amount": _ITEMS,
    "TxnDate": Advice(field="billing_date", guidance="Change the billing date in Procore."),
    "DueDate": Advice(field="due_date", guidance="Change the due date in Procore."),
}
"""What each element is to a person."""


def draft(record: Invoice, context: Context, preflight: Preflight) -> Request:
    """The request as far as it can be made; `preflight` is told what is wrong with it."""
    if context.link is not None:
        preflight.problem(
            "status",
            f"QuickBooks has it already, as bill {context.link.name!r}.",
            "Delete the bill in QuickBooks first, unlink the invoice, and send it again.",
        )
    _check_header(record, context, preflight)
    _check_items(record, context, preflight)
    credit = named.is_credit(record) and context.options.negative_invoices == "vendor_credit"
    vendor = named.vendor(record)
    body: dict[str, Part | None] = {
        "VendorRef": reference(context, vendor) if vendor else {},
        "APAccountRef": _payable(context, preflight),
        "TxnDate": record.billing_date,
        "RefNumber": _number(record, context, preflight),
        "Memo": _memo(record, context, preflight),
        **net_of_tax(context),
        "ExternalGUID": context.guid,
    }
    if not credit:
        body |= {"DueDate": record.due_date, "TermsRef": _terms(context, preflight)}
    lines = _lines(record, context, preflight, credit=credit)
    if not any(lines.values()) and not planned.total(record):
        preflight.problem("items", "It bills nothing.", "Fill in its items in Procore, or reject it.")
    name = "VendorCreditAdd" if credit else "BillAdd"
    filled_lines = {tag: several for tag, several in lines.items() if several}
    return Request(name=f"{name}Rq", body={name: {**filled(body), **filled_lines}})


def _lines(record: Invoice, context: Context, preflight: Preflight, *, credit: bool) -> dict[str, list[Body]]:
    """The lines on accounts, and those on items: retainage is always one of these."""
    sign = -1 if credit else 1
    retained = _retainage(record, context, preflight, sign=sign)
    if expenses.wanted(context):
        own = expenses.drafted(record, context, preflight, sign=sign)
        return {"ExpenseLineAdd": own, "ItemLineAdd": retained}
    own = (_credit_lines if credit else _bill_lines)(record, context, preflight)
    return {"ItemLineAdd": [*own, *retained]}


def _check_header(record: Invoice, context: Context, preflight: Preflight) -> None:
    if record.vendor_id is None:
        preflight.problem(
            "vendor", "Its commitment has no contract company.", "Choose one on the commitment in Procore."
        )
    check_currency(record.currency, context, preflight)
    check_vendor(named.vendor(record), context, preflight)
    if record.billing_date is None:
        preflight.warn(
            "billing_date",
            "It has no billing date; QuickBooks will date it the day it arrives.",
            "Give it one in Procore first, if that matters.",
        )
    preflight.check_purchase_orders(context.preferences)
    if named.is_credit(record) and context.options.negative_invoices != "vendor_credit":
        preflight.problem(
            "payment_due",
            f"It comes to {planned.total(record)}; QuickBooks has no negative bills.",
            "Enter a vendor credit in QuickBooks by hand. Or let qbsync make it: "
            "qbsync connection set NAME negative_invoices=vendor_credit.",
        )


def _check_items(record: Invoice, context: Context, preflight: Preflight) -> None:
    for item in record.lines:
        field = f"item {item.position}"
        if item.amount and item.item_type is InvoiceItemType.CHANGE_ORDER:
            planned.says_line(item, record, preflight)  # whatever its line of the bill is linked to
        if item.tax:
            tax_reference(field, item.tax_code, context, preflight, tax=item.tax)
        for figure in (item.amount, item.retained, item.released, item.tax):
            if not is_whole_cents(figure):
                preflight.problem(field, f"Its amount {figure} is not whole cents.", _ITEMS.guidance)
    for taxed in taxes.by_code(record) if takes_tax(context) else ():
        if not taxed.is_sound:
            preflight.problem(
                "tax",
                f"Its tax under {taxed.code!r} is {taxed.tax}; QuickBooks would reckon {taxed.of_work}, at "
                f"{taxed.rate.normalize():f} percent of {taxed.amount}.",
                "Correct the tax of its items in Procore, or enter the bill in QuickBooks by hand.",
            )
    _check_total(record, context, preflight)


def _check_total(record: Invoice, context: Context, preflight: Preflight) -> None:
    """It must come to what is due by Procore, or by the approver, who is asked where Procore does not say."""
    total = planned.total(record)
    typed = context.choices.get("payment_due", "")
    if record.payment_due is None and not typed:
        preflight.ask("payment_due")
        preflight.warn(
            "payment_due",
            f"Procore did not say what is due on it; its items come to {total}, compared with nothing.",
            "Open the invoice in Procore, compare its items and its retainage with the Current Payment Due "
            "of its summary, and save it again; or enter the bill in QuickBooks by hand. Or accept it with "
            "--set payment_due=..., the figure of the summary.",
        )
        return
    try:
        due = _read_due(typed) if record.payment_due is None else record.payment_due
    except ValueError:
        preflight.problem("payment_due", f"{typed!r} is no amount.", "Write it as 1234.50.")
        return
    if total != due:
        preflight.problem(
            "payment_due",
            f"Its items come to {total}, Procore's current payment due is {due}.",
            "Open the invoice in Procore, compare its items and its retainage with its summary, and save it "
            "again; or enter the bill in QuickBooks by hand.",
        )


def _read_due(typed: str) -> Decimal:
    """The amount that the approver read in Procore, "$1,234.50"; raises ValueError where it is none."""
    return to_decimal(typed.replace("$", "").replace(",", ""))


def wanted_number(record: Invoice, context: Context, preflight: Preflight) -> str:
    """The approver's number or else Procore's, however long it is."""
    return preflight.line("number", context.choices.get("number", "") or record.number)


def _number(record: Invoice, context: Context, preflight: Preflight) -> str:
    """The RefNumber; asked of the approver where there is none, it does not fit, or the vendor used it.

    A vendor's invoice number that comes twice is how a bill is paid twice; the same commitment number in two
    projects is not, so the option `allow_duplicate_numbers` has no say here.
    """
    number = wanted_number(record, context, preflight)
    limit = room("BillAddRq", "BillAdd/RefNumber")
    if number and len(number) <= limit and not context.same_number:
        return number
    if not number:
        fault = f"It has no number; QuickBooks' bill numbers have at most {limit} characters."
    elif len(number) > limit:
        fault = f"{number!r} has {len(number)} characters; QuickBooks' bill numbers have at most {limit}."
    else:
        fault = f"{context.same_number} of the same vendor has the same number {number!r}."
    preflight.ask("number")
    preflight.warn(
        "number", fault, f"Accept it with --set number=..., another number of at most {limit} characters."
    )
    return ""


def _memo(record: Invoice, context: Context, preflight: Preflight) -> str:
    order = context.links.get(named.commitment(record))
    of_order = f", purchase order {order.name}" if order is not None and order.name else ""
    return preflight.line("number", f"Procore invoice {label_of(record)}{of_order}")


def _payable(context: Context, preflight: Preflight) -> Body:
    """The connection's payables account; without one QuickBooks takes its own."""
    if not context.options.ap_account:
        return {}
    return preflight.listed(
        context.names,
        ListKind.ACCOUNT,
        context.options.ap_account,
        field="ap_account",
        guidance="Choose another: qbsync connection set NAME ap_account=...",
        types=PAYABLE_TYPES,
    )


def _terms(context: Context, preflight: Preflight) -> Body:
    """The connection's terms, where QuickBooks has them."""
    wanted = context.options.default_terms
    if not wanted:
        return {}
    known = context.names.find(ListKind.TERMS, wanted)
    if known is not None and known.active:
        return {"ListID": known.list_id}
    preflight.warn(
        "default_terms",
        f"QuickBooks has no active terms {wanted!r}; the bill goes without.",
        "Add them to QuickBooks' terms list, or choose others: qbsync connection set NAME default_terms=...",
    )
    return {}


def _bill_lines(record: Invoice, context: Context, preflight: Preflight) -> list[Body]:
    """The lines that are linked to the purchase order's: item and job are the order's (reference 3.4)."""
    return [
        filled(
            {
                "Desc": preflight.text("items", "; ".join(line.descriptions)),
                "Quantity": line.quantity,
                "Amount": line.amount,
                **_billable(record, line, context, preflight),
                **_coded(record, line, context, preflight),
                "LinkToTxn": {"TxnID": line.txn_id, "TxnLineID": line.txn_line_id},
            }
        )
        for line in planned.bill_lines(record, context, preflight)
    ]


def _coded(
    record: Invoice, line: planned.BillLine, context: Context, preflight: Preflight
) -> dict[str, Part | None]:
    """The class and the tax code of a linked line, which are its items'; several of one are a problem."""
    for found, word in ((line.tax_codes, "tax codes"), (line.cost_types, "cost types")):
        if len(found) > 1:
            preflight.problem(
                "items",
                f"Several of its items bill one line of the purchase order under different {word}.",
                "Give them the same in Procore, or bill them on lines of their own.",
            )
    return {
        "ClassRef": class_reference("items", line.cost_types[0], context, preflight),
        "SalesTaxCodeRef": _tax(record, line.tax_codes[0], context, preflight),
    }


def _tax(record: Invoice, code: str | None, context: Context, preflight: Preflight) -> Body:
    """The tax code of a line; what is wrong with that of a taxed one is said of its items already."""
    return tax_reference("items", code, context, preflight if code is None else Preflight(record))


def _billable(
    record: Invoice, line: planned.BillLine, context: Context, preflight: Preflight
) -> dict[str, Part | None]:
    """Whether the job's customer can be billed for a line; only with a job and a two-sided item (3210).

    By the item as QuickBooks has it: one that was adopted may be one-sided whatever the options say.
    """
    wanted = context.options.bill_billable
    if line.item_id in context.two_sided:
        status = "Billable" if wanted else "NotBillable"
        return {"CustomerRef": reference(context, named.project(record)), "BillableStatus": status}
    if wanted and line.item_id:
        preflight.warn(
            "bill_billable",
            "Lines whose item has no expense account will not be billable: QuickBooks allows that only for "
            "items with one.",
            "Give the item an expense account in QuickBooks (tick This service is used in assemblies or is "
            "performed by a subcontractor or partner), and run the Web Connector.",
        )
    return {}


def _credit_lines(record: Invoice, context: Context, preflight: Preflight) -> list[Body]:
    job = reference(context, named.project(record))
    lines: list[Body] = []
    for item in planned.ordered(record):
        where = f"item {item.position}"
        if item.cost_code_id is None:
            preflight.problem(
                where,
                "It has no cost code of the company's, and a vendor credit needs one.",
                "Enter the vendor credit in QuickBooks by hand.",
            )
            continue
        lines.append(
            filled(
                {
                    "ItemRef": reference(context, named.cost_code(item)),
                    "Desc": preflight.text("items", item.description),
                    "Amount": -item.amount,
                    "CustomerRef": job,
                    "ClassRef": class_reference(where, item.cost_type, context, preflight),
                    "SalesTaxCodeRef": _tax(record, taxes.code_of(item), context, preflight),
                }
            )
        )
    return lines


def _retainage(record: Invoice, context: Context, preflight: Preflight, *, sign: int) -> list[Body]:
    """Lines on the retainage item, negative when held, positive when released (workflows, W7): mostly one."""
    amount = planned.retainage(record)
    parts = taxes.retainage_parts(record)
    if not parts:
        return []
    choose = "Choose the retainage item: qbsync connection set NAME retainage_item=..."
    item: Body = {}
    if not context.options.retainage_item:
        what = "holds back" if amount < 0 else "releases"
        preflight.problem("retainage_item", f"It {what} {abs(amount)}, and no item is chosen for it.", choose)
    else:
        item = preflight.listed(
            context.names,
            ListKind.ITEM,
            context.options.retainage_item,
            field="retainage_item",
            guidance=choose,
            types=RETAINAGE_TYPES,
        )
    job = reference(context, named.project(record))
    return [
        filled(
            {
                "ItemRef": item,
                "Desc": "Retainage held" if part < 0 else "Retainage released",
                "Amount": sign * part,
                "CustomerRef": job,
                "SalesTaxCodeRef": _tax(record, code, context, preflight),
            }
        )
        for code, part in parts
    ]
