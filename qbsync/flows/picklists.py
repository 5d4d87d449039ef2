"""What QuickBooks has to choose from, as last read: for the fields of the pages."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sqlalchemy.orm import Session

from qbsync.flows.linking import LISTS
from qbsync.mapping.retainage_item import LIABILITY_TYPES
from qbsync.model.names import EXPENSE_TYPES, INCOME_TYPES, Known, ListKind
from qbsync.model.records import RecordKind
from qbsync.store import connections, names

MOST = 2000
"""Entries given of one list; a longer one is typed from memory."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Source:
    """The list a choice is made from; no types: every entry fits."""

    list: ListKind
    types: Collection[str] = ()


_SOURCES: Mapping[str, _Source] = {
    "customer": _Source(list=ListKind.CUSTOMER),
    "income_account": _Source(list=ListKind.ACCOUNT, types=INCOME_TYPES),
    "expense_account": _Source(list=ListKind.ACCOUNT, types=EXPENSE_TYPES),
    "account": _Source(list=ListKind.ACCOUNT, types=LIABILITY_TYPES),
    "vendor_type": _Source(list=ListKind.VENDOR_TYPE),
    "terms": _Source(list=ListKind.TERMS),
}


def of_choice(tx: Session, connection: str, choice: str) -> list[str]:
    """The full names that a choice at accept may take; empty where it is free text."""
    source = _SOURCES.get(choice)
    return [] if source is None else [known.full_name for known in _entries(tx, connection, source)]


def of_kind(tx: Session, connection: str, kind: RecordKind) -> list[Known]:
    """What a record of that kind can be linked to; empty where it cannot be linked by hand."""
    list_kind = LISTS.get(kind)
    if list_kind is None:
        return []
    types = ("Service",) if list_kind is ListKind.ITEM else ()
    return _entries(tx, connection, _Source(list=list_kind, types=types))


def _entries(tx: Session, connection: str, source: _Source) -> list[Known]:
    known = names.listing(tx, connections.named(tx, connection).id, source.list)
    fits = [one for one in known if one.active and (not source.types or one.type in source.types)]
    return fits[:MOST]
