"""The options of a connection, as `qbsync connection set KEY=VALUE` takes them."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Final

from qbsync.errors import ConfigError
from qbsync.model.feeds import Feed
from qbsync.model.records import RecordKind
from qbsync.model.taxes import read_tax_codes

_CHOICES: Final[dict[str, tuple[str, ...]]] = {
    "commitment_line_style": ("progress", "amount"),
    "negative_invoices": ("refuse", "vendor_credit"),
    "cost_types": ("none", "class"),
    "budget_changes": ("add", "included"),
    "bill_lines": ("items", "expenses"),
}
_LEAST: Final = {"payment_minutes": 0, "cost_minutes": 0, "drift_minutes": 0, "calls_per_hour": 100}
"""The least of a number where that is not 1: never done at 0; too few calls to get round."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """Every option and its default; names of QuickBooks things are full names, empty where not chosen.

    The defaults are those of the direct feed: see `defaults`.
    """

    auto_accept: str = "none"
    """`none`, `all`, or kinds separated by commas."""
    project_customer: str = ""
    """The customer under which new jobs are made."""
    cost_code_income_account: str = ""
    cost_code_expense_account: str = ""
    retainage_item: str = ""
    commitment_line_style: str = "progress"
    """`progress`: quantity = the amount at a rate of 1, so that QuickBooks tracks what is open; `amount`."""
    standard_cost_code_list: str = ""
    """The Procore list's name or id; empty: the ERP list, else the only one."""
    allow_duplicate_numbers: bool = True
    bill_billable: bool = False
    bill_lines: str = "items"
    """`expenses`: bills book on an expense account, line by line, instead of the purchase order's items."""
    negative_invoices: str = "refuse"
    cost_types: str = "none"
    """`class`: the class of the cost type's name stands on purchase order, bill and estimate lines."""
    tax_codes: str = ""
    """Procore's tax codes and QuickBooks' for a Canadian file: "GST=G, HST ON=H, none=E"."""
    budget_changes: str = "add"
    """Whether approved budget changes are `add`ed to what the budget's rows show, or `included` in it."""
    ap_account: str = ""
    payment_account: str = ""
    """The bank account that payments made in Procore Pay are booked from."""
    default_vendor_type: str = ""
    default_terms: str = ""
    import_items: bool = False
    """On by default on the ERP feed (`defaults`), whose Refresh brings new cost codes."""
    payment_minutes: int = 60
    cost_minutes: int = 120
    drift_minutes: int = 60
    """How often what is linked is compared with QuickBooks."""
    cost_transactions: bool = False
    job_cost_type: str = ""
    """The name or abbreviation of Procore's cost type for job costs; empty: its "other" one."""
    uncoded_cost_code: str = ""
    """The full code on which costs are put that name no item of a cost code; empty: they stay out."""
    erp_paths: str = ""
    """Addresses of the ERP platform's endpoints that differ: name=METHOD /rest/..., separated by commas."""
    poll_seconds: int = 300
    """How often the worker asks Procore for changes."""
    calls_per_hour: int = 500
    """The most calls of Procore that polling may make in an hour."""
    qbwc_minutes: int = 15
    """RunEveryNMinutes in the .qwc."""
    session_lease_seconds: int = 300
    """How long a silent session keeps another one out."""
    recovery_wait_seconds: int = 900
    """How long QuickBooks must have been idle before absence counts as proof."""

    def accepts(self, kind: RecordKind) -> bool:
        """Whether records of this kind are accepted without a person."""
        words = {word.strip() for word in self.auto_accept.split(",")}
        return "all" in words or kind.value in words

    def with_value(self, key: str, text: str) -> Options:
        """A copy with one option set from text; raises ConfigError naming the key and what it takes."""
        known = {f.name: f.type for f in fields(self)}
        if key not in known:
            raise ConfigError(
                f"There is no option {key!r}.", guidance=f"Options: {', '.join(sorted(known))}."
            )
        value = _read(key, str(known[key]), text.strip())
        return replace(self, **{key: value})  # type: ignore[arg-type]  # _read gives the field's own type


def defaults(feed: Feed) -> Options:
    """The options of a connection on that feed of which none was set."""
    return Options(import_items=feed is Feed.ERP)


def _read(key: str, type_name: str, text: str) -> str | int | bool:
    if key == "auto_accept":
        return _kinds(text)
    if key in _CHOICES and text not in _CHOICES[key]:
        raise ConfigError(f"{key} is one of {', '.join(_CHOICES[key])}, not {text!r}.")
    if key == "tax_codes":
        _check_tax_codes(text)
    if type_name == "bool":
        if text.lower() not in ("true", "false"):
            raise ConfigError(f"{key} is true or false, not {text!r}.")
        return text.lower() == "true"
    if type_name == "int":
        least = _LEAST.get(key, 1)
        if not text.isascii() or not text.isdigit() or int(text) < least:
            raise ConfigError(f"{key} is a whole number of at least {least}, not {text!r}.")
        return int(text)
    return text


def _check_tax_codes(text: str) -> None:
    try:
        read_tax_codes(text)
    except ValueError as error:
        raise ConfigError(
            f"tax_codes: {error}.",
            guidance="Give Procore's tax codes with QuickBooks', and none for lines without one, such as "
            '"GST=G, HST ON=H, none=E".',
        ) from None


def _kinds(text: str) -> str:
    words = [word.strip() for word in text.split(",") if word.strip()]
    allowed = {"none", "all", *(kind.value for kind in RecordKind)}
    wrong = [word for word in words if word not in allowed]
    if wrong or not words:
        raise ConfigError(
            f"auto_accept does not know {', '.join(wrong) or 'an empty value'}.",
            guidance="Give none, all, or kinds: " + ", ".join(kind.value for kind in RecordKind) + ".",
        )
    return ",".join(words)
