"""Resolves what a request refers to: by ListID, which wins, or by full name (reference section 3.4)."""

from __future__ import annotations

import re
from typing import Any

from qbsync.simulator.quickbooks import statuses
from qbsync.simulator.quickbooks.kinds import KINDS, targets
from qbsync.simulator.quickbooks.message import Fields
from qbsync.simulator.quickbooks.state import Entry, State

_ID = re.compile(r"[0-9A-F]{1,8}-\d{1,10}")


def check_id(value: str, field: str) -> None:
    """Refuse an id that is not shaped like QuickBooks' own (3000)."""
    if not _ID.fullmatch(value):
        raise statuses.invalid_id(value, field)


def find_to_change(state: State, kind: str, object_id: str) -> Entry:
    """The entry a Mod or Del names; 3000 for no id, 3120 if absent, 3240 if created at another time."""
    check_id(object_id, KINDS[kind].id_tag)
    entry = state.get(kind, object_id)
    if entry is not None:
        return entry
    number = object_id.partition("-")[0]
    if any(other.id.partition("-")[0] == number for other in state.of_kind(kind)):
        raise statuses.time_mismatch(object_id)
    raise statuses.no_object(object_id)


def resolve(state: State, reference: str, value: Fields, owner: str) -> Entry | None:
    """The entry a reference names; None when it is empty, which clears the field; else 3140."""
    list_id, full_name = value.get("ListID", ""), value.get("FullName", "").strip()
    if not list_id and not full_name:
        return None
    kinds = targets(reference, owner)
    if list_id:
        check_id(list_id, f"{reference}/ListID")
        found = next((entry for kind in kinds if (entry := state.get(kind, list_id))), None)
    else:
        found = state.named(KINDS[kinds[0]].space, full_name) if kinds else None
    if found is None or found.kind not in kinds:
        what = "Item" if reference == "ItemRef" else reference.removesuffix("Ref")
        raise statuses.bad_reference(what, list_id or full_name, owner)
    return found


def resolved(state: State, fields: Fields, owner: str) -> Fields:
    """The fields with each reference, however deep, reduced to the ListID it resolves to.

    A reference that is sent empty becomes None.
    """
    return {tag: _resolved(state, tag, value, owner) for tag, value in fields.items()}


def _resolved(state: State, tag: str, value: Any, owner: str) -> Any:  # noqa: ANN401 a tree
    if isinstance(value, list):
        return [_resolved(state, tag, one, owner) for one in value]
    if not isinstance(value, dict):
        return value
    if tag.endswith("Ref") and value.keys() <= {"ListID", "FullName"}:
        found = resolve(state, tag, value, owner)
        return None if found is None else {"ListID": found.id}
    return resolved(state, value, owner)
