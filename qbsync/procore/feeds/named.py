"""Which of the feed's streams a webhook's resource concerns, by its name in Procore (section 5.4)."""

from __future__ import annotations

import re
from typing import Final

from qbsync.model.records import RecordKind

OF_COMPANY: Final = ("standard_cost_codes", "vendors", "projects")
"""Streams of the company; every other one belongs to a project and is named "STREAM/PROJECT"."""
_STREAMS: Final = {
    "standard cost code": "standard_cost_codes",
    "company vendor": "vendors",
    "cost code": "cost_codes",
    "work order contract": "subcontracts",
    "purchase order contract": "purchase_orders",
    "budget": "budgets",
    "change order package": "change_orders",
    "change order request": "change_orders",
    "potential change order": "change_orders",
    "requisition": "invoices",
}
"""By how the name begins, since that of lines begins with the name of what they belong to."""
_EXACTLY: Final = {"project": "projects"}
"""Names that others begin with and are not meant."""
_RECORDS: Final = {
    "company vendor": RecordKind.VENDOR,
    "project": RecordKind.PROJECT,
    "work order contract": RecordKind.COMMITMENT,
    "purchase order contract": RecordKind.COMMITMENT,
    "change order package": RecordKind.CHANGE_ORDER,
}
"""Resources that are whole records of ours, with an endpoint that shows one of them."""
_WORD: Final = re.compile(r"[a-z0-9]+")


def stream_of(resource_name: str) -> str:
    """The stream that a resource concerns, such as "subcontracts"; empty where none does."""
    words = _plain(resource_name)
    if words in _EXACTLY:
        return _EXACTLY[words]
    fitting = [known for known in _STREAMS if words == known or words.startswith(f"{known} ")]
    return _STREAMS[max(fitting, key=len)] if fitting else ""


def record_of(resource_name: str) -> RecordKind | None:
    """The kind of record that a resource is; None for what is part of one, or no record of ours."""
    return _RECORDS.get(_plain(resource_name))


def _plain(name: str) -> str:
    """A name in small letters and without plurals: "Company Vendors" is "company vendor"."""
    words = _WORD.findall(name.casefold())
    return " ".join(word.removesuffix("s") if len(word) > 1 else word for word in words)
