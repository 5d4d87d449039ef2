from __future__ import annotations

import pytest
from lxml import etree

ADD = '<VendorAddRq requestID="1"><VendorAdd><Name>{}</Name></VendorAdd></VendorAddRq>'


@pytest.fixture
def names(company):
    """The vendors beside ACME."""
    return lambda: [vendor.name for vendor in company.vendors()][1:]


def status(answer):
    """The message set's own status."""
    return answer.get("messageSetStatusCode")


def test_a_new_id_executes_and_saves(ask, company, names):
    """-|N|requests, N unknown: executed, the response carries the id and status 0, and it is saved."""
    answer = ask(ADD.format("B"), newMessageSetID="N1")
    assert (answer.get("newMessageSetID"), status(answer)) == ("N1", "0")
    assert names() == ["B"]
    assert company.stored_message_sets("qbsync") == ["N1"]


def test_the_same_message_again_is_answered_from_the_store(company, wrapped, names):
    """-|N|requests, N known, same content: the saved response to the letter, and nothing executed."""
    message = wrapped(ADD.format("B"), newMessageSetID="N1")
    first = company.process(message)
    assert company.process(message) == first
    assert names() == ["B"]


def test_the_same_id_with_other_content_is_9001(ask, names):
    """-|N|requests, N known, other content: 9001, nothing executed, no answers."""
    ask(ADD.format("B"), newMessageSetID="N1")
    answer = ask(ADD.format("C"), newMessageSetID="N1")
    assert (status(answer), len(answer)) == ("9001", 0)
    assert names() == ["B"]


def test_a_status_check_returns_what_was_saved(ask, names):
    """N|N|empty: the saved response; 600 where there is none."""
    first = ask(ADD.format("B"), newMessageSetID="N1")
    check = ask("", newMessageSetID="N1", oldMessageSetID="N1")
    assert etree.tostring(check) == etree.tostring(first)
    assert names() == ["B"]
    assert status(ask("", newMessageSetID="N9", oldMessageSetID="N9")) == "600"


def test_an_old_id_is_forgotten_before_the_new_set_runs(ask, company, names):
    """O|N|requests: O is forgotten, then N is executed."""
    ask(ADD.format("B"), newMessageSetID="N1")
    assert status(ask(ADD.format("C"), newMessageSetID="N2", oldMessageSetID="N1")) == "0"
    assert names() == ["B", "C"]
    assert company.stored_message_sets("qbsync") == ["N2"]


def test_a_repeated_message_with_an_acknowledgement_is_not_executed_again(company, wrapped, names):
    """O|N|requests a second time: O is unknown by then, the saved response still comes."""
    company.process(wrapped(ADD.format("B"), newMessageSetID="N1"))
    message = wrapped(ADD.format("C"), newMessageSetID="N2", oldMessageSetID="N1")
    assert company.process(message) == company.process(message)
    assert names() == ["B", "C"]


def test_an_acknowledgement_alone_forgets(ask, company):
    """O|-|empty: O is forgotten; 600 when it is not known."""
    ask(ADD.format("B"), newMessageSetID="N1")
    assert status(ask("", oldMessageSetID="N1")) == "0"
    assert company.stored_message_sets("qbsync") == []
    assert status(ask("", oldMessageSetID="N1")) == "600"


def test_everything_of_an_application_can_be_cleared(ask, company):
    """ClearAllMessageSets|-|empty forgets all sets of this application, and no other's."""
    ask(ADD.format("B"), newMessageSetID="N1")
    ask(ADD.format("C"), newMessageSetID="N2")
    clear = (
        '<?qbxml version="13.0"?><QBXML><QBXMLMsgsRq onError="stopOnError" oldMessageSetID="{}" /></QBXML>'
    )
    company.process(clear.format("ClearAllMessageSets"), app_name="another")
    assert company.stored_message_sets("qbsync") == ["N1", "N2"]
    assert status(ask("", oldMessageSetID="ClearAllMessageSets")) == "0"
    assert company.stored_message_sets("qbsync") == []


def test_sets_belong_to_one_application(company, wrapped, names):
    """The same id of another application is unknown, and executes."""
    company.process(wrapped(ADD.format("B"), newMessageSetID="N1"))
    company.process(wrapped(ADD.format("C"), newMessageSetID="N1"), app_name="another")
    assert names() == ["B", "C"]


@pytest.mark.parametrize(("bad", "good"), [("x" * 24, "x" * 23), ("", "x")])
def test_a_bad_id_is_9004(ask, names, bad, good):
    """An id of 24 characters, or none, answers 9004 and nothing is executed; 23 are fine."""
    assert status(ask(ADD.format("B"), newMessageSetID=bad)) == "9004"
    assert names() == []
    assert status(ask(ADD.format("B"), newMessageSetID=good)) == "0"


def test_a_lost_response_is_9002(company, wrapped, names):
    """A set that ran, but whose response QuickBooks no longer has, answers 9002 and does not run again."""
    message = wrapped(ADD.format("B"), newMessageSetID="N1")
    company.process(message)
    company.lose_stored_responses()
    assert 'messageSetStatusCode="9002"' in company.process(message)
    assert names() == ["B"]


@pytest.mark.parametrize("with_responses", [True, False])
def test_a_response_that_could_not_be_saved_is_9005(ask, company, names, with_responses):
    """9005: executed, but not saved, with or without the responses; asked again it is 9002."""
    company.faults.fail_to_save_response(with_responses=with_responses)
    answer = ask(ADD.format("B"), newMessageSetID="N1")
    assert (status(answer), len(answer)) == ("9005", int(with_responses))
    assert names() == ["B"]
    assert status(ask(ADD.format("B"), newMessageSetID="N1")) == "9002"


def test_a_forgotten_store_executes_again(company, wrapped):
    """With the store forgotten the same message runs once more: the second add meets its own name."""
    message = wrapped(ADD.format("B"), newMessageSetID="N1")
    company.process(message)
    company.forget_message_sets()
    assert 'statusCode="3100"' in company.process(message)


def test_a_parse_error_saves_nothing(company, wrapped):
    """A refused message leaves its id free."""
    with pytest.raises(Exception, match="0x80040400"):
        company.process(wrapped("<VendorAddRq />", newMessageSetID="N1"))
    assert company.stored_message_sets("qbsync") == []


def test_a_restored_backup_takes_the_store_back(company, wrapped, names):
    """A restored backup knows neither the record nor the message set; the same message then runs anew."""
    backup = company.snapshot()
    message = wrapped(ADD.format("B"), newMessageSetID="N1")
    company.process(message)
    company.restore(backup)
    assert names() == []
    assert 'statusCode="0"' in company.process(message)
    assert names() == ["B"]


def test_a_stopped_set_is_saved_with_its_3231(company, wrapped):
    """The saved response of a stopped set holds the requests that were not processed."""
    message = wrapped(ADD.format("ACME") + ADD.format("B"), on_error="stopOnError", newMessageSetID="N1")
    first = company.process(message)
    assert 'statusCode="3231"' in first
    assert company.process(message) == first
