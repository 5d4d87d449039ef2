"""Stories of payments: what the bookkeeper pays in QuickBooks and what the person in Procore sees of it."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

HOUR = timedelta(hours=1)


@pytest.fixture
def bills(company, people):
    """Two invoices, of 400 and 100, that are bills; gives their TxnIDs."""
    contract, lines = people.commit(1000, 500)
    company.sync()
    people.invoice(contract, {lines[0]: 400}, "I-1")
    company.sync()
    people.invoice(contract, {lines[1]: 100}, "I-2")
    company.settle()
    by_number = {bill.ref_number: bill.txn_id for bill in company.rig.file.bills()}
    return by_number["I-1"], by_number["I-2"]


def told(company):
    """An update and a push later, and twice as much again: what is told once stays told once."""
    for _ in range(2):
        company.rig.clock.passes(HOUR)
        company.pc.update()
        company.push()


def test_a_check_a_card_and_a_part(company, people, bills):
    """A full check and a part by card are one payment issued each, with its number and method."""
    human = company.rig.file.human
    human.pay_bills({bills[0]: None}, account="Checking", ref_number="1001")
    human.pay_bills({bills[1]: Decimal("40.00")}, account="Card", by_card=True, ref_number="77")
    told(company)
    assert sorted(people.payments()) == [("40.00", "77"), ("400.00", "1001")]
    methods = {row.payment_method for row in company.state.payments.all()}
    assert methods == {"check", "credit_card"}
    assert company.differences() == []


def test_one_check_for_several_bills_is_a_payment_for_each(company, bills):
    """Each invoice shows its own part of the check."""
    company.rig.file.human.pay_bills({bills[0]: Decimal(250), bills[1]: None}, account="Checking")
    told(company)
    rows = {row.invoice_number: str(row.amount) for row in company.state.payments.all()}
    assert rows == {"I-1": "250.00", "I-2": "100.00"}
    assert company.differences() == []


@pytest.mark.parametrize("how", ["void", "delete", "change"])
def test_a_payment_that_is_undone_or_changed(company, people, bills, how):
    """Voided or deleted it is gone from Procore; changed it has the new amount, still once."""
    human = company.rig.file.human
    payment = human.pay_bills({bills[0]: None}, account="Checking", ref_number="1001")
    told(company)
    if how == "change":
        human.edit_payment(payment, {bills[0]: Decimal("399.00")})
    elif how == "void":
        human.void("BillPaymentCheck", payment)
    else:
        human.delete("BillPaymentCheck", payment)
    told(company)
    assert people.payments() == ([("399.00", "1001")] if how == "change" else [])
    assert company.differences() == []


@pytest.mark.parametrize("origin_id", [None, "the same"])
def test_the_comparison_of_both_ledgers_sees_a_payment_that_stands_twice(company, people, bills, origin_id):
    """A second payment of one check on the invoice is a difference, without an origin id as with the first's."""
    company.rig.file.human.pay_bills({bills[0]: None}, account="Checking", ref_number="1001")
    told(company)
    [row] = company.state.payments.all()
    company.state.payments.create(
        row.contract_id,
        Decimal("100.00"),
        requisition_id=row.requisition_id,
        origin_id=origin_id and row.origin_id,
    )
    [difference] = company.differences()
    assert "100.00" in difference
