"""Vendors that Procore merged into others: what is committed to them goes to the one that they became.

Procore forgets a vendor that was merged; QuickBooks knows nothing of it. What QuickBooks has already stays of
whom it was: a bill has to be of its purchase order's vendor, and a check of its bill's.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from sqlalchemy.orm import Session

from qbsync.model.ids import QuickBooksId
from qbsync.model.links import Link
from qbsync.model.names import ListKind
from qbsync.model.records import Invoice, Payment, Record, RecordKey, RecordKind
from qbsync.store import links, merges, names

_PARTY = "VendorRef"
"""What an order or a bill names its vendor by, among what QuickBooks showed of it."""


def stand_ins(tx: Session, connection_id: int, keys: Iterable[RecordKey]) -> dict[RecordKey, Link]:
    """The links of what those of these records became that are vendors and were merged, by what they were."""
    into = merges.into(tx, connection_id, [key for key in keys if key.kind is RecordKind.VENDOR])
    found = {key: _linked(tx, connection_id, one) for key, one in into.items()}
    return {key: link for key, link in found.items() if link is not None}


def _linked(tx: Session, connection_id: int, key: RecordKey) -> Link | None:
    """The vendor's link, or that of what it was merged into in turn."""
    found = (links.find(tx, connection_id, one) for one in became(tx, connection_id, key))
    return next((link for link in found if link is not None), None)


def became(tx: Session, connection_id: int, key: RecordKey) -> Iterator[RecordKey]:
    """The record, then what it was merged into, step by step."""
    seen: set[RecordKey] = set()
    while key not in seen:
        yield key
        seen.add(key)
        key = merges.into(tx, connection_id, [key]).get(key, key)


def all_that_became(tx: Session, connection_id: int, keys: Iterable[RecordKey]) -> set[RecordKey]:
    """The records, and every vendor that was merged into one of them, directly or over others."""
    found = {*keys}
    newest = {key for key in found if key.kind is RecordKind.VENDOR}
    while newest:
        newest = merges.sources_of(tx, connection_id, [*newest]) - found
        found |= newest
    return found


def of_its_parent(
    tx: Session, connection_id: int, record: Record, found: Mapping[RecordKey, Link]
) -> Mapping[RecordKey, Link]:
    """The links, an invoice's vendor as its purchase order has it, a payment's as its bill has it.

    That is so where the other one was merged, and for nothing else: QuickBooks refuses what does not fit.
    """
    for parent, vendor in _pairs(record):
        if parent not in found or vendor not in found:
            continue
        party = next((one.value for one in found[parent].held if one.field == _PARTY), "")
        if party in ("", found[vendor].quickbooks_id) or not _has(tx, connection_id, party):
            continue
        if party in _were(tx, connection_id, vendor):
            return {**found, vendor: replace(found[vendor], quickbooks_id=QuickBooksId(party))}
    return found


def _were(tx: Session, connection_id: int, vendor: RecordKey) -> set[str]:
    """What QuickBooks had the vendors as that were merged into this one, or itself before it was merged."""
    were = all_that_became(tx, connection_id, [vendor]) - {vendor}
    were |= {*merges.into(tx, connection_id, [vendor])}
    ended = (links.last_ended(tx, connection_id, one) for one in were)
    return {was.quickbooks_id for was in ended if was is not None}


def _has(tx: Session, connection_id: int, list_id: str) -> bool:
    return names.of_id(tx, connection_id, ListKind.VENDOR, list_id) is not None


def _pairs(record: Record) -> Iterable[tuple[RecordKey, RecordKey]]:
    """What a record bills or pays, and the vendor that it names."""
    match record:
        case Invoice(vendor_id=str(vendor_id)):
            parent = RecordKey(kind=RecordKind.COMMITMENT, procore_id=record.commitment_id)
        case Payment(vendor_id=str(vendor_id), invoice_id=str(invoice_id)):
            parent = RecordKey(kind=RecordKind.INVOICE, procore_id=invoice_id)
        case _:
            return
    yield parent, RecordKey(kind=RecordKind.VENDOR, procore_id=vendor_id)
