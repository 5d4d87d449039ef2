from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from qbsync.errors import MappingError
from qbsync.mapping import payment
from qbsync.model.ids import QuickBooksId
from qbsync.model.links import Link
from qbsync.model.records import Payment, RecordKey, RecordKind
from qbsync.qbxml.parse import Ret, read

PAID = Payment(
    procore_id="55010",
    project_id="594012",
    commitment_id="410077",
    invoice_id="128061",
    vendor_id="470021",
    amount=Decimal("27000.00"),
    paid_on=date(2026, 4, 19),
    number="10455",
)


def _link(kind, procore_id, quickbooks_id):
    return Link(key=RecordKey(kind=kind, procore_id=procore_id), quickbooks_id=QuickBooksId(quickbooks_id))


LINKS = {
    "vendor:470021": _link(RecordKind.VENDOR, "470021", "80000011-1"),
    "invoice:128061": _link(RecordKind.INVOICE, "128061", "2D00-1"),
}


@pytest.fixture
def world(context, entry):
    """A company file with a bank account and one for payables, and the invoice and vendor linked."""

    def make(record_links=LINKS, **options):
        accounts = (
            entry("Account", "Checking", "A-1", type="Bank"),
            entry("Account", "Payables", "A-2", type="AccountsPayable"),
        )
        return context(*accounts, links=record_links, options={"payment_account": "Checking"} | options)

    return make


def _ret(amount="27000.00", applied="2D00-1"):
    answer = (
        '<QBXML><QBXMLMsgsRs><BillPaymentCheckAddRs requestID="1" statusCode="0" statusSeverity="Info" '
        f'statusMessage="OK"><BillPaymentCheckRet><TxnID>2B02-1</TxnID><EditSequence>1</EditSequence>'
        f"<RefNumber>10455</RefNumber><Amount>{amount}</Amount><AppliedToTxnRet><TxnID>{applied}</TxnID>"
        f"<Amount>{amount}</Amount></AppliedToTxnRet></BillPaymentCheckRet></BillPaymentCheckAddRs>"
        "</QBXMLMsgsRs></QBXML>"
    )
    [ret] = [one for one in read(answer) if isinstance(one, Ret)]
    return ret


def test_a_payment_becomes_a_check_on_the_invoices_bill(world):
    """Whom it pays, from which account, and the one bill with its amount, in QuickBooks' order."""
    asked = payment.request(PAID, world(ap_account="Payables"))
    assert asked.name == "BillPaymentCheckAddRq"
    body = dict(asked.body["BillPaymentCheckAdd"])
    assert body.pop("ExternalGUID")
    assert body == {
        "PayeeEntityRef": {"ListID": "80000011-1"},
        "APAccountRef": {"ListID": "A-2"},
        "TxnDate": date(2026, 4, 19),
        "BankAccountRef": {"ListID": "A-1"},
        "RefNumber": "10455",
        "Memo": "Procore payment 55010",
        "AppliedToTxnAdd": [{"TxnID": "2D00-1", "PaymentAmount": Decimal("27000.00")}],
    }


@pytest.mark.parametrize(
    ("change", "options", "field", "words"),
    [
        ({"amount": Decimal(0)}, {}, "amount", "no payment of 0"),
        ({"amount": Decimal("-5.00")}, {}, "amount", "no payment of -5.00"),
        ({"amount": Decimal("1.005")}, {}, "amount", "no payment of 1.005"),
        ({"invoice_id": None}, {}, "invoice", "which invoice it pays"),
        ({"vendor_id": None}, {}, "vendor", "whom it pays"),
        ({}, {"payment_account": ""}, "payment_account", "No bank account is chosen"),
        ({}, {"payment_account": "Payables"}, "payment_account", "it has to be Bank"),
        ({}, {"payment_account": "Savings"}, "payment_account", "no account 'Savings'"),
        ({}, {"ap_account": "Checking"}, "ap_account", "it has to be AccountsPayable"),
    ],
)
def test_what_cannot_be_paid_is_named(world, change, options, field, words):
    """Each problem stops the payment before it is sent, and says what to do."""
    record = Payment(**{name: getattr(PAID, name) for name in Payment.__dataclass_fields__} | change)
    found = payment.review(record, world(**options))
    [problem] = [one for one in found.problems if one.field == field]
    assert words in problem.message
    assert problem.guidance


def test_it_waits_for_its_invoice(world):
    """Without the bill's link nothing is sent."""
    with pytest.raises(MappingError, match="waits for invoice:128061"):
        payment.request(PAID, world({"vendor:470021": LINKS["vendor:470021"]}))


def test_a_check_of_another_amount_makes_no_link():
    """What QuickBooks shows must be what was paid."""
    assert payment.outcome(PAID, _ret()).quickbooks_id == "2B02-1"
    with pytest.raises(MappingError, match=r"pays 26999\.99"):
        payment.outcome(PAID, _ret("26999.99"))


def test_a_check_is_recognised_by_its_bill_and_amount(world):
    """Another bill's, or of another amount, is another payment."""
    assert payment.resembles(PAID, _ret(), world())
    assert not payment.resembles(PAID, _ret(applied="2D00-2"), world())
    assert not payment.resembles(PAID, _ret("1.00"), world())


def test_a_payment_is_not_changed(world):
    """What is in QuickBooks stays as it is there."""
    linked = Link(
        key=RecordKey(kind=RecordKind.PAYMENT, procore_id="55010"), quickbooks_id=QuickBooksId("2B02-1")
    )
    changed = world()
    object.__setattr__(changed, "link", linked)
    with pytest.raises(MappingError, match="in QuickBooks already"):
        payment.request(PAID, changed)
