"""What Procore lists as delivered, or as thrown away: kept as though its webhook had brought it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from qbsync.errors import ProcoreForbiddenError, ProcoreMissingError, ProcoreRefusedError
from qbsync.flows import hearing
from qbsync.procore.client import ProcoreClient
from qbsync.procore.hooks import V2, HookApi
from qbsync.store import connections, hooks, inbox
from qbsync.store.engine import Database
from qbsync.store.hook_tables import HookRow
from qbsync.store.inbox import Delivery

LISTED_FOR: Final = timedelta(days=28)
"""How long Procore lists a delivery (section 5.1)."""
NOT_THERE: Final = (ProcoreForbiddenError, ProcoreMissingError, ProcoreRefusedError)
"""What Procore answers where a hook is gone, or where it lists no deliveries."""


def keep(database: Database, client: ProcoreClient, hook: HookRow, since: datetime, now: datetime) -> int:
    """Keep what a hook was to deliver since then; gives how much of it no webhook had brought.

    Raises the client's errors; NOT_THERE among them where there is no such list.
    """
    api = HookApi(client, hook.api or V2)
    listed = api.deliveries(hook.procore_id, hook.project_id, max(since, now - LISTED_FOR))
    found = [one for raw in listed if (one := _delivery(raw)) is not None]
    with database.write() as tx:
        connections.lock(tx, hook.connection_id)
        return sum(inbox.keep(tx, hook.connection_id, one, now) for one in found)


def rescue(database: Database, client: ProcoreClient, rows: Sequence[HookRow], now: datetime) -> None:
    """Keep what hooks were to deliver that are about to be removed; what Procore does not list is lost."""
    for row in rows:
        if row.procore_id:
            try:
                keep(database, client, row, now - LISTED_FOR, now)
            except NOT_THERE:
                continue


def hooks_of(database: Database, connection_id: int) -> Sequence[HookRow]:
    """The hooks of a connection that Procore knows, oldest first."""
    with database.read() as tx:
        return [row for row in hooks.of(tx, connection_id) if row.procore_id]


def _delivery(raw: object) -> Delivery | None:
    """A listed delivery; None for one that is in no form that webhooks have."""
    try:
        return hearing.delivery_of(raw, json.dumps(raw, default=str), fetched=True)
    except ValueError:
        return None
