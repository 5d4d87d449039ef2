"""One request's part of a message, or one response's of an answer, for people to read."""

from __future__ import annotations

from lxml import etree


def excerpt(document: str, request_id: str) -> str:
    """The element with that requestID, indented; empty where there is none or the document is garbage."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=True)
    text = document[document.find("<QBXML") :] if "<QBXML" in document else ""
    if not text:
        return ""
    try:
        root = etree.fromstring(text, parser)
    except etree.XMLSyntaxError:
        return ""
    found = next((one for one in root.iter() if one.get("requestID") == request_id), None)
    if found is None:
        return ""
    found.tail = None
    etree.indent(found)
    return etree.tostring(found, encoding="unicode")
