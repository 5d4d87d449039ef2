"""What machines, and people who are not signed in, may see: figures and codes, never a record.

As `insights`: plain values with stable keys, ready for JSON.
"""

from __future__ import annotations

import re
from datetime import datetime

from sqlalchemy.orm import Session

from qbsync.flows.insights import Values
from qbsync.guidance import Advice, explain, hresult_advice
from qbsync.store import calls, connections, drifts, inbox, queue, reading, sessions, troubles
from qbsync.store.tables import ConnectionRow, SessionRow

_QUICKBOOKS = "QuickBooks"
"""The subject under which a session keeps what was wrong with QuickBooks or its file (flows.drain)."""
_HRESULT = re.compile(r"0x[0-9A-Fa-f]{8}")


def gauges(tx: Session, now: datetime) -> Values:
    """The figures of an installation: a list a metric, each value with what it is counted by."""
    rows = {row.id: row for row in connections.every(tx)}
    return {
        "jobs": [
            {"connection": rows[connection_id].name, "kind": kind, "state": state, "count": count}
            for connection_id, kind, state, count in reading.counts_by_kind(tx)
        ],
        "writebacks": [
            {"connection": rows[connection_id].name, "state": state, "count": count}
            for connection_id, state, count in reading.writebacks_by_connection(tx)
        ],
        "deliveries": [
            {"connection": rows[connection_id].name, "outcome": outcome, "count": count}
            for (connection_id, outcome), count in sorted(inbox.counts(tx).items())
        ],
        "drift": [
            {"connection": rows[connection_id].name, "sort": sort, "count": count}
            for connection_id, sort, count in drifts.counts(tx)
        ],
        "calls": [
            {"connection": rows[connection_id].name, "endpoint": endpoint, "count": count}
            for connection_id, endpoint, count in calls.in_hour(tx, calls.hour_of(now))
        ],
        "calls_left": {
            row.name: calls.left(row, connections.options_of(row).calls_per_hour, now)
            for row in rows.values()
        },
        "oldest_ready_seconds": {
            rows[connection_id].name: max(0.0, (now - since).total_seconds())
            for connection_id, since in reading.oldest_ready(tx, now).items()
        },
        "silent_seconds": {
            row.name: max(0.0, (now - row.last_contact_at).total_seconds())
            for row in rows.values()
            if row.last_contact_at is not None
        },
        "stopped": {row.name: bool(row.stopped) for row in rows.values()},
        "paused": {row.name: row.paused_at is not None for row in rows.values()},
    }


def support(tx: Session, name: str) -> Values:
    """How a connection fares, in figures and general advice: nothing of it names a record or a company."""
    row = connections.named(tx, name)
    last = sessions.newest(tx, row.id)
    return {
        "connection": row.name,
        "last_contact_at": _iso(row.last_contact_at),
        "paused": row.paused_at is not None,
        "stopped": bool(row.stopped),
        "last_session": None if last is None else _session(last),
        "waiting_for_people": queue.count_for_people(tx, row.id),
        "troubles": _quickbooks_troubles(tx, row)
        + [
            {"jobs": count, **_advice(code, explain(code))}
            for code, count in reading.job_codes(tx, row.id).items()
        ],
    }


def _session(row: SessionRow) -> Values:
    return {
        "started_at": _iso(row.started_at),
        "closed_at": _iso(row.closed_at),
        "state": row.state,
        "synced": row.synced,
        "failed": row.failed,
        "with_error": bool(row.error),
    }


def _quickbooks_troubles(tx: Session, row: ConnectionRow) -> list[Values]:
    """What kept the last session from QuickBooks; its own words may name the company, so they stay here."""
    found = []
    for one in troubles.listing(tx, row.id):
        if one.subject != _QUICKBOOKS:
            continue
        code = _HRESULT.search(one.message)
        if code is not None:
            found.append({"jobs": 0, **_advice(code[0], hresult_advice(code[0]))})
        else:
            found.append(
                {
                    "jobs": 0,
                    "code": None,
                    "title": "The company file that was open could not be used",
                    "happened": "Nothing was sent to it.",
                    "who": None,
                    "steps": [one.guidance] if one.guidance else [],
                }
            )
    return found


def _advice(code: str, advice: Advice | None) -> Values:
    if advice is None:
        return {
            "code": code,
            "title": "An error that is not known here",
            "happened": "The job's page has QuickBooks' own words.",
            "who": None,
            "steps": [],
        }
    return {
        "code": advice.code,
        "title": advice.title,
        "happened": advice.happened,
        "who": advice.actor.value,
        "steps": list(advice.steps),
    }


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat(timespec="seconds")
