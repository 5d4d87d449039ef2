from __future__ import annotations

from datetime import timedelta

import pytest

from qbsync.store import messages, retention, sessions
from qbsync.store.messages import MessageState, Part
from qbsync.store.tables import MessageRow

OVER = (MessageState.APPLIED, MessageState.REFUSED, MessageState.LOST)


@pytest.fixture
def old_session(database, connection_id, now):
    """The number of a session that was closed long ago; a newer one follows it."""
    with database.write() as tx:
        row, _ = sessions.begin(tx, connection_id, "closed", now)
        row.closed_at = now
        sessions.begin(tx, connection_id, "opened", now + timedelta(days=40))
        return row.id


@pytest.mark.parametrize("state", MessageState)
@pytest.mark.parametrize("writes", [True, False], ids=["write", "read"])
@pytest.mark.parametrize("part", ["sweep", "trace", "look"])
def test_only_reads_that_are_over_and_about_no_job_are_forgotten(
    database, connection_id, now, old_session, *, state, writes, part
):
    """Of each state, each purpose, reads and writes: the parts go with their message, or all of it stays."""
    with database.write() as tx:
        for number in range(2):  # the second is the newest, and stays
            message = MessageRow(
                connection_id=connection_id,
                session_id=old_session,
                set_id=messages.new_set_id(now) if writes else None,
                writes=writes,
                state=state.value,
                request=b"<QBXML/>",
                file_id="F",
                machine="OFFICE-PC",
                sent_at=now,
            )
            about = 7 if part == "look" else None
            messages.save(tx, message, [Part(request_id=f"{number}.1", purpose=part, job_id=about)])
        first = message.id - 1
        retention.forget(tx, connection_id, now + timedelta(days=40))
    goes = state in OVER and not writes and part == "sweep"
    with database.read() as tx:
        assert (messages.get(tx, first) is None) == goes
        assert len(messages.parts_of(tx, first)) == (0 if goes else 1)
        assert messages.get(tx, first + 1) is not None
        assert sessions.newest(tx, connection_id).id > old_session


def test_sessions_within_four_weeks_and_those_of_other_connections_stay(
    database, connection_id, add_connection, now, old_session
):
    """A session heard of 27 days ago stays, and so does everything of a connection that is not looked at."""
    other = add_connection("other")
    with database.write() as tx:
        for _ in range(2):
            row, _ticket = sessions.begin(tx, other, "closed", now)
            row.closed_at = now
        retention.forget(tx, connection_id, now + timedelta(days=27))
        assert len(sessions.listing(tx)) == 4
        retention.forget(tx, connection_id, now + timedelta(days=29))
        tx.expire_all()
        assert old_session not in {one.id for one in sessions.listing(tx)}
        assert len(sessions.listing(tx, connection_id=other)) == 2
