from __future__ import annotations

import time
from datetime import timedelta

import pytest
from sqlalchemy.exc import OperationalError

from qbsync.store import connections, inbox
from qbsync.store.inbox import Delivery, Outcome


def delivery(key: str, **more: str) -> Delivery:
    """A delivery of an event."""
    return Delivery(event_key=key, resource_name="Company Vendors", resource_id="7", **more)


def test_an_event_is_kept_once_a_connection(database, connection_id, add_connection, now):
    """The same key again is told to be known and leaves no row; another connection keeps it too."""
    other = add_connection("other")
    with database.write() as tx:
        assert inbox.keep(tx, connection_id, delivery("1"), now)
        assert not inbox.keep(tx, connection_id, delivery("1"), now)
        assert inbox.keep(tx, other, delivery("1"), now)
    with database.read() as tx:
        assert [len(inbox.unread(tx, one)) for one in (connection_id, other)] == [1, 1]


def test_what_was_read_waits_no_more(database, connection_id, now):
    """Marked rows leave the unread ones, carry their outcome, and stay until they are old."""
    with database.write() as tx:
        for key in "123":
            inbox.keep(tx, connection_id, delivery(key), now)
        inbox.keep(tx, connection_id, delivery("4"), now, outcome=Outcome.GARBAGE)
        first, second, _ = inbox.unread(tx, connection_id)
        inbox.mark_read(tx, [first.id], now)
        inbox.mark_read(tx, [second.id], now, Outcome.OWN)
    with database.write() as tx:
        assert [row.event_key for row in inbox.unread(tx, connection_id)] == ["3"]
        assert inbox.waiting(tx, connection_id) == 1
        assert inbox.connections_waiting(tx, "direct") == [connection_id]
        expected = {"read": 1, "own": 1, "waiting": 1, "garbage": 1}
        assert {name: count for (_, name), count in inbox.counts(tx).items()} == expected
        inbox.forget(tx, connection_id, now + timedelta(seconds=1))
        assert inbox.counts(tx) == {(connection_id, "waiting"): 1}


def test_the_newest_of_each_resource_is_heard(database, connection_id, now):
    """By resource and project the newest delivery is given, and none that came before."""
    with database.write() as tx:
        for place, (key, project) in enumerate([("1", "10"), ("2", "10"), ("3", "11")]):
            when = now + timedelta(minutes=place)
            inbox.keep(tx, connection_id, delivery(key, project_id=project), when)
        found = inbox.heard(tx, connection_id, now)
        assert {row.event_key for row in found} == {"2", "3"}
        assert inbox.heard(tx, connection_id, now + timedelta(hours=1)) == []
        assert inbox.last_heard(tx, connection_id) == now + timedelta(minutes=2)


def test_what_was_read_in_procore_was_brought_by_no_webhook(database, connection_id, now):
    """A delivery that was fetched is kept like any other, and does not count as heard last."""
    with database.write() as tx:
        inbox.keep(tx, connection_id, delivery("1"), now)
        later = now + timedelta(hours=1)
        assert inbox.keep(tx, connection_id, delivery("2", fetched=True), later)
        assert len(inbox.unread(tx, connection_id)) == 2
        assert inbox.last_heard(tx, connection_id) == now


def test_a_patient_writer_gives_up_in_time(database, connection_id):
    """With patience a write that another one locks out ends soon, and later transactions wait as ever."""
    with database.write() as tx:
        connections.lock(tx, connection_id)
        before = time.monotonic()
        with pytest.raises(OperationalError), database.write(patience=0.2) as other:
            connections.lock(other, connection_id)
        assert time.monotonic() - before < 10
    with database.write() as tx:
        assert connections.lock(tx, connection_id).id == connection_id
