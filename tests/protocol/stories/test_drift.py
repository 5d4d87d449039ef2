"""Stories of drift: what people change in QuickBooks or take back in Procore after it was linked."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
import sqlalchemy as sa

from qbsync.flows import insights, setup, unlinking
from qbsync.model.jobs import JobState
from qbsync.model.records import RecordKey, RecordKind
from qbsync.store.tables import LinkRow

HOUR = timedelta(minutes=61)


@pytest.fixture
def order(company, people):
    """A subcontract of 1,000 and 500 that is a purchase order."""
    contract, lines = people.commit(1000, 500)
    company.sync()
    return contract, lines


@pytest.fixture
def look(company):
    """An hour later QuickBooks is compared; gives what differs, as the command shows it."""

    def after_an_hour():
        company.rig.clock.passes(HOUR)
        company.sync()
        return drift(company)

    return after_an_hour


def drift(company, *, gone=False):
    """What differs: record, sort, what, as it was left, as QuickBooks has it."""
    with company.rig.database.read() as tx:
        rows = insights.drift_list(tx, connection=company.rig.name, gone=gone)
    return [
        (f"{row['kind']} {row['procore_id']}", row["sort"], row["what"], row["ours"], row["quickbooks"])
        for row in rows
    ]


def purchase_order(company):
    """The one purchase order."""
    [order] = company.rig.file.purchase_orders()
    return order.txn_id


def test_nothing_drifts_by_itself(company, people, order, look):
    """Budget, change order, bill and payment move the purchase order's EditSequence, and nothing is drift."""
    contract, lines = order
    company.state.budgets.add_line(company.project.id, company.codes[0], Decimal(900))
    company.state.budgets.lock(company.project.id)
    people.change(contract, (company.codes[0], Decimal(100), "More", lines[0].id))
    company.sync()
    people.invoice(contract, {lines[0]: 400})
    company.sync()
    [bill] = company.rig.file.bills()
    company.rig.file.human.pay_bills({bill.txn_id: None}, account="Checking", ref_number="1001")
    assert look() == []
    assert look() == []
    assert company.open() == []


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (({"Amount": "1200.00"}, {"Amount": "1000.00"}), ("amount", "1000.00", "1200.00")),
        (({"Desc": "Floors"}, {"Desc": "Part 1"}), ("description", "Part 1", "Floors")),
        (
            (
                {"ItemRef": {"FullName": "01:030"}, "Amount": "1000.00", "Desc": "Part 1"},
                {"ItemRef": {"FullName": "01:010"}, "Amount": "1000.00", "Desc": "Part 1"},
            ),
            ("item", "01:010", "01:030"),
        ),
    ],
)
def test_a_changed_line_is_seen_once_until_it_is_changed_back(company, order, look, change, told):
    """A line's amount, description or item that someone changes is told once, until it is changed back."""
    contract, _ = order
    (change, mend), (what, ours, theirs) = change, told
    human, txn_id = company.rig.file.human, purchase_order(company)
    human.edit_line("PurchaseOrder", txn_id, 0, **change)
    expected = (f"commitment {contract.id}", "changed", f"{what} of line 'Part 1'", ours, theirs)
    assert look() == [expected]
    assert look() == [expected]
    human.edit_line("PurchaseOrder", txn_id, 0, **mend)
    assert look() == []
    assert drift(company, gone=True) == [expected]


@pytest.mark.usefixtures("order")
def test_header_close_and_foreign_lines_are_told(company, look):
    """The memo, a tick on Closed and a line of nobody's are each told; the sums that follow are not."""
    human, txn_id = company.rig.file.human, purchase_order(company)
    human.edit_transaction("PurchaseOrder", txn_id, Memo="Ceilings")
    human.add_line(
        "PurchaseOrder", txn_id, ItemRef={"FullName": "01:030"}, Desc="Extra", Quantity="1", Amount="50.00"
    )
    found = {(sort, what, ours, theirs) for _, sort, what, ours, theirs in look()}
    assert found == {("changed", "memo", "Walls", "Ceilings"), ("added", "line 'Extra'", "", "50.00")}
    human.close_purchase_order(txn_id)
    told = {(sort, what) for _, sort, what, _, _ in look()}
    assert ("closed", "closed") in told
    assert "closed" in {sort for sort, _ in told}
    human.reopen_purchase_order(txn_id)
    human.edit_line("PurchaseOrder", txn_id, 2)
    human.edit_transaction("PurchaseOrder", txn_id, Memo="Walls")
    assert look() == []


def test_a_change_orders_line_that_is_deleted_is_its_own_drift(company, people, order, look):
    """A change order's lines are no drift of the commitment; one that is deleted is the change order's."""
    contract, lines = order
    change = people.change(contract, (company.codes[0], Decimal(100), "More", lines[0].id))
    company.sync()
    assert look() == []
    company.rig.file.human.edit_line("PurchaseOrder", purchase_order(company), 2)
    [(record, sort, _, ours, theirs)] = look()
    assert (record, sort, ours, theirs) == (f"change_order {change.id}", "deleted", "100.00", "")


def test_an_edited_bill_is_drift_of_its_invoice(company, people, order, look):
    """A bill's amount and number that someone changes are told at the invoice, and not at the commitment."""
    contract, lines = order
    invoice = people.invoice(contract, {lines[0]: 400})
    company.sync()
    human = company.rig.file.human
    [bill] = company.rig.file.bills()
    human.edit_line("Bill", bill.txn_id, 0, Amount="450.00")
    human.edit_transaction("Bill", bill.txn_id, RefNumber="I-1b")
    record = f"invoice {invoice.id}"
    assert {(one[0], one[1], one[3], one[4]) for one in look()} == {
        (record, "changed", "400.00", "450.00"),
        (record, "changed", "I-1", "I-1b"),
    }


def test_an_edited_or_deleted_estimate_is_drift_of_the_budget(company, look):
    """A changed amount of the estimate is told until it is changed back; then its deletion is."""
    company.state.budgets.add_line(company.project.id, company.codes[0], Decimal(900))
    company.state.budgets.lock(company.project.id)
    company.sync()
    [estimate] = company.rig.file.estimates()
    human, record = company.rig.file.human, f"budget {company.project.id}"
    human.edit_line("Estimate", estimate.txn_id, 0, Amount="950.00")
    [(of, sort, _, ours, theirs)] = look()
    assert (of, sort, ours, theirs) == (record, "changed", "900.00", "950.00")
    human.edit_line("Estimate", estimate.txn_id, 0, Amount="900.00")
    assert look() == []
    human.delete("Estimate", estimate.txn_id)
    [(of, sort, what, _, _)] = look()
    assert (of, sort, what) == (record, "deleted", "the whole budget")


def test_a_deletion_is_drift_until_the_record_is_unlinked(company, order, look):
    """A purchase order deleted in QuickBooks is told until the commitment is unlinked."""
    contract, _ = order
    company.rig.file.human.delete("PurchaseOrder", purchase_order(company))
    [(record, sort, what, ours, _)] = look()
    assert (record, sort, what, ours) == (
        f"commitment {contract.id}",
        "deleted",
        "the whole commitment",
        "SC-1",
    )
    key = RecordKey(kind=RecordKind.COMMITMENT, procore_id=str(contract.id))
    unlinking.unlink(company.rig.desk(), company.rig.name, key)
    company.settle()
    assert drift(company) == []


def test_a_vendor_is_drift_in_what_procore_gave_alone(company, look):
    """A vendor's name and use are told; what Procore leaves blank, and terms, are the bookkeeper's."""
    human, file = company.rig.file.human, company.rig.file
    human.add_terms("Net 15")
    [acme] = [one for one in file.vendors() if one.name == "Acme"]
    human.edit("Vendor", acme.list_id, Phone="555-0100", TermsRef={"FullName": "Net 15"})
    assert look() == []
    human.edit("Vendor", acme.list_id, Name="Acme Inc")
    [(_, sort, what, ours, theirs)] = look()
    assert (sort, what, ours, theirs) == ("changed", "name", "Acme", "Acme Inc")
    human.edit("Vendor", acme.list_id, Name="Acme", IsActive="false")
    [(_, sort, _, _, _)] = look()
    assert sort == "closed"
    human.edit("Vendor", acme.list_id, IsActive="true")
    assert look() == []


def test_an_edit_of_ours_mends_it(company, look):
    """A vendor's phone that someone changed is drift until Procore's next edit writes it again."""
    vendor = company.state.edit_vendor(company.vendors[0].id, business_phone="555-0100")
    company.sync()
    [acme] = [one for one in company.rig.file.vendors() if one.name == "Acme"]
    company.rig.file.human.edit("Vendor", acme.list_id, Phone="555-0199")
    [(_, _, what, ours, theirs)] = look()
    assert (what, ours, theirs) == ("phone", "555-0100", "555-0199")
    company.state.edit_vendor(vendor.id, business_phone="555-0111")
    company.sync()
    assert drift(company) == []


def test_what_procore_takes_back_after_it_was_synced_is_told(company, people, order, look):
    """A void commitment and an invoice set back stay in QuickBooks and are told, until they are back."""
    contract, lines = order
    invoice = people.invoice(contract, {lines[0]: 400})
    company.pull()
    company.pc.update()
    company.state.invoices.revise(invoice.id)  # before Procore was told that it is synced
    [(record, sort, what, ours, theirs)] = look()
    assert (record, sort, what, theirs) == (f"invoice {invoice.id}", "withdrawn", "the whole invoice", "I-1")
    assert ours
    company.state.edit_commitment(contract.id, status="Void")
    assert {one[:2] for one in look()} == {(record, sort), (f"commitment {contract.id}", "withdrawn")}
    assert people.job("commitment", contract.id).state == JobState.SYNCED
    company.state.approve(contract.id)
    assert {one[:2] for one in look()} == {(record, sort)}


def test_what_procore_takes_back_while_quickbooks_has_it_is_told(company, people):
    """A commitment is void before the answer comes that QuickBooks made it: it is synced, and withdrawn."""
    contract, _ = people.commit(1000)
    company.pull()
    company.pc.until_write()
    company.rig.file.faults.fail_after("0x80040402", "lost")
    company.pc.execute()
    company.pc.deliver()
    assert people.job("commitment", contract.id).state == JobState.SENT
    company.state.edit_commitment(contract.id, status="Void")
    company.pull()
    company.rig.clock.passes(timedelta(hours=1))
    company.pc.update()
    assert people.job("commitment", contract.id).state == JobState.SYNCED
    assert [one[:2] for one in drift(company)] == [(f"commitment {contract.id}", "withdrawn")]


def test_a_budget_unlocked_after_it_was_synced_is_told(company, look):
    """An unlocked budget stays an estimate in QuickBooks; locked again, all is well."""
    company.state.budgets.add_line(company.project.id, company.codes[0], Decimal(900))
    company.state.budgets.lock(company.project.id)
    company.sync()
    company.state.budgets.unlock(company.project.id)
    [(record, sort, _, _, _)] = look()
    assert (record, sort) == (f"budget {company.project.id}", "withdrawn")
    company.state.budgets.lock(company.project.id)
    assert look() == []


def test_our_own_pending_change_is_no_drift(company, people, order, look):
    """A change order that waits, or whose answer was lost, is not taken for somebody's edit."""
    contract, lines = order
    people.change(contract, (company.codes[0], Decimal(100), "More", lines[0].id))
    company.rig.file.faults.fail_after("0x80040402", "lost", times=3)
    company.pull()
    company.rig.clock.passes(HOUR)
    company.pc.update()
    assert drift(company) == []
    company.settle()
    assert look() == []


@pytest.mark.usefixtures("order")
def test_a_lost_iterator_and_a_lost_page_lose_no_drift(company, look):
    """After status 3391, and a page whose answer was lost, all is read again."""
    human, txn_id = company.rig.file.human, purchase_order(company)
    human.edit_line("PurchaseOrder", txn_id, 0, Amount="1200.00")
    company.rig.file.faults.fail_next("PurchaseOrderQueryRq", 3391, "The iteratorID is not valid.")
    assert len(look()) == 1
    human.edit_line("PurchaseOrder", txn_id, 0, Amount="1000.00")
    company.rig.file.faults.answer_instead("<garbage", times=1)
    company.rig.clock.passes(HOUR)
    company.pc.update()
    company.sync()
    assert drift(company) == []


@pytest.mark.usefixtures("order")
def test_nothing_is_compared_where_it_is_switched_off(company, look):
    """With drift_minutes at 0 QuickBooks is not asked."""
    company.rig.set(drift_minutes="0")
    company.rig.file.human.edit_line("PurchaseOrder", purchase_order(company), 0, Amount="1200.00")
    assert look() == []
    company.rig.set(drift_minutes="60")
    setup.refresh(company.rig.desk(), company.rig.name)
    company.pc.update()
    assert len(drift(company)) == 1


@pytest.mark.usefixtures("order")
def test_a_link_made_before_anything_was_kept_is_compared_by_its_lines(company, look):
    """Amounts of a link without what was shown are held against its lines; the rest counts from now on."""
    with company.rig.database.write() as tx:
        tx.execute(sa.update(LinkRow).values(held=[]))
    human, txn_id = company.rig.file.human, purchase_order(company)
    human.edit_line("PurchaseOrder", txn_id, 0, Amount="1200.00", Desc="Floors")
    [(_, sort, _, ours, theirs)] = look()
    assert (sort, ours, theirs) == ("changed", "1000.00", "1200.00")
    human.edit_transaction("PurchaseOrder", txn_id, TxnDate=date(2026, 1, 2).isoformat())
    assert len(look()) == 1


def test_a_change_order_voided_after_it_was_synced_is_told(company, people, order, look):
    """Its lines stay on the purchase order and its job stays synced; approved again, all is well."""
    contract, lines = order
    change = people.change(contract, (company.codes[0], Decimal(100), "More", lines[0].id))
    company.sync()
    company.state.change_orders.void(change.id)
    [(record, sort, what, ours, _)] = look()
    assert (record, sort, what) == (f"change_order {change.id}", "withdrawn", "the whole change order")
    assert "'void'" in ours
    assert people.job("change_order", change.id).state == JobState.SYNCED
    [held] = company.rig.file.purchase_orders()
    assert [str(line.amount) for line in held.lines] == ["1000.00", "500.00", "100.00"]
    company.state.change_orders.edit(change.id, status="approved")
    assert look() == []


@pytest.fixture
def credit(company, people, order):
    """An invoice of less than nothing that is a vendor credit in QuickBooks; gives both."""
    company.rig.set(negative_invoices="vendor_credit")
    contract, lines = order
    people.invoice(contract, {lines[0]: 400})
    company.settle()
    invoice = people.invoice(contract, {lines[0]: -100}, "I-2")
    company.settle()
    [held] = [one for one in company.rig.file.costs() if one.kind == "VendorCredit"]
    return invoice, held


def test_an_edited_vendor_credit_is_drift_of_its_invoice(company, credit, look):
    """The amount that someone changes is told with QuickBooks' own sign, until it is changed back."""
    invoice, held = credit
    assert look() == []
    [line] = held.lines
    company.rig.file.human.edit_cost(held.txn_id, {line.txn_line_id: Decimal("120.00")})
    expected = (f"invoice {invoice.id}", "changed", "amount of line 'Part 1'", "100.00", "120.00")
    assert look() == [expected]
    company.rig.file.human.edit_cost(held.txn_id, {line.txn_line_id: Decimal("100.00")})
    assert look() == []


def test_a_deleted_vendor_credit_is_drift_until_it_is_unlinked(company, credit, look):
    """QuickBooks says that it is gone; the unlink ends the drift and the invoice is nobody's any more."""
    invoice, held = credit
    company.rig.file.human.delete("VendorCredit", held.txn_id)
    [(record, sort, what, _, _)] = look()
    assert (record, sort, what) == (f"invoice {invoice.id}", "deleted", "the whole invoice")
    key = RecordKey(kind=RecordKind.INVOICE, procore_id=str(invoice.id))
    unlinking.unlink(company.rig.desk(), company.rig.name, key)
    company.sync()
    assert look() == []
    assert company.state.invoices.get(invoice.id).origin_id is None


def test_a_vendor_credit_is_withdrawn_like_any_invoice(company, people, order, look):
    """Set back in Procore before that was told of the credit, it is told; QuickBooks keeps it."""
    company.rig.set(negative_invoices="vendor_credit")
    contract, lines = order
    people.invoice(contract, {lines[0]: 400})
    company.settle()
    invoice = people.invoice(contract, {lines[0]: -100}, "I-2")
    company.pull()
    company.pc.update()
    company.state.invoices.revise(invoice.id)
    assert [one[:2] for one in look()] == [(f"invoice {invoice.id}", "withdrawn")]
    assert [one.kind for one in company.rig.file.costs()].count("VendorCredit") == 1
