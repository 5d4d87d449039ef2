"""The world around a job: what its mapping is told, whether it may go, and what preflight finds."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from pydantic import TypeAdapter
from sqlalchemy.orm import Session

from qbsync.flows import merged
from qbsync.mapping import mapping_for
from qbsync.model.context import Context, Finding, Near, Review
from qbsync.model.feeds import Feed
from qbsync.model.ids import ConnectionId
from qbsync.model.likeness import Likeness
from qbsync.model.links import Link, external_guid
from qbsync.model.names import Known, ListKind
from qbsync.model.options import Options
from qbsync.model.records import (
    Invoice,
    Project,
    Record,
    RecordKey,
    RecordKind,
    Vendor,
    key_of,
    version_of,
)
from qbsync.qbxml.parse import kept
from qbsync.store import connections, links, names, numbers, queue, records, troubles
from qbsync.store.names import StoredNames
from qbsync.store.tables import ConnectionRow, JobRow

_REVIEW: TypeAdapter[Review] = TypeAdapter(Review)
CONFIRM = "confirm"
"""The choice of a job whose record QuickBooks should hold just so: it is sent only if it is gone."""
AGAIN = "again"
"""The choice of a job that is to be exported anew, once QuickBooks has shown that its record is gone."""
ASKED = "unlink"
"""The choice of a job that waits for QuickBooks to show that its record is gone, to end its link then."""
LINK_TO = "link_to"
"""The choice of a job whose record is to be joined to what QuickBooks has under this id, never written.

Who accepts it once it failed, or cancels it, takes that back.
"""
YES = "yes"
"""What such a choice holds, where the job is synced again afterwards."""
_NEVER_CHANGED = (RecordKind.COMMITMENT, RecordKind.CHANGE_ORDER, RecordKind.INVOICE, RecordKind.PAYMENT)
"""Kinds that are sent once: what is exported again is either there or gone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """One connection as its jobs see it, inside one transaction."""

    tx: Session
    connection: ConnectionRow
    options: Options
    names: StoredNames


def world_of(tx: Session, connection: ConnectionRow) -> World:
    """The world of a connection."""
    return World(
        tx=tx,
        connection=connection,
        options=connections.options_of(connection),
        names=StoredNames(tx, connection.id),
    )


def without(choices: Mapping[str, str], *names: str) -> dict[str, str]:
    """The choices of a job but for those of these names."""
    return {name: value for name, value in choices.items() if name not in names}


def record_of(job: JobRow) -> Record:
    """The record as it was when the job was staged."""
    return records.from_json(RecordKind(job.kind), job.record)


def contexts(world: World, jobs: Sequence[JobRow]) -> dict[int, Context]:
    """What each job's mapping is told; the whole batch costs a handful of queries."""
    plain = _contexts(world, [record_of(job) for job in jobs], [job.choices for job in jobs])
    return {
        job.id: replace(context, held=kept(job.held)) if job.held else context
        for job, context in zip(jobs, plain, strict=True)
    }


def context_of(world: World, record: Record, choices: Mapping[str, str]) -> Context:
    """What one record's mapping is told."""
    return _contexts(world, [record], [choices])[0]


def _contexts(world: World, of: Sequence[Record], choices: Sequence[Mapping[str, str]]) -> list[Context]:
    keys = [key_of(record) for record in of]
    references = [mapping_for(key.kind).references(record) for key, record in zip(keys, of, strict=True)]
    wanted = {*keys, *(reference for each in references for reference in each)}
    found = _linked(world, wanted)
    own = {
        key: link for key, link in found.items() if link.key == key
    }  # what stands in for a record is not its own
    two_sided = _two_sided(world, of, found)
    generations = links.generations(world.tx, world.connection.id, keys)
    by_number = [numbers.numbered(record, chosen) for record, chosen in zip(of, choices, strict=True)]
    twins = numbers.twins(world.tx, world.connection.id, [one for one in by_number if one is not None])
    return [
        Context(
            options=world.options,
            names=world.names,
            guid=external_guid(
                ConnectionId(world.connection.id), world.connection.owner_id, key, generations.get(key, 0)
            ),
            choices=chosen,
            links=merged.of_its_parent(
                world.tx,
                world.connection.id,
                record,
                {reference: found[reference] for reference in named if reference in found},
            ),
            link=own.get(key),
            same_number="" if number is None else twins.get(number, ""),
            preferences=world.connection.company_seen.get("preferences", {}),
            edition=world.connection.company_seen.get("edition", ""),
            two_sided=two_sided,
        )
        for key, record, named, chosen, number in zip(keys, of, references, choices, by_number, strict=True)
    ]


def _linked(world: World, keys: Collection[RecordKey]) -> dict[RecordKey, Link]:
    """The links of those of the records that have one, and what stands for a vendor that was merged."""
    found = links.find_all(world.tx, world.connection.id, keys)
    if world.connection.feed != Feed.ERP.value:
        return found
    lacking = [key for key in keys if key not in found]
    return {**found, **merged.stand_ins(world.tx, world.connection.id, lacking)}


def _two_sided(world: World, of: Sequence[Record], found: Mapping[RecordKey, Link]) -> frozenset[str]:
    """The two-sided items on the lines that invoices bill."""
    if not any(isinstance(record, Invoice) for record in of):
        return frozenset()
    lines = (line for link in found.values() for line in link.lines)
    return names.two_sided(world.tx, world.connection.id, {line.item_id for line in lines if line.item_id})


def changed_by(record: Record, context: Context) -> Link | None:
    """The link whose QuickBooks record the request will change: its own, or that of what it is a part of.

    None where the request makes a new record.
    """
    home = mapping_for(key_of(record).kind).lives_in(record)
    return context.link or (None if home is None else context.links.get(home))


def review(world: World, record: Record, choices: Mapping[str, str], foreign_id: str = "") -> Review:
    """Everything preflight finds about a record, before a person or QuickBooks sees it."""
    return _review(world, record, context_of(world, record, choices), foreign_id)


def reviews(world: World, jobs: Sequence[JobRow]) -> list[Review]:
    """What preflight finds about each job's record now; a handful of queries for all of them."""
    told = contexts(world, jobs)
    records = [record_of(job) for job in jobs]
    world.names.expect(
        job.choices.get("name") or record.name
        for job, record in zip(jobs, records, strict=True)
        if isinstance(record, Vendor)
    )
    return [
        _review(world, record, told[job.id], job.foreign_id)
        for job, record in zip(jobs, records, strict=True)
    ]


def _review(world: World, record: Record, context: Context, foreign_id: str) -> Review:
    found = mapping_for(key_of(record).kind).review(record, context)
    if context.link is None and found.suggestion is None:
        found = _with_near(world, record, context.choices, found)
    if context.link is None and foreign_id and not _is_of_before(world, key_of(record), foreign_id):
        found = replace(found, problems=(*found.problems, _foreign(record, foreign_id)))
    return found


def _is_of_before(world: World, key: RecordKey, foreign_id: str) -> bool:
    """Whether Procore carries what we told it and QuickBooks has no more: a vendor may be there still."""
    ended = links.was_joined(world.tx, world.connection.id, key, foreign_id)
    return ended and key.kind is not RecordKind.VENDOR


def _with_near(world: World, record: Record, choices: Mapping[str, str], found: Review) -> Review:
    """The review, with what QuickBooks has of nearly the same name: two of one company are hard to part."""
    if not isinstance(record, Vendor | Project) or choices.get("name"):
        return found
    kind = ListKind.VENDOR if isinstance(record, Vendor) else ListKind.CUSTOMER
    near = tuple(
        Near(known=known, reason=reason_for(known, like))
        for known, like in world.names.alike(kind, record.name)
    )[:_NEAR]
    warnings = [
        Finding(
            field="name",
            message=f"QuickBooks has {one.known.full_name!r}: {one.reason}.",
            guidance="If they are the same, link the two; else accept it.",
        )
        for one in near
    ]
    return replace(found, near=near, warnings=(*found.warnings, *warnings))


_NEAR = 3
"""Entries of nearly the same name that an approver is shown."""


def reason_for(known: Known, like: Likeness) -> str:
    """Why an entry is suggested; a job says under which customer it is."""
    customer = known.full_name.rpartition(":")[0]
    return f"{like.reason}, under {customer!r}" if known.list is ListKind.CUSTOMER else like.reason


def _foreign(record: Record, foreign_id: str) -> Finding:
    return Finding(
        field="origin_id",
        message=f"Procore says this {key_of(record).kind.words} is already in an accounting system as "
        f"{foreign_id}, but this connection has no link to it.",
        guidance="If QuickBooks has it, link it (`qbsync links link`). If not, clear its origin_id in "
        "Procore (an earlier integration left it) and it will be staged again.",
    )


def to_json(found: Review) -> dict[str, object]:
    """A review as a job's row keeps it."""
    value: dict[str, object] = _REVIEW.dump_python(found, mode="json")
    return value


def from_json(value: Mapping[str, object]) -> Review:
    """The review that a job's row keeps."""
    return _REVIEW.validate_python(value or {})


def needs_person(found: Review) -> bool:
    """Whether a record cannot go to QuickBooks before a person has decided something."""
    return bool(found.problems or found.missing or found.near or (found.suggestion and not found.adopts))


def waits_for(world: World, job: JobRow) -> str:
    """The first record that must be synced before this job can go, as kind:procore_id; empty when ready.

    A job also waits while an older version of its own record is with QuickBooks, and, where it would be
    written, while Procore has that record in a way that cannot be read: it may have other amounts by now.
    """
    return all_wait_for(world, [job])[0]


def all_wait_for(world: World, jobs: Sequence[JobRow]) -> list[str]:
    """What each job waits for, as `waits_for` says it; a handful of queries for all of them."""
    keys = [queue.key_of_job(job) for job in jobs]
    out = queue.out_of(world.tx, world.connection.id, keys)
    unreadable = _unreadable(world, keys)
    named = [mapping_for(key.kind).references(record_of(job)) for key, job in zip(keys, jobs, strict=True)]
    proven = {key for key, job in zip(keys, jobs, strict=True) if proves(job)}
    wanted = proven.union(*named)
    found = _linked(world, wanted)
    waits = []
    for job, key, references in zip(jobs, keys, named, strict=True):
        if out.get(key, job.id) != job.id:
            waits.append(str(key))
        elif key in proven and key in found:
            waits.append("")  # its link is all that is asked about
        elif key in unreadable and job.step not in _ONLY_READ:
            waits.append(str(key))
        else:
            waits.append(next((str(reference) for reference in references if reference not in found), ""))
    return waits


_ONLY_READ = ("link", "confirm")
"""Steps that end without a write of the job's own version."""
_NEWER_UNREADABLE = "unreadable"
"""The code of a job that waits until its record can be read as Procore has it now."""


def _unreadable(world: World, keys: Collection[RecordKey]) -> Mapping[RecordKey, str]:
    """Why those of the records cannot be read that cannot; the ERP tool's requests fail by themselves."""
    if world.connection.feed == Feed.ERP.value:
        return {}
    return troubles.with_records(world.tx, world.connection.id, keys)


def wait(world: World, job: JobRow) -> None:
    """Have a job wait for what must be first, and say why where its own record cannot be read."""
    job.waits_for = waits_for(world, job)
    key = queue.key_of_job(job)
    why = _unreadable(world, [key]).get(key) if job.waits_for == str(key) else None
    if why is not None:
        job.error = f"It waits, for qbsync cannot read this {key.kind.words} as Procore has it now: {why}"
        job.guidance = (
            "It goes by itself once it can be read; where that was mended elsewhere than in it, save it in "
            "Procore once more. If it is not to go at all, cancel the job."
        )
        job.code = _NEWER_UNREADABLE
    elif job.code == _NEWER_UNREADABLE:
        job.error = job.guidance = job.code = ""


def wake(world: World, keys: Iterable[RecordKey]) -> None:
    """Look again at the jobs that waited for these records."""
    for job in waiting_on(world, keys):
        look_again(world, job)


def waiting_on(world: World, keys: Iterable[RecordKey]) -> Sequence[JobRow]:
    """Queued jobs that wait for one of these records, or for a vendor that became one of them."""
    named = merged.all_that_became(world.tx, world.connection.id, keys)
    return queue.waiting_on(world.tx, world.connection.id, *named)


def look_again(world: World, job: JobRow) -> None:
    """Let a waiting job go, or wait for the next record it names.

    An export of the ERP tool that waited for an older one is looked for like any that comes after it.
    """
    wait(world, job)
    if not job.waits_for:
        link = links.find(world.tx, world.connection.id, queue.key_of_job(job))
        exported = world.connection.feed == Feed.ERP.value and not proves(job)
        if exported and held_so(record_of(job), link):
            job.choices = {**job.choices, CONFIRM: YES}
        job.step = first_step(world, job, link)


def held_so(record: Record, link: Link | None) -> bool:
    """Whether QuickBooks should hold a record just so: as it was sent, or as it will never be changed."""
    return link is not None and (
        key_of(record).kind in _NEVER_CHANGED or link.fingerprint == version_of(record)
    )


def proves(job: JobRow) -> bool:
    """Whether QuickBooks is to show first whether it still has the job's record."""
    return any(choice in job.choices for choice in (CONFIRM, AGAIN, ASKED))


def first_step(world: World, job: JobRow, link: Link | None) -> str:
    """What a job needs first: a fresh read of what is linked, a look at what may be there, or nothing.

    What a person named is read, as often as it did not fit: ours is never written beside it. A record that
    was ever sent is looked for by its ExternalGUID before it is added, whatever became of that earlier try:
    its answer may have been lost and the job cancelled.
    """
    if link is not None and proves(job):
        return "prove"
    if link is None and LINK_TO in job.choices:
        return "link"
    if link is not None or mapping_for(queue.key_of_job(job).kind).lives_in(record_of(job)) is not None:
        return "reread"
    distrust = world.connection.company_seen.get("distrust", False)
    if distrust or queue.was_sent(world.tx, world.connection.id, queue.key_of_job(job)):
        return "trace"
    return "look" if looks_first(job) else "write"


def looks_first(job: JobRow) -> bool:
    """Whether QuickBooks may have what would clash with a new record, or be adopted as it.

    Names are known by the lists; who typed a bill or purchase order, and under which number, is asked.
    """
    match RecordKind(job.kind):
        case RecordKind.INVOICE | RecordKind.COMMITMENT:
            return True
        case _:
            return from_json(job.review).adopts


def enqueue(world: World, job: JobRow, now: datetime) -> None:
    """Make a queued job ready for its first step, or let it wait and say for what."""
    link = links.find(world.tx, world.connection.id, queue.key_of_job(job))
    if link is None and job.foreign_id and _is_joined(world, job):  # never another one, whoever retries it
        job.choices = {LINK_TO: job.foreign_id, **job.choices}
    job.step = first_step(world, job, link)
    job.held = ""
    job.refusals = 0
    job.bisect = ""
    job.not_before = None
    wait(world, job)
    job.changed_at = now


def _is_joined(world: World, job: JobRow) -> bool:
    """Whether a commitment came only to be joined to what QuickBooks has under the id that Procore names."""
    return world.connection.feed == Feed.ERP.value and job.kind == RecordKind.COMMITMENT.value
