"""Who may come in, and whether there is anything to do: authenticate."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlalchemy.orm import Session

from qbsync.flows import sweep
from qbsync.session.machine import SessionState
from qbsync.session.pace import login_rest
from qbsync.session.replies import busy, nothing_to_do, stranger, welcome
from qbsync.store import audit, connections, messages, queue, secrets, sessions
from qbsync.store.engine import Database
from qbsync.store.tables import ConnectionRow, SessionRow


def recognise(database: Database, user: str, password: str, now: datetime) -> int | None:
    """The connection whose user and password these are; None for anyone else.

    Wrong passwords are counted; from the third on none is looked at for a while, and the wait doubles.
    """
    with database.read() as tx:
        row = connections.of_user(tx, user)
        kept = secrets.decoy() if row is None else row.password_hash
        resting = row is not None and row.login_after is not None and now < row.login_after
    fits = secrets.password_fits(kept, password)
    if row is None:
        return None
    if resting or not fits:
        _count_failure(database, row.id, now, counted=not resting)
        return None
    if row.failed_logins:
        with database.write() as tx:
            known = connections.lock(tx, row.id)
            known.failed_logins, known.login_after = 0, None
    return row.id


def _count_failure(database: Database, connection_id: int, now: datetime, *, counted: bool) -> None:
    with database.write() as tx:
        row = connections.lock(tx, connection_id)
        if counted:
            row.failed_logins += 1
            row.login_after = now + login_rest(row.failed_logins)
        audit.note(
            tx,
            actor="web connector",
            action="wrong password",
            subject=f"connection {row.name}",
            now=now,
            connection_id=row.id,
            detail=f"{row.failed_logins} in a row",
        )


def open_session(tx: Session, connection: ConnectionRow, now: datetime) -> list[str]:
    """The answer to a known user: a session to work in, or why there is none."""
    connection.last_contact_at = now
    options = connections.options_of(connection)
    for other in sessions.unclosed(tx, connection.id):
        at_work = other.state != SessionState.FINISHED.value
        if at_work and sessions.is_live(other, now, options.session_lease_seconds):
            return _turned_away(tx, connection, now, busy, "Another session is under way; it is tried again.")
        _drop(other, now)
    if connection.paused_at is not None:
        return _turned_away(tx, connection, now, nothing_to_do, "This connection is paused.")
    if not _has_work(tx, connection, now):
        words = connection.stopped or "Nothing to send."
        return _turned_away(tx, connection, now, nothing_to_do, words)
    _row, ticket = sessions.begin(tx, connection.id, SessionState.OPENED.value, now)
    return welcome(ticket, connection.company_file)


def _drop(session: SessionRow, now: datetime) -> None:
    """A session that was never closed is over; its message, if one is out, is recovered by the next one."""
    session.state = SessionState.CLOSED.value
    session.closed_at = now
    session.result = session.result or "The Web Connector never closed this session."


def _turned_away(
    tx: Session, connection: ConnectionRow, now: datetime, reply: Callable[[str], list[str]], words: str
) -> list[str]:
    row, ticket = sessions.begin(tx, connection.id, SessionState.FINISHED.value, now)
    row.result = words
    row.closed_at = now
    return reply(ticket)


def _has_work(tx: Session, connection: ConnectionRow, now: datetime) -> bool:
    if sweep.is_due(tx, connection, now):
        return True
    if messages.open_ones(tx, connection.id) or queue.in_doubt(tx, connection.id, 1, now):
        return True
    if connection.stopped:
        return True  # each session looks which company file is open: the right one lets everything go on
    return queue.has_ready(tx, connection.id, now)


def refuse() -> list[str]:
    """The answer to a stranger: a ticket that opens nothing, and nvu."""
    return stranger(secrets.new_ticket())
