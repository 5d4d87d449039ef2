"""Storing an answer, then applying it to each of its jobs in turn.

The raw answer is committed before anything is read from it. Applying may be repeated: a message that is
already applied is left alone. A job whose answer cannot be applied does not hold up the others.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

import structlog
from sqlalchemy.exc import OperationalError

from qbsync.errors import QbsyncError, QbxmlUnreadableError
from qbsync.flows import absences, sweep, world as worlds
from qbsync.flows.drain import doubts, endings, lookups, outcomes, unanswered
from qbsync.flows.drain.endings import Answer
from qbsync.flows.drain.scene import Scene, stands
from qbsync.model.context import Context
from qbsync.model.jobs import JobState
from qbsync.qbxml.parse import Head, Ret, Status, read
from qbsync.session import pace
from qbsync.session.recovery import Verdict, judge_hresult, judge_status
from qbsync.store import messages, queue, writebacks
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


def is_stale(message: MessageRow) -> bool:
    """Whether a read was given up and asked again since: what it would say now is of another time."""
    return not message.writes and message.state == MessageState.LOST.value


def apply(scene: Scene, message: MessageRow) -> None:
    """Apply a stored answer; afterwards the message is applied, refused, lost, or still without an answer.

    A fault of ours must not make every later call of the connection fail: the message's jobs are then looked
    for in QuickBooks, and a read is asked again.
    """
    try:
        with scene.tx.begin_nested():
            _apply(scene, message)
            scene.tx.flush()
    except OperationalError:
        raise  # the database was away or in a deadlock: the answer stays stored and is applied next time
    except Exception:
        log.exception("message_not_applied", message=message.id)
        scene.moved.clear()
        scene.owed.clear()
        scene.tx.refresh(message)
        if message.writes:
            unanswered.lose_all(scene, message, "QuickBooks answered, but qbsync could not use the answer.")
        else:
            unanswered.forget_read(scene, message)
        scene.tx.flush()


def _apply(scene: Scene, message: MessageRow) -> None:
    verdict, what = _read(scene, message)
    match verdict:
        case Verdict.APPLY:
            assert what is not None
            _apply_parts(scene, message, what)
        case Verdict.UNPARSED:
            unanswered.halve(scene, message)
        case Verdict.WRONG_VERSION:
            unanswered.lower_version(scene, message)
        case Verdict.NOT_STORED:
            unanswered.lose_all(scene, message, "QuickBooks kept no answer for the message this was sent in.")
        case Verdict.CHANGED:
            unanswered.lose_all(
                scene,
                message,
                "QuickBooks holds another message under the same id (status 9001).",
                code=doubts.CHANGED,
            )
        case Verdict.NO_ANSWER:
            unanswered.no_answer(scene, message)
    writebacks.owe(scene.tx, scene.connection.id, scene.owed, scene.now)
    scene.owed.clear()
    _wake(scene)


def _wake(scene: Scene) -> None:
    """Look again, once for the whole answer, at the jobs that waited for what has moved."""
    for job in worlds.waiting_on(scene.world, scene.moved):
        try:
            with scene.tx.begin_nested():
                worlds.look_again(scene.world, job)
        except OperationalError:
            raise
        except Exception:  # as in _apply_alone: the others go on, this one goes on waiting
            log.exception("waiting_job_not_looked_at", job=job.id)
    scene.moved.clear()


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
        sweep.keep(scene.tx, scene.connection, stream, page, scene.now)
        page.clear()


def _apply_parts(scene: Scene, message: MessageRow, what: Read) -> None:
    parts = messages.parts_of(scene.tx, message.id)
    jobs = queue.of_ids(scene.tx, [part.job_id for part in parts if part.job_id is not None])
    complete = _all_at_once(scene, message, parts, jobs=jobs, what=what)
    message.state = MessageState.APPLIED.value
    message.applied_at = scene.now
    message.acknowledge = message.writes and complete
    if not jobs and not message.writes:
        message.answer = ""  # pages of lists may be tens of megabytes; what they say is kept in its own table
    if message.writes and message.times_sent == 1 and message.answered_at is not None:
        seconds = (message.answered_at - message.sent_at).total_seconds()
        written = sum(part.job_id is not None for part in parts)
        scene.connection.batch_size = pace.next_size(scene.connection.batch_size, written, seconds)


def _all_at_once(
    scene: Scene, message: MessageRow, parts: Sequence[PartRow], *, jobs: Mapping[int, JobRow], what: Read
) -> bool:
    """Apply every response and write it down at once; where one makes trouble, each by itself instead.

    False where a response was missing.
    """
    given = [(part, jobs.get(part.job_id or 0), what.answers.get(part.request_id)) for part in parts]
    try:
        with scene.tx.begin_nested():
            done = [_apply_part(scene, message, part, job=job, answer=got) for part, job, got in given]
            return all(done)
    except OperationalError:
        raise
    except Exception:
        log.exception("answer_applied_job_by_job", message=message.id)
        scene.moved.clear()
        scene.owed.clear()
    done = [_apply_alone(scene, message, part, job=job, answer=got) for part, job, got in given]
    return all(done)


def _apply_alone(
    scene: Scene, message: MessageRow, part: PartRow, *, job: JobRow | None, answer: Answer | None
) -> bool:
    """Apply one response where one job's trouble, of whatever kind, must not hold up the others."""
    if job is None:
        return _apply_part(scene, message, part, job=job, answer=answer)
    owed = len(scene.owed)
    try:
        with scene.tx.begin_nested():
            return _apply_part(scene, message, part, job=job, answer=answer)
    except OperationalError:
        raise
    except Exception as error:
        log.exception("answer_not_applied", job=job.id, message=message.id)
        del scene.owed[owed:]
        scene.tx.refresh(job)
        _not_applied(scene, job, error)
        return False


def _apply_part(
    scene: Scene, message: MessageRow, part: PartRow, *, job: JobRow | None, answer: Answer | None
) -> bool:
    """Apply one response; False where there was none, so that QuickBooks must not forget the message."""
    if job is None:
        _apply_ours(scene, message, part, answer)
        return True
    if answer is None:
        return _unanswered(scene, message, part, job)
    if part.detail in ({}, stands(job)):
        _dispatch(scene, message, part, job=job, answer=answer)
    else:
        log.info("answer_is_history", job=job.id, step=job.step, purpose=part.purpose)
    return True


def _not_applied(scene: Scene, job: JobRow, error: Exception) -> None:
    words = error.message if isinstance(error, QbsyncError) else type(error).__name__
    refusal = Refusal(
        error=f"QuickBooks answered, but qbsync could not use the answer: {words}",
        guidance="Look in QuickBooks whether the record is there; then link it or cancel the job, and report "
        "this with the job's number.",
        code=endings.MISFIT,
    )
    if job.state == JobState.SENT.value:
        endings.lose(scene, job, refusal)
    else:
        job.error, job.guidance = refusal.error, refusal.guidance
    job.not_before = scene.now + pace.backoff(6)


def _dispatch(scene: Scene, message: MessageRow, part: PartRow, *, job: JobRow, answer: Answer) -> None:
    """Hand the answer to what asked for it, if the job still stands where it was asked."""
    state = JobState(job.state)
    match part.purpose:
        case "write":
            _dispatch_write(scene, message, job, answer)
        case "link" if state is JobState.QUEUED:
            lookups.named(scene, job, answer, _context(scene, job))
        case "prove" if state is JobState.QUEUED:
            lookups.proven(scene, job, answer)
        case "reread" if state is JobState.QUEUED:
            lookups.reread(scene, job, answer, _context(scene, job))
        case "confirm" if state is JobState.QUEUED:
            lookups.confirmed(scene, job, answer)
        case "look" if state is JobState.QUEUED:
            lookups.looked_up(scene, job, answer, _context(scene, job))
        case "probe" if state is JobState.IN_DOUBT:
            doubts.probed(scene, job, answer, _context(scene, job))
        case _:
            log.info("answer_is_history", job=job.id, state=job.state, purpose=part.purpose)


def _dispatch_write(scene: Scene, message: MessageRow, job: JobRow, answer: Answer) -> None:
    """An answer to an Add or Mod is the truth whenever it comes."""
    match JobState(job.state):
        case JobState.SENT if job.message_id == message.id:
            outcomes.written(scene, job, answer)
        case JobState.IN_DOUBT | JobState.QUEUED:
            doubts.late(scene, job, answer)
        case _:
            doubts.too_late(scene, job, answer)


def _context(scene: Scene, job: JobRow) -> Context:
    return worlds.contexts(scene.world, [job])[job.id]


def _unanswered(scene: Scene, message: MessageRow, part: PartRow, job: JobRow) -> bool:
    """QuickBooks answered the message but not this request."""
    if part.purpose == "write" and job.state == JobState.SENT.value and job.message_id == message.id:
        endings.lose(scene, job, Refusal(error="QuickBooks answered the message but not this request."))
        return False
    unanswered.rest(scene, job)
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
        case "sweep":
            sweep.lost(scene.tx, scene.connection, part.detail["stream"], scene.now)
        case "absence" if answer is not None:
            absences.answered(
                scene.tx, scene.connection.id, part.detail, answer.status, answer.records, now=scene.now
            )
        case "trace":
            for job in queue.of_ids(scene.tx, part.detail["jobs"]).values():
                _traced(scene, job, answer)
        case "count" if answer is not None and answer.status.code == 0:
            scene.connection.counter = message.id
            scene.connection.company_seen = {**scene.connection.company_seen, "counted": True}
        case _:
            pass


def _traced(scene: Scene, job: JobRow, answer: Answer | None) -> None:
    """Look for one job's record among everything that changed since it was first sent."""
    if answer is None:
        unanswered.rest(scene, job)
    elif job.state == JobState.QUEUED.value and job.step == "trace":
        lookups.looked_up(scene, job, answer, _context(scene, job))
    elif job.state == JobState.IN_DOUBT.value:
        doubts.probed(scene, job, answer, _context(scene, job))
