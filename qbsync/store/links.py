"""Links: which Procore record is which record of QuickBooks."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.orm import Session

from qbsync.model.drift import Held
from qbsync.model.ids import QuickBooksId
from qbsync.model.links import Link, LinkLine
from qbsync.model.records import RecordKey, RecordKind
from qbsync.store.names import name_key
from qbsync.store.tables import ACTIVE_LINK, LinkRow
from qbsync.store.upserts import upsert

_CHUNK = 400
"""Ids in one IN list; SQLite takes some thousands, this is far from any limit."""
_TOLD = ("quickbooks_id", "name", "name_key", "edit_sequence", "fingerprint", "lines", "held")
"""What a link is told anew."""


def find(tx: Session, connection_id: int, key: RecordKey) -> Link | None:
    """The record's link, or None while QuickBooks has nothing for it."""
    return find_all(tx, connection_id, [key]).get(key)


def find_all(tx: Session, connection_id: int, keys: Iterable[RecordKey]) -> dict[RecordKey, Link]:
    """The links of those of the records that have one."""
    wanted = set(keys)
    kinds = {key.kind.value for key in wanted}
    ids = sorted({key.procore_id for key in wanted})
    found: dict[RecordKey, Link] = {}
    for start in range(0, len(ids), _CHUNK):
        rows = tx.scalars(
            sa.select(LinkRow).where(
                LinkRow.connection_id == connection_id,
                LinkRow.kind.in_(kinds),
                LinkRow.procore_id.in_(ids[start : start + _CHUNK]),
                ACTIVE_LINK,
            )
        )
        links = (to_link(row) for row in rows if _key(row) in wanted)  # records of two kinds may have one id
        found.update((link.key, link) for link in links)
    return found


def of_quickbooks_id(
    tx: Session, connection_id: int, quickbooks_id: str, kinds: Collection[RecordKind]
) -> Sequence[Link]:
    """Every record of those kinds joined to that ListID or TxnID, oldest link first.

    QuickBooks' ids are unique within one list and among transactions alone: a vendor, a job and a bill may
    have the same one (reference, section 3.4).
    """
    if not quickbooks_id or not kinds:
        return []
    rows = tx.scalars(
        sa.select(LinkRow)
        .where(
            LinkRow.connection_id == connection_id,
            LinkRow.quickbooks_id == quickbooks_id,
            LinkRow.kind.in_([kind.value for kind in kinds]),
            ACTIVE_LINK,
        )
        .order_by(LinkRow.id)
    )
    return [to_link(row) for row in rows]


def procore_ids(
    tx: Session, connection_id: int, quickbooks_ids: Sequence[str]
) -> dict[tuple[RecordKind, str], str]:
    """The Procore id joined to each of those ListIDs or TxnIDs, by kind; of several the oldest link's."""
    found: dict[tuple[RecordKind, str], str] = {}
    for start in range(0, len(quickbooks_ids), _CHUNK):
        rows = tx.execute(
            sa.select(LinkRow.kind, LinkRow.quickbooks_id, LinkRow.procore_id)
            .where(
                LinkRow.connection_id == connection_id,
                LinkRow.quickbooks_id.in_(quickbooks_ids[start : start + _CHUNK]),
                ACTIVE_LINK,
            )
            .order_by(LinkRow.id)
        )
        for kind, quickbooks_id, procore_id in rows:
            found.setdefault((RecordKind(kind), quickbooks_id), procore_id)
    return found


def after(tx: Session, connection_id: int, link_id: int, limit: int) -> Sequence[tuple[int, Link]]:
    """The next active links behind the one of that id, oldest first, each with its own id."""
    rows = tx.scalars(
        sa.select(LinkRow)
        .where(LinkRow.connection_id == connection_id, LinkRow.id > link_id, ACTIVE_LINK)
        .order_by(LinkRow.id)
        .limit(limit)
    )
    return [(row.id, to_link(row)) for row in rows]


def save(tx: Session, connection_id: int, link: Link, now: datetime) -> None:
    """Join the record, or bring its link up to date."""
    values = {
        "connection_id": connection_id,
        "kind": link.key.kind.value,
        "procore_id": link.key.procore_id,
        "quickbooks_id": link.quickbooks_id,
        "name": link.name,
        "name_key": name_key(link.name),
        "edit_sequence": link.edit_sequence,
        "fingerprint": link.fingerprint,
        "lines": [_row_line(line) for line in link.lines],
        "held": [[one.field, one.value, one.words] for one in link.held],
        "created_at": now,
    }
    # on the connection itself: the session would write down all that is pending first, job by job
    key = ("connection_id", "kind", "procore_id")
    tx.connection().execute(upsert(tx, LinkRow, *_TOLD, key=key, where=ACTIVE_LINK), values)


def end(tx: Session, connection_id: int, key: RecordKey, now: datetime) -> bool:
    """End the record's link, which raises its generation; False where there was none."""
    row = _row(tx, connection_id, key)
    if row is None:
        return False
    row.ended_at = now
    tx.flush()  # a `save` that follows goes past the session
    return True


def last_ended(tx: Session, connection_id: int, key: RecordKey) -> Link | None:
    """The record's link that ended last, None where none ever did."""
    row = tx.scalar(
        sa.select(LinkRow)
        .where(
            LinkRow.connection_id == connection_id,
            LinkRow.kind == key.kind.value,
            LinkRow.procore_id == key.procore_id,
            LinkRow.ended_at.is_not(None),
        )
        .order_by(LinkRow.id.desc())
        .limit(1)
    )
    return None if row is None else to_link(row)


def was_joined(tx: Session, connection_id: int, key: RecordKey, origin_id: str) -> bool:
    """Whether an id that Procore carries for the record, or for a line of it, is of a link that has ended."""
    query = sa.select(LinkRow.id).where(
        LinkRow.connection_id == connection_id,
        LinkRow.kind == key.kind.value,
        LinkRow.procore_id == key.procore_id,
        LinkRow.quickbooks_id == origin_id.partition("|")[0],
        LinkRow.ended_at.is_not(None),
    )
    return tx.scalar(query.limit(1)) is not None


def generations(tx: Session, connection_id: int, keys: Iterable[RecordKey]) -> dict[RecordKey, int]:
    """How often each record was unlinked; those never unlinked are left out."""
    found: dict[RecordKey, int] = {}
    wanted = list(keys)
    for start in range(0, len(wanted), _CHUNK):
        chunk = wanted[start : start + _CHUNK]
        rows = tx.execute(
            sa.select(LinkRow.kind, LinkRow.procore_id, sa.func.count())
            .where(
                LinkRow.connection_id == connection_id,
                LinkRow.procore_id.in_([key.procore_id for key in chunk]),
                LinkRow.ended_at.is_not(None),
            )
            .group_by(LinkRow.kind, LinkRow.procore_id)
        )
        for kind, procore_id, count in rows:
            found[RecordKey(kind=RecordKind(kind), procore_id=procore_id)] = count
    return found


def listing(
    tx: Session, *, connection_id: int | None = None, kind: str | None = None, limit: int | None = None
) -> Sequence[LinkRow]:
    """The active links, oldest first."""
    query = sa.select(LinkRow).where(ACTIVE_LINK).order_by(LinkRow.id)
    if connection_id is not None:
        query = query.where(LinkRow.connection_id == connection_id)
    if kind is not None:
        query = query.where(LinkRow.kind == kind)
    return tx.scalars(query.limit(limit)).all()


def to_link(row: LinkRow) -> Link:
    """The row as the value that mappings read."""
    return Link(
        key=_key(row),
        quickbooks_id=QuickBooksId(row.quickbooks_id),
        name=row.name,
        edit_sequence=row.edit_sequence,
        fingerprint=row.fingerprint,
        lines=tuple(_line(kept) for kept in row.lines),
        held=tuple(Held(field=field, value=value, words=words) for field, value, words in row.held),
    )


def _key(row: LinkRow) -> RecordKey:
    return RecordKey(kind=RecordKind(row.kind), procore_id=row.procore_id)


def _row_line(line: LinkLine) -> list[str | None]:
    money = [None if figure is None else str(figure) for figure in (line.amount, line.rate)]
    return [line.procore_line_id, line.txn_line_id, *money, line.item_id, line.class_id]


def _line(kept: list[str | None]) -> LinkLine:
    """A line as it was kept; before amount, rate, item and class were, it had two parts."""
    procore_line_id, txn_line_id, amount, rate, item_id, class_id = [*kept, None, None, None, None][:6]
    return LinkLine(
        procore_line_id=procore_line_id or "",
        txn_line_id=txn_line_id or "",
        amount=None if amount is None else Decimal(amount),
        rate=None if rate is None else Decimal(rate),
        item_id=item_id or "",
        class_id=class_id or "",
    )


def _row(tx: Session, connection_id: int, key: RecordKey) -> LinkRow | None:
    return tx.scalar(
        sa.select(LinkRow).where(
            LinkRow.connection_id == connection_id,
            LinkRow.kind == key.kind.value,
            LinkRow.procore_id == key.procore_id,
            ACTIVE_LINK,
        )
    )
