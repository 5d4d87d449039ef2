from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from qbsync.errors import NotFoundError, StateError
from qbsync.flows import review, world as worlds
from qbsync.model.jobs import TRANSITIONS, JobEvent, JobState
from qbsync.model.names import Known, ListKind
from qbsync.model.records import (
    ChangeOrder,
    ChangeOrderLine,
    Commitment,
    CommitmentType,
    CostCode,
    Invoice,
    InvoiceItemType,
    InvoiceLine,
    Project,
    RecordKind,
    Vendor,
)

VENDOR = Vendor(procore_id="1", name="Café & Sons")
PROJECT = Project(procore_id="9", name="Clinic")
CODE = CostCode(procore_id="3", code="010", full_code="010", name="Supervision")
COMMITMENT = Commitment(
    procore_id="5", type=CommitmentType.SUBCONTRACT, project_id="9", vendor_id="1", number="SC-1"
)
CHANGE = ChangeOrder(
    procore_id="6",
    project_id="9",
    commitment_id="5",
    number="001",
    lines=(
        ChangeOrderLine(
            procore_id="61",
            position=1,
            commitment_line_id=None,
            cost_code_id="3",
            cost_code="010",
            description="More",
            amount=Decimal("10.00"),
        ),
    ),
)
INVOICE = Invoice(
    procore_id="7",
    project_id="9",
    commitment_id="5",
    commitment_type=CommitmentType.SUBCONTRACT,
    vendor_id="1",
    number="PAYMENT APPLICATION 07/2026",
    payment_due=Decimal("10.00"),
    lines=(
        InvoiceLine(
            procore_id="71",
            position=1,
            item_type=InvoiceItemType.CONTRACT,
            cost_code_id="3",
            cost_code="010",
            description="Work",
            amount=Decimal("10.00"),
            commitment_line_id="51",
        ),
    ),
)
DECISIONS = {
    "accept": (lambda desk, job: review.accept(desk, job, {}), JobEvent.ACCEPT),
    "reject": (lambda desk, job: review.reject(desk, job, "no"), JobEvent.REJECT),
    "hold": (review.hold, JobEvent.HOLD),
    "release": (review.release, JobEvent.RELEASE),
    "cancel": (review.cancel, JobEvent.CANCEL),
}
RETRIED = {
    JobState.REJECTED: "staged",
    JobState.IN_DOUBT: "queued",
    JobState.SYNCED: "queued",
    JobState.FAILED: "queued",
}
"""Where retry leads; a synced job is not linked here."""


@pytest.mark.parametrize("decision", DECISIONS)
@pytest.mark.parametrize("state", JobState)
def test_a_person_may_do_what_the_table_allows_and_nothing_else(acme, ways, state, decision):
    """A legal decision moves the job and is audited; an illegal one raises in words and changes nothing."""
    acme.see(VENDOR)
    acme.move(acme.job("1").id, *ways[state])
    before = acme.job("1")
    do, event = DECISIONS[decision]
    if (state, decision) == (JobState.FAILED, "accept"):
        event = JobEvent.RETRY  # a failed job may be accepted again, with other choices
    target = TRANSITIONS.get((state, event))
    if target is None:
        with pytest.raises(StateError, match=state.words) as caught:
            do(acme.desk, before.id)
        assert caught.value.guidance
        after = acme.job("1")
        assert (after.state, after.changed_at, after.review) == (
            before.state,
            before.changed_at,
            before.review,
        )
        assert acme.audit() == []
        return
    do(acme.desk, before.id)
    assert acme.job("1").state == target
    [line] = acme.audit()
    assert (line.actor, line.action, line.subject) == ("ann", decision, f"job {before.id}")


@pytest.mark.parametrize("state", JobState)
def test_retry_leads_where_each_state_says(acme, ways, state):
    """Failed goes again, rejected is staged anew, in doubt is looked for and sent; others are refused."""
    acme.see(VENDOR)
    acme.move(acme.job("1").id, *ways[state])
    job_id = acme.job("1").id
    if state not in RETRIED:
        with pytest.raises(StateError, match=state.words):
            review.retry(acme.desk, job_id)
        assert acme.job("1").state == state
        assert acme.audit() == []
        return
    with acme.database.write() as tx:
        tx.get(type(acme.job("1")), job_id).not_before = acme.now.replace(year=2099)
    review.retry(acme.desk, job_id)
    job = acme.job("1")
    assert (job.state, job.not_before) == (RETRIED[state], None)
    assert acme.audit()[-1].action == "retry"


def test_a_synced_record_is_not_exported_twice(acme, ways):
    """While it is linked a retry only asks QuickBooks whether it is gone."""
    acme.see(VENDOR)
    acme.move(acme.job("1").id, *ways[JobState.SYNCED])
    acme.link(VENDOR, RecordKind.VENDOR, "80-1")
    review.retry(acme.desk, acme.job("1").id)
    assert (acme.job("1").state, acme.job("1").step) == ("queued", "prove")


def test_an_unlinked_record_is_exported_when_asked(acme, ways):
    """A synced job whose link was ended goes again when a person asks."""
    acme.see(VENDOR)
    acme.move(acme.job("1").id, *ways[JobState.SYNCED])
    review.retry(acme.desk, acme.job("1").id)
    assert acme.job("1").state == "queued"


@pytest.mark.parametrize("newer", [JobState.STAGED, JobState.FAILED, JobState.SENT])
def test_an_old_version_is_not_retried_while_a_newer_one_is_under_way(acme, ways, newer):
    """The refusal names the job that holds the newer version; nothing changes."""
    acme.see(VENDOR)
    old = acme.job("1")
    acme.move(old.id, *ways[JobState.SYNCED])
    acme.see(replace(VENDOR, phone="1"))
    new = acme.job("1")
    acme.move(new.id, *ways[newer])
    with pytest.raises(StateError, match=f"Job {new.id} holds another version"):
        review.retry(acme.desk, old.id)
    assert acme.states() == [("1", "synced"), ("1", newer.value)]


@pytest.mark.parametrize(
    ("record", "choices"),
    [
        (PROJECT, {"customer": "Harbor Medical", "name": "Clinic (2)"}),
        (CODE, {"income_account": "Construction Income"}),
        (VENDOR, {"name": "Café & Sons (V)"}),
    ],
)
def test_each_kind_takes_its_own_choices(acme, record, choices):
    """The extra fields of the kind are kept with the job and named in the audit."""
    acme.see(record)
    job = acme.job(record.procore_id)
    review.accept(acme.desk, job.id, {key: f" {value} " for key, value in choices.items()})
    accepted = acme.job(record.procore_id)
    assert (accepted.state, accepted.choices) == ("queued", choices)
    assert all(key in acme.audit()[-1].detail for key in choices)


@pytest.mark.parametrize("record", [PROJECT, CODE, VENDOR, COMMITMENT])
def test_a_choice_of_another_kind_is_refused_with_what_it_takes(acme, record):
    """An unknown field raises, lists what the kind takes, and accepts nothing."""
    acme.see(record)
    job = acme.job(record.procore_id)
    with pytest.raises(StateError, match="does not take 'colour'") as caught:
        review.accept(acme.desk, job.id, {"colour": "red"})
    for field in review.CHOICES[RecordKind(job.kind)]:
        assert field in caught.value.guidance
    assert acme.job(record.procore_id).state == "staged"


def test_a_missing_choice_is_asked_for_by_name(acme):
    """Accepting a project without a customer says what to add, and leaves the job as it was."""
    acme.see(PROJECT)
    with pytest.raises(StateError, match="needs customer") as caught:
        review.accept(acme.desk, acme.job("9").id, {})
    assert "--set customer=" in caught.value.guidance
    with pytest.raises(StateError) as caught:
        review.accept(acme.desk, acme.job("9").id, {"customer": "Nobody Inc."})
    assert "Nobody Inc." in caught.value.message
    assert (acme.job("9").state, acme.job("9").choices) == ("staged", {})


def test_a_problem_is_told_and_mended_by_a_choice(acme):
    """A vendor named like an employee is refused in words, and accepted under another name."""
    acme.see(replace(VENDOR, name="Jo Doe"))
    job = acme.job("1")
    with pytest.raises(StateError, match="Jo Doe") as caught:
        review.accept(acme.desk, job.id, {})
    assert "--set name=" in caught.value.guidance
    review.accept(acme.desk, job.id, {"name": "Jo Doe Electric"})
    assert acme.job("1").state == "queued"


def test_a_failed_job_is_accepted_again_under_another_name(acme, ways):
    """What QuickBooks refused for its name is sent anew with a choice, its old error gone."""
    acme.see(VENDOR)
    acme.move(acme.job("1").id, *ways[JobState.FAILED])
    review.accept(acme.desk, acme.job("1").id, {"name": "Café & Sons (V)"})
    job = acme.job("1")
    assert (job.state, job.choices, job.error) == ("queued", {"name": "Café & Sons (V)"}, "")


def test_a_record_that_quickbooks_seems_to_have_is_linked_or_renamed(acme):
    """A suggestion stops a plain accept; another name makes a second vendor."""
    acme.see(replace(VENDOR, name="Bayline Supply"))
    job = acme.job("1")
    with pytest.raises(StateError, match="already has 'Bayline Supply'") as caught:
        review.accept(acme.desk, job.id, {})
    assert "qbsync links link" in caught.value.guidance
    review.accept(acme.desk, job.id, {"name": "Bayline Supply (2)"})
    assert acme.job("1").state == "queued"


def test_accept_looks_at_the_world_as_it_is_now(acme):
    """What QuickBooks got since the job was staged is found at accept, and a problem that is over is over."""
    acme.see(VENDOR, replace(VENDOR, procore_id="2", name="Jo Doe"))
    acme.know(Known(list=ListKind.CUSTOMER, list_id="C-9", full_name="CAFÉ & SONS"))
    with pytest.raises(StateError, match="customer named"):
        review.accept(acme.desk, acme.job("1").id, {})
    acme.know(Known(list=ListKind.EMPLOYEE, list_id="E-1", full_name="Jo Q. Doe"))
    review.accept(acme.desk, acme.job("2").id, {})
    assert worlds.from_json(acme.job("2").review).problems == ()


def test_a_released_job_waits_again_for_what_it_names(acme):
    """Hold and release bring a job back to the queue with its waits looked at afresh."""
    acme.see(COMMITMENT)
    job = acme.job("5")
    with acme.database.write() as tx:
        tx.get(type(job), job.id).review = {}
    acme.move(job.id, JobEvent.ACCEPT, JobEvent.HOLD)
    review.release(acme.desk, job.id)
    assert (acme.job("5").state, acme.job("5").waits_for) == ("queued", "vendor:1")
    acme.link(VENDOR, RecordKind.VENDOR, "80-1")
    review.hold(acme.desk, job.id)
    review.release(acme.desk, job.id)
    assert acme.job("5").waits_for == "project:9"


def test_ending_a_doubt_lets_the_newer_version_go(acme, ways):
    """A newer version waits behind one in doubt; when a person cancels that one, it is ready."""
    acme.see(VENDOR)
    old = acme.job("1")
    acme.move(old.id, *ways[JobState.IN_DOUBT])
    acme.see(replace(VENDOR, phone="1"))
    review.accept(acme.desk, acme.job("1").id, {})
    assert acme.job("1").waits_for == "vendor:1"
    review.cancel(acme.desk, old.id)
    assert (acme.job("1").state, acme.job("1").waits_for, acme.job("1").step) == ("queued", "", "write")
    assert acme.jobs()[0].because == "Cancelled by ann"


def test_a_rejection_keeps_its_comment(acme):
    """The reason is with the job and in the audit."""
    acme.see(VENDOR)
    review.reject(acme.desk, acme.job("1").id, "wrong company")
    assert acme.job("1").because == "wrong company"
    assert acme.audit()[-1].detail == "wrong company"


def test_an_unknown_job_is_said_so(acme):
    """Every decision about a number that does not exist raises NotFoundError."""
    for do, _event in DECISIONS.values():
        with pytest.raises(NotFoundError, match="no job 999"):
            do(acme.desk, 999)
    with pytest.raises(NotFoundError):
        review.retry(acme.desk, 999)


def test_an_invoice_takes_a_number_at_accept(acme):
    """27 characters are asked about, as is a choice that is as long; one that fits is taken."""
    acme.see(INVOICE)
    job = acme.job("7")
    for choices in ({}, {"number": "n" * 21}):
        with pytest.raises(StateError, match="needs number") as caught:
            review.accept(acme.desk, job.id, choices)
        assert "--set number=" in caught.value.guidance
    review.accept(acme.desk, job.id, {"number": " PA 07/26 "})
    assert (acme.job("7").state, acme.job("7").choices) == ("queued", {"number": "PA 07/26"})


def test_a_change_order_takes_a_number_at_accept(acme):
    """It stands in the mark of its lines."""
    acme.see(CHANGE)
    review.accept(acme.desk, acme.job("6").id, {"number": "CO-1"})
    assert (acme.job("6").state, acme.job("6").choices) == ("queued", {"number": "CO-1"})
