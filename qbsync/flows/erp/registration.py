"""Setting a connection up in Procore's ERP Integrations: the ERP connection with its metadata, and its list.

Each step is kept as it succeeds and may be done again. The webhook is made by `flows.webhooks`.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

from qbsync.errors import ProcoreRefusedError
from qbsync.flows.erp import catch_up
from qbsync.flows.review import Desk
from qbsync.procore.client import ProcoreClient
from qbsync.procore.erp import cost_types
from qbsync.procore.erp.api import ErpApi
from qbsync.procore.erp.metadata import metadata
from qbsync.procore.feeds.cost_codes import chosen_list
from qbsync.store import audit, connections, erp


def register(desk: Desk, name: str, client: ProcoreClient, *, service_url: str) -> str:
    """Make the ERP connection, or bring its metadata up to date; gives the id of its cost code list.

    Raises the client's errors; ConfigError where Procore does not say which list belongs to QuickBooks.
    """
    with desk.database.read() as tx:
        row = connections.named(tx, name)
        options = connections.options_of(row)
    api = ErpApi(client, overrides=options.erp_paths)
    wanted = metadata(options)
    list_id = _connected(api, service_url, wanted)
    cost_types.mark(client)
    list_id = options.standard_cost_code_list or list_id or chosen_list(client, "").id
    with desk.database.write() as tx:
        account = erp.account(tx, row.id)
        account.service_url, account.list_id = service_url, list_id
        account.registered_at, account.metadata_sent = desk.now, digest(wanted)
        catch_up.begun(tx, row.id, desk.now)
        audit.note(
            tx,
            actor=desk.actor,
            action="register in ERP Integrations",
            subject=f"connection {name}",
            now=desk.now,
            connection_id=row.id,
        )
    return list_id


def _connected(api: ErpApi, service_url: str, wanted: dict[str, Any]) -> str:
    """The list that Procore made for a new connection; empty where there was a connection already."""
    try:
        return api.connect(service_url, wanted)
    except ProcoreRefusedError as error:
        try:
            api.metadata(service_url, wanted)
        except ProcoreRefusedError:
            raise error from None
        return ""


def digest(wanted: dict[str, Any]) -> str:
    """A hash of metadata, to see whether Procore has them as they are."""
    return hashlib.sha256(json.dumps(wanted, sort_keys=True).encode()).hexdigest()
