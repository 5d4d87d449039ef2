"""Stories of what the accounting approver calls a record in QuickBooks, where Procore's own word is taken."""

from __future__ import annotations

from decimal import Decimal

import pytest

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
