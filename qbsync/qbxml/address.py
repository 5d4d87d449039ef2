"""Postal addresses as QuickBooks keeps them: five lines, city, state, postal code and country."""

from __future__ import annotations

import textwrap

from qbsync.model.context import Finding
from qbsync.model.records import Address
from qbsync.qbxml.limits import max_length
from qbsync.qbxml.requests import Body
from qbsync.qbxml.text import fold

LINES = 5
"""Addr1 to Addr5."""

_PARTS = (
    ("City", "city", "city"),
    ("State", "state", "state or province"),
    ("PostalCode", "postal_code", "postal code"),
    ("Country", "country", "country"),
)
_GUIDANCE = "Shorten it in Procore."


def address_lines(address: Address, *, name: str = "") -> Body:
    """The fields of a QuickBooks address, folded to Windows-1252; parts that are empty are left out.

    The street is split at word bounds over the lines; `name`, where given, is the first. Nothing is cut: what
    does not fit stays too long in its field, so that check refuses it; address_problems says why beforehand.
    """
    lines = _lines(address, name)
    if len(lines) > LINES:
        lines = [*lines[: LINES - 1], " ".join(lines[LINES - 1 :])]
    body = {f"Addr{number}": line for number, line in enumerate(lines, start=1)}
    for tag, attribute, _ in _PARTS:
        if part := _one_line(getattr(address, attribute)):
            body[tag] = part
    return body


def address_problems(address: Address, *, name: str = "") -> tuple[Finding, ...]:
    """The parts of an address that are longer than QuickBooks takes."""
    found = []
    lines = _lines(address, name)
    if len(lines) > LINES:
        message = (
            f"The street needs {len(lines)} lines of {_limit('Addr1')} characters, QuickBooks takes {LINES}."
        )
        found.append(Finding(field="address street", message=message, guidance=_GUIDANCE))
    for tag, attribute, words in _PARTS:
        part, limit = _one_line(getattr(address, attribute)), _limit(tag)
        if len(part) > limit:
            message = f"The {words} {part!r} has {len(part)} characters, QuickBooks takes {limit}."
            found.append(Finding(field=f"address {words}", message=message, guidance=_GUIDANCE))
    return tuple(found)


def address_warnings(address: Address) -> tuple[Finding, ...]:
    """What an address loses on its way to Windows-1252."""
    parts = [("street", "street"), *((attribute, words) for _, attribute, words in _PARTS)]
    return tuple(
        Finding(field=f"address {words}", message=warning)
        for attribute, words in parts
        for warning in fold(getattr(address, attribute)).warnings
    )


def _lines(address: Address, name: str) -> list[str]:
    """The street's own lines where they fit, else all of it run together; the name first."""
    first = _wrapped(_one_line(name))
    own = [line for line in map(_one_line, address.street.splitlines()) if line]
    lines = [piece for line in own for piece in _wrapped(line)]
    if len(first) + len(lines) > LINES:
        joined = _wrapped(", ".join(own))
        lines = joined if len(joined) < len(lines) else lines
    return first + lines


def _wrapped(line: str) -> list[str]:
    return textwrap.wrap(line, _limit("Addr1"), break_on_hyphens=False)


def _one_line(text: str) -> str:
    return " ".join(fold(text).text.split())


def _limit(tag: str) -> int:
    """Every address of the schema has the same limits; the vendor's stands for all."""
    limit = max_length("VendorAddRq", f"VendorAdd/VendorAddress/{tag}")
    assert limit is not None
    return limit
