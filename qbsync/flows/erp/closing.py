"""Request details and their ends: each is closed once, after everything that Procore is owed of its records.

What a detail waits for is read from the jobs themselves, so a process that died between an answer of
QuickBooks and the close loses nothing. A job that is merely under way, in doubt or on hold closes no detail.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.orm import Session

from qbsync.errors import ProcorePayloadError, ProcoreUnavailableError
from qbsync.flows import merged, payments
from qbsync.flows.delivered import NOT_THERE
from qbsync.flows.erp import troubles, words
from qbsync.model.jobs import OUT, JobEvent, JobState
from qbsync.model.records import RecordKey, RecordKind
from qbsync.procore.erp.api import DetailPayload, ErpApi
from qbsync.procore.erp.writes import closings
from qbsync.procore.writebacks import Result, Target, Writeback
from qbsync.store import erp, links, project_codes, queue, troubles as kept_troubles, writebacks
from qbsync.store.engine import Database
from qbsync.store.erp import Outcome, Purpose
from qbsync.store.erp_tables import ErpPartRow
from qbsync.store.queue import Refusal
from qbsync.store.tables import JobRow, WritebackRow
from qbsync.store.writebacks import Owed, WritebackState

_LAST: Final = 9
"""A detail's turn: after everything else that its record owes."""
_TOLD: Final = (
    Target.EXTERNAL_DATA.value,
    Target.COST_TYPE_ASSIGNMENT.value,
    Target.ERP_TRANSACTION.value,
)
"""What must be told before a detail is closed; figures and payments follow on their own."""
_OPEN: Final = (WritebackState.OWED.value, WritebackState.RETRYING.value)
_MOST: Final = 5
"""Messages of one detail."""
_LATE: Final = timedelta(days=1)
"""How much later than its request Procore may show a detail."""
_MANY: Final = 20
"""Items whose details are looked at one by one; of more, the whole list is read."""
Verdict = tuple[Outcome, Sequence[str]]


def collect(tx: Session, connection_id: int, now: datetime) -> None:
    """Decide every part whose job has come to its end; owe Procore the details that wait for nothing more."""
    decided: dict[str, None] = {}
    for part, job in erp.open_parts(tx, connection_id):
        if job is not None and _is_orphan(tx, job):
            queue.change(job, JobEvent.FAIL, now, _parent_missing(tx, job))
        verdict = _verdict(tx, part, job)
        if verdict is not None:
            part.outcome, part.messages = verdict[0].value, list(verdict[1])
            decided[part.detail_id] = None
            if job is not None and job.kind == RecordKind.PAYMENT.value:
                payments.look_again(tx, connection_id, RecordKey.parse(job.touches), now)
    tx.flush()
    owe(tx, connection_id, decided, now)


def has_ended(tx: Session, connection_id: int) -> bool:
    """Whether a part's job has come to its end, so that `collect` decides it: a look that takes no lock."""
    return any(
        (job is not None and _is_orphan(tx, job)) or _verdict(tx, part, job) is not None
        for part, job in erp.open_parts(tx, connection_id)
    )


def owe(tx: Session, connection_id: int, detail_ids: Iterable[str], now: datetime) -> None:
    """Owe Procore the end of those details of which every part is decided, each once."""
    for detail_id in detail_ids:
        parts = erp.of_detail(tx, connection_id, detail_id) if detail_id else ()
        open_still = any(part.outcome == Outcome.OPEN.value for part in parts)
        known = writebacks.newest(tx, connection_id, Target.REQUEST_DETAIL.value, detail_id)
        if not parts or open_still or known is not None:
            continue
        messages = [words.spoken(str(one)) for part in parts for one in part.messages][:_MOST]
        writebacks.owe(tx, connection_id, [_end(detail_id, _key_of(parts[-1]), messages)], now)


def _end(detail_id: str, key: RecordKey | None, messages: Sequence[str]) -> Owed:
    return Owed(
        key=key,
        target=Target.REQUEST_DETAIL.value,
        item_id=detail_id,
        origin_id=None,
        scope={"messages": json.dumps(list(messages))},
        turn=_LAST,
    )


def asked_anew(tx: Session, connection_id: int, key: RecordKey, now: datetime) -> None:
    """A person exports or unlinks a record once more: what Procore refused of it before counts no longer.

    What waited with that refusal ends by it first, but for what QuickBooks may be executing: that ends by its
    answer.
    """
    refused = _refused(_ids_told(tx, connection_id, key))
    if not refused:
        return
    mine = [(part, job) for part, job in erp.open_parts(tx, connection_id) if _key_of(part) == key]
    parts = [part for part, job in mine if job is None or JobState(job.state) not in OUT]
    for part in parts:
        part.outcome, part.messages = Outcome.FAILED.value, [_refusal(part, refused[0])]
    tx.flush()
    owe(tx, connection_id, [part.detail_id for part in parts], now)
    writebacks.forget_refused(tx, connection_id, key, _TOLD)


def unknown(tx: Session, connection_id: int, detail_ids: Sequence[str]) -> list[str]:
    """Those of the details that no request named and that nobody closed."""
    known = erp.details_named(tx, connection_id, detail_ids)
    known |= writebacks.items_told(tx, connection_id, Target.REQUEST_DETAIL.value, detail_ids)
    return [one for one in detail_ids if one not in known]


def adopt(tx: Session, connection_id: int, shown: Iterable[DetailPayload], now: datetime) -> None:
    """Give open details to the parts of their items that named none and for which none was found.

    An open detail of which everything is decided, and of which nothing is owed, is owed now.
    """
    lacking = list(erp.lacking_detail(tx, connection_id))
    named: list[str] = []
    for one in shown:
        named.append(one.id)
        mine = _of_item(lacking, one)
        if mine is not None and unknown(tx, connection_id, [one.id]):
            lacking.remove(mine)
            _give(tx, mine, one.id)
    owe(tx, connection_id, named, now)


def answered_already(
    tx: Session, connection_id: int, detail: DetailPayload, seen_at: datetime, now: datetime
) -> bool:
    """End a detail as its export ended, if that was over before Procore showed the detail.

    That is an export of its item that came within the day before the detail was first seen, if it is the
    last that was asked of the record and still true: the detail may be that of a later one that was lost.
    """
    parts = erp.decided_without_detail(tx, connection_id, since=seen_at - _LATE, until=seen_at)
    mine = _of_item(parts, detail)
    if mine is None or erp.is_outdated(tx, mine) or not _still_true(tx, mine):
        return False
    _give(tx, mine, detail.id)
    owe(tx, connection_id, [detail.id], now)
    return True


def _still_true(tx: Session, part: ErpPartRow) -> bool:
    """Whether what an export brought to QuickBooks is linked today; what failed made no such claim."""
    key = _key_of(part)
    succeeded = part.outcome == Outcome.SUCCESS.value
    return not succeeded or (key is not None and links.find(tx, part.connection_id, key) is not None)


def _of_item(parts: Iterable[ErpPartRow], detail: DetailPayload) -> ErpPartRow | None:
    """The first of the parts that is about the item of a detail; None where the detail names none."""
    of_item = (one for one in parts if detail.is_of(str(one.items.get("header", ""))))
    return next(of_item, None) if detail.item_id else None


def _give(tx: Session, part: ErpPartRow, detail_id: str) -> None:
    part.detail_id = detail_id
    kept_troubles.over(tx, part.connection_id, troubles.of_request(part.request_id))
    tx.flush()


def give_up(tx: Session, connection_id: int, detail_id: str, messages: Sequence[str], now: datetime) -> None:
    """Owe Procore the end of a detail of which no request is known: failed, with these words."""
    writebacks.owe(tx, connection_id, [_end(detail_id, None, messages)], now)


def given_up(tx: Session, connection_id: int, detail_ids: Sequence[str]) -> set[str]:
    """Those of the details that were closed without their requests, which came too late."""
    told = writebacks.items_told(tx, connection_id, Target.REQUEST_DETAIL.value, detail_ids)
    return told - erp.details_named(tx, connection_id, detail_ids)


def send(
    database: Database,
    api: ErpApi,
    rows: Sequence[WritebackRow],
    make: Callable[[WritebackRow], Writeback],
) -> Iterator[Result]:
    """Close details; one that may be closed already is looked at first.

    That they are being closed is kept before Procore is asked: who dies meanwhile has tried.
    """
    to_close = [row for row in rows if not row.attempts]
    for item_id, tried in _by_item(database, [row for row in rows if row.attempts]).items():
        try:
            closed = _closed(api, item_id)
        except ProcoreUnavailableError as error:
            if troubles.no_answer(error):
                raise
            yield from (Result(id=row.id, refused=None, postponed=error) for row in tried)
            continue
        yield from (Result(id=row.id, refused=None) for row in tried if row.item_id in closed)
        to_close += [row for row in tried if row.item_id not in closed]
    with database.write() as tx:
        writebacks.begin(tx, [row.id for row in to_close])
    yield from closings(api, [make(row) for row in to_close])


def _by_item(database: Database, rows: Sequence[WritebackRow]) -> dict[str, list[WritebackRow]]:
    """Details by the item by which Procore lists them: the header of what they are about, if any."""
    found: dict[str, list[WritebackRow]] = {}
    with database.read() as tx:
        for row in rows:
            parts = erp.of_detail(tx, row.connection_id, row.item_id)
            headers = [str(part.items.get("header", "")) for part in parts]
            header = next((one for one in headers if one), "")
            found.setdefault(header.partition(":")[2], []).append(row)
    return {"": list(rows)} if len(found) > _MANY else found


def _closed(api: ErpApi, item_id: str) -> set[str]:
    """The details of an item, or all, that Procore takes for closed; none where it does not list them.

    Then they are closed again, which changes nothing (inferred); left open they would block the tool.
    """
    try:
        return {one.id for one in api.details(item_id) if one.is_closed}
    except (*NOT_THERE, ProcorePayloadError):
        return set()


def _parent_missing(tx: Session, job: JobRow) -> Refusal:
    parent = queue.of_record(tx, job.connection_id, RecordKey.parse(job.waits_for))
    return words.parent_missing(job, parent)


def _is_orphan(tx: Session, job: JobRow) -> bool:
    """Whether a job waits for a record that does not come."""
    return job.state == JobState.QUEUED.value and bool(job.waits_for) and not _may_come(tx, job)


def _verdict(tx: Session, part: ErpPartRow, job: JobRow | None) -> Verdict | None:
    """What became of a part; None while its job is under way, and for what waits for no job."""
    if part.purpose == Purpose.UNLINK.value:
        return _unlinked(tx, part, job)
    if job is None:
        return None
    match JobState(job.state):
        case JobState.SYNCED:
            return _told(tx, part)
        case JobState.FAILED:
            return Outcome.FAILED, words.for_procore(job)
        case JobState.REJECTED | JobState.CANCELLED:
            return Outcome.FAILED, [words.ended(job)]
        case JobState.QUEUED | JobState.SENT | JobState.IN_DOUBT | JobState.HELD | JobState.STAGED:
            return None


def _told(tx: Session, part: ErpPartRow) -> Verdict | None:
    """Success once Procore has every id, or none any more; failed, in its own words, where it refused one."""
    key = _key_of(part)
    rows = [] if key is None else _ids_told(tx, part.connection_id, key)
    if any(row.state in _OPEN for row in rows) or _codes_come(tx, part):
        return None
    refused = _refused(rows)
    return (Outcome.FAILED, [_refusal(part, refused[0])]) if refused else (Outcome.SUCCESS, ())


def _ids_told(tx: Session, connection_id: int, key: RecordKey) -> list[WritebackRow]:
    return [row for row in writebacks.of_record(tx, connection_id, key) if row.target in _TOLD]


def _refused(rows: Iterable[WritebackRow]) -> list[str]:
    """What Procore said of each id that it refused last."""
    newest = {(row.target, row.item_id): row for row in rows}
    return [row.error for row in newest.values() if row.state == WritebackState.REFUSED.value]


def _refusal(part: ErpPartRow, said: str) -> str:
    return (words.id_kept if part.purpose == Purpose.UNLINK.value else words.id_refused)(said)


_OVER: Final = (JobState.SYNCED, JobState.FAILED, JobState.REJECTED, JobState.CANCELLED)
"""States in which nothing is asked of QuickBooks any more."""


def _unlinked(tx: Session, part: ErpPartRow, job: JobRow | None) -> Verdict | None:
    """Success once QuickBooks has no such record, if it was asked, and Procore has let go of every id."""
    if job is not None and JobState(job.state) not in _OVER:
        return None
    key = _key_of(part)
    if job is not None and job.foreign_id and JobState(job.state) is not JobState.SYNCED:
        return Outcome.FAILED, [words.not_proven(job)]
    if job is not None and key is not None and links.find(tx, part.connection_id, key) is not None:
        there = words.still_there(key.kind, job.label)
        return Outcome.FAILED, [there if job.error else words.unlink_ended(job)]
    return _told(tx, part)


def _codes_come(tx: Session, part: ErpPartRow) -> bool:
    """Whether cost codes of an exported project are on their way: their pairs are told with it."""
    if part.kind != RecordKind.PROJECT.value:
        return False
    rows = project_codes.listing(tx, part.connection_id, project_id=part.procore_id)
    for row in rows:
        key = RecordKey(kind=RecordKind.COST_CODE, procore_id=row.standard_id)
        job = None if row.origin_id else queue.of_record(tx, part.connection_id, key)
        if job is not None and JobState(job.state) in _COMING:
            return True
    return False


def _may_come(tx: Session, job: JobRow) -> bool:
    """Whether the record that a job waits for is on its way, or what it was merged into in Procore."""
    keys = merged.became(tx, job.connection_id, RecordKey.parse(job.waits_for))
    parents = (queue.of_record(tx, job.connection_id, key) for key in keys)
    return any(
        parent is not None
        and JobState(parent.state) in _COMING
        and (parent.id == job.id or not _is_orphan(tx, parent))
        for parent in parents
    )


_COMING: Final = (JobState.STAGED, JobState.QUEUED, JobState.SENT, JobState.IN_DOUBT, JobState.HELD)


def _key_of(part: ErpPartRow) -> RecordKey | None:
    if not part.kind:
        return None
    return RecordKey(kind=RecordKind(part.kind), procore_id=part.procore_id)
