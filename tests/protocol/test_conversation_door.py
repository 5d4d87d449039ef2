from __future__ import annotations

import itertools
import re
from datetime import timedelta

import pytest

LEASE = timedelta(minutes=6)
OTHER_FILE = "{00000000-1111-2222-3333-444444444444}"


def _writes(pc):
    return [request for request in pc.requests if "newMessageSetID" in request]


def test_wrong_password_is_nvu_counted_and_slowed(rig, records):
    """Wrong passwords answer nvu and are counted; after three even the right one must wait a while."""
    rig.export(records.vendor())
    office = rig.pc()
    for number in (1, 2, 3):
        assert office.authenticate("wrong") == "nvu"
        assert rig.connection().failed_logins == number
    assert office.authenticate() == "nvu"
    assert rig.connection().failed_logins == 3
    assert rig.drain.send_request_xml(office.ticket, "", "", "US", 13, 0) == ""
    assert office.last_error() == "Session expired, run again."
    assert "password" in office.close()
    rig.clock.passes(timedelta(seconds=5))
    assert office.authenticate() == ""
    assert rig.connection().failed_logins == 0


def test_stranger_is_nvu(rig):
    """A user that does not exist gets a ticket that opens nothing, and nvu."""
    ticket, answer = rig.drain.authenticate("somebody", "anything")
    assert answer == "nvu"
    assert rig.drain.receive_response_xml(ticket, "<x/>", "", "") == -1


def test_empty_queue_is_none(rig):
    """Where there is nothing to send or to read, authenticate answers none and QuickBooks is left alone."""
    office = rig.pc()
    assert office.authenticate() == "none"
    assert office.close() == "Nothing to send."


def test_paused_connection_is_none(rig, records):
    """A paused connection sends nothing, and goes on where it was once it is resumed."""
    rig.export(records.vendor())
    rig.pause(paused=True)
    office = rig.pc()
    assert office.authenticate() == "none"
    assert office.close() == "This connection is paused."
    rig.pause(paused=False)
    assert office.update() == "1 synced."


def test_live_session_keeps_every_other_out(rig, records):
    """While a session is live another sign-in gets busy and a postponement, however often it tries."""
    office, _ = rig.hand_out(records.vendor())
    site = rig.pc("SITE-PC")
    for _ in range(3):
        assert site.authenticate() == "busy"
        assert site.welcome[2:] == ["60", ""]
        rig.clock.passes(timedelta(minutes=1))
    office.execute()
    assert office.deliver() == 100
    assert rig.job_of(records.vendor()).state == "synced"


def test_silent_session_is_over_after_its_lease(rig, records):
    """A session that is not heard of for its lease no longer keeps another out; its ticket is over."""
    office, _ = rig.hand_out(records.vendor())
    ticket = office.ticket
    rig.clock.passes(LEASE)
    assert rig.pc("SITE-PC").authenticate() == ""
    assert office.send() == ""
    assert rig.drain.get_last_error(ticket) == "Session expired, run again."
    assert [row.state for row in rig.sessions()][-2:] == ["closed", "opened"]


def test_session_that_ended_keeps_nobody_out(rig, records):
    """A session that was told 100 but never closed does not hold up the next one."""
    office, _ = rig.hand_out(records.vendor())
    office.execute()
    assert office.deliver() == 100
    rig.export(records.vendor(2))
    assert rig.pc("SITE-PC").update() == "1 synced."


def test_unknown_ticket_gets_nothing(rig, records):
    """Calls with a ticket that was never given change nothing and say so in words."""
    rig.export(records.vendor())
    drain = rig.drain
    assert drain.send_request_xml("no ticket", "", "", "US", 13, 0) == ""
    assert drain.receive_response_xml("no ticket", "<QBXML/>", "", "") == -1
    assert drain.connection_error("no ticket", "0x80040408", "") == "done"
    assert drain.get_last_error("no ticket") == "Session expired, run again."
    assert "password" in drain.close_connection("no ticket")
    assert rig.job_of(records.vendor()).state == "queued"


def test_another_company_file_is_refused(rig, records):
    """A file with another FileID is asked nothing, in plain words; the right one goes on."""
    rig.export(records.vendor())
    rig.mark_file(OTHER_FILE)
    office = rig.pc()
    office.authenticate()
    assert office.send() == ""
    assert "Another company file is open: 'Ridge Builders'" in office.last_error()
    assert "Open the company file of this connection" in office.last_error()
    assert "Another company file" in office.close()
    assert "Another company file" in rig.troubles()["QuickBooks"]
    assert rig.file.vendors() == []
    rig.mark_file(rig.file_id)
    assert rig.pc().update() == "1 synced."
    assert "QuickBooks" not in rig.troubles()


def test_message_out_never_goes_into_another_file(rig, records):
    """The stored bytes of a message without an answer are not sent where they would execute a second time."""
    office, first = rig.hand_out(records.vendor())
    office.vanish()
    rig.clock.passes(LEASE)
    rig.mark_file(OTHER_FILE)
    assert rig.pc().update().startswith("Another company file")
    assert rig.file.vendors() == []
    rig.mark_file(rig.file_id)
    assert rig.pc().until_write() == first


def test_file_without_a_mark_is_refused(rig, records):
    """A file that lacks our FileID is asked nothing, and the words say how to add it."""
    rig.export(records.vendor())
    office = rig.pc()
    office.authenticate()
    office.open_file()
    hcp = office.hcp().replace(rig.file_id, "")
    office.vanish()
    rig.clock.passes(LEASE)
    office.authenticate()
    assert office.send(hcp=hcp) == ""
    assert "does not carry the mark" in office.last_error()
    assert "add its .qwc again" in office.last_error()


def test_unreadable_company_data_is_refused(rig, records):
    """Where the company's data is no qbXML nothing is asked, and the words say so."""
    rig.export(records.vendor())
    office = rig.pc()
    office.authenticate()
    assert office.send(hcp="<html/>") == ""
    assert office.last_error() not in ("", "NoOp")
    assert rig.troubles()["QuickBooks"]


@pytest.mark.parametrize("what", ["renamed", "moved"])
def test_changed_file_is_not_written_until_confirmed(rig, records, what):
    """A company that has another name or path is read but not written to, until a person confirms it."""
    rig.export(records.vendor())
    if what == "renamed":
        rig.file.human.rename_company("Ridge Builders of Oregon")
    else:
        rig.file.path_shown = r"D:\Books\Ridge.QBW"
    office = rig.pc()
    said = office.update()
    assert "The company file changed" in said
    assert f"qbsync connection confirm-file {rig.name}" in said
    assert _writes(office) == []
    assert "The company file changed" in rig.pc().update()
    assert "writes to it again" in rig.confirm_file()
    assert rig.pc().update() == "1 synced."


def test_restored_backup_stops_writing(rig, records):
    """A counter that went back stops all writes until a person has looked; then they go on."""
    rig.export(records.vendor())
    rig.settle()
    backup = rig.file.snapshot()
    rig.export(records.vendor(2))
    rig.settle()
    rig.file.restore(backup)
    rig.export(records.vendor(3))
    office = rig.pc()
    said = office.update()
    assert "a backup seems to have been restored" in said
    assert _writes(office) == []
    assert [one.name for one in rig.file.vendors()] == ["Vendor 1"]
    rig.confirm_file()
    rig.pc().update()
    assert rig.job_of(records.vendor(3)).state == "synced"


def test_get_last_error_never_makes_it_poll_for_ever(rig, records):
    """Whatever the session and its state, getLastError has words, and never NoOp or Interactive mode."""
    office, _ = rig.hand_out(records.vendor())
    said = [office.last_error()]
    office.execute().response = ""
    office.deliver()
    said += [office.last_error(), rig.drain.get_last_error("")]
    office.close()
    assert all(text not in ("", "NoOp", "Interactive mode") for text in said)


def test_connection_error_falls_back_to_the_open_file_once(rig, records):
    """A path that cannot be opened is answered by the file that is open, once; then it ends in words."""
    rig.change_connection(lambda row: setattr(row, "company_file", r"C:\old\Ridge.QBW"))
    rig.export(records.vendor())
    office = rig.pc()
    assert office.authenticate() == r"C:\old\Ridge.QBW"
    drain = rig.drain
    assert drain.connection_error(office.ticket, "0x80040403", "moved") == ""
    assert drain.connection_error(office.ticket, "0x80040403", "moved") == "done"
    assert office.last_error() not in ("", "NoOp")
    assert "0x80040403" in rig.troubles()["QuickBooks"]
    assert office.close() != "Nothing to send."
    assert rig.job_of(records.vendor()).state == "queued"


@pytest.mark.parametrize("hresult", ["0x80040408", "0x8004040A", "0x80040410", "0x80040414", "0x80040420"])
def test_connection_error_is_explained(rig, records, hresult):
    """QuickBooks that cannot be opened is done, never retried blindly, and explained to a person."""
    rig.change_connection(lambda row: setattr(row, "company_file", rig.file.path_shown))
    rig.export(records.vendor())
    office = rig.pc()
    office.authenticate()
    assert rig.drain.connection_error(office.ticket, hresult, "it said so") == "done"
    assert hresult in rig.troubles()["QuickBooks"]
    closing = office.close()
    assert f"/support/{rig.name}" in closing
    assert len(closing) > 60
    assert rig.pc().update() == "1 synced."
    assert "QuickBooks" not in rig.troubles()


def test_path_works_after_the_fallback(rig, records):
    """After the fallback the session goes on in the open file, whose FileID is checked like any other's."""
    rig.change_connection(lambda row: setattr(row, "company_file", r"C:\old\Ridge.QBW"))
    rig.export(records.vendor())
    office = rig.pc()
    office.authenticate()
    rig.drain.connection_error(office.ticket, "0x80040403", "moved")
    assert "VendorAddRq" in office.send()


def test_percent_is_whole_and_hundred_only_at_the_end(rig, records):
    """Answers of receiveResponseXML are integers from 1 to 99 while work remains, and 100 with the last."""
    rig.set(session_lease_seconds="300")
    rig.change_connection(lambda row: setattr(row, "batch_size", 1))
    rig.export(*records.parents(), records.vendor(2), records.vendor(3))
    office = rig.pc()
    office.update()
    assert all(type(percent) is int for percent in office.percents)
    assert [percent == 100 for percent in office.percents] == [False] * (len(office.percents) - 1) + [True]
    assert all(1 <= percent <= 99 for percent in office.percents[:-1])
    assert len(office.percents) >= 3


def test_answered_session_may_be_closed_twice(rig, records):
    """A second closeConnection says the same line again."""
    office, _ = rig.hand_out(records.vendor())
    office.execute()
    office.deliver()
    lines = {rig.drain.close_connection(ticket) for ticket in itertools.repeat(office.ticket, 2)}
    assert lines == {"1 synced."}


def test_quickbooks_that_is_too_old_is_refused(rig, records):
    """A QuickBooks whose qbXML has no ExternalGUID is asked nothing, and the words say what to do."""
    rig.export(records.vendor())
    office = rig.pc()
    office.authenticate()
    office.open_file()
    old = re.sub("<SupportedQBXMLVersion>(8|9|1[0-9])[.]0</SupportedQBXMLVersion>", "", office.hcp())
    office.vanish()
    rig.clock.passes(LEASE)
    office.authenticate()
    assert office.send(hcp=old) == ""
    assert "qbXML 7.0 at most" in office.last_error()
    assert "newer release" in office.last_error()
