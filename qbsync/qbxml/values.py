"""Single values as qbXML writes them, by the types of qbxmltypes130.xsd."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import assert_never

from qbsync.qbxml.facts import Attribute, Element, FieldType
from qbsync.qbxml.limits import length_of
from qbsync.qbxml.versions import Edition

_AMOUNT = re.compile(r"([+-]?[0-9]{1,13}(\.[0-9]{2})?)?")
_RATE = re.compile(r"([+-]?[0-9]{1,10}(\.[0-9]{1,5})?)?")
_FLOAT = re.compile(r"([+-]?[0-9]+(\.[0-9]+)?)?")
_INTEGER = re.compile(r"[+-]?[0-9]{1,18}")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_DATETIME = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
    r"(T[0-9]{2}(:[0-9]{2}(:[0-9]{2}([+-][0-9]{2}:[0-9]{2})?)?)?)?"
)
_INTERVAL = re.compile(r"([+-]?PT([0-9]+H)?([0-9]+M)?([0-9]+S)?)?")
_GUID = re.compile(r"0|\{[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}\}")
_FITTING: dict[FieldType, tuple[type, re.Pattern[str], str]] = {
    FieldType.INT: (int, _INTEGER, "a whole number"),
    FieldType.GUID: (str, _GUID, "0 or a GUID in braces"),
    FieldType.TIMEINTERVAL: (str, _INTERVAL, "a length of time such as PT8H30M0S"),
}
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")

_EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
_LATEST = datetime(2038, 1, 19, 3, 14, 7, tzinfo=UTC)
"""QuickBooks keeps points in time as 32-bit Unix seconds (qbxmltypes130.xsd, DATETIMETYPE)."""

_AMOUNT_DIGITS = 13
_RATE_DIGITS = 10
_RATE_PLACES = 5
_SHOWN = 8


class ValueProblem(ValueError):  # noqa: N818  (its words are for people and end up in a Problem)
    """A value that QuickBooks would refuse; its text is the reason, for a person."""


def write(value: object, element: Element, edition: Edition) -> str:
    """The text of one leaf element; raises ValueProblem with the reason where QuickBooks would refuse it."""
    assert element.type is not None
    text = _typed(value, element.type)
    _characters(text)
    limit = length_of(element, edition)
    if limit is not None and len(text) > limit:
        raise ValueProblem(f"{len(text)} characters, QuickBooks takes {limit}")
    if element.type is FieldType.ENUM:
        _one_of(text, element.enum)
    if element.type is FieldType.INT:
        _between(int(text), element.minimum, element.maximum)
    return text


def write_attribute(value: object, attribute: Attribute) -> str:
    """The text of one attribute; raises ValueProblem with the reason where QuickBooks would refuse it."""
    text = _typed(value, attribute.type)
    _characters(text)
    if attribute.type is FieldType.ENUM:
        _one_of(text, attribute.enum)
    return text


def _typed(value: object, kind: FieldType) -> str:
    match kind:
        case FieldType.STR | FieldType.ID | FieldType.ENUM | FieldType.UUID | FieldType.MACRO:
            return _text(value)
        case FieldType.AMT | FieldType.PRICE | FieldType.QUAN | FieldType.PERCENT | FieldType.FLOAT:
            return _number(value, kind)
        case FieldType.DATE | FieldType.DATETIME:
            return _time(value, kind)
        case FieldType.BOOL:
            return _bool(value)
        case FieldType.INT | FieldType.GUID | FieldType.TIMEINTERVAL:
            return _fitting(value, *_FITTING[kind])
        case _:
            assert_never(kind)


def _text(value: object) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    raise ValueProblem(f"{value!r} is not a text")


def _bool(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str) and value in ("true", "false", ""):
        return value
    raise ValueProblem(f"{value!r} is neither true nor false")


def _fitting(value: object, kind: type, pattern: re.Pattern[str], words: str) -> str:
    text = str(value) if isinstance(value, (kind, str)) and not isinstance(value, bool) else None
    if text is None or not pattern.fullmatch(text):
        raise ValueProblem(f"{value!r} is not {words}")
    return text


def _number(value: object, kind: FieldType) -> str:
    pattern, words = {
        FieldType.AMT: (_AMOUNT, "an amount of at most 13 digits with no decimals or two"),
        FieldType.FLOAT: (_FLOAT, "a plain number"),
    }.get(kind, (_RATE, "a number of at most 10 digits with at most five decimals"))
    if isinstance(value, str):
        if not pattern.fullmatch(value):
            raise ValueProblem(f"{value!r} is not {words}")
        return value
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise ValueProblem(f"{value!r} is not {words}")
    number = Decimal(value)
    if not number.is_finite():
        raise ValueProblem(f"{value} is not a finite number")
    return _decimal(number, kind)


def _decimal(number: Decimal, kind: FieldType) -> str:
    whole, _, places = format(abs(number), "f").partition(".")
    significant = places.rstrip("0")
    if kind is FieldType.AMT:
        if len(significant) > 2:  # noqa: PLR2004  (cents)
            raise ValueProblem(f"{number} has more than two decimals, QuickBooks keeps cents")
        most, places = _AMOUNT_DIGITS, significant.ljust(2, "0")
    elif kind is FieldType.FLOAT:
        most = len(whole)
    else:
        if len(significant) > _RATE_PLACES:
            raise ValueProblem(f"{number} has more than five decimals, QuickBooks takes five")
        most, places = _RATE_DIGITS, places[:_RATE_PLACES]
    if len(whole) > most:
        raise ValueProblem(f"{number} has {len(whole)} digits before the point, QuickBooks takes {most}")
    sign = "-" if number < 0 else ""
    return f"{sign}{whole}.{places}" if places else f"{sign}{whole}"


def _time(value: object, kind: FieldType) -> str:
    if isinstance(value, str):
        return _written_time(value, kind)
    if isinstance(value, datetime):
        if kind is FieldType.DATE:
            raise ValueProblem(f"{value.isoformat()} is a point in time, QuickBooks wants a date")
        _in_range(value)
        return _offset_to_minutes(value.isoformat(timespec="seconds"))
    if isinstance(value, date):
        if kind is FieldType.DATETIME:
            _in_range(datetime(value.year, value.month, value.day, tzinfo=UTC))
        return value.isoformat()
    raise ValueProblem(f"{value!r} is not a date")


def _written_time(text: str, kind: FieldType) -> str:
    pattern, words = (
        (_DATE, "a date such as 2026-01-31")
        if kind is FieldType.DATE
        else (_DATETIME, "a time such as 2026-01-31T13:30:00-05:00, without Z or fraction")
    )
    if not text:
        return text
    moment = _moment(text) if pattern.fullmatch(text) else None
    if moment is None:
        raise ValueProblem(f"{text!r} is not {words}")
    if kind is FieldType.DATETIME:
        _in_range(moment)
    return text


def _moment(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def _in_range(moment: datetime) -> None:
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    if not _EARLIEST <= aware <= _LATEST:
        raise ValueProblem(f"{moment.isoformat()} is outside 1970 to January 2038, which QuickBooks can keep")


def _offset_to_minutes(text: str) -> str:
    """Refuse the offsets to the second that old time zones have: DATETIMETYPE knows hours and minutes."""
    if not _DATETIME.fullmatch(text):
        raise ValueProblem(f"{text} has a time zone offset that QuickBooks cannot read")
    return text


def _between(number: int, minimum: Decimal | None, maximum: Decimal | None) -> None:
    if minimum is not None and number < minimum:
        raise ValueProblem(f"{number} is less than {minimum}, the least that QuickBooks takes")
    if maximum is not None and number > maximum:
        raise ValueProblem(f"{number} is more than {maximum}, the most that QuickBooks takes")


def _one_of(text: str, allowed: tuple[str, ...]) -> None:
    if allowed and text not in allowed:
        shown = ", ".join(allowed[:_SHOWN]) + (", ..." if len(allowed) > _SHOWN else "")
        raise ValueProblem(f"{text!r} is not one of the values QuickBooks knows ({shown})")


def _characters(text: str) -> None:
    r"""Refuse what Windows-1252 cannot hold, and control characters but \n and \t (reference 3.3)."""
    if found := _CONTROL.search(text):
        raise ValueProblem(f"holds a control character (U+{ord(found[0]):04X}), which QuickBooks cannot keep")
    try:
        text.encode("cp1252")
    except UnicodeEncodeError:
        foreign = sorted({c for c in text if not _in_cp1252(c)})
        shown = " ".join(f"{c} (U+{ord(c):04X})" for c in foreign[:_SHOWN] if not "\ud800" <= c <= "\udfff")
        words = f"holds characters that QuickBooks cannot keep: {shown or 'half a character'}"
        raise ValueProblem(words) from None


def _in_cp1252(character: str) -> bool:
    try:
        character.encode("cp1252")
    except UnicodeEncodeError:
        return False
    return True
