"""The database: how it is opened, and the two kinds of transaction."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from qbsync.errors import ConfigError

_READ = "qbsync_read"
_PATIENCE = "qbsync_patience"
_USUAL_PATIENCE = 30.0
"""Seconds that SQLite waits for another writer."""
_CONNECT_SECONDS = 3
"""How long a PostgreSQL that does not answer is waited for."""


class Database:
    """One database by its URL; `sqlite:///path` or `postgresql+psycopg://...`.

    SQLite runs in WAL mode with synchronous=FULL: a message is on the disk before QuickBooks can see it.
    """

    def __init__(self, url: str) -> None:
        self.url = _parsed(url)
        # what a statement carried (secrets, qbXML) stays out of its errors, and so out of every log
        self.engine = sa.create_engine(self.url, hide_parameters=True, **self._arguments())
        if self.is_sqlite:
            sa.event.listen(self.engine, "connect", _prepare_sqlite)
            sa.event.listen(self.engine, "begin", _begin_sqlite)
        else:
            sa.event.listen(self.engine, "begin", _begin_postgresql)

    @property
    def is_sqlite(self) -> bool:
        """Whether this is the embedded database."""
        return self.url.get_backend_name() == "sqlite"

    def _arguments(self) -> dict[str, Any]:
        if self.is_sqlite:
            return {"connect_args": {"timeout": _USUAL_PATIENCE, "check_same_thread": False}}
        connect = {"connect_timeout": _CONNECT_SECONDS}
        return {"pool_pre_ping": True, "pool_size": 10, "max_overflow": 20, "connect_args": connect}

    @property
    def file(self) -> Path | None:
        """The embedded database's file, absolute, whether it is there or not; None for a server's."""
        inside = self.url.database
        return Path(inside).absolute() if self.is_sqlite and inside and inside != ":memory:" else None

    @property
    def place(self) -> str:
        """Where it lies, in words that name no password."""
        return str(self.file or self.url.render_as_string(hide_password=True))

    @contextmanager
    def write(self, *, patience: float | None = None) -> Iterator[Session]:
        """One transaction that commits at the end and rolls back on any error.

        `patience` is how many seconds each statement may wait for others before OperationalError is raised.
        """
        with (
            self.engine.connect().execution_options(**{_PATIENCE: patience}) as connection,
            Session(connection, expire_on_commit=False) as session,
            session.begin(),
        ):
            yield session

    @contextmanager
    def read(self, *, patience: float | None = None) -> Iterator[Session]:
        """One transaction that changes nothing and, on SQLite, takes no lock that writers feel."""
        with (
            self.engine.connect().execution_options(**{_READ: True, _PATIENCE: patience}) as connection,
            Session(connection, expire_on_commit=False) as session,
        ):
            yield session

    def close(self) -> None:
        """Let go of every connection."""
        self.engine.dispose()


def _parsed(url: str) -> sa.URL:
    """The URL in its parts; raises ConfigError, without a password in it, for any that is none of ours."""
    with suppress(sa.exc.ArgumentError, ValueError):
        parsed = sa.make_url(_with_driver(url))
        if parsed.get_backend_name() in ("sqlite", "postgresql"):
            return parsed
    raise ConfigError(
        "QBSYNC_DATABASE_URL is not the address of a database that qbsync knows.",
        guidance="Give sqlite:///path/to/file or postgresql://user:password@host/name.",
    )


def _with_driver(url: str) -> str:
    for scheme in ("postgresql://", "postgres://"):
        if url.startswith(scheme):
            return "postgresql+psycopg://" + url.removeprefix(scheme)
    return url


def _prepare_sqlite(connection: Any, _record: object) -> None:  # noqa: ANN401  (the driver's own connection)
    connection.isolation_level = None  # the begin listener decides
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: sa.Connection) -> None:
    options = connection.get_execution_options()
    patience = options.get(_PATIENCE) or _USUAL_PATIENCE
    if connection.info.get(_PATIENCE, _USUAL_PATIENCE) != patience:  # it lasts as long as the connection
        connection.exec_driver_sql(f"PRAGMA busy_timeout={int(patience * 1000)}")
        connection.info[_PATIENCE] = patience
    connection.exec_driver_sql("BEGIN" if options.get(_READ) else "BEGIN IMMEDIATE")


def _begin_postgresql(connection: sa.Connection) -> None:
    patience = connection.get_execution_options().get(_PATIENCE)
    if patience is not None:
        connection.exec_driver_sql(f"SET LOCAL statement_timeout = {int(patience * 1000)}")
