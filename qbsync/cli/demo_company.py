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
from qbsync.errors import StateError
from qbsync.flows import insights, linking, matches, offers, retainage, review, setup, webhooks
from qbsync.flows.accounts import client_of
from qbsync.flows.insights import JobFilter, Values
from qbsync.model.jobs import JobState
from qbsync.model.offers import OfferState
from qbsync.procore.hooks import HookApi
from qbsync.settings import Settings
from qbsync.simulator import world_books, world_story
from qbsync.simulator.procore import ProcoreServer, ProcoreState
from qbsync.simulator.quickbooks import CompanyFile
from qbsync.simulator.webconnector import Exchange, Outcome, UpdateResult, WebConnector
from qbsync.simulator.world import WorldSpec, build_world
from qbsync.store import connections, schema
from qbsync.store.connections import NewConnection

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

    def __init__(self, folder: Path, *, port: int, world: WorldSpec | None = None) -> None:
        self.world = world or build_world()
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
            feed="direct",
            procore_api=self.procore.url,
            procore_login=self.procore.login_url,
            client_id=self.procore.client_id,
            client_secret=self.procore.client_secret,
            company_file=self.file.path_shown,
        )
        _user, self._password = setup.add(self.app.desk(_ACTOR), new, self.app.keeper)
        setup.set_options(
            self.app.desk(_ACTOR),
            NAME,
            {
                "cost_code_income_account": self.world.income_account,
                "cost_code_expense_account": self.world.expense_account,
                "default_vendor_type": self.world.default_vendor_type,
                "ap_account": self.world.payable_account,
                "cost_transactions": "true",
                "uncoded_cost_code": self.world.uncoded_cost_code,
            },
        )
        with self.app.database.read() as tx:
            row = connections.named(tx, NAME)
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

    def _register(self) -> None:
        """Have Procore tell of changes over real HTTP."""
        with self.app.database.read() as tx:
            row = connections.named(tx, NAME)
        api = HookApi(client_of(self.app.database, self.app.keeper, row))
        webhooks.add(self.app.desk(_ACTOR), NAME, api, url=self.url)

    def run(self, say: Say) -> None:
        """Run all workflows, act by act: fill, accept, drain and write back until nothing is left to do."""
        self.update(say)
        retainage.ask(
            self.app.desk(_ACTOR),
            NAME,
            item=world_story.RETAINAGE_ITEM,
            account=world_story.RETAINAGE_ACCOUNT,
        )
        self.settle(say)
        self._register()  # not before: Procore would tell of each id that was just written there
        for act in world_story.acts():
            say(f"{act.name}.")
            act.in_procore(self.procore.state)
            self.settle(say)
            act.in_books(self.file)
            setup.refresh(self.app.desk(_ACTOR), NAME)
        self.update(say)
        self.push(say)

    def settle(self, say: Say) -> None:
        """Bring what Procore has into the books, and tell Procore."""
        self.hear(say)
        filled = self.app.worker.pull(self.connection_id)
        say(f"Procore: {filled.seen} records read, {filled.staged} staged for approval.")
        self.decide_offers(say)
        say(f"Approver: {self.accept_all()} jobs accepted.")
        for _ in range(_ROUNDS):
            result = self.update(say)
            self.push(say)
            if result.outcome is Outcome.NO_WORK or not self.waiting():
                break

    def hear(self, say: Say) -> None:
        """Let Procore deliver what happened, and read what that names."""
        taken = self.procore.state.outbox.pump(_post)
        filled = self.app.worker.listen(self.connection_id, at_once=True)
        if filled is not None:
            self.heard += filled.staged
            say(
                f"Webhooks: {taken} deliveries; {filled.seen} records read by what they name, "
                f"{filled.staged} staged."
            )

    def round(self) -> None:
        """One turn of everyday life: Procore tells and is asked, the Web Connector runs, Procore is told."""
        self.hear(lambda _words: None)
        self.app.worker.pull(self.connection_id)
        self.update(lambda _words: None)
        self.push(lambda _words: None)

    def decide_offers(self, say: Say) -> None:
        """Link the vendor that both sides have, import what Procore lacks, archive what it need not have."""
        desk = self.app.desk(_ACTOR)
        spelled, _ = world_books.twin(self.world)
        with self.app.database.read() as tx:
            twins = [one for one in matches.suggest(tx, self.connection_id) if one.known.full_name == spelled]
            row = connections.get(tx, self.connection_id)
            found = offers.values(tx, row, offers.listing(tx, row, state=OfferState.OFFERED))
        for one in twins:
            linking.link(desk, NAME, one.key, one.known.list_id)
            say(f"Approver: {one.label!r} linked to {one.known.full_name!r}: {one.reason}.")
        wanted = {vendor.name for vendor in world_books.IMPORTED} | {world_books.job(self.world)}
        imported = [offer["id"] for offer in found if offer["name"] in wanted]
        archived = [offer["id"] for offer in found if offer["name"] == world_books.ARCHIVED.name]
        for offer_id in imported:
            offers.import_(desk, offer_id)
        for offer_id in archived:
            offers.archive(desk, offer_id)
        if imported or archived:
            say(f"Approver: {len(imported)} offers of QuickBooks imported, {len(archived)} archived.")

    def accept_all(self) -> int:
        """Accept everything that is Ready to Export, choosing each project's customer."""
        accepted = 0
        for job in self.jobs(JobState.STAGED):
            try:
                review.accept(self.app.desk(_ACTOR), job["id"], self._choices(job))
            except StateError:
                continue  # stays staged and says why
            accepted += 1
        return accepted

    def _choices(self, job: Values) -> dict[str, str]:
        return {"customer": self.world.customer_of(job["label"])} if job["kind"] == "project" else {}

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
