"""What every call passes: faults, rate limits, the bearer, the company header, and the log."""

from __future__ import annotations

import re
import secrets
import socket
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from flask import Flask, Response, g, request
from werkzeug.exceptions import HTTPException
from werkzeug.routing import Rule

from qbsync.simulator.procore.answers import Refusal, answer
from qbsync.simulator.procore.faults import Fault, Faults, Harm
from qbsync.simulator.procore.routes import Route

_VARIABLE: Final = re.compile(r"<(?:\w+:)?(\w+)>")
LIMITED: Final = {
    "errors": (
        "You have surpassed the max number of requests for an hour. Please wait until your limit resets."
    )
}
COMPANY_HEADER: Final = "Procore-Company-Id"


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call as it was answered; `status` is 0 where the connection was dropped, `body` never a login's."""

    method: str
    path: str
    template: str
    query: str
    body: object
    status: int
    request_id: str


class Journal:
    """Every call, and how often each endpoint was called by "METHOD /path/{id}"."""

    def __init__(self) -> None:
        self.log: list[Call] = []
        self.calls: Counter[str] = Counter()

    def write(self, status: int) -> None:
        """Note the present call."""
        rule = request.url_rule
        template = template_of(rule.rule) if rule else request.path
        login = request.path.startswith("/oauth")
        self.calls[f"{request.method} {template}"] += 1
        self.log.append(
            Call(
                method=request.method,
                path=request.path,
                template=template,
                query=request.query_string.decode(),
                body=None if login else request.get_json(silent=True),
                status=status,
                request_id=g.get("request_id", ""),
            )
        )


def template_of(rule: str) -> str:
    """A rule as documents write it: every id is {id}, but the company's and an outer contract's too."""
    return _VARIABLE.sub(lambda match: "{company_id}" if match[1] == "company_id" else "{id}", rule)


class Gate:
    """Joins routes to an application and stands before and after each call.

    `admit` runs before the endpoint and raises Refusal; `headers` gives what every answer carries.
    """

    def __init__(
        self,
        *,
        faults: Faults,
        journal: Journal,
        admit: Callable[[], None],
        headers: Callable[[], Mapping[str, str]],
    ) -> None:
        self._faults = faults
        self._journal = journal
        self._admit = admit
        self._headers = headers

    def app(self, name: str, routes: Sequence[Route]) -> Flask:
        """A Flask application with these routes behind this gate."""
        app = Flask(name, static_folder=None)
        app.url_rule_class = _Rule
        for route in routes:
            app.add_url_rule(
                route.rule, endpoint=f"{route.method} {route.rule}".replace(".", "_"), methods=[route.method],
                view_func=route.view,
            )  # fmt: skip
        app.before_request(self._before)
        app.after_request(self._after)
        app.register_error_handler(Refusal, _refused)
        app.register_error_handler(HTTPException, _unrouted)
        return app

    def _before(self) -> Response | None:
        g.request_id = secrets.token_hex(16)
        fault = self._faults.take(request.method, request.path)
        g.fault = fault
        if fault is not None and fault.harm is not Harm.TRUNCATE and not fault.after:
            return Response()  # _after puts the fault's own answer in its place
        self._admit()
        return None

    def _after(self, response: Response) -> Response:
        fault: Fault | None = g.get("fault")
        if fault is not None and fault.harm is Harm.DROP:
            self._journal.write(0)
            # werkzeug gives the socket to the application; once it is shut nothing more can be written.
            line: Any = request.environ["werkzeug.socket"]
            line.shutdown(socket.SHUT_RDWR)
            return response
        if fault is not None:
            response = _harmed(response, fault)
        for name, value in {**self._headers(), "x-request-id": g.request_id}.items():
            response.headers.setdefault(name, value)
        self._journal.write(response.status_code)
        return response


class _Rule(Rule):
    """A rule that finds its view and makes no URL; preparing it for that took most of a server's start."""

    def _compile_builder(self, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:  # noqa: ARG002, FBT001, FBT002  # werkzeug's own
        return _no_url


def _no_url(_rule: Rule, **_values: object) -> tuple[str, str]:
    raise NotImplementedError("No URL is made of a rule of the simulator.")


def _harmed(response: Response, fault: Fault) -> Response:
    if fault.harm is Harm.ANSWER:
        return fault.answer()
    data = response.get_data()
    response.set_data(data[: len(data) // 2])
    return response


def _refused(refusal: Refusal) -> Response:
    return answer(refusal.body, refusal.status, refusal.headers)


def _unrouted(error: HTTPException) -> Response:
    return answer({"errors": error.name}, error.code or 500)
