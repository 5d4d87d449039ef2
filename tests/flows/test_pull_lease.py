"""One pull of a connection at a time, whoever runs it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from qbsync.errors import BusyError, ProcoreUnavailableError
from qbsync.flows.leases import PULL_LEASE, PullLease
from qbsync.flows.worker import Worker
from qbsync.store import connections


@pytest.fixture
def worker(acme) -> Worker:
    """A worker for whom Procore is out of reach."""

    def nobody(_connection):
        raise ProcoreUnavailableError("Procore did not answer.")

    return Worker(database=acme.database, clients=nobody, clock=lambda: acme.desk.now)


def _leased(acme, until):
    with acme.database.write() as tx:
        connections.lock(tx, acme.id).pulling_until = until


def test_a_pull_waits_for_none_and_says_so(acme, worker):
    """While another process reads Procore a second pull is refused as busy; a dead one's lease runs out."""
    _leased(acme, acme.desk.now + PULL_LEASE)
    with pytest.raises(BusyError, match="right now"):
        worker.pull(acme.id)
    _leased(acme, acme.desk.now - timedelta(seconds=1))
    with pytest.raises(ProcoreUnavailableError):
        worker.pull(acme.id)


def test_a_pull_that_failed_lets_the_next_one_begin(acme, worker):
    """The lease ends with the pull, whatever ended it."""
    for _ in range(2):
        with pytest.raises(ProcoreUnavailableError):
            worker.pull(acme.id)


def test_a_scheduled_pull_that_another_process_took_is_left_to_it(acme, worker):
    """Two workers that both saw the connection due make one pull: the second finds it no longer due."""
    with acme.database.write() as tx:
        connections.lock(tx, acme.id).pull_at = acme.desk.now + timedelta(minutes=5)
    with pytest.raises(BusyError):
        worker.pull(acme.id, scheduled=True)


def _lease(acme):
    return PullLease(acme.database, acme.id, lambda: acme.now)


def _locked(acme, do):
    with acme.database.write() as tx:
        do(connections.lock(tx, acme.id))


def test_a_pull_that_goes_on_keeps_its_lease(acme):
    """What it stores renews it, so that a long pull is not overtaken; at its end others may begin."""
    mine = _lease(acme)
    _locked(acme, lambda row: mine.take(row, acme.now, only_if_due=False))
    for _ in range(5):
        acme.now += PULL_LEASE - timedelta(seconds=1)
        _locked(acme, mine.renew)
    assert acme.row().pulling_until == acme.now + PULL_LEASE
    mine.release()
    assert acme.row().pulling_until is None


def test_a_pull_that_slept_too_long_stores_nothing_and_leaves_the_other_alone(acme):
    """Its lease ran out and another process took it: what it read is refused, the other's lease stays."""
    slow, quick = _lease(acme), _lease(acme)
    _locked(acme, lambda row: slow.take(row, acme.now, only_if_due=False))
    acme.now += PULL_LEASE
    _locked(acme, lambda row: quick.take(row, acme.now, only_if_due=False))
    with pytest.raises(BusyError, match="right now"):
        _locked(acme, slow.renew)
    slow.release()
    assert acme.row().pulling_until == acme.now + PULL_LEASE
    _locked(acme, quick.renew)


def test_a_slow_pull_does_not_end_the_lease_of_a_newer_one(acme):
    """A pull that ends after its lease ran out, in an error even, leaves the connection to who has it now."""

    def slow(_connection):
        acme.now += PULL_LEASE + timedelta(seconds=1)
        _leased(acme, acme.now + PULL_LEASE)  # another process began
        raise ProcoreUnavailableError("Procore did not answer.")

    worker = Worker(database=acme.database, clients=slow, clock=lambda: acme.now)
    with pytest.raises(ProcoreUnavailableError):
        worker.pull(acme.id)
    assert acme.row().pulling_until == acme.now + PULL_LEASE


def test_a_reading_that_lost_its_lease_is_not_stored(acme, client, server):
    """What an overtaken pull read is dropped, and the newer pull's page shows no error of it."""
    server.state.create_cost_code_list("QuickBooks", is_erp_list=True)
    server.state.create_vendor("Acme")

    def overtaken(_connection):
        acme.now += PULL_LEASE + timedelta(seconds=1)
        _leased(acme, acme.now + PULL_LEASE)
        return client

    before = acme.states()
    with pytest.raises(BusyError):
        Worker(database=acme.database, clients=overtaken, clock=lambda: acme.now).pull(acme.id)
    assert acme.states() == before
    assert acme.row().pull_error == ""
