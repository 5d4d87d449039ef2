"""Filling the queue: what Procore has becomes jobs, one a version, each reviewed at once."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import assert_never

from qbsync.flows import drift, pairs, proofs, world as worlds
from qbsync.flows.world import World
from qbsync.guidance.erp import NEAR
from qbsync.mapping import ORDER, mapping_for
from qbsync.model.context import Near, Review
from qbsync.model.jobs import JobEvent, JobState
from qbsync.model.records import Record, RecordKey, RecordKind, Vendor, key_of, version_of
from qbsync.procore.feeds.events import (
    FeedEvent,
    Gone,
    Mark,
    ProjectCodes,
    Seen,
    Trouble,
    Unreadable,
    code_place,
    is_code_place,
)
from qbsync.store import (
    audit,
    connections,
    links,
    marks,
    project_codes,
    queue,
    troubles as kept_troubles,
    writebacks,
)
from qbsync.store.engine import Database
from qbsync.store.queue import SUPERSEDED, NewJob, Refusal
from qbsync.store.tables import ConnectionRow, JobRow

CHUNK = 200
"""Events stored in one transaction, and staged jobs reviewed in one batch."""
AT_ONCE = 50
"""Staged jobs that are decided in one transaction after they were reviewed again."""
_NAMED_NEARLY = "near"
"""The code of a vendor that failed because QuickBooks has one of nearly its name, which the error names."""


@dataclass(slots=True, kw_only=True)
class Filled:
    """What one pass brought: records read, jobs staged, jobs accepted without a person, troubles."""

    seen: int = 0
    staged: int = 0
    accepted: int = 0
    cancelled: int = 0
    troubles: list[str] = field(default_factory=list)


def store_events(
    database: Database,
    connection_id: int,
    events: Iterable[FeedEvent],
    now: datetime,
    *,
    renew: Callable[[ConnectionRow], None] = lambda _connection: None,
) -> Filled:
    """Store what a feed says, a chunk a transaction; a mark is kept with or after all it vouches for.

    `renew` is called with each chunk: the pull goes on.

    The feed's own errors pass through, after all that it said before them was stored.
    """
    filled = Filled()
    for chunk in _chunks(events):
        with database.write() as tx:
            connection = connections.lock(tx, connection_id)
            renew(connection)
            world = worlds.world_of(tx, connection)
            for event in chunk:
                _store(world, event, now, filled)
    return filled


def _chunks(events: Iterable[FeedEvent]) -> Iterator[list[FeedEvent]]:
    """Events by the chunk; those before an error of the feed are given before it passes."""
    chunk: list[FeedEvent] = []
    try:
        for event in events:
            chunk.append(event)
            if len(chunk) >= CHUNK:
                yield chunk
                chunk = []
    except Exception:
        if chunk:
            yield chunk
        raise
    if chunk:
        yield chunk


def _store(world: World, event: FeedEvent, now: datetime, filled: Filled) -> None:
    match event:
        case Seen():
            filled.seen += 1
            kept_troubles.readable(world.tx, world.connection.id, key_of(event.record))
            _seen(world, event, now, filled)
        case Gone():
            kept_troubles.readable(world.tx, world.connection.id, event.key)
            _withdraw(world, event.key, event.why, now, filled)
        case ProjectCodes():
            _project_codes(world, event, now)
        case Unreadable():
            _unreadable(world, event, now, filled)
        case Trouble():
            _trouble(world, event, now, filled)
        case Mark():
            marks.put(world.tx, world.connection.id, event.stream, event.value)
        case _:
            assert_never(event)


def _unreadable(world: World, event: Unreadable, now: datetime, filled: Filled) -> None:
    """Show that a record cannot be read, and send what was accepted of it before to QuickBooks no more."""
    key = RecordKey(kind=event.kind, procore_id=event.procore_id)
    where = kept_troubles.subject_of(key)
    _trouble(world, Trouble(where=where, message=event.message, guidance="", lasting=True), now, filled)
    job = queue.pending(world.tx, world.connection.id, key)
    if job is not None and job.state == JobState.QUEUED.value:
        worlds.wait(world, job)


def _trouble(world: World, event: Trouble, now: datetime, filled: Filled) -> None:
    kept_troubles.keep(
        world.tx,
        world.connection.id,
        event.where,
        message=event.message,
        guidance=event.guidance,
        now=now,
        lasting=event.lasting,
    )
    filled.troubles.append(f"{event.where}: {event.message}")


def _seen(world: World, event: Seen, now: datetime, filled: Filled) -> None:
    key = key_of(event.record)
    if not event.exportable:
        _withdraw(world, key, event.why_not or "no longer exportable in Procore", now, filled)
        return
    drift.back_again(world.tx, world.connection.id, key, now)
    out = queue.out(world.tx, world.connection.id, key)
    newest = queue.of_record(world.tx, world.connection.id, key)
    comes_back = proofs.given_back(world, out, newest)
    if newest is not None and _is_known(newest, event.record) and not comes_back:
        newest.foreign_id = event.origin_id or ""
        if newest.waits_for == str(key):  # for an older version, or until it could be read
            worlds.look_again(world, newest)
        return
    named = _named(newest)
    _supersede(world, key, now, filled)
    if out is None and _is_linked_so(world, event.record):
        if newest is not None and newest.state == JobState.CANCELLED.value:
            newest.because = SUPERSEDED  # by what QuickBooks has: it is not Procore's current version
        return
    _stage(world, event, named, now, filled)


def _is_known(job: JobRow, record: Record) -> bool:
    """Whether a job has just this version, or was accepted as one that QuickBooks is told no otherwise."""
    if job.version == version_of(record):
        return True
    return JobState(job.state) in _ACCEPTED and _is_no_news(job, record)


def _is_linked_so(world: World, record: Record) -> bool:
    """Whether QuickBooks has just this version, or one that it is told no otherwise."""
    key = key_of(record)
    link = links.find(world.tx, world.connection.id, key)
    if link is None or link.fingerprint == version_of(record):
        return link is not None
    synced = queue.synced_of_record(world.tx, world.connection.id, key)
    return synced is not None and synced.version == link.fingerprint and _is_no_news(synced, record)


def _is_no_news(job: JobRow, record: Record) -> bool:
    return mapping_for(RecordKind(job.kind)).is_no_news(worlds.record_of(job), record)


_ACCEPTED = (JobState.QUEUED, JobState.HELD, JobState.SENT, JobState.IN_DOUBT, JobState.SYNCED)


def _withdraw(world: World, key: RecordKey, why: str, now: datetime, filled: Filled) -> None:
    filled.cancelled += proofs.take_back(world, key, why, now)
    drift.withdrawn(world.tx, world.connection.id, key, why, now)
    if key.kind is RecordKind.PROJECT:
        _codes_readable(world, key.procore_id)  # nobody asks for its codes any more


def _supersede(world: World, key: RecordKey, now: datetime, filled: Filled) -> None:
    job = queue.pending(world.tx, world.connection.id, key)
    if job is not None:
        proofs.over(world, job, now, because=SUPERSEDED)
        world.tx.flush()
        filled.cancelled += 1


def _named(newest: JobRow | None) -> dict[str, str]:
    """What a person named as the record, and did not give up: its newer version is linked to that."""
    if newest is None or (newest.state == JobState.CANCELLED.value and not queue.taken_back(newest)):
        return {}
    named = newest.choices.get(worlds.LINK_TO, "")
    return {worlds.LINK_TO: named} if named and named != newest.foreign_id else {}


def _stage(world: World, event: Seen, choices: Mapping[str, str], now: datetime, filled: Filled) -> None:
    new = Arrival(record=event.record, choices=choices, foreign_id=event.origin_id or "")
    found = worlds.review(world, new.record, {}, new.foreign_id)
    job = _staged(world, new, found, now)
    filled.staged += 1
    if accept_without_person(world, job, now):
        filled.accepted += 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """A record as it comes; `detail` is the request by which a person accepted it in Procore already."""

    record: Record
    detail: str = ""
    choices: Mapping[str, str] = field(default_factory=dict)
    foreign_id: str = ""


def arrive(world: World, arrival: Arrival, now: datetime) -> JobRow:
    """Queue a record that arrives accepted; one that cannot go fails at once, and says why.

    The same request again gives the same job. A record that QuickBooks should hold just so, or that is never
    changed there, is looked for before anything is sent: Procore may have been made to forget its id. So is
    one that the export before did not find in QuickBooks: where it is gone it is exported anew.
    A vendor of nearly the same name as one of QuickBooks fails once, so that somebody can link the two:
    exported again it is another company.
    """
    key = key_of(arrival.record)
    version = f"{version_of(arrival.record)}+{arrival.detail}"
    newest = queue.of_record(world.tx, world.connection.id, key)
    if newest is not None and newest.version == version:
        return newest
    shown = _shown_near(newest)
    link = links.find(world.tx, world.connection.id, key)
    gone = newest is not None and proofs.was_gone(newest, link)
    named = _named(newest)
    _supersede(world, key, now, Filled())
    found = worlds.review(world, arrival.record, arrival.choices, arrival.foreign_id)
    job = _staged(world, replace(arrival, choices={**named, **arrival.choices}), found, now, version)
    queue.change(job, JobEvent.ACCEPT, now)
    held_so = worlds.held_so(arrival.record, link)
    if not held_so and (found.problems or found.missing or (found.suggestion and not found.adopts)):
        queue.change(job, JobEvent.FAIL, now, Refusal(error=_first_problem(found)))
        return job
    near = [one for one in found.near if one.known.list_id not in shown]
    if near and not held_so and isinstance(arrival.record, Vendor):
        queue.change(job, JobEvent.FAIL, now, _named_nearly(near))
        return job
    if held_so:
        job.choices = {**job.choices, worlds.CONFIRM: worlds.YES}
    elif gone:
        job.choices = {**job.choices, worlds.AGAIN: proofs.NOT_SYNCED}
    worlds.enqueue(world, job, now)
    return job


def _staged(world: World, new: Arrival, found: Review, now: datetime, version: str = "") -> JobRow:
    kind = key_of(new.record).kind
    job = NewJob(
        record=new.record,
        version=version,
        choices=dict(new.choices),
        rank=ORDER.index(kind),
        touches=str(mapping_for(kind).touches(new.record)),
        review=worlds.to_json(found),
        foreign_id=new.foreign_id,
    )
    return queue.stage(world.tx, world.connection.id, job, now)


def _shown_near(newest: JobRow | None) -> set[str]:
    """What of QuickBooks, of nearly the same name, people were shown: the export before failed by it."""
    if newest is None or newest.state != JobState.FAILED.value or newest.code != _NAMED_NEARLY:
        return set()
    return {one.known.list_id for one in worlds.from_json(newest.review).near}


def _named_nearly(near: Sequence[Near]) -> Refusal:
    said = " ".join(f"QuickBooks has {one.known.full_name!r}: {one.reason}." for one in near)
    return Refusal(error=said, guidance=NEAR, code=_NAMED_NEARLY)


def _first_problem(found: Review) -> str:
    """What stopped a record, in a sentence."""
    if found.problems:
        return found.problems[0].message
    if found.missing:
        return f"It needs {' and '.join(found.missing)}."
    return "QuickBooks already has something like it."


def accept_without_person(world: World, job: JobRow, now: datetime) -> bool:
    """Accept a staged job where the connection says so and nothing about it needs a person."""
    if not _goes(world, job, worlds.from_json(job.review)):
        return False
    queue.change(job, JobEvent.ACCEPT, now)
    worlds.enqueue(world, job, now)
    audit.note(
        world.tx,
        actor="auto_accept",
        action="accept",
        subject=f"job {job.id}",
        now=now,
        connection_id=world.connection.id,
    )
    return True


def _project_codes(world: World, event: ProjectCodes, now: datetime) -> None:
    pairs.keep(world, event)
    _codes_readable(world, event.project_id, unread=event.unread)
    rows = project_codes.listing(world.tx, world.connection.id, project_id=event.project_id)
    writebacks.owe(world.tx, world.connection.id, pairs.lacking(world, rows), now)


def _codes_readable(world: World, project_id: str, *, unread: Collection[str] = ()) -> None:
    """Trouble with a project's single cost codes is over, but for those that could not be read again."""
    still = {code_place(project_id, code_id) for code_id in unread}
    for row in kept_troubles.listing(world.tx, world.connection.id):
        if is_code_place(row.subject, project_id) and row.subject not in still:
            kept_troubles.over(world.tx, world.connection.id, row.subject)


def review_again(database: Database, connection_id: int, now: datetime) -> int:
    """Review what is staged once more: QuickBooks' lists, links and options may have changed since.

    A long list holds nobody up: it is looked through without a lock, and only what comes out otherwise than
    before is reviewed again with the connection's lock, a few jobs at a time. Gives how many jobs were
    accepted without a person.
    """
    accepted = 0
    changed = _reviewed_otherwise(database, connection_id, now)
    for start in range(0, len(changed), AT_ONCE):
        with database.write() as tx:
            world = worlds.world_of(tx, connections.lock(tx, connection_id))
            found = queue.of_ids(tx, changed[start : start + AT_ONCE])
            jobs = [found[job_id] for job_id in sorted(found)]  # of two twins the older one goes
            accepted += _decide_again(world, [job for job in jobs if job.state == JobState.STAGED.value], now)
    return accepted


def _decide_again(world: World, jobs: Sequence[JobRow], now: datetime) -> int:
    """Keep the reviews of staged jobs as they are now, and accept what needs no person; gives how many."""
    accepted = 0
    for job, found in zip(jobs, worlds.reviews(world, jobs), strict=True):
        job.review = worlds.to_json(found)
        if _goes(world, job, found):  # what was accepted before it may have the same number
            fresh = worlds.review(world, worlds.record_of(job), job.choices, job.foreign_id)
            job.review = worlds.to_json(fresh)
            accepted += accept_without_person(world, job, now)
    return accepted


def _goes(world: World, job: JobRow, found: Review) -> bool:
    """Whether a job may be accepted without a person, as far as its review and the options go."""
    return not worlds.needs_person(found) and world.options.accepts(RecordKind(job.kind))


def _reviewed_otherwise(database: Database, connection_id: int, now: datetime) -> list[int]:
    """The staged jobs, older than this pass, whose review is not what it was, or that nobody need accept."""
    changed: list[int] = []
    with database.read() as tx:
        world = worlds.world_of(tx, connections.get(tx, connection_id))
        after = 0
        while jobs := queue.staged(tx, connection_id, before=now, after=after, limit=CHUNK):
            after = jobs[-1].id
            for job, found in zip(jobs, worlds.reviews(world, jobs), strict=True):
                if _goes(world, job, found) or worlds.to_json(found) != job.review:
                    changed.append(job.id)
    return changed
