"""What QuickBooks may already have for a staged record: each suggestion with its reason, sure or near.

A sure one has the very name, but for capital letters at most, and stands alone in that; it may be linked
without a look (`link_all`). Any other is for a person to judge.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from sqlalchemy.orm import Session

from qbsync.errors import QbsyncError, StateError
from qbsync.flows import linking, world as worlds
from qbsync.flows.review import Desk
from qbsync.flows.world import World
from qbsync.model.jobs import JobState
from qbsync.model.likeness import Grade, Likeness, likeness
from qbsync.model.names import Known, ListKind
from qbsync.model.records import CostCode, Project, Record, RecordKey, Vendor
from qbsync.store import connections, links, names, offers, queue
from qbsync.store.tables import JobRow

MOST = 3
"""Suggestions for one record."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """A staged record, what QuickBooks has that looks like it, why, and whether that is sure."""

    job_id: int
    key: RecordKey
    label: str
    known: Known
    reason: str
    sure: bool


@dataclass(slots=True, kw_only=True)
class LinkedAll:
    """What came of linking every sure suggestion."""

    linked: list[Suggestion] = field(default_factory=list)
    refused: list[tuple[Suggestion, QbsyncError]] = field(default_factory=list)


def suggest(tx: Session, connection_id: int) -> list[Suggestion]:
    """Every staged record for which QuickBooks seems to have the same, a record's likeliest first."""
    world = worlds.world_of(tx, connections.get(tx, connection_id))
    found = []
    for job in queue.in_state(tx, connection_id, JobState.STAGED):
        record = worlds.record_of(job)
        if isinstance(record, Vendor | Project | CostCode):
            found += _of_job(world, job, record)
    return found


def link_all(desk: Desk, connection_name: str) -> LinkedAll:
    """Link every sure suggestion; where two records mean one entry neither is linked, and that is said."""
    with desk.database.read() as tx:
        sure = [one for one in suggest(tx, connections.named(tx, connection_name).id) if one.sure]
    meant = Counter((one.key.kind, one.known.list_id) for one in sure)
    done = LinkedAll()
    for one in sure:
        try:
            if meant[one.key.kind, one.known.list_id] > 1:
                raise _contested(one)
            linking.link(desk, connection_name, one.key, one.known.list_id)
        except QbsyncError as error:
            done.refused.append((one, error))
        else:
            done.linked.append(one)
    return done


def _contested(one: Suggestion) -> StateError:
    return StateError(
        f"Several {one.key.kind.words}s of Procore are named like QuickBooks' {one.known.full_name!r}.",
        guidance="Link the right one by hand (`qbsync links link`).",
    )


def _of_job(world: World, job: JobRow, record: Vendor | Project | CostCode) -> list[Suggestion]:
    review = worlds.from_json(job.review)
    open_customer = isinstance(record, Project) and "customer" in review.missing
    exact = [] if open_customer else _exact(world, job, record, review.suggestion)
    pairs = exact or _by_name(world, job, record)
    alone = sum(like.grade.sure for _, like in pairs) == 1
    elsewhere = isinstance(record, Project) and not open_customer and not exact
    return [
        Suggestion(
            job_id=job.id,
            key=queue.key_of_job(job),
            label=job.label,
            known=known,
            reason=worlds.reason_for(known, like),
            sure=like.grade.sure and alone and not elsewhere,
        )
        for known, like in pairs[:MOST]
    ]


def _exact(world: World, job: JobRow, record: Record, known: Known | None) -> list[tuple[Known, Likeness]]:
    """What the mapping itself found by full name, while nothing is linked to it."""
    tx, connection_id = world.tx, world.connection.id
    if known is None or known.list_id in offers.archived_ids(tx, connection_id):
        return []
    if names.of_id(tx, connection_id, known.list, known.list_id) is None:
        return []  # gone since it was reviewed
    kind = queue.key_of_job(job).kind
    if links.of_quickbooks_id(tx, connection_id, known.list_id, [kind]):
        return []
    own = record.code if isinstance(record, CostCode) else job.label
    like = likeness(own, known.full_name.rpartition(":")[2])
    return [(known, like or Likeness(grade=Grade.CASE, reason="the same name"))]


def _by_name(world: World, job: JobRow, record: Vendor | Project | CostCode) -> list[tuple[Known, Likeness]]:
    match record:
        case Vendor():
            return world.names.alike(ListKind.VENDOR, job.choices.get("name") or record.name)
        case Project():
            return world.names.alike(ListKind.CUSTOMER, record.name)
        case CostCode():
            found = world.names.alike(ListKind.ITEM, record.full_code)
            return [pair for pair in found if pair[1].grade <= Grade.PUNCTUATION]  # codes are not spelled
