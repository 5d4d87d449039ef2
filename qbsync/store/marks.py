"""How far each stream has been read."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session

from qbsync.store.tables import MarkRow


def all_of(tx: Session, connection_id: int) -> dict[str, str]:
    """Every mark of a connection by its stream."""
    rows = tx.scalars(sa.select(MarkRow).where(MarkRow.connection_id == connection_id))
    return {row.stream: row.value for row in rows}


def of_procore(tx: Session, connection_id: int) -> dict[str, str]:
    """The marks of what is read from Procore: what its feed is given back."""
    kept = all_of(tx, connection_id)
    return {stream: value for stream, value in kept.items() if not stream.startswith("quickbooks")}


def one(tx: Session, connection_id: int, stream: str) -> str:
    """One mark; empty where the stream was never read."""
    row = tx.get(MarkRow, (connection_id, stream))
    return "" if row is None else row.value


def put(tx: Session, connection_id: int, stream: str, value: str) -> None:
    """Move a mark."""
    tx.merge(MarkRow(connection_id=connection_id, stream=stream, value=value))
