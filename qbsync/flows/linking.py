"""Links that a person makes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from qbsync.errors import NotFoundError, StateError
from qbsync.flows import owed, proofs, retainage, review, world as worlds
from qbsync.flows.review import Desk
from qbsync.flows.world import World
from qbsync.mapping import ORDER, mapping_for
from qbsync.model.feeds import Feed
from qbsync.model.ids import QuickBooksId, is_txn_id
from qbsync.model.jobs import JobEvent, JobState
from qbsync.model.links import Link
from qbsync.model.names import Known, ListKind
from qbsync.model.records import Record, RecordKey, RecordKind, key_of, version_of
from qbsync.procore.imports import TARGETS
from qbsync.store import audit, connections, links, names, offers, queue, writebacks
from qbsync.store.queue import NewJob
from qbsync.store.tables import JobRow

LISTS = {
    RecordKind.COST_CODE: ListKind.ITEM,
    RecordKind.RETAINAGE_ITEM: ListKind.ITEM,
    RecordKind.VENDOR: ListKind.VENDOR,
    RecordKind.PROJECT: ListKind.CUSTOMER,
}
"""Which list of QuickBooks a kind of record is linked to."""
READ_FIRST = (RecordKind.BUDGET, RecordKind.COMMITMENT, RecordKind.INVOICE)
"""Kinds of which QuickBooks' transaction is read before it is linked."""


def link(desk: Desk, connection_name: str, key: RecordKey, quickbooks_id: str) -> None:
    """Join a record to what QuickBooks has; Procore is told, and nothing is made in QuickBooks.

    A transaction is read from QuickBooks first, lines and all: it is linked by the next update if it fits.
    """
    with desk.database.write() as tx:
        connection = connections.lock(tx, connections.named(tx, connection_name).id)
        world = worlds.world_of(tx, connection)
        job = _linkable(tx, world, key)
        if key.kind in READ_FIRST:
            _txn_id(quickbooks_id)
        free(tx, connection.id, key, quickbooks_id)
        not_importing(tx, connection.id, key.kind, quickbooks_id)
        if key.kind in READ_FIRST:
            ask_quickbooks(world, job, quickbooks_id, desk.now)
            _note(tx, desk, connection.id, "link", key=key, detail=quickbooks_id)
            return
        known = _entry(tx, connection.id, key, quickbooks_id)
        record = worlds.record_of(job)
        made = Link(
            key=key,
            quickbooks_id=QuickBooksId(quickbooks_id),
            name=known.full_name,
            edit_sequence=known.edit_sequence,
            fingerprint=version_of(record),
        )
        links.save(tx, connection.id, made, desk.now)
        done(job, desk.now)
        in_doubt = queue.out(tx, connection.id, key)
        if in_doubt is not None:
            done(in_doubt, desk.now)
        owed.owe(world, record, made, desk.now)
        if key.kind is RecordKind.RETAINAGE_ITEM:
            retainage.choose(world, made, desk.now)
        offers.keep_up(tx, connection.id, desk.now)
        worlds.wake(world, [key])
        _note(tx, desk, connection.id, "link", key=key, detail=quickbooks_id)


def join(world: World, record: Record, made: Link, now: datetime) -> None:
    """Link a record that Procore has just made of what QuickBooks has: its job is synced from the first.

    A pull may have staged it meanwhile; then it is that job which ends.
    """
    tx, connection_id, key = world.tx, world.connection.id, key_of(record)
    links.save(tx, connection_id, made, now)
    job = queue.pending(tx, connection_id, key)
    if job is None:
        touches = str(mapping_for(key.kind).touches(record))
        job = queue.stage(
            tx, connection_id, NewJob(record=record, rank=ORDER.index(key.kind), touches=touches), now
        )
    done(job, now)
    writebacks.owe(tx, connection_id, owed.pairs_for(world, record), now)
    tx.flush()
    worlds.wake(world, [key])


def not_importing(tx: Session, connection_id: int, kind: RecordKind, list_id: str) -> None:
    """Refuse while Procore is being asked to make a record of that entry: its answer would make a link."""
    target = TARGETS.get(kind)
    if target is not None and writebacks.open_items(tx, connection_id, target.value, [list_id]):
        raise StateError(
            f"Procore is being asked to make a {kind.words} of {list_id}.",
            guidance="Wait for its answer (`qbsync push` asks now), then decide again.",
        )


def ask_quickbooks(world: World, newest: JobRow, quickbooks_id: str, now: datetime) -> None:
    """Queue a job to read the transaction that was named for it; the next update links it if it fits.

    Where a person ended the record's jobs, or its link, the version that Procore has now is staged for it.
    Raises StateError where the job is not in a state that lets it, or Procore took the record back.
    """
    key = queue.key_of_job(newest)
    out = queue.out(world.tx, world.connection.id, key)
    job = out or queue.pending(world.tx, world.connection.id, key) or newest
    if out is not None and newest.id != out.id:
        raise StateError(
            f"Job {newest.id} holds a newer version of {job.label!r}.",
            guidance=f"Cancel job {newest.id} first, then link.",
        )
    if job.state in _ENDED:
        review.not_taken_back(job)
        synced = queue.synced_of_record(world.tx, world.connection.id, key)
        job = proofs.restage(world, job if synced is None else proofs.current(world, synced), now)
    for event in _TO_QUEUE.get(JobState(job.state), ()):
        queue.change(job, event, now)
    if job.state != JobState.QUEUED.value:
        raise StateError(
            f"Job {job.id}, {job.label!r}, is {JobState(job.state).words.lower()} and cannot be linked.",
            guidance="Wait for QuickBooks' answer.",
        )
    job.choices = {**job.choices, worlds.LINK_TO: quickbooks_id}
    worlds.enqueue(world, job, now)


def _txn_id(typed: str) -> None:
    """Refuse what QuickBooks cannot have given: it would not even answer a question for it."""
    if not is_txn_id(typed):
        raise StateError(
            f"{typed!r} is no TxnID of QuickBooks.",
            guidance="A TxnID looks like 1A2F-1771000000: digits and the capital letters A to F, a hyphen, "
            "digits. It is neither the number that stands on the form nor an ExternalGUID.",
        )


LOOK_UP = "Look up the TxnID in QuickBooks."


def way_on(world: World, job: JobRow) -> str:
    """What a person does about a link that did not come about: they link it, or give the link up."""
    named = job.choices.get(worlds.LINK_TO, "")
    if world.connection.feed != Feed.ERP.value:
        other = "accept the job (`qbsync jobs accept ID`): one of its own is written then"
    elif named == job.foreign_id:
        other = "unlink it in Procore's ERP tool first"
    else:
        other = "cancel the job, and export it again in Procore's ERP tool"
    return (
        f"Retry reads {named} again, and links it if it fits by then. If another one is meant, link that. If "
        f"none is, {other}."
    )


_ENDED = (JobState.SYNCED.value, JobState.CANCELLED.value)
_TO_QUEUE = {
    JobState.STAGED: (JobEvent.ACCEPT,),
    JobState.REJECTED: (JobEvent.RESTAGE, JobEvent.ACCEPT),
    JobState.FAILED: (JobEvent.RETRY,),
    JobState.HELD: (JobEvent.RELEASE,),
    JobState.IN_DOUBT: (JobEvent.REQUEUE,),
}


_FROM_ERP = (
    "Send it to QuickBooks in Procore's ERP tool; of a commitment that is Synced there, send an invoice or a "
    "change order: that joins the two."
)
"""How a record becomes known where Procore sends what people press, and a pull brings nothing."""


def _linkable(tx: Session, world: World, key: RecordKey) -> JobRow:
    if links.find(tx, world.connection.id, key) is not None:
        raise StateError(f"The {key.kind.words} {key.procore_id} is already linked.")
    job = queue.of_record(tx, world.connection.id, key)
    if job is None:
        raise NotFoundError(
            f"Procore's {key.kind.words} {key.procore_id} is not known here.",
            guidance=_FROM_ERP if world.connection.feed == Feed.ERP.value else "Run `qbsync pull`.",
        )
    not_out(tx, world.connection.id, key)
    return job


def not_out(tx: Session, connection_id: int, key: RecordKey) -> None:
    """Refuse while any version of the record is with QuickBooks: its answer would make a link of its own."""
    out = queue.out(tx, connection_id, key)
    if out is not None and out.state == JobState.SENT.value:
        raise StateError(f"Job {out.id} is with QuickBooks right now.", guidance="Wait for its answer.")


def _entry(tx: Session, connection_id: int, key: RecordKey, quickbooks_id: str) -> Known:
    kind = LISTS.get(key.kind)
    if kind is None:
        raise StateError(
            f"A {key.kind.words} cannot be linked by hand.",
            guidance="A change order is lines of its commitment's purchase order: link the commitment."
            if key.kind is RecordKind.CHANGE_ORDER
            else "It is linked when it is sent.",
        )
    known = names.of_id(tx, connection_id, kind, quickbooks_id)
    if known is None:
        raise NotFoundError(
            f"QuickBooks' {kind.value} list has no {quickbooks_id}, as last read.",
            guidance="Run the Web Connector once so that the list is read again.",
        )
    if kind is ListKind.ITEM and known.type != "Service":
        raise StateError(
            f"{known.full_name!r} is a {known.type} item; a {key.kind.words} needs a Service item."
        )
    return known


def free(tx: Session, connection_id: int, key: RecordKey, quickbooks_id: str) -> None:
    """Refuse what another record of the same kind is linked to; raises StateError naming that."""
    taken: Sequence[Link] = links.of_quickbooks_id(tx, connection_id, quickbooks_id, [key.kind])
    other = next(iter(taken), None)
    if other is not None:
        raise StateError(
            f"{quickbooks_id} is already linked to the {other.key.kind.words} {other.key.procore_id}."
        )


def done(job: JobRow, now: datetime) -> None:
    """The job's work is done: by a person where it was in doubt, by adoption where it was on its way."""
    match JobState(job.state):
        case JobState.IN_DOUBT:
            queue.change(job, JobEvent.SYNC, now)
        case JobState.QUEUED:
            queue.change(job, JobEvent.ADOPT, now)
        case JobState.STAGED | JobState.REJECTED | JobState.FAILED | JobState.HELD:
            queue.change(job, JobEvent.LINK, now)
        case _:
            pass


def _note(
    tx: Session, desk: Desk, connection_id: int, action: str, *, key: RecordKey, detail: str = ""
) -> None:
    audit.note(
        tx,
        actor=desk.actor,
        action=action,
        subject=f"{key.kind.words} {key.procore_id}",
        now=desk.now,
        connection_id=connection_id,
        detail=detail,
    )
