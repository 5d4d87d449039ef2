"""One project's subcontractor invoices: what changed, each whole, and which are no longer there.

Calls (reference/procore-api.md, section 6): one a page of a hundred invoices, items included, plus what
`billing` asks for single ones. Invoices have no webhook and their list shows no deleted ones, so once an hour
all of them are listed once more (one call, without items): one that is missing there is asked for by itself
(one call each) and is gone if Procore has it no longer; one that was hidden before is read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

from qbsync.errors import ProcoreMissingError, ProcorePayloadError
from qbsync.model.records import RecordKey, RecordKind
from qbsync.procore.client import ProcoreClient
from qbsync.procore.feeds.billing import Lookups
from qbsync.procore.feeds.cost_codes import CostCodes
from qbsync.procore.feeds.cursors import Cursor, format_moment, is_due
from qbsync.procore.feeds.events import FeedEvent, Gone, Mark, Seen
from qbsync.procore.feeds.exportable import invoice_hindrance
from qbsync.procore.feeds.refused import Refused
from qbsync.procore.payloads.invoices import InvoiceHeaderPayload, InvoicePayload
from qbsync.procore.payloads.shape import id_in, moment_in, read

_PATH: Final = "/rest/v1.1/requisitions"
_PER_PAGE: Final = 100
"""Whole invoices with their items; the default would be 30 (section 2.2)."""
_LISTED_PER_PAGE: Final = 1000
_MOST_ASKED: Final = 20
"""Missing invoices asked for in one pull; a right that was lost can make all of them seem missing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceStream:
    """The invoices of one project; `list_id` is the chosen standard cost code list.

    `listed_every` is how often all are listed to find those that were deleted.
    """

    client: ProcoreClient
    project_id: str
    list_id: str
    codes: CostCodes
    listed_every: timedelta = timedelta(hours=1)
    reads_cost_types: bool = False
    _lookups: Lookups = field(init=False)

    def __post_init__(self) -> None:
        """Join the lookups to the same project."""
        lookups = Lookups(
            client=self.client,
            project_id=self.project_id,
            list_id=self.list_id,
            codes=self.codes,
            cost_types=self.reads_cost_types,
        )
        object.__setattr__(self, "_lookups", lookups)

    @property
    def name(self) -> str:
        """The stream's name in marks: "invoices/594012"."""
        return f"invoices/{self.project_id}"

    def pull(self, marks: Mapping[str, str], now: datetime) -> Iterator[FeedEvent]:
        """Each invoice that changed since the mark, deleted ones as Gone when it is time, then the marks."""
        cursor = Cursor(self.name, marks, remembers=True)
        refused = Refused(RecordKind.INVOICE, self.name, marks)
        known = _Known(self.name, marks)
        since = cursor.filters(now)
        for raw in self._whole(since):
            invoice_id, updated_at = id_in(raw), moment_in(raw, "updated_at")
            known.saw(invoice_id)
            if cursor.knows(invoice_id, updated_at):
                continue
            yield from refused.read(invoice_id, partial(self._event, raw))
            cursor.saw(invoice_id, updated_at, now)
        for invoice_id in refused.waiting():
            yield from refused.read(invoice_id, partial(self._asked, invoice_id, known))
        if not since and not known.was_listed:
            known.listed(now)
        elif known.is_due(now, self.listed_every):
            yield from self._compared(known, refused, now)
        yield from cursor.marks()
        yield from refused.marks()
        yield from known.marks()

    def one(self, invoice_id: str) -> FeedEvent:
        """One invoice by itself, with what its items bill on; Gone where Procore shows it no longer."""
        return self._asked(invoice_id, _Known(self.name, {}))

    def _whole(self, since: Mapping[str, str]) -> Iterator[Any]:
        query = {"project_id": self.project_id, "view": "extended", **since}
        return self.client.get_all(_PATH, query, per_page=_PER_PAGE)

    def _compared(self, known: _Known, refused: Refused, now: datetime) -> Iterator[FeedEvent]:
        """Those that are no longer listed, and those listed that were never seen."""
        query = {"project_id": self.project_id, "view": "default"}
        listed = {id_in(raw) for raw in self.client.get_all(_PATH, query, per_page=_LISTED_PER_PAGE)} - {""}
        for invoice_id in sorted(known.ids - listed)[:_MOST_ASKED]:
            yield from refused.read(invoice_id, partial(self._asked, invoice_id, known))
        unseen = listed - known.ids
        if unseen and known.was_listed:
            for raw in self._whole({}):
                if id_in(raw) in unseen:
                    yield from refused.read(id_in(raw), partial(self._event, raw))
        known.ids |= unseen
        known.listed(now)

    def _asked(self, invoice_id: str, known: _Known) -> FeedEvent:
        """One invoice by itself; Gone where Procore has it no longer, or shows it no longer."""
        try:
            raw = self.client.get(
                f"{_PATH}/{invoice_id}", {"project_id": self.project_id, "view": "extended"}
            )
        except ProcoreMissingError:
            known.ids.discard(invoice_id)
            return Gone(key=RecordKey(kind=RecordKind.INVOICE, procore_id=invoice_id))
        return self._event(raw)

    def _event(self, raw: Any) -> Seen:  # noqa: ANN401  # JSON
        """The event of one invoice, with its lines where it is exportable."""
        header = read(InvoiceHeaderPayload, raw, what="an invoice")
        why_not = invoice_hindrance(header.status)
        if why_not:
            record = header.bare_record(project_id=self.project_id)
        else:
            invoice = read(InvoicePayload, raw, what=f"invoice {header.invoice_number or header.id}")
            _require_placed_tax(invoice)
            found = self._lookups.places(invoice)
            record = invoice.to_record(project_id=self.project_id, found=found)
        return Seen(
            record=record, exportable=not why_not, why_not=why_not, origin_id=header.origin_id or None
        )


class _Known:
    """The invoices of a project that were ever seen and are not gone, and when all were last listed.

    Its mark reads "2026-05-20T22:10:09Z;128061,128062".
    """

    def __init__(self, stream: str, marks: Mapping[str, str]) -> None:
        self._stream = f"{stream}/known"
        self._before = marks.get(self._stream, "")
        self._listed_at, _, ids = self._before.partition(";")
        self.ids = {part for part in ids.split(",") if part}

    @property
    def was_listed(self) -> bool:
        """Whether there was a list to compare with."""
        return bool(self._listed_at)

    def saw(self, invoice_id: str) -> None:
        """Count one in; what has no id cannot be asked for later."""
        if invoice_id:
            self.ids.add(invoice_id)

    def is_due(self, now: datetime, every: timedelta) -> bool:
        """Whether all are to be listed again."""
        return is_due(self._listed_at, now, every)

    def listed(self, now: datetime) -> None:
        """All were listed."""
        self._listed_at = format_moment(now)

    def marks(self) -> Iterator[Mark]:
        """The mark to keep; none where nothing changed."""
        value = f"{self._listed_at};{','.join(sorted(self.ids))}"
        if value != self._before:
            yield Mark(stream=self._stream, value=value)


def _require_placed_tax(invoice: InvoicePayload) -> None:
    """Raise ProcorePayloadError where the invoice has a tax that no item carries."""
    if invoice.stray_tax:
        raise ProcorePayloadError(
            f"Invoice {invoice.invoice_number or invoice.id} has {invoice.stray_tax} of tax in Procore that "
            "stands on none of its items.",
            guidance="Remove the tax in Procore, or enter the bill in QuickBooks by hand.",
        )
