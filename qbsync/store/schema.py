"""The database's schema: bringing it up to date, and telling whether it is."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

import qbsync
from qbsync.errors import DatabaseBehindError
from qbsync.store.engine import Database

_UPGRADE = "Run `qbsync db upgrade`; or, if yours lies elsewhere, set QBSYNC_DATABASE_URL to it."


def upgrade(database: Database) -> str:
    """Bring the schema to the newest revision and return its name; does nothing where it is there.

    The embedded database's file is made where there is none, for its owner's eyes alone.
    """
    if database.file is not None:
        database.file.parent.mkdir(parents=True, exist_ok=True)
        database.file.touch(mode=0o600)
    config = _config(database)
    command.upgrade(config, "head")
    return ScriptDirectory.from_config(config).get_current_head() or ""


def behind(database: Database) -> str | None:
    """Why the database cannot be used as it is, in words; None where its schema is the newest."""
    if database.file is not None and not database.file.exists():
        return f"There is no qbsync database at {database.place}."
    head = ScriptDirectory.from_config(_config(database)).get_current_head()
    with database.read() as tx:
        current = MigrationContext.configure(tx.connection()).get_current_revision()
    if current == head:
        return None
    if current is None:
        return f"There is no qbsync database at {database.place} yet."
    return f"The database at {database.place} is at revision {current}, this qbsync needs {head}."


def require(database: Database) -> None:
    """Raise DatabaseBehindError where the schema is not the newest."""
    why = behind(database)
    if why:
        raise DatabaseBehindError(why, guidance=_UPGRADE)


def _config(database: Database) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_migrations()).replace("%", "%%"))
    config.attributes["url"] = database.url.render_as_string(hide_password=False)
    return config


def _migrations() -> Path:
    """In an installed wheel they lie inside the package, in a checkout beside it."""
    package = Path(qbsync.__file__).parent
    installed = package / "_migrations"
    return installed if installed.is_dir() else package.parent / "migrations"
