"""What a long queue and many synced records cost where all of them are looked at, in statements and CPU.

Nothing runs beside it and nothing is asserted. Arguments: the numbers of staged and queued jobs, of synced
ones, and of jobs without a link; 1000 3000 10000 by default.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import sqlalchemy as sa
from installation import NAME, Installation, awkward_vendors
from sqlalchemy.orm import Session

from qbsync.errors import StateError
from qbsync.flows import fill, offers, setup, unlinking, world as worlds
from qbsync.mapping import ORDER, mapping_for
from qbsync.model.jobs import JobEvent
from qbsync.model.links import Link, LinkLine
from qbsync.model.names import Known, ListKind
from qbsync.model.offers import Entry, OfferState
from qbsync.model.records import (
    Commitment,
    CommitmentLine,
    CommitmentType,
    CostCode,
    Invoice,
    InvoiceItemType,
    InvoiceLine,
    Project,
    Record,
    RecordKey,
    RecordKind,
    Vendor,
    key_of,
    version_of,
)
from qbsync.store import connections, links, names, offers as stored_offers, queue
from qbsync.store.queue import NewJob

SIZES = (1_000, 3_000, 10_000)
BATCH = 50
PAGE = 100
NOW = datetime(2026, 11, 29, 9, 0, tzinfo=UTC)
PROJECT = Project(procore_id="800001", name="Library")
VENDORS = [Vendor(procore_id=str(700_000 + n), name=f"Maker {n}") for n in range(300)]
CODES = [
    CostCode(procore_id=str(600_000 + n), code=f"{n:03}", full_code=f"01-{n:03}", name=f"Work {n}")
    for n in range(20)
]
QUEUED = (JobEvent.ACCEPT,)
SYNCED = (JobEvent.ACCEPT, JobEvent.SEND, JobEvent.SYNC)


def main() -> None:
    """Print what each look costs."""
    queued, synced, unlinked = [int(argument) for argument in sys.argv[1:]] or SIZES
    print(f"{'what':<58}{'statements':>11}{'CPU s':>9}")
    for measure, rows in (
        (_review_again, queued),
        (_end, queued),
        (_nothing_depends, synced),
        (_numbers_queued, synced),
        (_numbers_linked, synced),
        (_offers, unlinked),
    ):
        with Installation() as here:
            measure(here, rows)


@contextmanager
def _measured(here: Installation, what: str) -> Iterator[None]:
    asked: list[str] = []

    def before(*given: object) -> None:
        asked.append(str(given[2]))

    engine = here.app.database.engine
    sa.event.listen(engine, "before_cursor_execute", before)
    started = time.process_time()
    yield
    spent = time.process_time() - started
    sa.event.remove(engine, "before_cursor_execute", before)
    print(f"{what:<58}{len(asked):>11,}{spent:>9.3f}", flush=True)


def _put(here: Installation, records: Sequence[Record], *events: JobEvent) -> None:
    """A job for each record, moved by those events; synced ones get their links."""
    with here.app.database.write() as tx:
        for record in records:
            kind = key_of(record).kind
            touches = str(mapping_for(kind).touches(record))
            new = NewJob(record=record, rank=ORDER.index(kind), touches=touches)
            job = queue.stage(tx, here.connection_id, new, NOW)
            for event in events:
                queue.change(job, event, NOW)
            if events == SYNCED:
                _link(tx, here.connection_id, record)


def _link(tx: Session, connection_id: int, record: Record) -> None:
    lines = [
        LinkLine(procore_line_id=line.procore_id, txn_line_id=f"L{line.procore_id}", item_id="I-1")
        for line in getattr(record, "lines", ())
    ]
    made = Link(
        key=key_of(record),
        quickbooks_id=f"Q{record.procore_id}",
        name=getattr(record, "number", "") or getattr(record, "name", ""),
        edit_sequence="1",
        fingerprint=version_of(record),
        lines=tuple(lines),
    )
    links.save(tx, connection_id, made, NOW)


def _company(here: Installation) -> None:
    """A project, vendors and cost codes that are linked, and QuickBooks' lists."""
    _put(here, [PROJECT, *VENDORS, *CODES], *SYNCED)
    entries = [
        Known(list=ListKind.VENDOR, list_id=f"Q{one.procore_id}", full_name=one.name) for one in VENDORS
    ]
    with here.app.database.write() as tx:
        names.mark_read(tx, here.connection_id, ListKind)
        names.save(tx, here.connection_id, entries)


def _commitments(count: int) -> list[Commitment]:
    return [
        Commitment(
            procore_id=str(500_000 + n),
            type=CommitmentType.PURCHASE_ORDER,
            project_id=PROJECT.procore_id,
            vendor_id=VENDORS[n % len(VENDORS)].procore_id,
            number=f"PO-{n:05}",
            title="Steel",
            contract_date=date(2026, 11, 2),
            lines=tuple(
                CommitmentLine(
                    procore_id=str(10 * n + at),
                    position=at,
                    cost_code_id=CODES[(n + at) % len(CODES)].procore_id,
                    cost_code=CODES[(n + at) % len(CODES)].full_code,
                    description="Beams",
                    amount=Decimal(100),
                )
                for at in range(3)
            ),
        )
        for n in range(count)
    ]


def _invoices(count: int, *, start: int = 0) -> list[Invoice]:
    """Ten invoices of each commitment."""
    return [
        Invoice(
            procore_id=str(400_000 + n),
            project_id=PROJECT.procore_id,
            commitment_id=str(500_000 + n // 10),
            commitment_type=CommitmentType.PURCHASE_ORDER,
            vendor_id=VENDORS[n // 10 % len(VENDORS)].procore_id,
            number=f"INV-{n}",
            billing_date=date(2026, 11, 2),
            payment_due=Decimal(50),
            lines=(
                InvoiceLine(
                    procore_id=str(n),
                    position=1,
                    item_type=InvoiceItemType.CONTRACT,
                    cost_code_id=CODES[0].procore_id,
                    cost_code=CODES[0].full_code,
                    description="Beams",
                    amount=Decimal(50),
                    commitment_line_id=str(10 * (n // 10)),
                ),
            ),
        )
        for n in range(start, start + count)
    ]


def _review_again(here: Installation, rows: int) -> None:
    setup.set_options(here.app.desk("bench"), NAME, {"auto_accept": "none"})
    _company(here)
    _put(here, [replace(one, vendor_id=None) for one in _commitments(rows // 2)])
    _put(here, awkward_vendors(rows - rows // 2))
    database, connection_id = here.app.database, here.connection_id
    with _measured(here, f"review again {rows:,} staged jobs, all otherwise"):
        fill.review_again(database, connection_id, datetime.now(UTC))
    with _measured(here, f"review again {rows:,} staged jobs, nothing changed"):
        fill.review_again(database, connection_id, datetime.now(UTC))


def _end(here: Installation, rows: int) -> None:
    _company(here)
    _put(here, _commitments(rows), *QUEUED)
    with here.app.database.write() as tx, _measured(here, f"end a vendor's link with {rows:,} queued jobs"):
        world = worlds.world_of(tx, connections.lock(tx, here.connection_id))
        link = links.find(tx, here.connection_id, key_of(VENDORS[0]))
        assert link is not None
        unlinking.end(world, VENDORS[0], link, NOW)


def _nothing_depends(here: Installation, rows: int) -> None:
    _company(here)
    _put(here, _commitments(rows), *SYNCED)
    lonely = replace(CODES[0], procore_id="699999")
    _put(here, [lonely], *SYNCED)
    with (
        here.app.database.write() as tx,
        _measured(here, f"what depends on a code, of {rows:,}: nothing"),
    ):
        world = worlds.world_of(tx, connections.lock(tx, here.connection_id))
        unlinking.ask(world, key_of(lonely), NOW)
    with (
        here.app.database.write() as tx,
        _measured(here, f"what depends on a code, of {rows:,}: some do"),
    ):
        world = worlds.world_of(tx, connections.lock(tx, here.connection_id))
        with suppress(StateError):
            unlinking.ask(world, key_of(CODES[-1]), NOW)


def _numbers_queued(here: Installation, rows: int) -> None:
    _company(here)
    _put(here, _commitments(rows // 10 + BATCH), *SYNCED)
    _put(here, _invoices(rows), *QUEUED)
    _contexts(here, rows, f"beside {rows:,} queued")


def _numbers_linked(here: Installation, rows: int) -> None:
    _company(here)
    _put(here, _commitments(rows // 10 + BATCH), *SYNCED)
    _put(here, _invoices(rows), *SYNCED)
    _contexts(here, rows, f"beside {rows:,} synced")


def _contexts(here: Installation, rows: int, beside: str) -> None:
    _put(here, _invoices(BATCH, start=rows))
    with here.app.database.read() as tx:
        world = worlds.world_of(tx, connections.get(tx, here.connection_id))
        keys = [RecordKey(kind=RecordKind.INVOICE, procore_id=str(400_000 + rows + n)) for n in range(BATCH)]
        jobs = [job for key in keys if (job := queue.of_record(tx, here.connection_id, key))]
        worlds.contexts(world, jobs[:1])  # the statements are compiled once
        with _measured(here, f"{BATCH} contexts of an invoice {beside}"):
            for job in jobs:
                worlds.contexts(world, [job])
        with _measured(here, f"the contexts of {BATCH} invoices {beside}"):
            worlds.contexts(world, jobs)


def _offers(here: Installation, rows: int) -> None:
    _put(here, [Vendor(procore_id=str(n), name=f"Maker {n}") for n in range(rows // 2)])
    _put(here, [replace(PROJECT, procore_id=str(n), name=f"House {n}") for n in range(rows - rows // 2)])
    _list_offers(here, f"the page of offers, {rows:,} jobs, no offer")
    entries = [
        Entry(kind=RecordKind.VENDOR, list_id=f"O{n}", name=f"Old Maker {n}", active=True, fields={})
        for n in range(PAGE)
    ]
    with here.app.database.write() as tx:
        stored_offers.save(tx, here.connection_id, entries, NOW)
        stored_offers.keep_up(tx, here.connection_id, NOW)
    _list_offers(here, f"the page of offers, {rows:,} jobs, {PAGE} offers")


def _list_offers(here: Installation, what: str) -> None:
    with here.app.database.read() as tx, _measured(here, what):
        offers.everywhere(tx, None, state=OfferState.OFFERED, limit=PAGE + 1)


if __name__ == "__main__":
    main()
