from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from qbsync.errors import ProcoreAuthError
from qbsync.flows import fill, review, world as worlds
from qbsync.mapping import ORDER
from qbsync.model.jobs import JobEvent, JobState
from qbsync.model.names import Known, ListKind
from qbsync.model.records import (
    Commitment,
    CommitmentLine,
    CommitmentType,
    CostCode,
    Project,
    RecordKey,
    RecordKind,
    Vendor,
    version_of,
)
from qbsync.procore.feeds.events import (
    Gone,
    Mark,
    ProjectCode,
    ProjectCodes,
    Seen,
    Trouble,
    Unreadable,
    code_place,
)
from qbsync.store import troubles as kept_troubles, writebacks

FIRST = Vendor(procore_id="1", name="Café & Sons")
SECOND = replace(FIRST, phone="510-555-0111")
KEY = RecordKey(kind=RecordKind.VENDOR, procore_id="1")
PROJECT = Project(procore_id="9", name="Clinic")
CODE = CostCode(procore_id="3", code="010", full_code="010", name="Supervision", list_id="77")
COMMITMENT = Commitment(
    procore_id="5",
    type=CommitmentType.PURCHASE_ORDER,
    project_id="9",
    vendor_id="1",
    number="PO-1",
    lines=(
        CommitmentLine(
            procore_id="51",
            position=1,
            cost_code_id="3",
            cost_code="010",
            description="Doors",
            amount=Decimal("10.50"),
        ),
    ),
)
ACCEPT, SEND, SYNC, LOSE = JobEvent.ACCEPT, JobEvent.SEND, JobEvent.SYNC, JobEvent.LOSE
OUT = {"sent": (ACCEPT, SEND), "in_doubt": (ACCEPT, SEND, LOSE)}
PENDING = {
    "staged": (),
    "rejected": (JobEvent.REJECT,),
    "queued": (ACCEPT,),
    "held": (ACCEPT, JobEvent.HOLD),
    "failed": (ACCEPT, SEND, JobEvent.FAIL),
}


def _review(job):
    return worlds.from_json(job.review)


def test_a_record_becomes_one_staged_job(acme):
    """An exportable record is staged with its review; kinds are ranked so that parents go first."""
    filled = acme.see(FIRST, PROJECT, COMMITMENT)
    assert (filled.seen, filled.staged, filled.accepted, filled.cancelled) == (3, 3, 0, 0)
    assert acme.states() == [("1", "staged"), ("9", "staged"), ("5", "staged")]
    vendor, project, commitment = acme.jobs()
    assert vendor.version == version_of(FIRST)
    assert _review(project).missing == ("customer",)
    assert vendor.rank == ORDER.index(RecordKind.VENDOR)
    assert max(vendor.rank, project.rank) < commitment.rank


def test_the_same_version_twice_is_one_job(acme):
    """A record that is seen again unchanged stages nothing, in whatever state its job is."""
    acme.see(FIRST, FIRST)
    for events in ((), (ACCEPT,), (SEND,), (LOSE,), (SYNC,)):
        acme.move(acme.job("1").id, *events)
        assert acme.see(FIRST).staged == 0
    assert acme.states() == [("1", "synced")]


def test_the_same_version_brings_its_origin_id_up_to_date(acme):
    """What Procore carries for the record is kept with the job, though the record itself is unchanged."""
    acme.see(FIRST, origin_id="old")
    assert acme.job("1").foreign_id == "old"
    acme.see(FIRST)
    assert acme.job("1").foreign_id == ""


@pytest.mark.parametrize("state", PENDING)
def test_a_newer_version_replaces_a_pending_one(acme, state):
    """A job that QuickBooks does not have yet is cancelled as superseded, and the newer version is staged."""
    acme.see(FIRST)
    acme.move(acme.job("1").id, *PENDING[state])
    filled = acme.see(SECOND)
    assert (filled.staged, filled.cancelled) == (1, 1)
    old, new = acme.jobs()
    assert (old.state, new.state) == ("cancelled", "staged")
    assert old.because.startswith("Superseded")
    assert new.version == version_of(SECOND)


@pytest.mark.parametrize("state", OUT)
def test_a_newer_version_waits_behind_one_that_is_out(acme, state):
    """A version that QuickBooks may be executing stays; the newer one waits for it once it is accepted."""
    acme.see(FIRST)
    acme.move(acme.job("1").id, *OUT[state])
    assert acme.see(SECOND).cancelled == 0
    review.accept(acme.desk, acme.job("1").id, {})
    old, new = acme.jobs()
    assert (old.state, new.state, new.waits_for) == (state, "queued", "vendor:1")


def test_a_change_of_a_synced_record_is_staged_and_a_return_to_what_is_synced_is_not(acme):
    """Newer than the link is work; back to the version that QuickBooks has is none."""
    acme.see(FIRST)
    acme.move(acme.job("1").id, ACCEPT, SEND, SYNC)
    acme.link(FIRST, RecordKind.VENDOR, "80-1")
    assert acme.see(SECOND).staged == 1
    filled = acme.see(FIRST)
    assert (filled.staged, filled.cancelled) == (0, 1)
    assert acme.states() == [("1", "synced"), ("1", "cancelled")]


def test_a_version_comes_back_that_was_superseded_before_it_got_through(acme):
    """Back to a version that never reached QuickBooks is work again."""
    acme.see(FIRST)
    acme.see(SECOND)
    assert acme.see(FIRST).staged == 1
    assert acme.states() == [("1", "cancelled"), ("1", "cancelled"), ("1", "staged")]


def test_what_a_person_ended_does_not_come_back_by_itself(acme):
    """A job that a person rejected or cancelled stays so until the record changes."""
    acme.see(FIRST, PROJECT)
    review.reject(acme.desk, acme.job("1").id, "not ours")
    review.cancel(acme.desk, acme.job("9").id)
    assert acme.see(FIRST, PROJECT).staged == 0
    assert acme.states() == [("1", "rejected"), ("9", "cancelled")]
    assert acme.see(SECOND).staged == 1


@pytest.mark.parametrize("state", PENDING)
def test_what_procore_withdraws_is_cancelled_and_comes_back(acme, state):
    """A record that is exportable no more ends its pending job; the same version comes back with it."""
    acme.see(FIRST)
    acme.move(acme.job("1").id, *PENDING[state])
    assert acme.hide(FIRST, "The vendor is inactive.").cancelled == 1
    assert acme.job("1").because == "Withdrawn: The vendor is inactive."
    assert acme.hide(FIRST).cancelled == 0
    assert acme.see(FIRST).staged == 1
    assert acme.states() == [("1", "cancelled"), ("1", "staged")]


def test_what_procore_deletes_is_cancelled(acme):
    """Gone ends a pending job and says so; for an unknown record it does nothing."""
    acme.see(FIRST)
    filled = acme.fill(Gone(key=KEY), Gone(key=RecordKey(kind=RecordKind.PROJECT, procore_id="404")))
    assert filled.cancelled == 1
    assert acme.job("1").because == "Withdrawn: deleted in Procore"


@pytest.mark.parametrize("state", [*OUT, "synced"])
def test_a_withdrawal_does_not_touch_what_quickbooks_may_have(acme, state):
    """A job that is out or synced stays as it is, deleted in Procore or not."""
    acme.see(FIRST)
    acme.move(acme.job("1").id, *(OUT.get(state) or (ACCEPT, SEND, SYNC)))
    acme.hide(FIRST)
    acme.fill(Gone(key=KEY))
    assert acme.states() == [("1", state)]


def test_a_record_that_is_not_exportable_is_never_staged(acme):
    """It is counted as seen and no more."""
    filled = acme.hide(FIRST)
    assert (filled.seen, filled.staged) == (1, 0)
    assert acme.jobs() == []


def test_an_origin_id_of_someone_else_is_a_problem(acme):
    """A record that Procore says is in an accounting system already is not accepted without a word."""
    acme.set(auto_accept="all")
    acme.see(FIRST, origin_id="QBO-77")
    [problem] = _review(acme.job("1")).problems
    assert problem.field == "origin_id"
    assert "QBO-77" in problem.message
    assert "vendor" in problem.message
    assert acme.states() == [("1", "staged")]


def test_our_own_origin_id_is_no_problem(acme):
    """Once the record is linked, the id that Procore carries is ours."""
    acme.link(FIRST, RecordKind.VENDOR, "80-1", "Café & Sons")
    acme.see(SECOND, origin_id="80-1")
    assert _review(acme.job("1")).problems == ()


@pytest.mark.parametrize(
    ("auto_accept", "accepted"),
    [
        ("none", set()),
        ("vendor", {"1"}),
        ("vendor,cost_code", {"1", "3"}),
        ("project", {"9"}),
        ("all", {"1", "3", "9"}),
    ],
)
def test_auto_accept_takes_what_it_is_told_to(acme, auto_accept, accepted):
    """none, named kinds or all; what is accepted is queued, ready to be written, and in the audit."""
    acme.set(auto_accept=auto_accept, project_customer="Harbor Medical")
    filled = acme.see(FIRST, CODE, PROJECT)
    assert filled.accepted == len(accepted)
    assert {job.procore_id for job in acme.jobs() if job.state == "queued"} == accepted
    assert {job.step for job in acme.jobs() if job.state == "queued"} <= {"write"}
    assert [(line.actor, line.action) for line in acme.audit()] == [("auto_accept", "accept")] * len(accepted)


@pytest.mark.parametrize(
    ("record", "why"),
    [
        (replace(FIRST, name="Jo Doe"), "a problem: an employee has the name"),
        (PROJECT, "a missing choice: the customer"),
        (replace(FIRST, name="Bayline Supply"), "a suggestion: QuickBooks has a vendor of that name"),
        (replace(CODE, code="02", full_code="02"), "a problem: an item of another type has the name"),
        (replace(FIRST, name="x" * 60), "a problem: the name is too long"),
    ],
    ids=["problem", "missing", "suggestion", "other item", "too long"],
)
def test_auto_accept_leaves_to_a_person_what_needs_one(acme, record, why):
    """A problem, a missing choice or a suggested link keeps the job staged and says so."""
    acme.set(auto_accept="all")
    assert acme.see(record).accepted == 0, why
    [job] = acme.jobs()
    found = _review(job)
    assert job.state == "staged"
    assert found.problems or found.missing or found.suggestion, why


def test_auto_accept_adopts_an_item_that_is_there(acme):
    """An existing Service item of that full name is accepted, and looked at before anything is written."""
    acme.set(auto_accept="all")
    assert acme.see(replace(CODE, code="01", full_code="01")).accepted == 1
    [job] = acme.jobs()
    assert (job.state, job.step) == ("queued", "look")


def test_an_accepted_job_waits_for_what_it_names(acme):
    """A commitment waits for its vendor, then project, then cost code, and says which."""
    acme.set(auto_accept="commitment")
    acme.see(COMMITMENT)
    assert (acme.job("5").state, acme.job("5").waits_for) == ("queued", "vendor:1")


def test_a_mark_is_kept_with_what_it_vouches_for(acme):
    """Marks are stored in the order of the feed, each with or after the records before it."""
    acme.fill(
        Seen(record=FIRST, exportable=True), Mark(stream="vendors", value="m1"), Mark(stream="x", value="")
    )
    assert acme.marks() == {"vendors": "m1", "x": ""}
    assert len(acme.jobs()) == 1


def test_an_error_of_the_feed_keeps_what_was_said_before_it(acme):
    """Records and marks before the error are stored, then the error passes; later marks stay as they were."""

    def events():
        yield Seen(record=FIRST, exportable=True)
        yield Mark(stream="vendors", value="m1")
        yield Seen(record=PROJECT, exportable=True)
        raise ProcoreAuthError("Procore refused the token.")

    with pytest.raises(ProcoreAuthError):
        fill.store_events(acme.database, acme.id, events(), acme.tick())
    assert acme.states() == [("1", "staged"), ("9", "staged")]
    assert acme.marks() == {"vendors": "m1"}


def test_a_long_feed_is_stored_by_the_chunk(acme):
    """Every record of a feed longer than a chunk is stored, and its mark with the last."""
    vendors = [Vendor(procore_id=str(number), name=f"Vendor {number}") for number in range(fill.CHUNK + 1)]
    done = []

    def events():
        for number, vendor in enumerate(vendors):
            if number == fill.CHUNK:
                done.append((len(acme.jobs()), dict(acme.marks())))
            yield Seen(record=vendor, exportable=True)
        yield Mark(stream="vendors", value="end")

    filled = fill.store_events(acme.database, acme.id, events(), acme.tick())
    assert filled.staged == len(vendors) == len(acme.jobs())
    assert done == [(fill.CHUNK, {})]
    assert acme.marks() == {"vendors": "end"}


def test_what_cannot_be_read_is_shown_until_it_can(acme):
    """An unreadable record and a part that failed are troubles; reading the record ends its own."""
    filled = acme.fill(
        Unreadable(kind=RecordKind.VENDOR, procore_id="1", message="name is missing."),
        Trouble(where="projects", message="Procore is away.", guidance=""),
    )
    assert filled.troubles == ["vendor 1: name is missing.", "projects: Procore is away."]
    assert acme.troubles() == ["projects: Procore is away.", "vendor 1: name is missing."]
    acme.see(FIRST)
    assert acme.troubles() == ["projects: Procore is away."]
    acme.fill(Unreadable(kind=RecordKind.VENDOR, procore_id="1", message="again."), Gone(key=KEY))
    assert acme.troubles() == ["projects: Procore is away."]


def test_the_pair_of_a_project_code_is_owed_once_both_ends_are_linked(acme):
    """(job, item) goes to Procore when project and standard code are linked, and not a second time."""
    codes = ProjectCodes(
        project_id="9",
        codes=(
            ProjectCode(procore_id="901", standard_id="3", full_code="010", origin_id=None),
            ProjectCode(procore_id="902", standard_id=None, full_code="X", origin_id=None),
            ProjectCode(procore_id="903", standard_id="4", full_code="020", origin_id=None),
        ),
    )
    acme.fill(codes)
    assert acme.owed() == []
    acme.link(PROJECT, RecordKind.PROJECT, "80-9")
    acme.link(CODE, RecordKind.COST_CODE, "80-3")
    acme.fill(codes)
    [owed] = acme.owed()
    assert (owed.target, owed.item_id, owed.origin_id) == ("project_cost_code", "901", "80-9|80-3")
    assert owed.scope == {"project_id": "9"}
    with acme.database.write() as tx:
        writebacks.settle(writebacks.get(tx, owed.id), acme.now, refused=None)
    known = replace(codes, codes=(replace(codes.codes[0], origin_id="80-9|80-3"),))
    acme.fill(known)
    assert len(acme.owed()) == 1


def test_a_pair_that_procore_refused_is_not_owed_again_by_itself(acme):
    """The same pair refused once waits for a person; another pair is owed."""
    code = ProjectCode(procore_id="901", standard_id="3", full_code="010", origin_id=None)
    codes = ProjectCodes(project_id="9", codes=(code,))
    acme.link(PROJECT, RecordKind.PROJECT, "80-9")
    acme.link(CODE, RecordKind.COST_CODE, "80-3")
    acme.fill(codes)
    with acme.database.write() as tx:
        [row] = writebacks.due(tx, acme.id, acme.now)
        writebacks.settle(row, acme.now, refused="locked")
    acme.fill(codes)
    assert [row.state for row in acme.owed()] == ["refused"]


def test_staged_jobs_are_reviewed_again_when_the_world_has_changed(acme):
    """After QuickBooks' lists or an option changed, a staged job's review is new, and it may be accepted."""
    acme.see(PROJECT, replace(FIRST, name="Bayline Supply 2"))
    acme.know(Known(list=ListKind.VENDOR, list_id="V-2", full_name="Bayline Supply 2"))
    acme.set(auto_accept="all", project_customer="Harbor Medical")
    assert fill.review_again(acme.database, acme.id, acme.tick()) == 1
    assert acme.states() == [("9", "queued"), ("1", "staged")]
    assert _review(acme.job("1")).suggestion.list_id == "V-2"


def test_a_pass_does_not_review_twice_what_it_has_just_staged(acme):
    """What was created in this very pass is left alone by its own second look."""
    acme.see(PROJECT)
    acme.set(auto_accept="all", project_customer="Harbor Medical")
    assert fill.review_again(acme.database, acme.id, acme.now) == 0
    assert acme.job("9").state == JobState.STAGED


def _codes_event(*ids, unread=()):
    codes = tuple(ProjectCode(procore_id=one, standard_id="1", full_code=one, origin_id=None) for one in ids)
    return ProjectCodes(project_id="5", codes=codes, unread=tuple(unread))


def test_trouble_with_one_cost_code_lasts_until_the_codes_are_read(acme):
    """A pull that does not ask for the codes leaves it; a reading in which the code is sound ends it."""
    broken = [
        Trouble(where=code_place("5", one), message="code is missing.", guidance="", lasting=True)
        for one in ("11", "12")
    ]
    other = Trouble(where=code_place("25", "13"), message="code is missing.", guidance="", lasting=True)
    acme.fill(*broken, other, _codes_event("10", unread=("11", "12")))
    assert len(acme.troubles()) == 3
    acme.fill(Mark(stream="vendors", value="x"))
    with acme.database.write() as tx:
        kept_troubles.clear_procore(tx, acme.id, acme.tick())
    assert len(acme.troubles()) == 3
    acme.fill(broken[1], _codes_event("10", "11", unread=("12",)))
    assert acme.troubles() == [
        "cost code 12 of project 5: code is missing.",
        "cost code 13 of project 25: code is missing.",
    ]


def test_trouble_with_a_cost_code_ends_with_its_project(acme):
    """Nobody asks for the codes of a project that is not active any more."""
    acme.fill(Trouble(where=code_place("5", "11"), message="code is missing.", guidance="", lasting=True))
    acme.fill(Gone(key=RecordKey(kind=RecordKind.PROJECT, procore_id="5")))
    assert acme.troubles() == []
