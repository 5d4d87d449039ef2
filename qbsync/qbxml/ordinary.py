"""What most kinds do alike: the link that QuickBooks' record makes, and how the record is asked for.

A kind's module takes from here what is no different for it, by name: `is_ours = ordinary.carries_guid`.
"""

from __future__ import annotations

from datetime import datetime

from qbsync.model.context import Finding
from qbsync.model.ids import QuickBooksId
from qbsync.model.links import Link, LinkLine
from qbsync.model.records import Record, key_of, version_of
from qbsync.qbxml.moments import changed_since
from qbsync.qbxml.parse import Ret
from qbsync.qbxml.requests import Body, Request


def list_link(record: Record, ret: Ret) -> Link:
    """The link that the Ret of a list with full names makes."""
    return _link(record, ret, "ListID", "FullName")


def plain_list_link(record: Record, ret: Ret) -> Link:
    """The link that the Ret of a list without hierarchy makes."""
    return _link(record, ret, "ListID", "Name")


def transaction_link(record: Record, ret: Ret, lines: tuple[LinkLine, ...] = ()) -> Link:
    """The link that a transaction's Ret makes, its lines joined as they are given."""
    return _link(record, ret, "TxnID", "RefNumber", lines)


def _link(record: Record, ret: Ret, id_tag: str, name_tag: str, lines: tuple[LinkLine, ...] = ()) -> Link:
    return Link(
        key=key_of(record),
        quickbooks_id=QuickBooksId(ret.text(id_tag)),
        name=ret.text(name_tag),
        edit_sequence=ret.text("EditSequence"),
        fingerprint=version_of(record),
        lines=lines,
    )


def entry(query: str, link: Link) -> Request:
    """Ask for the linked entry of a list by its ListID."""
    return Request(name=query, body={"ListID": link.quickbooks_id})


def entries_since(query: str, since: datetime) -> Request:
    """Ask for every entry of a list that changed since (aware), whatever its name is by now."""
    return Request(name=query, body={"ActiveStatus": "All", "FromModifiedDate": changed_since(since)})


def transaction(query: str, link: Link) -> Request:
    """Ask for the linked transaction, with its lines, by its TxnID."""
    return Request(name=query, body={"TxnID": link.quickbooks_id, "IncludeLineItems": True})


def transactions_since(query: str, since: datetime) -> Request:
    """Ask for every transaction of a kind that changed since (aware), with its lines."""
    changed: Body = {"FromModifiedDate": changed_since(since)}
    return Request(name=query, body={"ModifiedDateRangeFilter": changed, "IncludeLineItems": True})


def nothing_to_say(record: Record, ret: Ret) -> tuple[Finding, ...]:  # noqa: ARG001  # as for each kind
    """Nothing: QuickBooks takes it as it was asked to, or not at all."""
    return ()


def never(accepted: Record, shown: Record) -> bool:  # noqa: ARG001  # as for each kind
    """Never: each other version counts."""
    return False


def always(record: Record, ret: Ret, link: Link | None) -> bool:  # noqa: ARG001  # as for each kind
    """Always: what was found by its id is it."""
    return True


def carries_guid(record: Record, ret: Ret, guid: str) -> bool:  # noqa: ARG001  # as for each kind
    """Whether QuickBooks' record carries our ExternalGUID; QuickBooks may change its case."""
    return guid != "" and ret.text("ExternalGUID").casefold() == guid.casefold()
