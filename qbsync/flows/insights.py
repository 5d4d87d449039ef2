"""What there is to see: the pages, the commands and the metrics read here, and nowhere else.

Every function gives plain values with stable keys, ready for JSON; times are ISO 8601 in UTC.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from qbsync.errors import NotFoundError
from qbsync.flows import absences, calls, hook_insights, world as worlds
from qbsync.model.drift import DriftSort
from qbsync.model.jobs import JobState
from qbsync.model.records import RecordKey, RecordKind
from qbsync.qbxml.excerpt import excerpt
from qbsync.session.machine import SessionState
from qbsync.store import (
    audit,
    connections,
    drifts,
    links,
    messages,
    queue,
    reading,
    sessions,
    troubles,
    writebacks,
)
from qbsync.store.drift_tables import DriftRow
from qbsync.store.drifts import DriftFilter
from qbsync.store.tables import JobRow, MessageRow, SessionRow, WritebackRow

Values = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class JobFilter:
    """Which jobs to show; None means any."""

    state: str | None = None
    kind: str | None = None
    connection: str | None = None
    text: str | None = None
    """A part of the record's name or number, or its whole Procore id."""


def jobs(
    tx: Session,
    which: JobFilter,
    *,
    limit: int | None = None,
    before: int | None = None,
    after: int | None = None,
) -> list[Values]:
    """Jobs, newest first; `before` and `after` are the ids of the last and of the first already seen."""
    names = _names(tx)
    rows = _rows(tx, which, limit=limit, before=before, after=after)
    return [_job(row, names) for row in rows]


def job_ids(tx: Session, which: JobFilter) -> list[int]:
    """The numbers of those jobs, oldest first."""
    return [row.id for row in reversed(_rows(tx, which))]


def _rows(
    tx: Session,
    which: JobFilter,
    *,
    limit: int | None = None,
    before: int | None = None,
    after: int | None = None,
) -> Sequence[JobRow]:
    return reading.jobs(
        tx,
        state=which.state,
        kind=which.kind,
        connection_id=None if which.connection is None else connections.named(tx, which.connection).id,
        text=which.text,
        limit=limit,
        before=before,
        after=after,
    )


def job(tx: Session, job_id: int) -> Values:
    """One job whole: its record, review, choices, attempts, messages, write-backs and history."""
    row = reading.job(tx, job_id)
    if row is None:
        raise NotFoundError(f"There is no job {job_id}.")
    key = queue.key_of_job(row)
    return {
        **_job(row, _names(tx)),
        "record": row.record,
        "choices": row.choices,
        "review": row.review,
        "link": _link(tx, row.connection_id, key),
        "attempts": [
            {"at": _iso(one.at), "outcome": one.outcome, "code": one.code, "error": one.error}
            for one in queue.attempts(tx, job_id)
        ],
        "messages": [_exchange(tx, message, job_id) for message in messages.of_job(tx, job_id)],
        "writebacks": [_writeback(one) for one in writebacks.of_record(tx, row.connection_id, key)],
        "drift": drift_list(tx, connection_id=row.connection_id, key=key),
        "history": [
            {"at": _iso(line.at), "actor": line.actor, "action": line.action, "detail": line.detail}
            for line in audit.of_subject(tx, f"job {job_id}")
        ],
    }


def _job(row: JobRow, names: Mapping[int, str]) -> Values:
    review = worlds.from_json(row.review)
    return {
        "id": row.id,
        "connection": names.get(row.connection_id, ""),
        "kind": row.kind,
        "procore_id": row.procore_id,
        "state": row.state,
        "state_words": JobState(row.state).words,
        "label": row.label,
        "error": row.error or None,
        "guidance": row.guidance or None,
        "code": row.code or None,
        "waits_for": row.waits_for or None,
        "because": row.because or None,
        "problems": [f"{one.message} {one.guidance}".strip() for one in review.problems],
        "warnings": [f"{one.message} {one.guidance}".strip() for one in review.warnings],
        "missing": list(review.missing),
        "suggestion": None if review.suggestion is None else review.suggestion.full_name,
        "adopts": review.adopts,
        "not_before": _iso(row.not_before),
        "created_at": _iso(row.created_at),
        "changed_at": _iso(row.changed_at),
    }


def _exchange(tx: Session, message: MessageRow, job_id: int) -> Values:
    """What was sent for the job in a message, and what was answered to it."""
    mine = [part.request_id for part in messages.parts_of(tx, message.id) if part.job_id == job_id]
    return {
        "message": message.id,
        "message_set_id": message.set_id,
        "state": message.state,
        "sent_at": _iso(message.sent_at),
        "times_sent": message.times_sent,
        "answered_at": _iso(message.answered_at),
        "hresult": message.hresult or None,
        "sent": "\n".join(excerpt(message.request.decode("ascii"), request_id) for request_id in mine),
        "received": "\n".join(excerpt(message.answer, request_id) for request_id in mine),
    }


def _link(tx: Session, connection_id: int, key: RecordKey) -> Values | None:
    found = links.find(tx, connection_id, key)
    return None if found is None else {"quickbooks_id": found.quickbooks_id, "name": found.name}


def link_list(
    tx: Session, *, connection: str | None = None, kind: str | None = None, limit: int | None = None
) -> list[Values]:
    """The active links, oldest first."""
    names = _names(tx)
    connection_id = None if connection is None else connections.named(tx, connection).id
    return [
        {
            "connection": names.get(row.connection_id, ""),
            "kind": row.kind,
            "procore_id": row.procore_id,
            "quickbooks_id": row.quickbooks_id,
            "name": row.name,
            "edit_sequence": row.edit_sequence,
            "lines": row.lines,
            "created_at": _iso(row.created_at),
        }
        for row in links.listing(tx, connection_id=connection_id, kind=kind, limit=limit)
    ]


def drift_list(
    tx: Session,
    *,
    connection: str | None = None,
    connection_id: int | None = None,
    kind: str | None = None,
    key: RecordKey | None = None,
    gone: bool = False,
    limit: int | None = None,
    before: int | None = None,
) -> list[Values]:
    """In what QuickBooks' linked records are not as they were left, newest first; `gone`: mended ones too."""
    names = _names(tx)
    if connection is not None:
        connection_id = connections.named(tx, connection).id
    which = DriftFilter(connection_id=connection_id, kind=kind, key=key, gone=gone, before=before)
    return [_drift(row, names) for row in drifts.listing(tx, which, limit=limit)]


def _drift(row: DriftRow, names: Mapping[int, str]) -> Values:
    return {
        "id": row.id,
        "connection": names.get(row.connection_id, ""),
        "kind": row.kind,
        "procore_id": row.procore_id,
        "quickbooks_id": row.quickbooks_id,
        "sort": row.sort,
        "field": row.field,
        "what": row.what,
        "ours": row.ours,
        "quickbooks": row.theirs,
        "guidance": DriftSort(row.sort).guidance,
        "first_seen_at": _iso(row.first_seen_at),
        "last_seen_at": _iso(row.last_seen_at),
        "gone_at": _iso(row.gone_at),
    }


def missing_list(
    tx: Session, *, connection: str | None = None, kind: str | None = None, limit: int | None = None
) -> list[Values]:
    """The linked records that a company file lacks, since a backup was restored, newest first."""
    names = _names(tx)
    connection_id = None if connection is None else connections.named(tx, connection).id
    which = DriftFilter(connection_id=connection_id, kind=kind, sort=DriftSort.MISSING)
    return [_missing(tx, row, names) for row in drifts.listing(tx, which, limit=limit)]


def _missing(tx: Session, row: DriftRow, names: Mapping[int, str]) -> Values:
    job = queue.of_record(
        tx, row.connection_id, RecordKey(kind=RecordKind(row.kind), procore_id=row.procore_id)
    )
    asked = {} if job is None or job.state == JobState.SYNCED.value else job.choices
    return {
        "connection": names.get(row.connection_id, ""),
        "kind": row.kind,
        "procore_id": row.procore_id,
        "quickbooks_id": row.quickbooks_id,
        "name": row.ours,
        "job": None if job is None else job.id,
        "label": None if job is None else job.label,
        "decided": "send again" if worlds.AGAIN in asked else "unlink" if worlds.ASKED in asked else None,
        "first_seen_at": _iso(row.first_seen_at),
    }


def session_list(
    tx: Session, *, connection: str | None = None, limit: int | None = None, before: int | None = None
) -> list[Values]:
    """Sessions, newest first."""
    names = _names(tx)
    connection_id = None if connection is None else connections.named(tx, connection).id
    rows = sessions.listing(tx, connection_id=connection_id, limit=limit, before=before)
    return [_session(row, names) for row in rows]


def session(tx: Session, session_id: int) -> Values:
    """One session and its messages."""
    row = reading.session(tx, session_id)
    if row is None:
        raise NotFoundError(f"There is no session {session_id}.")
    return {
        **_session(row, _names(tx)),
        "messages": [
            {
                "message": message.id,
                "writes": message.writes,
                "state": message.state,
                "sent_at": _iso(message.sent_at),
                "answered_at": _iso(message.answered_at),
                "requests": len(messages.parts_of(tx, message.id)),
                "hresult": message.hresult or None,
            }
            for message in reading.messages_of_session(tx, session_id)
        ],
    }


def _session(row: SessionRow, names: Mapping[int, str]) -> Values:
    return {
        "id": row.id,
        "connection": names.get(row.connection_id, ""),
        "state": SessionState(row.state).value,
        "machine": row.machine or None,
        "started_at": _iso(row.started_at),
        "seen_at": _iso(row.seen_at),
        "closed_at": _iso(row.closed_at),
        "round_trips": row.round_trips,
        "synced": row.synced,
        "failed": row.failed,
        "error": row.error or None,
        "result": row.result or None,
    }


def writeback_list(
    tx: Session,
    *,
    connection: str | None = None,
    state: str | None = None,
    limit: int | None = None,
    before: int | None = None,
) -> list[Values]:
    """Write-backs, newest first."""
    names = _names(tx)
    connection_id = None if connection is None else connections.named(tx, connection).id
    rows = writebacks.listing(tx, connection_id=connection_id, state=state, limit=limit, before=before)
    return [{"connection": names.get(row.connection_id, ""), **_writeback(row)} for row in rows]


def _writeback(row: WritebackRow) -> Values:
    return {
        "id": row.id,
        "kind": row.kind,
        "procore_id": row.procore_id,
        "target": row.target,
        "item_id": row.item_id,
        "origin_id": row.origin_id,
        "state": row.state,
        "attempts": row.attempts,
        "error": row.error or None,
        "changed_at": _iso(row.changed_at),
    }


def connection_list(tx: Session, now: datetime) -> list[Values]:
    """Connections by name, with how they fare."""
    return [connection(tx, row.name, now) for row in connections.every(tx)]


def connection_names(tx: Session) -> list[str]:
    """The connections' names in their order."""
    return [row.name for row in connections.every(tx)]


def connection(tx: Session, name: str, now: datetime) -> Values:
    """One connection: who it joins, how its jobs stand, and what is wrong. No secret is among it."""
    row = connections.named(tx, name)
    return {
        "name": row.name,
        "procore_company": row.procore_company,
        "feed": row.feed,
        "user": row.user,
        "company_file": row.company_file or None,
        "company": row.company_seen.get("name"),
        "quickbooks": row.company_seen.get("product"),
        "paused": row.paused_at is not None,
        "stopped": row.stopped or None,
        "last_contact_at": _iso(row.last_contact_at),
        "names_read_at": _iso(row.names_at),
        "compared_at": _iso(row.drift_at) if row.names_at else None,
        "drift": sum(count for _, _, count in drifts.counts(tx, row.id)),
        "missing": absences.count(tx, row.id),
        "next_pull_at": _iso(row.pull_at),
        "pull_error": row.pull_error or None,
        "webhooks": hook_insights.of_connection(tx, row),
        "options": asdict(connections.options_of(row)),
        "calls": calls.shown(tx, row, now),
        "jobs": reading.counts_by_state(tx, row.id),
        "writebacks": reading.writebacks_by_state(tx, row.id),
        "troubles": [
            {"subject": one.subject, "message": one.message, "guidance": one.guidance, "at": _iso(one.at)}
            for one in troubles.listing(tx, row.id)
        ],
    }


def _names(tx: Session) -> dict[int, str]:
    return {row.id: row.name for row in connections.every(tx)}


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat(timespec="seconds")
