"""What Procore's ERP tool only tells: records that were imported, linked, parted or merged there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from qbsync.errors import StateError
from qbsync.flows import costs, linking, pairs, proofs, unlinking, world as worlds
from qbsync.flows.erp import external, staging
from qbsync.flows.world import World
from qbsync.mapping import ORDER
from qbsync.model.ids import QuickBooksId, is_txn_id
from qbsync.model.jobs import JobEvent, JobState
from qbsync.model.links import Link
from qbsync.model.names import Known, ListKind
from qbsync.model.records import CostCode, Project, Record, RecordKey, RecordKind, Vendor, version_of
from qbsync.procore.feeds.erp_events import JobNotice, Joined, Merged, OrderJoined, Parted
from qbsync.procore.feeds.events import FeedEvent, ProjectCodes, Seen, Unreadable
from qbsync.store import erp, links, marks, names, queue, troubles, writebacks
from qbsync.store.erp import NewPart, Outcome, Purpose
from qbsync.store.queue import SUPERSEDED, NewJob


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What was asked about an imported project: its cost codes, and the company's marked cost types."""

    codes: ProjectCodes
    cost_types: Mapping[str, str]


def joined(world: World, event: Joined, now: datetime) -> None:
    """Keep that a record carries a QuickBooks id now; one that carried another is parted from it first.

    A transaction is not joined so: its lines are known to nobody. An export of the record that is on its way
    ends with it. Raises StateError while QuickBooks has one, or where another record carries that id.
    """
    tx, connection_id = world.tx, world.connection.id
    kind = linking.LISTS.get(event.key.kind)
    link = links.find(tx, connection_id, event.key)
    if kind is None or (link is not None and link.quickbooks_id == event.quickbooks_id):
        return
    linking.not_out(tx, connection_id, event.key)
    linking.free(tx, connection_id, event.key, event.quickbooks_id)
    if link is not None:
        unlinking.end(world, None, link, now)
    known = names.of_id(tx, connection_id, kind, event.quickbooks_id)
    before = queue.of_record(tx, connection_id, event.key)
    record = worlds.record_of(before) if before is not None else _record(event, known)
    job = queue.pending(tx, connection_id, event.key) or queue.stage(
        tx,
        connection_id,
        NewJob(record=record, version=f"{version_of(record)}+joined", rank=ORDER.index(event.key.kind)),
        now,
    )
    linking.done(job, now)
    in_doubt = queue.out(tx, connection_id, event.key)
    if in_doubt is not None:
        linking.done(in_doubt, now)
    made = Link(
        key=event.key,
        quickbooks_id=QuickBooksId(event.quickbooks_id),
        name=known.full_name if known is not None else event.name,
        edit_sequence=known.edit_sequence if known is not None else "",
    )
    links.save(tx, connection_id, made, now)
    tx.flush()
    worlds.wake(world, [event.key])


def imported(world: World, request_id: str, event: Joined, about: Imported, now: datetime) -> None:
    """Keep what an imported project has, and tell its cost codes' ids and that their types are synced.

    Every cost type of the company is on every cost code of it: QuickBooks knows none.
    """
    tx, connection_id = world.tx, world.connection.id
    pairs.keep(world, about.codes)
    types = dict(about.cost_types)
    part = NewPart(
        request_id=request_id,
        detail_id="",
        purpose=Purpose.ANSWER,
        key=event.key,
        items={
            "header": f"project:{event.key.procore_id}",
            "project_id": event.key.procore_id,
            "assignments": [[code.procore_id, one] for code in about.codes.codes for one in types.values()],
            "cost_types": types,
        },
        outcome=Outcome.SUCCESS,
    )
    erp.add_part(tx, connection_id, part, now)
    writebacks.owe(tx, connection_id, pairs.owed_for(world, project_id=event.key.procore_id), now)
    tx.flush()
    writebacks.owe(tx, connection_id, external.assignments_of(world, event.key), now)


def left_there(world: World, events: Iterable[Joined], now: datetime) -> None:
    """Link what another connector left: records with an id that QuickBooks' lists know and nobody has."""
    tx, connection_id = world.tx, world.connection.id
    for event in events:
        kind = linking.LISTS.get(event.key.kind)
        known = names.of_id(tx, connection_id, kind, event.quickbooks_id) if kind is not None else None
        if known is None or links.find(tx, connection_id, event.key) is not None:
            continue
        taken = links.of_quickbooks_id(tx, connection_id, event.quickbooks_id, (event.key.kind,))
        service = kind is not ListKind.ITEM or known.type == "Service"
        if service and not taken:
            with suppress(StateError):  # QuickBooks has it just now: its answer decides
                joined(world, event, now)


def order_joined(world: World, event: OrderJoined, shown: FeedEvent | None, now: datetime) -> None:
    """Have a commitment joined to the purchase order whose id it carries, line by line, by the next update.

    `shown` is the commitment as Procore shows it with its lines; QuickBooks is asked whether the two agree.
    It is asked again where they did not, or where the purchase order was not there. Its vendor, project and
    cost codes are linked first by the ids that they carry.
    """
    tx, connection_id = world.tx, world.connection.id
    linked = links.find(tx, connection_id, event.key)
    if linked is not None and linked.quickbooks_id == event.quickbooks_id:
        return
    if event.left and (linked is not None or _is_made(tx, connection_id, event.key)):
        return  # Procore has not been told yet: the id that the request carries is of what was before
    subject = troubles.subject_of(event.key)
    if not is_txn_id(event.quickbooks_id):
        why = f"Procore has it as {event.quickbooks_id!r} of QuickBooks, which is no TxnID: it is not joined."
        guidance = "Unlink it in Procore's ERP tool, and import it anew or send it."
        troubles.keep(tx, connection_id, subject, message=why, guidance=guidance, now=now)
        return
    if not isinstance(shown, Seen):
        why = shown.message if isinstance(shown, Unreadable) else "Procore does not show it."
        guidance = (
            "Check the permissions of qbsync's account in that project, then import it or send it again."
        )
        troubles.keep(tx, connection_id, subject, message=why, guidance=guidance, now=now)
        return
    if linked is not None:
        unlinking.end(world, None, linked, now)
    left_there(world, [Joined(key=key, quickbooks_id=one) for key, one in shown.named.items()], now)
    before = queue.pending(tx, connection_id, event.key)
    if before is not None and before.foreign_id and before.state == JobState.FAILED.value:
        queue.change(before, JobEvent.CANCEL, now, because=SUPERSEDED)  # either side may have changed since
        tx.flush()
        before = None
    job = before or queue.stage(
        tx,
        connection_id,
        NewJob(
            record=shown.record,
            version=f"{version_of(shown.record)}+joined",
            rank=ORDER.index(event.key.kind),
            touches=str(event.key),
            foreign_id=event.quickbooks_id,
        ),
        now,
    )
    linking.ask_quickbooks(world, job, event.quickbooks_id, now)
    troubles.over(tx, connection_id, subject)


def _is_made(tx: Session, connection_id: int, key: RecordKey) -> bool:
    """Whether a record is with QuickBooks, or waits to be made there."""
    if queue.out(tx, connection_id, key) is not None:
        return True
    job = queue.pending(tx, connection_id, key)
    on_its_way = (JobState.QUEUED.value, JobState.HELD.value)
    return job is not None and not job.foreign_id and job.state in on_its_way


def _record(event: Joined, known: Known | None) -> Record:
    """The little that is known of a record that Procore only named."""
    name = event.name or (known.full_name.rpartition(":")[2] if known is not None else event.key.procore_id)
    match event.key.kind:
        case RecordKind.VENDOR:
            return Vendor(procore_id=event.key.procore_id, name=name)
        case RecordKind.PROJECT:
            return Project(procore_id=event.key.procore_id, name=name)
        case _:
            return CostCode(procore_id=event.key.procore_id, code=name, full_code=name, name=name)


def parted(world: World, event: Parted, now: datetime) -> None:
    """A record carries no id any more: Procore knows, and QuickBooks keeps what it has."""
    link = links.find(world.tx, world.connection.id, event.key)
    if link is not None:
        unlinking.end(world, None, link, now)
        staging.forget(world.tx, world.connection.id, event.key.kind, link.quickbooks_id)


def merged(world: World, event: Merged, now: datetime) -> None:
    """Vendors became one: the sources are parted, and the one that stays keeps its id or takes a source's.

    What is committed to a source goes to the one that stays, but for what QuickBooks has already; what waits
    for a source goes on now if that one is linked. A source that is not in QuickBooks yet is not made there
    any more.
    """
    for source in event.sources:
        proofs.take_back(world, source, "it was merged into another vendor in Procore", now)
        parted(world, Parted(key=source), now)
    if event.quickbooks_ids:
        joined(world, Joined(key=event.key, quickbooks_id=event.quickbooks_ids[0]), now)
    world.tx.flush()
    worlds.wake(world, [event.key])


def costs_wanted(world: World, event: JobNotice) -> None:
    """Procore asks for a job's costs: they are read in the next session, and told."""
    world.connection.costs_at = None
    if event.transactions is not None and event.project_id:
        wanted = "true" if event.transactions else "false"
        marks.put(world.tx, world.connection.id, f"{costs.TRANSACTIONS}{event.project_id}", wanted)
