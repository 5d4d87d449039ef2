"""How a job's step ends: synced, failed, queued again, or in doubt."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from qbsync.errors import MappingError, QbsyncError
from qbsync.flows import drift, owed, proofs, retainage, sweep, world as worlds
from qbsync.flows.drain.scene import Scene
from qbsync.flows.linking import LISTS, LOOK_UP, way_on
from qbsync.guidance import Advice, Policy, status_advice
from qbsync.mapping import mapping_for
from qbsync.model.context import Finding
from qbsync.model.jobs import JobEvent, JobState
from qbsync.model.links import Link
from qbsync.model.records import RecordKind, version_of
from qbsync.qbxml.owned import of_lines
from qbsync.qbxml.parse import Ret, Status
from qbsync.session import pace
from qbsync.store import links, queue
from qbsync.store.queue import SUPERSEDED, Refusal
from qbsync.store.tables import JobRow
from qbsync.store.versions import TAKEN_AS

NAME_TAKEN = 3100
"""A name or number that is in use in QuickBooks."""
MISFIT = "misfit"
"""The code of a job that QuickBooks took, but shows otherwise than it was sent: a person's to judge."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """QuickBooks' answer to one request; `rets` are its records."""

    status: Status
    rets: Sequence[Ret]

    @property
    def records(self) -> Sequence[Ret]:
        """The records, without QuickBooks' note on error recovery."""
        return [ret for ret in self.rets if ret.tag != "ErrorRecovery"]


def synced(
    scene: Scene, job: JobRow, ret: Ret, event: JobEvent, note: str, *, own: Collection[str] = ()
) -> None:
    """QuickBooks has the record: link it, owe Procore the ids, and note how that was found.

    `own` are the TxnLineIDs that alone are the record's, where that is known: other lines are a change
    order's or a person's. What a person should know of it stays on the job, though it is synced.
    """
    record = worlds.record_of(job)
    key, taken_back = queue.key_of_job(job), queue.taken_back(job)
    mapping = mapping_for(key.kind)
    try:
        link: Link = mapping.outcome(record, of_lines(own, ret) if own else ret)
    except MappingError as error:
        odd(scene, job, ret, error)
        return
    link = _with_what_is_ours(scene, job, replace(link, fingerprint=version_of(record)), ret, event)
    links.save(scene.tx, scene.connection.id, link, scene.now)
    if key.kind in (RecordKind.COST_CODE, RecordKind.RETAINAGE_ITEM):
        sweep.learn(scene.tx, scene.connection.id, ret)  # its bills are asked soon whether it has two sides
    queue.attempt(scene.tx, job, "synced", scene.now, Refusal(error=note) if note else None)
    job.choices = worlds.without(job.choices, TAKEN_AS, worlds.LINK_TO)
    queue.change(job, event, scene.now, _remarked(mapping.remarks(record, ret), ret))
    job.refusals = 0
    scene.session.synced += 1
    scene.owed.extend(owed.owed_for(scene.world, record, link))
    if key.kind is RecordKind.RETAINAGE_ITEM:
        retainage.choose(scene.world, link, scene.now)
    scene.moved.append(key)
    if taken_back:  # while it was with QuickBooks
        drift.withdrawn(scene.tx, scene.connection.id, key, taken_back, scene.now)
    if not ret.status.name.endswith("AddRs"):
        drift.compare_after(scene.world, ret, scene.now)


def _with_what_is_ours(scene: Scene, job: JobRow, link: Link, ret: Ret, event: JobEvent) -> Link:
    """The link with what QuickBooks shows of what is ours: all we wrote, or what carries our ExternalGUID."""
    record = worlds.record_of(job)
    ours = event is JobEvent.SYNC
    if not ours and link.key.kind in LISTS:
        guid = worlds.context_of(scene.world, record, job.choices).guid
        ours = mapping_for(link.key.kind).is_ours(record, ret, guid)
    return drift.written(scene.world, record, link, ret, ours=ours)


def read_back(scene: Scene, job: JobRow, ret: Ret) -> None:
    """QuickBooks says it wrote the record: link it, then ask for it once more before it counts as exported.

    A newer version that waits takes over from here: its Mod reads the record first.
    """
    record = worlds.record_of(job)
    try:
        link: Link = mapping_for(queue.key_of_job(job).kind).outcome(record, ret)
    except MappingError as error:
        odd(scene, job, ret, error)
        return
    link = _with_what_is_ours(scene, job, replace(link, fingerprint=version_of(record)), ret, JobEvent.SYNC)
    links.save(scene.tx, scene.connection.id, link, scene.now)
    queue.attempt(scene.tx, job, "written; read back next", scene.now)
    job.bisect, job.not_before = "", None
    come_back(scene, job, JobEvent.REQUEUE)
    if job.state == JobState.QUEUED.value:
        job.step = "confirm"


def _remarked(remarks: Sequence[Finding], ret: Ret) -> Refusal | None:
    if not remarks:
        return None
    return Refusal(
        error=" ".join(remark.message for remark in remarks),
        guidance=" ".join(remark.guidance for remark in remarks),
        code=str(ret.status.code or ""),
    )


def odd(scene: Scene, job: JobRow, ret: Ret, error: QbsyncError) -> None:
    """QuickBooks took it but shows something else than was sent: never sent again without a person.

    As what it stands there is kept, so that a bill counts as its invoice until the person has judged it.
    """
    job.choices = {**job.choices, TAKEN_AS: ret.text("TxnID") or ret.text("ListID")}
    linking = worlds.LINK_TO in job.choices
    way = f"Compare the two, and correct what is wrong. {way_on(scene.world, job)}"
    guidance = way if linking else error.guidance
    refusal = Refusal(error=error.message, guidance=guidance, code=MISFIT)
    if job.state == JobState.SENT.value:
        lose(scene, job, refusal)
        job.not_before = scene.now + timedelta(hours=1)
    elif job.state == JobState.QUEUED.value:
        fail(scene, job, refusal)
    else:
        job.error, job.guidance, job.code = refusal.error, refusal.guidance, refusal.code
        job.not_before = scene.now + timedelta(hours=1)


def lose(scene: Scene, job: JobRow, refusal: Refusal) -> None:
    """The outcome is unknown: look in QuickBooks before anything else is done with the record."""
    queue.attempt(scene.tx, job, "in doubt", scene.now, refusal)
    queue.change(job, JobEvent.LOSE, scene.now, refusal)


def fail(scene: Scene, job: JobRow, refusal: Refusal) -> None:
    """Park the job with its reason; where a newer version is already waiting, this one is over."""
    queue.attempt(scene.tx, job, "failed", scene.now, refusal)
    scene.session.failed += 1
    come_back(scene, job, JobEvent.FAIL, refusal)


def again(scene: Scene, job: JobRow, refusal: Refusal, rest: timedelta) -> None:
    """Queue the job again, not before `rest` is over; what it changes is read afresh first."""
    queue.attempt(scene.tx, job, "sent again", scene.now, refusal)
    job.bisect = ""
    job.not_before = scene.now + rest if rest else None
    come_back(scene, job, JobEvent.REQUEUE, refusal)
    if job.state != JobState.QUEUED.value:
        return
    if changes(scene, job):
        job.step = "reread"
    worlds.wait(scene.world, job)


def requeue(scene: Scene, job: JobRow, refusal: Refusal, *, bisect: str = "") -> None:
    """Nothing was executed: queue the job again, for a smaller message where one is named."""
    again(scene, job, refusal, timedelta(0))
    if job.state == JobState.QUEUED.value:
        job.bisect = bisect


def come_back(scene: Scene, job: JobRow, event: JobEvent, refusal: Refusal | None = None) -> None:
    """Let a job that was out be pending again, unless a newer version or a withdrawal ended it meanwhile."""
    key = queue.key_of_job(job)
    pending = queue.pending(scene.tx, scene.connection.id, key)
    over = job.because if queue.taken_back(job) else ""
    if pending is not None and pending.id != job.id:
        over = SUPERSEDED
    queue.change(job, event, scene.now, refusal)
    if over:
        queue.change(job, JobEvent.CANCEL, scene.now, refusal, because=over)
    scene.tx.flush()
    scene.moved.append(key)


def cannot_ask(scene: Scene, job: JobRow, refusal: Refusal) -> None:
    """QuickBooks takes no such question: the job is a person's, but for one that is synced as before."""
    if worlds.LINK_TO in job.choices:
        refusal = replace(refusal, guidance=f"{LOOK_UP} {way_on(scene.world, job)}")
    if not proofs.is_asked(job) or link_of(scene, job) is None:
        fail(scene, job, refusal)
        return
    queue.attempt(scene.tx, job, "could not look", scene.now, refusal)
    proofs.end(scene.world, job, scene.now)
    job.error, job.guidance, job.code = refusal.error, refusal.guidance, refusal.code
    proofs.bring_back(scene.world, job, scene.now)


def postpone(scene: Scene, job: JobRow, status: Status) -> None:
    """QuickBooks did not answer the question: try again later, unless it never will."""
    advice = status_advice(status.code, status.severity, status.message)
    refusal = refusal_of(status, advice)
    if advice.policy is Policy.PERMANENT:
        cannot_ask(scene, job, refusal)
        return
    job.refusals += 1
    job.not_before = scene.now + pace.backoff(job.refusals)
    job.error, job.guidance, job.code = refusal.error, refusal.guidance, refusal.code
    queue.attempt(scene.tx, job, "could not look", scene.now, refusal)


def link_of(scene: Scene, job: JobRow) -> Link | None:
    """The link of the job's own record."""
    return links.find(scene.tx, scene.connection.id, queue.key_of_job(job))


def changes(scene: Scene, job: JobRow) -> bool:
    """Whether the job changes what QuickBooks has, its own record or the one it is a part of."""
    home = mapping_for(queue.key_of_job(job).kind).lives_in(worlds.record_of(job))
    return home is not None or link_of(scene, job) is not None


def refusal_of(status: Status, advice: Advice) -> Refusal:
    """QuickBooks' refusal in words, with what to do."""
    return Refusal(
        error=f"{advice.title}: {status.message}" if status.message else advice.title,
        guidance=" ".join(advice.steps),
        code=str(status.code),
    )


def said(status: Status, advice: Advice) -> str:
    """What to note of an answer that was not plain success."""
    return "" if advice.policy is Policy.OK else f"{advice.title}: {status.message} (status {status.code})"
