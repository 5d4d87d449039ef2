"""What the answer to a job's Add or Mod means."""

from __future__ import annotations

from datetime import timedelta

from qbsync.flows.drain import endings
from qbsync.flows.drain.endings import NAME_TAKEN, Answer
from qbsync.flows.drain.scene import Scene
from qbsync.guidance import Policy, status_advice
from qbsync.model.jobs import JobEvent
from qbsync.model.records import RecordKind
from qbsync.qbxml.parse import Status
from qbsync.session import pace
from qbsync.store import queue
from qbsync.store.queue import Refusal
from qbsync.store.tables import JobRow

STOPPING = (3220, 3260, 3261, 3263)
"""Not authorised, no permission, no access to personal data, read-only: nothing else would get through."""

READ_BACK = (RecordKind.BUDGET,)
"""Kinds that count as exported only once QuickBooks has shown them again (workflows, W3)."""


def written(scene: Scene, job: JobRow, answer: Answer) -> None:
    """Apply the answer to a job's Add or Mod."""
    advice = status_advice(answer.status.code, answer.status.severity, answer.status.message)
    if answer.records and advice.policy in (Policy.OK, Policy.WARN):
        if queue.key_of_job(job).kind in READ_BACK:
            endings.read_back(scene, job, answer.records[0])
            return
        endings.synced(scene, job, answer.records[0], JobEvent.SYNC, endings.said(answer.status, advice))
        return
    refusal = endings.refusal_of(answer.status, advice)
    match advice.policy:
        case Policy.REQUEUE:
            job.refusals += 1
            endings.again(
                scene, job, refusal, pace.backoff(job.refusals - 1) if job.refusals > 1 else timedelta(0)
            )
        case Policy.TRANSIENT:
            job.refusals += 1
            endings.again(scene, job, refusal, pace.backoff(job.refusals))
        case Policy.REREAD:
            _reread_once(scene, job, refusal)
        case Policy.CONFIGURATION if answer.status.code in STOPPING:
            scene.connection.stopped = f"{refusal.error} {refusal.guidance}".strip()
            endings.again(scene, job, refusal, timedelta(0))
        case Policy.UNKNOWN | Policy.OK | Policy.WARN | Policy.EMPTY:
            endings.lose(scene, job, refusal)
        case _:
            _refused(scene, job, answer.status, refusal)


def _refused(scene: Scene, job: JobRow, status: Status, refusal: Refusal) -> None:
    """QuickBooks will not have it; a name in use may be in use by this very record."""
    if status.code == NAME_TAKEN and job.step == "write" and not endings.link_of(scene, job):
        endings.again(scene, job, refusal, timedelta(0))
        job.step = "name_taken"
        return
    endings.fail(scene, job, refusal)


def _reread_once(scene: Scene, job: JobRow, refusal: Refusal) -> None:
    tried = queue.attempts(scene.tx, job.id)
    if not endings.changes(scene, job) or (tried and tried[-1].code == refusal.code):
        endings.fail(scene, job, refusal)
        return
    endings.again(scene, job, refusal, timedelta(0))
    job.step = "reread"
