"""Quantity, rate and amount of a line, such that QuickBooks arrives at the amount to the cent."""

from __future__ import annotations

from decimal import Context as Arithmetic, Decimal, InvalidOperation

from qbsync.model.money import RATE, to_cents
from qbsync.qbxml.parse import Ret

_EXACT = Arithmetic(prec=60)
_BOUND = Decimal(10) ** 10
"""PRICETYPE and QUANTYPE take ten digits before the point (qbxmltypes130.xsd)."""


def by_amount(amount: Decimal, style: str) -> dict[str, Decimal]:
    """A line that is an amount alone: in the style `progress` its quantity is the amount at a rate of 1.

    QuickBooks then knows what of it is still open; in the style `amount` it does not (DESIGN, commitment).
    """
    cents = to_cents(amount)
    return {"Amount": cents} if style == "amount" else {"Quantity": cents, "Rate": Decimal(1)}


def by_unit(amount: Decimal, quantity: Decimal, unit_cost: Decimal) -> dict[str, Decimal]:
    """A line of units: its own quantity and rate where they make the amount, else 1 at the amount."""
    if _multiplies(amount, quantity, unit_cost):
        return {"Quantity": quantity, "Rate": unit_cost}
    return {"Quantity": Decimal(1), "Rate": to_cents(amount)}


def amount_of(line: Ret) -> Decimal | None:
    """The amount that QuickBooks shows for a line, zero where it shows none; None where it is no number."""
    return _number(line.text("Amount", "0"))


def rate_of(line: Ret) -> Decimal | None:
    """The price of one unit, None where QuickBooks counts none: such a line is billed by its amount alone."""
    return _number(line.text("Rate")) if line.text("Quantity") else None


def _number(text: str) -> Decimal | None:
    try:
        return Decimal(text)
    except InvalidOperation:
        return None


def _multiplies(amount: Decimal, quantity: Decimal, unit_cost: Decimal) -> bool:
    if not (_has_room(quantity) and _has_room(unit_cost)):
        return False
    return to_cents(_EXACT.multiply(quantity, unit_cost)) == amount


def _has_room(number: Decimal) -> bool:
    return abs(number) < _BOUND and number == number.quantize(RATE)
