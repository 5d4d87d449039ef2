"""One push of a connection at a time, whoever runs it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from qbsync.errors import BusyError
from qbsync.flows.leases import LASTS, RENEWED_EVERY, PushLease
from qbsync.flows.worker import Worker
from qbsync.model.records import RecordKey, RecordKind
from qbsync.store import connections, writebacks
from qbsync.store.writebacks import Owed


@pytest.fixture
def lease(acme):
    """Makes leases on the tests' clock."""
    return lambda: PushLease(acme.database, acme.id, lambda: acme.now)


def test_a_second_push_is_refused_until_the_first_has_ended(acme, lease):
    """While one process tells Procore another is busy; afterwards it may begin at once."""
    with lease(), pytest.raises(BusyError, match="right now"), lease():
        pass
    with lease():
        assert acme.row().pushing_until == acme.now + LASTS
    assert acme.row().pushing_until is None


def test_a_push_that_died_is_forgotten_when_its_lease_runs_out(acme, lease):
    """A process that was killed keeps others out for a quarter of an hour, no longer."""
    lease().__enter__()
    acme.now += LASTS - timedelta(seconds=1)
    with pytest.raises(BusyError), lease():
        pass
    acme.now += timedelta(seconds=1)
    with lease():
        pass


def test_a_push_that_goes_on_keeps_its_lease(acme, lease):
    """A step after more than a minute renews it, so that a long push is not overtaken."""
    with lease() as mine:
        for _ in range(5):
            acme.now += LASTS - timedelta(seconds=1)
            mine.renew()
        assert acme.row().pushing_until == acme.now + LASTS
        acme.now += RENEWED_EVERY - timedelta(seconds=1)
        mine.renew()
        assert acme.row().pushing_until < acme.now + LASTS


def test_a_push_that_slept_too_long_stops_and_leaves_the_other_alone(acme, lease):
    """Its lease ran out and another process took it: the next step is refused, the other's lease stays."""
    slow = lease()
    slow.__enter__()
    acme.now += LASTS
    with lease():
        with pytest.raises(BusyError):
            slow.renew()
        slow.__exit__()
        assert acme.row().pushing_until == acme.now + LASTS


def test_the_worker_passes_by_what_another_process_pushes(acme, client):
    """A person's command says that it is busy; the worker is silent, and what is owed stays owed."""
    key = RecordKey(kind=RecordKind.VENDOR, procore_id="1")
    with acme.database.write() as tx:
        writebacks.owe(tx, acme.id, [Owed(key=key, target="vendor", item_id="1", origin_id="V-1")], acme.now)
        row = connections.lock(tx, acme.id)
        row.pushing_until = acme.now + LASTS
        row.pull_at = acme.now + timedelta(days=1)
    worker = Worker(database=acme.database, clients=lambda _row: client, clock=lambda: acme.now)
    with pytest.raises(BusyError):
        worker.push(acme.id)
    assert worker.run_once() == 1
    assert [row.state for row in acme.owed()] == ["owed"]
