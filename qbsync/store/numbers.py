"""Records by the number or the code that people know them by."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from qbsync.model.records import Commitment, Invoice, Record, RecordKey, RecordKind, key_of
from qbsync.store.names import name_key
from qbsync.store.tables import ACTIVE_LINK, NUMBERED, JobRow, LinkRow

_CHUNK = 400
"""Values in one IN list."""
_VENDOR = JobRow.record["vendor_id"].as_string()


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbered:
    """A record by the number it is to go by; of an invoice those of the same vendor alone are meant."""

    key: RecordKey
    number: str
    vendor_id: str | None = None


def numbered(record: Record, choices: Mapping[str, str]) -> Numbered | None:
    """A commitment or an invoice by its number, the chosen one before Procore's; None for any other kind."""
    if not isinstance(record, Commitment | Invoice):
        return None
    vendor_id = record.vendor_id if isinstance(record, Invoice) else None
    number = choices.get("number") or record.number
    return Numbered(key=key_of(record), number=number, vendor_id=vendor_id)


def key_for(record: Record, choices: Mapping[str, str]) -> str:
    """The number as a job's row keeps it, to be compared: capitals make no other number, as in QuickBooks."""
    found = numbered(record, choices)
    return "" if found is None else name_key(found.number)


def twins(tx: Session, connection_id: int, wanted: Collection[Numbered]) -> dict[Numbered, str]:
    """For those that have one: another record of the same kind and number, linked or on its way, in words.

    What is only staged, rejected or failed counts for nothing: two such twins must not block each other. Two
    statements a kind, whatever the number of records.
    """
    taken: dict[tuple[RecordKind, str], list[_Taken]] = {}
    for kind in dict.fromkeys(one.key.kind for one in wanted):
        keys = sorted({name_key(one.number) for one in wanted if one.key.kind is kind} - {""})
        for start in range(0, len(keys), _CHUNK):
            some = keys[start : start + _CHUNK]
            for other in (*_linked(tx, connection_id, kind, some), *_accepted(tx, connection_id, kind, some)):
                taken.setdefault((kind, other.number_key), []).append(other)
    found = {}
    for one in wanted:
        others = taken.get((one.key.kind, name_key(one.number)), ())
        words = next((other.words for other in others if other.is_twin_of(one)), None)
        if words is not None:
            found[one] = words
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class _Taken:
    """Who has a number."""

    procore_id: str
    number_key: str
    vendor_id: str | None
    words: str

    def is_twin_of(self, one: Numbered) -> bool:
        return self.procore_id != one.key.procore_id and one.vendor_id in (None, self.vendor_id)


def _linked(tx: Session, connection_id: int, kind: RecordKind, keys: Sequence[str]) -> list[_Taken]:
    """Linked records under those numbers, as QuickBooks has them; the vendor is that of the newest job."""
    vendor_id = (
        sa.select(_VENDOR)
        .where(
            JobRow.connection_id == LinkRow.connection_id,
            JobRow.kind == LinkRow.kind,
            JobRow.procore_id == LinkRow.procore_id,
        )
        .order_by(JobRow.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    rows = tx.execute(
        sa.select(LinkRow.procore_id, LinkRow.name_key, vendor_id)
        .where(
            LinkRow.connection_id == connection_id,
            LinkRow.kind == kind.value,
            LinkRow.name_key.in_(keys),
            ACTIVE_LINK,
        )
        .order_by(LinkRow.id)
    )
    return [
        _Taken(
            procore_id=procore_id,
            number_key=key,
            vendor_id=vendor,
            words=f"{kind.words} {procore_id} (already in QuickBooks)",
        )
        for procore_id, key, vendor in rows
    ]


def _accepted(tx: Session, connection_id: int, kind: RecordKind, keys: Sequence[str]) -> list[_Taken]:
    rows = tx.execute(
        sa.select(JobRow.procore_id, JobRow.number_key, _VENDOR, JobRow.label)
        .where(
            JobRow.connection_id == connection_id,
            JobRow.kind == kind.value,
            JobRow.number_key.in_(keys),
            NUMBERED,
        )
        .order_by(JobRow.id)
    )
    return [
        _Taken(procore_id=procore_id, number_key=key, vendor_id=vendor, words=label)
        for procore_id, key, vendor, label in rows
    ]


def cost_code_of(tx: Session, connection_id: int, full_code: str) -> str:
    """The standard cost code of that whole code, as it was last exported; empty where there is none."""
    found = tx.scalar(
        sa.select(JobRow.procore_id)
        .where(
            JobRow.connection_id == connection_id,
            JobRow.kind == RecordKind.COST_CODE.value,
            JobRow.record["full_code"].as_string() == full_code,
        )
        .order_by(JobRow.id.desc())
        .limit(1)
    )
    return found or ""
