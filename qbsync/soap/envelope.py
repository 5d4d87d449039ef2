"""Reads SOAP 1.1 envelopes strictly, and tells the sender in plain words what is wrong with one."""

from __future__ import annotations

from typing import Any, Final

from lxml import etree
from spyne.error import Fault, ResourceNotFoundError, ValidationError
from spyne.protocol.soap import Soap11

SOAP: Final = "http://schemas.xmlsoap.org/soap/envelope/"
_SOAP_12: Final = "{http://www.w3.org/2003/05/soap-envelope}Envelope"
_XSI_TYPE: Final = "{http://www.w3.org/2001/XMLSchema-instance}type"


class StrictSoap11(Soap11):
    """spyne's SOAP 1.1 with a reader of our own.

    spyne's reader cuts a text silently at an entity, fails outside of its error handling on an empty body, an
    unknown charset or a circle of hrefs, and copies a large body twice (reference: stack.md, section 4).
    """

    def create_in_document(self, ctx: Any, charset: str | None = None) -> None:  # noqa: ANN401  # spyne's own
        """Parse the request's bytes; a Fault where they are no envelope with an operation in it."""
        ctx.in_document = (read_envelope(b"".join(ctx.in_string), charset), {})

    def generate_method_contexts(self, ctx: Any) -> Any:  # noqa: ANN401  # spyne's own
        """Find the operation that the first child of Body names."""
        try:
            return super().generate_method_contexts(ctx)
        except ResourceNotFoundError:
            raise _client("This service has no such operation.") from None

    def deserialize(self, ctx: Any, message: Any) -> Any:  # noqa: ANN401  # spyne's own
        """Turn the operation's children into arguments; a Fault that does not repeat a bad value."""
        try:
            return super().deserialize(ctx, message)
        except ValidationError:
            raise _client("An argument is not of its type.") from None


def read_envelope(data: bytes, charset: str | None) -> etree._Element:
    """The Envelope element, its operation in plain document style.

    `charset` is the one of the Content-Type header, which wins over the XML declaration. Raises Fault for
    anything but a SOAP 1.1 envelope with an operation, and for any document type declaration.
    """
    if not data:
        raise _client("The request is empty.")
    root = _parse(data, charset)
    if root.getroottree().docinfo.internalDTD is not None:
        raise _client("A document type declaration is not allowed.")
    if root.tag == _SOAP_12:
        raise Fault("VersionMismatch", "This service speaks SOAP 1.1.")
    if root.tag != f"{{{SOAP}}}Envelope":
        raise _client("The request is not a SOAP 1.1 envelope.")
    body = root.find(f"{{{SOAP}}}Body")
    if body is None or not len(body):
        raise _client("The envelope holds no operation.")
    operation = body[0]
    if str(operation.tag).startswith(f"{{{SOAP}}}"):
        raise _client("The envelope holds no operation.")
    _to_document_style(root, operation)
    return root


def _parse(data: bytes, charset: str | None) -> etree._Element:
    try:
        # huge_tree: an answer of QuickBooks is one text of tens of megabytes; entity bombs still fail
        parser = etree.XMLParser(
            encoding=charset or None,
            huge_tree=True,
            resolve_entities=False,
            no_network=True,
            load_dtd=False,
            remove_comments=True,
            remove_pis=True,
        )
        return etree.fromstring(data, parser)
    except LookupError:
        raise _client("The charset of the request is not known here.") from None
    except (etree.XMLSyntaxError, ValueError) as error:
        line = getattr(error, "lineno", None) or 1
        raise _client(f"The request is not well-formed XML (line {line}).") from None


def _to_document_style(root: etree._Element, operation: etree._Element) -> None:
    """Undo what rpc/encoded requests add: xsi:type on each argument, and values kept elsewhere by href."""
    for argument in operation:
        argument.attrib.pop(_XSI_TYPE, None)
        href = argument.attrib.pop("href", "")
        if href:
            values = [element for element in root.iter() if element.get("id") == href.removeprefix("#")]
            if len(values) != 1 or len(values[0]) or values[0].get("href"):
                raise _client("An argument refers to a value that is not one plain text in the request.")
            argument.text = values[0].text


def _client(words: str) -> Fault:
    return Fault("Client", words)
