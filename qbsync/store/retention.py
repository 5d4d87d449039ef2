"""What is forgotten of the Web Connector's updates after a while: reads about no job, and empty sessions.

What was written to QuickBooks is kept for ever, and so are reads about a job, its attempts and the audit. A
connection's newest message and session stay too, whatever their age: the file's counter is compared with the
one, a stored answer is applied in the other, and SQLite would give a newest row's number away again.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import takewhile
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from qbsync.store import marks, messages
from qbsync.store.messages import MessageState
from qbsync.store.tables import MessageRow, PartRow, SessionRow

KEPT_FOR: Final = timedelta(days=28)
"""How long a closed session, and what it read, is kept."""
AT_ONCE: Final = 200
"""Sessions looked through in one transaction; an update of the Web Connector adds one."""
_OVER: Final = (MessageState.APPLIED.value, MessageState.REFUSED.value, MessageState.LOST.value)
_LOOKED_THROUGH: Final = "quickbooks_sessions"
"""The mark of the last session that was looked through: what is left of those before it is kept for ever."""


def forget(tx: Session, connection_id: int, now: datetime) -> None:
    """Look through the oldest sessions not looked through yet, and forget of them what nobody needs.

    The connection is locked by the caller.
    """
    old = _old(tx, connection_id, now - KEPT_FOR)
    if not old:
        return
    _forget_reads(tx, connection_id, old)
    holds_some = sa.exists().where(MessageRow.session_id == SessionRow.id)
    _delete(tx, sa.delete(SessionRow).where(SessionRow.id.in_(old), sa.not_(holds_some)))
    marks.put(tx, connection_id, _LOOKED_THROUGH, str(old[-1]))


def _old(tx: Session, connection_id: int, before: datetime) -> Sequence[int]:
    """The next sessions, all closed and last heard of before then; never the newest."""
    mine = SessionRow.connection_id == connection_id
    newest = sa.select(sa.func.max(SessionRow.id)).where(mine).scalar_subquery()
    rows = tx.execute(
        sa.select(SessionRow.id, SessionRow.closed_at, SessionRow.seen_at)
        .where(
            mine,
            SessionRow.id > int(marks.one(tx, connection_id, _LOOKED_THROUGH) or 0),
            SessionRow.id < newest,
        )
        .order_by(SessionRow.id)
        .limit(AT_ONCE)
    )
    return [row.id for row in takewhile(lambda row: row.closed_at is not None and row.seen_at < before, rows)]


def _forget_reads(tx: Session, connection_id: int, session_ids: Sequence[int]) -> None:
    """Forget their reads that are over and about no job; a trace has its jobs in its detail."""
    about_jobs = sa.exists().where(
        PartRow.message_id == MessageRow.id, sa.or_(PartRow.job_id.is_not(None), PartRow.purpose == "trace")
    )
    _delete(
        tx,
        sa.delete(MessageRow).where(
            MessageRow.session_id.in_(session_ids),
            MessageRow.connection_id == connection_id,
            MessageRow.id < messages.newest_id(tx, connection_id),
            sa.not_(MessageRow.writes),
            MessageRow.state.in_(_OVER),
            sa.not_(about_jobs),
        ),
    )


def _delete(tx: Session, statement: sa.Delete) -> None:
    tx.execute(statement.execution_options(synchronize_session=False))
