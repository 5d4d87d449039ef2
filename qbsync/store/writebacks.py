"""Write-backs: the Procore calls that are owed."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Session

from qbsync.errors import NotFoundError, StateError
from qbsync.model.records import RecordKey
from qbsync.store.tables import OPEN_WRITEBACK, WritebackRow

_CHUNK = 400
"""Ids in one IN list."""


class WritebackState(StrEnum):
    """Where a write-back stands."""

    OWED = "owed"
    RETRYING = "retrying"
    """Procore was out of reach or in trouble; it is tried again."""
    DONE = "done"
    REFUSED = "refused"
    """Procore read it and said no; our link is the truth all the same."""


_REFUSED = WritebackRow.state == WritebackState.REFUSED.value


@dataclass(frozen=True, slots=True, kw_only=True)
class Owed:
    """What Procore is to be told about one item; `key` is the record it is about, None for no single one."""

    key: RecordKey | None
    target: str
    item_id: str
    origin_id: str | None
    scope: dict[str, str] = field(default_factory=dict)
    origin_data: str | None = None
    turn: int = 0


def owe(tx: Session, connection_id: int, owed: Sequence[Owed], now: datetime) -> None:
    """Keep what Procore is to be told; what it was owed, or refused, about the same item is replaced."""
    items: dict[str, list[str]] = {}
    for one in owed:
        items.setdefault(one.target, []).append(one.item_id)
    for target, ids in items.items():
        _forget(tx, connection_id, target, ids, sa.or_(OPEN_WRITEBACK, _REFUSED))
    tx.add_all(
        WritebackRow(
            connection_id=connection_id,
            kind="" if one.key is None else one.key.kind.value,
            procore_id="" if one.key is None else one.key.procore_id,
            target=one.target,
            scope=one.scope,
            item_id=one.item_id,
            origin_id=one.origin_id,
            origin_data=one.origin_data,
            turn=one.turn,
            state=WritebackState.OWED.value,
            created_at=now,
            changed_at=now,
        )
        for one in owed
    )


def forget_owed(tx: Session, connection_id: int, target: str, item_ids: Sequence[str]) -> None:
    """Owe nothing more about these items, such as those that Procore has no longer."""
    _forget(tx, connection_id, target, item_ids, OPEN_WRITEBACK)


def forget_refused_items(tx: Session, connection_id: int, target: str, item_ids: Sequence[str]) -> None:
    """Forget what Procore refused about these items, such as those of which it has now what it is to have."""
    _forget(tx, connection_id, target, item_ids, _REFUSED)


def _forget(
    tx: Session,
    connection_id: int,
    target: str,
    item_ids: Sequence[str],
    which: sa.ColumnElement[bool] | sa.TextClause,
) -> None:
    for start in range(0, len(item_ids), _CHUNK):
        tx.execute(
            sa.delete(WritebackRow).where(
                WritebackRow.connection_id == connection_id,
                WritebackRow.target == target,
                WritebackRow.item_id.in_(item_ids[start : start + _CHUNK]),
                which,
            ),
            execution_options={"synchronize_session": False},
        )


def newest(tx: Session, connection_id: int, target: str, item_id: str) -> WritebackRow | None:
    """What Procore was, or is, to be told last about an item."""
    return tx.scalar(
        sa.select(WritebackRow)
        .where(
            WritebackRow.connection_id == connection_id,
            WritebackRow.target == target,
            WritebackRow.item_id == item_id,
        )
        .order_by(WritebackRow.id.desc())
        .limit(1)
    )


def items_told(tx: Session, connection_id: int, target: str, item_ids: Iterable[str]) -> set[str]:
    """Those of the items about which Procore was, or is, to be told something."""
    wanted = sorted(set(item_ids))
    found: set[str] = set()
    for start in range(0, len(wanted), _CHUNK):
        found.update(
            tx.scalars(
                sa.select(WritebackRow.item_id).where(
                    WritebackRow.connection_id == connection_id,
                    WritebackRow.target == target,
                    WritebackRow.item_id.in_(wanted[start : start + _CHUNK]),
                )
            )
        )
    return found


def open_since(tx: Session, connection_id: int, target: str, *, before: datetime) -> int:
    """How many items of a target are owed since before then."""
    query = sa.select(sa.func.count()).select_from(WritebackRow)
    return (
        tx.scalar(
            query.where(
                WritebackRow.connection_id == connection_id,
                WritebackRow.target == target,
                WritebackRow.created_at < before,
                OPEN_WRITEBACK,
            )
        )
        or 0
    )


def refused_before(tx: Session, connection_id: int, target: str, item_id: str) -> str | None:
    """The origin_id that Procore refused last time for this item; None where it did not."""
    row = newest(tx, connection_id, target, item_id)
    return row.origin_id if row is not None and row.state == WritebackState.REFUSED.value else None


def refused(tx: Session, connection_id: int, target: str) -> list[WritebackRow]:
    """What Procore refused last of each item of a target; nothing of what it was to be told since."""
    rows = tx.scalars(
        sa.select(WritebackRow)
        .where(
            WritebackRow.connection_id == connection_id,
            WritebackRow.target == target,
            _REFUSED,
        )
        .order_by(WritebackRow.id)
    )
    return [row for row in rows if newest(tx, connection_id, target, row.item_id) is row]


def open_items(tx: Session, connection_id: int, target: str, item_ids: Iterable[str]) -> set[str]:
    """Those of the items about which Procore is still to be told something."""
    wanted = sorted(set(item_ids))
    found: set[str] = set()
    for start in range(0, len(wanted), _CHUNK):
        found.update(
            tx.scalars(
                sa.select(WritebackRow.item_id).where(
                    WritebackRow.connection_id == connection_id,
                    WritebackRow.target == target,
                    WritebackRow.item_id.in_(wanted[start : start + _CHUNK]),
                    OPEN_WRITEBACK,
                )
            )
        )
    return found


def due(
    tx: Session, connection_id: int, now: datetime, *, whatever_the_backoff: bool = False
) -> Sequence[WritebackRow]:
    """What may be told now, oldest first; a row waits while an earlier turn of its record is still open."""
    rows = tx.scalars(
        sa.select(WritebackRow)
        .where(WritebackRow.connection_id == connection_id, OPEN_WRITEBACK)
        .order_by(WritebackRow.id)
    ).all()
    first: dict[tuple[str, str], int] = {}
    for row in rows:
        record = (row.kind, row.procore_id)
        first[record] = min(first.get(record, row.turn), row.turn)
    return [
        row
        for row in rows
        if row.turn == first[row.kind, row.procore_id]
        and (whatever_the_backoff or row.not_before is None or row.not_before <= now)
    ]


def count_open(tx: Session, connection_id: int) -> int:
    """How many ids Procore is still owed."""
    query = (
        sa.select(sa.func.count())
        .select_from(WritebackRow)
        .where(WritebackRow.connection_id == connection_id, OPEN_WRITEBACK)
    )
    return tx.scalar(query) or 0


def drop(tx: Session, connection_id: int, key: RecordKey, *, keeping: Collection[str] = ()) -> None:
    """Forget what Procore was still owed about one record, but for what goes to the targets of `keeping`."""
    tx.execute(
        sa.delete(WritebackRow).where(
            WritebackRow.connection_id == connection_id,
            WritebackRow.kind == key.kind.value,
            WritebackRow.procore_id == key.procore_id,
            WritebackRow.target.not_in(keeping),
            OPEN_WRITEBACK,
        )
    )


def forget_refused(tx: Session, connection_id: int, key: RecordKey, targets: Collection[str]) -> None:
    """Forget what Procore refused of one record: it is asked anew about whatever it still has."""
    tx.execute(
        sa.delete(WritebackRow).where(
            WritebackRow.connection_id == connection_id,
            WritebackRow.kind == key.kind.value,
            WritebackRow.procore_id == key.procore_id,
            WritebackRow.target.in_(targets),
            _REFUSED,
        )
    )


def begin(tx: Session, writeback_ids: Iterable[int]) -> None:
    """Keep that Procore is being told these: whoever dies before its answer has tried once."""
    for row in still_open(tx, writeback_ids):
        row.attempts = max(row.attempts, 1)


def connections_due(tx: Session, now: datetime) -> Sequence[int]:
    """Connections that owe Procore something now."""
    return tx.scalars(
        sa.select(WritebackRow.connection_id)
        .where(OPEN_WRITEBACK, sa.or_(WritebackRow.not_before.is_(None), WritebackRow.not_before <= now))
        .distinct()
    ).all()


def get(tx: Session, writeback_id: int) -> WritebackRow:
    """The write-back of that id; raises NotFoundError."""
    row = tx.get(WritebackRow, writeback_id)
    if row is None:
        raise NotFoundError(f"There is no write-back {writeback_id}.")
    return row


def still_open(tx: Session, writeback_ids: Iterable[int]) -> Sequence[WritebackRow]:
    """Those that are still owed: meanwhile another process may have settled or replaced some."""
    wanted = sorted(writeback_ids)
    found: list[WritebackRow] = []
    for start in range(0, len(wanted), _CHUNK):
        ids = wanted[start : start + _CHUNK]
        found += tx.scalars(sa.select(WritebackRow).where(WritebackRow.id.in_(ids), OPEN_WRITEBACK))
    return found


def settle(row: WritebackRow, now: datetime, *, refused: str | None) -> None:
    """Procore took it, or refused it in words."""
    row.state = WritebackState.DONE.value if refused is None else WritebackState.REFUSED.value
    row.error = refused or ""
    row.changed_at = now
    row.not_before = None


def postpone(row: WritebackRow, now: datetime, until: datetime, error: str) -> None:
    """Procore was out of reach; try again later."""
    row.state = WritebackState.RETRYING.value
    row.attempts += 1
    row.not_before = until
    row.error = error
    row.changed_at = now


def again(tx: Session, row: WritebackRow, now: datetime) -> None:
    """Owe it once more; raises StateError for one that Procore already took, or that a newer one replaced."""
    if row.state == WritebackState.DONE.value:
        raise StateError(f"Write-back {row.id} is done: Procore has it.")
    newer = tx.scalar(
        sa.select(WritebackRow.id)
        .where(
            WritebackRow.connection_id == row.connection_id,
            WritebackRow.target == row.target,
            WritebackRow.item_id == row.item_id,
            WritebackRow.id > row.id,
        )
        .limit(1)
    )
    if newer is not None:
        raise StateError(f"Write-back {row.id} is history: {newer} is the newer one about the same item.")
    row.state = WritebackState.OWED.value
    row.error = ""
    row.not_before = None
    row.changed_at = now


def listing(
    tx: Session,
    *,
    connection_id: int | None = None,
    state: str | None = None,
    limit: int | None = None,
    before: int | None = None,
) -> Sequence[WritebackRow]:
    """Write-backs, newest first; `before` is the id of the last one already seen."""
    query = sa.select(WritebackRow).order_by(WritebackRow.id.desc())
    if before is not None:
        query = query.where(WritebackRow.id < before)
    if connection_id is not None:
        query = query.where(WritebackRow.connection_id == connection_id)
    if state is not None:
        query = query.where(WritebackRow.state == state)
    return tx.scalars(query.limit(limit)).all()


def of_record(tx: Session, connection_id: int, key: RecordKey) -> Sequence[WritebackRow]:
    """Everything Procore was or is to be told about one record."""
    return tx.scalars(
        sa.select(WritebackRow)
        .where(
            WritebackRow.connection_id == connection_id,
            WritebackRow.kind == key.kind.value,
            WritebackRow.procore_id == key.procore_id,
        )
        .order_by(WritebackRow.id)
    ).all()
