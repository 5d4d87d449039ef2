from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest

from qbsync.qbxml.check import check
from qbsync.qbxml.requests import Request
from qbsync.qbxml.versions import Edition, QbxmlVersion

GUID = "{12345678-1234-1234-1234-123456789abc}"


def vendor(**fields):
    """A vendor to add."""
    return Request(name="VendorAddRq", body={"VendorAdd": {"Name": "ACME", **fields}})


def line(**fields):
    """A purchase order whose second line has those fields."""
    order = {"VendorRef": {"ListID": "80000001-1"}, "PurchaseOrderLineAdd": [{"Desc": "one"}, fields]}
    return Request(name="PurchaseOrderAddRq", body={"PurchaseOrderAdd": order})


def said(request, **options):
    """The reasons by path."""
    return {p.path: p.reason for p in check(request, **options)}


def test_a_whole_vendor_fits():
    """A vendor with an address, references, a GUID and repeated groups has no problem."""
    request = vendor(
        VendorAddress={"Addr1": "1 Main St", "City": "Reno"},
        AdditionalContactRef=[{"ContactName": "Fax", "ContactValue": "1"}] * 2,
        TermsRef={"FullName": "Net 30"},
        ExternalGUID=GUID,
        IsActive=True,
    )
    assert check(request) == []


def test_a_name_that_is_too_long_names_the_limit():
    """The reason tells how long the text is and what QuickBooks takes."""
    assert said(vendor(Name="x" * 60)) == {"VendorAdd/Name": "60 characters, QuickBooks takes 41"}


def test_length_counts_characters_and_not_escapes():
    """41 ampersands or accented letters fit into 41 characters."""
    assert check(vendor(Name="&" * 41)) == []
    assert check(vendor(Name="é" * 41)) == []


@pytest.mark.parametrize(
    ("fields", "path", "words"),
    [
        ({"Nmae": "x"}, "VendorAdd/Nmae", "no such field"),
        ({"Nmae": {}}, "VendorAdd/Nmae", "no such field"),
        ({"Name": [], "Phone": "1"}, "VendorAdd/Name", "is missing"),
        ({"Name": ["a", "b"]}, "VendorAdd/Name", "given 2 times"),
        ({"Name": {"First": "a"}}, "VendorAdd/Name", "single value"),
        ({"VendorAddress": "1 Main St"}, "VendorAdd/VendorAddress", "group of fields"),
        ({"VendorAddress": {"Addr6": "x"}}, "VendorAdd/VendorAddress/Addr6", "no such field"),
        (
            {"AdditionalContactRef": [{"ContactName": "Fax"}]},
            "VendorAdd/AdditionalContactRef/ContactValue",
            "is mis",
        ),
        ({"IsActive": "yes"}, "VendorAdd/IsActive", "neither true nor false"),
        ({"IsActive": 1}, "VendorAdd/IsActive", "neither true nor false"),
        ({"ExternalGUID": GUID.strip("{}")}, "VendorAdd/ExternalGUID", "GUID in braces"),
        ({"Name": "Ωmega"}, "VendorAdd/Name", r"Ω \(U\+03A9\)"),
        ({"Name": "bell\x07"}, "VendorAdd/Name", r"U\+0007"),
        ({"Name": "half \ud83d"}, "VendorAdd/Name", "half a character"),
        ({"Name": True}, "VendorAdd/Name", "not a text"),
        ({"CreditLimit": Decimal("1.005")}, "VendorAdd/CreditLimit", "more than two decimals"),
        ({"CreditLimit": Decimal(10) ** 13}, "VendorAdd/CreditLimit", "14 digits"),
        ({"CreditLimit": Decimal("NaN")}, "VendorAdd/CreditLimit", "not a finite"),
        ({"CreditLimit": 0.1}, "VendorAdd/CreditLimit", "not an amount"),
        ({"CreditLimit": "1.5"}, "VendorAdd/CreditLimit", "not an amount"),
        ({"OpenBalanceDate": "2026-02-30"}, "VendorAdd/OpenBalanceDate", "not a date"),
        ({"OpenBalanceDate": datetime(2026, 1, 1, tzinfo=UTC)}, "VendorAdd/OpenBalanceDate", "wants a date"),
        ({"OpenBalanceDate": 20260101}, "VendorAdd/OpenBalanceDate", "not a date"),
        (
            {"TermsRef": {"ListID": "8" * 37}},
            "VendorAdd/TermsRef/ListID",
            "37 characters, QuickBooks takes 36",
        ),
    ],
)
def test_what_does_not_fit_is_named(fields, path, words):
    """Each kind of misfit is told once, at its own path, in words that name the rule."""
    problems = said(vendor(**fields))
    assert list(problems) == [path]
    assert re.search(words, problems[path])


def test_the_second_line_is_told_from_the_first():
    """Of repeated groups the path counts from one."""
    assert list(said(line(Quantity=Decimal("1.123456")))) == [
        "PurchaseOrderAdd/PurchaseOrderLineAdd[2]/Quantity"
    ]


def test_a_choice_takes_one_branch():
    """Two branches of a choice, or none where one is needed, are told with the names to choose from."""
    item = {"Name": "01", "SalesOrPurchase": {"Desc": "x"}, "SalesAndPurchase": {"SalesDesc": "x"}}
    both = said(Request(name="ItemServiceAddRq", body={"ItemServiceAdd": item}))
    assert both["ItemServiceAdd"] == "takes only one of SalesOrPurchase and SalesAndPurchase"
    none = said(Request(name="ItemServiceAddRq", body={"ItemServiceAdd": {"Name": "01"}}))
    assert none == {"ItemServiceAdd": "needs one of SalesOrPurchase or SalesAndPurchase"}


def test_repeated_choices_take_any_mix():
    """Lines and group lines may stand side by side."""
    order = {
        "VendorRef": {"ListID": "1-1"},
        "PurchaseOrderLineAdd": [{"Desc": "a"}, {"Desc": "b"}],
        "PurchaseOrderLineGroupAdd": {"ItemGroupRef": {"FullName": "Kit"}},
    }
    assert check(Request(name="PurchaseOrderAddRq", body={"PurchaseOrderAdd": order})) == []


def test_an_enum_names_its_values():
    """A value that QuickBooks does not know is answered with those it does."""
    customer = {"Name": "Job", "JobStatus": "Won"}
    problems = said(Request(name="CustomerAddRq", body={"CustomerAdd": customer}))
    assert "Awarded, Closed, InProgress" in problems["CustomerAdd/JobStatus"]


def test_a_number_out_of_its_bounds_is_refused():
    """MaxReturned is at least 1."""
    assert said(Request(name="VendorQueryRq", body={"MaxReturned": 0})) == {
        "MaxReturned": "0 is less than 1, the least that QuickBooks takes"
    }


def test_fields_newer_than_the_message_are_refused():
    """A field of qbXML 12.0 does not go into an older message, and the reason names both versions."""
    problems = said(vendor(JobTitle="Boss"), version=QbxmlVersion(8, 0))
    assert "12.0" in problems["VendorAdd/JobTitle"]
    assert "8.0" in problems["VendorAdd/JobTitle"]


def test_fields_of_another_edition_are_refused():
    """A tax registration number is Canadian, 1099 is not."""
    assert "US edition" in said(vendor(TaxRegistrationNumber="1"))["VendorAdd/TaxRegistrationNumber"]
    assert check(vendor(TaxRegistrationNumber="1"), edition=Edition.CA) == []
    canadian = said(vendor(IsVendorEligibleFor1099=True), edition=Edition.CA)
    assert "Canadian edition" in canadian["VendorAdd/IsVendorEligibleFor1099"]


def test_empty_groups_count_as_absent():
    """A group in which nothing is given is not written, and is missing where QuickBooks needs it."""
    assert check(vendor(VendorAddress={}, TermsRef={"ListID": []})) == []
    empty = Request(name="VendorAddRq", body={"VendorAdd": {}})
    assert said(empty) == {"VendorAdd": "is missing, QuickBooks needs it"}


def test_an_unknown_request_is_refused():
    """Neither an invented request nor an answer's name is taken for a request."""
    for name in ("VendorAskRq", "VendorAddRs", ""):
        assert "knows no request" in check(Request(name=name, body={}))[0].reason


@pytest.mark.parametrize(
    ("attributes", "path"),
    [
        ({"iterator": "Continue"}, "@iteratorID"),
        ({"iterator": "Start", "iteratorID": "{1}"}, "@iteratorID"),
        ({"iterator": "Begin"}, "@iterator"),
        ({"metaData": "All"}, "@metaData"),
        ({"requestID": "1"}, "@requestID"),
    ],
)
def test_attributes_are_held_against_the_facts(attributes, path):
    """An iterator without its id, an unknown value and an attribute of the message's are refused."""
    assert [p.path for p in check(Request(name="VendorQueryRq", body={}, attributes=attributes))] == [path]


def test_a_page_of_an_iterator_fits():
    """Start needs no id, Continue has one."""
    for attributes in ({"iterator": "Start"}, {"iterator": "Continue", "iteratorID": "{1}"}):
        assert check(Request(name="VendorQueryRq", body={"MaxReturned": 100}, attributes=attributes)) == []


@pytest.mark.parametrize(
    "moment",
    [
        datetime(1969, 12, 31, tzinfo=UTC),
        datetime(2038, 1, 19, 3, 14, 8, tzinfo=UTC),
        date(2038, 2, 1),
        "2026-01-31T10:00:00Z",
        "2026-01-31T10:00:00.5",
        "2026-13-01",
        datetime(2026, 1, 1, tzinfo=timezone(timedelta(seconds=1234))),
    ],
)
def test_times_that_quickbooks_cannot_keep_are_refused(moment):
    """QuickBooks counts 32-bit Unix seconds and knows neither Z, nor fractions, nor odd offsets."""
    assert [p.path for p in check(Request(name="VendorQueryRq", body={"FromModifiedDate": moment}))] == [
        "FromModifiedDate"
    ]
