"""The tables of Procore's webhooks: the hooks we made there, and what was delivered to us."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from qbsync.store.tables import BIG, Table

UNREAD = sa.text("read_at IS NULL")


class HookRow(Table):
    """One hook of Procore's that sends to us; a row is there before the hook is."""

    __tablename__ = "hooks"

    id: Mapped[int] = mapped_column(BIG, primary_key=True, autoincrement=True)
    connection_id: Mapped[int] = mapped_column(
        BIG, sa.ForeignKey("connections.id", ondelete="CASCADE"), index=True
    )
    procore_id: Mapped[str] = mapped_column(default="")
    """The hook's id in Procore; empty until Procore said it."""
    project_id: Mapped[str] = mapped_column(default="")
    """The project it belongs to; empty for the company's own."""
    api: Mapped[str] = mapped_column(default="")
    """The version of the endpoints it was made by: v2.0 or v1.0."""
    destination: Mapped[str]
    bearer_hash: Mapped[str]
    """SHA-256 of the Authorization header that its deliveries carry."""
    account_id: Mapped[str] = mapped_column(default="")
    """The service account in Procore: what it changes is an echo of our own."""
    made: Mapped[bool] = mapped_column(default=False)
    """It has its triggers, and takes the place of those before it."""
    triggers: Mapped[list[Any]] = mapped_column(default=list)
    """[[resource name, event type], ...] as Procore took them."""
    refused: Mapped[list[Any]] = mapped_column(default=list)
    """[[resource name, event type, why], ...]."""
    created_at: Mapped[datetime]


class DeliveryRow(Table):
    """One event as Procore delivered it first; the same event delivered again leaves no trace."""

    __tablename__ = "deliveries"
    __table_args__ = (
        sa.UniqueConstraint("connection_id", "event_key"),
        sa.Index("ix_deliveries_unread", "connection_id", "id", sqlite_where=UNREAD, postgresql_where=UNREAD),
        sa.Index("ix_deliveries_received", "connection_id", "received_at"),
    )

    id: Mapped[int] = mapped_column(BIG, primary_key=True, autoincrement=True)
    connection_id: Mapped[int] = mapped_column(BIG, sa.ForeignKey("connections.id", ondelete="CASCADE"))
    event_key: Mapped[str]
    resource_name: Mapped[str] = mapped_column(default="")
    resource_id: Mapped[str] = mapped_column(default="")
    event_type: Mapped[str] = mapped_column(default="")
    project_id: Mapped[str] = mapped_column(default="")
    """Empty for what belongs to the company."""
    company_id: Mapped[str] = mapped_column(default="")
    user_id: Mapped[str] = mapped_column(default="")
    application_id: Mapped[str] = mapped_column(default="")
    """The app that made the change, where Procore says so."""
    body: Mapped[str] = mapped_column(default="")
    outcome: Mapped[str]
    """See inbox.Outcome."""
    fetched: Mapped[bool] = mapped_column(default=False, server_default=sa.false())
    """No webhook brought it: it was read in Procore's own list of deliveries."""
    received_at: Mapped[datetime]
    read_at: Mapped[datetime | None]
