from __future__ import annotations

from datetime import timedelta

import pytest

from qbsync.errors import ProcoreAuthError, ProcoreUnavailableError
from qbsync.flows.worker import Worker
from qbsync.model.records import RecordKey, RecordKind
from qbsync.store import connections, troubles, writebacks
from qbsync.store.tables import ConnectionRow
from qbsync.store.writebacks import Owed


@pytest.fixture
def worker(acme, client):
    """A worker for every connection, on the tests' clock."""
    return Worker(database=acme.database, clients=lambda _row: client, clock=lambda: acme.now)


@pytest.fixture
def company(server):
    """Two vendors of Procore's directory and a list of cost codes."""
    state = server.state
    erp = state.create_cost_code_list("QuickBooks", is_erp_list=True)
    state.create_standard_cost_code(erp.id, "01", "General")
    return [state.create_vendor(name) for name in ("Acme Steel", "Café & Sons")]


def test_a_pull_stages_what_procore_has_and_plans_the_next(acme, worker, company):
    """Every exportable record is staged once; the next pull is poll_seconds away and finds nothing new."""
    acme.set(poll_seconds=60)
    filled = worker.pull(acme.id)
    assert filled.staged == len(acme.jobs()) == len(company) + 1
    assert {job.state for job in acme.jobs()} == {"staged"}
    assert acme.row().pull_at == acme.now + timedelta(seconds=60)
    assert acme.marks()
    acme.tick()
    assert worker.pull(acme.id).staged == 0


def test_a_change_in_procore_is_pulled(acme, worker, server, company):
    """A vendor that is edited after a pull replaces its staged job."""
    worker.pull(acme.id)
    server.state.clock.advance(3600)
    server.state.edit_vendor(company[0].id, name="Acme Steel Inc.")
    acme.now += timedelta(hours=1)
    filled = worker.pull(acme.id)
    assert (filled.staged, filled.cancelled) == (1, 1)
    assert acme.job(str(company[0].id)).label == "Acme Steel Inc."


def test_a_failed_pull_is_kept_on_the_connection_until_one_succeeds(acme, worker, server, company):  # noqa: ARG001
    """The reason stands with the connection; the next good pull clears it and what it did not meet again."""
    with acme.database.write() as tx:
        for subject, lasting in (("projects", False), ("vendor 1", True)):
            troubles.keep(
                tx, acme.id, subject, message="was away", guidance="", now=acme.now, lasting=lasting
            )
    server.inject("POST", "*/oauth/token", 401, times=100)
    with pytest.raises(ProcoreAuthError):
        worker.pull(acme.id)
    assert "401" in acme.row().pull_error
    assert len(acme.troubles()) == 2
    server._faults.waiting.clear()  # the login host is sound again
    acme.tick()
    worker.pull(acme.id)
    assert acme.row().pull_error == ""
    assert acme.troubles() == ["vendor 1: was away"]


def test_a_wait_that_procore_asks_for_puts_the_next_pull_off(acme, worker, server, company):  # noqa: ARG001
    """Retry-After longer than the schedule moves the next pull to its end."""
    server.inject("*", "*", 503, headers={"Retry-After": "4000"}, times=100)
    with pytest.raises(ProcoreUnavailableError):
        worker.pull(acme.id)
    assert acme.row().pull_at == acme.now + timedelta(seconds=4000)


def test_one_round_does_what_is_due_and_nothing_else(acme, worker, server, company):
    """A due pull and a due debt are two passes, then nothing is due; a paused connection is not pulled."""
    key = RecordKey(kind=RecordKind.VENDOR, procore_id=str(company[0].id))
    with acme.database.write() as tx:
        owed = Owed(key=key, target="vendor", item_id=str(company[0].id), origin_id="80-1")
        writebacks.owe(tx, acme.id, [owed], acme.now)
    assert worker.run_once() == 2
    assert server.state.vendor(company[0].id).origin_id == "80-1"
    assert worker.run_once() == 0
    acme.now += timedelta(seconds=300)
    with acme.database.write() as tx:
        connections.get(tx, acme.id).paused_at = acme.now
    assert worker.run_once() == 0
    with acme.database.write() as tx:
        connections.get(tx, acme.id).paused_at = None
    assert worker.run_once() == 1


def test_one_connections_trouble_holds_up_no_other(acme, client, server, company):  # noqa: ARG001
    """A connection whose client cannot be made at all is logged, and the next one is pulled."""
    with acme.database.write() as tx:
        first = connections.get(tx, acme.id)
        values = {c.name: getattr(first, c.name) for c in ConnectionRow.__table__.columns if c.name != "id"}
        tx.add(ConnectionRow(**{**values, "name": "broken", "user": "qbsync-broken", "created_at": acme.now}))
        first.pull_at = acme.now

    def clients(row):
        if row.name == "broken":
            raise RuntimeError("no client for this one")
        return client

    worker = Worker(database=acme.database, clients=clients, clock=lambda: acme.now)
    assert worker.run_once() == 2
    assert {job.connection_id for job in acme.jobs()} == {acme.id}
