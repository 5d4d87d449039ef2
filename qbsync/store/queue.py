"""The queue of jobs: staging, claiming and moving them.

Filling and draining meet here and nowhere else. A claim is one search of the partial index `ix_jobs_ready`,
which holds only what could be sent now; finished jobs are not in it, so a million of them cost nothing. What
must be looked up first has an index of its own, so that a long queue need not be walked to find none. Every
claim runs under the connection's lock (`connections.lock`); SKIP LOCKED lets other connections' claims pass.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from qbsync.errors import NotFoundError
from qbsync.model.jobs import JobEvent, JobState, move
from qbsync.model.records import Record, RecordKey, RecordKind, key_of, label_of, version_of
from qbsync.store import numbers
from qbsync.store.records import to_json
from qbsync.store.tables import (
    IN_DOUBT,
    IN_OUT,
    IN_PENDING,
    READY,
    TO_LOOK_UP,
    WAITING,
    AttemptRow,
    JobRow,
    MessageRow,
    PartRow,
)

_COUNTED = 10_000
_CHUNK = 500
"""Values in one IN list."""


SUPERSEDED = "Superseded by a newer version in Procore"
SET_ASIDE = "Set aside while an older version is unlinked"
WITHDRAWN = "Withdrawn: "
"""How the reason begins where Procore took the record back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """What a job is told when something went wrong: for people, and the code behind it."""

    error: str = ""
    guidance: str = ""
    code: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewJob:
    """A job to be staged; `version` takes the place of the record's own, which it holds."""

    record: Record
    version: str = ""
    choices: dict[str, Any] = field(default_factory=dict)
    rank: int
    touches: str = ""
    review: dict[str, Any] = field(default_factory=dict)
    foreign_id: str = ""


_PROVES = sa.and_(JobRow.state.in_([JobState.QUEUED.value, JobState.HELD.value]), JobRow.step == "prove")
IN_BOOKS = sa.or_(JobRow.state == JobState.SYNCED.value, _PROVES)
"""What QuickBooks has: synced, or about to ask whether it still has it."""


def taken_back(job: JobRow) -> str:
    """Why Procore took the record back while the job was at work, or ended by it; empty where it did not."""
    return job.because.removeprefix(WITHDRAWN) if job.because.startswith(WITHDRAWN) else ""


def key_of_job(job: JobRow) -> RecordKey:
    """The record a job is about."""
    return RecordKey(kind=RecordKind(job.kind), procore_id=job.procore_id)


def stage(tx: Session, connection_id: int, new: NewJob, now: datetime) -> JobRow:
    """Put a job for one version of a record at Ready to Export."""
    key = key_of(new.record)
    job = JobRow(
        connection_id=connection_id,
        kind=key.kind.value,
        procore_id=key.procore_id,
        version=new.version or version_of(new.record),
        foreign_id=new.foreign_id,
        label=label_of(new.record),
        record=to_json(new.record),
        choices=new.choices,
        number_key=numbers.key_for(new.record, new.choices),
        review=new.review,
        state=JobState.STAGED.value,
        rank=new.rank,
        touches=new.touches,
        created_at=now,
        changed_at=now,
    )
    tx.add(job)
    tx.flush()
    return job


def get(tx: Session, job_id: int) -> JobRow:
    """The job of that id, locked for this transaction; raises NotFoundError."""
    job = tx.scalar(
        sa.select(JobRow)
        .where(JobRow.id == job_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if job is None:
        raise NotFoundError(f"There is no job {job_id}.")
    return job


def connection_of(tx: Session, job_id: int) -> int:
    """The job's connection, without locking anything; raises NotFoundError."""
    found = tx.scalar(sa.select(JobRow.connection_id).where(JobRow.id == job_id))
    if found is None:
        raise NotFoundError(f"There is no job {job_id}.")
    return found


def of_record(tx: Session, connection_id: int, key: RecordKey) -> JobRow | None:
    """The record's newest job."""
    return tx.scalar(_of(connection_id, key).order_by(JobRow.id.desc()).limit(1))


def pending(tx: Session, connection_id: int, key: RecordKey) -> JobRow | None:
    """The record's job that a newer version would replace."""
    return tx.scalar(_of(connection_id, key).where(IN_PENDING))


def out(tx: Session, connection_id: int, key: RecordKey) -> JobRow | None:
    """The record's job that QuickBooks may be executing."""
    return tx.scalar(_of(connection_id, key).where(IN_OUT))


def out_of(tx: Session, connection_id: int, keys: Iterable[RecordKey]) -> dict[RecordKey, int]:
    """The job of each of those records, by id, that QuickBooks may be executing."""
    wanted = sorted({key.procore_id for key in keys})
    found: dict[RecordKey, int] = {}
    for start in range(0, len(wanted), _CHUNK):
        rows = tx.execute(
            sa.select(JobRow.kind, JobRow.procore_id, JobRow.id).where(
                JobRow.connection_id == connection_id,
                JobRow.procore_id.in_(wanted[start : start + _CHUNK]),
                IN_OUT,
            )
        )
        for kind, procore_id, job_id in rows:
            found[RecordKey(kind=RecordKind(kind), procore_id=procore_id)] = job_id
    return found


def out_touching(tx: Session, connection_id: int, key: RecordKey) -> bool:
    """Whether QuickBooks may be executing anything that writes what the record is there, or links to it."""
    of_itself = sa.and_(JobRow.kind == key.kind.value, JobRow.procore_id == key.procore_id)
    query = sa.select(JobRow.id).where(
        JobRow.connection_id == connection_id, IN_OUT, sa.or_(JobRow.touches == str(key), of_itself)
    )
    return tx.scalar(query.limit(1)) is not None


def synced_of_record(tx: Session, connection_id: int, key: RecordKey) -> JobRow | None:
    """The record's newest job that is synced: what QuickBooks has of it."""
    query = _of(connection_id, key).where(JobRow.state == JobState.SYNCED.value)
    return tx.scalar(query.order_by(JobRow.id.desc()).limit(1))


def was_sent(tx: Session, connection_id: int, key: RecordKey) -> bool:
    """Whether any version of the record was ever in a writing message that QuickBooks may have executed."""
    query = (
        _of(connection_id, key)
        .join(PartRow, PartRow.job_id == JobRow.id)
        .join(MessageRow, MessageRow.id == PartRow.message_id)
        .where(PartRow.purpose == "write", MessageRow.state != "refused")
        .with_only_columns(JobRow.id)
        .limit(1)
    )
    return tx.scalar(query) is not None


def ready(tx: Session, connection_id: int, limit: int, now: datetime) -> Sequence[JobRow]:
    """Claim up to `limit` jobs to be written now, parents' kinds first.

    Where the first belongs to a half of a message that QuickBooks could not parse, only that half is given.
    """
    jobs = tx.scalars(_ready(connection_id, now).limit(limit)).all()
    return [job for job in jobs if job.bisect == jobs[0].bisect]


def reread_others(tx: Session, connection_id: int, chosen: Sequence[JobRow]) -> None:
    """Have the others read afresh that change what these jobs are about to write or link to.

    A Mod is built from a read made after the last write to its record (status 3200, and lines that would be
    dropped).
    """
    touched = sorted({job.touches for job in chosen if job.touches})
    for start in range(0, len(touched), _CHUNK):
        tx.execute(
            sa.update(JobRow)
            .where(
                JobRow.connection_id == connection_id,
                READY,
                JobRow.touches.in_(touched[start : start + _CHUNK]),
                JobRow.id.not_in([job.id for job in chosen]),
                JobRow.held != "",
            )
            .values(step="reread", held="")
            .execution_options(synchronize_session="fetch")
        )


def to_look_up(tx: Session, connection_id: int, limit: int, now: datetime) -> Sequence[JobRow]:
    """Queued jobs that need something read from QuickBooks before they can be written."""
    jobs = tx.scalars(_ready(connection_id, now, TO_LOOK_UP).limit(limit)).all()
    return [job for job in jobs if job.bisect == jobs[0].bisect]


def in_doubt(tx: Session, connection_id: int, limit: int, now: datetime) -> Sequence[JobRow]:
    """Jobs whose record is to be looked for in QuickBooks now."""
    return tx.scalars(
        sa.select(JobRow)
        .where(JobRow.connection_id == connection_id, IN_DOUBT, _due(now))
        .order_by(JobRow.id)
        .limit(limit)
    ).all()


def waiting_on(tx: Session, connection_id: int, *keys: RecordKey) -> Sequence[JobRow]:
    """Queued jobs that wait for one of those records."""
    wanted = sorted({str(key) for key in keys})
    found: list[JobRow] = []
    for start in range(0, len(wanted), _CHUNK):
        names = wanted[start : start + _CHUNK]
        found += tx.scalars(
            sa.select(JobRow)
            .where(JobRow.connection_id == connection_id, WAITING, JobRow.waits_for.in_(names))
            .order_by(JobRow.id)
        )
    return found


def staged(tx: Session, connection_id: int, *, before: datetime, after: int, limit: int) -> Sequence[JobRow]:
    """The next staged jobs behind the job of that id that were made before a moment, oldest first."""
    return tx.scalars(
        sa.select(JobRow)
        .where(
            JobRow.connection_id == connection_id,
            JobRow.state == JobState.STAGED.value,
            JobRow.created_at < before,
            JobRow.id > after,
        )
        .order_by(JobRow.id)
        .limit(limit)
    ).all()


def in_state(tx: Session, connection_id: int, state: JobState) -> Sequence[JobRow]:
    """Every job of a connection in one state, oldest first."""
    return tx.scalars(
        sa.select(JobRow)
        .where(JobRow.connection_id == connection_id, JobRow.state == state.value)
        .order_by(JobRow.id)
    ).all()


def synced_of_kind(
    tx: Session, connection_id: int, kind: RecordKind, *, project_ids: Collection[str] | None = None
) -> Sequence[JobRow]:
    """Every synced job of one kind, those that ask whether QuickBooks still has it included, oldest first.

    `project_ids` leaves out what other projects have.
    """
    query = sa.select(JobRow).where(
        JobRow.connection_id == connection_id, IN_BOOKS, JobRow.kind == kind.value
    )
    if project_ids is not None and len(project_ids) <= _CHUNK:
        query = query.where(JobRow.record["project_id"].as_string().in_(project_ids))
    return tx.scalars(query.order_by(JobRow.id)).all()


def of_ids(tx: Session, job_ids: Iterable[int]) -> dict[int, JobRow]:
    """Those jobs by id."""
    wanted = sorted(set(job_ids))
    found: dict[int, JobRow] = {}
    for start in range(0, len(wanted), _CHUNK):
        rows = tx.scalars(sa.select(JobRow).where(JobRow.id.in_(wanted[start : start + _CHUNK])))
        found.update((row.id, row) for row in rows)
    return found


def count_to_write(tx: Session, connection_id: int, now: datetime) -> int:
    """How many jobs could be written to QuickBooks now, counted to 10,000: more tell a percentage nothing."""
    some = (
        sa.select(JobRow.id)
        .where(JobRow.connection_id == connection_id, READY, _due(now))
        .limit(_COUNTED)
        .subquery()
    )
    return tx.scalar(sa.select(sa.func.count()).select_from(some)) or 0


def count_for_people(tx: Session, connection_id: int) -> int:
    """How many jobs a person should look at: to accept, refused, or in doubt."""
    wanted = [JobState.STAGED.value, JobState.FAILED.value, JobState.IN_DOUBT.value]
    query = (
        sa.select(sa.func.count())
        .select_from(JobRow)
        .where(JobRow.connection_id == connection_id, JobRow.state.in_(wanted))
    )
    return tx.scalar(query) or 0


def has_ready(tx: Session, connection_id: int, now: datetime) -> bool:
    """Whether QuickBooks could be asked about any queued job now."""
    return any(
        tx.scalar(
            sa.select(JobRow.id).where(JobRow.connection_id == connection_id, which, _due(now)).limit(1)
        )
        for which in (READY, TO_LOOK_UP)
    )


def change(
    job: JobRow, event: JobEvent, now: datetime, refusal: Refusal | None = None, *, because: str = ""
) -> None:
    """Move a job by the one table; raises StateError, and changes nothing, where it may not go.

    That Procore took the record back is remembered until Procore shows it again.
    """
    after = move(JobState(job.state), event)
    if taken_back(job):
        because = because or job.because
    job.state = after.value
    job.changed_at = now
    said = refusal or Refusal()
    job.error, job.guidance, job.code, job.because = said.error, said.guidance, said.code, because
    if job.state != JobState.SENT.value:
        job.message_id = None
    if job.state != JobState.QUEUED.value:
        job.waits_for = ""
        job.held = ""
    if job.state not in (JobState.QUEUED.value, JobState.IN_DOUBT.value):
        job.not_before = None


def attempt(tx: Session, job: JobRow, outcome: str, now: datetime, refusal: Refusal | None = None) -> None:
    """Keep what came of one try."""
    said = refusal or Refusal()
    tx.add(
        AttemptRow(
            job_id=job.id,
            message_id=job.message_id,
            at=now,
            outcome=outcome,
            code=said.code,
            error=f"{said.error} {said.guidance}".strip(),
        )
    )


def attempts(tx: Session, job_id: int) -> Sequence[AttemptRow]:
    """Every try of a job, oldest first."""
    return tx.scalars(sa.select(AttemptRow).where(AttemptRow.job_id == job_id).order_by(AttemptRow.id)).all()


def _of(connection_id: int, key: RecordKey) -> sa.Select[JobRow]:
    return sa.select(JobRow).where(
        JobRow.connection_id == connection_id,
        JobRow.kind == key.kind.value,
        JobRow.procore_id == key.procore_id,
    )


def _due(now: datetime) -> sa.ColumnElement[bool]:
    return sa.or_(JobRow.not_before.is_(None), JobRow.not_before <= now)


def _ready(connection_id: int, now: datetime, which: sa.TextClause = READY) -> sa.Select[JobRow]:
    return (
        sa.select(JobRow)
        .where(JobRow.connection_id == connection_id, which, _due(now))
        .order_by(JobRow.rank, JobRow.id)
        .with_for_update(skip_locked=True)
    )
