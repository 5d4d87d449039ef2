"""Claims by two at once, and the plans by which the databases find what is ready."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa

from qbsync.model.jobs import JobEvent
from qbsync.store import connections, queue
from qbsync.store.engine import Database
from qbsync.store.tables import JobRow

FINISHED = 20_000
READY_JOBS = 1_000


def _claim(database, connection_id, size, now):
    """What every drain does: lock the connection, claim, mark, commit."""
    with database.write() as tx:
        connections.lock(tx, connection_id)
        jobs = queue.ready(tx, connection_id, size, now)
        for job in jobs:
            queue.change(job, JobEvent.SEND, now)
        return [job.id for job in jobs]


def test_claims_by_several_at_once_never_hand_out_a_job_twice(
    database, database_url, connection_id, add_job, now
):
    """Four claimers with databases of their own, let go together, share the jobs without an overlap."""
    with database.write() as tx:
        ids = {add_job(tx, str(number)).id for number in range(40)}
    start = threading.Barrier(4)

    def work(_):
        mine = Database(database_url)
        taken = []
        start.wait(timeout=60)
        while claimed := _claim(mine, connection_id, 3, now):
            taken += claimed
        mine.close()
        return taken

    with ThreadPoolExecutor(4) as pool:
        taken = [job_id for one in pool.map(work, range(4)) for job_id in one]
    assert len(taken) == len(set(taken))
    assert set(taken) == ids


def test_claims_without_the_connections_lock_do_not_overlap_either(
    database, database_url, connection_id, add_job, now
):
    """Two transactions that claim at the same moment get different jobs: the rows themselves are locked."""
    with database.write() as tx:
        ids = {add_job(tx, str(number)).id for number in range(20)}
    start = threading.Barrier(2)

    def work(_):
        mine = Database(database_url)
        start.wait(timeout=60)
        with mine.write() as tx:
            jobs = queue.ready(tx, connection_id, 10, now)
            for job in jobs:
                queue.change(job, JobEvent.SEND, now)
            claimed = [job.id for job in jobs]
        mine.close()
        return claimed

    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(work, range(2))
    assert not set(first) & set(second)
    assert set(first) | set(second) <= ids
    assert first
    assert len(first) == len(set(first))


@pytest.mark.parametrize(
    "database_url", [pytest.param("postgresql", marks=pytest.mark.postgresql)], indirect=True
)
def test_a_claim_passes_over_what_another_transaction_has_locked(database, connection_id, add_job, now):
    """On PostgreSQL a claim held open does not keep the next one waiting: it is given the jobs after it."""
    with database.write() as tx:
        for number in range(4):
            add_job(tx, str(number))
    with database.write() as holding, database.write() as other:
        first = [job.procore_id for job in queue.ready(holding, connection_id, 2, now)]
        second = [job.procore_id for job in queue.ready(other, connection_id, 2, now)]
    assert (first, second) == (["0", "1"], ["2", "3"])


def test_a_claim_is_one_search_of_the_index_of_ready_jobs(database, connection_id, add_job, now):
    """With 20,000 finished jobs and 1,000 ready ones a claim walks ix_jobs_ready and sorts nothing."""
    with database.write() as tx:
        job = add_job(tx, "0")
        like = {c.name: getattr(job, c.name) for c in JobRow.__table__.columns if c.name != "id"}
        numbers = range(1, FINISHED + 1)
        tx.execute(sa.insert(JobRow), [{**like, "procore_id": str(n), "state": "synced"} for n in numbers])
        tx.execute(sa.insert(JobRow), [{**like, "procore_id": f"q{n}"} for n in range(READY_JOBS)])
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("ANALYZE")
    asked = []
    with database.write() as tx:
        sa.event.listen(
            tx.connection(), "before_cursor_execute", lambda *given: asked.append((given[2], given[3]))
        )
        assert len(queue.ready(tx, connection_id, 50, now)) == 50
        [(statement, parameters)] = asked
        explain = "EXPLAIN QUERY PLAN " if database.is_sqlite else "EXPLAIN "
        rows = tx.connection().exec_driver_sql(explain + statement, parameters)
        plan = "\n".join(str(tuple(row)) for row in rows)
    assert "ix_jobs_ready" in plan, plan
    for costly in ("Seq Scan", "Sort", "SCAN jobs", "TEMP B-TREE"):
        assert costly not in plan, plan
