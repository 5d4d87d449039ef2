"""A connection in a database, and short ways to put jobs into it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from sqlalchemy.orm import Session

from qbsync.model.jobs import JobEvent, JobState
from qbsync.model.records import Vendor
from qbsync.store import queue
from qbsync.store.engine import Database
from qbsync.store.queue import NewJob
from qbsync.store.secrets import Keeper, new_key
from qbsync.store.tables import ConnectionRow, JobRow

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
AddConnection = Callable[[str], int]
AddJob = Callable[..., JobRow]


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
def add_job(connection_id: int, ways: dict[JobState, tuple[JobEvent, ...]]) -> AddJob:
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
        for event in ways[state]:
            queue.change(job, event, NOW)
        tx.flush()
        return job

    return add
