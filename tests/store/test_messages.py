from __future__ import annotations

from datetime import datetime

import pytest
import sqlalchemy as sa

from qbsync.model.jobs import JobState
from qbsync.store import messages, queue, reading
from qbsync.store.messages import MessageState, Part
from qbsync.store.tables import MessageRow, SessionRow


def _message(connection_id: int, now: datetime, **given: object) -> MessageRow:
    usual = {
        "connection_id": connection_id,
        "session_id": 1,
        "set_id": messages.new_set_id(now),
        "writes": True,
        "state": MessageState.SENT.value,
        "request": b"<QBXML/>",
        "file_id": "F",
        "machine": "OFFICE-PC",
        "sent_at": now,
    }
    return MessageRow(**{**usual, **given})


def test_message_set_ids_are_short_and_never_the_same(now):
    """QuickBooks takes at most 23 characters; ten thousand of one second are all different."""
    made = {messages.new_set_id(now) for _ in range(10_000)}
    assert len(made) == 10_000
    assert all(len(one) <= 23 and one.isalnum() and one.isascii() for one in made)


def test_the_database_refuses_a_message_set_id_that_was_used(database, connection_id, add_connection, now):
    """A newMessageSetID is unique for ever and across connections; reads have none and do not collide."""
    other = add_connection("other")
    with database.write() as tx:
        messages.save(tx, _message(connection_id, now, set_id="same"), [])
        messages.save(tx, _message(connection_id, now, set_id=None, writes=False), [])
        messages.save(tx, _message(connection_id, now, set_id=None, writes=False), [])
    with pytest.raises(sa.exc.IntegrityError), database.write() as tx:
        messages.save(tx, _message(other, now, set_id="same"), [])


def test_the_exact_bytes_and_the_exact_answer_are_kept(database, connection_id, now):
    """Bytes come back bit for bit, an answer with its line ends and its every character."""
    request = b'<?xml version="1.0"?>\r\n<QBXML>caf&#233;\x00\xff</QBXML>'
    answer = "<QBXML>\r\n  caf\u00e9 \u201cquoted\u201d \U0001f3d7</QBXML>\n\n"
    with database.write() as tx:
        message = _message(connection_id, now, request=request)
        messages.save(tx, message, [])
        message.answer = answer
    with database.read() as tx:
        kept = messages.get(tx, message.id)
        assert (kept.request, kept.answer, kept.sent_at) == (request, answer, now)


def test_a_message_is_found_by_its_set_id_within_its_connection(database, connection_id, add_connection, now):
    """An answer that comes late names its set id; another connection's is not found."""
    other = add_connection("other")
    with database.write() as tx:
        message = _message(connection_id, now, set_id="mine")
        messages.save(tx, message, [])
        assert messages.of_set_id(tx, connection_id, "mine").id == message.id
        assert messages.of_set_id(tx, other, "mine") is None
        assert messages.of_set_id(tx, connection_id, "nobody's") is None


def test_only_an_applied_answer_may_be_acknowledged(database, connection_id, add_connection, now):
    """The oldMessageSetID is the last message marked for it: no open, lost or refused one, and no read."""
    other = add_connection("other")
    with database.write() as tx:
        assert messages.to_acknowledge(tx, connection_id) is None
        for state in MessageState:
            messages.save(tx, _message(connection_id, now, state=state.value), [])
        assert messages.to_acknowledge(tx, connection_id) is None
        for set_id in ("first", "second"):
            applied = _message(
                connection_id, now, set_id=set_id, state=MessageState.APPLIED.value, acknowledge=True
            )
            messages.save(tx, applied, [])
        read = _message(
            connection_id, now, set_id=None, writes=False, state=MessageState.APPLIED.value, acknowledge=True
        )
        messages.save(tx, read, [])
        messages.save(tx, _message(connection_id, now, set_id="out"), [])
        assert messages.to_acknowledge(tx, connection_id) == "second"
        assert messages.to_acknowledge(tx, other) is None


def test_open_messages_are_those_without_an_applied_answer(database, connection_id, now):
    """Sent and answered messages are open, oldest first; only answered ones call for recovery."""
    with database.write() as tx:
        ids = {}
        for state in MessageState:
            message = _message(connection_id, now, state=state.value)
            messages.save(tx, message, [])
            ids[state] = message.id
        found = [message.id for message in messages.open_ones(tx, connection_id)]
        assert found == [ids[MessageState.SENT], ids[MessageState.ANSWERED]]
        assert messages.connections_with_answers(tx) == [connection_id]
        messages.get(tx, ids[MessageState.ANSWERED]).state = MessageState.APPLIED.value
        assert messages.connections_with_answers(tx) == []


def test_parts_keep_the_order_of_their_requests(database, connection_id, add_job, now):
    """Requests are given in the order of their numbers, ten after nine, with job, purpose and detail."""
    with database.write() as tx:
        job = add_job(tx, "1")
        parts = [Part(request_id=str(n), purpose="write", job_id=job.id) for n in range(12, 0, -1)]
        parts.append(Part(request_id="13", purpose="sweep", detail={"stream": "EntityQueryRq"}))
        message = _message(connection_id, now)
        messages.save(tx, message, parts)
    with database.read() as tx:
        found = messages.parts_of(tx, message.id)
        assert [part.request_id for part in found] == [str(n) for n in range(1, 14)]
        assert found[0].job_id == job.id
        assert (found[12].purpose, found[12].detail) == ("sweep", {"stream": "EntityQueryRq"})


def test_the_messages_of_a_job_and_the_first_that_wrote_it(database, connection_id, add_job, now):
    """A job's messages come oldest first, once each; the first writing one bounds what QuickBooks made."""
    with database.write() as tx:
        job, other = add_job(tx, "1"), add_job(tx, "2")
        look = _message(connection_id, now, set_id=None, writes=False)
        messages.save(tx, look, [Part(request_id="1", purpose="look", job_id=job.id)])
        assert messages.first_sent_of(tx, connection_id, queue.key_of_job(job)) is None
        first, second = _message(connection_id, now), _message(connection_id, now)
        for message in (first, second):
            both = [
                Part(request_id="1", purpose="write", job_id=job.id),
                Part(request_id="2", purpose="write", job_id=other.id),
                Part(request_id="3", purpose="write", job_id=job.id),
            ]
            messages.save(tx, message, both)
        assert [one.id for one in messages.of_job(tx, job.id)] == [look.id, first.id, second.id]
        assert messages.first_sent_of(tx, connection_id, queue.key_of_job(job)) == first.sent_at


def test_the_messages_of_a_session_come_in_order(database, connection_id, now):
    """A session's page shows its messages as they went out, and no other session's."""
    with database.write() as tx:
        row = SessionRow(
            connection_id=connection_id, ticket_hash="h", state="opened", started_at=now, seen_at=now
        )
        tx.add(row)
        tx.flush()
        mine = [_message(connection_id, now, session_id=row.id) for _ in range(2)]
        for message in (*mine, _message(connection_id, now, session_id=row.id + 1)):
            messages.save(tx, message, [])
        found = reading.messages_of_session(tx, row.id)
        assert [one.id for one in found] == [one.id for one in mine]


def test_deleting_a_job_keeps_the_messages_that_carried_it(database, connection_id, add_job, now):
    """What was handed to QuickBooks stays known, whatever becomes of the job's row."""
    with database.write() as tx:
        job = add_job(tx, "1", JobState.SENT)
        message = _message(connection_id, now)
        messages.save(tx, message, [Part(request_id="1", purpose="write", job_id=job.id)])
        tx.delete(job)
        tx.flush()
        assert [part.request_id for part in messages.parts_of(tx, message.id)] == ["1"]
