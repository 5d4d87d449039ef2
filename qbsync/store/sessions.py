"""Sessions: one row a Web Connector update, found by the hash of its ticket."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from qbsync.store.secrets import new_ticket, ticket_hash
from qbsync.store.tables import SessionRow


def begin(tx: Session, connection_id: int, state: str, now: datetime) -> tuple[SessionRow, str]:
    """Open a session; gives its row and the ticket, which is kept only as a hash."""
    ticket = new_ticket()
    row = SessionRow(
        connection_id=connection_id,
        ticket_hash=ticket_hash(ticket),
        state=state,
        started_at=now,
        seen_at=now,
    )
    tx.add(row)
    tx.flush()
    return row, ticket


def of_ticket(tx: Session, ticket: str) -> SessionRow | None:
    """The session a ticket was given for, open or over; None for a stranger's."""
    return tx.scalar(sa.select(SessionRow).where(SessionRow.ticket_hash == ticket_hash(ticket)))


def connection_of(tx: Session, ticket: str) -> int | None:
    """The id of the connection whose session a ticket was given for; None for a stranger's."""
    return tx.scalar(sa.select(SessionRow.connection_id).where(SessionRow.ticket_hash == ticket_hash(ticket)))


def newest(tx: Session, connection_id: int) -> SessionRow | None:
    """The connection's last session."""
    return tx.scalar(
        sa.select(SessionRow)
        .where(SessionRow.connection_id == connection_id)
        .order_by(SessionRow.id.desc())
        .limit(1)
    )


def unclosed(tx: Session, connection_id: int) -> Sequence[SessionRow]:
    """The connection's sessions that nobody has closed, oldest first."""
    return tx.scalars(
        sa.select(SessionRow)
        .where(SessionRow.connection_id == connection_id, SessionRow.closed_at.is_(None))
        .order_by(SessionRow.id)
    ).all()


def is_live(row: SessionRow, now: datetime, lease_seconds: int) -> bool:
    """Whether the session keeps another one out: still open, and heard of within its lease."""
    return row.closed_at is None and now - row.seen_at < timedelta(seconds=lease_seconds)


def listing(
    tx: Session, *, connection_id: int | None = None, limit: int | None = None, before: int | None = None
) -> Sequence[SessionRow]:
    """Sessions, newest first; `before` is the id of the last one already seen."""
    query = sa.select(SessionRow).order_by(SessionRow.id.desc())
    if before is not None:
        query = query.where(SessionRow.id < before)
    if connection_id is not None:
        query = query.where(SessionRow.connection_id == connection_id)
    return tx.scalars(query.limit(limit)).all()
