"""The simple types of qbXML: what a text must look like to be an amount, a date, an id and so on.

Source: reference section 3.2 (Intuit's qbxmltypes130.xsd).
"""

from __future__ import annotations

import re
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal

_PATTERNS: dict[str, re.Pattern[str]] = {
    kind: re.compile(pattern, re.ASCII)
    for kind, pattern in {
        "bool": r"(true|false|0|1)?",
        "amount": r"([+-]?\d{1,13}(\.\d{2})?)?",
        "price": r"([+-]?\d{1,10}(\.\d{1,5})?)?",
        "quantity": r"([+-]?\d{1,10}(\.\d{1,5})?)?",
        "percent": r"([+-]?\d{1,10}(\.\d{1,5})?)?",
        "int": r"[+-]?\d+",
        "float": r"([+-]?(\d+(\.\d*)?|\.\d+))?",
        "date": r"(\d{4}-\d\d-\d\d)?",
        "datetime": r"(\d{4}-\d{1,2}-\d{1,2}(T\d{1,2}(:\d{1,2}(:\d{1,2}([+-]\d{1,2}:\d{1,2})?)?)?)?)?",
        "interval": r"([+-]?PT(\d+H)?(\d+M)?(\d+S)?)?",
        "id": r"(?s:.{0,36})",
        "guid": r"0|\{[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}\}",
    }.items()
}
_FIRST, _LAST = datetime(1970, 1, 1), datetime(2038, 1, 19, 3, 14, 7)  # noqa: DTZ001 local times by nature
_CENT = Decimal("0.01")
_FINEST_RATE = Decimal("0.00001")


def fits(kind: str, text: str) -> bool:
    """Whether `text` is a value of this simple type; empty text fits where it clears a field."""
    pattern = _PATTERNS.get(kind)
    if pattern is not None and not pattern.fullmatch(text):
        return False
    if kind in {"date", "datetime"} and text:
        return _is_real(text)
    return True


def _is_real(text: str) -> bool:
    try:
        return _FIRST <= local_time(text) <= _LAST
    except ValueError:
        return False


def local_time(text: str, *, end_of_day: bool = False) -> datetime:
    """The local part of a qbXML date or time, its offset dropped (reference 3.6: compare local parts).

    A date alone is its first second, or its last with `end_of_day`. Raises ValueError for no real date.
    """
    day, _, clock = text.partition("T")
    year, month, number = (int(part) for part in day.split("-"))
    if not clock:
        last = (23, 59, 59) if end_of_day else (0, 0, 0)
        return datetime(year, month, number, *last)  # noqa: DTZ001 QuickBooks' local time
    parts = [int(part) for part in re.split(r"[+-]", clock)[0].split(":")]
    hour, minute, second = (*parts, 0, 0)[:3]
    return datetime(year, month, number, hour, minute, second)  # noqa: DTZ001 QuickBooks' local time


def stamp(moment: datetime) -> str:
    """An aware time as QuickBooks writes it: local clock with offset, no fraction."""
    return moment.replace(microsecond=0).isoformat()


def day(moment: datetime) -> str:
    """The local day of an aware time."""
    return date(moment.year, moment.month, moment.day).isoformat()


def is_cp1252(text: str) -> bool:
    """Whether QuickBooks can store every character (reference 3.3)."""
    if text.isascii():
        return True
    try:
        text.encode("cp1252")
    except UnicodeEncodeError:
        return False
    return True


def number(text: str) -> Decimal:
    """The Decimal of an amount, price or quantity; empty is zero."""
    return Decimal(text or "0")


def amount_text(value: Decimal) -> str:
    """An amount in cents, half up."""
    return format(value.quantize(_CENT, ROUND_HALF_UP), "f")


def rate_text(value: Decimal) -> str:
    """A price with two to five decimals, as QuickBooks shows rates."""
    cents = value.quantize(_CENT, ROUND_HALF_UP)
    if cents == value:
        return format(cents, "f")
    return format(value.quantize(_FINEST_RATE, ROUND_HALF_UP), "f").rstrip("0")


def quantity_text(value: Decimal) -> str:
    """A quantity without needless zeros."""
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
