"""Stories of payments: what the bookkeeper pays in QuickBooks and what the person in Procore sees of it."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from qbsync.flows import settle
from qbsync.store import writebacks

HOUR = timedelta(hours=1)
PAYMENTS = "/rest/v1.0/contract_payments"


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


def told_once(company):
    """An update and a push later."""
    company.rig.clock.passes(HOUR)
    company.pc.update()
    company.push()


def told(company):
    """Twice an update and a push later: what is told once stays told once."""
    told_once(company)
    told_once(company)


def states(company):
    """What became of each payment that Procore was, or is, to be told of, newest first."""
    with company.rig.database.read() as tx:
        return [
            row.state
            for row in writebacks.listing(tx, connection_id=company.rig.id)
            if row.target == "contract_payment"
        ]


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
def test_the_comparison_of_both_ledgers_sees_a_payment_that_stands_twice(company, bills, origin_id):
    """A second payment of one check on the invoice is a difference, with the first's origin id or none."""
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


class During:
    """Carries requests; something happens while Procore is at its first POST."""

    def __init__(self, carrier, happens) -> None:
        self._carrier, self._happens = carrier, happens

    def send(self, request, **more):
        """The answer, which comes after what happens."""
        answer = self._carrier.send(request, **more)
        if request.method == "POST" and self._happens is not None:
            happens, self._happens = self._happens, None
            happens()
        return answer

    def close(self) -> None:
        """Nothing is open."""


def test_a_check_that_changes_while_procore_is_told_of_it_is_told_again(company, people, bills):
    """The answer to the old amount settles the old amount alone: in the end Procore has the new one."""
    human = company.rig.file.human
    payment = human.pay_bills({bills[0]: Decimal("300.00")}, account="Checking", ref_number="1001")

    def change():
        human.edit_payment(payment, {bills[0]: Decimal("100.00")})
        company.rig.clock.passes(HOUR)
        company.pc.update()

    company.rig.clock.passes(HOUR)
    company.pc.update()
    company.session.mount("http://api", During(company.session.get_adapter("http://api"), change))
    company.push()
    told(company)
    assert people.payments() == [("100.00", "1001")]
    assert company.differences() == []


@pytest.mark.parametrize("undone", [False, True])
def test_answers_lost_one_after_the_other_double_no_payment(company, people, bills, undone):
    """Made, and then unmarked, without an answer either time: it is found again by the id that was kept."""
    human = company.rig.file.human
    payment = human.pay_bills({bills[0]: Decimal("300.00")}, account="Checking")
    company.procore.inject("POST", PAYMENTS, 503, times=1, after=True)
    told_once(company)
    assert people.payments() == [("300.00", None)]
    if undone:
        human.void("BillPaymentCheck", payment)
    else:
        human.edit_payment(payment, {bills[0]: Decimal("100.00")})
    company.procore.inject("PATCH", f"{PAYMENTS}/*", 503, times=9, after=True)
    told_once(company)
    company.procore.heal()
    told(company)
    assert people.payments() == ([] if undone else [("100.00", None)])
    assert company.differences() == []


def test_a_payment_that_a_person_typed_in_procore_becomes_the_check(company, people, bills):
    """Of the same invoice and check number it is taken and not made again; another number is another's."""
    [invoice] = [row for row in company.state.invoices.all() if row.origin_id == bills[0]]
    for number in ("1001", "9"):
        company.state.payments.create(
            invoice.contract_id, Decimal("1.00"), requisition_id=invoice.id, check_number=number
        )
    company.rig.file.human.pay_bills({bills[0]: Decimal("300.00")}, account="Checking", ref_number="1001")
    told(company)
    assert people.payments() == [("300.00", "1001"), ("1.00", "9")]


def test_a_check_number_that_is_taken_off_in_quickbooks_is_taken_off_in_procore(company, people, bills):
    """The bookkeeper clears a number typed by mistake: the person in Procore sees none either."""
    human = company.rig.file.human
    payment = human.pay_bills({bills[0]: None}, account="Checking", ref_number="1001")
    told(company)
    human.edit_payment(payment, {}, RefNumber="")
    told(company)
    assert people.payments() == [("400.00", None)]


def test_a_payment_that_procore_refused_is_not_owed_anew_before_it_changes(company, people, bills):
    """The check is seen again and again and told once; another amount is told again."""
    human = company.rig.file.human
    payment = human.pay_bills({bills[0]: Decimal("300.00")}, account="Checking", ref_number="1001")
    company.procore.inject("POST", PAYMENTS, 422, times=9)
    for _ in range(3):
        told_once(company)
        human.edit_payment(payment, {})
    assert states(company) == ["refused"]
    company.procore.heal()
    human.edit_payment(payment, {bills[0]: Decimal("250.00")})
    told(company)
    assert states(company) == ["done"]
    assert people.payments() == [("250.00", "1001")]


def test_a_clock_that_is_a_year_ahead_holds_no_later_payment_up(company, people, bills):
    """A check saved on a PC whose clock is wrong is told, and so is the next one of another PC."""
    clock, human = company.rig.clock, company.rig.file.human
    right = clock.now
    clock.now = right + timedelta(days=365)
    human.pay_bills({bills[0]: None}, account="Checking", ref_number="1001")
    clock.now = right
    told(company)
    human.pay_bills({bills[1]: None}, account="Checking", ref_number="1002")
    told(company)
    assert sorted(people.payments()) == [("100.00", "1002"), ("400.00", "1001")]


def test_a_payment_that_procore_refused_halfway_is_told_again_once_it_is_as_before(company, people, bills):
    """Its id was off when the new amount was refused: the old amount, typed again, gets it back."""
    human = company.rig.file.human
    payment = human.pay_bills({bills[0]: Decimal("300.00")}, account="Checking", ref_number="1001")
    told(company)
    company.procore.inject("PATCH", f"{PAYMENTS}/*", 422, times=1, after=True)
    human.edit_payment(payment, {bills[0]: Decimal("250.00")})
    told(company)
    company.procore.heal()
    human.edit_payment(payment, {bills[0]: Decimal("300.00")})
    told(company)
    assert [row.origin_id for row in company.state.payments.all()] == [f"{payment}|{bills[0]}"]
    assert people.payments() == [("300.00", "1001")]
    assert states(company) == ["done", "done"]
    assert company.differences() == []


def test_a_check_entered_again_while_its_void_one_cannot_be_deleted_is_told(company, people, bills):
    """Of the same number, the void one without its id still stands in Procore: both come right."""
    human = company.rig.file.human
    first = human.pay_bills({bills[0]: None}, account="Checking", ref_number="1001")
    told(company)
    company.procore.inject("DELETE", f"{PAYMENTS}/*", 503, times=1)
    human.void("BillPaymentCheck", first)
    told_once(company)
    human.pay_bills({bills[0]: None}, account="Checking", ref_number="1001")
    company.procore.inject("DELETE", f"{PAYMENTS}/*", 503, times=1)
    told(company)
    told(company)
    assert people.payments() == [("400.00", "1001")]
    assert company.differences() == []


def test_a_payment_of_a_bill_before_is_still_taken_back_once_procore_lets_it(company, people):
    """Check and bill are deleted and the invoice is another bill since: the old payment goes on a retry."""
    contract, [line] = people.commit(1000)
    company.sync()
    invoice = people.invoice(contract, {line: 100})
    company.settle()
    [bill] = company.rig.file.bills()
    human = company.rig.file.human
    check = human.pay_bills({bill.txn_id: None}, account="Checking")
    told(company)
    company.procore.inject("DELETE", f"{PAYMENTS}/*", 403, times=9)
    human.delete("BillPaymentCheck", check)
    human.delete("Bill", bill.txn_id)
    people.retry(people.job("invoice", invoice.id))
    told(company)
    company.settle()
    company.procore.heal()
    [again] = company.rig.file.bills()
    assert again.txn_id != bill.txn_id
    assert people.payments() == [("100.00", None)]
    with company.rig.database.read() as tx:
        [refused] = writebacks.refused(tx, company.rig.id, "contract_payment")
    settle.owe_again(company.rig.desk(), refused.id)
    company.push()
    assert people.payments() == []
    assert company.differences() == []
