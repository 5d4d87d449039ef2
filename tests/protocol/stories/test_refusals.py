"""Stories of what is refused before it is sent: what the approver reads, and that QuickBooks gets nothing."""

from __future__ import annotations

import json
from datetime import timedelta
from decimal import Decimal

import pytest

from qbsync.errors import StateError
from qbsync.model.jobs import JobState
from qbsync.simulator.procore.invoice_maths import Billing

INVOICES = "/rest/v1.1/requisitions"
ODD = Decimal("10.005")


class Approver:
    """What the approver reads of a record, and what comes of accepting it all the same."""

    def __init__(self, company, people) -> None:
        self.company, self.people = company, people

    def refuses(self, kind, procore_id, words):
        """The record stays, the approver reads why, an accept is refused, and Procore shows no id."""
        self.company.later()
        job = self.people.job(kind, procore_id)
        assert job.state == JobState.STAGED
        assert words in self.people.problems(job)
        assert job.review["problems"][0]["guidance"]
        with pytest.raises(StateError) as refused:
            self.people.accept(job)
        assert words in refused.value.message

    def took(self, kind, procore_id):
        """Mended in Procore, it is synced, and both ledgers agree."""
        self.company.rig.clock.passes(timedelta(hours=1))
        self.company.settle()
        assert self.people.job(kind, procore_id).state == JobState.SYNCED
        assert "\n".join(self.company.differences()) == ""


@pytest.fixture
def approver(company, people):
    """The approver of a company."""
    return Approver(company, people)


@pytest.fixture
def order(company, people):
    """A subcontract of 1,000 and 500 that is a purchase order."""
    contract, lines = people.commit(1000, 500)
    company.sync()
    return contract, lines


def test_a_commitment_of_broken_cents_is_refused(company, people, approver):
    """10.005 is rounded by nobody; corrected in Procore it goes."""
    contract, [line] = people.commit(1000, approved=False)
    company.state.edit_line(line.id, amount=ODD)
    company.state.approve(contract.id)
    approver.refuses("commitment", contract.id, "Its amount 10.005 is not whole cents.")
    assert company.rig.file.purchase_orders() == []
    company.state.edit_commitment(contract.id, status="Draft")
    company.state.edit_line(line.id, amount=Decimal("10.01"))
    company.state.approve(contract.id)
    approver.took("commitment", contract.id)
    assert [str(one.total) for one in company.rig.file.purchase_orders()] == ["10.01"]


def test_a_change_order_of_broken_cents_is_refused(company, people, approver, order):
    """Its purchase order stays as it is; corrected in Procore the line is appended."""
    contract, [line, _] = order
    change = people.change(contract, (line.cost_code_id, ODD, "More", line.id))
    approver.refuses("change_order", change.id, "Its amount 10.005 is not whole cents.")
    assert [str(one.total) for one in company.rig.file.purchase_orders()] == ["1500.00"]
    [row] = company.state.change_orders.lines(change.id)
    company.state.change_orders.edit_line(row.id, amount=Decimal("10.01"))
    approver.took("change_order", change.id)
    assert [str(one.total) for one in company.rig.file.purchase_orders()] == ["1510.01"]


def shown_otherwise(company, change):
    """Procore shows the company's one invoice as `change` makes it, once."""
    query = {"project_id": str(company.project.id), "view": "extended"}
    [shown] = company.client.get_all(INVOICES, query, per_page=100)
    change(shown)
    company.procore.inject("GET", INVOICES, 200, json.dumps([shown], default=str))


def save_again(company, invoice):
    """A person opens the invoice in Procore, and it is approved again."""
    company.state.invoices.revise(invoice.id)
    company.state.invoices.submit(invoice.id)
    company.state.invoices.approve(invoice.id)


def test_an_invoice_of_broken_cents_is_refused(company, people, approver, order):
    """No bill is made of it; saved again in Procore it goes."""
    contract, [line, _] = order
    invoice = people.invoice(contract, {line: 10})
    done = {"total_completed_and_stored_to_date": str(ODD)}
    shown_otherwise(company, lambda shown: shown["items"][0].update(done))
    approver.refuses("invoice", invoice.id, "Its amount 10.005 is not whole cents.")
    assert company.rig.file.bills() == []
    assert company.state.invoices.get(invoice.id).origin_id is None
    save_again(company, invoice)
    approver.took("invoice", invoice.id)
    assert [str(one.total) for one in company.rig.file.bills()] == ["10.00"]


def test_a_budget_of_broken_cents_is_refused(company, approver):
    """No estimate is made; corrected in Procore it goes."""
    budgets, project = company.state.budgets, company.project.id
    line = budgets.add_line(project, company.codes[0], ODD)
    budgets.lock(project)
    approver.refuses("budget", project, "Its amount 10.005 is not whole cents.")
    assert company.rig.file.estimates() == []
    budgets.unlock(project)
    budgets.delete_line(line.id)
    budgets.add_line(project, company.codes[0], Decimal("10.01"))
    budgets.lock(project)
    approver.took("budget", project)
    assert [str(one.total) for one in company.rig.file.estimates()] == ["10.01"]


def test_a_commitment_without_lines_or_company_is_refused(company, approver):
    """Approved too early: it names what is missing, and goes once it is filled in."""
    state = company.state
    bare = state.create_commitment(
        "work_order_contract", company.project.id, None, number="SC-1", title="Walls"
    )
    state.approve(bare.id)
    approver.refuses("commitment", bare.id, "No contract company is chosen.")
    state.edit_commitment(bare.id, vendor_id=company.vendors[0].id, status="Draft")
    state.approve(bare.id)
    approver.refuses("commitment", bare.id, "It has no lines; a purchase order needs one.")
    assert company.rig.file.purchase_orders() == []
    state.edit_commitment(bare.id, status="Draft")
    state.create_line(bare.id, company.codes[0], amount=Decimal("10.00"), description="Bricks")
    state.approve(bare.id)
    approver.took("commitment", bare.id)
    assert [str(one.total) for one in company.rig.file.purchase_orders()] == ["10.00"]


def test_a_change_order_without_lines_is_refused(company, people, approver, order):
    """There is nothing to append; with a line it goes."""
    contract, [line, _] = order
    change = people.change(contract)
    approver.refuses("change_order", change.id, "It has no lines.")
    company.state.change_orders.add_line(change.id, line.cost_code_id, Decimal("10.00"), "More", line.id)
    approver.took("change_order", change.id)
    assert [str(one.total) for one in company.rig.file.purchase_orders()] == ["1510.00"]


@pytest.mark.parametrize("kind", ["change_order", "budget"])
def test_a_projects_own_code_is_refused_by_name(company, people, approver, order, kind):
    """QuickBooks has the company's codes alone: change order and budget say which of theirs is none."""
    contract, _ = order
    own = company.state.create_cost_code(company.project.id, "900", "Of this project alone").id
    if kind == "budget":
        company.state.budgets.add_line(company.project.id, own, Decimal("10.00"))
        company.state.budgets.lock(company.project.id)
        procore_id = company.project.id
    else:
        procore_id = people.change(contract, (own, Decimal("10.00"), "More", None)).id
    approver.refuses(kind, procore_id, "Its cost code '900' is the project's own")
    assert company.rig.file.estimates() == []
    assert [str(one.total) for one in company.rig.file.purchase_orders()] == ["1500.00"]


def test_what_is_not_approved_does_not_go(company, people):
    """A draft commitment, change order and invoice ask nothing of the approver, and go once approved."""
    draft, lines = people.commit(1000, approved=False)
    company.later()
    assert not [one for one in company.rig.jobs() if one.kind == "commitment"]
    company.state.approve(draft.id)
    company.settle()
    change = people.change(draft, (lines[0].cost_code_id, Decimal("10.00"), "More", None), status="draft")
    invoice = people.invoice(draft, {lines[0]: 400}, approved=False)
    company.later()
    assert not [one for one in company.rig.jobs() if one.kind in ("change_order", "invoice")]
    assert company.rig.file.bills() == []
    company.state.change_orders.approve(change.id)
    company.state.invoices.submit(invoice.id)
    company.state.invoices.approve(invoice.id)
    company.rig.clock.passes(timedelta(hours=1))
    company.settle()
    assert [str(one.total) for one in company.rig.file.purchase_orders()] == ["1010.00"]
    assert [str(one.total) for one in company.rig.file.bills()] == ["400.00"]
    assert company.differences() == []


def test_an_invoice_that_bills_nothing_is_refused(company, people, approver, order):
    """QuickBooks makes no empty bill: the approver reads so, and may reject it."""
    contract, [line, _] = order
    invoice = people.invoice(contract, {line: Billing(work=Decimal("0.00"))})
    approver.refuses("invoice", invoice.id, "It bills nothing.")
    assert company.rig.file.bills() == []


def test_a_line_that_came_after_the_order_cannot_be_billed(company, people, approver, order):
    """Procore let someone add a line meanwhile: the invoice names it, and QuickBooks gets no bill."""
    contract, _ = order
    company.state.edit_commitment(contract.id, status="Draft")
    late = company.state.create_line(
        contract.id, company.codes[2], amount=Decimal("50.00"), description="Late"
    )
    company.state.approve(contract.id)
    company.sync()
    invoice = people.invoice(contract, {late: 50})
    approver.refuses("invoice", invoice.id, "bills a line that QuickBooks' purchase order does not have")
    assert company.rig.file.bills() == []


def test_a_tax_that_stands_on_no_item_is_shown_as_a_trouble(company, people, order):
    """Procore's summary has a tax that no item has: nobody guesses where it belongs, and no bill is made."""
    contract, [line, _] = order
    invoice = people.invoice(contract, {line: 400})
    taxed = {"tax_applicable_to_this_payment": "20.00", "current_payment_due": "420.00"}
    shown_otherwise(company, lambda shown: shown["summary"].update(taxed))
    company.sync()
    assert company.rig.file.bills() == []
    [said] = list(company.rig.troubles().values())
    assert "20.00 of tax in Procore that stands on none of its items" in said
    assert company.state.invoices.get(invoice.id).origin_id is None
    save_again(company, invoice)
    company.rig.clock.passes(timedelta(hours=1))
    company.settle()
    assert [str(one.total) for one in company.rig.file.bills()] == ["400.00"]
    assert company.rig.troubles() == {}


def test_a_long_description_is_cut_where_the_approver_sees_it(company, people):
    """The message to the vendor has 99 characters: the warning says so before anything is sent."""
    company.rig.set(auto_accept="cost_code,vendor,project")
    contract, _ = people.commit(1000, description="By the river " * 10)
    company.sync()
    job = people.job("commitment", contract.id)
    assert "99" in people.warnings(job)
    assert people.problems(job) == ""
    people.accept(job)
    company.sync()
    [order] = company.rig.file.purchase_orders()
    assert len(order.vendor_msg) <= 99
    assert order.vendor_msg.startswith("By the river By the river")
