"""Fixtures that every kind of test may need: databases, a real PostgreSQL, and Intuit's own files."""

from __future__ import annotations

import gc
import os
import re
import shutil
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from pathlib import Path

import postgresql
import pytest

from qbsync.model.jobs import JobEvent, JobState
from qbsync.store import schema
from qbsync.store.engine import Database

COUNTED, SHOWN = "counted", "shown"
_TOLD = re.compile(rf"^({COUNTED}|{SHOWN}) ([^|]*) \| (.*)$", re.MULTILINE)
IN_CI = bool(os.environ.get("CI"))


def _skip(why: str) -> None:
    """Skip with a word, but never under CI: there everything must be proven."""
    if IN_CI:
        pytest.fail(f"{why} Under CI no such test may be skipped.")
    pytest.skip(why)


def pytest_configure() -> None:
    """Look for garbage rarely: most of what a run makes it keeps, and looking took an eighth of its time."""
    gc.set_threshold(100_000, 50, 100)


@pytest.fixture(scope="session")
def tell() -> Callable[[str, Mapping[str, int] | str], None]:
    """Shows what a test has found out at the end of the run, under a heading.

    Counts by kind are added up over all tests that tell of them; a table stands there once, whoever told it.
    """

    def tell(heading: str, found: Mapping[str, int] | str) -> None:
        if isinstance(found, str):
            how, lines = SHOWN, found.splitlines()
        else:
            how, lines = COUNTED, [f"{kind}: {count}" for kind, count in sorted(found.items())]
        sys.stdout.writelines(f"{how} {heading} | {line}\n" for line in lines)

    return tell


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what the tests told, as it stands in their output: other processes may have run them."""
    counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
    tables: dict[str, list[str]] = {}
    for report in terminalreporter.getreports("passed"):
        shown: dict[str, list[str]] = {}
        for how, heading, line in _TOLD.findall(report.capstdout):
            if how == SHOWN:
                shown.setdefault(heading, []).append(line)
            else:
                kind, _, count = line.rpartition(": ")
                counts[heading][kind] += int(count)
        tables |= shown
    for heading, lines in sorted(tables.items()):
        terminalreporter.write_line("\n  ".join([f"{heading}:", *lines]))
    for heading, told in sorted(counts.items()):
        every = ", ".join(f"{kind}: {count}" for kind, count in sorted(told.items()))
        terminalreporter.write_line(f"{heading}: {every}")


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
    with postgresql.running() as server:
        if server is None:
            _skip(postgresql.ABSENT)
        yield str(server)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with the newest schema, upgraded once and copied for each test."""
    path = tmp_path_factory.mktemp("template") / "template.sqlite3"
    with closing(Database(f"sqlite:///{path}")) as opened:
        schema.upgrade(opened)
    return path


@pytest.fixture(scope="session")
def postgresql_template(postgresql_server: str) -> Iterator[str]:
    """The name of a PostgreSQL database with the newest schema, upgraded once and copied for each test."""
    with postgresql.database(postgresql_server) as url:
        with closing(Database(url)) as opened:
            schema.upgrade(opened)
        yield str(opened.url.database)


@pytest.fixture
def postgresql_url(postgresql_server: str, postgresql_template: str) -> Iterator[str]:
    """The URL of a PostgreSQL database of its own with the newest schema."""
    with postgresql.database(postgresql_server, postgresql_template) as url:
        yield url


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    """The URL of a SQLite file of its own with the newest schema."""
    path = tmp_path / "qbsync.sqlite3"
    shutil.copy(sqlite_template, path)
    return f"sqlite:///{path}"


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def database_url(request: pytest.FixtureRequest) -> str:
    """The URL of a database with the newest schema: the test runs on SQLite and on PostgreSQL."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """A database with the newest schema, on SQLite and on PostgreSQL."""
    with closing(Database(database_url)) as opened:
        yield opened


@pytest.fixture
def sqlite(sqlite_url: str) -> Iterator[Database]:
    """A SQLite database with the newest schema, for what does not depend on the database."""
    with closing(Database(sqlite_url)) as opened:
        yield opened


@pytest.fixture(scope="session")
def ways() -> dict[JobState, tuple[JobEvent, ...]]:
    """How a staged job comes into each state."""
    return {
        JobState.STAGED: (),
        JobState.REJECTED: (JobEvent.REJECT,),
        JobState.QUEUED: (JobEvent.ACCEPT,),
        JobState.SENT: (JobEvent.ACCEPT, JobEvent.SEND),
        JobState.IN_DOUBT: (JobEvent.ACCEPT, JobEvent.SEND, JobEvent.LOSE),
        JobState.SYNCED: (JobEvent.ACCEPT, JobEvent.SEND, JobEvent.SYNC),
        JobState.FAILED: (JobEvent.ACCEPT, JobEvent.SEND, JobEvent.FAIL),
        JobState.HELD: (JobEvent.ACCEPT, JobEvent.HOLD),
        JobState.CANCELLED: (JobEvent.CANCEL,),
    }
