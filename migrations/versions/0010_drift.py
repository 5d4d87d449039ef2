"""Drift: what QuickBooks showed of what is ours, and in what it differs since."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_STILL_THERE = sa.text("gone_at IS NULL")


def upgrade() -> None:
    with op.batch_alter_table("connections", schema=None) as batch_op:
        batch_op.add_column(sa.Column("drift_at", sa.DateTime(timezone=True), nullable=True))
    with op.batch_alter_table("links", schema=None) as batch_op:
        batch_op.add_column(sa.Column("held", sa.JSON(), nullable=False, server_default="[]"))
    op.create_table(
        "drifts",
        sa.Column("id", _BIG, autoincrement=True, nullable=False),
        sa.Column("connection_id", _BIG, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("procore_id", sa.Text(), nullable=False),
        sa.Column("quickbooks_id", sa.Text(), nullable=False),
        sa.Column("sort", sa.Text(), nullable=False),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("ours", sa.Text(), nullable=False),
        sa.Column("theirs", sa.Text(), nullable=False),
        sa.Column("first_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("gone_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["connection_id"],
            ["connections.id"],
            name=op.f("fk_drifts_connection_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_drifts")),
    )
    with op.batch_alter_table("drifts", schema=None) as batch_op:
        batch_op.create_index("ix_drifts_record", ["connection_id", "kind", "procore_id", "id"], unique=False)
        batch_op.create_index(
            "uq_drifts_field",
            ["connection_id", "kind", "procore_id", "field"],
            unique=True,
            sqlite_where=_STILL_THERE,
            postgresql_where=_STILL_THERE,
        )


def downgrade() -> None:
    op.drop_table("drifts")
    with op.batch_alter_table("links", schema=None) as batch_op:
        batch_op.drop_column("held")
    with op.batch_alter_table("connections", schema=None) as batch_op:
        batch_op.drop_column("drift_at")
