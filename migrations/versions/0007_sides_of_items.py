"""Which items have an expense account beside the income account."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("quickbooks_names", schema=None) as batch_op:
        batch_op.add_column(sa.Column("two_sided", sa.Boolean(), server_default=sa.false(), nullable=False))
    # items that were read before are read again: their watermark would leave them as they are
    op.execute("DELETE FROM marks WHERE stream = 'quickbooks/ItemQueryRq'")


def downgrade() -> None:
    with op.batch_alter_table("quickbooks_names", schema=None) as batch_op:
        batch_op.drop_column("two_sided")
