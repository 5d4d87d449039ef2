"""Change orders: lines appended to a purchase order that others change meanwhile, once each."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from qbsync.flows import review, unlinking
from qbsync.model.records import ChangeOrder, ChangeOrderLine, key_of

HOUR = timedelta(hours=1)


def change(records, number=1, *amounts, commitment=1, changes=None):
    """A change order of a commitment with a line for each amount; `changes` is the line they all touch."""
    parent = records.commitment(commitment)
    return ChangeOrder(
        procore_id=str(7000 + number),
        project_id=parent.project_id,
        commitment_id=parent.procore_id,
        number=f"{number:03}",
        title="Owner's wish",
        lines=tuple(
            ChangeOrderLine(
                procore_id=f"{7000 + number}{place}",
                position=place,
                commitment_line_id=changes,
                cost_code_id=parent.lines[0].cost_code_id,
                cost_code="01-001",
                description=f"Extra {place}",
                amount=Decimal(amount),
            )
            for place, amount in enumerate(amounts or ("250.00",), start=1)
        ),
    )


@pytest.fixture
def office(rig, records):
    """A rig whose first commitment is in QuickBooks."""
    rig.export(*records.parents(), records.commitment())
    rig.settle()
    return rig


def figures(rig, place=0):
    """The amounts of a purchase order's lines."""
    return [line.amount for line in rig.file.purchase_orders()[place].lines]


def test_a_change_order_is_appended_to_its_purchase_order(office, records):
    """The lines that were there stay as they are; the new ones follow, marked with number and id."""
    before = office.file.purchase_orders()[0].lines
    office.export(change(records, 1, "250.00", "-40.25"))
    office.settle()
    after = office.file.purchase_orders()[0].lines
    assert after[: len(before)] == before
    assert [line.amount for line in after[len(before) :]] == [Decimal("250.00"), Decimal("-40.25")]
    assert after[-1].description.startswith("[CCO 001/7001] Owner's wish; Extra 2")
    link = office.linked()[key_of(change(records))]
    assert [line[1] for line in link.lines] == [line.txn_line_id for line in after[len(before) :]]


def test_items_on_one_commitment_line_are_summed(office, records):
    """What touches one line of the commitment becomes one line, and each item is joined to it."""
    line = records.commitment().lines[0].procore_id
    office.export(change(records, 1, "100.10", "20.20", "-0.30", changes=line))
    office.settle()
    assert figures(office)[-1] == Decimal("120.00")
    link = office.linked()[key_of(change(records))]
    assert len({kept[1] for kept in link.lines}) == 1
    assert len(link.lines) == 3


def test_two_change_orders_of_one_commitment_never_share_a_message(office, records):
    """The second is built from a read made after the first was written, so that neither drops the other."""
    office.export(change(records, 1, "1.00"), change(records, 2, "2.00"))
    office.settle()
    assert figures(office)[-2:] == [Decimal("1.00"), Decimal("2.00")]
    for message in office.messages(writes=True):
        assert message.request.count(b"<PurchaseOrderModRq") <= 1
    assert office.broken() == []


def test_a_change_order_waits_for_its_commitment(rig, records):
    """Accepted together they go one after the other: first the order, then its lines."""
    rig.export(*records.parents(), records.commitment(), change(records))
    assert rig.job_of(change(records)).waits_for == str(key_of(records.commitment()))
    rig.settle()
    assert figures(rig)[-1] == Decimal("250.00")


def test_an_edit_between_read_and_mod_is_read_again(office, records):
    """QuickBooks refuses the stale EditSequence; the order is read once more and the edit is kept."""
    office.export(change(records))
    pc = office.pc()
    pc.until_write()
    order = office.file.purchase_orders()[0]
    office.clock.passes(timedelta(minutes=1))
    office.file.human.edit_purchase_order(order.txn_id, Memo="Changed by hand")
    pc.execute()
    pc.deliver()
    pc.close()
    office.settle()
    held = office.file.purchase_orders()[0]
    assert held.memo == "Changed by hand"
    assert figures(office)[-1] == Decimal("250.00")
    assert office.job_of(change(records)).state == "synced"


@pytest.mark.parametrize("executed", [True, False])
def test_a_lost_answer_is_decided_by_reading_the_order(office, records, executed):
    """With QuickBooks' stored answer gone, our marked lines tell whether the Mod was carried out."""
    office.export(change(records))
    pc = office.pc()
    pc.until_write()
    if executed:
        pc.execute()
    office.file.forget_message_sets()
    pc.say_status(9002)
    pc.deliver()
    pc.close()
    assert office.job_of(change(records)).state == "in_doubt"
    office.clock.passes(HOUR)
    office.settle()
    assert figures(office).count(Decimal("250.00")) == 1
    assert office.job_of(change(records)).state == "synced"


def test_a_deleted_order_fails_the_change_order_by_name(office, records):
    """The person reads that the purchase order is gone; nothing is made up in its place."""
    order = office.file.purchase_orders()[0]
    office.file.human.delete("PurchaseOrder", order.txn_id)
    office.export(change(records))
    office.pc().update()
    job = office.job_of(change(records))
    assert job.state == "failed"
    assert "no longer has the commitment 'SC-001'" in job.error


def test_an_order_closed_by_hand_is_not_changed(office, records):
    """The person is told to open it in QuickBooks first."""
    office.file.human.close_purchase_order(office.file.purchase_orders()[0].txn_id)
    office.export(change(records))
    office.pc().update()
    assert "closed by hand" in office.job_of(change(records)).error


def test_a_change_order_is_unlinked_once_its_lines_are_gone(office, records):
    """While its lines are in the order it stays linked; without them the link ends, and it may go again."""
    office.export(change(records))
    office.settle()
    unlinking.unlink(office.desk(), office.name, key_of(change(records)))
    office.pc().update()
    assert office.job_of(change(records)).error == "The change order is still in QuickBooks."
    order = office.file.purchase_orders()[0]
    kept = [{"TxnLineID": line.txn_line_id} for line in order.lines[:-1]]
    office.file.human.edit_purchase_order(order.txn_id, PurchaseOrderLineMod=kept)
    unlinking.unlink(office.desk(), office.name, key_of(change(records)))
    office.pc().update()
    assert key_of(change(records)) not in office.linked()


def test_a_number_that_recurs_is_no_confusion(office, records):
    """Two change orders of one number and amount both arrive: the id in the mark tells them apart."""
    twin = replace(change(records, 2), number="001")
    office.export(change(records, 1), twin)
    office.settle()
    assert figures(office).count(Decimal("250.00")) == 2


def test_a_purchase_order_made_anew_gets_its_change_orders_again(office, records):
    """Deleted and retried, the purchase order has the change orders once more, each once."""
    for number, amount in ((1, "250.00"), (2, "30.00")):
        office.export(change(records, number, amount))
        office.settle()
    before = figures(office)
    [order] = office.file.purchase_orders()
    office.file.human.delete("PurchaseOrder", order.txn_id)
    review.retry(office.desk(), office.job_of(records.commitment()).id)
    office.settle()
    assert figures(office) == before
    assert office.broken() == []
    office.export(change(records, 3, "7.00"))
    office.settle()
    assert figures(office) == [*before, Decimal("7.00")]
