"""Lines of bills and of everything else that is bought: on items or accounts, with their amounts."""

from __future__ import annotations

from qbsync.simulator.quickbooks import lists, sales_tax, statuses, texts, transactions
from qbsync.simulator.quickbooks.kinds import ITEM_KINDS
from qbsync.simulator.quickbooks.message import Fields
from qbsync.simulator.quickbooks.registry import Desk
from qbsync.simulator.quickbooks.state import State


def expense_line(desk: Desk, asked: Fields, vendor_id: str = "") -> Fields:
    """A line on an account of its own; raises Refusal where it names none."""
    line = {tag: value for tag, value in asked.items() if value not in ("", None)}
    if "AccountRef" not in line:
        raise statuses.missing("AccountRef")
    line["Amount"] = texts.amount_text(texts.number(line.get("Amount", "0")))
    return sales_tax.with_code(desk, line, vendor_id) | {"TxnLineID": transactions.line_id(desk)}


def item_line(desk: Desk, asked: Fields, vendor_id: str = "") -> Fields:
    """A line on an item that is linked to nothing; raises Refusal where it names none."""
    line = {tag: value for tag, value in asked.items() if value not in ("", None)}
    if "ItemRef" not in line:
        raise statuses.missing("ItemRef")
    if line.get("BillableStatus") == "Billable":
        check_billable(desk.state, line)
    line = sales_tax.with_code(desk, line, vendor_id)
    return with_amount(line) | {"TxnLineID": transactions.line_id(desk)}


def with_amount(line: Fields) -> Fields:
    """The line with its amount: given, else Quantity times Cost; a given amount sets the cost right."""
    quantity = texts.number(line["Quantity"]) if line.get("Quantity") else None
    cost = texts.number(line.get("Cost", "0"))
    given = "Amount" in line
    amount = texts.number(line["Amount"]) if given else (cost if quantity is None else quantity * cost)
    line = line | {"Amount": texts.amount_text(amount)}
    if quantity is not None:
        line["Quantity"] = texts.quantity_text(quantity)
    if given and quantity:
        cost = amount / quantity
    if quantity or line.get("Cost"):
        line["Cost"] = texts.rate_text(cost)
    return line


def merged_line(line: Fields, asked: Fields) -> Fields:
    """A line with what a Mod changes of it."""
    merged = lists.merge(line, asked)
    if "Amount" not in asked and {"Quantity", "Cost"} & asked.keys():
        merged.pop("Amount", None)
    return with_amount(merged) if "ItemRef" in merged else merged


def check_billable(state: State, line: Fields) -> None:
    """Refuse a billable line without a job, or on an item that has no expense side of its own."""
    list_id = line.get("ItemRef", {}).get("ListID", "")
    item = next((entry for kind in ITEM_KINDS if (entry := state.get(kind, list_id))), None)
    if not line.get("CustomerRef") or item is None or "SalesAndPurchase" not in item.fields:
        raise statuses.invalid_value("BillableStatus", "Billable", "Target is not reimbursable.")


def payables(state: State) -> Fields:
    """The account that a bill goes to where none is named."""
    found = next(
        (one for one in state.of_kind("Account") if one.text("AccountType") == "AccountsPayable"), None
    )
    if found is None:
        raise statuses.missing("APAccountRef")
    return {"ListID": found.id}


def check_account(state: State, reference: Fields, tag: str, account_type: str) -> None:
    """Refuse an account of another type than the one that is needed there."""
    account = state.get("Account", reference["ListID"])
    if account is None or account.text("AccountType") != account_type:
        name = "" if account is None else state.full_name(account)
        raise statuses.invalid_value(tag, name, f"The account has to be of type {account_type}.")
