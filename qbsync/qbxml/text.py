"""Folds text to the characters QuickBooks can keep, and says what was changed."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from anyascii import anyascii

_LINE_ENDS = re.compile("\r\n|[\r\x85\u2028\u2029]")
_INVISIBLE = re.compile(
    # C0 and C1 controls but \t and \n; soft format marks, joiners, direction marks, variation selectors, BOM
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff]"
    "|[\U000e0000-\U000e01ef]"
)
_TYPOGRAPHIC = str.maketrans(
    {
        "\u2010": "-",  # hyphen
        "\u2011": "-",  # hyphen that does not break
        "\u2012": "\u2013",  # figure dash
        "\u2015": "\u2014",  # horizontal bar
        "\u2212": "-",  # minus
        "\u2043": "\u2022",  # hyphen bullet
        "\u201b": "\u2018",
        "\u201f": "\u201c",
        "\u2032": "'",  # prime: feet
        "\u2033": '"',  # double prime: inches
        "\u2044": "/",  # fraction slash
        "\u2215": "/",  # division slash
        "\u02bc": "\u2019",  # modifier apostrophe
        **dict.fromkeys("\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a", " "),
        "\u202f": "\xa0",  # narrow space that does not break
        "\u205f": " ",
        "\u3000": " ",
        "\ufb00": "ff",
        "\ufb01": "fi",
        "\ufb02": "fl",
        "\ufb03": "ffi",
        "\ufb04": "ffl",
    }
)
"""Characters that mean the same as one of Windows-1252; they change without a warning."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Folded:
    """A text that QuickBooks can keep, and a sentence for each thing it lost on the way."""

    text: str
    warnings: tuple[str, ...] = ()


def fold(text: str, *, field: str = "") -> Folded:
    r"""Bring a text into Windows-1252 (reference 3.3) without cutting it; folding twice changes nothing more.

    Line ends become \n; control and invisible characters but \n and \t go; typographic characters become
    their like; the rest is transliterated, with a warning that names what became what, and `field` if given.
    """
    composed = unicodedata.normalize("NFC", _LINE_ENDS.sub("\n", text))
    plain = _INVISIBLE.sub("", composed).translate(_TYPOGRAPHIC)
    if _fits(plain):
        return Folded(text=plain)
    warnings: dict[str, None] = {}
    parts = [_spell(run, field, warnings) if foreign else run for run, foreign in _runs(plain)]
    return Folded(text="".join(parts), warnings=tuple(warnings))


def _runs(text: str) -> list[tuple[str, bool]]:
    """The text as stretches that QuickBooks can and cannot keep, the latter marked True."""
    runs: list[tuple[str, bool]] = []
    for character in text:
        foreign = not _fits(character)
        if runs and runs[-1][1] == foreign:
            runs[-1] = (runs[-1][0] + character, foreign)
        else:
            runs.append((character, foreign))
    return runs


def _spell(run: str, field: str, warnings: dict[str, None]) -> str:
    whole = "".join(c for c in run if not "\ud800" <= c <= "\udfff")
    spelled = _INVISIBLE.sub("", _LINE_ENDS.sub("\n", anyascii(whole)))
    shown = whole or "half a character"
    where = f"{field}: " if field else ""
    became = f"was written as {spelled!r}" if spelled else "was left out"
    warnings[f"{where}{shown!r} {became}, because QuickBooks cannot keep it."] = None
    return spelled


def _fits(text: str) -> bool:
    try:
        text.encode("cp1252")
    except UnicodeEncodeError:
        return False
    return True
