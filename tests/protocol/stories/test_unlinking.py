"""Stories of links that end while money was paid."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from qbsync.flows import unlinking
from qbsync.model.records import RecordKey, RecordKind
from qbsync.simulator.procore.invoice_maths import Billing


@pytest.fixture
def paid(company):
    """An invoice of 500 that is a bill in QuickBooks, paid by check, and told to Procore."""
    state = company.state
    contract = state.create_commitment(
        "work_order_contract", company.project.id, company.vendors[0].id, number="SC-1", title="Walls"
    )
    line = state.create_line(contract.id, company.codes[0], amount=Decimal(1000), description="Walls")
    state.approve(contract.id)
    company.sync()
    invoice = state.invoices.create(
        contract.id, None, {line.id: Billing(work=Decimal(500))}, number="I-1", billing_date=date(2026, 3, 28)
    )
    state.invoices.submit(invoice.id)
    state.invoices.approve(invoice.id)
    company.sync()
    [bill] = company.rig.file.bills()
    payment = company.rig.file.human.pay_bills({bill.txn_id: None}, account="Checking", ref_number="1001")
    company.settle()
    assert [str(row.amount) for row in state.payments.all()] == ["500.00"]
    return invoice, bill, payment


def test_no_payment_stays_in_procore_when_its_bill_is_unlinked(company, paid):
    """Payment and bill are deleted in QuickBooks and the invoice unlinked before payments are read again."""
    invoice, bill, payment = paid
    human = company.rig.file.human
    human.delete("BillPaymentCheck", payment)
    human.delete("Bill", bill.txn_id)
    key = RecordKey(kind=RecordKind.INVOICE, procore_id=str(invoice.id))
    unlinking.unlink(company.rig.desk(), company.rig.name, key)
    company.settle()
    assert company.state.payments.all() == []


def test_a_payment_voided_while_its_answer_was_lost_does_not_stay(company, paid):
    """Procore took a payment but its answer was lost; voided before the next try, it goes again."""
    _, bill, payment = paid
    company.rig.file.human.void("BillPaymentCheck", payment)
    company.settle()
    again = company.rig.file.human.pay_bills({bill.txn_id: None}, account="Checking", ref_number="1002")
    company.procore.inject("POST", "/rest/v1.0/contract_payments", 503, times=1, after=True)
    company.rig.clock.passes(timedelta(days=1))
    company.pc.update()
    company.push()
    company.rig.file.human.void("BillPaymentCheck", again)
    company.settle()
    assert company.state.payments.all() == []


def test_an_invoice_still_paid_in_quickbooks_names_the_payment(company, paid):
    """An unlink that finds the bill still there says which payment goes first; the bill stays linked."""
    invoice, bill, payment = paid
    key = RecordKey(kind=RecordKind.INVOICE, procore_id=str(invoice.id))
    unlinking.unlink(company.rig.desk(), company.rig.name, key)
    company.sync()
    [job] = [job for job in company.rig.jobs() if job.kind == "invoice"]
    assert job.error == "The invoice is still in QuickBooks."
    assert "It is paid there (check 1001 of 500.00" in job.guidance
    company.rig.file.human.delete("BillPaymentCheck", payment)
    company.rig.clock.passes(timedelta(hours=1))
    company.sync()
    unlinking.unlink(company.rig.desk(), company.rig.name, key)
    company.sync()
    [job] = [job for job in company.rig.jobs() if job.kind == "invoice"]
    assert "paid" not in job.guidance
    assert [one.txn_id for one in company.rig.file.bills()] == [bill.txn_id]
