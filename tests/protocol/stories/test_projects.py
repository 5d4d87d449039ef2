"""Stories of projects: what the person in Procore sees, what the approver reads, what QuickBooks holds."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from qbsync.errors import StateError
from qbsync.flows import linking, matches, unlinking
from qbsync.model.jobs import JobState
from qbsync.model.records import RecordKey, RecordKind

OWNER, OTHER = "Ridge Owners", "Harbor Clinic LLC"


@pytest.fixture
def asked(company):
    """A company whose approver chooses the customer of each project; QuickBooks has two of them."""
    company.rig.file.human.add_customer(OTHER)
    company.rig.set(auto_accept="cost_code,vendor", project_customer="")
    company.look()
    return company


def jobs(company):
    """QuickBooks' jobs, each with its customer."""
    return sorted(one.full_name for one in company.rig.file.customers() if ":" in one.full_name)


def told(company, project):
    """The ids that Procore shows: the project's, and those of its cost codes."""
    codes = company.state.cost_codes(project.id)
    return company.state.project(project.id).origin_id, {row.code: row.origin_id for row in codes}


def test_an_active_project_becomes_a_job_under_the_customer_that_is_chosen(asked, people):
    """The approver picks one that QuickBooks has; Procore shows the job's id, and each cost code's pair."""
    mall = asked.state.create_project(
        "Mall", address="1 River Rd", city="Waco", state_code="TX", zip="76701", start_date=date(2026, 3, 1)
    )
    asked.sync()
    job = people.job("project", mall.id)
    assert (job.state, job.review["missing"]) == (JobState.STAGED, ["customer"])
    assert told(asked, mall) == (None, dict.fromkeys(["01", "010", "020", "030"]))
    with pytest.raises(StateError, match="needs customer") as refused:
        people.accept(job)
    assert "--set customer=" in refused.value.guidance
    people.accept(job, customer=OTHER)
    asked.settle()
    assert jobs(asked) == ["Harbor Clinic LLC:Mall", "Ridge Owners:Tower"]
    [made] = [one for one in asked.rig.file.customers() if one.full_name == f"{OTHER}:Mall"]
    assert ("Addr2", "1 River Rd") in made.site
    origin_id, pairs = told(asked, mall)
    items = {item.full_name: item.list_id for item in asked.rig.file.items()}
    assert origin_id == made.list_id
    assert pairs["010"] == f"{made.list_id}|{items['01:010']}"
    assert people.job("project", mall.id).state == JobState.SYNCED
    assert not [one for one in asked.differences() if "Harbor" not in one]


@pytest.mark.parametrize(
    ("customer", "words"),
    [("Nobody Inc.", "QuickBooks has no customer 'Nobody Inc.'"), ("Gone Ltd", "'Gone Ltd' is inactive")],
)
def test_a_customer_that_quickbooks_does_not_have_is_refused(asked, people, customer, words):
    """Unknown, or made inactive: the approver reads its name, and one that is there is taken."""
    human = asked.rig.file.human
    human.make_inactive("Customer", human.add_customer("Gone Ltd"))
    asked.look()
    mall = asked.state.create_project("Mall")
    asked.sync()
    job = people.job("project", mall.id)
    with pytest.raises(StateError, match=words):
        people.accept(job, customer=customer)
    asked.sync()
    assert jobs(asked) == ["Ridge Owners:Tower"]
    people.accept(people.job("project", mall.id), customer=OWNER)
    asked.settle()
    assert jobs(asked) == ["Ridge Owners:Mall", "Ridge Owners:Tower"]
    assert asked.differences() == []


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("Tower of the Northern Harbour and its Annex", "43 characters, QuickBooks takes 41"),
        ("Mall: phase 2", "has a colon"),
    ],
)
def test_a_name_that_quickbooks_does_not_take_is_mended_in_procore(company, people, name, words):
    """Over 41 characters, or with a colon, it is never cut nor sent; a shorter name in Procore goes."""
    project = company.state.create_project(name)
    company.sync()
    job = people.job("project", project.id)
    assert job.state == JobState.STAGED
    assert words in people.problems(job)
    assert "in Procore" in job.review["problems"][0]["guidance"]
    with pytest.raises(StateError, match=words):
        people.accept(job)
    assert jobs(company) == ["Ridge Owners:Tower"]
    assert told(company, project)[0] is None
    company.state.edit_project(project.id, name="Annex")
    company.settle()
    assert jobs(company) == ["Ridge Owners:Annex", "Ridge Owners:Tower"]
    assert company.differences() == []


def test_a_name_of_41_characters_goes_whole(company):
    """The longest name that QuickBooks takes, with commas in its address, stands there as in Procore."""
    name = "Tower of the Northern Harbour and Annexes"
    assert len(name) == 41
    company.state.create_project(name, address="1 River Rd, Suite 5", city="Waco")
    company.settle()
    [made] = [one for one in company.rig.file.customers() if one.full_name == f"{OWNER}:{name}"]
    assert ("Addr2", "1 River Rd, Suite 5") in made.site
    assert company.differences() == []


def test_a_project_that_exists_on_both_sides_is_joined_and_not_doubled(asked, people):
    """A job of its name under that customer is suggested and a plain accept refused; the two are linked."""
    there = asked.rig.file.human.add_customer("Mall", parent=OWNER)
    asked.look()
    mall = asked.state.create_project("MALL")
    asked.sync()
    job = people.job("project", mall.id)
    assert "QuickBooks has a job 'Ridge Owners:Mall' already" in people.warnings(job)
    with pytest.raises(StateError, match="already has 'Ridge Owners:Mall'") as refused:
        people.accept(job, customer=OWNER)
    assert "qbsync links link" in refused.value.guidance
    key = RecordKey(kind=RecordKind.PROJECT, procore_id=str(mall.id))
    with asked.rig.database.read() as tx:
        assert [(one.key, one.known.list_id) for one in matches.suggest(tx, asked.rig.id)] == [(key, there)]
    with pytest.raises(StateError, match="already linked"):
        linking.link(asked.rig.desk(), asked.rig.name, key, told(asked, asked.project)[0])
    linking.link(asked.rig.desk(), asked.rig.name, key, there)
    asked.rig.by_hand.add(("Customer", there))
    asked.settle()
    assert jobs(asked) == ["Ridge Owners:Mall", "Ridge Owners:Tower"]
    assert told(asked, mall)[0] == there
    assert people.job("project", mall.id).state == JobState.SYNCED


def test_an_inactive_project_does_not_go(company, people):
    """Nothing is asked of the approver until it is active; made inactive before it went, it is cancelled."""
    quiet = company.state.create_project("Quiet", active=False)
    company.rig.set(auto_accept="cost_code,vendor")
    mall = company.state.create_project("Mall")
    company.sync()
    assert not [one for one in company.rig.jobs() if one.procore_id == str(quiet.id)]
    assert people.job("project", mall.id).state == JobState.STAGED
    company.state.edit_project(mall.id, active=False)
    company.state.edit_project(quiet.id, active=True)
    company.later()
    assert people.job("project", mall.id).state == JobState.CANCELLED
    people.accept(people.job("project", quiet.id))
    company.settle()
    assert jobs(company) == ["Ridge Owners:Quiet", "Ridge Owners:Tower"]


def test_an_edited_project_changes_its_job(company, people):
    """A new name and address in Procore are the job's too, under the same id."""
    before = told(company, company.project)[0]
    company.state.edit_project(company.project.id, name="Tower East", address="9 Hill St")
    company.settle()
    assert jobs(company) == ["Ridge Owners:Tower East"]
    [held] = [one for one in company.rig.file.customers() if one.full_name == "Ridge Owners:Tower East"]
    assert held.list_id == before == told(company, company.project)[0]
    assert ("Addr2", "9 Hill St") in held.site
    assert people.job("project", company.project.id).state == JobState.SYNCED
    assert company.differences() == []


def test_a_job_that_was_merged_into_another_is_linked_to_that(company, people):
    """Its commitment does not hold up the unlink; the one that is left is linked, and no second job made."""
    contract, _ = people.commit(1000)
    company.settle()
    human = company.rig.file.human
    key = RecordKey(kind=RecordKind.PROJECT, procore_id=str(company.project.id))
    merged, survivor = told(company, company.project)[0], human.add_customer("Old", parent="Ridge Owners")
    human.merge("Customer", merged, survivor)
    company.look()
    unlinking.unlink(company.rig.desk(), company.rig.name, key)
    company.later()
    assert key not in company.rig.linked()
    linking.link(company.rig.desk(), company.rig.name, key, survivor)
    company.rig.by_hand.add(("Customer", survivor))
    human.enter_cost(
        "Check",
        [("01:010", "Nails", Decimal("40.00"))],
        job="Ridge Owners:Old",
        payee="Acme",
        account="Checking",
    )
    company.later()
    company.settle()
    assert jobs(company) == ["Ridge Owners:Old"]
    assert told(company, company.project)[0] == survivor
    assert len(company.state.direct_costs.all()) == 1
    people.change(contract, (company.codes[0], Decimal(200), "More", None))
    company.settle()
    [order] = company.rig.file.purchase_orders()
    assert order.total == Decimal(1200)


def test_a_project_is_unlinked_once_nothing_hangs_on_it_and_its_job_is_gone(company, people):
    """Its commitment is named first; then the job that is still there; after that Procore's ids are off."""
    mall = company.state.create_project("Mall")
    company.settle()
    key = RecordKey(kind=RecordKind.PROJECT, procore_id=str(mall.id))
    desk, name = company.rig.desk, company.rig.name
    tower = RecordKey(kind=RecordKind.PROJECT, procore_id=str(company.project.id))
    people.commit(1000)
    company.sync()
    with pytest.raises(StateError, match="the commitment 'SC-1 Walls' depends on it"):
        unlinking.unlink(desk(), name, tower)
    unlinking.unlink(desk(), name, key)
    company.settle()
    assert people.job("project", mall.id).error == "The project is still in QuickBooks."
    job_id = told(company, mall)[0]
    assert job_id
    company.rig.file.human.delete("Customer", job_id)
    unlinking.unlink(desk(), name, key)
    company.settle()
    assert told(company, mall)[0] is None
    assert jobs(company) == ["Ridge Owners:Tower"]
    assert Decimal(1000) == company.rig.file.purchase_orders()[0].total
