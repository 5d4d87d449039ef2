"""All nine workflows."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("connections", schema=None) as batch_op:
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
