"""The tables of the ERP feed: the ERP connection, its requests, and the parts that each of them asks for."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from qbsync.store.tables import BIG, Table, partial_index

WAITING_REQUEST = sa.text("state = 'new'")
OPEN_PART = sa.text("outcome = ''")


def _connection(*, primary_key: bool = False) -> Mapped[int]:
    return mapped_column(BIG, sa.ForeignKey("connections.id", ondelete="CASCADE"), primary_key=primary_key)


class ErpAccountRow(Table):
    """What Procore's ERP tool is to one connection; there is none on the direct feed."""

    __tablename__ = "erp_accounts"

    connection_id: Mapped[int] = _connection(primary_key=True)
    service_url: Mapped[str] = mapped_column(default="")
    list_id: Mapped[str] = mapped_column(default="")
    """The standard cost code list that Procore made for QuickBooks."""
    registered_at: Mapped[datetime | None]
    """When the ERP connection was made; None while that has not succeeded."""
    metadata_sent: Mapped[str] = mapped_column(default="")
    """A hash of the metadata as Procore last took it."""
    caught_up_at: Mapped[datetime | None]
    """When open request details were last looked for that no webhook told of."""


class ErpRequestRow(Table):
    """One event of the ERP tool, as a webhook named it and Procore then showed it."""

    __tablename__ = "erp_requests"
    __table_args__ = (
        sa.UniqueConstraint("connection_id", "request_id"),
        partial_index("ix_erp_requests_waiting", "connection_id", "id", where=WAITING_REQUEST),
    )

    id: Mapped[int] = mapped_column(BIG, primary_key=True, autoincrement=True)
    connection_id: Mapped[int] = _connection()
    request_id: Mapped[str]
    name: Mapped[str] = mapped_column(default="")
    """What it asks for; empty until Procore showed it."""
    state: Mapped[str]
    """new, done, or gone (given up: for a week Procore did not show it, or it could not be taken in)."""
    not_before: Mapped[datetime | None]
    error: Mapped[str] = mapped_column(default="")
    received_at: Mapped[datetime]
    done_at: Mapped[datetime | None]


class ErpPartRow(Table):
    """One thing that a request asks for: a record to export or unlink, and the detail that waits for it."""

    __tablename__ = "erp_parts"
    __table_args__ = (
        partial_index("ix_erp_parts_open", "connection_id", "id", where=OPEN_PART),
        sa.Index("ix_erp_parts_record", "connection_id", "kind", "procore_id", "id"),
        sa.Index("ix_erp_parts_detail", "connection_id", "detail_id"),
    )

    id: Mapped[int] = mapped_column(BIG, primary_key=True, autoincrement=True)
    connection_id: Mapped[int] = _connection()
    request_id: Mapped[str]
    detail_id: Mapped[str] = mapped_column(default="")
    """Empty where Procore named none and none was found: nothing is to be closed."""
    purpose: Mapped[str]
    """export, unlink, refresh, answer (decided at once), notice (only told), or wait (not taken in yet)."""
    kind: Mapped[str] = mapped_column(default="")
    procore_id: Mapped[str] = mapped_column(default="")
    job_id: Mapped[int | None] = mapped_column(BIG)
    items: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """Under which names of external data the record's ids are told."""
    outcome: Mapped[str] = mapped_column(default="")
    """success or failed; empty while it is open."""
    messages: Mapped[list[Any]] = mapped_column(default=list)
    """Why it failed, for a person in Procore."""
    created_at: Mapped[datetime]
