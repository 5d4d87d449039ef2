"""The calls made to Procore: counted by connection, hour and endpoint, and what polling has left of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from math import floor
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from qbsync.model.calls import CallBudget
from qbsync.store.tables import BIG, ConnectionRow, Table
from qbsync.store.upserts import insert

KEPT: Final = timedelta(days=8)
"""How long counts are kept: a week and the day in which one looks at it."""


class CallRow(Table):
    """How often one endpoint was called in one hour."""

    __tablename__ = "calls"

    connection_id: Mapped[int] = mapped_column(
        BIG, sa.ForeignKey("connections.id", ondelete="CASCADE"), primary_key=True
    )
    hour: Mapped[datetime] = mapped_column(primary_key=True)
    """When the hour began."""
    endpoint: Mapped[str] = mapped_column(primary_key=True)
    """The method and the path, {id} in place of ids: "GET /rest/v1.0/vendors/{id}"."""
    count: Mapped[int] = mapped_column(BIG)


def hour_of(moment: datetime) -> datetime:
    """When the hour of a moment began."""
    return moment.replace(minute=0, second=0, microsecond=0)


def add(
    tx: Session, row: ConnectionRow, made: Mapping[tuple[datetime, str], int], per_hour: int, now: datetime
) -> None:
    """Count calls in, by hour and endpoint, and take them from what polling has left.

    The connection is locked by the caller, so that two passes do not lose each other's counts. Counts older
    than KEPT are forgotten.
    """
    if not made:
        return
    new = insert(tx, CallRow)
    counted = new.on_conflict_do_update(
        index_elements=["connection_id", "hour", "endpoint"],
        set_={"count": CallRow.count + new.excluded.count},
    )
    calls = [
        {"connection_id": row.id, "hour": hour, "endpoint": endpoint, "count": count}
        for (hour, endpoint), count in made.items()
    ]
    tx.connection().execute(counted, calls)
    tx.execute(sa.delete(CallRow).where(CallRow.connection_id == row.id, CallRow.hour < now - KEPT))
    budget = CallBudget(per_hour=per_hour)
    row.calls_left = floor(budget.after(left(row, per_hour, now), sum(made.values())))
    row.calls_left_at = now


def left(row: ConnectionRow, per_hour: int, now: datetime) -> float:
    """How many calls the connection's polling may make now."""
    return CallBudget(per_hour=per_hour).left(row.calls_left, row.calls_left_at, now)


def by_endpoint(tx: Session, connection_id: int, moment: datetime) -> Mapping[str, int]:
    """The calls of the hours that began at `moment` or later, by endpoint, the most called first."""
    total = sa.func.sum(CallRow.count)
    rows = tx.execute(
        sa.select(CallRow.endpoint, total)
        .where(CallRow.connection_id == connection_id, CallRow.hour >= moment)
        .group_by(CallRow.endpoint)
        .order_by(total.desc(), CallRow.endpoint)
    )
    return {endpoint: int(count) for endpoint, count in rows}


def by_hour(tx: Session, connection_id: int, moment: datetime) -> Mapping[datetime, int]:
    """The calls of each hour that began at `moment` or later, whatever they asked, oldest first."""
    rows = tx.execute(
        sa.select(CallRow.hour, sa.func.sum(CallRow.count))
        .where(CallRow.connection_id == connection_id, CallRow.hour >= moment)
        .group_by(CallRow.hour)
        .order_by(CallRow.hour)
    )
    return {hour: int(count) for hour, count in rows}


def in_hour(tx: Session, hour: datetime) -> Sequence[tuple[int, str, int]]:
    """Connection id, endpoint and calls of one hour, for every connection."""
    rows = tx.execute(
        sa.select(CallRow.connection_id, CallRow.endpoint, CallRow.count)
        .where(CallRow.hour == hour)
        .order_by(CallRow.connection_id, CallRow.endpoint)
    )
    return [(connection_id, endpoint, count) for connection_id, endpoint, count in rows]
