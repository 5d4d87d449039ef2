"""Items: services, other charges, non-inventory and inventory parts."""

from __future__ import annotations

from functools import partial

from qbsync.simulator.quickbooks import lists, statuses
from qbsync.simulator.quickbooks.kinds import ITEM_KINDS
from qbsync.simulator.quickbooks.message import Fields
from qbsync.simulator.quickbooks.registry import Desk, handles


def _item(_desk: Desk, fields: Fields) -> Fields:
    if "BarCode" in fields:
        fields["BarCodeValue"] = fields.pop("BarCode").get("BarCodeValue", "")
    if "SalesOrPurchase" in fields and "SalesAndPurchase" in fields:
        # reference 3.4: the choice cannot be switched
        raise statuses.invalid_value(
            "SalesAndPurchase", fields["Name"], "An item keeps the form it was created with."
        )
    if one_sided := fields.get("SalesOrPurchase"):
        _need(one_sided, "AccountRef")
    if two_sided := fields.get("SalesAndPurchase"):
        _need(two_sided, "IncomeAccountRef", "ExpenseAccountRef")
    return fields


def _inventory(desk: Desk, fields: Fields) -> Fields:
    _need(fields, "IncomeAccountRef", "COGSAccountRef", "AssetAccountRef")
    return _item(desk, {"QuantityOnHand": "0", "AverageCost": "0.00"} | fields)


def _need(fields: Fields, *tags: str) -> None:
    # QuickBooks saves no item without its accounts, though the schema calls them optional (reference 3.4)
    for tag in tags:
        if not fields.get(tag):
            raise statuses.missing(tag)


lists.register("ItemService", _item)
lists.register("ItemNonInventory", _item)
lists.register("ItemOtherCharge", _item)
lists.register("ItemInventory", _inventory)
handles("ItemQueryRq")(partial(lists.query, kinds=ITEM_KINDS))
