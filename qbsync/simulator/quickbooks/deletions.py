"""Deleting list elements and transactions, and asking what was deleted."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any
from xml.sax.saxutils import escape

from qbsync.simulator.quickbooks import statuses, texts
from qbsync.simulator.quickbooks.kinds import KINDS, targets
from qbsync.simulator.quickbooks.message import Command, Fields
from qbsync.simulator.quickbooks.references import find_to_change
from qbsync.simulator.quickbooks.registry import Desk, Outcome, handles
from qbsync.simulator.quickbooks.state import Entry, State, touched

Consequence = Callable[[Desk, Entry], None]
BEFORE: dict[str, Consequence] = {}
"""What a kind's deletion gives back before the entry is gone."""
AFTER: dict[str, Consequence] = {}
"""What is brought up to date once it is gone."""
_KEPT_DAYS = 90
"""How long QuickBooks remembers deletions (reference section 3.6)."""


def delete(desk: Desk, entry: Entry) -> Entry:
    """Delete an element or transaction; raises Refusal (3160) while something refers to it."""
    if uses(desk.state, entry):
        raise statuses.in_use(entry.id)
    BEFORE.get(entry.kind, _nothing)(desk, entry)
    fields = entry.fields | {"FullName": desk.state.full_name(entry)}
    gone = replace(entry, fields=fields, deleted=texts.stamp(desk.now))
    desk.state.put(gone)
    AFTER.get(entry.kind, _nothing)(desk, entry)
    return gone


def _nothing(_desk: Desk, _entry: Entry) -> None:
    """Nothing else is to be done."""


def uses(state: State, entry: Entry) -> bool:
    """Whether any other object refers to this one."""
    return any(
        _refers(other.fields, entry, other.kind)
        for kind in KINDS
        for other in state.of_kind(kind)
        if other.key != entry.key
    )


def _refers(fields: Fields, entry: Entry, owner: str) -> bool:
    for tag, value in fields.items():
        for part in value if isinstance(value, list) else (value,):
            if not isinstance(part, dict):
                continue
            if part.get("ListID") == entry.id and entry.kind in targets(tag, owner):
                return True
            if part.get("TxnID") == entry.id or _refers(part, entry, owner):
                return True
    return False


def merge(desk: Desk, entry: Entry, survivor: Entry) -> None:
    """Let all that refers to a list element refer to another of its list, and delete it."""
    for kind in KINDS:
        for other in [*desk.state.of_kind(kind)]:
            if other.key != entry.key and _refers(other.fields, entry, kind):
                desk.state.put(replace(other, fields=_moved(other.fields, entry, survivor, kind)))
    delete(desk, entry)


def _moved(fields: Fields, entry: Entry, survivor: Entry, owner: str) -> Fields:
    return {tag: _one_moved(tag, value, entry, survivor, owner) for tag, value in fields.items()}


def _one_moved(tag: str, value: Any, entry: Entry, survivor: Entry, owner: str) -> Any:  # noqa: ANN401 a tree
    if isinstance(value, list):
        return [_one_moved(tag, one, entry, survivor, owner) for one in value]
    if not isinstance(value, dict):
        return value
    if value.get("ListID") == entry.id and entry.kind in targets(tag, owner):
        return {"ListID": survivor.id}
    return _moved(value, entry, survivor, owner)


@handles("ListDelRq")
def _delete_element(desk: Desk, command: Command) -> Outcome:
    kind = _known_kind(command.fields["ListDelType"])
    entry = find_to_change(desk.state, kind, command.fields["ListID"])
    name = desk.state.full_name(entry)
    if desk.multi_user:
        # reference section 3.6: success is answered, but the record is only made inactive
        desk.state.put(touched(entry, desk.now, {"IsActive": "false"}))
    else:
        delete(desk, entry)
    return _answer(kind, "List", entry, {"TimeDeleted": texts.stamp(desk.now), "FullName": name})


@handles("TxnDelRq")
def _delete_transaction(desk: Desk, command: Command) -> Outcome:
    kind = _known_kind(command.fields["TxnDelType"])
    entry = find_to_change(desk.state, kind, command.fields["TxnID"])
    delete(desk, entry)
    details = {"TimeDeleted": texts.stamp(desk.now), "RefNumber": entry.text("RefNumber")}
    return _answer(kind, "Txn", entry, details)


def _known_kind(kind: str) -> str:
    if kind not in KINDS:
        raise statuses.unsupported(f"deletion of {kind}")
    return kind


def _answer(kind: str, prefix: str, entry: Entry, details: dict[str, str]) -> Outcome:
    fields = {f"{prefix}DelType": kind, f"{prefix}ID": entry.id} | details
    return Outcome(rets=(plain(fields),))


def plain(fields: dict[str, str]) -> str:
    """Simple elements one after the other, as the Del answers carry them without a Ret."""
    return "".join(f"<{tag}>{escape(value)}</{tag}>" for tag, value in fields.items() if value)


def _deleted(desk: Desk, command: Command, *, prefix: str) -> Outcome:
    bounds = command.fields.get("DeletedDateRangeFilter", {})
    entries = list(_gone(desk, command.fields[f"{prefix}DelType"], bounds, prefix))
    rets = tuple(_deleted_ret(desk, command, entry, prefix) for entry in entries)
    metadata = command.attributes.get("metaData", "NoMetaData")
    return Outcome(
        rets=() if metadata == "MetaDataOnly" else rets,
        status=statuses.OK if entries else statuses.NO_MATCH,
        ret_count=None if metadata == "NoMetaData" else len(entries),
    )


def _gone(desk: Desk, kinds: list[str], bounds: Fields, prefix: str) -> Iterator[Entry]:
    first, last = bounds.get("FromDeletedDate", ""), bounds.get("ToDeletedDate", "")
    oldest = texts.local_time(texts.stamp(desk.now - timedelta(days=_KEPT_DAYS)))
    for kind in kinds:
        if kind not in KINDS or KINDS[kind].transaction != (prefix == "Txn"):
            continue
        for entry in desk.state.gone(kind):
            moment = texts.local_time(entry.deleted)
            since = texts.local_time(first) if first else oldest
            until = texts.local_time(last, end_of_day=True) if last else moment
            if max(since, oldest) <= moment <= until:
                yield entry


def _deleted_ret(desk: Desk, command: Command, entry: Entry, prefix: str) -> str:
    fields = {
        f"{prefix}DelType": entry.kind,
        f"{prefix}ID": entry.id,
        "TimeCreated": entry.text("TimeCreated"),
        "TimeDeleted": entry.deleted,
        "FullName": entry.text("FullName") or None,
        "RefNumber": entry.text("RefNumber") or None,
    }
    only = command.fields.get("IncludeRetElement")
    shown = {tag: value for tag, value in fields.items() if value and (not only or tag in only)}
    return desk.writer.ret(f"{prefix}DeletedRet", shown)


handles("ListDeletedQueryRq")(partial(_deleted, prefix="List"))
handles("TxnDeletedQueryRq")(partial(_deleted, prefix="Txn"))
