"""Writes requests as one qbXML message, or says which field QuickBooks would refuse."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from itertools import chain

from qbsync.errors import QbxmlInvalidError
from qbsync.qbxml.check import Node, Problem, fit
from qbsync.qbxml.requests import Request
from qbsync.qbxml.versions import BASELINE, Edition, QbxmlVersion, written

REQUEST_ID_LENGTH = 50
"""A longer requestID is answered with status 1060 (reference 3.1)."""
MESSAGE_SET_ID_LENGTH = 23
"""The on-screen reference's limit; longer ones are answered with status 9004 (reference 0, fact 3)."""
ON_ERROR = ("continueOnError", "stopOnError")
"""rollbackOnError stands in the schema, but QuickBooks answers it with an error (reference 3.1)."""

_ID = re.compile(r"[!-~]+")
_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&apos;"})


def message(
    requests: Sequence[tuple[str, Request]],
    *,
    version: QbxmlVersion = BASELINE,
    edition: Edition = Edition.US,
    on_error: str = "continueOnError",
    new_message_set_id: str | None = None,
    old_message_set_id: str | None = None,
) -> bytes:
    """A complete document of (requestID, request) pairs, in ASCII: every other character as &#N;.

    With message-set ids it may hold no request at all: a status check (both ids), or an acknowledgement (the
    old id alone). Raises QbxmlInvalidError naming the request and every field that does not fit; also where
    ids are too long or not unique, where reads and writes are mixed, and where reads carry message-set ids.
    """
    _check_envelope(requests, on_error, new_message_set_id, old_message_set_id)
    ids = {"newMessageSetID": new_message_set_id, "oldMessageSetID": old_message_set_id}
    attributes = [("onError", on_error), *((name, value) for name, value in ids.items() if value is not None)]
    parts = [
        '<?xml version="1.0" encoding="utf-8"?>\n',
        f'<?qbxml version="{written(version, edition)}"?>\n',
        "<QBXML>\n",
        f"<QBXMLMsgsRq{_attributes(attributes)}>\n",
        *chain.from_iterable(_request(request_id, r, version, edition) for request_id, r in requests),
        "</QBXMLMsgsRq>\n</QBXML>\n",
    ]
    return "".join(parts).encode("ascii", "xmlcharrefreplace")


def _request(request_id: str, request: Request, version: QbxmlVersion, edition: Edition) -> list[str]:
    fitted = fit(request, version=version, edition=edition)
    if fitted.problems:
        raise _invalid(request_id, request, fitted.problems)
    parts: list[str] = []
    root = Node(
        tag=fitted.node.tag,
        children=fitted.node.children,
        attributes=(("requestID", request_id), *fitted.node.attributes),
    )
    _write(root, parts, group=True)
    return parts


def _invalid(request_id: str, request: Request, problems: Sequence[Problem]) -> QbxmlInvalidError:
    return QbxmlInvalidError(
        f"QuickBooks would refuse {request.name}: {'; '.join(map(str, problems))}.",
        guidance="Correct the named fields in the source record.",
        context={"request_id": request_id, "request": request.name, "field": problems[0].path},
    )


def _write(node: Node, parts: list[str], *, group: bool = False) -> None:
    head = f"<{node.tag}{_attributes(node.attributes)}>"
    if not node.children and not group:
        parts.append(f"{head}{node.text.translate(_ESCAPES)}</{node.tag}>\n")
        return
    parts.append(f"{head}\n")
    for child in node.children:
        _write(child, parts)
    parts.append(f"</{node.tag}>\n")


def _attributes(pairs: Sequence[tuple[str, str]]) -> str:
    return "".join(f' {name}="{value.translate(_ESCAPES)}"' for name, value in pairs)


def _check_envelope(
    requests: Sequence[tuple[str, Request]], on_error: str, new_id: str | None, old_id: str | None
) -> None:
    if on_error not in ON_ERROR:
        raise QbxmlInvalidError(f"onError is one of {', '.join(ON_ERROR)}, not {on_error!r}.")
    for value in (new_id, old_id):
        if value is not None:
            _check_id(value, "messageSetID", MESSAGE_SET_ID_LENGTH)
    for request_id, _ in requests:
        _check_id(request_id, "requestID", REQUEST_ID_LENGTH)
    twice = [request_id for request_id, n in Counter(i for i, _ in requests).items() if n > 1]
    if twice:
        raise QbxmlInvalidError(f"The requestID {twice[0]!r} is used more than once in a message.")
    _check_kinds(requests, marked=bool(new_id or old_id))


def _check_id(value: str, name: str, limit: int) -> None:
    if not _ID.fullmatch(value):
        raise QbxmlInvalidError(f"The {name} {value!r} must be ASCII without spaces, and not empty.")
    if len(value) > limit:
        raise QbxmlInvalidError(
            f"The {name} {value!r} has {len(value)} characters, QuickBooks takes {limit}."
        )


def _check_kinds(requests: Sequence[tuple[str, Request]], *, marked: bool) -> None:
    kinds = {request.is_write for _, request in requests}
    if len(kinds) > 1:
        raise QbxmlInvalidError("A message holds either reads or writes, never both.")
    if kinds == {False} and marked:
        raise QbxmlInvalidError("A message of reads carries no messageSetID; reads are simply repeated.")
    if not kinds and not marked:
        raise QbxmlInvalidError("A message without requests needs a messageSetID.")
