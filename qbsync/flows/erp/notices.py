"""What Procore's ERP tool only tells: records that were imported, linked, parted or merged there."""

from __future__ import annotations

from datetime import datetime

from qbsync.flows import costs, linking, pairs, unlinking, world as worlds
from qbsync.flows.erp import exports
from qbsync.flows.world import World
from qbsync.mapping import ORDER
from qbsync.model.ids import QuickBooksId
from qbsync.model.links import Link
from qbsync.model.names import Known
from qbsync.model.records import CostCode, Project, Record, RecordKind, Vendor, version_of
from qbsync.procore.feeds.erp_events import JobNotice, Joined, Merged, Parted
from qbsync.procore.feeds.events import ProjectCodes
from qbsync.store import links, marks, names, queue, writebacks
from qbsync.store.queue import NewJob


def joined(world: World, event: Joined, codes: ProjectCodes | None, now: datetime) -> None:
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
    record = _record(event, known)
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
    if codes is not None:
        exports.keep_codes(world, codes)
        writebacks.owe(tx, connection_id, pairs.owed_for(world, project_id=event.key.procore_id), now)
    tx.flush()
    worlds.wake(world, [event.key])


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


def merged(world: World, event: Merged, now: datetime) -> None:
    """Vendors became one: the sources are parted, and the one that stays keeps its id or takes a source's."""
    for source in event.sources:
        parted(world, Parted(key=source), now)
    if event.quickbooks_ids:
        joined(world, Joined(key=event.key, quickbooks_id=event.quickbooks_ids[0]), None, now)


def costs_wanted(world: World, event: JobNotice) -> None:
    """Procore asks for a job's costs: they are read in the next session, and told."""
    world.connection.costs_at = None
    if event.transactions is not None and event.project_id:
        wanted = "true" if event.transactions else "false"
        marks.put(world.tx, world.connection.id, f"{costs.TRANSACTIONS}{event.project_id}", wanted)
