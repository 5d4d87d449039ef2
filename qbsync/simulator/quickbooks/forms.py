"""The shape of every message the simulated company file knows: elements, their order, types and limits.

The shapes stand as text beside this module, in `forms/*.txt`, one file an object. A line is one element,
indented two blanks under its parent: `Name TYPE ? * v12.0 -CA,UK <=41 >=1 =A|B @requestID`. No type: an
aggregate, its children follow. `ref` is ListID and FullName, each optional; `address` the ten lines of an
address. `?` optional, `*` may repeat, `v` the first qbXML version, `-` editions that lack it, `<=` the
longest text (`<=6:AU` for one edition), `>=` the smallest integer, `=` the values allowed, `@` attributes.
`choice`, then `either` and `or`: exactly one branch (`?` none or one, `*` any number, in any mixture).
Source: reference section 3 and Appendix A.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from importlib import resources
from typing import TypeAlias

Version: TypeAlias = tuple[int, int]

_ADDRESS = (
    ("Addr1", 41, (1, 0)),
    ("Addr2", 41, (1, 0)),
    ("Addr3", 41, (1, 0)),
    ("Addr4", 41, (2, 0)),
    ("Addr5", 41, (6, 0)),
    ("City", 31, (1, 0)),
    ("State", 21, (1, 0)),
    ("PostalCode", 13, (1, 0)),
    ("Country", 31, (1, 0)),
    ("Note", 41, (6, 0)),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A place where one of several sequences stands."""

    branches: tuple[tuple[Particle, ...], ...]
    optional: bool
    repeats: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Element:
    """One element of a message; `type` is empty for an aggregate."""

    tag: str
    type: str = ""
    optional: bool = False
    repeats: bool = False
    since: Version = (1, 0)
    longest: int | None = None
    smallest: int | None = None
    values: frozenset[str] = frozenset()
    attributes: frozenset[str] = frozenset()
    content: tuple[Particle, ...] = ()
    order: re.Pattern[str] = field(default=re.compile(""), repr=False)
    children: dict[str, Element] = field(default_factory=dict, repr=False)


Particle: TypeAlias = Element | Choice


def parse_version(text: str) -> Version:
    """The two numbers of "13.0"."""
    major, _, minor = text.partition(".")
    return int(major), int(minor)


@lru_cache(maxsize=8)
def load(edition: str) -> dict[str, Element]:
    """Every request and Ret of one edition (US, CA, UK or AU), by its tag."""
    found: dict[str, Element] = {}
    folder = resources.files(__package__).joinpath("forms")
    for file in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if file.name.endswith(".txt"):
            for element in read_forms(file.read_text(encoding="ascii"), edition):
                found[element.tag] = element
    return found


def read_forms(text: str, edition: str) -> Iterator[Element]:
    """The top elements of one file of forms, as `edition` has them."""
    lines = [line.rstrip() for line in text.splitlines() if line.strip()]
    for particle in _sequence(_Lines(lines), 0, edition):
        if isinstance(particle, Element):
            yield particle


class _Lines:
    """The lines of a file with a place in it."""

    def __init__(self, lines: list[str]) -> None:
        self._lines = lines
        self._at = 0

    def depth(self) -> int:
        """The next line's indentation, in steps; -1 at the end."""
        if self._at >= len(self._lines):
            return -1
        line = self._lines[self._at]
        return (len(line) - len(line.lstrip())) // 2

    def peek(self) -> str:
        return self._lines[self._at].strip()

    def take(self) -> list[str]:
        self._at += 1
        return self._lines[self._at - 1].split()


def _sequence(lines: _Lines, depth: int, edition: str) -> tuple[Particle, ...]:
    particles: list[Particle] = []
    while lines.depth() == depth:
        words = lines.take()
        if words[0] == "choice":
            particles.append(_choice(lines, words, depth, edition))
            continue
        content = _sequence(lines, depth + 1, edition)
        element = _element(words, content, edition)
        if element is not None:
            particles.append(element)
    return tuple(particles)


def _choice(lines: _Lines, words: list[str], depth: int, edition: str) -> Choice:
    branches = []
    while lines.depth() == depth + 1 and lines.peek() in {"either", "or"}:
        lines.take()
        branches.append(_sequence(lines, depth + 2, edition))
    return Choice(
        branches=tuple(branch for branch in branches if branch),
        optional="?" in words,
        repeats="*" in words,
    )


def _element(words: list[str], content: tuple[Particle, ...], edition: str) -> Element | None:
    tag, marks = words[0], words[1:]
    kind = marks.pop(0) if marks and marks[0][0].islower() and not _is_version(marks[0]) else ""
    if any(edition in mark[1:].split(",") for mark in marks if mark.startswith("-")):
        return None
    longest = _longest(marks, edition)
    if kind == "ref":
        content, kind, longest = _reference(longest), "", None
    elif kind == "address":
        content, kind = _address(), ""
    return Element(
        tag=tag,
        type=kind,
        optional="?" in marks,
        repeats="*" in marks,
        since=next((parse_version(mark[1:]) for mark in marks if _is_version(mark)), (1, 0)),
        longest=longest,
        smallest=next((int(mark[2:]) for mark in marks if mark.startswith(">=")), None),
        values=frozenset(value for mark in marks if mark[0] == "=" for value in mark[1:].split("|")),
        attributes=frozenset(name for mark in marks if mark[0] == "@" for name in mark[1:].split(",")),
        content=content,
        order=re.compile(_pattern(content)),
        children=dict(_children(content)),
    )


def _is_version(mark: str) -> bool:
    return re.fullmatch(r"v\d+\.\d+", mark) is not None


def _longest(marks: list[str], edition: str) -> int | None:
    limits = [mark[2:].partition(":") for mark in marks if mark.startswith("<=")]
    own = [int(number) for number, _, country in limits if country == edition]
    general = [int(number) for number, _, country in limits if not country]
    return next(iter(own + general), None)


def _reference(longest: int | None) -> tuple[Particle, ...]:
    return (
        Element(tag="ListID", type="id", optional=True),
        Element(tag="FullName", type="str", optional=True, longest=longest),
    )


def _address() -> tuple[Particle, ...]:
    return tuple(
        Element(tag=tag, type="str", optional=True, longest=longest, since=since)
        for tag, longest, since in _ADDRESS
    )


def _children(content: tuple[Particle, ...]) -> Iterator[tuple[str, Element]]:
    for particle in content:
        if isinstance(particle, Element):
            yield particle.tag, particle
        else:
            for branch in particle.branches:
                yield from _children(branch)


def _pattern(content: tuple[Particle, ...]) -> str:
    """A regular expression over the children's tags, each closed by a blank."""
    return "".join(_one(particle) for particle in content)


def _one(particle: Particle) -> str:
    if isinstance(particle, Element):
        body = f"(?:{particle.tag} )"
    else:
        body = "(?:" + "|".join(_pattern(branch) for branch in particle.branches) + ")"
    if particle.repeats:
        return body + ("*" if particle.optional else "+")
    return body + ("?" if particle.optional else "")
