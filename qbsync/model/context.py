"""What a mapping is told besides the record, and what it answers."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from qbsync.model.links import Link
from qbsync.model.money import CURRENCY_NAMES, HOME_CURRENCIES
from qbsync.model.names import Known, Names
from qbsync.model.options import Options
from qbsync.model.records import RecordKey


class Shown(Protocol):
    """A record as QuickBooks showed it, or a part of one; paths are element names ("VendorRef/ListID")."""

    def text(self, path: str, default: str = "") -> str:
        """The text of the first element there."""

    def all(self, path: str) -> Sequence[Shown]:
        """Every element there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """The world around one record of one connection.

    `choices` are the approver's extra fields (`accept --set`); `links` hold every record this one names that
    is linked; `link` is its own and makes the request a Mod; `guid` is its ExternalGUID;
    `same_number` names another commitment, or invoice of the same vendor, that has the same number.
    `held` is the QuickBooks record that the request changes, read since it was last written: its own for a
    Mod, the purchase order for a change order; None in a review. `preferences` are the company file's, by
    path ("JobsAndEstimatesPreferences/IsUsingEstimates" -> "true"); empty before the first session.
    `edition` is QuickBooks' (US, CA, UK, AU), empty before the first session. `two_sided` are, for an
    invoice, the ListIDs of the items on the lines it bills that have an expense account beside the income
    account.
    """

    options: Options
    names: Names
    guid: str
    choices: Mapping[str, str] = field(default_factory=dict)
    links: Mapping[RecordKey, Link] = field(default_factory=dict)
    link: Link | None = None
    same_number: str = ""
    held: Shown | None = None
    preferences: Mapping[str, str] = field(default_factory=dict)
    edition: str = ""
    two_sided: Collection[str] = frozenset()

    @property
    def many_currencies(self) -> bool:
        """Whether the company file keeps vendors and customers in several currencies."""
        return self.preferences.get("MultiCurrencyPreferences/IsMultiCurrencyOn") == "true"

    @property
    def home_currency(self) -> str:
        """The company file's own currency: its ISO code, QuickBooks' name of a rarer one, or empty.

        A file that keeps one currency keeps its edition's.
        """
        named = self.preferences.get("MultiCurrencyPreferences/HomeCurrencyRef/FullName", "")
        if self.many_currencies and named:
            return CURRENCY_NAMES.get(named.casefold(), named)
        return HOME_CURRENCIES.get(self.edition, "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing about a record that a person should know: the field, what is wrong, who can mend it how."""

    field: str
    message: str
    guidance: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Near:
    """An entry of QuickBooks whose name is nearly the record's, with the reason in words."""

    known: Known
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """What preflight found.

    `problems` stop the record; `warnings` are shown to the approver; `missing` are the names of choices that
    must be made at accept; `suggestion` is what QuickBooks already has that looks like this record;
    `adopts` says that accepting will link to it instead of making another. `near` is what might be the same
    under another name: a person may accept all the same, `auto_accept` does not.
    """

    problems: tuple[Finding, ...] = ()
    warnings: tuple[Finding, ...] = ()
    missing: tuple[str, ...] = ()
    suggestion: Known | None = None
    adopts: bool = False
    near: tuple[Near, ...] = ()
