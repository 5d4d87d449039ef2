"""The pages of connections, their sessions, what Procore is owed, and drift."""

from __future__ import annotations

from dataclasses import asdict

from flask import Blueprint, Response, request

from qbsync.flows import doctor, insights
from qbsync.model.records import RecordKind
from qbsync.ops.asking import MOST, DriftQuery, SessionQuery, WritebackQuery, read
from qbsync.ops.jobs import Notice
from qbsync.ops.site import site
from qbsync.ops.twins import as_json, as_page, one_page, wants_json
from qbsync.store.writebacks import WritebackState

pages = Blueprint("connections", __name__)
_DONE = {
    "again": "will be sent again, once QuickBooks has shown that it is gone",
    "unlink": "unlinked, or will be once QuickBooks has shown that it is gone",
}


@pages.get("/connections", endpoint="table")
@pages.get("/connections.json", endpoint="table_twin")
def table() -> Response:
    """Every connection and how it fares."""
    with site().database.read() as tx:
        rows = insights.connection_list(tx, site().clock())
    return as_json(rows) if wants_json() else as_page("connections.html", connections=rows)


@pages.get("/connections/<name>", endpoint="one")
@pages.get("/connections/<name>.json", endpoint="one_twin")
def one(name: str) -> Response:
    """One connection: whom it joins, its options, and what is wrong, but for what takes a call to Procore."""
    return connection_page(name, Notice(done=_done()))


def connection_page(name: str, notice: Notice) -> Response:
    """One connection as a page, or as JSON."""
    with site().database.read() as tx:
        row = insights.connection(tx, name, site().clock())
        checks = [asdict(check) for check in doctor.of_connection(tx, name, site().clock())]
        missing = insights.missing_list(tx, connection=name, limit=MOST)
    if wants_json():
        return as_json({**row, "checks": checks})
    return as_page(
        "connection.html", status=notice.status, connection=row, checks=checks, missing=missing, notice=notice
    )


def _done() -> str:
    """The words for what was just decided about missing records; empty for anything else."""
    words = _DONE.get(request.args.get("done", ""))
    count = request.args.get("count", type=int)
    return "" if words is None or count is None else f"{count} {words}."


@pages.get("/sessions", endpoint="sessions")
@pages.get("/sessions.json", endpoint="sessions_twin")
def sessions() -> Response:
    """The Web Connector's sessions, newest first."""
    query = read(SessionQuery, request.args.to_dict())
    with site().database.read() as tx:
        rows = insights.session_list(
            tx, connection=query.connection, limit=query.limit + 1, before=query.before
        )
        names = insights.connection_names(tx)
    shown, older = one_page(rows, query)
    if wants_json():
        return as_json(shown, more=older)
    return as_page("sessions.html", sessions=shown, query=query, names=names, older=older)


@pages.get("/sessions/<id:session_id>", endpoint="session")
@pages.get("/sessions/<id:session_id>.json", endpoint="session_twin")
def session(session_id: int) -> Response:
    """One session and its messages."""
    with site().database.read() as tx:
        row = insights.session(tx, session_id)
    return as_json(row) if wants_json() else as_page("session.html", session=row)


@pages.get("/writebacks", endpoint="writebacks")
@pages.get("/writebacks.json", endpoint="writebacks_twin")
def writebacks() -> Response:
    """What Procore is told, newest first."""
    query = read(WritebackQuery, request.args.to_dict())
    state = None if query.state is None else query.state.value
    with site().database.read() as tx:
        rows = insights.writeback_list(
            tx, connection=query.connection, state=state, limit=query.limit + 1, before=query.before
        )
        names = insights.connection_names(tx)
    shown, older = one_page(rows, query)
    if wants_json():
        return as_json(shown, more=older)
    return as_page(
        "writebacks.html",
        writebacks=shown,
        query=query,
        names=names,
        states=list(WritebackState),
        older=older,
    )


@pages.get("/drift", endpoint="drift")
@pages.get("/drift.json", endpoint="drift_twin")
def drift() -> Response:
    """In what QuickBooks' linked records are not as they were left, newest first."""
    query = read(DriftQuery, request.args.to_dict())
    kind = None if query.kind is None else query.kind.value
    with site().database.read() as tx:
        rows = insights.drift_list(
            tx,
            connection=query.connection,
            kind=kind,
            gone=query.mended,
            limit=query.limit + 1,
            before=query.before,
        )
        names = insights.connection_names(tx)
    shown, older = one_page(rows, query)
    if wants_json():
        return as_json(shown, more=older)
    return as_page("drift.html", drift=shown, query=query, names=names, kinds=list(RecordKind), older=older)
