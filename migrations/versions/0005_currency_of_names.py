"""The currency of each customer and vendor, as QuickBooks names it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("quickbooks_names", schema=None) as batch_op:
        batch_op.add_column(sa.Column("currency", sa.Text(), server_default="", nullable=False))
    # What is known already was read without it: the list is read anew.
    op.execute("DELETE FROM marks WHERE stream = 'quickbooks/EntityQueryRq'")


def downgrade() -> None:
    with op.batch_alter_table("quickbooks_names", schema=None) as batch_op:
        batch_op.drop_column("currency")
