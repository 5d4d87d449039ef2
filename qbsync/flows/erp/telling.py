"""Everything that Procore's ERP tool is owed, in its order: ids, then figures, then the ends of details."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from itertools import groupby

from qbsync.flows.erp import closing, figures
from qbsync.flows.erp.platform import platform
from qbsync.model.feeds import Feed
from qbsync.procore.client import ProcoreClient
from qbsync.procore.erp.api import ErpApi
from qbsync.procore.erp.writes import send as send_writes
from qbsync.procore.writebacks import Result, Target, Writeback
from qbsync.store import connections
from qbsync.store.engine import Database
from qbsync.store.tables import WritebackRow

_WRITES = (
    Target.EXTERNAL_DATA,
    Target.COST_TYPE_ASSIGNMENT,
    Target.ERP_TRANSACTION,
    Target.INVOICE_PAYMENT,
)


def prepare(database: Database, connection_id: int, now: datetime) -> None:
    """Decide which details have come to their end, and which figures are owed; on the ERP feed alone."""
    with database.write() as tx:
        connection = connections.lock(tx, connection_id)
        if connection.feed != Feed.ERP.value:
            return
        closing.collect(tx, connection_id, now)
    figures.owe_changed(database, connection_id, now)


def send(
    database: Database,
    client: ProcoreClient,
    rows: Sequence[WritebackRow],
    make: Callable[[WritebackRow], Writeback],
    now: datetime,
) -> Iterator[Result]:
    """Tell the ERP tool what these rows owe it, and yield a result for each as soon as it is answered."""
    for connection_id, members in groupby(rows, key=lambda row: row.connection_id):
        mine = list(members)
        with database.read() as tx:
            connection = connections.get(tx, connection_id)
        if connection.feed != Feed.ERP.value:
            continue
        with platform(database, connection_id, client, now) as api:
            yield from _of_connection(database, api, mine, make, now)


def _of_connection(
    database: Database,
    api: ErpApi,
    mine: Sequence[WritebackRow],
    make: Callable[[WritebackRow], Writeback],
    now: datetime,
) -> Iterator[Result]:
    yield from send_writes(api, [make(row) for row in mine if row.target in _WRITES])
    yield from figures.send(
        database, api, [row for row in mine if row.target == Target.ERP_JOB_COSTS], now.date()
    )
    details = [row for row in mine if row.target == Target.REQUEST_DETAIL]
    yield from closing.send(database, api, details, make)
