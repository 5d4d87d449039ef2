"""Ids of write-backs are given once on SQLite too: a replaced row's id was its successor's."""

from __future__ import annotations

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _recreate(autoincrement=True)


def downgrade() -> None:
    _recreate(autoincrement=False)


def _recreate(*, autoincrement: bool) -> None:
    """Only SQLite has anything to change: PostgreSQL's sequences never give an id twice."""
    if op.get_bind().dialect.name == "sqlite":
        arguments = {"sqlite_autoincrement": autoincrement}
        with op.batch_alter_table("writebacks", recreate="always", table_kwargs=arguments):
            pass
