"""Estimates, bills and payments as values, for those who look at the company file without qbXML."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from qbsync.simulator.quickbooks import bill_payments, bills, costs, estimates, texts
from qbsync.simulator.quickbooks.message import Fields
from qbsync.simulator.quickbooks.state import Entry, State


@dataclass(frozen=True, slots=True, kw_only=True)
class EstimateLine:
    """A line of an estimate; `item_id` is empty where it has none."""

    txn_line_id: str
    item_id: str
    description: str
    amount: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """An estimate of a job, with its lines in their order."""

    txn_id: str
    ref_number: str
    customer_id: str
    memo: str
    total: Decimal
    is_active: bool
    lines: tuple[EstimateLine, ...]
    edit_sequence: str
    external_guid: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BillLine:
    """A line of a bill; ids are empty where it has none, `order_line` is "TxnID|TxnLineID" where linked."""

    txn_line_id: str
    item_id: str
    account_id: str
    customer_id: str
    description: str
    quantity: Decimal | None
    amount: Decimal
    order_line: str
    billable: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Bill:
    """A bill, its item lines after its expense lines."""

    txn_id: str
    ref_number: str
    vendor_id: str
    txn_date: str
    due_date: str
    memo: str
    total: Decimal
    open_amount: Decimal
    is_paid: bool
    lines: tuple[BillLine, ...]
    edit_sequence: str
    external_guid: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    """A payment of bills; `applied` are bills' TxnIDs and what is paid of each, none for a voided one."""

    txn_id: str
    kind: str
    ref_number: str
    payee_id: str
    txn_date: str
    amount: Decimal
    applied: tuple[tuple[str, Decimal], ...]
    external_guid: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CostLine:
    """A line of anything that is bought or booked; `amount` is a cost, negative where one is credited.

    `account_type` is that of the account it names, empty where it names an item.
    """

    txn_line_id: str
    item_id: str
    account_id: str
    account_type: str
    customer_id: str
    description: str
    amount: Decimal
    order_line: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """A bill, vendor credit, check, card charge or credit, or journal entry, with its lines as costs.

    `total` is what it comes to, tax included: negative for a credit, zero for a journal entry.
    """

    txn_id: str
    kind: str
    ref_number: str
    txn_date: str
    payee_id: str
    total: Decimal
    lines: tuple[CostLine, ...]
    external_guid: str


_CREDITS = ("VendorCredit", "CreditCardCredit")
_TOTALS = {kind: form.total for kind, form in costs.FORMS.items()} | {bills.KIND: "AmountDue"}
"""What each kind calls its total; a journal entry has none."""


def cost(state: State, entry: Entry) -> Cost:
    """The view of a transaction that costs something."""
    fields = entry.fields
    payee = fields.get("VendorRef") or fields.get("PayeeEntityRef") or {}
    sign = -1 if entry.kind in _CREDITS else 1
    signed = [
        (line, -1 if tag == costs.CREDITS else sign)
        for tag in (costs.EXPENSE_LINES, costs.ITEM_LINES, costs.DEBITS, costs.CREDITS)
        for line in fields.get(tag, [])
    ]
    return Cost(
        txn_id=entry.id,
        kind=entry.kind,
        ref_number=entry.text("RefNumber"),
        txn_date=entry.text("TxnDate"),
        payee_id=payee.get("ListID", ""),
        total=sign * texts.number(entry.text(_TOTALS.get(entry.kind, "")) or "0"),
        lines=tuple(_cost_line(state, line, sign) for line, sign in signed),
        external_guid=entry.text("ExternalGUID"),
    )


def _cost_line(state: State, line: Fields, sign: int) -> CostLine:
    link = line.get(bills.LINK)
    account_id = line.get("AccountRef", {}).get("ListID", "")
    account = state.get("Account", account_id) if account_id else None
    return CostLine(
        txn_line_id=line["TxnLineID"],
        item_id=line.get("ItemRef", {}).get("ListID", ""),
        account_id=account_id,
        account_type=account.text("AccountType") if account is not None else "",
        customer_id=(line.get("CustomerRef") or line.get("EntityRef") or {}).get("ListID", ""),
        description=line.get("Desc", "") or line.get("Memo", ""),
        amount=sign * texts.number(line["Amount"]),
        order_line=f"{link['TxnID']}|{link['TxnLineID']}" if link else "",
    )


def estimate(entry: Entry) -> Estimate:
    """The view of an estimate."""
    return Estimate(
        txn_id=entry.id,
        ref_number=entry.text("RefNumber"),
        customer_id=entry.fields["CustomerRef"]["ListID"],
        memo=entry.text("Memo"),
        total=texts.number(entry.text("TotalAmount")),
        is_active=entry.is_active,
        lines=tuple(
            EstimateLine(
                txn_line_id=line["TxnLineID"],
                item_id=line.get("ItemRef", {}).get("ListID", ""),
                description=line.get("Desc", ""),
                amount=texts.number(line["Amount"]),
            )
            for line in entry.fields[estimates.LINES]
        ),
        edit_sequence=entry.text("EditSequence"),
        external_guid=entry.text("ExternalGUID"),
    )


def bill(state: State, entry: Entry) -> Bill:
    """The view of a bill."""
    lines = [*entry.fields.get(bills.EXPENSE_LINES, []), *entry.fields.get(bills.ITEM_LINES, [])]
    return Bill(
        txn_id=entry.id,
        ref_number=entry.text("RefNumber"),
        vendor_id=entry.fields["VendorRef"]["ListID"],
        txn_date=entry.text("TxnDate"),
        due_date=entry.text("DueDate"),
        memo=entry.text("Memo"),
        total=texts.number(entry.text("AmountDue")),
        open_amount=bills.open_amount(state, entry),
        is_paid=entry.text("IsPaid") == "true",
        lines=tuple(map(_bill_line, lines)),
        edit_sequence=entry.text("EditSequence"),
        external_guid=entry.text("ExternalGUID"),
    )


def _bill_line(line: Fields) -> BillLine:
    link = line.get(bills.LINK)
    return BillLine(
        txn_line_id=line["TxnLineID"],
        item_id=line.get("ItemRef", {}).get("ListID", ""),
        account_id=line.get("AccountRef", {}).get("ListID", ""),
        customer_id=line.get("CustomerRef", {}).get("ListID", ""),
        description=line.get("Desc") or line.get("Memo", ""),
        quantity=texts.number(line["Quantity"]) if line.get("Quantity") else None,
        amount=texts.number(line["Amount"]),
        order_line=f"{link['TxnID']}|{link['TxnLineID']}" if link else "",
        billable=line.get("BillableStatus", ""),
    )


def payment(entry: Entry) -> Payment:
    """The view of a payment."""
    return Payment(
        txn_id=entry.id,
        kind=entry.kind,
        ref_number=entry.text("RefNumber"),
        payee_id=entry.fields["PayeeEntityRef"]["ListID"],
        txn_date=entry.text("TxnDate"),
        amount=texts.number(entry.text("Amount")),
        applied=tuple(
            (part["TxnID"], texts.number(part["Amount"]))
            for part in entry.fields.get(bill_payments.APPLIED, [])
        ),
        external_guid=entry.text("ExternalGUID"),
    )
