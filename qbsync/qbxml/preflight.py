"""Gathers what a person should know of a request while it is built: folded text, problems, warnings."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeAlias

from qbsync.errors import MappingError
from qbsync.model.context import Context, Finding, Review
from qbsync.model.ids import QuickBooksId
from qbsync.model.money import is_whole_cents
from qbsync.model.names import Known, ListKind, Names
from qbsync.model.records import Address, Record, RecordKey, RecordKind, key_of, label_of
from qbsync.qbxml.address import address_lines, address_problems, address_warnings
from qbsync.qbxml.check import check
from qbsync.qbxml.limits import max_length
from qbsync.qbxml.requests import Body, Request, Scalar
from qbsync.qbxml.text import fold
from qbsync.qbxml.versions import Edition

Part: TypeAlias = Scalar | Body | Sequence[Scalar | Body]
"""What one element of a body may be."""

UNLINKED = QuickBooksId("80000000-0000000000")
"""Stands, in a request under review, for the id of a record that QuickBooks does not have yet."""

PURCHASE_ORDERS = "PurchasesAndVendorsPreferences/IsUsingInventory"
"""The preference "Inventory and purchase orders are active" (workflows, W6)."""
_ADDRESS = ("Addr1", "Addr2", "Addr3", "Addr4", "Addr5", "City", "State", "PostalCode", "Country")
_WORDS = {
    ListKind.ACCOUNT: "account",
    ListKind.CLASS: "class",
    ListKind.CUSTOMER: "customer",
    ListKind.ITEM: "item",
    ListKind.SALES_TAX_CODE: "sales tax code",
    ListKind.TERMS: "terms",
    ListKind.VENDOR_TYPE: "vendor type",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """What an element of a request is to a person: the record's field, and how to mend it."""

    field: str
    guidance: str


class Preflight:
    """Collects the findings of one record while its request is built."""

    __slots__ = ("_missing", "_problems", "_record", "_warnings")

    def __init__(self, record: Record) -> None:
        self._record = record
        self._problems: list[Finding] = []
        self._warnings: list[Finding] = []
        self._missing: list[str] = []

    def problem(self, field: str, message: str, guidance: str = "") -> None:
        """Note what stops the record."""
        _note(self._problems, Finding(field=field, message=message, guidance=guidance))

    def warn(self, field: str, message: str, guidance: str = "") -> None:
        """Note what the approver should see."""
        _note(self._warnings, Finding(field=field, message=message, guidance=guidance))

    def ask(self, choice: str) -> None:
        """Note a choice that must be made at accept."""
        self._missing.append(choice)

    def text(self, field: str, text: str) -> str:
        """The text as QuickBooks can hold it, ends trimmed; what was transliterated becomes a warning."""
        folded = fold(text)
        for warning in folded.warnings:
            self.warn(field, warning)
        return folded.text.strip()

    def line(self, field: str, text: str) -> str:
        """As `text`, on one line: names and numbers have no line breaks in QuickBooks."""
        return " ".join(part.strip() for part in self.text(field, text).replace("\t", "\n").splitlines())

    def name(self, field: str, text: str) -> str:
        """As `line`, for a name in a list: colons of a transliteration go, for they would part the name.

        An emoji is spelled `:construction_site:`. A colon of the name's own stays, to be refused.
        """
        line = self.line(field, text)
        if ":" in text or ":" not in line:
            return line
        spelled = line.replace(":", "")
        self.warn(field, f"The name is written {spelled!r}: QuickBooks takes no colon in it.")
        return spelled

    def fitting(self, field: str, text: str, *, request_name: str, path: str) -> str:
        """As `line`, or empty with a warning where QuickBooks has no room: left out, never cut."""
        line = self.line(field, text)
        limit = room(request_name, path)
        if len(line) <= limit:
            return line
        self.warn(
            field,
            f"{line!r} is left out: {len(line)} characters, QuickBooks takes {limit}.",
            "Shorten it in Procore, or type it into QuickBooks by hand.",
        )
        return ""

    def address(self, address: Address, name: str, *, clears: bool = False) -> Body:
        """A QuickBooks address with `name` on its first line; empty where Procore has none.

        One that QuickBooks has no room for is left out with a warning: half an address is worse than none.
        `clears` empties the lines that are not used, as a Mod must to be rid of an older address.
        """
        if address == Address():
            return {}
        self._warnings += address_warnings(address)
        too_long = address_problems(address, name=name)
        for fault in too_long:
            self.warn("address", f"The address is left out. {fault.message}", fault.guidance)
        if too_long:
            return {}
        blank = dict.fromkeys(_ADDRESS, "") if clears else {}
        return {**blank, **address_lines(address, name=name)}

    def listed(
        self,
        names: Names,
        list_kind: ListKind,
        full_name: str,
        *,
        field: str,
        guidance: str,
        types: Collection[str] = (),
    ) -> Body:
        """A reference to an entry of a QuickBooks list, with a problem where it is not there or unfit.

        By ListID where the list has been read, else by full name. `types` are the entry types that fit; none
        given: all do.
        """
        word = _WORDS[list_kind]
        known = names.find(list_kind, full_name)
        if known is None:
            if names.known(list_kind):
                self.problem(field, f"QuickBooks has no {word} {full_name!r}.", guidance)
            return {"FullName": full_name}
        if not known.active:
            self.problem(field, f"The {word} {known.full_name!r} is inactive in QuickBooks.", guidance)
        elif types and known.type not in types:
            self.problem(
                field,
                f"The {word} {known.full_name!r} is of type {known.type}; it has to be {' or '.join(types)}.",
                guidance,
            )
        return {"ListID": known.list_id}

    def check_line(self, field: str, *, code: str | None, amount: Decimal) -> None:
        """Note what keeps a line out of QuickBooks; `code` is a cost code that is the project's own."""
        if code is not None:
            self.problem(
                field,
                f"Its cost code {code!r} is the project's own; QuickBooks has the company's only.",
                "Choose a code of the company's standard list in Procore.",
            )
        if not is_whole_cents(amount):
            self.problem(
                field,
                f"Its amount {amount} is not whole cents.",
                "Correct the lines of the schedule of values in Procore.",
            )

    def check_purchase_orders(self, preferences: Mapping[str, str]) -> None:
        """Note that QuickBooks has no purchase orders (status 3250), where its preferences say so."""
        if preferences.get(PURCHASE_ORDERS) == "false":
            self.problem(
                "preferences",
                "Inventory and purchase orders are switched off in QuickBooks; it needs them.",
                "In QuickBooks, as Admin: Edit, Preferences, Items & Inventory, Company Preferences; tick "
                "Inventory and purchase orders are active. Then run the Web Connector once.",
            )

    def check(self, request: Request, advice: Mapping[str, Advice], *, edition: str = "") -> None:
        """Hold the request against Intuit's schema; a field without a problem gets one, each line its own.

        `edition` is QuickBooks', empty while it is not known.
        `advice` goes by element name; the innermost element of the path that has one gives it.
        """
        told = {finding.field for finding in self._problems}
        for fault in check(request, edition=Edition.of_country(edition)):
            found = next((advice[part] for part in _parts(fault.path) if part in advice), None)
            field = found.field if found else fault.path
            if field in told:
                continue
            if "[" not in fault.path:
                told.add(field)
            counter = re.search(r"\[(\d+)\]", fault.path)
            which = f"Number {counter[1]}: " if counter else ""
            self.problem(field, f"{which}{fault.reason}.", found.guidance if found else "")

    def review(self, *, suggestion: Known | None = None, adopts: bool = False) -> Review:
        """Everything noted so far."""
        return Review(
            problems=tuple(self._problems),
            warnings=tuple(self._warnings),
            missing=tuple(self._missing),
            suggestion=suggestion,
            adopts=adopts,
        )

    def settle(self, waits_for: Iterable[RecordKey]) -> None:
        """Raise MappingError, naming record and field, unless the request may be sent as it is."""
        waiting = [str(key) for key in waits_for]
        if waiting:
            raise self._error("", f"it waits for {', '.join(waiting)}", "Accept and sync those first.")
        if self._missing:
            names = " ".join(f"--set {choice}=..." for choice in self._missing)
            raise self._error(self._missing[0], "a choice is missing", f"Accept it with {names}.")
        if self._problems:
            first = self._problems[0]
            raise self._error(first.field, first.message.rstrip("."), first.guidance)

    @property
    def kind(self) -> RecordKind:
        """The kind of the record."""
        return key_of(self._record).kind

    def _error(self, field: str, message: str, guidance: str) -> MappingError:
        key = key_of(self._record)
        name = label_of(self._record).strip() or key.procore_id
        where = f" ({field})" if field else ""
        return MappingError(
            f"The {key.kind.words} {name} cannot be sent{where}: {message}.",
            guidance=guidance,
            context={"record": str(key), "field": field},
        )


def _note(findings: list[Finding], finding: Finding) -> None:
    if finding not in findings:
        findings.append(finding)


def _parts(path: str) -> list[str]:
    """The elements of a problem's path from the innermost out, without their counters."""
    return [part.partition("[")[0] for part in reversed(path.split("/"))]


def room(message: str, path: str) -> int:
    """The most characters that Intuit's schema gives an element; raises LookupError where it gives none."""
    limit = max_length(message, path)
    if limit is None:
        raise LookupError(f"Intuit's schema states no length for {path} in {message}.")
    return limit


def reference(context: Context, key: RecordKey) -> Body:
    """A reference to a record by the id of its link; the placeholder where it is not linked yet."""
    link = context.links.get(key)
    return {"ListID": link.quickbooks_id if link else UNLINKED}


def unlinked(context: Context, keys: Iterable[RecordKey]) -> list[RecordKey]:
    """Those of the records that are not linked yet."""
    return [key for key in keys if key not in context.links]


def filled(body: Mapping[str, Part | None]) -> Body:
    """The body without what is empty at its top: QuickBooks refuses empty aggregates."""
    return {name: value for name, value in body.items() if value is not None and value not in ("", {})}
