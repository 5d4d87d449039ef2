from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from qbsync.qbxml.check import check
from qbsync.qbxml.requests import Request
from qbsync.qbxml.text import fold


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Plain & simple <ok>", "Plain & simple <ok>"),
        ("Café € “quoted” – ‘it’s’ … ™", "Café € “quoted” – ‘it’s’ … ™"),  # noqa: RUF001  (what is folded)
        ("Cafe\u0301", "Café"),
        ("one\r\ntwo\rthree\u2028four", "one\ntwo\nthree\nfour"),
        ("bell\x07 tab\t \x9fend\u200b\ufeff", "bell tab\t end"),
        ("5\u22123 \u2010 6\u2032 8\u2033", "5-3 - 6' 8\""),
        ("thin\u2009space\ufb01t", "thin spacefit"),
    ],
)
def test_what_keeps_its_meaning_folds_without_a_warning(text, folded):
    """Windows-1252 stays, accents are composed, line ends become one kind, typographic likes are taken."""
    result = fold(text)
    assert result.text == folded
    assert result.warnings == ()


def test_the_rest_is_spelled_with_a_warning():
    """A warning names what became what, and the field."""
    result = fold("Ωμέγα Bau", field="name")
    assert result.text.isascii()
    assert result.text.endswith(" Bau")
    (warning,) = result.warnings
    assert warning.startswith("name: 'Ωμέγα' was written as ")


def test_an_emoji_is_spelled_out():
    """An emoji becomes words instead of vanishing."""
    result = fold("Build \U0001f3d7 Co")
    assert result.text.isascii()
    assert len(result.text) > len("Build  Co")
    assert len(result.warnings) == 1


def test_what_cannot_be_spelled_is_left_out_with_a_warning():
    """Half a character is told of, not sent."""
    result = fold("a\ud83db")
    assert result.text == "ab"
    assert "left out" in result.warnings[0]


def test_the_same_loss_is_told_once():
    """A character that recurs gives one warning."""
    assert len(fold("Ω and Ω and Ω").warnings) == 1


@given(st.text())
def test_folded_text_is_taken_by_quickbooks_and_stays(text):
    """Whatever comes in, the folded text passes check but for its length, and folds to itself."""
    folded = fold(text).text
    again = fold(folded)
    assert again.text == folded
    assert again.warnings == ()
    problems = check(Request(name="VendorAddRq", body={"VendorAdd": {"Name": "A", "Notes": folded}}))
    assert all("characters, QuickBooks takes" in p.reason for p in problems)
