"""The Refresh buttons of Procore's ERP tool: QuickBooks is read first, then Procore is told what it has."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from qbsync.flows.erp import exports
from qbsync.flows.world import World
from qbsync.procore.feeds.erp_events import Refresh, RefreshOf
from qbsync.store import erp
from qbsync.store.erp import NewPart, Purpose

_READ: Final = {
    RefreshOf.VENDORS: "names_at",
    RefreshOf.JOBS: "names_at",
    RefreshOf.COST_CODES: "names_at",
    RefreshOf.PAYMENTS: "payments_at",
}
"""What of QuickBooks is read afresh for each, by the column that says when it last was."""


def wanted(world: World, request_id: str, event: Refresh, now: datetime) -> None:
    """Have QuickBooks read in the next session, and keep that Procore waits for it.

    QuickBooks knows neither cost types nor change orders, so those are answered at once.
    """
    column = _READ.get(event.of)
    if column is None:
        exports.answer(world, request_id, event.detail, [], now)
        return
    setattr(world.connection, column, None)
    part = NewPart(
        request_id=request_id,
        detail_id=event.detail,
        purpose=Purpose.REFRESH,
        items={"of": event.of.value, "list_id": event.list_id},
    )
    erp.add_part(world.tx, world.connection.id, part, now)
