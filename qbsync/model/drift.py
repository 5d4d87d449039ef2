"""Drift: what QuickBooks shows of a linked record that is not as qbsync and Procore left it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class DriftSort(StrEnum):
    """In what way the two differ; `guidance` says what a person can do about it."""

    CHANGED = "changed"
    """A field or line that qbsync wrote says something else in QuickBooks."""
    ADDED = "added"
    """QuickBooks' transaction has a line that Procore does not have."""
    CLOSED = "closed"
    """Someone closed the transaction, or made the list entry inactive."""
    DELETED = "deleted"
    """QuickBooks does not have the record, or one of its lines, any more."""
    MISSING = "missing"
    """The company file does not have the record: a backup of it, or of qbsync's database, was restored."""
    WITHDRAWN = "withdrawn"
    """Procore took the record back, and QuickBooks still has it."""

    @property
    def guidance(self) -> str:
        """Who can mend it and how; qbsync overwrites nothing by itself."""
        return _GUIDANCE[self]


_GUIDANCE = {
    DriftSort.CHANGED: "Change it back in QuickBooks, or make the same change in Procore. qbsync overwrites "
    "nothing by itself.",
    DriftSort.ADDED: "Delete the line in QuickBooks and enter it in Procore instead, or leave it: Procore "
    "will not know of it.",
    DriftSort.CLOSED: "If it is still in use, take the tick off Closed, or make it active again, in "
    "QuickBooks.",
    DriftSort.DELETED: "If it was deleted on purpose, unlink the record; retry its job to export it anew. A "
    "single line is put back in QuickBooks by hand.",
    DriftSort.MISSING: "Send it again, or unlink it (`qbsync links missing`): QuickBooks is asked first "
    "whether it is gone.",
    DriftSort.WITHDRAWN: "Delete it in QuickBooks, then unlink the record. If Procore is to keep it after "
    "all, approve it there again.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What QuickBooks showed in one field that qbsync wrote, when it had written it.

    `field` is the element's path; a line's begins with `lines/` and its TxnLineID. `value` is what is
    compared, a ListID for a reference; `words` is what people read.
    """

    field: str
    value: str
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One thing in which QuickBooks' record is not as it was left.

    `field` tells it from the record's other ones, `what` says it to people; `ours` is what qbsync or Procore
    has, `theirs` what QuickBooks shows, empty where it has nothing.
    """

    sort: DriftSort
    field: str
    what: str
    ours: str
    theirs: str
