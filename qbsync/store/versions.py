"""The jobs that held one version or another of a record, and of what touches it in QuickBooks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from qbsync.model.jobs import JobState
from qbsync.model.records import RecordKey, RecordKind
from qbsync.store.tables import JobRow

THERE_OR_COMING = (JobState.SYNCED, JobState.QUEUED, JobState.HELD, JobState.SENT, JobState.IN_DOUBT)
"""States of a version that QuickBooks has, or that was accepted and is on its way there."""


def of_version(tx: Session, connection_id: int, key: RecordKey, version: str) -> JobRow | None:
    """The record's newest job of that version, by whatever request of the ERP tool it came."""
    query = sa.select(JobRow).where(
        JobRow.connection_id == connection_id,
        JobRow.kind == key.kind.value,
        JobRow.procore_id == key.procore_id,
        sa.or_(JobRow.version == version, JobRow.version.startswith(f"{version}+", autoescape=True)),
    )
    return tx.scalar(query.order_by(JobRow.id.desc()).limit(1))


def touching(tx: Session, connection_id: int, key: RecordKey) -> Sequence[JobRow]:
    """The newest job of each other record whose request writes what that one is there, or links to it."""
    newest = (
        sa.select(sa.func.max(JobRow.id))
        .where(
            JobRow.connection_id == connection_id,
            JobRow.touches == str(key),
            sa.or_(JobRow.kind != key.kind.value, JobRow.procore_id != key.procore_id),
        )
        .group_by(JobRow.kind, JobRow.procore_id)
    )
    return tx.scalars(sa.select(JobRow).where(JobRow.id.in_(newest)).order_by(JobRow.id)).all()


TAKEN_AS: Final = "taken_as"
"""The choice of a job that keeps as what QuickBooks has its record, otherwise than it was sent."""


def taken_otherwise(tx: Session, connection_id: int, kind: RecordKind) -> frozenset[str]:
    """The ids under which QuickBooks has records of one kind that a person must still judge."""
    taken_as = JobRow.choices[TAKEN_AS].as_string()
    query = sa.select(taken_as).where(
        JobRow.connection_id == connection_id,
        JobRow.kind == kind.value,
        JobRow.state.in_([state.value for state in _UNDER_WAY]),
        taken_as.is_not(None),
    )
    return frozenset(tx.scalars(query))


_UNDER_WAY = (JobState.QUEUED, JobState.HELD, JobState.SENT, JobState.IN_DOUBT, JobState.FAILED)


def there_or_coming(tx: Session, connection_id: int, kind: RecordKind) -> Sequence[JobRow]:
    """Every job of one kind that is synced, or accepted and on its way to QuickBooks, oldest first."""
    return tx.scalars(
        sa.select(JobRow)
        .where(
            JobRow.connection_id == connection_id,
            JobRow.kind == kind.value,
            JobRow.state.in_([state.value for state in THERE_OR_COMING]),
        )
        .order_by(JobRow.id)
    ).all()
