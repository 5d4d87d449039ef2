"""Copies and backups, of the company file and of qbsync's own database: nothing is doubled, nothing lost."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from qbsync.flows import fill, review
from qbsync.model.jobs import JobState
from qbsync.model.records import key_of
from qbsync.procore.feeds.events import Gone
from qbsync.store.tables import JobRow, LinkRow, MessageRow, PartRow

HOUR = timedelta(hours=1)


def _parents(rig, records):
    rig.export(records.division(), records.cost_code(), records.project(), records.vendor())
    rig.settle()


def test_a_copy_decides_nothing_about_a_job_in_doubt(rig, records):
    """While a copy of the file is open nothing is asked of it; the real file then shows the record once."""
    _parents(rig, records)
    office, _ = rig.hand_out(records.commitment())
    office.execute()
    rig.file.forget_message_sets()
    office.say_status(9002)
    office.deliver()
    office.close()
    real = rig.file.path_shown
    held = rig.file.snapshot()
    rig.file.path_shown = r"D:\copy.QBW"
    for order in rig.file.purchase_orders():
        rig.file.human.delete("PurchaseOrder", order.txn_id)
    rig.set(recovery_wait_seconds="1")
    for _ in range(3):
        rig.clock.passes(HOUR)
        assert "The company file changed" in rig.pc().update()
    rig.file.restore(held)
    rig.file.path_shown = real
    rig.settle()
    assert len(rig.file.purchase_orders()) == 1
    assert rig.broken() == []


def test_the_real_file_ends_the_stop_by_itself(rig, records):
    """After a copy was open, the next update with the real file writes to it, without a word from anyone."""
    rig.export(records.vendor())
    rig.settle()
    real = rig.file.path_shown
    rig.export(records.vendor(2))
    rig.file.path_shown = r"D:\copy.QBW"
    rig.pc().update()
    rig.file.path_shown = real
    assert rig.pc().update() == "1 synced."


def test_a_restored_database_is_noticed_and_adds_nothing_twice(rig, records):
    """A database that forgot what it sent is stopped by the file's counter, then finds its own records."""
    _parents(rig, records)
    newest = max(message.id for message in rig.messages())
    rig.export(records.commitment())
    rig.settle()
    with rig.database.write() as tx:  # the backup knew the job as accepted, and nothing of its message
        job = tx.query(JobRow).filter_by(connection_id=rig.id, kind="commitment").one()
        job.state, job.step = "queued", "write"
        tx.query(LinkRow).filter_by(connection_id=rig.id, kind="commitment").delete()
        for message in tx.query(MessageRow).filter(
            MessageRow.connection_id == rig.id, MessageRow.id > newest
        ):
            tx.query(PartRow).filter_by(message_id=message.id).delete()
            tx.delete(message)
    assert "backup of the database" in rig.pc().update()
    rig.confirm_file()
    rig.settle()
    assert len(rig.file.purchase_orders()) == 1
    assert rig.job_of(records.commitment()).state == "synced"
    assert rig.broken() == []


def test_a_record_lost_with_a_backup_is_exported_anew_on_retry(rig, records):
    """Retry of a synced job asks QuickBooks first; what is gone goes again, what is there stays as it is."""
    _parents(rig, records)
    backup = rig.file.snapshot()
    rig.export(records.commitment())
    rig.settle()
    rig.file.restore(backup)
    rig.pc().update()
    rig.confirm_file()
    for record in (records.commitment(), records.vendor()):
        review.retry(rig.desk(), rig.job_of(record).id)
    rig.settle()
    assert len(rig.file.purchase_orders()) == 1
    assert len(rig.file.vendors()) == 1
    assert [job.state for job in rig.jobs()] == ["synced"] * 5
    assert "still in QuickBooks" in rig.job_of(records.vendor()).error


def test_a_renumbered_commitment_in_doubt_is_not_made_twice(rig, records):
    """The search goes by ExternalGUID: a new number does not hide what was sent under the old one."""
    _parents(rig, records)
    office, _ = rig.hand_out(records.commitment())
    office.execute()
    rig.file.forget_message_sets()
    office.say_status(9002)
    office.deliver()
    office.close()
    review.cancel(rig.desk(), rig.job_of(records.commitment()).id)
    rig.export(replace(records.commitment(), number="PO-9"))
    rig.settle()
    assert len(rig.file.purchase_orders()) == 1


def test_changed_options_do_not_hide_a_project_in_doubt(rig, records):
    """A project sent under one customer is found although the option now names another."""
    office, _ = rig.hand_out(records.project())
    office.execute()
    rig.file.forget_message_sets()
    office.say_status(9002)
    office.deliver()
    office.close()
    rig.file.human.add_customer("Other Owners")
    rig.set(project_customer="Other Owners", recovery_wait_seconds="1")
    rig.clock.passes(HOUR)
    rig.settle()
    assert rig.job_of(records.project()).state == "synced"
    assert len([one for one in rig.file.customers() if one.parent_id]) == 1


def test_a_commitment_is_linked_by_its_number_in_quickbooks(rig, records):
    """A person names the TxnID; the next update reads that purchase order and links its lines."""
    _parents(rig, records)
    rig.export(records.commitment())
    rig.settle()
    [order] = rig.file.purchase_orders()
    with rig.database.write() as tx:  # as if the answer had never been understood
        tx.query(LinkRow).filter_by(connection_id=rig.id, kind="commitment").delete()
        tx.query(JobRow).filter_by(connection_id=rig.id, kind="commitment").update(
            {"state": JobState.FAILED.value}
        )
    rig.link(records.commitment(), order.txn_id)
    rig.settle()
    assert rig.job_of(records.commitment()).state == "synced"
    assert len(rig.file.purchase_orders()) == 1


def test_an_answer_of_another_message_is_not_taken_for_ours(rig, records):
    """An answer that names a messageSetID we never gave is stored on nothing."""
    office, request = rig.hand_out(records.vendor())
    answer = office.execute()
    ours = rig.messages(writes=True)[-1].set_id
    foreign = replace(answer, response=answer.response.replace(ours, "SOMEONE-ELSES"))
    assert office.deliver(foreign) < 0
    office.close()
    again = rig.pc()
    assert again.until_write() == request
    again.execute()
    again.deliver()
    assert rig.job_of(records.vendor()).state == "synced"


def test_status_600_beside_responses_is_an_answer(rig, records):
    """Where QuickBooks has forgotten the old id but did the new requests, its responses are taken."""
    office, _ = rig.hand_out(records.vendor())
    answer = office.execute()
    said = answer.response.replace('messageSetStatusCode="0"', 'messageSetStatusCode="600"')
    assert said != answer.response
    office.deliver(replace(answer, response=said))
    assert rig.job_of(records.vendor()).state == "synced"


def test_a_version_that_comes_back_is_staged_again(rig, records):
    """v1 synced, v2 staged, v1 again, v2 again: the last word of Procore waits for the approver."""
    rig.export(records.vendor(1, 0))
    rig.settle()
    rig.stage(records.vendor(1, 1))
    rig.stage(records.vendor(1, 0))
    [job] = rig.stage(records.vendor(1, 1))
    assert job.state == "staged"


def test_a_revert_while_a_change_is_out_is_not_lost(rig, records):
    """Procore goes back while QuickBooks has the change: the old version is staged as a change of its own."""
    rig.export(records.vendor(1, 0))
    rig.settle()
    office, _ = rig.hand_out(records.vendor(1, 1))
    rig.stage(records.vendor(1, 0))
    office.execute()
    office.deliver()
    office.close()
    assert rig.job_of(records.vendor(1, 0)).state == "staged"


def test_a_withdrawal_while_it_is_out_is_kept(rig, records):
    """A record deleted in Procore while QuickBooks was asked is not sent again when QuickBooks was busy."""
    rig.file.faults.fail_next("VendorAddRq", 3175, "in use")
    office, _ = rig.hand_out(records.vendor())
    fill.store_events(rig.database, rig.id, [Gone(key=key_of(records.vendor()))], rig.clock())
    office.execute()
    office.deliver()
    office.close()
    assert rig.job_of(records.vendor()).state == "cancelled"
    rig.settle()
    assert rig.file.vendors() == []
