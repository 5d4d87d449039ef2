"""A Procore over real HTTP on this machine: an API host and a login host, each on a port of its own."""

from __future__ import annotations

import logging
import threading
from collections import Counter
from collections.abc import Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Final, Self

from flask import Flask, request
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from qbsync.simulator.procore.answers import Refusal
from qbsync.simulator.procore.budget_api import BudgetApi
from qbsync.simulator.procore.change_order_api import ChangeOrderApi
from qbsync.simulator.procore.commitments import Commitments, Contracts
from qbsync.simulator.procore.company import Company
from qbsync.simulator.procore.contract_lines import ContractLines
from qbsync.simulator.procore.cost_codes import CostCodes, LineItemTypes, StandardCostCodes
from qbsync.simulator.procore.direct_cost_api import DirectCostApi
from qbsync.simulator.procore.erp_api import ErpApi
from qbsync.simulator.procore.erp_staging_api import StagingApi
from qbsync.simulator.procore.faults import Fault, Faults, Harm, Shape, body_of
from qbsync.simulator.procore.gate import COMPANY_HEADER, LIMITED, Call, Gate, Journal
from qbsync.simulator.procore.invoice_api import InvoiceApi
from qbsync.simulator.procore.limits import Limits
from qbsync.simulator.procore.login import Login
from qbsync.simulator.procore.payment_api import PaymentApi
from qbsync.simulator.procore.projects import Projects
from qbsync.simulator.procore.routes import Family, Route
from qbsync.simulator.procore.rows import ContractKind
from qbsync.simulator.procore.state import ProcoreState
from qbsync.simulator.procore.tax_codes import TaxCodes
from qbsync.simulator.procore.vendors import Vendors
from qbsync.simulator.procore.webhook_api import WebhookApi
from qbsync.simulator.procore.webhook_api_v1 import WebhookApiV1

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

log = logging.getLogger(__name__)

_USUAL_SHAPE: Final[Mapping[int, Shape]] = {
    403: Shape.CODE,
    422: Shape.FIELD_ERRORS,
    429: Shape.ERRORS_TEXT,
    503: Shape.HTML,
}


class ProcoreServer:
    """A running Procore; use it as a context manager, or `start` and `stop` it.

    `url` is the API host, `login_url` the login host; both bind `host` and a free port unless one is named.
    `per_hour` and `per_10_seconds` are the rate limits; `token_seconds` the life of a token.
    """

    def __init__(
        self,
        state: ProcoreState | None = None,
        *,
        client_id: str = "simulated-client",
        client_secret: str = "simulated-secret",  # noqa: S107  # of a Procore that exists in this process only
        host: str = "127.0.0.1",
        port: int = 0,
        login_port: int = 0,
        per_hour: int = 3600,
        per_10_seconds: int = 100,
        token_seconds: int = 5400,
    ) -> None:
        self.state = state or ProcoreState()
        self.client_id = client_id
        self.client_secret = client_secret
        self.limits = Limits(self.state.clock, per_hour=per_hour, per_10_seconds=per_10_seconds)
        self.login = Login(self.state.clock, client_id, client_secret)
        self.login.token_seconds = token_seconds
        self._faults = Faults()
        self._journal = Journal()
        self._places = (host, port, login_port)
        self._servers: list[BaseWSGIServer] = []
        self._threads: list[threading.Thread] = []
        self.url = ""
        self.login_url = ""

    @property
    def company_id(self) -> int:
        """The one company's id."""
        return self.state.company_id

    @property
    def calls(self) -> Counter[str]:
        """How often each endpoint was called, by "METHOD /path/{id}"."""
        return self._journal.calls

    @property
    def log(self) -> list[Call]:
        """Every call in the order it was answered."""
        return self._journal.log

    def applications(self) -> tuple[WSGIApplication, WSGIApplication]:
        """The API and the login host as WSGI applications, for callers in the same process."""
        return tuple(_one_at_a_time(app, self.state) for app in (self._api(), self._login()))  # type: ignore[return-value]  # two

    def start(self) -> Self:
        """Begin to serve."""
        host, port, login_port = self._places
        self.url = self._serve(self._api(), host, port)
        self.login_url = self._serve(self._login(), host, login_port)
        return self

    def stop(self) -> None:
        """Stop serving and free both ports."""
        for server in self._servers:
            server.shutdown()
            server.server_close()
        for thread in self._threads:
            thread.join()
        self._servers, self._threads = [], []

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def inject(
        self,
        method: str,
        path_pattern: str,
        status: int = 200,
        body: str | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        times: int = 1,
        after: bool = False,
    ) -> None:
        """Answer the next calls of that method and path (`*` matches any text) with a status and body.

        `body` is a Shape, text as it is, or None for the status's usual shape. With `after` Procore does what
        was asked first, and only its answer is replaced.
        """
        shape = body if body is not None else _USUAL_SHAPE.get(status, Shape.MESSAGE)
        self._add(
            Fault(
                method=method,
                path_pattern=path_pattern,
                status=status,
                body=body_of(shape),
                headers=headers or {},
                times=times,
                after=after,
            )
        )

    def inject_garbage(self, method: str, path_pattern: str, times: int = 1) -> None:
        """Answer with a page of HTML and status 200."""
        self.inject(method, path_pattern, 200, Shape.HTML, times=times)

    def inject_truncated(self, method: str, path_pattern: str, times: int = 1) -> None:
        """Do what was asked, and cut the answer's JSON in the middle."""
        self._add(Fault(method=method, path_pattern=path_pattern, harm=Harm.TRUNCATE, times=times))

    def inject_dropped(self, method: str, path_pattern: str, times: int = 1, *, after: bool = False) -> None:
        """Close the connection without an answer; with `after`, once what was asked is done."""
        self._add(Fault(method=method, path_pattern=path_pattern, harm=Harm.DROP, times=times, after=after))

    def heal(self) -> None:
        """Forget every fault that still waits for its call."""
        self._faults.waiting.clear()

    def _add(self, fault: Fault) -> None:
        with self.state.lock:
            self._faults.add(fault)

    def _api(self) -> Flask:
        state = self.state
        families: list[Family] = [
            Company(state),
            Projects(state),
            Vendors(state),
            StandardCostCodes(state),
            CostCodes(state),
            LineItemTypes(state),
            TaxCodes(state),
            Commitments(state),
            ChangeOrderApi(state),
            BudgetApi(state),
            InvoiceApi(state),
            PaymentApi(state),
            DirectCostApi(state),
            WebhookApi(state),
            WebhookApiV1(state),
            ErpApi(state),
            StagingApi(state),
        ]
        for kind in ContractKind:
            families += [Contracts(state, kind), ContractLines(state, kind)]
        gate = Gate(
            faults=self._faults, journal=self._journal, admit=self._admit, headers=self.limits.headers
        )
        return gate.app("procore-api", [route for family in families for route in family.routes()])

    def _login(self) -> Flask:
        gate = Gate(faults=self._faults, journal=self._journal, admit=lambda: None, headers=dict)
        routes: list[Route] = list(self.login.routes())
        return gate.app("procore-login", routes)

    def _admit(self) -> None:
        if not self.limits.allow():
            raise Refusal(429, LIMITED)
        self.login.bearer()
        company = request.headers.get(COMPANY_HEADER)
        if company is None:
            raise Refusal(400, {"message": f"Missing {COMPANY_HEADER} header!"})
        if company.strip() != str(self.state.company_id):
            words = "App is not connected to this company"
            raise Refusal(403, {"error": {"code": "FORBIDDEN", "message": words}})

    def _serve(self, app: Flask, host: str, port: int) -> str:
        server = make_server(
            host, port, _one_at_a_time(app, self.state), threaded=True, request_handler=_Handler
        )
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        self._servers.append(server)
        self._threads.append(thread)
        return f"http://{host}:{server.server_port}"


class _Handler(WSGIRequestHandler):
    """Speaks HTTP/1.1 without Nagle's delay, and logs to the module's logger."""

    disable_nagle_algorithm = True

    def log(self, type: str, message: str, *args: object) -> None:  # noqa: A002  # werkzeug's name
        """Send werkzeug's lines to our log at debug level."""
        log.debug("%s %s", type, message % args)


def _one_at_a_time(app: Flask, state: ProcoreState) -> WSGIApplication:
    def guarded(environ: WSGIEnvironment, start: StartResponse) -> object:
        with state.lock:
            return app.wsgi_app(environ, start)

    return guarded  # type: ignore[return-value]  # Flask's answer is an iterable of bytes, already built
