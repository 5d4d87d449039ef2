"""Stories of what is deleted or closed in Procore, before and after QuickBooks has it."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from qbsync.flows import hearing, insights, webhooks
from qbsync.flows.hearing import Heard
from qbsync.model.jobs import JobState
from qbsync.procore.hooks import HookApi

DAY = timedelta(hours=25)


@pytest.fixture
def later(company):
    """Procore tells of what happened; a day later everything is read anew, and QuickBooks compared."""
    client = company.worker.clients(None)
    webhooks.add(company.rig.desk(), company.rig.name, HookApi(client), url="https://qbsync.example")

    def post(_url, _headers, body):
        heard = hearing.hear(company.rig.database, company.rig.id, body, company.rig.clock())
        return 200 if heard in (Heard.KEPT, Heard.KNOWN) else 500

    def go():
        company.state.outbox.pump(post)
        company.rig.clock.passes(timedelta(minutes=2))
        company.worker.listen(company.rig.id, at_once=True)
        company.rig.clock.passes(DAY)
        company.sync()

    return go


class Made:
    """One of each kind, newly made in Procore, and how each is taken back there."""

    def __init__(self, company, people, contract, lines) -> None:
        state = company.state
        self.company, self.people = company, people
        self.vendor = state.create_vendor("Corner Supply")
        self.project = state.create_project("Annex")
        [erp] = [one for one in state.cost_code_lists() if one.is_erp_list]
        division = next(one for one in state.standard_cost_codes(erp.id) if one.code == "01")
        self.code = state.create_standard_cost_code(erp.id, "090", "Work 090", division.id)
        self.contract, _ = people.commit(700, number="SC-2")
        self.order = people.change(contract, (company.codes[0], Decimal(100), "More", lines[0].id))
        state.budgets.add_line(company.project.id, company.codes[0], Decimal(900))
        state.budgets.lock(company.project.id)
        self.keys = {
            ("vendor", str(self.vendor.id)),
            ("project", str(self.project.id)),
            ("cost_code", str(self.code.id)),
            ("commitment", str(self.contract.id)),
            ("change_order", str(self.order.id)),
            ("budget", str(company.project.id)),
        }

    def delete(self):
        """All of it is deleted; the budget, which cannot be, is unlocked."""
        state = self.company.state
        state.budgets.unlock(self.company.project.id)
        state.change_orders.delete(self.order.id)
        state.delete_commitment(self.contract.id)
        state.delete_vendor(self.vendor.id)
        state.delete_project(self.project.id)
        state.delete_standard_cost_code(self.code.id)

    def states(self):
        """The states of the newest jobs, and the reasons of those that ended."""
        jobs = [self.people.job(*key) for key in self.keys]
        return {job.state for job in jobs}, {job.because.partition(":")[0] for job in jobs}


@pytest.fixture
def order(company, people):
    """A subcontract of 1,000 and 500 that is a purchase order."""
    contract, lines = people.commit(1000, 500)
    company.sync()
    return contract, lines


def drift(company):
    """What is told: the record, the sort, and what each side says."""
    with company.rig.database.read() as tx:
        rows = insights.drift_list(tx, connection=company.rig.name)
    return {((row["kind"], row["procore_id"]), row["sort"], row["ours"], row["quickbooks"]) for row in rows}


def test_what_is_deleted_before_it_went_is_cancelled(company, people, order, later):
    """Nothing that waits for the approver outlives its record in Procore, and QuickBooks hears of none."""
    company.rig.set(auto_accept="none")
    made = Made(company, people, *order)
    later()
    assert made.states() == ({JobState.STAGED}, {""})
    made.delete()
    later()
    assert made.states() == ({JobState.CANCELLED}, {"Withdrawn"})
    assert drift(company) == set()
    assert [one.ref_number for one in company.rig.file.purchase_orders()] == ["SC-1"]
    assert {one.name for one in company.rig.file.vendors()} == {"Acme", "Bayline"}


def test_what_is_deleted_after_it_was_synced_is_told_and_stays(company, people, order, later):
    """People read of each that Procore took it back; QuickBooks keeps everything until someone acts there."""
    made = Made(company, people, *order)
    later()
    company.settle()
    assert made.states() == ({JobState.SYNCED}, {""})
    before = company.rig.held()
    made.delete()
    later()
    assert {(key, sort) for key, sort, _, _ in drift(company)} == {(key, "withdrawn") for key in made.keys}
    assert made.states()[0] == {JobState.SYNCED}
    assert company.rig.held() == before
    assert "6 withdrawn" in people.said_by_doctor()["drift"]


def test_an_invoice_that_is_deleted_before_it_went_is_cancelled(company, people, order, later):
    """Opened again and deleted, it is no bill; what Procore has told is synced it does not let go."""
    company.rig.set(auto_accept="none")
    contract, lines = order
    invoice = people.invoice(contract, {lines[0]: 400})
    later()
    assert people.job("invoice", invoice.id).state == JobState.STAGED
    company.state.invoices.revise(invoice.id)
    company.state.invoices.delete(invoice.id)
    later()
    job = people.job("invoice", invoice.id)
    assert (job.state, job.because.partition(":")[0]) == (JobState.CANCELLED, "Withdrawn")
    assert company.rig.file.bills() == []


def test_an_invoice_that_is_deleted_while_it_is_billed_is_told(company, people, order, later):
    """Procore did not know yet that QuickBooks has it: the bill stays, and is told as withdrawn."""
    contract, lines = order
    invoice = people.invoice(contract, {lines[0]: 400})
    company.pull()
    company.pc.update()
    company.state.invoices.revise(invoice.id)
    company.state.invoices.delete(invoice.id)
    later()
    assert {(key, sort) for key, sort, _, _ in drift(company)} == {
        (("invoice", str(invoice.id)), "withdrawn")
    }
    assert [bill.ref_number for bill in company.rig.file.bills()] == ["I-1"]


@pytest.mark.parametrize("first", ["Procore", "QuickBooks"])
def test_a_vendor_that_both_sides_drop_is_no_drift(company, people, first):
    """Inactive on one side it is told, on both it is not; active again in Procore alone, it is."""
    company.sync()
    vendor = company.vendors[1]
    [bayline] = [one for one in company.rig.file.vendors() if one.name == "Bayline"]

    def in_procore(*, active):
        company.state.edit_vendor(vendor.id, is_active=active)
        look()

    def in_quickbooks(*, active):
        company.rig.file.human.edit("Vendor", bayline.list_id, IsActive="true" if active else "false")
        look()

    def look():
        company.rig.clock.passes(DAY)
        company.settle()

    def told():
        return {(key, sort) for key, sort, _, _ in drift(company)}

    key = ("vendor", str(vendor.id))
    if first == "Procore":
        in_procore(active=False)
        assert told() == {(key, "withdrawn")}
        assert "made inactive in Procore" in str(drift(company))
        in_quickbooks(active=False)
    else:
        in_quickbooks(active=False)
        assert told() == {(key, "closed")}
        in_procore(active=False)
    assert told() == set()
    assert "drift" not in people.said_by_doctor()
    in_procore(active=True)
    assert told() == {(key, "closed")}
    in_quickbooks(active=True)
    assert told() == set()


def test_a_project_that_is_closed_in_procore_is_told_until_its_job_is_closed_too(company):
    """The job stays in QuickBooks with its history: made inactive there, both sides agree."""
    annex = company.state.create_project("Annex")
    company.settle()
    [job] = [one for one in company.rig.file.customers() if one.name == "Annex"]
    company.state.edit_project(annex.id, active=False)
    company.rig.clock.passes(DAY)
    company.settle()
    assert drift(company) == {
        (
            ("project", str(annex.id)),
            "withdrawn",
            "The project is not active in Procore.",
            "Ridge Owners:Annex",
        )
    }
    company.rig.file.human.make_inactive("Customer", job.list_id)
    company.rig.clock.passes(DAY)
    company.settle()
    assert drift(company) == set()
