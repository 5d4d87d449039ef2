"""Records by the number or the code that people know them by."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session

from qbsync.model.jobs import JobState
from qbsync.model.records import RecordKey, RecordKind
from qbsync.store.tables import JobRow

_ACCEPTED = (JobState.QUEUED, JobState.HELD, JobState.SENT, JobState.IN_DOUBT)


def numbered_alike(
    tx: Session, connection_id: int, key: RecordKey, number: str, *, vendor_id: str | None = None
) -> str:
    """The label of another accepted job of this kind (of that vendor) that goes by the same number, or ''.

    What is only staged, rejected or failed counts for nothing: two such twins must not block each other. To a
    person, and to QuickBooks, capitals make no other number.
    """
    chosen, own = JobRow.choices["number"].as_string(), JobRow.record["number"].as_string()
    found = tx.scalar(
        sa.select(JobRow.label)
        .where(
            JobRow.connection_id == connection_id,
            JobRow.kind == key.kind.value,
            JobRow.procore_id != key.procore_id,
            JobRow.state.in_([state.value for state in _ACCEPTED]),
            sa.func.lower(sa.func.coalesce(chosen, own)) == number.lower(),
            *([] if vendor_id is None else [JobRow.record["vendor_id"].as_string() == vendor_id]),
        )
        .limit(1)
    )
    return found or ""


def cost_code_of(tx: Session, connection_id: int, full_code: str) -> str:
    """The standard cost code of that whole code, as it was last exported; empty where there is none."""
    found = tx.scalar(
        sa.select(JobRow.procore_id)
        .where(
            JobRow.connection_id == connection_id,
            JobRow.kind == RecordKind.COST_CODE.value,
            JobRow.record["full_code"].as_string() == full_code,
        )
        .order_by(JobRow.id.desc())
        .limit(1)
    )
    return found or ""
