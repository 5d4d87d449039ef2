"""Compares each invoice of Procore with its bill in the books, line by line of the purchase order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Final

from qbsync.simulator import ledger_changes
from qbsync.simulator.company_view import HeldBill
from qbsync.simulator.ledger_money import INVOICE, NONE, Failure, Money
from qbsync.simulator.procore.invoice_rows import Invoice, InvoiceItem, ItemType
from qbsync.simulator.procore.rows import Contract

_ZERO: Final = Decimal("0.00")


def compare(money: Money) -> Iterator[Failure]:
    """Each invoice is one bill with its number, vendor, total and lines; a bill of nobody's is none."""
    bills = {bill.txn_id: bill for bill in money.bills}
    matched = Counter(invoice.origin_id for invoice in money.invoices)
    for invoice in money.invoices:
        bill = bills.get(invoice.origin_id or "")
        if bill is None or matched[invoice.origin_id] != 1:
            yield INVOICE, invoice.id, "", "origin_id", "a bill of its own", invoice.origin_id or NONE
            continue
        yield from _invoice(money, invoice, bill)
    for txn_id, bill in bills.items():
        if txn_id not in matched:
            yield INVOICE, "", txn_id, "number", NONE, bill.ref_number


def _invoice(money: Money, invoice: Invoice, bill: HeldBill) -> Iterator[Failure]:
    contract = money.procore.commitment(invoice.contract_id)
    vendor = money.procore.vendor_table.find(contract.vendor_id or 0)
    figures = money.procore.invoices.figures(invoice.id)
    checks = [
        ("number", invoice.invoice_number, bill.ref_number),
        ("vendor", (vendor.origin_id if vendor else None) or NONE, bill.vendor_id),
        ("total", str(figures.due), str(bill.total)),
    ]
    if bill.external_guid:  # of one that a person typed only this is the invoice's
        checks += _as_written(money, invoice, contract, bill)
    for name, expected, shown in checks:
        if expected != shown:
            yield INVOICE, invoice.id, bill.txn_id, name, expected, shown


def _as_written(
    money: Money, invoice: Invoice, contract: Contract, bill: HeldBill
) -> Iterator[tuple[str, str, str]]:
    """The lines of a bill that the connector wrote, on both sides."""
    job = money.procore.project(invoice.project_id).origin_id or NONE
    figures = money.procore.invoices.figures(invoice.id)
    held = sum((line.amount for line in bill.lines if line.item_id == money.retainage_id), _ZERO)
    yield "retainage", str(figures.released - figures.retained), str(held)
    yield "jobs", job, ",".join(sorted({line.customer_id for line in bill.lines}))
    on_accounts = any(line.account_id for line in bill.lines)
    yield from _each_item(money, invoice, bill) if on_accounts else _billed(money, invoice, contract, bill)


def _billed(
    money: Money, invoice: Invoice, contract: Contract, bill: HeldBill
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


def _each_item(money: Money, invoice: Invoice, bill: HeldBill) -> Iterator[tuple[str, str, str]]:
    """A bill on expense accounts has a line for each item, linked to nothing, and no other but retainage."""
    wanted = sorted(item.gross for item in money.procore.invoices.items(invoice.id) if item.gross)
    lines = [line for line in bill.lines if line.item_id != money.retainage_id]
    found = sorted(line.amount for line in lines)
    yield "lines on accounts", ", ".join(map(str, wanted)), ", ".join(map(str, found))
    yield "purchase order of its lines", "", "".join(line.order_line for line in lines)


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
