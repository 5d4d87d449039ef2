"""Stories of events that come twice, again, or in the wrong order: the same end, and nothing twice."""

from __future__ import annotations

import json
from collections import Counter
from datetime import timedelta
from decimal import Decimal

import pytest

from qbsync.flows import hearing
from qbsync.flows.erp import catch_up
from qbsync.model.records import RecordKey, RecordKind
from qbsync.simulator.procore.erp_rows import Stage
from qbsync.simulator.procore.invoice_maths import Billing
from qbsync.store import erp, links, queue, troubles


class Post:
    """Holds what Procore posts, so that a story can deliver it as it wants."""

    def __init__(self, company) -> None:
        self.company = company
        self.bodies: list[bytes] = []
        company.deliver = self.take

    def take(self) -> None:
        """Deliver everything, twice, and keep it."""
        for body in self.held():
            self.hear(body)
            self.hear(body)
            self.bodies.append(body)

    def held(self) -> list[bytes]:
        """Take what waits off Procore's hands without delivering it, in the order of the requests."""
        found: dict[int, bytes] = {}

        def keep(_url, _headers, body):
            found[json.loads(body)["resource_id"]] = body
            return 200

        self.company.state.outbox.pump(keep)
        return [found[one] for one in sorted(found)]

    def is_all_there_is(self) -> None:
        """Procore lists no deliveries: requests come in the order in which they are delivered."""
        self.company.procore.inject("GET", "*/deliveries", 404, times=10**6)

    def hear(self, body: bytes) -> None:
        """One delivery arrives."""
        hearing.hear(self.company.rig.database, self.company.rig.id, body, self.company.rig.clock())

    def again(self) -> None:
        """Everything that ever was delivered comes once more, as new deliveries of the same requests."""
        for place, body in enumerate(reversed(self.bodies)):
            other = json.loads(body)
            other |= {"id": 10**6 + place, "ulid": f"again-{place}"}
            self.hear(json.dumps(other).encode())


@pytest.fixture
def post(erp_company):
    """The company's post, after its first day."""
    erp_company.settle()
    return Post(erp_company)


def _link(company, kind, procore_id):
    with company.rig.database.read() as tx:
        found = links.find(tx, company.rig.id, RecordKey(kind=kind, procore_id=str(procore_id)))
        return None if found is None else found.quickbooks_id


def _state(company):
    """Everything that an event could have done twice."""
    with company.rig.database.read() as tx:
        linked = sorted(
            (row.kind, row.procore_id, row.quickbooks_id)
            for row in links.listing(tx, connection_id=company.rig.id)
        )
        parts = Counter(
            (part.purpose, part.kind, part.procore_id, part.outcome)
            for request in erp.requests(tx, connection_id=company.rig.id)
            for part in erp.of_its_request(tx, company.rig.id, request.request_id)
        )
        jobs = Counter((job.kind, job.procore_id, job.version, job.state) for job in company.rig.jobs())
    file = company.rig.file
    books = [len(list(rows)) for rows in (file.purchase_orders(), file.bills(), file.estimates())]
    details = [(one.id, one.status) for one in company.state.erp.tables.details.everything()]
    return linked, parts, jobs, books, details, company.state.erp.violations


def _everything(company, people):
    """A working week that raises every event which the tool can raise."""
    state, tool = company.state, company.state.erp
    human = company.rig.file.human
    contract, (line, other) = people.commit(1000, 500)
    company.settle()
    people.change(contract, (line.cost_code_id, Decimal(50), "More", line.id))
    company.settle()
    invoice = people.invoice(contract, {line: 400, other: Billing(work=Decimal(100))})
    state.budgets.add_line(company.project.id, company.codes[0], Decimal(900), company.cost_type.id)
    state.budgets.lock(company.project.id)
    company.settle()
    [budgeted] = state.budgets.lines(company.project.id)
    state.budgets.change(company.project.id, {budgeted.id: Decimal(25)})
    company.settle()
    tool.reset_requisition(invoice.id)
    company.settle()
    human.add_vendor("Only Here")
    human.add_vendor("Twin")
    human.add_customer("Annex", parent="Ridge Owners")
    twin = state.create_vendor("Twin & Sons")
    for what in ("vendors", "jobs", "commitments", "change_orders", "payments"):
        tool.refresh(what)
    tool.refresh("standard_cost_codes")
    tool.refresh("standard_categories")
    company.settle()
    staged = {one.data["name"]: one.id for one in tool.staged()}
    vendor = tool.add_to_procore(staged["Only Here"])
    tool.add_to_procore(staged["Annex"])
    company.settle()
    tool.merge_vendors(vendor, [twin.id])
    tool.unlink_vendor(vendor)
    tool.update_job_costs(company.project.id)
    tool.sync_metadata()
    tool.delete_cost_codes(company.project.id, [company.codes[2]])
    tool.delete_assignments(company.project.id, [(company.codes[0], company.cost_type.id)])
    tool.export_direct_cost(company.vendors[0].id, company.project.id, "D-1", Decimal(5))
    company.settle()
    tool.unlink("requisition", invoice.id)
    company.settle()
    tool.reset_job(company.project.id)
    company.settle()


def test_every_event_counts_once_however_often_it_comes(post, people_of):
    """Each event is delivered twice, and all of them once more in the end: nothing is done again."""
    company = post.company
    _everything(company, people_of(company))
    names = Counter(one.name for one in company.state.erp.tables.requests.everything())
    assert len(names) >= 20
    before = _state(company)
    assert before[-1] == []
    calls_before = Counter(company.procore.calls)
    post.again()
    company.settle()
    assert _state(company) == before
    asked = Counter(company.procore.calls) - calls_before
    assert [call for call in asked if "erp_requests" in call] == []
    assert [call for call in asked if "external_data" in call or "erp_request_details/" in call] == []


def _vendor_to_link(company):
    """A vendor that QuickBooks alone has, staged, and a company of Procore's directory beside it."""
    company.rig.file.human.add_vendor("Bay Steel")
    company.state.erp.refresh("vendors")
    company.settle()
    [staged] = company.state.erp.staged("vendor")
    return staged, company.state.create_vendor("Bay Steel of Oakland")


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_a_vendor_that_was_linked_and_unlinked_is_not_linked(post, order):
    """Whichever of the two notices comes first, the later one counts."""
    company, tool = post.company, post.company.state.erp
    staged, vendor = _vendor_to_link(company)
    post.is_all_there_is()
    tool.link_vendor(staged.id, vendor.id)
    tool.unlink_vendor(vendor.id)
    notices = post.held()
    for place in order:
        post.hear(notices[place])
        company.worker.pull(company.rig.id)
    assert _link(company, RecordKind.VENDOR, vendor.id) is None


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 0, 1), (1, 2, 0), (2, 1, 0)])
def test_vendors_that_were_linked_and_merged_keep_one_true_link(post, order):
    """The one that stays carries the id, the merged one nothing, in any order of the three notices."""
    company, tool = post.company, post.company.state.erp
    staged, vendor = _vendor_to_link(company)
    post.is_all_there_is()
    master = company.state.create_vendor("Bay Steel Group")
    tool.link_vendor(staged.id, vendor.id)
    tool.merge_vendors(master.id, [vendor.id])
    tool.sync_metadata()
    notices = post.held()
    for place in order:
        post.hear(notices[place])
        company.worker.pull(company.rig.id)
    assert _link(company, RecordKind.VENDOR, vendor.id) is None
    assert _link(company, RecordKind.VENDOR, master.id) == staged.origin_id
    with company.rig.database.read() as tx:
        assert {one.subject for one in troubles.listing(tx, company.rig.id)} <= {catch_up.LISTED}


def test_all_vendors_of_the_same_name_are_linked_at_once(post):
    """Link all joins each staged vendor to the company of its very name; what is exported then goes there."""
    company, tool = post.company, post.company.state.erp
    company.vendors_go_again = False
    company.rig.file.human.add_vendor("Ridge Roofing")
    tool.refresh("vendors")
    company.settle()
    vendor = company.state.create_vendor("Ridge Roofing")
    assert tool.link_all_vendors() == 1
    company.settle()
    assert _link(company, RecordKind.VENDOR, vendor.id) == company.state.vendor(vendor.id).origin_id


def test_an_export_that_comes_after_a_newer_one_is_answered_and_not_sent(post, people_of):
    """An invoice that was reset and exported again: the first event comes last, and makes no second bill."""
    company, tool = post.company, post.company.state.erp
    people = people_of(company)
    contract, (line,) = people.commit(1000)
    company.settle()
    post.is_all_there_is()
    invoice = people.invoice(contract, {line: 400})
    tool.send("requisition", invoice.id)
    tool.accept("requisition", invoice.id)
    [first] = post.held()
    tool.reset_requisition(invoice.id)
    tool.send("requisition", invoice.id)
    tool.accept("requisition", invoice.id)
    for body in post.held():
        post.hear(body)
    company.worker.pull(company.rig.id)
    company.pc.update()
    company.push()
    post.hear(first)
    company.settle()
    assert len(list(company.rig.file.bills())) == 1
    assert [job.state for job in company.rig.jobs() if job.kind == "invoice"] == ["synced"]
    newest = people.job("invoice", invoice.id)
    with company.rig.database.read() as tx:
        key = queue.key_of_job(newest)
        assert links.find(tx, company.rig.id, key) is not None
    assert company.differences() == []


def test_what_another_connector_left_is_linked_when_it_is_used(post, people_of):
    """A vendor with the ListID of one in QuickBooks, which qbsync never exported: none is made anew."""
    company = post.company
    list_id = company.rig.file.human.add_vendor("Old Friends")
    vendor = company.state.create_vendor("Old Friends Inc.", origin_id=list_id)
    company.state.erp.tables.put("vendor", vendor.id, stage=Stage.SYNCED)
    company.rig.clock.passes(timedelta(minutes=70))  # the lists are read again
    company.pc.update()
    company.vendors = [vendor, *company.vendors]
    people_of(company).commit(250)
    company.settle()
    assert _link(company, RecordKind.VENDOR, vendor.id) == list_id
    [order] = company.rig.file.purchase_orders()
    assert order.vendor_id == list_id
    assert company.state.erp.items(Stage.FAILED) == []


def test_an_older_export_joins_no_vendor_that_was_unlinked_since(post, people_of):
    """The commitment's request comes after the newer notice: the ListID is free for another company."""
    company, tool = post.company, post.company.state.erp
    [vendor, *_] = company.vendors
    list_id = company.state.vendor(vendor.id).origin_id
    post.is_all_there_is()
    contract, _ = people_of(company).commit(1000)
    tool.send("commitment", contract.id)
    tool.accept("commitment", contract.id)
    [older] = post.held()
    tool.unlink_vendor(vendor.id)
    for body in (*post.held(), older):
        post.hear(body)
        company.worker.pull(company.rig.id)
    assert _link(company, RecordKind.VENDOR, vendor.id) is None
    other = company.state.create_vendor("Another Company")
    tool.raise_event("link_vendor", {"vendor": {"id": other.id, "origin_id": list_id}})
    for body in post.held():
        post.hear(body)
    company.worker.pull(company.rig.id)
    assert _link(company, RecordKind.VENDOR, other.id) == list_id
