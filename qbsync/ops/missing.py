"""What a person decides on a connection's page about linked records that the company file lacks."""

from __future__ import annotations

from collections.abc import Callable, Collection

from flask import Blueprint, Response, request, url_for
from werkzeug.exceptions import BadRequest

from qbsync.errors import StateError
from qbsync.flows import missing
from qbsync.flows.missing import Decided
from qbsync.flows.review import Desk
from qbsync.model.records import RecordKey, RecordKind
from qbsync.ops.connections import connection_page
from qbsync.ops.deciding import ACTOR
from qbsync.ops.jobs import Notice
from qbsync.ops.site import site

pages = Blueprint("missing", __name__)


@pages.post("/connections/<name>/missing/send-again")
def send_again(name: str) -> Response:
    """Send the ticked records again, or all."""
    return _decide(name, missing.send_again, "again")


@pages.post("/connections/<name>/missing/unlink")
def unlink(name: str) -> Response:
    """Unlink the ticked records, or all."""
    return _decide(name, missing.unlink, "unlink")


def _decide(
    name: str, do: Callable[[Desk, str, Collection[RecordKey] | None], Decided], done: str
) -> Response:
    here = site()
    ticked = [_key(text) for text in request.form.getlist("record")]
    if not ticked and "all" not in request.form:
        nothing = StateError("No record is ticked.", guidance="Tick records first, at the left of each row.")
        return connection_page(name, Notice(errors=((nothing.message, nothing.guidance),)))
    keys = None if "all" in request.form else ticked
    decided = do(Desk(database=here.database, actor=ACTOR, now=here.clock()), name, keys)
    if decided.refused:
        errors = tuple(dict.fromkeys((error.message, error.guidance) for error in decided.refused))
        went = f"{len(decided.done)} went through." if decided.done else ""
        return connection_page(name, Notice(done=went, errors=errors))
    location = url_for("connections.one", name=name, done=done, count=len(decided.done))
    return Response(status=303, headers={"Location": location})


def _key(text: str) -> RecordKey:
    kind, _, procore_id = text.partition(":")
    if kind not in {one.value for one in RecordKind} or not procore_id:
        raise BadRequest("The form does not say which record is meant.")
    return RecordKey(kind=RecordKind(kind), procore_id=procore_id)
