"""Ending a link: QuickBooks shows first that the record is gone."""

from __future__ import annotations

from datetime import timedelta

import pytest

from qbsync.errors import StateError
from qbsync.flows import fill, review, unlinking
from qbsync.model.records import key_of
from qbsync.procore.feeds.events import Seen
from qbsync.store import links, writebacks


def _unlink(rig, record):
    unlinking.unlink(rig.desk(), rig.name, key_of(record))
    rig.pc().update()


def _link(rig, record):
    with rig.database.read() as tx:
        return links.find(tx, rig.id, key_of(record))


def _settled(rig, records):
    rig.export(
        records.vendor(), records.project(), records.division(), records.cost_code(), records.commitment()
    )
    rig.settle()


def test_a_commitment_still_in_quickbooks_keeps_its_link(rig, records):
    """The refusal says that it is still in QuickBooks and what to do; nothing is cleared in Procore."""
    _settled(rig, records)
    _unlink(rig, records.commitment())
    job = rig.job_of(records.commitment())
    assert (job.state, job.error) == ("synced", "The commitment is still in QuickBooks.")
    assert "unlink it again" in job.guidance
    assert _link(rig, records.commitment()) is not None


def test_a_commitment_gone_from_quickbooks_is_unlinked_and_nothing_goes_again(rig, records):
    """Its link ends, Procore is told to forget header first and then the lines, and no job goes again."""
    _settled(rig, records)
    order = rig.file.purchase_orders()[0]
    rig.file.human.delete("PurchaseOrder", order.txn_id)
    _unlink(rig, records.commitment())
    assert _link(rig, records.commitment()) is None
    with rig.database.read() as tx:
        owed = writebacks.of_record(tx, rig.id, key_of(records.commitment()))
    assert [one.origin_id for one in sorted(owed, key=lambda one: one.turn)] == [None] * len(owed)
    assert next(one for one in owed if one.turn == 0).item_id == records.commitment().procore_id
    fill.store_events(rig.database, rig.id, [Seen(record=records.commitment(), exportable=True)], rig.clock())
    rig.settle()
    assert rig.file.purchase_orders() == []
    review.retry(rig.desk(), rig.job_of(records.commitment()).id)
    rig.settle()
    assert len(rig.file.purchase_orders()) == 1


def test_what_depends_on_a_record_is_named(rig, records):
    """A project with a commitment in QuickBooks is not unlinked: the commitment is named."""
    _settled(rig, records)
    with pytest.raises(StateError, match=r"the commitment .* depends on it"):
        unlinking.unlink(rig.desk(), rig.name, key_of(records.project()))


def test_users_of_a_cost_code_are_named(rig, records):
    """A code with a commitment, and a division with a code below it, are not unlinked: both are named."""
    _settled(rig, records)
    with pytest.raises(StateError, match=r"the commitment .* depends on it"):
        unlinking.unlink(rig.desk(), rig.name, key_of(records.cost_code()))
    with pytest.raises(StateError, match=r"the cost code .* depends on it"):
        unlinking.unlink(rig.desk(), rig.name, key_of(records.division()))


@pytest.fixture
def order(rig, records):
    """A commitment whose purchase order a person is about to delete or keep; gives how it is deleted."""
    _settled(rig, records)
    [order] = rig.file.purchase_orders()
    return lambda: rig.file.human.delete("PurchaseOrder", order.txn_id)


def _amounts(rig):
    return [[str(line.amount) for line in order.lines] for order in rig.file.purchase_orders()]


def _sent(record):
    return [[f"{line.amount:.2f}" for line in record.lines]]


def test_an_edit_in_procore_comes_back_after_the_unlink(rig, records, order):
    """Deleted and unlinked as the edited version asked: that is ready again, and goes once accepted."""
    edited = records.commitment(1, 1)
    [waiting] = rig.stage(edited)
    assert "unlink" in waiting.review["problems"][0]["guidance"]
    order()
    _unlink(rig, edited)
    assert _link(rig, edited) is None
    newest = rig.job_of(edited)
    assert (newest.state, newest.review["problems"]) == ("staged", [])
    assert rig.job(waiting.id).state == "cancelled"
    rig.settle()
    assert rig.file.purchase_orders() == []
    rig.accept(newest)
    rig.settle()
    assert _amounts(rig) == _sent(edited)


def test_an_edit_in_procore_comes_back_where_the_record_is_still_there(rig, records, order):
    """The unlink is refused by what QuickBooks shows; the edited version waits for a person as before."""
    edited = records.commitment(1, 1)
    rig.stage(edited)
    _unlink(rig, edited)
    assert [job.state for job in rig.jobs() if job.kind == "commitment"] == ["synced", "cancelled", "staged"]
    assert _link(rig, edited) is not None
    assert order is not None


@pytest.mark.parametrize("asks", [unlinking.unlink, None], ids=["unlink", "retry"])
@pytest.mark.parametrize("held", [False, True])
def test_a_proof_that_a_person_cancels_is_synced_again(rig, records, order, asks, held):
    """Cancelling an unlink or a retry leaves the job as it was; the next unlink goes through."""
    job = rig.job_of(records.commitment())
    if asks:
        asks(rig.desk(), rig.name, key_of(records.commitment()))
    else:
        review.retry(rig.desk(), job.id)
    if held:
        review.hold(rig.desk(), job.id)
    review.cancel(rig.desk(), job.id)
    assert rig.job(job.id).state == "synced"
    order()
    _unlink(rig, records.commitment())
    assert _link(rig, records.commitment()) is None


def test_a_proof_goes_on_after_a_hold(rig, records, order):
    """Held and released, the unlink still asks QuickBooks first, and is asked but once."""
    order()
    unlinking.unlink(rig.desk(), rig.name, key_of(records.commitment()))
    job = rig.job_of(records.commitment())
    review.hold(rig.desk(), job.id)
    review.release(rig.desk(), job.id)
    assert rig.job(job.id).step == "prove"
    review.hold(rig.desk(), job.id)
    assert unlinking.unlink(rig.desk(), rig.name, key_of(records.commitment())) == job.id
    rig.pc().update()
    assert _link(rig, records.commitment()) is None
    assert (rig.job(job.id).state, rig.file.purchase_orders()) == ("synced", [])


def test_a_link_whose_job_was_cancelled_is_unlinked(rig, records):
    """The answer came after its job was cancelled: a copy of the job asks QuickBooks, and the link ends."""
    rig.export(*records.parents())
    rig.settle()
    office, _ = rig.hand_out(records.commitment())
    answer = office.execute()
    rig.file.lose_stored_responses()
    office.vanish()
    rig.clock.passes(timedelta(minutes=6))
    office.until_write()
    office.say_status(9002)
    office.deliver()
    review.cancel(rig.desk(), rig.job_of(records.commitment()).id)
    office.deliver(answer)
    office.close()
    assert rig.job_of(records.commitment()).state == "cancelled"
    [order] = rig.file.purchase_orders()
    _unlink(rig, records.commitment())
    assert rig.job_of(records.commitment()).error == "The commitment is still in QuickBooks."
    rig.file.human.delete("PurchaseOrder", order.txn_id)
    _unlink(rig, records.commitment())
    assert _link(rig, records.commitment()) is None


def test_a_retry_exports_what_procore_has_now(rig, records, order):
    """The edited version was cancelled: a retry of the older job sends the edited one, once it is gone."""
    edited = records.commitment(1, 1)
    [waiting] = rig.stage(edited)
    review.cancel(rig.desk(), waiting.id)
    order()
    [older] = [job for job in rig.jobs() if job.kind == "commitment" and job.state == "synced"]
    review.retry(rig.desk(), older.id)
    rig.settle()
    assert _amounts(rig) == _sent(edited)
    with pytest.raises(StateError, match=r"Job \d+ holds a newer version"):
        review.retry(rig.desk(), older.id)


def test_a_retry_after_an_unlink_exports_what_procore_has_now(rig, records, order):
    """Unlinked, and the edited version cancelled: a retry of the older job sends the edited one."""
    edited = records.commitment(1, 1)
    [waiting] = rig.stage(edited)
    review.cancel(rig.desk(), waiting.id)
    order()
    _unlink(rig, edited)
    [older] = [job for job in rig.jobs() if job.kind == "commitment" and job.state == "synced"]
    review.retry(rig.desk(), older.id)
    rig.settle()
    assert _amounts(rig) == _sent(edited)


def test_a_retry_exports_what_procore_went_back_to(rig, records, order):
    """Edited, cancelled here, and set back in Procore: the retry sends what Procore has, not the edit."""
    [waiting] = rig.stage(records.commitment(1, 1))
    review.cancel(rig.desk(), waiting.id)
    rig.stage(records.commitment())
    order()
    [older] = [job for job in rig.jobs() if job.kind == "commitment" and job.state == "synced"]
    review.retry(rig.desk(), older.id)
    rig.settle()
    assert _amounts(rig) == _sent(records.commitment())


def test_a_newer_version_takes_the_place_of_an_unlink(rig, records, order):
    """Edited again before QuickBooks was asked: the older job is synced as before, the edit waits."""
    unlinking.unlink(rig.desk(), rig.name, key_of(records.commitment()))
    rig.stage(records.commitment(1, 1))
    assert [job.state for job in rig.jobs() if job.kind == "commitment"] == ["synced", "staged"]
    order()
    _unlink(rig, records.commitment())
    assert _link(rig, records.commitment()) is None


def test_what_is_about_to_be_unlinked_still_counts(rig, records, order):
    """While the commitment's unlink is not answered, its project is not unlinked either."""
    unlinking.unlink(rig.desk(), rig.name, key_of(records.commitment()))
    with pytest.raises(StateError, match=r"the commitment .* depends on it"):
        unlinking.unlink(rig.desk(), rig.name, key_of(records.project()))
    assert order is not None
