"""The older way of offering records for import, for entities without staged records (reference, E11 of 4.2).

A staged record is one object with data and children; the older endpoints take one type each, its attributes
beside the ids, and lines in calls of their own after their contracts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

Update = Mapping[str, Any]
_STAGED: Final = "staged"
_IDS: Final = ("origin_id", "origin_code", "origin_data")
OLDER: Final[Mapping[str, str]] = {
    "vendor": "older_vendors",
    "project": "older_projects",
    "work_order_contract": "older_subcontracts",
    "purchase_order_contract": "older_purchase_orders",
}
"""The endpoint of each type of record."""
_OLDER_LINES: Final[Mapping[str, str]] = {
    "work_order_contract": "older_subcontract_lines",
    "purchase_order_contract": "older_purchase_order_lines",
}
_OFF: Final = "item_type"


def calls(updates: Sequence[Update]) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """What to send to which of the older endpoints, contracts before their lines.

    What is archived or imported is left out: those endpoints know no such state.
    """
    wanted = [one for one in updates if one.get("status", _STAGED) == _STAGED]
    for item_type, name in OLDER.items():
        mine = [one for one in wanted if one.get("item_type") == item_type]
        if mine:
            yield name, [_flat(one) for one in mine]
        lines = [
            {**_flat(child), "parent_origin_id": one["origin_id"]}
            for one in mine
            for child in one.get("children") or ()
        ]
        if lines:
            yield _OLDER_LINES[item_type], lines


def homeless(updates: Sequence[Update]) -> list[dict[str, Any]]:
    """Those of the updates that no older endpoint takes, each with its error."""
    words = {_OFF: ["has neither staged records nor an older endpoint"]}
    return [{**one, "errors": words} for one in updates if one.get("item_type") not in OLDER]


def not_enabled(error: Mapping[str, Any]) -> bool:
    """Whether an item was refused because its type has no staged records, and not for its own sake."""
    errors = error.get("errors")
    return isinstance(errors, Mapping) and _OFF in errors


def _flat(update: Update) -> dict[str, Any]:
    return {**(update.get("data") or {}), **{name: update[name] for name in _IDS if update.get(name)}}
