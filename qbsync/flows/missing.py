"""What a person decides about linked records that the company file lacks: they go again, or their links end.

Either way QuickBooks is asked for each record first, by the job that made it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from qbsync.errors import NotFoundError, QbsyncError, StateError
from qbsync.flows import drift, proofs, review, unlinking, world as worlds
from qbsync.flows.review import Desk
from qbsync.flows.world import World
from qbsync.mapping import ORDER, mapping_for
from qbsync.model.drift import DriftSort
from qbsync.model.jobs import JobState
from qbsync.model.records import RecordKey, RecordKind
from qbsync.store import audit, connections, drifts, links, queue
from qbsync.store.drifts import DriftFilter
from qbsync.store.tables import JobRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """What came of it: the records that QuickBooks is asked for next, and why others are not."""

    done: tuple[RecordKey, ...]
    refused: tuple[QbsyncError, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Together:
    """What was decided before, in the same go, and all that is missing."""

    done: frozenset[RecordKey]
    missing: frozenset[RecordKey]


def send_again(desk: Desk, connection_name: str, keys: Collection[RecordKey] | None) -> Decided:
    """Send what is missing again, once QuickBooks has shown that it is gone; None: all of it.

    A part of what is missing too, a change order's lines, goes with that.
    """
    return _each(desk, connection_name, keys, "send again", _again)


def unlink(desk: Desk, connection_name: str, keys: Collection[RecordKey] | None) -> Decided:
    """End the links of what is missing, once QuickBooks has shown that it is gone; None: of all of it."""
    return _each(desk, connection_name, keys, "unlink", _unlink)


def in_order(tx: Session, connection_id: int) -> list[RecordKey]:
    """The linked records that the company file lacks, what others depend on first."""
    which = DriftFilter(connection_id=connection_id, sort=DriftSort.MISSING)
    found = [
        RecordKey(kind=RecordKind(row.kind), procore_id=row.procore_id) for row in drifts.listing(tx, which)
    ]
    return sorted(found, key=lambda key: ORDER.index(key.kind))


def _each(
    desk: Desk,
    connection_name: str,
    keys: Collection[RecordKey] | None,
    action: str,
    do: Callable[[World, RecordKey, _Together, datetime], None],
) -> Decided:
    """Decide about each record by itself; those that are refused hold up no other."""
    done: list[RecordKey] = []
    refused: list[QbsyncError] = []
    with desk.database.write() as tx:
        connection = connections.lock(tx, connections.named(tx, connection_name).id)
        world = worlds.world_of(tx, connection)
        missing = in_order(tx, connection.id)
        wanted = missing if keys is None else [key for key in missing if key in keys]
        refused += [_not_missing(key) for key in keys or () if key not in missing]
        for key in wanted if do is _again else reversed(wanted):
            try:
                with tx.begin_nested():
                    do(world, key, _Together(done=frozenset(done), missing=frozenset(missing)), desk.now)
            except QbsyncError as error:
                refused.append(error)
                continue
            done.append(key)
            subject = f"{key.kind.words} {key.procore_id}"
            audit.note(
                tx,
                actor=desk.actor,
                action=action,
                subject=subject,
                now=desk.now,
                connection_id=connection.id,
            )
    return Decided(done=tuple(done), refused=tuple(refused))


def _not_missing(key: RecordKey) -> QbsyncError:
    return NotFoundError(
        f"The {key.kind.words} {key.procore_id} is not among what is missing.",
        guidance="`qbsync links missing` lists that.",
    )


def _unlink(world: World, key: RecordKey, together: _Together, now: datetime) -> None:
    unlinking.ask(world, key, now, together.done)


def _again(world: World, key: RecordKey, together: _Together, now: datetime) -> None:
    tx, connection_id = world.tx, world.connection.id
    link = links.find(tx, connection_id, key)
    assert link is not None  # what was said of a record is over when its link ends
    if drift.is_withdrawn(tx, connection_id, key):
        raise StateError(
            f"Procore took the {key.kind.words} {link.name or key.procore_id!r} back: it is not sent again.",
            guidance="Unlink it, or approve it in Procore again.",
        )
    if _is_asked(world, key):
        return
    pending = queue.pending(tx, connection_id, key)
    if pending is not None and worlds.ASKED in pending.choices:
        raise StateError(
            f"Job {pending.id}, {pending.label!r}, asks QuickBooks already, to unlink it.",
            guidance=f"Cancel job {pending.id} first, then send it again.",
        )
    failed = pending if pending is not None and pending.state == JobState.FAILED.value else None
    job = failed or queue.synced_of_record(tx, connection_id, key)
    if job is not None and _goes_with_another(world, job, together):
        if failed is not None:
            raise StateError(
                f"Job {failed.id}, {failed.label!r}, failed: it does not go with what it is a part of.",
                guidance=f"Retry job {failed.id} once that is in QuickBooks again.",
            )
        return
    if job is not None:
        review.again(world, job, now)
    elif proofs.prover(world, link, worlds.AGAIN, now) is None:
        raise unlinking.unknown(key)


def _goes_with_another(world: World, job: JobRow, together: _Together) -> bool:
    """Whether it is a part of what is sent again.

    Raises StateError where what it needs is missing too and is not sent again; that is decided before it.
    """
    record, kind = worlds.record_of(job), RecordKind(job.kind)
    for needed in mapping_for(kind).references(record):
        if needed in together.missing - together.done and not _is_asked(world, needed):
            raise StateError(
                f"The {kind.words} {job.label!r} needs the {needed.kind.words} {needed.procore_id}, which is "
                "missing too and is not sent again.",
                guidance="Send that again first.",
            )
    return mapping_for(kind).lives_in(record) in together.done


def _is_asked(world: World, key: RecordKey) -> bool:
    pending = queue.pending(world.tx, world.connection.id, key)
    return pending is not None and worlds.AGAIN in pending.choices
