"""Stories of change orders: what Procore shows, what the approver sees, what QuickBooks holds."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from qbsync.flows import review, unlinking
from qbsync.model.jobs import JobState
from qbsync.model.records import RecordKey, RecordKind
from qbsync.store import queue


@pytest.fixture
def order(company, people):
    """A subcontract of 1,000 and 500 that is a purchase order."""
    contract, lines = people.commit(1000, 500)
    company.sync()
    return contract, lines


def amounts(company):
    """What the lines of the one purchase order come to."""
    [order] = company.rig.file.purchase_orders()
    return [str(line.amount) for line in order.lines]


def on(line, amount, text="More", *, new=False):
    """An item of a change order, on a line of the commitment or a new one on its cost code."""
    return (line.cost_code_id, Decimal(amount), text, None if new else line.id)


def test_several_changes_of_one_line_are_summed(company, people, order):
    """Three items, two on one line and a new one, are two lines of the purchase order."""
    contract, lines = order
    change = people.change(contract, on(lines[0], "100.25"), on(lines[0], "50.00"), on(lines[1], 7, new=True))
    company.sync()
    assert amounts(company) == ["1000.00", "500.00", "150.25", "7.00"]
    [held] = company.rig.file.purchase_orders()
    assert f"[CCO {change.number}/{change.id}] Owner's wish; More" in held.lines[2].description
    assert people.job("change_order", change.id).state == JobState.SYNCED
    assert company.state.change_orders.get(change.id).origin_id.split("|")[0] == held.txn_id
    assert company.differences() == []


def test_a_prime_contracts_change_order_is_nobodys_business(company, order):
    """The owner's contract is not the bookkeeper's: nothing is staged, and the purchase order stays."""
    contract, _lines = order
    company.state.change_orders.create_prime(company.project.id, contract.id, title="Owner's wish")
    company.sync()
    assert not [job for job in company.rig.jobs() if job.kind == "change_order"]
    assert amounts(company) == ["1000.00", "500.00"]


def test_a_negative_change_order_takes_away(company, people, order):
    """It is a line of less than nothing; the order comes to what the commitment does."""
    contract, lines = order
    people.change(contract, on(lines[0], "-250.50"))
    company.sync()
    assert amounts(company) == ["1000.00", "500.00", "-250.50"]
    assert company.differences() == []


def test_a_change_after_part_of_the_order_was_billed(company, people, order):
    """What was billed stays billed; old line and new line can both be billed after."""
    contract, lines = order
    people.invoice(contract, {lines[0]: 400})
    company.sync()
    change = people.change(contract, on(lines[0], 200))
    company.sync()
    new = company.state.change_orders.lines(change.id)[0]
    people.invoice(contract, {lines[0]: 100, new: 50}, "I-2")
    company.settle()
    assert amounts(company) == ["1000.00", "500.00", "200.00"]
    assert sorted(str(bill.total) for bill in company.rig.file.bills()) == ["150.00", "400.00"]
    assert company.differences() == []


def test_an_edit_in_quickbooks_between_our_read_and_our_change_stays(company, people, order):
    """The stale EditSequence is read again once; the bookkeeper's edit and our lines are both there."""
    contract, lines = order
    [held] = company.rig.file.purchase_orders()
    change = people.change(contract, on(lines[0], 200))
    company.pull()
    company.pc.until_write()
    company.rig.clock.passes(timedelta(seconds=30))
    company.rig.file.human.edit_purchase_order(held.txn_id, FOB="By truck")
    company.pc.execute()
    company.pc.deliver()
    company.settle()
    assert amounts(company) == ["1000.00", "500.00", "200.00"]
    job = people.job("change_order", change.id)
    assert job.state == JobState.SYNCED
    assert [outcome for outcome, _ in company.rig.attempts(job)] == ["sent again", "synced"]
    assert company.differences() == []


def test_a_description_edited_in_procore_stages_nothing(company, people, order):
    """QuickBooks is told nothing of it, so the approver is not asked about it either."""
    contract, lines = order
    change = people.change(contract, on(lines[0], 200), description="As the owner wrote")
    company.sync()
    before = [job.id for job in company.rig.jobs()]
    company.state.change_orders.edit(change.id, description="As the owner wrote again")
    company.settle()
    assert [job.id for job in company.rig.jobs()] == before
    assert amounts(company) == ["1000.00", "500.00", "200.00"]


def test_a_change_order_of_a_closed_order_waits_for_it_to_be_opened(company, people, order):
    """The approver reads what to untick; after it a retry appends the lines."""
    contract, lines = order
    [held] = company.rig.file.purchase_orders()
    company.rig.file.human.close_purchase_order(held.txn_id)
    change = people.change(contract, on(lines[0], 200))
    company.sync()
    job = people.job("change_order", change.id)
    assert job.state == JobState.FAILED
    assert "was closed by hand in QuickBooks" in job.error
    assert amounts(company) == ["1000.00", "500.00"]
    company.rig.file.human.reopen_purchase_order(held.txn_id)
    people.retry(job)
    company.settle()
    assert amounts(company) == ["1000.00", "500.00", "200.00"]
    assert company.differences() == []


@pytest.mark.parametrize("ask", ["unlink", "retry"])
def test_lines_whose_description_someone_rewrote_are_not_appended_again(company, people, order, ask):
    """The mark is gone from one line of two, or from all: they are still there, until they are deleted."""
    contract, lines = order
    change = people.change(contract, on(lines[0], 200), on(lines[1], 50))
    company.sync()
    [held], human = company.rig.file.purchase_orders(), company.rig.file.human
    key = RecordKey(kind=RecordKind.CHANGE_ORDER, procore_id=str(change.id))

    def asked():
        if ask == "unlink":
            unlinking.unlink(company.rig.desk(), company.rig.name, key)
        else:
            people.retry(people.job("change_order", change.id))
        company.later()
        return people.job("change_order", change.id)

    for place in (2, 3):
        human.edit_line("PurchaseOrder", held.txn_id, place, Desc="Drywall")
    job = asked()
    assert (job.state, job.error) == (JobState.SYNCED, "The change order is still in QuickBooks.")
    assert amounts(company) == ["1000.00", "500.00", "200.00", "50.00"]
    assert key in company.rig.linked()
    for _ in range(2):
        human.edit_line("PurchaseOrder", held.txn_id, 2)
    asked()
    if ask == "unlink":
        assert key not in company.rig.linked()
        assert amounts(company) == ["1000.00", "500.00"]
        people.retry(people.job("change_order", change.id))
    company.settle()
    assert amounts(company) == ["1000.00", "500.00", "200.00", "50.00"]
    assert company.differences() == []


def test_a_change_order_whose_purchase_order_was_deleted_goes_after_it(company, people, order):
    """Its message names the commitment's job: that is retried, then this one, and both are in QuickBooks."""
    contract, lines = order
    [held] = company.rig.file.purchase_orders()
    company.rig.file.human.delete("PurchaseOrder", held.txn_id)
    change = people.change(contract, on(lines[0], 50))
    company.sync()
    job, commitment = people.job("change_order", change.id), people.job("commitment", contract.id)
    assert job.state == JobState.FAILED
    assert f"retry job {commitment.id}, the commitment's" in job.guidance
    people.retry(commitment)
    company.rig.clock.passes(timedelta(minutes=1))
    company.pc.update()
    people.retry(job)
    company.settle()
    assert amounts(company) == ["1000.00", "500.00", "50.00"]
    assert company.differences() == []


def test_a_void_change_order_does_not_come_back_with_its_purchase_order(company, people, order):
    """It was voided in Procore, then the whole order was deleted: made anew, that has its own lines alone."""
    contract, lines = order
    change = people.change(contract, on(lines[0], 200))
    company.settle()
    assert amounts(company) == ["1000.00", "500.00", "200.00"]
    company.state.change_orders.edit(change.id, status="void")
    company.settle()
    [held] = company.rig.file.purchase_orders()
    company.rig.file.human.delete("PurchaseOrder", held.txn_id)
    company.later()
    people.retry(people.job("commitment", contract.id))
    company.settle()
    assert amounts(company) == ["1000.00", "500.00"]


def delete_and_retry(company, people, contract):
    """Somebody deletes the purchase order, and the commitment's job is retried."""
    [held] = company.rig.file.purchase_orders()
    company.rig.file.human.delete("PurchaseOrder", held.txn_id)
    company.later()
    with company.rig.database.read() as tx:
        key = RecordKey(kind=RecordKind.COMMITMENT, procore_id=str(contract.id))
        people.retry(queue.synced_of_record(tx, company.rig.id, key))


@pytest.mark.parametrize("newer", [None, "cancelled"])
def test_a_change_order_that_was_void_meanwhile_comes_back_once_approved(company, people, order, newer):
    """The order was made anew without it, and Procore has no id of it: approved again it goes, once."""
    contract, lines = order
    change = people.change(contract, on(lines[0], 200))
    company.settle()
    if newer:
        company.state.change_orders.edit(change.id, title="Owner's other wish")
        company.sync()
        review.cancel(company.rig.desk(), people.job("change_order", change.id).id)
    company.state.change_orders.edit(change.id, status="void")
    company.settle()
    delete_and_retry(company, people, contract)
    company.settle()
    assert amounts(company) == ["1000.00", "500.00"]
    assert company.state.change_orders.get(change.id).origin_id is None
    company.state.change_orders.edit(change.id, status="approved")
    company.later()
    company.settle()
    assert amounts(company) == ["1000.00", "500.00", "200.00"]
    assert company.differences() == []


@pytest.mark.parametrize("newer", ["staged", "rejected", "cancelled"])
def test_a_change_order_with_a_newer_version_goes_after_its_purchase_order(company, people, order, newer):
    """Its title was edited since, which QuickBooks cannot take: made anew, the order has its line again."""
    contract, lines = order
    change = people.change(contract, on(lines[0], 200))
    company.settle()
    company.state.change_orders.edit(change.id, title="Owner's other wish")
    company.sync()
    job = people.job("change_order", change.id)
    assert "QuickBooks has it already" in people.problems(job)
    if newer == "rejected":
        review.reject(company.rig.desk(), job.id, "Not in QuickBooks")
    elif newer == "cancelled":
        review.cancel(company.rig.desk(), job.id)
    delete_and_retry(company, people, contract)
    for _ in range(3):
        company.later()
    assert amounts(company) == ["1000.00", "500.00", "200.00"]
    [held] = company.rig.file.purchase_orders()
    assert ("other" in held.lines[2].description) is (newer != "rejected")
    assert company.state.change_orders.get(change.id).origin_id.split("|")[0] == held.txn_id
    assert company.differences() == []


@pytest.mark.parametrize("asked", ["retry", "retry of what has a newer version", "hold", "unlink"])
def test_a_change_order_that_is_asked_about_itself_is_decided_with_its_order(company, people, order, asked):
    """It is retried, on hold or unlinked while its deleted order is made anew: it goes once, or not."""
    contract, lines = order
    change = people.change(contract, on(lines[0], 200))
    company.settle()
    job, desk = people.job("change_order", change.id), company.rig.desk()
    if asked == "retry of what has a newer version":
        company.state.change_orders.edit(change.id, title="Owner's other wish")
        company.sync()
        review.cancel(desk, people.job("change_order", change.id).id)
    [held] = company.rig.file.purchase_orders()
    company.rig.file.human.delete("PurchaseOrder", held.txn_id)
    key = RecordKey(kind=RecordKind.CHANGE_ORDER, procore_id=str(change.id))
    if asked == "unlink":
        unlinking.unlink(desk, company.rig.name, key)
    else:
        people.retry(job)
    if asked == "hold":
        review.hold(desk, job.id)
    people.retry(people.job("commitment", contract.id))
    for _ in range(2):
        company.later()
    if asked in ("hold", "unlink"):
        assert amounts(company) == ["1000.00", "500.00"]
        assert key not in company.rig.linked()
        assert company.state.change_orders.get(change.id).origin_id is None
        (review.release if asked == "hold" else review.retry)(desk, job.id)
    company.settle()
    assert amounts(company) == ["1000.00", "500.00", "200.00"]
    assert company.differences() == []
