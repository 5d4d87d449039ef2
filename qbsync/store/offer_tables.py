"""The table of offers: every vendor, job and Service item of QuickBooks, and what was decided about it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from qbsync.store.tables import BIG, Table


class OfferRow(Table):
    """One entry of QuickBooks that Procore lacks, or lacked once."""

    __tablename__ = "offers"
    __table_args__ = (
        sa.Index("ix_offers_entry", "connection_id", "kind", "list_id", unique=True),
        sa.Index("ix_offers_state", "connection_id", "state", "id"),
    )

    id: Mapped[int] = mapped_column(BIG, primary_key=True, autoincrement=True)
    connection_id: Mapped[int] = mapped_column(BIG, sa.ForeignKey("connections.id", ondelete="CASCADE"))
    kind: Mapped[str]
    list_id: Mapped[str]
    name: Mapped[str]
    """QuickBooks' full name."""
    active: Mapped[bool] = mapped_column(default=True)
    """Whether QuickBooks shows it in its lists; what is inactive is not offered."""
    fields: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """What Procore would be told, by Procore's names."""
    parent: Mapped[str] = mapped_column(default="")
    """The ListID above an item's; empty at the top."""
    level: Mapped[int] = mapped_column(default=0)
    state: Mapped[str]
    """offered, imported, linked or archived."""
    was_offered: Mapped[bool] = mapped_column(default=False)
    """Whether a person ever saw it; what our own exports made never was."""
    error: Mapped[str] = mapped_column(default="")
    """Why Procore refused it last."""
    changed_at: Mapped[datetime]
