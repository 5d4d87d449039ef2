"""Ending a link: a vendor's at once, any other only once QuickBooks has shown that the record is gone."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from sqlalchemy.orm import Session

from qbsync.errors import NotFoundError, StateError
from qbsync.flows import owed, world as worlds
from qbsync.flows.review import Desk
from qbsync.flows.world import World
from qbsync.mapping import mapping_for
from qbsync.model.jobs import JobEvent, JobState
from qbsync.model.links import Link
from qbsync.model.records import Record, RecordKey, RecordKind
from qbsync.procore.writebacks import ANSWERS
from qbsync.store import audit, connections, drifts, links, offers, payments, queue, writebacks
from qbsync.store.tables import JobRow

ASKED = "unlink"
"""The choice of a job that waits for QuickBooks to show that its record is gone, to end its link then."""
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

An invoice's payments are undone before it, but no link of ours tells of them: see `payments_of`.
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


def ask(world: World, key: RecordKey, now: datetime) -> int | None:
    """As `unlink`, inside one transaction, whoever asks."""
    tx, connection_id = world.tx, world.connection.id
    link = links.find(tx, connection_id, key)
    if link is None:
        raise NotFoundError(f"The {key.kind.words} {key.procore_id} is not linked.")
    _not_out(tx, connection_id, key)
    job = queue.of_record(tx, connection_id, key)
    if key.kind is RecordKind.VENDOR:
        end(world, None if job is None else worlds.record_of(job), link, now)
        return None
    if job is None:
        raise StateError(
            f"Nothing is known here of Procore's {key.kind.words} {key.procore_id} but its link.",
            guidance="Run `qbsync pull`, then unlink it.",
        )
    _nothing_depends(world, key, job.label)
    return _ask(world, job, now)


def end(world: World, record: Record | None, link: Link, now: datetime) -> None:
    """End a link and what hung on it: its pending job, what Procore was owed, and who counted on it."""
    tx, connection_id = world.tx, world.connection.id
    pending = queue.pending(tx, connection_id, link.key)
    if pending is not None and pending.choices.get(ASKED) is None:
        queue.change(pending, JobEvent.CANCEL, now, because="Unlinked by a person")
    cleared = [] if record is None else owed.cleared_for(world, record, link)
    links.end(tx, connection_id, link.key, now)
    offers.keep_up(tx, connection_id, now)
    drifts.over(tx, connection_id, link.key, now)
    writebacks.drop(tx, connection_id, link.key, keeping=ANSWERS)
    writebacks.owe(tx, connection_id, cleared, now)
    tx.flush()
    for job in queue.in_state(tx, connection_id, JobState.QUEUED):
        job.waits_for = worlds.waits_for(world, job)


def proven_gone(world: World, job: JobRow, now: datetime) -> None:
    """End the link that a person asked to end: QuickBooks has shown that the record is gone.

    The job stays as it was, synced once: nothing is exported again until the record changes or someone asks.
    """
    link = links.find(world.tx, world.connection.id, queue.key_of_job(job))
    if link is not None:
        end(world, worlds.record_of(job), link, now)
    forget(job)
    queue.change(job, JobEvent.ADOPT, now, because="Unlinked: it is gone from QuickBooks")
    world.tx.flush()


def forget(job: JobRow) -> None:
    """Take back that the job's link is to end."""
    job.choices = {key: value for key, value in job.choices.items() if key != ASKED}


def _ask(world: World, job: JobRow, now: datetime) -> int:
    """Queue the synced job to prove that its record is gone."""
    if job.state != JobState.SYNCED.value:
        raise StateError(
            f"Job {job.id} holds another version of {job.label!r}.",
            guidance=f"Cancel job {job.id} first, then unlink.",
        )
    queue.change(job, JobEvent.RETRY, now)
    worlds.enqueue(world, job, now)
    job.choices = {**job.choices, ASKED: "yes"}
    job.step, job.waits_for = "prove", ""
    return job.id


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


def _nothing_depends(world: World, key: RecordKey, label: str) -> None:
    """Refuse while something that is linked hangs on the record; raises StateError naming it."""
    for kind in _DEPENDENTS.get(key.kind, ()):
        for other in queue.synced_of_kind(world.tx, world.connection.id, kind):
            names_it = key in mapping_for(kind).references(worlds.record_of(other))
            if names_it and links.find(world.tx, world.connection.id, queue.key_of_job(other)):
                raise StateError(
                    f"The {key.kind.words} {label!r} cannot be unlinked: the {kind.words} {other.label!r} "
                    "depends on it.",
                    guidance=f"Delete that {kind.words} in QuickBooks and unlink it first.",
                )


def _not_out(tx: Session, connection_id: int, key: RecordKey) -> None:
    out = queue.out(tx, connection_id, key)
    if out is not None:
        raise StateError(
            f"Job {out.id} is with QuickBooks right now.", guidance="Wait for its answer, then unlink."
        )
