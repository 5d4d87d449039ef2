from __future__ import annotations

import json
from decimal import Decimal

import pytest
from hypothesis import given, strategies as st

from qbsync.model.money import is_whole_cents, to_cents, to_decimal


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("1234.50", "1234.50"),
        (" 7 ", "7"),
        (12, "12"),
        (0.1, "0.1"),
        (Decimal("-3.005"), "-3.005"),
        ("1e3", "1000"),
    ],
)
def test_amounts_are_read_exactly(value, expected):
    """Strings, integers, JSON numbers and decimals become the very number that was written."""
    assert to_decimal(value) == Decimal(expected)


@pytest.mark.parametrize(
    "value", [None, True, False, "", "abc", "1,000.00", "NaN", "Infinity", float("inf"), []]
)
def test_what_is_no_amount_is_refused(value):
    """Nothing is guessed: booleans, blanks, words and numbers without an end raise ValueError."""
    with pytest.raises(ValueError, match="amount"):
        to_decimal(value)


@pytest.mark.parametrize(
    ("amount", "cents"), [("0.005", "0.01"), ("-0.005", "-0.01"), ("2.675", "2.68"), ("2.6749999", "2.67")]
)
def test_half_cents_round_away_from_zero(amount, cents):
    """Halves go away from zero, as QuickBooks shows money."""
    assert to_cents(Decimal(amount)) == Decimal(cents)


def test_whole_cents_are_told_from_fractions():
    """Trailing zeros are no fraction of a cent; a tenth of a cent is."""
    assert is_whole_cents(Decimal("10.0000"))
    assert not is_whole_cents(Decimal("10.001"))


@given(st.decimals(allow_nan=False, allow_infinity=False, places=4, min_value=-(10**12), max_value=10**12))
def test_json_numbers_never_pass_through_binary(number):
    """A number written into JSON and read with parse_float=Decimal comes back to the last digit."""
    read = json.loads(f"[{number}]", parse_float=Decimal)[0]
    assert to_decimal(read) == number


@given(st.decimals(allow_nan=False, allow_infinity=False, places=5, min_value=-(10**9), max_value=10**9))
def test_rounding_moves_an_amount_by_half_a_cent_at_most(amount):
    """Rounding to cents is idempotent and never further than half a cent away."""
    rounded = to_cents(amount)
    assert abs(rounded - amount) <= Decimal("0.005")
    assert is_whole_cents(rounded)
    assert to_cents(rounded) == rounded
