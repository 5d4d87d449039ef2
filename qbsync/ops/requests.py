"""The page of ERP requests: what people asked for in Procore's ERP tool, and what became of it."""

from __future__ import annotations

from flask import Blueprint, Response, request, url_for

from qbsync.flows import insights
from qbsync.flows.erp import requests
from qbsync.ops.asking import MOST, RequestQuery, as_arguments, read
from qbsync.ops.site import site
from qbsync.ops.twins import as_json, as_page, wants_json
from qbsync.store.erp import RequestState

pages = Blueprint("requests", __name__)


@pages.get("/requests", endpoint="table")
@pages.get("/requests.json", endpoint="table_twin")
def table() -> Response:
    """The requests, newest first, each with its records, their jobs and the answer."""
    query = read(RequestQuery, request.args.to_dict())
    with site().database.read() as tx:
        rows = requests.listing(tx, connection=query.connection, state=query.state, limit=query.limit + 1)
        names = insights.connection_names(tx)
    shown = rows[: query.limit]
    if wants_json():
        return as_json(shown)
    longer = as_arguments(query, limit=MOST)
    return as_page(
        "requests.html",
        requests=shown,
        more=url_for("requests.table", **longer) if len(rows) > query.limit < MOST else None,
        query=query,
        names=names,
        states=[one.value for one in RequestState],
    )
