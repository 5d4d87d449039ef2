"""The simulated Web Connector: adds an application and runs its updates in the documented order."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from qbsync.simulator.quickbooks import CompanyFile, RequestProcessorError
from qbsync.simulator.webconnector import own_requests
from qbsync.simulator.webconnector.log import Log
from qbsync.simulator.webconnector.qwc_file import QbwcError, QwcFile, read_qwc
from qbsync.simulator.webconnector.results import Misbehaviour, UpdateResult
from qbsync.simulator.webconnector.service import Service
from qbsync.simulator.webconnector.update import Update, Wishes


def _utc_now() -> datetime:
    return datetime.now(UTC)


class WebConnector:
    """One PC's Web Connector with one application, beside one QuickBooks.

    `company` may be replaced to open another company file. `style` overrides the .qwc's (Document, RPC).
    `sleep` is called for the five seconds of a NoOp. `verify` goes to requests. `log.lines` tells what
    happened. Raises QbwcError for a .qwc file that QBWC refuses.
    """

    def __init__(
        self,
        company: CompanyFile,
        qwc: QwcFile | bytes | str | Path,
        *,
        machine: str = "OFFICE-PC",
        version: str = "2.3.0.215",
        style: str = "",
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], datetime] = _utc_now,
        timeout: float = 100.0,
        verify: bool | str = True,
        log_file: Path | None = None,
    ) -> None:
        self.company = company
        self.qwc = qwc if isinstance(qwc, QwcFile) else read_qwc(qwc)
        self.machine = machine
        self.version = version
        self.log = Log(clock, log_file)
        self._sleep = sleep
        self._clock = clock
        self._service = Service(self.qwc, timeout=timeout, verify=verify, style=style)

    def close(self) -> None:
        """Close the HTTP connections."""
        self._service.close()

    def add(self) -> None:
        """Add the application: GET AppURL and AppSupport, and write FileID into the company file.

        Raises QbwcError: 1048, 1003 or 1004 for the addresses, 1007 if QuickBooks is not to be reached,
        1039 if the company file bears another FileID of this application.
        """
        self._service.check_application_address()
        self._service.check_support_address()
        try:
            session = self.company.begin_session(self.qwc.app_name)
        except RequestProcessorError as fault:
            raise QbwcError("QBWC1007", f"Cannot connect to QuickBooks: {fault.message}") from fault
        try:
            self._register(session)
        finally:
            self.company.end_session(session)
        self.log.write("RegistryManager", f"{self.qwc.app_name} has been added")

    def update(
        self,
        password: str,
        *,
        stop_after: str = "",
        misbehave: Misbehaviour | None = None,
        at: int = 1,
    ) -> UpdateResult:
        """Run one update, from serverVersion to closeConnection.

        `stop_after` lets the Web Connector die: after `authenticate`, after the sendRequestXML number `at`
        was answered (nothing executed), after `process` (QuickBooks has executed it, nothing delivered), or
        after `receiveResponseXML`. `misbehave` spoils the round trip number `at`.
        """
        wishes = Wishes(stop_after=stop_after, misbehave=misbehave, at=at)
        return Update(
            company=self.company,
            qwc=self.qwc,
            service=self._service,
            machine=self.machine,
            version=self.version,
            log=self.log,
            clock=self._clock,
            sleep=self._sleep,
            wishes=wishes,
        ).run(password)

    def deliver(self, ticket: str, response: str, *, hresult: str = "", message: str = "") -> str:
        """Call receiveResponseXML by itself, late or with an old ticket; answers what the service said."""
        arguments: dict[str, str | int] = {
            "ticket": ticket,
            "response": response,
            "hresult": hresult,
            "message": message,
        }
        return next(iter(self._service.call("receiveResponseXML", arguments)), None) or ""

    def _register(self, session: str) -> None:
        version, owner = self.company.versions[-1], self.qwc.owner_id

        def process(request: str) -> str:
            return self.company.process_in_session(session, request, spared=True)

        known = own_requests.read(process, version, owner, own_requests.FILE_ID)
        if known is not None and known.casefold() != self.qwc.file_id.casefold():
            raise QbwcError("QBWC1039", "The company file bears another FileID of this application")
        if known is None:
            own_requests.write(process, version, owner, own_requests.FILE_ID, self.qwc.file_id)
