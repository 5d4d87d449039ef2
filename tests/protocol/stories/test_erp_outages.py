"""Stories of outages: webhooks that never came, hooks that are gone, details that nobody told of."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from decimal import Decimal

import pytest
import sqlalchemy as sa

from qbsync.flows.erp import catch_up, requests, words
from qbsync.model.records import RecordKey, RecordKind
from qbsync.procore.erp.api import ErpApi
from qbsync.simulator.procore.erp_rows import FAILED, IN_PROGRESS, SUCCESS, Kind, Stage
from qbsync.store import audit, erp, links, troubles
from qbsync.store.tables import ConnectionRow

HOUR = timedelta(hours=1)
V2_HOOKS = "/rest/v2.0/*/webhooks/hooks"
V1_HOOKS = "/rest/v1.0/webhooks/hooks"

MANY = 12
"""More deliveries than Procore tries in half a day that nobody answers."""


class Outage:
    """A company on the ERP feed that has worked for a day, and what happens to it while nobody listens."""

    def __init__(self, company) -> None:
        self.company, self.rig = company, company.rig
        self.state, self.tool, self.outbox = company.state, company.state.erp, company.state.outbox

    def commit(self, number="SC-1"):
        """People sign a subcontract."""
        row = self.state.create_commitment(
            "work_order_contract",
            self.company.project.id,
            self.company.vendors[0].id,
            number=number,
            title="Walls",
        )
        self.state.create_line(row.id, self.company.codes[0], amount=Decimal(1000), description="Walls")
        return self.state.approve(row.id)

    def send(self, *, again=False):
        """People send and accept what can go."""
        self.tool.send_eligible(lambda _project: "Ridge Owners", again=again)

    def passes(self, hours, *, working=False):
        """Hours pass, in which Procore tries to deliver, and qbsync does what is due if it is working."""
        for _ in range(hours):
            self.rig.clock.passes(HOUR)
            self.company.deliver()
            if working:
                self.company.worker.run_once()

    def returns(self):
        """The server starts again; everybody goes on until nothing is left to do."""
        self.company.away = False
        self.company.worker.begin()
        self.company.settle()

    def forgets(self):
        """Procore forgets what it was to deliver: neither a webhook nor a list tells of it any more."""
        self.outbox.deliveries.clear()
        for queue in self.outbox._queues.values():
            queue.clear()

    def closed_twice(self):
        """Details that were closed more than once."""
        counts = Counter(one.detail_id for one in self.tool.closings)
        return [one for one, count in counts.items() if count > 1]

    def troubles(self):
        """What the connection's page shows as troubles, by subject."""
        with self.rig.database.read() as tx:
            return {one.subject: f"{one.message} {one.guidance}" for one in troubles.listing(tx, self.rig.id)}

    def commitments(self):
        """Every job of a commitment."""
        return [job for job in self.rig.jobs() if job.kind == "commitment"]


@pytest.fixture
def alone(erp_company):
    """A company whose worker serves no company of another test."""
    with erp_company.rig.database.write() as tx:
        others = sa.update(ConnectionRow).where(ConnectionRow.id != erp_company.rig.id)
        tx.execute(others.values(paused_at=erp_company.rig.clock()))
    return erp_company


@pytest.fixture
def outage(alone):
    """A company whose first day is over."""
    alone.settle()
    return Outage(alone)


@pytest.mark.parametrize("hours", [13, 30])
def test_what_procore_threw_away_is_caught_up_after_an_outage(outage, hours):
    """Nobody answered for longer than Procore keeps events: all is in the books, each detail closed once."""
    outage.company.away = True
    outage.commit("SC-1")
    outage.send()
    outage.passes(hours - 2)
    outage.commit("SC-2")
    outage.send()
    outage.passes(2)
    assert any(one.status == "discarded" for one in outage.outbox.deliveries)
    outage.returns()
    assert outage.company.differences() == []
    assert outage.closed_twice() == []
    assert outage.tool.violations == []
    assert outage.tool.items(Stage.FAILED) == []
    assert len(outage.commitments()) == 2
    with outage.rig.database.read() as tx:
        assert erp.account(tx, outage.rig.id).caught_up_at is not None


def test_webhooks_that_cannot_come_through_are_caught_up_every_hour(outage):
    """Procore does not reach the server, which reaches Procore: within two hours the export is a job."""
    outage.company.away = True
    outage.commit()
    outage.send()
    outage.passes(2, working=True)
    assert [job.state for job in outage.commitments()] == ["queued"]


def test_what_is_known_is_not_done_again(outage):
    """A list of deliveries that were all heard brings nothing new: no job, no request, no close."""
    outage.commit()
    outage.company.settle()
    jobs = [job.id for job in outage.rig.jobs()]
    closings = len(outage.tool.closings)
    for _ in range(3):
        outage.rig.clock.passes(HOUR)
        outage.company.worker.begin()
        outage.company.worker.run_once()
    assert [job.id for job in outage.rig.jobs()] == jobs
    assert len(outage.tool.closings) == closings


def test_a_detail_that_nobody_told_of_is_closed_after_it_was_seen_twice(outage):
    """No webhook and no list tells of an export: an hour later Procore shows what to do, and it is done."""
    contract = outage.commit()
    outage.send()
    outage.forgets()
    outage.passes(1, working=True)
    outage.company.push()
    assert outage.tool.item(Kind.COMMITMENT, contract.id).stage is Stage.EXPORTING, "seen once"
    outage.passes(2, working=True)
    shown = outage.tool.item(Kind.COMMITMENT, contract.id)
    assert (shown.stage, shown.messages) == (Stage.FAILED, (words.AWAY,))
    assert outage.commitments() == []
    outage.send(again=True)
    outage.company.settle()
    assert outage.company.differences() == []
    assert outage.closed_twice() == []
    assert outage.tool.violations == []
    with outage.rig.database.read() as tx:
        assert "give up a request detail" in {row.action for row in audit.newest(tx)}


def test_a_request_that_comes_after_its_detail_was_given_up_exports_nothing(outage):
    """Procore says that the export failed; the webhook that comes after all changes that no more."""
    contract = outage.commit()
    outage.send()
    outage.forgets()
    outage.passes(3, working=True)
    assert outage.tool.item(Kind.COMMITMENT, contract.id).stage is Stage.FAILED
    outage.outbox.publish("ERP Requests", outage.tool.events[-1].id, "create")
    outage.company.deliver()
    outage.company.worker.run_once()
    assert outage.commitments() == []
    outage.company.settle()
    assert outage.closed_twice() == []
    outage.send(again=True)
    outage.company.settle()
    assert outage.company.differences() == []


def test_a_detail_whose_job_waits_for_quickbooks_is_never_closed(outage):
    """The Web Connector is off for days: the export stays open in Procore, and goes when it is back."""
    contract = outage.commit()
    outage.send()
    outage.company.deliver()
    outage.passes(4, working=True)
    assert outage.tool.item(Kind.COMMITMENT, contract.id).stage is Stage.EXPORTING
    outage.company.settle()
    assert outage.company.differences() == []
    assert outage.tool.items(Stage.FAILED) == []


def test_a_detail_is_not_closed_while_a_request_waits_to_be_fetched(outage):
    """Procore does not show the request whose webhook came: its detail may not be given up meanwhile."""
    contract = outage.commit()
    outage.send()
    outage.company.deliver()
    outage.company.procore.inject("GET", "*/erp_requests/*", 503, times=10**6)
    outage.passes(6, working=True)
    assert outage.tool.item(Kind.COMMITMENT, contract.id).stage is Stage.EXPORTING
    outage.company.settle()
    assert outage.company.differences() == []


@pytest.mark.parametrize("status", [404, 503])
def test_a_detail_is_not_closed_for_a_day_while_its_request_may_still_be_fetched(outage, status):
    """Procore shows the request only after a day: its detail was not given up, and is closed once."""
    contract = outage.commit()
    outage.send()
    outage.company.deliver()
    outage.company.procore.inject("GET", "*/erp_requests/*", status, times=10**6)
    outage.passes(30, working=True)
    assert outage.tool.item(Kind.COMMITMENT, contract.id).stage is Stage.EXPORTING
    outage.company.settle()
    assert outage.tool.item(Kind.COMMITMENT, contract.id).stage is Stage.SYNCED
    assert outage.company.differences() == []
    assert outage.closed_twice() == []
    assert outage.tool.violations == []


def _without_its_detail(outage, monkeypatch):
    """An export is taken in while neither its request nor any list shows its detail; gives the contract."""
    contract = outage.commit()
    outage.send()
    request = outage.tool.events[-1]
    bare = {name: value for name, value in request.data.items() if name != "request_detail_id"}
    outage.tool.tables.requests.edit(request.id, data=bare)
    with monkeypatch.context() as patch:
        patch.setattr(ErpApi, "details", lambda *_: [])
        outage.company.deliver()
        outage.company.worker.run_once()
    assert [job.state for job in outage.commitments()] == ["queued"]
    return contract


def test_a_detail_that_shows_after_its_export_was_done_ends_as_that_did(outage, monkeypatch):
    """QuickBooks had the commitment before Procore listed its detail: that ends as done, not given up."""
    contract = _without_its_detail(outage, monkeypatch)
    outage.company.pc.update()
    outage.company.push()
    assert [job.state for job in outage.commitments()] == ["synced"]
    outage.passes(4, working=True)
    shown = outage.tool.item(Kind.COMMITMENT, contract.id)
    assert (shown.stage, shown.messages) == (Stage.SYNCED, ())
    assert outage.closed_twice() == []
    assert outage.tool.violations == []


def _done_without_its_detail(outage, monkeypatch):
    """QuickBooks has a commitment whose detail Procore never showed; gives the contract."""
    contract = _without_its_detail(outage, monkeypatch)
    [own] = [one for one in outage.tool.tables.open_details() if one.record_id == contract.id]
    outage.tool.tables.details.edit(own.id, status="stale")
    outage.company.pc.update()
    outage.company.push()
    assert [job.state for job in outage.commitments()] == ["synced"]
    return contract


def test_a_lost_export_after_an_unlink_is_not_ended_as_the_export_before_it(outage, monkeypatch):
    """Deleted, unlinked and sent again, of which nobody tells: given up, for QuickBooks has no such order."""
    contract = _done_without_its_detail(outage, monkeypatch)
    [order] = outage.rig.file.purchase_orders()
    outage.rig.file.human.delete("PurchaseOrder", order.txn_id)
    outage.tool.unlink(Kind.COMMITMENT, contract.id)
    for _ in range(3):
        outage.rig.clock.passes(timedelta(minutes=20))
        outage.company.deliver()
        outage.company.worker.run_once()
        outage.company.pc.update()
        outage.company.push()
    assert outage.rig.file.purchase_orders() == []
    outage.send(again=True)
    outage.forgets()
    outage.passes(4, working=True)
    shown = outage.tool.item(Kind.COMMITMENT, contract.id)
    assert (shown.stage, shown.messages) == (Stage.FAILED, (words.AWAY,))
    outage.send(again=True)
    outage.company.settle()
    assert outage.company.differences() == []
    assert outage.closed_twice() == []
    assert outage.tool.violations == []


def _listed_later(outage, contract):
    """Procore lists another detail of a commitment; gives how that is ended some hours later."""
    later = outage.tool.tables.details.create(
        request_id=1, purpose="export", item_type="work_order_contract", item_id=contract.id
    )
    outage.passes(4, working=True)
    closed = outage.tool.tables.details.find(later.id)
    return closed.status, closed.messages


def test_a_detail_is_not_ended_as_an_export_that_is_linked_no_more(outage, monkeypatch):
    """Somebody ended the link in qbsync before Procore listed a new detail: that is given up, not done."""
    contract = _done_without_its_detail(outage, monkeypatch)
    key = RecordKey(kind=RecordKind.COMMITMENT, procore_id=contract.id)
    with outage.rig.database.write() as tx:
        links.end(tx, outage.rig.id, key, outage.rig.clock())
    assert _listed_later(outage, contract) == ("failed", (words.AWAY,))


def test_a_detail_that_a_later_export_lost_is_not_ended_as_an_older_one_did(outage, monkeypatch):
    """Days later the record is exported again and nobody is told: that detail is given up, not done."""
    contract = _done_without_its_detail(outage, monkeypatch)
    outage.passes(30, working=True)
    assert _listed_later(outage, contract) == ("failed", (words.AWAY,))


def test_a_detail_is_not_ended_as_an_export_before_an_unlink_that_was_refused(outage, monkeypatch):
    """QuickBooks has the order; a detail that shows after that is not the one of the first export."""
    contract = _done_without_its_detail(outage, monkeypatch)
    outage.tool.unlink(Kind.COMMITMENT, contract.id)
    outage.company.sync()
    assert "still in QuickBooks" in outage.tool.tables.details.everything()[-1].messages[0]
    assert _listed_later(outage, contract) == ("failed", (words.AWAY,))


def test_a_detail_is_not_ended_as_an_unlink_did(outage, monkeypatch):
    """An unlink was refused before Procore listed its detail; an export's, listed later, is given up."""
    contract = outage.commit()
    outage.company.settle()
    request = outage.tool.unlink(Kind.COMMITMENT, contract.id)
    bare = {name: value for name, value in request.data.items() if name != "request_detail_id"}
    outage.tool.tables.requests.edit(request.id, data=bare)
    [own] = outage.tool.tables.open_details()
    outage.tool.tables.details.edit(own.id, status="stale")
    with monkeypatch.context() as patch:
        patch.setattr(ErpApi, "details", lambda *_: [])
        outage.company.sync()
    with outage.rig.database.read() as tx:
        [part] = erp.of_its_request(tx, outage.rig.id, str(request.id))
        assert (part.detail_id, part.outcome) == ("", "failed")
    assert _listed_later(outage, contract) == ("failed", (words.AWAY,))


def test_details_that_do_not_say_whose_they_are_are_looked_up_by_the_item(outage, monkeypatch):
    """The list shows ids alone, and an export that waits lacks its detail: it is found, not given up."""
    contract = _without_its_detail(outage, monkeypatch)
    right = outage.company.client.call

    def bare(method, path, **more):
        answer = right(method, path, **more)
        if method == "GET" and path.endswith("/erp_request_details"):
            return [{"id": one["id"], "status": one["status"]} for one in answer]
        return answer

    monkeypatch.setattr(outage.company.client, "call", bare)
    outage.passes(5, working=True)
    assert outage.tool.item(Kind.COMMITMENT, contract.id).stage is Stage.EXPORTING
    outage.company.settle()
    assert outage.tool.item(Kind.COMMITMENT, contract.id).stage is Stage.SYNCED
    assert outage.closed_twice() == []
    assert outage.tool.violations == []


def test_the_older_endpoints_list_what_was_tried_and_the_rest_is_given_up(alone):
    """Version 1 lists no event that was never tried: that detail is closed, and all is booked at last."""
    alone.procore.inject("*", f"{V2_HOOKS}*", 404, times=10**6)
    alone.register()
    alone.settle()
    outage = Outage(alone)
    outage.company.away = True
    for number in range(MANY):
        outage.commit(f"SC-{number}")
    outage.send()
    outage.passes(13)
    outage.company.away = False
    outage.company.procore.inject("*", f"{V2_HOOKS}*", 404, times=10**6)
    outage.company.worker.begin()
    outage.passes(3, working=True)
    tried = [one for one in outage.outbox.deliveries if one.status == "discarded" and one.attempts]
    assert 0 < len(tried) == len(outage.commitments()) < MANY
    assert len(outage.tool.items(Stage.FAILED)) == MANY - len(tried)
    outage.send(again=True)
    outage.company.settle()
    assert outage.company.differences() == []
    assert outage.closed_twice() == []
    assert outage.tool.violations == []


@pytest.mark.parametrize("how", ["gone", "disabled", "without its trigger"])
def test_a_hook_that_does_not_work_is_made_anew(outage, how):
    """Somebody in Procore took the hook, its trigger, or switched it off: within two hours one works."""
    [old] = outage.outbox.hooks.values()
    match how:
        case "gone":
            outage.outbox.remove_hook(old.id)
        case "disabled":
            outage.outbox.disabled.add(old.id)
        case _:
            outage.outbox.remove_triggers(old.id)
    outage.commit()
    outage.send()
    outage.passes(2, working=True)
    [new] = outage.outbox.hooks.values()
    assert new.id != old.id
    assert len(outage.outbox.triggers_of(new.id)) == 1
    outage.passes(2, working=True)
    outage.send(again=True)
    outage.company.settle()
    assert outage.company.differences() == []
    assert outage.troubles() == {}


def test_a_trigger_that_is_refused_again_is_a_trouble(outage):
    """The hook is made anew and its trigger refused: the page says so, and which permission is wanted."""
    [old] = outage.outbox.hooks.values()
    outage.outbox.remove_triggers(old.id)
    for path in ("*/triggers/bulk", "*/triggers"):
        outage.company.procore.inject("POST", path, 403, times=100)
    outage.passes(2, working=True)
    [said] = outage.troubles().values()
    assert "Its trigger is gone in Procore." in said
    assert "Webhooks API: Standard" in said


def test_where_procore_shows_nothing_of_a_hook_a_person_is_asked(outage):
    """Neither hooks nor deliveries are listed: nothing is made anew, and the page says what to do."""
    before = set(outage.outbox.hooks)
    outage.company.procore.inject("GET", f"{V2_HOOKS}*", 404, times=10**6)
    outage.company.procore.inject("GET", f"{V1_HOOKS}*", 404, times=10**6)
    outage.passes(2, working=True)
    assert set(outage.outbox.hooks) == before
    assert f"qbsync webhooks add {outage.rig.name}" in outage.troubles()[catch_up.HOOK]
    outage.company.procore.heal()
    outage.passes(2, working=True)
    assert outage.troubles() == {}


def test_trouble_with_the_lists_holds_up_no_request(outage):
    """Procore's lists are in trouble: what a webhook tells of is fetched all the same."""
    for path in (f"{V2_HOOKS}/*/deliveries", "*/erp_request_details"):
        outage.company.procore.inject("GET", path, 500, times=10**6)
    outage.commit()
    outage.send()
    outage.company.worker.begin()
    outage.company.deliver()
    outage.company.worker.run_once()
    assert [job.state for job in outage.commitments()] == ["queued"]
    assert catch_up.LISTED in outage.troubles()


def test_registering_again_after_an_outage_loses_nothing(outage):
    """The hook is made anew while Procore still lists what the old one was to deliver: that is kept."""
    outage.company.away = True
    outage.commit()
    outage.send()
    outage.passes(13)
    outage.company.away = False
    outage.company.register()
    outage.company.settle()
    assert outage.company.differences() == []
    assert outage.tool.items(Stage.FAILED) == []


def test_a_request_that_cannot_be_taken_in_keeps_no_other_detail_open(outage):
    """An imported job may not be read: an export that is lost is given up all the same."""
    outage.company.procore.inject("GET", "/rest/v1.0/cost_codes", 403, times=10**6)
    row = outage.state.create_project("Annex")
    data = {"project": {"id": row.id, "name": "Annex", "origin_id": "80000999-1700000000"}}
    bad = outage.tool.raise_event("create_job_in_procore", data)
    outage.passes(1, working=True)
    contract = outage.commit()
    outage.send()
    outage.forgets()
    outage.passes(4, working=True)
    assert f"ERP request {bad.id}" in outage.troubles()
    shown = outage.tool.item(Kind.COMMITMENT, contract.id)
    assert (shown.stage, shown.messages) == (Stage.FAILED, (words.AWAY,))


def test_a_request_that_cannot_be_taken_in_keeps_its_own_detail_for_a_week(outage):
    """Procore is in trouble over a deletion: its detail stays open until that is over, and ends once."""
    [request, detail] = _undeletable(outage)
    outage.passes(30, working=True)
    assert detail().status == IN_PROGRESS
    outage.company.settle()
    assert detail().status == SUCCESS
    assert outage.closed_twice() == []
    assert outage.troubles() == {}
    assert _kept(outage, request).state == "done"


@pytest.mark.parametrize("named", [True, False], ids=["named", "unnamed"])
def test_a_request_that_cannot_be_taken_in_ends_after_a_week(outage, named):
    """Its detail, named or not, fails in words; asked for again by a person it deletes nothing any more."""
    [request, detail] = _undeletable(outage)
    if not named:
        [code] = request.data["cost_codes"]
        bare = {name: value for name, value in code.items() if name != "request_detail_id"}
        outage.tool.tables.requests.edit(request.id, data=request.data | {"cost_codes": [bare]})
    for _ in range(15):
        outage.rig.clock.passes(12 * HOUR)
        outage.passes(1, working=True)
    kept = _kept(outage, request)
    assert kept.state == "gone"
    assert detail().status == FAILED
    assert "could not take this in" in detail().messages[0]
    outage.company.procore.heal()
    requests.retry(outage.rig.desk(), outage.rig.name)
    outage.passes(2, working=True)
    assert _kept(outage, request).state == "done"
    assert outage.state.cost_code(outage.company.codes[2])
    assert outage.closed_twice() == []
    assert outage.tool.violations == []


def _undeletable(outage):
    """A cost code is to be deleted, over which Procore is in trouble; gives the request, and its detail."""
    outage.company.procore.inject("DELETE", "/rest/v1.0/cost_codes/*", 500, times=10**6)
    request = outage.tool.delete_cost_codes(outage.company.project.id, [outage.company.codes[2]])

    def detail():
        details = outage.tool.tables.details.everything()
        return next(one for one in details if one.request_id == request.id)

    return request, detail


def _kept(outage, request):
    """A request as qbsync keeps it."""
    with outage.rig.database.read() as tx:
        return erp.of_request(tx, outage.rig.id, str(request.id))
