"""Stories of the ERP feed in which a record that is to be changed was deleted in QuickBooks."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest

from qbsync.flows import review
from qbsync.model.records import RecordKind
from qbsync.simulator.procore.erp_rows import Kind, Stage

AN_ID = re.compile(r"[0-9A-F]+-\d{10}")
"""What QuickBooks shows nobody."""


@pytest.fixture
def people(office, people_of):
    """Who works on both sides of the office's company."""
    return people_of(office.company)


def _said(office, kind, record_id):
    """What the tool shows of a record that failed."""
    stage, said = office.item(kind, record_id)
    assert stage == Stage.FAILED
    assert not AN_ID.search(said)
    assert "whoever looks after" not in said
    return said


def test_a_budget_whose_estimate_was_deleted_is_made_anew(office):
    """The first export after it says what happened; the one that it asks for makes the estimate anew."""
    state, project = office.state, office.company.project.id
    state.budgets.add_line(project, office.company.codes[0], Decimal("100.00"), office.company.cost_type.id)
    state.budgets.lock(project)
    office.sends(Kind.BUDGET, project)
    office.goes_on()
    [estimate] = office.rig.file.estimates()
    office.rig.file.human.delete("Estimate", estimate.txn_id)
    [line] = state.budgets.lines(project)
    state.budgets.change(project, {line.id: Decimal("5.00")})
    office.sends(Kind.BUDGET, project)
    office.goes_on()
    assert "no longer has" in _said(office, Kind.BUDGET, project)
    office.tool.accept(Kind.BUDGET, project)
    office.goes_on()
    assert office.item(Kind.BUDGET, project) == (Stage.SYNCED, "")
    [estimate] = office.rig.file.estimates()
    assert [str(one.amount) for one in estimate.lines] == ["105.00"]
    assert office.company.differences() == []


def test_a_job_that_was_deleted_is_made_anew(office):
    """Its address changed in Procore: exported a second time it is a job again, with that address."""
    row = office.state.create_project("Bridge")
    office.sends(Kind.JOB, row.id, customer="Ridge Owners")
    office.goes_on()
    first = office.link_of(RecordKind.PROJECT, row.id)
    office.rig.file.human.delete("Customer", first)
    office.state.edit_project(row.id, address="1 Ridge Road")
    office.sends(Kind.JOB, row.id, customer="Ridge Owners")
    office.goes_on()
    assert "then export it again" in _said(office, Kind.JOB, row.id)
    office.tool.accept(Kind.JOB, row.id, customer="Ridge Owners")
    office.goes_on()
    assert office.item(Kind.JOB, row.id) == (Stage.SYNCED, "")
    assert office.link_of(RecordKind.PROJECT, row.id) != first
    assert office.company.differences() == []


@pytest.mark.parametrize("way", ["in the tool", "by a retry"])
def test_a_change_order_whose_purchase_order_was_deleted_says_the_way(office, people, way):
    """Its commitment goes anew, unlinked in the tool or retried here, and the change order after it."""
    contract, [line] = people.commit(1000)
    office.company.settle()
    [order] = office.rig.file.purchase_orders()
    office.rig.file.human.delete("PurchaseOrder", order.txn_id)
    change = people.change(contract, (line.cost_code_id, Decimal(50), "More", line.id))
    office.sends(Kind.CHANGE_ORDER, change.id)
    office.goes_on()
    said = _said(office, Kind.CHANGE_ORDER, change.id)
    assert "unlink that commitment in the ERP tool" in said
    if way == "in the tool":
        office.tool.unlink(Kind.COMMITMENT, contract.id)
        office.goes_on()
        office.sends(Kind.COMMITMENT, contract.id)
    else:
        commitment = people.job("commitment", contract.id)
        assert f"retry job {commitment.id}" in people.job("change_order", change.id).guidance
        review.retry(office.rig.desk(), commitment.id)
    office.goes_on()
    office.tool.accept(Kind.CHANGE_ORDER, change.id)
    office.goes_on()
    assert office.item(Kind.CHANGE_ORDER, change.id) == (Stage.SYNCED, "")
    [order] = office.rig.file.purchase_orders()
    assert [str(one.amount) for one in order.lines] == ["1000.00", "50.00"]
    assert office.company.differences() == []
