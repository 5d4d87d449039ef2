"""Payments of QuickBooks as they are kept, and what Procore is owed of them."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from decimal import Decimal
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from qbsync.errors import StateError
from qbsync.flows import payments
from qbsync.model.links import Link
from qbsync.model.records import CommitmentType, Invoice, RecordKey, RecordKind
from qbsync.procore.payments import GONE
from qbsync.qbxml.parse import Ret, read
from qbsync.store import links, queue, writebacks
from qbsync.store.payments import of_bills, of_payment

_numbers = count(1)


def ret(xml):
    """What QuickBooks answers about one transaction."""
    document = (
        '<?xml version="1.0" ?><QBXML><QBXMLMsgsRs><AnyQueryRs statusCode="0" statusSeverity="Info" '
        f'statusMessage="Status OK">{xml}</AnyQueryRs></QBXMLMsgsRs></QBXML>'
    )
    return next(event for event in read(document) if isinstance(event, Ret))


def payment(txn_id, bills, *, kind="BillPaymentCheck", number="1001"):
    """A payment; `bills` are TxnIDs and amounts, none for a voided one."""
    parts = "".join(
        f"<AppliedToTxnRet><TxnID>{bill}</TxnID><Amount>{amount}</Amount></AppliedToTxnRet>"
        for bill, amount in bills
    )
    return ret(
        f"<{kind}Ret><TxnID>{txn_id}</TxnID><TxnDate>2026-05-08</TxnDate><RefNumber>{number}</RefNumber>"
        f"{parts}</{kind}Ret>"
    )


def deleted(txn_id, kind="BillPaymentCheck"):
    """What the query of deleted transactions says of one."""
    return ret(f"<TxnDeletedRet><TxnDelType>{kind}</TxnDelType><TxnID>{txn_id}</TxnID></TxnDeletedRet>")


class Office:
    """A connection with invoices that are bills, and a Procore that is told of their payments."""

    def __init__(self, acme) -> None:
        self.acme = acme
        self.has: dict[str, tuple[str, str]] = {}
        """What Procore has, by mark: the amount and the number."""

    def bill(self, bill_id, *, linked=True):
        """An approved invoice that is that bill."""
        number = str(next(_numbers))
        invoice = Invoice(
            procore_id=number,
            commitment_id="20",
            commitment_type=CommitmentType.SUBCONTRACT,
            project_id="10",
            vendor_id="30",
            number=f"I-{number}",
            sequence="1",
            billing_date=date(2026, 3, 28),
        )
        self.acme.see(invoice)
        if linked:
            self.acme.link(invoice, RecordKind.INVOICE, bill_id)
        return invoice

    def sees(self, *rets):
        """QuickBooks is read."""
        with self.acme.database.write() as tx:
            payments.seen(tx, self.acme.id, rets, self.acme.tick(), new_since="")

    def owed(self):
        """What Procore is owed now."""
        with self.acme.database.read() as tx:
            return list(writebacks.due(tx, self.acme.id, self.acme.now, whatever_the_backoff=True))

    def push(self, *, lost=False):
        """Procore takes everything; with `lost` none of its answers arrives."""
        for row in self.owed():
            if row.scope["amount"] == GONE:
                self.has.pop(row.item_id, None)
            else:
                self.has[row.item_id] = (row.scope["amount"], row.scope["check_number"])
            if not lost:
                with self.acme.database.write() as tx:
                    [held] = writebacks.still_open(tx, [row.id])
                    writebacks.settle(held, self.acme.tick(), refused=None)
                    payments.told(tx, held, f"pc-{row.item_id}" if row.item_id in self.has else "")


@pytest.fixture
def office(acme) -> Office:
    """An office whose Procore has nothing yet."""
    return Office(acme)


def test_a_payment_of_two_bills_is_owed_for_each(office):
    """Amount, day, number and method of each part, under the ids of its invoice; parts of one bill add up."""
    first, second = office.bill("B-1"), office.bill("B-2")
    office.sees(payment("P-1", [("B-1", "10.00"), ("B-2", "5.00"), ("B-1", "2.50")]))
    one, two = sorted(office.owed(), key=lambda row: row.item_id)
    assert (one.item_id, one.origin_id, one.target) == ("P-1|B-1", "P-1|B-1", "contract_payment")
    assert one.scope == {
        "amount": "12.50",
        "date": "2026-05-08",
        "check_number": "1001",
        "project_id": "10",
        "contract_id": "20",
        "requisition_id": first.procore_id,
        "invoice_number": first.number,
        "payment_method": "check",
        "procore_id": "",
    }
    assert (two.scope["amount"], two.scope["requisition_id"]) == ("5.00", second.procore_id)


def test_a_payment_by_card_says_so(office):
    """Its method is Procore's word for cards."""
    office.bill("B-1")
    office.sees(payment("P-1", [("B-1", "1.00")], kind="BillPaymentCreditCard"))
    assert [row.scope["payment_method"] for row in office.owed()] == ["credit_card"]


def test_bills_that_are_no_invoices_are_kept_and_not_told(office):
    """The payment waits until its bill is linked: then the invoice's own write-back takes it along."""
    office.sees(payment("P-1", [("B-1", "4.00")]))
    assert office.owed() == []
    invoice = office.bill("B-1")
    with office.acme.database.write() as tx:
        [owed] = payments.owed_for(tx, office.acme.id, links.find(tx, office.acme.id, _key(invoice)))
    assert (owed.item_id, owed.scope["amount"]) == ("P-1|B-1", "4.00")


def test_an_amount_that_cannot_be_read_pays_nothing(office):
    """QuickBooks' own garbage is no money: nothing is told of it."""
    office.bill("B-1")
    office.sees(payment("P-1", [("B-1", "much")]))
    assert office.owed() == []


def test_another_deleted_transaction_touches_no_payment(office):
    """Ids are told apart by type: a deleted bill with a payment's id is none."""
    office.bill("B-1")
    office.sees(payment("P-1", [("B-1", "4.00")]))
    office.push()
    office.sees(deleted("P-1", kind="Bill"))
    assert office.owed() == []
    office.sees(deleted("P-1"))
    assert [row.scope["amount"] for row in office.owed()] == [GONE]


def test_a_payment_made_in_procore_pay_is_not_told_back(office):
    """A payment whose TxnID is that of an exported one is Procore's own; a vendor's ListID is not."""
    office.bill("B-1")
    with office.acme.database.write() as tx:
        for kind, quickbooks_id in ((RecordKind.VENDOR, "P-1"), (RecordKind.PAYMENT, "P-2")):
            key = RecordKey(kind=kind, procore_id="77")
            links.save(tx, office.acme.id, Link(key=key, quickbooks_id=quickbooks_id), office.acme.now)
    office.sees(payment("P-1", [("B-1", "4.00")]), payment("P-2", [("B-1", "5.00")]))
    assert [row.item_id for row in office.owed()] == ["P-1|B-1"]


def test_what_an_unlinked_invoice_had_is_asked_back(office):
    """Every payment of its bill is to go, told or not."""
    invoice = office.bill("B-1")
    office.sees(payment("P-1", [("B-1", "4.00")]))
    office.push()
    with office.acme.database.write() as tx:
        link = links.find(tx, office.acme.id, _key(invoice))
        cleared = payments.cleared_for(tx, office.acme.id, link, asdict(invoice))
    [owed] = cleared
    assert (owed.scope["amount"], owed.origin_id, owed.scope["procore_id"]) == (GONE, None, "pc-P-1|B-1")


@pytest.fixture
def refused(office):
    """An invoice's payment of 4.00 that Procore refused: the invoice, and the write-back's id."""
    invoice = office.bill("B-1")
    office.sees(payment("P-1", [("B-1", "4.00")]))
    with office.acme.database.write() as tx:
        [row] = writebacks.due(tx, office.acme.id, office.acme.now)
        writebacks.settle(row, office.acme.tick(), refused="No.")
    return invoice, row.id


def test_a_retry_says_what_is_so_now(office, refused):
    """Procore refused a payment, and the invoice has another number since: that is told, once."""
    invoice, row_id = refused
    with office.acme.database.write() as tx:
        job = queue.of_record(tx, office.acme.id, _key(invoice))
        job.record = {**job.record, "number": "I-new"}
    with office.acme.database.write() as tx:
        payments.bring_up_to_date(tx, writebacks.get(tx, row_id))
    with office.acme.database.read() as tx:
        scope = writebacks.get(tx, row_id).scope
    assert (scope["amount"], scope["invoice_number"]) == ("4.00", "I-new")


def test_a_retry_of_what_has_nobody_to_tell_is_moot(office, refused):
    """Procore never had the payment, and its bill is nobody's invoice now: a person who retries reads so."""
    invoice, row_id = refused
    with office.acme.database.write() as tx:
        links.end(tx, office.acme.id, _key(invoice), office.acme.now)
    with office.acme.database.write() as tx, pytest.raises(StateError, match="moot"):
        payments.bring_up_to_date(tx, writebacks.get(tx, row_id))


def _key(invoice):
    return RecordKey(kind=RecordKind.INVOICE, procore_id=invoice.procore_id)


CENTS = st.integers(0, 99_999).map(lambda cents: f"{Decimal(cents) / 100:.2f}")
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("pay"), st.integers(0, 2), st.dictionaries(st.integers(0, 2), CENTS, max_size=3)),
        st.tuples(st.sampled_from(["void", "delete", "seen again"]), st.integers(0, 2), st.just({})),
        st.tuples(st.sampled_from(["push", "push lost"]), st.just(0), st.just({})),
    ),
    max_size=12,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_any_history_ends_in_what_quickbooks_says(office, steps):
    """Paid, changed, voided, deleted, seen twice, told with answers lost: in the end Procore has it, once."""
    turn = next(_numbers)
    bills = [f"B-{turn}-{place}" for place in range(3)]
    for bill in bills:
        office.bill(bill)
    books: dict[str, dict[str, str]] = {}
    for what, place, parts in steps:
        txn_id = f"P-{turn}-{place}"
        match what:
            case "pay":
                books[txn_id] = {bills[bill]: amount for bill, amount in parts.items()}
                office.sees(payment(txn_id, books[txn_id].items()))
            case "void" if txn_id in books:
                books[txn_id] = {}
                office.sees(payment(txn_id, []))
            case "delete" if books.pop(txn_id, None) is not None:
                office.sees(deleted(txn_id))
            case "seen again" if txn_id in books:
                office.sees(payment(txn_id, books[txn_id].items()))
            case "push" | "push lost":
                office.push(lost=what == "push lost")
    office.push()
    assert office.owed() == []
    wanted = {
        f"{txn_id}|{bill}": (str(Decimal(amount)), "1001")
        for txn_id, parts in books.items()
        for bill, amount in parts.items()
        if Decimal(amount)
    }
    mine = {mark: told for mark, told in office.has.items() if mark.startswith(f"P-{turn}-")}
    assert mine == wanted
    with office.acme.database.read() as tx:
        rows = [row for bill in bills for row in of_bills(tx, office.acme.id, [bill])]
        assert len(rows) == len({(row.payment_id, row.bill_id) for row in rows})
        assert {row.payment_id for row in of_payment(tx, office.acme.id, f"P-{turn}-0")} <= {f"P-{turn}-0"}
