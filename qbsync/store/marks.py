"""How far each stream has been read.

Marks are read and written past the session, by statements that are built once: a pull has dozens of them.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from qbsync.store.tables import MarkRow
from qbsync.store.upserts import upsert

_MINE: Final = MarkRow.connection_id == sa.bindparam("connection_id")
_ALL: Final = sa.select(MarkRow.stream, MarkRow.value).where(_MINE)
_SOME: Final = _ALL.where(MarkRow.stream.in_(sa.bindparam("streams", expanding=True)))
_ONE: Final = sa.select(MarkRow.value).where(_MINE, MarkRow.stream == sa.bindparam("stream"))


def all_of(tx: Session, connection_id: int) -> dict[str, str]:
    """Every mark of a connection by its stream."""
    return dict(tx.connection().execute(_ALL, {"connection_id": connection_id}).all())


def some(tx: Session, connection_id: int, streams: Collection[str]) -> dict[str, str]:
    """Those of the marks that there are, by their streams."""
    asked = {"connection_id": connection_id, "streams": list(streams)}
    return dict(tx.connection().execute(_SOME, asked).all())


def of_procore(tx: Session, connection_id: int) -> dict[str, str]:
    """The marks of what is read from Procore: what its feed is given back."""
    kept = all_of(tx, connection_id)
    return {stream: value for stream, value in kept.items() if not stream.startswith("quickbooks")}


def one(tx: Session, connection_id: int, stream: str) -> str:
    """One mark; empty where the stream was never read."""
    asked = {"connection_id": connection_id, "stream": stream}
    return tx.connection().execute(_ONE, asked).scalar() or ""


def put(tx: Session, connection_id: int, stream: str, value: str) -> None:
    """Move a mark."""
    moved = {"connection_id": connection_id, "stream": stream, "value": value}
    tx.connection().execute(upsert(tx, MarkRow), moved)
