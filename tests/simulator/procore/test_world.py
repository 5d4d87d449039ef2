from __future__ import annotations

import unicodedata
from decimal import Decimal

import pytest
from anyascii import anyascii

from qbsync.simulator.procore import ContractKind, ProcoreState
from qbsync.simulator.world import build_world, key_of


@pytest.fixture
def full(world) -> ProcoreState:
    """A Procore that holds the whole world."""
    state = ProcoreState()
    world.apply(state)
    return state


def length(text):
    """How long a name becomes once QuickBooks can hold it."""
    composed = unicodedata.normalize("NFC", text).strip()
    return sum(1 if c.encode("cp1252", "ignore") else len(anyascii(c)) for c in composed)


def test_the_same_seed_makes_the_same_world(world):
    """Two builds are equal, another seed is another world."""
    assert build_world() == world
    assert build_world(8) != world


def test_the_world_is_as_big_as_promised(full, world):
    """At least 60 codes in divisions, 200 vendors, 5 projects, 40 commitments half and half."""
    codes = full.standard_cost_codes()
    assert sum(code.parent_id is not None for code in codes) >= 60
    assert sum(code.parent_id is None for code in codes) >= 10
    assert len(full.vendors()) == 200
    assert len(full.projects()) == 5
    assert {kind: len(full.commitments(kind)) for kind in ContractKind} == dict.fromkeys(ContractKind, 20)
    assert full.cost_code_lists()[0].name == "QuickBooks Standard Cost Codes"
    assert full.cost_code_lists()[0].is_erp_list
    assert len(world.quickbooks_customers) >= 2


def test_every_name_fits_quickbooks(world):
    """Names have no colon, at most 41 characters and no twin, vendors and customers taken together."""
    names = [vendor.name for vendor in world.vendors]
    jobs = [project.name for project in world.projects]
    for name in (*names, *jobs, *world.quickbooks_customers):
        assert ":" not in name
        assert 0 < length(name) <= 41
    keys = [key_of(name) for name in (*names, *world.quickbooks_customers)]
    assert len(set(keys)) == len(keys)
    assert len({key_of(name) for name in jobs}) == len(jobs)


@pytest.mark.parametrize(
    "trait",
    ["&", "'", "\u2019", "\u201c", "\u2013", "\u2014", "™", "é", "ñ", "ü", "ß", ",", "/", "1", "Стройка"],
)
def test_vendor_names_are_awkward(world, trait):
    """Each awkward thing occurs in some vendor's name."""
    assert any(trait in vendor.name for vendor in world.vendors)


def test_some_vendor_names_have_blanks_around_and_some_are_just_as_long_as_allowed(world):
    """There are leading and trailing blanks, 41 characters exactly, and names that a suffix tells apart."""
    names = [vendor.name for vendor in world.vendors]
    assert any(name.startswith(" ") for name in names)
    assert any(name.endswith(" ") for name in names)
    assert any(len(name) == 41 for name in names)
    assert any(one != two and two.startswith(one) for one in names for two in names)
    assert any("\n" in vendor.address for vendor in world.vendors)
    assert any(len(project.name) == 41 for project in world.projects)
    assert any("ñ" in project.name for project in world.projects)


def test_addresses_fit_quickbooks(world):
    """Address lines have at most 41 characters, cities 31, codes 13; projects' have no comma."""
    for vendor in world.vendors:
        assert all(len(line) <= 41 for line in vendor.address.splitlines())
        assert len(vendor.address.splitlines()) <= 4
        assert len(vendor.city) <= 31
        assert len(vendor.zip) <= 13
    assert not any("," in project.address for project in world.projects)


def test_commitments_are_exportable_and_their_numbers_unique(full):
    """Statuses are exportable, numbers unique and at most 11 characters, totals positive."""
    statuses = {contract.status for contract in full.commitments()}
    assert statuses == {"Approved", "Complete", "Partially Received", "Received", "Closed"}
    numbers = [contract.number for contract in full.commitments()]
    assert len(set(numbers)) == 40
    assert max(map(len, numbers)) == 11
    for contract in full.commitments():
        assert sum(line.amount for line in full.lines(contract.id)) > 0


def test_lines_are_of_every_awkward_sort(full):
    """There are odd cents, zero and credit lines, and unit lines whose product is not whole cents."""
    lines = full.lines()
    units = [line for line in lines if line.extended_type == "calculated"]
    assert any(line.amount == 0 for line in lines)
    assert any(line.amount < 0 for line in lines if line not in units)
    assert any(line.amount < 0 for line in units)
    assert any(line.amount % 1 for line in lines if line not in units)
    assert any(line.quantity * line.unit_cost != line.amount for line in units)
    assert any(line.unit_cost.as_tuple().exponent == -5 for line in units)
    assert any(line.extended_type == "manual" and line.quantity for line in lines)
    assert all(line.amount == round(line.amount, 2) for line in lines)
    assert all(abs(line.quantity * line.unit_cost - line.amount) <= Decimal("0.005") for line in units)


def test_a_projects_own_code_is_in_no_commitment(full):
    """Each project has a code of its own, which no line uses."""
    own = {code.id for code in full.cost_codes() if code.standard_cost_code_id is None}
    assert len(own) == 5
    assert not any(line.cost_code_id in own for line in full.lines())


def test_other_sizes_can_be_had():
    """A world may be smaller or larger; more vendors than there are words for is refused."""
    large = build_world(vendors=1000, commitments=1200)
    assert len({key_of(vendor.name) for vendor in large.vendors}) == 1000
    assert len({commitment.number for commitment in large.commitments}) == 1200
    assert max(len(commitment.number) for commitment in large.commitments) == 11
    with pytest.raises(ValueError, match="words for"):
        build_world(vendors=100_000)
