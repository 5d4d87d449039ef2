"""Offers: kept as QuickBooks shows them, moved by the one table of their states."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from qbsync.errors import NotFoundError
from qbsync.model.jobs import JobState
from qbsync.model.offers import Entry, OfferEvent, OfferState, move
from qbsync.model.records import RecordKey, RecordKind
from qbsync.store.offer_tables import OfferRow
from qbsync.store.tables import ACTIVE_LINK, JobRow, LinkRow
from qbsync.store.upserts import upsert

_JOINED = sa.exists().where(
    LinkRow.connection_id == OfferRow.connection_id,
    LinkRow.kind == OfferRow.kind,
    LinkRow.quickbooks_id == OfferRow.list_id,
    ACTIVE_LINK,
)
"""That a record is linked to the entry."""
_SEEN = ("name", "active", "fields", "parent", "level")
"""What an entry is told anew whenever QuickBooks shows it."""


def save(tx: Session, connection_id: int, entries: Iterable[Entry], now: datetime) -> None:
    """Keep entries as QuickBooks shows them; what was decided about one stays."""
    rows = {(entry.kind, entry.list_id): _row(connection_id, entry, now) for entry in entries}
    if rows:
        key = ("connection_id", "kind", "list_id")
        tx.execute(upsert(tx, OfferRow, *_SEEN, key=key), list(rows.values()))


def _row(connection_id: int, entry: Entry, now: datetime) -> dict[str, Any]:
    return {
        "connection_id": connection_id,
        "kind": entry.kind.value,
        "list_id": entry.list_id,
        "name": entry.name,
        "active": entry.active,
        "fields": entry.fields,
        "parent": entry.parent,
        "level": entry.level,
        "state": OfferState.OFFERED.value,
        "was_offered": False,
        "error": "",
        "changed_at": now,
    }


def forget(tx: Session, connection_id: int, kind: RecordKind, list_id: str) -> None:
    """Drop what QuickBooks says is deleted."""
    tx.execute(
        sa.delete(OfferRow).where(
            OfferRow.connection_id == connection_id,
            OfferRow.kind == kind.value,
            OfferRow.list_id == list_id,
        )
    )


def change(row: OfferRow, event: OfferEvent, now: datetime) -> None:
    """Move an offer by the one table; raises StateError, and changes nothing, where it may not go."""
    row.state = move(OfferState(row.state), event).value
    row.error = ""
    row.changed_at = now


def keep_up(tx: Session, connection_id: int, now: datetime) -> None:
    """Bring states up to what is linked by now, and note what is offered."""
    tx.flush()
    for row in tx.scalars(_of(connection_id).where(OfferRow.state.in_(_OPEN), _JOINED)):
        change(row, OfferEvent.LINK, now)
    for row in tx.scalars(_of(connection_id).where(OfferRow.state.not_in(_OPEN), sa.not_(_JOINED))):
        change(row, OfferEvent.UNLINK, now)
    tx.flush()
    tx.execute(
        sa.update(OfferRow)
        .where(
            OfferRow.connection_id == connection_id,
            OfferRow.state == OfferState.OFFERED.value,
            OfferRow.active,
            sa.not_(OfferRow.was_offered),
        )
        .values(was_offered=True)
        .execution_options(synchronize_session="fetch")
    )


_OPEN = (OfferState.OFFERED.value, OfferState.ARCHIVED.value)


def get(tx: Session, offer_id: int) -> OfferRow:
    """The offer of that id; raises NotFoundError."""
    row = tx.get(OfferRow, offer_id)
    if row is None:
        raise NotFoundError(f"There is no offer {offer_id}.", guidance="See `qbsync imports list`.")
    return row


def of_entry(tx: Session, connection_id: int, kind: RecordKind, list_id: str) -> OfferRow | None:
    """The offer of one entry of QuickBooks."""
    return tx.scalar(_of(connection_id).where(OfferRow.kind == kind.value, OfferRow.list_id == list_id))


def listing(
    tx: Session,
    *,
    connection_id: int,
    kinds: Sequence[RecordKind],
    state: OfferState | None = None,
    limit: int | None = None,
) -> Sequence[OfferRow]:
    """What is or was offered of those kinds, by kind and name; an inactive entry only once it was decided."""
    shown = sa.or_(OfferRow.active, OfferRow.state != OfferState.OFFERED.value)
    query = _of(connection_id).where(
        OfferRow.kind.in_([kind.value for kind in kinds]), OfferRow.was_offered, shown
    )
    if state is not None:
        query = query.where(OfferRow.state == state.value)
    return tx.scalars(query.order_by(OfferRow.kind.desc(), OfferRow.name, OfferRow.id).limit(limit)).all()


def archived_ids(tx: Session, connection_id: int) -> frozenset[str]:
    """The ListIDs that a person wants neither imported nor suggested."""
    query = sa.select(OfferRow.list_id).where(
        OfferRow.connection_id == connection_id, OfferRow.state == OfferState.ARCHIVED.value
    )
    return frozenset(tx.scalars(query))


@dataclass(frozen=True, slots=True, kw_only=True)
class Unlinked:
    """A record of Procore that is linked to nothing; `foreign_id` is the origin_id it carries, or empty."""

    key: RecordKey
    name: str
    foreign_id: str


def unlinked(tx: Session, connection_id: int, kind: RecordKind) -> list[Unlinked]:
    """Each record that is linked to nothing and that QuickBooks is not making just now, by its newest job.

    A cost code goes by its whole code.
    """
    newer = aliased(JobRow)
    same = (
        newer.connection_id == JobRow.connection_id,
        newer.kind == JobRow.kind,
        newer.procore_id == JobRow.procore_id,
        newer.id > JobRow.id,
    )
    linked = sa.exists().where(
        LinkRow.connection_id == JobRow.connection_id,
        LinkRow.kind == JobRow.kind,
        LinkRow.procore_id == JobRow.procore_id,
        ACTIVE_LINK,
    )
    away = (JobState.SENT.value, JobState.CANCELLED.value)
    name = "full_code" if kind is RecordKind.COST_CODE else "name"
    rows = tx.execute(
        sa.select(JobRow.procore_id, JobRow.record[name].as_string(), JobRow.label, JobRow.foreign_id)
        .where(
            JobRow.connection_id == connection_id,
            JobRow.kind == kind.value,
            JobRow.state.not_in(away),
            sa.not_(sa.exists().where(*same)),
            sa.not_(linked),
        )
        .order_by(JobRow.id)
    )
    return [
        Unlinked(key=RecordKey(kind=kind, procore_id=procore_id), name=own or label, foreign_id=foreign_id)
        for procore_id, own, label, foreign_id in rows
    ]


def connections_with(tx: Session, state: OfferState | None) -> frozenset[int]:
    """The connections on which anything was ever offered that is in that state now; None: in any."""
    query = sa.select(OfferRow.connection_id).where(OfferRow.was_offered).distinct()
    return frozenset(tx.scalars(query if state is None else query.where(OfferRow.state == state.value)))


def _of(connection_id: int) -> sa.Select[OfferRow]:
    return sa.select(OfferRow).where(OfferRow.connection_id == connection_id)
