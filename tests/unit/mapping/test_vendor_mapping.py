from __future__ import annotations

from dataclasses import replace

import pytest

from qbsync.errors import MappingError
from qbsync.mapping import vendor
from qbsync.model.records import Address, Vendor, version_of
from qbsync.qbxml.requests import Request

GUID = "{6f1d7a52-6a0c-4f0e-9a55-0d5f7f2f7a11}"
BARE = Vendor(procore_id="9", name="Acme Electric")
ACME = Vendor(
    procore_id="9",
    name="Acme Electric",
    address=Address(
        street="100 Main St\nSuite 5", city="Austin", state="TX", postal_code="78701", country="US"
    ),
    phone="512 555 0100",
    fax="512 555 0101",
    email="office@acme.example",
    contact_first_name="Ann",
    contact_last_name="Lee",
    account_number="A-17",
)


def fields(findings):
    """The fields that findings name, in their order."""
    return [finding.field for finding in findings]


def test_a_company_becomes_a_vendor(context, sound):
    """Every field has its place; the address begins with the name, as a printed check needs it."""
    assert sound(vendor.request(ACME, context())) == Request(
        name="VendorAddRq",
        body={
            "VendorAdd": {
                "Name": "Acme Electric",
                "CompanyName": "Acme Electric",
                "FirstName": "Ann",
                "LastName": "Lee",
                "VendorAddress": {
                    "Addr1": "Acme Electric",
                    "Addr2": "100 Main St",
                    "Addr3": "Suite 5",
                    "City": "Austin",
                    "State": "TX",
                    "PostalCode": "78701",
                    "Country": "US",
                },
                "Phone": "512 555 0100",
                "Fax": "512 555 0101",
                "Email": "office@acme.example",
                "Contact": "Ann Lee",
                "AccountNumber": "A-17",
                "ExternalGUID": GUID,
            }
        },
    )
    assert vendor.references(ACME) == ()


def test_a_company_of_nothing_but_a_name_sends_no_empty_groups(context, sound):
    """What Procore does not know is not in the request at all."""
    assert sound(vendor.request(BARE, context())).body == {
        "VendorAdd": {"Name": "Acme Electric", "CompanyName": "Acme Electric", "ExternalGUID": GUID}
    }


def test_a_chosen_name_is_the_lists_and_checks_keep_the_companys_own(context, sound):
    """The suffix that avoids a clash is not printed on checks."""
    chosen = context(choices={"name": "Acme Electric (V)"})
    assert sound(vendor.request(BARE, chosen)).body == {
        "VendorAdd": {
            "Name": "Acme Electric (V)",
            "CompanyName": "Acme Electric",
            "NameOnCheck": "Acme Electric",
            "ExternalGUID": GUID,
        }
    }


def test_type_and_terms_come_from_the_choice_or_the_connection(context, entry, sound):
    """The connection's defaults apply, and a choice goes before them."""
    lists = (
        entry("VendorType", "Subcontractors", "80000001-1"),
        entry("VendorType", "Suppliers", "80000002-1"),
        entry("StandardTerms", "Net 30", "80000003-1"),
    )
    options = {"default_vendor_type": "Subcontractors", "default_terms": "net 30"}
    by_default = sound(vendor.request(BARE, context(*lists, options=options))).body["VendorAdd"]
    assert by_default["VendorTypeRef"] == {"ListID": "80000001-1"}
    assert by_default["TermsRef"] == {"ListID": "80000003-1"}
    chosen = context(*lists, options=options, choices={"vendor_type": "Suppliers"})
    assert vendor.request(BARE, chosen).body["VendorAdd"]["VendorTypeRef"] == {"ListID": "80000002-1"}


@pytest.mark.parametrize("choice", ["vendor_type", "terms"])
def test_a_type_or_terms_that_quickbooks_has_not_is_a_problem_once_the_list_is_known(context, choice):
    """Before the first contact the word is taken on trust; after it, a missing entry is named."""
    review = vendor.review(BARE, context(choices={choice: "None such"}))
    assert fields(review.problems) == [choice]
    assert f"--set {choice}=" in review.problems[0].guidance
    assert vendor.review(BARE, context(read_lists=(), choices={choice: "None such"})).problems == ()


@pytest.mark.parametrize(
    ("list_name", "words"),
    [("Customer", "a customer"), ("Employee", "an employee"), ("OtherName", "an other name")],
)
def test_a_name_that_another_person_has_is_a_problem_with_advice(context, entry, list_name, words):
    """Customers, employees and other names share the vendors' name space; a suffix gets round it."""
    world = context(entry(list_name, "ACME electric"))
    review = vendor.review(BARE, world)
    assert fields(review.problems) == ["name"]
    assert f"QuickBooks has {words} named 'ACME electric'" in review.problems[0].message
    assert "--set name=" in review.problems[0].guidance
    assert review.suggestion is None
    with_suffix = context(entry(list_name, "ACME electric"), choices={"name": "Acme Electric (V)"})
    assert vendor.review(BARE, with_suffix).problems == ()


def test_an_existing_vendor_is_offered_as_a_link(context, entry):
    """The approver sees the vendor that is there; nothing is adopted without a person."""
    known = entry("Vendor", "acme electric", "80000077-1", external_guid="{other}")
    review = vendor.review(BARE, context(known))
    assert review.suggestion == known
    assert not review.adopts
    assert review.problems == ()
    assert "has a vendor 'acme electric' already" in review.warnings[0].message


def test_a_vendor_with_our_own_guid_is_adopted(context, entry):
    """An Add whose answer was lost is found again by its GUID, in whatever case QuickBooks keeps it."""
    known = entry("Vendor", "Acme Electric", "80000077-1", external_guid=GUID.upper())
    review = vendor.review(BARE, context(known))
    assert review.suggestion == known
    assert review.adopts


def test_a_job_of_that_name_is_no_clash(context, entry):
    """A job's full name begins with its customer's."""
    assert vendor.review(BARE, context(entry("Customer", "Owner:Acme Electric"))).problems == ()


@pytest.mark.parametrize(
    ("name", "words"),
    [("n" * 42, "42 characters, QuickBooks takes 41"), ("Acme: Electric", "colon"), (" ", "no name")],
)
def test_a_name_that_does_not_fit_is_one_problem_and_is_never_cut(context, name, words):
    """Too long, with a colon or empty: named once, with the way out, and not sent."""
    record = replace(BARE, name=name)
    review = vendor.review(record, context())
    assert fields(review.problems) == ["name"]
    assert words in review.problems[0].message
    assert "--set name=" in review.problems[0].guidance
    with pytest.raises(MappingError, match="vendor"):
        vendor.request(record, context())


def test_a_long_name_goes_under_a_shorter_one_with_a_warning(context, sound):
    """The choice makes it fit; that the long name is nowhere in QuickBooks is said, not hidden."""
    record = replace(BARE, name="n" * 60)
    chosen = context(choices={"name": "Short"})
    assert sound(vendor.request(record, chosen)).body == {
        "VendorAdd": {"Name": "Short", "ExternalGUID": GUID}
    }
    review = vendor.review(record, chosen)
    assert review.problems == ()
    assert fields(review.warnings) == ["name"]


def test_41_characters_fit(context, sound):
    """The limit itself is no problem."""
    record = replace(BARE, name="n" * 41)
    assert vendor.review(record, context()).problems == ()
    sound(vendor.request(record, context()))


@pytest.mark.parametrize(
    ("field", "value", "element"),
    [
        ("phone", "5" * 22, "Phone"),
        ("fax", "5" * 22, "Fax"),
        ("email", "e" * 1024, "Email"),
        ("contact_first_name", "f" * 26, "FirstName"),
        ("contact_last_name", "l" * 26, "LastName"),
        ("account_number", "a" * 100, "AccountNumber"),
    ],
)
def test_a_detail_that_does_not_fit_is_left_out_with_a_warning(context, sound, field, value, element):
    """A long phone number does not stop the vendor, and is never cut."""
    record = replace(ACME, **{field: value})
    review = vendor.review(record, context())
    assert review.problems == ()
    assert field in fields(review.warnings)
    assert element not in sound(vendor.request(record, context())).body["VendorAdd"]


@pytest.mark.parametrize(
    "address",
    [
        Address(street="Long Street " * 30),
        Address(street="1 St", state="s" * 22),
        Address(postal_code="9" * 14),
    ],
)
def test_an_address_that_does_not_fit_is_left_out_whole(context, sound, address):
    """Half an address is worse than none; the warning says which part has no room."""
    record = replace(ACME, address=address)
    review = vendor.review(record, context())
    assert review.problems == ()
    assert fields(review.warnings) == ["address"]
    assert "VendorAddress" not in sound(vendor.request(record, context())).body["VendorAdd"]


def test_an_emoji_and_an_ampersand(context, sound):
    """The ampersand stays, the emoji is spelled out or dropped with a warning that names it."""
    record = replace(BARE, name="Smith & Sons \U0001f3d7")
    review = vendor.review(record, context())
    assert review.problems == ()
    assert set(fields(review.warnings)) == {"name"}
    assert "\U0001f3d7" in review.warnings[0].message
    name = sound(vendor.request(record, context())).body["VendorAdd"]["Name"]
    assert name.startswith("Smith & Sons")
    assert ":" not in name


def test_a_known_vendor_is_modified_without_touching_what_procore_leaves_blank(context, linked, entry, sound):
    """A Mod carries id and EditSequence, empties unused address lines, and moves neither type nor terms."""
    own = linked("vendor:9", "80000009-1", name="Acme Electric", edit_sequence="1446676750")
    itself = entry("Vendor", "Acme Electric", "80000009-1")
    record = replace(BARE, phone="1", address=Address(street="7 Elm St", city="Waco"))
    world = context(itself, link=own, options={"default_terms": "Net 30"})
    assert vendor.review(record, world).problems == ()
    assert vendor.review(record, world).suggestion is None
    assert sound(vendor.request(record, world)) == Request(
        name="VendorModRq",
        body={
            "VendorMod": {
                "ListID": "80000009-1",
                "EditSequence": "1446676750",
                "Name": "Acme Electric",
                "CompanyName": "Acme Electric",
                "VendorAddress": {
                    "Addr1": "Acme Electric",
                    "Addr2": "7 Elm St",
                    "Addr3": "",
                    "Addr4": "",
                    "Addr5": "",
                    "City": "Waco",
                    "State": "",
                    "PostalCode": "",
                    "Country": "",
                },
                "Phone": "1",
            }
        },
    )


def test_a_rename_in_procore_renames_with_a_warning(context, linked):
    """The approver reads both names."""
    own = linked("vendor:9", "80000009-1", name="Acme", edit_sequence="1")
    review = vendor.review(BARE, context(link=own))
    assert review.problems == ()
    assert "'Acme' will be renamed to 'Acme Electric'" in review.warnings[0].message


@pytest.mark.parametrize("name", ["Acme Electric", "n" * 42, "a:b"])
def test_a_name_that_cannot_be_moved_to_stays_quickbooks_own(context, linked, entry, name):
    """A vendor once accepted under another name keeps it when something else changes."""
    own = linked("vendor:9", "80000009-1", name="Acme (V)", edit_sequence="1")
    world = context(entry("Customer", "Acme Electric"), link=own)
    record = replace(BARE, name=name, phone="2")
    review = vendor.review(record, world)
    assert review.problems == ()
    assert "keeps the name 'Acme (V)'" in review.warnings[0].message
    assert "Name" not in vendor.request(record, world).body["VendorMod"]


def test_a_rename_onto_someone_else_by_choice_is_refused(context, linked, entry):
    """QuickBooks would have to merge two of its names."""
    own = linked("vendor:9", "80000009-1", name="Acme", edit_sequence="1")
    other = entry("Vendor", "Acme Two", "80000010-1")
    review = vendor.review(BARE, context(other, link=own, choices={"name": "Acme Two"}))
    assert fields(review.problems) == ["name"]


VENDOR = """<VendorRet><ListID>80000009-1</ListID><EditSequence>5</EditSequence><Name>Acme Electric</Name>
<CompanyName>Acme Electric</CompanyName><Phone>1</Phone>
<ExternalGUID>{6F1D7A52-6A0C-4F0E-9A55-0D5F7F2F7A11}</ExternalGUID></VendorRet>"""


def test_the_answer_becomes_a_link(linked, ret):
    """ListID, name, EditSequence and what QuickBooks was told."""
    assert vendor.outcome(ACME, ret(VENDOR)) == linked(
        "vendor:9", "80000009-1", name="Acme Electric", edit_sequence="5", fingerprint=version_of(ACME)
    )


def test_a_vendor_is_looked_for_by_the_name_it_was_sent_under_or_its_id(context, linked, sound):
    """The chosen name is the natural key, until there is a ListID."""
    chosen = sound(vendor.probe(ACME, context(choices={"name": "Acme (V)"}), None))
    assert chosen == Request(name="VendorQueryRq", body={"FullName": "Acme (V)"})
    by_id = sound(vendor.probe(ACME, context(link=linked("vendor:9", "80000009-1")), None))
    assert by_id == Request(name="VendorQueryRq", body={"ListID": "80000009-1"})


def test_ours_and_its_likeness_are_told_apart(context, ret):
    """The GUID makes a vendor ours; the name alone only resembles."""
    assert vendor.is_ours(ACME, ret(VENDOR), GUID)
    assert not vendor.is_ours(ACME, ret("<VendorRet><Name>Acme Electric</Name></VendorRet>"), GUID)
    assert vendor.resembles(replace(ACME, name="ACME ELECTRIC"), ret(VENDOR), context())
    assert not vendor.resembles(ACME, ret(VENDOR), context(choices={"name": "Acme (V)"}))


def test_a_mod_in_doubt_is_decided_by_the_fields(context, linked, ret):
    """A vendor that already reads as the Mod would write it agrees; another phone does not."""
    world = context(link=linked("vendor:9", "80000009-1", name="Acme Electric", edit_sequence="1"))
    assert vendor.agrees(replace(BARE, phone="1"), ret(VENDOR), world)
    assert not vendor.agrees(replace(BARE, phone="2"), ret(VENDOR), world)
