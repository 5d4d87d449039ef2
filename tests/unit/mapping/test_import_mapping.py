"""What Procore would be told of QuickBooks' own entries."""

from __future__ import annotations

import pytest

from qbsync.mapping.imports import entry_of
from qbsync.model.records import RecordKind
from qbsync.qbxml.parse import kept

VENDOR = (
    "<VendorRet><ListID>8-1</ListID><Name>Cove Roofing</Name><IsActive>true</IsActive>"
    "<CompanyName>Cove Roofing &amp; Sons</CompanyName><VendorAddress>{address}</VendorAddress>"
    "<Phone>510</Phone><Fax>511</Fax><Email>a@b.example</Email></VendorRet>"
)


def entry(text):
    """The entry of a Ret."""
    return entry_of(kept(text))


def test_a_vendor_brings_what_procore_has_fields_for():
    """Name, another company name, telephone, fax, e-mail and the address; what is empty is left out."""
    lines = "<Addr1>Cove Roofing &amp; Sons</Addr1><Addr2>12 Pier</Addr2><Addr3>Gate 4</Addr3>"
    found = entry(VENDOR.format(address=f"{lines}<State>CA</State><Country>USA</Country>"))
    assert (found.kind, found.list_id, found.name) == (RecordKind.VENDOR, "8-1", "Cove Roofing")
    assert found.active
    assert found.fields == {
        "name": "Cove Roofing",
        "trade_name": "Cove Roofing & Sons",
        "address": "12 Pier\nGate 4",
        "state_code": "CA",
        "country_code": "US",
        "business_phone": "510",
        "fax_number": "511",
        "email_address": "a@b.example",
    }


@pytest.mark.parametrize(
    ("state", "country", "told"),
    [
        ("CA", "us", {"state_code": "CA", "country_code": "US"}),
        ("Ontario", "Canada", {"country_code": "CA"}),
        ("", "Deutschland", {}),
    ],
)
def test_only_codes_of_states_and_countries_are_told(state, country, told):
    """What is spelled out is left out, but for the two countries that QuickBooks Desktop is sold in."""
    text = VENDOR.format(address=f"<State>{state}</State><Country>{country}</Country>")
    fields = entry(text).fields
    assert {key: fields[key] for key in ("state_code", "country_code") if key in fields} == told


def job(full_name, more=""):
    """A CustomerRet."""
    name = full_name.rpartition(":")[2]
    names = f"<Name>{name}</Name><FullName>{full_name}</FullName>"
    return f"<CustomerRet><ListID>8-2</ListID>{names}{more}</CustomerRet>"


def test_only_a_job_right_below_its_customer_is_a_project():
    """A customer is none, nor is a job of a job."""
    assert entry(job("Owner")) is None
    assert entry(job("Owner:Pier:East")) is None
    found = entry(job("Owner:Pier"))
    assert (found.kind, found.name, found.fields) == (RecordKind.PROJECT, "Owner:Pier", {"name": "Pier"})


def test_a_job_brings_its_site_and_its_dates():
    """The address where things are shipped comes before the one where bills go."""
    dates = "<JobStartDate>2026-02-01</JobStartDate><JobProjectedEndDate>2026-09-01</JobProjectedEndDate>"
    bill, ship = "<BillAddress><City>Bonn</City></BillAddress>", "<ShipAddress><City>Ulm</City></ShipAddress>"
    found = entry(job("Owner:Pier", f"{bill}{ship}<JobDesc>New pier</JobDesc>{dates}"))
    assert found.fields == {
        "name": "Pier",
        "city": "Ulm",
        "start_date": "2026-02-01",
        "completion_date": "2026-09-01",
        "description": "New pier",
    }
    assert entry(job("Owner:Pier", bill)).fields["city"] == "Bonn"


@pytest.mark.parametrize(
    ("sides", "name"),
    [
        ("<SalesOrPurchase><Desc>Wiring</Desc></SalesOrPurchase>", "Wiring"),
        ("<SalesAndPurchase><SalesDesc>S</SalesDesc><PurchaseDesc>P</PurchaseDesc></SalesAndPurchase>", "P"),
        ("<SalesAndPurchase><SalesDesc>S</SalesDesc></SalesAndPurchase>", "S"),
        ("", "050"),
    ],
)
def test_an_item_is_named_by_its_description(sides, name):
    """The purchase description comes first; an item without any is named by its code."""
    parent = "<ParentRef><ListID>8-3</ListID></ParentRef>"
    found = entry(
        f"<ItemServiceRet><ListID>8-4</ListID><Name>050</Name><FullName>16:050</FullName>{parent}{sides}</ItemServiceRet>"
    )
    assert (found.kind, found.parent, found.level) == (RecordKind.COST_CODE, "8-3", 1)
    assert found.fields == {"code": "050", "name": name}


def test_other_entries_are_no_offers():
    """Employees, other names and items of other types stay QuickBooks' own."""
    for tag in ("EmployeeRet", "OtherNameRet", "ItemInventoryRet", "AccountRet"):
        assert entry(f"<{tag}><ListID>1</ListID><Name>x</Name></{tag}>") is None
