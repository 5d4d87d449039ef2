"""Money and quantities as exact decimals, from Procore's JSON to qbXML."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

CENT = Decimal("0.01")
HOME_CURRENCIES = {"US": "USD", "CA": "CAD", "UK": "GBP", "AU": "AUD"}
"""The home currency of each QuickBooks edition whose file keeps one currency only."""
CURRENCY_NAMES = {
    "us dollar": "USD",
    "canadian dollar": "CAD",
    "british pound sterling": "GBP",
    "australian dollar": "AUD",
    "euro": "EUR",
}
"""What QuickBooks' own list of currencies calls them, in small letters."""
_UNKNOWN_HOME = ("USD", "CAD")
"""The editions that Procore connects; what may be sent is decided once QuickBooks was seen."""
RATE = Decimal("0.00001")
"""The finest step of a price or quantity: five places (qbxmltypes130.xsd, PRICETYPE and QUANTYPE)."""


def to_decimal(value: object) -> Decimal:
    """Read a decimal from Procore's strings, integers or JSON numbers without passing through binary.

    Raises ValueError for anything that is not a finite number, booleans among them.
    """
    if isinstance(value, bool) or value is None:
        raise ValueError(f"{value!r} is not an amount")
    try:
        number = value if isinstance(value, Decimal) else Decimal(str(value).strip())
    except InvalidOperation:
        raise ValueError(f"{value!r} is not an amount") from None
    if not number.is_finite():
        raise ValueError(f"{value!r} is not a finite amount")
    return number


def to_cents(amount: Decimal) -> Decimal:
    """Round to whole cents, halves away from zero, as QuickBooks shows money."""
    return amount.quantize(CENT, rounding=ROUND_HALF_UP)


def is_whole_cents(amount: Decimal) -> bool:
    """Whether no digit stands behind the cents."""
    return amount == to_cents(amount)


def is_foreign(currency: str, home: str) -> bool:
    """Whether a record in that currency (ISO, or empty: the company's own) cannot go at face value.

    `home` is the company file's currency, empty while it is not known.
    """
    return currency.upper() not in ("", *((home,) if home else _UNKNOWN_HOME))
