"""How alike two names are: the same, or nearly so, with the reason in words.

Names of one kind are compared: companies with companies, jobs with projects. What differs in a digit is never
alike: "Unit 12" and "Unit 13" are two.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import IntEnum
from typing import Generic, TypeVar

T = TypeVar("T")

FORMS = frozenset(
    (
        *("inc", "incorporated", "corp", "corporation", "co", "company"),
        *("llc", "llp", "lp", "pllc", "pc", "ltd", "limited", "plc", "gmbh", "dba"),
    )
)
"""Words that say what form a company has, and do not tell two apart."""
_LEAST = 5
"""Shorter names are not compared letter by letter: too many real names differ by one."""
_LONG = 9
"""From this length on two letters may differ."""
_END = 3
"""Letters at the beginning or the end that two names must share before they are compared letter by letter."""


class Grade(IntEnum):
    """How alike, the most alike first."""

    SAME = 0
    CASE = 1
    PUNCTUATION = 2
    FORM = 3
    ORDER = 4
    LETTERS = 5

    @property
    def sure(self) -> bool:
        """Whether QuickBooks holds the two to be one name: such may be linked without a look."""
        return self <= Grade.CASE


_WORDS = {
    Grade.SAME: "the same name",
    Grade.CASE: "the same name but for capital letters",
    Grade.PUNCTUATION: "the same name but for punctuation",
    Grade.FORM: "the same name but for the company's form (such as Inc or LLC)",
    Grade.ORDER: "the same words in another order",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Likeness:
    """How alike two names are, and why, in words."""

    grade: Grade
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Read:
    """A name as it is compared: its words without case, accents and punctuation, its letters without form."""

    name: str
    words: tuple[str, ...]
    core: tuple[str, ...]

    @property
    def letters(self) -> str:
        return "".join(self.core)

    @property
    def digits(self) -> list[str]:
        return re.findall(r"\d+", " ".join(self.words))


def likeness(left: str, right: str) -> Likeness | None:
    """How alike two names are; None where they are not. Which comes first does not matter."""
    return _likeness(_read(left), _read(right))


class Alike(Generic[T]):
    """Finds, among many named things, those whose names are like a given one."""

    def __init__(self, things: Iterable[tuple[str, T]]) -> None:
        self._places: dict[str, list[tuple[_Read, T]]] = {}
        for name, thing in things:
            read = _read(name)
            for place in _shelves(read):
                self._places.setdefault(place, []).append((read, thing))

    def like(self, name: str) -> list[tuple[T, Likeness]]:
        """Everything whose name is like it, the most alike first.

        Letter by letter only what begins or ends as it does is compared.
        """
        read = _read(name)
        found: dict[int, tuple[T, Likeness]] = {}
        for place in _shelves(read):
            for other, thing in self._places.get(place, ()):
                seen = None if id(thing) in found else _likeness(read, other)
                if seen is not None:
                    found[id(thing)] = (thing, seen)
        return sorted(found.values(), key=lambda pair: pair[1].grade)


def _read(name: str) -> _Read:
    plain = unicodedata.normalize("NFKD", name.casefold()).replace("&", " and ")
    bare = "".join(letter for letter in plain if not unicodedata.combining(letter))
    joined = re.sub(r"(?<=\w)['\u2019.](?=\w)", "", bare)
    words = tuple(re.findall(r"[^\W_]+", joined))
    core = tuple(word for word in words if word not in FORMS)
    return _Read(name=name.strip(), words=words, core=core or words)


def _shelves(read: _Read) -> Iterator[str]:
    """Where names that may be alike meet: under their sorted words, and under how they begin and end."""
    yield from {
        "words " + " ".join(sorted(read.core)),
        "joined " + "".join(read.words),
        "name " + read.name.casefold(),
    }
    if len(read.letters) >= _LEAST:
        yield "begins " + read.letters[:_END]
        yield "ends " + read.letters[-_END:]


def _likeness(left: _Read, right: _Read) -> Likeness | None:
    grade = _grade(left, right)
    if grade is not None:
        return Likeness(grade=grade, reason=_WORDS[grade])
    if left.digits != right.digits or not left.letters or not right.letters:
        return None
    shorter = min(len(left.letters), len(right.letters))
    most = 0 if shorter < _LEAST else 1 if shorter < _LONG else 2
    count = _differing(left.letters, right.letters, most)
    if count > most:
        return None
    words = (
        "nearly the same name: one letter differs"
        if count <= 1
        else "nearly the same name: two letters differ"
    )
    return Likeness(grade=Grade.LETTERS, reason=words)


def _grade(left: _Read, right: _Read) -> Grade | None:
    if left.name.casefold() == right.name.casefold():
        return Grade.SAME if left.name == right.name else Grade.CASE
    if not left.words or not right.words:
        return None
    tests = {
        Grade.PUNCTUATION: "".join(left.words) == "".join(right.words),
        Grade.FORM: left.core == right.core,
        Grade.ORDER: sorted(left.core) == sorted(right.core),
    }
    return next((grade for grade, passed in tests.items() if passed), None)


def _differing(left: str, right: str, most: int) -> int:
    """How many letters are changed, missing or swapped with their neighbour; above `most` it may say less."""
    if abs(len(left) - len(right)) > most:
        return most + 1
    before: list[int] = []
    row = list(range(len(right) + 1))
    for place, letter in enumerate(left, start=1):
        older, before, row = before, row, [place]
        for other, held in enumerate(right, start=1):
            cost = min(row[-1] + 1, before[other] + 1, before[other - 1] + (letter != held))
            if place > 1 and other > 1 and letter == right[other - 2] and left[place - 2] == held:
                cost = min(cost, older[other - 2] + 1)
            row.append(cost)
        if min(row) > most:
            return most + 1
    return row[-1]
