"""Records that arrive accepted from Procore's ERP tool: each becomes a queued job and a part to answer."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime

from qbsync.flows import fill, pairs
from qbsync.flows.erp import closing
from qbsync.flows.fill import Arrival
from qbsync.flows.world import World
from qbsync.model.jobs import JobState
from qbsync.model.records import key_of
from qbsync.procore.feeds.erp_events import Broken, Export, Items, Unsupported
from qbsync.store import erp, troubles
from qbsync.store.erp import NewPart, Outcome, Purpose


def export(world: World, request_id: str, event: Export, now: datetime) -> bool:
    """Queue a record and keep which detail waits for it; gives whether it may go to QuickBooks."""
    if event.codes is not None:
        pairs.keep(world, event.codes)
    arrival = Arrival(
        record=event.record,
        detail=event.detail or request_id,
        choices=event.choices,
        foreign_id=event.origin_id,
    )
    key = key_of(event.record)
    closing.asked_anew(world.tx, world.connection.id, key, now)
    troubles.readable(world.tx, world.connection.id, key)
    job = fill.arrive(world, arrival, now)
    part = NewPart(
        request_id=request_id,
        detail_id=event.detail,
        purpose=Purpose.EXPORT,
        key=key,
        job_id=job.id,
        items=items_of(event.items),
    )
    erp.add_part(world.tx, world.connection.id, part, now)
    return job.state != JobState.FAILED.value


def broken(world: World, request_id: str, event: Broken, now: datetime) -> None:
    """Answer a part that cannot be used with what is wrong with it."""
    answer(world, request_id, event.detail, [event.message], now, header=event.header)


def unsupported(world: World, request_id: str, event: Unsupported, now: datetime) -> None:
    """Answer what qbsync does not do, with what to do instead."""
    for detail in event.details:
        answer(world, request_id, detail, [event.message], now)


def answer(
    world: World, request_id: str, detail: str, messages: list[str], now: datetime, *, header: str = ""
) -> None:
    """Decide a part at once: failed with these messages, or done where there are none.

    `header` is the item by which Procore lists the detail, as far as there is one.
    """
    part = NewPart(
        request_id=request_id,
        detail_id=detail,
        purpose=Purpose.ANSWER,
        items={"header": header} if header else {},
        outcome=Outcome.FAILED if messages else Outcome.SUCCESS,
        messages=messages,
    )
    erp.add_part(world.tx, world.connection.id, part, now)


def items_of(items: Items) -> dict[str, object]:
    """The names of external data as a part's row keeps them."""
    return asdict(items)
