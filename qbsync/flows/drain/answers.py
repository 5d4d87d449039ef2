"""Storing an answer, then applying it to each of its jobs in turn.

The raw answer is committed before anything is read from it. Applying may be repeated: a message that is
already applied is left alone. A job whose answer cannot be applied does not hold up the others.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

import structlog

from qbsync.errors import QbsyncError, QbxmlUnreadableError
from qbsync.flows import sweep, world as worlds
from qbsync.flows.drain import outcomes
from qbsync.flows.drain.outcomes import Answer
from qbsync.flows.drain.scene import Scene
from qbsync.model.context import Context
from qbsync.model.jobs import JobState
from qbsync.qbxml.parse import Head, Ret, Status, read
from qbsync.session import pace
from qbsync.session.recovery import PATIENCE, Verdict, judge_hresult, judge_status
from qbsync.store import messages, queue
from qbsync.store.messages import MessageState
from qbsync.store.queue import Refusal
from qbsync.store.tables import JobRow, MessageRow, PartRow

log = structlog.get_logger(__name__)
_PAGE = 500


@dataclass(slots=True, kw_only=True)
class Read:
    """An answer as read: what was answered to each requestID; the pages of lists are kept as they pass."""

    head: Head
    answers: dict[str, Answer] = field(default_factory=dict)


def store(message: MessageRow, response: str, hresult: str, hmessage: str, now: datetime) -> None:
    """Keep the raw answer; the caller commits before anything else happens."""
    message.answer = response
    message.hresult = hresult
    message.hmessage = hmessage
    message.state = MessageState.ANSWERED.value
    message.answered_at = now


def apply(scene: Scene, message: MessageRow) -> Verdict:
    """Apply a stored answer; afterwards the message is applied, refused, lost, or still without an answer."""
    verdict, what = _read(scene, message)
    match verdict:
        case Verdict.APPLY:
            assert what is not None
            _apply_parts(scene, message, what)
        case Verdict.UNPARSED:
            _halve(scene, message)
        case Verdict.WRONG_VERSION:
            _lower_version(scene, message)
        case Verdict.NOT_STORED:
            _lose_all(scene, message, "QuickBooks kept no answer for the message this was sent in.")
        case Verdict.CHANGED:
            _lose_all(scene, message, "QuickBooks holds another message under the same id (status 9001).")
        case Verdict.NO_ANSWER:
            _no_answer(scene, message)
    _wake(scene)
    scene.tx.flush()
    return verdict


def _wake(scene: Scene) -> None:
    """Look again, all at once, at the jobs that waited for what has moved; one that cannot be goes on waiting."""
    moved = list(dict.fromkeys(scene.moved))
    scene.moved.clear()
    try:
        with scene.tx.begin_nested():
            worlds.wake(scene.world, moved)
    except Exception:  # as for the jobs themselves: one's trouble must not hold up the others
        log.exception("waiting_jobs_not_looked_at", connection=scene.connection.id)


def _read(scene: Scene, message: MessageRow) -> tuple[Verdict, Read | None]:
    verdict = judge_hresult(message.hresult)
    if verdict is not None:
        return verdict, None
    try:
        with scene.tx.begin_nested():
            what = _collect(scene, message)
    except QbxmlUnreadableError as error:
        message.hmessage = error.message
        return Verdict.NO_ANSWER, None
    if not message.writes:
        return (Verdict.APPLY if what.answers else Verdict.NO_ANSWER), what
    return judge_status(what.head.message_set_status, responses=len(what.answers)), what


def _collect(scene: Scene, message: MessageRow) -> Read:
    """Read the answer as a stream; pages of lists go to the store as they come, the rest is small."""
    parts = {part.request_id: part for part in messages.parts_of(scene.tx, message.id)}
    what = Read(head=Head(new_message_set_id=None, message_set_status=None))
    page: list[Ret] = []
    stream = ""
    for event in read(message.answer):
        match event:
            case Head():
                what.head = event
            case Status():
                _keep_page(scene, stream, page)
                part = parts.get(event.request_id)
                stream = part.detail.get("stream", "") if part is not None else ""
                what.answers[event.request_id] = Answer(status=event, rets=[])
            case Ret() if stream:
                page.append(event)
                if len(page) >= _PAGE:
                    _keep_page(scene, stream, page)
            case Ret():
                answer = what.answers[event.status.request_id]
                what.answers[event.status.request_id] = replace(answer, rets=[*answer.rets, event])
    _keep_page(scene, stream, page)
    return what


def _keep_page(scene: Scene, stream: str, page: list[Ret]) -> None:
    if page:
        sweep.keep(scene.tx, scene.connection, stream, page)
        page.clear()


def _apply_parts(scene: Scene, message: MessageRow, what: Read) -> None:
    parts = messages.parts_of(scene.tx, message.id)
    jobs = queue.of_ids(scene.tx, [part.job_id for part in parts if part.job_id is not None])
    complete = True
    for part in parts:
        answer = what.answers.get(part.request_id)
        job = jobs.get(part.job_id) if part.job_id is not None else None
        complete &= _apply_part(scene, message, part, job=job, answer=answer)
    message.state = MessageState.APPLIED.value
    message.applied_at = scene.now
    message.acknowledge = message.writes and complete
    if not jobs and not message.writes:
        message.answer = ""  # pages of lists may be tens of megabytes; what they say is kept in its own table
    if message.writes and message.times_sent == 1 and message.answered_at is not None:
        seconds = (message.answered_at - message.sent_at).total_seconds()
        written = sum(part.job_id is not None for part in parts)
        scene.connection.batch_size = pace.next_size(scene.connection.batch_size, written, seconds)


def _apply_part(
    scene: Scene, message: MessageRow, part: PartRow, *, job: JobRow | None, answer: Answer | None
) -> bool:
    """Apply one response; False where there was none, so that QuickBooks must not forget the message."""
    if job is None:
        _apply_ours(scene, message, part, answer)
        return True
    if answer is None:
        return _unanswered(scene, message, part, job)
    try:
        with scene.tx.begin_nested():
            _dispatch(scene, message, part, job=job, answer=answer)
            scene.tx.flush()
    except Exception as error:  # one job's trouble, of whatever kind, must not hold up the others
        log.exception("answer_not_applied", job=job.id, message=message.id)
        scene.tx.refresh(job)
        _not_applied(scene, job, error)
    return True


def _not_applied(scene: Scene, job: JobRow, error: Exception) -> None:
    words = error.message if isinstance(error, QbsyncError) else f"{type(error).__name__}: {error}"
    refusal = Refusal(
        error=f"QuickBooks answered, but qbsync could not use the answer: {words}",
        guidance="Look in QuickBooks whether the record is there; then link it or cancel the job, and report "
        "this with the job's number.",
    )
    if job.state == JobState.SENT.value:
        outcomes.lose(scene, job, refusal)
    else:
        job.error, job.guidance = refusal.error, refusal.guidance
    job.not_before = scene.now + pace.backoff(6)


def _dispatch(scene: Scene, message: MessageRow, part: PartRow, *, job: JobRow, answer: Answer) -> None:
    """Hand the answer to what asked for it, if the job still stands where it was asked."""
    state = JobState(job.state)
    match part.purpose:
        case "write" if state is JobState.SENT and job.message_id == message.id:
            outcomes.written(scene, job, answer)
        case "write" if state is JobState.IN_DOUBT:
            outcomes.late(scene, job, answer)
        case "reread" if state is JobState.QUEUED:
            outcomes.reread(scene, job, answer)
        case "look" if state is JobState.QUEUED:
            outcomes.looked_up(scene, job, answer, _context(scene, job))
        case "probe" if state is JobState.IN_DOUBT:
            outcomes.probed(scene, job, answer, _context(scene, job))
        case _:
            log.info("answer_is_history", job=job.id, state=job.state, purpose=part.purpose)


def _context(scene: Scene, job: JobRow) -> Context:
    return worlds.context_of(scene.world, worlds.record_of(job), job.choices)


def _unanswered(scene: Scene, message: MessageRow, part: PartRow, job: JobRow) -> bool:
    """QuickBooks answered the message but not this request."""
    if part.purpose == "write" and job.state == JobState.SENT.value and job.message_id == message.id:
        outcomes.lose(scene, job, Refusal(error="QuickBooks answered the message but not this request."))
        return False
    return True


def _apply_ours(scene: Scene, message: MessageRow, part: PartRow, answer: Answer | None) -> None:
    """Requests of our own: pages of lists, and the counter."""
    match part.purpose:
        case "sweep" if answer is not None:
            sweep.page_ended(
                scene.tx,
                scene.connection,
                part.detail["stream"],
                answer.status,
                session_id=message.session_id,
                now=scene.now,
            )
        case "count" if answer is not None and answer.status.code == 0:
            scene.connection.counter = message.id
            scene.connection.company_seen = {**scene.connection.company_seen, "counted": True}
        case _:
            pass


def _halve(scene: Scene, message: MessageRow) -> None:
    """QuickBooks could not parse the message and executed nothing: find the culprit by halves."""
    message.state = MessageState.REFUSED.value
    message.applied_at = scene.now
    jobs = _jobs_of(scene, message, ("write",))
    if message.writes and len(jobs) == 1:
        outcomes.fail(scene, jobs[0], _unparsable(jobs[0]))
        return
    middle = (len(jobs) + 1) // 2
    for half, group in (("a", jobs[:middle]), ("b", jobs[middle:])):
        for job in group:
            refusal = Refusal(
                error="QuickBooks could not read the message this was sent in; it is sent in a smaller one.",
                code=message.hresult,
            )
            outcomes.requeue(scene, job, refusal, bisect=f"{message.id}{half}")
    if not message.writes:
        _read_refused(scene, message)


def _unparsable(job: JobRow) -> Refusal:
    return Refusal(
        error=f"QuickBooks could not read the request for {job.label!r} (0x80040400). It names no field.",
        guidance="Look at the qbXML of this job for unusual characters or values, correct the record in "
        "Procore, and retry. Please report it: qbsync checks every request before it is sent.",
        code="0x80040400",
    )


def _read_refused(scene: Scene, message: MessageRow) -> None:
    """A read that QuickBooks cannot parse: its jobs say so and rest; lists begin again another time."""
    for job in _jobs_of(scene, message, ("look", "reread", "probe")):
        job.error = f"QuickBooks could not read a question about {job.label!r} ({message.hresult})."
        job.not_before = scene.now + pace.backoff(6)
    scene.connection.names_at = scene.now


def _lower_version(scene: Scene, message: MessageRow) -> None:
    """This QuickBooks does not know the qbXML version after all: speak the next lower one from now on."""
    message.state = MessageState.REFUSED.value
    message.applied_at = scene.now
    major = max(1, scene.version.major - 1)
    lowered = {"ceiling": f"{major}.0", "version": f"{major}.0"}
    scene.connection.company_seen = {**scene.connection.company_seen, **lowered}
    refusal = Refusal(error="QuickBooks does not know this qbXML version; a lower one is used.")
    for job in _jobs_of(scene, message, ("write",)):
        outcomes.requeue(scene, job, refusal)


def _lose_all(scene: Scene, message: MessageRow, why: str) -> None:
    message.state = MessageState.LOST.value
    refusal = Refusal(
        error=why, guidance="qbsync looks for the record in QuickBooks; nothing is sent again before that."
    )
    for job in _jobs_of(scene, message, ("write",)):
        if job.state == JobState.SENT.value and job.message_id == message.id:
            outcomes.lose(scene, job, refusal)


def _no_answer(scene: Scene, message: MessageRow) -> None:
    """Keep waiting for a real answer; after several the records are looked for instead."""
    message.answered_at = None
    if not message.writes:
        forget_read(scene, message)
    elif message.times_sent >= PATIENCE:
        _lose_all(scene, message, f"QuickBooks gave no usable answer {PATIENCE} times.")
    else:
        message.state = MessageState.SENT.value


def forget_read(scene: Scene, message: MessageRow) -> None:
    """A read's answer is lost: it is simply asked again."""
    message.state = MessageState.LOST.value
    for part in messages.parts_of(scene.tx, message.id):
        if part.purpose == "sweep":
            sweep.lost(scene.tx, scene.connection, part.detail["stream"])


def _jobs_of(scene: Scene, message: MessageRow, purposes: Sequence[str]) -> list[JobRow]:
    parts = messages.parts_of(scene.tx, message.id)
    wanted = [part.job_id for part in parts if part.job_id is not None and part.purpose in purposes]
    found = queue.of_ids(scene.tx, wanted)
    return [found[job_id] for job_id in wanted if job_id in found]
