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
from qbsync.store import links, marks, queue
from qbsync.store.queue import SUPERSEDED, WITHDRAWN, Refusal
from qbsync.store.tables import JobRow

NAME_TAKEN = 3100
CHANGED = "9001"
"""The code of a job in doubt that only a person may send anew."""
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
            job.refusals += 1
            _again(scene, job, refusal, pace.backoff(job.refusals - 1) if job.refusals > 1 else timedelta(0))
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
    tried = queue.attempts(scene.tx, job.id)
    if not _changes(scene, job) or (tried and tried[-1].code == refusal.code):
        fail(scene, job, refusal)
        return
    _again(scene, job, refusal, timedelta(0))
    job.step = "reread"


def reread(scene: Scene, job: JobRow, answer: Answer, context: Context) -> None:
    """Keep what QuickBooks has of the record to be changed, so that the Mod is built from what is there now.

    A part that is found in it already (a change order's lines) is taken for synced: its answer was lost.
    """
    record = worlds.record_of(job)
    link = worlds.changed_by(record, context)
    if answer.records and link is not None:
        shown = answer.records[0]
        if context.link is None and mapping_for(queue.key_of_job(job).kind).agrees(record, shown, context):
            _synced(scene, job, shown, JobEvent.ADOPT, "QuickBooks has it already")
            return
        fresh = replace(link, edit_sequence=shown.text("EditSequence"))
        links.save(scene.tx, scene.connection.id, fresh, scene.now)
        job.held = shown.xml
        job.step = "write"
        return
    if answer.status.code in (0, 1, 500):
        refusal = Refusal(
            error=f"QuickBooks no longer has {_what(job, link)}.",
            guidance="If it was deleted on purpose, retry: qbsync makes sure that it is gone and exports it "
            "anew.",
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
    if ours is not None and mapping.agrees(record, ours, context):
        _synced(scene, job, ours, JobEvent.ADOPT, "found in QuickBooks by its ExternalGUID")
    elif ours is not None:
        _older(scene, job, ours)
    elif like is not None and _adopts(scene, job):
        _synced(scene, job, like, JobEvent.ADOPT, "adopted: it was in QuickBooks already")
    elif like is not None or job.step == "name_taken":
        fail(scene, job, _name_taken(job))
    else:
        job.step = "look" if job.step == "trace" and _adopts(scene, job) else "write"


def _adopts(scene: Scene, job: JobRow) -> bool:
    """Whether the record takes what QuickBooks has for its own, by the lists as they are now."""
    return worlds.review(scene.world, worlds.record_of(job), job.choices, job.foreign_id).adopts


def named(scene: Scene, job: JobRow, answer: Answer) -> None:
    """Link the job to the record a person named, if QuickBooks has it and it fits."""
    if answer.records:
        _synced(scene, job, answer.records[0], JobEvent.ADOPT, "linked by a person")
        return
    chosen = job.choices.get("link_to", "")
    job.choices = {key: value for key, value in job.choices.items() if key != "link_to"}
    refusal = Refusal(
        error=f"QuickBooks has no record {chosen} to link {job.label!r} to: {answer.status.message}",
        guidance="Look up the TxnID in QuickBooks and link it again.",
        code=str(answer.status.code),
    )
    fail(scene, job, refusal)


def proven(scene: Scene, job: JobRow, answer: Answer) -> None:
    """Export a synced record anew only once QuickBooks has shown that it is gone."""
    key = queue.key_of_job(job)
    record = worlds.record_of(job)
    if any(mapping_for(key.kind).holds(record, ret) for ret in answer.records):
        queue.attempt(scene.tx, job, "still in QuickBooks", scene.now)
        queue.change(job, JobEvent.ADOPT, scene.now)
        job.error = f"The {key.kind.words} is still in QuickBooks."
        job.guidance = "Delete it there first; then retry."
        return
    if answer.status.code not in (0, 1, 500):
        _postpone(scene, job, answer.status)
        return
    links.end(scene.tx, scene.connection.id, key, scene.now)
    queue.attempt(scene.tx, job, "proven gone from QuickBooks: exported anew", scene.now)
    scene.tx.flush()
    worlds.enqueue(scene.world, job, scene.now)


def _older(scene: Scene, job: JobRow, ret: Ret) -> None:
    """QuickBooks has an earlier version of the record, whose answer was lost: link it, and change it next."""
    record = worlds.record_of(job)
    try:
        link: Link = mapping_for(queue.key_of_job(job).kind).outcome(record, ret)
    except MappingError as error:
        _odd(scene, job, error)
        return
    links.save(scene.tx, scene.connection.id, replace(link, fingerprint=""), scene.now)
    scene.owed.extend(owed.owed_for(scene.world, record, link))
    job.step = "write"


def probed(scene: Scene, job: JobRow, answer: Answer, context: Context) -> None:
    """Decide a job in doubt: found, proven absent, or a person's to say."""
    if answer.status.code not in (0, 1, 500):
        job.not_before = scene.now + pace.backoff(1)
        return
    record = worlds.record_of(job)
    mapping = mapping_for(queue.key_of_job(job).kind)
    if worlds.changed_by(record, context) is not None:
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
    if job.code == CHANGED:
        job.error = f"QuickBooks does not have {job.label!r}, but took another message for the one it was in."
        job.guidance = (
            "Look in QuickBooks. If it is not there, retry: it is then sent anew; or cancel the job."
        )
        job.not_before = scene.now + timedelta(hours=1)
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
        "Look in QuickBooks. If it is this record, link it (`qbsync links link`); if not, change the other "
        "one's name or number and retry; or cancel the job."
    )
    job.not_before = scene.now + timedelta(hours=1)


def late(scene: Scene, job: JobRow, answer: Answer) -> None:
    """The lost answer came after all: it is the truth, even where the record seemed absent before."""
    advice = status_advice(answer.status.code, answer.status.severity, answer.status.message)
    in_doubt = job.state == JobState.IN_DOUBT.value
    if answer.records and advice.policy in (Policy.OK, Policy.WARN):
        event = JobEvent.SYNC if in_doubt else JobEvent.ADOPT
        _synced(scene, job, answer.records[0], event, "the lost answer came late")
    elif in_doubt and advice.policy is Policy.PERMANENT:
        fail(scene, job, _refusal(answer.status, advice))


def too_late(scene: Scene, job: JobRow, answer: Answer) -> None:
    """The lost answer came when its job was over: what QuickBooks made is linked, or told of, never lost."""
    if not answer.records:
        return
    record, key = worlds.record_of(job), queue.key_of_job(job)
    made = mapping_for(key.kind).outcome(record, answer.records[0])
    known = links.find(scene.tx, scene.connection.id, key)
    if known is None:
        links.save(scene.tx, scene.connection.id, replace(made, fingerprint=version_of(record)), scene.now)
        scene.owed.extend(owed.owed_for(scene.world, record, made))
        scene.moved.append(key)
    elif known.quickbooks_id != made.quickbooks_id:
        marks.trouble(
            scene.tx,
            scene.connection.id,
            f"QuickBooks twice: {key.kind.words} {key.procore_id}",
            message=f"QuickBooks has {job.label!r} twice, as {known.quickbooks_id} and as "
            f"{made.quickbooks_id}: an answer came after its job was over.",
            guidance="Delete the second one in QuickBooks.",
            now=scene.now,
        )
    queue.attempt(scene.tx, job, "the lost answer came when the job was over", scene.now)


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
    if job.state == JobState.QUEUED.value and _changes(scene, job):
        job.step = "reread"


def requeue(scene: Scene, job: JobRow, refusal: Refusal, *, bisect: str = "") -> None:
    """Nothing was executed: queue the job again, for a smaller message where one is named."""
    _again(scene, job, refusal, timedelta(0))
    if job.state == JobState.QUEUED.value:
        job.bisect = bisect


def _come_back(scene: Scene, job: JobRow, event: JobEvent, refusal: Refusal | None = None) -> None:
    """Let a job that was out be pending again, unless a newer version or a withdrawal ended it meanwhile."""
    key = queue.key_of_job(job)
    pending = queue.pending(scene.tx, scene.connection.id, key)
    over = job.because if job.because.startswith(WITHDRAWN) else ""
    if pending is not None and pending.id != job.id:
        over = SUPERSEDED
    queue.change(job, event, scene.now, refusal)
    if over:
        queue.change(job, JobEvent.CANCEL, scene.now, refusal, because=over)
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
    scene.owed.extend(owed.owed_for(scene.world, record, link))
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


def _what(job: JobRow, link: Link | None) -> str:
    if link is None:
        return f"{job.label!r} (unlinked)"
    if link.key == queue.key_of_job(job):
        return f"{job.label!r} ({link.quickbooks_id})"
    return f"the {link.key.kind.words} {link.name!r} ({link.quickbooks_id}) that {job.label!r} belongs to"


def _changes(scene: Scene, job: JobRow) -> bool:
    """Whether the job changes what QuickBooks has, its own record or the one it is a part of."""
    home = mapping_for(queue.key_of_job(job).kind).lives_in(worlds.record_of(job))
    return home is not None or _link_of(scene, job) is not None


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
        error=f"QuickBooks already has something of the same name or number as {job.label!r}, which is not "
        "qbsync's.",
        guidance="If it is the same one, link it (`qbsync links link`). If not, accept it under another name "
        "or number, or change the one in QuickBooks and retry.",
        code=str(NAME_TAKEN),
    )
