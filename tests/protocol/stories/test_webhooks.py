"""Stories of changes that Procore tells of by webhook, and of what polling finds beside them."""

from __future__ import annotations

import random
from collections import Counter
from datetime import timedelta
from decimal import Decimal
from urllib.parse import urlsplit

import pytest
import sqlalchemy as sa

from qbsync.errors import ConfigError, ProcoreUnavailableError
from qbsync.flows import hook_insights, webhooks
from qbsync.model.jobs import JobState
from qbsync.ops.pages import create_pages
from qbsync.procore.hooks import HookApi
from qbsync.simulator.procore.invoice_maths import Billing
from qbsync.store import connections, hooks, inbox, secrets
from qbsync.store.hook_tables import DeliveryRow
from qbsync.store.tables import ConnectionRow

ADDRESS = "https://hooks.example.com"
V2 = "/rest/v2.0/*"


class Hooked:
    """A company whose Procore can deliver to qbsync."""

    def __init__(self, company) -> None:
        self.company = company
        self.rig = company.rig
        self.outbox = company.state.outbox
        self.client = company.worker.clients(None)
        pages = create_pages(
            self.rig.database,
            clock=self.rig.clock,
            public_url=ADDRESS,
            secret_key=secrets.new_key(),
            ready=lambda: None,
            read_costs=lambda _row, _projects: {},
        )
        self.pages = pages.test_client()
        self.away = False
        self.posts = []

    def register(self, **more):
        """Have Procore tell of changes."""
        return webhooks.add(self.rig.desk(), self.rig.name, HookApi(self.client), url=ADDRESS, **more)

    def remove(self):
        """Have Procore tell no more."""
        return webhooks.remove(self.rig.desk(), self.rig.name, HookApi(self.client))

    def post(self, url, headers, body):
        """Carry a delivery from Procore to the pages, unless nobody is there."""
        if self.away:
            raise TimeoutError
        self.posts.append(body)
        return self.pages.post(urlsplit(url).path, data=body, headers=headers).status_code

    def deliver(self):
        """Procore sends what it may send."""
        return self.outbox.pump(self.post)

    def calls(self):
        """What was called since this was last asked, by endpoint."""
        made = Counter(self.company.procore.calls)
        new = made - getattr(self, "_before", Counter())
        self._before = made
        return new

    def outcomes(self):
        """How many deliveries are kept, by what became of them."""
        with self.rig.database.read() as tx:
            return {
                outcome: count for (one, outcome), count in inbox.counts(tx).items() if one == self.rig.id
            }

    def rows(self):
        """The hooks that are known here."""
        with self.rig.database.read() as tx:
            return list(hooks.of(tx, self.rig.id))

    def job(self, kind, procore_id):
        """The newest job of a record; None where there is none."""
        found = [one for one in self.rig.jobs() if (one.kind, one.procore_id) == (kind, str(procore_id))]
        return max(found, key=lambda one: one.id, default=None)

    def contract(self, number="SC-1"):
        """An approved subcontract."""
        state = self.company.state
        row = state.create_commitment(
            "work_order_contract",
            self.company.project.id,
            self.company.vendors[0].id,
            number=number,
            title="Walls",
        )
        state.create_line(row.id, self.company.codes[0], amount=Decimal(1000), description="Walls")
        return state.approve(row.id)


@pytest.fixture
def hooked(company):
    """A company whose Procore can deliver, not yet registered."""
    made = Hooked(company)
    with made.rig.database.write() as tx:  # the worker must not serve those of tests that are over
        others = sa.update(ConnectionRow).where(ConnectionRow.id != made.rig.id)
        tx.execute(others.values(paused_at=made.rig.clock()))
    made.calls()
    return made


@pytest.fixture
def told(hooked):
    """A company whose Procore tells of changes, and has told of one of each kind."""
    hooked.register()
    state, company = hooked.company.state, hooked.company
    first = hooked.contract("SC-0")
    state.create_vendor("Corner Supply")
    state.create_commitment(
        "purchase_order_contract", company.project.id, company.vendors[0].id, title="Draft"
    )
    state.change_orders.create(first.id, [], title="More")
    state.edit_project(company.project.id, city="Oakland")
    state.create_cost_code(company.project.id, "99", "Our own")
    hooked.deliver()
    hooked.rig.clock.passes(timedelta(minutes=1))
    hooked.company.worker.listen(hooked.rig.id)
    hooked.company.settle()
    hooked.deliver()
    hooked.company.worker.listen(hooked.rig.id)
    hooked.rig.clock.passes(timedelta(minutes=2))
    hooked.calls()
    return hooked


def test_a_change_arrives_by_webhook_before_the_next_poll(told):
    """An approved commitment becomes a job by its event alone; nothing else of the company is read."""
    contract = told.contract()
    told.deliver()
    assert told.job("commitment", contract.id) is None
    told.company.worker.run_once()
    assert told.job("commitment", contract.id) is not None
    made = told.calls()
    assert made["GET /rest/v1.0/work_order_contracts"] == 1
    assert not any(
        word in call for call in made for word in ("requisitions", "vendors", "projects", "budget")
    )
    assert told.outcomes().get("waiting", 0) == 0


def test_events_that_come_twice_and_in_no_order_do_nothing_twice(told):
    """A commitment approved, edited and approved again, told in any order and twice over, is one job each."""
    state = told.company.state
    made = [told.contract(f"SC-{number}") for number in range(1, 5)]
    for row in made:
        state.edit_commitment(row.id, title="Higher walls")
    told.deliver()
    again = list(told.posts)
    told.company.worker.run_once()
    jobs = [(job.id, job.state) for job in told.rig.jobs()]
    random.Random(3).shuffle(again)
    headers = {"Authorization": next(iter(told.outbox.hooks.values())).authorization}
    for body in again:
        assert (
            told.pages.post(f"/webhooks/procore/{told.rig.name}", data=body, headers=headers).status_code
            == 200
        )
    told.rig.clock.passes(timedelta(minutes=2))
    told.company.worker.listen(told.rig.id)
    assert [(job.id, job.state) for job in told.rig.jobs()] == jobs
    assert len([job for job in told.rig.jobs() if job.procore_id in {str(row.id) for row in made}]) == 4
    told.company.settle()
    assert told.company.differences() == []


def test_a_deletion_is_believed_once_procore_was_asked(told):
    """A vendor that is gone takes its waiting job along; a deletion that did not happen takes nothing."""
    state = told.company.state
    told.rig.set(auto_accept="none")
    there, gone = state.create_vendor("There"), state.create_vendor("Gone")
    told.deliver()
    told.company.worker.listen(told.rig.id)
    assert {told.job("vendor", one.id).state for one in (there, gone)} == {JobState.STAGED.value}
    state.delete_vendor(gone.id)
    state.outbox.publish("Company Vendors", there.id, "delete")
    told.rig.clock.passes(timedelta(minutes=1))
    told.deliver()
    told.company.worker.listen(told.rig.id)
    assert told.job("vendor", gone.id).state == JobState.CANCELLED.value
    assert told.job("vendor", there.id).state == JobState.STAGED.value


def test_what_webhooks_tell_of_is_polled_once_an_hour_and_the_rest_as_ever(told):
    """Within the hour polls ask for invoices and budgets, which no event tells of, and for nothing else."""
    told.rig.clock.passes(timedelta(minutes=15))
    told.company.worker.run_once()
    told.calls()
    for _ in range(2):
        told.rig.clock.passes(timedelta(minutes=8))  # a project quiet for an hour is due every 8 minutes
        told.company.worker.run_once()
    made = told.calls()
    assert made["GET /rest/v1.1/requisitions"] == 2
    asked = {"/work_order_contracts", "/purchase_order_contracts", "/change_order_packages", "/vendors"}
    assert [call for call in made if any(call.endswith(one) for one in asked)] == []
    told.rig.clock.passes(timedelta(hours=1))
    told.company.worker.run_once()
    made = told.calls()
    assert all(any(call.endswith(one) for call in made) for one in asked)


def test_invoices_are_found_by_polling_while_webhooks_tell_of_the_rest(told):
    """An invoice has no webhook: the scheduled poll stages it within its usual time."""
    state = told.company.state
    contract = told.contract()
    told.company.settle()
    [line] = state.lines(contract.id)
    invoice = state.invoices.create(contract.id, None, {line.id: Billing(work=Decimal(500))}, number="I-1")
    state.invoices.submit(invoice.id)
    state.invoices.approve(invoice.id)
    told.rig.clock.passes(timedelta(minutes=6))
    told.company.worker.run_once()
    assert told.job("invoice", invoice.id) is not None


def test_an_outage_of_a_day_is_caught_up_by_polling(told):
    """What Procore could not deliver for twelve hours is thrown away; polling finds what it told of."""
    told.away = True
    contract = told.contract()
    for _ in range(26):
        told.deliver()
        told.rig.clock.passes(timedelta(hours=1))
    told.away = False
    assert told.deliver() == 0
    assert any(one.status == "discarded" for one in told.outbox.deliveries)
    told.company.worker.run_once()
    assert told.job("commitment", contract.id) is not None
    told.company.settle()
    assert told.company.differences() == []


def test_hooks_that_deliver_nothing_slow_no_poll_down(hooked):
    """Registered and silent, as behind a proxy that lets nothing through: polling goes on as ever."""
    hooked.register()
    hooked.company.worker.run_once()
    contract = hooked.contract()
    hooked.rig.clock.passes(timedelta(minutes=6))
    hooked.company.worker.run_once()
    assert hooked.job("commitment", contract.id) is not None


def test_while_procore_is_away_deliveries_wait(told):
    """What Procore told of and then could not show is read by the pass after."""
    contract = told.contract()
    told.deliver()
    told.company.procore.inject("GET", "/rest/v1.0/*", 503, times=40)
    told.company.worker.run_once()
    assert told.outcomes()["waiting"] > 0
    told.company.procore.heal()
    told.rig.clock.passes(timedelta(minutes=10))
    told.company.worker.run_once()
    told.rig.clock.passes(timedelta(minutes=1))
    told.company.worker.run_once()
    assert told.job("commitment", contract.id) is not None
    assert "waiting" not in told.outcomes()


def test_our_own_changes_and_another_companys_change_nothing(told):
    """An echo of what we wrote to Procore, and an event of another company, are noted and ask for nothing."""
    row = told.company.state.vendors()[0]
    vendor = {"company_id": told.client.company_id, "vendor": {"notes": "x", "name": f"{row.name} Ltd"}}
    told.client.patch(f"/rest/v1.0/vendors/{row.id}", vendor)
    assert told.deliver() > 0
    told.outbox.company_id = 4711
    told.company.state.create_vendor("Elsewhere")
    assert told.deliver() > 0
    told.outbox.company_id = told.company.state.company_id
    told.outbox.publish("Contract Payments", 1, "create", told.company.project.id)
    before = told.outcomes()
    told.calls()
    told.company.worker.listen(told.rig.id)
    after = told.outcomes()
    assert {name: after.get(name, 0) - before.get(name, 0) for name in ("own", "foreign")} == {
        "own": 1,
        "foreign": 1,
    }
    assert told.calls() == Counter()


def test_two_workers_do_not_read_at_once(told):
    """While another process reads Procore deliveries wait, and are read afterwards."""
    contract = told.contract()
    told.deliver()
    later = told.rig.clock() + timedelta(minutes=5)
    told.rig.change_connection(lambda row: setattr(row, "pulling_until", later))
    assert told.company.worker.listen(told.rig.id) is None
    assert told.job("commitment", contract.id) is None
    told.rig.change_connection(lambda row: setattr(row, "pulling_until", None))
    assert told.company.worker.listen(told.rig.id) is not None


def test_a_burst_of_events_is_read_together(told):
    """Events of one minute cost one reading: the first is read at once, the others after a minute."""
    told.contract("SC-1")
    told.deliver()
    assert told.company.worker.listen(told.rig.id) is not None
    for number in range(2, 8):
        told.contract(f"SC-{number}")
        told.deliver()
        assert told.company.worker.listen(told.rig.id) is None
    told.rig.clock.passes(timedelta(minutes=1))
    told.calls()
    assert told.company.worker.listen(told.rig.id) is not None
    assert told.calls()["GET /rest/v1.0/work_order_contracts"] == 1


# Registration


def test_registering_asks_for_what_the_feed_reads_and_no_more(hooked):
    """One hook of the company has the triggers that Procore offers and the feed has a stream for."""
    made = hooked.register()
    [hook] = hooked.outbox.hooks.values()
    names = {one.resource_name for one in hooked.outbox.triggers_of(hook.id)}
    assert {"Work Order Contracts", "Work Order Contract Line Items", "Company Vendors", "Projects"} <= names
    assert names.isdisjoint({"ERP Requests", "Daily Logs", "Contract Payments", "Direct Costs"})
    assert (made.hooks, made.refused, made.unfollowed) == (1, [], False)
    assert hook.destination_url == f"{ADDRESS}/webhooks/procore/{hooked.rig.name}"
    [row] = hooked.rows()
    assert row.made
    assert len(row.triggers) == made.triggers == 3 * len(names)


def test_where_a_companys_hook_may_not_carry_projects_each_has_its_own(hooked):
    """What Procore refuses a company's hook is asked for by project, and nothing is said to be lacking."""
    hooked.outbox.carries_projects = False
    made = hooked.register()
    assert (made.hooks, made.refused) == (2, [])
    assert {hook.project_id for hook in hooked.outbox.hooks.values()} == {None, hooked.company.project.id}
    contract = hooked.contract()
    hooked.deliver()
    hooked.company.worker.listen(hooked.rig.id)
    assert hooked.job("commitment", contract.id) is not None


def test_a_hook_a_project_may_be_had_at_once(hooked):
    """Where a company's hook takes triggers of projects and delivers nothing of them, the option helps."""
    hooked.outbox.delivers_projects = False
    hooked.register(per_project=True)
    contract = hooked.contract()
    assert hooked.deliver() > 0
    hooked.company.worker.listen(hooked.rig.id)
    assert hooked.job("commitment", contract.id) is not None


def test_where_procore_has_no_v2_hooks_v1_is_used(hooked):
    """With 404 for everything of v2.0 the hook is made by v1.0 and tells of changes; and is removed by it."""
    hooked.company.procore.inject("*", V2, 404, times=10**6)
    made = hooked.register()
    assert made.hooks >= 1
    assert {row.api for row in hooked.rows()} == {"v1.0"}
    contract = hooked.contract()
    hooked.deliver()
    hooked.company.worker.listen(hooked.rig.id)
    assert hooked.job("commitment", contract.id) is not None
    hooked.remove()
    assert hooked.outbox.hooks == {}


def test_repeating_changes_the_bearer_and_leaves_one_hook(hooked):
    """Registered twice there is one hook, with another bearer; the first one's is good no more."""
    hooked.register()
    [first] = hooked.outbox.hooks.values()
    made = hooked.register()
    [second] = hooked.outbox.hooks.values()
    assert made.removed == 1
    assert second.authorization != first.authorization
    assert len(hooked.rows()) == 1
    answer = hooked.pages.post(
        urlsplit(first.destination_url).path, data=b"{}", headers={"Authorization": first.authorization}
    )
    assert answer.status_code == 401
    hooked.contract()
    assert hooked.deliver() > 0


STEPS = [
    ("GET", "/rest/v1.0/me", False),
    ("GET", "/rest/v2.0/*/webhooks/resources", False),
    ("POST", "/rest/v2.0/*/webhooks/hooks", False),
    ("POST", "/rest/v2.0/*/webhooks/hooks", True),
    ("POST", "/rest/v2.0/*/triggers/bulk", False),
    ("POST", "/rest/v2.0/*/triggers/bulk", True),
    ("GET", "/rest/v2.0/*/webhooks/hooks", False),
    ("DELETE", "/rest/v2.0/*/webhooks/hooks/*", False),
    ("DELETE", "/rest/v2.0/*/webhooks/hooks/*", True),
]


@pytest.mark.parametrize(("method", "path", "after"), STEPS)
def test_a_registration_that_failed_anywhere_is_mended_by_repeating_it(hooked, method, path, after):
    """Procore fails at one step, before or after doing it; the next attempt leaves one good hook."""
    hooked.register()
    hooked.company.procore.inject(method, path, 503, times=4 if method == "GET" else 1, after=after)
    with pytest.raises(ProcoreUnavailableError):
        hooked.register()
    hooked.company.procore.heal()
    contract = hooked.contract()
    hooked.deliver()
    assert hooked.outcomes().get("waiting", 0) > 0, "meanwhile an earlier or unfinished hook delivers"
    hooked.register()
    [hook] = hooked.outbox.hooks.values()
    [row] = hooked.rows()
    assert (row.procore_id, row.made) == (str(hook.id), True)
    assert len(row.triggers) == len(hooked.outbox.triggers_of(hook.id))
    hooked.company.worker.listen(hooked.rig.id)
    assert hooked.job("commitment", contract.id) is not None


def test_triggers_refused_are_said(hooked):
    """A trigger that Procore refuses for good is named with its words, and the others stand."""
    hooked.company.procore.inject("POST", "/rest/v2.0/*/triggers/bulk", 403, times=1)
    hooked.company.procore.inject("POST", "/rest/v2.0/*/triggers", 422, times=3)
    made = hooked.register()
    [row] = hooked.rows()
    assert len(row.refused) == 3
    assert made.triggers == len(row.triggers) > 10


def test_removing_leaves_nothing_behind_and_may_be_repeated(hooked):
    """After a removal that failed once and was repeated there is no hook, here or in Procore."""
    hooked.outbox.carries_projects = False
    hooked.register()
    hooked.company.procore.inject("DELETE", "/rest/v2.0/*/webhooks/hooks/*", 503, times=1, after=True)
    with pytest.raises(ProcoreUnavailableError):
        hooked.remove()
    hooked.remove()
    assert hooked.outbox.hooks == {}
    assert hooked.rows() == []
    assert hooked.remove() == 0


@pytest.mark.parametrize(
    "url",
    [
        "http://hooks.example.com",
        "https://localhost:8700",
        "https://127.0.0.1",
        "https://user:word@hooks.example.com",
        "https://hooks.example.com/?a=b",
        "ftp://hooks.example.com",
        "hooks.example.com",
        "",
    ],
)
def test_an_address_that_procore_cannot_use_is_refused_before_anything_is_asked(hooked, url):
    """Only https from outside will do while Procore is not on this machine; nothing is called before."""
    with pytest.raises(ConfigError):
        webhooks.add(hooked.rig.desk(), hooked.rig.name, HookApi(hooked.client), url=url)
    assert hooked.calls() == Counter()
    assert hooked.rows() == []


def test_the_doctor_tells_how_webhooks_fare(hooked):
    """Without hooks, with one that was heard, and with one that has long been silent, it says so."""

    def fares():
        with hooked.rig.database.read() as tx:
            row = connections.get(tx, hooked.rig.id)
            return hook_insights.fares(tx, row, hooked.rig.clock())

    assert fares()[0]
    assert "no webhooks" in fares()[1]
    hooked.register()
    assert "nothing was heard yet" in fares()[1]
    hooked.contract()
    hooked.deliver()
    assert fares()[0]
    assert "last heard" in fares()[1]
    hooked.rig.clock.passes(timedelta(days=4))
    ok, _, fix = fares()
    assert not ok
    assert ADDRESS in fix


def test_deliveries_are_forgotten_after_four_weeks(told):
    """What was read is dropped once Procore itself has forgotten it."""
    told.rig.clock.passes(timedelta(days=29))
    told.contract()
    told.deliver()
    told.company.worker.listen(told.rig.id)
    with told.rig.database.read() as tx:
        oldest = tx.scalar(
            sa.select(sa.func.min(DeliveryRow.received_at)).where(DeliveryRow.connection_id == told.rig.id)
        )
    assert told.rig.clock() - oldest < timedelta(days=1)
