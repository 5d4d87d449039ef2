"""The commands in an empty folder, run inside this process, and a connection to run them on."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import structlog
from click.testing import Result
from typer.testing import CliRunner

from qbsync.cli.main import app
from qbsync.flows import fill
from qbsync.model.names import Known, ListKind
from qbsync.model.records import Record
from qbsync.procore.feeds.events import Seen
from qbsync.simulator.procore import ProcoreServer
from qbsync.store import connections, names
from qbsync.store.engine import Database

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
SECRET = "simulated-secret"
Run = Callable[..., Result]


@pytest.fixture(autouse=True)
def _logs_of_this_process() -> Iterator[None]:
    """A command sends the logs to its own stderr; the next test gets the usual ones back."""
    yield
    structlog.reset_defaults()


@pytest.fixture
def run() -> Run:
    """Runs one command and checks its exit code; nothing but a named ending is let through."""

    def command(*arguments: str, code: int = 0, typed: str | None = None) -> Result:
        result = CliRunner().invoke(app, [str(one) for one in arguments], input=typed)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        said = f"{arguments}: {result.exit_code}\n{result.stdout}\n{result.stderr}"
        assert result.exit_code == code, said
        assert "Traceback" not in result.stderr
        return result

    return command


@pytest.fixture
def read(run: Run) -> Callable[..., Any]:
    """Runs one command with --json and gives what it printed; stderr must be silent."""

    def command(*arguments: str, code: int = 0) -> Any:
        result = run(*arguments, "--json", code=code)
        assert result.stderr == ""
        return json.loads(result.stdout)

    return command


@pytest.fixture
def database(sqlite_template: Path, tmp_path: Path) -> Iterator[Database]:
    """The database where the commands look for it, its schema the newest."""
    path = tmp_path / "var" / "qbsync.sqlite3"
    path.parent.mkdir()
    shutil.copy(sqlite_template, path)
    opened = Database(f"sqlite:///{path}")
    yield opened
    opened.close()


@pytest.fixture
def server() -> Iterator[ProcoreServer]:
    """A running Procore with a list of cost codes."""
    with ProcoreServer() as running:
        erp = running.state.create_cost_code_list("QuickBooks", is_erp_list=True)
        running.state.create_standard_cost_code(erp.id, "01", "General")
        yield running


@dataclass(frozen=True, slots=True, kw_only=True)
class Acme:
    """A connection that was made by the command; `password` is what it printed."""

    id: int
    password: str
    database: Database

    def see(self, *records: Record) -> list[int]:
        """Let a feed say that Procore has these; gives the jobs' numbers."""
        events = [Seen(record=one, exportable=True) for one in records]
        fill.store_events(self.database, self.id, events, NOW)
        with self.database.read() as tx:
            rows = tx.connection().exec_driver_sql("SELECT id FROM jobs ORDER BY id DESC").scalars().all()
        return list(reversed(rows[: len(records)]))


@pytest.fixture
def secret_file(tmp_path: Path) -> Path:
    """A file with the client secret."""
    path = tmp_path / "client.secret"
    path.write_text(f"{SECRET}\n")
    return path


@pytest.fixture
def add(run: Run, secret_file: Path) -> Callable[..., Result]:
    """Makes a connection to a Procore that nobody runs, or to the one whose addresses are given."""

    def command(name: str, *more: str, code: int = 0) -> Result:
        usual = ("--procore-company", "8089", "--client-id", "simulated-client")
        hosts = ("--procore-api", "http://localhost:9", "--procore-login", "http://localhost:9")
        given = ("connection", "add", name, *usual, "--client-secret-file", str(secret_file))
        return run(*given, *(() if "--procore-api" in more else hosts), *more, code=code)

    return command


@pytest.fixture(scope="session")
def installed(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A folder in which the command has made acme once, its lists read; and the password it printed."""
    folder = tmp_path_factory.mktemp("installed")
    (folder / "var").mkdir()
    (folder / "client.secret").write_text(f"{SECRET}\n")
    shutil.copy(sqlite_template, folder / "var" / "qbsync.sqlite3")
    usual = ("--procore-company", "8089", "--client-id", "simulated-client")
    hosts = ("--procore-api", "http://localhost:9", "--procore-login", "http://localhost:9")
    with pytest.MonkeyPatch.context() as patched:
        patched.chdir(folder)
        patched.setenv("QBSYNC_DATABASE_URL", "sqlite:///var/qbsync.sqlite3")
        patched.delenv("QBSYNC_SECRET_KEY", raising=False)
        patched.delenv("QBSYNC_SECRET_KEY_FILE", raising=False)
        given = (
            "connection",
            "add",
            "acme",
            *usual,
            *hosts,
            "--client-secret-file",
            "client.secret",
            "--json",
        )
        made = CliRunner().invoke(app, given)
    password: str = json.loads(made.stdout)["password"]
    opened = Database(f"sqlite:///{folder / 'var' / 'qbsync.sqlite3'}")
    with opened.write() as tx:
        row = connections.named(tx, "acme")
        row.names_at = row.payments_at = row.costs_at = row.drift_at = NOW
        names.mark_read(tx, row.id, ListKind)
        entries = (
            Known(list=ListKind.VENDOR, list_id="V-1", full_name="Bayline Supply"),
            Known(list=ListKind.CUSTOMER, list_id="C-1", full_name="Harbor Medical"),
        )
        names.save(tx, row.id, entries)
    opened.close()
    return folder / "var", password


@pytest.fixture
def acme(installed: tuple[Path, str], tmp_path: Path) -> Iterator[Acme]:
    """A connection named acme whose lists have been read, where the commands look for it."""
    var, password = installed
    shutil.copytree(var, tmp_path / "var")
    opened = Database(f"sqlite:///{tmp_path / 'var' / 'qbsync.sqlite3'}")
    yield Acme(id=1, password=password, database=opened)
    opened.close()
