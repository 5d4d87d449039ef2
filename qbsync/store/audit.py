"""Who did what, appended and never changed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from qbsync.store.notice_tables import AuditRow


def note(
    tx: Session,
    *,
    actor: str,
    action: str,
    subject: str,
    now: datetime,
    connection_id: int | None = None,
    detail: str = "",
) -> None:
    """Append one line; never a secret."""
    tx.add(
        AuditRow(
            connection_id=connection_id, at=now, actor=actor, action=action, subject=subject, detail=detail
        )
    )


def of_subject(tx: Session, subject: str) -> Sequence[AuditRow]:
    """What was done to one subject, oldest first."""
    return tx.scalars(sa.select(AuditRow).where(AuditRow.subject == subject).order_by(AuditRow.id)).all()


def newest(tx: Session, limit: int = 100) -> Sequence[AuditRow]:
    """The last lines."""
    return tx.scalars(sa.select(AuditRow).order_by(AuditRow.id.desc()).limit(limit)).all()
