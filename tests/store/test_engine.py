from __future__ import annotations

import pytest
import sqlalchemy as sa

from qbsync.store import schema
from qbsync.store.engine import Database
from qbsync.store.tables import MarkRow


def test_the_schema_is_the_newest_after_an_upgrade(database: Database) -> None:
    """A new database is behind nothing once it was upgraded."""
    assert schema.behind(database) is None


def test_a_failed_write_leaves_nothing(database: Database) -> None:
    """An error inside a write transaction rolls everything back."""
    with pytest.raises(ZeroDivisionError), database.write() as tx:
        tx.execute(sa.text("CREATE TABLE scratch (a INTEGER)"))
        raise ZeroDivisionError
    assert "scratch" not in sa.inspect(database.engine).get_table_names()
    assert MarkRow.__tablename__ in sa.inspect(database.engine).get_table_names()
