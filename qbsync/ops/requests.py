"""The page of ERP requests: what people asked for in Procore's ERP tool, and what became of it."""

from __future__ import annotations

from flask import Blueprint, Response, request

from qbsync.flows import insights
from qbsync.flows.erp import requests
from qbsync.ops.asking import RequestQuery, read
from qbsync.ops.site import site
from qbsync.ops.twins import as_json, as_page, one_page, wants_json
from qbsync.store.erp import RequestState

pages = Blueprint("requests", __name__)


@pages.get("/requests", endpoint="table")
@pages.get("/requests.json", endpoint="table_twin")
def table() -> Response:
    """The requests, newest first, each with its records, their jobs and the answer."""
    query = read(RequestQuery, request.args.to_dict())
    with site().database.read() as tx:
        rows = requests.listing(
            tx,
            connection=query.connection,
            state=query.state,
            limit=query.limit + 1,
            before=query.before,
        )
        names = insights.connection_names(tx)
    shown, older = one_page(rows, query)
    if wants_json():
        return as_json(shown, more=older)
    return as_page(
        "requests.html",
        requests=shown,
        older=older,
        query=query,
        names=names,
        states=[one.value for one in RequestState],
    )
