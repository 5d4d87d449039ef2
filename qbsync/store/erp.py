"""The ERP feed's own rows: which requests wait, what each asks for, and what may be closed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from qbsync.model.records import RecordKey
from qbsync.store.erp_tables import OPEN_PART, WAITING_REQUEST, ErpAccountRow, ErpPartRow, ErpRequestRow
from qbsync.store.tables import JobRow
from qbsync.store.versions import THERE_OR_COMING

_CHUNK = 400
"""Ids in one IN list."""


class RequestState(StrEnum):
    """Where an ERP request stands."""

    NEW = "new"
    DONE = "done"
    GONE = "gone"
    """It was given up: for a week Procore did not show it, or it could not be taken in."""


class Purpose(StrEnum):
    """What a part of a request asks for."""

    EXPORT = "export"
    UNLINK = "unlink"
    REFRESH = "refresh"
    """Procore wants what QuickBooks has, once that is read."""
    ANSWER = "answer"
    """Nothing more than an answer, which was decided at once."""
    NOTICE = "notice"
    """Nothing: Procore told of a record, and that was put into effect at once.

    Of a merged one the items name the record that it went `into`.
    """
    WAIT = "wait"
    """Nothing yet: the request was shown, but could not be taken in so far."""


class Outcome(StrEnum):
    """What became of a part."""

    OPEN = ""
    SUCCESS = "success"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPart:
    """A part of a request to be kept."""

    request_id: str
    detail_id: str
    purpose: Purpose
    key: RecordKey | None = None
    job_id: int | None = None
    items: Mapping[str, Any] = field(default_factory=dict)
    outcome: Outcome = Outcome.OPEN
    messages: Sequence[str] = ()


def account(tx: Session, connection_id: int) -> ErpAccountRow:
    """What the ERP tool is to a connection; made when it is first asked for."""
    row = tx.get(ErpAccountRow, connection_id)
    if row is None:
        row = ErpAccountRow(connection_id=connection_id)
        tx.add(row)
        tx.flush()
    return row


def account_of(tx: Session, connection_id: int) -> ErpAccountRow | None:
    """What the ERP tool is to a connection; None where that was never asked for."""
    return tx.get(ErpAccountRow, connection_id)


def list_id(tx: Session, connection_id: int) -> str:
    """The standard cost code list that Procore made for QuickBooks; empty where it is not known."""
    row = tx.get(ErpAccountRow, connection_id)
    return "" if row is None else row.list_id


def heard(tx: Session, connection_id: int, request_id: str, now: datetime) -> ErpRequestRow | None:
    """Keep that a webhook named a request; None where it was named before and does not count as gone."""
    known = of_request(tx, connection_id, request_id)
    if known is not None and known.state != RequestState.GONE.value:
        return None
    if known is not None:
        _reopen(known, now)
        return known
    row = ErpRequestRow(
        connection_id=connection_id,
        request_id=request_id,
        state=RequestState.NEW.value,
        received_at=now,
    )
    tx.add(row)
    tx.flush()
    return row


def ask_again(tx: Session, connection_id: int, now: datetime) -> int:
    """Have every request asked for at once that waits or counts as gone; gives how many."""
    rows = tx.scalars(
        sa.select(ErpRequestRow).where(
            ErpRequestRow.connection_id == connection_id, ErpRequestRow.state != RequestState.DONE.value
        )
    ).all()
    for row in rows:
        _reopen(row, now)
    return len(rows)


def _reopen(row: ErpRequestRow, now: datetime) -> None:
    row.state, row.received_at = RequestState.NEW.value, now
    row.not_before = row.done_at = None


def of_request(tx: Session, connection_id: int, request_id: str) -> ErpRequestRow | None:
    """One request, None where no webhook named it."""
    return tx.scalar(
        sa.select(ErpRequestRow).where(
            ErpRequestRow.connection_id == connection_id, ErpRequestRow.request_id == request_id
        )
    )


def waiting(tx: Session, connection_id: int, now: datetime) -> Sequence[ErpRequestRow]:
    """The requests that are to be fetched now, in Procore's own order."""
    rows = tx.scalars(
        sa.select(ErpRequestRow).where(
            ErpRequestRow.connection_id == connection_id,
            WAITING_REQUEST,
            sa.or_(ErpRequestRow.not_before.is_(None), ErpRequestRow.not_before <= now),
        )
    ).all()
    return sorted(rows, key=lambda row: (number(row.request_id), row.id))


def number(request_id: str) -> int:
    """A request's place among those of its company, which grows; 0 for an id that is no number."""
    return int(request_id) if request_id.isdecimal() else 0


def how_many_wait(tx: Session, connection_id: int) -> tuple[int, datetime | None]:
    """How many requests wait to be fetched, and since when the oldest."""
    query = sa.select(sa.func.count(), sa.func.min(ErpRequestRow.received_at)).where(
        ErpRequestRow.connection_id == connection_id, WAITING_REQUEST
    )
    count, oldest = tx.execute(query).one()
    return count, oldest


def open_details(tx: Session, connection_id: int, *, before: datetime) -> tuple[int, datetime | None]:
    """How many details wait for parts that are older than that and not decided, and since when the oldest."""
    query = sa.select(
        sa.func.count(sa.distinct(ErpPartRow.detail_id)), sa.func.min(ErpPartRow.created_at)
    ).where(
        ErpPartRow.connection_id == connection_id,
        OPEN_PART,
        ErpPartRow.purpose != Purpose.WAIT.value,
        ErpPartRow.detail_id != "",
        ErpPartRow.created_at < before,
    )
    count, oldest = tx.execute(query).one()
    return count, oldest


def requests(
    tx: Session,
    *,
    connection_id: int | None = None,
    state: RequestState | None = None,
    limit: int | None = None,
    before: int | None = None,
) -> Sequence[ErpRequestRow]:
    """Requests, newest first; `before` is the id of the last one already seen."""
    query = sa.select(ErpRequestRow).order_by(ErpRequestRow.id.desc())
    if before is not None:
        query = query.where(ErpRequestRow.id < before)
    if connection_id is not None:
        query = query.where(ErpRequestRow.connection_id == connection_id)
    if state is not None:
        query = query.where(ErpRequestRow.state == state.value)
    return tx.scalars(query.limit(limit)).all()


def add_part(tx: Session, connection_id: int, new: NewPart, now: datetime) -> ErpPartRow:
    """Keep a part of a request."""
    row = ErpPartRow(
        connection_id=connection_id,
        request_id=new.request_id,
        detail_id=new.detail_id,
        purpose=new.purpose.value,
        kind="" if new.key is None else new.key.kind.value,
        procore_id="" if new.key is None else new.key.procore_id,
        job_id=new.job_id,
        items=dict(new.items),
        outcome=new.outcome.value,
        messages=list(new.messages),
        created_at=now,
    )
    tx.add(row)
    tx.flush()
    return row


def open_parts(tx: Session, connection_id: int) -> Sequence[tuple[ErpPartRow, JobRow | None]]:
    """The parts that are not decided, each with its job, oldest first."""
    query = (
        sa.select(ErpPartRow, JobRow)
        .outerjoin(JobRow, JobRow.id == ErpPartRow.job_id)
        .where(ErpPartRow.connection_id == connection_id, OPEN_PART)
        .order_by(ErpPartRow.id)
    )
    return [(part, job) for part, job in tx.execute(query)]


def orders_wanted(tx: Session, connection_id: int) -> bool:
    """Whether Procore waits to be offered purchase orders."""
    return any(
        part.purpose == Purpose.REFRESH.value and part.items.get("of") == "commitments"
        for part, _ in open_parts(tx, connection_id)
    )


def of_its_request(tx: Session, connection_id: int, request_id: str) -> Sequence[ErpPartRow]:
    """All parts of one request, oldest first."""
    return tx.scalars(
        sa.select(ErpPartRow)
        .where(ErpPartRow.connection_id == connection_id, ErpPartRow.request_id == request_id)
        .order_by(ErpPartRow.id)
    ).all()


def of_detail(tx: Session, connection_id: int, detail_id: str) -> Sequence[ErpPartRow]:
    """All parts that one detail waits for, oldest first."""
    return tx.scalars(
        sa.select(ErpPartRow)
        .where(ErpPartRow.connection_id == connection_id, ErpPartRow.detail_id == detail_id)
        .order_by(ErpPartRow.id)
    ).all()


def details_named(tx: Session, connection_id: int, detail_ids: Sequence[str]) -> set[str]:
    """Those of the details that a request named, or that were found for one."""
    found: set[str] = set()
    for start in range(0, len(detail_ids), _CHUNK):
        found |= set(
            tx.scalars(
                sa.select(ErpPartRow.detail_id).where(
                    ErpPartRow.connection_id == connection_id,
                    ErpPartRow.detail_id.in_(detail_ids[start : start + _CHUNK]),
                )
            )
        )
    return found


def lacking_detail(tx: Session, connection_id: int) -> Sequence[ErpPartRow]:
    """Open parts for which Procore showed no detail, oldest first."""
    return tx.scalars(
        sa.select(ErpPartRow)
        .where(ErpPartRow.connection_id == connection_id, OPEN_PART, ErpPartRow.detail_id == "")
        .order_by(ErpPartRow.id)
    ).all()


def decided_without_detail(
    tx: Session, connection_id: int, *, since: datetime, until: datetime
) -> Sequence[ErpPartRow]:
    """Parts that came then and were decided, and for which Procore showed no detail, newest first.

    None of them is an unlink: a detail does not say whether it is one, and an export must not end as one did.
    """
    failed = sa.and_(ErpPartRow.purpose != Purpose.UNLINK.value, ErpPartRow.outcome == Outcome.FAILED.value)
    return tx.scalars(
        sa.select(ErpPartRow)
        .where(
            ErpPartRow.connection_id == connection_id,
            ErpPartRow.detail_id == "",
            ErpPartRow.outcome != Outcome.OPEN.value,
            ErpPartRow.created_at.between(since, until),
            sa.or_(ErpPartRow.purpose == Purpose.EXPORT.value, failed),
        )
        .order_by(ErpPartRow.id.desc())
    ).all()


def is_outdated(tx: Session, part: ErpPartRow) -> bool:
    """Whether a later request asked anything of the part's record, or of its item."""
    of_item = ErpPartRow.items["header"].as_string() == str(part.items.get("header", ""))
    of_kind = sa.and_(ErpPartRow.kind == part.kind, ErpPartRow.kind != "")
    query = sa.select(ErpPartRow.id).where(
        ErpPartRow.connection_id == part.connection_id,
        ErpPartRow.id > part.id,
        ErpPartRow.request_id != part.request_id,
        ErpPartRow.purpose != Purpose.NOTICE.value,
        sa.or_(of_item, sa.and_(of_kind, ErpPartRow.procore_id == part.procore_id)),
    )
    return tx.scalar(query.limit(1)) is not None


def newest_request(tx: Session, connection_id: int, key: RecordKey, *, notices_only: bool = False) -> int:
    """The number of the newest request about a record that was put into effect; 0 where there is none."""
    query = sa.select(ErpPartRow.request_id).where(
        ErpPartRow.connection_id == connection_id,
        ErpPartRow.kind == key.kind.value,
        ErpPartRow.procore_id == key.procore_id,
    )
    if notices_only:
        query = query.where(ErpPartRow.purpose == Purpose.NOTICE.value)
    return max((number(one) for one in tx.scalars(query)), default=0)


def newest_export(tx: Session, connection_id: int, key: RecordKey) -> ErpPartRow | None:
    """The record's newest part that names its items: how Procore last named it."""
    return tx.scalar(
        sa.select(ErpPartRow)
        .where(
            ErpPartRow.connection_id == connection_id,
            ErpPartRow.kind == key.kind.value,
            ErpPartRow.procore_id == key.procore_id,
            ErpPartRow.purpose != Purpose.NOTICE.value,
        )
        .order_by(ErpPartRow.id.desc())
        .limit(1)
    )


def export_there_or_coming(tx: Session, connection_id: int, key: RecordKey) -> ErpPartRow | None:
    """The export of the record's newest version that QuickBooks has or is to have: none that failed or ended.

    The job of that version may be another than the one that the export brought: a person linked it.
    """
    version = tx.scalar(
        sa.select(JobRow.version)
        .where(
            JobRow.connection_id == connection_id,
            JobRow.kind == key.kind.value,
            JobRow.procore_id == key.procore_id,
            JobRow.state.in_([state.value for state in THERE_OR_COMING]),
        )
        .order_by(JobRow.id.desc())
        .limit(1)
    )
    if version is None:
        return None
    return export_of_version(tx, connection_id, key, version.partition("+")[0])


def export_of_version(tx: Session, connection_id: int, key: RecordKey, version: str) -> ErpPartRow | None:
    """The newest export that brought this version of a record."""
    of_version = sa.or_(JobRow.version == version, JobRow.version.startswith(f"{version}+", autoescape=True))
    return tx.scalar(
        sa.select(ErpPartRow)
        .join(JobRow, JobRow.id == ErpPartRow.job_id)
        .where(
            ErpPartRow.connection_id == connection_id,
            ErpPartRow.kind == key.kind.value,
            ErpPartRow.procore_id == key.procore_id,
            ErpPartRow.purpose == Purpose.EXPORT.value,
            of_version,
        )
        .order_by(ErpPartRow.id.desc())
        .limit(1)
    )


def failed_for(tx: Session, job_id: int) -> bool:
    """Whether Procore was told that this job failed, so that only a new export of its record helps."""
    query = sa.select(ErpPartRow.id).where(
        ErpPartRow.job_id == job_id,
        ErpPartRow.purpose == Purpose.EXPORT.value,
        ErpPartRow.outcome == Outcome.FAILED.value,
        ErpPartRow.detail_id != "",
    )
    return tx.scalar(query.limit(1)) is not None


def connections_to_answer(tx: Session) -> Sequence[int]:
    """Connections with parts that are not decided."""
    return tx.scalars(sa.select(ErpPartRow.connection_id).where(OPEN_PART).distinct()).all()
