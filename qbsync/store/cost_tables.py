"""The tables of costs: QuickBooks' lines on customers and jobs, and what Procore had when it was asked."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from qbsync.store.tables import BIG, Table


class CostRow(Table):
    """A line of a bill, check, charge, credit or journal entry, as QuickBooks last showed it."""

    __tablename__ = "costs"
    __table_args__ = (sa.Index("ix_costs_job", "connection_id", "job_id"),)

    connection_id: Mapped[int] = mapped_column(
        BIG, sa.ForeignKey("connections.id", ondelete="CASCADE"), primary_key=True
    )
    txn_id: Mapped[str] = mapped_column(primary_key=True)
    line_id: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]
    number: Mapped[str] = mapped_column(default="")
    day: Mapped[str] = mapped_column(default="")
    """YYYY-MM-DD."""
    payee_id: Mapped[str] = mapped_column(default="")
    payee: Mapped[str] = mapped_column(default="")
    job_id: Mapped[str]
    item_id: Mapped[str] = mapped_column(default="")
    place: Mapped[str] = mapped_column(default="")
    """The item's or else the account's full name."""
    account_id: Mapped[str] = mapped_column(default="", server_default="")
    """The account's ListID; empty for a line on an item."""
    description: Mapped[str] = mapped_column(default="")
    amount: Mapped[str]
    """What it costs, exactly, as text: SQLite has no decimals. Negative where a cost is taken back."""


class CostReadingRow(Table):
    """What a project cost in Procore when a person last had it read."""

    __tablename__ = "cost_readings"

    connection_id: Mapped[int] = mapped_column(
        BIG, sa.ForeignKey("connections.id", ondelete="CASCADE"), primary_key=True
    )
    project_id: Mapped[str] = mapped_column(primary_key=True)
    read_at: Mapped[datetime]
    costs: Mapped[list[Any]]
    """model.costs.ProcoreCost, amounts as text."""
