"""What there is to see of Procore's ERP requests: what each asks for, and what became of it."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from qbsync.store import connections, erp
from qbsync.store.erp import Outcome

_OPEN = "open"


def listing(tx: Session, *, connection: str | None = None, limit: int | None = None) -> list[dict[str, Any]]:
    """The requests, newest first; raises NotFoundError for a connection that is not there."""
    connection_id = None if connection is None else connections.named(tx, connection).id
    rows = erp.requests(tx, connection_id=connection_id, limit=limit)
    return [
        {
            "request": row.request_id,
            "connection": connections.get(tx, row.connection_id).name,
            "name": row.name,
            "state": row.state,
            "received_at": row.received_at,
            "error": row.error,
            **_parts(tx, row.connection_id, row.request_id),
        }
        for row in rows
    ]


def _parts(tx: Session, connection_id: int, request_id: str) -> dict[str, Any]:
    """What a request asked for: its records, their jobs, and the answer to each."""
    parts = erp.of_its_request(tx, connection_id, request_id)
    answers = [part.outcome or _OPEN for part in parts]
    failed = [str(one) for part in parts for one in part.messages]
    return {
        "records": ", ".join(f"{part.kind}:{part.procore_id}" for part in parts if part.kind),
        "jobs": [part.job_id for part in parts if part.job_id is not None],
        "details": [part.detail_id for part in parts if part.detail_id],
        "answer": "; ".join(failed) or ", ".join(dict.fromkeys(answers)) or Outcome.SUCCESS.value,
    }
