"""SOAP calls of the Web Connector over one kept connection, with nothing between the bytes and the clock."""

from __future__ import annotations

import http.client
from xml.sax.saxutils import escape

from lxml import etree

_NAMESPACE = "http://developer.intuit.com/"
_HEAD = (
    '<?xml version="1.0" encoding="utf-8"?>'
    '<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body>'
)
_TAIL = "</soap:Body></soap:Envelope>"


class Caller:
    """Posts envelopes to /qbwc of a server on this machine."""

    def __init__(self, port: int, *, timeout: float = 600) -> None:
        self._http = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)

    def post(self, envelope: bytes) -> bytes:
        """The answer's body; the same whether it is a result or a fault."""
        self._http.request(
            "POST", "/qbwc", body=envelope, headers={"Content-Type": "text/xml; charset=utf-8"}
        )
        return self._http.getresponse().read()

    def close(self) -> None:
        """Hang up."""
        self._http.close()


def send_request(ticket: str) -> bytes:
    """The envelope of any but a session's first sendRequestXML."""
    return _call(
        "sendRequestXML",
        ticket=ticket,
        strHCPResponse="",
        strCompanyFileName="",
        qbXMLCountry="US",
        qbXMLMajorVers="13",
        qbXMLMinorVers="0",
    )


def receive_response(ticket: str, response: str) -> bytes:
    """The envelope of receiveResponseXML."""
    return _call("receiveResponseXML", ticket=ticket, response=response, hresult="", message="")


def result(operation: str, body: bytes) -> str:
    """The text of a call's result."""
    root = etree.fromstring(body, etree.XMLParser(huge_tree=True, resolve_entities=False))
    found = root.find(f".//{{{_NAMESPACE}}}{operation}Result")
    assert found is not None, body[:500]
    return found.text or ""


def _call(operation: str, **arguments: str) -> bytes:
    children = "".join(f"<{name}>{escape(value)}</{name}>" for name, value in arguments.items())
    return f'{_HEAD}<{operation} xmlns="{_NAMESPACE}">{children}</{operation}>{_TAIL}'.encode()
