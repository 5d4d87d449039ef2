"""A PostgreSQL for tests and benchmarks: the one QBSYNC_TEST_POSTGRESQL_URL names, or one started for it."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa

from qbsync.store.engine import Database

ABSENT = "No PostgreSQL is installed and QBSYNC_TEST_POSTGRESQL_URL names none."
_OPEN = 200
"""Connections at a time: two processors run tests, each with several pools."""


@contextmanager
def database_urls() -> Iterator[list[str]]:
    """The URL of an empty SQLite database and, where a PostgreSQL is to be had, of an empty one there."""
    with tempfile.TemporaryDirectory(prefix="qbsync-bench-") as folder, running() as server:
        sqlite = f"sqlite:///{Path(folder) / 'qbsync.sqlite3'}"
        if server is None:
            print(f"{ABSENT} SQLite alone.")
            yield [sqlite]
            return
        with database(server) as postgresql:
            yield [sqlite, postgresql]


def name_of(url: str) -> str:
    """What a table of figures calls the database."""
    return "SQLite" if url.startswith("sqlite") else "PostgreSQL"


@contextmanager
def running() -> Iterator[str | None]:
    """The URL of a server; None where there is none."""
    given = os.environ.get("QBSYNC_TEST_POSTGRESQL_URL")
    programs = _programs()
    if given or programs is None:
        yield given
        return
    yield from _started(programs)


@contextmanager
def database(server: str, template: str = "template1") -> Iterator[str]:
    """The URL of a database of its own, copied from another, that is gone afterwards."""
    name = f"qbsync_{uuid.uuid4().hex}"
    engine = sa.create_engine(Database(server).url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    try:
        yield engine.url.set(database=name, drivername="postgresql").render_as_string(hide_password=False)
    finally:
        with engine.connect() as connection:
            connection.exec_driver_sql(f'DROP DATABASE "{name}" WITH (FORCE)')
        engine.dispose()


def _programs() -> Path | None:
    """Where initdb lies; Debian keeps it out of PATH."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if found:
        return found[-1].parent
    on_path = shutil.which("initdb")
    return Path(on_path).resolve().parent if on_path else None


def _started(programs: Path) -> Iterator[str]:
    """A cluster with PostgreSQL's own settings, fsync included; as root it runs as the user postgres."""
    folder = Path(tempfile.mkdtemp(prefix="qbsync-pg-"))
    as_user: list[str] = []
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres")
        as_user = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
    data, port = str(folder / "data"), _free_port()
    _run([*as_user, str(programs / "initdb"), "-D", data, "-U", "qbsync", "-A", "trust", "-E", "UTF8"])
    control = [*as_user, str(programs / "pg_ctl"), "-D", data, "-w"]
    options = (
        f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={folder} "
        f"-c max_connections={_OPEN}"
    )
    try:
        _run([*control, "-l", str(folder / "log"), "-o", options, "start"])
        yield f"postgresql://qbsync@127.0.0.1:{port}/postgres"
    finally:
        _run([*control, "-m", "immediate", "stop"], check=False)
        shutil.rmtree(folder, ignore_errors=True)


def _run(command: list[str], *, check: bool = True) -> None:
    subprocess.run(command, check=check, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
