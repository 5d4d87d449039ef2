"""What a person decides on the pages: one job, several at once, and links."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from typing import TypeAlias
from urllib.parse import parse_qsl, urlencode, urlsplit

from flask import Blueprint, Response, request, url_for
from werkzeug.exceptions import BadRequest

from qbsync.errors import NotFoundError, QbsyncError, StateError
from qbsync.flows import insights, linking, retainage, review, unlinking
from qbsync.flows.review import Desk
from qbsync.model.records import RecordKey, RecordKind
from qbsync.ops.asking import LARGEST_ID, JobQuery, read
from qbsync.ops.choices import ALL_CHOICES
from qbsync.ops.jobs import Notice, job_page, table_page
from qbsync.ops.site import site

pages = Blueprint("deciding", __name__)
Decision: TypeAlias = Callable[[Desk, int], None]
ACTOR = "page"
"""Who decides, until there is a login."""
_OURS = re.compile(r"/(jobs(/[0-9]+)?)?")
"""Pages that forms are on."""


@pages.post("/jobs/<id:job_id>/accept")
def accept(job_id: int) -> Response:
    """Accept a job with its extra fields."""
    return _decide(job_id, "accept", _accept)


@pages.post("/jobs/<id:job_id>/reject")
def reject(job_id: int) -> Response:
    """Reject a job and say why."""
    return _decide(job_id, "reject", _reject)


@pages.post("/jobs/<id:job_id>/hold")
def hold(job_id: int) -> Response:
    """Keep a job from being sent."""
    return _decide(job_id, "hold", review.hold)


@pages.post("/jobs/<id:job_id>/release")
def release(job_id: int) -> Response:
    """Let a held job go on."""
    return _decide(job_id, "release", review.release)


@pages.post("/jobs/<id:job_id>/retry")
def retry(job_id: int) -> Response:
    """Try a job again."""
    return _decide(job_id, "retry", review.retry)


@pages.post("/jobs/<id:job_id>/cancel")
def cancel(job_id: int) -> Response:
    """End a job."""
    return _decide(job_id, "cancel", review.cancel)


@pages.post("/jobs/<id:job_id>/unlink")
def unlink(job_id: int) -> Response:
    """End the link of a job's record, or say what keeps it."""
    return _decide(job_id, "unlink", _unlink)


@pages.post("/jobs/accept")
def accept_several() -> Response:
    """Accept the ticked jobs, each for itself."""
    return _decide_several("accept", partial(_accept, with_others=True))


@pages.post("/jobs/reject")
def reject_several() -> Response:
    """Reject the ticked jobs, each for itself, with one comment."""
    return _decide_several("reject", _reject)


@pages.post("/connections/<name>/retainage-item")
def retainage_item(name: str) -> Response:
    """Have the retainage item made: its job, where the account is chosen."""
    job_id = retainage.ask(_desk(), name)
    return Response(status=303, headers={"Location": url_for("jobs.one", job_id=job_id)})


@pages.post("/links")
def link() -> Response:
    """Join a record to what QuickBooks already has."""
    return _decide(_job_of_form(), "link", _link)


def _decide(job_id: int, done: str, decision: Decision) -> Response:
    """Do it and go back, or show the job with what was refused and what was typed."""
    try:
        decision(_desk(), job_id)
    except NotFoundError as error:
        _exists(job_id)
        return job_page(job_id, _refused([error]))
    except QbsyncError as error:
        return job_page(job_id, _refused([error]))
    return _back(done, 1, url_for("jobs.one", job_id=job_id))


def _decide_several(done: str, decision: Decision) -> Response:
    """Decide each ticked job for itself; those that were refused stay ticked."""
    ticked = [job_id for job_id in dict.fromkeys(request.form.getlist("job", type=int)) if _is_id(job_id)]
    refused: dict[int, QbsyncError] = {}
    for job_id in ticked:
        try:
            decision(_desk(), job_id)
        except QbsyncError as error:
            refused[job_id] = error
    if not ticked:
        refused[0] = StateError("No job is ticked.", guidance="Tick the jobs first, at the left of each row.")
    if not refused:
        return _back(done, len(ticked), url_for("jobs.table"))
    notice = _refused(list(refused.values()), ticked=frozenset(refused), done=len(ticked) - len(refused))
    return table_page(read(JobQuery, dict(parse_qsl(urlsplit(_here("")).query))), notice)


def _refused(errors: list[QbsyncError], *, ticked: frozenset[int] = frozenset(), done: int = 0) -> Notice:
    return Notice(
        done=f"{done} of the ticked jobs went through; the others are still ticked." if done > 0 else "",
        errors=tuple(dict.fromkeys((error.message, error.guidance) for error in errors)),
        ticked=ticked,
        comment=request.form.get("comment", ""),
        given={name: request.form[name] for name in ALL_CHOICES if name in request.form},
    )


def _accept(desk: Desk, job_id: int, *, with_others: bool = False) -> None:
    """What is left blank is not chosen, unless it was chosen before: then it is taken back."""
    with desk.database.read() as tx:
        before = insights.job(tx, job_id)["choices"]
    given = {name: request.form[name].strip() for name in ALL_CHOICES if name in request.form}
    chosen = {name: text for name, text in given.items() if text or before.get(name)}
    review.accept(desk, job_id, chosen, with_others=with_others)


def _reject(desk: Desk, job_id: int) -> None:
    comment = request.form.get("comment", "").strip()
    if not comment:
        raise StateError(
            f"Job {job_id} is not rejected yet: a comment is missing.",
            guidance="Say why, for whoever has to mend the record in Procore.",
        )
    review.reject(desk, job_id, comment)


def _link(desk: Desk, job_id: int) -> None:
    connection, key = _record_of(desk, job_id)
    linking.link(desk, connection, key, request.form.get("quickbooks_id", "").strip())


def _unlink(desk: Desk, job_id: int) -> None:
    connection, key = _record_of(desk, job_id)
    unlinking.unlink(desk, connection, key)


def _record_of(desk: Desk, job_id: int) -> tuple[str, RecordKey]:
    """The job's connection and record."""
    with desk.database.read() as tx:
        job = insights.job(tx, job_id)
    return job["connection"], RecordKey(kind=RecordKind(job["kind"]), procore_id=job["procore_id"])


def _job_of_form() -> int:
    job_id = request.form.get("job", type=int)
    if job_id is None or not _is_id(job_id):
        raise BadRequest("The form does not say which job is meant.")
    return job_id


def _is_id(job_id: int) -> bool:
    return 0 < job_id <= LARGEST_ID


def _exists(job_id: int) -> None:
    """Let a job that is not there be a 404."""
    with site().database.read() as tx:
        insights.job(tx, job_id)


def _desk() -> Desk:
    here = site()
    return Desk(database=here.database, actor=ACTOR, now=here.clock())


def _back(done: str, count: int, otherwise: str) -> Response:
    """See the page the form came from, with a word about what was done."""
    parts = urlsplit(_here(otherwise))
    query = [pair for pair in parse_qsl(parts.query) if pair[0] not in ("done", "count")]
    location = f"{parts.path}?{urlencode([*query, ('done', done), ('count', str(count))])}"
    return Response(status=303, headers={"Location": location})


def _here(otherwise: str) -> str:
    """The page the form says it came from, where that is a page of ours."""
    back = request.form.get("back", "")
    return back if _OURS.fullmatch(back.partition("?")[0]) else otherwise
