"""Setting a connection up in Procore's ERP Integrations: the ERP connection, its list, and its webhook.

Each step is kept as it succeeds and may be done again; what is as it should be is left as it is. Metadata of
an existing connection, and cost types, that Procore refuses keep no other step waiting.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy.orm import Session

from qbsync.errors import ProcoreError, ProcoreMissingError, ProcoreRefusedError
from qbsync.flows import delivered, webhooks
from qbsync.flows.erp import catch_up
from qbsync.flows.erp.platform import platform
from qbsync.flows.review import Desk
from qbsync.flows.webhooks import ERP_REQUESTS, Made
from qbsync.procore import permissions
from qbsync.procore.client import ProcoreClient
from qbsync.procore.erp import cost_types
from qbsync.procore.erp.api import ErpApi
from qbsync.procore.erp.metadata import metadata
from qbsync.procore.feeds.cost_codes import chosen_list
from qbsync.procore.hooks import V2, HookApi
from qbsync.store import audit, connections, erp, hooks, troubles
from qbsync.store.hook_tables import HookRow

_REFUSED = (ProcoreMissingError, ProcoreRefusedError)
_EXISTS: Final = re.compile(r"\b(already|been taken)\b", re.IGNORECASE)
"""How Procore's refusal of a second connection may read; its words are not documented.

Never "does not exist", which is said of what the request names.
"""
METADATA: Final = "the metadata of the ERP connection"
"""Under which a connection keeps that Procore does not take them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered:
    """What registering came to."""

    list_id: str
    """The standard cost code list that belongs to QuickBooks."""
    untaken: tuple[ProcoreError, ...] = ()
    """Why Procore did not take the metadata of the connection that it has, or marks of its cost types."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Connection:
    """The ERP connection: the list of a new one, and why Procore did not take the metadata of an old one."""

    list_id: str = ""
    untaken: ProcoreError | None = None


def register(desk: Desk, name: str, client: ProcoreClient, *, service_url: str) -> Registered:
    """Make the ERP connection, or bring its metadata up to date.

    Raises the client's errors; ConfigError for an address that Procore could not use, before anything is
    made, and where Procore does not say which list belongs to QuickBooks.
    """
    with desk.database.read() as tx:
        row = connections.named(tx, name)
        options = connections.options_of(row)
        account = erp.account_of(tx, row.id)
        known = account is not None and account.registered_at is not None
        list_id = "" if account is None else account.list_id
    webhooks.destination_of(service_url, row)
    wanted = metadata(options)
    with platform(desk.database, row.id, client, desk.now) as api:
        made = _connected(api, service_url, wanted, known=known)
    list_id = made.list_id or list_id
    with desk.database.write() as tx:
        _keep(tx, row.id, desk.now, service_url=service_url, list_id=list_id)
        _keep_metadata(tx, row.id, desk.now, wanted, made.untaken)
    with permissions.needing(permissions.COMPANY):
        unmarked = _unmarked(client)
        chosen = options.standard_cost_code_list
        list_id = chosen_list(client, chosen).id if chosen or not list_id else list_id
    with desk.database.write() as tx:
        _keep(tx, row.id, desk.now, list_id=list_id)
        catch_up.begun(tx, row.id, desk.now)
        audit.note(
            tx,
            actor=desk.actor,
            action="register in ERP Integrations",
            subject=f"connection {name}",
            now=desk.now,
            connection_id=row.id,
        )
    untaken = tuple(one for one in (made.untaken, unmarked) if one is not None)
    return Registered(list_id=list_id, untaken=untaken)


def _unmarked(client: ProcoreClient) -> ProcoreError | None:
    try:
        cost_types.mark(client)
    except _REFUSED as error:
        return error
    return None


def _keep(tx: Session, connection_id: int, now: datetime, **values: str) -> None:
    account = erp.account(tx, connection_id)
    account.registered_at = account.registered_at or now
    for column, value in values.items():
        setattr(account, column, value)


def _keep_metadata(
    tx: Session, connection_id: int, now: datetime, wanted: Mapping[str, Any], untaken: ProcoreError | None
) -> None:
    """Whether Procore has them: what it did not take is sent again by the next pull, and shown until then."""
    erp.account(tx, connection_id).metadata_sent = "" if untaken else digest(wanted)
    if untaken is None:
        troubles.over(tx, connection_id, METADATA)
        return
    troubles.keep(tx, connection_id, METADATA, message=untaken.message, guidance=untaken.guidance, now=now)


def _connected(api: ErpApi, service_url: str, wanted: Mapping[str, Any], *, known: bool) -> _Connection:
    """The list that Procore made for a new connection; empty where there was a connection already.

    One that is known is sent its metadata, which shows too that it is there; where Procore has it no longer
    it is made anew.
    """
    untaken = _untaken(api, service_url, wanted) if known else None
    if known and untaken is None:
        return _Connection()
    try:
        return _Connection(list_id=api.connect(service_url, wanted))
    except ProcoreRefusedError as error:
        untaken = untaken or _untaken(api, service_url, wanted)
        if untaken and not _EXISTS.search(error.message):
            untaken = _both(error, untaken)
            if not known:
                raise untaken from error
        return _Connection(untaken=untaken)


def _untaken(api: ErpApi, service_url: str, wanted: Mapping[str, Any]) -> ProcoreError | None:
    try:
        api.metadata(service_url, wanted)
    except _REFUSED as error:
        return error
    return None


def _both(error: ProcoreRefusedError, second: ProcoreError) -> ProcoreRefusedError:
    """Neither a new connection nor new metadata: which of the two is wrong only Procore can tell."""
    return ProcoreRefusedError(
        error.message,
        guidance=f"If the company has a connection already, see to this: {second.message} {second.guidance}",
        context=error.context,
    )


def hook(desk: Desk, name: str, client: ProcoreClient, *, url: str) -> Made:
    """Make the webhook, unless one that sends there works already: then nothing is made.

    Raises ConfigError for an address that Procore could not use, and the client's errors.
    """
    with desk.database.read() as tx:
        row = connections.named(tx, name)
        rows = hooks.of(tx, row.id)
    wanted = webhooks.destination_of(url, row)
    if len(rows) == 1 and _is_right(rows[0], wanted) and _works(client, rows[0], desk.now):
        return Made()
    return webhooks.add(desk, name, HookApi(client), url=url)


def _is_right(row: HookRow, destination: str) -> bool:
    return row.made and row.destination == destination and list(ERP_REQUESTS) in row.triggers


def _works(client: ProcoreClient, row: HookRow, now: datetime) -> bool:
    """Whether Procore shows the hook as it should be; where it lists none, whether its deliveries."""
    try:
        return not catch_up.fault_of(client, row)
    except delivered.NOT_THERE:
        api = HookApi(client, row.api or V2)
    try:
        api.deliveries(row.procore_id, row.project_id, now)
    except delivered.NOT_THERE:
        return False
    return True


def digest(wanted: Mapping[str, Any]) -> str:
    """A hash of metadata, to see whether Procore has them as they are."""
    return hashlib.sha256(json.dumps(wanted, sort_keys=True).encode()).hexdigest()
