"""What must be asked of Procore, or done there, before a request is put into effect."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from qbsync.errors import ProcoreForbiddenError, ProcorePayloadError, ProcoreRefusedError
from qbsync.flows import world as worlds
from qbsync.flows.delivered import NOT_THERE
from qbsync.flows.erp import closing, undoing, words
from qbsync.flows.erp.apply import Asked
from qbsync.flows.erp.known import StoredKnown
from qbsync.flows.erp.notices import Imported
from qbsync.model.records import CommitmentType, Invoice, RecordKind
from qbsync.procore.client import ProcoreClient
from qbsync.procore.erp import cost_types
from qbsync.procore.erp.api import DetailPayload, ErpApi
from qbsync.procore.erp.requests import ErpRequest
from qbsync.procore.feeds.contracts import ContractStream
from qbsync.procore.feeds.cost_codes import CostCodes, project_codes
from qbsync.procore.feeds.erp import events as events_of
from qbsync.procore.feeds.erp_billing import INVOICE_LINES
from qbsync.procore.feeds.erp_events import (
    Broken,
    Delete,
    ErpEvent,
    Export,
    Joined,
    OrderJoined,
    Refresh,
    RefreshOf,
    Reread,
    Unlink,
    header_of,
)
from qbsync.procore.feeds.events import FeedEvent, ProjectCodes, Seen
from qbsync.procore.feeds.invoices import InvoiceStream
from qbsync.store import connections
from qbsync.store.engine import Database


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """One connection's questions; each raises the client's errors."""

    database: Database
    connection_id: int
    client: ProcoreClient
    api: ErpApi

    def events(self, request: ErpRequest) -> list[ErpEvent]:
        """What a request asks for, each with the detail that waits for it, as far as Procore shows one."""
        with self.database.read() as tx:
            found = events_of(request, StoredKnown(tx, self.connection_id))
        read = [self._reread(event) for event in found]
        details = self._details_of({header: None for event in read if (header := _without_detail(event))})
        return [self._in_time(_with_detail(event, details)) for event in read]

    def awaited(self, request: ErpRequest) -> list[tuple[str, str]]:
        """What waits for a request that could not be taken in: a detail's id each, or the item it is of."""
        with self.database.read() as tx:
            found = events_of(request, StoredKnown(tx, self.connection_id))
        headers = dict.fromkeys(header for event in found if (header := _without_detail(event)))
        return [*((detail, "") for detail in request.details), *(("", header) for header in headers)]

    def asked(self, events: Sequence[ErpEvent]) -> Asked:
        """What Procore says, or does, of these events; what it refuses to delete is answered in its words."""
        imported: dict[str, Imported] = {}
        commitments: dict[str, FeedEvent] = {}
        undeletable: dict[str, str] = {}
        for event in events:
            if isinstance(event, Joined) and event.key.kind is RecordKind.PROJECT:
                types = cost_types.listing(self.client)
                for codes in self._codes(event.key.procore_id):
                    imported[codes.project_id] = Imported(codes=codes, cost_types=types)
            if isinstance(event, OrderJoined):
                commitments[event.key.procore_id] = self._commitment(event)
            if isinstance(event, Refresh) and event.of is RefreshOf.CATEGORIES:
                cost_types.mark(self.client)
            if isinstance(event, Delete):
                undeletable[event.record_id] = self._delete(event)
        return Asked(imported=imported, commitments=commitments, undeletable=undeletable)

    def _commitment(self, event: OrderJoined) -> FeedEvent:
        with self.database.read() as tx:
            list_id = StoredKnown(tx, self.connection_id).list_id
        shown = [
            ContractStream(client=self.client, kind=kind, project_id=event.project_id, list_id=list_id).one(
                event.key.procore_id
            )
            for kind in ([event.type] if event.type is not None else CommitmentType)
        ]
        return next((one for one in shown if isinstance(one, Seen)), shown[0])

    def _reread(self, event: ErpEvent) -> ErpEvent:
        """The export of an invoice by its public show, where its request did not say all."""
        if not isinstance(event, Reread):
            return event
        with self.database.read() as tx:
            list_id = StoredKnown(tx, self.connection_id).list_id
        codes = CostCodes(client=self.client, project_id=event.project_id)
        stream = InvoiceStream(client=self.client, project_id=event.project_id, list_id=list_id, codes=codes)
        invoice_id, header = event.key.procore_id, event.items.header
        try:
            shown = stream.one(invoice_id)
        except ProcorePayloadError as error:
            return Broken(detail=event.detail, header=header, message=error.for_people())
        if not isinstance(shown, Seen) or not isinstance(shown.record, Invoice):
            said = (
                f"Procore does not show invoice {invoice_id} to qbsync. Check the permissions of its account."
            )
            return Broken(detail=event.detail, header=header, message=said)
        record = shown.record
        if record.payment_due is None:
            record = replace(record, payment_due=event.payment_due)
        lines = {line.procore_id: INVOICE_LINES[line.item_type] for line in record.lines}
        items = replace(event.items, lines={**lines, **event.items.lines})
        return Export(
            detail=event.detail,
            record=record,
            items=items,
            choices=event.choices,
            origin_id=shown.origin_id or "",
        )

    def _in_time(self, event: ErpEvent) -> ErpEvent:
        """The event, unless its detail was closed before its request came: Procore says that it failed."""
        detail: str = getattr(event, "detail", "")
        with self.database.read() as tx:
            late = detail and closing.given_up(tx, self.connection_id, [detail])
        return Broken(detail=detail, header="", message=words.AWAY) if late else event

    def _details_of(self, headers: Iterable[str]) -> dict[str, str]:
        """The detail of each of these items, as far as Procore shows one: of a batch most are in one list."""
        wanted = list(headers)
        found: dict[str, str] = {}
        if len(wanted) > 1:
            with suppress(*NOT_THERE):  # that they are listed without an item is not documented
                shown = [one for one in self.api.some_details() if one.item_id and not one.is_closed]
                mine = {header: [one for one in shown if one.is_surely_of(header)] for header in wanted}
                found = {header: self._detail_of(header, rows) for header, rows in mine.items()}
        for header in wanted:
            if not found.get(header):
                found[header] = self._detail_of(header, self.api.details(header.partition(":")[2]))
        return found

    def _detail_of(self, header: str, listed: Iterable[DetailPayload]) -> str:
        """The newest open detail of an item, or the one that was given up; empty where there is none.

        Ids are one type's own: a vendor may have the number of an invoice.
        """
        of_item = [one for one in listed if one.is_of(header)]
        shown = sorted(of_item, key=lambda one: (one.is_surely_of(header), len(one.id), one.id))
        still_open = [one.id for one in shown if not one.is_closed]
        if still_open or not shown:
            return still_open[-1] if still_open else ""
        newest = shown[-1].id
        with self.database.read() as tx:
            return newest if closing.given_up(tx, self.connection_id, [newest]) else ""

    def _delete(self, event: Delete) -> str:
        """Why something is not deleted, empty where Procore deleted it."""
        with self.database.read() as tx:
            world = worlds.world_of(tx, connections.get(tx, self.connection_id))
            why_not = undoing.hindrance(world, event)
        if why_not:
            return why_not
        try:
            undoing.delete(self.api, event)
        except (ProcoreForbiddenError, ProcoreRefusedError) as error:
            return words.not_deleted(event.label or event.record_id, error.message)
        return ""

    def _codes(self, project_id: str) -> Iterator[ProjectCodes]:
        for event in project_codes(CostCodes(client=self.client, project_id=project_id)):
            if isinstance(event, ProjectCodes):
                yield event


def _without_detail(event: ErpEvent) -> str:
    """The item by which an event's detail is looked up; empty where it has one, or needs none."""
    match event:
        case Export() | Reread() | Broken() | Unlink() | Delete() if not event.detail:
            return header_of(event)
        case _:
            return ""


def _with_detail(event: ErpEvent, details: Mapping[str, str]) -> ErpEvent:
    match event:
        case Export() | Broken() | Unlink() | Delete() if not event.detail:
            return replace(event, detail=details.get(header_of(event), ""))
        case _:
            return event
