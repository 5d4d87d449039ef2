"""The table of payments: what QuickBooks has paid of each bill, and what Procore was told of it."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from qbsync.store.tables import BIG, Table


class PaymentRow(Table):
    """What one payment of QuickBooks pays of one bill; nothing once it is voided, deleted or moved."""

    __tablename__ = "payments"
    __table_args__ = (sa.Index("ix_payments_bill", "connection_id", "bill_id"),)

    connection_id: Mapped[int] = mapped_column(
        BIG, sa.ForeignKey("connections.id", ondelete="CASCADE"), primary_key=True
    )
    payment_id: Mapped[str] = mapped_column(primary_key=True)
    bill_id: Mapped[str] = mapped_column(primary_key=True)
    method: Mapped[str]
    """check or credit_card."""
    number: Mapped[str] = mapped_column(default="")
    paid_on: Mapped[str] = mapped_column(default="")
    """The day, as YYYY-MM-DD."""
    amount: Mapped[str]
    """What is paid, exactly, as text: SQLite has no decimals."""
    procore_id: Mapped[str] = mapped_column(default="")
    """The contract payment in Procore; empty while there is none."""
    told: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """What Procore was last told: amount, date, number and method; empty for nothing."""
