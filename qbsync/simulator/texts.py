"""How QuickBooks should hold a Procore text, judged from the outside and without qbsync's own folding."""

from __future__ import annotations

import html
import re
import unicodedata
from typing import Final

from anyascii import anyascii

VENDOR_MESSAGE_LENGTH: Final = 99
_TAG: Final = re.compile(r"</?[A-Za-z][^<>]*>")
_ENDS: Final = re.compile(r"(\.\.\.|\u2026)$")
_KEPT_OF_A_CUT: Final = 90


def same_text(expected: str, found: str) -> bool:
    """Whether `found` is `expected` as QuickBooks keeps it: NFC, without outer blanks.

    Only where a character has no place in Windows-1252 are the two compared by letters and digits alone.
    """
    wanted = _composed(expected)
    if _fits(wanted):
        return wanted == _composed(found)
    return letters(wanted) == letters(found)


def begins_with(expected: str, found: str) -> bool:
    """Whether `found` is `expected`, perhaps with a remark in brackets behind it."""
    remark = found.rfind("[")
    return same_text(expected, found) or (remark >= 0 and same_text(expected, found[:remark]))


def same_message(description: str, found: str) -> bool:
    """Whether `found` is a description's plain text, or the beginning of one that is longer than 99."""
    plain = _composed(html.unescape(_TAG.sub(" ", description)))
    wanted, held = "".join(plain.split()), "".join(_composed(found).split())
    if len(" ".join(plain.split())) <= VENDOR_MESSAGE_LENGTH:
        return same_text(wanted, held)
    start = _ENDS.sub("", held)
    long_enough = len(_composed(found)) >= _KEPT_OF_A_CUT and len(found) <= VENDOR_MESSAGE_LENGTH
    return long_enough and same_text(wanted[: len(start)], start)


def letters(text: str) -> str:
    """The text's letters and digits in ASCII without case; texts that are the same have the same ones."""
    return "".join(c for c in anyascii(unicodedata.normalize("NFC", text)).casefold() if c.isalnum())


def _composed(text: str) -> str:
    return unicodedata.normalize("NFC", text).replace("\r\n", "\n").strip()


def _fits(text: str) -> bool:
    try:
        text.encode("cp1252")
    except UnicodeEncodeError:
        return False
    return True
