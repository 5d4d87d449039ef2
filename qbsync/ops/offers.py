"""The page of offers: what QuickBooks has and Procore lacks, and what a person decides about it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from flask import Blueprint, Response, request, url_for
from werkzeug.exceptions import BadRequest

from qbsync.errors import QbsyncError, StateError
from qbsync.flows import insights, matches, offers
from qbsync.flows.review import Desk
from qbsync.model.offers import IMPORTED_KINDS, OfferState
from qbsync.ops.asking import LARGEST_ID, MOST, OfferQuery, as_arguments, read
from qbsync.ops.deciding import ACTOR
from qbsync.ops.jobs import Notice
from qbsync.ops.site import site
from qbsync.ops.twins import as_json, as_page, wants_json

pages = Blueprint("offers", __name__)
_DONE = {
    "import": "to be imported: Procore is asked at the next push",
    "archive": "archived",
    "restore": "offered again",
    "link": "linked",
}


@pages.get("/offers", endpoint="table")
@pages.get("/offers.json", endpoint="table_twin")
def table() -> Response:
    """The offers of one state, by kind and name, with what each may be in Procore."""
    query = read(OfferQuery, request.args.to_dict())
    if wants_json():
        rows = _rows(query, query.limit + 1)
        return as_json(rows[: query.limit], more=_longer(query, rows))
    return _page(query, Notice(done=_done()))


def _page(query: OfferQuery, notice: Notice) -> Response:
    rows = _rows(query, query.limit + 1)
    with site().database.read() as tx:
        names = insights.connection_names(tx)
    return as_page(
        "offers.html",
        status=notice.status,
        offers=rows[: query.limit],
        more=_longer(query, rows),
        cut=len(rows) > query.limit >= MOST,
        query=query,
        notice=notice,
        names=names,
        kinds=IMPORTED_KINDS,
        offer_states=list(OfferState),
    )


def _longer(query: OfferQuery, rows: Sequence[object]) -> str | None:
    """The address of a longer list, where there is more and a page may show it."""
    if not len(rows) > query.limit < MOST:
        return None
    endpoint = "offers.table_twin" if wants_json() else "offers.table"
    return url_for(endpoint, **as_arguments(query, limit=MOST))


def _rows(query: OfferQuery, limit: int) -> list[dict[str, Any]]:
    with site().database.read() as tx:
        return offers.everywhere(tx, query.connection, kind=query.kind, state=query.state, limit=limit)


@pages.post("/offers/import")
def import_several() -> Response:
    """Have Procore make records of the ticked offers."""
    return _each("import", offers.import_, _ticked())


@pages.post("/offers/archive")
def archive_several() -> Response:
    """Archive the ticked offers."""
    return _each("archive", offers.archive, _ticked())


@pages.post("/offers/restore")
def restore_several() -> Response:
    """Offer the ticked ones again."""
    return _each("restore", offers.restore, _ticked())


@pages.post("/offers/<id:offer_id>/link")
def link(offer_id: int) -> Response:
    """Join an offer to a record that Procore has."""
    procore_id = request.form.get("procore_id", "").strip()
    if not procore_id:
        raise BadRequest("The form does not say which record of Procore is meant.")
    return _each("link", lambda desk, one: offers.link(desk, one, procore_id), [offer_id])


@pages.post("/links/all")
def link_all() -> Response:
    """Link every suggestion of one connection that has the very same name."""
    done = matches.link_all(_desk(), request.form.get("connection", ""))
    if done.refused:
        return _page(_query(), _refused([error for _, error in done.refused], len(done.linked)))
    return _back("link", len(done.linked))


def _each(done: str, decide: Callable[[Desk, int], None], ids: list[int]) -> Response:
    """Decide each for itself; what was refused is said on the page, and the others are done."""
    errors: list[QbsyncError] = []
    for one in ids:
        try:
            decide(_desk(), one)
        except QbsyncError as error:
            errors.append(error)
    if not ids:
        errors.append(
            StateError("No offer is ticked.", guidance="Tick offers first, at the left of each row.")
        )
    if errors:
        return _page(_query(), _refused(errors, len(ids) - len(errors)))
    return _back(done, len(ids))


def _refused(errors: Iterable[QbsyncError], done: int) -> Notice:
    return Notice(
        done=f"{done} went through." if done > 0 else "",
        errors=tuple(dict.fromkeys((error.message, error.guidance) for error in errors)),
    )


def _ticked() -> list[int]:
    ticked = dict.fromkeys(request.form.getlist("offer", type=int))
    return [one for one in ticked if 0 < one <= LARGEST_ID]


def _query() -> OfferQuery:
    """What the page showed, as its forms say."""
    return read(
        OfferQuery, {name: request.form.get(f"shown_{name}", "") for name in ("connection", "kind", "state")}
    )


def _back(done: str, count: int) -> Response:
    location = url_for("offers.table", **as_arguments(_query(), done=done, count=count))
    return Response(status=303, headers={"Location": location})


def _done() -> str:
    words = _DONE.get(request.args.get("done", ""))
    count = request.args.get("count", type=int)
    return "" if words is None or count is None else f"{count} {words}."


def _desk() -> Desk:
    here = site()
    return Desk(database=here.database, actor=ACTOR, now=here.clock())
