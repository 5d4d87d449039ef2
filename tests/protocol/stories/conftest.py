"""A company that lives in one process: a Procore, a company file, and qbsync between them.

Stories are told on it in the words of the people who work on both sides.
"""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from copy import copy
from datetime import date, timedelta
from decimal import Decimal
from html import unescape
from itertools import groupby
from typing import TYPE_CHECKING, Self

import pytest

from qbsync.errors import ProcoreError
from qbsync.flows import doctor, hearing, insights, review, setup, unlinking, webhooks
from qbsync.flows.erp import registration
from qbsync.flows.hearing import Heard
from qbsync.flows.worker import Worker
from qbsync.model.jobs import JobState
from qbsync.model.records import RecordKey, RecordKind
from qbsync.ops.pages import create_pages
from qbsync.procore.auth import MemoryTokenStore, TokenSource
from qbsync.procore.client import ProcoreClient
from qbsync.procore.hooks import HookApi
from qbsync.simulator.ledger import differences
from qbsync.simulator.procore import Clock, ProcoreServer, ProcoreState, in_process, saved
from qbsync.simulator.procore.erp_rows import IN_PROGRESS, Kind
from qbsync.simulator.procore.invoice_maths import Billing
from qbsync.store import erp, links, secrets, troubles, writebacks
from qbsync.store.writebacks import WritebackState

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Rig

RETAINAGE, CHECKING, CARD, PAYABLES, EXPENSES = "Retainage", "Checking", "Card", "Payables", "Labour"
CODES = ("010", "020", "030")
CENT = Decimal("0.01")


class RigClock(Clock):
    """Procore's time is the rig's."""

    def __init__(self, rig: Rig) -> None:
        super().__init__()
        self.rig = rig

    def now(self):
        """The rig's present."""
        return self.rig.clock.now

    def advance(self, seconds):
        """Let time pass for everybody."""
        self.rig.clock.passes(timedelta(seconds=seconds))
        return self.rig.clock.now


class Company:
    """A Procore company, a company file, and qbsync between them; everybody in one process."""

    vendors_go_again = True
    """Whether a vendor that changed in Procore goes to QuickBooks again."""

    def __init__(self, rig: Rig) -> None:
        self.rig = rig
        self._meet(ProcoreState(clock=RigClock(rig)))
        self.furnish()
        self._look_around()

    def again(self, rig: Rig, state: ProcoreState) -> Self:
        """The same company in other hands: a rig and a Procore that were put back to one moment."""
        made = copy(self)
        made.rig = rig
        made._meet(state)
        made._look_around()
        return made

    def _meet(self, state: ProcoreState) -> None:
        self.state = state
        self.procore = ProcoreServer(state, per_hour=10**6, per_10_seconds=10**6)
        self.session = in_process.session(self.procore)
        tokens = TokenSource(
            login_url=in_process.LOGIN_URL,
            client_id=self.procore.client_id,
            client_secret=self.procore.client_secret,
            store=MemoryTokenStore(),
            session=self.session,
            clock=state.clock.now,
            sleep=state.clock.advance,
        )
        self.client = client = ProcoreClient(
            api_url=in_process.API_URL,
            company_id=self.procore.company_id,
            tokens=tokens,
            session=self.session,
            clock=state.clock.now,
            sleep=state.clock.advance,
        )
        self.worker = Worker(database=self.rig.database, clients=lambda _row: client, clock=self.rig.clock)
        self.pc = self.rig.pc()

    def _look_around(self) -> None:
        [self.project], self.vendors = self.state.projects(), self.state.vendors()
        [self.cost_type] = self.state.type_table.everything()
        codes = {row.code: row.id for row in self.state.cost_codes(self.project.id)}
        self.codes = [codes[code] for code in CODES]

    def furnish(self) -> None:
        """Both sides before the first sync."""
        rig, human = self.rig, self.rig.file.human
        company_id = str(self.procore.company_id)
        rig.change_connection(lambda row: setattr(row, "procore_company", company_id))
        for name, kind in (
            (CHECKING, "Bank"),
            (CARD, "CreditCard"),
            (PAYABLES, "AccountsPayable"),
            (EXPENSES, "Expense"),
        ):
            human.add_account(name, kind)
        human.add_service_item(RETAINAGE, account=PAYABLES)
        rig.set(
            auto_accept="all",
            cost_code_expense_account=EXPENSES,
            retainage_item=RETAINAGE,
            ap_account=PAYABLES,
            cost_transactions="true",
            uncoded_cost_code="01-030",
            payment_minutes="10",
            cost_minutes="10",
        )
        erp = self.state.create_cost_code_list("QuickBooks", is_erp_list=True)
        division = self.state.create_standard_cost_code(erp.id, "01", "General")
        for code in CODES:
            self.state.create_standard_cost_code(erp.id, code, f"Work {code}", division.id)
        self.state.create_line_item_type("Other", "O", "other")
        self.state.create_project("Tower")
        for name in ("Acme", "Bayline"):
            self.state.create_vendor(name)
        self.pc.update()
        self.sync()
        self.sync()

    # What the parts do by themselves.

    def sync(self) -> None:
        """Procore is asked, an update runs, Procore is told."""
        self.pull()
        self.rig.clock.passes(timedelta(minutes=1))
        self.pc.update()
        self.push()

    def look(self) -> None:
        """QuickBooks' lists are read."""
        setup.refresh(self.rig.desk(), self.rig.name)
        self.pc.update()

    def later(self) -> None:
        """An hour later Procore is asked, an update runs, and Procore is told."""
        self.rig.clock.passes(timedelta(hours=1))
        self.sync()

    def pull(self) -> None:
        """What changed in Procore becomes jobs, as far as Procore answers."""
        with suppress(ProcoreError):
            self.worker.pull(self.rig.id)

    def push(self) -> None:
        """Procore is told what it is owed."""
        self.worker.push(self.rig.id, whatever_the_backoff=True)

    def settle(self) -> None:
        """Nothing goes wrong any more, until nobody has anything left to do."""
        self.procore.heal()
        for _ in range(12):
            self.rig.clock.passes(timedelta(minutes=20))
            self.pull()
            self.pc.update()
            self.look()
            self.push()
            if not self.open():
                return
        raise AssertionError(f"it never settled: {self.open()}")

    def open(self) -> list[str]:
        """What is still to be done, in words."""
        with self.rig.database.read() as tx:
            owed = writebacks.due(tx, self.rig.id, self.rig.clock(), whatever_the_backoff=True)
        jobs = [
            f"{job.kind} {job.label} is {job.state}: {job.error} {job.review} waits for {job.waits_for}"
            for job in self.rig.jobs()
            if job.state not in (JobState.SYNCED.value, JobState.CANCELLED.value)
        ]
        return jobs + [f"{row.target} {row.item_id} is owed" for row in owed]

    def oddities(self) -> Iterator[str]:
        """In which ways Procore's ERP tool sent its requests: in none, where there is no such tool."""
        yield from ()

    def unlink(self, key: RecordKey) -> None:
        """A person unlinks a record that was deleted in QuickBooks, and has it sent again."""
        unlinking.unlink(self.rig.desk(), self.rig.name, key)
        self.settle()
        self.send_again(key)

    def unlink_all(self, keys: Sequence[RecordKey]) -> None:
        """People unlink what was deleted, the last kind first, and have all of it sent again, in that order.

        What hangs on a record has to be unlinked before that is asked about.
        """
        for _, alike in groupby(reversed(keys), key=lambda key: key.kind):
            self.ask_to_unlink(list(alike))
        assert not self.rig.linked().keys() & set(keys)
        for key in keys:
            self.send_again(key)

    def ask_to_unlink(self, keys: Sequence[RecordKey]) -> None:
        """A person unlinks records, and QuickBooks is asked whether they are gone."""
        for key in keys:
            unlinking.unlink(self.rig.desk(), self.rig.name, key)
        self.rig.clock.passes(timedelta(minutes=1))
        self.pc.update()

    def send_again(self, key: RecordKey) -> None:
        """A person has a record that was unlinked sent again."""
        newest = [job for job in self.rig.jobs() if (job.kind, job.procore_id) == (key.kind, key.procore_id)]
        review.retry(self.rig.desk(), newest[-1].id)

    def drift(self) -> list[str]:
        """What the drift page shows, in words."""
        with self.rig.database.read() as tx:
            rows = insights.drift_list(tx, connection=self.rig.name)
        return [f"{row['what']}: {row['ours']!r} is {row['quickbooks']!r}" for row in rows]

    def differences(self) -> list[str]:
        """Everything in which the two ledgers differ, and every broken promise of exactly once."""
        found = differences(
            self.state,
            self.rig.file,
            before={RETAINAGE, "Ridge Owners"},
            retainage_item=RETAINAGE,
            uncoded_item="01:030",
        )
        return [str(one) for one in found] + self.rig.broken()


class People:
    """What people do in Procore and read at the approver's desk, in few words."""

    def __init__(self, company: Company) -> None:
        self.company, self.rig, self.state = company, company.rig, company.state

    def commit(self, *amounts, number="SC-1", title="Walls", approved=True, **more):
        """A subcontract with Acme, a line an amount; gives it and its lines."""
        contract = self.state.create_commitment(
            "work_order_contract",
            self.company.project.id,
            self.company.vendors[0].id,
            number=number,
            title=title,
            **more,
        )
        for place, amount in enumerate(amounts):
            code = self.company.codes[place % len(CODES)]
            self.state.create_line(
                contract.id, code, amount=Decimal(amount).quantize(CENT), description=f"Part {place + 1}"
            )
        if approved:
            self.state.approve(contract.id)
        return contract, self.state.lines(contract.id)

    def invoice(self, contract, bills, number="I-1", *, approved=True, **more):
        """An invoice of the subcontractor; `bills` are amounts of work, or Billings, by line or its id."""
        typed = {
            getattr(line, "id", line): amount
            if isinstance(amount, Billing)
            else Billing(work=Decimal(amount).quantize(CENT))
            for line, amount in bills.items()
        }
        more = {"number": number, "billing_date": date(2026, 3, 28)} | more
        row = self.state.invoices.create(contract.id, None, typed, **more)
        if approved:
            self.state.invoices.submit(row.id)
            self.state.invoices.approve(row.id)
        return row

    def change(self, contract, *lines, **more):
        """An approved change order; a line is code, amount, description and the line it changes."""
        more = {"title": "Owner's wish", "status": "approved"} | more
        return self.state.change_orders.create(contract.id, lines, **more)

    def as_a_whole(self, contract, order):
        """From now on invoices bill the change order as one item; gives what that is called."""
        invoices = self.state.invoices
        invoices.remove_change_order(contract.id, order.id)
        total = self.state.change_orders.total(order.id)
        invoices.add_whole_change_order(contract.id, order.id, total, number=order.number, title=order.title)
        return order.id

    def job(self, kind, procore_id):
        """The newest job of a record, as the approver sees it."""
        return next(
            job for job in reversed(self.rig.jobs()) if (job.kind, job.procore_id) == (kind, str(procore_id))
        )

    def accept(self, job, **choices):
        """The approver accepts a job, or sends a failed one again with other fields."""
        review.accept(self.rig.desk(), job.id, choices)

    def retry(self, job):
        """The approver sends a failed job again."""
        review.retry(self.rig.desk(), job.id)

    def problems(self, job):
        """What the approver reads that stops a staged job."""
        return " ".join(one["message"] for one in job.review["problems"])

    def warnings(self, job):
        """What the approver reads besides."""
        return " ".join(one["message"] for one in job.review["warnings"])

    def said_by_doctor(self):
        """What doctor finds not well."""
        with self.rig.database.read() as tx:
            found = doctor.of_connection(tx, self.rig.name, self.rig.clock())
        return {one.name: f"{one.message} {one.fix}" for one in found if not one.ok}

    def payments(self):
        """The payments issued that the person in Procore sees, each with its amount and number."""
        return [(str(row.amount), row.check_number) for row in self.state.payments.all()]


@pytest.fixture(scope="session")
def people_of() -> Callable[[Company], People]:
    """The people of any company."""
    return People


@pytest.fixture
def people(company) -> People:
    """The people who work on both sides of a company."""
    return People(company)


class Pages:
    """A person's browser on qbsync's pages: it sends Origin, and the token that stands in each form."""

    def __init__(self, company: Company) -> None:
        pages = create_pages(
            company.rig.database,
            clock=company.rig.clock,
            public_url="http://localhost",
            secret_key=secrets.new_key(),
            ready=lambda: None,
            read_costs=lambda _row, _projects: {},
        )
        self.browser = pages.test_client()

    def read(self, path):
        """What stands on a page."""
        return unescape(self.browser.get(path).text)

    def submit(self, path, *, on, **fields):
        """Send a form that stands on the page `on`; gives what stands on the page it leads to."""
        token = re.search(r'name="token" value="([^"]+)"', self.read(on))[1]
        form = {"token": token, "back": on, **fields}
        headers = {"Origin": "http://localhost"}
        return unescape(self.browser.post(path, data=form, headers=headers, follow_redirects=True).text)


@pytest.fixture(scope="session")
def open_pages() -> Callable[[Company], Pages]:
    """Opens the pages of a company."""
    return Pages


class ErpCompany(Company):
    """The same company with ERP Integrations switched on: people send and accept in Procore's own tool."""

    vendors_go_again = False
    away = False
    """Nobody answers Procore's webhooks."""

    def furnish(self) -> None:
        """Switch the tool on, and register in it, before anything else."""
        self.state.erp.activate()
        self.rig.change_connection(lambda row: setattr(row, "feed", "erp"))
        super().furnish()

    def oddities(self) -> Iterator[str]:
        """Where requests named their detail, and how they spelled ids and numbers."""
        for request in self.state.erp.events:
            data, said = request.data, json.dumps(request.data)
            rows = data if isinstance(data, list) else data.get("requisitions", [data])
            inside = all("request_detail_id" in row for row in rows)
            where = "one an element" if inside and rows != [data] else "inside" if inside else "beside"
            yield f"detail {where if inside or request.around else 'absent'}"
            yield "ids as text" if re.search(r'"id": "\d+"', said) else "ids as numbers"
            if number := re.search(r'"change_order": {.*?"number": ("?)', said):
                yield "number as text" if number[1] else "number as a number"

    def register(self) -> None:
        """Make the ERP connection and its webhook."""
        url = "https://qbsync.example"
        registration.register(self.rig.desk(), self.rig.name, self.client, service_url=url)
        made = webhooks.add(self.rig.desk(), self.rig.name, HookApi(self.client), url=url)
        assert (made.hooks, made.triggers, made.refused) == (1, 1, [])

    def pull(self) -> None:
        """People send and accept all that can go; webhooks tell of it, and it is fetched."""
        if not self.state.erp.connected:
            self.register()
        self.state.erp.send_eligible(lambda _project: "Ridge Owners")
        self.deliver()
        super().pull()

    def unlink(self, key: RecordKey) -> None:
        """A super user resets an invoice, whose export is then eligible again."""
        self.state.erp.reset_requisition(int(key.procore_id))
        self.settle()

    def ask_to_unlink(self, keys: Sequence[RecordKey]) -> None:
        """An approver unlinks records in the tool, and qbsync says there that it is done."""
        for key in keys:
            kind = Kind.REQUISITION if key.kind is RecordKind.INVOICE else Kind(key.kind.value)
            self.state.erp.unlink(kind, int(key.procore_id))
        self.deliver()
        super().pull()
        self.rig.clock.passes(timedelta(minutes=1))
        self.pc.update()
        self.push()

    def send_again(self, key: RecordKey) -> None:
        """The next pull does: what is unlinked there may be sent."""

    def settle(self) -> None:
        """As ever, until nobody can send anything; then costs are read: figures hold our own bills."""
        super().settle()
        while self.state.erp.send_eligible(lambda _project: "Ridge Owners"):
            super().settle()
        self.rig.clock.passes(timedelta(minutes=20))
        self.look()
        self.push()

    def open(self) -> list[str]:
        """As ever, and what Procore's tool waits for; an export that failed is sent again by its people."""
        details = [one for one in self.state.erp.tables.details.everything() if one.status == IN_PROGRESS]
        waiting = self.state.outbox.waiting()
        jobs = [one for one in super().open() if " is failed: " not in one]
        return [*jobs, *(f"detail {one.id} is open" for one in details), *["an event waits"] * waiting]

    def deliver(self) -> None:
        """Procore posts what waits in its outbox."""

        def post(_url, _headers, body):
            if self.away:
                return 503
            heard = hearing.hear(self.rig.database, self.rig.id, body, self.rig.clock())
            return 200 if heard in (Heard.KEPT, Heard.KNOWN) else 500

        self.state.outbox.pump(post)


class Office:
    """People at Procore's ERP tool of a company that has worked for a day."""

    def __init__(self, company) -> None:
        self.company, self.rig, self.procore = company, company.rig, company.procore
        self.state, self.tool = company.state, company.state.erp
        company.settle()

    def vendor(self, name="Otherco"):
        """A vendor that is sent and accepted; gives it and its request."""
        row = self.state.create_vendor(name)
        return row, self.sends(Kind.VENDOR, row.id)

    def sends(self, kind, record_id, **fields):
        """A record is sent, and the approver accepts it; gives its request."""
        self.tool.send(kind, record_id)
        return self.tool.accept(kind, record_id, **fields)

    def pull(self, after=timedelta(0)):
        """The worker takes in what webhooks brought."""
        self.rig.clock.passes(after)
        self.company.deliver()
        self.company.worker.pull(self.rig.id)

    def goes_on(self, rounds=2, minutes=20):
        """Some updates run, with a pull before and a push after each."""
        for _ in range(rounds):
            self.pull(after=timedelta(minutes=minutes))
            self.rig.clock.passes(timedelta(minutes=1))
            self.company.pc.update()
            self.company.push()

    def item(self, kind, record_id):
        """A record as the tool shows it: its stage and what is said of it."""
        found = self.tool.tables.item(kind, record_id)
        return found.stage, " ".join(found.messages)

    def detail_of(self, request):
        """The detail of a request, closed or not."""
        return next(one for one in self.tool.tables.details.everything() if one.request_id == request.id)

    def kept(self, request):
        """A request as qbsync keeps it."""
        with self.rig.database.read() as tx:
            return erp.of_request(tx, self.rig.id, str(request.id))

    def paid(self):
        """The amount of each payment that Procore has, and whether it has an id."""
        return [(row.amount, bool(row.origin_id)) for row in self.state.payments.all()]

    def refused(self):
        """The write-backs that Procore refused, newest first."""
        with self.rig.database.read() as tx:
            return writebacks.listing(tx, connection_id=self.rig.id, state=WritebackState.REFUSED.value)

    def troubles(self):
        """What the connection's page shows as troubles, by subject."""
        with self.rig.database.read() as tx:
            return {one.subject: f"{one.message} {one.guidance}" for one in troubles.listing(tx, self.rig.id)}

    def link_of(self, kind, record_id):
        """What a record is linked to in QuickBooks, None where it is not."""
        with self.rig.database.read() as tx:
            key = RecordKey(kind=kind, procore_id=str(record_id))
            found = links.find(tx, self.rig.id, key)
        return None if found is None else found.quickbooks_id


class Moment:
    """A company furnished once, that any number of tests begin from; one of them at a time is alive."""

    def __init__(self, company: Company, folder: Path) -> None:
        self._company = company
        self._now = company.rig.clock.now
        self._books = company.rig.file.snapshot()
        self._procore = folder / "procore.json"
        saved.save(company.state, self._procore)
        self._rows = sqlite3.connect(":memory:")
        with self._connected() as there:
            there.backup(self._rows)

    def company(self) -> Company:
        """The company as it was at that moment; whatever the one before has done is gone."""
        with self._connected() as there:
            self._rows.backup(there)
        rig = self._company.rig.again(self._books, self._now)
        return self._company.again(rig, saved.load(self._procore, clock=RigClock(rig)))

    def close(self) -> None:
        """Forget it."""
        self._rows.close()

    @contextmanager
    def _connected(self) -> Iterator[sqlite3.Connection]:
        with self._company.rig.database.engine.connect() as there:
            yield there.connection.driver_connection


@pytest.fixture(scope="session")
def company_at_first(new_sqlite, make_rig, tmp_path_factory) -> Iterator[Callable[..., Company]]:
    """Gives a company before its first commitment: of this class, and in this country."""
    moments = {}

    def company(kind: type[Company], country: str) -> Company:
        if (kind, country) not in moments:
            furnished = kind(make_rig(new_sqlite(), country=country))
            moments[kind, country] = Moment(furnished, tmp_path_factory.mktemp("company"))
        return moments[kind, country].company()

    yield company
    for moment in moments.values():
        moment.close()


@pytest.fixture(scope="session")
def make_company(company_at_first) -> Callable[..., Company]:
    """Makes companies on the direct feed; the one made before it in that country is no more."""
    return lambda country="US": company_at_first(Company, country)


@pytest.fixture(scope="session")
def make_erp_company(company_at_first) -> Callable[..., ErpCompany]:
    """Makes companies on the ERP feed; the one made before it is no more.

    With a seed Procore's requests show all the oddities that its reference reports, by chance.
    """

    def make(seed: int | None = None) -> ErpCompany:
        company = company_at_first(ErpCompany, "US")
        company.state.erp.activate(seed)
        return company

    return make


@pytest.fixture
def company(make_company) -> Company:
    """A company before its first commitment."""
    return make_company()


@pytest.fixture
def erp_company(make_erp_company) -> ErpCompany:
    """A company on the ERP feed before its first commitment."""
    return make_erp_company()


@pytest.fixture
def office(erp_company):
    """An office where everything works so far."""
    return Office(erp_company)


@pytest.fixture
def billed_office(office, people_of):
    """An office whose company has a bill, `bill`, that nobody has paid yet."""
    people = people_of(office.company)
    contract, [line] = people.commit(1000)
    office.company.settle()
    people.invoice(contract, {line: 100})
    office.company.settle()
    [office.bill] = office.rig.file.bills()
    return office
