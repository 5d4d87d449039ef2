"""Reading QuickBooks: its lists, payments, costs, and what is linked, page by page.

An iterator lives as long as the Web Connector's session; what it had not delivered by then is asked for again
from the stream's watermark (see `streams`).
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta

from sqlalchemy.orm import Session

from qbsync.flows import costs, drift, named_options, offers, payments, streams
from qbsync.flows.erp import figures
from qbsync.flows.streams import GROUPS, STREAMS, Stream
from qbsync.model.feeds import Feed
from qbsync.model.ids import QuickBooksId
from qbsync.model.names import PEOPLE, Known, ListKind
from qbsync.qbxml.parse import Ret, Status
from qbsync.qbxml.requests import Request
from qbsync.store import connections, erp, links, marks, names, offers as kept_offers, troubles
from qbsync.store.tables import ConnectionRow

EVERY = timedelta(minutes=60)
"""How old the lists may grow before a session reads what has changed."""
PATIENCE = 3
"""Times in a row that a stream begins again before it is left for another pass."""
_AHEAD = timedelta(days=1)
"""How far a PC's local time may be ahead of ours in UTC.

What a PC with a wrong clock saved next year moves no watermark: it is read at each pass, and nothing that is
saved meanwhile is missed.
"""
_RESTART = 3391
_WITHOUT = {
    "names_at": "Names in it cannot be checked before an export.",
    "payments_at": "Payments among them do not reach Procore.",
    "costs_at": "Costs among them do not reach Procore.",
    "drift_at": "What someone changes of them in QuickBooks is not noticed.",
    "orders_at": "Procore is not offered those of them that it lacks.",
}
"""What goes without while a stream of that group is not read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One request of a sweep."""

    request: Request
    detail: dict[str, str]


def pages(tx: Session, connection: ConnectionRow, session_id: int, now: datetime) -> list[Page]:
    """The next page of every list that is not read to its end; empty while the lists are fresh enough."""
    under_way = _under_way(tx, connection, now)
    return [
        Page(request=streams.request(connection, name, stream, session_id), detail={"stream": name})
        for name, stream in under_way.items()
        if not stream.done
    ]


def remaining(tx: Session, connection: ConnectionRow, now: datetime) -> int:
    """How many lists are still to be read."""
    return sum(not stream.done for stream in _under_way(tx, connection, now).values())


def _under_way(tx: Session, connection: ConnectionRow, now: datetime) -> dict[str, Stream]:
    found = _some(tx, connection.id, STREAMS)
    for column, members in GROUPS.items():
        if _is_old(tx, connection, column, now) and all(found[name].done for name in members):
            for name in members:
                found[name] = _begun(found[name], now)
                _save(tx, connection.id, name, found[name])
    return found


def _begun(stream: Stream, now: datetime) -> Stream:
    day = now.astimezone(UTC).date().isoformat()
    return replace(stream, done=False, iterator="", day=day, goes_far=stream.day != day)


def is_due(tx: Session, connection: ConnectionRow, now: datetime) -> bool:
    """Whether anything was not read for as long as its schedule says."""
    return any(_is_old(tx, connection, column, now) for column in GROUPS)


def _is_old(tx: Session, connection: ConnectionRow, column: str, now: datetime) -> bool:
    period = _period(connection, column)
    last: datetime | None = getattr(connection, column)
    if not period or (last is not None and now - last < period):
        return False
    match column:
        case "costs_at":
            return costs.any_project(tx, connection.id)
        case "drift_at":
            return bool(links.listing(tx, connection_id=connection.id, limit=1))
        case "orders_at":
            return erp.orders_wanted(tx, connection.id)
        case _:
            return True


def _period(connection: ConnectionRow, column: str) -> timedelta:
    """How often it is read; zero for never."""
    options = connections.options_of(connection)
    match column:
        case "payments_at":
            return timedelta(minutes=options.payment_minutes)
        case "costs_at":
            return timedelta(minutes=options.cost_minutes)
        case "drift_at":
            return timedelta(minutes=options.drift_minutes)
        case _:
            return EVERY


def read_anew(tx: Session, connection_id: int) -> None:
    """Read names, linked records, payments and costs from the beginning: the file was put back in time.

    What of them is otherwise now was changed, as it stands there, before the watermark. Of payments and costs
    that it lacks no deletion tells: what such a pass does not find is gone.
    """
    for name in (*GROUPS["names_at"], *GROUPS["drift_at"]):
        _save(tx, connection_id, name, Stream())
    for name in (*GROUPS["payments_at"], *GROUPS["costs_at"]):
        if name not in streams.DELETIONS:
            _save(tx, connection_id, name, Stream(anew=True))


def _drop_the_others(
    tx: Session, connection_id: int, stream_name: str, found: Sequence[str], now: datetime
) -> None:
    """Take what a whole pass did not find for deleted."""
    kind = stream_name.removesuffix("QueryRq")
    if kind in payments.METHODS:
        payments.only(tx, connection_id, kind, found, now)
    else:
        costs.only(tx, connection_id, kind, found)


def keep(
    tx: Session, connection: ConnectionRow, stream_name: str, rets: Sequence[Ret], now: datetime
) -> None:
    """Keep some Rets of a page; the page is committed with the transaction that read it."""
    stream = _load(tx, connection.id, stream_name)
    ceiling = (now + _AHEAD).replace(tzinfo=None).isoformat()
    high = max([stream.high, *(moment for ret in rets if (moment := _moment_of(ret)) <= ceiling)])
    match streams.group_of(stream_name)[0]:
        case "payments_at":
            payments.seen(tx, connection.id, rets, now, new_since=streams.first_day(connection))
        case "costs_at":
            costs.seen(tx, connection.id, rets)
        case "drift_at":
            later = [_local(moment) for moment in drift.seen(tx, connection.id, rets, now)]
            stream = replace(stream, hold=min([*later, *([stream.hold] if stream.hold else [])], default=""))
        case "orders_at":
            offers.seen(tx, connection.id, rets, now)
        case _:
            _keep_names(tx, connection, stream_name, rets, now)
    if stream.anew:
        stream = replace(stream, found=(*stream.found, *(ret.text("TxnID") for ret in rets)))
    _save(tx, connection.id, stream_name, replace(stream, high=high))


def _keep_names(
    tx: Session, connection: ConnectionRow, stream_name: str, rets: Sequence[Ret], now: datetime
) -> None:
    known = []
    for ret in rets:
        if stream_name == streams.LISTS_DELETED:
            kind = streams.DELETED_TYPES.get(ret.text("ListDelType"))
            if kind is not None:
                names.forget(tx, connection.id, kind, ret.text("ListID"))
            if _period(connection, "drift_at"):
                drift.deleted(tx, connection.id, ret.text("ListDelType"), ret.text("ListID"), now=now)
        elif (entry := _entry(ret)) is not None:
            known.append(entry)
    names.save(tx, connection.id, known)
    offers.seen(tx, connection.id, rets, now)


def learn(tx: Session, connection_id: int, ret: Ret) -> None:
    """Keep one entry of a list as QuickBooks has just shown it, before the list is read again."""
    entry = _entry(ret)
    if entry is not None:
        names.save(tx, connection_id, [entry])


def _moment_of(ret: Ret) -> str:
    return _local(ret.text("TimeModified") or ret.text("TimeDeleted"))


def page_ended(
    tx: Session,
    connection: ConnectionRow,
    stream_name: str,
    status: Status,
    *,
    session_id: int,
    now: datetime,
) -> None:
    """Go on to the next page, begin again after a lost iterator, or close the stream."""
    stream = _load(tx, connection.id, stream_name)
    if status.code == _RESTART:
        _begin_again(tx, connection, stream_name, "its iterator was lost", now)
        return
    if status.iterator_id and status.iterator_remaining:
        stream = replace(stream, iterator=status.iterator_id, session=session_id, losses=0)
    elif status.tells_what_is_there:
        watermark = max(stream.high, stream.watermark)
        if stream.hold:
            watermark = min(stream.hold, watermark)
        if stream.anew:
            _drop_the_others(tx, connection.id, stream_name, stream.found, now)
            stream = replace(stream, anew=False, found=())
        stream = replace(stream, done=True, iterator="", watermark=watermark, losses=0, hold="")
        troubles.over(tx, connection.id, _subject(stream_name))
        names.mark_read(tx, connection.id, streams.lists_of(stream_name))
        if stream_name in (*streams.DETAILS, streams.ORDERS):
            kept_offers.keep_up(tx, connection.id, now)
    else:
        give_up(tx, connection, stream_name, f"{status.message} (status {status.code})", now)
        return
    _save(tx, connection.id, stream_name, stream)
    _note_end(tx, connection, stream_name, now)


def give_up(tx: Session, connection: ConnectionRow, stream_name: str, why: str, now: datetime) -> None:
    """Leave a list unread until the next pass, and say so: it must not keep anything else waiting."""
    stream = _load(tx, connection.id, stream_name)
    stream = replace(stream, done=True, iterator="", high=stream.watermark, losses=0, hold="")
    _save(tx, connection.id, stream_name, stream)
    troubles.keep(
        tx,
        connection.id,
        _subject(stream_name),
        message=f"QuickBooks did not read it out: {why}.",
        guidance=f"{_WITHOUT[streams.group_of(stream_name)[0]]} The QuickBooks user of the Web Connector "
        "needs the right to see it.",
        now=now,
    )
    _note_end(tx, connection, stream_name, now)


def lost(tx: Session, connection: ConnectionRow, stream_name: str, now: datetime) -> None:
    """A page's answer was lost: begin the stream again at its watermark, but not for ever."""
    _begin_again(tx, connection, stream_name, "its answer was lost", now)


def _begin_again(tx: Session, connection: ConnectionRow, stream_name: str, why: str, now: datetime) -> None:
    stream = _load(tx, connection.id, stream_name)
    if stream.losses + 1 >= PATIENCE:
        give_up(tx, connection, stream_name, f"{why} {PATIENCE} times", now)
        return
    begun_again = replace(stream, iterator="", high=stream.watermark, losses=stream.losses + 1, hold="")
    _save(tx, connection.id, stream_name, begun_again)


def _note_end(tx: Session, connection: ConnectionRow, stream_name: str, now: datetime) -> None:
    """Note that everything that is read together with this stream was read to its end."""
    column, members = streams.group_of(stream_name)
    found = _some(tx, connection.id, members)
    if all(stream.done for stream in found.values()):
        setattr(connection, column, now)
        if column == "costs_at":
            costs.owe_changed(tx, connection, now)
            if connection.feed == Feed.ERP.value:
                figures.reckon_later(tx, connection.id, now)
        if column == "names_at":
            named_options.note(tx, connection, now)


def _subject(stream_name: str) -> str:
    return f"QuickBooks list {stream_name.partition('QueryRq')[0]}"


_LISTED = {**{kind.value: kind for kind in ListKind}, "DateDrivenTerms": ListKind.TERMS}
"""The list that each Ret is an entry of; those of items are told by how they begin."""


def _entry(ret: Ret) -> Known | None:
    tag = ret.tag.removesuffix("Ret")
    kind = _LISTED.get(tag) or (ListKind.ITEM if tag.startswith("Item") else None)
    if kind is None:
        return None
    return Known(
        list=kind,
        list_id=QuickBooksId(ret.text("ListID")),
        full_name=ret.text("FullName") or ret.text("Name"),
        type=ret.text("AccountType") or (tag.removeprefix("Item") if kind is ListKind.ITEM else ""),
        active=ret.text("IsActive", "true") == "true",
        edit_sequence=ret.text("EditSequence"),
        external_guid=ret.text("ExternalGUID"),
        currency=ret.text("CurrencyRef/FullName") if kind in PEOPLE else "",
        two_sided=ret.has("SalesAndPurchase"),
    )


def _local(moment: str) -> str:
    """The local part of a time; the offset is not to be trusted."""
    return moment[:19]


def _some(tx: Session, connection_id: int, stream_names: Collection[str]) -> dict[str, Stream]:
    kept = marks.some(tx, connection_id, [_mark(name) for name in stream_names])
    return {name: _stream(kept.get(_mark(name), "")) for name in stream_names}


def _load(tx: Session, connection_id: int, name: str) -> Stream:
    return _stream(marks.one(tx, connection_id, _mark(name)))


def _stream(value: str) -> Stream:
    return Stream(**json.loads(value)) if value else Stream()


def _save(tx: Session, connection_id: int, name: str, stream: Stream) -> None:
    marks.put(tx, connection_id, _mark(name), json.dumps(asdict(stream)))


def _mark(stream_name: str) -> str:
    return f"quickbooks/{stream_name}"
