"""The registry of mappings: how each kind of record becomes a QuickBooks request, and what comes back."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Protocol, TypeVar

from qbsync.mapping import (
    budget,
    change_order,
    commitment,
    cost_code,
    invoice,
    payment,
    project,
    retainage_item,
    vendor,
)
from qbsync.model.context import Context, Finding, Review
from qbsync.model.links import Link
from qbsync.model.records import (
    Budget,
    ChangeOrder,
    Commitment,
    CostCode,
    Invoice,
    Payment,
    Project,
    RecordKey,
    RecordKind,
    RetainageItem,
    Vendor,
)
from qbsync.qbxml.owned import Owned
from qbsync.qbxml.parse import Ret
from qbsync.qbxml.requests import Request

_R_contra = TypeVar("_R_contra", contravariant=True)


class Mapping(Protocol[_R_contra]):
    """What each kind's module offers for its own type of record; all of it pure."""

    def references(self, record: _R_contra) -> tuple[RecordKey, ...]:
        """The records that must be linked before this one can be sent."""

    def touches(self, record: _R_contra) -> RecordKey:
        """The record whose QuickBooks record is written or linked to: its own, or the commitment's."""

    def lives_in(self, record: _R_contra) -> RecordKey | None:
        """The record whose QuickBooks record this one is a part of (a change order's commitment), or None."""

    def review(self, record: _R_contra, context: Context) -> Review:
        """Preflight: everything a person should know or choose before the record is accepted."""

    def request(self, record: _R_contra, context: Context) -> Request:
        """The Add, or the Mod where the context has the record's link; raises MappingError."""

    def outcome(self, record: _R_contra, ret: Ret) -> Link:
        """The link that an answer or a query's Ret makes; raises MappingError where it does not fit."""

    def remarks(self, record: _R_contra, ret: Ret) -> tuple[Finding, ...]:
        """What a person should be told of a record that QuickBooks took, otherwise than was asked."""

    def is_no_news(self, accepted: _R_contra, shown: _R_contra) -> bool:
        """Whether Procore's other version differs in nothing that QuickBooks would be told."""

    def owned(self, record: _R_contra, link: Link) -> Owned:
        """Which elements of QuickBooks' record are ours: what of them differs later is drift."""

    def probe(self, record: _R_contra, context: Context, since: datetime | None) -> Request:
        """A query that finds the record if QuickBooks has it; `since` is aware, None for any time."""

    def trace(self, record: _R_contra, context: Context, since: datetime) -> Request:
        """A query for all of this kind that changed since (aware): ours is told by its ExternalGUID."""

    def reread(self, link: Link) -> Request:
        """A query for the linked record itself, whole, by the id that QuickBooks gave it."""

    def holds(self, record: _R_contra, ret: Ret, link: Link | None) -> bool:
        """Whether the QuickBooks record, found by its id, still has this one: always, but for parts.

        `link` is the record's own, None where it has none.
        """

    def is_ours(self, record: _R_contra, ret: Ret, guid: str) -> bool:
        """Whether QuickBooks' record carries that ExternalGUID."""

    def resembles(self, record: _R_contra, ret: Ret, context: Context) -> bool:
        """Whether QuickBooks' record has the same natural key, whoever made it."""

    def agrees(self, record: _R_contra, ret: Ret, context: Context) -> bool:
        """Whether QuickBooks' record already holds what we would write: decides a Mod in doubt."""


_COST_CODE: Mapping[CostCode] = cost_code
_RETAINAGE_ITEM: Mapping[RetainageItem] = retainage_item
_PROJECT: Mapping[Project] = project
_VENDOR: Mapping[Vendor] = vendor
_BUDGET: Mapping[Budget] = budget
_COMMITMENT: Mapping[Commitment] = commitment
_CHANGE_ORDER: Mapping[ChangeOrder] = change_order
_INVOICE: Mapping[Invoice] = invoice
_PAYMENT: Mapping[Payment] = payment

_MAPPINGS: dict[RecordKind, Mapping[Any]] = {
    RecordKind.COST_CODE: _COST_CODE,
    RecordKind.RETAINAGE_ITEM: _RETAINAGE_ITEM,
    RecordKind.PROJECT: _PROJECT,
    RecordKind.VENDOR: _VENDOR,
    RecordKind.BUDGET: _BUDGET,
    RecordKind.COMMITMENT: _COMMITMENT,
    RecordKind.CHANGE_ORDER: _CHANGE_ORDER,
    RecordKind.INVOICE: _INVOICE,
    RecordKind.PAYMENT: _PAYMENT,
}

ORDER: tuple[RecordKind, ...] = tuple(_MAPPINGS)
"""The kinds in the order in which they depend on one another (workflows, section 10)."""


def mapping_for(kind: RecordKind) -> Mapping[Any]:
    """The mapping of a kind of record.

    It takes records of that kind's type only: the table above is where types and kinds are joined.
    """
    return _MAPPINGS[kind]
