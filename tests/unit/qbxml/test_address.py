from __future__ import annotations

from qbsync.model.records import Address
from qbsync.qbxml.address import address_lines, address_problems, address_warnings
from qbsync.qbxml.check import check
from qbsync.qbxml.requests import Request


def vendor(body):
    """A vendor with that address."""
    return Request(name="VendorAddRq", body={"VendorAdd": {"Name": "A", "VendorAddress": body}})


def test_a_plain_address():
    """Each part goes to its field; parts that are empty are left out."""
    address = Address(street="1 Main St\r\n\r\nSuite 5", city="Reno", state="NV", postal_code="89501")
    assert address_lines(address, name="ACME") == {
        "Addr1": "ACME",
        "Addr2": "1 Main St",
        "Addr3": "Suite 5",
        "City": "Reno",
        "State": "NV",
        "PostalCode": "89501",
    }
    assert address_lines(Address()) == {}


def test_a_long_street_is_split_at_words():
    """No line is longer than 41 characters and no word is lost."""
    street = "Building Seven of the Old Industrial Park behind the Northern Railway Station, Gate Twelve"
    body = address_lines(Address(street=street))
    assert " ".join(body.values()) == street
    assert all(len(line) <= 41 for line in body.values())
    assert address_problems(Address(street=street)) == ()


def test_a_word_longer_than_a_line_goes_on_in_the_next():
    """A word of 60 characters is split, not cut."""
    assert "".join(address_lines(Address(street="x" * 60)).values()) == "x" * 60


def test_many_short_lines_are_run_together():
    """Seven short lines fit once they are joined."""
    address = Address(street="\n".join(f"line {n}" for n in range(7)))
    assert address_problems(address) == ()
    assert ", ".join(f"line {n}" for n in range(5)) in " ".join(address_lines(address).values())
    assert check(vendor(address_lines(address))) == []


def test_a_street_that_cannot_fit_is_told_and_refused():
    """Too long a street is a problem beforehand, and check refuses what it would become."""
    address = Address(street="word " * 60)
    (found,) = address_problems(address)
    assert found.field == "address street"
    assert "QuickBooks takes 5" in found.message
    assert [p.path for p in check(vendor(address_lines(address)))] == ["VendorAdd/VendorAddress/Addr5"]


def test_the_name_takes_a_line_of_its_own():
    """A street of five full lines does not fit below a name."""
    address = Address(street="\n".join(["x" * 41] * 5))
    assert address_problems(address) == ()
    assert len(address_problems(address, name="ACME")) == 1


def test_parts_that_are_too_long_are_told_with_their_limits():
    """Each part has its own finding, and nothing of it is cut."""
    address = Address(city="c" * 32, state="s" * 22, postal_code="p" * 14, country="l" * 32)
    assert [f.field for f in address_problems(address)] == [
        "address city",
        "address state or province",
        "address postal code",
        "address country",
    ]
    assert "32 characters, QuickBooks takes 31" in address_problems(address)[0].message
    assert address_lines(address)["City"] == "c" * 32
    assert len(check(vendor(address_lines(address)))) == 4


def test_losses_are_told_by_part():
    """What an address loses in transliteration is a warning that names the part."""
    address = Address(street="1 Main St", city="Αθήνα")
    assert [w.field for w in address_warnings(address)] == ["address city"]
    assert address_lines(address)["City"].isascii()
