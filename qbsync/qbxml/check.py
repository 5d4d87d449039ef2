"""Holds a request against the schema facts: what QuickBooks would refuse, in words for a person."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from qbsync.qbxml.facts import Choice, Content, Element, Facts, load
from qbsync.qbxml.requests import Body, Request
from qbsync.qbxml.values import ValueProblem, write, write_attribute
from qbsync.qbxml.versions import BASELINE, Edition, QbxmlVersion


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing QuickBooks would refuse: where ("VendorAdd/Name"), and why ("60 characters, ...").

    Of a field given several times the path counts from one: "PurchaseOrderAdd/PurchaseOrderLineAdd[2]/Desc".
    An empty path means the request itself.
    """

    path: str
    reason: str

    def __str__(self) -> str:
        return f"{self.path}: {self.reason}" if self.path else self.reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """An element as it will be written: text for a leaf, children in Intuit's order for an aggregate."""

    tag: str
    text: str = ""
    children: tuple[Node, ...] = ()
    attributes: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Fitted:
    """A request laid out by the schema, and what does not fit; `node` is to be used without problems only."""

    node: Node
    problems: tuple[Problem, ...]


def check(
    request: Request, *, version: QbxmlVersion = BASELINE, edition: Edition = Edition.US
) -> list[Problem]:
    """Everything QuickBooks would refuse in a request for its form; an empty list where it fits.

    Empty groups of fields count as absent. Stricter than Intuit's schema: characters outside Windows-1252,
    dates that do not exist, iterators without their iteratorID.
    """
    return list(fit(request, version=version, edition=edition).problems)


def fit(request: Request, *, version: QbxmlVersion, edition: Edition, facts: Facts | None = None) -> Fitted:
    """Lay a request out in Intuit's order, collecting what does not fit."""
    element = (facts or load()).find(request.name)
    if element is None or not request.name.endswith("Rq"):
        problem = Problem(path="", reason=f"qbsync knows no request named {request.name}")
        return Fitted(node=Node(tag=request.name), problems=(problem,))
    layout = _Layout(version, edition)
    layout.exists(element, "")
    attributes = layout.attributes(request, element)
    assert element.content is not None
    children = layout.children(element.content, request.body, "")
    node = Node(tag=request.name, children=children, attributes=attributes)
    return Fitted(node=node, problems=tuple(layout.problems))


@dataclass(slots=True)
class _Layout:
    """One walk over a body, with the problems met so far."""

    version: QbxmlVersion
    edition: Edition
    problems: list[Problem] = field(default_factory=list)

    def exists(self, element: Element, path: str) -> None:
        if self.edition in element.not_in:
            self._problem(path, f"does not exist in the {self.edition.words} edition of QuickBooks")
        elif element.since > self.version:
            self._problem(
                path, f"needs qbXML {element.since}, this company file is spoken to in {self.version}"
            )

    def attributes(self, request: Request, element: Element) -> tuple[tuple[str, str], ...]:
        known = {a.name: a for a in element.attributes if a.name != "requestID"}
        written = []
        for name, value in request.attributes.items():
            if name not in known:
                self._problem(f"@{name}", f"{request.name} has no such attribute")
                continue
            try:
                written.append((name, write_attribute(value, known[name])))
            except ValueProblem as problem:
                self._problem(f"@{name}", str(problem))
        continues = request.attributes.get("iterator") in ("Continue", "Stop")
        if continues != bool(request.attributes.get("iteratorID")):
            self._problem("@iteratorID", "goes with iterator Continue or Stop, and only with these")
        return tuple(written)

    def children(self, content: Content, body: Body, path: str) -> tuple[Node, ...]:
        for name in body:
            if name not in content.by_tag:
                self._problem(_join(path, name), "QuickBooks has no such field here")
        present = _present(body)
        nodes: list[Node] = []
        self._sequence(content, present, path, nodes)
        return tuple(nodes)

    def _sequence(
        self, content: Content, present: Mapping[str, list[object]], path: str, nodes: list[Node]
    ) -> None:
        for particle in content.particles:
            if isinstance(particle, Choice):
                self._choice(particle, present, path, nodes)
            elif particle.tag in present:
                nodes.extend(self._given(particle, present[particle.tag], path))
            elif not particle.optional and particle.available(self.version, self.edition):
                self._problem(_join(path, particle.tag), "is missing, QuickBooks needs it")

    def _choice(
        self, choice: Choice, present: Mapping[str, list[object]], path: str, nodes: list[Node]
    ) -> None:
        chosen = [option for option in choice.options if any(tag in present for tag in option.by_tag)]
        if not chosen and not choice.optional and not any(map(self._may_be_empty, choice.options)):
            self._problem(path, f"needs one of {_names(choice.options)}")
        if len(chosen) > 1 and not choice.repeats:
            given = [tag for option in chosen for tag in option.by_tag if tag in present]
            self._problem(path, f"takes only one of {' and '.join(given)}")
        for option in chosen:
            self._branch(option, present, path, nodes, many=choice.repeats)

    def _branch(
        self,
        option: Content,
        present: Mapping[str, list[object]],
        path: str,
        nodes: list[Node],
        *,
        many: bool,
    ) -> None:
        if not many:
            self._sequence(option, present, path, nodes)
            return
        for element in option.elements():
            nodes.extend(self._given(element, present.get(element.tag, []), path, many=True))

    def _may_be_empty(self, content: Content) -> bool:
        return all(
            particle.optional
            or (isinstance(particle, Element) and not particle.available(self.version, self.edition))
            for particle in content.particles
        )

    def _given(
        self, element: Element, values: Sequence[object], path: str, *, many: bool = False
    ) -> Iterable[Node]:
        here = _join(path, element.tag)
        if values:
            self.exists(element, here)
        if len(values) > 1 and not (element.repeats or many):
            self._problem(here, f"is given {len(values)} times, QuickBooks takes one")
        for number, value in enumerate(values, start=1):
            where = f"{here}[{number}]" if len(values) > 1 else here
            node = self._one(element, value, where)
            if node is not None:
                yield node

    def _one(self, element: Element, value: object, path: str) -> Node | None:
        if element.content is not None:
            if isinstance(value, Mapping):
                return Node(tag=element.tag, children=self.children(element.content, value, path))
            self._problem(path, "is a group of fields, not a single value")
            return None
        if isinstance(value, Mapping):
            self._problem(path, "is a single value, not a group of fields")
            return None
        try:
            return Node(tag=element.tag, text=write(value, element, self.edition))
        except ValueProblem as problem:
            self._problem(path, str(problem))
            return None

    def _problem(self, path: str, reason: str) -> None:
        self.problems.append(Problem(path=path, reason=reason))


def _present(body: Body) -> dict[str, list[object]]:
    """The values of each name as a list, without groups in which nothing is given."""
    present = {}
    for name, value in body.items():
        values = [one for one in _as_list(value) if not _is_empty(one)]
        if values:
            present[name] = values
    return present


def _as_list(value: object) -> list[object]:
    return list(value) if isinstance(value, Sequence) and not isinstance(value, str | bytes) else [value]


def _is_empty(value: object) -> bool:
    """Whether nothing at all is given inside; an empty text is something, it clears the field on a Mod."""
    if isinstance(value, Mapping):
        return all(_is_empty(one) for one in value.values())
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return all(_is_empty(one) for one in value)
    return False


def _names(options: Iterable[Content]) -> str:
    return " or ".join(" with ".join(option.by_tag) for option in options)


def _join(path: str, tag: str) -> str:
    return f"{path}/{tag}" if path else tag
