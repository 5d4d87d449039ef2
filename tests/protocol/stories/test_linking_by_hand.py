"""Stories of bills and estimates that QuickBooks had already, and that a person links by hand."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from qbsync.errors import StateError
from qbsync.flows import linking, review, unlinking
from qbsync.model.records import RecordKey, RecordKind
from qbsync.simulator.procore.erp_rows import Kind, Stage

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


class Typed:
    """Something that the bookkeeper typed, not quite as Procore has it, and that a person links."""

    def __init__(self, company, people, kind):
        company.rig.set(auto_accept="vendor,project,cost_code")
        self.company, self.people, self.kind = company, people, kind
        self.human, self.file = company.rig.file.human, company.rig.file
        self.id, self.txn_id = getattr(self, kind.value)()
        company.sync()
        link(company, kind, self.id, self.txn_id)
        assert self.job.state == "failed"

    def invoice(self):
        """A bill of a cent less, under another number."""
        contract, lines = self.people.commit(1000)
        self.company.sync()
        self.people.accept(self.people.job("commitment", contract.id))
        self.company.sync()
        row = self.people.invoice(contract, {lines[0]: 400}, "I-1")
        typed = [("01:010", "By hand", Decimal("399.99"))]
        return row.id, self.human.enter_bill("Acme", typed, ref_number="Other", job=TOWER)

    def commitment(self):
        """A purchase order of a dollar less, under another number."""
        contract, _ = self.people.commit(1000)
        typed = [("01:010", "By hand", Decimal(999))]
        return contract.id, self.human.add_purchase_order("Acme", typed, ref_number="T-77")

    def budget(self):
        """An estimate of a dollar less."""
        budgets, project_id = self.company.state.budgets, self.company.project.id
        budgets.add_line(project_id, self.company.codes[0], Decimal("700.00"), self.company.cost_type.id)
        budgets.lock(project_id)
        typed = [("01:010", "By hand", Decimal("699.00"))]
        return project_id, self.human.enter_estimate(TOWER, typed)

    @property
    def job(self):
        """The job of the record that it is to be."""
        return self.people.job(self.kind.value, self.id)

    def correct(self):
        """The bookkeeper types it as Procore has it; a budget's line with its mark."""
        match self.kind:
            case RecordKind.INVOICE:
                self.human.edit_line("Bill", self.txn_id, 0, Amount="400.00")
            case RecordKind.COMMITMENT:
                self.human.edit_line("PurchaseOrder", self.txn_id, 0, Amount="1000.00")
            case _:
                mark = f"qbsync:{self.job.record['lines'][0]['cost_code_id']}"
                self.human.edit_line("Estimate", self.txn_id, 0, Amount="700.00", Other1=mark)

    def amend(self, amount):
        """The commitment's one line comes to this in Procore from now on."""
        [line] = self.company.state.lines(self.id)
        self.company.state.edit_line(line.id, amount=Decimal(amount))

    def all(self):
        """The TxnIDs of all there are of its kind."""
        there = {
            RecordKind.INVOICE: self.file.bills,
            RecordKind.COMMITMENT: self.file.purchase_orders,
            RecordKind.BUDGET: self.file.estimates,
        }
        return [one.txn_id for one in there[self.kind]()]


READ_FIRST = pytest.mark.parametrize("kind", linking.READ_FIRST)


@READ_FIRST
def test_what_did_not_fit_is_linked_by_retry_once_it_was_corrected(company, people, kind):
    """Retry reads what was named again, as often as anybody asks: never is a second one written beside it."""
    typed = Typed(company, people, kind)
    people.retry(typed.job)
    company.sync()
    assert (typed.job.state, typed.all()) == ("failed", [typed.txn_id])
    assert "Retry reads" in typed.job.guidance
    typed.correct()
    people.retry(typed.job)
    company.settle()
    assert (typed.job.state, typed.all()) == ("synced", [typed.txn_id])
    assert RecordKey(kind=kind, procore_id=str(typed.id)) in company.rig.linked()


@READ_FIRST
def test_a_link_that_did_not_fit_is_given_up_by_accept(company, people, kind):
    """Who accepts the failed job has ours written after all; one staged again is still to be linked."""
    typed = Typed(company, people, kind)
    review.reject(company.rig.desk(), typed.job.id, "not yet")
    people.retry(typed.job)
    people.accept(typed.job)
    company.sync()
    assert (typed.job.state, typed.all()) == ("failed", [typed.txn_id])
    assert "jobs accept" in typed.job.guidance
    people.accept(typed.job)
    company.settle()
    assert typed.job.state == "synced"
    assert len(typed.all()) == 2
    linked = company.rig.linked()[RecordKey(kind=kind, procore_id=str(typed.id))]
    assert linked.quickbooks_id != typed.txn_id


def test_what_was_linked_by_hand_and_is_gone_is_written_by_retry(company, people):
    """The id that was named is of what is gone: once it is unlinked, Retry has a new one written."""
    typed = Typed(company, people, RecordKind.COMMITMENT)
    typed.correct()
    people.retry(typed.job)
    company.settle()
    typed.human.delete("PurchaseOrder", typed.txn_id)
    key = RecordKey(kind=typed.kind, procore_id=str(typed.id))
    unlinking.unlink(company.rig.desk(), company.rig.name, key)
    company.settle()
    people.retry(typed.job)
    company.settle()
    assert typed.job.state == "synced"
    [order] = typed.all()
    assert order != typed.txn_id


@pytest.mark.parametrize("first", ["", "another one"])
def test_what_is_named_while_quickbooks_answers_is_what_is_linked(company, people, invoiced, first):
    """An answer to what was asked before counts no more: ours is not written, and no other bill is linked."""
    company.rig.set(auto_accept="vendor,project,cost_code,commitment")
    human = company.rig.file.human
    row = invoiced()
    wrong, meant = (
        human.enter_bill("Acme", [("01:010", "By hand", Decimal(400))], ref_number=number, job=TOWER)
        for number in ("W-1", "Other")
    )
    key = RecordKey(kind=RecordKind.INVOICE, procore_id=str(row.id))
    if first:
        linking.link(company.rig.desk(), company.rig.name, key, wrong)
    else:
        people.accept(people.job("invoice", row.id))
    named = []

    def name_it(request):
        if "BillQueryRq" in request and not named:
            linking.link(company.rig.desk(), company.rig.name, key, meant)
            named.append(meant)
        return False

    company.pc.update(name_it)
    company.rig.by_hand.add(("Bill", meant))
    company.settle()
    assert named
    assert company.state.invoices.get(row.id).origin_id == meant
    assert [one.txn_id for one in company.rig.file.bills()] == [wrong, meant]
    assert "as it was typed" in people.job("invoice", row.id).error


def test_many_that_are_accepted_at_once_write_nothing_beside_what_was_named(company, people):
    """The job's own page asks whether to link or to write; a tick among others decides neither."""
    typed = Typed(company, people, RecordKind.INVOICE)
    with pytest.raises(StateError, match=f"is to be linked to {typed.txn_id}"):
        review.accept(company.rig.desk(), typed.job.id, {}, with_others=True)
    company.sync()
    assert (typed.job.state, typed.all()) == ("failed", [typed.txn_id])


def test_a_bill_of_another_vendor_is_linked_by_retry_once_it_is_given_to_the_invoices(
    company, people, invoiced
):
    """What is of somebody else stays what was named: retried, it is read again and nothing is written."""
    company.rig.set(auto_accept="vendor,project,cost_code,commitment")
    row = invoiced()
    typed = [("01:010", "By hand", Decimal("400.00"))]
    bill = company.rig.file.human.enter_bill("Bayline", typed, ref_number="Other", job=TOWER)
    link(company, RecordKind.INVOICE, row.id, bill)
    assert "is of Bayline" in people.job("invoice", row.id).error
    people.retry(people.job("invoice", row.id))
    company.sync()
    assert people.job("invoice", row.id).state == "failed"
    company.rig.file.human.edit_bill(bill, VendorRef={"FullName": "Acme"})
    people.retry(people.job("invoice", row.id))
    company.settle()
    assert people.job("invoice", row.id).state == "synced"
    assert [one.txn_id for one in company.rig.file.bills()] == [bill]


def test_on_the_erp_feed_too_what_did_not_fit_is_linked_by_retry(office, people_of):
    """Procore was told that the export failed: to send it again takes a new export, to link it does not."""
    people = people_of(office.company)
    contract, [line] = people.commit(1000)
    office.sends(Kind.COMMITMENT, contract.id)
    office.goes_on()
    typed = [("01:010", "By hand", Decimal("399.99"))]
    bill = office.rig.file.human.enter_bill("Acme", typed, ref_number="I-1", job=TOWER)
    row = people.invoice(contract, {line: 400})
    office.sends(Kind.REQUISITION, row.id)
    office.goes_on()
    assert office.item(Kind.REQUISITION, row.id)[0] is Stage.FAILED
    link(office.company, RecordKind.INVOICE, row.id, bill)
    assert "it comes to 399.99" in people.job("invoice", row.id).error
    office.rig.file.human.edit_line("Bill", bill, 0, Amount="400.00")
    people.retry(people.job("invoice", row.id))
    office.goes_on()
    assert people.job("invoice", row.id).state == "synced"
    assert [one.txn_id for one in office.rig.file.bills()] == [bill]


def test_what_a_person_cancelled_and_procore_voided_comes_by_no_link(company, people):
    """A link of it is refused while it is void; approved again it stays cancelled, and may be linked."""
    company.rig.set(auto_accept="vendor,project,cost_code")
    contract, _ = people.commit(1000)
    company.sync()
    review.cancel(company.rig.desk(), people.job("commitment", contract.id).id)
    company.state.edit_commitment(contract.id, status="Void")
    company.later()
    typed = company.rig.file.human.add_purchase_order(
        "Acme", [("01:010", "Part 1", Decimal(1000))], ref_number="SC-1"
    )
    with pytest.raises(StateError, match="Procore took"):
        link(company, RecordKind.COMMITMENT, contract.id, typed)
    company.sync()
    assert company.state.commitment(contract.id).origin_id is None
    company.state.approve(contract.id)
    company.later()
    assert people.job("commitment", contract.id).because.startswith("Cancelled by")
    link(company, RecordKind.COMMITMENT, contract.id, typed)
    company.settle()
    assert company.state.commitment(contract.id).origin_id == typed
    assert [one.txn_id for one in company.rig.file.purchase_orders()] == [typed]


def test_an_id_that_qbsync_told_itself_hinders_nothing_once_its_record_is_gone(company, people):
    """Procore has not forgotten the deleted order yet: a newer version of the unlinked commitment may go."""
    contract, _ = people.commit(1000)
    company.settle()
    [order] = company.rig.file.purchase_orders()
    company.rig.file.human.delete("PurchaseOrder", order.txn_id)
    key = RecordKey(kind=RecordKind.COMMITMENT, procore_id=str(contract.id))
    unlinking.unlink(company.rig.desk(), company.rig.name, key)
    company.rig.clock.passes(MINUTE)
    company.pc.update()
    company.rig.set(auto_accept="none")
    company.state.edit_commitment(contract.id, title="Other walls")
    company.rig.clock.passes(MINUTE)
    company.pull()
    job = people.job("commitment", contract.id)
    assert (job.state, job.foreign_id) == ("staged", order.txn_id)
    people.accept(job)
    company.settle()
    [new] = company.rig.file.purchase_orders()
    assert company.state.commitment(contract.id).origin_id == new.txn_id


@pytest.mark.parametrize("who", ["nobody", "a person"])
@pytest.mark.parametrize("when", ["asked", "failed"])
def test_a_newer_version_in_procore_is_still_linked_to_what_was_named(company, people, who, when):
    """It is Procore that was wrong, and is corrected: whoever accepts it, it is linked alone."""
    typed = Typed(company, people, RecordKind.COMMITMENT)
    if who == "nobody":
        company.rig.set(auto_accept="all")
    if when == "asked":
        people.retry(typed.job)
    typed.amend("999.00")
    company.later()
    if who == "a person":
        people.accept(typed.job)
    company.settle()
    assert typed.job.state == "synced"
    assert typed.all() == [typed.txn_id]


def test_an_invoice_that_was_revised_in_procore_is_still_linked_to_what_was_named(company, people):
    """It goes back to draft and is approved again, as invoices are corrected there: no second bill."""
    typed = Typed(company, people, RecordKind.INVOICE)
    company.rig.set(auto_accept="all")
    company.state.invoices.revise(typed.id)
    company.later()
    assert typed.job.state == "cancelled"
    typed.correct()
    company.state.invoices.submit(typed.id)
    company.state.invoices.approve(typed.id)
    company.settle()
    assert typed.job.state == "synced"
    assert typed.all() == [typed.txn_id]


def test_who_cancels_a_job_gives_up_what_was_named_for_it(company, people):
    """A newer version of the commitment goes as if nobody had named anything."""
    typed = Typed(company, people, RecordKind.COMMITMENT)
    company.rig.set(auto_accept="all")
    review.cancel(company.rig.desk(), typed.job.id)
    typed.amend("1001.00")
    company.settle()
    assert typed.job.state == "synced"
    assert len(typed.all()) == 2


def test_a_late_answer_beside_what_was_named_is_told(company, people, invoiced):
    """The lost answer of our bill comes after a typed one was named: ours counts, the other is told of."""
    company.rig.set(auto_accept="vendor,project,cost_code,commitment")
    row = invoiced()
    people.accept(people.job("invoice", row.id))
    written = company.pc.until_write()
    company.pc.say_status(600)
    company.pc.deliver()
    company.pc.close()
    assert people.job("invoice", row.id).state == "in_doubt"
    typed = [("01:010", "By hand", Decimal(400))]
    other = company.rig.file.human.enter_bill("Acme", typed, ref_number="Other", job=TOWER)
    key = RecordKey(kind=RecordKind.INVOICE, procore_id=str(row.id))
    linking.link(company.rig.desk(), company.rig.name, key, other)
    assert company.pc.authenticate() == ""
    assert "BillQueryRq" in company.pc.send()
    late = company.pc.execute_now(written)
    company.pc.deliver(late)
    told = company.rig.troubles()[f"QuickBooks twice: invoice {row.id}"]
    ours = company.rig.linked()[key].quickbooks_id
    assert ours != other
    assert f"as {ours}, which it is linked to, and as {other}" in told
