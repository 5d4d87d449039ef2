"""One company of the demo: its Procore, its company file, its Web Connector, and qbsync between them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

import requests

from qbsync import qwc
from qbsync.app import App
from qbsync.app.serving import Server
from qbsync.cli.demo_ways import WAYS
from qbsync.flows import insights, retainage, setup
from qbsync.flows.insights import JobFilter, Values
from qbsync.flows.review import Desk
from qbsync.model.feeds import Feed
from qbsync.model.jobs import JobState
from qbsync.settings import Settings
from qbsync.simulator import world_books, world_story
from qbsync.simulator.procore import ProcoreServer, ProcoreState
from qbsync.simulator.quickbooks import CompanyFile
from qbsync.simulator.webconnector import Exchange, Outcome, UpdateResult, WebConnector
from qbsync.simulator.world import WorldSpec, build_world
from qbsync.store import connections, schema
from qbsync.store.connections import NewConnection
from qbsync.store.tables import ConnectionRow

NAME = "demo"
_ROUNDS = 12
_ACTOR = "demo"
_PER_10_SECONDS = 3600
"""Months pass within a minute here: with Procore's usual spike limit most of it would be spent waiting."""
_DELIVERED_WITHIN = 5.0
"""Seconds that Procore waits for the answer to a delivery."""
Say = Callable[[str], None]


class Company:
    """The whole installation in one folder; use it as a context manager."""

    name = NAME

    def __init__(
        self, folder: Path, *, port: int, world: WorldSpec | None = None, feed: Feed = Feed.DIRECT
    ) -> None:
        self.world = world or build_world()
        self.way = WAYS[feed]
        self.procore = ProcoreServer(
            ProcoreState(company_name="Summit Ridge Builders"), per_10_seconds=_PER_10_SECONDS
        )
        self.world.apply(self.procore.state)
        self.file = CompanyFile.open(folder / "company.qbw", company_name="Summit Ridge Builders")
        self.world.furnish(self.file)
        world_story.furnish(self.file)
        world_books.furnish(self.file, self.world)
        self.exchanges: list[Exchange] = []
        self.updates: list[UpdateResult] = []
        self.heard = 0
        """Jobs that were staged because a webhook told of their record."""
        self.app = App(_settings(folder))
        schema.upgrade(self.app.database)
        self._server = Server(self.app, host="127.0.0.1", port=port, with_worker=False)
        self._thread = threading.Thread(target=self._server.run, daemon=True)
        self.url = f"http://localhost:{self._server.port}/"
        self._password = ""
        self._connector: WebConnector | None = None

    def __enter__(self) -> Self:
        """Start everything."""
        self.procore.start()
        self._thread.start()
        self._connector = self._connect()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop everything."""
        if self._connector is not None:
            self._connector.close()
        self._server.stop()
        self._thread.join(timeout=10)
        self.procore.stop()
        self.file.close()
        self.app.database.close()

    def _connect(self) -> WebConnector:
        """Make the connection and load its .qwc into the Web Connector, as an admin would."""
        new = NewConnection(
            name=NAME,
            procore_company=str(self.procore.company_id),
            feed=self.way.feed.value,
            procore_api=self.procore.url,
            procore_login=self.procore.login_url,
            client_id=self.procore.client_id,
            client_secret=self.procore.client_secret,
            company_file=self.file.path_shown,
        )
        _user, self._password = setup.add(self.desk(), new, self.app.keeper)
        setup.set_options(
            self.desk(),
            NAME,
            {
                "cost_code_income_account": self.world.income_account,
                "cost_code_expense_account": self.world.expense_account,
                "default_vendor_type": self.world.default_vendor_type,
                "ap_account": self.world.payable_account,
                "uncoded_cost_code": self.world.uncoded_cost_code,
                **self.way.options,
            },
        )
        row = self.row()
        self.connection_id = row.id
        data = qwc.write(
            name=row.name,
            user=row.user,
            public_url=self.url,
            owner_id=row.owner_id,
            file_id=row.file_id,
            minutes=1,
        )
        connector = WebConnector(self.file, data, machine="OFFICE-PC")
        connector.add()
        return connector

    def run(self, say: Say) -> None:
        """Run all workflows, act by act: fill, accept, drain and write back until nothing is left to do."""
        self.way.before_first_sync(self, say)
        self.update(say)
        retainage.ask(
            self.desk(),
            NAME,
            item=world_story.RETAINAGE_ITEM,
            account=world_story.RETAINAGE_ACCOUNT,
        )
        self.settle(say)
        self.way.after_first_sync(self)
        for act in self.way.acts():
            say(f"{act.name}.")
            act.in_procore(self.procore.state)
            self.settle(say)
            act.in_books(self.file)
            setup.refresh(self.desk(), NAME)
        self.update(say)
        self.push(say)

    def settle(self, say: Say) -> None:
        """Bring what Procore has into the books, and tell Procore, as long as more can go."""
        for _ in range(_ROUNDS):
            more = self.way.bring(self, say)
            self._drain(say)
            if not more:
                break

    def _drain(self, say: Say) -> None:
        """Updates, until the Web Connector has nothing to do or nothing waits for it."""
        for _ in range(_ROUNDS):
            result = self.update(say)
            self.push(say)
            if result.outcome is Outcome.NO_WORK or not self.waiting():
                break

    def deliver(self) -> int:
        """Procore posts what happened to where its hooks say; gives how many of its posts were taken."""
        return self.procore.state.outbox.pump(_post)

    def round(self) -> None:
        """One turn of everyday life: records come, the Web Connector runs, Procore is told."""
        self.way.turn(self)
        self.update(lambda _words: None)
        self.push(lambda _words: None)

    def desk(self) -> Desk:
        """Whoever acts in qbsync during the demo."""
        return self.app.desk(_ACTOR)

    def row(self) -> ConnectionRow:
        """The connection as it is now."""
        with self.app.database.read() as tx:
            return connections.named(tx, NAME)

    def update(self, say: Say) -> UpdateResult:
        """One update of the Web Connector."""
        assert self._connector is not None
        result = self._connector.update(self._password)
        self.updates.append(result)
        self.exchanges += result.exchanges
        say(f"Web Connector: {result.closing or result.outcome.value} ({result.round_trips} round trips)")
        return result

    def push(self, say: Say) -> None:
        """Tell Procore what it is owed."""
        settled = self.app.worker.push(self.connection_id, whatever_the_backoff=True)
        say(f"Procore: {settled.done} ids written back, {settled.refused} refused. {settled.error}".rstrip())

    def waiting(self) -> int:
        """How many jobs are still on their way."""
        return sum(len(self.jobs(state)) for state in (JobState.QUEUED, JobState.SENT, JobState.IN_DOUBT))

    def jobs(self, state: JobState | None = None) -> list[Values]:
        """Jobs, newest first."""
        with self.app.database.read() as tx:
            return insights.jobs(tx, JobFilter(state=None if state is None else state.value))

    def keep_messages(self, folder: Path) -> None:
        """Write every message that was sent to QuickBooks into a folder of its own."""
        folder.mkdir(parents=True, exist_ok=True)
        for number, exchange in enumerate(self.exchanges, start=1):
            (folder / f"{number:04d}-request.xml").write_text(exchange.request)


def _post(url: str, headers: Mapping[str, str], body: bytes) -> int:
    """Deliver as Procore does; gives the status."""
    with requests.Session() as session:
        session.trust_env = False
        answer = session.post(
            url, data=body, headers=dict(headers), timeout=_DELIVERED_WITHIN, allow_redirects=False
        )
    return answer.status_code


def _settings(folder: Path) -> Settings:
    return Settings(
        database_url=f"sqlite:///{folder / 'qbsync.sqlite3'}", secret_key_file=folder / "secret.key"
    )
