"""What a person decides about jobs: accept, reject, hold, release, retry, cancel."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from qbsync.errors import StateError
from qbsync.flows import proofs, world as worlds
from qbsync.flows.world import World
from qbsync.model.context import Review
from qbsync.model.jobs import JobEvent, JobState, move
from qbsync.model.options import Options
from qbsync.model.records import RecordKind
from qbsync.store import audit, connections, erp, links, numbers, queue
from qbsync.store.engine import Database
from qbsync.store.tables import JobRow

CHOICES: Mapping[RecordKind, tuple[str, ...]] = {
    RecordKind.PROJECT: ("customer", "name"),
    RecordKind.COST_CODE: ("income_account", "expense_account"),
    RecordKind.RETAINAGE_ITEM: ("account",),
    RecordKind.COMMITMENT: ("number",),
    RecordKind.CHANGE_ORDER: ("number",),
    RecordKind.VENDOR: ("name", "vendor_type", "terms"),
    RecordKind.INVOICE: ("number", "expense_account", "payment_due"),
}
"""What may be chosen at accept, by kind."""


def choices_of(kind: RecordKind, record: Mapping[str, Any], options: Options) -> tuple[str, ...]:
    """What may be chosen at accept for a record, given as its job keeps it, on a connection.

    An invoice's account only where it books on one, its payment due only where Procore does not say it.
    """
    every = CHOICES.get(kind, ())
    if kind is not RecordKind.INVOICE:
        return every
    idle = {
        "expense_account": options.bill_lines != "expenses",
        "payment_due": record.get("payment_due") is not None,
    }
    return tuple(name for name in every if not idle.get(name))


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """Who decides, in which database, and when."""

    database: Database
    actor: str
    now: datetime


def accept(desk: Desk, job_id: int, choices: Mapping[str, str], *, with_others: bool = False) -> None:
    """Accept a staged job with its extra fields, or send a failed one again with other ones.

    A failed one that was to be linked is written after all, but not `with_others`: a person decides that for
    itself. Raises StateError where something must be mended first.
    """
    with desk.database.write() as tx:
        job, world = _open(tx, job_id)
        _not_closed(tx, job)
        event = JobEvent.RETRY if job.state == JobState.FAILED.value else JobEvent.ACCEPT
        move(JobState(job.state), event)
        if event is JobEvent.RETRY:
            _give_up_link(job, with_others=with_others)
        job.choices = {**job.choices, **_chosen(job, choices, world.options)}
        record = worlds.record_of(job)
        job.number_key = numbers.key_for(record, job.choices)
        found = worlds.review(world, record, job.choices, job.foreign_id)
        job.review = worlds.to_json(found)
        _complete(job, found)
        queue.change(job, event, desk.now)
        worlds.enqueue(world, job, desk.now)
        _note(tx, desk, job, "accept", ", ".join(f"{key}={value}" for key, value in choices.items()))


def _give_up_link(job: JobRow, *, with_others: bool) -> None:
    """Forget what QuickBooks was said to have of the record already."""
    named = job.choices.get(worlds.LINK_TO, "")
    if named and with_others:
        raise StateError(
            f"Job {job.id}, {job.label!r}, is to be linked to {named}: accepting it would write another one.",
            guidance="Retry it to have that read again, or accept it by itself.",
        )
    job.choices = worlds.without(job.choices, worlds.LINK_TO)


def _chosen(job: JobRow, choices: Mapping[str, str], options: Options) -> dict[str, str]:
    allowed = choices_of(RecordKind(job.kind), job.record, options)
    for key in choices:
        if key not in allowed:
            takes = ", ".join(allowed) or "nothing"
            raise StateError(
                f"Job {job.id} is a {RecordKind(job.kind).words}, which does not take {key!r}.",
                guidance=f"It takes: {takes}.",
            )
    return {key: value.strip() for key, value in choices.items()}


def _complete(job: JobRow, found: Review) -> None:
    if found.problems:
        first = found.problems[0]
        more = f" (and {len(found.problems) - 1} more)" if len(found.problems) > 1 else ""
        raise StateError(f"Job {job.id}, {job.label!r}: {first.message}{more}", guidance=first.guidance)
    if found.missing:
        settings = " ".join(f"--set {name}=..." for name in found.missing)
        why = " ".join(warning.message for warning in found.warnings if warning.field in found.missing)
        raise StateError(
            f"Job {job.id}, {job.label!r}, needs {' and '.join(found.missing)}. {why}".strip(),
            guidance=f"Accept it with {settings}.",
        )
    if found.suggestion is not None and not found.adopts:
        raise StateError(
            f"QuickBooks already has {found.suggestion.full_name!r}; accepting job {job.id} would make "
            "another of that name, which QuickBooks refuses.",
            guidance="Link the two (`qbsync links link`), or accept it under another name.",
        )


def reject(desk: Desk, job_id: int, comment: str) -> None:
    """Reject a job; it comes back when its record changes in Procore."""
    _decide(desk, job_id, JobEvent.REJECT, because=comment)


def hold(desk: Desk, job_id: int) -> None:
    """Keep a queued job from being sent."""
    _decide(desk, job_id, JobEvent.HOLD)


def cancel(desk: Desk, job_id: int) -> None:
    """End a job; what QuickBooks may already have stays there.

    A synced job that only asks QuickBooks whether its record is gone is synced again.
    """
    with desk.database.write() as tx:
        job, world = _open(tx, job_id)
        because = job.because if queue.taken_back(job) else f"Cancelled by {desk.actor}"
        proves = proofs.is_asked(job)
        proofs.over(world, job, desk.now, because=because)
        tx.flush()
        if proves:
            proofs.bring_back(world, job, desk.now)
        worlds.wake(world, [queue.key_of_job(job)])
        _note(tx, desk, job, JobEvent.CANCEL.value, because)


def release(desk: Desk, job_id: int) -> None:
    """Let a held job go on."""
    _decide(desk, job_id, JobEvent.RELEASE)


def retry(desk: Desk, job_id: int) -> None:
    """Send a failed job again, or stage a rejected one anew.

    A job in doubt is sent again if QuickBooks does not show its record; a synced one only once QuickBooks
    has shown that the record is gone, and then in the newest version that Procore has shown. Raises
    StateError while another version of the record is under way.
    """
    with desk.database.write() as tx:
        job, world = _open(tx, job_id)
        match JobState(job.state):
            case JobState.REJECTED:
                queue.change(job, JobEvent.RESTAGE, desk.now)
                job.review = worlds.to_json(
                    worlds.review(world, worlds.record_of(job), job.choices, job.foreign_id)
                )
            case _:
                again(world, job, desk.now)
        _note(tx, desk, job, "retry")


def again(world: World, job: JobRow, now: datetime) -> None:
    """As `retry`, inside one transaction, of a job that was sent or could not be."""
    if worlds.LINK_TO not in job.choices:  # a link is a person's, whatever Procore was told
        _not_closed(world.tx, job)
    state = JobState(job.state)
    if state is not JobState.SYNCED:  # of what is synced, Procore's current version goes
        not_taken_back(job)
    _only_version(world.tx, job)
    link = links.find(world.tx, world.connection.id, queue.key_of_job(job))
    if state is JobState.SYNCED:
        newest = _newest(world, job)
        if link is not None:
            proofs.ask(world, job, worlds.AGAIN, now)
            return
        if newest.id != job.id:
            proofs.export_newest(world, newest, now)
            return
    gone = proofs.was_gone(job, link)
    queue.change(job, JobEvent.REQUEUE if state is JobState.IN_DOUBT else JobEvent.RETRY, now)
    if gone:
        job.choices = {**job.choices, worlds.AGAIN: proofs.NOT_SYNCED}
    worlds.enqueue(world, job, now)


def _newest(world: World, job: JobRow) -> JobRow:
    """The job of the version in which a synced record is exported anew: Procore's current one.

    It may be a cancelled one. Raises StateError where a newer job is synced, or Procore took the record back.
    """
    key = queue.key_of_job(job)
    synced = queue.synced_of_record(world.tx, job.connection_id, key)
    if synced is not None and synced.id != job.id:
        raise StateError(
            f"Job {synced.id} holds a newer version of {job.label!r}.",
            guidance=f"Retry job {synced.id} instead.",
        )
    newest = proofs.current(world, job)
    _not_closed(world.tx, newest)
    not_taken_back(newest)
    return newest


def _not_closed(tx: Session, job: JobRow) -> None:
    """Refuse where Procore was told that it failed: there it must be exported again, with a new request."""
    if erp.failed_for(tx, job.id):
        raise StateError(
            f"Procore was told that job {job.id}, {job.label!r}, failed.",
            guidance="Re-send it in Procore: mend what is wrong, and export it again in the ERP tool.",
        )


def not_taken_back(job: JobRow) -> None:
    """Refuse to send, or to link anew, what Procore took back; raises StateError."""
    why = queue.taken_back(job)
    if why:
        in_doubt = job.state == JobState.IN_DOUBT.value
        first = f"Look in QuickBooks: what is there, link or delete; then cancel job {job.id}. "
        raise StateError(
            f"Procore took {job.label!r} back: {why}.",
            guidance=f"{first if in_doubt else ''}If it is to go after all, approve it in Procore again.",
        )


def _only_version(tx: Session, job: JobRow) -> None:
    """Refuse while another version of the same record is under way."""
    key = queue.key_of_job(job)
    for other in (queue.pending(tx, job.connection_id, key), queue.out(tx, job.connection_id, key)):
        if other is not None and other.id != job.id and job.state != JobState.FAILED.value:
            raise StateError(
                f"Job {other.id} holds another version of {job.label!r}.",
                guidance=f"Decide about job {other.id} instead.",
            )


def _decide(desk: Desk, job_id: int, event: JobEvent, because: str = "") -> None:
    with desk.database.write() as tx:
        job, world = _open(tx, job_id)
        queue.change(job, event, desk.now, because=because)
        if job.state == JobState.QUEUED.value:
            worlds.enqueue(world, job, desk.now)
        tx.flush()
        worlds.wake(world, [queue.key_of_job(job)])
        _note(tx, desk, job, event.value, because)


def _open(tx: Session, job_id: int) -> tuple[JobRow, World]:
    """The job and its world, with the connection's calls kept out meanwhile."""
    connection = connections.lock(tx, queue.connection_of(tx, job_id))  # the drain locks in this order too
    return queue.get(tx, job_id), worlds.world_of(tx, connection)


def _note(tx: Session, desk: Desk, job: JobRow, action: str, detail: str = "") -> None:
    audit.note(
        tx,
        actor=desk.actor,
        action=action,
        subject=f"job {job.id}",
        now=desk.now,
        connection_id=job.connection_id,
        detail=detail,
    )
