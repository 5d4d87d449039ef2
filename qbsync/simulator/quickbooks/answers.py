"""Writes entries as Ret aggregates: the form's order, references with their current full names."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from qbsync.simulator.quickbooks import forms
from qbsync.simulator.quickbooks.kinds import KINDS, targets
from qbsync.simulator.quickbooks.message import Fields
from qbsync.simulator.quickbooks.state import Entry, State


class Writer:
    """Turns fields into qbXML by the forms of one edition."""

    def __init__(self, state: State, edition: str) -> None:
        self._state = state
        self._forms = forms.load(edition)

    def entry(self, entry: Entry, *, only: Collection[str] = (), owners: Collection[str] = ()) -> str:
        """The Ret of an entry.

        `only` limits its top elements (IncludeRetElement), `owners` whose data extensions show (OwnerID).
        """
        kind = KINDS[entry.kind]
        fields = dict(entry.fields)
        if kind.hierarchical:
            fields["FullName"] = self._state.full_name(entry)
            fields["Sublevel"] = str(fields["FullName"].count(":"))
        shown = {owner.casefold() for owner in owners}
        fields["DataExtRet"] = [
            extension for extension in entry.extensions if extension["OwnerID"].casefold() in shown
        ]
        if only:
            fields = {tag: value for tag, value in fields.items() if tag in only}
        return self.ret(kind.ret, fields, owner=entry.kind)

    def ret(self, tag: str, fields: Fields, *, owner: str = "") -> str:
        """An aggregate by the form of that name."""
        return "".join(self._aggregate(self._forms[tag], fields, owner))

    def _aggregate(self, form: forms.Element, fields: Fields, owner: str) -> Iterator[str]:
        yield f"<{form.tag}>"
        for tag, child in form.children.items():
            value = fields.get(tag)
            if value is None:
                continue
            for one in value if isinstance(value, list) else (value,):
                yield from self._element(child, one, owner)
        yield f"</{form.tag}>"

    def _element(self, form: forms.Element, value: Any, owner: str) -> Iterator[str]:  # noqa: ANN401 a tree
        if isinstance(value, str):
            yield f"<{form.tag}>{escape(value)}</{form.tag}>"
        elif form.tag.endswith("Ref") and "ListID" in form.children:
            yield from self._aggregate(form, self._reference(form.tag, value, owner), owner)
        elif value:
            yield from self._aggregate(form, value, owner)

    def _reference(self, tag: str, value: Fields, owner: str) -> Fields:
        for kind in targets(tag, owner):
            found = self._state.get(kind, value["ListID"])
            if found is not None:
                return {"ListID": found.id, "FullName": self._state.full_name(found)}
        return value


def attributes(pairs: dict[str, str | None]) -> str:
    """XML attributes with a leading blank; those without a value are left out."""
    return "".join(f" {name}={quoteattr(value)}" for name, value in pairs.items() if value is not None)
