"""Stories of job costs: what the bookkeeper moves, adds and books, and what is seen of it in Procore."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from qbsync.flows.reconciliation import NO_CODE, read_now, reconcile
from qbsync.procore.writebacks import Target
from qbsync.store import connections, writebacks

HOUR = timedelta(hours=1)
TOWER, MALL = "Ridge Owners:Tower", "Ridge Owners:Mall"


def told(company):
    """Some updates and pushes, an hour apart."""
    for _ in range(2):
        company.rig.clock.passes(HOUR)
        company.pc.update()
        company.push()


def lines_of(company, project_id):
    """The direct cost lines of a project that come to something, as its people see them."""
    path = f"/rest/v1.0/projects/{project_id}/direct_costs/line_items"
    shown = [(row["description"], Decimal(row["amount"])) for row in company.client.get_all(path)]
    return sorted((text, f"{amount:.2f}") for text, amount in shown if amount)


def reconciled(company):
    """Both sides by cost code, read now."""
    rig = company.rig
    read_now(rig.database, rig.name, company.worker.clients, rig.clock())
    with rig.database.read() as tx:
        return {one.cost_code: one for one in reconcile(tx, connections.get(tx, rig.id))}


@pytest.mark.parametrize("places", [(0,), (0, 1)])
def test_a_cost_that_moves_to_another_job_moves_with_it(company, places):
    """One line of a bill or all go to another job, and back: each project has what is on its own job."""
    mall = company.state.create_project("Mall")
    company.settle()
    human = company.rig.file.human
    lines = [("01:010", "Nails", Decimal("40.00")), ("01:020", "Wood", Decimal("60.00"))]
    bill = human.enter_bill("Acme", lines, ref_number="B-9", job=MALL)
    told(company)
    both = [("Nails", "40.00"), ("Wood", "60.00")]
    for job in (TOWER, MALL, TOWER):
        for place in places:
            human.edit_line("Bill", bill, place, CustomerRef={"FullName": job})
        told(company)
        moved = [both[place] for place in places]
        stayed = [row for row in both if row not in moved]
        at_mall = both if job == MALL else stayed
        assert lines_of(company, mall.id) == at_mall
        assert lines_of(company, company.project.id) == ([] if job == MALL else moved)
        assert company.differences() == []


@pytest.fixture
def bill(company, people):
    """The TxnID of the bill of an invoice of 400."""
    contract, lines = people.commit(1000, 500)
    company.sync()
    people.invoice(contract, {lines[0]: 400}, "I-1")
    company.settle()
    [found] = company.rig.file.bills()
    return found.txn_id


def add_freight(company, bill, job):
    """Someone adds freight of 50 for a job to a bill."""
    freight = {"ItemRef": {"FullName": "01:020"}, "Desc": "Freight", "Amount": "50.00"}
    company.rig.file.human.add_line("Bill", bill, **freight, CustomerRef={"FullName": job})


def test_what_someone_adds_to_our_bill_is_a_cost_of_its_own(company, bill):
    """Freight on the invoice's bill comes to Procore as a direct cost; the invoice is not told again."""
    add_freight(company, bill, TOWER)
    told(company)
    assert lines_of(company, company.project.id) == [("Freight", "50.00")]
    assert not [one for one in company.differences() if "job cost" in one]
    figures = reconciled(company)
    assert {code: one.difference for code, one in figures.items()} == {"01-010": 0, "01-020": 0}
    assert figures["01-020"].quickbooks == 50


def test_an_added_cost_without_a_cost_code_is_shown(company, bill):
    """Where no cost code takes it, the comparison shows it as a difference, and never as held back."""
    company.rig.set(uncoded_cost_code="")
    company.rig.file.human.add_service_item("Freight", account="Labour")
    company.rig.file.human.add_line(
        "Bill", bill, ItemRef={"FullName": "Freight"}, Amount="50.00", CustomerRef={"FullName": TOWER}
    )
    told(company)
    assert lines_of(company, company.project.id) == []
    assert reconciled(company)[NO_CODE].difference == 50


def test_a_line_of_ours_that_is_typed_anew_is_not_told_beside_its_invoice(company, bill):
    """The bookkeeper deletes our line and types it again: Procore has the invoice and no direct cost."""
    human = company.rig.file.human
    human.add_line(
        "Bill", bill, ItemRef={"FullName": "01:010"}, Amount="400.00", CustomerRef={"FullName": TOWER}
    )
    human.edit_line("Bill", bill, 0)
    told(company)
    assert lines_of(company, company.project.id) == []
    assert reconciled(company)["01-010"].difference == 0


def test_a_line_of_ours_that_is_split_is_not_told_beside_its_invoice(company, bill):
    """The bookkeeper takes 100 of our 400 to a line of its own: Procore has the invoice, no direct cost."""
    human = company.rig.file.human
    human.edit_line("Bill", bill, 0, Amount="300.00")
    human.add_line(
        "Bill", bill, ItemRef={"FullName": "01:020"}, Amount="100.00", CustomerRef={"FullName": TOWER}
    )
    told(company)
    assert lines_of(company, company.project.id) == []
    figures = reconciled(company)
    assert sum(one.difference for one in figures.values()) == 0


def test_what_someone_adds_to_our_bill_for_another_job_is_a_cost_of_that(company, bill):
    """Freight for the Mall on the Tower's invoice comes to the Mall as a direct cost, and to nobody else."""
    mall = company.state.create_project("Mall")
    company.settle()
    add_freight(company, bill, MALL)
    told(company)
    assert lines_of(company, mall.id) == [("Freight", "50.00")]
    assert lines_of(company, company.project.id) == []
    assert not [one for one in company.differences() if "job cost" in one]


def test_money_that_only_moves_is_no_cost(company):
    """An owner's deposit and a loan name the job and cost it nothing; the comparison names their accounts."""
    human = company.rig.file.human
    human.add_account("Loan", "LongTermLiability")
    human.enter_journal("Checking", "Payables", Decimal("5000.00"), job=TOWER)
    human.enter_journal("Loan", "Checking", Decimal("300.00"), job=TOWER)
    human.enter_journal("Labour", "Checking", Decimal("25.00"), job=TOWER)
    told(company)
    assert [amount for _, amount in lines_of(company, company.project.id)] == ["25.00"]
    assert company.differences() == []
    figures = reconciled(company)
    assert {code: one.difference for code, one in figures.items()} == {"01-030": 0, NO_CODE: 0}
    shown = sorted((one.line.place, one.counted_as) for one in figures[NO_CODE].behind)
    assert shown == [("Checking", "no cost"), ("Loan", "no cost")]


def spend(company, amount):
    """The bookkeeper writes a check of that amount for nails on the Tower; gives its TxnID."""
    return company.rig.file.human.enter_cost(
        "Check", [("01:010", "Nails", Decimal(amount))], job=TOWER, payee="Acme", account="Checking"
    )


def owed(company):
    """How the newest telling of job costs stands, and what is said of it."""
    with company.rig.database.read() as tx:
        row = writebacks.newest(tx, company.rig.id, Target.JOB_COSTS.value, str(company.project.id))
    return row.state, row.error


def update_and_push(company):
    """An hour later an update runs, and Procore is told once."""
    company.rig.clock.passes(HOUR)
    company.pc.update()
    company.push()


def test_another_programs_sync_of_a_project_is_waited_for(company):
    """While it is under way Procore answers 409: another project is told, and then this one, once."""
    mall = company.state.create_project("Mall")
    company.settle()
    spend(company, "40.00")
    company.rig.file.human.enter_bill(
        "Acme", [("01:010", "Doors", Decimal("9.00"))], ref_number="B-9", job=MALL
    )
    with company.state.direct_costs.sync_of_another(company.project.id):
        update_and_push(company)
        assert lines_of(company, company.project.id) == []
        assert lines_of(company, mall.id) == [("Doors", "9.00")]
        state, said = owed(company)
        assert state == "retrying"
        assert "another program writes at the same time" in said
        update_and_push(company)
        assert owed(company)[0] == "retrying"
    company.push()
    assert owed(company)[0] == "done"
    assert lines_of(company, company.project.id) == [("Nails", "40.00")]
    assert company.differences() == []


COSTS = "/rest/v1.0/projects/*/direct_costs"


@pytest.mark.parametrize("endpoint", [f"{COSTS}/sync", f"{COSTS}/line_items/sync"])
@pytest.mark.parametrize("known", [False, True])
def test_a_conflict_while_a_cost_is_told_is_tried_again(company, endpoint, known):
    """A 409 at headers or lines, of a new cost or a changed one: the next push ends with one of it."""
    if known:
        cost = spend(company, "39.00")
        told(company)
        [check] = [one for one in company.rig.file.costs() if one.txn_id == cost]
        company.rig.file.human.edit_cost(cost, {check.lines[0].txn_line_id: Decimal("40.00")})
    else:
        spend(company, "40.00")
    company.procore.inject("PATCH", endpoint, 409)
    update_and_push(company)
    assert owed(company)[0] == "retrying"
    company.push()
    assert owed(company)[0] == "done"
    assert lines_of(company, company.project.id) == [("Nails", "40.00")]
    assert company.differences() == []


def test_a_conflict_while_a_cost_is_taken_away_is_tried_again(company):
    """A 409 at the DELETE of a direct cost whose check is gone: the next push takes it away."""
    check = spend(company, "40.00")
    told(company)
    assert lines_of(company, company.project.id) == [("Nails", "40.00")]
    company.rig.file.human.delete("Check", check)
    company.procore.inject("DELETE", "/rest/v1.1/projects/*/direct_costs/*", 409)
    update_and_push(company)
    assert owed(company)[0] == "retrying"
    company.push()
    assert owed(company)[0] == "done"
    assert lines_of(company, company.project.id) == []
    assert company.differences() == []


def test_a_cost_that_procore_refused_halfway_is_told_again_once_it_is_as_before(company):
    """Procore took the new amount and said no: the old amount, typed again, comes back to Procore."""
    human = company.rig.file.human
    bill = human.enter_bill("Acme", [("01:010", "Nails", Decimal("40.00"))], ref_number="B-9", job=TOWER)
    told(company)
    company.procore.inject("PATCH", f"{COSTS}/line_items/sync", 422, after=True)
    human.edit_line("Bill", bill, 0, Amount="60.00")
    told(company)
    assert owed(company)[0] == "refused"
    human.edit_line("Bill", bill, 0, Amount="40.00")
    told(company)
    assert owed(company)[0] == "done"
    assert lines_of(company, company.project.id) == [("Nails", "40.00")]
    assert company.differences() == []
