"""The page that holds what jobs cost in QuickBooks against Procore."""

from __future__ import annotations

from flask import Blueprint, Response, url_for

from qbsync.flows.reconciliation import reconcile, values_of
from qbsync.ops.site import site
from qbsync.ops.twins import as_json, as_page, wants_json
from qbsync.store import connections

pages = Blueprint("costs", __name__)


@pages.get("/connections/<name>/costs", endpoint="table")
@pages.get("/connections/<name>/costs.json", endpoint="table_twin")
def table(name: str) -> Response:
    """Both sides of each cost code, Procore's as it was last read: looking asks Procore nothing."""
    with site().database.read() as tx:
        row = connections.named(tx, name)
        rows = [values_of(figures) for figures in reconcile(tx, row)]
        books_at = row.costs_at.isoformat() if row.costs_at else None
    if wants_json():
        return as_json(rows)
    return as_page("costs.html", name=name, rows=rows, books_at=books_at)


@pages.post("/connections/<name>/costs", endpoint="read")
def read(name: str) -> Response:
    """Read Procore now, then show the page; what Procore refused is shown in words."""
    site().read_costs(name)
    return Response(status=303, headers={"Location": url_for("costs.table", name=name)})
