"""What an answer means for one job: synced, failed, sent again, or in doubt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from qbsync.errors import MappingError, QbsyncError
from qbsync.flows import owed, world as worlds
from qbsync.flows.drain.scene import Scene
from qbsync.guidance import Advice, Policy, status_advice
from qbsync.mapping import mapping_for
from qbsync.model.context import Context
from qbsync.model.jobs import JobEvent, JobState
from qbsync.model.links import Link
from qbsync.model.records import version_of
from qbsync.qbxml.parse import Ret, Status
from qbsync.session import pace
from qbsync.store import links, queue
from qbsync.store.queue import Refusal
from qbsync.store.tables import JobRow

NAME_TAKEN = 3100
SUPERSEDED = "Superseded by a newer version in Procore"
STOPPING = (3220, 3260, 3261, 3263)
"""Not authorised, no permission, no access to personal data, read-only: nothing else would get through."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """QuickBooks' answer to one request; `rets` are its records."""

    status: Status
    rets: Sequence[Ret]

    @property
    def records(self) -> Sequence[Ret]:
        """The records, without QuickBooks' note on error recovery."""
        return [ret for ret in self.rets if ret.tag != "ErrorRecovery"]


def written(scene: Scene, job: JobRow, answer: Answer) -> None:
    """Apply the answer to a job's Add or Mod."""
    advice = status_advice(answer.status.code, answer.status.severity, answer.status.message)
    if answer.records and advice.policy in (Policy.OK, Policy.WARN):
        _synced(scene, job, answer.records[0], JobEvent.SYNC, _said(answer.status, advice))
        return
    refusal = _refusal(answer.status, advice)
    match advice.policy:
        case Policy.REQUEUE:
            _again(scene, job, refusal, timedelta(0))
        case Policy.TRANSIENT:
            job.refusals += 1
            _again(scene, job, refusal, pace.backoff(job.refusals))
        case Policy.REREAD:
            _reread_once(scene, job, refusal)
        case Policy.CONFIGURATION if answer.status.code in STOPPING:
            scene.connection.stopped = f"{refusal.error} {refusal.guidance}".strip()
            _again(scene, job, refusal, timedelta(0))
        case Policy.UNKNOWN | Policy.OK | Policy.WARN | Policy.EMPTY:
            lose(scene, job, refusal)
        case _:
            _refused(scene, job, answer.status, refusal)


def _refused(scene: Scene, job: JobRow, status: Status, refusal: Refusal) -> None:
    """QuickBooks will not have it; a name in use may be in use by this very record."""
    if status.code == NAME_TAKEN and job.step == "write" and not _link_of(scene, job):
        _again(scene, job, refusal, timedelta(0))
        job.step = "name_taken"
        return
    fail(scene, job, refusal)


def _reread_once(scene: Scene, job: JobRow, refusal: Refusal) -> None:
    if _link_of(scene, job) is None or job.refusals:
        fail(scene, job, refusal)
        return
    job.refusals += 1
    _again(scene, job, refusal, timedelta(0))
    job.step = "reread"


def reread(scene: Scene, job: JobRow, answer: Answer) -> None:
    """Take the fresh EditSequence of a linked record, so that its Mod is built from what is there now."""
    link = _link_of(scene, job)
    if answer.records and link is not None:
        fresh = replace(link, edit_sequence=answer.records[0].text("EditSequence"))
        links.save(scene.tx, scene.connection.id, fresh, scene.now)
        job.step = "write"
        return
    if answer.status.code in (0, 1, 500):
        refusal = Refusal(
            error=f"QuickBooks no longer has {job.label!r} ({link.quickbooks_id if link else 'unlinked'}).",
            guidance="If it was deleted on purpose, unlink it; it can then be exported anew.",
            code=str(answer.status.code),
        )
        fail(scene, job, refusal)
        return
    _postpone(scene, job, answer.status)


def looked_up(scene: Scene, job: JobRow, answer: Answer, context: Context) -> None:
    """Decide a queued job by what QuickBooks has under its natural key: adopt it, write it, or fail."""
    record = worlds.record_of(job)
    mapping = mapping_for(queue.key_of_job(job).kind)
    if answer.status.code not in (0, 1, 500):
        _postpone(scene, job, answer.status)
        return
    ours = next((ret for ret in answer.records if mapping.is_ours(record, ret, context.guid)), None)
    like = next((ret for ret in answer.records if mapping.resembles(record, ret, context)), None)
    if ours is not None:
        _synced(scene, job, ours, JobEvent.ADOPT, "found in QuickBooks by its ExternalGUID")
    elif like is not None and worlds.from_json(job.review).adopts:
        _synced(scene, job, like, JobEvent.ADOPT, "adopted: it was in QuickBooks already")
    elif like is not None or job.step == "name_taken":
        fail(scene, job, _name_taken(job))
    else:
        job.step = "write"


def probed(scene: Scene, job: JobRow, answer: Answer, context: Context) -> None:
    """Decide a job in doubt: found, proven absent, or a person's to say."""
    if answer.status.code not in (0, 1, 500):
        job.not_before = scene.now + pace.backoff(1)
        return
    record = worlds.record_of(job)
    mapping = mapping_for(queue.key_of_job(job).kind)
    if context.link is not None:
        _probed_mod(scene, job, answer, context)
        return
    ours = next((ret for ret in answer.records if mapping.is_ours(record, ret, context.guid)), None)
    if ours is not None:
        _synced(scene, job, ours, JobEvent.SYNC, "found in QuickBooks by its ExternalGUID")
        return
    if any(mapping.resembles(record, ret, context) for ret in answer.records):
        _ask_a_person(scene, job)
        return
    _absent(scene, job)


def _probed_mod(scene: Scene, job: JobRow, answer: Answer, context: Context) -> None:
    """A Mod in doubt: QuickBooks shows our fields, or it is sent again from a fresh read."""
    record = worlds.record_of(job)
    mapping = mapping_for(queue.key_of_job(job).kind)
    shown = answer.records[0] if answer.records else None
    if shown is not None and mapping.agrees(record, shown, context):
        _synced(scene, job, shown, JobEvent.SYNC, "QuickBooks shows the change")
        return
    _absent(scene, job)


def _absent(scene: Scene, job: JobRow) -> None:
    """Absence counts only once QuickBooks has been idle for the whole recovery wait."""
    wait = timedelta(seconds=scene.world.options.recovery_wait_seconds)
    since = job.changed_at
    if scene.now - since < wait:
        job.not_before = since + wait
        return
    queue.attempt(scene.tx, job, "proven absent: sent anew", scene.now)
    _come_back(scene, job, JobEvent.REQUEUE)
    if job.state == JobState.QUEUED.value:
        worlds.enqueue(scene.world, job, scene.now)


def _ask_a_person(scene: Scene, job: JobRow) -> None:
    job.error = (
        f"QuickBooks has something that looks like {job.label!r}, but does not carry qbsync's mark. It may "
        "be what was sent before the answer was lost, or someone's own entry."
    )
    job.guidance = (
        "Look in QuickBooks. If it is this record, link it (`qbsync links link`); if not, rename or delete "
        "the other one and retry; or cancel the job."
    )
    job.not_before = scene.now + timedelta(hours=1)


def late(scene: Scene, job: JobRow, answer: Answer) -> None:
    """The lost answer came after all: it is the truth about a job in doubt."""
    advice = status_advice(answer.status.code, answer.status.severity, answer.status.message)
    if answer.records and advice.policy in (Policy.OK, Policy.WARN):
        _synced(scene, job, answer.records[0], JobEvent.SYNC, "the lost answer came late")
    elif advice.policy is Policy.PERMANENT:
        fail(scene, job, _refusal(answer.status, advice))


def lose(scene: Scene, job: JobRow, refusal: Refusal) -> None:
    """The outcome is unknown: look in QuickBooks before anything else is done with the record."""
    queue.attempt(scene.tx, job, "in doubt", scene.now, refusal)
    queue.change(job, JobEvent.LOSE, scene.now, refusal)


def fail(scene: Scene, job: JobRow, refusal: Refusal) -> None:
    """Park the job with its reason; where a newer version is already waiting, this one is over."""
    queue.attempt(scene.tx, job, "failed", scene.now, refusal)
    scene.session.failed += 1
    _come_back(scene, job, JobEvent.FAIL, refusal)


def _again(scene: Scene, job: JobRow, refusal: Refusal, rest: timedelta) -> None:
    queue.attempt(scene.tx, job, "sent again", scene.now, refusal)
    job.bisect = ""
    job.not_before = scene.now + rest if rest else None
    _come_back(scene, job, JobEvent.REQUEUE, refusal)


def requeue(scene: Scene, job: JobRow, refusal: Refusal, *, bisect: str = "") -> None:
    """Nothing was executed: queue the job again, for a smaller message where one is named."""
    _again(scene, job, refusal, timedelta(0))
    if job.state == JobState.QUEUED.value:
        job.bisect = bisect


def _come_back(scene: Scene, job: JobRow, event: JobEvent, refusal: Refusal | None = None) -> None:
    """Let a job that was out be pending again, unless a newer version of its record took its place."""
    key = queue.key_of_job(job)
    pending = queue.pending(scene.tx, scene.connection.id, key)
    queue.change(job, event, scene.now, refusal)
    if pending is not None and pending.id != job.id:
        queue.change(job, JobEvent.CANCEL, scene.now, refusal, because=SUPERSEDED)
    scene.tx.flush()
    scene.moved.append(key)


def _postpone(scene: Scene, job: JobRow, status: Status) -> None:
    advice = status_advice(status.code, status.severity, status.message)
    refusal = _refusal(status, advice)
    job.refusals += 1
    job.not_before = scene.now + pace.backoff(job.refusals)
    job.error, job.guidance, job.code = refusal.error, refusal.guidance, refusal.code
    queue.attempt(scene.tx, job, "could not look", scene.now, refusal)


def _synced(scene: Scene, job: JobRow, ret: Ret, event: JobEvent, note: str) -> None:
    record = worlds.record_of(job)
    key = queue.key_of_job(job)
    try:
        link: Link = mapping_for(key.kind).outcome(record, ret)
    except MappingError as error:
        _odd(scene, job, error)
        return
    links.save(scene.tx, scene.connection.id, replace(link, fingerprint=version_of(record)), scene.now)
    queue.attempt(scene.tx, job, "synced", scene.now, Refusal(error=note) if note else None)
    queue.change(job, event, scene.now)
    job.refusals = 0
    scene.session.synced += 1
    owed.owe(scene.world, record, link, scene.now)
    scene.moved.append(key)


def _odd(scene: Scene, job: JobRow, error: QbsyncError) -> None:
    """QuickBooks took it but shows something else than was sent: never sent again without a person."""
    refusal = Refusal(error=error.message, guidance=error.guidance)
    if job.state == JobState.SENT.value:
        lose(scene, job, refusal)
        job.not_before = scene.now + timedelta(hours=1)
    elif job.state == JobState.QUEUED.value:
        fail(scene, job, refusal)
    else:
        job.error, job.guidance = refusal.error, refusal.guidance
        job.not_before = scene.now + timedelta(hours=1)


def _link_of(scene: Scene, job: JobRow) -> Link | None:
    return links.find(scene.tx, scene.connection.id, queue.key_of_job(job))


def _refusal(status: Status, advice: Advice) -> Refusal:
    return Refusal(
        error=f"{advice.title}: {status.message}" if status.message else advice.title,
        guidance=" ".join(advice.steps),
        code=str(status.code),
    )


def _said(status: Status, advice: Advice) -> str:
    return "" if advice.policy is Policy.OK else f"{advice.title}: {status.message} (status {status.code})"


def _name_taken(job: JobRow) -> Refusal:
    return Refusal(
        error=f"QuickBooks already uses the name of {job.label!r}, and not for a record of qbsync's.",
        guidance="If it is the same one, link it (`qbsync links link`). If not, accept it under another name "
        "or rename the one in QuickBooks, then retry.",
        code=str(NAME_TAKEN),
    )
