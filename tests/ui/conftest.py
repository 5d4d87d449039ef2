from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from qbsync.errors import QbsyncError
from qbsync.flows import world as worlds
from qbsync.flows.review import Desk
from qbsync.mapping import ORDER
from qbsync.model.costs import ProcoreCost
from qbsync.model.ids import QuickBooksId
from qbsync.model.names import Known, ListKind
from qbsync.model.records import Record, key_of
from qbsync.ops.pages import create_pages
from qbsync.store import connections, costs as stored_costs, names, queue, secrets
from qbsync.store.engine import Database
from qbsync.store.tables import ConnectionRow, JobRow, Table

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
KEY = secrets.new_key()


@dataclass
class Office:
    """One installation under test: its database, its clock, and whether it is ready."""

    database: Database
    now: datetime = NOW
    not_ready: str | None = None
    public_url: str = "http://localhost:8700"
    ids: dict[str, int] = field(default_factory=dict)
    costs: list[ProcoreCost] = field(default_factory=list)
    procore_says: QbsyncError | None = None
    """What Procore has of project 2, or how it refuses to say."""

    def read_costs(self, name: str) -> None:
        """Procore is asked what project 2 costs."""
        if self.procore_says is not None:
            raise self.procore_says
        with self.database.write() as tx:
            stored_costs.keep_reading(tx, self.ids[name], "2", self.costs, self.now)

    def desk(self) -> Desk:
        """A colleague's desk, apart from the page."""
        return Desk(database=self.database, actor="colleague", now=self.now)

    def connect(self, name: str = "acme", **changed: Any) -> int:
        """Make a connection whose lists have been read; `changed` are columns of its row."""
        row = ConnectionRow(
            name=name,
            procore_company="4711",
            feed="direct",
            procore_api="https://api.procore.example",
            procore_login="https://login.procore.example",
            client_id="client",
            client_secret="sealed-secret",
            user=f"qbsync-{name}",
            password_hash="$argon2id$hash",
            owner_id="{owner}",
            file_id="{file}",
            options={},
            company_seen={},
            created_at=self.now,
        )
        row.last_contact_at = self.now - timedelta(minutes=5)
        row.names_at = row.payments_at = row.costs_at = row.drift_at = self.now
        for key, value in changed.items():
            setattr(row, key, value)
        with self.database.write() as tx:
            tx.add(row)
            tx.flush()
        self.ids[name] = row.id
        return row.id

    def stage(self, record: Record, *, connection: str = "acme") -> int:
        """Stage a job for a record, reviewed as filling does."""
        with self.database.write() as tx:
            row = connections.named(tx, connection)
            found = worlds.review(worlds.world_of(tx, row), record, {})
            new = queue.NewJob(
                record=record, rank=ORDER.index(key_of(record).kind), review=worlds.to_json(found)
            )
            return queue.stage(tx, row.id, new, self.now).id

    def change(self, job_id: int, **changed: Any) -> None:
        """Set columns of a job's row as a session would have left them."""
        with self.database.write() as tx:
            job = queue.get(tx, job_id)
            for key, value in changed.items():
                setattr(job, key, value)

    def job(self, job_id: int) -> JobRow:
        """The job's row as it is now."""
        with self.database.read() as tx:
            return queue.get(tx, job_id)

    def known(self, list_name: str, full_name: str, list_id: str, type: str = "") -> None:  # noqa: A002
        """Put an entry into QuickBooks' lists of the first connection."""
        entry = Known(list=ListKind(list_name), list_id=QuickBooksId(list_id), full_name=full_name, type=type)
        with self.database.write() as tx:
            names.save(tx, self.ids["acme"], [entry])


class Browser:
    """A client that behaves as a person's browser: it sends Host and Origin, and the token it was given."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client

    def get(self, path: str, **more: Any) -> TestResponse:
        """Open a page."""
        return self.client.get(path, **more)

    def token(self, path: str = "/jobs") -> str:
        """The token of a form on a page."""
        found = re.search(r'name="token" value="([^"]+)"', self.get(path).text)
        assert found is not None, f"no form on {path}"
        return found[1]

    def post(self, path: str, data: dict[str, Any] | None = None, *, on: str, **more: Any) -> TestResponse:
        """Send a form that stands on the page `on`."""
        form = {"token": self.token(on), "back": on, **(data or {})}
        headers = {"Origin": "http://localhost", **more.pop("headers", {})}
        return self.client.post(path, data=form, headers=headers, **more)


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """An installation with an empty database."""
    database = Database(f"sqlite:///{tmp_path}/qbsync.sqlite3")
    Table.metadata.create_all(database.engine)
    yield Office(database=database)
    database.close()


@pytest.fixture
def browser(office: Office) -> Browser:
    """A browser on the machine that the installation runs on."""
    return make_browser(office)


@pytest.fixture
def browse(office: Office) -> Callable[[], Browser]:
    """Opens another browser, after the installation was changed."""
    return lambda: make_browser(office)


def make_browser(office: Office) -> Browser:
    """Pages over the installation, and a browser for them."""
    pages = create_pages(
        office.database,
        clock=lambda: office.now,
        public_url=office.public_url,
        secret_key=KEY,
        ready=lambda: office.not_ready,
        read_costs=office.read_costs,
    )
    return Browser(pages.test_client())
