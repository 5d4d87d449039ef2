"""Intuit's rules for each request and response as typed values, read once from facts.json.

facts.json is derived from Intuit's annotated sample by tests/schema/derive_facts.py; its notation stands in
its own "about".
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from functools import cache
from importlib import resources
from typing import Any, TypeAlias

from qbsync.qbxml.versions import Edition, QbxmlVersion

_FIRST = QbxmlVersion(1, 0)


class FieldType(StrEnum):
    """The simple types of qbXML (qbxmltypes130.xsd)."""

    STR = "STR"
    ID = "ID"
    """A ListID, TxnID or TxnLineID: at most 36 characters."""
    GUID = "GUID"
    """`0` or {8-4-4-4-12} in hexadecimal, braces included."""
    UUID = "UUID"
    """requestID and iteratorID: any text."""
    MACRO = "MACRO"
    BOOL = "BOOL"
    INT = "INT"
    FLOAT = "FLOAT"
    """An exchange rate."""
    AMT = "AMT"
    """Money: no decimals or exactly two."""
    PRICE = "PRICE"
    QUAN = "QUAN"
    PERCENT = "PERCENT"
    DATE = "DATE"
    DATETIME = "DATETIME"
    TIMEINTERVAL = "TIMEINTERVAL"
    ENUM = "ENUM"


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribute:
    """An attribute of an element."""

    name: str
    type: FieldType
    required: bool = False
    enum: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Element:
    """One element where it stands: a leaf has a `type`, an aggregate has `content`, never both."""

    tag: str
    type: FieldType | None = None
    content: Content | None = None
    optional: bool = False
    repeats: bool = False
    lengths: Mapping[Edition, int] = field(default_factory=dict)
    """The most characters each edition takes; an edition that is not in it has no limit."""
    enum: tuple[str, ...] = ()
    since: QbxmlVersion = _FIRST
    not_in: frozenset[Edition] = frozenset()
    minimum: Decimal | None = None
    maximum: Decimal | None = None
    attributes: tuple[Attribute, ...] = ()

    def available(self, version: QbxmlVersion, edition: Edition) -> bool:
        """Whether a message of that version may hold it in that edition."""
        return self.since <= version and edition not in self.not_in


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Exactly one of the branches; none is allowed where `optional`, any mix where `repeats`."""

    options: tuple[Content, ...]
    optional: bool = False
    repeats: bool = False


Particle: TypeAlias = Element | Choice


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """The children of an aggregate or of one branch of a choice, in Intuit's order."""

    particles: tuple[Particle, ...]
    by_tag: Mapping[str, Element]
    """Every element it may hold, those in the branches of its choices included; a tag occurs once."""

    def elements(self) -> Iterator[Element]:
        """Every element it may hold, in Intuit's order."""
        return iter(self.by_tag.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Every request and response that qbsync knows, by name (VendorAddRq, VendorAddRs)."""

    messages: Mapping[str, Element]

    def find(self, name: str) -> Element | None:
        """The request or response of that name, or None."""
        return self.messages.get(name)

    def requests(self) -> tuple[str, ...]:
        """The names of all requests."""
        return tuple(name for name in self.messages if name.endswith("Rq"))


@cache
def load() -> Facts:
    """The facts of qbXML 13.0 that travel in the package."""
    text = resources.files("qbsync.qbxml").joinpath("facts.json").read_text(encoding="utf-8")
    return _Reader(json.loads(text)).facts()


class _Reader:
    """Turns the tables of facts.json into shared nodes, each made once."""

    def __init__(self, raw: dict[str, Any]) -> None:
        self._raw = raw
        self._particles: dict[int, Particle] = {}
        self._contents: dict[int, Content] = {}

    def facts(self) -> Facts:
        messages = {}
        for name, index in self._raw["messages"].items():
            particle = self._particle(index)
            assert isinstance(particle, Element)
            messages[name] = particle
        return Facts(messages=messages)

    def _content(self, index: int) -> Content:
        if index not in self._contents:
            particles = tuple(self._particle(i) for i in self._raw["contents"][index])
            by_tag: dict[str, Element] = {}
            for particle in particles:
                if isinstance(particle, Element):
                    by_tag[particle.tag] = particle
                else:
                    for option in particle.options:
                        by_tag.update(option.by_tag)
            self._contents[index] = Content(particles=particles, by_tag=by_tag)
        return self._contents[index]

    def _particle(self, index: int) -> Particle:
        if index not in self._particles:
            row = self._raw["particles"][index]
            self._particles[index] = self._choice(row) if "choice" in row else self._element(row)
        return self._particles[index]

    def _choice(self, row: dict[str, Any]) -> Choice:
        return Choice(
            options=tuple(self._content(i) for i in row["choice"]),
            optional=row.get("opt", False),
            repeats=row.get("rep", False),
        )

    def _element(self, row: dict[str, Any]) -> Element:
        return Element(
            tag=row["tag"],
            type=FieldType(row["type"]) if "type" in row else None,
            content=self._content(row["content"]) if "content" in row else None,
            optional=row.get("opt", False),
            repeats=row.get("rep", False),
            lengths=_lengths(row.get("len", {})),
            enum=self._enum(row),
            since=QbxmlVersion.parse(row.get("since", "1.0")),
            not_in=frozenset(Edition(e) for e in row.get("not_in", ())),
            minimum=Decimal(row["min"]) if "min" in row else None,
            maximum=Decimal(row["max"]) if "max" in row else None,
            attributes=tuple(self._attribute(a) for a in self._attributes(row)),
        )

    def _attributes(self, row: dict[str, Any]) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = self._raw["attributes"][row["attrs"]] if "attrs" in row else []
        return rows

    def _attribute(self, row: dict[str, Any]) -> Attribute:
        return Attribute(
            name=row["name"],
            type=FieldType(row["type"]),
            required=row.get("required", False),
            enum=self._enum(row),
        )

    def _enum(self, row: dict[str, Any]) -> tuple[str, ...]:
        return tuple(self._raw["enums"][row["enum"]]) if "enum" in row else ()


def _lengths(written: int | dict[str, int]) -> dict[Edition, int]:
    if isinstance(written, int):
        return dict.fromkeys(Edition, written)
    return {Edition(edition): length for edition, length in written.items()}
