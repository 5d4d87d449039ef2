from __future__ import annotations

import os
import re
import subprocess
import sys
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import postgresql
import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from qbsync.errors import DatabaseBehindError
from qbsync.model.links import Link
from qbsync.model.records import Commitment, CommitmentType, CostCode, key_of
from qbsync.store import connections, links, queue, schema
from qbsync.store.connections import NewConnection
from qbsync.store.engine import Database
from qbsync.store.queue import NewJob
from qbsync.store.secrets import Keeper, new_key
from qbsync.store.tables import JobRow, LinkRow, Table

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
_OF_A_CONNECTION = (
    *("name", "procore_company", "feed", "procore_api"),
    *("procore_login", "client_id", "client_secret"),
)
INI = Path(__file__).parents[2] / "alembic.ini"


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def database_url(request, tmp_path):
    """The URL of a database without a table."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'qbsync.sqlite3'}"
        return
    with postgresql.database(request.getfixturevalue("postgresql_server")) as url:
        yield url


@pytest.fixture
def empty(database_url):
    """A database without a table, on SQLite and on PostgreSQL."""
    opened = Database(database_url)
    yield opened
    opened.close()


def _tables(database: Database) -> set[str]:
    return set(sa.inspect(database.engine).get_table_names())


def _shape(database: Database) -> dict[str, str]:
    """Every table and index as the database itself words it, in an order that does not matter."""
    query = (
        "SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL AND name <> 'alembic_version'"
        if database.is_sqlite
        else "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' "
        "AND tablename <> 'alembic_version' "
        "UNION SELECT table_name || '.' || column_name, "
        "concat(data_type, ' ', is_nullable, ' ', coalesce(column_default, '')) "
        "FROM information_schema.columns "
        "WHERE table_schema = 'public' AND table_name <> 'alembic_version' "
        "UNION SELECT conrelid::regclass || '.' || conname, pg_get_constraintdef(oid) FROM pg_constraint "
        "WHERE connamespace = 'public'::regnamespace AND conname NOT LIKE 'alembic%%'"
    )
    with database.read() as tx:
        rows = tx.connection().exec_driver_sql(query).all()
    return {name: _plain(text) for name, text in rows}


def _plain(text: str) -> str:
    """Without quotes and line breaks; the parts of a table in an order that does not matter."""
    words = " ".join(re.sub(r'["()]', " ", text).split())
    if words.startswith("CREATE TABLE"):
        return ", ".join(sorted(part.strip() for part in words.split(",")))
    return words


def test_up_down_and_up_again(empty):
    """The newest schema can be taken back to nothing and built again."""
    assert schema.behind(empty) is not None
    head = schema.upgrade(empty)
    assert _tables(empty) == {*Table.metadata.tables, "alembic_version"}
    command.downgrade(schema._config(empty), "base")
    assert _tables(empty) == {"alembic_version"}
    assert schema.behind(empty) is not None
    assert schema.upgrade(empty) == head
    assert schema.behind(empty) is None
    assert schema.upgrade(empty) == head


def test_the_migrations_make_what_the_tables_say(empty):
    """Alembic finds no difference between the upgraded database and the declared tables."""
    schema.upgrade(empty)
    with empty.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Table.metadata) == []


def test_the_migrations_make_every_index_and_its_condition(empty, request, tmp_path):
    """The databases' own words for tables, indexes and their conditions equal those of create_all."""
    schema.upgrade(empty)
    url = f"sqlite:///{tmp_path / 'declared.sqlite3'}" if empty.is_sqlite else _second_database(request)
    declared = Database(url)
    with declared.engine.begin() as connection:
        Table.metadata.create_all(connection)
    migrated, wanted = _shape(empty), _shape(declared)
    declared.close()
    assert set(migrated) == set(wanted)
    assert {name for name in wanted if migrated[name] != wanted[name]} == set()
    assert any("ix_jobs_ready" in name and "state" in text for name, text in wanted.items())


def _second_database(request: pytest.FixtureRequest) -> str:
    """Another PostgreSQL database on the same server, dropped with it."""
    made = ExitStack()
    request.addfinalizer(made.close)
    return made.enter_context(postgresql.database(request.getfixturevalue("postgresql_server")))


def test_numbers_of_earlier_jobs_and_links_are_compared_too(empty):
    """What was kept before numbers had columns is found by them: a chosen number and Procore's."""
    schema.upgrade(empty)
    order = {"type": CommitmentType.SUBCONTRACT, "project_id": "9", "vendor_id": "1"}
    records = [
        (CostCode(procore_id="1", code="1", full_code="1", name="PO-1"), {}),
        (Commitment(procore_id="2", number="I-É", **order), {}),
        (Commitment(procore_id="3", number="I-1", **order), {"number": "I-1B"}),
    ]
    with empty.write() as tx:
        new = NewConnection(**dict.fromkeys(_OF_A_CONNECTION, "a"))
        row, _ = connections.add(tx, new, Keeper(new_key()), NOW)
        for record, choices in records:
            queue.stage(tx, row.id, NewJob(record=record, choices=choices, rank=1), NOW)
        made = Link(
            key=key_of(records[1][0]), quickbooks_id="8", name="I-É", edit_sequence="", fingerprint=""
        )
        links.save(tx, row.id, made, NOW)
    command.downgrade(schema._config(empty), "0015")
    assert "number_key" not in {column["name"] for column in sa.inspect(empty.engine).get_columns("jobs")}
    schema.upgrade(empty)
    with empty.read() as tx:
        assert tx.scalars(sa.select(JobRow.number_key).order_by(JobRow.id)).all() == ["", "i-é", "i-1b"]
        assert tx.scalars(sa.select(LinkRow.name_key)).all() == ["i-é"]


def test_an_earlier_connection_imports_items_as_before(empty):
    """Off was the default of the ERP feed, and not kept: it stays off there, and on where a person set it."""
    schema.upgrade(empty)
    kept = {"off": {}, "on": {"import_items": True}}
    with empty.write() as tx:
        for name, options in kept.items():
            new = NewConnection(**{**dict.fromkeys(_OF_A_CONNECTION, "a"), "name": name, "feed": "erp"})
            row, _ = connections.add(tx, new, Keeper(new_key()), NOW)
            row.options = options
    command.downgrade(schema._config(empty), "0017")
    schema.upgrade(empty)
    with empty.read() as tx:
        found = {one.name: connections.options_of(one).import_items for one in connections.every(tx)}
    assert found == {"off": False, "on": True}


def test_a_database_that_is_behind_is_refused_in_words(empty):
    """Require says that there is none, or names both revisions; the upgrade mends both."""
    config = schema._config(empty)
    head = ScriptDirectory.from_config(config).get_current_head()
    with pytest.raises(DatabaseBehindError, match="There is no qbsync database") as caught:
        schema.require(empty)
    assert "qbsync db upgrade" in caught.value.guidance
    command.upgrade(config, "0001")
    with pytest.raises(DatabaseBehindError, match=f"at revision 0001, this qbsync needs {head}"):
        schema.require(empty)
    schema.upgrade(empty)
    schema.require(empty)


def test_a_database_of_a_later_qbsync_is_refused_too(empty):
    """A revision that this qbsync does not know is not taken for the newest."""
    schema.upgrade(empty)
    with empty.write() as tx:
        tx.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    assert "9999" in str(schema.behind(empty))


def test_looking_at_the_schema_takes_no_lock_that_writers_feel(tmp_path):
    """While a write is open on SQLite, whether the schema is the newest is still answered."""
    database = Database(f"sqlite:///{tmp_path / 'q.sqlite3'}")
    schema.upgrade(database)
    with database.write() as tx:
        tx.execute(sa.text("DELETE FROM audit"))
        other = Database(f"sqlite:///{tmp_path / 'q.sqlite3'}")
        sa.event.listen(other.engine, "connect", _impatient)
        assert schema.behind(other) is None
        other.close()
    database.close()


def _impatient(connection: object, _record: object) -> None:
    """A lock that is taken is an error at once."""
    connection.execute("PRAGMA busy_timeout = 0")


def test_alembic_itself_upgrades_and_finds_nothing_to_do(database_url, tmp_path):
    """`alembic upgrade head` and `alembic check` run as processes, by QBSYNC_DATABASE_URL alone."""

    def alembic(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "alembic", "-c", str(INI), *arguments],
            cwd=tmp_path,
            env={**os.environ, "QBSYNC_DATABASE_URL": database_url, "PYTHONPATH": str(INI.parent)},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    behind = alembic("check")
    assert behind.returncode != 0, behind.stdout
    done = alembic("upgrade", "head")
    assert done.returncode == 0, done.stderr
    checked = alembic("check")
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert "No new upgrade operations detected" in checked.stdout + checked.stderr
    database = Database(database_url)
    assert schema.behind(database) is None
    database.close()
