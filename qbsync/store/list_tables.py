"""The tables of lists as last read: QuickBooks' names, and the cost codes of Procore's projects."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from qbsync.store.tables import BIG, Table


class NameRow(Table):
    """One entry of a QuickBooks list, as last read."""

    __tablename__ = "quickbooks_names"
    __table_args__ = (sa.Index("ix_quickbooks_names_name", "connection_id", "list", "name_key"),)

    connection_id: Mapped[int] = mapped_column(
        BIG, sa.ForeignKey("connections.id", ondelete="CASCADE"), primary_key=True
    )
    list: Mapped[str] = mapped_column(primary_key=True)
    list_id: Mapped[str] = mapped_column(primary_key=True)
    full_name: Mapped[str]
    name_key: Mapped[str]
    type: Mapped[str] = mapped_column(default="")
    active: Mapped[bool] = mapped_column(default=True)
    edit_sequence: Mapped[str] = mapped_column(default="")
    external_guid: Mapped[str] = mapped_column(default="")
    currency: Mapped[str] = mapped_column(default="", server_default="")
    two_sided: Mapped[bool] = mapped_column(default=False, server_default=sa.false())


class ProjectCodeRow(Table):
    """A cost code of a project: the pair (job, item) that Procore wants to hear of."""

    __tablename__ = "project_codes"
    __table_args__ = (sa.Index("ix_project_codes_standard", "connection_id", "standard_id"),)

    connection_id: Mapped[int] = mapped_column(
        BIG, sa.ForeignKey("connections.id", ondelete="CASCADE"), primary_key=True
    )
    procore_id: Mapped[str] = mapped_column(primary_key=True)
    project_id: Mapped[str]
    standard_id: Mapped[str]
    full_code: Mapped[str]
    origin_id: Mapped[str] = mapped_column(default="")
    """What Procore has, or is owed."""
