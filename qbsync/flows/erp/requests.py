"""What there is to see of Procore's ERP requests: what each asks for, and what became of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy.orm import Session

from qbsync.flows.review import Desk
from qbsync.store import audit, connections, erp
from qbsync.store.erp import Outcome, RequestState
from qbsync.store.erp_tables import ErpRequestRow

Values = dict[str, Any]
_OPEN: Final = "open"
_WITHOUT_PARTS: Final[Mapping[RequestState, str]] = {
    RequestState.NEW: "not taken in yet",
    RequestState.DONE: Outcome.SUCCESS.value,
    RequestState.GONE: "given up after a week",
}
"""What became of a request that asked for nothing that waits."""


def listing(
    tx: Session,
    *,
    connection: str | None = None,
    state: RequestState | None = None,
    limit: int | None = None,
    before: int | None = None,
) -> list[Values]:
    """The requests, newest first; `before` is the id of the last one already seen.

    Raises NotFoundError for a connection that is not there.
    """
    names = {row.id: row.name for row in connections.every(tx)}
    connection_id = None if connection is None else connections.named(tx, connection).id
    rows = erp.requests(tx, connection_id=connection_id, state=state, limit=limit, before=before)
    return [
        {
            "id": row.id,
            "request": row.request_id,
            "connection": names[row.connection_id],
            "name": row.name,
            "state": row.state,
            "received_at": row.received_at.isoformat(timespec="seconds"),
            "done_at": None if row.done_at is None else row.done_at.isoformat(timespec="seconds"),
            "error": row.error,
            **_parts(tx, row),
        }
        for row in rows
    ]


def retry(desk: Desk, name: str) -> int:
    """Have every request asked for again that waits or was given up; gives how many.

    Raises NotFoundError for a connection that is not there.
    """
    with desk.database.write() as tx:
        connection = connections.lock(tx, connections.named(tx, name).id)
        asked = erp.ask_again(tx, connection.id, desk.now)
        connection.pull_at = None
        audit.note(
            tx,
            actor=desk.actor,
            action="retry",
            subject="ERP requests",
            now=desk.now,
            connection_id=connection.id,
        )
        return asked


def _parts(tx: Session, row: ErpRequestRow) -> Values:
    """What a request asked for: its records, their jobs, and the answer to each."""
    parts = erp.of_its_request(tx, row.connection_id, row.request_id)
    answers = [part.outcome or _OPEN for part in parts] or [_WITHOUT_PARTS[RequestState(row.state)]]
    failed = [str(one) for part in parts for one in part.messages]
    return {
        "records": ", ".join(f"{part.kind}:{part.procore_id}" for part in parts if part.kind),
        "jobs": [part.job_id for part in parts if part.job_id is not None],
        "details": [part.detail_id for part in parts if part.detail_id],
        "answer": "; ".join(failed) or ", ".join(dict.fromkeys(answers)),
    }
