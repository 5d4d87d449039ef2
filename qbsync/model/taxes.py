"""The connection's map of Procore's tax codes to QuickBooks' sales tax codes, as its option spells it."""

from __future__ import annotations

from collections.abc import Mapping

UNTAXED = "none"
"""Stands, in the map, for lines without a tax code."""
LONGEST = 3
"""Characters of a sales tax code of QuickBooks (SalesTaxCodeRet, Name)."""


def read_tax_codes(text: str) -> Mapping[str, str]:
    """QuickBooks' code by Procore's in small letters: "GST=G, HST ON=H, none=E".

    An empty code behind `none` sends untaxed lines without any. Raises ValueError in words for a person.
    """
    found: dict[str, str] = {}
    for entry in filter(None, (part.strip() for part in text.split(","))):
        name, equals, code = (part.strip() for part in entry.rpartition("="))
        key = name.casefold()
        if not equals or not name or (not code and key != UNTAXED):
            raise ValueError(f"{entry!r} is not PROCORE'S CODE=QUICKBOOKS' CODE")
        if len(code) > LONGEST:
            raise ValueError(f"{code!r} is longer than a sales tax code of QuickBooks, {LONGEST} characters")
        if key in found:
            raise ValueError(f"{name!r} stands in it twice")
        found[key] = code
    return found
