"""What Procore's webhooks delivered: kept once each, read later; whatever the feed.

A delivery names a record and never holds it: whoever reads one asks Procore for the record as it is now.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Session

from qbsync.store.hook_tables import DeliveryRow
from qbsync.store.tables import ConnectionRow
from qbsync.store.upserts import insert


class Outcome(StrEnum):
    """What became of a delivery."""

    WAITING = "waiting"
    """It is kept, and not yet read."""
    READ = "read"
    """What it names was asked for in Procore."""
    OWN = "own"
    """We made the change ourselves."""
    FOREIGN = "foreign"
    """It is about another company."""
    UNHEEDED = "unheeded"
    """Nothing that qbsync reads is concerned."""
    GARBAGE = "garbage"
    """It could not be understood."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One event; `event_key` is Procore's own name for it, the same in each delivery. Ids are digits."""

    event_key: str
    resource_name: str = ""
    resource_id: str = ""
    event_type: str = ""
    project_id: str = ""
    company_id: str = ""
    user_id: str = ""
    application_id: str = ""
    body: str = ""
    fetched: bool = False
    """It was read in Procore's list of deliveries; no webhook brought it."""


def keep(
    tx: Session,
    connection_id: int,
    delivery: Delivery,
    now: datetime,
    *,
    outcome: Outcome = Outcome.WAITING,
) -> bool:
    """Keep a delivery, by one INSERT; False for one that was kept before."""
    values = {
        **asdict(delivery),
        "connection_id": connection_id,
        "outcome": outcome.value,
        "received_at": now,
        "read_at": None if outcome is Outcome.WAITING else now,
    }
    new = insert(tx, DeliveryRow).values(values)
    quiet = new.on_conflict_do_nothing(index_elements=["connection_id", "event_key"])
    return tx.execute(quiet.returning(DeliveryRow.id)).scalar() is not None


def unread(tx: Session, connection_id: int, *, limit: int | None = None) -> Sequence[DeliveryRow]:
    """The deliveries that wait, in the order in which they came, which need not be that of the events."""
    query = sa.select(DeliveryRow).where(
        DeliveryRow.connection_id == connection_id, DeliveryRow.read_at.is_(None)
    )
    return tx.scalars(query.order_by(DeliveryRow.id).limit(limit)).all()


def mark_read(tx: Session, ids: Iterable[int], now: datetime, outcome: Outcome = Outcome.READ) -> None:
    """Say what became of deliveries."""
    wanted = list(ids)
    if wanted:
        tx.execute(
            sa.update(DeliveryRow)
            .where(DeliveryRow.id.in_(wanted))
            .values(read_at=now, outcome=outcome.value)
            .execution_options(synchronize_session=False)
        )


def connections_waiting(tx: Session, feed: str) -> Sequence[int]:
    """Connections of a feed, none of them paused, for which a delivery waits."""
    return tx.scalars(
        sa.select(DeliveryRow.connection_id)
        .join(ConnectionRow, ConnectionRow.id == DeliveryRow.connection_id)
        .where(DeliveryRow.read_at.is_(None), ConnectionRow.paused_at.is_(None), ConnectionRow.feed == feed)
        .group_by(DeliveryRow.connection_id)
        .order_by(sa.func.min(DeliveryRow.id))
    ).all()


def heard(tx: Session, connection_id: int, since: datetime) -> Sequence[DeliveryRow]:
    """The newest delivery of each resource and project since then, but for garbage."""
    newest = (
        sa.select(sa.func.max(DeliveryRow.id))
        .where(
            DeliveryRow.connection_id == connection_id,
            DeliveryRow.received_at >= since,
            DeliveryRow.outcome != Outcome.GARBAGE.value,
        )
        .group_by(DeliveryRow.resource_name, DeliveryRow.project_id)
    )
    return tx.scalars(sa.select(DeliveryRow).where(DeliveryRow.id.in_(newest))).all()


def last_heard(tx: Session, connection_id: int) -> datetime | None:
    """When a webhook last brought a delivery that was kept."""
    return tx.scalar(
        sa.select(DeliveryRow.received_at)
        .where(DeliveryRow.connection_id == connection_id, DeliveryRow.fetched.is_(False))
        .order_by(DeliveryRow.received_at.desc())
        .limit(1)
    )


def waiting(tx: Session, connection_id: int) -> int:
    """How many deliveries wait."""
    query = sa.select(sa.func.count()).select_from(DeliveryRow)
    return (
        tx.scalar(query.where(DeliveryRow.connection_id == connection_id, DeliveryRow.read_at.is_(None))) or 0
    )


def counts(tx: Session) -> Mapping[tuple[int, str], int]:
    """How many deliveries are kept, by connection and outcome."""
    rows = tx.execute(
        sa.select(DeliveryRow.connection_id, DeliveryRow.outcome, sa.func.count()).group_by(
            DeliveryRow.connection_id, DeliveryRow.outcome
        )
    )
    return {(connection_id, outcome): count for connection_id, outcome, count in rows}


def forget(tx: Session, connection_id: int, before: datetime) -> None:
    """Drop what was read and came before then."""
    tx.execute(
        sa.delete(DeliveryRow)
        .where(
            DeliveryRow.connection_id == connection_id,
            DeliveryRow.received_at < before,
            DeliveryRow.read_at.is_not(None),
        )
        .execution_options(synchronize_session=False)
    )
