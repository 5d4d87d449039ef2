"""Numbers of jobs and links as they are compared, each with an index."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

_NUMBERED = sa.text("state IN ('queued', 'held', 'sent', 'in_doubt') AND number_key <> ''")
_ACTIVE = sa.text("ended_at IS NULL")
_AT_ONCE = 1_000


def upgrade() -> None:
    op.add_column("jobs", sa.Column("number_key", sa.Text(), server_default="", nullable=False))
    op.add_column("links", sa.Column("name_key", sa.Text(), server_default="", nullable=False))
    _fill_links()
    _fill_jobs()
    op.create_index(
        "ix_jobs_numbered",
        "jobs",
        ["connection_id", "kind", "number_key"],
        sqlite_where=_NUMBERED,
        postgresql_where=_NUMBERED,
    )
    op.create_index(
        "ix_links_named",
        "links",
        ["connection_id", "kind", "name_key"],
        sqlite_where=_ACTIVE,
        postgresql_where=_ACTIVE,
    )


def _fill_links() -> None:
    links = sa.table("links", sa.column("id"), sa.column("name", sa.Text()), sa.column("name_key", sa.Text()))
    for rows in _pages(sa.select(links.c.id, links.c.name), links.c.id):
        _put(links.c.name_key, rows)


def _fill_jobs() -> None:
    jobs = sa.table(
        "jobs",
        sa.column("id"),
        sa.column("kind", sa.Text()),
        sa.column("record", sa.JSON()),
        sa.column("choices", sa.JSON()),
        sa.column("number_key", sa.Text()),
    )
    numbered = sa.select(jobs.c.id, jobs.c.record, jobs.c.choices).where(
        jobs.c.kind.in_(["commitment", "invoice"])
    )
    for rows in _pages(numbered, jobs.c.id):
        _put(jobs.c.number_key, [(row[0], row[2].get("number") or row[1]["number"]) for row in rows])


def _pages(query: sa.Select[Any], row_id: sa.ColumnClause[Any]) -> Iterator[Sequence[Any]]:
    """The rows of a table, some at a time, by their ids."""
    after = 0
    while rows := op.get_bind().execute(query.where(row_id > after).order_by(row_id).limit(_AT_ONCE)).all():
        yield rows
        after = rows[-1][0]


def _put(column: sa.ColumnClause[str], names: Sequence[Any]) -> None:
    """Keep each row's name as qbsync compares it (store.names.name_key)."""
    table = column.table
    statement = (
        sa.update(table).where(table.c.id == sa.bindparam("row")).values({column: sa.bindparam("key")})
    )
    op.get_bind().execute(
        statement, [{"row": row_id, "key": name.strip().casefold()} for row_id, name in names]
    )


def downgrade() -> None:
    op.drop_index("ix_links_named", "links")
    op.drop_index("ix_jobs_numbered", "jobs")
    op.drop_column("links", "name_key")
    op.drop_column("jobs", "number_key")
