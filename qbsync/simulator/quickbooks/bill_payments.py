"""Payments of bills, by check and by credit card: in full, in part, and over several bills."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from functools import partial

from qbsync.simulator.quickbooks import bills, lists, statuses, texts, transactions
from qbsync.simulator.quickbooks.message import Command, Fields
from qbsync.simulator.quickbooks.references import check_id, find_to_change, resolved
from qbsync.simulator.quickbooks.registry import Desk, Outcome, handles
from qbsync.simulator.quickbooks.state import Entry, touched

CHECK, CREDIT_CARD = "BillPaymentCheck", "BillPaymentCreditCard"
KINDS = (CHECK, CREDIT_CARD)
APPLIED = "AppliedToTxnRet"
_UNSUPPORTED = ("SetCredit", "DiscountAmount")
_ACCOUNTS = {CHECK: ("BankAccountRef", "Bank"), CREDIT_CARD: ("CreditCardAccountRef", "CreditCard")}


def add(desk: Desk, kind: str, asked: Fields) -> Entry:
    """Pay bills of one vendor; raises Refusal where more is paid than is open, or nothing at all."""
    fields = {
        tag: value for tag, value in resolved(desk.state, asked, kind).items() if value not in ("", None)
    }
    reference, account_type = _ACCOUNTS[kind]
    account = desk.state.get("Account", fields[reference]["ListID"])
    if account is None or account.text("AccountType") != account_type:
        raise statuses.invalid_value(reference, "", f"The account has to be of type {account_type}.")
    applied: list[Fields] = []
    for part in fields.pop("AppliedToTxnAdd"):
        applied.append(_applied(desk, part, fields, applied))
    total = sum((texts.number(part["Amount"]) for part in applied), Decimal(0))
    if total <= 0:
        raise statuses.save_failed(kind, "A payment has to pay something.")
    fields = {"APAccountRef": _payables(desk, applied)} | fields
    fields |= {
        "TxnDate": fields.get("TxnDate", texts.day(desk.now)),
        "TxnNumber": str(desk.state.next_number("TxnNumber")),
        "Amount": texts.amount_text(total),
        APPLIED: applied,
    }
    entry = lists.created(desk, kind, fields)
    desk.state.put(entry)
    _settle(desk, entry)
    return entry


def change(desk: Desk, entry: Entry, amounts: dict[str, Decimal], **texts_of: str) -> Entry:
    """Pay other amounts of the same bills, by the bills' TxnIDs; raises Refusal for more than is open.

    `texts_of` are other elements of the payment, such as its RefNumber.
    """
    applied = []
    for part in entry.fields[APPLIED]:
        amount = amounts.get(part["TxnID"], texts.number(part["Amount"]))
        bill = find_to_change(desk.state, bills.KIND, part["TxnID"])
        _check_open(bill, amount, bills.open_amount(desk.state, bill) + texts.number(part["Amount"]))
        applied.append(part | {"Amount": texts.amount_text(amount)})
    total = sum((texts.number(part["Amount"]) for part in applied), Decimal(0))
    money: Fields = {APPLIED: applied, "Amount": texts.amount_text(total)}
    changed = touched(entry, desk.now, money | texts_of)
    desk.state.put(changed)
    _settle(desk, changed)
    return changed


def void(desk: Desk, entry: Entry) -> Entry:
    """Set the payment to zero; its bills are open again."""
    paid = entry.fields[APPLIED]
    memo = f"VOID: {entry.text('Memo')}".strip()
    changed = touched(entry, desk.now, {"Amount": "0.00", "Memo": memo})
    changed = replace(changed, fields={tag: value for tag, value in changed.fields.items() if tag != APPLIED})
    desk.state.put(changed)
    _reopen(desk, paid)
    return changed


def reopen(desk: Desk, entry: Entry) -> None:
    """Let the bills of a payment that is deleted be open again."""
    _reopen(desk, entry.fields.get(APPLIED, []))


def _applied(desk: Desk, part: Fields, fields: Fields, before: list[Fields]) -> Fields:
    """What one part pays of a bill, of which `before` are the other parts that this payment pays already."""
    for tag in _UNSUPPORTED:
        if tag in part:
            raise statuses.unsupported(tag)
    check_id(part["TxnID"], "TxnID")
    bill = find_to_change(desk.state, bills.KIND, part["TxnID"])
    if bill.fields["VendorRef"]["ListID"] != fields["PayeeEntityRef"]["ListID"]:
        raise statuses.save_failed(CHECK, "The bill belongs to another vendor.")
    paid = (texts.number(one["Amount"]) for one in before if one["TxnID"] == bill.id)
    still_open = bills.open_amount(desk.state, bill) - sum(paid, Decimal(0))
    amount = texts.number(part["PaymentAmount"]) if part.get("PaymentAmount") else still_open
    _check_open(bill, amount, still_open)
    return {
        "TxnID": bill.id,
        "TxnType": bills.KIND,
        "TxnDate": bill.text("TxnDate"),
        "RefNumber": bill.text("RefNumber"),
        "Amount": texts.amount_text(amount),
    }


def _check_open(bill: Entry, amount: Decimal, still_open: Decimal) -> None:
    if not Decimal(0) < amount <= still_open:
        raise statuses.Refusal(
            3210,
            f'The payment amount {amount} does not fit the open balance {still_open} of bill "{bill.id}".',
        )


def _payables(desk: Desk, applied: list[Fields]) -> Fields:
    bill = desk.state.get(bills.KIND, applied[0]["TxnID"])
    assert bill is not None
    reference: Fields = bill.fields["APAccountRef"]
    return reference


def _settle(desk: Desk, entry: Entry) -> None:
    _reopen(desk, entry.fields[APPLIED])


def _reopen(desk: Desk, applied: list[Fields]) -> None:
    """Bring the bills that are or were paid up to date."""
    for part in applied:
        bill = desk.state.get(bills.KIND, part["TxnID"])
        if bill is not None:
            bills.settle(desk, bill)


def _shown(desk: Desk, entry: Entry) -> Entry:
    """The payment with what is left of each of its bills."""
    applied = []
    for part in entry.fields.get(APPLIED, []):
        bill = desk.state.get(bills.KIND, part["TxnID"])
        left = Decimal(0) if bill is None else bills.open_amount(desk.state, bill)
        applied.append(part | {"BalanceRemaining": texts.amount_text(left)})
    return replace(entry, fields=entry.fields | {APPLIED: applied})


def _add(desk: Desk, command: Command, *, kind: str) -> Outcome:
    return lists.answered(desk, command, add(desk, kind, command.fields[f"{kind}Add"]))


def _query(desk: Desk, command: Command, *, kind: str) -> Outcome:
    return transactions.query(
        desk,
        command,
        kind=kind,
        line_tags=(APPLIED,),
        entity="PayeeEntityRef",
        shown=partial(_shown, desk),
    )


for one in KINDS:
    handles(f"{one}AddRq")(partial(_add, kind=one))
    handles(f"{one}QueryRq")(partial(_query, kind=one))
