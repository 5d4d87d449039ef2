"""What lines are coded with besides their cost code: the names of their tax codes, and their cost types.

The tax codes are asked for once a pull, and only where a line has one: one call a hundred (section 3.4).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Final, TypeVar

from qbsync.model.records import (
    Budget,
    ChangeOrder,
    ChangeOrderLine,
    Commitment,
    CommitmentLine,
    Invoice,
    InvoiceLine,
    Record,
)
from qbsync.procore.client import ProcoreClient
from qbsync.procore.feeds.events import FeedEvent, Seen
from qbsync.procore.payloads.shape import read
from qbsync.procore.payloads.taxes import TaxCodePayload

_PATH: Final = "/rest/v1.0/tax_codes"
_PER_PAGE: Final = 100
"""The most that the list gives (section 2.2)."""
_UNKNOWN: Final = ("", Decimal(0))
_Line = TypeVar("_Line", CommitmentLine, ChangeOrderLine)


class Coding:
    """Completes what the streams of one pull read; `cost_types`: whether the connection wants them."""

    def __init__(self, client: ProcoreClient, company_id: str, *, cost_types: bool) -> None:
        self._client = client
        self._company_id = company_id
        self._cost_types = cost_types
        self._taxes: Mapping[str, tuple[str, Decimal]] | None = None

    def over(self, events: Iterable[FeedEvent]) -> Iterator[FeedEvent]:
        """The events, with tax codes named, and without cost types where those are not wanted."""
        for event in events:
            yield replace(event, record=self._coded(event.record)) if isinstance(event, Seen) else event

    def _coded(self, record: Record) -> Record:
        match record:
            case Commitment():
                return replace(record, lines=tuple(self._line(line) for line in record.lines))
            case ChangeOrder():
                return replace(record, lines=tuple(self._line(line) for line in record.lines))
            case Invoice():
                return replace(record, lines=tuple(self._item(line) for line in record.lines))
            case Budget() if not self._cost_types:
                bare = tuple(replace(line, cost_type_id="", cost_type="") for line in record.lines)
                return replace(record, lines=bare)
            case _:
                return record

    def _line(self, line: _Line) -> _Line:
        if line.tax_code_id is not None:
            line = replace(line, tax_code=self._named(line.tax_code_id)[0])
        return line if self._cost_types else replace(line, cost_type="")

    def _item(self, item: InvoiceLine) -> InvoiceLine:
        """The item with the name and the rate of the tax code whose id it has."""
        if item.tax_code:
            code, rate = self._named(item.tax_code)
            item = replace(item, tax_code=code, tax_rate=rate)
        return item if self._cost_types else replace(item, cost_type="")

    def _named(self, tax_code_id: str) -> tuple[str, Decimal]:
        """The code and its percentage; the id itself where Procore does not list it."""
        if self._taxes is None:
            raws = self._client.get_all(_PATH, {"company_id": self._company_id}, per_page=_PER_PAGE)
            codes = [read(TaxCodePayload, raw, what="a tax code") for raw in raws]
            self._taxes = {code.id: (code.code, code.rate1) for code in codes}
        code, rate = self._taxes.get(tax_code_id, _UNKNOWN)
        return code or tax_code_id, rate
