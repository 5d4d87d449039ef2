"""Runs the migrations on the database that qbsync, alembic's -x url=... or QBSYNC_DATABASE_URL names."""

from __future__ import annotations

import os
from typing import Literal

import sqlalchemy as sa
from alembic import context
from alembic.autogenerate.api import AutogenContext

from qbsync.store import (  # noqa: F401  # their tables are part of the metadata
    audit,
    calls,
    costs,
    drifts,
    erp,
    hooks,
    inbox,
    marks,
    names,
    offers,
    payments,
)
from qbsync.store.engine import Database
from qbsync.store.tables import Table, UtcTime

URL = (
    context.config.attributes.get("url")
    or context.get_x_argument(as_dictionary=True).get("url")
    or os.environ.get("QBSYNC_DATABASE_URL")
    or "sqlite:///var/qbsync.sqlite3"
)


def _plain_types(kind: str, value: object, _autogen: AutogenContext) -> str | Literal[False]:
    """Write what a column is in the database, so that a migration never imports qbsync."""
    if kind == "type" and isinstance(value, UtcTime):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and isinstance(value, sa.BigInteger) and value._variant_mapping:  # noqa: SLF001
        return 'sa.BigInteger().with_variant(sa.Integer(), "sqlite")'
    return False


database = Database(URL)
with database.engine.connect() as connection:
    context.configure(
        connection=connection,
        target_metadata=Table.metadata,
        render_as_batch=database.is_sqlite,
        render_item=_plain_types,
        compare_type=True,
    )
    with context.begin_transaction():
        context.run_migrations()
    connection.commit()
database.close()
