"""Stories of records that Procore takes back while QuickBooks' answer is out."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from qbsync.errors import StateError
from qbsync.flows import review, unlinking
from qbsync.model.jobs import JobState
from qbsync.model.records import RecordKey, RecordKind
from qbsync.store import drifts
from qbsync.store.drifts import DriftFilter

MINUTE = timedelta(minutes=1)


def unknown(pc):
    """QuickBooks kept no answer."""
    pc.say_status(9002)
    pc.deliver()
    pc.close()


def changed(pc):
    """QuickBooks holds another message under that id."""
    pc.say_status(9001)
    pc.deliver()
    pc.close()


def silent(pc):
    """No usable answer five times."""
    for _ in range(5):
        pc.in_hand = pc.in_hand or pc.until_write()
        pc.refuse("0x80040402")
        pc.deliver()
        pc.close()
        pc.rig.clock.passes(20 * MINUTE)


LOST = {"9002": unknown, "9001": changed, "no answer": silent}


@pytest.fixture
def out(company, people):
    """An invoice of 400 that was handed over, and that Procore has taken back since."""
    contract, lines = people.commit(1000, 500)
    company.settle()
    invoice = people.invoice(contract, {lines[0]: 400})
    company.pull()
    company.pc.until_write()
    company.state.invoices.revise(invoice.id)
    company.rig.clock.passes(MINUTE)
    company.pull()
    return invoice


def later(company):
    """Hours pass, with an update, a pull and a push every twenty minutes."""
    for _ in range(6):
        company.rig.clock.passes(20 * MINUTE)
        company.sync()


def left(company):
    """What is shown as taken back in Procore and still in QuickBooks."""
    with company.rig.database.read() as tx:
        rows = drifts.listing(tx, DriftFilter(connection_id=company.rig.id))
        return [f"{row.kind} {row.procore_id}" for row in rows if row.sort == "withdrawn"]


@pytest.mark.parametrize("lost", LOST)
def test_what_was_taken_back_is_not_sent_after_its_answer_was_lost(company, people, out, lost):
    """However the answer was lost: nothing is in QuickBooks, nothing goes, and the job says why it ended."""
    LOST[lost](company.pc)
    later(company)
    assert company.rig.file.bills() == []
    job = people.job("invoice", out.id)
    assert job.state == JobState.CANCELLED
    assert job.because.startswith("Withdrawn: ")
    assert left(company) == []


def test_what_was_taken_back_and_executed_is_told(company, people, out):
    """QuickBooks had executed it: the job is synced, and what is left there is named as taken back."""
    company.pc.execute_now(company.pc.requests[-1])
    LOST["9002"](company.pc)
    company.rig.clock.passes(MINUTE)
    company.pc.update()
    assert [str(bill.total) for bill in company.rig.file.bills()] == ["400.00"]
    assert people.job("invoice", out.id).state == JobState.SYNCED
    assert left(company) == [f"invoice {out.id}"]


def test_an_answer_that_does_not_fit_leaves_it_taken_back(company, people, out):
    """The answer shows another amount: a retry is refused, and what is found there is told as taken back."""
    answer = company.pc.execute()
    odd = replace(answer, response=answer.response.replace(">400.00<", ">401.00<"))
    company.pc.deliver(odd)
    company.pc.close()
    job = people.job("invoice", out.id)
    assert (job.state, job.because[:9]) == (JobState.IN_DOUBT, "Withdrawn")
    with pytest.raises(StateError, match=r"Procore took 'I-1.*' back: "):
        people.retry(job)
    company.rig.clock.passes(70 * MINUTE)
    company.pc.update()
    assert people.job("invoice", out.id).state == JobState.SYNCED
    assert left(company) == [f"invoice {out.id}"]


def test_approved_again_it_goes(company, people, out):
    """Approved again in Procore while it is looked for, the invoice goes to QuickBooks once."""
    LOST["9002"](company.pc)
    company.state.invoices.submit(out.id)
    company.state.invoices.approve(out.id)
    later(company)
    assert [str(bill.total) for bill in company.rig.file.bills()] == ["400.00"]
    assert people.job("invoice", out.id).state == JobState.SYNCED
    assert left(company) == []


def test_what_procore_voided_goes_no_second_time_though_its_newest_version_was_cancelled(company, people):
    """The approver cancelled the edit of its title; then it was voided, its order deleted: no retry."""
    contract, _ = people.commit(1000)
    company.settle()
    synced = people.job("commitment", contract.id)
    company.state.edit_commitment(contract.id, title="Other walls")
    company.sync()
    newer = people.job("commitment", contract.id)
    assert "QuickBooks has it already" in people.problems(newer)
    review.cancel(company.rig.desk(), newer.id)
    company.state.edit_commitment(contract.id, status="Void")
    company.later()
    [order] = company.rig.file.purchase_orders()
    company.rig.file.human.delete("PurchaseOrder", order.txn_id)
    with pytest.raises(StateError, match="Procore took"):
        people.retry(synced)
    later(company)
    assert company.rig.file.purchase_orders() == []


@pytest.mark.parametrize("unlinked", ["while it was void", "before that"])
def test_what_was_void_and_unlinked_comes_back_once_it_is_approved(company, people, unlinked):
    """Unlinked because it was void, it goes again once approved; what a person unlinked before does not."""
    contract, _ = people.commit(1000)
    company.settle()
    [order] = company.rig.file.purchase_orders()
    company.rig.file.human.delete("PurchaseOrder", order.txn_id)
    key = RecordKey(kind=RecordKind.COMMITMENT, procore_id=str(contract.id))

    def unlink():
        unlinking.unlink(company.rig.desk(), company.rig.name, key)
        company.settle()
        assert key not in company.rig.linked()

    if unlinked == "before that":
        unlink()
    company.state.edit_commitment(contract.id, status="Void")
    company.later()
    if unlinked == "while it was void":
        unlink()
    company.state.approve(contract.id)
    later(company)
    there = len(company.rig.file.purchase_orders())
    assert there == (1 if unlinked == "while it was void" else 0)
