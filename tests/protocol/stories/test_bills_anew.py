"""Stories of a bill that is gone from QuickBooks and goes anew: what was paid of the old one is gone too."""

from __future__ import annotations

import pytest

from qbsync.flows import review, setup

CHECKING = "Checking"


@pytest.fixture
def paid(request, make_company, make_erp_company, people_of):
    """A company of a feed with a bill that a check paid, of which Procore was told; with the bill."""
    company = make_erp_company() if request.param == "erp" else make_company()
    people = people_of(company)
    contract, [line] = people.commit(1000)
    company.settle()
    people.invoice(contract, {line: 100})
    company.settle()
    [bill] = company.rig.file.bills()
    check = company.rig.file.human.pay_bills({bill.txn_id: None}, account=CHECKING)
    company.settle()
    assert _told(company) == [100]
    return company, people, bill, check


def _told(company):
    """What Procore has as paid, payments of nothing left out."""
    return [row.amount for row in company.state.payments.all() if row.amount]


def _exported_anew(company, people):
    """A super user resets the invoice, or the approver retries its job: it is exported anew."""
    [invoice] = company.state.invoices.all()
    if company.vendors_go_again:
        review.retry(company.rig.desk(), people.job("invoice", invoice.id).id)
    else:
        company.state.erp.reset_requisition(invoice.id)
    company.settle()


@pytest.mark.parametrize("paid", ["direct", "erp"], indirect=True)
def test_what_was_paid_of_a_bill_that_is_gone_is_gone_in_procore(paid):
    """Check and bill are deleted before anybody read it: the new bill is not paid, in Procore neither."""
    company, people, bill, check = paid
    company.rig.file.human.delete("BillPaymentCheck", check)
    company.rig.file.human.delete("Bill", bill.txn_id)
    _exported_anew(company, people)
    [anew] = company.rig.file.bills()
    assert (anew.ref_number, anew.txn_id != bill.txn_id) == (bill.ref_number, True)
    assert _told(company) == []
    assert company.differences() == []


@pytest.mark.parametrize("paid", ["erp"], indirect=True)
def test_a_payment_that_is_undone_around_a_reset_is_taken_back(paid):
    """Procore forgets the invoice's ids and keeps the payment; that its check is gone is read meanwhile."""
    company, people, _, check = paid
    [invoice] = company.state.invoices.all()
    company.state.erp.reset_requisition(invoice.id)
    company.pull()
    waits = people.job("invoice", invoice.id)
    review.hold(company.rig.desk(), waits.id)
    company.rig.file.human.delete("BillPaymentCheck", check)
    setup.refresh(company.rig.desk(), company.rig.name)
    company.pc.update()
    review.release(company.rig.desk(), waits.id)
    company.settle()
    assert _told(company) == []
    assert company.differences() == []
