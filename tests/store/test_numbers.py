from __future__ import annotations

from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from qbsync.model.jobs import JobEvent
from qbsync.model.links import Link
from qbsync.model.records import Commitment, CommitmentType, Invoice, RecordKey, RecordKind, Vendor
from qbsync.store import links, numbers, queue
from qbsync.store.numbers import Numbered
from qbsync.store.queue import NewJob

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)


def _invoice(procore_id, number, vendor_id="1"):
    return Invoice(
        procore_id=procore_id,
        project_id="9",
        commitment_id="5",
        commitment_type=CommitmentType.SUBCONTRACT,
        vendor_id=vendor_id,
        number=number,
        sequence=procore_id,
    )


def _commitment(procore_id, number):
    return Commitment(
        procore_id=procore_id, type=CommitmentType.SUBCONTRACT, project_id="9", vendor_id="1", number=number
    )


def _stage(tx, connection_id, record, now, *events, **choices):
    job = queue.stage(tx, connection_id, NewJob(record=record, rank=3, choices=choices), now)
    for event in events:
        queue.change(job, event, now)
    tx.flush()
    return job


def _invoice_link(tx, connection_id, procore_id, number):
    key = RecordKey(kind=RecordKind.INVOICE, procore_id=procore_id)
    made = Link(key=key, quickbooks_id=f"8-{procore_id}", name=number, edit_sequence="1", fingerprint="")
    links.save(tx, connection_id, made, NOW)


def _twin(tx, connection_id, record, **choices):
    wanted = numbers.numbered(record, choices)
    return numbers.twins(tx, connection_id, [wanted]).get(wanted, "")


def test_only_accepted_jobs_have_a_number_by_which_another_is_a_twin(database, connection_id, now):
    """What is only staged counts for nothing; of an accepted job the number that was chosen for it counts."""
    first, second, third = (
        _commitment(one, number) for one, number in (("1", "PO-1"), ("2", "PO-1"), ("3", "PO-1-EXTENDED"))
    )
    with database.write() as tx:
        for record in (first, second):
            _stage(tx, connection_id, record, now)
        assert _twin(tx, connection_id, first) == ""
        _stage(tx, connection_id, third, now, JobEvent.ACCEPT, number="PO-1")
        assert _twin(tx, connection_id, first) == "PO-1-EXTENDED"
        assert _twin(tx, connection_id, third, number="PO-1") == ""
        assert _twin(tx, connection_id, first, number="PO-1-EXTENDED") == ""
        assert _twin(tx, connection_id, second, number="PO-7") == ""


@pytest.mark.parametrize("number", ["É-ß7", "é-SS7", " É-ß7 "])
def test_capitals_and_blanks_make_no_other_number(database, connection_id, now, number):
    """Of letters beyond ASCII too, and on both databases."""
    with database.write() as tx:
        _stage(tx, connection_id, _invoice("1", "É-ß7"), now, JobEvent.ACCEPT)
        assert _twin(tx, connection_id, _invoice("2", number)) == "É-ß7 (no. 1)"
        _invoice_link(tx, connection_id, "1", "É-ß7")
        assert _twin(tx, connection_id, _invoice("2", number)) == "invoice 1 (already in QuickBooks)"


def test_an_invoice_has_twins_of_the_same_vendor_alone(database, connection_id, add_connection, now):
    """Other vendors, kinds, connections and the record itself do not count; an ended link does not either."""
    other = add_connection("globex")
    with database.write() as tx:
        _stage(tx, connection_id, _invoice("1", "7", vendor_id="1"), now)
        _stage(tx, connection_id, _invoice("2", "7", vendor_id="2"), now)
        _stage(tx, connection_id, _commitment("3", "7"), now, JobEvent.ACCEPT)
        for connection in (connection_id, other):
            for procore_id in "12":
                _invoice_link(tx, connection, procore_id, "7")
        assert (
            _twin(tx, connection_id, _invoice("4", "7", vendor_id="1")) == "invoice 1 (already in QuickBooks)"
        )
        assert (
            _twin(tx, connection_id, _invoice("4", "7", vendor_id="2")) == "invoice 2 (already in QuickBooks)"
        )
        assert _twin(tx, connection_id, _invoice("4", "7", vendor_id="3")) == ""
        assert _twin(tx, connection_id, _invoice("1", "7", vendor_id="1")) == ""
        assert _twin(tx, connection_id, _commitment("3", "7")) == ""
        assert _twin(tx, other, _commitment("3", "7")) == ""
        links.end(tx, connection_id, RecordKey(kind=RecordKind.INVOICE, procore_id="1"), now)
        assert _twin(tx, connection_id, _invoice("4", "7", vendor_id="1")) == ""


def test_a_link_that_is_saved_anew_under_another_number_is_found_by_that(database, connection_id, now):
    """The number that QuickBooks shows last is the one that is taken."""
    with database.write() as tx:
        for name in ("I-1", "I-2"):
            _invoice_link(tx, connection_id, "1", name)
        _stage(tx, connection_id, _invoice("1", "I-1"), now)
        assert _twin(tx, connection_id, _invoice("2", "I-1")) == ""
        assert _twin(tx, connection_id, _invoice("2", "i-2")) == "invoice 1 (already in QuickBooks)"


def test_only_commitments_and_invoices_go_by_numbers(database, connection_id, now):
    """A vendor has none, and one without a number is no twin of another without one."""
    assert numbers.numbered(Vendor(procore_id="1", name="Acme"), {}) is None
    with database.write() as tx:
        assert _stage(tx, connection_id, Vendor(procore_id="1", name="Acme"), now).number_key == ""
        _stage(tx, connection_id, _commitment("1", ""), now, JobEvent.ACCEPT)
        assert _twin(tx, connection_id, _commitment("2", "")) == ""


def test_a_batch_of_numbers_costs_two_statements_a_kind(database, connection_id):
    """Sixty invoices and sixty commitments are looked up at once, by indexes that hold no finished job."""
    wanted = [
        Numbered(key=RecordKey(kind=kind, procore_id=str(n)), number=f"N-{n}", vendor_id="1")
        for kind in (RecordKind.INVOICE, RecordKind.COMMITMENT)
        for n in range(60)
    ]
    asked: list[tuple[str, object]] = []
    with database.read() as tx:
        sa.event.listen(
            tx.connection(), "before_cursor_execute", lambda *given: asked.append((given[2], given[3]))
        )
        assert numbers.twins(tx, connection_id, wanted) == {}
        assert len(asked) == 4
        if database.is_sqlite:
            plans = [
                " ".join(
                    row[-1] for row in tx.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {text}", given)
                )
                for text, given in list(asked)
            ]
            assert ["ix_links_named" in plan or "ix_jobs_numbered" in plan for plan in plans] == [True] * 4
