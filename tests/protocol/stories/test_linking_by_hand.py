"""Stories of bills and estimates that QuickBooks had already, and that a person links by hand."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from qbsync.errors import StateError
from qbsync.flows import linking, review, unlinking
from qbsync.model.records import RecordKey, RecordKind

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
TOWER = "Ridge Owners:Tower"


def type_bill(company, *amounts, vendor="Acme"):
    """The bookkeeper types the bill I-1 for the job by hand; gives its TxnID."""
    lines = [(f"01:0{place + 1}0", "By hand", Decimal(amount)) for place, amount in enumerate(amounts)]
    return company.rig.file.human.enter_bill(vendor, lines, ref_number="I-1", job=TOWER)


def link(company, kind, procore_id, quickbooks_id):
    """A person links a record by the id, and the next update comes."""
    linking.link(
        company.rig.desk(), company.rig.name, RecordKey(kind=kind, procore_id=str(procore_id)), quickbooks_id
    )
    company.rig.by_hand.add(("PurchaseOrder" if kind is RecordKind.COMMITMENT else "Bill", quickbooks_id))
    company.sync()


@pytest.fixture
def invoiced(company, people):
    """Approves an invoice of 400, number I-1; gives it."""
    contract, lines = people.commit(1000, 500)
    company.sync()

    def approve():
        row = people.invoice(contract, {lines[0]: 400}, "I-1")
        company.sync()
        return row

    return approve


def test_a_typed_bill_becomes_the_invoices_and_is_counted_once(company, people, invoiced):
    """Its job names the TxnID; linked by it, the bill is no direct cost any more, and nothing is made."""
    bill = type_bill(company, "250.00", "150.00")
    company.rig.clock.passes(3 * HOUR)
    company.sync()
    assert len(company.state.direct_costs.all()) == 1
    row = invoiced()
    job = people.job("invoice", row.id)
    assert job.state == "failed"
    assert bill in job.error
    link(company, RecordKind.INVOICE, row.id, bill)
    company.settle()
    company.rig.clock.passes(3 * HOUR)
    company.settle()
    assert people.job("invoice", row.id).state == "synced"
    assert [one.txn_id for one in company.rig.file.bills()] == [bill]
    assert company.state.invoices.get(row.id).origin_id == bill
    assert company.state.direct_costs.all() == []
    company.rig.file.human.pay_bills({bill: None}, account="Checking", ref_number="1001")
    company.rig.clock.passes(3 * HOUR)
    company.settle()
    assert people.payments() == [("400.00", "1001")]
    assert [one for one in company.differences() if "job cost" not in one] == []


@pytest.mark.parametrize("other", ["total", "vendor"])
def test_a_bill_that_is_not_the_invoices_is_not_linked(company, people, invoiced, other):
    """One of another total or vendor is refused in words; the invoice keeps waiting for a person."""
    company.rig.set(auto_accept="vendor,project,cost_code,commitment")
    amount, vendor = ("399.99", "Acme") if other == "total" else ("400.00", "Bayline")
    why = {"total": "it comes to 399.99", "vendor": "is of Bayline"}[other]
    bill = type_bill(company, amount, vendor=vendor)
    row = invoiced()
    link(company, RecordKind.INVOICE, row.id, bill)
    job = people.job("invoice", row.id)
    assert job.state == "failed"
    assert why in job.error
    assert company.state.invoices.get(row.id).origin_id is None


def test_an_estimate_is_read_before_it_is_linked(company, people):
    """One that somebody typed lacks what the budget has: it is refused in words, and never taken over."""
    company.rig.set(auto_accept="none")
    budgets, project_id = company.state.budgets, company.project.id
    budgets.add_line(project_id, company.codes[0], Decimal("700.00"), company.cost_type.id)
    budgets.lock(project_id)
    company.sync()
    lines = [("01:010", "By hand", Decimal("700.00"))]
    estimate = company.rig.file.human.enter_estimate(TOWER, lines)
    link(company, RecordKind.BUDGET, project_id, estimate)
    job = people.job("budget", project_id)
    assert job.state == "failed"
    assert "it has no line for" in job.error


def test_a_purchase_order_that_was_deleted_and_typed_again_is_linked(company, people):
    """Unlinked, the commitment takes the typed one; while the unlink asks, no link overtakes it."""
    contract, _ = people.commit(1000, 500)
    company.sync()
    human = company.rig.file.human
    [order] = company.rig.file.purchase_orders()
    human.delete("PurchaseOrder", order.txn_id)
    lines = [("01:010", "Part 1", Decimal(1000)), ("01:020", "Part 2", Decimal(500))]
    typed = human.add_purchase_order("Acme", lines, ref_number="SC-1")
    key = RecordKey(kind=RecordKind.COMMITMENT, procore_id=str(contract.id))
    unlinking.unlink(company.rig.desk(), company.rig.name, key)
    with pytest.raises(StateError, match="is already linked"):
        link(company, key.kind, contract.id, typed)
    company.sync()
    link(company, key.kind, contract.id, typed)
    assert people.job("commitment", contract.id).state == "synced"
    assert [one.txn_id for one in company.rig.file.purchase_orders()] == [typed]
    assert company.state.commitment(contract.id).origin_id == typed


def test_the_bill_of_a_cancelled_invoice_is_linked_and_counted_once(company, people, invoiced):
    """A typed bill is a direct cost until its invoice, cancelled here, is linked to it after all."""
    bill = type_bill(company, "400.00")
    row = invoiced()
    review.cancel(company.rig.desk(), people.job("invoice", row.id).id)
    company.rig.clock.passes(3 * HOUR)
    company.settle()
    assert len(company.state.direct_costs.all()) == 1
    link(company, RecordKind.INVOICE, row.id, bill)
    company.rig.clock.passes(3 * HOUR)
    company.settle()
    assert people.job("invoice", row.id).state == "synced"
    assert [one.txn_id for one in company.rig.file.bills()] == [bill]
    assert company.state.direct_costs.all() == []
    assert [one for one in company.differences() if "job cost" not in one] == []


@pytest.mark.parametrize("when", ["linked", "asked about", "unlinked"])
def test_what_procore_took_back_comes_by_no_link(company, people, when):
    """Of a void commitment link and retry are refused, whenever it was voided, until it is approved again."""
    contract, _ = people.commit(1000)
    company.sync()
    key = RecordKey(kind=RecordKind.COMMITMENT, procore_id=str(contract.id))
    human = company.rig.file.human
    [order] = company.rig.file.purchase_orders()
    human.delete("PurchaseOrder", order.txn_id)
    typed = human.add_purchase_order("Acme", [("01:010", "Part 1", Decimal(1000))], ref_number="SC-1")
    for now in ("linked", "asked about", "unlinked"):
        if now == when:
            company.state.edit_commitment(contract.id, status="Void")
            company.rig.clock.passes(MINUTE)
            company.pull()
        if now == "linked":
            unlinking.unlink(company.rig.desk(), company.rig.name, key)
        elif now == "asked about":
            company.sync()
    assert key not in company.rig.linked()
    for decide in (
        lambda: link(company, key.kind, contract.id, typed),
        lambda: people.retry(people.job("commitment", contract.id)),
    ):
        with pytest.raises(StateError, match="Procore took") as refused:
            decide()
        assert "approve it in Procore again" in refused.value.guidance
    company.state.approve(contract.id)
    company.sync()
    link(company, key.kind, contract.id, typed)
    company.settle()
    assert company.state.commitment(contract.id).origin_id == typed
    assert [one.txn_id for one in company.rig.file.purchase_orders()] == [typed]


def test_a_link_that_was_held_and_released_is_still_a_link(company, people, invoiced):
    """The typed bill has another number: no look by number would find it, and no second one is made."""
    lines = [("01:010", "By hand", Decimal("400.00"))]
    bill = company.rig.file.human.enter_bill("Acme", lines, ref_number="Other", job=TOWER)
    company.rig.set(auto_accept="vendor,project,cost_code,commitment")
    row = invoiced()
    key = RecordKey(kind=RecordKind.INVOICE, procore_id=str(row.id))
    linking.link(company.rig.desk(), company.rig.name, key, bill)
    job = people.job("invoice", row.id)
    review.hold(company.rig.desk(), job.id)
    company.sync()
    review.release(company.rig.desk(), job.id)
    company.sync()
    assert [one.txn_id for one in company.rig.file.bills()] == [bill]


def test_an_invoice_that_a_person_cancelled_does_not_come_back_unchanged(company, people, invoiced):
    """Procore takes it back and approves it again as it was: its bill was typed by hand, and stays one."""
    company.rig.set(auto_accept="vendor,project,cost_code,commitment")
    row = invoiced()
    type_bill(company, "400.00")
    review.cancel(company.rig.desk(), people.job("invoice", row.id).id)
    company.rig.set(auto_accept="vendor,project,cost_code,commitment,invoice")
    company.state.invoices.revise(row.id)
    company.later()
    company.state.invoices.submit(row.id)
    company.state.invoices.approve(row.id)
    company.settle()
    assert people.job("invoice", row.id).state == "cancelled"
    assert len(company.rig.file.bills()) == 1
