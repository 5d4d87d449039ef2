"""TxnDel, TxnVoid and TxnDeletedQuery, asked for by messages written by hand."""

from __future__ import annotations

from decimal import Decimal

import pytest

DELETE = "<TxnDelRq><TxnDelType>{}</TxnDelType><TxnID>{}</TxnID></TxnDelRq>"
VOID = "<TxnVoidRq><TxnVoidType>{}</TxnVoidType><TxnID>{}</TxnID></TxnVoidRq>"
GONE = "<TxnDeletedQueryRq>{}</TxnDeletedQueryRq>"
SINCE = "<DeletedDateRangeFilter><FromDeletedDate>{}</FromDeletedDate></DeletedDateRangeFilter>"
JOB = "Vortex:Plaza"


@pytest.fixture(autouse=True)
def books(company):
    """The accounts that bills, payments and costs need."""
    for name, kind in (("Payables", "AccountsPayable"), ("Checking", "Bank"), ("Card", "CreditCard")):
        company.human.add_account(name, kind)


@pytest.fixture
def bill(company):
    """A bill of ACME over 100.00."""
    return company.human.enter_bill("ACME", [("01", "Walls", Decimal(100))], job=JOB, ref_number="B-1")


@pytest.fixture
def costs(company):
    """One of each kind that costs something, by kind."""
    line = [("01", "Spent", Decimal(5))]
    made = {
        kind: company.human.enter_cost(kind, line, job=JOB, payee="ACME", account=account)
        for kind, account in (
            ("VendorCredit", "Payables"),
            ("Check", "Checking"),
            ("CreditCardCharge", "Card"),
            ("CreditCardCredit", "Card"),
        )
    }
    return made | {"JournalEntry": company.human.enter_journal("Job Costs", "Checking", Decimal(5), job=JOB)}


@pytest.mark.parametrize("by_card", [False, True])
def test_a_paid_bill_stays_until_its_payment_goes(code, company, bill, by_card):
    """Deleting a bill with a payment answers 3160; the payment's deletion opens it, then it goes."""
    payment = company.human.pay_bills(
        {bill: Decimal(40)}, account="Card" if by_card else "Checking", by_card=by_card
    )
    kind = "BillPaymentCreditCard" if by_card else "BillPaymentCheck"
    assert code(DELETE.format("Bill", bill)) == 3160
    assert code(VOID.format("Bill", bill)) == 3160
    assert code(DELETE.format(kind, payment)) == 0
    assert company.bills()[0].open_amount == Decimal(100)
    assert code(DELETE.format("Bill", bill)) == 0
    assert (company.bills(), company.payments()) == ([], [])


def test_a_voided_payment_pays_nothing_any_more(ask, company, bill):
    """The payment stays with zero and without bills; its bill is open again, and may be voided then."""
    payment = company.human.pay_bills({bill: None}, account="Checking")
    assert company.bills()[0].is_paid
    answer = ask(VOID.format("BillPaymentCheck", payment))[0]
    assert [child.tag for child in answer][:2] == ["TxnVoidType", "TxnID"]
    [held] = company.payments()
    assert (held.amount, held.applied) == (Decimal(0), ())
    assert not company.bills()[0].is_paid
    assert ask(VOID.format("Bill", bill))[0].get("statusCode") == "0"
    assert company.bills()[0].total == Decimal(0)


@pytest.mark.parametrize(
    "kind", ["VendorCredit", "Check", "CreditCardCharge", "CreditCardCredit", "JournalEntry"]
)
def test_costs_are_voided_and_deleted(code, company, costs, kind):
    """Voided, every line is zero and the transaction stays; deleted, it is gone and is not found again."""
    before = len(company.costs())
    assert code(VOID.format(kind, costs[kind])) == 0
    [held] = [one for one in company.costs() if one.txn_id == costs[kind]]
    assert {line.amount for line in held.lines} == {Decimal(0)}
    assert code(DELETE.format(kind, costs[kind])) == 0
    assert len(company.costs()) == before - 1
    assert code(DELETE.format(kind, costs[kind])) == 3120
    assert code(VOID.format(kind, costs[kind])) == 3120


@pytest.mark.parametrize("kind", ["Estimate", "PurchaseOrder"])
def test_orders_and_estimates_cannot_be_voided(company, wrapped, kind):
    """They are no TxnVoidType: the message is refused for its form, and nothing is executed."""
    with pytest.raises(Exception, match="0x80040400"):
        company.process(wrapped(VOID.format(kind, "1-1")))


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (1030, DELETE.format("Deposit", "1-1")),
        (1030, VOID.format("Deposit", "1-1")),
        (3000, DELETE.format("Bill", "x")),
        (3000, VOID.format("Bill", "x")),
        (3120, DELETE.format("Bill", "9999-1")),
        (3120, VOID.format("Bill", "9999-1")),
    ],
)
def test_what_cannot_be_deleted_or_voided(code, status, body):
    """A kind that is not kept, a malformed id, and an id that is not there."""
    assert code(body) == status


def test_a_bill_of_another_time_of_creation_is_not_deleted(code, company, bill):
    """3240 for the number of a bill with another time, for TxnDel and TxnVoid alike."""
    other = f"{bill.partition('-')[0]}-1"
    assert code(DELETE.format("Bill", other)) == 3240
    assert code(VOID.format("Bill", other)) == 3240
    assert len(company.bills()) == 1


def test_a_transaction_of_one_kind_is_not_deleted_as_another(code, bill):
    """A bill's TxnID under another kind answers 3120."""
    assert code(DELETE.format("Check", bill)) == 3120


def test_deleting_a_bill_gives_back_what_it_received(code, ask, company):
    """The purchase order's line is open again."""
    ask(
        "<PurchaseOrderAddRq><PurchaseOrderAdd><VendorRef><FullName>ACME</FullName></VendorRef>"
        "<PurchaseOrderLineAdd><ItemRef><FullName>01</FullName></ItemRef><Quantity>10</Quantity><Rate>5</Rate>"
        "</PurchaseOrderLineAdd></PurchaseOrderAdd></PurchaseOrderAddRq>"
    )
    order = company.purchase_orders()[0]
    vendor = "<VendorRef><FullName>ACME</FullName></VendorRef>"
    ask(f"<BillAddRq><BillAdd>{vendor}<LinkToTxnID>{order.txn_id}</LinkToTxnID></BillAdd></BillAddRq>")
    assert company.purchase_orders()[0].is_fully_received
    assert code(DELETE.format("PurchaseOrder", order.txn_id)) == 3160
    assert code(DELETE.format("Bill", company.bills()[0].txn_id)) == 0
    assert company.purchase_orders()[0].lines[0].received_quantity == 0
    assert code(DELETE.format("PurchaseOrder", order.txn_id)) == 0


def test_what_was_deleted_is_told_by_kind_and_time(code, ask, clock, bill, costs):
    """TxnDeletedQuery names kind, id, number and time; other kinds and times do not show it."""
    code(DELETE.format("Bill", bill))
    clock.tick(3600)
    code(DELETE.format("Check", costs["Check"]))
    both = "<TxnDelType>Bill</TxnDelType><TxnDelType>Check</TxnDelType>"
    found = ask(GONE.format(both))[0]
    assert [one.findtext("TxnID") for one in found] == [bill, costs["Check"]]
    assert (found[0].findtext("RefNumber"), found[0].findtext("TxnDelType")) == ("B-1", "Bill")
    assert found[0].findtext("TimeDeleted") == "2026-03-02T09:30:00-08:00"
    late = both + SINCE.format("2026-03-02T10:00:00")
    assert [one.findtext("TxnID") for one in ask(GONE.format(late))[0]] == [costs["Check"]]
    assert ask(GONE.format("<TxnDelType>VendorCredit</TxnDelType>"))[0].get("statusCode") == "1"


def test_a_voided_transaction_was_not_deleted(ask, code, costs):
    """TxnDeletedQuery is silent about voids, which the modified time shows."""
    assert code(VOID.format("Check", costs["Check"])) == 0
    assert ask(GONE.format("<TxnDelType>Check</TxnDelType>"))[0].get("statusCode") == "1"


def test_deletions_are_forgotten_after_ninety_days(ask, code, clock, bill):
    """What was deleted long ago is told no more, whatever the filter."""
    code(DELETE.format("Bill", bill))
    clock.tick(90 * 86_400)
    assert ask(GONE.format("<TxnDelType>Bill</TxnDelType>"))[0].get("statusCode") == "0"
    clock.tick(1)
    since = SINCE.format("2026-01-01")
    assert ask(GONE.format("<TxnDelType>Bill</TxnDelType>" + since))[0].get("statusCode") == "1"


def test_metadata_counts_what_was_deleted(ask, code, bill):
    """MetaDataOnly gives a count and no records."""
    code(DELETE.format("Bill", bill))
    body = '<TxnDeletedQueryRq metaData="MetaDataOnly"><TxnDelType>Bill</TxnDelType></TxnDeletedQueryRq>'
    answer = ask(body)[0]
    assert (answer.get("retCount"), len(answer)) == ("1", 0)
