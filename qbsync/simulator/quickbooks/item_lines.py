"""Lines with items, of estimates and purchase orders: what an item brings along, and how one is altered."""

from __future__ import annotations

from typing import Final, Protocol

from qbsync.simulator.quickbooks import lists
from qbsync.simulator.quickbooks.kinds import ITEM_KINDS
from qbsync.simulator.quickbooks.message import Fields
from qbsync.simulator.quickbooks.registry import Desk

Side = tuple[str, str]
"""Which description and which price of a two-sided item count."""
SALES: Final[Side] = ("SalesDesc", "SalesPrice")
PURCHASE: Final[Side] = ("PurchaseDesc", "PurchaseCost")


class WithAmount(Protocol):
    """Reckons a line's amount, and its rate where the amount was given."""

    def __call__(self, line: Fields, *, amount_given: bool) -> Fields:
        """The line with its amount."""


def from_item(desk: Desk, asked: Fields, side: Side) -> Fields:
    """Description and rate that the item brings along where the line names none."""
    list_id = asked.get("ItemRef", {}).get("ListID", "")
    item = next((entry for kind in ITEM_KINDS if (entry := desk.state.get(kind, list_id))), None)
    if item is None:
        return {}
    one_sided = item.fields.get("SalesOrPurchase", {})
    two_sided = item.fields.get("SalesAndPurchase", item.fields)
    description, price = side
    found = {
        "Desc": one_sided.get("Desc") or two_sided.get(description),
        "Rate": one_sided.get("Price") or two_sided.get(price),
    }
    if "Amount" in asked:
        del found["Rate"]
    return {tag: value for tag, value in found.items() if value}


def changed(desk: Desk, line: Fields, asked: Fields, side: Side, with_amount: WithAmount) -> Fields:
    """The line as it is altered, reckoned anew where that needs it."""
    other_item = bool(asked.get("ItemRef")) and asked["ItemRef"] != line.get("ItemRef")
    altered = lists.merge(line | from_item(desk, asked, side) if other_item else line, asked)
    if other_item or asked.keys() & {"Quantity", "Rate", "Amount"}:
        altered = with_amount(altered, amount_given=bool(asked.get("Amount")))
    return altered
