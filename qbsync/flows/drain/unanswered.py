"""What becomes of a message that QuickBooks refused, lost, or did not answer: nothing of it is forgotten."""

from __future__ import annotations

from collections.abc import Sequence

from qbsync.flows import absences, sweep
from qbsync.flows.drain import endings
from qbsync.flows.drain.identify import LOWEST
from qbsync.flows.drain.scene import Scene
from qbsync.model.jobs import JobState
from qbsync.session import pace
from qbsync.session.recovery import PATIENCE
from qbsync.store import messages, queue
from qbsync.store.messages import MessageState
from qbsync.store.queue import Refusal
from qbsync.store.tables import JobRow, MessageRow


def halve(scene: Scene, message: MessageRow) -> None:
    """QuickBooks could not parse the message and executed nothing: find the culprit by halves."""
    if _earlier_copy(scene, message):
        return
    message.state = MessageState.REFUSED.value
    message.applied_at = scene.now
    jobs = _jobs_of(scene, message, ("write",))
    if message.writes and len(jobs) == 1:
        endings.fail(scene, jobs[0], _unparsable(jobs[0]))
        return
    middle = (len(jobs) + 1) // 2
    for half, group in (("a", jobs[:middle]), ("b", jobs[middle:])):
        for job in group:
            refusal = Refusal(
                error="QuickBooks could not read the message this was sent in; it is sent in a smaller one.",
                code=message.hresult,
            )
            endings.requeue(scene, job, refusal, bisect=f"{message.id}{half}")
    if not message.writes:
        _read_refused(scene, message)


def _earlier_copy(scene: Scene, message: MessageRow) -> bool:
    """Whether a refused message went before, without an answer: that copy may have been carried out."""
    if not message.writes or message.times_sent == 1:
        return False
    lose_all(
        scene, message, "QuickBooks refused the message, but may have carried out an earlier copy of it."
    )
    return True


def _unparsable(job: JobRow) -> Refusal:
    return Refusal(
        error=f"QuickBooks could not read the request for {job.label!r} (0x80040400). It names no field.",
        guidance="Look at the qbXML of this job for unusual characters or values, correct the record in "
        "Procore, and retry. Please report it: qbsync checks every request before it is sent.",
        code="0x80040400",
    )


def _read_refused(scene: Scene, message: MessageRow) -> None:
    """A read that QuickBooks cannot parse: its jobs say so and rest; lists are left for another time."""
    jobs = asked_about(scene, message)
    middle = (len(jobs) + 1) // 2
    for place, job in enumerate(jobs):
        if len(jobs) > 1:
            job.bisect = f"{message.id}{'a' if place < middle else 'b'}"
            continue
        job.error = f"QuickBooks could not read a question about {job.label!r} ({message.hresult})."
        job.not_before = scene.now + pace.backoff(6)
        job.bisect = ""
    for part in messages.parts_of(scene.tx, message.id):
        if part.purpose == "sweep":
            why = f"it could not read the question ({message.hresult})"
            sweep.give_up(scene.tx, scene.connection, part.detail["stream"], why, scene.now)
        if part.purpose == "absence":
            absences.give_up(scene.tx, scene.connection.id, scene.now)


def lower_version(scene: Scene, message: MessageRow) -> None:
    """This QuickBooks does not know the qbXML version after all: speak the next lower one from now on."""
    if scene.version <= LOWEST:
        scene.connection.stopped = "QuickBooks knows no version of qbXML that qbsync speaks (0x80040423)."
    major = max(LOWEST.major, scene.version.major - 1)
    lowered = {"ceiling": f"{major}.0", "version": f"{major}.0"}
    scene.connection.company_seen = {**scene.connection.company_seen, **lowered}
    if _earlier_copy(scene, message):
        return
    message.state = MessageState.REFUSED.value
    message.applied_at = scene.now
    refusal = Refusal(error="QuickBooks does not know this qbXML version; a lower one is used.")
    for job in _jobs_of(scene, message, ("write",)):
        endings.requeue(scene, job, refusal)


def lose_all(scene: Scene, message: MessageRow, why: str, code: str = "") -> None:
    """No answer is to be had for a message: each of its jobs is in doubt until it is looked for."""
    message.state = MessageState.LOST.value
    refusal = Refusal(
        error=why,
        guidance="qbsync looks for the record in QuickBooks; nothing is sent again before that.",
        code=code,
    )
    for job in _jobs_of(scene, message, ("write",)):
        if job.state == JobState.SENT.value and job.message_id == message.id:
            endings.lose(scene, job, refusal)


def no_answer(scene: Scene, message: MessageRow) -> None:
    """Keep waiting for a real answer; after several the records are looked for instead."""
    message.answered_at = None
    if not message.writes:
        forget_read(scene, message)
    elif message.times_sent >= PATIENCE:
        lose_all(scene, message, f"QuickBooks gave no usable answer {PATIENCE} times.")
    else:
        message.state = MessageState.SENT.value


def forget_read(scene: Scene, message: MessageRow) -> None:
    """A read's answer is lost: it is simply asked again."""
    message.state = MessageState.LOST.value
    parts = messages.parts_of(scene.tx, message.id)
    for part in parts:
        if part.purpose == "sweep":
            sweep.lost(scene.tx, scene.connection, part.detail["stream"], scene.now)
    if absent := [part.detail for part in parts if part.purpose == "absence"]:
        absences.lost(scene.tx, scene.connection.id, absent, scene.now)
    for job in asked_about(scene, message):
        rest(scene, job)


def asked_about(scene: Scene, message: MessageRow) -> list[JobRow]:
    """The jobs that a read was about."""
    alone = _jobs_of(scene, message, ("look", "reread", "probe", "link", "prove", "confirm"))
    parts = messages.parts_of(scene.tx, message.id)
    together = [number for part in parts if part.purpose == "trace" for number in part.detail["jobs"]]
    return [*alone, *queue.of_ids(scene.tx, together).values()]


def _jobs_of(scene: Scene, message: MessageRow, purposes: Sequence[str]) -> list[JobRow]:
    parts = messages.parts_of(scene.tx, message.id)
    wanted = [part.job_id for part in parts if part.job_id is not None and part.purpose in purposes]
    found = queue.of_ids(scene.tx, wanted)
    return [found[job_id] for job_id in wanted if job_id in found]


def rest(scene: Scene, job: JobRow) -> None:
    """A question about a job went unanswered: ask again, but not for ever at once."""
    job.refusals += 1
    if job.refusals >= sweep.PATIENCE:
        job.not_before = scene.now + pace.backoff(job.refusals)
