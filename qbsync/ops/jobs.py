"""The job table and the page of one job."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from flask import Blueprint, Response, request, url_for

from qbsync.flows import insights
from qbsync.guidance import explain
from qbsync.model.records import RecordKind
from qbsync.ops.asking import JobQuery, as_arguments, read
from qbsync.ops.choices import desktop
from qbsync.ops.site import site
from qbsync.ops.twins import as_json, as_page, wants_json

pages = Blueprint("jobs", __name__)
LINES = 50
"""Connections shown above the table; the others have their own page."""

_DONE = {
    "accept": "accepted",
    "reject": "rejected",
    "hold": "put on hold",
    "release": "released",
    "retry": "will be tried again",
    "cancel": "cancelled",
    "link": "linked",
    "unlink": "unlinked, or will be once QuickBooks has shown that the record is gone",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """What came of the last press of a button, and what was typed with it."""

    done: str = ""
    errors: tuple[tuple[str, str], ...] = ()
    """Messages, each with its guidance."""
    ticked: frozenset[int] = frozenset()
    comment: str = ""
    given: Mapping[str, str] = field(default_factory=dict)

    @property
    def status(self) -> int:
        """409 where something was refused."""
        return 409 if self.errors else 200


@pages.get("/", endpoint="home")
@pages.get("/jobs", endpoint="table")
@pages.get("/jobs.json", endpoint="table_twin")
def table() -> Response:
    """The jobs, newest first, under one line a connection."""
    query = read(JobQuery, request.args.to_dict())
    if wants_json():
        rows, _newer, older = _rows(query, "jobs.table_twin")
        return as_json(rows, more=older)
    return table_page(query, Notice(done=_done()))


def table_page(query: JobQuery, notice: Notice) -> Response:
    """The table as a page."""
    rows, newer, older = _rows(query, "jobs.table")
    with site().database.read() as tx:
        names = insights.connection_names(tx)
        shown = [query.connection] if query.connection else names[:LINES]
        connections = [insights.connection(tx, name, site().clock()) for name in shown]
    return as_page(
        "jobs.html",
        status=notice.status,
        jobs=rows,
        newer=newer,
        older=older,
        query=query,
        back=url_for("jobs.table", **as_arguments(query, tick=None)),
        tick_all=url_for("jobs.table", **as_arguments(query, tick="true")) + "#several",
        notice=notice,
        connections=connections,
        hidden=0 if query.connection else max(0, len(names) - LINES),
        names=names,
        kinds=list(RecordKind),
    )


def _rows(query: JobQuery, endpoint: str) -> tuple[list[insights.Values], str | None, str | None]:
    """One page of jobs, and the addresses of the newer and of the older ones; None at either end."""
    wanted = query.limit + 1
    with site().database.read() as tx:
        rows = insights.jobs(tx, query.which(), limit=wanted, before=query.before, after=query.after)
    backwards = query.after is not None
    beyond = len(rows) > query.limit
    rows = rows[-query.limit :] if backwards else rows[: query.limit]
    if not rows:
        return rows, None, None
    newer = as_arguments(query, before=None, after=rows[0]["id"], tick=None)
    older = as_arguments(query, before=rows[-1]["id"], after=None, tick=None)
    return (
        rows,
        url_for(endpoint, **newer) if (beyond if backwards else query.before is not None) else None,
        url_for(endpoint, **older) if beyond or backwards else None,
    )


@pages.get("/jobs/<id:job_id>", endpoint="one")
@pages.get("/jobs/<id:job_id>.json", endpoint="one_twin")
def one(job_id: int) -> Response:
    """One job with everything known about it."""
    if wants_json():
        with site().database.read() as tx:
            return as_json(insights.job(tx, job_id))
    return job_page(job_id, Notice(done=_done()))


def job_page(job_id: int, notice: Notice) -> Response:
    """One job as a page, with what can be done about it."""
    with site().database.read() as tx:
        job = insights.job(tx, job_id)
        desk = desktop(tx, job, notice.given)
    return as_page(
        "job.html",
        status=notice.status,
        job=job,
        desk=desk,
        notice=notice,
        advice=explain(job["code"]) if job["code"] else None,
        suggested=_suggested(job),
        back=url_for("jobs.one", job_id=job_id),
    )


def _suggested(job: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """What QuickBooks already has that looks like the record, while it is not linked."""
    found: Mapping[str, Any] | None = job["review"].get("suggestion")
    return found if job["link"] is None else None


def _done() -> str:
    """The words for what was just done, from a fixed list; empty for anything else."""
    words = _DONE.get(request.args.get("done", ""), "")
    if not words:
        return ""
    count = request.args.get("count", default=1, type=int)
    return f"{count} job{'' if count == 1 else 's'} {words}."
