"""The ERP feed's pull: what webhooks named is fetched, read and put into effect, one request after another.

Requests cannot be listed (reference, section 4.3): what a webhook never told is found by its open detail.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import structlog
from sqlalchemy.orm import Session

from qbsync.errors import (
    ProcoreAuthError,
    ProcoreLimitedError,
    ProcoreMissingError,
    ProcoreUnavailableError,
    QbsyncError,
)
from qbsync.flows import hearing, world as worlds
from qbsync.flows.delivered import NOT_THERE
from qbsync.flows.erp import catch_up, closing, refreshes, registration, troubles, words
from qbsync.flows.erp.apply import Applying, apply
from qbsync.flows.erp.asking import Asking
from qbsync.flows.erp.catch_up import CatchUp
from qbsync.flows.erp.platform import platform
from qbsync.flows.erp.refreshes import Ready, Refused
from qbsync.flows.fill import Filled
from qbsync.flows.webhooks import ERP_REQUESTS
from qbsync.model.options import Options
from qbsync.procore.client import ProcoreClient
from qbsync.procore.erp.api import ErpApi
from qbsync.procore.erp.metadata import metadata
from qbsync.procore.erp.requests import ErpRequest
from qbsync.store import connections, erp, erp_waits, inbox, marks, troubles as kept_troubles
from qbsync.store.engine import Database
from qbsync.store.erp import NewPart, Purpose, RequestState
from qbsync.store.erp_tables import ErpRequestRow
from qbsync.store.inbox import Outcome
from qbsync.store.tables import ConnectionRow

log = structlog.get_logger(__name__)
_EARLY: Final = timedelta(minutes=10)
"""How long it is no trouble that Procore does not show a request; webhooks may be early."""
_PATIENCE: Final = timedelta(days=7)
"""How long a request is asked for that Procore does not show, or that cannot be taken in."""
_SOON: Final = timedelta(minutes=1)
_SELDOM: Final = timedelta(hours=1)
_MOST_IN_TROUBLE: Final = 2
"""Requests of one pass over which Procore may be in trouble: with more, it is Procore and not they."""
_UNNAMED: Final = "unnamed"
"""A request of which Procore shows no name."""
_PATHS: Final = "erp/paths"
"""Mark: the connection's own endpoints, as requests were last asked for."""
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
    """Fetch and apply everything that waits; raises Procore's errors, after what went well was kept.

    A request that cannot be taken in is put off by itself, and so is what Procore refuses besides.
    """
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
    subject = registration.METADATA
    troubles.kept(pull.database, pull.connection_id, subject, lambda: _send_metadata(pull, api), pull.now)
    _requests(pull, api, filled)
    _refresh(pull, api)
    catch_up.details(looking)
    return filled


def _requests(pull: Pull, api: ErpApi, filled: Filled) -> None:
    """Fetch and apply what waits, each by itself: what goes wrong with one stops no other.

    Raises what keeps all of them waiting: no token, no calls left, nobody there.
    """
    asking = Asking(database=pull.database, connection_id=pull.connection_id, client=pull.client, api=api)
    with pull.database.read() as tx:
        waiting = [(row.id, row.request_id) for row in erp.waiting(tx, pull.connection_id, pull.now)]
    in_trouble = 0
    for row_id, request_id in waiting:
        try:
            _one(pull, asking, row_id, request_id, filled)
        except (ProcoreAuthError, ProcoreLimitedError):
            raise
        except ProcoreUnavailableError as error:
            _put_off(pull, row_id, error)
            in_trouble += 1
            if troubles.no_answer(error) or in_trouble > _MOST_IN_TROUBLE:
                raise
        except QbsyncError as error:
            _put_off(pull, row_id, error)
        except Exception:
            log.exception("request_failed", connection=pull.connection_id, request=request_id)
            _put_off(pull, row_id, _fault(request_id))


def _refresh(pull: Pull, api: ErpApi) -> None:
    """Offer Procore what QuickBooks has where a Refresh button was pressed and QuickBooks has been read.

    One that Procore refuses is answered so; where it is in trouble the button is answered later.
    """
    with pull.database.write() as tx:
        found = refreshes.ready(tx, connections.lock(tx, pull.connection_id), pull.now)
    for one in found:
        _offer(pull, api, one)


def _offer(pull: Pull, api: ErpApi, one: Ready) -> None:
    refused: list[Refused] = []

    def stage() -> None:
        refused.append(refreshes.send(pull.client, api, one))

    error = troubles.kept(pull.database, pull.connection_id, refreshes.subject(one.of), stage, pull.now)
    if error is not None and not isinstance(error, NOT_THERE):
        return
    with pull.database.write() as tx:
        connections.lock(tx, pull.connection_id)
        refreshes.answered(tx, one, refused[0] if refused else Refused(), error, pull.now)


def _hear(pull: Pull) -> None:
    """Move what webhooks named from the inbox to the requests; other addresses are tried for all of them."""
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
            kept_troubles.over(tx, pull.connection_id, hearing.SUBJECT)
        troubles.forget_told(tx, pull.connection_id, pull.now)
        if marks.one(tx, pull.connection_id, _PATHS) != pull.options.erp_paths:
            erp.ask_again(tx, pull.connection_id, pull.now)
            marks.put(tx, pull.connection_id, _PATHS, pull.options.erp_paths)


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


def _one(pull: Pull, asking: Asking, row_id: int, request_id: str, filled: Filled) -> None:
    """Fetch one request and put it into effect; one that Procore does not show is asked for again."""
    try:
        request = asking.api.request(request_id)
    except ProcoreMissingError as error:
        _not_shown(pull, row_id, error)
        return
    try:
        _take_in(pull, asking, row_id, request, filled)
    except Exception:
        _keep_waiting(pull, asking, row_id, request)
        raise


def _take_in(pull: Pull, asking: Asking, row_id: int, request: ErpRequest, filled: Filled) -> None:
    """Ask what a request needs, and put it into effect."""
    events = asking.events(request)
    asked = asking.asked(events)
    with pull.database.write() as tx:
        connection = connections.lock(tx, pull.connection_id)
        pull.renew(connection)
        row = tx.get_one(ErpRequestRow, row_id)
        if row.state != RequestState.NEW.value:
            return
        request_id = row.request_id
        this = Applying(
            world=worlds.world_of(tx, connection),
            request_id=request_id,
            details=request.details,
            asked=asked,
            now=pull.now,
            filled=filled,
        )
        erp_waits.forget_waiting(tx, pull.connection_id, request_id)
        apply(this, events)
        row.name, row.state, row.done_at, row.error = request.name, RequestState.DONE.value, pull.now, ""
        kept_troubles.over(tx, pull.connection_id, troubles.of_request(request_id))
        troubles.tell_unheard(tx, pull.connection_id, request_id, pull.now)


def _keep_waiting(pull: Pull, asking: Asking, row_id: int, request: ErpRequest) -> None:
    """Keep which details a request waits with that Procore shows: every other one may be given up meanwhile.

    One that cannot even be read may wait with any: it stays without a name, as though it were not shown.
    """
    try:
        awaited = asking.awaited(request)
    except Exception:
        log.exception("request_unreadable", connection=pull.connection_id, request=request.id)
        return
    with pull.database.write() as tx:
        row = tx.get_one(ErpRequestRow, row_id)
        if row.name:
            return
        row.name = request.name or _UNNAMED
        late = closing.given_up(tx, pull.connection_id, [detail for detail, _ in awaited])
        for detail, header in awaited:
            if detail in late:
                continue
            part = NewPart(
                request_id=row.request_id,
                detail_id=detail,
                purpose=Purpose.WAIT,
                items={"header": header} if header else {},
            )
            erp.add_part(tx, pull.connection_id, part, pull.now)


def _not_shown(pull: Pull, row_id: int, error: ProcoreMissingError) -> None:
    """A webhook may be early, or the address wrong: the request is asked for again for days.

    Then it counts as gone, until a webhook names it again, its address changes, or a person asks.
    """
    with pull.database.write() as tx:
        row = tx.get_one(ErpRequestRow, row_id)
        _wait(tx, pull, row, error)
        if pull.now - row.received_at >= _EARLY:
            _trouble(tx, pull, row, error)


def _put_off(pull: Pull, row_id: int, error: QbsyncError) -> None:
    """Keep what went wrong with a request, and leave it alone for a while; after a week for good."""
    with pull.database.write() as tx:
        row = tx.get_one(ErpRequestRow, row_id)
        _wait(tx, pull, row, error)
        _trouble(tx, pull, row, error)


def _wait(tx: Session, pull: Pull, row: ErpRequestRow, error: QbsyncError) -> None:
    """Ask again in half the time that it has waited already: soon at first, then once an hour.

    After a week it is over: not at the first try, for nobody may have asked for so long, and not because
    nobody answers.
    """
    age, tried = pull.now - row.received_at, row.not_before is not None
    row.error = error.for_people()
    row.not_before = pull.now + min(max(_SOON, age / 2), _SELDOM)
    if age < _PATIENCE or not tried or troubles.no_answer(error):
        return
    row.state, row.done_at = RequestState.GONE.value, pull.now
    said = words.not_taken_in(error.message)
    for part in erp_waits.forget_waiting(tx, pull.connection_id, row.request_id):
        if part.detail_id:
            closing.give_up(tx, pull.connection_id, part.detail_id, [said], pull.now)


def _trouble(tx: Session, pull: Pull, row: ErpRequestRow, error: QbsyncError) -> None:
    kept_troubles.keep(
        tx,
        pull.connection_id,
        troubles.of_request(row.request_id),
        message=error.message,
        guidance=error.guidance,
        now=pull.now,
    )


def _fault(request_id: str) -> QbsyncError:
    return QbsyncError(
        f"qbsync could not take in the ERP request {request_id}: a fault of its own.",
        guidance="It is tried again, and the others go on. Report it with the worker's log.",
    )
