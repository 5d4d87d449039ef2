"""The ERP feed's pull: what webhooks named is fetched, read and put into effect, one request after another.

Requests cannot be listed (reference, section 4.3): what a webhook never told is found by its open detail.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.orm import Session

from qbsync.errors import ProcoreError, ProcoreMissingError, ProcorePayloadError
from qbsync.flows import world as worlds
from qbsync.flows.erp import catch_up, closing, refreshes, registration, undoing, words
from qbsync.flows.erp.apply import Applying, Asked, apply
from qbsync.flows.erp.catch_up import CatchUp
from qbsync.flows.erp.known import StoredKnown
from qbsync.flows.erp.platform import platform
from qbsync.flows.fill import Filled
from qbsync.flows.webhooks import ERP_REQUESTS
from qbsync.model.options import Options
from qbsync.model.records import Invoice, RecordKind
from qbsync.procore.client import ProcoreClient
from qbsync.procore.erp import cost_types
from qbsync.procore.erp.api import ErpApi
from qbsync.procore.erp.metadata import metadata
from qbsync.procore.feeds.cost_codes import CostCodes, project_codes
from qbsync.procore.feeds.erp import events as events_of
from qbsync.procore.feeds.erp_billing import INVOICE_LINES
from qbsync.procore.feeds.erp_events import (
    Broken,
    Delete,
    ErpEvent,
    Export,
    Joined,
    Refresh,
    RefreshOf,
    Reread,
)
from qbsync.procore.feeds.events import ProjectCodes, Seen
from qbsync.procore.feeds.invoices import InvoiceStream
from qbsync.procore.refusals import words_of_errors
from qbsync.store import connections, erp, inbox, marks
from qbsync.store.engine import Database
from qbsync.store.erp import RequestState
from qbsync.store.erp_tables import ErpRequestRow
from qbsync.store.inbox import Outcome
from qbsync.store.tables import ConnectionRow

_PATIENCE: Final = timedelta(minutes=10)
"""How long a request that Procore does not show yet is asked for again; webhooks may be early."""
_AGAIN: Final = timedelta(minutes=1)
Renew = Callable[[ConnectionRow], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pull:
    """One pass of one connection."""

    database: Database
    connection_id: int
    client: ProcoreClient
    options: Options
    now: datetime
    renew: Renew


def run(pull: Pull) -> Filled:
    """Fetch and apply everything that waits; raises Procore's errors, after what went well was kept."""
    with platform(pull.database, pull.connection_id, pull.client, pull.now) as api:
        return _run(pull, api)


def _run(pull: Pull, api: ErpApi) -> Filled:
    filled = Filled()
    looking = CatchUp(
        database=pull.database,
        connection_id=pull.connection_id,
        client=pull.client,
        api=api,
        now=pull.now,
    )
    catch_up.deliveries(looking)
    _hear(pull)
    _send_metadata(pull, api)
    with pull.database.read() as tx:
        waiting = [(row.id, row.request_id) for row in erp.waiting(tx, pull.connection_id, pull.now)]
    for row_id, request_id in waiting:
        _one(pull, api, row_id, request_id, filled)
    _refresh(pull, api)
    catch_up.details(looking)
    return filled


def _refresh(pull: Pull, api: ErpApi) -> None:
    """Offer Procore what QuickBooks has where a Refresh button was pressed and QuickBooks has been read."""
    with pull.database.read() as tx:
        found = refreshes.ready(tx, connections.get(tx, pull.connection_id))
    for one in found:
        answers = api.staged_records(one.updates) if one.updates else []
        refused = [words_of_errors(error.get("errors")) for each in answers for error in each.errors]
        with pull.database.write() as tx:
            connections.lock(tx, pull.connection_id)
            refreshes.answered(tx, pull.connection_id, one.part_id, refused, pull.now)


def _hear(pull: Pull) -> None:
    """Move what webhooks named from the inbox to the requests."""
    with pull.database.write() as tx:
        connection = connections.lock(tx, pull.connection_id)
        pull.renew(connection)
        for delivery in inbox.unread(tx, pull.connection_id):
            foreign = delivery.company_id not in ("", connection.procore_company)
            mine = (delivery.resource_name, delivery.event_type.casefold()) == ERP_REQUESTS
            outcome = Outcome.FOREIGN if foreign else Outcome.READ if mine else Outcome.UNHEEDED
            if outcome is Outcome.READ:
                erp.heard(tx, pull.connection_id, delivery.resource_id, pull.now)
            inbox.mark_read(tx, [delivery.id], pull.now, outcome)


def _send_metadata(pull: Pull, api: ErpApi) -> None:
    """Send the metadata where it has changed since Procore last took it, or where Procore asks for it."""
    wanted = metadata(pull.options)
    digest = registration.digest(wanted)
    with pull.database.write() as tx:
        account = erp.account(tx, pull.connection_id)
        url, up_to_date = account.service_url, account.metadata_sent == digest
        registered = account.registered_at is not None
    if not registered or up_to_date:
        return
    api.metadata(url, wanted)
    with pull.database.write() as tx:
        erp.account(tx, pull.connection_id).metadata_sent = digest


def _one(pull: Pull, api: ErpApi, row_id: int, request_id: str, filled: Filled) -> None:
    """Fetch one request and put it into effect; one that Procore does not show, or in no form, is kept."""
    try:
        request = api.request(request_id)
    except ProcoreMissingError as error:
        _not_shown(pull, row_id, error)
        return
    except ProcorePayloadError as error:
        _not_readable(pull, row_id, error)
        return
    with pull.database.read() as tx:
        found = events_of(request, StoredKnown(tx, pull.connection_id))
    events = [_in_time(pull, _detailed(pull, api, _reread(pull, event))) for event in found]
    asked = _asked(pull, api, events)
    with pull.database.write() as tx:
        connection = connections.lock(tx, pull.connection_id)
        pull.renew(connection)
        row = tx.get_one(ErpRequestRow, row_id)
        if row.state != RequestState.NEW.value:
            return
        world = worlds.world_of(tx, connection)
        this = Applying(world=world, request_id=request_id, asked=asked, now=pull.now, filled=filled)
        apply(this, events)
        row.name, row.state, row.done_at, row.error = request.name, RequestState.DONE.value, pull.now, ""
        marks.trouble_over(tx, pull.connection_id, _subject(request_id))


def _not_shown(pull: Pull, row_id: int, error: ProcoreMissingError) -> None:
    """A webhook may be early: the request is asked for again for a while, then it counts as gone."""
    with pull.database.write() as tx:
        row = tx.get_one(ErpRequestRow, row_id)
        row.error = error.for_people()
        row.not_before = pull.now + _AGAIN
        if pull.now - row.received_at >= _PATIENCE:
            row.state, row.done_at = RequestState.GONE.value, pull.now
            _trouble(tx, pull, row, error)


def _not_readable(pull: Pull, row_id: int, error: ProcorePayloadError) -> None:
    with pull.database.write() as tx:
        row = tx.get_one(ErpRequestRow, row_id)
        row.error, row.not_before = error.for_people(), pull.now + _AGAIN
        _trouble(tx, pull, row, error)


def _trouble(tx: Session, pull: Pull, row: ErpRequestRow, error: ProcoreError) -> None:
    marks.trouble(
        tx,
        pull.connection_id,
        _subject(row.request_id),
        message=error.message,
        guidance=error.guidance,
        now=pull.now,
    )


def _subject(request_id: str) -> str:
    return f"ERP request {request_id}"


def _reread(pull: Pull, event: ErpEvent) -> ErpEvent:
    """The export of an invoice by its public show, where its request did not say all."""
    if not isinstance(event, Reread):
        return event
    with pull.database.read() as tx:
        list_id = StoredKnown(tx, pull.connection_id).list_id
    codes = CostCodes(client=pull.client, project_id=event.project_id)
    stream = InvoiceStream(client=pull.client, project_id=event.project_id, list_id=list_id, codes=codes)
    invoice_id = event.key.procore_id
    try:
        shown = stream.one(invoice_id)
    except ProcorePayloadError as error:
        return Broken(detail=event.detail, item_id=invoice_id, message=error.for_people())
    if not isinstance(shown, Seen) or not isinstance(shown.record, Invoice):
        words = f"Procore does not show invoice {invoice_id} to qbsync. Check the permissions of its account."
        return Broken(detail=event.detail, item_id=invoice_id, message=words)
    lines = {line.procore_id: INVOICE_LINES[line.item_type] for line in shown.record.lines}
    items = replace(event.items, lines={**lines, **event.items.lines})
    return Export(detail=event.detail, record=shown.record, items=items, origin_id=shown.origin_id or "")


def _detailed(pull: Pull, api: ErpApi, event: ErpEvent) -> ErpEvent:
    """The event with its detail, looked up by its item where the request did not name it."""
    if isinstance(event, Export) and not event.detail:
        return replace(event, detail=_detail_of(pull, api, event.items.header.partition(":")[2]))
    if isinstance(event, Broken) and not event.detail and event.item_id:
        return replace(event, detail=_detail_of(pull, api, event.item_id))
    return event


def _in_time(pull: Pull, event: ErpEvent) -> ErpEvent:
    """The event, unless its detail was closed before its request came: Procore says that it failed."""
    detail = getattr(event, "detail", "")
    with pull.database.read() as tx:
        late = detail and closing.given_up(tx, pull.connection_id, [detail])
    return Broken(detail=detail, item_id="", message=words.AWAY) if late else event


def _detail_of(pull: Pull, api: ErpApi, item_id: str) -> str:
    """The newest open detail of an item, or the one that was given up; empty where there is none."""
    shown = sorted(api.details(item_id), key=lambda one: (len(one.id), one.id))
    still_open = [one.id for one in shown if not one.is_closed]
    if still_open or not shown:
        return still_open[-1] if still_open else ""
    newest = shown[-1].id
    with pull.database.read() as tx:
        return newest if closing.given_up(tx, pull.connection_id, [newest]) else ""


def _asked(pull: Pull, api: ErpApi, events: Sequence[ErpEvent]) -> Asked:
    """What must be asked of Procore, or done there, before the events are put into effect."""
    codes: dict[str, ProjectCodes] = {}
    undeletable: dict[str, str] = {}
    for event in events:
        if isinstance(event, Joined) and event.key.kind is RecordKind.PROJECT:
            codes |= {one.project_id: one for one in _codes(pull, event.key.procore_id)}
        if isinstance(event, Refresh) and event.of is RefreshOf.CATEGORIES:
            cost_types.mark(pull.client)
        if isinstance(event, Delete):
            with pull.database.read() as tx:
                world = worlds.world_of(tx, connections.get(tx, pull.connection_id))
                why_not = undoing.hindrance(world, event)
            if not why_not:
                undoing.delete(api, event)
            undeletable[event.record_id] = why_not
    return Asked(codes=codes, undeletable=undeletable)


def _codes(pull: Pull, project_id: str) -> Iterator[ProjectCodes]:
    for event in project_codes(CostCodes(client=pull.client, project_id=project_id)):
        if isinstance(event, ProjectCodes):
            yield event
