"""The SOAP service as a WSGI application to mount at /qbwc, with a guard that always answers."""

from __future__ import annotations

import io
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final
from xml.sax.saxutils import escape

from spyne.server.wsgi import WsgiApplication

from qbsync.soap.conversation import Conversation
from qbsync.soap.envelope import SOAP
from qbsync.soap.service import INTERNAL_ERROR, NAMESPACE, ConversationApplication, log_failure

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

MAX_BYTES: Final = 64 * 1024 * 1024
_BLOCK: Final = 256 * 1024
_XML: Final = "text/xml; charset=utf-8"
_PLAIN: Final = "text/plain; charset=utf-8"
_WORDS: Final = b"""\
This is the address of qbsync for the QuickBooks Web Connector, and it works.

There is nothing to do here in a browser: the Web Connector, a program on the PC with QuickBooks, calls this
address by itself. To set it up, open the .qwc file of your connection in the Web Connector.
The description of the service for programs is at ?wsdl.
"""


def soap_app(conversation: Conversation, *, public_url: str, max_bytes: int = MAX_BYTES) -> WSGIApplication:
    """The WSGI application that answers the Web Connector, to be mounted at /qbwc.

    `public_url` is the server's own address (https://host, without /qbwc); the WSDL names it. A request of
    more than `max_bytes` gets a fault. Every request is answered at once and in place: no redirect, which the
    Web Connector would not follow, and no compression, which it could not read.
    """
    app = WsgiApplication(ConversationApplication(conversation), max_content_length=max_bytes)
    return _Guard(app, _wsdl(app, f"{public_url.rstrip('/')}/qbwc"), max_bytes)


class _Guard:
    """Answers GET and HEAD itself, reads what is posted, and turns whatever goes wrong into a SOAP fault."""

    def __init__(self, app: Any, wsdl: bytes, max_bytes: int) -> None:  # noqa: ANN401  # spyne has no types
        self._app = app
        self._wsdl = wsdl
        self._max_bytes = max_bytes

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one HTTP request."""
        method = environ["REQUEST_METHOD"]
        extra: list[tuple[str, str]] = []
        if method == "POST":
            status, kind, body = self._soap(environ)
        elif method in ("GET", "HEAD"):
            wanted = environ.get("QUERY_STRING", "").partition("=")[0].lower() == "wsdl"
            status, kind, body = "200 OK", *((_XML, self._wsdl) if wanted else (_PLAIN, _WORDS))
        else:
            status, kind, body = (
                "405 Method Not Allowed",
                _PLAIN,
                b"Only GET, HEAD and POST mean anything here.\n",
            )
            extra.append(("Allow", "GET, HEAD, POST"))
        start_response(status, [("Content-Type", kind), ("Content-Length", str(len(body))), *extra])
        return [b"" if method == "HEAD" else body]

    def _soap(self, environ: WSGIEnvironment) -> tuple[str, str, bytes]:
        try:
            data = _read(environ, self._max_bytes)
            if data is None:
                size = self._max_bytes // (1024 * 1024)
                return _fault("Client", f"The request is larger than this service takes ({size} MiB).")
            return self._ask_spyne(environ, data)
        except Exception as error:  # noqa: BLE001  # the edge: an exception here would drop the connection
            log_failure("request", error)
            return _fault("Server", INTERNAL_ERROR)

    def _ask_spyne(self, environ: WSGIEnvironment, data: bytes) -> tuple[str, str, bytes]:
        said: list[str] = []

        def note(status: str, _headers: object, _exc_info: object = None) -> None:
            said.append(status)

        request = {**environ, "wsgi.input": io.BytesIO(data), "CONTENT_LENGTH": str(len(data))}
        request.setdefault("CONTENT_TYPE", _XML.partition(";")[0])
        body = b"".join(self._app(request, note))
        return said[-1], _XML, body


def _read(environ: WSGIEnvironment, limit: int) -> bytes | None:
    """The body, or None where it is longer than `limit`.

    A chunked body comes without a length: the server ends the stream, and says so in one of two ways.
    """
    stream = environ["wsgi.input"]
    length = environ.get("CONTENT_LENGTH", "")
    if length.isascii() and length.isdigit():
        return None if int(length) > limit else stream.read(int(length))
    chunked = "chunked" in environ.get("HTTP_TRANSFER_ENCODING", "").lower()
    if not (chunked or environ.get("wsgi.input_terminated")):
        return b""
    blocks: list[bytes] = []
    size = 0
    while block := stream.read(_BLOCK):
        size += len(block)
        if size > limit:
            return None
        blocks.append(block)
    return b"".join(blocks)


def _fault(code: str, words: str) -> tuple[str, str, bytes]:
    body = (
        "<?xml version='1.0' encoding='UTF-8'?>\n"
        f'<soap:Envelope xmlns:soap="{SOAP}"><soap:Body><soap:Fault><faultcode>soap:{code}</faultcode>'
        f"<faultstring>{escape(words)}</faultstring></soap:Fault></soap:Body></soap:Envelope>"
    )
    return "500 Internal Server Error", _XML, body.encode()


def _wsdl(app: Any, url: str) -> bytes:  # noqa: ANN401  # spyne has no types
    """The WSDL, built once for our own address; spyne would take the first request's Host header for it."""
    document = app.doc.wsdl11
    document.event_manager.add_listener("wsdl_document_built", _full_soap_actions)
    document.build_interface_document(url)
    return bytes(document.get_interface_document())


def _full_soap_actions(document: Any) -> None:  # noqa: ANN401  # spyne has no types
    """Write soapAction as Intuit does, namespace and operation; spyne has no option for it."""
    for operation in document.root_elt.iter("{http://schemas.xmlsoap.org/wsdl/soap/}operation"):
        operation.set("soapAction", NAMESPACE + operation.getparent().get("name"))
