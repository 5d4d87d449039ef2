"""The options that name something in QuickBooks, held against its lists once those have been read."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from qbsync.mapping.invoice.drafts import PAYABLE_TYPES, RETAINAGE_TYPES
from qbsync.model.names import EXPENSE_TYPES, INCOME_TYPES, ListKind
from qbsync.store import connections, troubles
from qbsync.store.names import StoredNames
from qbsync.store.tables import ConnectionRow


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedOption:
    """An option that names an entry of a QuickBooks list; no types: every entry fits."""

    option: str
    list: ListKind
    word: str
    types: Collection[str] = ()


NAMED = (
    NamedOption(option="project_customer", list=ListKind.CUSTOMER, word="customer"),
    NamedOption(option="cost_code_income_account", list=ListKind.ACCOUNT, word="account", types=INCOME_TYPES),
    NamedOption(
        option="cost_code_expense_account", list=ListKind.ACCOUNT, word="account", types=EXPENSE_TYPES
    ),
    NamedOption(option="retainage_item", list=ListKind.ITEM, word="item", types=RETAINAGE_TYPES),
    NamedOption(option="ap_account", list=ListKind.ACCOUNT, word="account", types=PAYABLE_TYPES),
    NamedOption(option="default_vendor_type", list=ListKind.VENDOR_TYPE, word="vendor type"),
    NamedOption(option="default_terms", list=ListKind.TERMS, word="terms"),
)
"""Every option of the kind; what a list has to be is what the mapping of its records asks for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """What an option names, and what is wrong with it; no `fault`: QuickBooks has it and it fits."""

    option: str
    word: str
    name: str
    fault: str
    guidance: str


def found(tx: Session, row: ConnectionRow) -> Iterator[Named]:
    """Each option that names something, as far as its list has been read; what is not chosen is left out."""
    names = StoredNames(tx, row.id)
    options = connections.options_of(row)
    for one in NAMED:
        chosen = str(getattr(options, one.option))
        if not chosen or (names.find(one.list, chosen) is None and not names.known(one.list)):
            continue
        yield Named(
            option=one.option,
            word=one.word,
            name=chosen,
            fault=_fault(names, one, chosen),
            guidance=f"Mend it in QuickBooks, or qbsync connection set {row.name} {one.option}=...",
        )


def note(tx: Session, row: ConnectionRow, now: datetime) -> list[Named]:
    """Make a trouble of each option that is wrong and end that of any other; gives those that are wrong."""
    wrong = {one.option: one for one in found(tx, row) if one.fault}
    for each in NAMED:
        one = wrong.get(each.option)
        if one is None:
            troubles.over(tx, row.id, subject_of(each.option))
        else:
            troubles.keep(
                tx, row.id, subject_of(one.option), message=one.fault, guidance=one.guidance, now=now
            )
    return list(wrong.values())


def subject_of(option: str) -> str:
    """What the trouble of an option is called."""
    return f"option {option}"


def _fault(names: StoredNames, one: NamedOption, chosen: str) -> str:
    known = names.find(one.list, chosen)
    if known is None:
        return f"QuickBooks has no {one.word} {chosen!r}."
    if not known.active:
        return f"The {one.word} {known.full_name!r} is inactive in QuickBooks."
    if one.types and known.type not in one.types:
        wanted = " or ".join(one.types)
        return f"The {one.word} {known.full_name!r} is of type {known.type}; it has to be {wanted}."
    return ""
