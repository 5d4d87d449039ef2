"""The counts of calls to Procore, and what they leave to polling."""

from __future__ import annotations

from datetime import timedelta

import pytest

from qbsync.store import calls, connections

HOUR = timedelta(hours=1)
VENDORS, PROJECTS = "GET /rest/v1.0/vendors", "GET /rest/v1.1/projects"
PER_HOUR = 600


@pytest.fixture
def add(database, connection_id):
    """Counts calls of an endpoint in, as one pass that ended at that moment."""

    def counted_in(endpoint, count, moment, *, of=connection_id):
        with database.write() as tx:
            row = connections.lock(tx, of)
            calls.add(tx, row, {(calls.hour_of(moment), endpoint): count}, PER_HOUR, moment)

    return counted_in


def test_calls_of_an_hour_add_up_by_endpoint(database, connection_id, add, now):
    """Two passes of one hour are one count an endpoint, the most called first."""
    add(VENDORS, 2, now)
    add(PROJECTS, 4, now)
    add(VENDORS, 3, now + timedelta(minutes=59))
    with database.read() as tx:
        found = calls.by_endpoint(tx, connection_id, calls.hour_of(now))
        assert list(found.items()) == [(VENDORS, 5), (PROJECTS, 4)]
        assert calls.by_hour(tx, connection_id, now - HOUR) == {calls.hour_of(now): 9}


def test_hours_and_connections_are_counted_apart(database, connection_id, add_connection, add, now):
    """The next hour begins at nothing, and another connection's calls are its own."""
    other = add_connection("other")
    add(VENDORS, 2, now)
    add(VENDORS, 7, now + HOUR)
    add(PROJECTS, 1, now + HOUR, of=other)
    with database.read() as tx:
        assert calls.by_hour(tx, connection_id, now) == {now: 2, now + HOUR: 7}
        assert calls.by_endpoint(tx, connection_id, now + HOUR) == {VENDORS: 7}
        assert list(calls.in_hour(tx, now + HOUR)) == [(connection_id, VENDORS, 7), (other, PROJECTS, 1)]
        assert list(calls.in_hour(tx, now + 2 * HOUR)) == []


def test_counts_are_kept_for_eight_days_and_then_forgotten(database, connection_id, add, now):
    """What is older than KEPT goes with the next count; what is as old as that stays."""
    add(VENDORS, 1, now)
    add(VENDORS, 2, now + calls.KEPT)
    with database.read() as tx:
        assert calls.by_hour(tx, connection_id, now) == {now: 1, now + calls.KEPT: 2}
    add(VENDORS, 3, now + calls.KEPT + HOUR)
    with database.read() as tx:
        assert calls.by_hour(tx, connection_id, now) == {now + calls.KEPT: 2, now + calls.KEPT + HOUR: 3}


def test_what_is_made_is_taken_from_what_polling_has_left(database, connection_id, add, now):
    """A sixth of the hour may go at once; what was made is missing, and comes back with time."""
    with database.read() as tx:
        assert calls.left(connections.get(tx, connection_id), PER_HOUR, now) == 100
    add(VENDORS, 60, now)
    with database.read() as tx:
        row = connections.get(tx, connection_id)
        assert calls.left(row, PER_HOUR, now) == 40
        assert calls.left(row, PER_HOUR, now + timedelta(minutes=6)) == 90
        assert calls.left(row, PER_HOUR, now + HOUR) == 100
    add(PROJECTS, 300, now)
    with database.read() as tx:
        assert calls.left(connections.get(tx, connection_id), PER_HOUR, now) == -250


def test_a_pass_without_a_call_changes_nothing(database, connection_id, now):
    """What polling has left is not written anew by a pass that asked for nothing."""
    with database.write() as tx:
        calls.add(tx, connections.lock(tx, connection_id), {}, PER_HOUR, now)
    with database.read() as tx:
        assert connections.get(tx, connection_id).calls_left_at is None
        assert calls.by_endpoint(tx, connection_id, now - HOUR) == {}


def test_counts_go_with_their_connection(database, connection_id, add, now):
    """A connection that is removed leaves none behind."""
    add(VENDORS, 1, now)
    with database.write() as tx:
        tx.delete(connections.lock(tx, connection_id))
    with database.read() as tx:
        assert list(calls.in_hour(tx, calls.hour_of(now))) == []
