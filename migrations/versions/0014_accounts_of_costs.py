"""The account of a cost on an account, so that what moves money and costs nothing is told apart."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("costs", schema=None) as batch_op:
        batch_op.add_column(sa.Column("account_id", sa.Text(), server_default="", nullable=False))


def downgrade() -> None:
    with op.batch_alter_table("costs", schema=None) as batch_op:
        batch_op.drop_column("account_id")
