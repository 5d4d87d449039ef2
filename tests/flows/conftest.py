"""A connection whose QuickBooks lists have been read, and short ways to fill it, decide and look."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import requests

from qbsync.flows import fill
from qbsync.flows.fill import Filled
from qbsync.flows.review import Desk
from qbsync.model.jobs import JobEvent
from qbsync.model.links import Link
from qbsync.model.names import Known, ListKind
from qbsync.model.records import Record, RecordKey, RecordKind, version_of
from qbsync.procore.auth import MemoryTokenStore, TokenSource
from qbsync.procore.client import ProcoreClient
from qbsync.procore.feeds.events import FeedEvent, Seen
from qbsync.simulator.procore import Clock, ProcoreServer, ProcoreState
from qbsync.store import audit, connections, links, marks, names, queue, reading, troubles, writebacks
from qbsync.store.engine import Database
from qbsync.store.notice_tables import AuditRow
from qbsync.store.tables import ConnectionRow, JobRow, WritebackRow

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
LISTS = (
    Known(list=ListKind.ACCOUNT, list_id="A-1", full_name="Construction Income", type="Income"),
    Known(list=ListKind.CUSTOMER, list_id="C-1", full_name="Harbor Medical"),
    Known(list=ListKind.VENDOR, list_id="V-1", full_name="Bayline Supply"),
    Known(list=ListKind.EMPLOYEE, list_id="E-1", full_name="Jo Doe"),
    Known(list=ListKind.ITEM, list_id="I-1", full_name="01", type="Service"),
    Known(list=ListKind.ITEM, list_id="I-2", full_name="02", type="Inventory"),
)


class Acme:
    """One connection; time moves on by a minute with each fill and each decision."""

    def __init__(self, database: Database, connection_id: int) -> None:
        self.database = database
        self.id = connection_id
        self.now = NOW

    def tick(self) -> datetime:
        """A minute later."""
        self.now += timedelta(minutes=1)
        return self.now

    @property
    def desk(self) -> Desk:
        """Ann's desk, a minute later."""
        return Desk(database=self.database, actor="ann", now=self.tick())

    def fill(self, *events: FeedEvent) -> Filled:
        """Store what a feed says."""
        return fill.store_events(self.database, self.id, events, self.tick())

    def see(self, *records: Record, origin_id: str | None = None) -> Filled:
        """Procore has these records, exportable."""
        return self.fill(*(Seen(record=one, exportable=True, origin_id=origin_id) for one in records))

    def hide(self, record: Record, why: str = "It is a draft.") -> Filled:
        """Procore has this record, not exportable."""
        return self.fill(Seen(record=record, exportable=False, why_not=why))

    def jobs(self) -> list[JobRow]:
        """Every job, oldest first."""
        with self.database.read() as tx:
            return list(reversed(reading.jobs(tx)))

    def job(self, procore_id: str) -> JobRow:
        """The newest job of the record."""
        return [one for one in self.jobs() if one.procore_id == procore_id][-1]

    def states(self) -> list[tuple[str, str]]:
        """Each job's record and state, oldest first."""
        return [(one.procore_id, one.state) for one in self.jobs()]

    def move(self, job_id: int, *events: JobEvent) -> None:
        """Move a job as a drain would."""
        with self.database.write() as tx:
            for event in events:
                queue.change(queue.get(tx, job_id), event, self.tick())

    def link(self, record: Record, kind: RecordKind, quickbooks_id: str, name: str = "") -> None:
        """Join a record as QuickBooks' answer would."""
        key = RecordKey(kind=kind, procore_id=record.procore_id)
        made = Link(
            key=key, quickbooks_id=quickbooks_id, name=name, edit_sequence="1", fingerprint=version_of(record)
        )
        with self.database.write() as tx:
            links.save(tx, self.id, made, self.now)

    def link_of(self, kind: RecordKind, procore_id: str) -> Link | None:
        """The record's link."""
        with self.database.read() as tx:
            return links.find(tx, self.id, RecordKey(kind=kind, procore_id=procore_id))

    def set(self, **options: object) -> None:
        """Set options of the connection."""
        with self.database.write() as tx:
            row = connections.get(tx, self.id)
            connections.set_options(row, replace(connections.options_of(row), **options))

    def know(self, *entries: Known) -> None:
        """QuickBooks has these too."""
        with self.database.write() as tx:
            names.save(tx, self.id, entries)

    def row(self) -> ConnectionRow:
        """The connection as it stands."""
        with self.database.read() as tx:
            return connections.get(tx, self.id)

    def owed(self) -> list[WritebackRow]:
        """Every write-back, oldest first."""
        with self.database.read() as tx:
            return list(reversed(writebacks.listing(tx)))

    def marks(self) -> dict[str, str]:
        """Every mark."""
        with self.database.read() as tx:
            return marks.of_procore(tx, self.id)

    def troubles(self) -> list[str]:
        """What could not be read."""
        with self.database.read() as tx:
            return [f"{one.subject}: {one.message}" for one in troubles.listing(tx, self.id)]

    def audit(self) -> list[AuditRow]:
        """Who did what, oldest first."""
        with self.database.read() as tx:
            return list(reversed(audit.newest(tx)))


@pytest.fixture
def acme(sqlite: Database) -> Acme:
    """A connection named acme, its lists read, with an income account set."""
    row = ConnectionRow(
        name="acme",
        procore_company="8089",
        feed="direct",
        procore_api="http://localhost:1",
        procore_login="http://localhost:2",
        client_id="client",
        client_secret="sealed",
        user="qbsync-acme",
        password_hash="hashed",
        owner_id="{00000000-0000-0000-0000-0000000000aa}",
        file_id="{00000000-0000-0000-0000-0000000000bb}",
        options={"cost_code_income_account": "Construction Income"},
        company_seen={},
        names_at=NOW,
        payments_at=NOW,
        costs_at=NOW,
        drift_at=NOW,
        created_at=NOW,
    )
    with sqlite.write() as tx:
        tx.add(row)
        tx.flush()
        names.mark_read(tx, row.id, ListKind)
        names.save(tx, row.id, LISTS)
    return Acme(sqlite, row.id)


@pytest.fixture
def server() -> Iterator[ProcoreServer]:
    """A running Procore whose clock stands still at the tests' moment."""
    with ProcoreServer(ProcoreState(clock=Clock(NOW))) as running:
        yield running


@pytest.fixture
def slept() -> list[float]:
    """How long the client waited, wait by wait."""
    return []


@pytest.fixture
def client(server: ProcoreServer, slept: list[float]) -> Iterator[ProcoreClient]:
    """A client of that Procore; it never really sleeps."""
    with requests.Session() as session:
        tokens = TokenSource(
            login_url=server.login_url,
            client_id=server.client_id,
            client_secret=server.client_secret,
            store=MemoryTokenStore(),
            session=session,
            clock=server.state.clock.now,
            sleep=slept.append,
        )
        yield ProcoreClient(
            api_url=server.url,
            company_id=server.company_id,
            tokens=tokens,
            session=session,
            clock=server.state.clock.now,
            sleep=slept.append,
        )
