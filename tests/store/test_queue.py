from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from qbsync.errors import NotFoundError, StateError
from qbsync.model.jobs import OUT, PENDING, JobEvent, JobState
from qbsync.model.records import RecordKey, RecordKind, Vendor, version_of
from qbsync.store import queue, reading
from qbsync.store.queue import NewJob, Refusal
from qbsync.store.tables import JobRow

KEY = RecordKey(kind=RecordKind.VENDOR, procore_id="1")


def test_a_staged_job_keeps_its_record_and_version(database, connection_id, now):
    """What was staged is read back in another transaction as it was, with its version and label."""
    record = Vendor(procore_id="1", name="Café & Sons")
    with database.write() as tx:
        job_id = queue.stage(tx, connection_id, NewJob(record=record, rank=3, foreign_id="X"), now).id
    with database.read() as tx:
        job = reading.job(tx, job_id)
        assert job.state == "staged"
        assert (job.kind, job.procore_id, job.label, job.rank) == ("vendor", "1", "Café & Sons", 3)
        assert job.version == version_of(record)
        assert job.foreign_id == "X"
        assert job.created_at == now
        assert job.record["name"] == "Café & Sons"


@pytest.mark.parametrize("states", [PENDING, OUT], ids=["pending", "out"])
def test_the_database_refuses_a_second_pending_or_out_job_of_a_record(database, add_job, states):
    """Whatever the code does, the database itself holds at most one pending and one out job a record."""
    for position, state in enumerate(states):
        with database.write() as tx:
            add_job(tx, f"{position}", state)
        for other in states:
            with pytest.raises(sa.exc.IntegrityError), database.write() as tx:
                # the second goes to its state as another record, then becomes the same one
                add_job(tx, "passing", other).procore_id = f"{position}"


def test_a_pending_and_an_out_job_of_one_record_live_side_by_side(database, connection_id, add_job):
    """A newer version may wait while the older one is with QuickBooks, and each is found by its place."""
    with database.write() as tx:
        older = add_job(tx, "1", JobState.SENT)
        newer = add_job(tx, "1", JobState.STAGED, name="Renamed")
        assert queue.out(tx, connection_id, KEY).id == older.id
        assert queue.pending(tx, connection_id, KEY).id == newer.id
        assert queue.of_record(tx, connection_id, KEY).id == newer.id


def test_finished_jobs_of_a_record_may_be_many(database, connection_id, add_job):
    """Synced and cancelled jobs are history: any number of them stands beside a new one."""
    with database.write() as tx:
        for _ in range(3):
            add_job(tx, "1", JobState.SYNCED)
            add_job(tx, "1", JobState.CANCELLED)
        assert queue.pending(tx, connection_id, KEY) is None
        assert queue.out(tx, connection_id, KEY) is None
        add_job(tx, "1", JobState.STAGED)


def test_ready_jobs_come_by_rank_and_then_by_age(database, connection_id, add_job, now):
    """Parents' kinds go first, and within a kind the oldest; the limit cuts the end."""
    with database.write() as tx:
        late = add_job(tx, "a", rank=2).id
        first = add_job(tx, "b", rank=0).id
        second = add_job(tx, "c", rank=0).id
        middle = add_job(tx, "d", rank=1).id
        assert [job.id for job in queue.ready(tx, connection_id, 10, now)] == [first, second, middle, late]
        assert [job.id for job in queue.ready(tx, connection_id, 2, now)] == [first, second]


def test_only_queued_jobs_of_that_connection_are_ready(database, connection_id, add_connection, add_job, now):
    """No other state and no other connection is claimed."""
    other = add_connection("other")
    with database.write() as tx:
        for state in JobState:
            add_job(tx, state.value, state)
        add_job(tx, "theirs", of=other)
        assert [job.procore_id for job in queue.ready(tx, connection_id, 99, now)] == ["queued"]
        assert [job.procore_id for job in queue.ready(tx, other, 99, now)] == ["theirs"]


def test_a_job_at_rest_is_ready_from_its_time_on(database, connection_id, add_job, now):
    """not_before keeps a job back until that very moment."""
    with database.write() as tx:
        add_job(tx, "1").not_before = now + timedelta(minutes=1)
        assert not queue.ready(tx, connection_id, 10, now)
        assert not queue.has_ready(tx, connection_id, now)
        assert queue.count_to_write(tx, connection_id, now) == 0
        at_last = now + timedelta(minutes=1)
        assert len(queue.ready(tx, connection_id, 10, at_last)) == 1
        assert queue.has_ready(tx, connection_id, at_last)
        assert queue.count_to_write(tx, connection_id, at_last) == 1


def test_a_waiting_job_is_not_ready_and_is_found_by_what_it_waits_for(database, connection_id, add_job, now):
    """A job that waits for another record is not claimed, and is found when that record is there."""
    with database.write() as tx:
        add_job(tx, "1").waits_for = "project:7"
        assert not queue.ready(tx, connection_id, 10, now)
        assert not queue.has_ready(tx, connection_id, now)
        project = RecordKey(kind=RecordKind.PROJECT, procore_id="7")
        assert [job.procore_id for job in queue.waiting_on(tx, connection_id, project)] == ["1"]
        assert not queue.waiting_on(tx, connection_id, KEY)


def test_the_half_of_an_unreadable_message_goes_alone(database, connection_id, add_job, now):
    """Where the first ready job belongs to a half, only its companions are given; then the others."""
    with database.write() as tx:
        halves = {"1": "9a", "2": "9b", "3": "9a", "4": ""}
        for procore_id, half in halves.items():
            add_job(tx, procore_id).bisect = half
        given = []
        while jobs := queue.ready(tx, connection_id, 10, now):
            given.append([job.procore_id for job in jobs])
            for job in jobs:
                queue.change(job, JobEvent.SEND, now)
        assert given == [["1", "3"], ["2"], ["4"]]


def test_jobs_that_need_a_look_are_not_written(database, connection_id, add_job, now):
    """A job whose next step is a read is given to the look-ups and not to the writes."""
    with database.write() as tx:
        add_job(tx, "1").step = "reread"
        assert not queue.ready(tx, connection_id, 10, now)
        assert [job.procore_id for job in queue.to_look_up(tx, connection_id, 10, now)] == ["1"]
        assert queue.has_ready(tx, connection_id, now)
        assert queue.count_to_write(tx, connection_id, now) == 0


def test_jobs_in_doubt_are_looked_for_when_their_rest_is_over(database, connection_id, add_job, now):
    """in_doubt gives the oldest that are due, up to the limit."""
    with database.write() as tx:
        for procore_id in "123":
            add_job(tx, procore_id, JobState.IN_DOUBT)
        resting = add_job(tx, "4", JobState.IN_DOUBT)
        resting.not_before = now + timedelta(hours=1)
        assert [job.procore_id for job in queue.in_doubt(tx, connection_id, 2, now)] == ["1", "2"]
        assert len(queue.in_doubt(tx, connection_id, 10, now)) == 3
        assert len(queue.in_doubt(tx, connection_id, 10, now + timedelta(hours=1))) == 4


def test_counts_by_state_and_for_people(database, connection_id, add_job):
    """Each state is counted, and what a person should look at is staged, failed and in doubt."""
    with database.write() as tx:
        for state in JobState:
            add_job(tx, state.value, state)
        add_job(tx, "another", JobState.FAILED)
        expected = {state.value: 1 for state in JobState} | {"failed": 2}
        assert reading.counts_by_state(tx, connection_id) == expected
        assert queue.count_for_people(tx, connection_id) == 4
        assert [job.procore_id for job in queue.in_state(tx, connection_id, JobState.FAILED)] == [
            "failed",
            "another",
        ]
        counted = {(kind, state): count for _, kind, state, count in reading.counts_by_kind(tx)}
        assert counted["vendor", "failed"] == 2


def test_the_oldest_ready_job_tells_since_when_it_could_have_gone(database, connection_id, add_job, now):
    """A rest counts from its end; jobs that cannot go now do not count."""
    with database.write() as tx:
        rested = add_job(tx, "1")
        rested.not_before = now + timedelta(minutes=5)
        add_job(tx, "2").not_before = now + timedelta(hours=5)
        later = now + timedelta(minutes=10)
        assert reading.oldest_ready(tx, later) == {connection_id: rested.not_before}
        assert reading.oldest_ready(tx, now) == {}


def test_an_illegal_change_raises_and_leaves_the_row(database, add_job, now):
    """A move that the table lacks raises StateError; neither state, error nor time changes."""
    with database.write() as tx:
        job = add_job(tx, "1", JobState.SYNCED)
        with pytest.raises(StateError):
            queue.change(job, JobEvent.SEND, now + timedelta(days=1), Refusal(error="no"))
        assert (job.state, job.error, job.changed_at) == ("synced", "", now)


def test_a_change_keeps_the_reason_and_forgets_what_no_longer_holds(database, add_job, now):
    """An error stays until the next move; message, wait and rest go with the state they belong to."""
    with database.write() as tx:
        job = add_job(tx, "1", JobState.SENT)
        job.message_id = 7
        queue.change(job, JobEvent.FAIL, now, Refusal(error="Refused.", guidance="Mend it.", code="3100"))
        assert (job.error, job.guidance, job.code, job.message_id) == ("Refused.", "Mend it.", "3100", None)
        queue.change(job, JobEvent.RETRY, now)
        assert (job.error, job.guidance, job.code) == ("", "", "")
        job.waits_for, job.not_before = "project:7", now
        queue.change(job, JobEvent.HOLD, now)
        assert (job.waits_for, job.not_before) == ("", None)


def test_attempts_are_kept_in_their_order(database, add_job, now):
    """Every try stays, with its message, code and words."""
    with database.write() as tx:
        job = add_job(tx, "1", JobState.SENT)
        job.message_id = 3
        queue.attempt(tx, job, "sent again", now, Refusal(error="Locked.", guidance="Wait.", code="3175"))
        queue.attempt(tx, job, "synced", now)
        tx.flush()
        tries = queue.attempts(tx, job.id)
        assert [(one.outcome, one.code, one.error, one.message_id) for one in tries] == [
            ("sent again", "3175", "Locked. Wait.", 3),
            ("synced", "", "", 3),
        ]


def test_a_job_that_is_not_there_is_said_in_words(database):
    """An unknown number raises NotFoundError naming it."""
    with database.read() as tx:
        assert reading.job(tx, 4711) is None
    with database.write() as tx, pytest.raises(NotFoundError, match="no job 4711"):
        queue.get(tx, 4711)


def test_many_jobs_are_found_by_their_ids(database, add_job):
    """More ids than one IN list holds are found, each once, and unknown ones are left out."""
    with database.write() as tx:
        job = add_job(tx, "0", JobState.SYNCED)
        like = {c.name: getattr(job, c.name) for c in JobRow.__table__.columns if c.name != "id"}
        tx.execute(sa.insert(JobRow), [{**like, "procore_id": str(number)} for number in range(1, 620)])
        ids = tx.scalars(sa.select(JobRow.id)).all()
        assert len(ids) == 620
        assert set(queue.of_ids(tx, [*ids, *ids[:5], 10**9])) == set(ids)


def test_a_list_of_jobs_is_filtered_and_paged(database, add_connection, add_job):
    """State, kind, connection, limit and the last seen id narrow the list, newest first."""
    other = add_connection("other")
    with database.write() as tx:
        ids = [add_job(tx, str(number), JobState.STAGED).id for number in range(4)]
        theirs = add_job(tx, "theirs", of=other).id
        everything = [job.id for job in reading.jobs(tx)]
        assert everything == sorted([*ids, theirs], reverse=True)
        assert [job.id for job in reading.jobs(tx, connection_id=other)] == [theirs]
        assert [job.id for job in reading.jobs(tx, state="staged", limit=2)] == [ids[3], ids[2]]
        assert [job.id for job in reading.jobs(tx, before=ids[1])] == [ids[0]]
        assert not reading.jobs(tx, kind="project")
