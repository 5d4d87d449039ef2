"""The longest texts that QuickBooks takes, from the schema facts."""

from __future__ import annotations

from qbsync.qbxml.facts import Element, FieldType, load
from qbsync.qbxml.versions import Edition

ID_LENGTH = 36
"""A ListID, TxnID or TxnLineID (qbxmltypes130.xsd, IDTYPE)."""


def max_length(request_name: str, path: str, *, edition: Edition = Edition.US) -> int | None:
    """The most characters a field takes, or None where there is no limit.

    `path` leads from the request to the field: max_length("VendorAddRq", "VendorAdd/Name") is 41. Raises
    KeyError for a request or field that does not exist.
    """
    element = load().messages[request_name]
    for tag in path.split("/"):
        if element.content is None:
            raise KeyError(f"{request_name}: {path}")
        element = element.content.by_tag[tag]
    return length_of(element, edition)


def length_of(element: Element, edition: Edition) -> int | None:
    """The most characters one element takes in an edition, or None where there is no limit."""
    if element.type is FieldType.ID:
        return ID_LENGTH
    return element.lengths.get(edition)
