from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from qbsync.model.context import Context
from qbsync.model.ids import QuickBooksId
from qbsync.model.links import Link
from qbsync.model.names import Known, ListKind
from qbsync.model.options import Options
from qbsync.model.records import RecordKey
from qbsync.qbxml.check import check
from qbsync.qbxml.parse import Ret, read
from qbsync.qbxml.requests import Request

GUID = "{6f1d7a52-6a0c-4f0e-9a55-0d5f7f2f7a11}"


class CompanyFile:
    """Names as read from one company file; lists that were not read know nothing."""

    def __init__(self, entries: tuple[Known, ...], read_lists: tuple[ListKind, ...]) -> None:
        self._entries = {(known.list, known.full_name.casefold()): known for known in entries}
        self._read = read_lists

    def find(self, list_kind: ListKind, full_name: str) -> Known | None:
        """By full name, without regard to case, as QuickBooks does."""
        return self._entries.get((list_kind, full_name.casefold()))

    def jobs(self, name: str) -> list[Known]:
        """Jobs by their own name."""
        ending = f":{name.casefold()}"
        return [known for (_, key), known in self._entries.items() if key.endswith(ending)]

    def known(self, list_kind: ListKind) -> bool:
        """Whether the test gave that list as read."""
        return list_kind in self._read


@pytest.fixture
def entry() -> Callable[..., Known]:
    """One entry of a QuickBooks list, as `entry("Account", "Sales", type="Income")` makes it."""

    def make(list_name: str, full_name: str, list_id: str = "80000001-1", **more: Any) -> Known:
        return Known(list=ListKind(list_name), list_id=QuickBooksId(list_id), full_name=full_name, **more)

    return make


@pytest.fixture
def context() -> Callable[..., Context]:
    """Makes a context: entries of the company file, options, choices and links as the test needs them."""

    def make(*entries: Known, read_lists: tuple[ListKind, ...] = tuple(ListKind), **more: Any) -> Context:
        options = Options(**more.pop("options", {}))
        links = {RecordKey.parse(key): link for key, link in more.pop("links", {}).items()}
        return Context(
            options=options, names=CompanyFile(entries, read_lists), guid=GUID, links=links, **more
        )

    return make


@pytest.fixture
def linked() -> Callable[..., Link]:
    """A link, as `linked("vendor:9", "80000009-1", name="Acme")` makes it."""

    def make(key: str, quickbooks_id: str, **more: Any) -> Link:
        return Link(key=RecordKey.parse(key), quickbooks_id=QuickBooksId(quickbooks_id), **more)

    return make


@pytest.fixture
def ret() -> Callable[[str], Ret]:
    """Reads one Ret as QuickBooks would answer it."""

    def make(xml: str) -> Ret:
        answer = (
            '<?xml version="1.0" ?><QBXML><QBXMLMsgsRs>'
            f'<AnyQueryRs requestID="1" statusCode="0" statusSeverity="Info" statusMessage="Status OK">{xml}'
            "</AnyQueryRs></QBXMLMsgsRs></QBXML>"
        )
        return next(event for event in read(answer) if isinstance(event, Ret))

    return make


@pytest.fixture
def sound() -> Callable[[Request], Request]:
    """Passes a request on after proving that QuickBooks would not refuse it for its form."""

    def prove(request: Request) -> Request:
        assert check(request) == []
        return request

    return prove
