"""Compares what change orders append to purchase orders: each its own lines, in their order, told by a mark.

A line of a change order begins with "[CCO", a number for people, and the change order's id: "[CCO 2/88211]".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from qbsync.simulator.company_view import HeldLine, HeldOrder
from qbsync.simulator.ledger_money import CHANGE_ORDER, NONE, Failure, Money, item_of
from qbsync.simulator.procore.change_rows import ChangeOrder
from qbsync.simulator.procore.rows import Contract

_BEGINS: Final = "[CCO "


@dataclass(frozen=True, slots=True, kw_only=True)
class Appended:
    """A line that a change order must have appended: the ids of its items, their ListID and their sum."""

    items: tuple[int, ...]
    item_id: str
    amount: Decimal


def appended(money: Money, order: ChangeOrder) -> list[Appended]:
    """The lines of a change order: items that touch one line of the commitment are one (workflows, W8)."""
    together: dict[tuple[str, int], Appended] = {}
    for line in money.procore.change_orders.lines(order.id):
        key = ("new", line.id) if line.commitment_line_id is None else ("line", line.commitment_line_id)
        before = together.get(key)
        together[key] = Appended(
            items=(*(before.items if before else ()), line.id),
            item_id=before.item_id if before else item_of(money.procore, line.cost_code_id),
            amount=line.amount + (before.amount if before else Decimal(0)),
        )
    return list(together.values())


def appended_to(money: Money, contract: Contract) -> list[Appended]:
    """The lines that all change orders of a commitment must have appended."""
    return [line for order in money.change_orders(contract) for line in appended(money, order)]


def compare(money: Money, contract: Contract, lines: Sequence[HeldLine]) -> Iterator[Failure]:
    """Hold the lines after the commitment's own against its change orders, and the ids written back."""
    orders = money.change_orders(contract)
    for order in orders:
        held = _marked(order, lines)
        expected, found = _in_words(appended(money, order)), _in_words(held)
        if expected != found:
            yield CHANGE_ORDER, order.id, "", "lines", expected, found
        first = held[0].txn_line_id if held else "its first line"
        origin = f"{contract.origin_id}|{first}"
        if order.origin_id != origin:
            yield CHANGE_ORDER, order.id, "", "origin_id", origin, order.origin_id or NONE
    owned = {line.txn_line_id for order in orders for line in _marked(order, lines)}
    for line in lines:
        if line.txn_line_id not in owned:
            yield CHANGE_ORDER, "", line.txn_line_id, "change order of a line", NONE, line.description


def held(orders: Iterable[HeldOrder]) -> int:
    """How many change orders stand on purchase orders by their marks, each once on every order."""
    marks = {(order.txn_id, _mark_of(line.description)) for order in orders for line in order.lines}
    return sum(1 for _, mark in marks if mark)


def order_lines(money: Money, contract: Contract, order: ChangeOrder) -> dict[int, str]:
    """The purchase order's line that each item of a change order is billed on, as "TxnID|TxnLineID"."""
    held = money.orders.get(contract.origin_id or "")
    lines = _marked(order, held.lines) if held is not None else []
    return {
        item: f"{contract.origin_id}|{line.txn_line_id}"
        for one, line in zip(appended(money, order), lines, strict=False)
        for item in one.items
    }


def _in_words(lines: Sequence[Appended] | Sequence[HeldLine]) -> str:
    return ", ".join(f"{line.amount:.2f} on {line.item_id}" for line in lines) or NONE


def _marked(order: ChangeOrder, lines: Sequence[HeldLine]) -> list[HeldLine]:
    """The lines that carry the change order's mark, in the purchase order's order."""
    return [line for line in lines if _is_of(order, line.description)]


def _is_of(order: ChangeOrder, description: str) -> bool:
    return _mark_of(description).endswith(f"/{order.id}")


def _mark_of(description: str) -> str:
    """The mark that a line begins with, "[CCO 2/88211"; empty where it begins with none."""
    mark, ends, _ = description.partition("]")
    return mark if ends and mark.startswith(_BEGINS) else ""
