"""Reading QuickBooks: its lists, and the payments of bills, page by page.

An iterator lives as long as the Web Connector's session; what it had not delivered by then is asked for again
from the stream's watermark. The watermark is the latest TimeModified seen, in the workstation's local time
without an offset, because QuickBooks' offset ignores daylight saving; each pass overlaps the last by ten
minutes (reference, section 3.6).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from qbsync.flows import costs, payments
from qbsync.model.ids import QuickBooksId
from qbsync.model.names import PEOPLE, Known, ListKind
from qbsync.qbxml.cost_lines import KINDS, wanted
from qbsync.qbxml.parse import Ret, Status
from qbsync.qbxml.requests import Body, Request
from qbsync.store import connections, marks, names
from qbsync.store.tables import ConnectionRow

EVERY = timedelta(minutes=60)
"""How old the lists may grow before a session reads what has changed."""
PAGE = "500"
OVERLAP = timedelta(minutes=10)
PATIENCE = 3
"""Lost answers in a row after which a list is left for another time."""
_RESTART = 3391
_NOTHING = (1, 500)

_WANTED = (
    "ListID",
    "TimeModified",
    "EditSequence",
    "Name",
    "FullName",
    "IsActive",
    "AccountType",
    "ExternalGUID",
)
_PAID = tuple(f"{kind}QueryRq" for kind in payments.METHODS)
_PAID_DELETED = "TxnDeletedQueryRq"
_COSTS = tuple(f"{kind}QueryRq" for kind in KINDS)
_COSTS_DELETED = "TxnDeletedQueryRq/costs"
"""What stands behind the slash tells two streams of one request apart."""
_ITERATED = {"EntityQueryRq", "ItemQueryRq", *_PAID, *_COSTS}
_LISTS = ("EntityQueryRq", "ItemQueryRq", "AccountQueryRq", "StandardTermsQueryRq", "VendorTypeQueryRq")
_DELETED = "ListDeletedQueryRq"
_DELETED_TYPES = {
    "Customer": ListKind.CUSTOMER,
    "Vendor": ListKind.VENDOR,
    "Employee": ListKind.EMPLOYEE,
    "OtherName": ListKind.OTHER_NAME,
    "Account": ListKind.ACCOUNT,
    "StandardTerms": ListKind.TERMS,
    "VendorType": ListKind.VENDOR_TYPE,
    "ItemService": ListKind.ITEM,
    "ItemNonInventory": ListKind.ITEM,
    "ItemOtherCharge": ListKind.ITEM,
    "ItemInventory": ListKind.ITEM,
}
_DELETIONS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    _DELETED: ("ListDelType", tuple(_DELETED_TYPES)),
    _PAID_DELETED: ("TxnDelType", tuple(payments.METHODS)),
    _COSTS_DELETED: ("TxnDelType", KINDS),
}
"""What each query of deletions asks for."""
_CARRIES = {
    "EntityQueryRq": PEOPLE,
    "ItemQueryRq": (ListKind.ITEM,),
    "AccountQueryRq": (ListKind.ACCOUNT,),
    "StandardTermsQueryRq": (ListKind.TERMS,),
    "VendorTypeQueryRq": (ListKind.VENDOR_TYPE,),
}
"""Which lists each query reads out."""
_GROUPS: Mapping[str, tuple[str, ...]] = {
    "names_at": (*_LISTS, _DELETED),
    "payments_at": (*_PAID, _PAID_DELETED),
    "costs_at": (*_COSTS, _COSTS_DELETED),
}
"""What is read together on one schedule, by the column that says when it last was."""
STREAMS = tuple(name for names in _GROUPS.values() for name in names)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stream:
    """How far one query has come; `high` is the latest TimeModified of the pass that is under way."""

    done: bool = True
    watermark: str = ""
    high: str = ""
    iterator: str = ""
    session: int = 0
    losses: int = 0
    """Answers lost in a row."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One request of a sweep."""

    request: Request
    detail: dict[str, str]


def pages(tx: Session, connection: ConnectionRow, session_id: int, now: datetime) -> list[Page]:
    """The next page of every list that is not read to its end; empty while the lists are fresh enough."""
    streams = _under_way(tx, connection, now)
    return [
        Page(request=_request(connection, name, stream, session_id), detail={"stream": name})
        for name, stream in streams.items()
        if not stream.done
    ]


def remaining(tx: Session, connection: ConnectionRow, now: datetime) -> int:
    """How many lists are still to be read."""
    return sum(not stream.done for stream in _under_way(tx, connection, now).values())


def _under_way(tx: Session, connection: ConnectionRow, now: datetime) -> dict[str, Stream]:
    streams = _all(tx, connection.id)
    for column, members in _GROUPS.items():
        if _is_old(tx, connection, column, now) and all(streams[name].done for name in members):
            for name in members:
                streams[name] = replace(streams[name], done=False, iterator="")
                _save(tx, connection.id, name, streams[name])
    return streams


def is_due(tx: Session, connection: ConnectionRow, now: datetime) -> bool:
    """Whether anything was not read for as long as its schedule says."""
    return any(_is_old(tx, connection, column, now) for column in _GROUPS)


def _is_old(tx: Session, connection: ConnectionRow, column: str, now: datetime) -> bool:
    period = _period(connection, column)
    last: datetime | None = getattr(connection, column)
    if not period or (last is not None and now - last < period):
        return False
    return column != "costs_at" or costs.any_project(tx, connection.id)


def _period(connection: ConnectionRow, column: str) -> timedelta:
    """How often it is read; zero for never."""
    options = connections.options_of(connection)
    match column:
        case "payments_at":
            return timedelta(minutes=options.payment_minutes)
        case "costs_at":
            return timedelta(minutes=options.cost_minutes)
        case _:
            return EVERY


def _request(connection: ConnectionRow, name: str, stream: Stream, session_id: int) -> Request:
    if name in _DELETIONS:
        tag, types = _DELETIONS[name]
        return Request(name=name.partition("/")[0], body=_deleted_since(stream, tag, types))
    if name in (*_PAID, *_COSTS):
        body = _paid_since(connection, stream) if name in _PAID else _costs_since(name, stream)
        return _page(name, stream, session_id, body)
    filters: dict[str, str] = {"ActiveStatus": "All"}
    if stream.watermark:
        filters["FromModifiedDate"] = _earlier(stream.watermark)
    if name not in _ITERATED:
        return Request(name=name, body={**filters, "IncludeRetElement": _WANTED})
    return _page(name, stream, session_id, {"MaxReturned": PAGE, **filters, "IncludeRetElement": _WANTED})


def _paid_since(connection: ConnectionRow, stream: Stream) -> Body:
    """Payments changed since the watermark; at first since the day before the connection was made."""
    if stream.watermark:
        since = _earlier(stream.watermark)
    else:
        since = (connection.created_at - timedelta(days=1)).date().isoformat()
    return {
        "MaxReturned": PAGE,
        "ModifiedDateRangeFilter": {"FromModifiedDate": since},
        "IncludeLineItems": True,
    }


def _costs_since(name: str, stream: Stream) -> Body:
    """Transactions changed since the watermark; at first all, for what a job cost before counts too."""
    body: dict[str, str | bool | Body | tuple[str, ...]] = {"MaxReturned": PAGE}
    if stream.watermark:
        body["ModifiedDateRangeFilter"] = {"FromModifiedDate": _earlier(stream.watermark)}
    return {**body, "IncludeLineItems": True, "IncludeRetElement": wanted(name.removesuffix("QueryRq"))}


def _page(name: str, stream: Stream, session_id: int, body: Body) -> Request:
    if stream.iterator and stream.session == session_id:
        return Request(
            name=name, body=body, attributes={"iterator": "Continue", "iteratorID": stream.iterator}
        )
    return Request(name=name, body=body, attributes={"iterator": "Start"})


def _deleted_since(stream: Stream, tag: str, types: tuple[str, ...]) -> Body:
    body: dict[str, tuple[str, ...] | dict[str, str]] = {tag: types}
    if stream.watermark:
        body["DeletedDateRangeFilter"] = {"FromDeletedDate": _earlier(stream.watermark)}
    return body


def _earlier(local: str) -> str:
    return (datetime.fromisoformat(local) - OVERLAP).isoformat()


def keep(
    tx: Session, connection: ConnectionRow, stream_name: str, rets: Sequence[Ret], now: datetime
) -> None:
    """Keep some Rets of a page; the page is committed with the transaction that read it."""
    stream = _load(tx, connection.id, stream_name)
    if stream_name in (*_GROUPS["payments_at"], *_GROUPS["costs_at"]):
        if stream_name in _GROUPS["payments_at"]:
            payments.seen(tx, connection.id, rets, now)
        else:
            costs.seen(tx, connection.id, rets)
        high = max([stream.high, *(_moment_of(ret) for ret in rets)])
        _save(tx, connection.id, stream_name, replace(stream, high=high))
        return
    high = stream.high
    known = []
    for ret in rets:
        high = max(high, _moment_of(ret))
        if stream_name == _DELETED:
            kind = _DELETED_TYPES.get(ret.text("ListDelType"))
            if kind is not None:
                names.forget(tx, connection.id, kind, ret.text("ListID"))
        elif (entry := _entry(ret)) is not None:
            known.append(entry)
    names.save(tx, connection.id, known)
    _save(tx, connection.id, stream_name, replace(stream, high=high))


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
        stream = replace(stream, iterator="", high=stream.watermark)
    elif status.iterator_id and status.iterator_remaining:
        stream = replace(stream, iterator=status.iterator_id, session=session_id, losses=0)
    elif status.code in (0, *_NOTHING):
        watermark = max(stream.high, stream.watermark)
        stream = replace(stream, done=True, iterator="", watermark=watermark, losses=0)
        marks.trouble_over(tx, connection.id, _subject(stream_name))
        names.mark_read(tx, connection.id, _CARRIES.get(stream_name, ()))
    else:
        give_up(tx, connection, stream_name, f"{status.message} (status {status.code})", now)
        return
    _save(tx, connection.id, stream_name, stream)
    _note_end(tx, connection, stream_name, now)


def give_up(tx: Session, connection: ConnectionRow, stream_name: str, why: str, now: datetime) -> None:
    """Leave a list unread until the next pass, and say so: it must not keep anything else waiting."""
    stream = _load(tx, connection.id, stream_name)
    stream = replace(stream, done=True, iterator="", high=stream.watermark, losses=0)
    _save(tx, connection.id, stream_name, stream)
    marks.trouble(
        tx,
        connection.id,
        _subject(stream_name),
        message=f"QuickBooks did not read it out: {why}.",
        guidance="Names in it cannot be checked before an export. The QuickBooks user of the Web Connector "
        "needs the right to see it.",
        now=now,
    )
    _note_end(tx, connection, stream_name, now)


def lost(tx: Session, connection: ConnectionRow, stream_name: str, now: datetime) -> None:
    """A page's answer was lost: begin the stream again at its watermark, but not for ever."""
    stream = _load(tx, connection.id, stream_name)
    if stream.losses + 1 >= PATIENCE:
        give_up(tx, connection, stream_name, f"its answer was lost {PATIENCE} times", now)
        return
    begun_again = replace(stream, iterator="", high=stream.watermark, losses=stream.losses + 1)
    _save(tx, connection.id, stream_name, begun_again)


def _note_end(tx: Session, connection: ConnectionRow, stream_name: str, now: datetime) -> None:
    """Note that everything that is read together with this stream was read to its end."""
    streams = _all(tx, connection.id)
    column, members = next(group for group in _GROUPS.items() if stream_name in group[1])
    if all(streams[name].done for name in members):
        setattr(connection, column, now)
        if column == "costs_at":
            costs.owe_changed(tx, connection, now)


def _subject(stream_name: str) -> str:
    return f"QuickBooks list {stream_name.removesuffix('QueryRq')}"


def _entry(ret: Ret) -> Known | None:
    tag = ret.tag.removesuffix("Ret")
    kind = ListKind.ITEM if tag.startswith("Item") else next((k for k in ListKind if k.value == tag), None)
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
    )


def _local(moment: str) -> str:
    """The local part of a time; the offset is not to be trusted."""
    return moment[:19]


def _all(tx: Session, connection_id: int) -> dict[str, Stream]:
    kept = marks.all_of(tx, connection_id)
    return {name: _stream(kept.get(f"quickbooks/{name}", "")) for name in STREAMS}


def _load(tx: Session, connection_id: int, name: str) -> Stream:
    return _stream(marks.one(tx, connection_id, f"quickbooks/{name}"))


def _stream(value: str) -> Stream:
    return Stream(**json.loads(value)) if value else Stream()


def _save(tx: Session, connection_id: int, name: str, stream: Stream) -> None:
    marks.put(tx, connection_id, f"quickbooks/{name}", json.dumps(asdict(stream)))
