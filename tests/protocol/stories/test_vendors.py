"""Stories of vendors: what Procore's people see, what the approver reads, what QuickBooks holds."""

from __future__ import annotations

from decimal import Decimal

import pytest

from qbsync.errors import StateError
from qbsync.flows import linking, matches
from qbsync.model.jobs import JobState
from qbsync.model.records import RecordKey, RecordKind


@pytest.fixture
def asked(company):
    """A company whose approver is asked about each vendor; QuickBooks knows some types, terms and people."""
    human = company.rig.file.human
    human.add_vendor_type("Subcontractors")
    human.add_terms("Net 15", due_days=15)
    human.add_employee("Pat", "Jones")
    human.add_other_name("City Hall")
    human.add_vendor("Cove Roofing")
    company.rig.set(auto_accept="cost_code,project")
    company.look()
    return company


def held(company):
    """QuickBooks' vendors by name, but for those from before."""
    before = ("Acme", "Bayline", "Cove Roofing")
    return {one.full_name: one for one in company.rig.file.vendors() if one.full_name not in before}


def told(company, vendor):
    """The id that Procore shows at the company."""
    return company.state.vendor(vendor.id).origin_id


def test_a_company_becomes_a_vendor_with_the_type_and_terms_that_are_chosen(asked, people):
    """Address, phone and e-mail come from Procore; once it is accepted Procore shows the vendor's id."""
    made = asked.state.create_vendor(
        "Dune Glass", address="1 River Rd", city="Waco", zip="76701", email_address="ap@dune.example"
    )
    asked.sync()
    job = people.job("vendor", made.id)
    assert job.state == JobState.STAGED
    assert (held(asked), told(asked, made)) == ({}, None)
    people.accept(job, vendor_type="Subcontractors", terms="Net 15")
    asked.later()
    vendor = held(asked)["Dune Glass"]
    assert (vendor.type_name, vendor.terms, vendor.email) == ("Subcontractors", "Net 15", "ap@dune.example")
    assert ("City", "Waco") in vendor.address
    assert told(asked, made) == vendor.list_id
    assert people.job("vendor", made.id).state == JobState.SYNCED


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("Dune Glass and Facades of the Northern Harbour", "46 characters, QuickBooks takes 41"),
        ("Dune: Glass", "has a colon"),
        ("Ridge Owners", "has a customer named 'Ridge Owners'"),
        ("PAT JONES", "has an employee named 'Pat Jones'"),
        ("City Hall", "has an other name named 'City Hall'"),
    ],
)
def test_a_name_that_quickbooks_does_not_take_is_refused_until_another_is_chosen(asked, people, name, words):
    """Too long, with a colon, or somebody else's: it is never cut, and goes under the approver's name."""
    made = asked.state.create_vendor(name)
    asked.sync()
    job = people.job("vendor", made.id)
    assert job.state == JobState.STAGED
    assert words in people.problems(job)
    with pytest.raises(StateError, match=words) as refused:
        people.accept(job)
    assert "--set name=" in refused.value.guidance
    assert (held(asked), told(asked, made)) == ({}, None)
    people.accept(job, name="Dune Glass")
    asked.later()
    assert list(held(asked)) == ["Dune Glass"]
    assert told(asked, made) == held(asked)["Dune Glass"].list_id


@pytest.mark.parametrize(("field", "words"), [("vendor_type", "no vendor type"), ("terms", "no terms")])
def test_a_type_or_terms_that_quickbooks_lacks_are_refused(asked, people, field, words):
    """They are lists of QuickBooks' own: the approver reads what is not there, and may choose none."""
    made = asked.state.create_vendor("Dune Glass")
    asked.sync()
    with pytest.raises(StateError, match=f"QuickBooks has {words} 'Gold'"):
        people.accept(people.job("vendor", made.id), **{field: "Gold"})
    assert held(asked) == {}
    people.accept(people.job("vendor", made.id))
    asked.later()
    assert list(held(asked)) == ["Dune Glass"]


def test_a_vendor_that_quickbooks_has_is_linked_and_not_made(asked, people):
    """Of the same name, capitals aside: a plain accept is refused; linked, Procore is told of it."""
    made = asked.state.create_vendor("COVE ROOFING")
    asked.sync()
    job = people.job("vendor", made.id)
    with pytest.raises(StateError, match="already has 'Cove Roofing'") as refused:
        people.accept(job)
    assert "qbsync links link" in refused.value.guidance
    with asked.rig.database.read() as tx:
        [found] = matches.suggest(tx, asked.rig.id)
    key = RecordKey(kind=RecordKind.VENDOR, procore_id=str(made.id))
    assert (found.key, found.sure) == (key, True)
    linking.link(asked.rig.desk(), asked.rig.name, key, found.known.list_id)
    asked.later()
    assert held(asked) == {}
    assert told(asked, made) == found.known.list_id


def test_a_near_name_is_a_persons_to_decide(asked, people):
    """Under auto_accept too: the approver reads who it may be; accepted, a second vendor is made."""
    asked.rig.set(auto_accept="all")
    made = asked.state.create_vendor("Cove Roofing, Inc.")
    asked.sync()
    job = people.job("vendor", made.id)
    assert job.state == JobState.STAGED
    assert "Cove Roofing" in str(job.review["near"])
    with asked.rig.database.read() as tx:
        [found] = matches.suggest(tx, asked.rig.id)
    assert not found.sure
    people.accept(job)
    asked.later()
    assert list(held(asked)) == ["Cove Roofing, Inc."]
    assert told(asked, made) == held(asked)["Cove Roofing, Inc."].list_id


def test_an_inactive_company_does_not_go(asked, people):
    """Nothing is asked of the approver; made inactive before it went, its job is cancelled."""
    quiet = asked.state.create_vendor("Quiet Ltd", is_active=False)
    made = asked.state.create_vendor("Dune Glass")
    asked.sync()
    assert not [one for one in asked.rig.jobs() if one.procore_id == str(quiet.id)]
    asked.state.edit_vendor(made.id, is_active=False)
    asked.later()
    assert people.job("vendor", made.id).state == JobState.CANCELLED
    assert held(asked) == {}


def test_a_commitment_waits_for_its_vendor(asked, people):
    """It says which; once the vendor is accepted, both go."""
    made = asked.state.create_vendor("Dune Glass")
    contract = asked.state.create_commitment(
        "work_order_contract", asked.project.id, made.id, number="SC-9", title="Glass"
    )
    asked.state.create_line(contract.id, asked.codes[0], amount=Decimal("100.00"), description="Panes")
    asked.state.approve(contract.id)
    asked.rig.set(auto_accept="cost_code,project,commitment")
    asked.sync()
    assert people.job("commitment", contract.id).waits_for == f"vendor:{made.id}"
    assert asked.rig.file.purchase_orders() == []
    people.accept(people.job("vendor", made.id))
    asked.settle()
    assert [one.ref_number for one in asked.rig.file.purchase_orders()] == ["SC-9"]
    assert not [one for one in asked.differences() if "Cove" not in one and "other name" not in one]
