from __future__ import annotations

import pytest

from qbsync.simulator.quickbooks import CompanyFile, HResult, RequestProcessorError

VENDOR = "<VendorAddRq><VendorAdd>{}</VendorAdd></VendorAddRq>"

REFUSED = {
    "wrong order": VENDOR.format("<CompanyName>A</CompanyName><Name>A</Name>"),
    "unknown element": VENDOR.format("<Name>A</Name><Colour>red</Colour>"),
    "unknown request": "<VendorMergeRq />",
    "required element missing": VENDOR.format("<CompanyName>A</CompanyName>"),
    "element twice": VENDOR.format("<Name>A</Name><Name>B</Name>"),
    "bad enum": (
        "<CustomerAddRq><CustomerAdd><Name>A</Name><JobStatus>Open</JobStatus></CustomerAdd></CustomerAddRq>"
    ),
    "bad boolean": VENDOR.format("<Name>A</Name><IsActive>yes</IsActive>"),
    "too many decimals": VENDOR.format("<Name>A</Name><CreditLimit>1.234</CreditLimit>"),
    "one decimal": VENDOR.format("<Name>A</Name><CreditLimit>1.2</CreditLimit>"),
    "no such day": VENDOR.format("<Name>A</Name><OpenBalanceDate>2026-02-30</OpenBalanceDate>"),
    "date after 2038": VENDOR.format("<Name>A</Name><OpenBalanceDate>2039-01-01</OpenBalanceDate>"),
    "time with Z": (
        "<VendorQueryRq><FromModifiedDate>2026-01-01T00:00:00Z</FromModifiedDate></VendorQueryRq>"
    ),
    "bad guid": VENDOR.format("<Name>A</Name><ExternalGUID>123</ExternalGUID>"),
    "emoji": VENDOR.format("<Name>A \U0001f600</Name>"),
    "emoji as a reference": VENDOR.format("<Name>A &#128512;</Name>"),
    "Greek": VENDOR.format("<Name>&#937;mega</Name>"),
    "empty aggregate": VENDOR.format("<Name>A</Name><VendorAddress></VendorAddress>"),
    "empty reference": VENDOR.format("<Name>A</Name><TermsRef />"),
    "text between elements": VENDOR.format("<Name>A</Name>loose"),
    "element within a text": VENDOR.format("<Name>A<b>C</b></Name>"),
    "two ways of choosing": "<VendorQueryRq><ListID>1-1</ListID><FullName>A</FullName></VendorQueryRq>",
    "purchase order without lines": (
        "<PurchaseOrderAddRq><PurchaseOrderAdd><VendorRef><FullName>ACME</FullName></VendorRef>"
        "</PurchaseOrderAdd></PurchaseOrderAddRq>"
    ),
    "page of nothing": "<VendorQueryRq><MaxReturned>0</MaxReturned></VendorQueryRq>",
    "unknown attribute": "<VendorQueryRq colour='red' />",
    "unknown metaData": "<VendorQueryRq metaData='Some' />",
    "iterator where there is none": "<AccountQueryRq iterator='Start' />",
    "no request": "",
}


@pytest.mark.parametrize("body", REFUSED.values(), ids=REFUSED.keys())
def test_a_fault_of_form_refuses_the_set(company, wrapped, body):
    """A single fault of form refuses the whole message with 0x80040400, and nothing of it is executed."""
    good = VENDOR.format("<Name>Innocent</Name>") if body else ""
    with pytest.raises(RequestProcessorError) as refusal:
        company.process(wrapped(good + body))
    assert refusal.value.hresult == HResult.PARSE_ERROR
    assert [vendor.name for vendor in company.vendors()] == ["ACME"]


VERSION = '<?qbxml version="13.0"?>'
OPEN = '<QBXML><QBXMLMsgsRq onError="stopOnError"><HostQueryRq />'
WHOLE = f"{OPEN}</QBXMLMsgsRq></QBXML>"
BROKEN = {
    "no XML": "not XML at all",
    "truncated": VERSION + OPEN,
    "no version": WHOLE,
    "no onError": VERSION + WHOLE.replace(' onError="stopOnError"', ""),
    "rollbackOnError": VERSION + WHOLE.replace("stopOnError", "rollbackOnError"),
    "DOCTYPE": f'{VERSION}<!DOCTYPE QBXML [<!ENTITY e "x">]>{WHOLE}',
    "unknown attribute": VERSION + WHOLE.replace(" onError", ' colour="red" onError'),
    "an answer": VERSION + WHOLE.replace("Rq", "Rs"),
    "byte order mark": f"\ufeff{VERSION}{WHOLE}",
    "blank before the prolog": f' <?xml version="1.0"?>{VERSION}{WHOLE}',
}


@pytest.mark.parametrize("message", BROKEN.values(), ids=BROKEN.keys())
def test_a_broken_envelope_is_refused(company, message):
    """An envelope that is not a request message is refused with 0x80040400."""
    with pytest.raises(RequestProcessorError) as refusal:
        company.process(message)
    assert refusal.value.hresult == "0x80040400"


def test_an_unknown_version_is_refused(company, wrapped):
    """A qbXML version the file does not support is refused with 0x80040423."""
    with pytest.raises(RequestProcessorError) as refusal:
        company.process(wrapped("<HostQueryRq />", version="14.0"))
    assert refusal.value.hresult == "0x80040423"


def test_a_field_newer_than_the_message_is_refused(company, wrapped):
    """ExternalGUID came with qbXML 8.0: in a message of 7.0 it is a fault of form."""
    guid = "<ExternalGUID>{11111111-2222-3333-4444-555555555555}</ExternalGUID>"
    body = VENDOR.format("<Name>New</Name>" + guid)
    with pytest.raises(RequestProcessorError):
        company.process(wrapped(body, version="7.0"))
    assert 'statusCode="0"' in company.process(wrapped(body, version="8.0"))


def test_a_field_of_another_edition_is_refused(wrapped):
    """IsSalesTaxAgency is for Canada: a US file refuses it, a Canadian one takes it."""
    body = VENDOR.format("<Name>CRA</Name><IsSalesTaxAgency>true</IsSalesTaxAgency>")
    canadian = CompanyFile.open(country="CA", versions=("CA3.0", "8.0"))
    assert 'statusCode="0"' in canadian.process(wrapped(body, version="8.0"))
    with pytest.raises(RequestProcessorError):
        CompanyFile.open().process(wrapped(body))


def test_characters_of_windows_1252_are_kept(company, wrapped):
    """Whatever Windows-1252 holds is stored and answered, as a character or as a reference."""
    answer = company.process(wrapped(VENDOR.format("<Name>Caf&#233; \u20ac \u201cA\u201d &amp; Co</Name>")))
    assert "<Name>Café € “A” &amp; Co</Name>" in answer
