"""A company of Procore's directory becomes a Vendor of QuickBooks."""

from __future__ import annotations

from datetime import datetime

from qbsync.model.context import Context, Review
from qbsync.model.links import Link
from qbsync.model.names import PEOPLE, Known, ListKind
from qbsync.model.records import Address, RecordKey, Vendor, key_of
from qbsync.qbxml import ordinary
from qbsync.qbxml.agreement import agrees_with
from qbsync.qbxml.owned import Owned
from qbsync.qbxml.parse import Ret
from qbsync.qbxml.preflight import Advice, Preflight, filled, room
from qbsync.qbxml.requests import Body, Request

_NAME = Advice(
    field="name",
    guidance="Accept it with --set name=ANOTHER (a suffix will do, such as 'Acme (vendor)'), "
    "or change the name in Procore.",
)
_TYPE = Advice(
    field="vendor_type",
    guidance="Accept it with --set vendor_type=NAME, or set default_vendor_type on the connection, to an "
    "active vendor type of QuickBooks.",
)
_TERMS = Advice(
    field="terms",
    guidance="Accept it with --set terms=NAME, or set default_terms on the connection, to active standard "
    "terms of QuickBooks.",
)
_ADVICE = {"Name": _NAME, "VendorTypeRef": _TYPE, "TermsRef": _TERMS}


def references(record: Vendor) -> tuple[RecordKey, ...]:  # noqa: ARG001  # as for each kind
    """None: a vendor stands alone."""
    return ()


def touches(record: Vendor) -> RecordKey:
    """Its own QuickBooks record alone."""
    return key_of(record)


def lives_in(record: Vendor) -> RecordKey | None:  # noqa: ARG001  # as for each kind
    """None: it is a record of its own in QuickBooks."""
    return None


def review(record: Vendor, context: Context) -> Review:
    """Check the name against QuickBooks' one name space of people; offer a vendor of that name as a link.

    A vendor that carries our own ExternalGUID is adopted: an earlier Add made it.
    """
    preflight = Preflight(record)
    name = _name(record, context, preflight)
    taken = _taken(name, context)
    if taken is not None and taken.list is ListKind.VENDOR and context.link is None:
        if taken.external_guid and taken.external_guid.casefold() == context.guid.casefold():
            return Review(suggestion=taken, adopts=True)
        preflight.warn(
            "name",
            f"QuickBooks has a vendor {taken.full_name!r} already{'' if taken.active else ', inactive'}.",
            "Link the two, or accept with --set name=ANOTHER to make a second vendor.",
        )
    elif taken is not None:
        preflight.problem("name", _clash(taken), _NAME.guidance)
    preflight.check(_draft(record, name, context, preflight), _ADVICE)
    offered = taken if taken is not None and taken.list is ListKind.VENDOR and context.link is None else None
    return preflight.review(suggestion=offered)


def request(record: Vendor, context: Context) -> Request:
    """VendorAdd, or VendorMod where the vendor is known; raises MappingError where it cannot be sent.

    A Mod leaves alone what Procore leaves blank, and the type and terms unless they are chosen anew.
    """
    preflight = Preflight(record)
    draft = _draft(record, _name(record, context, preflight), context, preflight)
    preflight.check(draft, _ADVICE)
    preflight.settle(())
    return draft


def owned(record: Vendor, link: Link) -> Owned:
    """What Procore gives, and the name; type and terms are the bookkeeper's."""
    given = {
        "CompanyName": record.name,
        "FirstName": record.contact_first_name,
        "LastName": record.contact_last_name,
        "VendorAddress": record.address != Address(),
        "Phone": record.phone,
        "Fax": record.fax,
        "Email": record.email,
        "Contact": record.contact_first_name or record.contact_last_name,
        "NameOnCheck": record.name != link.name,
        "AccountNumber": record.account_number,
    }
    return Owned(fields=("Name", "IsActive", *(name for name, value in given.items() if value)))


def probe(record: Vendor, context: Context, since: datetime | None) -> Request:  # noqa: ARG001  # as for each kind
    """The vendor by its ListID where it is linked, else by its name; a name needs no dates."""
    if context.link is not None:
        return reread(context.link)
    return Request(name="VendorQueryRq", body={"FullName": _wanted(record, context, Preflight(record))})


def trace(record: Vendor, context: Context, since: datetime) -> Request:  # noqa: ARG001  # as for each kind
    """Ask for everything of this kind that changed since, whatever its name is by now."""
    return ordinary.entries_since("VendorQueryRq", since)


def reread(link: Link) -> Request:
    """Ask for the linked record by its ListID."""
    return ordinary.entry("VendorQueryRq", link)


outcome = ordinary.plain_list_link
remarks = ordinary.nothing_to_say
is_no_news = ordinary.never
holds = ordinary.always
is_ours = ordinary.carries_guid


def resembles(record: Vendor, ret: Ret, context: Context) -> bool:
    """Whether the vendor has the name that ours has or would get."""
    return ret.text("Name").casefold() == _wanted(record, context, Preflight(record)).casefold()


def agrees(record: Vendor, ret: Ret, context: Context) -> bool:
    """Whether the vendor already holds what our Mod would write."""
    preflight = Preflight(record)
    return agrees_with(_draft(record, _name(record, context, preflight), context, preflight), ret)


def _wanted(record: Vendor, context: Context, preflight: Preflight) -> str:
    return preflight.name("name", context.choices.get("name", "") or record.name)


def _name(record: Vendor, context: Context, preflight: Preflight) -> str:
    """The name to send; empty in a Mod that keeps QuickBooks' name, because Procore's does not fit there.

    It did not fit when the vendor was made either, and a person chose another then, or linked by hand.
    """
    name = _wanted(record, context, preflight)
    if context.link is None or context.choices.get("name", ""):
        if not name:
            preflight.problem("name", "The vendor has no name.", _NAME.guidance)
        if ":" in name:
            preflight.problem(
                "name", f"{name!r} has a colon, which QuickBooks takes in no name.", _NAME.guidance
            )
        return name
    taken = _taken(name, context)
    limit = room("VendorModRq", "VendorMod/Name")
    if not name or ":" in name or len(name) > limit or taken is not None:
        reason = (
            _clash(taken) if taken is not None else f"{name!r} does not fit (no colon, {limit} characters)."
        )
        preflight.warn("name", f"QuickBooks keeps the name {context.link.name!r}: {reason}", _NAME.guidance)
        return ""
    if context.link.name and name != context.link.name:
        preflight.warn("name", f"QuickBooks' vendor {context.link.name!r} will be renamed to {name!r}.")
    return name


def _taken(name: str, context: Context) -> Known | None:
    """Who in QuickBooks has that name already, this vendor itself excepted."""
    found = (context.names.find(list_kind, name) for list_kind in PEOPLE)
    return next((known for known in found if known is not None and not _is_own(known, context)), None)


def _is_own(known: Known, context: Context) -> bool:
    link = context.link
    return link is not None and known.list is ListKind.VENDOR and known.list_id == link.quickbooks_id


def _clash(taken: Known) -> str:
    who = "n other name" if taken.list is ListKind.OTHER_NAME else f" {taken.list.value.lower()}"
    who = "n employee" if taken.list is ListKind.EMPLOYEE else who
    return (
        f"QuickBooks has a{who} named {taken.full_name!r}; customers, vendors, employees and other names "
        "share one list of names."
    )


def _draft(record: Vendor, name: str, context: Context, preflight: Preflight) -> Request:
    details = {**_details(record, name, context, preflight), **_lists(context, preflight)}
    if context.link is None:
        body = {"Name": name, **details, "ExternalGUID": context.guid}
        return Request(name="VendorAddRq", body={"VendorAdd": filled(body)})
    body = {
        "ListID": context.link.quickbooks_id,
        "EditSequence": context.link.edit_sequence,
        "Name": name,
        **details,
    }
    return Request(name="VendorModRq", body={"VendorMod": filled(body)})


def _details(record: Vendor, name: str, context: Context, preflight: Preflight) -> dict[str, str | Body]:
    def fitting(field: str, text: str, element: str) -> str:
        return preflight.fitting(field, text, request_name="VendorAddRq", path=f"VendorAdd/{element}")

    contact = f"{record.contact_first_name} {record.contact_last_name}".strip()
    company = _company(record, name, preflight)
    payee = company or name
    return {
        "CompanyName": company,
        "FirstName": fitting("contact_first_name", record.contact_first_name, "FirstName"),
        "LastName": fitting("contact_last_name", record.contact_last_name, "LastName"),
        "VendorAddress": preflight.address(record.address, payee, clears=context.link is not None),
        "Phone": fitting("phone", record.phone, "Phone"),
        "Fax": fitting("fax", record.fax, "Fax"),
        "Email": fitting("email", record.email, "Email"),
        "Contact": fitting("contact", contact, "Contact"),
        "NameOnCheck": company if company != name else "",
        "AccountNumber": fitting("account_number", record.account_number, "AccountNumber"),
    }


def _company(record: Vendor, name: str, preflight: Preflight) -> str:
    """Procore's own name, whatever QuickBooks' list calls the vendor; checks and addresses carry it."""
    company = preflight.name("name", record.name)
    if name == company and len(company) > room("VendorAddRq", "VendorAdd/CompanyName"):
        return ""
    return preflight.fitting("name", company, request_name="VendorAddRq", path="VendorAdd/CompanyName")


def _lists(context: Context, preflight: Preflight) -> dict[str, Body]:
    """Type and terms; in a Mod only where they are chosen anew, for a bookkeeper may have changed them."""
    adds = context.link is None
    vendor_type = context.choices.get("vendor_type", "") or (
        context.options.default_vendor_type if adds else ""
    )
    terms = context.choices.get("terms", "") or (context.options.default_terms if adds else "")
    refs: dict[str, Body] = {}
    for element, list_kind, full_name, advice in (
        ("VendorTypeRef", ListKind.VENDOR_TYPE, vendor_type, _TYPE),
        ("TermsRef", ListKind.TERMS, terms, _TERMS),
    ):
        if full_name:
            refs[element] = preflight.listed(
                context.names, list_kind, full_name, field=advice.field, guidance=advice.guidance
            )
    return refs
