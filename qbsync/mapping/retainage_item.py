"""The item that retainage is held on: a Service item on a liability account, made where a person asks for it.

Procore has no such record: its own connector has the bookkeeper make the item by hand (workflows, W6). Once
QuickBooks has it, it is never changed from here: what it is called and where it posts is the bookkeeper's.
"""

from __future__ import annotations

from datetime import datetime

from qbsync.model.context import Context, Review
from qbsync.model.links import Link
from qbsync.model.names import Known, ListKind
from qbsync.model.records import RecordKey, RetainageItem, key_of
from qbsync.qbxml import ordinary
from qbsync.qbxml.owned import Owned
from qbsync.qbxml.parse import Ret
from qbsync.qbxml.preflight import UNLINKED, Advice, Preflight
from qbsync.qbxml.requests import Body, Request

LIABILITY_TYPES = ("OtherCurrentLiability", "LongTermLiability")
"""What is held back is owed to the subcontractor until it is released."""

_SERVICE = "Service"
_DESCRIPTION = "Retainage held back from subcontractor invoices"
_NAME = Advice(
    field="name",
    guidance="Ask for it under another name: qbsync connection retainage-item NAME --item ITEM.",
)
_ACCOUNT = Advice(
    field="account",
    guidance="Accept it with --set account=NAME, an active liability account of QuickBooks such as Retainage "
    "Payable.",
)
_ADVICE = {"Name": _NAME, "AccountRef": _ACCOUNT}


def references(record: RetainageItem) -> tuple[RecordKey, ...]:  # noqa: ARG001  # as for each kind
    """None: it stands alone."""
    return ()


def touches(record: RetainageItem) -> RecordKey:
    """Its own QuickBooks record alone."""
    return key_of(record)


def lives_in(record: RetainageItem) -> RecordKey | None:  # noqa: ARG001  # as for each kind
    """None: it is a record of its own in QuickBooks."""
    return None


def review(record: RetainageItem, context: Context) -> Review:
    """Check the name and the account; adopt an active Service item of that full name."""
    existing = context.names.find(ListKind.ITEM, record.name)
    if context.link is None and existing is not None and existing.type == _SERVICE and existing.active:
        return Review(suggestion=existing, adopts=True)
    preflight = Preflight(record)
    draft = _draft(record, context, preflight)
    if context.link is None and existing is not None:
        _refuse(existing, preflight)
    preflight.check(draft, _ADVICE)
    return preflight.review()


def request(record: RetainageItem, context: Context) -> Request:
    """ItemServiceAdd; raises MappingError where it cannot be sent, or is in QuickBooks already."""
    preflight = Preflight(record)
    if context.link is not None:
        preflight.problem(
            "name",
            f"QuickBooks has it already, as {context.link.name!r}.",
            "Change it there, or choose another item: qbsync connection set NAME retainage_item=...",
        )
    draft = _draft(record, context, preflight)
    preflight.check(draft, _ADVICE)
    preflight.settle(())
    return draft


def owned(record: RetainageItem, link: Link) -> Owned:  # noqa: ARG001  # as for each kind
    """Name and place, by which invoices find it; a bookkeeper may move its account."""
    return Owned(fields=("Name", "ParentRef", "IsActive"))


def probe(record: RetainageItem, context: Context, since: datetime | None) -> Request:  # noqa: ARG001  # as for each kind
    """The item by its ListID where it is linked, else by its full name; a name needs no dates."""
    if context.link is not None:
        return reread(context.link)
    return Request(name="ItemServiceQueryRq", body={"FullName": record.name})


def trace(record: RetainageItem, context: Context, since: datetime) -> Request:  # noqa: ARG001  # as for each kind
    """Ask for every Service item that changed since, whatever its name is by now."""
    return ordinary.entries_since("ItemServiceQueryRq", since)


def reread(link: Link) -> Request:
    """Ask for the linked item by its ListID."""
    return ordinary.entry("ItemServiceQueryRq", link)


outcome = ordinary.list_link
remarks = ordinary.nothing_to_say
is_no_news = ordinary.never
holds = ordinary.always
is_ours = ordinary.carries_guid


def resembles(record: RetainageItem, ret: Ret, context: Context) -> bool:  # noqa: ARG001  # as for each kind
    """Whether the item has the name that was asked for, whoever made it."""
    return ret.text("FullName").casefold() == record.name.casefold()


def agrees(record: RetainageItem, ret: Ret, context: Context) -> bool:  # noqa: ARG001  # as for each kind
    """Always: an item of ours is the retainage item, whatever the bookkeeper made of it since."""
    return True


def _draft(record: RetainageItem, context: Context, preflight: Preflight) -> Request:
    name = preflight.name("name", record.name)
    if not name:
        preflight.problem("name", "It has no name.", _NAME.guidance)
    if ":" in name:
        preflight.problem(
            "name",
            f"QuickBooks has no item {name!r}, and a new one takes no colon in its name.",
            _NAME.guidance,
        )
    return Request(
        name="ItemServiceAddRq",
        body={
            "ItemServiceAdd": {
                "Name": name,
                "SalesOrPurchase": {"Desc": _DESCRIPTION, "AccountRef": _account(context, preflight)},
                "ExternalGUID": context.guid,
            }
        },
    )


def _account(context: Context, preflight: Preflight) -> Body:
    wanted = context.choices.get("account", "")
    if not wanted:
        preflight.ask("account")
        return {"ListID": UNLINKED}
    return preflight.listed(
        context.names,
        ListKind.ACCOUNT,
        wanted,
        field=_ACCOUNT.field,
        guidance=_ACCOUNT.guidance,
        types=LIABILITY_TYPES,
    )


def _refuse(existing: Known, preflight: Preflight) -> None:
    """QuickBooks has something of that name which cannot hold retainage."""
    fault, advice = (
        (f"as an item of type {existing.type}; it has to be Service", "Rename that item")
        if existing.type != _SERVICE
        else ("as an inactive item", "Make that item active")
    )
    preflight.problem(
        "name",
        f"QuickBooks has {existing.full_name!r} already, {fault}.",
        f"{advice} in QuickBooks. Or: {_NAME.guidance}",
    )
