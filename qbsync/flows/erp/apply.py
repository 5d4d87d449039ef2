"""One ERP request put into effect, in one transaction: jobs queued, links joined, answers decided."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import assert_never

from qbsync.flows.erp import closing, exports, notices, refreshes, undoing
from qbsync.flows.fill import Filled
from qbsync.flows.world import World
from qbsync.procore.feeds.erp_events import (
    Broken,
    Delete,
    ErpEvent,
    Export,
    Forgotten,
    JobNotice,
    Joined,
    Merged,
    MetadataWanted,
    Noted,
    Parted,
    Refresh,
    Reread,
    Reset,
    Unlink,
    Unsupported,
)
from qbsync.procore.feeds.events import ProjectCodes
from qbsync.store import erp


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What Procore was asked for before a request is applied, by what it is about.

    `codes` are the cost codes of an imported project; `undeletable` says of a deletion why QuickBooks keeps
    it, empty where Procore deleted it.
    """

    codes: Mapping[str, ProjectCodes] = field(default_factory=dict)
    undeletable: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Applying:
    """One request on its way into the database: `filled` counts what it brings."""

    world: World
    request_id: str
    asked: Asked
    now: datetime
    filled: Filled


def apply(this: Applying, events: Sequence[ErpEvent]) -> None:
    """Put all events of a request into effect and owe the ends of the details that are decided already."""
    for event in events:
        _apply(this, event)
    tx, connection_id = this.world.tx, this.world.connection.id
    tx.flush()
    details = [part.detail_id for part in erp.of_its_request(tx, connection_id, this.request_id)]
    closing.owe(tx, connection_id, dict.fromkeys(details), this.now)


def _apply(this: Applying, event: ErpEvent) -> None:  # noqa: C901, PLR0912  # one case an event, each a call
    world, request_id, now = this.world, this.request_id, this.now
    match event:
        case Export():
            this.filled.seen += 1
            this.filled.staged += 1
            this.filled.accepted += exports.export(world, request_id, event, now)
        case Broken():
            exports.broken(world, request_id, event, now)
        case Unsupported():
            exports.unsupported(world, request_id, event, now)
        case Joined():
            notices.joined(world, event, this.asked.codes.get(event.key.procore_id), now)
        case Parted():
            notices.parted(world, event, now)
        case Merged():
            notices.merged(world, event, now)
        case JobNotice():
            notices.costs_wanted(world, event)
        case Unlink():
            undoing.unlink(world, request_id, event, now)
        case Reset():
            undoing.reset(world, event, now)
        case Delete():
            why_not = this.asked.undeletable.get(event.record_id, "")
            undoing.deleted(world, request_id, event, why_not, now)
        case Forgotten():
            undoing.forgotten(world, event)
        case MetadataWanted():
            erp.account(world.tx, world.connection.id).metadata_sent = ""
        case Refresh():
            refreshes.wanted(world, request_id, event, now)
        case Noted():
            pass
        case Reread():
            raise AssertionError("an invoice to be read again is read before it is applied")
        case _:
            assert_never(event)
