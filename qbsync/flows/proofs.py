"""Jobs that ask QuickBooks first whether it still has their record: to end its link, or to export it anew.

Such a job was synced and is synced again, whatever ends it, for QuickBooks has its record until it shows that
it is gone. A newer version that waits for a person meanwhile is set aside and brought back after it.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from qbsync.flows import world as worlds
from qbsync.flows.world import AGAIN, ASKED, CONFIRM, LINK_TO, YES, World
from qbsync.mapping import ORDER, mapping_for
from qbsync.model.feeds import Feed
from qbsync.model.jobs import JobEvent, JobState
from qbsync.model.links import Link
from qbsync.model.records import RecordKey, version_of
from qbsync.qbxml.parse import NOTHING
from qbsync.store import links, queue, versions
from qbsync.store.queue import SET_ASIDE, SUPERSEDED, WITHDRAWN, NewJob
from qbsync.store.tables import JobRow

NOT_SYNCED: Final = "not synced"
"""The choice of a job that proves, though QuickBooks never had this version: it is not synced afterwards."""
_ASIDE: Final = (JobState.STAGED.value, JobState.FAILED.value)
"""States of a newer version that waits for a person, and can wait longer."""
_GONE: Final = ("0", *map(str, NOTHING))
"""What QuickBooks answers to a question for a record that it no longer has."""
_ENDED: Final = "ended"
"""The choice of a job that Procore took back after a person had ended it: what was said of it before."""
_NOT_KEPT: Final = (CONFIRM, AGAIN, ASKED, LINK_TO, _ENDED, versions.TAKEN_AS)


def is_asked(job: JobRow) -> bool:
    """Whether the job proves, to end its link or to export anew, what was synced before."""
    return ASKED in job.choices or job.choices.get(AGAIN) == YES


def was_gone(job: JobRow, link: Link | None) -> bool:
    """Whether a job failed because QuickBooks no longer has what its record is linked to."""
    return link is not None and job.code in _GONE


def ask(world: World, job: JobRow, choice: str, now: datetime) -> None:
    """Have a synced job ask QuickBooks for its record; `choice` says what for."""
    queue.change(job, JobEvent.RETRY, now)
    job.choices = {**job.choices, choice: YES}
    worlds.enqueue(world, job, now)


def prover(world: World, link: Link, choice: str, now: datetime) -> JobRow | None:
    """A queued job that asks QuickBooks for the linked record; None where no job is known.

    `choice` says what for. It is the job that made the link; where that was cancelled, a copy of it is made,
    or of the newest.
    """
    tx, connection_id = world.tx, world.connection.id
    job = queue.synced_of_record(tx, connection_id, link.key)
    if job is not None:
        ask(world, job, choice, now)
        return job
    made_it = versions.of_version(tx, connection_id, link.key, link.fingerprint)
    source = made_it or queue.of_record(tx, connection_id, link.key)
    if source is None:
        return None
    copy = restage(world, source, now)
    copy.choices = {**copy.choices, choice: YES if made_it else NOT_SYNCED}
    queue.change(copy, JobEvent.ACCEPT, now, because=source.because)
    worlds.enqueue(world, copy, now)
    return copy


def set_aside(world: World, job: JobRow, link: Link, now: datetime) -> None:
    """Make room for the proof: what waits for a person comes back after it, what was rejected does not."""
    newer = version_of(worlds.record_of(job)) != link.fingerprint
    comes_back = job.state in _ASIDE and newer
    queue.change(job, JobEvent.CANCEL, now, because=SET_ASIDE if comes_back else job.because)
    world.tx.flush()


def over(world: World, job: JobRow, now: datetime, *, because: str) -> None:
    """End a pending job: it is cancelled; one that proves is over as a proof, and `because` says why."""
    if is_asked(job) and links.find(world.tx, world.connection.id, queue.key_of_job(job)) is not None:
        queue.attempt(world.tx, job, f"QuickBooks is not asked any more. {because}", now)
        end(world, job, now, because=because)
        return
    queue.change(job, JobEvent.CANCEL, now, because=because)


def take_back(world: World, key: RecordKey, why: str, now: datetime) -> bool:
    """Procore has the record no more: what waits of it ends, what is with QuickBooks goes no second time.

    Its newest job says so until Procore shows the record again, whatever becomes of its link meanwhile; that
    a person had ended it before is kept beside that. Gives whether anything that waited has ended. A link
    that is to end, ends all the same.
    """
    job = queue.pending(world.tx, world.connection.id, key)
    ends = job is not None and ASKED not in job.choices
    if job is not None and ends:
        over(world, job, now, because=f"{WITHDRAWN}{why}")
    out = queue.out(world.tx, world.connection.id, key)
    newest = queue.of_record(world.tx, world.connection.id, key)
    if newest is not None and _was_ended_by_a_person(world, newest):
        newest.choices = {**newest.choices, _ENDED: newest.because}
    for one in (job, out, newest):
        if one is not None:
            one.because = f"{WITHDRAWN}{why}"
    return ends


def _was_ended_by_a_person(world: World, job: JobRow) -> bool:
    """Whether a person cancelled a record's newest job or ended its link, before Procore took it back."""
    if queue.taken_back(job):
        return False
    if job.state == JobState.SYNCED.value:
        return links.find(world.tx, world.connection.id, queue.key_of_job(job)) is None
    return job.state == JobState.CANCELLED.value and job.because not in (SET_ASIDE, SUPERSEDED)


def given_back(world: World, out: JobRow | None, newest: JobRow | None) -> bool:
    """Procore has the record, or has it again: its jobs say no more that it was taken back.

    Gives whether its newest version is staged anew, though it is known: QuickBooks lacks it, and no person
    ended it. One that the withdrawal cancelled goes on saying so.
    """
    comes_back = newest is not None and _may_come_back(world, newest)
    for job in (out, newest):
        if job is None or not queue.taken_back(job):
            continue
        if job.state != JobState.CANCELLED.value or _ENDED in job.choices:
            job.because = job.choices.get(_ENDED, "")
            _forget_end(job)
    return comes_back


def _may_come_back(world: World, job: JobRow) -> bool:
    """Whether a version is staged anew when Procore has it again.

    One that was set aside for an unlink comes back after it by itself.
    """
    taken_back = queue.taken_back(job) != "" and _ENDED not in job.choices
    key = queue.key_of_job(job)
    match JobState(job.state):
        case JobState.SYNCED:
            return taken_back and links.find(world.tx, world.connection.id, key) is None
        case JobState.CANCELLED if job.because == SET_ASIDE:
            return queue.pending(world.tx, world.connection.id, key) is None
        case JobState.CANCELLED:
            return taken_back or job.because == SUPERSEDED
        case _:
            return False


def link_ends(world: World, key: RecordKey) -> None:
    """QuickBooks lacks the record from now on: what Procore took back comes back if it is approved again.

    That a person had cancelled the newest version, while QuickBooks had an older one, counts no more.
    """
    newest = queue.of_record(world.tx, world.connection.id, key)
    if newest is not None:
        _forget_end(newest)


def _forget_end(job: JobRow) -> None:
    job.choices = worlds.without(job.choices, _ENDED)


def end(world: World, job: JobRow, now: datetime, *, because: str = "") -> None:
    """The proof is over: the job is synced as it was before."""
    if job.choices.get(ASKED) == NOT_SYNCED:
        queue.change(job, JobEvent.CANCEL, now, because=job.because)
    else:
        queued = job.state == JobState.QUEUED.value
        queue.change(job, JobEvent.ADOPT if queued else JobEvent.LINK, now, because=because)
    forget(job)
    world.tx.flush()


def forget(job: JobRow) -> None:
    """Take back that the job proves anything."""
    job.choices = worlds.without(job.choices, CONFIRM, AGAIN, ASKED)


def bring_back(world: World, job: JobRow, now: datetime) -> None:
    """Stage again what was set aside for this job's proof; the ERP tool exports it again itself."""
    newest = queue.of_record(world.tx, world.connection.id, queue.key_of_job(job))
    if newest is not None and newest.because == SET_ASIDE and world.connection.feed != Feed.ERP.value:
        restage(world, newest, now)


def current(world: World, job: JobRow) -> JobRow:
    """The job of the version that Procore has now: the newest, unless Procore went back to the synced one."""
    newest = queue.of_record(world.tx, world.connection.id, queue.key_of_job(job))
    return job if newest is None or newest.because == SUPERSEDED else newest


def export_newest(world: World, newest: JobRow, now: datetime) -> JobRow:
    """Queue the newest version of a record anew, as a person asked; staged where it still needs a person."""
    job = restage(world, newest, now)
    if not worlds.needs_person(worlds.from_json(job.review)):
        queue.change(job, JobEvent.ACCEPT, now)
        worlds.enqueue(world, job, now)
    return job


def restage(world: World, source: JobRow, now: datetime) -> JobRow:
    """Stage the version that an ended job held, as a job of its own, reviewed afresh."""
    record = worlds.record_of(source)
    choices = worlds.without(source.choices, *_NOT_KEPT)
    kind = queue.key_of_job(source).kind
    new = NewJob(
        record=record,
        version=source.version,
        choices=choices,
        rank=ORDER.index(kind),
        touches=str(mapping_for(kind).touches(record)),
        review=worlds.to_json(worlds.review(world, record, choices, source.foreign_id)),
        foreign_id=source.foreign_id,
    )
    return queue.stage(world.tx, world.connection.id, new, now)
