from __future__ import annotations

import pytest

from qbsync.simulator.quickbooks import HResult, RequestProcessorError

ADD = "<VendorAddRq><VendorAdd><Name>B</Name></VendorAdd></VendorAddRq>"


@pytest.mark.parametrize("hresult", list(HResult))
def test_before_executing_every_hresult_can_be_raised(company, wrapped, hresult):
    """fail_before raises the HRESULT once and executes nothing."""
    company.faults.fail_before(hresult)
    with pytest.raises(RequestProcessorError) as refusal:
        company.process(wrapped(ADD))
    assert refusal.value.hresult == hresult
    assert refusal.value.message
    assert len(company.vendors()) == 1
    company.process(wrapped(ADD))
    assert len(company.vendors()) == 2


def test_after_executing_the_answer_is_lost(company, wrapped):
    """fail_after executes, saves the response, and raises: the same message again is not executed."""
    company.faults.fail_after("0x80040402")
    message = wrapped(ADD, newMessageSetID="A1")
    with pytest.raises(RequestProcessorError):
        company.process(message)
    assert 'statusCode="0"' in company.process(message)
    assert len(company.vendors()) == 2


def test_a_garbage_answer_still_executes(company, wrapped):
    """answer_instead executes and answers something else."""
    company.faults.answer_instead("garbage")
    assert company.process(wrapped(ADD)) == "garbage"
    assert len(company.vendors()) == 2


def test_sessions_follow_the_file_that_is_open(company):
    """Another path answers 0x8004040A while a file is open, 0x80040403 while none is."""
    company.end_session(company.begin_session("qbsync", company.path_shown.upper()))
    with pytest.raises(RequestProcessorError) as other:
        company.begin_session("qbsync", r"C:\Other.QBW")
    assert other.value.hresult == "0x8004040A"
    company.running = False
    with pytest.raises(RequestProcessorError) as absent:
        company.begin_session("qbsync", r"C:\Other.QBW")
    assert absent.value.hresult == "0x80040403"
    with pytest.raises(RequestProcessorError) as unnamed:
        company.begin_session("qbsync")
    assert unnamed.value.hresult == "0x80040416"
    company.begin_session("qbsync", company.path_shown)


def test_a_session_can_be_refused(company):
    """fail_session raises at BeginSession, once."""
    company.faults.fail_session("0x80040414")
    with pytest.raises(RequestProcessorError) as refusal:
        company.begin_session("qbsync")
    assert refusal.value.hresult == "0x80040414"
    company.begin_session("qbsync")


def test_an_ended_session_takes_no_request(company, wrapped):
    """A ticket of a session that is over answers 0x8004040D."""
    ticket = company.begin_session("qbsync")
    company.end_session(ticket)
    with pytest.raises(RequestProcessorError) as refusal:
        company.process_in_session(ticket, wrapped("<HostQueryRq />"))
    assert refusal.value.hresult == "0x8004040D"
