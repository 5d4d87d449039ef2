from __future__ import annotations

from datetime import timedelta

import pytest

from qbsync.flows import fill, review
from qbsync.model.names import ListKind
from qbsync.model.records import RecordKind
from qbsync.procore.feeds.events import Unreadable
from qbsync.store import names

MINUTE = timedelta(minutes=1)


def _well(rig):
    assert rig.unsettled() == []
    assert rig.broken() == []
    assert rig.differs() == []


def _writes(pc):
    return [request for request in pc.requests if "newMessageSetID" in request]


def _linked_vendor(rig, records):
    rig.export(records.vendor(1, 0))
    rig.settle()


def test_old_edit_sequence_is_read_again_once(rig, records):
    """A change refused with 3200 is built anew from a fresh read, in the same session."""
    _linked_vendor(rig, records)
    rig.clock.passes(MINUTE)
    office, first = rig.hand_out(records.vendor(1, 1))
    rig.file.human.edit("Vendor", rig.file.vendors()[0].list_id, Notes="typed meanwhile")
    office.execute()
    assert 0 < office.deliver() < 100
    assert "VendorQueryRq" in office.send()
    office.execute()
    office.deliver()
    assert "VendorModRq" in office.send() != first
    office.execute()
    assert office.deliver() == 100
    assert [one.phone for one in rig.file.vendors()] == ["555-0101"]
    _well(rig)


def test_old_edit_sequence_twice_is_for_a_person(rig, records):
    """A change that is refused with 3200 even after a fresh read fails with words, and goes on retry."""
    _linked_vendor(rig, records)
    rig.file.faults.fail_next("VendorModRq", 3200, "out of date", times=2)
    rig.export(records.vendor(1, 1))
    office = rig.pc()
    office.update()
    job = rig.job_of(records.vendor())
    assert (job.state, job.code) == ("failed", "3200")
    assert "changed in QuickBooks meanwhile" in job.error
    review.retry(rig.desk(), job.id)
    office.update()
    _well(rig)


def test_locked_then_changed_is_not_held_against_it(rig, records):
    """Someone who has the vendor open (3175) and then saves it (3200) costs a fresh read, not a failure."""
    _linked_vendor(rig, records)
    rig.file.faults.fail_next("VendorModRq", 3175, "in use")
    rig.export(records.vendor(1, 1))
    office = rig.pc()
    office.update()
    rig.clock.passes(2 * MINUTE)
    rig.file.faults.fail_next("VendorModRq", 3200, "out of date")
    office.update()
    assert rig.job_of(records.vendor()).state == "synced"
    _well(rig)


@pytest.mark.parametrize("code", [3175, 3176])
def test_locked_record_is_tried_again_after_its_rest(rig, records, code):
    """A transient refusal is retried after a minute, then two; nothing else waits for it."""
    rig.file.faults.fail_next("VendorAddRq", code, "in use")
    rig.export(records.vendor(1), records.vendor(2))
    office = rig.pc()
    assert office.update() == "1 synced."
    job = rig.job_of(records.vendor(1))
    assert (job.state, job.code) == ("queued", str(code))
    assert "in use" in job.error
    assert office.update() == "none"
    rig.file.faults.fail_next("VendorAddRq", code, "in use")
    rig.clock.passes(MINUTE)
    office.update()
    rig.clock.passes(MINUTE)
    assert office.update() == "none"
    rig.clock.passes(MINUTE)
    assert office.update() == "1 synced."
    _well(rig)


def test_locked_record_that_cannot_be_read_meanwhile_is_not_sent_again(rig, records):
    """What is with QuickBooks stays there; refused, it waits until Procore shows what is so now."""
    rig.file.faults.fail_next("VendorAddRq", 3176, "in use")
    office, _ = rig.hand_out(records.vendor())
    gone = Unreadable(kind=RecordKind.VENDOR, procore_id=records.vendor().procore_id, message="No name.")
    fill.store_events(rig.database, rig.id, [gone], rig.clock())
    assert rig.job_of(records.vendor()).state == "sent"
    office.execute()
    office.deliver()
    rig.clock.passes(MINUTE)
    assert office.update() == "none"
    job = rig.job_of(records.vendor())
    assert (job.state, "No name." in job.error) == ("queued", True)
    rig.stage(records.vendor())
    assert office.update() == "1 synced."
    _well(rig)


def test_request_that_was_not_reached_goes_again_at_once(rig, records):
    """3231 says that nothing was done and nothing is wrong: it goes again in the same session."""
    rig.file.faults.fail_next("VendorAddRq", 3231, "not processed")
    rig.export(records.vendor())
    office = rig.pc()
    assert office.update() == "1 synced."
    assert len(_writes(office)) == 2


def test_missing_right_stops_the_connection(rig, records):
    """3260 stops everything with words for the administrator; nothing is lost or failed by it."""
    rig.file.faults.fail_next("VendorAddRq", 3260, "insufficient permission")
    rig.export(records.vendor())
    office = rig.pc()
    said = office.update()
    assert "too few rights" in said
    assert rig.job_of(records.vendor()).state == "queued"
    rig.settle()
    _well(rig)


def test_refused_value_fails_by_name_and_the_rest_goes(rig, records):
    """A permanent refusal parks that job with QuickBooks' words and the steps, and no other."""
    rig.file.faults.fail_next("VendorAddRq", 3210, "the phone is odd")
    rig.export(records.vendor(1), records.vendor(2))
    assert rig.pc().update().startswith("1 synced, 1 failed; 1 needs you: ")
    job = rig.job_of(records.vendor(1))
    assert (job.state, job.code) == ("failed", "3210")
    assert "the phone is odd" in job.error
    assert "Retry" in job.guidance
    review.retry(rig.desk(), job.id)
    rig.pc().update()
    _well(rig)


def test_internal_error_leaves_the_outcome_open(rig, records):
    """Status 1000 on a write proves nothing: the record is looked for before it is sent anew."""
    rig.file.faults.fail_next("VendorAddRq", 1000, "internal")
    rig.export(records.vendor())
    office = rig.pc()
    office.update()
    assert rig.job_of(records.vendor()).state == "in_doubt"
    rig.settle(office)
    assert [outcome for outcome, _ in rig.attempts(rig.job_of(records.vendor()))] == [
        "in doubt",
        "proven absent: sent anew",
        "synced",
    ]
    _well(rig)


def test_name_taken_by_somebody_elses_vendor(rig, records):
    """3100 for a vendor that a person typed after the lists were read fails with words; linking mends it."""
    rig.export(records.vendor())
    theirs = rig.file.human.add_vendor("Vendor 1")
    rig.pc().update()
    job = rig.job_of(records.vendor())
    assert (job.state, job.code) == ("failed", "3100")
    assert "'Vendor 1'" in job.error
    assert "links link" in job.guidance
    rig.clock.passes(61 * MINUTE)
    rig.pc().update()
    rig.link(records.vendor(), theirs)
    assert rig.broken() == []
    assert rig.job_of(records.vendor()).state == "synced"
    assert len(rig.file.vendors()) == 1


def test_lost_iterator_starts_the_list_anew(fresh):
    """3391 on a page of a list begins that list again, in the same session, and reads it to its end."""
    for number in range(501):
        fresh.file.human.add_vendor(f"Old vendor {number}")
    office = fresh.pc()
    office.authenticate()
    assert 'iterator="Start"' in office.send()
    office.execute()
    office.deliver()
    second = office.send()
    assert 'iterator="Continue"' in second
    fresh.file.faults.fail_next("EntityQueryRq", 3391, "iteratorID invalid")
    office.execute()
    office.deliver()
    assert 'iterator="Start"' in office.send()
    office.execute()
    office.deliver()
    office.send()
    office.execute()
    assert office.deliver() == 100
    with fresh.database.read() as tx:
        assert len(names.listing(tx, fresh.id, ListKind.VENDOR)) == 501


def test_next_session_does_not_continue_an_iterator(fresh):
    """Iterators die with QuickBooks' session: the next one starts the list anew."""
    for number in range(501):
        fresh.file.human.add_vendor(f"Old vendor {number}")
    office = fresh.pc()
    office.authenticate()
    office.send()
    office.execute()
    office.deliver()
    office.vanish()
    fresh.clock.passes(6 * MINUTE)
    office.authenticate()
    assert 'iterator="Start"' in office.send()


def test_deleted_names_are_forgotten(rig, records):
    """A vendor that a person deleted in QuickBooks no longer stands in the way of a new one."""
    theirs = rig.file.human.add_vendor("Vendor 1")
    rig.clock.passes(61 * MINUTE)
    rig.pc().update()
    [job] = rig.stage(records.vendor())
    with rig.database.read() as tx:
        assert names.of_id(tx, rig.id, ListKind.VENDOR, theirs) is not None
    rig.file.human.delete("Vendor", theirs)
    rig.clock.passes(61 * MINUTE)
    rig.pc().update()
    with rig.database.read() as tx:
        assert names.of_id(tx, rig.id, ListKind.VENDOR, theirs) is None
    rig.accept(job)
    assert rig.pc().update() == "1 synced."


def test_lists_that_cannot_be_parsed_are_not_asked_for_ever(fresh, records):
    """A QuickBooks that cannot parse questions about its lists is asked once an hour, and writes go on."""
    fresh.export(records.vendor())
    office = fresh.pc()
    assert office.update(lambda request: "EntityQueryRq" in request) == "1 synced."
    assert sum("EntityQueryRq" in request for request in office.requests) == 1
    assert "could not read the question" in fresh.troubles()["QuickBooks list Entity"]
    fresh.clock.passes(61 * MINUTE)
    office.update()
    assert "QuickBooks list Entity" not in fresh.troubles()


def test_question_that_cannot_be_parsed_rests(rig, records):
    """A question about one record that QuickBooks cannot parse is not asked again at once."""
    _linked_vendor(rig, records)
    rig.export(records.vendor(1, 1))
    office = rig.pc()
    office.update(lambda request: "VendorQueryRq" in request)
    job = rig.job_of(records.vendor())
    assert "could not read a question about 'Vendor 1'" in job.error
    assert sum("VendorQueryRq" in request for request in office.requests) == 1
    rig.settle(office)
    _well(rig)


def test_synced_record_that_was_deleted_is_for_a_person(rig, records):
    """A change to a vendor that was deleted in QuickBooks fails with words instead of making another."""
    _linked_vendor(rig, records)
    rig.file.human.delete("Vendor", rig.file.vendors()[0].list_id)
    rig.export(records.vendor(1, 1))
    rig.pc().update()
    job = rig.job_of(records.vendor())
    assert job.state == "failed"
    assert "no longer has 'Vendor 1'" in job.error
    assert "retry" in job.guidance
    assert rig.file.vendors() == []
    review.retry(rig.desk(), job.id)
    rig.settle()
    assert rig.job_of(records.vendor()).state == "synced"
    assert [one.name for one in rig.file.vendors()] == ["Vendor 1"]
