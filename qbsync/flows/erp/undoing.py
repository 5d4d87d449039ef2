"""What Procore's ERP tool takes back: unlinks, resets and deletions. QuickBooks is asked first.

A link ends only once QuickBooks has shown that the record is gone. A super user's reset makes Procore forget
ids, not QuickBooks its records: what is exported again after it is looked for before anything is sent.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final

from qbsync.errors import NotFoundError, StateError
from qbsync.flows import pairs, payments, proofs, unlinking, world as worlds
from qbsync.flows.erp import closing, exports, figures, words
from qbsync.flows.world import World
from qbsync.model.jobs import JobState
from qbsync.model.records import RecordKey, RecordKind
from qbsync.procore.erp.api import ErpApi
from qbsync.procore.feeds.erp_events import Delete, DeletionOf, Forgotten, Reset, Unlink
from qbsync.procore.writebacks import ANSWERS, Target
from qbsync.store import costs, erp, links, project_codes, queue, versions, writebacks
from qbsync.store.erp import NewPart, Purpose
from qbsync.store.queue import WITHDRAWN
from qbsync.store.tables import JobRow
from qbsync.store.writebacks import Owed

_INSIDE: Final = (RecordKind.COMMITMENT, RecordKind.CHANGE_ORDER, RecordKind.INVOICE, RecordKind.BUDGET)
"""What belongs to a project and is told an id of its own."""
_CODED: Final = (RecordKind.COMMITMENT, RecordKind.CHANGE_ORDER, RecordKind.BUDGET)


def unlink(world: World, request_id: str, event: Unlink, now: datetime) -> None:
    """Ask QuickBooks whether the record is gone; what depends on it, or is under way, is said at once.

    What is not linked here is asked for by the id that Procore names. Without one there is nothing to lose:
    Procore forgets the ids, and the detail waits for that.
    """
    items = {**_kept_items(world, event.key), "header": event.items.header}
    try:
        job_id = unlinking.ask(world, event.key, now)
    except NotFoundError:
        try:
            job_id = _asked_by_id(world, event)
        except StateError as error:
            exports.answer(world, request_id, event.detail, [error.message], now, header=event.items.header)
            return
        if job_id is None:
            writebacks.owe(world.tx, world.connection.id, _cleared(event.key, items), now)
    except StateError as error:
        said = [words.not_unlinked(event.key, error)]
        exports.answer(world, request_id, event.detail, said, now, header=event.items.header)
        return
    closing.asked_anew(world.tx, world.connection.id, event.key, now)
    part = NewPart(
        request_id=request_id,
        detail_id=event.detail,
        purpose=Purpose.UNLINK,
        key=event.key,
        job_id=job_id,
        items=items,
    )
    erp.add_part(world.tx, world.connection.id, part, now)


def _asked_by_id(world: World, event: Unlink) -> int | None:
    """The job that asks QuickBooks for the purchase order which a request names; None where it names none.

    Raises StateError, in words for Procore, where QuickBooks cannot be asked.
    """
    tx, connection_id, kind = world.tx, world.connection.id, event.key.kind
    if not event.order_id or kind not in (RecordKind.COMMITMENT, RecordKind.CHANGE_ORDER):
        return None
    if kind is RecordKind.CHANGE_ORDER:
        if not links.of_quickbooks_id(tx, connection_id, event.order_id, [RecordKind.COMMITMENT]):
            raise StateError(words.ORDER_UNKNOWN)
        return None  # no line of it is a change order's that this one does not know
    job = queue.pending(tx, connection_id, event.key)
    if job is None or job.state == JobState.FAILED.value or job.choices.get(worlds.LINK_TO) != event.order_id:
        raise StateError(words.NOT_PROVEN)
    job.choices = {**job.choices, worlds.ASKED: worlds.YES}
    job.foreign_id = event.order_id  # until QuickBooks has answered, it is not proven gone
    return job.id


def _cleared(key: RecordKey, items: Mapping[str, Any]) -> list[Owed]:
    """The ids of a record that is not linked, as Procore named it: the header's first, then the lines'."""
    lines = [f"{item_type}:{line_id}" for line_id, item_type in (items.get("lines") or {}).items()]
    return [
        Owed(key=key, target=Target.EXTERNAL_DATA.value, item_id=item_id, origin_id=None)
        for item_id in (items["header"], *lines)
    ]


def _kept_items(world: World, key: RecordKey) -> dict[str, Any]:
    part = erp.newest_export(world.tx, world.connection.id, key)
    return dict(part.items) if part is not None else {}


def reset(world: World, event: Reset, now: datetime) -> None:
    """Forget what Procore was told of these records; a project stands for all that is in it."""
    for key in event.keys:
        for each in (key, *_inside(world, key)):
            _forget_told(world, each, now)
        if key.kind is RecordKind.PROJECT:
            for row in project_codes.listing(world.tx, world.connection.id, project_id=key.procore_id):
                row.origin_id = ""
            figures.forget(world.tx, world.connection.id, key.procore_id)
    world.tx.flush()


def _inside(world: World, key: RecordKey) -> Iterable[RecordKey]:
    """What a project has in QuickBooks, or on its way there, once each."""
    if key.kind is not RecordKind.PROJECT:
        return ()
    jobs = [
        job
        for kind in _INSIDE
        for job in versions.there_or_coming(world.tx, world.connection.id, kind)
        if job.record.get("project_id", job.procore_id) == key.procore_id
    ]
    return dict.fromkeys(map(queue.key_of_job, jobs))


def _forget_told(world: World, key: RecordKey, now: datetime) -> None:
    tx, connection_id = world.tx, world.connection.id
    pending = queue.pending(tx, connection_id, key)
    if pending is not None:
        proofs.over(world, pending, now, because=f"{WITHDRAWN}reset in Procore")
    link = links.find(tx, connection_id, key)
    if link is not None and key.kind is RecordKind.INVOICE:
        payments.reset(tx, connection_id, link)
    writebacks.drop(tx, connection_id, key, keeping=ANSWERS)


def hindrance(world: World, event: Delete) -> str:
    """Why a cost code, or a cost type of one, cannot be deleted; empty where QuickBooks does not use it.

    What is on its way to QuickBooks uses it too. Where costs are not read nobody can tell.
    """
    job_id, _, item_id = event.pair.partition("|")
    label = event.label or event.record_id
    if not world.options.cost_minutes:
        return words.not_known_unused(label)
    lines = costs.of_job(world.tx, world.connection.id, job_id) if job_id else ()
    if any(line.item_id == item_id for line in lines):
        return words.still_costs(label)
    linked = links.of_quickbooks_id(world.tx, world.connection.id, item_id, [RecordKind.COST_CODE])
    code = next((one.key.procore_id for one in linked), None)
    for kind in _CODED if code is not None else ():
        for job in _in_books(world, kind):
            mine = job.record.get("project_id", job.procore_id) == event.project_id
            lines_of = getattr(worlds.record_of(job), "lines", ())
            if mine and any(line.cost_code_id == code for line in lines_of):
                return words.still_used(label, kind, job)
    return ""


def _in_books(world: World, kind: RecordKind) -> list[JobRow]:
    """What QuickBooks has of each record of a kind, and what it may get."""
    jobs = versions.there_or_coming(world.tx, world.connection.id, kind)
    has = {job.procore_id: job for job in jobs if job.state == JobState.SYNCED.value}
    linked = links.find_all(world.tx, world.connection.id, map(queue.key_of_job, has.values()))
    there = [job for job in has.values() if queue.key_of_job(job) in linked]
    return [*there, *(job for job in jobs if job.state != JobState.SYNCED.value)]


def delete(api: ErpApi, event: Delete) -> None:
    """Let Procore delete what QuickBooks does not use; what is gone already is fine."""
    match event.of:
        case DeletionOf.COST_CODE:
            api.delete("cost_code_delete", event.record_id)
        case DeletionOf.ASSIGNMENT:
            api.delete("assignment_delete", event.record_id)
            if event.job_cost_id:
                api.delete("job_cost_delete", event.job_cost_id)


def deleted(world: World, request_id: str, event: Delete, why_not: str, now: datetime) -> None:
    """Answer a deletion, and forget the cost code, or that it had the cost type."""
    if not why_not and event.of is DeletionOf.COST_CODE:
        pairs.forget(world, [event.record_id])
    elif not why_not:
        _forget_assignment(world, event)
    said = [why_not] if why_not else []
    exports.answer(world, request_id, event.detail, said, now, header=event.header)


def _forget_assignment(world: World, event: Delete) -> None:
    """A cost code has a cost type no longer: no figures go there any more."""
    tx, connection_id = world.tx, world.connection.id
    project = RecordKey(kind=RecordKind.PROJECT, procore_id=event.project_id)
    part = erp.newest_export(tx, connection_id, project)
    rows = project_codes.listing(tx, connection_id, project_id=event.project_id)
    code_id = next((row.procore_id for row in rows if row.origin_id == event.pair), "")
    type_id = (part.items.get("cost_types") or {}).get(event.cost_type, "") if part is not None else ""
    if part is None or not code_id or not type_id:
        return
    left = [list(one) for one in part.items.get("assignments") or () if tuple(one) != (code_id, type_id)]
    part.items = {**part.items, "assignments": left}
    figures.forget(tx, connection_id, event.project_id, [(code_id, type_id)])


def forgotten(world: World, event: Forgotten) -> None:
    """Tell nothing more of cost codes that a super user deleted."""
    pairs.forget(world, event.record_ids)
