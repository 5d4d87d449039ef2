"""Purchase orders: amounts of lines, changes line by line, closing and receiving."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from functools import partial

from qbsync.simulator.quickbooks import item_lines, lists, sales_tax, statuses, texts, transactions
from qbsync.simulator.quickbooks.company_info import preference
from qbsync.simulator.quickbooks.message import Command, Fields
from qbsync.simulator.quickbooks.references import find_to_change, resolved
from qbsync.simulator.quickbooks.registry import Desk, Outcome, handles
from qbsync.simulator.quickbooks.state import Entry, touched

KIND = "PurchaseOrder"
LINES = "PurchaseOrderLineRet"
_PREFERENCE = "PurchasesAndVendorsPreferences/IsUsingInventory"


def add(desk: Desk, asked: Fields) -> Entry:
    """Create a purchase order from the fields of its Add; raises Refusal."""
    _need_preference(desk)
    if "PurchaseOrderLineGroupAdd" in asked:
        raise statuses.unsupported("PurchaseOrderLineGroupAdd")
    fields = {
        tag: value for tag, value in resolved(desk.state, asked, KIND).items() if value not in ("", None)
    }
    if "VendorRef" not in fields:
        raise statuses.missing("VendorRef")
    sales_tax.check_header(fields)
    vendor_id = fields["VendorRef"]["ListID"]
    lines = [_new_line(desk, line, vendor_id) for line in fields.pop("PurchaseOrderLineAdd")]
    fields = _from_vendor(desk, fields) | fields
    fields |= {
        "TxnDate": fields.get("TxnDate", texts.day(desk.now)),
        "TxnNumber": str(desk.state.next_number("TxnNumber")),
        "IsManuallyClosed": "false",
    }
    entry = lists.created(desk, KIND, fields | _with_totals(lines) | _total(desk, lines))
    desk.state.put(entry)
    return entry


def change(desk: Desk, entry: Entry, asked: Fields) -> Entry:
    """Alter a purchase order by the fields of its Mod; raises Refusal.

    Without any line the lines stay; with one, those not named are deleted (reference section 3.5).
    """
    _need_preference(desk)
    if "PurchaseOrderLineGroupMod" in asked:
        raise statuses.unsupported("PurchaseOrderLineGroupMod")
    changes = resolved(desk.state, asked, KIND)
    lines = entry.fields[LINES]
    if "PurchaseOrderLineMod" in changes:
        new_line = partial(_new_line, desk, vendor_id=entry.fields["VendorRef"]["ListID"])
        lines = transactions.changed_lines(
            lines, changes.pop("PurchaseOrderLineMod"), new_line, partial(_changed_line, desk)
        )
    changes = {tag: value for tag, value in changes.items() if tag not in {"TxnID", "EditSequence"}}
    if changes.get("VendorRef", {}) is None:
        raise statuses.missing("VendorRef")
    fields = lists.merge(entry.fields, changes)
    changed = touched(replace(entry, fields=fields | _with_totals(lines) | _total(desk, lines)), desk.now)
    desk.state.put(changed)
    return changed


def closed_by_hand(entry: Entry, closed: str = "true") -> Fields:
    """The changes that close a purchase order, and each of its lines, or with "false" open them again."""
    lines = [line | {"IsManuallyClosed": closed} for line in entry.fields[LINES]]
    return {"IsManuallyClosed": closed, LINES: lines}


def received(entry: Entry, line_id: str, quantity: Decimal) -> Fields:
    """The changes that book `quantity` more as received and billed on one line; negative takes back.

    Bills that are linked to the line call this. Raises KeyError for a line it does not have.
    """
    if all(line["TxnLineID"] != line_id for line in entry.fields[LINES]):
        raise KeyError(line_id)
    lines = [
        _with_received(line, texts.number(line["ReceivedQuantity"]) + quantity)
        if line["TxnLineID"] == line_id
        else line
        for line in entry.fields[LINES]
    ]
    return _with_totals(lines)


def _need_preference(desk: Desk) -> None:
    if preference(desk.state, _PREFERENCE) != "true":
        raise statuses.feature_off("inventory and purchase orders")


def _from_vendor(desk: Desk, fields: Fields) -> Fields:
    vendor = desk.state.get("Vendor", fields["VendorRef"]["ListID"])
    assert vendor is not None
    found = {"VendorAddress": vendor.fields.get("VendorAddress"), "TermsRef": vendor.fields.get("TermsRef")}
    return {tag: value for tag, value in found.items() if value}


def _new_line(desk: Desk, asked: Fields, vendor_id: str) -> Fields:
    asked = {tag: value for tag, value in asked.items() if value not in ("", None)}
    if "Amount" in asked and "ItemRef" not in asked:
        raise statuses.save_failed(KIND, "A line with an amount must have an item.")
    brought = item_lines.from_item(desk, asked, item_lines.PURCHASE)
    line = brought | asked | {"TxnLineID": transactions.line_id(desk)}
    line = sales_tax.with_code(desk, line, vendor_id)
    extensions = [extension | {"DataExtType": "STR255TYPE"} for extension in line.pop("DataExt", [])]
    if extensions:
        line["DataExtRet"] = extensions
    line = {"IsManuallyClosed": "false"} | _with_amount(line, amount_given="Amount" in asked)
    return _with_received(line, Decimal(0))


def _changed_line(desk: Desk, line: Fields, asked: Fields) -> Fields:
    changed = item_lines.changed(desk, line, asked, item_lines.PURCHASE, _with_amount)
    return _with_received(changed, texts.number(line["ReceivedQuantity"]))


def _with_amount(line: Fields, *, amount_given: bool) -> Fields:
    """The line with its amount: given, else Quantity times Rate; a given amount sets the rate right."""
    quantity = texts.number(line["Quantity"]) if line.get("Quantity") else None
    rate = texts.number(line.get("Rate", ""))
    by_rate = rate if quantity is None else quantity * rate
    amount = texts.number(line["Amount"]) if amount_given else by_rate
    line = line | {"Amount": texts.amount_text(amount)}
    if quantity is not None:
        line["Quantity"] = texts.quantity_text(quantity)
    if quantity and texts.amount_text(by_rate) != line["Amount"]:
        rate = amount / quantity
    if quantity or line.get("Rate"):
        line["Rate"] = texts.rate_text(rate)
    return line


def _with_received(line: Fields, quantity: Decimal) -> Fields:
    if not line.get("Quantity"):
        return line | {"ReceivedQuantity": texts.quantity_text(quantity), "IsBilled": "false"}
    open_quantity = max(texts.number(line["Quantity"]) - quantity, Decimal(0))
    return line | {
        "ReceivedQuantity": texts.quantity_text(quantity),
        "UnbilledQuantity": texts.quantity_text(open_quantity),
        "IsBilled": "true" if quantity and not open_quantity else "false",
    }


def _with_totals(lines: list[Fields]) -> Fields:
    if not any(line.get("ItemRef") or line.get("Desc") for line in lines):
        raise statuses.save_failed(KIND, "You cannot save an empty transaction.")
    counted = [line for line in lines if line.get("Quantity")]
    full = bool(counted) and all(line["UnbilledQuantity"] == "0" for line in counted)
    return {
        LINES: lines,
        "IsFullyReceived": "true" if full else "false",
    }


def _total(desk: Desk, lines: list[Fields]) -> Fields:
    total = sum((texts.number(line["Amount"]) for line in lines), sales_tax.tax_on(desk, lines))
    return {"TotalAmount": texts.amount_text(total)}


@handles("PurchaseOrderAddRq")
def _add(desk: Desk, command: Command) -> Outcome:
    return lists.answered(desk, command, add(desk, command.fields["PurchaseOrderAdd"]))


@handles("PurchaseOrderModRq")
def _mod(desk: Desk, command: Command) -> Outcome:
    asked = command.fields["PurchaseOrderMod"]
    entry = find_to_change(desk.state, KIND, asked["TxnID"])
    lists.check_edit_sequence(entry, asked)
    return lists.answered(desk, command, change(desk, entry, asked))


handles("PurchaseOrderQueryRq")(
    partial(transactions.query, kind=KIND, line_tags=(LINES, "PurchaseOrderLineGroupRet"), entity="VendorRef")
)
