"""All nine workflows."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "costs",
        sa.Column("connection_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("txn_id", sa.Text(), nullable=False),
        sa.Column("line_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("day", sa.Text(), nullable=False),
        sa.Column("payee_id", sa.Text(), nullable=False),
        sa.Column("payee", sa.Text(), nullable=False),
        sa.Column("job_id", sa.Text(), nullable=False),
        sa.Column("item_id", sa.Text(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("amount", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connections.id"], name=op.f("fk_costs_connection_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("connection_id", "txn_id", "line_id", name=op.f("pk_costs")),
    )
    with op.batch_alter_table("costs", schema=None) as batch_op:
        batch_op.create_index("ix_costs_job", ["connection_id", "job_id"], unique=False)

    op.create_table(
        "payments",
        sa.Column("connection_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("payment_id", sa.Text(), nullable=False),
        sa.Column("bill_id", sa.Text(), nullable=False),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("paid_on", sa.Text(), nullable=False),
        sa.Column("amount", sa.Text(), nullable=False),
        sa.Column("procore_id", sa.Text(), nullable=False),
        sa.Column("told", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connections.id"], name=op.f("fk_payments_connection_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("connection_id", "payment_id", "bill_id", name=op.f("pk_payments")),
    )
    with op.batch_alter_table("payments", schema=None) as batch_op:
        batch_op.create_index("ix_payments_bill", ["connection_id", "bill_id"], unique=False)

    with op.batch_alter_table("connections", schema=None) as batch_op:
        batch_op.add_column(sa.Column("payments_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("costs_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("pulling_until", sa.DateTime(timezone=True), nullable=True))

    with op.batch_alter_table("jobs", schema=None) as batch_op:
        batch_op.add_column(sa.Column("touches", sa.Text(), server_default="", nullable=False))
        batch_op.add_column(sa.Column("held", sa.Text(), server_default="", nullable=False))
        batch_op.create_index(
            "ix_jobs_touching",
            ["connection_id", "touches"],
            unique=False,
            sqlite_where=sa.text("state = 'queued' AND waits_for = '' AND step = 'write'"),
            postgresql_where=sa.text("state = 'queued' AND waits_for = '' AND step = 'write'"),
        )


def downgrade() -> None:
    with op.batch_alter_table("jobs", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_jobs_touching",
            sqlite_where=sa.text("state = 'queued' AND waits_for = '' AND step = 'write'"),
            postgresql_where=sa.text("state = 'queued' AND waits_for = '' AND step = 'write'"),
        )
        batch_op.drop_column("held")
        batch_op.drop_column("touches")

    with op.batch_alter_table("connections", schema=None) as batch_op:
        batch_op.drop_column("pulling_until")
        batch_op.drop_column("costs_at")
        batch_op.drop_column("payments_at")

    with op.batch_alter_table("payments", schema=None) as batch_op:
        batch_op.drop_index("ix_payments_bill")

    op.drop_table("payments")
    with op.batch_alter_table("costs", schema=None) as batch_op:
        batch_op.drop_index("ix_costs_job")

    op.drop_table("costs")
