"""What looks at a whole list costs a bounded number of statements, however long the list is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import date
from decimal import Decimal

import pytest
import sqlalchemy as sa

from qbsync.errors import StateError
from qbsync.flows import fill, offers, unlinking, world as worlds
from qbsync.flows.review import accept
from qbsync.model.jobs import JobEvent, JobState
from qbsync.model.names import Known, ListKind
from qbsync.model.offers import Entry, OfferState
from qbsync.model.records import (
    Commitment,
    CommitmentLine,
    CommitmentType,
    CostCode,
    Project,
    RecordKey,
    RecordKind,
    Vendor,
)
from qbsync.store import offers as stored_offers
from qbsync.store.tables import ConnectionRow

LOCKS = "BEGIN IMMEDIATE"
"""How SQLite's write transaction begins, in which nobody else can write."""
PROJECT = Project(procore_id="9", name="Library")
CODE = CostCode(procore_id="2", code="2", full_code="02", name="Work")
Counted = Callable[[], AbstractContextManager[list[str]]]


@pytest.fixture
def counted(acme) -> Counted:
    """Notes each statement that the database is given meanwhile."""

    @contextmanager
    def noting() -> Iterator[list[str]]:
        asked: list[str] = []

        def note(*given):
            asked.append(given[2])

        sa.event.listen(acme.database.engine, "before_cursor_execute", note)
        yield asked
        sa.event.remove(acme.database.engine, "before_cursor_execute", note)

    return noting


def _vendors(count):
    return [Vendor(procore_id=str(1000 + n), name=f"Maker {n} of {n} things") for n in range(count)]


def _commitment(procore_id, *, vendor_id, number="PO-1"):
    return Commitment(
        procore_id=procore_id,
        type=CommitmentType.PURCHASE_ORDER,
        project_id="9",
        vendor_id=vendor_id,
        number=number,
        contract_date=date(2026, 11, 2),
        lines=(
            CommitmentLine(
                procore_id=f"{procore_id}1",
                position=1,
                cost_code_id="2",
                cost_code="02",
                description="Beams",
                amount=Decimal(100),
            ),
        ),
    )


def test_a_second_review_of_a_long_list_locks_nothing_where_nothing_changed(acme, counted, monkeypatch):
    """30 staged vendors, reviewed again in two batches, cost a few statements a batch, and no write."""
    monkeypatch.setattr(fill, "CHUNK", 20)
    acme.see(*_vendors(30))
    with counted() as asked:
        assert fill.review_again(acme.database, acme.id, acme.tick()) == 0
    assert [one for one in asked if one.startswith(("UPDATE", "INSERT", LOCKS))] == []
    assert len(asked) <= 20


def test_a_second_review_writes_only_what_came_out_otherwise(acme, counted):
    """One of 30 staged vendors has a namesake in QuickBooks since: that one alone is written."""
    acme.see(*_vendors(30))
    acme.know(Known(list=ListKind.EMPLOYEE, list_id="E-2", full_name="maker 7 OF 7 things"))
    before = {job.id: job.review for job in acme.jobs()}
    with counted() as asked:
        fill.review_again(acme.database, acme.id, acme.tick())
    assert [job.procore_id for job in acme.jobs() if job.review != before[job.id]] == ["1007"]
    assert asked.count(LOCKS) == 1
    assert len(asked) <= 30


def test_what_is_accepted_after_a_second_review_lets_others_have_their_turn(acme, counted, monkeypatch):
    """30 vendors that nobody need look at any more are accepted in three transactions, each once."""
    monkeypatch.setattr(fill, "AT_ONCE", 12)
    acme.see(*_vendors(30))
    acme.set(auto_accept="all")
    with counted() as asked:
        assert fill.review_again(acme.database, acme.id, acme.tick()) == 30
    assert asked.count(LOCKS) == 3
    assert {job.state for job in acme.jobs()} == {JobState.QUEUED.value}
    assert fill.review_again(acme.database, acme.id, acme.tick()) == 0


def test_two_of_one_number_are_not_both_accepted_by_one_second_review(acme):
    """Where each number goes once, the first twin is accepted and the second then waits for a person."""
    acme.see(*(_commitment(one, vendor_id="1") for one in ("71", "72")))
    acme.set(auto_accept="all", allow_duplicate_numbers=False)
    fill.review_again(acme.database, acme.id, acme.tick())
    assert acme.states() == [("71", "queued"), ("72", "staged")]
    assert "PO-1" in acme.job("72").review["problems"][0]["message"]


def test_what_many_records_are_told_of_their_numbers_costs_as_much_as_of_one(acme, counted):
    """The contexts of 40 purchase orders, each of a number of its own, cost a handful of statements."""
    acme.see(*(_commitment(str(100 + n), vendor_id="1", number=f"PO-{n}") for n in range(40)))
    with acme.database.read() as tx, counted() as asked:
        told = worlds.contexts(worlds.world_of(tx, acme.row()), acme.jobs())
    assert len(told) == 40
    assert len(asked) <= 15


def test_the_number_chosen_at_accept_is_the_one_that_is_taken(acme):
    """After a purchase order was accepted as PO-1B, another PO-1 has no twin, and another PO-1b has one."""
    acme.see(_commitment("71", vendor_id="1"))
    accept(acme.desk, acme.job("71").id, {"number": "PO-1B"})
    acme.see(_commitment("72", vendor_id="1"), _commitment("73", vendor_id="1", number="po-1b"))
    assert "same number" not in str(acme.job("72").review)
    assert "PO-1 has the same number 'po-1b'" in str(acme.job("73").review)


def test_a_person_who_decides_during_a_second_review_is_not_overruled(acme, monkeypatch):
    """A job that was accepted after it was looked through, and before its turn, stays as it was decided."""
    acme.see(*_vendors(1))
    [job] = acme.jobs()
    acme.know(Known(list=ListKind.EMPLOYEE, list_id="E-2", full_name="Maker 0 of 0 things"))
    look_through = fill._reviewed_otherwise

    def then_accept(*given):
        found = look_through(*given)
        accept(acme.desk, job.id, {"name": "Maker Zero"})
        return found

    monkeypatch.setattr(fill, "_reviewed_otherwise", then_accept)
    assert fill.review_again(acme.database, acme.id, acme.tick()) == 0
    assert acme.job("1000").state == JobState.QUEUED
    assert acme.job("1000").review["problems"] == []


def test_the_end_of_a_link_is_told_to_those_alone_that_name_it(acme, counted):
    """Of 40 queued purchase orders the three of that vendor wait again, whatever the number of others."""
    ours, others = Vendor(procore_id="1", name="Maker One"), Vendor(procore_id="2", name="Maker Two")
    acme.set(auto_accept="all")
    acme.link(PROJECT, RecordKind.PROJECT, "80-9")
    acme.link(ours, RecordKind.VENDOR, "80-1", "Maker One")
    acme.link(others, RecordKind.VENDOR, "80-2", "Maker Two")
    acme.link(
        CostCode(procore_id="2", code="2", full_code="02", name="Work"), RecordKind.COST_CODE, "80-3", "02"
    )
    acme.see(*(_commitment(str(100 + n), vendor_id="1" if n < 3 else "2", number=f"{n}") for n in range(40)))
    assert {(job.state, job.waits_for) for job in acme.jobs()} == {("queued", "")}
    with counted() as asked:
        unlinking.unlink(acme.desk, "acme", RecordKey(kind=RecordKind.VENDOR, procore_id="1"))
    waiting = [job.procore_id for job in acme.jobs() if job.waits_for == "vendor:1"]
    assert waiting == ["100", "101", "102"]
    assert {job.waits_for for job in acme.jobs() if job.procore_id not in waiting} == {""}
    assert len(asked) <= 30


def test_what_depends_on_a_record_is_found_among_many_by_few_statements(acme, counted):
    """Of 40 synced purchase orders none hinders a code that is unlinked, but for the one that names it.

    All of them name a vendor of the very same id.
    """
    code, used = (CostCode(procore_id=one, code=one, full_code=f"0{one}", name="Work") for one in "12")
    orders = [_commitment(str(100 + n), vendor_id="1", number=f"{n}") for n in range(40)]
    for record in (PROJECT, Vendor(procore_id="1", name="Maker"), code, used, *orders):
        acme.see(record)
        kind = fill.key_of(record).kind
        acme.link(record, kind, f"80-{record.procore_id}", f"0{record.procore_id}")
    for job in acme.jobs():
        acme.move(job.id, JobEvent.ACCEPT, JobEvent.ADOPT)
    with counted() as asked, pytest.raises(StateError, match="the commitment '0' depends on it"):
        unlinking.unlink(acme.desk, "acme", RecordKey(kind=RecordKind.COST_CODE, procore_id="2"))
    assert len(asked) <= 20
    with counted() as asked:
        assert unlinking.unlink(acme.desk, "acme", RecordKey(kind=RecordKind.COST_CODE, procore_id="1"))
    assert len(asked) <= 30


def _offer(acme, count):
    """QuickBooks has so many vendors that Procore lacks."""
    entries = [
        Entry(
            kind=RecordKind.VENDOR,
            list_id=f"8-{n}",
            name=f"Old {n}",
            active=True,
            fields={"name": f"Old {n}"},
        )
        for n in range(count)
    ]
    with acme.database.write() as tx:
        stored_offers.save(tx, acme.id, entries, acme.now)
        stored_offers.keep_up(tx, acme.id, acme.now)


def test_no_job_is_looked_at_where_nothing_is_offered(acme, counted):
    """Beside 30 staged vendors an empty list of offers, and one of decided offers alone, reads no job."""
    acme.see(*_vendors(30))
    with acme.database.read() as tx, counted() as asked:
        assert offers.everywhere(tx, None, state=OfferState.OFFERED, limit=100) == []
        assert offers.everywhere(tx, "acme", limit=100) == []
    _offer(acme, 1)
    with acme.database.read() as tx:
        [one] = offers.everywhere(tx, "acme")
    offers.archive(acme.desk, one["id"])
    with acme.database.read() as tx, counted() as more:
        assert [one["state"] for one in offers.everywhere(tx, None)] == ["archived"]
    assert [text for text in (*asked, *more) if "FROM jobs" in text] == []
    assert len(asked) <= 10


def test_a_page_of_offers_costs_as_much_as_one_offer(acme, counted):
    """Twenty offers beside 30 staged vendors cost a handful of statements; of the jobs names alone."""
    acme.see(*_vendors(30), Vendor(procore_id="77", name="Old 7"))
    _offer(acme, 20)
    with acme.database.read() as tx, counted() as asked:
        found = offers.everywhere(tx, None, limit=100)
    assert len(found) == 20
    assert [(one["name"], one["suggestions"][0]["procore_id"]) for one in found if one["suggestions"]] == [
        ("Old 7", "77")
    ]
    assert len(asked) <= 12
    assert [text for text in asked if "jobs.review" in text] == []


def test_behind_a_full_page_no_further_connection_is_looked_at(acme, counted):
    """Of a second connection's offers none is read once the page is full of the first one's."""
    _offer(acme, 3)
    with acme.database.write() as tx:
        first = tx.get(ConnectionRow, acme.id)
        values = {column.key: getattr(first, column.key) for column in ConnectionRow.__table__.columns}
        second = ConnectionRow(**{**values, "id": None, "name": "beta", "user": "qbsync-beta"})
        tx.add(second)
        tx.flush()
    beta = type(acme)(acme.database, second.id)
    _offer(beta, 2)
    with acme.database.read() as tx, counted() as asked:
        full = offers.everywhere(tx, None, limit=3)
    with acme.database.read() as tx, counted() as both:
        assert [one["connection"] for one in offers.everywhere(tx, None, limit=4)] == ["acme"] * 3 + ["beta"]
    assert {one["connection"] for one in full} == {"acme"}
    assert len(both) > len(asked)
