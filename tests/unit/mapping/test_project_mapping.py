from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from qbsync.errors import MappingError
from qbsync.mapping import project
from qbsync.model.records import Address, Project, version_of
from qbsync.qbxml.requests import Request

GUID = "{6f1d7a52-6a0c-4f0e-9a55-0d5f7f2f7a11}"
BARE = Project(procore_id="5", name="Tower")
TOWER = Project(
    procore_id="5",
    name="Tower",
    number="2026-01",
    address=Address(street="1 River Rd", city="Waco", state="TX", postal_code="76701"),
    start_date=date(2026, 3, 1),
    completion_date=date(2027, 6, 30),
)


@pytest.fixture
def owner(entry):
    """An active customer."""
    return entry("Customer", "Owner Inc", "80000050-1")


def fields(findings):
    """The fields that findings name, in their order."""
    return [finding.field for finding in findings]


def test_a_project_becomes_a_job_under_the_chosen_customer(context, owner, sound):
    """The site is the shipping address; dates and number have their places; the status is QuickBooks' own."""
    assert sound(project.request(TOWER, context(owner, choices={"customer": "owner inc"}))) == Request(
        name="CustomerAddRq",
        body={
            "CustomerAdd": {
                "Name": "Tower",
                "ParentRef": {"ListID": "80000050-1"},
                "ShipAddress": {
                    "Addr1": "Tower",
                    "Addr2": "1 River Rd",
                    "City": "Waco",
                    "State": "TX",
                    "PostalCode": "76701",
                },
                "JobStartDate": date(2026, 3, 1),
                "JobProjectedEndDate": date(2027, 6, 30),
                "JobDesc": "2026-01",
                "ExternalGUID": GUID,
            }
        },
    )
    assert project.references(TOWER) == ()


def test_the_connections_customer_is_the_default_and_goes_by_name_before_the_first_contact(context, sound):
    """Before QuickBooks' customers were read the option's own words are sent."""
    world = context(read_lists=(), options={"project_customer": "Owner Inc"})
    assert project.review(BARE, world).problems == ()
    assert sound(project.request(BARE, world)).body == {
        "CustomerAdd": {"Name": "Tower", "ParentRef": {"FullName": "Owner Inc"}, "ExternalGUID": GUID}
    }


def test_the_customer_must_be_chosen(context, owner):
    """Neither chosen nor set: the review asks for it and the request is not made."""
    review = project.review(BARE, context(owner))
    assert review.missing == ("customer",)
    assert review.problems == ()
    with pytest.raises(MappingError, match="customer") as caught:
        project.request(BARE, context(owner))
    assert "--set customer=" in caught.value.guidance


@pytest.mark.parametrize(
    ("customer", "more", "words"),
    [
        ("Nobody", {}, "no customer 'Nobody'"),
        ("Gone", {"active": False}, "inactive"),
        ("a:b:c:d:e", {}, "5 levels"),
        ("c" * 204, {}, "209 characters"),
    ],
)
def test_a_customer_that_does_not_fit_is_a_problem_with_advice(context, entry, customer, more, words):
    """Missing, inactive, too deep or too long: named before QuickBooks sees it."""
    entries = () if customer == "Nobody" else (entry("Customer", customer, **more),)
    review = project.review(BARE, context(*entries, choices={"customer": customer}))
    assert fields(review.problems) == ["customer"]
    assert words in review.problems[0].message
    assert review.problems[0].guidance


@pytest.mark.parametrize("customer", ["a:b:c:d", "c" * 203])
def test_the_deepest_and_longest_that_fit_are_taken(context, entry, sound, customer):
    """Four levels above and 209 characters in all are QuickBooks' limits, not beyond them."""
    world = context(entry("Customer", customer), choices={"customer": customer})
    assert project.review(BARE, world).problems == ()
    sound(project.request(BARE, world))


def test_an_existing_job_is_offered_as_a_link(context, owner, entry):
    """The approver sees the job that is there, and that it is inactive."""
    job = entry("Customer", "Owner Inc:TOWER", "80000060-1", active=False)
    review = project.review(BARE, context(owner, job, options={"project_customer": "Owner Inc"}))
    assert review.suggestion == job
    assert not review.adopts
    assert review.problems == ()
    assert "'Owner Inc:TOWER' already, inactive" in review.warnings[0].message


def test_a_job_whose_name_is_taken_goes_under_the_chosen_one(context, owner, entry, linked, sound):
    """Nothing is suggested then; the site keeps the project's name, and a change keeps the chosen one."""
    job = entry("Customer", "Owner Inc:Tower", "80000060-1")
    world = context(owner, job, choices={"customer": "Owner Inc", "name": "Tower 2"})
    review = project.review(TOWER, world)
    assert (review.suggestion, review.problems, review.warnings) == (None, (), ())
    added = sound(project.request(TOWER, world)).body["CustomerAdd"]
    assert (added["Name"], added["ShipAddress"]["Addr1"]) == ("Tower 2", "Tower")
    assert project.probe(TOWER, world, None).body == {"FullName": "Owner Inc:Tower 2"}
    link = linked("project:5", "80000061-1", name="Owner Inc:Tower 2", edit_sequence="7")
    changed = project.request(TOWER, context(owner, link=link, choices={"name": "Tower 2"}))
    assert changed.body["CustomerMod"]["Name"] == "Tower 2"


def test_a_job_with_our_own_guid_is_adopted(context, owner, entry):
    """An Add whose answer was lost is found again by its GUID."""
    job = entry("Customer", "Owner Inc:Tower", "80000060-1", external_guid=GUID.upper())
    review = project.review(BARE, context(owner, job, options={"project_customer": "Owner Inc"}))
    assert review.suggestion == job
    assert review.adopts


@pytest.mark.parametrize(
    ("name", "words"), [("n" * 42, "42 characters, QuickBooks takes 41"), ("a:b", "colon"), ("", "no name")]
)
def test_a_name_that_does_not_fit_is_one_problem_and_is_never_cut(context, owner, name, words):
    """Too long, with a colon or empty: named once and not sent."""
    world = context(owner, options={"project_customer": "Owner Inc"})
    review = project.review(replace(BARE, name=name), world)
    assert fields(review.problems) == ["name"]
    assert words in review.problems[0].message
    with pytest.raises(MappingError, match="project"):
        project.request(replace(BARE, name=name), world)


def test_what_has_no_room_is_left_out_with_warnings(context, owner, sound):
    """A number of 100 characters and a street of 360 do not stop the job, nor are they cut."""
    record = replace(BARE, number="n" * 100, address=Address(street="Long Street " * 30))
    world = context(owner, options={"project_customer": "Owner Inc"})
    review = project.review(record, world)
    assert review.problems == ()
    assert fields(review.warnings) == ["address", "number"]
    assert sound(project.request(record, world)).body == {
        "CustomerAdd": {"Name": "Tower", "ParentRef": {"ListID": "80000050-1"}, "ExternalGUID": GUID}
    }


def test_a_known_job_is_modified_where_it_is(context, linked, sound):
    """A Mod carries id and EditSequence and moves the job to no other customer."""
    own = linked("project:5", "80000060-1", name="Owner Inc:Tower", edit_sequence="7")
    world = context(link=own, options={"project_customer": "Another"})
    record = replace(BARE, start_date=date(2026, 3, 2))
    assert project.review(record, world).problems == ()
    assert sound(project.request(record, world)) == Request(
        name="CustomerModRq",
        body={
            "CustomerMod": {
                "ListID": "80000060-1",
                "EditSequence": "7",
                "Name": "Tower",
                "JobStartDate": date(2026, 3, 2),
            }
        },
    )


def test_a_customer_chosen_anew_moves_the_job(context, linked, owner, sound):
    """Only the approver's choice moves it."""
    own = linked("project:5", "80000060-1", name="Other:Tower", edit_sequence="7")
    request = sound(project.request(BARE, context(owner, link=own, choices={"customer": "Owner Inc"})))
    assert request.body["CustomerMod"]["ParentRef"] == {"ListID": "80000050-1"}


@pytest.mark.parametrize("name", ["n" * 42, "a:b", "Annex"])
def test_a_name_that_cannot_be_moved_to_stays_quickbooks_own(context, linked, entry, name):
    """A job linked under another name keeps it when something else changes."""
    own = linked("project:5", "80000060-1", name="Owner Inc:Tower One", edit_sequence="7")
    world = context(entry("Customer", "Owner Inc:Annex", "80000061-1"), link=own)
    record = replace(BARE, name=name)
    review = project.review(record, world)
    assert review.problems == ()
    assert "keeps the name 'Tower One'" in review.warnings[0].message
    assert "Name" not in project.request(record, world).body["CustomerMod"]


def test_a_rename_in_procore_renames_with_a_warning(context, linked, entry):
    """The approver reads both names; the job itself is no clash."""
    own = linked("project:5", "80000060-1", name="Owner Inc:Tower One", edit_sequence="7")
    world = context(entry("Customer", "Owner Inc:Tower", "80000060-1"), link=own)
    assert "'Tower One' will be renamed to 'Tower'" in project.review(BARE, world).warnings[0].message
    assert project.request(BARE, world).body["CustomerMod"]["Name"] == "Tower"


JOB = """<CustomerRet><ListID>80000060-1</ListID><EditSequence>7</EditSequence><Name>Tower</Name>
<FullName>Owner Inc:Tower</FullName><JobStartDate>2026-03-02</JobStartDate>
<ExternalGUID>{6F1D7A52-6A0C-4F0E-9A55-0D5F7F2F7A11}</ExternalGUID></CustomerRet>"""


def test_the_answer_becomes_a_link(linked, ret):
    """ListID, full name, EditSequence and what QuickBooks was told."""
    assert project.outcome(TOWER, ret(JOB)) == linked(
        "project:5", "80000060-1", name="Owner Inc:Tower", edit_sequence="7", fingerprint=version_of(TOWER)
    )


def test_a_job_is_looked_for_by_its_full_name_or_its_id(context, owner, linked, sound):
    """The customer's own spelling and the name; after the link the ListID."""
    by_name = sound(project.probe(BARE, context(owner, choices={"customer": "OWNER INC"}), None))
    assert by_name == Request(name="CustomerQueryRq", body={"FullName": "Owner Inc:Tower"})
    by_id = sound(project.probe(BARE, context(link=linked("project:5", "80000060-1")), None))
    assert by_id == Request(name="CustomerQueryRq", body={"ListID": "80000060-1"})


def test_ours_and_its_likeness_are_told_apart(context, ret):
    """The GUID makes a job ours; the full name alone only resembles."""
    world = context(choices={"customer": "owner inc"})
    assert project.is_ours(BARE, ret(JOB), GUID)
    assert not project.is_ours(BARE, ret("<CustomerRet><Name>Tower</Name></CustomerRet>"), GUID)
    assert project.resembles(BARE, ret(JOB), world)
    assert not project.resembles(BARE, ret(JOB), context(choices={"customer": "Another"}))


def test_a_mod_in_doubt_is_decided_by_the_fields(context, linked, ret):
    """A job that already reads as the Mod would write it agrees; another date does not."""
    world = context(link=linked("project:5", "80000060-1", name="Owner Inc:Tower", edit_sequence="1"))
    assert project.agrees(replace(BARE, start_date=date(2026, 3, 2)), ret(JOB), world)
    assert not project.agrees(replace(BARE, start_date=date(2026, 3, 3)), ret(JOB), world)
