"""A standard cost code of Procore becomes a Service item of QuickBooks, its division the parent item."""

from __future__ import annotations

from datetime import datetime

from qbsync.model.context import Context, Review
from qbsync.model.links import Link
from qbsync.model.names import EXPENSE_TYPES, INCOME_TYPES, Known, ListKind
from qbsync.model.records import CostCode, RecordKey, RecordKind, key_of
from qbsync.qbxml import ordinary
from qbsync.qbxml.agreement import agrees_with
from qbsync.qbxml.owned import Owned
from qbsync.qbxml.parse import Ret
from qbsync.qbxml.preflight import UNLINKED, Advice, Part, Preflight, filled, reference, room, unlinked
from qbsync.qbxml.requests import Body, Request

CODE_LIMIT = 96
"""What Procore's own connector takes: its Transaction Detail report shows no more (workflows, W9)."""
LEVELS = 5
"""QuickBooks' lists are at most five levels deep (reference, section 3.2)."""

_SERVICE = "Service"
_DESCRIBED = Advice(field="name", guidance="Shorten the cost code's name in Procore.")
_INCOME = Advice(
    field="income_account",
    guidance="Accept it with --set income_account=NAME, or set cost_code_income_account on the connection, "
    "to an active income account of QuickBooks.",
)
_EXPENSE = Advice(
    field="expense_account",
    guidance="Accept it with --set expense_account=NAME, or set cost_code_expense_account on the connection, "
    "to an active expense or cost of goods sold account of QuickBooks.",
)
_ADVICE = {
    "Name": Advice(
        field="code",
        guidance="Shorten the code in Procore, or split it into a division and a code below it.",
    ),
    "Desc": _DESCRIBED,
    "SalesDesc": _DESCRIBED,
    "PurchaseDesc": _DESCRIBED,
    "AccountRef": _INCOME,
    "IncomeAccountRef": _INCOME,
    "ExpenseAccountRef": _EXPENSE,
}


def references(record: CostCode) -> tuple[RecordKey, ...]:
    """The division, which is the item's parent."""
    if record.parent_id is None:
        return ()
    return (RecordKey(kind=RecordKind.COST_CODE, procore_id=record.parent_id),)


def touches(record: CostCode) -> RecordKey:
    """Its own QuickBooks record alone."""
    return key_of(record)


def lives_in(record: CostCode) -> RecordKey | None:  # noqa: ARG001  # as for each kind
    """None: it is a record of its own in QuickBooks."""
    return None


def review(record: CostCode, context: Context) -> Review:
    """Check the code, its path and its accounts; adopt an active Service item of that full name."""
    existing = _existing(record, context)
    if context.link is None and existing is not None and existing.type == _SERVICE and existing.active:
        return Review(suggestion=existing, adopts=True)
    preflight = Preflight(record)
    draft = _draft(record, context, preflight)
    if existing is not None:
        _refuse(existing, context, preflight)
    preflight.check(draft, _ADVICE)
    return preflight.review()


def request(record: CostCode, context: Context) -> Request:
    """ItemServiceAdd, or ItemServiceMod where the item is known; raises MappingError where it cannot be sent.

    A Mod is two-sided where an expense account is chosen or set on the connection, as the Add was.
    """
    preflight = Preflight(record)
    draft = _draft(record, context, preflight)
    preflight.check(draft, _ADVICE)
    preflight.settle(unlinked(context, references(record)))
    return draft


def owned(record: CostCode, link: Link) -> Owned:  # noqa: ARG001  # as for each kind
    """Name, place and description; a bookkeeper may move the accounts."""
    described = ("SalesOrPurchase/Desc", "SalesAndPurchase/SalesDesc", "SalesAndPurchase/PurchaseDesc")
    return Owned(fields=("Name", "ParentRef", "IsActive", *described))


def probe(record: CostCode, context: Context, since: datetime | None) -> Request:  # noqa: ARG001  # as for each kind
    """The item by its ListID where it is linked, else by its full name; a name needs no dates."""
    if context.link is not None:
        return reread(context.link)
    return Request(name="ItemServiceQueryRq", body={"FullName": _paths(record, context)[0]})


def trace(record: CostCode, context: Context, since: datetime) -> Request:  # noqa: ARG001  # as for each kind
    """Ask for everything of this kind that changed since, whatever its name is by now."""
    return ordinary.entries_since("ItemServiceQueryRq", since)


def reread(link: Link) -> Request:
    """Ask for the linked record by its ListID."""
    return ordinary.entry("ItemServiceQueryRq", link)


outcome = ordinary.list_link
remarks = ordinary.nothing_to_say
is_no_news = ordinary.never
holds = ordinary.always
is_ours = ordinary.carries_guid


def resembles(record: CostCode, ret: Ret, context: Context) -> bool:
    """Whether the item has this code's full name, whoever made it."""
    return ret.text("FullName").casefold() in {path.casefold() for path in _paths(record, context)}


def agrees(record: CostCode, ret: Ret, context: Context) -> bool:
    """Whether the item already holds what our Mod would write."""
    return agrees_with(_draft(record, context, Preflight(record)), ret)


def _draft(record: CostCode, context: Context, preflight: Preflight) -> Request:
    name = preflight.name("code", record.code)
    _check_path(record, name, context, preflight)
    parents = references(record)
    parent = reference(context, parents[0]) if parents else {}
    description = preflight.line("name", record.name)
    if context.link is None:
        body: dict[str, Part] = {
            "Name": name,
            "ParentRef": parent,
            **_accounts(record, context, preflight, description),
        }
        return Request(
            name="ItemServiceAddRq", body={"ItemServiceAdd": filled({**body, "ExternalGUID": context.guid})}
        )
    body = {
        "ListID": context.link.quickbooks_id,
        "EditSequence": context.link.edit_sequence,
        "Name": name,
        "ParentRef": parent,
        **_changed_accounts(context, preflight, description),
    }
    return Request(name="ItemServiceModRq", body={"ItemServiceMod": filled(body)})


def _accounts(record: CostCode, context: Context, preflight: Preflight, description: str) -> dict[str, Body]:
    income = context.choices.get("income_account", "") or context.options.cost_code_income_account
    expense = context.choices.get("expense_account", "") or context.options.cost_code_expense_account
    sold: Body = {"ListID": UNLINKED}
    if income:
        sold = _account(income, _INCOME, INCOME_TYPES, context, preflight)
    else:
        preflight.ask("income_account")
    if expense:
        bought = _account(expense, _EXPENSE, EXPENSE_TYPES, context, preflight)
        return {"SalesAndPurchase": _two_sided(description, sold, bought)}
    if income:
        preflight.warn(
            "expense_account",
            f"No expense account is chosen: bills for {record.full_code} will post to {income!r}.",
            _EXPENSE.guidance,
        )
    return {"SalesOrPurchase": filled({"Desc": description, "AccountRef": sold})}


def _changed_accounts(context: Context, preflight: Preflight, description: str) -> dict[str, Body]:
    """The description, and the accounts only where they are chosen anew: a bookkeeper may have moved them.

    An item stays one- or two-sided as QuickBooks has it (reference, section 3.4: 3210 for anything else).
    """
    income = context.choices.get("income_account", "")
    expense = context.choices.get("expense_account", "")
    sold = _account(income, _INCOME, INCOME_TYPES, context, preflight)
    if _is_two_sided(context, expense):
        bought = _account(expense, _EXPENSE, EXPENSE_TYPES, context, preflight)
        return {"SalesAndPurchaseMod": _two_sided(description, sold, bought)}
    return {"SalesOrPurchaseMod": filled({"Desc": description, "AccountRef": sold})}


def _is_two_sided(context: Context, expense: str) -> bool:
    """As the item in QuickBooks is; before it is read, as the connection makes new ones."""
    if context.held is not None:
        return bool(context.held.all("SalesAndPurchase"))
    return bool(expense or context.options.cost_code_expense_account)


def _two_sided(description: str, sold: Body, bought: Body) -> Body:
    return filled(
        {
            "SalesDesc": description,
            "IncomeAccountRef": sold,
            "PurchaseDesc": description,
            "ExpenseAccountRef": bought,
        }
    )


def _account(
    name: str, advice: Advice, types: tuple[str, ...], context: Context, preflight: Preflight
) -> Body:
    if not name:
        return {}
    return preflight.listed(
        context.names, ListKind.ACCOUNT, name, field=advice.field, guidance=advice.guidance, types=types
    )


def _check_path(record: CostCode, name: str, context: Context, preflight: Preflight) -> None:
    path = _paths(record, context)[0]
    if not name:
        preflight.problem("code", "The cost code has no code of its own.", "Give it one in Procore.")
    if ":" in name:
        preflight.problem(
            "code",
            f"{name!r} has a colon, with which QuickBooks separates an item from its parent.",
            "Change the code in Procore.",
        )
    if len(record.full_code) > CODE_LIMIT:
        preflight.problem(
            "full_code",
            f"The whole code has {len(record.full_code)} characters; at most {CODE_LIMIT} can be exported.",
            _ADVICE["Name"].guidance,
        )
    limit = room("ItemServiceQueryRs", "ItemServiceRet/FullName")
    if len(path) > limit or path.count(":") >= LEVELS:
        preflight.problem(
            "full_code",
            f"{path!r} is too long or too deep: QuickBooks takes {limit} characters and {LEVELS} levels.",
            "Shorten the codes in Procore, or use fewer levels.",
        )


def _paths(record: CostCode, context: Context) -> tuple[str, ...]:
    """The item's full name; before the parent is linked, the full names it would most likely have.

    Procore joins the segments with hyphens (`16-050`, sample erp_request_create_standard_cost_codes), which
    may stand within a segment too.
    """
    name = Preflight(record).name("code", record.code)
    parents = references(record)
    if not parents:
        return (name,)
    link = context.links.get(parents[0])
    if link is not None and link.name:
        return (f"{link.name}:{name}",)
    above = record.full_code.removesuffix(record.code).rstrip("-")
    return (f"{above.replace('-', ':')}:{name}", f"{above}:{name}")


def _existing(record: CostCode, context: Context) -> Known | None:
    """The item of that full name, this code's own excepted."""
    own = context.link.quickbooks_id if context.link else None
    found = (context.names.find(ListKind.ITEM, path) for path in _paths(record, context))
    return next((known for known in found if known is not None and known.list_id != own), None)


def _refuse(existing: Known, context: Context, preflight: Preflight) -> None:
    if existing.type != _SERVICE:
        fault, advice = (
            f"as an item of type {existing.type}; cost codes are Service items",
            "Rename that item",
        )
    elif context.link is not None:
        fault, advice = "as another item; it will not merge the two", "Rename that item"
    else:
        fault, advice = "as an inactive item", "Make that item active"
    preflight.problem(
        "code",
        f"QuickBooks has {existing.full_name!r} already, {fault}.",
        f"{advice} in QuickBooks, or change the code in Procore.",
    )
