"""The records that an invoice names, and whether it is a bill or a credit."""

from __future__ import annotations

from collections.abc import Iterator

from qbsync.mapping.invoice import lines as planned
from qbsync.model.records import Invoice, InvoiceLine, RecordKey, RecordKind


def vendor(record: Invoice) -> RecordKey | None:
    """The commitment's contract company, None where it has none."""
    if record.vendor_id is None:
        return None
    return RecordKey(kind=RecordKind.VENDOR, procore_id=record.vendor_id)


def project(record: Invoice) -> RecordKey:
    """The project, whose job retainage and credits are booked on."""
    return RecordKey(kind=RecordKind.PROJECT, procore_id=record.project_id)


def commitment(record: Invoice) -> RecordKey:
    """The commitment that is billed."""
    return RecordKey(kind=RecordKind.COMMITMENT, procore_id=record.commitment_id)


def cost_code(item: InvoiceLine) -> RecordKey:
    """The cost code of an item that has one of the company's."""
    return RecordKey(kind=RecordKind.COST_CODE, procore_id=item.cost_code_id or "")


def is_credit(record: Invoice) -> bool:
    """Whether the invoice comes to less than nothing."""
    return planned.total(record) < 0


def all_of(record: Invoice) -> Iterator[RecordKey]:
    """Every record named, one or more times each."""
    if (company := vendor(record)) is not None:
        yield company
    yield project(record)
    yield commitment(record)
    billed = planned.ordered(record)
    for item in billed:
        yield planned.place_of(item, record).key
    if is_credit(record):
        yield from (cost_code(item) for item in billed if item.cost_code_id is not None)
