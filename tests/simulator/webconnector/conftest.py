"""A SOAP server on a real port that answers what a test tells it, and a Web Connector beside it."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from xml.sax.saxutils import escape

import pytest
from lxml import etree

from qbsync.simulator.quickbooks import CompanyFile
from qbsync.simulator.webconnector import WebConnector

OWNER = "{57F3B9B1-86F1-4FCC-B1EE-566DE1813D20}"
FILE = "{90A44FB5-33D9-4815-AC85-BC87A7E7D1EB}"


class CannedServer:
    """Answers each operation from its list in turn, the last entry for ever; None is a dropped element.

    `seen` holds (operation, arguments), `raw` the bodies, `headers` those of the last request. `status` and
    `content_type` may be spoiled by operation.
    """

    def __init__(self) -> None:
        self.answers = {
            "serverVersion": ["canned 1.0"],
            "clientVersion": [""],
            "authenticate": [["T1", ""]],
            "sendRequestXML": [],
            "receiveResponseXML": ["100"],
            "getLastError": ["it went wrong"],
            "connectionError": ["done"],
            "closeConnection": ["see you"],
        }
        self.rpc = False
        self.get_status = 200
        self.status: dict[str, int] = {}
        self.content_type = "text/xml; charset=utf-8"
        self.seen: list[tuple[str, dict[str, str]]] = []
        self.raw: list[bytes] = []
        self.headers: dict[str, str] = {}
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,))
        self.thread.start()

    @property
    def url(self) -> str:
        """Where the service is, by host name."""
        return f"http://localhost:{self.server.server_port}/qbwc"

    def operations(self) -> list[str]:
        """What was called, in order."""
        return [operation for operation, _ in self.seen]

    def arguments(self, operation: str) -> list[dict[str, str]]:
        """What came with each call of an operation."""
        return [arguments for name, arguments in self.seen if name == operation]

    def close(self) -> None:
        """Stop listening; twice is once."""
        if self.thread.is_alive():
            self.server.shutdown()
            self.server.server_close()
            self.thread.join()

    def respond(self, body: bytes) -> tuple[int, bytes]:
        """The status and body that answer a call."""
        call = etree.fromstring(body)[0][0]
        name = etree.QName(call).localname
        self.raw.append(body)
        self.seen.append((name, {etree.QName(child).localname: child.text or "" for child in call}))
        queue = self.answers[name]
        value = queue.pop(0) if len(queue) > 1 else queue[0]
        return self.status.get(name, 200), self.envelope(name, value)

    def envelope(self, name: str, value: object) -> bytes:
        """A SOAP answer around a value."""
        many = value if isinstance(value, list) else None
        members = escape(str(value)) if many is None else "".join(map(_member, many))
        tag = "return" if self.rpc else f"{name}Result"
        result = "" if value is None else f"<{tag}>{members}</{tag}>"
        return (
            '<?xml version="1.0" encoding="utf-8"?>'
            '<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body>'
            f'<{name}Response xmlns="http://developer.intuit.com/">{result}</{name}Response>'
            "</soap:Body></soap:Envelope>"
        ).encode()


def _member(text: str) -> str:
    return f"<string>{escape(text)}</string>"


def _handler(canned: CannedServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._send(canned.get_status, b"here", "text/plain")

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            canned.headers = dict(self.headers.items())
            status, answer = canned.respond(body)
            self._send(status, answer, canned.content_type)

        def _send(self, status: int, body: bytes, content_type: str) -> None:
            self.send_response(status)
            self.send_header("Content-Type", content_type)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    return Handler


@pytest.fixture
def server():
    """A server for one test."""
    canned = CannedServer()
    yield canned
    canned.close()


@pytest.fixture
def qwc(server):
    """The text of a .qwc file for the canned server; elements can be replaced, or dropped with None."""

    def text(**changes):
        elements = {
            "AppName": "qbsync",
            "AppID": "",
            "AppURL": server.url,
            "AppDescription": "Connects",
            "AppSupport": server.url.replace("/qbwc", "/support"),
            "UserName": "vortex",
            "OwnerID": OWNER,
            "FileID": FILE,
            "QBType": "QBFS",
        } | changes
        inner = "".join(f"<{tag}>{value}</{tag}>" for tag, value in elements.items() if value is not None)
        return f'<?xml version="1.0"?><QBWCXML>{inner}</QBWCXML>'

    return text


@pytest.fixture
def pauses():
    """The pauses the Web Connector has made, in seconds."""
    return []


@pytest.fixture
def company():
    """A company file in memory with one vendor."""
    company = CompanyFile.open()
    company.human.add_vendor("ACME")
    return company


@pytest.fixture
def connector(qwc, company, pauses):
    """A Web Connector that does not really pause."""
    connector = WebConnector(company, qwc(), sleep=pauses.append)
    yield connector
    connector.close()


@pytest.fixture
def request_xml():
    """A message that adds a vendor of that name."""

    def message(name="Baker", **attributes):
        extra = "".join(f' {key}="{value}"' for key, value in attributes.items())
        return (
            f'<?xml version="1.0" ?><?qbxml version="13.0"?><QBXML><QBXMLMsgsRq onError="stopOnError"{extra}>'
            f'<VendorAddRq requestID="7"><VendorAdd><Name>{name}</Name></VendorAdd></VendorAddRq>'
            "</QBXMLMsgsRq></QBXML>"
        )

    return message
