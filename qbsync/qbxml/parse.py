"""Reads QuickBooks' answers as a stream: the head, then each request's status followed by its Rets."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass
from typing import Final

from lxml import etree

from qbsync.errors import QbxmlUnreadableError

_CHUNK = 65536
_HEAD = 65536
_SHOWN = 80
_STATUS_DEPTH = 3
_RET_DEPTH = 4

_DECLARATION = re.compile(r"\s*<\?xml\s.*?\?>", re.DOTALL)
_PROLOG = re.compile(r"\s*(?:<\?.*?\?>\s*|<!--.*?-->\s*)*", re.DOTALL)
_ROOT = re.compile(r"<QBXML[\s>/]")
_INTEGER = re.compile(r"[+-]?[0-9]{1,18}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """What QBXMLMsgsRs says of the whole message; None where QuickBooks left it out."""

    new_message_set_id: str | None = None
    message_set_status: int | None = None


NOTHING: Final = (1, 500)
"""The codes of a question that found nothing: by a filter (1), or by an id (500)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """QuickBooks' answer to one request: `name` is VendorAddRs and the like, `severity` Info, Warn or Error.

    The counts and `iterator_id` come with queries only.
    """

    name: str
    request_id: str
    code: int
    severity: str
    message: str
    ret_count: int | None = None
    iterator_id: str | None = None
    iterator_remaining: int | None = None

    @property
    def tells_what_is_there(self) -> bool:
        """Whether a question was answered: by records, or by there being none."""
        return self.code in (0, *NOTHING)


class Ret:
    """One record of an answer (VendorRet), or a part of one; it keeps its own part of the answer alive only.

    Paths lead from here by element names: "VendorRef/ListID".
    """

    __slots__ = ("_element", "status")

    def __init__(self, element: etree._Element, status: Status) -> None:
        self._element = element
        self.status = status

    def __repr__(self) -> str:
        return f"<Ret {self.tag} of {self.status.name}>"

    @property
    def tag(self) -> str:
        """The element's name."""
        return str(self._element.tag)

    @property
    def value(self) -> str:
        """The element's own text, empty for a group of fields."""
        return self._element.text or "" if len(self._element) == 0 else ""

    def text(self, path: str, default: str = "") -> str:
        """The text of the first element there, empty where it is empty, `default` where there is none."""
        found = self._element.find(path)
        return default if found is None else found.text or ""

    @property
    def xml(self) -> str:
        """The record as it came, for `kept` to read again."""
        return etree.tostring(self._element, encoding="unicode", with_tail=False)

    def one(self, path: str) -> Ret | None:
        """The first element there, or None."""
        found = self._element.find(path)
        return None if found is None else Ret(found, self.status)

    def all(self, path: str) -> tuple[Ret, ...]:
        """Every element there, in the answer's order."""
        return tuple(Ret(element, self.status) for element in self._element.findall(path))

    def has(self, path: str) -> bool:
        """Whether there is such an element, empty ones included."""
        return self._element.find(path) is not None

    def children(self) -> tuple[Ret, ...]:
        """Every element right below, in the answer's order."""
        return tuple(Ret(element, self.status) for element in self._element)

    def only(self, wanted: Callable[[Ret], bool]) -> Ret:
        """A copy that has, of the elements right below, only those which are wanted."""
        element = deepcopy(self._element)
        for child in list(element):
            if not wanted(Ret(child, self.status)):
                element.remove(child)
        return Ret(element, self.status)

    def attribute(self, name: str, default: str = "") -> str:
        """An attribute's value, as report rows have them (ColData's colID and value)."""
        return self._element.get(name, default)


def kept(xml: str) -> Ret:
    """Read back one record that was kept as its `xml`; its status says only that QuickBooks had it."""
    element = etree.fromstring(xml, etree.XMLParser(resolve_entities=False, load_dtd=False, no_network=True))
    name = str(element.tag).removesuffix("Ret") + "QueryRs"
    return Ret(element, Status(name=name, request_id="", code=0, severity="Info", message=""))


def read(answer: str | bytes) -> Iterator[Head | Status | Ret]:
    """Read an answer: one Head, then for each request its Status and its Rets, an ErrorRecovery among them.

    Nothing is kept of what was handed over, so tens of megabytes need no more memory than one Ret. Raises
    QbxmlUnreadableError for anything that is not a QBXMLMsgsRs; for a truncated one only where it ends, after
    the events before that.
    """
    _check_prolog(answer)
    parser = _parser()
    reading = _Reading()
    try:
        for chunk in _chunks(answer):
            parser.feed(chunk)
            yield from reading.events(parser)
        parser.close()
    except (etree.XMLSyntaxError, UnicodeEncodeError) as error:
        reason = getattr(error, "msg", None) or "half a character"
        raise _unreadable(answer, f"is damaged or cut off ({reason})") from None
    except _NotAnAnswer as error:
        raise _unreadable(answer, str(error)) from None
    if reading.head is None:
        raise _unreadable(answer, "holds no QBXMLMsgsRs")


class _NotAnAnswer(Exception):  # noqa: N818  (never leaves this module)
    """Well-formed so far, but not what QuickBooks answers; its text is the reason."""


class _Reading:
    """Where the parser stands in the answer."""

    def __init__(self) -> None:
        self.head: Head | None = None
        self._depth = 0
        self._status: Status | None = None

    def events(self, parser: etree.XMLPullParser[etree._Element]) -> Iterator[Head | Status | Ret]:
        for action, element in parser.read_events():
            assert isinstance(element, etree._Element)  # noqa: SLF001  (the only name lxml gives its elements)
            if action == "start":
                self._depth += 1
                yield from self._opened(element)
            else:
                if self._depth == _RET_DEPTH:
                    assert self._status is not None
                    yield Ret(element, self._status)
                if self._depth in (_STATUS_DEPTH, _RET_DEPTH):
                    _forget_before(element)
                self._depth -= 1

    def _opened(self, element: etree._Element) -> Iterator[Head | Status]:
        match self._depth:
            case 1:
                if element.tag != "QBXML":
                    raise _NotAnAnswer(f"begins with <{element.tag!s}>, not with <QBXML>")
            case 2:
                if element.tag != "QBXMLMsgsRs" or self.head is not None:
                    raise _NotAnAnswer(f"holds {element.tag!s} where one QBXMLMsgsRs was awaited")
                self.head = _head(element)
                yield self.head
            case 3:
                self._status = _status(element)
                yield self._status
            case _:
                pass


def _forget_before(element: etree._Element) -> None:
    """Take the elements before this one out of the tree.

    Not the element itself: the parser may still be adding text behind it. What a Ret holds lives on.
    """
    parent = element.getparent()
    while parent is not None and parent[0] is not element:
        del parent[0]


def _parser() -> etree.XMLPullParser[etree._Element]:
    return etree.XMLPullParser(
        events=("start", "end"),
        resolve_entities=False,
        load_dtd=False,
        no_network=True,
        huge_tree=True,
        remove_comments=True,
        remove_pis=True,
    )


def _check_prolog(answer: str | bytes) -> None:
    """Refuse what is no qbXML before the parser sees it; a DOCTYPE can stand nowhere but here."""
    head = _start(answer)
    if not head.strip():
        raise QbxmlUnreadableError("QuickBooks' answer is empty.")
    prolog = _PROLOG.match(head)
    body = head[prolog.end() :] if prolog else head
    if body[:9].upper() == "<!DOCTYPE":
        raise _unreadable(answer, "carries a DOCTYPE, which qbXML never does")
    if not _ROOT.match(body):
        raise _unreadable(answer, "does not begin with <QBXML>")


def _start(answer: str | bytes) -> str:
    text = answer[:_HEAD]
    if isinstance(text, bytes):
        text = text.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "replace")
    return text.removeprefix("\ufeff")


def _chunks(answer: str | bytes) -> Iterator[bytes]:
    if isinstance(answer, bytes):
        start = len(answer) - len(answer.lstrip())
        for at in range(start, len(answer), _CHUNK):
            yield answer[at : at + _CHUNK]
        return
    start = 1 if answer.startswith("\ufeff") else 0
    if declared := _DECLARATION.match(answer, start):
        # its encoding tells of bytes, which a text no longer is
        start = declared.end()
    while start < len(answer) and answer[start].isspace():
        start += 1
    for at in range(start, len(answer), _CHUNK):
        yield answer[at : at + _CHUNK].encode("utf-8")


def _head(element: etree._Element) -> Head:
    return Head(
        new_message_set_id=element.get("newMessageSetID"),
        message_set_status=_integer(element, "messageSetStatusCode"),
    )


def _status(element: etree._Element) -> Status:
    name = str(element.tag)
    code = _integer(element, "statusCode")
    if not name.endswith("Rs") or code is None:
        raise _NotAnAnswer(f"holds {name} without a statusCode where a request's answer was awaited")
    return Status(
        name=name,
        request_id=element.get("requestID", ""),
        code=code,
        severity=element.get("statusSeverity", ""),
        message=element.get("statusMessage", ""),
        ret_count=_integer(element, "retCount"),
        iterator_id=element.get("iteratorID"),
        iterator_remaining=_integer(element, "iteratorRemainingCount"),
    )


def _integer(element: etree._Element, name: str) -> int | None:
    written = element.get(name)
    if written is None:
        return None
    if not _INTEGER.fullmatch(written):
        raise _NotAnAnswer(f"says {name}={written[:_SHOWN]!r}, which is not a whole number")
    return int(written)


def _unreadable(answer: str | bytes, reason: str) -> QbxmlUnreadableError:
    return QbxmlUnreadableError(
        f"QuickBooks' answer {reason}; it begins {_start(answer).strip()[:_SHOWN]!r}.",
        guidance="Nothing is taken from it; the same message will be sent again.",
    )
