"""A whole installation of real processes: `qbsync serve`, a Procore and a Web Connector on this machine."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest

from qbsync import qwc
from qbsync.app import App
from qbsync.flows import insights, setup
from qbsync.flows.insights import JobFilter
from qbsync.settings import Settings
from qbsync.simulator.procore import ProcoreServer, ProcoreState
from qbsync.simulator.quickbooks import CompanyFile
from qbsync.simulator.webconnector import UpdateResult, WebConnector
from qbsync.simulator.world import WorldSpec, build_world
from qbsync.store import connections, schema
from qbsync.store.connections import NewConnection

NAME = "acme"


@dataclass
class Installation:
    """One qbsync installation, used only through its commands, its HTTP and its SOAP."""

    folder: Path
    database_url: str
    world: WorldSpec
    procore: ProcoreServer
    company: CompanyFile
    password: str = ""
    port: int = 0
    process: subprocess.Popen[str] | None = None
    listener: threading.Thread | None = None
    words: list[str] = field(default_factory=list)
    connectors: list[WebConnector] = field(default_factory=list)

    @cached_property
    def app(self) -> App:
        """The same installation from within this process."""
        return App(Settings(database_url=self.database_url, secret_key_file=self.folder / "secret.key"))

    def run(self, *arguments: str, expect: int = 0) -> str:
        """Run one command and give its stdout; its exit code must be the one expected."""
        done = subprocess.run(
            [sys.executable, "-m", "qbsync", *arguments],
            cwd=self.folder,
            env=self._environment(),
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == expect, f"{arguments}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def read(self, *arguments: str) -> Any:
        """The JSON that one command prints."""
        return json.loads(self.run(*arguments, "--json"))

    def _environment(self) -> dict[str, str]:
        return {
            **os.environ,
            "QBSYNC_DATABASE_URL": self.database_url,
            "QBSYNC_SECRET_KEY_FILE": str(self.folder / "secret.key"),
            **({"QBSYNC_PUBLIC_URL": f"http://localhost:{self.port}"} if self.port else {}),
        }

    @property
    def _options(self) -> dict[str, str]:
        return {
            "auto_accept": "all",
            "cost_code_income_account": self.world.income_account,
            "cost_code_expense_account": self.world.expense_account,
            "project_customer": self.world.quickbooks_customers[0],
        }

    def set_up_by_commands(self) -> None:
        """Upgrade the database and add the connection, as README tells an admin to."""
        self.run("db", "upgrade")
        secret = self.folder / "procore.secret"
        secret.write_text(self.procore.client_secret)
        added = self.read(
            "connection", "add", NAME, "--procore-company", str(self.procore.company_id), "--feed", "direct",
            "--procore-api", self.procore.url, "--procore-login", self.procore.login_url,
            "--client-id", self.procore.client_id, "--client-secret-file", str(secret),
        )  # fmt: skip
        self.password = added["password"]
        self.run("connection", "set", NAME, *(f"{key}={value}" for key, value in self._options.items()))

    def set_up(self) -> None:
        """The same without starting a process for each step."""
        schema.upgrade(self.app.database)
        new = NewConnection(
            name=NAME,
            procore_company=str(self.procore.company_id),
            feed="direct",
            procore_api=self.procore.url,
            procore_login=self.procore.login_url,
            client_id=self.procore.client_id,
            client_secret=self.procore.client_secret,
        )
        _user, self.password = setup.add(self.app.desk("test"), new, self.app.keeper)
        self.set(**self._options)

    def set(self, **options: str) -> None:
        """Set options of the connection."""
        setup.set_options(self.app.desk("test"), NAME, options)

    @property
    def connection_id(self) -> int:
        """The connection's number."""
        with self.app.database.read() as tx:
            return connections.named(tx, NAME).id

    def serve(self) -> None:
        """Start `qbsync serve` on the port it had before, or on a free one, and wait until it says so."""
        self.process = subprocess.Popen(
            [sys.executable, "-m", "qbsync", "serve", "--no-worker", "--port", str(self.port)],
            cwd=self.folder,
            env=self._environment(),
            stderr=subprocess.PIPE,
            text=True,
        )
        said = threading.Event()
        self.listener = threading.Thread(target=self._listen, args=(self.process, said), daemon=True)
        self.listener.start()
        assert said.wait(60), "".join(self.words)

    def _listen(self, process: subprocess.Popen[str], said: threading.Event) -> None:
        assert process.stderr is not None
        for line in process.stderr:
            self.words.append(line)
            if "qbsync serves" in line:
                self.port = int(line.split("localhost:")[1].split("/")[0])
                said.set()

    def kill(self) -> None:
        """End `qbsync serve` as a power cut would."""
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        self._ended()

    def stop(self) -> int:
        """Ask `qbsync serve` to end; gives its exit code."""
        assert self.process is not None
        self.process.terminate()
        return self._ended()

    def _ended(self) -> int:
        assert self.process is not None
        assert self.listener is not None
        code = self.process.wait(30)
        self.listener.join(30)
        assert self.process.stderr is not None
        self.process.stderr.close()
        self.process = None
        return code

    def connector(self, *, machine: str = "OFFICE-PC") -> WebConnector:
        """A Web Connector on a PC, with the .qwc that qbsync writes loaded."""
        with self.app.database.read() as tx:
            row = connections.named(tx, NAME)
        data = qwc.write(
            name=NAME,
            user=row.user,
            public_url=f"http://localhost:{self.port}",
            owner_id=row.owner_id,
            file_id=row.file_id,
            minutes=5,
        )
        made = WebConnector(self.company, data, machine=machine)
        self.connectors.append(made)
        made.add()
        return made

    def drain(self, connector: WebConnector, *, updates: int = 8) -> list[UpdateResult]:
        """Run healthy updates until nothing is queued or out."""
        results = []
        for _ in range(updates):
            results.append(connector.update(self.password))
            if not any(self.jobs(state) for state in ("queued", "sent")):
                break
        return results

    def jobs(self, state: str | None = None) -> list[dict[str, Any]]:
        """The jobs, newest first."""
        with self.app.database.read() as tx:
            return insights.jobs(tx, JobFilter(state=state))

    def close(self) -> None:
        """End every process and server."""
        for connector in self.connectors:
            connector.close()
        if self.process is not None:
            self.kill()
        self.procore.stop()
        self.company.close()
        self.app.database.close()


@pytest.fixture
def install(tmp_path: Path) -> Iterator[Callable[[str], Installation]]:
    """Makes an installation with a small company on the database of a URL."""
    made: list[Installation] = []

    def one(database_url: str, *, by_commands: bool = False) -> Installation:
        world = build_world(cost_codes=6, vendors=6, projects=1, commitments=4)
        procore = ProcoreServer(ProcoreState(company_name="Summit Ridge Builders"))
        world.apply(procore.state)
        procore.start()
        company = CompanyFile.open(tmp_path / "company.qbw", company_name="Summit Ridge Builders")
        world.furnish(company)
        installation = Installation(
            folder=tmp_path, database_url=database_url, world=world, procore=procore, company=company
        )
        made.append(installation)
        installation.set_up_by_commands() if by_commands else installation.set_up()
        return installation

    yield one
    for installation in made:
        installation.close()


@pytest.fixture
def installation(install: Callable[[str], Installation], database_url: str) -> Installation:
    """An installation on SQLite and on PostgreSQL."""
    return install(database_url)


@pytest.fixture
def small(install: Callable[[str], Installation], tmp_path: Path) -> Installation:
    """An installation on SQLite."""
    return install(f"sqlite:///{tmp_path / 'qbsync.sqlite3'}")
