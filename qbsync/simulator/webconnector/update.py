"""One update of the Web Connector, call by call (reference sections 1.2 to 1.7)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime

from qbsync.simulator.quickbooks import CompanyFile, RequestProcessorError
from qbsync.simulator.webconnector import own_requests
from qbsync.simulator.webconnector.log import Log, shortened
from qbsync.simulator.webconnector.qwc_file import QbwcError, QwcFile
from qbsync.simulator.webconnector.results import Exchange, Misbehaviour, Outcome, UpdateResult
from qbsync.simulator.webconnector.service import Service

_PAUSE_SECONDS = 5.0
_MOST_CONNECTION_ERRORS = 5
_DONE = 100
_REFUSALS = {"none": Outcome.NO_WORK, "nvu": Outcome.INVALID_USER, "busy": Outcome.BUSY}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What the caller wants to go wrong."""

    stop_after: str = ""
    misbehave: Misbehaviour | None = None
    at: int = 1


class _Ended(Exception):  # noqa: N818 the regular way out of the conversation
    """The conversation is over with this result; `close` says whether closeConnection is called."""

    def __init__(self, result: UpdateResult, *, close: bool = True) -> None:
        super().__init__(result.outcome)
        self.result = result
        self.close = close


@dataclass(slots=True, kw_only=True)
class Update:
    """The state of one update."""

    company: CompanyFile
    qwc: QwcFile
    service: Service
    machine: str
    version: str
    log: Log
    clock: Callable[[], datetime]
    sleep: Callable[[float], None]
    wishes: Wishes
    _ticket: str = ""
    _session: str = ""
    _path: str = ""
    _hcp: str = ""
    _calls: list[str] = field(default_factory=list)
    _exchanges: list[Exchange] = field(default_factory=list)
    _sends: int = 0
    _greeting: UpdateResult = field(default_factory=lambda: UpdateResult(outcome=Outcome.DONE))

    def run(self, password: str) -> UpdateResult:
        """Do it all and say how it ended."""
        try:
            self._greet()
            self._authenticate(password)
            self._connect()
            self._converse()
        except _Ended as end:
            result = self._close(end.result) if end.close else end.result
        except QbwcError as fault:
            self.log.write("SOAPWebService", str(fault))
            result = self._close(UpdateResult(outcome=Outcome.FAILED, code=fault.code, error=fault.message))
        else:
            raise AssertionError("a conversation ends by _Ended")
        finally:
            self.company.end_session(self._session)
        return replace(
            result,
            ticket=self._ticket,
            server_version=self._greeting.server_version,
            minimum_run_every_seconds=self._greeting.minimum_run_every_seconds,
            hcp=self._hcp,
            calls=tuple(self._calls),
            exchanges=tuple(self._exchanges),
        )

    def _call(self, operation: str, **arguments: str | int) -> list[str | None]:
        self._calls.append(operation)
        result = self.service.call(operation, arguments)
        shown = (
            "<masked>" if operation == "authenticate" else shortened("|".join(part or "" for part in result))
        )
        self.log.write(f"SOAPWebService.do_{operation}()", f"answered {shown!r}")
        return result

    def _text(self, operation: str, **arguments: str | int) -> str:
        return next(iter(self._call(operation, **arguments)), None) or ""

    def _greet(self) -> None:
        server = self._text("serverVersion")
        self._greeting = replace(self._greeting, server_version=server)
        answer = self._text("clientVersion", strVersion=self.version)
        prefix, colon, text = answer.partition(":")
        if not answer:
            return
        if not colon or prefix not in {"W", "E", "O"}:
            raise QbwcError("QBWC1046", f"clientVersion answered {answer!r}")
        raise _Ended(UpdateResult(outcome=Outcome.CLIENT_REFUSED, code="QBWC1037", error=text), close=False)

    def _authenticate(self, password: str) -> None:
        found = self._call("authenticate", strUserName=self.qwc.user_name, strPassword=password)
        if len(found) < 2:  # noqa: PLR2004 the array's two required members
            raise QbwcError("QBWC1012", "Index was outside the bounds of the array.")
        self._ticket, self._path = found[0] or "", found[1] or ""
        postpone, every = (_seconds(found, at) for at in (2, 3))
        self._greeting = replace(self._greeting, minimum_run_every_seconds=every)
        if postpone:
            raise _Ended(UpdateResult(outcome=Outcome.POSTPONED, postpone_seconds=postpone))
        if self._path in _REFUSALS:
            code = "QBWC1040" if self._path == "nvu" else ""
            raise _Ended(UpdateResult(outcome=_REFUSALS[self._path], code=code))
        self._die_after("authenticate")

    def _connect(self) -> None:
        for _ in range(_MOST_CONNECTION_ERRORS):
            try:
                self._session = self.company.begin_session(self.qwc.app_name, self._path)
            except RequestProcessorError as fault:
                self.log.write("OpenConnection", str(fault))
                answer = self._text(
                    "connectionError", ticket=self._ticket, hresult=fault.hresult, message=fault.message
                )
                if answer.casefold() == "done":
                    raise _Ended(_not_connected(fault)) from fault
                self._path, last = answer, fault
            else:
                return
        raise _Ended(_not_connected(last))

    def _converse(self) -> None:
        self._lock_file(locked=True)
        hcp = self._process_own(own_requests.hcp(self._qbxml_version(), self.qwc.owner_id))
        self._hcp = hcp
        while True:
            request = self._send(hcp)
            hcp = ""
            if request in {"", "NoOp"}:
                self._after_no_request()
                continue
            percent = self._execute_and_deliver(request)
            if percent < 0:
                text = self._text("getLastError", ticket=self._ticket)
                raise _Ended(UpdateResult(outcome=Outcome.ERROR, code="QBWC1031", error=text))
            if percent >= _DONE:
                raise _Ended(UpdateResult(outcome=Outcome.DONE))

    def _send(self, hcp: str) -> str:
        self._sends += 1
        twice = self._spoiled(Misbehaviour.SEND_TWICE)
        request = self._ask(hcp)
        if twice and request not in {"", "NoOp"}:
            self._exchanges.append(Exchange(ticket=self._ticket, request=request))
            request = self._ask("")
        if request not in {"", "NoOp"} and self._dies_after("sendRequestXML"):
            self._exchanges.append(Exchange(ticket=self._ticket, request=request))
            self._die_after("sendRequestXML")
        return request

    def _ask(self, hcp: str) -> str:
        major, _, minor = self._qbxml_version().lstrip("CAUK").partition(".")
        return self._text(
            "sendRequestXML",
            ticket=self._ticket,
            strHCPResponse=hcp,
            strCompanyFileName=self.company.path_shown,
            qbXMLCountry=self.company.country,
            qbXMLMajorVers=int(major),
            qbXMLMinorVers=int(minor),
        )

    def _after_no_request(self) -> None:
        text = self._text("getLastError", ticket=self._ticket)
        if text == "NoOp":
            self.sleep(_PAUSE_SECONDS)
            return
        if text == "Interactive mode":
            raise _Ended(UpdateResult(outcome=Outcome.INTERACTIVE, error=text))
        raise _Ended(UpdateResult(outcome=Outcome.ERROR, code="QBWC1031", error=text))

    def _execute_and_deliver(self, request: str) -> int:
        exchange = Exchange(ticket=self._ticket, request=request)
        try:
            executed = self._process(request)
            exchange = replace(exchange, executed=executed, response=self._spoil(executed))
        except RequestProcessorError as fault:
            self.log.write("ProcessRequest", str(fault))
            exchange = replace(exchange, hresult=fault.hresult, message=fault.message)
        self._exchanges.append(exchange)
        self._die_after("process")
        if self._spoiled(Misbehaviour.DELIVER_TWICE):
            self._deliver(exchange)
        percent = self._deliver(exchange)
        self._exchanges[-1] = replace(exchange, percent=percent)
        self._die_after("receiveResponseXML")
        return percent

    def _deliver(self, exchange: Exchange) -> int:
        answer = self._text(
            "receiveResponseXML",
            ticket=exchange.ticket,
            response=exchange.response,
            hresult=exchange.hresult,
            message=exchange.message,
        )
        try:
            return int(answer)
        except ValueError as fault:
            raise QbwcError("QBWC1042", f"receiveResponseXML answered {answer!r}, no int") from fault

    def _spoil(self, executed: str) -> str:
        if self._spoiled(Misbehaviour.DELIVER_GARBAGE):
            return "<html><body>502 Bad Gateway</body></html>"
        if self._spoiled(Misbehaviour.DELIVER_TRUNCATED):
            return executed[: len(executed) // 2]
        return "" if self._spoiled(Misbehaviour.DELIVER_NOTHING) else executed

    def _spoiled(self, misbehaviour: Misbehaviour) -> bool:
        return self.wishes.misbehave is misbehaviour and self.wishes.at == self._sends

    def _dies_after(self, step: str) -> bool:
        return self.wishes.stop_after == step and (step == "authenticate" or self.wishes.at == self._sends)

    def _die_after(self, step: str) -> None:
        if self._dies_after(step):
            self.log.write("WebConnector", f"died after {step}")
            raise _Ended(UpdateResult(outcome=Outcome.DIED), close=False)

    def _process(self, request: str) -> str:
        return self.company.process_in_session(self._session, request)

    def _process_own(self, request: str) -> str:
        return self.company.process_in_session(self._session, request, spared=True)

    def _qbxml_version(self) -> str:
        return self.company.versions[-1]

    def _lock_file(self, *, locked: bool) -> None:
        value = own_requests.lock_value(self.machine, self.clock(), locked=locked)
        own_requests.write(
            self._process_own, self._qbxml_version(), self.qwc.owner_id, own_requests.APP_LOCK, value
        )

    def _close(self, result: UpdateResult) -> UpdateResult:
        try:
            if self._session:
                self._lock_file(locked=False)
            return replace(result, closing=self._text("closeConnection", ticket=self._ticket))
        except (QbwcError, RequestProcessorError) as fault:
            self.log.write("SOAPWebService", str(fault))
            return result


def _seconds(found: list[str | None], at: int) -> int:
    text = (found[at] or "") if len(found) > at else ""
    return int(text) if text.isdigit() else 0


def _not_connected(fault: RequestProcessorError) -> UpdateResult:
    return UpdateResult(
        outcome=Outcome.NOT_CONNECTED, code="QBWC1013", error=f"{fault.hresult}: {fault.message}"
    )
