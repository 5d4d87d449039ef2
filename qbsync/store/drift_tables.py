"""The table of drift: in what QuickBooks' linked records are not as they were left."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from qbsync.store.tables import BIG, Table

STILL_THERE = sa.text("gone_at IS NULL")


class DriftRow(Table):
    """One difference, from when it was first seen until it was gone; kept afterwards."""

    __tablename__ = "drifts"
    __table_args__ = (
        sa.Index(
            "uq_drifts_field",
            "connection_id",
            "kind",
            "procore_id",
            "field",
            unique=True,
            sqlite_where=STILL_THERE,
            postgresql_where=STILL_THERE,
        ),
        sa.Index("ix_drifts_record", "connection_id", "kind", "procore_id", "id"),
    )

    id: Mapped[int] = mapped_column(BIG, primary_key=True, autoincrement=True)
    connection_id: Mapped[int] = mapped_column(BIG, sa.ForeignKey("connections.id", ondelete="CASCADE"))
    kind: Mapped[str]
    procore_id: Mapped[str]
    quickbooks_id: Mapped[str]
    sort: Mapped[str]
    field: Mapped[str]
    what: Mapped[str]
    ours: Mapped[str] = mapped_column(default="")
    theirs: Mapped[str] = mapped_column(default="")
    first_seen_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    gone_at: Mapped[datetime | None]
    """When it was no longer so, or the link ended; None while it is."""
