"""What may be wrong with a connection on the ERP feed: what is kept here, and what Procore shows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.orm import Session

from qbsync.errors import QbsyncError
from qbsync.flows import delivered
from qbsync.flows.checking import Check
from qbsync.flows.erp import catch_up, registration
from qbsync.flows.erp.platform import subject_of
from qbsync.model.feeds import Feed
from qbsync.model.options import Options
from qbsync.procore.client import ProcoreClient
from qbsync.procore.erp import cost_types
from qbsync.procore.erp.api import ErpApi
from qbsync.procore.erp.metadata import metadata
from qbsync.procore.erp.paths import ENDPOINTS
from qbsync.procore.feeds.cost_codes import chosen_list
from qbsync.procore.writebacks import Target
from qbsync.store import connections, erp, troubles, writebacks
from qbsync.store.erp_tables import ErpAccountRow
from qbsync.store.hook_tables import HookRow
from qbsync.store.tables import ConnectionRow

SLOW: Final = timedelta(hours=1)
"""After so long a request that waits, or a detail that is open, is worth a look."""
_BEHIND: Final = timedelta(hours=3)
"""Catching up happens hourly; so long without it something is in the way."""


def of_connection(tx: Session, row: ConnectionRow, now: datetime) -> Iterator[Check]:
    """Everything about ERP Integrations that the database can tell; nothing on the direct feed."""
    if row.feed != Feed.ERP.value:
        return
    yield from _registered(tx, row, now)
    yield _requests(tx, row, now)
    yield _details(tx, row, now)
    yield from _endpoints(tx, row)


def subjects() -> set[str]:
    """The troubles that have a check of their own here."""
    return {subject_of(name) for name in ENDPOINTS}


def _registered(tx: Session, row: ConnectionRow, now: datetime) -> Iterator[Check]:
    account = erp.account_of(tx, row.id)
    register = f"qbsync erp register {row.name}"
    if account is None or account.registered_at is None:
        words = "The connection is not registered in Procore's ERP Integrations."
        yield Check(name="erp_connection", ok=False, message=words, fix=register)
        return
    options = connections.options_of(row)
    current = _is_current(account, options)
    since = f"Registered in ERP Integrations at {_at(account.registered_at)}"
    yield Check(
        name="erp_connection",
        ok=current,
        message=f"{since}; Procore took its metadata as they are."
        if current
        else f"{since}; its metadata have changed.",
        fix="" if current else f"They are sent at the next pull: qbsync pull {row.name}",
    )
    list_id = options.standard_cost_code_list or account.list_id
    yield Check(
        name="erp_cost_code_list",
        ok=bool(list_id),
        message=f"QuickBooks' standard cost code list is {list_id}."
        if list_id
        else "Which standard cost code list belongs to QuickBooks is not known.",
        fix="" if list_id else register,
    )
    last = account.caught_up_at
    behind = last is None or now - last > _BEHIND
    yield Check(
        name="erp_caught_up",
        ok=not behind,
        message="What Procore's webhook delivered was never looked up."
        if last is None
        else f"What Procore's webhook delivered was last looked up at {_at(last)}.",
        fix=f"See that the worker runs; qbsync pull {row.name} looks it up now." if behind else "",
    )


def _is_current(account: ErpAccountRow, options: Options) -> bool:
    """Whether Procore took the metadata as they are now."""
    return account.metadata_sent == registration.digest(metadata(options))


def _requests(tx: Session, row: ConnectionRow, now: datetime) -> Check:
    count, oldest = erp.how_many_wait(tx, row.id)
    if oldest is None:
        return Check(name="erp_requests", ok=True, message="No ERP request waits to be fetched.")
    slow = now - oldest > SLOW
    return Check(
        name="erp_requests",
        ok=not slow,
        message=f"ERP requests that wait to be fetched: {count}, the oldest since {_at(oldest)}.",
        fix=f"qbsync erp requests --connection {row.name} says why; see that the worker runs."
        if slow
        else "",
    )


def _details(tx: Session, row: ConnectionRow, now: datetime) -> Check:
    """Procore's buttons are grey while a detail is open, which is right as long as QuickBooks is awaited."""
    parts, oldest = erp.open_details(tx, row.id, before=now - SLOW)
    unsaid = writebacks.open_since(tx, row.id, Target.REQUEST_DETAIL.value, before=now - SLOW)
    if not parts and not unsaid:
        return Check(name="erp_details", ok=True, message="No request detail is open for more than an hour.")
    said = []
    if oldest is not None:
        said.append(f"{parts} wait for QuickBooks, the oldest since {_at(oldest)}")
    if unsaid:
        said.append(f"{unsaid} are decided, and Procore could not be told yet")
    return Check(
        name="erp_details",
        ok=False,
        message=f"Request details that are open for more than an hour: {'; '.join(said)}.",
        fix=f"See that the Web Connector runs; qbsync erp requests --connection {row.name} shows their jobs."
        if parts
        else f"qbsync push {row.name}",
    )


def _endpoints(tx: Session, row: ConnectionRow) -> Iterator[Check]:
    wanted = subjects()
    missing = [one for one in troubles.listing(tx, row.id) if one.subject in wanted]
    for one in missing:
        yield Check(name="erp_endpoint", ok=False, message=one.message, fix=one.guidance)
    if not missing:
        yield Check(name="erp_endpoint", ok=True, message="No endpoint that was asked is missing.")


def in_procore(
    client: ProcoreClient, name: str, options: Options, *, account: ErpAccountRow | None, hook: HookRow | None
) -> Iterator[Check]:
    """What only Procore can tell, a call each: platform, connection, list, cost types and hook.

    Whether it has the connection only a change shows, so what it took last of the metadata is sent again.
    """
    api = ErpApi(client, overrides=options.erp_paths)
    yield _check("erp_platform", "Procore's ERP platform answers.", api.probe)
    if account is not None and _is_current(account, options):
        sent, well = metadata(options), "Procore has the connection: it took the same metadata again."
        anew = f"If Procore has it no longer: qbsync erp register {name}"
        yield _check("erp_connection", well, lambda: api.metadata(account.service_url, sent), fix=anew)
    list_id = options.standard_cost_code_list or ("" if account is None else account.list_id)
    if list_id:
        found = f"Procore has the standard cost code list {list_id}."
        yield _check("erp_cost_code_list", found, lambda: chosen_list(client, list_id))
    yield _cost_types(client, name)
    if hook is not None:
        yield _hook(client, name, hook)


def _cost_types(client: ProcoreClient, connection: str) -> Check:
    name = "erp_cost_types"
    try:
        bare = cost_types.unmarked(client)
    except QbsyncError as error:
        return Check(name=name, ok=False, message=error.message, fix=error.guidance)
    if not bare:
        return Check(name=name, ok=True, message="Every cost type of Procore is marked.")
    words = f"Cost types without a mark, on which nothing can be sent: {', '.join(sorted(bare))}."
    return Check(name=name, ok=False, message=words, fix=f"qbsync erp register {connection}")


def _hook(client: ProcoreClient, connection: str, hook: HookRow) -> Check:
    name = "erp_webhook"
    try:
        fault = catch_up.fault_of(client, hook)
    except delivered.NOT_THERE:
        words = "Procore lists no webhooks, so that nobody can see whether it is there."
        return Check(name=name, ok=True, message=words)
    except QbsyncError as error:
        return Check(name=name, ok=False, message=error.message, fix=error.guidance)
    return Check(
        name=name,
        ok=not fault,
        message=fault or "Procore has the webhook with its trigger.",
        fix=f"It is made anew within the hour; qbsync erp register {connection} does so now."
        if fault
        else "",
    )


def _check(name: str, well: str, look: Callable[[], object], *, fix: str = "") -> Check:
    try:
        look()
    except QbsyncError as error:
        return Check(name=name, ok=False, message=error.message, fix=f"{error.guidance} {fix}".strip())
    return Check(name=name, ok=True, message=well)


def _at(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"
