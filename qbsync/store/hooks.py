"""The hooks that were made in Procore for each connection."""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from qbsync.store import secrets
from qbsync.store.hook_tables import HookRow
from qbsync.store.tables import ConnectionRow


@dataclass(frozen=True, slots=True, kw_only=True)
class NewHook:
    """A hook that is about to be made; no `project_id`: the company's own."""

    destination: str
    authorization: str
    project_id: str = ""
    account_id: str = ""

    def __repr__(self) -> str:
        return f"NewHook(destination={self.destination!r}, project_id={self.project_id!r})"


def begin(tx: Session, connection_id: int, new: NewHook, now: datetime) -> HookRow:
    """A row for a hook before Procore hears of it: its first delivery must not find a stranger."""
    row = HookRow(
        connection_id=connection_id,
        project_id=new.project_id,
        destination=new.destination,
        bearer_hash=secrets.ticket_hash(new.authorization),
        account_id=new.account_id,
        created_at=now,
    )
    tx.add(row)
    tx.flush()
    return row


def get(tx: Session, hook_id: int) -> HookRow:
    """The hook of that row."""
    return tx.get_one(HookRow, hook_id)


def of(tx: Session, connection_id: int) -> Sequence[HookRow]:
    """A connection's hooks, oldest first."""
    return tx.scalars(
        sa.select(HookRow).where(HookRow.connection_id == connection_id).order_by(HookRow.id)
    ).all()


def every(tx: Session) -> Sequence[HookRow]:
    """All hooks, by connection and age."""
    return tx.scalars(sa.select(HookRow).order_by(HookRow.connection_id, HookRow.id)).all()


def forget(tx: Session, hook_id: int) -> None:
    """Forget a hook."""
    tx.execute(sa.delete(HookRow).where(HookRow.id == hook_id))


def connection_of(tx: Session, name: str, authorization: str) -> int | None:
    """The connection of that name, where the whole Authorization header is that of one of its hooks.

    None for a stranger, of whom the time that this takes tells nothing: each hash is compared whole, and one
    is compared where there is none.
    """
    rows = tx.execute(
        sa.select(ConnectionRow.id, HookRow.bearer_hash)
        .join(HookRow, HookRow.connection_id == ConnectionRow.id)
        .where(ConnectionRow.name == name)
    ).all()
    given = secrets.ticket_hash(authorization)
    kept = [(row.id, row.bearer_hash) for row in rows] or [(None, _NOBODY)]
    fitting = [found for found, held in kept if hmac.compare_digest(held, given)]
    return fitting[0] if fitting else None


_NOBODY = "0" * 64
"""No SHA-256 that anybody could find the text of."""
