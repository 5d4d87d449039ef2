from __future__ import annotations

from decimal import Decimal

import pytest

from qbsync.mapping import mapping_for
from qbsync.model.jobs import JobEvent
from qbsync.model.links import Link
from qbsync.model.records import (
    Budget,
    BudgetLine,
    ChangeOrder,
    ChangeOrderLine,
    Commitment,
    CommitmentLine,
    CommitmentType,
    CostCode,
    Invoice,
    InvoiceItemType,
    InvoiceLine,
    Payment,
    RecordKey,
    RecordKind,
    key_of,
    version_of,
)
from qbsync.store import links, naming, queue
from qbsync.store.queue import NewJob

LINE = {"procore_id": "91", "position": 1, "cost_code": "01-010", "description": "", "amount": Decimal(-1)}
ODD = 'Ä"50%_\\'
"""An id that no Procore gives, of letters that JSON and LIKE take for something else."""
RECORDS = [
    CostCode(procore_id="1", code="010", full_code="01-010", name="Work", parent_id="31"),
    Budget(
        procore_id="21",
        lines=(BudgetLine(cost_code_id="32", cost_code="01", description="", amount=Decimal(1)),),
    ),
    Commitment(
        procore_id="2",
        type=CommitmentType.SUBCONTRACT,
        project_id="21",
        vendor_id=ODD,
        number="SC-1",
        lines=(CommitmentLine(cost_code_id="33", **LINE),),
    ),
    ChangeOrder(
        procore_id="3",
        project_id="22",
        commitment_id="51",
        number="1",
        lines=(ChangeOrderLine(commitment_line_id=None, cost_code_id="34", **LINE),),
    ),
    Invoice(
        procore_id="4",
        project_id="23",
        commitment_id="52",
        commitment_type=CommitmentType.SUBCONTRACT,
        vendor_id="42",
        number="I-1",
        lines=(
            InvoiceLine(item_type=InvoiceItemType.CONTRACT, cost_code_id="35", **LINE),
            InvoiceLine(
                item_type=InvoiceItemType.CHANGE_ORDER,
                cost_code_id="36",
                change_order_id="61",
                **{**LINE, "position": 2},
            ),
        ),
    ),
    Payment(
        procore_id="5",
        project_id="24",
        commitment_id="53",
        invoice_id="71",
        vendor_id="43",
        amount=Decimal(5),
    ),
]


def _stage(tx, connection_id, record, now):
    return queue.stage(tx, connection_id, NewJob(record=record, rank=1), now)


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: key_of(record).kind.value)
def test_whatever_a_record_refers_to_is_found_by_it(database, connection_id, now, record):
    """For each kind: a queued job is found by every record that its mapping says it names, and by its own."""
    named = mapping_for(key_of(record).kind).references(record)
    other = RecordKey(kind=RecordKind.VENDOR, procore_id="9")
    assert named
    with database.write() as tx:
        job = _stage(tx, connection_id, record, now)
        assert not naming.queued(tx, connection_id, named[:1])
        queue.change(job, JobEvent.ACCEPT, now)
        tx.flush()
        for key in (*named, key_of(record)):
            assert [one.id for one in naming.queued(tx, connection_id, [other, key])] == [job.id]
        assert not naming.queued(tx, connection_id, [other])


def test_of_what_is_synced_only_linked_records_are_given(database, connection_id, add_connection, now):
    """A synced commitment whose link has ended, one of another kind or connection, does not count."""
    commitment, other = RECORDS[2], RECORDS[3]
    key = RecordKey(kind=RecordKind.PROJECT, procore_id="21")
    elsewhere = add_connection("globex")
    with database.write() as tx:
        jobs = [
            _stage(tx, connection_id, commitment, now),
            _stage(tx, connection_id, other, now),
            _stage(tx, elsewhere, commitment, now),
        ]
        for job in jobs:
            for event in (JobEvent.ACCEPT, JobEvent.ADOPT):
                queue.change(job, event, now)
            made = Link(
                key=queue.key_of_job(job),
                quickbooks_id="Q",
                name="",
                edit_sequence="1",
                fingerprint=job.version,
            )
            links.save(tx, job.connection_id, made, now)
        tx.flush()
        found = list(naming.synced(tx, connection_id, RecordKind.COMMITMENT, key))
        assert [one.id for one in found] == [jobs[0].id]
        assert found[0].version == version_of(commitment)
        links.end(tx, connection_id, key_of(commitment), now)
        assert not list(naming.synced(tx, connection_id, RecordKind.COMMITMENT, key))
