"""The words of the pages: times, silence, what is wrong, and names of fields."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from markupsafe import Markup

from qbsync.flows.doctor import patience
from qbsync.model.jobs import JobState
from qbsync.model.offers import OfferState
from qbsync.model.records import RecordKind

CHOICE_WORDS = {
    "customer": "Customer in QuickBooks that the job goes under",
    "income_account": "Income account in QuickBooks",
    "expense_account": "Expense account in QuickBooks",
    "account": "Liability account in QuickBooks",
    "number": "Number in QuickBooks",
    "name": "Name in QuickBooks",
    "vendor_type": "Vendor type in QuickBooks",
    "terms": "Terms in QuickBooks",
    "payment_due": "Current payment due, from the invoice's summary in Procore",
}
"""What the fields at accept are called."""
_OPTION = re.compile(r"--set (\w+)=(?:[A-Z]+|\.\.\.)")
_UNITS = (("day", 86400), ("hour", 3600), ("minute", 60))
_WAKE_IT = (
    "On the PC with QuickBooks: see that someone is logged in to Windows, that the QuickBooks Web Connector "
    "is open, and that Auto-Run is ticked for qbsync there."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wrong:
    """One thing that is wrong, and what to do about it."""

    message: str
    guidance: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """What there is to say of the Web Connector's last call; `silent` where it should have called since."""

    words: str
    silent: bool
    guidance: str = ""


def when(iso: str | None) -> Markup:
    """A time as a person reads it, in UTC, and as a machine does."""
    if not iso:
        return Markup("none")
    moment = datetime.fromisoformat(iso)
    return Markup('<time datetime="{}">{} UTC</time>').format(iso, moment.strftime("%Y-%m-%d %H:%M"))


def span(length: timedelta) -> str:
    """How long, in the largest unit that fits."""
    seconds = int(length.total_seconds())
    for unit, size in _UNITS:
        count = seconds // size
        if count:
            return f"{count} {unit}{'' if count == 1 else 's'}"
    return "less than a minute"


def contact(connection: Mapping[str, Any], now: datetime) -> Contact:
    """Whether the Web Connector of a connection calls as often as it should."""
    last = connection["last_contact_at"]
    if last is None:
        return Contact(words="The Web Connector has not called yet.", silent=True, guidance=_WAKE_IT)
    silence = now - datetime.fromisoformat(last)
    minutes: int = connection["options"]["qbwc_minutes"]
    if silence > patience(minutes):
        words = (
            f"The Web Connector is silent, for {span(silence)} now; it should call every {minutes} minutes."
        )
        return Contact(words=words, silent=True, guidance=_WAKE_IT)
    return Contact(words=f"The Web Connector called {span(silence)} ago.", silent=False)


def wrongs(connection: Mapping[str, Any]) -> list[Wrong]:
    """Everything that is wrong with a connection, the gravest first."""
    found = []
    if connection["stopped"]:
        found.append(Wrong(message=f"Nothing is written to QuickBooks: {connection['stopped']}"))
    if connection["pull_error"]:
        found.append(Wrong(message=f"Procore could not be read: {connection['pull_error']}"))
    found += [
        Wrong(message=f"{one['subject']}: {one['message']}", guidance=one["guidance"])
        for one in connection["troubles"]
    ]
    return found


def plain(name: str) -> str:
    """A field's or kind's name without underscores, capitalised."""
    words = name.replace("_", " ").strip()
    return words[:1].upper() + words[1:]


def pairs(names: Iterable[str]) -> list[tuple[str, str]]:
    """Values that are their own words, for a list to choose from."""
    return [(name, name) for name in names]


def worded(values: Iterable[JobState | OfferState | RecordKind]) -> list[tuple[str, str]]:
    """Values with their words, for a list to choose from."""
    return [(value.value, plain(value.words)) for value in values]


def for_page(text: str) -> str:
    """Advice that names a command's option or verb, in the words of the page's own fields."""
    return _OPTION.sub(_field, text).replace("`qbsync links link`", "with Link on the job's page")


def _field(option: re.Match[str]) -> str:
    return f"the field \u201c{CHOICE_WORDS.get(option[1], plain(option[1]))}\u201d"
