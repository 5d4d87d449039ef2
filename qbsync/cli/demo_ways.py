"""How records come from Procore to qbsync in the demo: approved on qbsync's page, or sent in Procore's tool.

All else of the demo is the same on both feeds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final, Protocol

from qbsync.errors import StateError
from qbsync.flows import linking, matches, offers, review, webhooks
from qbsync.flows.accounts import client_of
from qbsync.flows.erp import registration
from qbsync.flows.insights import Values
from qbsync.model.feeds import Feed
from qbsync.model.jobs import JobState
from qbsync.model.offers import OfferState
from qbsync.procore.hooks import HookApi
from qbsync.simulator import world_books, world_erp, world_story
from qbsync.simulator.procore.rows import Project
from qbsync.simulator.world_story import Act
from qbsync.store import connections

if TYPE_CHECKING:
    from qbsync.cli.demo_company import Company, Say


class Way(Protocol):
    """One way; each of its methods is what people do in front of it."""

    @property
    def feed(self) -> Feed:
        """The connection's feed."""

    @property
    def options(self) -> Mapping[str, str]:
        """What of the connection's options belongs to this way alone."""

    def acts(self) -> Sequence[Act]:
        """The story in its order."""

    def before_first_sync(self, company: Company, say: Say) -> None:
        """Set up what Procore must have before anything is sent."""

    def after_first_sync(self, company: Company) -> None:
        """Set up what Procore must not have before."""

    def bring(self, company: Company, say: Say) -> bool:
        """Have everything that can go now accepted; gives whether more may go once that is in the books."""

    def turn(self, company: Company) -> None:
        """Everyday life, while the page is up."""


class OnThePage:
    """The direct feed: Procore is asked, and the approver decides in qbsync."""

    feed: Final = Feed.DIRECT
    options: Final[Mapping[str, str]] = {"cost_transactions": "true"}

    def acts(self) -> Sequence[Act]:
        """The story as it is."""
        return world_story.acts()

    def before_first_sync(self, company: Company, say: Say) -> None:
        """Nothing: Procore would tell of each id that is about to be written there."""

    def after_first_sync(self, company: Company) -> None:
        """Have Procore tell of changes from now on."""
        register_hook(company)

    def bring(self, company: Company, say: Say) -> bool:
        """Ask Procore, decide the offers, accept all that is Ready to Export."""
        self._hear(company, say)
        filled = company.app.worker.pull(company.connection_id)
        say(f"Procore: {filled.seen} records read, {filled.staged} staged for approval.")
        self._decide_offers(company, say)
        say(f"Approver: {self._accept_all(company)} jobs accepted.")
        return False

    def turn(self, company: Company) -> None:
        """Procore tells and is asked; who looks at the page decides."""
        self._hear(company, lambda _words: None)
        company.app.worker.pull(company.connection_id)

    def _hear(self, company: Company, say: Say) -> None:
        """Let Procore deliver what happened, and read what that names."""
        taken = company.deliver()
        filled = company.app.worker.listen(company.connection_id, at_once=True)
        if filled is not None:
            company.heard += filled.staged
            say(
                f"Webhooks: {taken} deliveries; {filled.seen} records read by what they name, "
                f"{filled.staged} staged."
            )

    def _decide_offers(self, company: Company, say: Say) -> None:
        """Link the vendor that both sides have, import what Procore lacks, archive what it need not have."""
        desk = company.desk()
        spelled, _ = world_books.twin(company.world)
        with company.app.database.read() as tx:
            twins = [
                one for one in matches.suggest(tx, company.connection_id) if one.known.full_name == spelled
            ]
            row = connections.get(tx, company.connection_id)
            found = offers.values(tx, row, offers.listing(tx, row, state=OfferState.OFFERED))
        for one in twins:
            linking.link(desk, company.name, one.key, one.known.list_id)
            say(f"Approver: {one.label!r} linked to {one.known.full_name!r}: {one.reason}.")
        wanted = {vendor.name for vendor in world_books.IMPORTED} | {world_books.job(company.world)}
        imported = [offer["id"] for offer in found if offer["name"] in wanted]
        archived = [offer["id"] for offer in found if offer["name"] == world_books.ARCHIVED.name]
        for offer_id in imported:
            offers.import_(desk, offer_id)
        for offer_id in archived:
            offers.archive(desk, offer_id)
        if imported or archived:
            say(f"Approver: {len(imported)} offers of QuickBooks imported, {len(archived)} archived.")

    def _accept_all(self, company: Company) -> int:
        """Accept everything that is Ready to Export, choosing each project's customer."""
        accepted = 0
        for job in company.jobs(JobState.STAGED):
            try:
                review.accept(company.desk(), job["id"], _choices(company, job))
            except StateError:
                continue  # stays staged and says why
            accepted += 1
        return accepted


def _choices(company: Company, job: Values) -> dict[str, str]:
    return {"customer": company.world.customer_of(job["label"])} if job["kind"] == "project" else {}


class InTheTool:
    """The ERP feed: people press Send to ERP, the approver accepts in Procore, webhooks tell of it."""

    feed: Final = Feed.ERP
    options: Final[Mapping[str, str]] = {"payment_account": world_story.CHECKING}

    def acts(self) -> Sequence[Act]:
        """The story, and what only the tool has."""
        return (*world_story.acts(), *world_erp.acts())

    def before_first_sync(self, company: Company, say: Say) -> None:
        """Procore switches the tool on, qbsync registers in it, and people ask what QuickBooks has."""
        world_erp.begin(company.procore.state)
        client = client_of(company.app.database, company.app.keeper, company.row())
        registered = registration.register(company.desk(), company.name, client, service_url=company.url)
        register_hook(company)
        say(f"Registered in ERP Integrations: standard cost code list {registered.list_id}.")
        for what in ("vendors", "jobs"):
            company.procore.state.erp.refresh(what)
        self._hear(company, say)

    def after_first_sync(self, company: Company) -> None:
        """Nothing: the webhook is there."""

    def bring(self, company: Company, say: Say) -> bool:
        """Send and accept in the tool what can go, and take in what its webhooks name."""
        self._hear(company, say)
        self._decide_imports(company, say)
        tool = company.procore.state.erp
        sent = tool.send_eligible(lambda project: self._customer(company, project))
        if sent:
            say(f"Procore's ERP tool: {sent} records sent and accepted.")
        self._hear(company, say)
        return bool(sent or tool.tables.open_details() or company.procore.state.outbox.waiting())

    def turn(self, company: Company) -> None:
        """What becomes ready in Procore is sent and accepted there."""
        self.bring(company, lambda _words: None)

    def _customer(self, company: Company, project: Project) -> str:
        return world_erp.customer_of(company.world, project.name)

    def _hear(self, company: Company, say: Say) -> None:
        """Let Procore deliver its requests, and take them in, and what waited for QuickBooks to be read."""
        taken = company.deliver()
        filled = company.app.worker.pull(company.connection_id)
        company.heard += filled.staged
        if taken:
            say(f"Webhooks: {taken} deliveries; {filled.staged} records taken in.")

    def _decide_imports(self, company: Company, say: Say) -> None:
        """Link the vendor that both sides have, import what Procore lacks, archive what it need not have."""
        tool = company.procore.state.erp
        spelled, _ = world_books.twin(company.world)
        wanted = {vendor.name for vendor in world_books.IMPORTED} | {world_books.JOB}
        twin = company.world.vendors[0].name
        done: list[str] = []
        for record in tool.staged():
            name = str(record.data.get("name"))
            if name == spelled:
                tool.link_vendor(
                    record.id, next(row.id for row in company.procore.state.vendors() if row.name == twin)
                )
            elif name in wanted:
                tool.add_to_procore(record.id)
            elif name == world_books.ARCHIVED.name:
                tool.archive(record.id)
            else:
                continue
            done.append(name)
        if done:
            say(f"Procore's ERP tool: decided of what QuickBooks has: {', '.join(done)}.")


def register_hook(company: Company) -> None:
    """Have Procore tell of changes over real HTTP."""
    api = HookApi(client_of(company.app.database, company.app.keeper, company.row()))
    webhooks.add(company.desk(), company.name, api, url=company.url)


WAYS: Final[Mapping[Feed, Way]] = {Feed.DIRECT: OnThePage(), Feed.ERP: InTheTool()}
