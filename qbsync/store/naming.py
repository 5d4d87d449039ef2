"""Jobs by what their records name: found by the text of the record, so that a long queue is not read whole.

A record that names another has its id in quotes somewhere. That may be another kind's id, or another field's:
whoever asks looks at what the record refers to.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session

from qbsync.model.jobs import JobState
from qbsync.model.records import RecordKey, RecordKind
from qbsync.store.queue import IN_BOOKS
from qbsync.store.tables import ACTIVE_LINK, JobRow, LinkRow

_AT_ONCE = 100
"""Rows fetched at once: who asks often needs the first alone."""


def queued(tx: Session, connection_id: int, keys: Iterable[RecordKey]) -> Sequence[JobRow]:
    """Queued jobs that may name one of those records, its own among them, oldest first."""
    return tx.scalars(
        sa.select(JobRow)
        .where(
            JobRow.connection_id == connection_id,
            JobRow.state == JobState.QUEUED.value,
            sa.or_(sa.false(), *map(_may_name, keys)),
        )
        .order_by(JobRow.id)
    ).all()


def synced(tx: Session, connection_id: int, kind: RecordKind, key: RecordKey) -> Iterator[JobRow]:
    """Linked records of that kind that may name that one: the jobs that hold what is synced, oldest first.

    Those that ask whether QuickBooks still has it are among them.
    """
    linked = sa.exists().where(
        LinkRow.connection_id == JobRow.connection_id,
        LinkRow.kind == JobRow.kind,
        LinkRow.procore_id == JobRow.procore_id,
        ACTIVE_LINK,
    )
    rows = tx.scalars(
        sa.select(JobRow)
        .where(
            JobRow.connection_id == connection_id,
            IN_BOOKS,
            JobRow.kind == kind.value,
            _may_name(key),
            linked,
        )
        .order_by(JobRow.id)
        .execution_options(yield_per=_AT_ONCE)
    )
    with rows:
        yield from rows


def _may_name(key: RecordKey) -> sa.ColumnElement[bool]:
    return sa.cast(JobRow.record, sa.Text).contains(json.dumps(key.procore_id), autoescape=True)
