from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from lxml import etree

from qbsync.errors import QbxmlInvalidError, Recovery
from qbsync.qbxml.build import message
from qbsync.qbxml.requests import Request
from qbsync.qbxml.versions import Edition, QbxmlVersion


def vendor(name="ACME", **fields):
    """A vendor to add."""
    return Request(name="VendorAddRq", body={"VendorAdd": {"Name": name, **fields}})


QUERY = Request(name="VendorQueryRq", body={"FullName": ["A", "B"]})


def test_a_message_is_a_whole_document():
    """Declaration, qbxml instruction, envelope and request stand as the reference shows them."""
    written = message([("1", vendor())], new_message_set_id="N1", old_message_set_id="O1")
    assert written == (
        b'<?xml version="1.0" encoding="utf-8"?>\n'
        b'<?qbxml version="13.0"?>\n'
        b"<QBXML>\n"
        b'<QBXMLMsgsRq onError="continueOnError" newMessageSetID="N1" oldMessageSetID="O1">\n'
        b'<VendorAddRq requestID="1">\n'
        b"<VendorAdd>\n"
        b"<Name>ACME</Name>\n"
        b"</VendorAdd>\n"
        b"</VendorAddRq>\n"
        b"</QBXMLMsgsRq>\n"
        b"</QBXML>\n"
    )


def test_order_comes_from_the_schema():
    """The order of the body does not matter."""
    written = message(
        [("1", vendor(Phone="1", VendorAddress={"City": "Reno", "Addr1": "x"}, CompanyName="A"))]
    )
    tags = [e.tag for e in etree.fromstring(written).find(".//VendorAdd").iter()][1:]
    assert tags == ["Name", "CompanyName", "VendorAddress", "Addr1", "City", "Phone"]


def test_characters_survive_escaping():
    """Markup, quotes, line breaks and cp1252 come back unchanged, and the bytes are ASCII."""
    text = "<A> & \"B\" 'C'\n\té € “x”"
    written = message([("1", vendor(Notes=text))])
    assert written.isascii()
    assert etree.fromstring(written).findtext(".//Notes") == text


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("Amount", Decimal(5), "5.00"),
        ("Amount", 5, "5.00"),
        ("Amount", Decimal("-1234567890123.4"), "-1234567890123.40"),
        ("Amount", Decimal("1E+3"), "1000.00"),
        ("Amount", Decimal("2.500"), "2.50"),
        ("Amount", Decimal("-0"), "0.00"),
        ("Amount", "12", "12"),
        ("Quantity", Decimal("1E-5"), "0.00001"),
        ("Quantity", Decimal("1.1000000"), "1.10000"),
        ("Quantity", Decimal(7), "7"),
        ("Rate", Decimal("12.50"), "12.50"),
        ("Desc", "", ""),
        ("Desc", 42, "42"),
        ("ServiceDate", date(2026, 1, 31), "2026-01-31"),
    ],
)
def test_values_are_written_by_their_type(name, value, text):
    """Amounts have two decimals, rates up to five and no exponent; an empty text is written."""
    body = {"VendorRef": {"ListID": "1-1"}, "PurchaseOrderLineAdd": {name: value}}
    written = message([("1", Request(name="PurchaseOrderAddRq", body={"PurchaseOrderAdd": body}))])
    assert etree.fromstring(written).findtext(f".//{name}") == text


def test_times_have_no_fraction():
    """An aware time keeps its offset, a naive one stays local, and fractions go."""
    moment = datetime(2026, 1, 31, 13, 30, 5, 999999, tzinfo=timezone(timedelta(hours=-5)))
    body = {"FromModifiedDate": moment, "ToModifiedDate": moment.replace(tzinfo=None), "ActiveStatus": "All"}
    root = etree.fromstring(message([("1", Request(name="VendorQueryRq", body=body))]))
    assert root.findtext(".//FromModifiedDate") == "2026-01-31T13:30:05-05:00"
    assert root.findtext(".//ToModifiedDate") == "2026-01-31T13:30:05"


def test_sequences_repeat_and_empty_groups_are_left_out():
    """Each value of a sequence is an element; a group in which nothing is given is not written."""
    root = etree.fromstring(
        message([("1", vendor(VendorAddress={}, AdditionalNotes=[{"Note": "a"}, {"Note": "b"}]))])
    )
    assert [e.text for e in root.iter("Note")] == ["a", "b"]
    assert root.find(".//VendorAddress") is None


def test_an_empty_query_is_written_as_a_group():
    """A request may have no children at all, and its attributes follow the requestID."""
    written = message(
        [("1", Request(name="VendorQueryRq", body={}, attributes={"metaData": "MetaDataOnly"}))]
    )
    assert b'<VendorQueryRq requestID="1" metaData="MetaDataOnly">\n</VendorQueryRq>' in written


def test_a_status_check_and_an_acknowledgement_have_no_requests():
    """With message-set ids alone the message is empty, as recovery needs it."""
    check = message([], new_message_set_id="N", old_message_set_id="N")
    assert len(etree.fromstring(check)[0]) == 0
    assert b"newMessageSetID" not in message([], old_message_set_id="N")


def test_version_and_edition_are_named():
    """The instruction carries the version of the message, with the country in old Canadian files."""
    assert b'<?qbxml version="12.0"?>' in message([("1", vendor())], version=QbxmlVersion(12, 0))
    old = message([("1", vendor())], version=QbxmlVersion(3, 0), edition=Edition.CA)
    assert b'<?qbxml version="CA3.0"?>' in old


def test_a_field_that_does_not_fit_is_named():
    """The error tells the request, every field and the reason; the context holds the requestID."""
    with pytest.raises(QbxmlInvalidError, match="60 characters, QuickBooks takes 41") as caught:
        message([("1", vendor()), ("2", vendor("x" * 60, Phone="1" * 22))])
    assert caught.value.context == {"request_id": "2", "request": "VendorAddRq", "field": "VendorAdd/Name"}
    assert "VendorAdd/Phone" in caught.value.message
    assert caught.value.recovery is Recovery.PERSON


@pytest.mark.parametrize(
    ("requests", "options", "words"),
    [
        ([("1", vendor()), ("1", vendor())], {}, "more than once"),
        ([("x" * 51, vendor())], {}, "51 characters, QuickBooks takes 50"),
        ([("", vendor())], {}, "not empty"),
        ([("1", vendor())], {"new_message_set_id": "x" * 24}, "24 characters, QuickBooks takes 23"),
        ([("1", vendor())], {"old_message_set_id": ""}, "not empty"),
        ([("1", vendor())], {"new_message_set_id": "a b"}, "without spaces"),
        ([("1", vendor()), ("2", QUERY)], {}, "never both"),
        ([("1", QUERY)], {"new_message_set_id": "N"}, "simply repeated"),
        ([("1", QUERY)], {"old_message_set_id": "N"}, "simply repeated"),
        ([], {}, "needs a messageSetID"),
        ([("1", vendor())], {"on_error": "rollbackOnError"}, "onError is one of"),
    ],
)
def test_an_envelope_that_quickbooks_would_refuse(requests, options, words):
    """Ids too long, empty or used twice, mixed messages and reads with an id are refused in words."""
    with pytest.raises(QbxmlInvalidError, match=words):
        message(requests, **options)


def test_ids_at_their_limit_are_taken():
    """50 characters of a requestID and 23 of a messageSetID are fine."""
    assert message([("x" * 50, vendor())], new_message_set_id="y" * 23)
