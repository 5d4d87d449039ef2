"""Exporting anew what QuickBooks has shown to be gone, and what was a part of it."""

from __future__ import annotations

from qbsync.flows import owed, payments, proofs, unlinking, world as worlds
from qbsync.flows.drain.scene import Scene
from qbsync.mapping import mapping_for
from qbsync.model.jobs import JobEvent, JobState
from qbsync.model.links import Link
from qbsync.model.records import RecordKey, RecordKind
from qbsync.store import drifts, links, queue, versions
from qbsync.store.tables import JobRow


def export(scene: Scene, job: JobRow, link: Link | None) -> None:
    """Queue a record that is gone in Procore's current version, and its parts after it."""
    key, was_synced = queue.key_of_job(job), proofs.is_asked(job)
    if link is not None and key.kind is RecordKind.INVOICE:
        scene.owed.extend(payments.cleared_for(scene.tx, scene.connection.id, link, job.record))
    _end(scene, key)
    queue.attempt(scene.tx, job, "proven gone from QuickBooks: exported anew", scene.now)
    current = proofs.current(scene.world, job)
    job.foreign_id = current.foreign_id = ""  # what Procore still carries is the id of what is gone
    if was_synced and current.id != job.id:
        proofs.end(scene.world, job, scene.now, because=f"Gone from QuickBooks: job {current.id} goes anew")
        proofs.export_newest(scene.world, current, scene.now)
    else:
        _queue(scene, job)
    for part in versions.touching(scene.tx, scene.connection.id, key):
        own = links.find(scene.tx, scene.connection.id, queue.key_of_job(part))
        home = mapping_for(RecordKind(part.kind)).lives_in(worlds.record_of(part))
        if own is not None and home == key:
            _part(scene, part, own)


def _part(scene: Scene, newest: JobRow, link: Link) -> None:
    """Queue what was a part of a record that is gone: it waits for the new one and is added to that.

    What Procore took back meanwhile, or a person unlinks, is not: Procore forgets its ids.
    """
    pending = queue.pending(scene.tx, scene.connection.id, link.key)
    queue.attempt(scene.tx, newest, "gone from QuickBooks with what it was a part of", scene.now)
    if pending is not None and worlds.ASKED in pending.choices:
        unlinking.proven_gone(scene.world, pending, scene.now)
        return
    _end(scene, link.key)
    if queue.taken_back(newest):
        proofs.link_ends(scene.world, link.key)
    elif _goes(scene, pending or newest, newest):
        return
    scene.owed.extend(owed.cleared_for(scene.world, worlds.record_of(newest), link))


def _end(scene: Scene, key: RecordKey) -> None:
    links.end(scene.tx, scene.connection.id, key, scene.now)
    drifts.over(scene.tx, scene.connection.id, key, scene.now)


def _goes(scene: Scene, job: JobRow, newest: JobRow) -> bool:
    """Queue the version that Procore has now; False where a person, or QuickBooks, decides first."""
    if queue.out(scene.tx, scene.connection.id, queue.key_of_job(job)) is not None:
        return False
    match JobState(job.state):
        case JobState.HELD:
            proofs.forget(job)
            return False
        case JobState.STAGED:
            found = worlds.review(scene.world, worlds.record_of(job), job.choices, job.foreign_id)
            job.review = worlds.to_json(found)
            if worlds.needs_person(found):
                return False
            queue.change(job, JobEvent.ACCEPT, scene.now)
        case JobState.SYNCED | JobState.FAILED:
            queue.change(job, JobEvent.RETRY, scene.now)
        case JobState.QUEUED if job.id != newest.id:
            # it asked whether QuickBooks has it still, to go in the newest version
            proofs.end(scene.world, job, scene.now)
            return _ended_goes(scene, newest)
        case JobState.REJECTED | JobState.CANCELLED:
            return _ended_goes(scene, newest)
        case _:
            pass
    _queue(scene, job)
    return True


def _ended_goes(scene: Scene, newest: JobRow) -> bool:
    """Queue a part whose newest version is over: that one, or the synced one where a person said no to it."""
    synced = queue.synced_of_record(scene.tx, scene.connection.id, queue.key_of_job(newest))
    if synced is None:
        return False
    if newest.state == JobState.REJECTED.value:
        queue.change(newest, JobEvent.CANCEL, scene.now, because=newest.because)
        scene.tx.flush()
    elif proofs.current(scene.world, synced).id == newest.id:
        return proofs.export_newest(scene.world, newest, scene.now).state == JobState.QUEUED.value
    queue.change(synced, JobEvent.RETRY, scene.now)
    _queue(scene, synced)
    return True


def _queue(scene: Scene, job: JobRow) -> None:
    proofs.forget(job)
    scene.tx.flush()
    worlds.enqueue(scene.world, job, scene.now)
