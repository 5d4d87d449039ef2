"""One pull of a connection at a time, whoever runs it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from qbsync.errors import BusyError, ProcoreUnavailableError
from qbsync.flows.worker import PULL_LEASE, Worker
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
