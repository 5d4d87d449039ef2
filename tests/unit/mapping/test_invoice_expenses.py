"""Invoices whose bills book on an expense account."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from qbsync.errors import MappingError
from qbsync.mapping import invoice
from qbsync.mapping.invoice import lines as planned
from qbsync.model.records import CommitmentType, Invoice, InvoiceItemType, InvoiceLine
from qbsync.qbxml.requests import Request

GUID = "{6f1d7a52-6a0c-4f0e-9a55-0d5f7f2f7a11}"
JOB = {"ListID": "80000005-1"}
FIRST = InvoiceLine(
    procore_id="901",
    position=1,
    item_type=InvoiceItemType.CONTRACT,
    cost_code_id="2",
    cost_code="01-010",
    description="Supervision",
    amount=Decimal("1200.00"),
    retained=Decimal("120.00"),
    commitment_line_id="101",
)
SAME_LINE = replace(FIRST, procore_id="902", position=2, amount=Decimal("1200.00"), retained=Decimal(0))
WHOLE = replace(
    FIRST,
    procore_id="903",
    position=3,
    item_type=InvoiceItemType.WHOLE_CHANGE_ORDER,
    cost_code_id=None,
    cost_code="",
    description="CCO 1",
    amount=Decimal("-50.00"),
    retained=Decimal(0),
    commitment_line_id=None,
    change_order_id="31",
)
BILL = Invoice(
    procore_id="61",
    project_id="5",
    commitment_id="77",
    commitment_type=CommitmentType.SUBCONTRACT,
    vendor_id="9",
    number="INV-7",
    billing_date=date(2026, 5, 31),
    payment_due=Decimal("2230.00"),
    lines=(FIRST, SAME_LINE, WHOLE),
)


def billing(lines):
    """An invoice of these items whose current payment due is what they come to."""
    record = replace(BILL, lines=lines)
    return replace(record, payment_due=planned.total(record))


@pytest.fixture
def world(context, linked, entry):
    """Everything linked, the lists read, and bills on accounts; choices and options are the test's."""
    keys = {
        "vendor:9": "80000009-1",
        "project:5": "80000005-1",
        "cost_code:2": "80000002-1",
        "commitment:77": "A-1",
        "change_order:31": "A-1",
    }

    def make(choices=(), **options):
        return context(
            entry("Item", "Retainage", "80000040-1", type="Service"),
            entry("Account", "Job Expenses", "80000050-1", type="Expense"),
            entry("Account", "Cost of Work", "80000051-1", type="CostOfGoodsSold"),
            entry("Account", "Checking", "80000052-1", type="Bank"),
            links={key: linked(key, quickbooks_id) for key, quickbooks_id in keys.items()},
            options={"bill_lines": "expenses", "retainage_item": "Retainage", **options},
            choices=dict(choices),
        )

    return make


def line(account, amount, memo, billable="NotBillable"):
    """A line on an account as it is sent."""
    return {
        "AccountRef": {"ListID": account},
        "Amount": Decimal(amount),
        "Memo": memo,
        "CustomerRef": JOB,
        "BillableStatus": billable,
    }


def shown(ret, lines, *, tag="Bill", due="2230.00"):
    """The bill or credit as QuickBooks shows it: amounts on accounts, then on items."""
    on_accounts, on_items = lines
    parts = [
        f"<{kind}LineRet><TxnLineID>{kind[0]}-{at}</TxnLineID><Amount>{amount}</Amount></{kind}LineRet>"
        for kind, amounts in (("Expense", on_accounts), ("Item", on_items))
        for at, amount in enumerate(amounts, start=1)
    ]
    total = "AmountDue" if tag == "Bill" else "CreditAmount"
    return ret(
        f"<{tag}Ret><TxnID>B-0</TxnID><EditSequence>1</EditSequence><{total}>{due}</{total}>"
        f"<RefNumber>INV-7</RefNumber>{''.join(parts)}</{tag}Ret>"
    )


def test_each_item_is_a_line_on_the_account(world, sound):
    """On the job, linked to nothing, not summed; the retainage stays on its item."""
    request = sound(invoice.request(BILL, world(cost_code_expense_account="job expenses")))
    assert request == Request(
        name="BillAddRq",
        body={
            "BillAdd": {
                "VendorRef": {"ListID": "80000009-1"},
                "TxnDate": date(2026, 5, 31),
                "RefNumber": "INV-7",
                "Memo": "Procore invoice INV-7",
                "ExternalGUID": GUID,
                "ExpenseLineAdd": [
                    line("80000050-1", "1200.00", "01-010 Supervision"),
                    line("80000050-1", "1200.00", "01-010 Supervision"),
                    line("80000050-1", "-50.00", "CCO 1"),
                ],
                "ItemLineAdd": [
                    {
                        "ItemRef": {"ListID": "80000040-1"},
                        "Desc": "Retainage held",
                        "Amount": Decimal("-120.00"),
                        "CustomerRef": JOB,
                    }
                ],
            }
        },
    )


def test_the_approvers_account_goes_before_the_connections(world, sound):
    """What is chosen for one invoice is that invoice's; billable where the connection says so."""
    chosen = world(
        {"expense_account": "Cost of Work"}, cost_code_expense_account="Job Expenses", bill_billable=True
    )
    sent = sound(invoice.request(BILL, chosen)).body["BillAdd"]["ExpenseLineAdd"]
    assert sent[0] == line("80000051-1", "1200.00", "01-010 Supervision", "Billable")


def test_an_account_is_asked_for(world):
    """Neither chosen nor set: the approver is asked by name; nothing is sent."""
    assert invoice.review(BILL, world()).missing == ("expense_account",)
    with pytest.raises(MappingError, match="a choice is missing"):
        invoice.request(BILL, world())


def test_an_account_of_another_type_is_a_problem(world):
    """A bill's costs do not go on a bank account; said once, whatever the number of lines."""
    [problem] = invoice.review(BILL, world({"expense_account": "Checking"})).problems
    assert (problem.field, "is of type Bank" in problem.message) == ("expense_account", True)


def test_a_release_alone_needs_no_account(world, sound):
    """Only the retainage item is on the bill."""
    release = replace(FIRST, amount=Decimal(0), retained=Decimal(0), released=Decimal("500.00"))
    body = sound(invoice.request(billing((release,)), world())).body["BillAdd"]
    assert "ExpenseLineAdd" not in body
    assert [one["Amount"] for one in body["ItemLineAdd"]] == [Decimal("500.00")]


def test_what_bills_nothing_or_less_is_refused_as_ever(world):
    """No lines at all, and less than nothing where the connection has no vendor credits."""
    account = {"expense_account": "Job Expenses"}
    nothing = replace(FIRST, amount=Decimal(0), retained=Decimal(0))
    [problem] = invoice.review(billing((nothing,)), world(account)).problems
    assert problem.message == "It bills nothing."
    [problem] = invoice.review(billing((WHOLE,)), world(account)).problems
    assert "QuickBooks has no negative bills" in problem.message


def test_a_vendor_credit_has_the_same_lines_turned(world, sound):
    """A credit on accounts needs no cost code, and its amounts are the invoice's with the other sign."""
    turned = world({"expense_account": "Job Expenses"}, negative_invoices="vendor_credit")
    request = sound(invoice.request(billing((WHOLE,)), turned))
    assert request.name == "VendorCreditAddRq"
    assert request.body["VendorCreditAdd"]["ExpenseLineAdd"] == [line("80000050-1", "50.00", "CCO 1")]


def test_a_description_without_room_is_a_problem(world):
    """Nothing is cut: which item it is, and what to do."""
    long = replace(FIRST, description="x" * 4095)
    [problem] = invoice.review(billing((long,)), world({"expense_account": "Job Expenses"})).problems
    assert problem.message == "Item 1 is described in 4102 characters; QuickBooks takes 4095."


def test_the_answer_is_compared_line_by_line(ret):
    """Each item is found on its own line, the retainage on its item; every difference is said."""
    link = invoice.outcome(BILL, shown(ret, (["1200.00", "1200.00", "-50.00"], ["-120.00"])))
    assert [(one.procore_line_id, one.txn_line_id) for one in link.lines] == [
        ("901", "E-1"),
        ("902", "E-2"),
        ("903", "E-3"),
        (planned.RETAINAGE, "I-1"),
    ]
    for lines, fault in (
        ((["1200.00", "1150.00"], ["-120.00"]), "it lacks 1 of the lines"),
        ((["1200.00", "1150.00", "0.00"], ["-120.00"]), "line 2 is 1150.00, Procore has 1200.00"),
        ((["1200.00", "1200.00", "-50.00", "0.00"], ["-120.00"]), "it has 1 lines that Procore does not"),
        ((["1200.00", "1200.00", "-50.00"], ["-120.00", "0.00"]), "it has 1 lines that Procore does not"),
        ((["1200.00", "1200.00", "-50.00"], []), "it lacks 1 of the lines"),
    ):
        with pytest.raises(MappingError, match=fault):
            invoice.outcome(BILL, shown(ret, lines))
    with pytest.raises(MappingError, match=r"it comes to 2000\.00"):
        invoice.outcome(BILL, shown(ret, (["1200.00"], []), due="2000.00"))


def test_a_credits_answer_is_found_with_the_invoices_signs(ret):
    """The link of a credit comes to less than nothing, which tells it from a bill's."""
    link = invoice.outcome(billing((WHOLE,)), shown(ret, (["50.00"], []), tag="VendorCredit", due="50.00"))
    assert [one.amount for one in link.lines] == [Decimal("-50.00")]
    assert invoice.reread(link).name == "VendorCreditQueryRq"


def test_nothing_is_said_of_a_link_that_it_never_has(ret):
    """A bill on accounts is not linked to an order, and the remark of 570 stays away."""
    bill = shown(ret, (["1200.00", "1200.00", "-50.00"], ["-120.00"]))
    assert invoice.remarks(BILL, bill) == ()
    assert invoice.remarks(BILL, shown(ret, ([], ["1200.00", "1200.00"]))) != ()
