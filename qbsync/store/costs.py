"""Costs of jobs as QuickBooks shows them, line by line, and of projects as Procore had them when asked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from qbsync.model.costs import CostLine, ProcoreCost
from qbsync.store.cost_tables import CostReadingRow, CostRow

_CHUNK = 400
"""Ids in one IN list."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a project cost in Procore, and when it was read."""

    read_at: datetime
    costs: tuple[ProcoreCost, ...]


def replace(tx: Session, connection_id: int, txn_ids: Sequence[str], lines: Iterable[CostLine]) -> None:
    """Keep these transactions as they are now: their lines, or none for one that is void or deleted."""
    wanted = sorted(set(txn_ids))
    for start in range(0, len(wanted), _CHUNK):
        tx.execute(
            sa.delete(CostRow).where(
                CostRow.connection_id == connection_id,
                CostRow.txn_id.in_(wanted[start : start + _CHUNK]),
            ),
            execution_options={"synchronize_session": False},
        )
    rows = [{"connection_id": connection_id, **_values(line)} for line in lines]
    if rows:
        tx.execute(sa.insert(CostRow), rows)


def of_job(tx: Session, connection_id: int, job_id: str) -> list[CostLine]:
    """Every line on one job, by transaction and line."""
    rows = tx.scalars(
        sa.select(CostRow)
        .where(CostRow.connection_id == connection_id, CostRow.job_id == job_id)
        .order_by(CostRow.txn_id, CostRow.line_id)
    )
    return [_line(row) for row in rows]


def of_txns(tx: Session, connection_id: int, txn_ids: Iterable[str]) -> list[CostLine]:
    """Every line of these transactions, on whatever job."""
    wanted = sorted(set(txn_ids))
    found: list[CostRow] = []
    for start in range(0, len(wanted), _CHUNK):
        found += tx.scalars(
            sa.select(CostRow).where(
                CostRow.connection_id == connection_id,
                CostRow.txn_id.in_(wanted[start : start + _CHUNK]),
            )
        )
    return [_line(row) for row in found]


def of_kind(tx: Session, connection_id: int, kind: str) -> set[str]:
    """The transactions of one kind that have any line."""
    query = sa.select(CostRow.txn_id).where(CostRow.connection_id == connection_id, CostRow.kind == kind)
    return set(tx.scalars(query.distinct()))


def keep_reading(
    tx: Session, connection_id: int, project_id: str, costs: Iterable[ProcoreCost], now: datetime
) -> None:
    """Keep what the project costs in Procore now, in place of what it cost before."""
    kept = [{**asdict(one), "amount": str(one.amount)} for one in costs]
    tx.merge(CostReadingRow(connection_id=connection_id, project_id=project_id, read_at=now, costs=kept))


def readings(tx: Session, connection_id: int) -> dict[str, Reading]:
    """What each project cost in Procore when it was last read, by project."""
    rows = tx.scalars(sa.select(CostReadingRow).where(CostReadingRow.connection_id == connection_id))
    return {
        row.project_id: Reading(
            read_at=row.read_at,
            costs=tuple(_cost(one) for one in row.costs),
        )
        for row in rows
    }


def _cost(kept: Mapping[str, Any]) -> ProcoreCost:
    items = tuple(kept.get("whole_items", ()))  # a reading of an older version tells none
    return ProcoreCost(**{**kept, "amount": Decimal(kept["amount"]), "whole_items": items})


def _values(line: CostLine) -> dict[str, str]:
    return {one.name: str(getattr(line, one.name)) for one in fields(CostLine)}


def _line(row: CostRow) -> CostLine:
    texts = {one.name: getattr(row, one.name) for one in fields(CostLine)}
    return CostLine(**{**texts, "amount": Decimal(row.amount)})
