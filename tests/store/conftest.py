"""A connection in a database, and short ways to put jobs into it."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from qbsync.model.jobs import JobEvent, JobState
from qbsync.model.records import Vendor
from qbsync.store import queue, schema
from qbsync.store.engine import Database
from qbsync.store.queue import NewJob
from qbsync.store.secrets import Keeper, new_key
from qbsync.store.tables import ConnectionRow, JobRow

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
WAYS = {
    JobState.STAGED: (),
    JobState.REJECTED: (JobEvent.REJECT,),
    JobState.QUEUED: (JobEvent.ACCEPT,),
    JobState.SENT: (JobEvent.ACCEPT, JobEvent.SEND),
    JobState.IN_DOUBT: (JobEvent.ACCEPT, JobEvent.SEND, JobEvent.LOSE),
    JobState.SYNCED: (JobEvent.ACCEPT, JobEvent.SEND, JobEvent.SYNC),
    JobState.FAILED: (JobEvent.ACCEPT, JobEvent.SEND, JobEvent.FAIL),
    JobState.HELD: (JobEvent.ACCEPT, JobEvent.HOLD),
    JobState.CANCELLED: (JobEvent.CANCEL,),
}
AddConnection = Callable[[str], int]
AddJob = Callable[..., JobRow]


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with the newest schema, upgraded once and copied for each test."""
    path = tmp_path_factory.mktemp("template") / "template.sqlite3"
    opened = Database(f"sqlite:///{path}")
    schema.upgrade(opened)
    opened.close()
    return path


@pytest.fixture(scope="session")
def postgresql_template(postgresql_server: str) -> sa.URL:
    """A PostgreSQL database with the newest schema, upgraded once and copied for each test."""
    url = Database(postgresql_server).url.set(database=f"template_{uuid.uuid4().hex}")
    _administer(postgresql_server, f'CREATE DATABASE "{url.database}"')
    opened = Database(url.render_as_string(hide_password=False))
    schema.upgrade(opened)
    opened.close()
    return url


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a database with the newest schema: the test runs on SQLite and on PostgreSQL."""
    if request.param == "sqlite":
        path = tmp_path / "qbsync.sqlite3"
        shutil.copy(request.getfixturevalue("sqlite_template"), path)
        yield f"sqlite:///{path}"
        return
    template: sa.URL = request.getfixturevalue("postgresql_template")
    server: str = request.getfixturevalue("postgresql_server")
    url = template.set(database=f"qbsync_{uuid.uuid4().hex}")
    _administer(server, f'CREATE DATABASE "{url.database}" TEMPLATE "{template.database}"')
    yield url.render_as_string(hide_password=False)
    _administer(server, f'DROP DATABASE "{url.database}" WITH (FORCE)')


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """A database with the newest schema, on SQLite and on PostgreSQL."""
    opened = Database(database_url)
    yield opened
    opened.close()


def _administer(server: str, command: str) -> None:
    engine = sa.create_engine(Database(server).url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(command)
    engine.dispose()


@pytest.fixture
def now() -> datetime:
    """The moment at which a test takes place."""
    return NOW


@pytest.fixture
def keeper() -> Keeper:
    """An installation's keeper of secrets."""
    return Keeper(new_key())


@pytest.fixture
def add_connection(database: Database) -> AddConnection:
    """Makes another connection of that name, without the work of hashing a password; gives its id."""

    def add(name: str) -> int:
        row = ConnectionRow(
            name=name,
            procore_company="8089",
            feed="direct",
            procore_api="http://localhost:1",
            procore_login="http://localhost:2",
            client_id="client",
            client_secret="sealed",
            user=f"qbsync-{name}",
            password_hash="hashed",
            owner_id="{00000000-0000-0000-0000-0000000000aa}",
            file_id="{00000000-0000-0000-0000-0000000000bb}",
            options={},
            company_seen={},
            created_at=NOW,
        )
        with database.write() as tx:
            tx.add(row)
            tx.flush()
            return row.id

    return add


@pytest.fixture
def connection_id(add_connection: AddConnection) -> int:
    """The id of a connection named acme."""
    return add_connection("acme")


@pytest.fixture
def add_job(connection_id: int) -> AddJob:
    """Puts a vendor's job into the state asked for, by the moves that lead there."""

    def add(
        tx: Session,
        procore_id: str,
        state: JobState = JobState.QUEUED,
        *,
        rank: int = 1,
        name: str = "",
        of: int | None = None,
    ) -> JobRow:
        record = Vendor(procore_id=procore_id, name=name or f"Vendor {procore_id}")
        job = queue.stage(tx, of or connection_id, NewJob(record=record, rank=rank), NOW)
        for event in WAYS[state]:
            queue.change(job, event, NOW)
        tx.flush()
        return job

    return add
