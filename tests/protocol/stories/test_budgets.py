"""Stories of budgets: what the person in Procore sees, what the approver sees, what QuickBooks holds."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from qbsync.errors import StateError
from qbsync.flows import setup
from qbsync.model.jobs import JobState

ESTIMATES = "JobsAndEstimatesPreferences/IsUsingEstimates"
HOUR = timedelta(hours=1, minutes=5)


@pytest.fixture
def budget(company):
    """A locked budget of 1,000 and 500 that is an estimate; its lines."""
    budgets = company.state.budgets
    for code, amount in zip(company.codes, (1000, 500), strict=False):
        budgets.add_line(company.project.id, code, Decimal(amount).quantize(Decimal("0.01")))
    budgets.lock(company.project.id)
    company.rig.clock.passes(HOUR)
    company.settle()
    return budgets.lines(company.project.id)


def lines(company):
    """What the one estimate of QuickBooks has."""
    [estimate] = company.rig.file.estimates()
    return [str(line.amount) for line in estimate.lines]


def job(company, people):
    """The newest job of the budget."""
    return people.job("budget", company.project.id)


def test_a_locked_budget_becomes_an_estimate(company, people, budget):
    """One line a cost code for the job, and the job of the budget is synced."""
    assert lines(company) == ["1000.00", "500.00"]
    [estimate] = company.rig.file.estimates()
    assert estimate.customer_id == company.state.project(company.project.id).origin_id
    assert job(company, people).state == JobState.SYNCED
    assert company.differences() == []
    assert len(budget) == 2


def test_an_unlocked_budget_does_not_go(company, people):
    """Nothing is asked of the approver and QuickBooks has no estimate until it is locked."""
    company.state.budgets.add_line(company.project.id, company.codes[0], Decimal("10.00"))
    company.rig.clock.passes(HOUR)
    company.settle()
    assert not company.rig.file.estimates()
    assert not [one for one in company.rig.jobs() if one.kind == "budget"]
    assert people.payments() == []


def test_changed_added_and_removed_lines_change_the_estimate(company, people, budget):
    """A changed line has its new amount, a new one stands last, one that is gone is zero."""
    budgets = company.state.budgets
    budgets.change(company.project.id, {budget[0].id: Decimal("250.50")})
    budgets.unlock(company.project.id)
    budgets.delete_line(budget[1].id)
    budgets.add_line(company.project.id, company.codes[2], Decimal("75.00"))
    budgets.lock(company.project.id)
    company.rig.clock.passes(HOUR)
    company.settle()
    assert lines(company) == ["1250.50", "0.00", "75.00"]
    assert job(company, people).state == JobState.SYNCED
    assert company.differences() == []


def test_a_stale_edit_sequence_is_read_again_and_the_change_applied(company, people, budget):
    """An edit of another field between our read and our write stays, and so does our change."""
    company.state.budgets.change(company.project.id, {budget[0].id: Decimal("1.00")})
    company.rig.clock.passes(HOUR)
    company.pull()
    company.pc.until_write()
    [estimate] = company.rig.file.estimates()
    company.rig.clock.passes(timedelta(seconds=30))
    company.rig.file.human.edit_estimate(estimate.txn_id, PONumber="77")
    company.pc.execute()
    company.pc.deliver()
    company.settle()
    assert lines(company) == ["1001.00", "500.00"]
    assert "sent again" in [outcome for outcome, _ in company.rig.attempts(job(company, people))]
    assert company.differences() == []


def edit_line(company, place, **fields):
    """The bookkeeper edits one line of the estimate and leaves the others."""
    human = company.rig.file.human
    [estimate] = company.rig.file.estimates()
    named = [{"TxnLineID": line.txn_line_id} for line in estimate.lines]
    named[place] |= fields
    company.rig.clock.passes(timedelta(seconds=30))
    human.edit_estimate(estimate.txn_id, EstimateLineMod=named)


CONFLICTS = {
    "amount": ({"Amount": "999.00"}, {"Amount": "1000.00"}, "it is 999.00, qbsync had written 1000.00"),
    "item": (
        {"ItemRef": {"FullName": "01:030"}, "Amount": "1000.00"},
        {"ItemRef": {"FullName": "01:010"}, "Amount": "1000.00"},
        "its item is '01:030', qbsync had written '01:010'",
    ),
}


@pytest.mark.parametrize("what", CONFLICTS)
def test_a_line_that_the_bookkeeper_changed_is_a_conflict(company, people, budget, what):
    """It is shown with both figures and not overwritten; set back, a retry applies Procore's change."""
    theirs, ours, words = CONFLICTS[what]
    edit_line(company, 0, **theirs)
    before = company.rig.file.estimates()
    company.state.budgets.change(company.project.id, {budget[1].id: Decimal("5.00")})
    company.rig.clock.passes(HOUR)
    company.sync()
    failed = job(company, people)
    assert failed.state == JobState.FAILED
    assert words in failed.error
    assert company.rig.file.estimates() == before
    edit_line(company, 0, **ours)
    people.retry(failed)
    company.settle()
    assert lines(company) == ["1000.00", "505.00"]
    assert company.differences() == []


def test_an_estimate_that_was_given_to_another_job_is_a_conflict(company, people, budget):
    """The job on the estimate is ours too: it is named, and nothing is written meanwhile."""
    human = company.rig.file.human
    human.add_customer("Annex", parent="Ridge Owners")
    [estimate] = company.rig.file.estimates()
    company.rig.clock.passes(timedelta(seconds=30))
    human.edit_estimate(estimate.txn_id, CustomerRef={"FullName": "Ridge Owners:Annex"})
    company.state.budgets.change(company.project.id, {budget[1].id: Decimal("5.00")})
    company.rig.clock.passes(HOUR)
    company.sync()
    failed = job(company, people)
    assert failed.state == JobState.FAILED
    assert "it is for 'Ridge Owners:Annex', qbsync had made it for 'Ridge Owners:Tower'" in failed.error
    assert lines(company) == ["1000.00", "500.00"]


def test_switched_off_estimates_are_said_before_anything_is_sent(company, people):
    """Approver and doctor read which preference to tick; then the budget goes."""
    human, state = company.rig.file.human, company.state
    human.set_preference(ESTIMATES, "false")
    setup.refresh(company.rig.desk(), company.rig.name)
    company.pc.update()
    state.budgets.add_line(company.project.id, company.codes[0], Decimal("10.00"))
    state.budgets.lock(company.project.id)
    company.rig.clock.passes(HOUR)
    company.sync()
    staged = job(company, people)
    assert staged.state == JobState.STAGED
    assert "QuickBooks does not use estimates" in people.problems(staged)
    assert "switched off" in people.said_by_doctor()["estimates"]
    with pytest.raises(StateError, match="does not use estimates"):
        people.accept(staged)
    human.set_preference(ESTIMATES, "true")
    setup.refresh(company.rig.desk(), company.rig.name)
    company.pc.update()
    people.accept(staged)
    company.settle()
    assert lines(company) == ["10.00"]


def test_a_budget_counts_as_exported_once_it_was_read_back(company, people):
    """After the Add the estimate is asked for by a later read; only then the job is synced."""
    budgets, rig = company.state.budgets, company.rig
    budgets.add_line(company.project.id, company.codes[0], Decimal("10.00"))
    budgets.lock(company.project.id)
    rig.clock.passes(HOUR)
    company.pull()
    pc = company.pc
    pc.until_write()
    pc.execute()
    pc.deliver()
    waiting = job(company, people)
    assert (waiting.state, waiting.step) == (JobState.QUEUED, "confirm")
    assert rig.attempts(waiting)[-1][0] == "written; read back next"
    pc.vanish()
    rig.restart()
    company.settle()
    assert job(company, people).state == JobState.SYNCED
    read = [one.request for one in rig.messages(writes=False) if b"<EstimateQueryRq" in one.request]
    assert any(b"<TxnID>" in one for one in read)
    assert lines(company) == ["10.00"]
    assert company.differences() == []


def test_an_estimate_that_reads_back_otherwise_does_not_count(company, people):
    """Someone changed it before it was read back: the approver reads both figures."""
    budgets, rig = company.state.budgets, company.rig
    budgets.add_line(company.project.id, company.codes[0], Decimal("10.00"))
    budgets.lock(company.project.id)
    rig.clock.passes(HOUR)
    company.pull()
    company.pc.until_write()
    company.pc.execute()
    company.pc.deliver()
    edit_line(company, 0, Amount="11.00")
    company.pc.vanish()
    rig.clock.passes(timedelta(minutes=10))
    company.sync()
    failed = job(company, people)
    assert failed.state == JobState.FAILED
    assert "is 11.00, Procore has 10.00" in failed.error
    edit_line(company, 0, Amount="10.00")
    people.retry(failed)
    company.settle()
    assert job(company, people).state == JobState.SYNCED
    assert company.differences() == []


def test_a_newer_budget_takes_over_from_one_that_was_not_read_back(company, budget):
    """The change that was written is no one else's edit: the newer one goes on from it."""
    rig, state = company.rig, company.state
    state.budgets.change(company.project.id, {budget[0].id: Decimal("1.00")})
    rig.clock.passes(HOUR)
    company.pull()
    company.pc.until_write()
    company.pc.execute()
    company.pc.deliver()
    company.pc.vanish()
    state.budgets.change(company.project.id, {budget[0].id: Decimal("1.00")})
    rig.clock.passes(HOUR)
    company.settle()
    assert lines(company) == ["1002.00", "500.00"]
    assert company.differences() == []


@pytest.fixture
def third_line(company, budget):
    """A third line of 75 that QuickBooks has added; its answer was lost, and QuickBooks kept no copy."""
    company.state.budgets.unlock(company.project.id)
    company.state.budgets.add_line(company.project.id, company.codes[2], Decimal("75.00"))
    company.state.budgets.lock(company.project.id)
    company.rig.clock.passes(HOUR)
    company.pull()
    company.pc.until_write()
    company.pc.execute()
    company.rig.file.lose_stored_responses()
    company.pc.vanish()
    assert lines(company) == ["1000.00", "500.00", "75.00"]
    return budget


def later(company):
    """Some hours of updates."""
    for _ in range(3):
        company.rig.clock.passes(HOUR)
        company.sync()


@pytest.mark.parametrize(("place", "words"), [(0, "Set it to 1000.00 in"), (2, "Set it to 75.00 in")])
def test_a_line_whose_answer_was_lost_is_not_added_again(company, people, third_line, place, words):
    """Someone edits a line meanwhile: the new line is known by its mark; the edit is a person's."""
    edit_line(company, place, Amount="80.00")
    before = lines(company)
    later(company)
    failed = job(company, people)
    assert (lines(company), failed.state) == (before, JobState.FAILED)
    assert words in failed.guidance
    edit_line(company, place, Amount=["1000.00", "500.00", "75.00"][place])
    people.retry(failed)
    company.settle()
    assert lines(company) == ["1000.00", "500.00", "75.00"]
    assert job(company, people).state == JobState.SYNCED
    assert company.differences() == []
    assert len(third_line) == 2


def test_a_copied_line_is_not_taken_for_ours(company, people, budget):
    """Someone copies a line of ours, mark and all: the next change says so and writes nothing."""
    [estimate] = company.rig.file.estimates()
    copied = {"TxnLineID": "-1", "ItemRef": {"FullName": "01:010"}, "Amount": "1000.00"}
    copied["Other1"] = f"qbsync:{budget_code(company)}"
    named = [{"TxnLineID": line.txn_line_id} for line in estimate.lines]
    company.rig.clock.passes(timedelta(seconds=30))
    company.rig.file.human.edit_estimate(estimate.txn_id, EstimateLineMod=[*named, copied])
    company.state.budgets.change(company.project.id, {budget[1].id: Decimal("5.00")})
    company.rig.clock.passes(HOUR)
    company.sync()
    failed = job(company, people)
    assert failed.state == JobState.FAILED
    assert "second line" in failed.error
    assert lines(company) == ["1000.00", "500.00", "1000.00"]


def budget_code(company):
    """The key of the first line: the company's own cost code."""
    [one] = [one for one in company.rig.jobs() if one.kind == "cost_code" and one.label.startswith("01-010")]
    return one.procore_id


def test_a_change_that_quickbooks_shows_otherwise_waits_for_a_person(company, people, budget):
    """The answer has another amount than was sent: nothing goes again until a person retries."""
    company.state.budgets.change(company.project.id, {budget[0].id: Decimal("1.00")})
    company.rig.clock.passes(HOUR)
    company.pull()
    company.pc.until_write()
    answer = company.pc.execute()
    company.pc.deliver(replace(answer, response=answer.response.replace(">1001.00<", ">1001.10<")))
    company.pc.close()
    edit_line(company, 0, Amount="1001.10")
    writes = len(company.rig.messages(writes=True))
    later(company)
    doubtful = job(company, people)
    assert (doubtful.state, doubtful.code) == (JobState.IN_DOUBT, "misfit")
    assert "is 1001.10, Procore has 1001.00" in doubtful.error
    assert len(company.rig.messages(writes=True)) == writes
    edit_line(company, 0, Amount="1001.00")
    later(company)
    assert job(company, people).state == JobState.SYNCED
