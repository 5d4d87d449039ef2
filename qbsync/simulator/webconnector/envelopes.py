"""SOAP 1.1 envelopes as QBWC writes them, and reads them (reference section 1.1)."""

from __future__ import annotations

from xml.sax.saxutils import escape

from lxml import etree

NAMESPACE = "http://developer.intuit.com/"
_SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
_NIL = "{http://www.w3.org/2001/XMLSchema-instance}nil"
_PROLOG = (
    '<?xml version="1.0" encoding="utf-8"?>'
    f'<soap:Envelope xmlns:soap="{_SOAP}" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
    'xmlns:xsd="http://www.w3.org/2001/XMLSchema"'
)

Argument = str | int


class UnreadableAnswerError(Exception):
    """The service's answer is no SOAP answer to the call, or a fault; the message says which."""


def request(operation: str, arguments: dict[str, Argument], *, style: str) -> bytes:
    """The envelope of a call; `style` RPC is rpc/encoded, any other document/literal."""
    if style == "RPC":
        return _rpc(operation, arguments).encode("utf-8")
    children = "".join(_literal(name, value) for name, value in arguments.items())
    opening = f'<{operation} xmlns="{NAMESPACE}"'
    call = f"{opening}>{children}</{operation}>" if children else f"{opening} />"
    return f"{_PROLOG}><soap:Body>{call}</soap:Body></soap:Envelope>".encode()


def _literal(name: str, value: Argument) -> str:
    return f"<{name} />" if value == "" else f"<{name}>{_text(value)}</{name}>"


def _rpc(operation: str, arguments: dict[str, Argument]) -> str:
    children = "".join(
        f'<{name} xsi:type="xsd:{"int" if isinstance(value, int) else "string"}">{_text(value)}</{name}>'
        for name, value in arguments.items()
    )
    encoding = "http://schemas.xmlsoap.org/soap/encoding/"
    return (
        f'{_PROLOG} xmlns:soapenc="{encoding}"><soap:Body soap:encodingStyle="{encoding}">'
        f'<q1:{operation} xmlns:q1="{NAMESPACE}">{children}</q1:{operation}></soap:Body></soap:Envelope>'
    )


def _text(value: Argument) -> str:
    # .NET writes a carriage return as a reference, or the reader would lose it
    return escape(str(value), {"\r": "&#xD;"})


def answer(operation: str, body: bytes) -> list[str | None]:
    """The result of a call: its text as the only member, or each text of an array; None where it is nil.

    Empty where the response has no result. Raises UnreadableAnswerError.
    """
    response = _response(operation, body)
    results = [child for child in response if isinstance(child.tag, str)]
    if not results:
        return []
    result = _followed(results[0])
    members = [child for child in result if isinstance(child.tag, str)]
    return [_value(_followed(member)) for member in members] if members else [_value(result)]


def _response(operation: str, body: bytes) -> etree._Element:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=True)
    try:
        root = etree.fromstring(body, parser)
    except etree.XMLSyntaxError as fault:
        raise UnreadableAnswerError(f"Response is not well-formed XML: {fault}") from fault
    if root.tag != f"{{{_SOAP}}}Envelope":
        raise UnreadableAnswerError("VersionMismatch: the response is no SOAP 1.1 envelope")
    found = root.find(f"{{{_SOAP}}}Body")
    children = [] if found is None else [child for child in found if isinstance(child.tag, str)]
    if not children:
        raise UnreadableAnswerError("The response has an empty Body")
    name = etree.QName(children[0]).localname
    if name == "Fault":
        raise UnreadableAnswerError(f"SOAP fault: {children[0].findtext('faultstring', '')}")
    if name != f"{operation}Response":
        raise UnreadableAnswerError(f"The response is a {name}")
    return children[0]


def _followed(element: etree._Element) -> etree._Element:
    """The element, or in rpc/encoded answers the one it points to."""
    target = element.get("href", "")
    if not target.startswith("#"):
        return element
    found = element.getroottree().getroot().xpath("//*[@id=$name]", name=target[1:])
    if not isinstance(found, list) or not found or not isinstance(found[0], etree._Element):  # noqa: SLF001
        raise UnreadableAnswerError(f"The response points to {target}, which is not there")
    return found[0]


def _value(element: etree._Element) -> str | None:
    if element.get(_NIL) in {"true", "1"}:
        return None
    return element.text or ""
