"""A project of Procore becomes a job of QuickBooks, under the customer that the approver chose."""

from __future__ import annotations

from datetime import datetime

from qbsync.model.context import Context, Review
from qbsync.model.links import Link
from qbsync.model.names import Known, ListKind
from qbsync.model.records import Address, Project, RecordKey, key_of
from qbsync.qbxml import ordinary
from qbsync.qbxml.agreement import agrees_with
from qbsync.qbxml.owned import Owned
from qbsync.qbxml.parse import Ret
from qbsync.qbxml.preflight import UNLINKED, Advice, Part, Preflight, filled, room
from qbsync.qbxml.requests import Body, Request

LEVELS = 5
"""QuickBooks' lists are at most five levels deep (reference, section 3.2)."""

_NAME = Advice(
    field="name", guidance="Accept it with --set name=ANOTHER, or change the project's name in Procore."
)
_CUSTOMER = Advice(
    field="customer",
    guidance="Accept it with --set customer=NAME, or set project_customer on the connection, to the full "
    "name of an active customer of QuickBooks.",
)
_ADVICE = {
    "Name": _NAME,
    "ParentRef": _CUSTOMER,
    "JobStartDate": Advice(field="start_date", guidance="Change the project's start date in Procore."),
    "JobProjectedEndDate": Advice(
        field="completion_date", guidance="Change the project's completion date in Procore."
    ),
}


def references(record: Project) -> tuple[RecordKey, ...]:  # noqa: ARG001  # as for each kind
    """None: the customer is QuickBooks' own."""
    return ()


def touches(record: Project) -> RecordKey:
    """Its own QuickBooks record alone."""
    return key_of(record)


def lives_in(record: Project) -> RecordKey | None:  # noqa: ARG001  # as for each kind
    """None: it is a record of its own in QuickBooks."""
    return None


def review(record: Project, context: Context) -> Review:
    """Check the name and the customer; offer a job of that full name as a link.

    A job that carries our own ExternalGUID is adopted: an earlier Add made it.
    """
    preflight = Preflight(record)
    taken = _taken(record, context)
    if taken is not None and context.link is None:
        if taken.external_guid and taken.external_guid.casefold() == context.guid.casefold():
            return Review(suggestion=taken, adopts=True)
        preflight.warn(
            "name",
            f"QuickBooks has a job {taken.full_name!r} already{'' if taken.active else ', inactive'}.",
            "Link the two, choose another customer, accept with --set name=ANOTHER to make a second job, or "
            "change the project's name in Procore.",
        )
    preflight.check(_draft(record, context, preflight), _ADVICE)
    return preflight.review(suggestion=taken if context.link is None else None)


def request(record: Project, context: Context) -> Request:
    """CustomerAdd, or CustomerMod where the job is known; raises MappingError where it cannot be sent.

    A Mod leaves alone what Procore leaves blank, and moves the job only to a customer that is chosen anew.
    """
    preflight = Preflight(record)
    draft = _draft(record, context, preflight)
    preflight.check(draft, _ADVICE)
    preflight.settle(())
    return draft


def owned(record: Project, link: Link) -> Owned:  # noqa: ARG001  # as for each kind
    """What Procore gives, the name, and the customer it is under."""
    given = {
        "ShipAddress": record.address != Address(),
        "JobStartDate": record.start_date,
        "JobProjectedEndDate": record.completion_date,
        "JobDesc": record.number,
    }
    return Owned(fields=("Name", "ParentRef", "IsActive", *(name for name, value in given.items() if value)))


def probe(record: Project, context: Context, since: datetime | None) -> Request:  # noqa: ARG001  # as for each kind
    """The job by its ListID where it is linked, else by its full name; a name needs no dates."""
    if context.link is not None:
        return reread(context.link)
    return Request(name="CustomerQueryRq", body={"FullName": _full_name(record, context)})


def trace(record: Project, context: Context, since: datetime) -> Request:  # noqa: ARG001  # as for each kind
    """Ask for everything of this kind that changed since, whatever its name is by now."""
    return ordinary.entries_since("CustomerQueryRq", since)


def reread(link: Link) -> Request:
    """Ask for the linked record by its ListID."""
    return ordinary.entry("CustomerQueryRq", link)


outcome = ordinary.list_link
remarks = ordinary.nothing_to_say
is_no_news = ordinary.never
holds = ordinary.always
is_ours = ordinary.carries_guid


def resembles(record: Project, ret: Ret, context: Context) -> bool:
    """Whether the job has the name chosen for it, else this project's, under the chosen customer."""
    return ret.text("FullName").casefold() == _full_name(record, context).casefold()


def agrees(record: Project, ret: Ret, context: Context) -> bool:
    """Whether the job already holds what our Mod would write."""
    return agrees_with(_draft(record, context, Preflight(record)), ret)


def _customer(context: Context) -> str:
    """The full name of the customer: the choice, else where the job is, else the connection's."""
    chosen = context.choices.get("customer", "")
    if not chosen and context.link is not None and ":" in context.link.name:
        return context.link.name.rpartition(":")[0]
    wanted = chosen or context.options.project_customer
    known = context.names.find(ListKind.CUSTOMER, wanted) if wanted else None
    return known.full_name if known else wanted


def _wanted(record: Project, context: Context, preflight: Preflight) -> str:
    return preflight.name("name", context.choices.get("name", "") or record.name)


def _full_name(record: Project, context: Context) -> str:
    return f"{_customer(context)}:{_wanted(record, context, Preflight(record))}"


def _taken(record: Project, context: Context) -> Known | None:
    """The job of that full name, this project's own excepted; before a customer is chosen, under any."""
    if context.link is None and not _customer(context):
        name = _wanted(record, context, Preflight(record))
        return next(iter(context.names.jobs(name)), None) if name else None
    known = context.names.find(ListKind.CUSTOMER, _full_name(record, context))
    own = context.link.quickbooks_id if context.link else None
    return known if known is not None and known.list_id != own else None


def _draft(record: Project, context: Context, preflight: Preflight) -> Request:
    body: dict[str, Part | None] = {
        "Name": _name(record, context, preflight),
        "ParentRef": _parent(record, context, preflight),
        "ShipAddress": _site(record, context, preflight),
        "JobStartDate": record.start_date,
        "JobProjectedEndDate": record.completion_date,
        "JobDesc": preflight.fitting(
            "number", record.number, request_name="CustomerAddRq", path="CustomerAdd/JobDesc"
        ),
    }
    if context.link is None:
        body |= {"ExternalGUID": context.guid}
        return Request(name="CustomerAddRq", body={"CustomerAdd": filled(body)})
    body |= {"ListID": context.link.quickbooks_id, "EditSequence": context.link.edit_sequence}
    return Request(name="CustomerModRq", body={"CustomerMod": filled(body)})


def _name(record: Project, context: Context, preflight: Preflight) -> str:
    """The name to send; empty in a Mod that keeps QuickBooks' name, because this one does not fit there."""
    name = _wanted(record, context, preflight)
    if context.link is None:
        if not name:
            preflight.problem("name", "The project has no name.", _NAME.guidance)
        if ":" in name:
            preflight.problem(
                "name", f"{name!r} has a colon, which QuickBooks takes in no name.", _NAME.guidance
            )
        return name
    held = context.link.name.rpartition(":")[2]
    limit = room("CustomerModRq", "CustomerMod/Name")
    if not name or ":" in name or len(name) > limit or _taken(record, context) is not None:
        preflight.warn(
            "name",
            f"QuickBooks keeps the name {held!r}: {name!r} does not fit there (no colon, at most {limit} "
            "characters) or another job has it.",
            _NAME.guidance,
        )
        return ""
    if held and name != held:
        preflight.warn("name", f"QuickBooks' job {held!r} will be renamed to {name!r}.")
    return name


def _parent(record: Project, context: Context, preflight: Preflight) -> Body:
    if context.link is not None and not context.choices.get("customer", ""):
        return {}
    customer = _customer(context)
    if not customer:
        preflight.ask("customer")
        return {"ListID": UNLINKED}
    path = _full_name(record, context)
    limit = room("CustomerQueryRs", "CustomerRet/FullName")
    if len(path) > limit or customer.count(":") + 1 >= LEVELS:
        preflight.problem(
            "customer",
            f"{path!r} is too long or too deep: QuickBooks takes {limit} characters and {LEVELS} levels.",
            "Choose a customer nearer the top of QuickBooks' list.",
        )
    return preflight.listed(
        context.names,
        ListKind.CUSTOMER,
        customer,
        field=_CUSTOMER.field,
        guidance=_CUSTOMER.guidance,
    )


def _site(record: Project, context: Context, preflight: Preflight) -> Body:
    """Procore's address is the building site: where things are shipped, not where the customer is billed."""
    return preflight.address(
        record.address,
        preflight.name("name", record.name),
        clears=context.link is not None,
    )
