"""Bills: lines linked to purchase orders or on items and accounts of their own, and what is still open.

A linked line takes item, job and description from the purchase order's line and books its quantity there as
received (reference section 3.4).
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from functools import partial

from qbsync.simulator.quickbooks import (
    lists,
    purchase_lines,
    purchase_orders,
    sales_tax,
    statuses,
    texts,
    transactions,
)
from qbsync.simulator.quickbooks.message import Command, Fields
from qbsync.simulator.quickbooks.references import check_id, find_to_change, resolved
from qbsync.simulator.quickbooks.registry import Desk, Outcome, handles
from qbsync.simulator.quickbooks.state import Entry, State, touched

KIND = "Bill"
ITEM_LINES, EXPENSE_LINES = "ItemLineRet", "ExpenseLineRet"
LINK = "LinkToTxn"
"""Where a stored line keeps the purchase order's line it is linked to; answers do not show it."""
_ORDER = purchase_orders.KIND
_FROM_ORDER = ("ItemRef", "Desc", "CustomerRef", "ClassRef", sales_tax.REFERENCE)
"""What a linked line takes from the purchase order's line where it says nothing else."""


def add(desk: Desk, asked: Fields) -> tuple[Entry, bool]:
    """Create a bill from the fields of its Add; also whether a closed order left lines unlinked.

    Raises Refusal.
    """
    if "ItemGroupLineAdd" in asked:
        raise statuses.unsupported("ItemGroupLineAdd")
    asked = dict(asked)
    whole = asked.pop("LinkToTxnID", [])
    links = [line.get(LINK) for line in asked.get("ItemLineAdd", [])]
    _check_links(whole, [link["TxnID"] for link in links if link])
    fields = {
        tag: value for tag, value in resolved(desk.state, asked, KIND).items() if value not in ("", None)
    }
    vendor_id = fields["VendorRef"]["ListID"]
    sales_tax.check_header(fields)
    expenses = [
        purchase_lines.expense_line(desk, line, vendor_id) for line in fields.pop("ExpenseLineAdd", [])
    ]
    items = [_item_line(desk, line, vendor_id) for line in fields.pop("ItemLineAdd", [])]
    items += [line for txn_id in whole for line in _whole_order(desk, txn_id, vendor_id)]
    closed = any(line.pop("closed", False) for line in items)
    fields = _from_vendor(desk, fields) | fields
    fields |= {
        "APAccountRef": fields.get("APAccountRef") or purchase_lines.payables(desk.state),
        "TxnDate": fields.get("TxnDate", texts.day(desk.now)),
        "TxnNumber": str(desk.state.next_number("TxnNumber")),
    }
    purchase_lines.check_account(desk.state, fields["APAccountRef"], "APAccountRef", "AccountsPayable")
    fields = {"DueDate": fields["TxnDate"]} | fields | _with_totals(desk, expenses, items)
    entry = lists.created(desk, KIND, fields)
    desk.state.put(entry)
    _receive(desk, items, 1)
    return entry, closed


def change(desk: Desk, entry: Entry, asked: Fields) -> Entry:
    """Alter a bill by the fields of its Mod; raises Refusal. Links stay as they are (reference 3.4).

    Without any line the lines stay; with one, those not named are deleted, of either sort (reference 3.5).
    """
    if "ItemGroupLineMod" in asked:
        raise statuses.unsupported("ItemGroupLineMod")
    changes = {
        tag: value
        for tag, value in resolved(desk.state, asked, KIND).items()
        if tag not in {"TxnID", "EditSequence", "ClearExpenseLines", "ClearItemLines"}
    }
    expenses, items = _kept_lines(entry, asked)
    vendor_id = entry.fields["VendorRef"]["ListID"]
    if "ExpenseLineMod" in changes:
        expenses = transactions.changed_lines(
            expenses,
            changes.pop("ExpenseLineMod"),
            partial(purchase_lines.expense_line, desk, vendor_id=vendor_id),
            purchase_lines.merged_line,
        )
    if "ItemLineMod" in changes:
        new_line = partial(_item_line, desk, vendor_id=vendor_id)
        items = transactions.changed_lines(
            items, changes.pop("ItemLineMod"), new_line, purchase_lines.merged_line
        )
    fields = lists.merge(entry.fields, changes) | _with_totals(desk, expenses, items)
    _receive(desk, entry.fields.get(ITEM_LINES, []), -1)
    _receive(desk, items, 1)
    changed = touched(replace(entry, fields=fields), desk.now)
    desk.state.put(changed)
    return settle(desk, changed)


def _kept_lines(entry: Entry, asked: Fields) -> tuple[list[Fields], list[Fields]]:
    """The expense and the item lines that a Mod finds: none of a sort that it clears or does not name."""
    names_lines = {"ExpenseLineMod", "ItemLineMod"} & asked.keys()
    found = []
    for tag, mod, clear in (
        (EXPENSE_LINES, "ExpenseLineMod", "ClearExpenseLines"),
        (ITEM_LINES, "ItemLineMod", "ClearItemLines"),
    ):
        gone = asked.get(clear) in {"true", "1"} or (names_lines and mod not in names_lines)
        found.append([] if gone else entry.fields.get(tag, []))
    return found[0], found[1]


def void(desk: Desk, entry: Entry) -> Entry:
    """Set every amount to zero and give back what was received; raises Refusal while it has payments."""
    if paid(desk.state, entry.id):
        raise statuses.in_use(entry.id)
    release(desk, entry)
    zero = {"Amount": "0.00", "Quantity": "0", "Cost": "0"}
    blank = {
        tag: [
            {key: value for key, value in (line | zero).items() if key in line and key != LINK}
            for line in kept
        ]
        for tag in (ITEM_LINES, EXPENSE_LINES)
        if (kept := entry.fields.get(tag))
    }
    memo = f"VOID: {entry.text('Memo')}".strip()
    changed = touched(entry, desk.now, blank | {"AmountDue": "0.00", "IsPaid": "true", "Memo": memo})
    desk.state.put(changed)
    return changed


def release(desk: Desk, entry: Entry) -> None:
    """Give back what the bill's lines had booked as received on purchase orders."""
    _receive(desk, entry.fields.get(ITEM_LINES, []), -1)


def paid(state: State, bill_id: str) -> Decimal:
    """What payments and credits have been applied to a bill."""
    applied = (
        texts.number(part["Amount"])
        for kind in ("BillPaymentCheck", "BillPaymentCreditCard")
        for payment in state.of_kind(kind)
        for part in payment.fields.get("AppliedToTxnRet", [])
        if part["TxnID"] == bill_id
    )
    return sum(applied, Decimal(0))


def open_amount(state: State, entry: Entry) -> Decimal:
    """What is still to be paid of a bill."""
    return texts.number(entry.text("AmountDue")) - paid(state, entry.id)


def settle(desk: Desk, entry: Entry) -> Entry:
    """Bring IsPaid up to date; a payment's change moves the bill's TimeModified (reference 3.6)."""
    is_paid = "true" if open_amount(desk.state, entry) <= 0 else "false"
    changed = touched(entry, desk.now, {"IsPaid": is_paid})
    desk.state.put(changed)
    return changed


def linked_orders(entry: Entry) -> list[str]:
    """The purchase orders that the bill's lines are linked to, each once."""
    found = (line[LINK]["TxnID"] for line in entry.fields.get(ITEM_LINES, []) if LINK in line)
    return list(dict.fromkeys(found))


def _check_links(whole: list[str], by_line: list[str]) -> None:
    for txn_id in [*whole, *by_line]:
        check_id(txn_id, "TxnID")
    if set(whole) & set(by_line):
        raise statuses.Refusal(3000, "LinkToTxnID and LinkToTxn name the same transaction.")
    if len(set(whole)) != len(whole):
        raise statuses.Refusal(3177, "A transaction may be linked only once (LinkToTxnID).")


def _item_line(desk: Desk, asked: Fields, vendor_id: str) -> Fields:
    line = {tag: value for tag, value in asked.items() if value not in ("", None)}
    if LINK in line:
        line = _linked(desk, line, vendor_id)
    elif "ItemRef" not in line:
        raise statuses.missing("ItemRef")
    if line.get("BillableStatus") == "Billable":
        purchase_lines.check_billable(desk.state, line)
    line = sales_tax.with_code(desk, line, vendor_id)
    return purchase_lines.with_amount(line) | {"TxnLineID": transactions.line_id(desk)}


def _linked(desk: Desk, line: Fields, vendor_id: str) -> Fields:
    """The line with what the purchase order's line gives it; unlinked where that order is closed (570)."""
    if "ItemRef" in line:
        raise statuses.Refusal(3210, "ItemRef may not be given on a line that has LinkToTxn.")
    order = find_to_change(desk.state, _ORDER, line[LINK]["TxnID"])
    if order.fields["VendorRef"]["ListID"] != vendor_id:
        raise statuses.save_failed(KIND, "The purchase order belongs to another vendor.")
    found = next(
        (one for one in order.fields[purchase_orders.LINES] if one["TxnLineID"] == line[LINK]["TxnLineID"]),
        None,
    )
    if found is None:
        raise statuses.no_object(line[LINK]["TxnLineID"])
    given = {tag: found[tag] for tag in _FROM_ORDER if found.get(tag)}
    if "Rate" in found and found.get("Quantity"):
        given["Cost"] = found["Rate"]
    merged = given | line
    if "true" in (order.text("IsManuallyClosed"), order.text("IsFullyReceived"), found["IsManuallyClosed"]):
        del merged[LINK]
        merged["closed"] = True
    return merged


def _whole_order(desk: Desk, txn_id: str, vendor_id: str) -> list[Fields]:
    """A line for whatever is still open of each line of an order."""
    order = find_to_change(desk.state, _ORDER, txn_id)
    return [
        _item_line(
            desk,
            {
                LINK: {"TxnID": txn_id, "TxnLineID": line["TxnLineID"]},
                **(
                    {"Quantity": line["UnbilledQuantity"]}
                    if line.get("Quantity")
                    else {"Amount": line["Amount"]}
                ),
            },
            vendor_id,
        )
        for line in order.fields[purchase_orders.LINES]
    ]


def _with_totals(desk: Desk, expenses: list[Fields], items: list[Fields]) -> Fields:
    if not expenses and not items:
        raise statuses.save_failed(KIND, "You cannot save an empty transaction.")
    lines = [*expenses, *items]
    total = sum((texts.number(line["Amount"]) for line in lines), sales_tax.tax_on(desk, lines))
    if total < 0:
        raise statuses.save_failed(KIND, "The amount of a bill may not be negative; enter a vendor credit.")
    found: Fields = {"AmountDue": texts.amount_text(total), "IsPaid": "false" if total else "true"}
    return found | {EXPENSE_LINES: expenses, ITEM_LINES: items}


def _receive(desk: Desk, lines: list[Fields], sign: int) -> None:
    """Book the linked lines' quantities as received on their orders, or take them back."""
    for line in lines:
        if LINK not in line or not line.get("Quantity"):
            continue
        order = desk.state.get(_ORDER, line[LINK]["TxnID"])
        if order is None:
            continue
        quantity = sign * texts.number(line["Quantity"])
        changes = purchase_orders.received(order, line[LINK]["TxnLineID"], quantity)
        desk.state.put(touched(order, desk.now, changes))


def _from_vendor(desk: Desk, fields: Fields) -> Fields:
    vendor = desk.state.get("Vendor", fields["VendorRef"]["ListID"])
    assert vendor is not None
    terms = vendor.fields.get("TermsRef")
    return {"TermsRef": terms} if terms else {}


def shown(state: State, entry: Entry) -> Entry:
    """The bill as a query may show it: with the orders and payments it is linked to."""
    orders = [state.get(_ORDER, txn_id) for txn_id in linked_orders(entry)]
    linked = [_linked_txn(order, "QUANTYPE") for order in orders if order is not None]
    for kind in ("BillPaymentCheck", "BillPaymentCreditCard"):
        for payment in state.of_kind(kind):
            linked += [
                _linked_txn(payment, "AMTTYPE", part["Amount"])
                for part in payment.fields.get("AppliedToTxnRet", [])
                if part["TxnID"] == entry.id
            ]
    return replace(entry, fields=entry.fields | {"LinkedTxn": linked})


def _linked_txn(entry: Entry, link_type: str, amount: str = "") -> Fields:
    return {
        "TxnID": entry.id,
        "TxnType": entry.kind,
        "TxnDate": entry.text("TxnDate"),
        "RefNumber": entry.text("RefNumber"),
        "LinkType": link_type,
        "Amount": amount or entry.text("TotalAmount"),
    }


@handles("BillAddRq")
def _add(desk: Desk, command: Command) -> Outcome:
    entry, closed = add(desk, command.fields["BillAdd"])
    answered = lists.answered(desk, command, shown(desk.state, entry))
    return replace(answered, status=statuses.PARTLY_LINKED) if closed else answered


@handles("BillModRq")
def _mod(desk: Desk, command: Command) -> Outcome:
    asked = command.fields["BillMod"]
    entry = find_to_change(desk.state, KIND, asked["TxnID"])
    lists.check_edit_sequence(entry, asked)
    return lists.answered(desk, command, change(desk, entry, asked))


@handles("BillQueryRq")
def _query(desk: Desk, command: Command) -> Outcome:
    return transactions.query(
        desk,
        command,
        kind=KIND,
        line_tags=(ITEM_LINES, EXPENSE_LINES, "ItemGroupLineRet"),
        entity="VendorRef",
        shown=partial(shown, desk.state),
        passes=partial(_passes_paid, command.fields.get("PaidStatus", "All")),
    )


def _passes_paid(wanted: str, entry: Entry) -> bool:
    return wanted == "All" or (entry.text("IsPaid") == "true") == (wanted == "PaidOnly")
