"""Ending a link: a vendor's at once, any other only once QuickBooks has shown that the record is gone."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from decimal import Decimal

from sqlalchemy.orm import Session

from qbsync.errors import NotFoundError, StateError
from qbsync.flows import drift, merged, owed, proofs, world as worlds
from qbsync.flows.linking import LISTS
from qbsync.flows.review import Desk
from qbsync.flows.world import World
from qbsync.mapping import mapping_for
from qbsync.model.ids import QuickBooksId
from qbsync.model.jobs import JobEvent, JobState
from qbsync.model.links import Link
from qbsync.model.records import Record, RecordKey, RecordKind
from qbsync.procore.writebacks import ANSWERS
from qbsync.store import audit, connections, drifts, links, naming, offers, payments, queue, writebacks
from qbsync.store.tables import JobRow

WHY, OUT, ON_ITS_WAY, UNKNOWN = "unlink", "out", "on its way", "unknown"
"""What the context of a refusal says, for those who read it in Procore."""
_DEPENDENTS = {
    RecordKind.COST_CODE: (
        RecordKind.COST_CODE,
        RecordKind.BUDGET,
        RecordKind.COMMITMENT,
        RecordKind.CHANGE_ORDER,
    ),
    RecordKind.PROJECT: (RecordKind.COMMITMENT, RecordKind.BUDGET),
    RecordKind.COMMITMENT: (RecordKind.INVOICE, RecordKind.CHANGE_ORDER),
    RecordKind.CHANGE_ORDER: (RecordKind.INVOICE,),
}
"""What is undone before a record of that kind (workflows, section 8): QuickBooks keeps what is used.

An invoice's payments are undone before it, but no link of ours tells of them: see `payments_of`. An entry
that was merged into another is gone though it was used: see `_was_merged`.
"""


def unlink(desk: Desk, connection_name: str, key: RecordKey) -> int | None:
    """End a record's link; gives the job by which QuickBooks is asked first, None where it ended at once.

    A vendor's link ends at once (workflows, section 8). Raises NotFoundError where there is no link,
    StateError while another record depends on it or a version of it is under way.
    """
    with desk.database.write() as tx:
        connection = connections.lock(tx, connections.named(tx, connection_name).id)
        world = worlds.world_of(tx, connection)
        asked = ask(world, key, desk.now)
        audit.note(
            tx,
            actor=desk.actor,
            action="unlink",
            subject=f"{key.kind.words} {key.procore_id}",
            now=desk.now,
            connection_id=connection.id,
        )
        return asked


def ask(
    world: World, key: RecordKey, now: datetime, among: Collection[RecordKey] = frozenset()
) -> int | None:
    """As `unlink`, inside one transaction, whoever asks; `among` are others that are unlinked with it."""
    tx, connection_id = world.tx, world.connection.id
    link = links.find(tx, connection_id, key)
    if link is None:
        raise NotFoundError(f"The {key.kind.words} {key.procore_id} is not linked.")
    _not_out(tx, connection_id, key)
    newest = queue.of_record(tx, connection_id, key)
    if key.kind is RecordKind.VENDOR:
        end(world, None if newest is None else worlds.record_of(newest), link, now)
        return None
    if not _was_merged(world, key):
        _nothing_depends(world, key, link.name if newest is None else newest.label, among)
    pending = queue.pending(tx, connection_id, key)
    if pending is not None and worlds.ASKED in pending.choices:
        return _asked_already(world, pending, now)
    if pending is not None:
        _make_room(world, pending, link, now)
    job = proofs.prover(world, link, worlds.ASKED, now)
    if job is None:
        raise unknown(key)
    return job.id


def unknown(key: RecordKey) -> StateError:
    """Of a linked record no job is left, by which QuickBooks could be asked for it."""
    return StateError(
        f"Nothing is known here of Procore's {key.kind.words} {key.procore_id} but its link.",
        guidance="Run `qbsync pull`, then try again.",
        context={WHY: UNKNOWN},
    )


def _asked_already(world: World, job: JobRow, now: datetime) -> int:
    """The job that asks QuickBooks already; one on hold goes on."""
    if job.state == JobState.HELD.value:
        queue.change(job, JobEvent.RELEASE, now)
        worlds.enqueue(world, job, now)
    return job.id


def _make_room(world: World, pending: JobRow, link: Link, now: datetime) -> None:
    """Set a version aside that waits for a person; raises StateError where it is on its way to QuickBooks."""
    if pending.state in (JobState.QUEUED.value, JobState.HELD.value):
        raise StateError(
            f"Job {pending.id}, {pending.label!r}, is on its way to QuickBooks.",
            guidance=f"Cancel job {pending.id} first, then unlink. Afterwards `qbsync jobs retry` exports "
            "Procore's current version.",
            context={WHY: ON_ITS_WAY},
        )
    proofs.set_aside(world, pending, link, now)


def end(world: World, record: Record | None, link: Link, now: datetime) -> None:
    """End a link and what hung on it: its pending job, what Procore was owed, and who counted on it."""
    tx, connection_id = world.tx, world.connection.id
    pending = queue.pending(tx, connection_id, link.key)
    if pending is not None and worlds.ASKED not in pending.choices:
        proofs.over(world, pending, now, because="Unlinked by a person")
    cleared = [] if record is None else owed.cleared_for(world, record, link)
    links.end(tx, connection_id, link.key, now)
    proofs.link_ends(world, link.key)
    offers.keep_up(tx, connection_id, now)
    drifts.over(tx, connection_id, link.key, now)
    writebacks.drop(tx, connection_id, link.key, keeping=ANSWERS)
    writebacks.owe(tx, connection_id, cleared, now)
    tx.flush()
    counting = naming.queued(tx, connection_id, merged.all_that_became(tx, connection_id, [link.key]))
    for job, waits_for in zip(counting, worlds.all_wait_for(world, counting), strict=True):
        job.waits_for = waits_for


def proven_gone(world: World, job: JobRow, now: datetime) -> None:
    """End the link that a person asked to end: QuickBooks has shown that the record is gone.

    The job stays as it was, synced once: nothing is exported again until the record changes or someone asks.
    A newer version that was set aside waits for a person again.
    """
    link = links.find(world.tx, world.connection.id, queue.key_of_job(job))
    if link is not None:
        end(world, worlds.record_of(job), link, now)
    job.foreign_id = proofs.current(world, job).foreign_id = ""  # what Procore forgets now
    because = job.because if queue.taken_back(job) else "Unlinked: it is gone from QuickBooks"
    proofs.end(world, job, now, because=because)
    proofs.bring_back(world, job, now)


def unknown_gone(world: World, job: JobRow, quickbooks_id: str, now: datetime) -> None:
    """End what was to be unlinked though nothing here is linked: QuickBooks has shown that it has no such id.

    Procore forgets it; what is exported after that is a new record.
    """
    record = worlds.record_of(job)
    left = Link(key=queue.key_of_job(job), quickbooks_id=QuickBooksId(quickbooks_id))
    writebacks.owe(world.tx, world.connection.id, owed.cleared_for(world, record, left), now)
    job.foreign_id = ""
    queue.change(job, JobEvent.CANCEL, now, because="Unlinked: it is gone from QuickBooks")


def payments_of(world: World, key: RecordKey) -> str:
    """The payments of an invoice's bill, as QuickBooks last showed them; empty where none is known."""
    link = links.find(world.tx, world.connection.id, key)
    if link is None or key.kind is not RecordKind.INVOICE:
        return ""
    rows = payments.of_bills(world.tx, world.connection.id, [link.quickbooks_id])
    paid = [row for row in rows if Decimal(row.amount)]
    return ", ".join(
        f"{row.method.replace('_', ' ')} {row.number} of {row.amount} on {row.paid_on}" for row in paid
    )


def _was_merged(world: World, key: RecordKey) -> bool:
    """Whether QuickBooks told that its list has the entry no more.

    One that was used is then merged into another, which has all that hung on it: nothing is deleted first.
    """
    return key.kind in LISTS and drift.is_gone(world.tx, world.connection.id, key)


def _nothing_depends(world: World, key: RecordKey, label: str, among: Collection[RecordKey]) -> None:
    """Refuse while something that is linked hangs on the record; raises StateError naming it."""
    for kind in _DEPENDENTS.get(key.kind, ()):
        for other in naming.synced(world.tx, world.connection.id, kind, key):
            names_it = key in mapping_for(kind).references(worlds.record_of(other))
            if names_it and queue.key_of_job(other) not in among:
                raise StateError(
                    f"The {key.kind.words} {label!r} cannot be unlinked: the {kind.words} {other.label!r} "
                    "depends on it.",
                    guidance=f"Delete that {kind.words} in QuickBooks and unlink it first.",
                )


def _not_out(tx: Session, connection_id: int, key: RecordKey) -> None:
    out = queue.out(tx, connection_id, key)
    if out is not None:
        raise StateError(
            f"Job {out.id} is with QuickBooks right now.",
            guidance="Wait for its answer, then unlink.",
            context={WHY: OUT},
        )
