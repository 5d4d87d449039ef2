"""What a claim costs with 1,000, 100,000 and 1,000,000 jobs in the table, on SQLite and PostgreSQL.

A claim is what sendRequestXML does to the queue: lock the connection, look for jobs in doubt, for jobs to
look up and for jobs to write, mark the last ones sent, and commit. Afterwards, outside of the measured time,
the jobs are put back. Arguments: the numbers of rows, 1000 100000 1000000 by default.
"""

from __future__ import annotations

import statistics
import sys
import time
from datetime import UTC, datetime

import sqlalchemy as sa
from installation import Installation, awkward_vendors
from postgresql import database_urls, name_of

from qbsync.model.jobs import JobEvent
from qbsync.session import pace
from qbsync.store import connections, queue
from qbsync.store.engine import Database
from qbsync.store.tables import JobRow

SIZES = (1_000, 100_000, 1_000_000)
LIMITS = (1, 50)
CLAIMS = 60
FINISHED = "90 % finished"
QUEUED = "all queued"
GOAL = 1.5
_CHUNK = 100_000


def main() -> None:
    """Print the p50 of each table and its ratio to the smallest table of the same kind."""
    sizes = tuple(int(argument) for argument in sys.argv[1:]) or SIZES
    print(f"p50 of {CLAIMS} claims in ms, and the ratio to the smallest table (goal: at most {GOAL})")
    print(f"{'database':<12}{'rows':>10}  {'queue':<15}" + "".join(f"{f'{n} job(s)':>16}" for n in LIMITS))
    with database_urls() as urls:
        for url in urls:
            _one_database(url, sizes)


def _one_database(url: str, sizes: tuple[int, ...]) -> None:
    with Installation(url) as here:
        here.queue(awkward_vendors(1))
        database = here.app.database
        smallest: dict[tuple[str, int], float] = {}
        for rows in sizes:
            for kind in (FINISHED, QUEUED):
                _fill(database, rows, kind)
                cells = []
                for limit in LIMITS:
                    p50 = _p50(database, here.connection_id, limit)
                    first = smallest.setdefault((kind, limit), p50)
                    cells.append(f"{p50 * 1000:>8.2f} ({p50 / first:4.2f}x)")
                print(f"{name_of(url):<12}{rows:>10,}  {kind:<15}" + " ".join(cells), flush=True)


def _fill(database: Database, rows: int, kind: str) -> None:
    """Make the table hold so many jobs, copies of its first one; of the finished ones every tenth is not."""
    columns = [column.name for column in JobRow.__table__.columns if column.name != "id"]
    special = {
        "procore_id": "CAST(n AS TEXT)",
        "state": "CASE WHEN n % 10 = 0 THEN 'queued' ELSE 'synced' END" if kind == FINISHED else "'queued'",
    }
    chosen = ", ".join(special.get(name, f"j.{name}") for name in columns)
    names = ", ".join(columns)
    with database.write() as tx:
        first = tx.scalar(sa.select(sa.func.min(JobRow.id)))
        tx.execute(sa.text("DELETE FROM jobs WHERE id > :first"), {"first": first})
        tx.execute(sa.text("UPDATE jobs SET state = 'queued', procore_id = '0'"))
    for start in range(1, rows, _CHUNK):
        numbers = _numbers(database, start, min(start + _CHUNK, rows) - 1)
        with database.write() as tx:
            tx.execute(
                sa.text(
                    f"INSERT INTO jobs ({names}) {numbers.format(f'SELECT {chosen} FROM jobs j, numbers')}"
                ),
                {"first": first},
            )
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("ANALYZE" if database.is_sqlite else "VACUUM ANALYZE jobs")


def _numbers(database: Database, first: int, last: int) -> str:
    """A statement around {} that offers the numbers from first to last as the table `numbers`."""
    if database.is_sqlite:
        count = f"SELECT {first} UNION ALL SELECT n + 1 FROM numbers WHERE n < {last}"
    else:
        count = f"SELECT generate_series({first}, {last})"
    return f"WITH RECURSIVE numbers(n) AS ({count}) {{}} WHERE j.id = :first"


def _p50(database: Database, connection_id: int, limit: int) -> float:
    times = []
    for _ in range(CLAIMS):
        started = time.perf_counter()
        claimed = _claim(database, connection_id, limit)
        times.append(time.perf_counter() - started)
        assert claimed, "nothing was claimed"
        _put_back(database, claimed)
    return statistics.median(times)


def _claim(database: Database, connection_id: int, limit: int) -> list[int]:
    now = datetime.now(UTC)
    with database.write() as tx:
        connections.lock(tx, connection_id)
        queue.in_doubt(tx, connection_id, pace.LOOK_UPS, now)
        queue.to_look_up(tx, connection_id, pace.LOOK_UPS, now)
        jobs = queue.ready(tx, connection_id, limit, now)
        for job in jobs:
            queue.change(job, JobEvent.SEND, now)
            job.message_id = 1
    return [job.id for job in jobs]


def _put_back(database: Database, claimed: list[int]) -> None:
    with database.write() as tx:
        tx.execute(
            sa.update(JobRow).where(JobRow.id.in_(claimed)).values(state="queued", message_id=None),
            execution_options={"synchronize_session": False},
        )


if __name__ == "__main__":
    main()
