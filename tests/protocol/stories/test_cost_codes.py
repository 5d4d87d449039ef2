"""Stories of cost codes: what Procore's people see, what the approver reads, what QuickBooks holds."""

from __future__ import annotations

from decimal import Decimal

import pytest

from qbsync.errors import StateError
from qbsync.flows import unlinking
from qbsync.model.jobs import JobState
from qbsync.model.records import RecordKey, RecordKind

INCOME = "Construction Income"
FIRST = {"01", "01:010", "01:020", "01:030", "Retainage"}
"""The items of the company before its people add any."""


class Codes:
    """The company's list of codes: what its people add to it, and what becomes of that."""

    def __init__(self, company) -> None:
        self.company, self.state = company, company.state
        [self.list] = [one for one in self.state.cost_code_lists() if one.is_erp_list]
        self.division = next(one for one in self.state.standard_cost_codes(self.list.id) if one.code == "01")

    def add(self, code, name="Doors", *, parent=None):
        """A new code, below the division 01 or the one given, and an update of all."""
        above = self.division if parent is None else parent
        made = self.state.create_standard_cost_code(self.list.id, code, name, above.id)
        self.company.later()
        return made

    def items(self):
        """The items that QuickBooks has besides those from before."""
        return {one.full_name: one for one in self.company.rig.file.items() if one.full_name not in FIRST}

    def told(self, made):
        """The id that Procore shows at the code."""
        return self.state.standard_cost_code(made.id).origin_id


@pytest.fixture
def codes(company):
    """A company whose four codes are items."""
    assert {one.full_name for one in company.rig.file.items()} == FIRST
    return Codes(company)


@pytest.fixture
def asked(codes):
    """The same where the approver chooses the accounts of each code."""
    codes.company.rig.set(
        auto_accept="vendor,project", cost_code_income_account="", cost_code_expense_account=""
    )
    codes.company.rig.file.human.add_account("Old Income", "Income")
    codes.company.look()
    return codes


def test_a_new_code_becomes_a_service_item_in_its_division(asked, people):
    """The approver chooses both accounts; the item has them and the name, and Procore shows the item's id."""
    made = asked.add("040", "Doors and frames")
    job = people.job("cost_code", made.id)
    assert (job.state, job.review["missing"]) == (JobState.STAGED, ["income_account"])
    with pytest.raises(StateError, match="needs income_account") as refused:
        people.accept(job)
    assert "--set income_account=" in refused.value.guidance
    assert (asked.items(), asked.told(made)) == ({}, None)
    people.accept(job, income_account=INCOME, expense_account="Labour")
    asked.company.later()
    [item] = asked.items().values()
    assert (item.full_name, item.description) == ("01:040", "Doors and frames")
    assert (item.income_account, item.expense_account) == (INCOME, "Labour")
    assert asked.told(made) == item.list_id
    assert people.job("cost_code", made.id).state == JobState.SYNCED
    assert asked.company.differences() == []


def test_without_an_expense_account_the_approver_reads_where_bills_go(asked, people):
    """It may be left out: the item has the income account alone, and the warning said so before."""
    made = asked.add("040")
    people.accept(people.job("cost_code", made.id), income_account=INCOME)
    assert f"bills for 01-040 will post to '{INCOME}'" in people.warnings(people.job("cost_code", made.id))
    asked.company.later()
    [item] = asked.items().values()
    assert (item.account, item.income_account, item.expense_account) == (INCOME, "", "")


@pytest.mark.parametrize(
    ("choices", "words"),
    [
        ({"income_account": "Nowhere"}, "QuickBooks has no account 'Nowhere'"),
        ({"income_account": "Checking"}, "'Checking' is of type Bank; it has to be Income or OtherIncome"),
        ({"income_account": "Old Income"}, "'Old Income' is inactive"),
        (
            {"income_account": INCOME, "expense_account": INCOME},
            f"'{INCOME}' is of type Income; it has to be",
        ),
    ],
)
def test_an_account_that_does_not_fit_is_refused_by_name(asked, people, choices, words):
    """Unknown, of another type or inactive: nothing is sent, and another account may be chosen."""
    human, file = asked.company.rig.file.human, asked.company.rig.file
    human.make_inactive(
        "Account", next(one.list_id for one in file.accounts() if one.full_name == "Old Income")
    )
    asked.company.look()
    made = asked.add("040")
    with pytest.raises(StateError, match=words):
        people.accept(people.job("cost_code", made.id), **choices)
    asked.company.later()
    assert (asked.items(), asked.told(made)) == ({}, None)
    people.accept(people.job("cost_code", made.id), income_account=INCOME, expense_account="Labour")
    asked.company.later()
    assert list(asked.items()) == ["01:040"]


LEVEL = "0123456789012345678901234567890"
"""31 characters, the most that QuickBooks takes on one level."""


@pytest.mark.parametrize(
    ("code", "words"),
    [(LEVEL + "1", "32 characters, QuickBooks takes 31"), ("0:40", "has a colon")],
)
def test_a_code_that_quickbooks_does_not_take_is_mended_in_procore(codes, people, code, words):
    """Over 31 characters, or with a colon, it is never cut nor sent; changed in Procore it goes."""
    made = codes.add(code)
    job = people.job("cost_code", made.id)
    assert job.state == JobState.STAGED
    assert words in people.problems(job)
    with pytest.raises(StateError, match=words):
        people.accept(job)
    assert (codes.items(), codes.told(made)) == ({}, None)
    codes.state.edit_standard_cost_code(made.id, code=LEVEL)
    codes.company.later()
    assert list(codes.items()) == [f"01:{LEVEL}"]
    assert codes.told(made)
    assert codes.company.differences() == []


def below(codes, *levels):
    """Codes below the division 01, each below the one before it; gives the last."""
    parent = None
    for level in levels:
        parent = codes.add(level, parent=parent)
    return parent


def test_a_whole_code_of_over_96_characters_is_refused(codes, people):
    """Procore's own limit: of four levels the last goes nowhere, the three above it are items."""
    made = below(codes, LEVEL, LEVEL, LEVEL)
    job = people.job("cost_code", made.id)
    assert job.state == JobState.STAGED
    assert "The whole code has 98 characters; at most 96 can be exported." in people.problems(job)
    assert "in Procore" in job.review["problems"][0]["guidance"]
    assert list(codes.items()) == [f"01:{LEVEL}", f"01:{LEVEL}:{LEVEL}"]


def test_a_path_of_more_than_five_levels_is_refused(codes, people):
    """QuickBooks keeps five levels below one another: the sixth is named, those above it are items."""
    made = below(codes, "1", "2", "3", "4", "5")
    job = people.job("cost_code", made.id)
    assert job.state == JobState.STAGED
    assert "'01:1:2:3:4:5' is too long or too deep" in people.problems(job)
    assert len(codes.items()) == 4


def test_an_item_that_is_there_is_taken(codes, people):
    """The bookkeeper's own Service item of that full name is the code's: its accounts stay as they are."""
    human = codes.company.rig.file.human
    human.add_account("Other Sales", "Income")
    there = human.add_service_item("040", parent="01", account="Other Sales")
    codes.company.look()
    made = codes.add("040")
    [item] = codes.items().values()
    assert (item.list_id, item.account) == (there, "Other Sales")
    assert codes.told(made) == there
    assert people.job("cost_code", made.id).state == JobState.SYNCED


@pytest.mark.parametrize("taken", ["another type", "inactive"])
def test_an_item_of_that_name_that_cannot_carry_it_is_in_the_way(codes, people, taken):
    """Of another type, or inactive: the approver reads which; once it is mended the code goes, once."""
    human = codes.company.rig.file.human
    if taken == "inactive":
        there = human.add_service_item("Doors", account=INCOME)
        human.make_inactive("ItemService", there)
    else:
        there = human.add_other_charge_item("Doors", account=INCOME)
    codes.company.look()
    made = codes.state.create_standard_cost_code(codes.list.id, "Doors", "Doors", None)
    codes.company.later()
    job = people.job("cost_code", made.id)
    assert job.state == JobState.STAGED
    words = "as an inactive item" if taken == "inactive" else "as an item of type OtherCharge; cost codes are"
    assert f"QuickBooks has 'Doors' already, {words}" in people.problems(job)
    with pytest.raises(StateError, match="QuickBooks has 'Doors' already"):
        people.accept(job)
    assert codes.told(made) is None
    kind = "ItemService" if taken == "inactive" else "ItemOtherCharge"
    human.edit(kind, there, Name="Doors of old")
    codes.company.look()
    people.accept(people.job("cost_code", made.id))
    codes.company.later()
    assert sorted(codes.items()) == ["Doors", "Doors of old"]
    assert codes.told(made) == codes.items()["Doors"].list_id


def test_a_code_that_is_added_to_a_project_gets_its_pair(codes):
    """A code added later becomes an item at once; once it is on the project it gets its pair there."""
    made = codes.add("040")
    state, project = codes.state, codes.company.project
    [item] = codes.items().values()
    state.copy_standard_codes(project.id)
    codes.company.settle()
    [ours] = [one for one in state.cost_codes(project.id) if one.code == "040"]
    assert ours.origin_id == f"{state.project(project.id).origin_id}|{item.list_id}"
    assert codes.told(made) == item.list_id
    assert codes.company.differences() == []


def test_a_projects_own_code_on_a_line_is_refused(codes, people):
    """It is of no list: no item is made of it, and the commitment that uses it names the line and stays."""
    own = codes.state.create_cost_code(codes.company.project.id, "900", "Of this project alone")
    codes.company.settle()
    assert codes.items() == {}
    assert codes.state.cost_code(own.id).origin_id is None
    contract, _ = people.commit(1000, approved=False)
    codes.state.create_line(contract.id, own.id, amount=Decimal("300.00"), description="Own")
    codes.state.approve(contract.id)
    codes.company.sync()
    job = people.job("commitment", contract.id)
    assert job.state == JobState.STAGED
    assert "900" in people.problems(job)
    with pytest.raises(StateError, match="900"):
        people.accept(job)
    assert codes.company.rig.file.purchase_orders() == []


def test_a_new_description_in_procore_is_the_items_too(codes, people):
    """The item keeps its id, its accounts and its place."""
    [code] = [one for one in codes.state.standard_cost_codes(codes.list.id) if one.code == "020"]
    before = next(one for one in codes.company.rig.file.items() if one.full_name == "01:020")
    codes.state.edit_standard_cost_code(code.id, name="Carpentry")
    codes.company.later()
    after = next(one for one in codes.company.rig.file.items() if one.full_name == "01:020")
    assert (after.list_id, after.description) == (before.list_id, "Carpentry")
    assert (after.income_account, after.expense_account) == (before.income_account, before.expense_account)
    assert people.job("cost_code", code.id).state == JobState.SYNCED
    assert codes.company.differences() == []


def test_a_code_is_unlinked_once_nothing_uses_it_and_its_item_is_gone(codes, people):
    """What uses it is named first, then the item that is still there; after that Procore shows no id."""
    company = codes.company
    [used] = [one for one in codes.state.standard_cost_codes(codes.list.id) if one.code == "010"]
    people.commit(1000)
    company.sync()
    with pytest.raises(StateError, match="the commitment 'SC-1 Walls' depends on it"):
        unlinking.unlink(company.rig.desk(), company.rig.name, key_of(used))
    made = codes.add("040")
    unlinking.unlink(company.rig.desk(), company.rig.name, key_of(made))
    codes.company.later()
    assert people.job("cost_code", made.id).error == "The cost code is still in QuickBooks."
    assert codes.told(made)
    company.rig.file.human.delete("ItemService", codes.told(made))
    unlinking.unlink(company.rig.desk(), company.rig.name, key_of(made))
    codes.company.later()
    assert (codes.items(), codes.told(made)) == ({}, None)


def key_of(code):
    """The key of a standard code."""
    return RecordKey(kind=RecordKind.COST_CODE, procore_id=str(code.id))
