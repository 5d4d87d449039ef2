"""Stories of invoices: what the person in Procore sees, what the approver sees, what QuickBooks holds."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest

from qbsync.errors import StateError
from qbsync.flows import review, setup
from qbsync.model.jobs import JobState
from qbsync.simulator.procore.invoice_maths import Billing


@pytest.fixture
def order(company, people):
    """A subcontract of 1,000 and 500 that is a purchase order."""
    contract, lines = people.commit(1000, 500)
    company.sync()
    return contract, lines


def test_a_bill_of_a_closed_order_says_that_it_is_not_linked(company, people, order):
    """QuickBooks saves it with status 570: the bill is there, and job, doctor and links say what it lacks."""
    contract, lines = order
    [held] = company.rig.file.purchase_orders()
    company.rig.file.human.close_purchase_order(held.txn_id)
    invoice = people.invoice(contract, {lines[0]: 400})
    company.sync()
    [bill] = company.rig.file.bills()
    assert (bill.total, company.state.invoices.get(invoice.id).origin_id) == (Decimal(400), bill.txn_id)
    job = people.job("invoice", invoice.id)
    assert (job.state, job.code) == (JobState.SYNCED, "570")
    assert "'I-1' without a link to its purchase order" in job.error
    assert "untick Closed" in job.guidance
    assert "'I-1' without a link" in people.said_by_doctor()["remark"]
    assert [line.order_line for line in bill.lines] == [""]


def test_an_unlinked_bill_that_is_sent_again_is_linked(company, people, order):
    """The order is opened, the bill deleted and the invoice sent again: nothing is left to be said."""
    contract, lines = order
    human = company.rig.file.human
    [held] = company.rig.file.purchase_orders()
    human.close_purchase_order(held.txn_id)
    invoice = people.invoice(contract, {lines[0]: 400})
    company.sync()
    [bill] = company.rig.file.bills()
    human.delete("Bill", bill.txn_id)
    human.reopen_purchase_order(held.txn_id)
    review.retry(company.rig.desk(), people.job("invoice", invoice.id).id)
    company.settle()
    job = people.job("invoice", invoice.id)
    assert (job.state, job.error) == (JobState.SYNCED, "")
    assert "remark" not in people.said_by_doctor()
    assert "\n".join(company.differences()) == ""


@pytest.mark.parametrize("billable", ["false", "true"])
def test_an_adopted_item_of_one_account_is_billed(company, people, billable):
    """Its line says nothing of being billable, which QuickBooks would refuse (3210); the others do."""
    company.rig.set(bill_billable=billable)
    [erp] = [one for one in company.state.cost_code_lists() if one.is_erp_list]
    company.rig.file.human.add_service_item("040", parent="01", account="Construction Income")
    parent = next(one for one in company.state.standard_cost_codes(erp.id) if one.code == "01")
    made = company.state.create_standard_cost_code(erp.id, "040", "Work 040", parent.id)
    code = company.state.create_cost_code(
        company.project.id, "040", "Work 040", standard_cost_code_id=made.id
    )
    setup.refresh(company.rig.desk(), company.rig.name)
    company.pc.update()
    contract, _ = people.commit(1000, approved=False)
    company.state.create_line(contract.id, code.id, amount=Decimal("300.00"), description="Adopted")
    company.state.approve(contract.id)
    company.settle()
    lines = company.state.lines(contract.id)
    invoice = people.invoice(contract, {lines[0]: 400, lines[1]: 100})
    company.settle()
    job = people.job("invoice", invoice.id)
    assert (job.state, job.error) == (JobState.SYNCED, "")
    [written] = [one for one in company.rig.messages(writes=True) if b"<BillAdd>" in one.request]
    status = b"Billable" if billable == "true" else b"NotBillable"
    assert written.request.count(b"<BillableStatus>" + status) == 1


def test_a_number_that_the_vendor_used_on_a_typed_bill_is_refused(company, people, order):
    """QuickBooks is asked first: the approver reads which bill has the number, and gives another."""
    contract, lines = order
    human = company.rig.file.human
    lines_typed = [("01:010", "Typed", Decimal("77.00"))]
    typed = human.enter_bill("Acme", lines_typed, ref_number="i-1", TxnDate="2026-03-01")
    invoice = people.invoice(contract, {lines[0]: 400})
    company.sync()
    job = people.job("invoice", invoice.id)
    assert job.state == JobState.FAILED
    words = f"already has 'i-1' of Acme (77.00, dated 2026-03-01, TxnID {typed}), the same number as 'I-1"
    assert words in job.error
    assert "--set" in job.guidance
    assert company.state.invoices.get(invoice.id).origin_id is None
    assert [bill.ref_number for bill in company.rig.file.bills()] == ["i-1"]
    people.accept(job, number="I-1B")
    company.settle()
    assert sorted(bill.ref_number for bill in company.rig.file.bills()) == ["I-1B", "i-1"]
    assert people.job("invoice", invoice.id).state == JobState.SYNCED
    assert company.state.invoices.get(invoice.id).origin_id


def test_another_vendors_bill_of_the_same_number_is_no_matter(company, people, order):
    """Invoice numbers are each vendor's own."""
    contract, lines = order
    company.rig.file.human.enter_bill("Bayline", [("01:010", "Typed", Decimal("77.00"))], ref_number="I-1")
    invoice = people.invoice(contract, {lines[0]: 400})
    company.sync()
    assert people.job("invoice", invoice.id).state == JobState.SYNCED


def test_one_vendors_number_twice_in_procore_is_asked_about(company, people, order):
    """The second invoice stays with the approver until it has another number."""
    contract, lines = order
    people.invoice(contract, {lines[0]: 400})
    company.sync()
    second = people.invoice(contract, {lines[0]: 100})
    company.sync()
    job = people.job("invoice", second.id)
    assert (job.state, job.review["missing"]) == (JobState.STAGED, ["number"])
    assert "of the same vendor has the same number 'I-1'" in people.warnings(job)
    people.accept(job, number="I-1B")
    company.settle()
    assert sorted(bill.ref_number for bill in company.rig.file.bills()) == ["I-1", "I-1B"]


@pytest.mark.parametrize("synced_between", [True, False])
def test_capitals_make_no_other_number(company, people, order, synced_between):
    """A vendor's "i-1" after its "I-1" is asked about, however near together the two come."""
    contract, lines = order
    people.invoice(contract, {lines[0]: 400}, "I-1")
    if synced_between:
        company.sync()
    second = people.invoice(contract, {lines[0]: 100}, "i-1")
    company.sync()
    job = people.job("invoice", second.id)
    assert (job.state, job.review["missing"]) == (JobState.STAGED, ["number"])
    assert [bill.ref_number for bill in company.rig.file.bills()] == ["I-1"]


def test_a_number_of_over_twenty_characters_is_asked_for(company, people, order):
    """It is never cut: the approver reads how long it is and gives another."""
    contract, lines = order
    invoice = people.invoice(contract, {lines[0]: 400}, "INVOICE-2026-00000001")
    company.sync()
    job = people.job("invoice", invoice.id)
    assert (job.state, job.review["missing"]) == (JobState.STAGED, ["number"])
    assert "has 21 characters; QuickBooks' bill numbers have at most 20" in people.warnings(job)
    assert not company.rig.file.bills()
    people.accept(job, number="INV-2026-1")
    company.settle()
    assert [bill.ref_number for bill in company.rig.file.bills()] == ["INV-2026-1"]


def settled(company, people, invoice):
    """The invoice is a bill, its job is synced without a word, and both ledgers agree."""
    company.settle()
    job = people.job("invoice", invoice.id)
    assert (job.state, job.error) == (JobState.SYNCED, "")
    assert company.state.invoices.get(invoice.id).origin_id
    assert "\n".join(company.differences()) == ""


def test_retainage_held_and_released(company, people, order):
    """It is held on the retainage item as less than nothing, and released there as more."""
    contract, lines = order
    held = people.invoice(contract, {lines[0]: 400}, retainage=Decimal(10))
    settled(company, people, held)
    paid_out = Billing(work=Decimal("0.00"), released=Decimal("15.00"))
    released = people.invoice(contract, {lines[0]: paid_out}, "I-2", retainage=Decimal(10))
    settled(company, people, released)
    bills = {bill.ref_number: [str(line.amount) for line in bill.lines] for bill in company.rig.file.bills()}
    assert bills == {"I-1": ["400.00", "-40.00"], "I-2": ["15.00"]}


def test_stored_materials_are_billed_when_they_are_stored(company, people, order):
    """What is stored counts as billed, and is not billed again."""
    contract, lines = order
    stored = Billing(work=Decimal("0.00"), stored=Decimal("120.00"))
    settled(company, people, people.invoice(contract, {lines[0]: stored}))
    [bill] = company.rig.file.bills()
    assert str(bill.total) == "120.00"


def test_several_invoices_are_accepted_together(company, people, order, open_pages):
    """A person ticks three on the page and accepts them at once: one update makes a bill of each.

    A fourth that lacks its number stays, still ticked, and holds none of the others up.
    """
    company.rig.set(auto_accept="cost_code,vendor,project,commitment")
    contract, lines = order
    other, others = people.commit(700, number="SC-2")
    company.sync()
    made = [
        people.invoice(contract, {lines[0]: 400}),
        people.invoice(contract, {lines[1]: 100}, "I-2"),
        people.invoice(other, {others[0]: 70}, "I-3"),
        people.invoice(other, {others[0]: 30}, ""),
    ]
    company.sync()
    jobs = [people.job("invoice", invoice.id) for invoice in made]
    assert {job.state for job in jobs} == {JobState.STAGED}
    assert company.rig.file.bills() == []
    page = open_pages(company)
    answer = page.submit("/jobs/accept", on="/jobs?state=staged", job=[job.id for job in jobs])
    assert "3 of the ticked jobs went through" in answer
    assert "needs number" in answer
    company.pc.update()
    company.push()
    assert sorted(str(bill.total) for bill in company.rig.file.bills()) == ["100.00", "400.00", "70.00"]
    written = [one for one in company.rig.messages(writes=True) if b"<BillAdd>" in one.request]
    assert sum(one.request.count(b"<BillAdd>") for one in written) == 3
    last = made[3].id
    assert company.state.invoices.get(last).origin_id is None
    company.state.invoices.revise(last)
    company.state.invoices.edit(last, invoice_number="I-4")
    company.state.invoices.submit(last)
    company.state.invoices.approve(last)
    company.sync()
    people.accept(people.job("invoice", last))
    for invoice in made:
        settled(company, people, invoice)


def test_items_of_the_subcontractors_own_schedule_bill_on_their_parent_line(company, people, order):
    """Two SSOV items are one line of the bill, linked to the purchase order's line."""
    contract, lines = order
    details = [company.state.invoices.create_detail(lines[0].id, Decimal("500.00")) for _ in range(2)]
    settled(company, people, people.invoice(contract, {details[0]: 100, details[1]: 50}))
    [bill] = company.rig.file.bills()
    assert [str(line.amount) for line in bill.lines] == ["150.00"]


def test_a_taxed_invoice_is_refused_with_advice(company, people, order):
    """The approver reads of the tax; QuickBooks gets nothing."""
    contract, lines = order
    taxed = Billing(work=Decimal("100.00"), tax=Decimal("8.00"))
    invoice = people.invoice(contract, {lines[0]: taxed})
    company.sync()
    job = people.job("invoice", invoice.id)
    assert job.state == JobState.STAGED
    assert "tax" in people.problems(job)
    assert not company.rig.file.bills()


def test_a_negative_invoice_is_refused_in_words(company, people, order):
    """The approver reads why QuickBooks cannot have it, and it stays as it is."""
    contract, lines = order
    settled(company, people, people.invoice(contract, {lines[0]: 400}))
    invoice = people.invoice(contract, {lines[0]: -100}, "I-2")
    company.sync()
    job = people.job("invoice", invoice.id)
    assert job.state == JobState.STAGED
    assert "QuickBooks has no negative bills" in people.problems(job)
    assert [str(bill.total) for bill in company.rig.file.bills()] == ["400.00"]


def test_a_negative_invoice_is_a_vendor_credit_where_the_connection_says_so(company, people, order):
    """Its lines are items of their cost codes, what was held of them comes back; it is linked to no order."""
    company.rig.set(negative_invoices="vendor_credit")
    contract, lines = order
    people.invoice(contract, {lines[0]: 400, lines[1]: 50}, retainage=Decimal(10))
    company.settle()
    bills = {lines[0]: -100, lines[1]: -20}
    settled(company, people, people.invoice(contract, bills, "I-2", retainage=Decimal(10)))
    assert [str(bill.total) for bill in company.rig.file.bills()] == ["405.00"]
    [credit] = [one for one in company.rig.file.costs() if one.kind == "VendorCredit"]
    assert (credit.ref_number, str(credit.total)) == ("I-2", "-108.00")
    assert [str(line.amount) for line in credit.lines] == ["-100.00", "-20.00", "12.00"]
    assert {line.order_line for line in credit.lines} == {""}


def test_a_change_order_billed_as_one_item_is_spread_over_its_lines(company, people, order):
    """The approver reads the figures; the bill has a line for each of the change order's lines."""
    contract, lines = order
    order_of_three = people.change(
        contract,
        (company.codes[0], Decimal(100), "More", lines[0].id),
        (company.codes[1], Decimal(100), "Else", None),
        (company.codes[2], Decimal(100), "Besides", None),
    )
    company.sync()
    one_item = people.as_a_whole(contract, order_of_three)
    company.rig.set(auto_accept="none")
    invoice = people.invoice(contract, {lines[0]: 400, one_item: Billing(work=Decimal("200.00"))})
    company.sync()
    job = people.job("invoice", invoice.id)
    assert job.state == JobState.STAGED
    assert "66.67, 66.67, 66.66" in people.warnings(job)
    people.accept(job)
    company.settle()
    assert people.job("invoice", invoice.id).state == JobState.SYNCED
    [bill] = company.rig.file.bills()
    assert company.state.invoices.get(invoice.id).origin_id == bill.txn_id
    assert "\n".join(company.differences()) == ""
    assert [str(line.amount) for line in bill.lines] == ["400.00", "66.67", "66.67", "66.66"]
    [held] = company.rig.file.purchase_orders()
    appended = [f"{held.txn_id}|{line.txn_line_id}" for line in held.lines[2:]]
    assert [line.order_line for line in bill.lines[1:]] == appended


def test_a_total_that_is_not_procores_payment_due_goes_nowhere(company, people, order):
    """The approver reads both figures and cannot accept; saved again in Procore it goes as it should."""
    company.rig.set(auto_accept="none")
    contract, lines = order
    invoice = people.invoice(contract, {lines[0]: 400})
    query = {"project_id": str(company.project.id), "view": "extended"}
    [shown] = company.client.get_all("/rest/v1.1/requisitions", query, per_page=100)
    wrong = {**shown, "summary": {**shown["summary"], "current_payment_due": "399.00"}}
    company.procore.inject("GET", "/rest/v1.1/requisitions", 200, json.dumps([wrong], default=str))
    company.sync()
    job = people.job("invoice", invoice.id)
    words = "Its items come to 400.00, Procore's current payment due is 399.00."
    assert (job.state, people.problems(job)) == (JobState.STAGED, words)
    with pytest.raises(StateError, match="current payment due is 399") as caught:
        people.accept(job)
    assert "Open the invoice in Procore" in caught.value.guidance
    assert company.rig.file.bills() == []
    assert company.state.invoices.get(invoice.id).origin_id is None
    company.state.invoices.revise(invoice.id)
    company.state.invoices.submit(invoice.id)
    company.state.invoices.approve(invoice.id)
    company.sync()
    people.accept(people.job("invoice", invoice.id))
    settled(company, people, invoice)
    assert [str(bill.total) for bill in company.rig.file.bills()] == ["400.00"]


@pytest.mark.parametrize("lines", ["items", "expenses"])
def test_a_change_order_item_that_names_no_line_is_refused(company, people, order, lines):
    """Nobody guesses which of two lines it bills, not on an account either; once Procore says it, it goes."""
    company.rig.set(bill_lines=lines)
    contract, [first, _] = order
    two = people.change(
        contract,
        (company.codes[1], Decimal(100), "Else", None),
        (company.codes[2], Decimal(300), "Besides", None),
    )
    company.sync()
    [other, _] = company.state.change_orders.lines(two.id)
    invoice = people.invoice(contract, {first: 400, other.id: 50})
    query = {"project_id": str(company.project.id), "view": "extended"}
    [shown] = company.client.get_all("/rest/v1.1/requisitions", query, per_page=100)
    for item in shown["items"]:
        if item["item_type"] == "change_order_item":
            item["line_item_id"] = None
    company.procore.inject("GET", "/rest/v1.1/requisitions", 200, json.dumps([shown], default=str))
    company.procore.inject("GET", f"/rest/v1.0/requisitions/{invoice.id}/change_order_items", 200, "[]")
    company.sync()
    job = people.job("invoice", invoice.id)
    assert job.state == JobState.STAGED
    assert "does not say which line of the commitment, or of a change order, it bills" in people.problems(job)
    assert people.warnings(job) == ""
    assert company.rig.file.bills() == []
    company.state.invoices.revise(invoice.id)
    company.state.invoices.submit(invoice.id)
    company.state.invoices.approve(invoice.id)
    settled(company, people, invoice)
    [bill] = company.rig.file.bills()
    assert [str(line.amount) for line in bill.lines] == ["400.00", "50.00"]
