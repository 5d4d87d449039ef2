"""An index of messages by their session."""

from __future__ import annotations

from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_messages_session", "messages", ["session_id"])


def downgrade() -> None:
    op.drop_index("ix_messages_session", "messages")
