"""Inserts that say what becomes of a row that is there; SQLAlchemy has them for each database apart."""

from __future__ import annotations

from functools import cache

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from qbsync.store.tables import Table


def insert(tx: Session, table: type[Table]) -> sqlite.Insert | postgresql.Insert:
    """An INSERT into that table, in the words that its database has for a conflict."""
    return _insert(tx.get_bind().dialect.name, table)


def upsert(
    tx: Session,
    table: type[Table],
    *changed: str,
    key: tuple[str, ...] = (),
    where: sa.TextClause | None = None,
) -> sa.Insert:
    """An INSERT that, where a row of the same key is there, changes those columns of it.

    All columns when none is named. The key is the primary one unless that of another unique index is given;
    `where` is that index's condition.
    """
    return _upsert(tx.get_bind().dialect.name, table, changed, key, where)


def _insert(dialect: str, table: type[Table]) -> sqlite.Insert | postgresql.Insert:
    new = sqlite.insert if dialect == "sqlite" else postgresql.insert
    return new(table.metadata.tables[table.__tablename__])


@cache
def _upsert(
    dialect: str,
    table: type[Table],
    changed: tuple[str, ...],
    key: tuple[str, ...],
    where: sa.TextClause | None,
) -> sa.Insert:
    new = _insert(dialect, table)
    columns = table.metadata.tables[table.__tablename__].columns
    named = changed or [one.name for one in columns if not one.primary_key]
    return new.on_conflict_do_update(
        index_elements=key or [one.name for one in columns if one.primary_key],
        index_where=where,
        set_={name: new.excluded[name] for name in named},
    )
