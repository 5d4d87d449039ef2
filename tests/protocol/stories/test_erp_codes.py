"""Stories of what the accounting approver calls a record in QuickBooks, where Procore's own word is taken."""

from __future__ import annotations

from decimal import Decimal

import pytest

from qbsync.flows import linking
from qbsync.model.records import RecordKey, RecordKind
from qbsync.simulator.procore import erp_money_payloads
from qbsync.simulator.procore.erp_rows import Kind, Stage


@pytest.mark.parametrize("shown", ["whole", "without its due"])
def test_an_invoice_whose_number_is_taken_goes_under_the_approvers(office, people_of, monkeypatch, shown):
    """The bill has the number that the approver typed, also where the invoice is read by its public show."""
    if shown != "whole":
        monkeypatch.setattr(erp_money_payloads, "dollars", lambda _amount: "")
    contract, [line] = people_of(office.company).commit(1000)
    office.company.settle()
    human = office.rig.file.human
    human.enter_bill("Acme", [("01:010", "Typed", Decimal("77.00"))], ref_number="I-D")
    invoice = people_of(office.company).invoice(contract, {line: 50}, number="I-D")
    office.sends(Kind.REQUISITION, invoice.id)
    office.goes_on()
    stage, said = office.item(Kind.REQUISITION, invoice.id)
    assert (stage, "I-D" in said) == (Stage.FAILED, True)
    office.tool.accept(Kind.REQUISITION, invoice.id, code="I-D-2")
    office.goes_on()
    assert office.item(Kind.REQUISITION, invoice.id) == (Stage.SYNCED, "")
    [bill] = [one for one in office.rig.file.bills() if one.ref_number == "I-D-2"]
    assert [line.amount for line in bill.lines] == [Decimal("50.00")]
    assert office.company.differences() == [f"invoice {invoice.id}: number is 'I-D-2', expected 'I-D'"]


@pytest.fixture
def annex(office):
    """A project with the name of a job that QuickBooks has already; its export failed."""
    office.rig.file.human.add_customer("Annex", parent="Ridge Owners")
    office.company.look()
    row = office.state.create_project("Annex", project_number="24-018")
    office.sends(Kind.JOB, row.id, customer="Ridge Owners")
    office.goes_on()
    stage, said = office.item(Kind.JOB, row.id)
    assert (stage, "enter another job code, its name in QuickBooks" in said) == (Stage.FAILED, True)
    return row


def _jobs(office):
    return {one.full_name: one.list_id for one in office.rig.file.customers() if ":" in one.full_name}


def test_a_job_whose_name_is_taken_goes_under_the_code_that_the_approver_enters(office, annex):
    """Failed, another code, exported again: QuickBooks has it under that name, and an update leaves it so."""
    office.tool.accept(Kind.JOB, annex.id)
    office.goes_on()
    assert office.item(Kind.JOB, annex.id)[0] == Stage.FAILED
    office.tool.accept(Kind.JOB, annex.id, code="ANNEX-2")
    office.goes_on()
    assert office.item(Kind.JOB, annex.id) == (Stage.SYNCED, "")
    listed = _jobs(office)["Ridge Owners:ANNEX-2"]
    assert office.state.project(annex.id).origin_id == office.link_of(RecordKind.PROJECT, annex.id) == listed
    human = office.rig.file.human
    human.edit("Customer", _jobs(office)["Ridge Owners:Annex"], Name="Old annex")
    office.company.look()
    office.state.edit_project(annex.id, address="1 Ridge Road", project_number="24-019")
    office.sends(Kind.JOB, annex.id)
    office.goes_on()
    assert office.item(Kind.JOB, annex.id) == (Stage.SYNCED, "")
    assert _jobs(office)["Ridge Owners:ANNEX-2"] == listed
    office.state.edit_project(annex.id, name="South wing")
    office.sends(Kind.JOB, annex.id)
    office.goes_on()
    assert _jobs(office)["Ridge Owners:South wing"] == listed


def test_a_code_that_is_taken_too_is_followed_by_another_and_no_code_renames_a_linked_job(office, annex):
    """Each code that is entered is tried; what is linked by hand meanwhile keeps its name."""
    human, tool = office.rig.file.human, office.tool
    taken = human.add_customer("ANNEX-2", parent="Ridge Owners")
    office.company.look()
    tool.accept(Kind.JOB, annex.id, code="ANNEX-2")
    office.goes_on()
    stage, said = office.item(Kind.JOB, annex.id)
    assert (stage, "'Ridge Owners:ANNEX-2'" in said) == (Stage.FAILED, True)
    tool.reject(Kind.JOB, annex.id)
    office.sends(Kind.JOB, annex.id, customer="Ridge Owners")
    office.goes_on()
    assert "'Ridge Owners:Annex'" in office.item(Kind.JOB, annex.id)[1]
    own = _jobs(office)["Ridge Owners:Annex"]
    key = RecordKey(kind=RecordKind.PROJECT, procore_id=str(annex.id))
    linking.link(office.rig.desk(), office.rig.name, key, own)
    office.goes_on()
    tool.accept(Kind.JOB, annex.id, code="ANNEX-3")
    office.goes_on()
    assert _jobs(office).items() >= {"Ridge Owners:Annex": own, "Ridge Owners:ANNEX-2": taken}.items()
    assert "Ridge Owners:ANNEX-3" not in _jobs(office)
