"""Stories of QuickBooks' classes that stand for Procore's cost types."""

from __future__ import annotations

import re
from datetime import timedelta
from decimal import Decimal

import pytest

from qbsync.flows import setup
from qbsync.model.jobs import JobState

TRACKING = "AccountingPreferences/IsUsingClassTracking"


@pytest.fixture
def types(company):
    """Labor and Materials on both sides, and class tracking; the connection makes classes of cost types."""
    human = company.rig.file.human
    human.set_preference(TRACKING, "true")
    for name in ("Labor", "Materials"):
        human.add_class(name)
    company.rig.set(cost_types="class")
    setup.refresh(company.rig.desk(), company.rig.name)
    company.pc.update()
    return [company.state.create_line_item_type(name, name[0]).id for name in ("Labor", "Materials")]


def typed(company, people, kinds, number="SC-1"):
    """An approved subcontract with a line of 1,000 for each cost type."""
    contract, lines = people.commit(*(1000 for _ in kinds), number=number, approved=False)
    for line, kind in zip(lines, kinds, strict=True):
        company.state.edit_line(line.id, line_item_type_id=kind)
    company.state.approve(contract.id)
    return contract, company.state.lines(contract.id)


def classes_of(company, query, tag):
    """The class of each line that a query shows."""
    asked = (
        '<?xml version="1.0"?><?qbxml version="13.0"?><QBXML><QBXMLMsgsRq onError="stopOnError">'
        f"<{query}Rq><IncludeLineItems>true</IncludeLineItems></{query}Rq></QBXMLMsgsRq></QBXML>"
    )
    lines = re.findall(f"<{tag}>(.*?)</{tag}>", company.rig.file.process(asked), re.DOTALL)
    found = [re.search(r"<ClassRef>.*?<FullName>(.*?)<", line) for line in lines]
    return [one[1] if one else "" for one in found]


def test_each_line_has_the_class_of_its_cost_type(company, people, types):
    """Purchase order, change order, bill and estimate; a budget has a line for each code and type."""
    labor, materials = types
    for kind, amount in ((labor, 300), (materials, 200)):
        company.state.budgets.add_line(company.project.id, company.codes[0], Decimal(amount), kind)
    company.state.budgets.lock(company.project.id)
    contract, lines = typed(company, people, types)
    company.sync()
    assert classes_of(company, "PurchaseOrderQuery", "PurchaseOrderLineRet") == ["Labor", "Materials"]
    assert classes_of(company, "EstimateQuery", "EstimateLineRet") == ["Labor", "Materials"]
    [estimate] = company.rig.file.estimates()
    assert [line.amount for line in estimate.lines] == [Decimal(300), Decimal(200)]
    change = people.change(contract, (company.codes[0], Decimal(50), "Rock", lines[0].id), status="draft")
    [row] = company.state.change_orders.lines(change.id)
    company.state.change_orders.edit_line(row.id, line_item_type_id=materials)
    company.state.change_orders.approve(change.id)
    people.invoice(contract, {lines[0]: 100, lines[1]: 40})
    company.settle()
    orders = classes_of(company, "PurchaseOrderQuery", "PurchaseOrderLineRet")
    assert orders == ["Labor", "Materials", "Materials"]
    assert classes_of(company, "BillQuery", "ItemLineRet") == ["Labor", "Materials"]
    assert company.rig.broken() == []


def test_a_changed_budget_changes_the_line_of_its_type(company, types):
    """A budget change of one cost type moves that line alone."""
    rows = [
        company.state.budgets.add_line(company.project.id, company.codes[0], Decimal(300), kind)
        for kind in types
    ]
    company.state.budgets.lock(company.project.id)
    company.sync()
    company.state.budgets.change(company.project.id, {rows[1].id: Decimal(25)})
    company.settle()
    [estimate] = company.rig.file.estimates()
    assert [line.amount for line in estimate.lines] == [Decimal(300), Decimal(325)]


def test_a_class_that_quickbooks_lacks_is_named(company, people, types):
    """The commitment stays, naming the class; once it is there the commitment goes."""
    rented = company.state.create_line_item_type("Equipment", "E").id
    contract, _ = typed(company, people, [types[0], rented])
    company.sync()
    job = people.job("commitment", contract.id)
    assert people.problems(job) == "QuickBooks has no class 'Equipment'."
    assert "Class List" in job.review["problems"][0]["guidance"]
    company.rig.file.human.add_class("Equipment")
    company.settle()
    assert classes_of(company, "PurchaseOrderQuery", "PurchaseOrderLineRet") == ["Labor", "Equipment"]


def test_class_tracking_that_is_off_is_said_before_anything_is_sent(company, people, types):
    """The approver and doctor read where to switch it on; nothing reaches QuickBooks."""
    company.rig.file.human.set_preference(TRACKING, "false")
    setup.refresh(company.rig.desk(), company.rig.name)
    company.pc.update()
    contract, _ = typed(company, people, types)
    company.sync()
    assert "Class tracking is switched off" in people.problems(people.job("commitment", contract.id))
    assert "Accounting" in people.said_by_doctor()["classes"]
    assert company.rig.file.purchase_orders() == []


def test_without_the_option_no_line_has_a_class(company, people, types):
    """Cost types say nothing to QuickBooks, and a budget has one line a cost code."""
    company.rig.set(cost_types="none")
    for kind in types:
        company.state.budgets.add_line(company.project.id, company.codes[0], Decimal(300), kind)
    company.state.budgets.lock(company.project.id)
    typed(company, people, types)
    company.settle()
    assert classes_of(company, "PurchaseOrderQuery", "PurchaseOrderLineRet") == ["", ""]
    [estimate] = company.rig.file.estimates()
    assert [line.amount for line in estimate.lines] == [Decimal(600)]


def test_lines_whose_classes_someone_swapped_are_a_conflict(company, people, types):
    """Two lines differ by class alone: swapped by the bookkeeper they are named, and set back they go on."""
    rows = [
        company.state.budgets.add_line(company.project.id, company.codes[0], Decimal(300), kind)
        for kind in types
    ]
    company.state.budgets.lock(company.project.id)
    company.settle()
    [estimate] = company.rig.file.estimates()

    def classes(*names):
        company.rig.clock.passes(timedelta(seconds=30))
        lines = [
            {"TxnLineID": line.txn_line_id, "ClassRef": {"FullName": name}}
            for line, name in zip(estimate.lines, names, strict=True)
        ]
        company.rig.file.human.edit_estimate(estimate.txn_id, EstimateLineMod=lines)

    classes("Materials", "Labor")
    company.state.budgets.change(company.project.id, {rows[1].id: Decimal(25)})
    company.rig.clock.passes(timedelta(hours=1))
    company.sync()
    failed = people.job("budget", company.project.id)
    assert failed.state == JobState.FAILED
    assert "its class is 'Materials', qbsync had written 'Labor'" in failed.error
    assert {line.amount for line in company.rig.file.estimates()[0].lines} == {Decimal(300)}
    classes("Labor", "Materials")
    people.retry(failed)
    company.settle()
    assert [line.amount for line in company.rig.file.estimates()[0].lines] == [Decimal(300), Decimal(325)]
    assert classes_of(company, "EstimateQuery", "EstimateLineRet") == ["Labor", "Materials"]
