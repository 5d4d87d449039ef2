"""Fixtures that every kind of test may need: databases, a real PostgreSQL, and Intuit's own files."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import tempfile
import uuid
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from qbsync.store import schema
from qbsync.store.engine import Database

_EVENT = re.compile(r"^told (.*): (\d+)$", re.MULTILINE)
IN_CI = bool(os.environ.get("CI"))


def _skip(why: str) -> None:
    """Skip with a word, but never under CI: there everything must be proven."""
    if IN_CI:
        pytest.fail(f"{why} Under CI no such test may be skipped.")
    pytest.skip(why)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what the company histories told, by kind of event."""
    told: Counter[str] = Counter()
    for report in terminalreporter.getreports("passed"):
        if "test_histories" in report.nodeid:
            told.update({kind: int(count) for kind, count in _EVENT.findall(report.capstdout)})
    if told:
        counts = ", ".join(f"{kind}: {count}" for kind, count in sorted(told.items()))
        terminalreporter.write_line(f"Company histories: {counts}")


@pytest.fixture(autouse=True)
def _no_settings_of_this_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Take every QBSYNC_ variable but the schema's away, and work in an empty folder."""
    for name in list(os.environ):
        if name.startswith("QBSYNC_") and name not in ("QBSYNC_INTUIT_SCHEMA", "QBSYNC_TEST_POSTGRESQL_URL"):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


@pytest.fixture(scope="session")
def intuit() -> Path:
    """The folder that QBSYNC_INTUIT_SCHEMA names: Intuit's schema and WSDL, and Procore's samples."""
    folder = os.environ.get("QBSYNC_INTUIT_SCHEMA")
    if not folder or not Path(folder).is_dir():
        _skip("Intuit's files are needed; QBSYNC_INTUIT_SCHEMA names no folder.")
    return Path(str(folder))


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[str]:
    """The URL of a real PostgreSQL: the one QBSYNC_TEST_POSTGRESQL_URL names, or one started for this run."""
    given = os.environ.get("QBSYNC_TEST_POSTGRESQL_URL")
    if given:
        yield given
        return
    programs = _postgresql_programs()
    if programs is None:
        _skip("No PostgreSQL is installed and QBSYNC_TEST_POSTGRESQL_URL names none.")
    yield from _started(Path(str(programs)))


def _postgresql_programs() -> Path | None:
    """Where initdb lies; Debian keeps it out of PATH."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if found:
        return found[-1].parent
    on_path = shutil.which("initdb")
    return Path(on_path).resolve().parent if on_path else None


def _started(programs: Path) -> Iterator[str]:
    """A cluster of its own in a temporary folder; as root it runs as the user postgres, as it must."""
    folder = Path(tempfile.mkdtemp(prefix="qbsync-pg-"))
    as_user: list[str] = []
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres")
        as_user = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
    data, port = folder / "data", _free_port()
    initdb = [
        str(programs / "initdb"),
        "-D",
        str(data),
        "-U",
        "qbsync",
        "-A",
        "trust",
        "--no-sync",
        "-E",
        "UTF8",
    ]
    _run([*as_user, *initdb])
    control = [*as_user, str(programs / "pg_ctl"), "-D", str(data), "-w"]
    options = (
        f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={folder} -c max_connections=200"
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


@pytest.fixture
def postgresql_url(postgresql_server: str) -> Iterator[str]:
    """An empty PostgreSQL database of its own."""
    name = f"qbsync_{uuid.uuid4().hex}"
    server = sa.create_engine(Database(postgresql_server).url, isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.exec_driver_sql(f'CREATE DATABASE "{name}"')
    yield server.url.set(database=name, drivername="postgresql").render_as_string(hide_password=False)
    with server.connect() as connection:
        connection.exec_driver_sql(f'DROP DATABASE "{name}" WITH (FORCE)')
    server.dispose()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database: the test runs on SQLite and on PostgreSQL."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'qbsync.sqlite3'}"
    url: str = request.getfixturevalue("postgresql_url")
    return url


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """A database with the newest schema, on SQLite and on PostgreSQL."""
    opened = Database(database_url)
    schema.upgrade(opened)
    yield opened
    opened.close()


@pytest.fixture
def sqlite(tmp_path: Path) -> Iterator[Database]:
    """A SQLite database with the newest schema, for what does not depend on the database."""
    opened = Database(f"sqlite:///{tmp_path / 'only.sqlite3'}")
    schema.upgrade(opened)
    yield opened
    opened.close()
