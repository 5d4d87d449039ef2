"""Stories of a worker with nothing to do: it looks, and takes no lock while nothing changes."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from qbsync.flows import review
from qbsync.simulator.procore.erp_rows import SUCCESS, Kind
from qbsync.store.engine import Database
from qbsync.store.hook_tables import DeliveryRow
from qbsync.store.tables import ConnectionRow

TICK = timedelta(seconds=5)
DELIVERIES = "/rest/v2.0/companies/*/webhooks/hooks/*/deliveries"
FOREVER = 10**6


@pytest.fixture
def alone(erp_company):
    """A company whose first day is over, and whose worker serves no company of another test."""
    erp_company.settle()
    with erp_company.rig.database.write() as tx:
        others = sa.update(ConnectionRow).where(ConnectionRow.id != erp_company.rig.id)
        tx.execute(others.values(paused_at=erp_company.rig.clock()))
    return erp_company


@pytest.fixture
def held(alone, people_of):
    """A commitment whose export is on hold, so that its detail stays open; gives its job."""
    people = people_of(alone)
    contract, _ = people.commit(1000)
    alone.pull()
    job = people.job("commitment", contract.id)
    review.hold(alone.rig.desk(), job.id)
    alone.worker.run_once()
    return job


@pytest.fixture
def writes(monkeypatch):
    """Every transaction that may write, from here on."""
    begun = []
    write = Database.write

    def counted(database, **more):
        begun.append(database)
        return write(database, **more)

    monkeypatch.setattr(Database, "write", counted)
    return begun


def test_an_open_detail_keeps_no_worker_busy(alone, held, writes):
    """While its job waits each tick of the worker only looks; once that has ended the next one closes it."""
    for _ in range(12):
        alone.rig.clock.passes(TICK)
        assert alone.worker.run_once() == 0
    assert writes == []
    review.release(alone.rig.desk(), held.id)
    alone.pc.update()
    alone.worker.run_once()
    assert writes
    [detail] = [one for one in alone.state.erp.tables.details.everything() if one.kind is Kind.COMMITMENT]
    assert detail.status == SUCCESS


def test_deliveries_are_tidied_though_procore_lists_none(alone):
    """What was delivered and read a month ago is forgotten, where Procore refuses to list deliveries too."""
    alone.procore.inject("GET", DELIVERIES, 403, times=FOREVER)
    with alone.rig.database.read() as tx:
        assert tx.scalar(sa.select(sa.func.count()).select_from(DeliveryRow))
    alone.rig.clock.passes(timedelta(days=29))
    alone.pull()
    with alone.rig.database.read() as tx:
        assert not tx.scalar(sa.select(sa.func.count()).select_from(DeliveryRow))
