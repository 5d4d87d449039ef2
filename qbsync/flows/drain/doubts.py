"""What becomes of a job in doubt, and of an answer that comes late."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from qbsync.flows import drift, owed, world as worlds
from qbsync.flows.drain import endings
from qbsync.flows.drain.endings import MISFIT, Answer
from qbsync.flows.drain.scene import Scene
from qbsync.guidance import Policy, status_advice
from qbsync.mapping import mapping_for
from qbsync.model.context import Context
from qbsync.model.jobs import JobEvent, JobState
from qbsync.model.records import version_of
from qbsync.qbxml.parse import Ret
from qbsync.session import pace
from qbsync.store import links, queue, troubles
from qbsync.store.tables import JobRow

CHANGED = "9001"
"""The code of a job in doubt that only a person may send anew."""


def probed(scene: Scene, job: JobRow, answer: Answer, context: Context) -> None:
    """Decide a job in doubt: found, proven absent, or a person's to say."""
    if not answer.status.tells_what_is_there:
        job.not_before = scene.now + pace.backoff(1)
        return
    record = worlds.record_of(job)
    mapping = mapping_for(queue.key_of_job(job).kind)
    if worlds.changed_by(record, context) is not None:
        _probed_mod(scene, job, answer, context)
        return
    ours = next((ret for ret in answer.records if mapping.is_ours(record, ret, context.guid)), None)
    if ours is not None:
        endings.synced(scene, job, ours, JobEvent.SYNC, "found in QuickBooks by its ExternalGUID")
        return
    like = next((ret for ret in answer.records if mapping.resembles(record, ret, context)), None)
    if like is not None:
        _ask_a_person(scene, job, like)
        return
    _absent(scene, job)


def _probed_mod(scene: Scene, job: JobRow, answer: Answer, context: Context) -> None:
    """A Mod in doubt: QuickBooks shows our fields, or it is sent again from a fresh read.

    One that QuickBooks has answered was carried out; what it shows instead is for a person to judge.
    """
    record = worlds.record_of(job)
    mapping = mapping_for(queue.key_of_job(job).kind)
    shown = answer.records[0] if answer.records else None
    if shown is not None and mapping.agrees(record, shown, context):
        endings.synced(scene, job, shown, JobEvent.SYNC, "QuickBooks shows the change")
        return
    _absent(scene, job)


def _absent(scene: Scene, job: JobRow) -> None:
    """Absence counts only once QuickBooks has been idle for the whole recovery wait.

    What QuickBooks said it took is not sent again without a person, whatever it shows now.
    """
    if job.code == MISFIT:
        job.not_before = scene.now + timedelta(hours=1)
        return
    wait = timedelta(seconds=scene.world.options.recovery_wait_seconds)
    since = job.changed_at
    if scene.now - since < wait:
        job.not_before = since + wait
        return
    if job.code == CHANGED and not queue.taken_back(job):
        job.error = f"QuickBooks does not have {job.label!r}, but took another message for the one it was in."
        job.guidance = (
            "Look in QuickBooks. If it is not there, retry: it is then sent anew; or cancel the job."
        )
        job.not_before = scene.now + timedelta(hours=1)
        return
    taken_back = queue.taken_back(job)
    follows = f"taken back in Procore: {taken_back}" if taken_back else "sent anew"
    queue.attempt(scene.tx, job, f"proven absent: {follows}", scene.now)
    endings.come_back(scene, job, JobEvent.REQUEUE)
    if job.state == JobState.QUEUED.value:
        worlds.enqueue(scene.world, job, scene.now)


def _ask_a_person(scene: Scene, job: JobRow, like: Ret) -> None:
    found = like.text("TxnID") or like.text("ListID")
    job.error = (
        f"QuickBooks has {found}, which looks like {job.label!r}, but does not carry qbsync's mark. It may "
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
        named = job.choices.get(worlds.LINK_TO, "")
        endings.synced(scene, job, answer.records[0], event, "the lost answer came late")
        _told_if_twice(scene, job, answer.records[0].text("TxnID"), named)
    elif in_doubt and advice.policy is Policy.PERMANENT:
        endings.fail(scene, job, endings.refusal_of(answer.status, advice))


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
        if taken_back := queue.taken_back(job):
            drift.withdrawn(scene.tx, scene.connection.id, key, taken_back, scene.now)
    else:
        _told_if_twice(scene, job, known.quickbooks_id, made.quickbooks_id)
    queue.attempt(scene.tx, job, "the lost answer came when the job was over", scene.now)


def _told_if_twice(scene: Scene, job: JobRow, linked: str, other: str) -> None:
    """Tell of a second one beside what the record is linked to: what was named for it, or a late answer's."""
    if not other or other == linked:
        return
    key = queue.key_of_job(job)
    troubles.keep(
        scene.tx,
        scene.connection.id,
        f"QuickBooks twice: {key.kind.words} {key.procore_id}",
        message=f"QuickBooks has {job.label!r} twice, as {linked}, which it is linked to, and as {other}: an "
        "answer came late.",
        guidance="Delete the second one in QuickBooks.",
        now=scene.now,
    )
