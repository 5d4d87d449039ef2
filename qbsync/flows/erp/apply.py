"""One ERP request put into effect, in one transaction: jobs queued, links joined, answers decided."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import assert_never

from qbsync.flows import payments
from qbsync.flows.erp import closing, exports, notices, refreshes, undoing, words
from qbsync.flows.erp.notices import Imported
from qbsync.flows.fill import Filled
from qbsync.flows.world import World
from qbsync.model.records import RecordKey, RecordKind, key_of
from qbsync.procore.feeds.erp_events import (
    Broken,
    Delete,
    ErpEvent,
    Export,
    Forgotten,
    IdLost,
    JobNotice,
    Joined,
    Merged,
    MetadataWanted,
    Noted,
    OrderJoined,
    Parted,
    Refresh,
    Reread,
    Reset,
    Unlink,
    Unsupported,
)
from qbsync.procore.feeds.events import FeedEvent
from qbsync.store import erp
from qbsync.store.erp import NewPart, Outcome, Purpose
from qbsync.store.erp_tables import ErpPartRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What Procore was asked for before a request is applied, by what it is about.

    `imported` is about projects, `commitments` are imported purchase orders as Procore shows them;
    `undeletable` says of a deletion why QuickBooks keeps it, empty where Procore deleted it.
    """

    imported: Mapping[str, Imported] = field(default_factory=dict)
    commitments: Mapping[str, FeedEvent] = field(default_factory=dict)
    undeletable: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Applying:
    """One request on its way into the database, with all details it names; `filled` counts what it brings."""

    world: World
    request_id: str
    details: tuple[str, ...] = ()
    asked: Asked
    now: datetime
    filled: Filled


def apply(this: Applying, events: Sequence[ErpEvent]) -> None:
    """Put all events of a request into effect and owe the ends of the details that are decided already.

    Webhooks keep no order: what a newer request about the same record has overtaken is answered so.
    """
    for event in events:
        if _overtaken(this, event):
            _answer_overtaken(this, event)
        else:
            _note(this, event)
            _apply(this, event)
    tx, connection_id = this.world.tx, this.world.connection.id
    tx.flush()
    _answer_the_rest(this, bool(events))
    details = [part.detail_id for part in erp.of_its_request(tx, connection_id, this.request_id)]
    closing.owe(tx, connection_id, dict.fromkeys(details), this.now)


def _overtaken(this: Applying, event: ErpEvent) -> bool:
    """Whether a newer request about the record was put into effect already.

    A join is overtaken by later notices alone: that a record was exported since does not join it.
    """
    match event:
        case Export():
            key, notices_only = key_of(event.record), False
        case Parted() | Unlink():
            key, notices_only = event.key, False
        case Joined() | OrderJoined() | Merged():
            key, notices_only = event.key, True
        case Reset(keys=(key,)):
            notices_only = False
        case _:
            return False
    tx, connection_id = this.world.tx, this.world.connection.id
    newest = erp.newest_request(tx, connection_id, key, notices_only=notices_only)
    return newest > erp.number(this.request_id) > 0


def _answer_overtaken(this: Applying, event: ErpEvent) -> None:
    match event:
        case Export() | Unlink():
            exports.answer(
                this.world,
                this.request_id,
                event.detail,
                [words.OVERTAKEN],
                this.now,
                header=event.items.header,
            )
        case _:
            pass


def _note(this: Applying, event: ErpEvent) -> None:
    """Keep which records a notice was about: older requests about them may still come."""
    into: Mapping[str, str] = {}
    match event:
        case Joined() | OrderJoined() | Parted():
            keys: tuple[RecordKey, ...] = (event.key,)
        case Merged():
            keys, into = (event.key, *event.sources), {"into": event.key.procore_id}
        case Reset():
            keys = event.keys
        case _:
            keys = ()
    for key in keys:
        part = NewPart(
            request_id=this.request_id,
            detail_id="",
            purpose=Purpose.NOTICE,
            key=key,
            items=into if key.procore_id != into.get("into") else {},
            outcome=Outcome.SUCCESS,
        )
        erp.add_part(this.world.tx, this.world.connection.id, part, this.now)


def _answer_the_rest(this: Applying, anything: bool) -> None:  # noqa: FBT001  # read at the one call
    """See that every detail which the request names comes to an end: with all its parts, or now."""
    tx, connection_id = this.world.tx, this.world.connection.id
    every = erp.of_its_request(tx, connection_id, this.request_id)
    parts = [part for part in every if part.purpose != Purpose.NOTICE.value]
    named = {part.detail_id for part in parts}
    for detail in [one for one in this.details if one not in named]:
        for part in parts:
            erp.add_part(tx, connection_id, _twin(part, detail), this.now)
        if not parts:
            said = [] if anything else [words.NOTHING]
            exports.answer(this.world, this.request_id, detail, said, this.now)


def _twin(part: ErpPartRow, detail: str) -> NewPart:
    """The same part for another detail that waits for it too."""
    key = RecordKey(kind=RecordKind(part.kind), procore_id=part.procore_id) if part.kind else None
    return NewPart(
        request_id=part.request_id,
        detail_id=detail,
        purpose=Purpose(part.purpose),
        key=key,
        job_id=part.job_id,
        items=part.items,
        outcome=Outcome(part.outcome),
        messages=part.messages,
    )


def _carried(this: Applying, event: Export) -> list[Joined]:
    """Every record that an export names with the id it carries, unless a newer notice told of that record."""
    own = Joined(key=key_of(event.record), quickbooks_id=event.origin_id)
    named = [*event.named, *([own] if event.origin_id else [])]
    return [one for one in named if not _overtaken(this, one)]


def _apply(this: Applying, event: ErpEvent) -> None:  # noqa: C901, PLR0912  # one case an event, each a call
    world, request_id, now = this.world, this.request_id, this.now
    match event:
        case Export():
            this.filled.seen += 1
            this.filled.staged += 1
            notices.left_there(world, _carried(this, event), now)
            this.filled.accepted += exports.export(world, request_id, event, now)
        case Broken():
            exports.broken(world, request_id, event, now)
        case Unsupported():
            exports.unsupported(world, request_id, event, now)
        case Joined():
            notices.joined(world, event, now)
            about = this.asked.imported.get(event.key.procore_id)
            if about is not None and event.key.kind is RecordKind.PROJECT:
                notices.imported(world, request_id, event, about, now)
        case OrderJoined():
            notices.order_joined(world, event, this.asked.commitments.get(event.key.procore_id), now)
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
        case IdLost():
            payments.id_lost(world.tx, world.connection.id, event.item_id, event.held_as, now)
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
