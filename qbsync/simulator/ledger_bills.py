"""Compares each invoice of Procore with its bill in the books, line by line of the purchase order.

A negative invoice is a vendor credit there, which QuickBooks links to no purchase order.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from qbsync.simulator import ledger_changes
from qbsync.simulator.company_view import HeldBill, HeldBillLine, HeldCost
from qbsync.simulator.ledger_money import INVOICE, NONE, Failure, Money, item_of
from qbsync.simulator.procore.invoice_rows import Invoice, InvoiceItem, ItemType
from qbsync.simulator.procore.rows import Contract

_ZERO: Final = Decimal("0.00")
_BILL: Final = "bill"
_CREDIT: Final = "vendor credit"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Posted:
    """A bill, or a vendor credit, whose amounts are less than nothing; `ours`: the connector wrote it."""

    word: str
    txn_id: str
    number: str
    vendor_id: str
    total: Decimal
    ours: bool
    lines: Sequence[HeldBillLine]


def compare(money: Money) -> Iterator[Failure]:
    """Each invoice is one bill or one credit with its number, vendor, total and lines; no other is there."""
    posted = {one.txn_id: one for one in _posted(money)}
    matched = Counter(invoice.origin_id for invoice in money.invoices)
    for invoice in money.invoices:
        found = posted.get(invoice.origin_id or "")
        if found is None or matched[invoice.origin_id] != 1:
            expected = f"a {_word(money, invoice)} of its own"
            yield INVOICE, invoice.id, "", "origin_id", expected, invoice.origin_id or NONE
            continue
        yield from _invoice(money, invoice, found)
    for txn_id, one in posted.items():
        if txn_id not in matched:
            yield INVOICE, "", txn_id, "number", NONE, one.number


def _posted(money: Money) -> Iterator[_Posted]:
    yield from (_of(_BILL, bill, bill.vendor_id) for bill in money.bills)
    yield from (_of(_CREDIT, credit, credit.payee_id) for credit in money.credits)


def _of(word: str, held: HeldBill | HeldCost, vendor_id: str) -> _Posted:
    return _Posted(
        word=word,
        txn_id=held.txn_id,
        number=held.ref_number,
        vendor_id=vendor_id,
        total=held.total,
        ours=bool(held.external_guid),
        lines=held.lines,
    )


def _word(money: Money, invoice: Invoice) -> str:
    """What an invoice is in the books: one of less than nothing is no bill."""
    return _CREDIT if money.procore.invoices.figures(invoice.id).due < 0 else _BILL


def _invoice(money: Money, invoice: Invoice, found: _Posted) -> Iterator[Failure]:
    contract = money.procore.commitment(invoice.contract_id)
    vendor = money.procore.vendor_table.find(contract.vendor_id or 0)
    figures = money.procore.invoices.figures(invoice.id)
    checks = [
        ("kind", _word(money, invoice), found.word),
        ("number", invoice.invoice_number, found.number),
        ("vendor", (vendor.origin_id if vendor else None) or NONE, found.vendor_id),
        ("total", str(figures.due), str(found.total)),
    ]
    if found.ours:  # of one that a person typed only this is the invoice's
        checks += _as_written(money, invoice, contract, found)
    for name, expected, shown in checks:
        if expected != shown:
            yield INVOICE, invoice.id, found.txn_id, name, expected, shown


def _as_written(
    money: Money, invoice: Invoice, contract: Contract, found: _Posted
) -> Iterator[tuple[str, str, str]]:
    """The lines of a bill or credit that the connector wrote, on both sides."""
    job = money.procore.project(invoice.project_id).origin_id or NONE
    figures = money.procore.invoices.figures(invoice.id)
    held = sum((line.amount for line in found.lines if line.item_id == money.retainage_id), _ZERO)
    yield "retainage", str(figures.released - figures.retained), str(held)
    yield "jobs", job, ",".join(sorted({line.customer_id for line in found.lines}))
    on_accounts = any(line.account_id for line in found.lines)
    if on_accounts or found.word == _CREDIT:
        yield from _each_item(money, invoice, found, on_accounts=on_accounts)
    else:
        yield from _billed(money, invoice, contract, found)


def _billed(
    money: Money, invoice: Invoice, contract: Contract, bill: _Posted
) -> Iterator[tuple[str, str, str]]:
    """What is billed on each line of the purchase order, on both sides.

    All lines of a change order that the invoice bills as a whole are one place, however they share it.
    """
    orders = money.change_orders(contract)
    changes = {order.id: ledger_changes.order_lines(money, contract, order) for order in orders}
    items = [item for item in money.procore.invoices.items(invoice.id) if item.gross]
    whole = {item.package_id for item in items if item.item_type is ItemType.WHOLE_CHANGE_ORDER}
    together = {
        line: _whole(order_id)
        for order_id, lines in changes.items()
        if order_id in whole
        for line in lines.values()
    }
    wanted: dict[str, Decimal] = {}
    for item in items:
        place = _place(money, item, changes)
        place = together.get(place, place)
        wanted[place] = wanted.get(place, _ZERO) + item.gross
    found: dict[str, Decimal] = {}
    for line in bill.lines:
        if line.item_id != money.retainage_id:
            place = together.get(line.order_line, line.order_line)
            found[place] = found.get(place, _ZERO) + line.amount
    for place in sorted(wanted.keys() | found.keys()):
        expected, shown = wanted.get(place, _ZERO), found.get(place, _ZERO)
        yield f"billed on {place or 'no order'}", str(expected), str(shown)


def _each_item(
    money: Money, invoice: Invoice, found: _Posted, *, on_accounts: bool
) -> Iterator[tuple[str, str, str]]:
    """A line for each item of the invoice, linked to no order, and no other but retainage.

    It is on the item of the cost code, unless the lines are on accounts.
    """
    wanted = sorted(
        (item.gross, "" if on_accounts else item_of(money.procore, item.cost_code_id))
        for item in money.procore.invoices.items(invoice.id)
        if item.gross
    )
    lines = [line for line in found.lines if line.item_id != money.retainage_id]
    shown = sorted((line.amount, line.item_id) for line in lines)
    yield "lines", _in_words(wanted), _in_words(shown)
    yield "purchase order of its lines", "", "".join(line.order_line for line in lines)


def _in_words(lines: Sequence[tuple[Decimal, str]]) -> str:
    return ", ".join(f"{amount:.2f} on {item or 'an account'}" for amount, item in lines)


def _place(money: Money, item: InvoiceItem, changes: Mapping[int, Mapping[int, str]]) -> str:
    """The purchase order's line an item bills on, as Procore keeps it; a whole change order is one place.

    An item of the subcontractor's own schedule (SSOV) bills on the commitment's line above it. `changes` are
    the lines of each change order's items.
    """
    if item.package_id is not None:
        if item.item_type is ItemType.WHOLE_CHANGE_ORDER:
            return _whole(item.package_id)
        return changes.get(item.package_id, {}).get(item.source_id, NONE)
    detail = money.procore.invoices.schedules.detail_table.find(item.source_id)
    line = money.procore.line_table.find(detail.line_item_id if detail is not None else item.source_id)
    return (line.origin_id if line is not None else None) or NONE


def _whole(package_id: int) -> str:
    return f"change order {package_id}"
