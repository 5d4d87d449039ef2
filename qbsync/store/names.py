"""QuickBooks' lists as last read."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from qbsync.model.ids import QuickBooksId
from qbsync.model.likeness import Alike, Likeness
from qbsync.model.names import Known, ListKind
from qbsync.store import marks, offers
from qbsync.store.list_tables import NameRow
from qbsync.store.tables import ACTIVE_LINK, LinkRow
from qbsync.store.upserts import upsert

_READ = "quickbooks_list/"
_CHUNK = 500
"""Values in one IN list."""


class StoredNames:
    """Names of one connection, looked up once each; implements `model.names.Names`."""

    def __init__(self, tx: Session, connection_id: int) -> None:
        self._tx = tx
        self._connection_id = connection_id
        self._found: dict[tuple[ListKind, str], Known | None] = {}
        self._by_id: dict[tuple[ListKind, str], Known | None] = {}
        self._read: Collection[str] | None = None
        self._alike: dict[ListKind, Alike[Known]] = {}

    def find(self, list_kind: ListKind, full_name: str) -> Known | None:
        """The entry of that full name; an active one before an inactive one."""
        key = (list_kind, name_key(full_name))
        if key not in self._found:
            self._found[key] = self._look_up(*key)
        return self._found[key]

    def expect(self, full_names: Iterable[str]) -> None:
        """Look those names up in every list, many at once, before `find` asks for one after the other."""
        wanted = sorted({name_key(name) for name in full_names})
        for start in range(0, len(wanted), _CHUNK):
            keys = wanted[start : start + _CHUNK]
            found = {(one, key): None for one in ListKind for key in keys}
            rows = self._tx.scalars(
                sa.select(NameRow)
                .where(
                    NameRow.connection_id == self._connection_id,
                    NameRow.list.in_([one.value for one in ListKind]),
                    NameRow.name_key.in_(keys),
                )
                .order_by(NameRow.active, NameRow.list_id.desc())
            )
            self._found |= found | {(ListKind(row.list), row.name_key): _known(row) for row in rows}

    def jobs(self, name: str) -> Sequence[Known]:
        """Every job of that own name that no project is linked to, whichever customer; active ones first."""
        rows = self._tx.scalars(
            sa.select(NameRow)
            .where(
                NameRow.connection_id == self._connection_id,
                NameRow.list == ListKind.CUSTOMER.value,
                NameRow.name_key.endswith(f":{name_key(name)}", autoescape=True),
                _FREE,
            )
            .order_by(NameRow.active.desc(), NameRow.full_name)
        )
        return [_known(row) for row in rows]

    def of_id(self, list_kind: ListKind, list_id: str) -> Known | None:
        """The entry of that ListID."""
        if (list_kind, list_id) not in self._by_id:
            self._by_id[list_kind, list_id] = of_id(self._tx, self._connection_id, list_kind, list_id)
        return self._by_id[list_kind, list_id]

    def known(self, list_kind: ListKind) -> bool:
        """Whether that list was read to its end at least once; one that could not be read is not."""
        if self._read is None:
            self._read = marks.some(
                self._tx, self._connection_id, [f"{_READ}{one.value}" for one in ListKind]
            ).keys()
        return f"{_READ}{list_kind.value}" in self._read

    def alike(self, list_kind: ListKind, name: str) -> list[tuple[Known, Likeness]]:
        """Active entries linked to nothing whose own name is like that one, the most alike first.

        A customer is compared by the name of a job alone, an item by its full name if it is a Service item.
        """
        if list_kind not in self._alike:
            rows = self._tx.scalars(
                sa.select(NameRow).where(
                    NameRow.connection_id == self._connection_id,
                    NameRow.list == list_kind.value,
                    NameRow.active,
                    _FREE,
                )
            )
            archived = offers.archived_ids(self._tx, self._connection_id)
            known = [_known(row) for row in rows if row.list_id not in archived]
            self._alike[list_kind] = Alike((own_name(one), one) for one in known if _may_be_meant(one))
        return self._alike[list_kind].like(name)

    def _look_up(self, list_kind: ListKind, key: str) -> Known | None:
        row = self._tx.scalar(
            sa.select(NameRow)
            .where(
                NameRow.connection_id == self._connection_id,
                NameRow.list == list_kind.value,
                NameRow.name_key == key,
            )
            .order_by(NameRow.active.desc(), NameRow.list_id)
            .limit(1)
        )
        return None if row is None else _known(row)


_FREE = sa.not_(
    sa.exists().where(
        LinkRow.connection_id == NameRow.connection_id,
        LinkRow.quickbooks_id == NameRow.list_id,
        ACTIVE_LINK,
    )
)
"""That no record is linked to the entry."""


def own_name(known: Known) -> str:
    """What tells it apart from others of its kind: a job's own name, else the full name."""
    return known.full_name.rpartition(":")[2] if known.list is ListKind.CUSTOMER else known.full_name


def _may_be_meant(known: Known) -> bool:
    """Whether a record could be linked to it: a job and no customer, a Service item and no other."""
    match known.list:
        case ListKind.CUSTOMER:
            return ":" in known.full_name
        case ListKind.ITEM:
            return known.type == "Service"
        case _:
            return True


def name_key(full_name: str) -> str:
    """Names that QuickBooks holds to be the same have the same key."""
    return full_name.strip().casefold()


def mark_read(tx: Session, connection_id: int, lists: Iterable[ListKind]) -> None:
    """These lists were read to their end."""
    for one in lists:
        marks.put(tx, connection_id, f"{_READ}{one.value}", "read")


def save(tx: Session, connection_id: int, entries: Iterable[Known]) -> None:
    """Keep what a page of a list said: one statement for all of it, for a list has tens of thousands."""
    rows = {(entry.list, entry.list_id): _row(connection_id, entry) for entry in entries}
    if rows:
        tx.execute(upsert(tx, NameRow), list(rows.values()))


def _row(connection_id: int, entry: Known) -> dict[str, Any]:
    return {
        "connection_id": connection_id,
        "list": entry.list.value,
        "list_id": entry.list_id,
        "full_name": entry.full_name,
        "name_key": name_key(entry.full_name),
        "type": entry.type,
        "active": entry.active,
        "edit_sequence": entry.edit_sequence,
        "external_guid": entry.external_guid,
        "two_sided": entry.two_sided,
        "currency": entry.currency,
    }


def forget(tx: Session, connection_id: int, list_kind: ListKind, list_id: str) -> None:
    """Drop an entry that QuickBooks does not have any more."""
    tx.execute(
        sa.delete(NameRow).where(
            NameRow.connection_id == connection_id,
            NameRow.list == list_kind.value,
            NameRow.list_id == list_id,
        )
    )


def of_id(tx: Session, connection_id: int, list_kind: ListKind, list_id: str) -> Known | None:
    """The entry of that ListID."""
    row = tx.get(NameRow, (connection_id, list_kind.value, list_id))
    return None if row is None else _known(row)


def two_sided(tx: Session, connection_id: int, item_ids: Iterable[str]) -> frozenset[str]:
    """Those of the items, by ListID, that have an expense account beside the income account."""
    wanted = sorted(set(item_ids))
    found: set[str] = set()
    for start in range(0, len(wanted), _CHUNK):
        found |= set(
            tx.scalars(
                sa.select(NameRow.list_id).where(
                    NameRow.connection_id == connection_id,
                    NameRow.list == ListKind.ITEM.value,
                    NameRow.list_id.in_(wanted[start : start + _CHUNK]),
                    NameRow.two_sided,
                )
            )
        )
    return frozenset(found)


def listing(tx: Session, connection_id: int, list_kind: ListKind) -> Sequence[Known]:
    """One list by name."""
    rows = tx.scalars(
        sa.select(NameRow)
        .where(NameRow.connection_id == connection_id, NameRow.list == list_kind.value)
        .order_by(NameRow.full_name)
    )
    return [_known(row) for row in rows]


def _known(row: NameRow) -> Known:
    return Known(
        list=ListKind(row.list),
        list_id=QuickBooksId(row.list_id),
        full_name=row.full_name,
        type=row.type,
        active=row.active,
        edit_sequence=row.edit_sequence,
        external_guid=row.external_guid,
        two_sided=row.two_sided,
        currency=row.currency,
    )
