"""What the company file holds: immutable entries by kind and id, an index of names, and an undo journal."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, TypeAlias

from qbsync.simulator.quickbooks import texts
from qbsync.simulator.quickbooks.kinds import KINDS
from qbsync.simulator.quickbooks.message import Fields

Key: TypeAlias = tuple[str, str]
"""Kind and id."""

_FIRST_NUMBER = {"Txn": 0x1A2F}


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One list element, transaction or other object.

    `fields` are the elements of its Ret (ids, stamps and references by ListID included); never altered in
    place. `extensions` are its data extensions. `deleted` marks what ListDel or TxnDel took away, with the
    time.
    """

    kind: str
    id: str
    order: int
    fields: Fields
    extensions: tuple[Fields, ...] = ()
    deleted: str = ""

    @property
    def key(self) -> Key:
        """Kind and id."""
        return self.kind, self.id

    def text(self, tag: str) -> str:
        """A simple field, or an empty text."""
        return str(self.fields.get(tag, ""))

    @property
    def is_active(self) -> bool:
        """False for an element that was made inactive."""
        return self.text("IsActive") != "false"

    @property
    def parent_id(self) -> str:
        """The ListID of its parent, or an empty text."""
        return str(self.fields.get("ParentRef", {}).get("ListID", ""))


class State:
    """The objects of one company file, in memory; `changed` and `counters` are what the storage must keep."""

    def __init__(self) -> None:
        self._entries: dict[str, dict[str, Entry]] = {kind: {} for kind in KINDS}
        self._deleted: dict[str, dict[str, Entry]] = {kind: {} for kind in KINDS}
        self._names: dict[tuple[str, str], Key] = {}
        self._full_names: dict[Key, str] = {}
        self._children: dict[Key, set[str]] = {}
        self.counters: dict[str, int] = {}
        self.changed: dict[Key, Entry] = {}
        self._journal: list[tuple[Key, Entry | None]] = []

    def begin(self) -> None:
        """Start a request: what is put from here can be taken back."""
        self._journal.clear()

    def take_back(self) -> None:
        """Undo every put since `begin`."""
        for key, before in reversed(self._journal):
            if before is None:
                self._drop(key)
            else:
                self._set(before)
        self._journal.clear()

    def put(self, entry: Entry) -> None:
        """Store an entry in place of the one with its kind and id."""
        self._journal.append((entry.key, self._any(entry.key)))
        self._set(entry)

    def load(self, entry: Entry) -> None:
        """Take over an entry from the storage."""
        self._set(entry)
        self.changed.pop(entry.key, None)

    def get(self, kind: str, object_id: str) -> Entry | None:
        """The living entry with this id."""
        return self._entries[kind].get(object_id)

    def of_kind(self, kind: str) -> Iterator[Entry]:
        """The living entries of a kind, as they were created."""
        return iter(self._entries[kind].values())

    def gone(self, kind: str) -> Iterator[Entry]:
        """The deleted entries of a kind."""
        return iter(self._deleted[kind].values())

    def named(self, space: str, full_name: str) -> Entry | None:
        """The entry of a name space with this full name, in any case."""
        key = self._names.get((space, full_name.casefold()))
        return self.get(*key) if key else None

    def full_name(self, entry: Entry) -> str:
        """Parent's names and its own, joined by colons; a transaction's is empty."""
        return self._full_names.get(entry.key, "")

    def children(self, entry: Entry) -> list[Entry]:
        """The elements directly under this one."""
        found = (self.get(entry.kind, child) for child in self._children.get(entry.key, ()))
        return sorted((child for child in found if child), key=lambda child: child.order)

    def next_number(self, space: str) -> int:
        """The next number of a list's ids; all transactions and their lines share one count."""
        number = self.counters.get(space, _FIRST_NUMBER.get(space, 1))
        self.counters[space] = number + 1
        return number

    def next_order(self) -> int:
        """A number that grows with each object."""
        return self.next_number("Order")

    def dump(self) -> list[Entry]:
        """Every entry, the deleted included, as they were created."""
        groups = (*self._entries.values(), *self._deleted.values())
        return sorted((entry for group in groups for entry in group.values()), key=lambda entry: entry.order)

    def _any(self, key: Key) -> Entry | None:
        kind, object_id = key
        return self._entries[kind].get(object_id) or self._deleted[kind].get(object_id)

    def _set(self, entry: Entry) -> None:
        before = self._any(entry.key)
        if before is not None:
            self._forget_names(before)
        living, other = (self._deleted, self._entries) if entry.deleted else (self._entries, self._deleted)
        other[entry.kind].pop(entry.id, None)
        living[entry.kind][entry.id] = entry
        self.changed[entry.key] = entry
        if not entry.deleted:
            self._index_names(entry)

    def _drop(self, key: Key) -> None:
        entry = self._any(key)
        if entry is not None:
            self._forget_names(entry)
            self._entries[entry.kind].pop(entry.id, None)
        self.changed.pop(key, None)

    def _forget_names(self, entry: Entry) -> None:
        full_name = self._full_names.pop(entry.key, None)
        if full_name is not None:
            self._names.pop((KINDS[entry.kind].space, full_name.casefold()), None)
        self._children.get((entry.kind, entry.parent_id), set()).discard(entry.id)

    def _index_names(self, entry: Entry) -> None:
        name = entry.text("Name")
        if not name:
            return
        parent = self.get(entry.kind, entry.parent_id)
        if entry.parent_id:
            self._children.setdefault((entry.kind, entry.parent_id), set()).add(entry.id)
            if parent is None:
                return  # its parent's turn comes later in a load, and indexes its children
        full_name = f"{self.full_name(parent)}:{name}" if parent else name
        self._full_names[entry.key] = full_name
        self._names[(KINDS[entry.kind].space, full_name.casefold())] = entry.key
        for child in self.children(entry):
            self._forget_names(child)
            self._index_names(child)


def encode(entry: Entry) -> str:
    """An entry as JSON, for the storage."""
    return json.dumps([entry.kind, entry.id, entry.order, entry.fields, entry.extensions, entry.deleted])


def decode(text: str) -> Entry:
    """The entry that `encode` wrote."""
    kind, object_id, order, fields, extensions, deleted = json.loads(text)
    return Entry(
        kind=kind,
        id=object_id,
        order=order,
        fields=fields,
        extensions=tuple(extensions),
        deleted=deleted,
    )


def touched(entry: Entry, moment: datetime, changes: dict[str, Any] | None = None) -> Entry:
    """The entry modified now: the fields of `changes` set, None removing one, and a new EditSequence.

    EditSequence is the Unix second, so that two edits in one second share it (reference 0, fact 10).
    """
    fields = {tag: value for tag, value in (entry.fields | (changes or {})).items() if value is not None}
    fields["TimeModified"] = texts.stamp(moment)
    fields["EditSequence"] = str(int(moment.timestamp()))
    return replace(entry, fields=fields)
