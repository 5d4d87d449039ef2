"""Which linked records the company file lacks: each is asked for once, where another file seems to be open.

While nothing may be written this is all that is asked. The list decides nothing: before a record is sent
again or unlinked QuickBooks is asked for it once more. A file that turns out to be the wrong one leaves
nothing behind, for the right one is then asked in the same way.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from qbsync.flows import drift, world as worlds
from qbsync.mapping import mapping_for
from qbsync.model.drift import DriftSort
from qbsync.model.links import Link
from qbsync.model.records import RecordKey, RecordKind
from qbsync.qbxml.parse import Ret, Status
from qbsync.qbxml.requests import Request
from qbsync.session import pace
from qbsync.store import drifts, links, marks, queue, troubles
from qbsync.store.tables import ConnectionRow

_MARK = "quickbooks/absences"
_SUBJECT = "linked records"
_AT_ONCE = (pace.LOOK_UPS, 5, 1)
"""How many are asked for together, fewer where no answer came: one poisons all that it is asked with."""
_PATIENCE = 5
"""Times that no answer came, with no answer between, before the rest is not asked for."""
_ALONE = len(_AT_ONCE) - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reading:
    """How far the links have been asked for; `file` names an unconfirmed one, empty is the confirmed one."""

    file: str = ""
    after: int = 0
    done: bool = True
    step: int = 0
    """How many are asked for together, as `_AT_ONCE` has it."""
    good: int = 0
    """Answers since the step was taken: after as many as are asked for a step before, it is taken back."""
    losses: int = 0
    """Times that no answer came since the last one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """The question for one linked record."""

    request: Request
    detail: dict[str, Any]


def consider(tx: Session, connection: ConnectionRow) -> None:
    """Begin to ask where a file is open that this was not asked of: one that may not be written to.

    The confirmed file, open again, is asked where one that was not was said to lack something.
    """
    offered = connection.company_seen["offered"]
    file = f"{offered['path']}|{offered['name']}|{offered['counter']}" if connection.stopped else ""
    if _load(tx, connection.id).file == file:
        return
    _save(tx, connection.id, _Reading(file=file, done=not file and not count(tx, connection.id)))
    troubles.over(tx, connection.id, _SUBJECT)


def confirmed(tx: Session, connection_id: int) -> None:
    """A person says that it is the right file: what was found in it counts, what is not asked yet goes on.

    What it would not say is theirs to compare by now.
    """
    _save(tx, connection_id, replace(_load(tx, connection_id), file=""))
    troubles.over(tx, connection_id, _SUBJECT)


def questions(
    tx: Session, connection_id: int, fits: Callable[[Request], bool], now: datetime
) -> list[Question]:
    """The next questions; none where all is asked.

    What QuickBooks could not even read does not fit: a record linked to no id of its own is passed over.
    """
    while not (reading := _load(tx, connection_id)).done:
        found = links.after(tx, connection_id, reading.after, _AT_ONCE[reading.step])
        every = _questions(reading, found)
        fitting = [one for one in every if fits(one.request)]
        if len(fitting) < len(every):
            after = reading.after if fitting else found[-1][0]
            _leave_out(tx, connection_id, replace(reading, after=after), now)
        if fitting:
            return fitting
        if not found:
            _save(tx, connection_id, replace(reading, done=True))
    return []


def _questions(reading: _Reading, found: Sequence[tuple[int, Link]]) -> list[Question]:
    return [
        Question(
            request=mapping_for(link.key.kind).reread(link),
            detail={
                "link": link_id,
                "kind": link.key.kind.value,
                "procore_id": link.key.procore_id,
                "quickbooks_id": link.quickbooks_id,
                "file": reading.file,
            },
        )
        for link_id, link in found
    ]


def left(tx: Session, connection_id: int) -> int:
    """Whether anything is still to be asked, as a number of messages."""
    reading = _load(tx, connection_id)
    return int(not reading.done and bool(links.after(tx, connection_id, reading.after, 1)))


def lost(tx: Session, connection_id: int, details: Sequence[Mapping[str, Any]], now: datetime) -> None:
    """No answer came: fewer are asked for together, one that gets none alone is passed over; not for ever."""
    reading = _load(tx, connection_id)
    if reading.done or reading.file != details[0]["file"]:
        return
    lost = replace(reading, losses=reading.losses + 1, good=0)
    if reading.step < _ALONE:
        _save(tx, connection_id, replace(lost, step=reading.step + 1))
        return
    last = max(one["link"] for one in details)
    _leave_out(tx, connection_id, replace(lost, after=last, done=lost.losses >= _PATIENCE), now)


def give_up(tx: Session, connection_id: int, now: datetime) -> None:
    """QuickBooks cannot read these questions: what is not asked yet is not told."""
    _leave_out(tx, connection_id, replace(_load(tx, connection_id), done=True), now)


def _leave_out(tx: Session, connection_id: int, reading: _Reading, now: datetime) -> None:
    """Go on without what was not answered, and say that the list may lack it."""
    _save(tx, connection_id, reading)
    troubles.keep(
        tx,
        connection_id,
        _SUBJECT,
        message="QuickBooks did not say of every linked record whether it still has it.",
        guidance="What `qbsync links missing` lists may not be all that a restored backup lacks: compare the "
        "newest records with QuickBooks by hand.",
        now=now,
    )


def answered(
    tx: Session,
    connection_id: int,
    detail: Mapping[str, Any],
    status: Status,
    records: Sequence[Ret],
    *,
    now: datetime,
) -> None:
    """Keep whether this file has a linked record; what QuickBooks would not show is not told."""
    reading = _load(tx, connection_id)
    if reading.done or reading.file != detail["file"]:
        return
    key = RecordKey(kind=RecordKind(detail["kind"]), procore_id=detail["procore_id"])
    link = links.find(tx, connection_id, key)
    as_asked = link is not None and link.quickbooks_id == detail["quickbooks_id"]
    if link is not None and as_asked and status.tells_what_is_there:
        if _has(tx, connection_id, link, records):
            drift.not_missing(tx, connection_id, key, now)
        else:
            drift.missing(tx, connection_id, link, now)
    more = replace(reading, after=max(reading.after, detail["link"]), good=reading.good + 1, losses=0)
    if more.step and more.good >= _AT_ONCE[more.step - 1]:
        more = replace(more, step=more.step - 1, good=0)
    _save(tx, connection_id, more)


def _has(tx: Session, connection_id: int, link: Link, records: Sequence[Ret]) -> bool:
    """Whether the record is in what was answered: lines of a purchase order may be gone from it."""
    job = queue.synced_of_record(tx, connection_id, link.key)
    mapping = mapping_for(link.key.kind)
    return any(job is None or mapping.holds(worlds.record_of(job), ret, link) for ret in records)


def count(tx: Session, connection_id: int) -> int:
    """How many linked records are told as missing."""
    return sum(
        number for _, sort, number in drifts.counts(tx, connection_id) if sort == DriftSort.MISSING.value
    )


def _load(tx: Session, connection_id: int) -> _Reading:
    kept = marks.one(tx, connection_id, _MARK)
    return _Reading(**json.loads(kept)) if kept else _Reading()


def _save(tx: Session, connection_id: int, reading: _Reading) -> None:
    marks.put(tx, connection_id, _MARK, json.dumps(asdict(reading)))
