"""A recording Conversation, the SOAP application over it, and a real server for it."""

# ruff: noqa: D102, PLR0917  # the methods are those of the Conversation, described there
from __future__ import annotations

import io
import os
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from wsgiref.util import setup_testing_defaults

import pytest
from lxml import etree
from waitress import wasyncore
from waitress.server import create_server
from werkzeug.exceptions import NotFound
from werkzeug.middleware.dispatcher import DispatcherMiddleware

from qbsync.soap.wsgi import soap_app

NS = "http://developer.intuit.com/"
SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
PUBLIC_URL = "https://books.example.com"


@dataclass
class Recorder:
    """A Conversation that keeps what it was called with and answers what it is told to."""

    calls: list[tuple[str, ...]] = field(default_factory=list)
    answers: dict[str, Any] = field(default_factory=dict)

    def _note(self, name: str, usual: Any, *arguments: Any) -> Any:
        self.calls.append((name, *arguments))
        answer = self.answers.get(name, usual)
        if isinstance(answer, Exception):
            raise answer
        return answer(*arguments) if callable(answer) else answer

    def server_version(self):
        return self._note("server_version", "qbsync 1")

    def client_version(self, version):
        return self._note("client_version", "", version)

    def authenticate(self, user, password):
        return self._note("authenticate", ["ticket", ""], user, password)

    def send_request_xml(self, ticket, hcp_response, company_file, country, major, minor):
        return self._note(
            "send_request_xml", "<QBXML/>", ticket, hcp_response, company_file, country, major, minor
        )

    def receive_response_xml(self, ticket, response, hresult, message):
        return self._note("receive_response_xml", 100, ticket, response, hresult, message)

    def connection_error(self, ticket, hresult, message):
        return self._note("connection_error", "done", ticket, hresult, message)

    def get_last_error(self, ticket):
        return self._note("get_last_error", "nothing", ticket)

    def close_connection(self, ticket):
        return self._note("close_connection", "OK", ticket)

    def get_interactive_url(self, ticket, session_id):
        return self._note("get_interactive_url", "https://x", ticket, session_id)

    def interactive_done(self, ticket):
        return self._note("interactive_done", "Done", ticket)

    def interactive_rejected(self, ticket, reason):
        return self._note("interactive_rejected", "no", ticket, reason)

    def get_server_version(self, ticket):
        return self._note("get_server_version", "qbsync 1", ticket)


@dataclass(frozen=True)
class Answer:
    """What came back over WSGI."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def xml(self) -> etree._Element:
        return etree.fromstring(self.body, etree.XMLParser(huge_tree=True))

    def fault(self) -> tuple[str, str]:
        """The local part of the fault code, and the fault string, of a clean SOAP fault."""
        assert self.status == 500
        assert self.headers["Content-Type"].startswith("text/xml")
        fault = self.xml.find(f"{{{SOAP}}}Body/{{{SOAP}}}Fault")
        assert fault is not None
        assert b"Traceback" not in self.body
        code = fault.findtext("faultcode")
        prefix, _, local = code.partition(":")
        assert fault.nsmap[prefix] == SOAP
        return local, fault.findtext("faultstring")


Post = Callable[..., Answer]


def call(
    app: Any,
    body: bytes = b"",
    *,
    method: str = "POST",
    query: str = "",
    content_type: str | None = "text/xml; charset=utf-8",
    length: str | None = "",
    **extra: Any,
) -> Answer:
    """One WSGI request; `length` "" states the body's own length, None leaves it out."""
    environ: dict[str, Any] = {
        "REQUEST_METHOD": method,
        "QUERY_STRING": query,
        "PATH_INFO": "",
        "wsgi.input": io.BytesIO(body),
    }
    setup_testing_defaults(environ)
    if content_type is not None:
        environ["CONTENT_TYPE"] = content_type
    if length is not None:
        environ["CONTENT_LENGTH"] = length or str(len(body))
    environ.update(extra)
    seen: list[Any] = []
    result = b"".join(app(environ, lambda status, headers, _exc=None: seen.extend((status, headers))))
    return Answer(int(seen[0].split()[0]), dict(seen[1]), result)


def envelope(inner: str, *, declaration: str = '<?xml version="1.0" encoding="utf-8"?>') -> bytes:
    """An envelope as the Web Connector 2.2 sends it (reference: qbwc-and-qbxml.md, section 1.1)."""
    return (
        f'{declaration}<soap:Envelope xmlns:soap="{SOAP}" '
        'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
        'xmlns:xsd="http://www.w3.org/2001/XMLSchema">'
        f"<soap:Body>{inner}</soap:Body></soap:Envelope>"
    ).encode()


@pytest.fixture
def recorder() -> Recorder:
    """A fresh Conversation."""
    return Recorder()


@pytest.fixture
def app(recorder: Recorder) -> Any:
    """The application over the recorder."""
    return soap_app(recorder, public_url=PUBLIC_URL)


@pytest.fixture
def post(app: Any) -> Post:
    """Posts bytes to the application."""

    def send(body: bytes, **extra: Any) -> Answer:
        return call(app, body, **extra)

    return send


@pytest.fixture
def raw(app: Any) -> Post:
    """Makes any request of the application."""

    def send(body: bytes = b"", **extra: Any) -> Answer:
        return call(app, body, **extra)

    return send


@pytest.fixture
def wrap() -> Callable[..., bytes]:
    """Makes an envelope around an operation."""
    return envelope


@pytest.fixture
def small(recorder: Recorder) -> Post:
    """Makes requests of an application that takes a megabyte at most."""
    limited = soap_app(recorder, public_url=PUBLIC_URL, max_bytes=1024 * 1024)

    def send(body: bytes, **extra: Any) -> Answer:
        return call(limited, body, **extra)

    return send


@pytest.fixture
def server(app: Any) -> Iterator[str]:
    """The URL of the application on a real server, mounted at /qbwc as in qbsync."""
    mounted = DispatcherMiddleware(NotFound(), {"/qbwc": app})
    # asyncore_use_poll: select() fails where the process has many files open
    sockets: dict[int, Any] = {}
    server = create_server(mounted, host="127.0.0.1", port=0, threads=8, asyncore_use_poll=True, map=sockets)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.effective_port}/qbwc"
    server.close()
    wasyncore.close_all(sockets, ignore_all=True)
    thread.join(10)
    server.task_dispatcher.shutdown()


@pytest.fixture
def intuit_wsdl() -> Path:
    """Intuit's own WSDL file."""
    folder = os.environ.get("QBSYNC_INTUIT_SCHEMA")
    if not folder:
        pytest.skip("QBSYNC_INTUIT_SCHEMA does not name the folder with Intuit's files")
    return Path(folder) / "QBWebConnectorSvc.wsdl"
