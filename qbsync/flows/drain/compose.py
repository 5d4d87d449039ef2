"""Choosing what QuickBooks is asked next, and keeping the message before it leaves."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from qbsync.errors import QbsyncError
from qbsync.flows import absences, sweep, world as worlds
from qbsync.flows.drain import endings
from qbsync.flows.drain.identify import COUNTER
from qbsync.flows.drain.scene import Scene, stands
from qbsync.mapping import mapping_for
from qbsync.model.context import Context
from qbsync.model.ids import QuickBooksId
from qbsync.model.jobs import JobEvent
from qbsync.model.links import Link
from qbsync.model.records import RecordKind
from qbsync.qbxml import build
from qbsync.qbxml.check import check
from qbsync.qbxml.requests import Request
from qbsync.session import pace
from qbsync.store import messages, queue
from qbsync.store.messages import MessageState, Part
from qbsync.store.queue import Refusal
from qbsync.store.tables import JobRow, MessageRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One request that is about to go, and what is to be done with its answer."""

    purpose: str
    request: Request
    job: JobRow | None = None
    detail: Mapping[str, Any] | None = None


def next_message(scene: Scene, *, may_write: bool) -> MessageRow | None:
    """The next message, kept and its jobs marked; None where nothing is to be asked.

    Reads go first: what is in doubt, what must be fresh before it is written, what may be missing, then
    QuickBooks' lists.
    """
    reads = [*_doubts(scene), *_look_ups(scene)] or _absences(scene) or _lists(scene)
    if reads:
        return _keep(scene, reads, writes=False)
    if not may_write:
        return None
    writes = _writes(scene)
    return _keep(scene, writes, writes=True) if writes else None


def stopped_message(scene: Scene) -> MessageRow:
    """What is asked of a file that may not be written to: which linked records it lacks, then nothing."""
    asked = _absences(scene)
    return _keep(scene, asked, writes=False) if asked else idle_message(scene)


def idle_message(scene: Scene) -> MessageRow:
    """A harmless question, for a session that turns out to have nothing to do."""
    return _keep(scene, [Asked(purpose="idle", request=Request(name="HostQueryRq", body={}))], writes=False)


def remaining(scene: Scene, *, may_write: bool) -> int:
    """How many things are still to be asked in this session."""
    due = len(queue.in_doubt(scene.tx, scene.connection.id, pace.LOOK_UPS, scene.now))
    due += len(queue.to_look_up(scene.tx, scene.connection.id, pace.LOOK_UPS, scene.now))
    due += absences.left(scene.tx, scene.connection.id)
    due += sweep.remaining(scene.tx, scene.connection, scene.now)
    if may_write:
        due += queue.count_to_write(scene.tx, scene.connection.id, scene.now)
    return due


def _doubts(scene: Scene) -> list[Asked]:
    jobs = queue.in_doubt(scene.tx, scene.connection.id, pace.LOOK_UPS, scene.now)
    return _questions(scene, _with_contexts(scene, jobs), "probe")


def _look_ups(scene: Scene) -> list[Asked]:
    jobs = queue.to_look_up(scene.tx, scene.connection.id, pace.LOOK_UPS, scene.now)
    return _questions(scene, _with_contexts(scene, jobs), "look")


def _questions(scene: Scene, jobs: Sequence[tuple[JobRow, Context]], otherwise: str) -> list[Asked]:
    """What to read for each job; those that are looked for by ExternalGUID share one question a kind."""
    asked: list[Asked] = []
    traced: dict[RecordKind, list[tuple[JobRow, Context]]] = {}
    for job, context in jobs:
        key = queue.key_of_job(job)
        changed = worlds.changed_by(worlds.record_of(job), context)
        if changed is None and (job.step == "trace" or otherwise == "probe"):
            traced.setdefault(key.kind, []).append((job, context))
        else:
            purpose, ask = _about(job, context, changed, otherwise)
            asked += _question(scene, job, purpose, ask)
    return [*asked, *(_trace(scene, sought) for sought in traced.values())]


def _about(
    job: JobRow, context: Context, changed: Link | None, otherwise: str
) -> tuple[str, Callable[[], Request]]:
    """The question about one job, by the step it stands at."""
    mapping = mapping_for(queue.key_of_job(job).kind)
    if changed is not None:
        purpose = (
            job.step if job.step in ("reread", "prove", "confirm") and otherwise != "probe" else otherwise
        )
        return ("reread" if purpose == "look" else purpose), partial(mapping.reread, changed)
    if job.step == "link":
        named = Link(key=queue.key_of_job(job), quickbooks_id=QuickBooksId(job.choices[worlds.LINK_TO]))
        return "link", partial(mapping.probe, worlds.record_of(job), replace(context, link=named), None)
    return "look", partial(mapping.probe, worlds.record_of(job), context, None)


def _trace(scene: Scene, jobs: Sequence[tuple[JobRow, Context]]) -> Asked:
    """Everything of one kind that changed since the first of these records was sent.

    Names, numbers and options may have changed since, ours or QuickBooks'; the ExternalGUID does not.
    """
    sought = [job for job, _ in jobs]
    first = [messages.first_sent_of(scene.tx, scene.connection.id, queue.key_of_job(job)) for job in sought]
    since = min(moment or scene.connection.created_at for moment in first)
    job, context = jobs[0]
    request = mapping_for(queue.key_of_job(job).kind).trace(worlds.record_of(job), context, since)
    return Asked(purpose="trace", request=request, detail={"jobs": [job.id for job in sought]})


def _question(scene: Scene, job: JobRow, purpose: str, ask: Callable[[], Request]) -> list[Asked]:
    """One read for a job; a job about which nothing can be asked now says why, and the others go on.

    One that QuickBooks could not even read (an id that is none of its own) is for a person.
    """
    try:
        request = ask()
    except QbsyncError as error:
        job.error, job.guidance = error.message, error.guidance
        job.not_before = scene.now + timedelta(hours=1)
        return []
    wrong = _wrong(scene, request)
    if not wrong:
        return [Asked(purpose=purpose, request=request, job=job, detail=stands(job))]
    endings.cannot_ask(
        scene,
        job,
        Refusal(error=f"QuickBooks cannot be asked about {job.label!r}: {wrong}", guidance=_LINKED_TO_NONE),
    )
    worlds.wake(scene.world, [queue.key_of_job(job)])
    return []


_LINKED_TO_NONE = (
    "If it is an id that is wrong, then something is linked to what is none of QuickBooks': unlink that, or "
    "have Procore's ERP tool unlink it, and link it again. Then retry."
)


def _wrong(scene: Scene, request: Request) -> str:
    """What QuickBooks would not read of a request, in words; empty where it is as it must be."""
    problems = check(request, version=scene.version, edition=scene.edition)
    return "; ".join(map(str, problems))


def _absences(scene: Scene) -> list[Asked]:
    return [
        Asked(purpose="absence", request=one.request, detail=one.detail)
        for one in absences.questions(
            scene.tx, scene.connection.id, lambda request: not _wrong(scene, request), scene.now
        )
    ]


def _lists(scene: Scene) -> list[Asked]:
    return [
        Asked(purpose="sweep", request=page.request, detail=page.detail)
        for page in sweep.pages(scene.tx, scene.connection, scene.session.id, scene.now)
    ]


def _writes(scene: Scene) -> list[Asked]:
    """The next batch; a job that cannot be built any more fails by name and the others go."""
    size = scene.connection.batch_size or pace.FIRST
    asked: list[Asked] = []
    while not asked:
        jobs = queue.ready(scene.tx, scene.connection.id, size, scene.now)
        if not jobs:
            break
        for job, context in _with_contexts(scene, _one_a_record(jobs)):
            request = _built(scene, job, context)
            if request is not None:
                asked.append(Asked(purpose="write", request=request, job=job))
        scene.tx.flush()
    queue.reread_others(scene.tx, scene.connection.id, [one.job for one in asked if one.job is not None])
    return asked


def _one_a_record(jobs: Sequence[JobRow]) -> list[JobRow]:
    """The first job for each QuickBooks record; the others wait for the next message."""
    first: dict[str, JobRow] = {}
    for job in jobs:
        first.setdefault(job.touches or str(queue.key_of_job(job)), job)
    return list(first.values())


def _built(scene: Scene, job: JobRow, context: Context) -> Request | None:
    try:
        request = mapping_for(queue.key_of_job(job).kind).request(worlds.record_of(job), context)
        wrong = _wrong(scene, request)
    except QbsyncError as error:
        _fail(scene, job, Refusal(error=error.message, guidance=error.guidance))
        return None
    if wrong:
        _fail(scene, job, Refusal(error=f"QuickBooks would refuse {job.label!r}: {wrong}"))
        return None
    return request


def _fail(scene: Scene, job: JobRow, refusal: Refusal) -> None:
    """The job cannot be sent as it stands."""
    queue.attempt(scene.tx, job, "not sent", scene.now, refusal)
    queue.change(job, JobEvent.FAIL, scene.now, refusal)
    scene.session.failed += 1


def _with_contexts(scene: Scene, jobs: Sequence[JobRow]) -> list[tuple[JobRow, Context]]:
    found = worlds.contexts(scene.world, jobs)
    return [(job, found[job.id]) for job in jobs]


def _keep(scene: Scene, asked: Sequence[Asked], *, writes: bool) -> MessageRow:
    """Store the exact bytes and what each request is for; only then may they be handed over."""
    set_id = messages.new_set_id(scene.now) if writes else None
    message = MessageRow(
        connection_id=scene.connection.id,
        session_id=scene.session.id,
        set_id=set_id,
        writes=writes,
        state=MessageState.SENT.value,
        request=b"",
        file_id=scene.connection.file_id,
        machine=scene.session.machine,
        sent_at=scene.now,
    )
    scene.tx.add(message)
    scene.tx.flush()
    if writes:
        asked = [*asked, *_counting(scene, message.id)]
    numbered = [(f"{message.id}.{number}", one) for number, one in enumerate(asked, start=1)]
    message.request = build.message(
        [(request_id, one.request) for request_id, one in numbered],
        version=scene.version,
        edition=scene.edition,
        new_message_set_id=set_id,
        old_message_set_id=messages.to_acknowledge(scene.tx, scene.connection.id) if writes else None,
    )
    messages.save(scene.tx, message, [_part(request_id, one) for request_id, one in numbered])
    if writes:
        _mark_sent([one.job for one in asked if one.job is not None], message, scene.now)
    scene.session.message_id = message.id
    scene.session.round_trips += 1
    return message


def _part(request_id: str, one: Asked) -> Part:
    return Part(
        request_id=request_id,
        purpose=one.purpose,
        job_id=None if one.job is None else one.job.id,
        detail=dict(one.detail or {}),
    )


def _mark_sent(jobs: Sequence[JobRow], message: MessageRow, now: datetime) -> None:
    for job in jobs:
        queue.change(job, JobEvent.SEND, now)
        job.message_id = message.id


def _counting(scene: Scene, value: int) -> list[Asked]:
    """Our private counter in the company file: a restored backup shows by its going back."""
    owner = scene.connection.owner_id
    where = {"OwnerID": owner, "DataExtName": COUNTER, "OtherDataExtType": "Company"}
    if scene.connection.company_seen.get("counted"):
        body = {"DataExtMod": {**where, "DataExtValue": str(value)}}
        return [Asked(purpose="count", request=Request(name="DataExtModRq", body=body))]
    definition = {
        "OwnerID": owner,
        "DataExtName": COUNTER,
        "DataExtType": "STR255TYPE",
        "AssignToObject": "Company",
    }
    added = {"DataExtAdd": {**where, "DataExtValue": str(value)}}
    return [
        Asked(purpose="define", request=Request(name="DataExtDefAddRq", body={"DataExtDefAdd": definition})),
        Asked(purpose="count", request=Request(name="DataExtAddRq", body=added)),
    ]
