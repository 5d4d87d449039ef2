"""The retainage item: made in QuickBooks where a person asks, then named by the connection's option."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from qbsync.errors import StateError
from qbsync.flows import costs, named_options, review, world as worlds
from qbsync.flows.review import Desk
from qbsync.flows.world import World
from qbsync.mapping import ORDER, mapping_for
from qbsync.model.jobs import JobEvent, JobState
from qbsync.model.links import Link
from qbsync.model.records import RetainageItem, key_of, version_of
from qbsync.store import audit, connections, links, queue
from qbsync.store.queue import SUPERSEDED, NewJob
from qbsync.store.tables import ConnectionRow, JobRow

OPTION: Final = "retainage_item"
DEFAULT_NAME: Final = "Retainage"
"""What the item is called where nobody says otherwise (workflows, W6)."""
_GOES_ON: Final = (JobState.STAGED.value, JobState.FAILED.value, JobState.QUEUED.value, JobState.HELD.value)
"""States of a job that is worth keeping when the same item is asked for again."""


def ask(desk: Desk, connection_name: str, *, item: str = "", account: str = "") -> int:
    """Have QuickBooks make the retainage item, or take the one of that name for it; gives the job's id.

    `item` is its full name, else the option's, else Retainage; `account` the liability account of a new one.
    Where nothing is missing it is accepted at once; else the job waits for its account. Raises StateError
    where the connection has made its item already, or something must be mended first.
    """
    with desk.database.write() as tx:
        connection = connections.lock(tx, connections.named(tx, connection_name).id)
        job = _job(tx, connection, item.strip(), desk.now)
        found = worlds.from_json(job.review)
        job_id, state = job.id, job.state
        note = f"{job.label!r}, job {job_id}"
        audit.note(
            tx,
            actor=desk.actor,
            action="ask for retainage item",
            subject=f"connection {connection_name}",
            now=desk.now,
            connection_id=connection.id,
            detail=note,
        )
    complete = not found.missing and not found.problems
    if account or (complete and state == JobState.STAGED.value):
        review.accept(desk, job_id, {"account": account} if account else {})
    return job_id


def choose(world: World, link: Link, now: datetime) -> None:
    """Name the linked item in the connection's option, so that invoices with retainage can go."""
    row = world.connection
    options = connections.options_of(row)
    if getattr(options, OPTION).casefold() == link.name.casefold():
        return
    connections.set_options(row, options.with_value(OPTION, link.name))
    row.pull_at = None  # what waits for the item is reviewed again
    named_options.note(world.tx, row, now)
    costs.owe_changed(world.tx, row, now)
    audit.note(
        world.tx,
        actor="qbsync",
        action="set",
        subject=f"connection {row.name}",
        now=now,
        connection_id=row.id,
        detail=f"{OPTION}={link.name}",
    )


def _job(tx: Session, connection: ConnectionRow, item: str, now: datetime) -> JobRow:
    """The job of the item: the one that is under way for it, else a new one."""
    record = RetainageItem(name=item or connections.options_of(connection).retainage_item or DEFAULT_NAME)
    key = key_of(record)
    link = links.find(tx, connection.id, key)
    if link is not None:
        raise StateError(
            f"QuickBooks has the retainage item of {connection.name} already: {link.name!r}.",
            guidance=f"To hold retainage on another: qbsync connection set {connection.name} "
            f"{OPTION}=... To have it made anew: delete it in QuickBooks, then "
            f"qbsync links unlink {connection.name} {key.kind.value} {key.procore_id}.",
        )
    out = queue.out(tx, connection.id, key)
    if out is not None:
        raise StateError(
            f"Job {out.id}, {out.label!r}, is with QuickBooks right now.", guidance="Wait for its answer."
        )
    pending = queue.pending(tx, connection.id, key)
    if pending is not None:
        if pending.version == version_of(record) and pending.state in _GOES_ON:
            return pending
        queue.change(pending, JobEvent.CANCEL, now, because=SUPERSEDED)
        tx.flush()
    found = worlds.review(worlds.world_of(tx, connection), record, {})
    new = NewJob(
        record=record,
        rank=ORDER.index(key.kind),
        touches=str(mapping_for(key.kind).touches(record)),
        review=worlds.to_json(found),
    )
    return queue.stage(tx, connection.id, new, now)
