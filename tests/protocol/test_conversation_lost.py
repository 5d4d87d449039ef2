from __future__ import annotations

import re
from datetime import timedelta

import pytest

LEASE = timedelta(minutes=6)
WAIT = timedelta(minutes=16)
SPOILT = ("<html>502 Bad Gateway</html>", "", '<?xml version="1.0" ?><QBXML><QBXMLMsgsRs', "\x00")
UNKNOWN = ("0x80040401", "0x80040402", "0x8004040D", "0x80040414", "-2147220478", "0x80131500")
"""The fifth is 0x80040402 as some versions write it, the last no error of QuickBooks' at all."""


def _set_id(request):
    return re.search('newMessageSetID="([^"]*)"', request)[1]


def _old_id(request):
    found = re.search('oldMessageSetID="([^"]*)"', request)
    return found[1] if found else None


def _well(rig):
    """Everything is synced, once, with the figures it was told."""
    assert {job.state for job in rig.jobs()} == {"synced"}
    assert rig.broken() == []
    assert rig.differs() == []


def test_dependents_follow_within_one_session(rig, records):
    """A commitment goes in the session that brought its parents' ids: division, code and the rest, order."""
    rig.export(records.commitment(), *records.parents())
    office = rig.pc()
    assert office.update() == "5 synced."
    assert len([request for request in office.requests if "newMessageSetID" in request]) == 3
    _well(rig)


def test_bytes_are_stored_before_they_are_handed_over(rig, records):
    """What sendRequestXML answers stands in the database already, with its jobs marked as sent."""
    _office, request = rig.hand_out(records.vendor())
    [message] = rig.messages(writes=True)
    assert message.request == request.encode("ascii")
    assert [job.state for job in rig.jobs()] == ["sent"]
    assert [job.message_id for job in rig.jobs()] == [message.id]


def test_second_send_in_a_session_gives_the_same_bytes(rig, records):
    """A second sendRequestXML in a row hands over the same bytes, and QuickBooks does it once."""
    office, first = rig.hand_out(records.vendor())
    assert office.send() == first
    office.execute()
    assert office.deliver() == 100
    _well(rig)


@pytest.mark.parametrize("executed", [False, True], ids=["never reached QuickBooks", "was executed"])
def test_next_session_sends_the_same_bytes_first(rig, records, *, executed):
    """A message whose answer never came is the next session's first write, byte for byte."""
    office, first = rig.hand_out(records.vendor())
    if executed:
        office.execute()
    office.vanish()
    rig.export(records.vendor(2))
    rig.clock.passes(LEASE)
    rig.restart()
    again = rig.pc()
    assert again.until_write() == first
    again.execute()
    assert 0 < again.deliver() < 100
    assert "Vendor 2" in again.send()
    again.execute()
    again.deliver()
    _well(rig)


def test_other_machine_waits_before_it_repeats(rig, records):
    """Another PC reads, but repeats a write only after the recovery wait; meanwhile it writes nothing new."""
    office, first = rig.hand_out(records.vendor())
    rig.export(records.vendor(2))
    rig.clock.passes(LEASE)
    site = rig.pc("SITE-PC")
    assert site.update() == "Nothing to send."
    assert not any("newMessageSetID" in request for request in site.requests)
    office.execute()
    rig.clock.passes(WAIT)
    assert site.until_write() == first
    site.execute()
    site.deliver()
    site.close()
    rig.settle(site)
    _well(rig)


def test_recovery_wait_counts_from_the_last_hand_over(rig, records):
    """Once another PC has the message in hand, the first one must wait in its turn."""
    office, first = rig.hand_out(records.vendor())
    office.vanish()
    rig.clock.passes(WAIT)
    site = rig.pc("SITE-PC")
    assert site.until_write() == first
    rig.clock.passes(LEASE)
    assert office.update() == "Nothing to send."
    rig.clock.passes(WAIT)
    assert office.until_write() == first


def test_machine_without_a_name_is_another_machine(rig, records):
    """Where AppLock does not say which PC it is, the message is not repeated before the recovery wait."""
    rig.export(records.vendor())
    nameless = rig.pc("")
    first = nameless.until_write()
    rig.clock.passes(LEASE)
    assert rig.pc("").update() == "Nothing to send."
    rig.clock.passes(WAIT)
    assert rig.pc("").until_write() == first


def test_only_what_is_wholly_applied_is_acknowledged(rig, records):
    """A message names as old the last one whose answer is applied to each job, and no other."""
    office, first = rig.hand_out(records.vendor(1))
    assert _old_id(first) is None
    office.execute()
    office.deliver()
    office.close()
    rig.export(records.vendor(2), records.vendor(3))
    second = office.until_write()
    assert _old_id(second) == _set_id(first)
    answer = office.execute()
    answer.response = re.sub("<VendorAddRs.*?</VendorAddRs>", "", answer.response, count=1, flags=re.DOTALL)
    office.deliver()
    assert [job.state for job in rig.jobs()] == ["synced", "in_doubt", "synced"]
    office.close()
    rig.export(records.vendor(4))
    third = office.until_write()
    assert _old_id(third) == _set_id(first)
    office.execute()
    office.deliver()
    rig.settle()
    _well(rig)


def test_reads_carry_no_message_set_id(rig):
    """Queries are never stored by QuickBooks, and never share a message with a write."""
    for message in rig.messages(writes=False):
        assert b"MessageSetID" not in message.request
        assert b"AddRq" not in message.request
        assert b"ModRq" not in message.request


def test_answer_twice_is_applied_once(rig, records):
    """The same answer delivered again changes nothing, in a session that goes on and in one that is over."""
    office, _ = rig.hand_out(*records.parents())
    answer = office.execute()
    assert 0 < office.deliver(answer) < 100
    before = rig.attempts(rig.jobs()[0])
    assert 0 < office.deliver(answer) < 100
    assert rig.attempts(rig.jobs()[0]) == before
    rig.settle(office)
    office.deliver(answer)
    _well(rig)


def test_answer_comes_late_with_an_old_ticket(rig, records):
    """An answer with the ticket of a session that is over is still the truth, and ends in -1 with words."""
    office, first = rig.hand_out(records.vendor())
    answer = office.execute()
    ticket = office.ticket
    office.vanish()
    rig.clock.passes(LEASE)
    rig.pc("SITE-PC").update()
    assert rig.job_of(records.vendor()).state == "sent"
    assert office.deliver(answer) == -1
    assert rig.drain.get_last_error(ticket) == "Session expired, run again."
    _well(rig)
    rig.export(records.vendor(2))
    assert _old_id(office.until_write()) == _set_id(first)


@pytest.mark.parametrize("text", SPOILT)
def test_garbage_is_no_answer(rig, records, text):
    """What is not qbXML is stored, answered with -1 and words, never acknowledged; the bytes go again."""
    office, first = rig.hand_out(records.vendor())
    office.execute().response = text
    assert office.deliver() == -1
    assert "Nothing is lost" in office.last_error()
    [message] = rig.messages(writes=True)
    assert (message.answer, message.acknowledge) == (text, False)
    assert office.close().startswith("QuickBooks gave no usable answer")
    assert office.until_write() == first
    office.execute()
    office.deliver()
    _well(rig)


def test_garbage_for_a_read_ends_the_session(fresh):
    """A read that is answered with garbage ends the session with words and is asked again in the next."""
    office = fresh.pc()
    office.authenticate()
    office.send()
    office.execute().response = "garbage"
    assert office.deliver() == -1
    assert "Nothing is lost" in office.last_error()
    office.close()
    assert fresh.connection().names_at is None
    office.update()
    assert fresh.connection().names_at is not None


@pytest.mark.parametrize("hresult", UNKNOWN)
@pytest.mark.parametrize("executed", [False, True], ids=["before executing", "after executing"])
def test_unknown_errors_are_no_answer(rig, records, hresult, *, executed):
    """After every HRESULT but two nobody knows whether QuickBooks did it: the same bytes go again."""
    office, first = rig.hand_out(records.vendor())
    if executed:
        office.execute()
    office.refuse(hresult)
    assert office.deliver() == -1
    assert hresult in office.last_error() or "made up by the test" in office.last_error()
    office.close()
    assert office.until_write() == first
    office.execute()
    office.deliver()
    _well(rig)


def test_after_five_tries_the_record_is_looked_for(rig, records):
    """A message that never gets an answer does not block for ever: its record is found by its mark."""
    office, first = rig.hand_out(records.vendor())
    office.execute()
    for number in range(5):
        if number:
            assert office.until_write() == first
        office.refuse("0x80040402")
        assert office.deliver() == -1
        office.close()
    assert rig.job_of(records.vendor()).state == "in_doubt"
    office.update()
    assert [outcome for outcome, _ in rig.attempts(rig.job_of(records.vendor()))] == ["in doubt", "synced"]
    _well(rig)


@pytest.mark.parametrize("recovers", [False, True], ids=["at the next authenticate", "at the start"])
def test_stored_answer_is_applied_before_anything_else(rig, records, *, recovers):
    """An answer that was stored when the process died is applied at start-up, or at the next authenticate."""
    office, first = rig.hand_out(records.vendor())
    answer = office.execute()
    rig.drain._store(answer.ticket, answer.response, answer.hresult, answer.message)
    assert rig.job_of(records.vendor()).state == "sent"
    if recovers:
        rig.restart()
        assert rig.job_of(records.vendor()).state == "synced"
    rig.clock.passes(LEASE)
    rig.export(records.vendor(2))
    request = rig.pc("SITE-PC").until_write()
    assert request != first
    assert _old_id(request) == _set_id(first)
    assert rig.job_of(records.vendor()).state == "synced"


def test_delivered_again_after_the_restart_goes_on(rig, records):
    """QBWC's second try to deliver an answer that the dead process had stored is no error."""
    office, _ = rig.hand_out(*records.parents())
    answer = office.execute()
    rig.drain._store(answer.ticket, answer.response, answer.hresult, answer.message)
    rig.restart()
    assert 0 < office.deliver(answer) < 100
    rig.settle(office)
    _well(rig)


def test_late_answer_to_a_read_is_of_another_time(rig, records):
    """A probe's answer that comes after it was asked again proves nothing any more."""
    office, _ = rig.hand_out(records.vendor())
    office.say_status(9002)
    office.deliver()
    office.close()
    office.authenticate()
    assert "VendorQueryRq" in office.send()
    stale = office.execute()
    office.vanish()
    rig.clock.passes(LEASE)
    site = rig.pc("SITE-PC")
    site.update()
    rig.clock.passes(WAIT)
    office.deliver(stale)
    assert rig.job_of(records.vendor()).state == "in_doubt"


def test_late_answer_counts_even_after_absence_was_proven(rig, records):
    """A record that seemed absent and is to be sent anew is synced by the answer that comes after all."""
    office, first = rig.hand_out(records.vendor())
    office.say_status(600)
    office.deliver()
    office.close()
    rig.clock.passes(WAIT)
    office.authenticate()
    office.send()
    office.execute()
    office.deliver()
    assert rig.job_of(records.vendor()).state == "queued"
    late = office.execute_now(first)
    assert 0 < office.deliver(late) < 100
    assert "VendorAddRq" not in office.send()
    _well(rig)
