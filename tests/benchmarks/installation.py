"""An installation for the benchmarks: its database, its connection and a real `qbsync serve` process."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from qbsync import qwc
from qbsync.app import App
from qbsync.flows import fill, setup
from qbsync.model.records import Address, Vendor
from qbsync.procore.feeds.events import Seen
from qbsync.settings import Settings
from qbsync.simulator.world import VendorSpec, build_world
from qbsync.store import connections, schema, sessions
from qbsync.store.connections import NewConnection

NAME = "bench"
_TICKS = os.sysconf("SC_CLK_TCK")


class Installation:
    """One connection that accepts everything, in a folder that is gone afterwards; use as a context manager.

    Nobody stands in for Procore: records are put into the queue as the feed would put them.
    """

    def __init__(self, database_url: str = "") -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="qbsync-bench-")
        self.folder = Path(self._folder.name)
        self.database_url = database_url or f"sqlite:///{self.folder / 'qbsync.sqlite3'}"
        self.app = App(Settings(database_url=self.database_url, secret_key_file=self.folder / "secret.key"))
        schema.upgrade(self.app.database)
        self.port = 0
        self._process: subprocess.Popen[str] | None = None
        self.password = self._connect()
        with self.app.database.read() as tx:
            self.connection_id = connections.named(tx, NAME).id

    def __enter__(self) -> Self:
        """Nothing runs before `serve`."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the process and remove the folder."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(30)
            assert self._process.stderr is not None
            self._process.stderr.close()
        self.app.database.close()
        self._folder.cleanup()

    def _connect(self) -> str:
        new = NewConnection(
            name=NAME,
            procore_company="8089",
            feed="direct",
            procore_api="http://127.0.0.1:1",
            procore_login="http://127.0.0.1:1",
            client_id="bench",
            client_secret="bench",
        )
        _user, password = setup.add(self.app.desk("bench"), new, self.app.keeper)
        setup.set_options(self.app.desk("bench"), NAME, {"auto_accept": "all"})
        return password

    def queue(self, vendors: Iterable[Vendor]) -> int:
        """Stage, review and accept vendors as one pull from Procore would; gives how many were accepted."""
        events = (Seen(record=vendor, exportable=True) for vendor in vendors)
        return fill.store_events(self.app.database, self.connection_id, events, datetime.now(UTC)).accepted

    def lists_are_fresh(self) -> None:
        """Let QuickBooks' lists count as just read, so that no session asks for them."""
        with self.app.database.write() as tx:
            row = connections.lock(tx, self.connection_id)
            row.names_at = row.payments_at = row.costs_at = row.drift_at = datetime.now(UTC)

    def ticket(self) -> str:
        """The ticket of a new session that is past its first sendRequestXML."""
        with self.app.database.write() as tx:
            _row, ticket = sessions.begin(tx, self.connection_id, "working", datetime.now(UTC))
        return ticket

    def serve(self) -> None:
        """Start `qbsync serve --no-worker` on a free port and wait until it says so."""
        environment = {
            **os.environ,
            "QBSYNC_DATABASE_URL": self.database_url,
            "QBSYNC_SECRET_KEY_FILE": str(self.folder / "secret.key"),
        }
        command = [sys.executable, "-m", "qbsync", "serve", "--no-worker", "--port", "0"]
        self._process = subprocess.Popen(
            command, cwd=self.folder, env=environment, stderr=subprocess.PIPE, text=True
        )
        assert self._process.stderr is not None
        for line in self._process.stderr:
            if "qbsync serves" in line:
                self.port = int(line.split("localhost:")[1].split("/")[0])
                return
        raise SystemExit("qbsync serve did not start")

    def qwc(self) -> bytes:
        """The .qwc that a bookkeeper would load."""
        with self.app.database.read() as tx:
            row = connections.named(tx, NAME)
        return qwc.write(
            name=NAME,
            user=row.user,
            public_url=f"http://localhost:{self.port}",
            owner_id=row.owner_id,
            file_id=row.file_id,
            minutes=5,
        )

    @property
    def cpu_seconds(self) -> float:
        """What the server process has used of a processor so far, its own and the system's time."""
        fields = self._proc("stat").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS

    @property
    def peak_mib(self) -> float:
        """The most memory the server process has held so far (VmHWM)."""
        return self._memory("VmHWM")

    @property
    def resident_mib(self) -> float:
        """The memory the server process holds now (VmRSS)."""
        return self._memory("VmRSS")

    def _memory(self, name: str) -> float:
        line = next(line for line in self._proc("status").splitlines() if line.startswith(name))
        return int(line.split()[1]) / 1024

    def _proc(self, name: str) -> str:
        assert self._process is not None
        return Path(f"/proc/{self._process.pid}/{name}").read_text()


def awkward_vendors(count: int) -> list[Vendor]:
    """Vendors of the demo's making: accents, quotes, ampersands, letters QuickBooks does not know."""
    specs = build_world(vendors=count).vendors
    return [_vendor(str(place), spec) for place, spec in enumerate(specs, start=1)]


def _vendor(procore_id: str, spec: VendorSpec) -> Vendor:
    return Vendor(
        procore_id=procore_id,
        name=spec.name,
        address=Address(
            street=spec.address,
            city=spec.city,
            state=spec.state_code,
            postal_code=spec.zip,
            country=spec.country_code,
        ),
        phone=spec.phone,
        email=spec.email,
        contact_first_name=spec.contact[0],
        contact_last_name=spec.contact[1],
    )
