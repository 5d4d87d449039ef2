from __future__ import annotations

import re
from datetime import timedelta
from decimal import Decimal

import pytest

from qbsync.flows import review
from qbsync.flows.drain import outcomes

WAIT = timedelta(minutes=16)


def _well(rig):
    assert rig.unsettled() == []
    assert rig.broken() == []
    assert rig.differs() == []


def _parents(rig, records):
    rig.export(*records.parents())
    rig.settle()


def test_one_bad_job_of_fifty_is_found_by_halves(rig, records):
    """0x80040400 for fifty jobs of which one is bad: forty-nine get through, one fails with words."""
    rig.export(*[records.vendor(number) for number in range(50)])
    office = rig.pc()
    name = "<Name>Vendor 17</Name>"
    assert office.update(lambda request: name in request) == (
        f"49 synced, 1 failed; 1 needs you: https://sync.example.com/support/{rig.name}"
    )
    [failed] = [job for job in rig.jobs() if job.state != "synced"]
    assert (failed.state, failed.label) == ("failed", "Vendor 17")
    assert "could not read the request for 'Vendor 17'" in failed.error
    assert "retry" in failed.guidance
    assert sum("newMessageSetID" in request for request in office.requests) <= 14
    _well(rig)


def test_unknown_version_is_lowered(rig, records):
    """After 0x80040423 the same jobs go in the next lower qbXML version, in the same session."""
    office, first = rig.hand_out(records.vendor())
    assert '<?qbxml version="13.0"?>' in first
    office.refuse("0x80040423")
    assert 0 < office.deliver() < 100
    assert '<?qbxml version="12.0"?>' in office.send()
    office.execute()
    assert office.deliver() == 100
    _well(rig)


def test_no_version_at_all_ends_in_words(rig, records):
    """A QuickBooks that refuses every version is not asked for ever: job and connection say why."""
    rig.change_connection(lambda row: setattr(row, "names_at", None))
    office, _ = rig.hand_out_first(records.vendor())
    for _ in range(20):
        office.refuse("0x80040423")
        if not 0 <= office.deliver() < 100:
            break
        office.send()
    assert office.percent == -1
    assert "no version of qbXML" in office.last_error()
    assert "no version of qbXML" in rig.connection().stopped


@pytest.mark.parametrize("hresult", ["0x80040400", "0x80040423"])
def test_refusal_of_a_second_copy_proves_nothing_of_the_first(rig, records, hresult):
    """A message that was refused after an earlier copy lost its answer is looked for, never sent anew."""
    _parents(rig, records)
    office, _ = rig.hand_out(records.commitment())
    office.execute().response = "garbage"
    office.deliver()
    office.close()
    office.until_write()
    office.refuse(hresult)
    office.deliver()
    assert rig.job_of(records.commitment()).state == "in_doubt"
    office.close()
    rig.settle(office)
    assert len(rig.file.purchase_orders()) == 1
    assert rig.job_of(records.commitment()).state == "synced"
    _well(rig)


@pytest.mark.parametrize("unsaved", ["9002", "9005 alone"])
def test_lost_stored_answer_is_replaced_by_a_look(rig, records, unsaved):
    """Where QuickBooks has no answer to give, the record is found by its ExternalGUID and adopted."""
    _parents(rig, records)
    if unsaved == "9005 alone":
        rig.file.faults.fail_to_save_response(with_responses=False)
    office, first = rig.hand_out(records.commitment())
    office.execute()
    if unsaved == "9002":
        office.vanish()
        rig.file.lose_stored_responses()
        rig.clock.passes(timedelta(minutes=6))
        assert office.until_write() == first
        office.execute()
    assert office.deliver() == -1
    job = rig.job_of(records.commitment())
    assert job.state == "in_doubt"
    assert "looks for the record" in job.guidance
    office.close()
    office.update()
    assert rig.attempts(job)[-1] == ("synced", "found in QuickBooks by its ExternalGUID")
    assert len(rig.file.purchase_orders()) == 1
    _well(rig)


def test_9005_with_responses_is_an_answer(rig, records):
    """Where QuickBooks could not store the answer but gives it, it is applied like any other."""
    rig.file.faults.fail_to_save_response()
    office, _ = rig.hand_out(records.vendor())
    office.execute()
    assert office.deliver() == 100
    assert rig.job_of(records.vendor()).state == "synced"
    _well(rig)


@pytest.mark.parametrize("status", [600, 9002])
def test_absence_counts_only_after_the_recovery_wait(rig, records, status):
    """A record that is not there is sent anew once, in a new message, but not before the recovery wait."""
    _parents(rig, records)
    office, first = rig.hand_out(records.commitment())
    office.say_status(status)
    office.deliver()
    office.close()
    rig.clock.passes(timedelta(minutes=14))
    office.update()
    assert rig.job_of(records.commitment()).state == "in_doubt"
    assert {request for request in office.requests if "PurchaseOrderAddRq" in request} == {first}
    rig.clock.passes(timedelta(minutes=2))
    office.update()
    again = [message for message in rig.messages(writes=True) if b"PurchaseOrderAddRq" in message.request]
    assert len(again) == 2
    assert again[0].set_id != again[1].set_id
    assert len(rig.file.purchase_orders()) == 1
    _well(rig)


def test_someone_elses_like_record_is_a_persons_to_judge(rig, records):
    """A like purchase order without our mark leaves the job in doubt, with words, and nothing is sent."""
    _parents(rig, records)
    office, _ = rig.hand_out(records.commitment())
    office.say_status(9002)
    office.deliver()
    office.close()
    line = {
        "ItemRef": {"FullName": "01:001"},
        "Quantity": "1",
        "Amount": "5.00",
        "CustomerRef": {"FullName": "Ridge Owners:Tower 1"},
    }
    theirs = rig.file.human.add_purchase_order(
        "Vendor 1", [("01:001", "", Decimal(5))], ref_number="SC-001", PurchaseOrderLineAdd=[line]
    )
    for _ in range(4):
        rig.clock.passes(WAIT)
        office.update()
    job = rig.job_of(records.commitment())
    assert job.state == "in_doubt"
    assert "'SC-001 Subcontract 1'" in job.error
    assert "does not carry qbsync's mark" in job.error
    assert "link" in job.guidance
    assert len(rig.file.purchase_orders()) == 1
    rig.file.human.delete("PurchaseOrder", theirs)
    review.retry(rig.desk(), job.id)
    office.update()
    assert rig.job_of(records.commitment()).state == "synced"
    _well(rig)


def test_changed_content_is_a_persons_to_judge(rig, records):
    """After 9001 nothing is sent anew by itself; a person's retry sends it, once QuickBooks shows nothing."""
    _parents(rig, records)
    office, _ = rig.hand_out(records.commitment())
    office.say_status(9001)
    assert office.deliver() == -1
    assert rig.job_of(records.commitment()).code == "9001"
    office.close()
    for _ in range(6):
        rig.clock.passes(WAIT)
        office.update()
    job = rig.job_of(records.commitment())
    assert job.state == "in_doubt"
    assert "QuickBooks does not have 'SC-001 Subcontract 1'" in job.error
    assert "retry" in job.guidance
    assert rig.file.purchase_orders() == []
    review.retry(rig.desk(), job.id)
    office.update()
    assert rig.job_of(records.commitment()).state == "synced"
    assert len(rig.file.purchase_orders()) == 1


def test_cancelled_doubt_is_looked_for_before_a_newer_version_goes(rig, records):
    """A vendor whose answer was lost and whose job was cancelled is found, and brought up to date."""
    office, _ = rig.hand_out(records.vendor(1, 0))
    office.execute()
    rig.file.lose_stored_responses()
    office.vanish()
    rig.clock.passes(timedelta(minutes=6))
    office.until_write()
    office.execute()
    office.deliver()
    office.close()
    review.cancel(rig.desk(), rig.job_of(records.vendor()).id)
    rig.export(records.vendor(1, 7))
    rig.settle(office)
    assert [one.phone for one in rig.file.vendors()] == ["555-0107"]
    assert rig.job_of(records.vendor()).state == "synced"
    _well(rig)


def test_cancelled_doubt_of_a_commitment_never_becomes_two_orders(rig, records):
    """A changed commitment whose first version is in QuickBooks unanswered fails with words."""
    _parents(rig, records)
    office, _ = rig.hand_out(records.commitment(1, 0))
    office.execute()
    office.vanish()
    rig.file.lose_stored_responses()
    rig.clock.passes(timedelta(minutes=6))
    office.until_write()
    office.execute()
    office.deliver()
    office.close()
    review.cancel(rig.desk(), rig.job_of(records.commitment()).id)
    rig.export(records.commitment(1, 5))
    rig.settle(office)
    job = rig.job_of(records.commitment())
    assert job.state == "failed"
    assert "SC-001" in job.error
    assert "1006" in job.error
    assert len(rig.file.purchase_orders()) == 1


def test_newer_version_waits_behind_one_that_is_out(rig, records):
    """A newer version goes as a change once the older one's answer is in, built from a fresh read."""
    office, _ = rig.hand_out(records.vendor(1, 0))
    [newer] = rig.export(records.vendor(1, 1))
    assert newer.waits_for == "vendor:2001"
    office.execute()
    office.deliver()
    rig.settle(office)
    assert [one.phone for one in rig.file.vendors()] == ["555-0101"]
    assert [job.state for job in rig.jobs()] == ["synced", "synced"]
    _well(rig)


@pytest.mark.parametrize("executed", [False, True], ids=["not made", "made"])
def test_change_in_doubt_is_decided_by_its_fields(rig, records, *, executed):
    """A Mod whose answer is lost is compared with what QuickBooks shows, and sent again if it differs."""
    rig.export(records.vendor(1, 0))
    rig.settle()
    office, first = rig.hand_out(records.vendor(1, 3))
    assert "VendorModRq" in first
    if executed:
        office.execute()
    office.in_hand = first
    office.say_status(9002)
    office.deliver()
    office.close()
    rig.settle(office)
    changes = [message for message in rig.messages(writes=True) if b"VendorModRq" in message.request]
    assert len(changes) == (1 if executed else 2)
    assert [one.phone for one in rig.file.vendors()] == ["555-0103"]
    _well(rig)


def test_vendor_that_is_unlinked_meanwhile_does_not_block_the_rest(rig, records):
    """A commitment in doubt is looked for although its vendor is unlinked; everything else goes on."""
    _parents(rig, records)
    office, _ = rig.hand_out(records.commitment())
    office.say_status(9002)
    office.deliver()
    office.close()
    rig.unlink(records.vendor())
    rig.export(records.vendor(2))
    office.update()
    job = rig.job_of(records.commitment())
    assert job.state == "in_doubt"
    assert rig.job_of(records.vendor(2)).state == "synced"


def test_unanswered_part_of_an_answer_is_in_doubt(rig, records):
    """A request that the answer leaves out is looked for; its neighbours are synced."""
    office, _ = rig.hand_out(records.vendor(1), records.vendor(2))
    answer = office.execute()
    answer.response = re.sub("<VendorAddRs.*?</VendorAddRs>", "", answer.response, count=1, flags=re.DOTALL)
    office.deliver()
    assert [job.state for job in rig.jobs()] == ["in_doubt", "synced"]
    rig.settle(office)
    _well(rig)


def test_answer_that_cannot_be_used_holds_up_nobody(rig, records, monkeypatch):
    """Trouble of any kind with one job's answer leaves that job in doubt; the others are synced."""
    applied = outcomes.written

    def trips(scene, job, answer):
        if job.label == "Vendor 2":
            raise LookupError("planted")
        applied(scene, job, answer)

    monkeypatch.setattr(outcomes, "written", trips)
    rig.export(records.vendor(1), records.vendor(2), records.vendor(3))
    office = rig.pc()
    assert office.update().startswith("2 synced; 1 needs you")
    job = rig.job_of(records.vendor(2))
    assert job.state == "in_doubt"
    assert "LookupError" in job.error
    assert [outcome for outcome, _ in rig.attempts(rig.job_of(records.vendor(3)))] == ["synced"]
    rig.settle(office)
    _well(rig)
