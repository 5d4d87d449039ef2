"""Queries that only look, for the pages and the commands."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from qbsync.model.jobs import JobState
from qbsync.store.tables import READY, TO_LOOK_UP, JobRow, MessageRow, SessionRow, WritebackRow


def jobs(
    tx: Session,
    *,
    state: str | None = None,
    kind: str | None = None,
    connection_id: int | None = None,
    text: str | None = None,
    limit: int | None = None,
    before: int | None = None,
    after: int | None = None,
) -> Sequence[JobRow]:
    """Jobs, newest first: the newest, those next before an id, or, where `after` is given, next after it.

    `text` is a part of the record's name or number, in whatever capitals, or its whole Procore id.
    """
    order = JobRow.id.desc() if after is None else JobRow.id.asc()
    query = sa.select(JobRow).order_by(order).limit(limit)
    if state is not None:
        query = query.where(JobRow.state == state)
    if kind is not None:
        query = query.where(JobRow.kind == kind)
    if connection_id is not None:
        query = query.where(JobRow.connection_id == connection_id)
    if text is not None:
        named = JobRow.label.icontains(text, autoescape=True)
        query = query.where(sa.or_(named, JobRow.procore_id == text))
    if before is not None:
        query = query.where(JobRow.id < before)
    if after is not None:
        query = query.where(JobRow.id > after)
    rows = tx.scalars(query).all()
    return rows if after is None else rows[::-1]


def job(tx: Session, job_id: int) -> JobRow | None:
    """One job, without locking it."""
    return tx.get(JobRow, job_id)


def session(tx: Session, session_id: int) -> SessionRow | None:
    """One session."""
    return tx.get(SessionRow, session_id)


def messages_of_session(tx: Session, session_id: int) -> Sequence[MessageRow]:
    """What a session was given, in order."""
    return tx.scalars(
        sa.select(MessageRow).where(MessageRow.session_id == session_id).order_by(MessageRow.id)
    ).all()


def counts_by_state(tx: Session, connection_id: int) -> dict[str, int]:
    """How many jobs stand in each state."""
    rows = tx.execute(
        sa.select(JobRow.state, sa.func.count())
        .where(JobRow.connection_id == connection_id)
        .group_by(JobRow.state)
        .order_by(JobRow.state)
    )
    return dict(rows.all())


def remarked(tx: Session, connection_id: int, limit: int) -> Sequence[JobRow]:
    """Jobs that are synced with something a person should know, newest first."""
    return tx.scalars(
        sa.select(JobRow)
        .where(
            JobRow.connection_id == connection_id,
            JobRow.state == JobState.SYNCED.value,
            JobRow.error != "",
        )
        .order_by(JobRow.id.desc())
        .limit(limit)
    ).all()


def counts_by_kind(tx: Session) -> Sequence[tuple[int, str, str, int]]:
    """Jobs by connection, kind and state, for the metrics."""
    rows = tx.execute(
        sa.select(JobRow.connection_id, JobRow.kind, JobRow.state, sa.func.count()).group_by(
            JobRow.connection_id, JobRow.kind, JobRow.state
        )
    )
    return [(connection_id, kind, state, count) for connection_id, kind, state, count in rows]


def writebacks_by_state(tx: Session, connection_id: int) -> dict[str, int]:
    """How many write-backs stand in each state."""
    rows = tx.execute(
        sa.select(WritebackRow.state, sa.func.count())
        .where(WritebackRow.connection_id == connection_id)
        .group_by(WritebackRow.state)
        .order_by(WritebackRow.state)
    )
    return dict(rows.all())


def writebacks_by_connection(tx: Session) -> Sequence[tuple[int, str, int]]:
    """Write-backs by connection and state, for the metrics."""
    rows = tx.execute(
        sa.select(WritebackRow.connection_id, WritebackRow.state, sa.func.count()).group_by(
            WritebackRow.connection_id, WritebackRow.state
        )
    )
    return [(connection_id, state, count) for connection_id, state, count in rows]


def oldest_ready(tx: Session, now: datetime) -> dict[int, datetime]:
    """Since when the longest waiting job of each connection could have been sent."""
    since = sa.func.min(sa.func.coalesce(JobRow.not_before, JobRow.changed_at), type_=JobRow.changed_at.type)
    found: dict[int, datetime] = {}
    for which in (READY, TO_LOOK_UP):
        rows = tx.execute(
            sa.select(JobRow.connection_id, since)
            .where(which, sa.or_(JobRow.not_before.is_(None), JobRow.not_before <= now))
            .group_by(JobRow.connection_id)
        )
        for connection_id, moment in rows:
            found[connection_id] = min(moment, found.get(connection_id, moment))
    return found


def job_codes(tx: Session, connection_id: int) -> dict[str, int]:
    """How many unfinished jobs of a connection stand under each error code."""
    unfinished = (JobState.FAILED.value, JobState.QUEUED.value, JobState.IN_DOUBT.value)
    rows = tx.execute(
        sa.select(JobRow.code, sa.func.count())
        .where(JobRow.connection_id == connection_id, JobRow.state.in_(unfinished), JobRow.code != "")
        .group_by(JobRow.code)
        .order_by(JobRow.code)
    )
    return dict(rows.all())
