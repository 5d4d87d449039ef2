"""Drift that was seen: what differs between QuickBooks and what qbsync or Procore has, and since when."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from qbsync.model.drift import Difference, DriftSort
from qbsync.model.records import RecordKey
from qbsync.store.drift_tables import STILL_THERE, DriftRow


@dataclass(frozen=True, slots=True, kw_only=True)
class DriftFilter:
    """Which drift to show; None means any. `gone` shows what is no longer so, too."""

    connection_id: int | None = None
    kind: str | None = None
    key: RecordKey | None = None
    sort: DriftSort | None = None
    gone: bool = False
    before: int | None = None
    """The id of the last one already seen."""


def see(
    tx: Session,
    connection_id: int,
    key: RecordKey,
    quickbooks_id: str,
    found: Iterable[Difference],
    *,
    now: datetime,
    among: Collection[DriftSort],
) -> None:
    """Keep what a record differs in; what was there of these sorts and is not found any more is gone."""
    before = {row.field: row for row in _of_record(tx, connection_id, key)}
    for one in found:
        row = before.pop(one.field, None)
        if row is None:
            row = DriftRow(
                connection_id=connection_id,
                kind=key.kind.value,
                procore_id=key.procore_id,
                quickbooks_id=quickbooks_id,
                field=one.field,
                first_seen_at=now,
            )
            tx.add(row)
        row.sort, row.what = one.sort.value, one.what
        row.ours, row.theirs, row.last_seen_at = one.ours, one.theirs, now
    for row in before.values():
        if row.sort in {sort.value for sort in among}:
            row.gone_at = now
    tx.flush()


def over(tx: Session, connection_id: int, key: RecordKey, now: datetime) -> None:
    """Nothing that was seen of a record counts any more: its link has ended."""
    for row in _of_record(tx, connection_id, key):
        row.gone_at = now
    tx.flush()


def listing(tx: Session, which: DriftFilter, *, limit: int | None = None) -> Sequence[DriftRow]:
    """Drift, what was first seen last first."""
    query = sa.select(DriftRow).order_by(DriftRow.id.desc()).limit(limit)
    if which.connection_id is not None:
        query = query.where(DriftRow.connection_id == which.connection_id)
    if which.kind is not None:
        query = query.where(DriftRow.kind == which.kind)
    if which.key is not None:
        query = query.where(
            DriftRow.kind == which.key.kind.value, DriftRow.procore_id == which.key.procore_id
        )
    if which.sort is not None:
        query = query.where(DriftRow.sort == which.sort.value)
    if which.before is not None:
        query = query.where(DriftRow.id < which.before)
    if not which.gone:
        query = query.where(STILL_THERE)
    return tx.scalars(query).all()


def counts(tx: Session, connection_id: int | None = None) -> Sequence[tuple[int, str, int]]:
    """How much drift there is, by connection id and sort."""
    query = (
        sa.select(DriftRow.connection_id, DriftRow.sort, sa.func.count())
        .where(STILL_THERE)
        .group_by(DriftRow.connection_id, DriftRow.sort)
        .order_by(DriftRow.connection_id, DriftRow.sort)
    )
    if connection_id is not None:
        query = query.where(DriftRow.connection_id == connection_id)
    return [(found, sort, count) for found, sort, count in tx.execute(query)]


def _of_record(tx: Session, connection_id: int, key: RecordKey) -> Sequence[DriftRow]:
    which = DriftFilter(connection_id=connection_id, key=key)
    return listing(tx, which)
