"""What QuickBooks is asked for on schedule: the streams, what is read together, and each one's request.

A stream is one query, read page by page. Its watermark is the latest TimeModified seen, in the workstation's
local time without an offset, because QuickBooks' offset ignores daylight saving. Each reading overlaps the
last: by the hour that local time falls back in autumn, and ten minutes for clocks that differ (reference,
section 3.6). The first reading of a day goes back two days, for a PC whose clock was wrong or that was moved
to another time zone. What is read twice is kept by its id, so reading it again changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from qbsync.flows import payments
from qbsync.mapping import imports
from qbsync.model.names import PEOPLE, ListKind
from qbsync.qbxml.cost_lines import KINDS, wanted
from qbsync.qbxml.requests import Body, Request
from qbsync.store.tables import ConnectionRow

PAGE = "500"
OVERLAP, FAR = timedelta(minutes=70), timedelta(days=2)

_WANTED = (
    "ListID",
    "TimeModified",
    "EditSequence",
    "Name",
    "FullName",
    "IsActive",
    "AccountType",
    "ExternalGUID",
    "SalesAndPurchase",
    "CurrencyRef",
)
DETAILS: Mapping[str, tuple[str, ...]] = {
    "EntityQueryRq": (*imports.VENDOR_FIELDS, *imports.JOB_FIELDS),
    "ItemQueryRq": imports.ITEM_FIELDS,
}
"""What is read beside the names, for what Procore may lack."""
_PAID = tuple(f"{kind}QueryRq" for kind in payments.METHODS)
_PAID_DELETED = "TxnDeletedQueryRq"
_COSTS = tuple(f"{kind}QueryRq" for kind in KINDS)
_COSTS_DELETED = "TxnDeletedQueryRq/costs"
"""What stands behind the slash tells two streams of one request apart."""
_ITERATED = ("EntityQueryRq", "ItemQueryRq")
_LISTS = (
    "EntityQueryRq",
    "ItemQueryRq",
    "AccountQueryRq",
    "StandardTermsQueryRq",
    "DateDrivenTermsQueryRq",
    "VendorTypeQueryRq",
    "ClassQueryRq",
    "SalesTaxCodeQueryRq",
)
_COMPARED_LISTS = ("CustomerQueryRq", "VendorQueryRq", "ItemServiceQueryRq")
_COMPARED_KINDS = ("PurchaseOrder", "Estimate", "Bill", "VendorCredit")
_COMPARED = tuple(f"{kind}QueryRq/drift" for kind in _COMPARED_KINDS)
_COMPARED_DELETED = "TxnDeletedQueryRq/drift"
ORDERS = "PurchaseOrderQueryRq/orders"
"""Purchase orders that Procore may import, read where its ERP tool asks for them."""
_ORDERS_DELETED = "TxnDeletedQueryRq/orders"
LISTS_DELETED = "ListDeletedQueryRq"
DELETED_TYPES: Mapping[str, ListKind] = {
    "Customer": ListKind.CUSTOMER,
    "Vendor": ListKind.VENDOR,
    "Employee": ListKind.EMPLOYEE,
    "OtherName": ListKind.OTHER_NAME,
    "Account": ListKind.ACCOUNT,
    "StandardTerms": ListKind.TERMS,
    "DateDrivenTerms": ListKind.TERMS,
    "VendorType": ListKind.VENDOR_TYPE,
    "Class": ListKind.CLASS,
    "SalesTaxCode": ListKind.SALES_TAX_CODE,
    "ItemService": ListKind.ITEM,
    "ItemNonInventory": ListKind.ITEM,
    "ItemOtherCharge": ListKind.ITEM,
    "ItemInventory": ListKind.ITEM,
}
"""The list that each ListDelType is of."""
DELETIONS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    LISTS_DELETED: ("ListDelType", tuple(DELETED_TYPES)),
    _PAID_DELETED: ("TxnDelType", tuple(payments.METHODS)),
    _COSTS_DELETED: ("TxnDelType", KINDS),
    _COMPARED_DELETED: ("TxnDelType", _COMPARED_KINDS),
    _ORDERS_DELETED: ("TxnDelType", ("PurchaseOrder",)),
}
"""What each query of deletions asks for."""
_CARRIES: Mapping[str, tuple[ListKind, ...]] = {
    "EntityQueryRq": PEOPLE,
    "ItemQueryRq": (ListKind.ITEM,),
    "AccountQueryRq": (ListKind.ACCOUNT,),
    "StandardTermsQueryRq": (ListKind.TERMS,),
    "VendorTypeQueryRq": (ListKind.VENDOR_TYPE,),
    "ClassQueryRq": (ListKind.CLASS,),
    "SalesTaxCodeQueryRq": (ListKind.SALES_TAX_CODE,),
}
"""Which lists each query reads out."""
GROUPS: Mapping[str, tuple[str, ...]] = {
    "names_at": (*_LISTS, LISTS_DELETED),
    "payments_at": (*_PAID, _PAID_DELETED),
    "costs_at": (*_COSTS, _COSTS_DELETED),
    "drift_at": (*_COMPARED_LISTS, *_COMPARED, _COMPARED_DELETED),
    "orders_at": (ORDERS, _ORDERS_DELETED),
}
"""What is read together on one schedule, by the column that says when it last was."""
STREAMS = tuple(name for names in GROUPS.values() for name in names)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stream:
    """How far one query has come; `high` is the latest TimeModified of the pass that is under way."""

    done: bool = True
    watermark: str = ""
    high: str = ""
    iterator: str = ""
    session: int = 0
    losses: int = 0
    """Times in a row that it had to begin again: answers or iterators lost."""
    hold: str = ""
    """The earliest TimeModified of what could not be used in this pass, and must be read again."""
    anew: bool = False
    """Whether everything is read, to find what the company file does not have any more."""
    found: tuple[str, ...] = ()
    """The TxnIDs that were read so far in such a pass."""
    day: str = ""
    """The day (UTC) on which it was begun."""
    goes_far: bool = False
    """Whether it is the first of its day."""


def group_of(name: str) -> tuple[str, tuple[str, ...]]:
    """The column of the group that a stream is read with, and all its streams."""
    return next(group for group in GROUPS.items() if name in group[1])


def lists_of(name: str) -> tuple[ListKind, ...]:
    """The lists that a stream reads out; none where it reads transactions."""
    return _CARRIES.get(name, ())


def request(connection: ConnectionRow, name: str, stream: Stream, session_id: int) -> Request:
    """The next page of a stream: the first, or the one that its iterator still holds in this session."""
    if name in DELETIONS:
        tag, types = DELETIONS[name]
        return Request(name=name.partition("/")[0], body=_deleted_since(stream, tag, types))
    if name in (*_COSTS, ORDERS):
        elements = imports.ORDER_FIELDS if name == ORDERS else wanted(name.removesuffix("QueryRq"))
        return _page(name, stream, session_id, _all_since(stream, elements))
    if name in (*_PAID, *_COMPARED):
        return _page(name, stream, session_id, _transactions_since(connection, stream))
    if name in _COMPARED_LISTS:
        since = {"ActiveStatus": "All", "FromModifiedDate": _since(connection, stream)}
        return _page(name, stream, session_id, {"MaxReturned": PAGE, **since})
    filters: dict[str, str] = {"ActiveStatus": "All"}
    if stream.watermark:
        filters["FromModifiedDate"] = _bound(stream)
    elements = (*_WANTED, *DETAILS.get(name, ()))
    if name not in _ITERATED:
        return Request(name=name, body={**filters, "IncludeRetElement": elements})
    return _page(name, stream, session_id, {"MaxReturned": PAGE, **filters, "IncludeRetElement": elements})


def _since(connection: ConnectionRow, stream: Stream) -> str:
    """The watermark, with its overlap; at first the day before the connection was made."""
    return _bound(stream) if stream.watermark else first_day(connection)


def first_day(connection: ConnectionRow) -> str:
    """The day before the connection was made: payments last changed before it may be a former connector's."""
    return (connection.created_at - timedelta(days=1)).date().isoformat()


def _transactions_since(connection: ConnectionRow, stream: Stream) -> Body:
    """Transactions changed since then; all, where it is to be found what is gone."""
    changed: Body = {"FromModifiedDate": _since(connection, stream)}
    bound: Body = {} if stream.anew else {"ModifiedDateRangeFilter": changed}
    return {"MaxReturned": PAGE, **bound, "IncludeLineItems": True}


def _all_since(stream: Stream, elements: tuple[str, ...]) -> Body:
    """Transactions changed since the watermark; at first all, for what was there before counts too."""
    body: dict[str, str | bool | Body | tuple[str, ...]] = {"MaxReturned": PAGE}
    if stream.watermark:
        body["ModifiedDateRangeFilter"] = {"FromModifiedDate": _bound(stream)}
    return {**body, "IncludeLineItems": True, "IncludeRetElement": elements}


def _page(stream_name: str, stream: Stream, session_id: int, body: Body) -> Request:
    name = stream_name.partition("/")[0]
    if stream.iterator and stream.session == session_id:
        return Request(
            name=name, body=body, attributes={"iterator": "Continue", "iteratorID": stream.iterator}
        )
    return Request(name=name, body=body, attributes={"iterator": "Start"})


def _deleted_since(stream: Stream, tag: str, types: tuple[str, ...]) -> Body:
    body: dict[str, tuple[str, ...] | dict[str, str]] = {tag: types}
    if stream.watermark:
        body["DeletedDateRangeFilter"] = {"FromDeletedDate": _bound(stream)}
    return body


def _bound(stream: Stream) -> str:
    """The local time from which a stream is read."""
    return (datetime.fromisoformat(stream.watermark) - (FAR if stream.goes_far else OVERLAP)).isoformat()
