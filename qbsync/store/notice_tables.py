"""The tables of what people are told: troubles, and who did what."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from qbsync.store.tables import BIG, Table


class TroubleRow(Table):
    """Something a pull could not read: shown until a later pull reads it."""

    __tablename__ = "troubles"

    connection_id: Mapped[int] = mapped_column(
        BIG, sa.ForeignKey("connections.id", ondelete="CASCADE"), primary_key=True
    )
    subject: Mapped[str] = mapped_column(primary_key=True)
    message: Mapped[str]
    guidance: Mapped[str] = mapped_column(default="")
    lasting: Mapped[bool] = mapped_column(default=False)
    """It is over only when the very thing is read; otherwise when a whole pull does not meet it again."""
    at: Mapped[datetime]


class AuditRow(Table):
    """Who did what; appended only."""

    __tablename__ = "audit"
    __table_args__ = (sa.Index("ix_audit_connection", "connection_id", "id"),)

    id: Mapped[int] = mapped_column(BIG, primary_key=True, autoincrement=True)
    connection_id: Mapped[int | None] = mapped_column(BIG)
    at: Mapped[datetime]
    actor: Mapped[str]
    action: Mapped[str]
    subject: Mapped[str]
    detail: Mapped[str] = mapped_column(default="")
