"""Offers: what QuickBooks has and Procore lacks, their states and the one table of their moves."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from qbsync.errors import StateError
from qbsync.model.ids import QuickBooksId
from qbsync.model.records import RecordKind

IMPORTED_KINDS = (RecordKind.VENDOR, RecordKind.PROJECT, RecordKind.COST_CODE)
"""What people import here: vendors, jobs as projects, Service items as standard cost codes.

Purchase orders are offered in Procore's ERP tool alone, and imported there.
"""


class OfferState(StrEnum):
    """Where an offer stands; the page shows `words`."""

    OFFERED = "offered"
    """Ready to Import: waits for a person to import, link or archive it."""
    IMPORTED = "imported"
    """Imported: Procore made a record of it, and the two are linked."""
    LINKED = "linked"
    """Linked: it is joined to a record that Procore had."""
    ARCHIVED = "archived"
    """Archived: a person wants it neither imported nor suggested."""

    @property
    def words(self) -> str:
        """The state as Procore's own tool words it."""
        return _WORDS[self]


_WORDS = {
    OfferState.OFFERED: "Ready to Import",
    OfferState.IMPORTED: "Imported",
    OfferState.LINKED: "Linked",
    OfferState.ARCHIVED: "Archived",
}


class OfferEvent(StrEnum):
    """What can happen to an offer."""

    IMPORT = "import"
    """Procore answered that it has made a record of it."""
    LINK = "link"
    """It was linked, by a person or because our own export made it."""
    ARCHIVE = "archive"
    RESTORE = "restore"
    UNLINK = "unlink"
    """Its link ended."""


_S = OfferState

TRANSITIONS: dict[tuple[OfferState, OfferEvent], OfferState] = {
    (_S.OFFERED, OfferEvent.IMPORT): _S.IMPORTED,
    (_S.OFFERED, OfferEvent.LINK): _S.LINKED,
    (_S.OFFERED, OfferEvent.ARCHIVE): _S.ARCHIVED,
    (_S.ARCHIVED, OfferEvent.RESTORE): _S.OFFERED,
    (_S.ARCHIVED, OfferEvent.LINK): _S.LINKED,
    (_S.IMPORTED, OfferEvent.UNLINK): _S.OFFERED,
    (_S.LINKED, OfferEvent.UNLINK): _S.OFFERED,
}


def move(state: OfferState, event: OfferEvent) -> OfferState:
    """The state after an event; raises StateError where the table has no such move."""
    try:
        return TRANSITIONS[state, event]
    except KeyError:
        allowed = sorted(e.value for s, e in TRANSITIONS if s is state)
        raise StateError(
            f"An offer that is {state.words!r} cannot {event.value}.",
            guidance=f"It can: {', '.join(allowed)}.",
        ) from None


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An entry of QuickBooks as it could be imported.

    `fields` are what Procore would be told, by Procore's names, an order's lines too. `parent` is the ListID
    above an item's, empty at the top; `level` how many are above it.
    """

    kind: RecordKind
    list_id: QuickBooksId
    name: str
    active: bool
    fields: dict[str, Any]
    parent: str = ""
    level: int = 0
