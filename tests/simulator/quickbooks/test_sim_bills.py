"""Bills, vendor credits and payments of bills, asked for by messages written by hand."""

from __future__ import annotations

from decimal import Decimal

import pytest

BILL = "<BillAddRq><BillAdd>{}{}</BillAdd></BillAddRq>"
CREDIT = "<VendorCreditAddRq><VendorCreditAdd>{}{}</VendorCreditAdd></VendorCreditAddRq>"
PAYMENT = (
    "<BillPaymentCheckAddRq><BillPaymentCheckAdd><PayeeEntityRef><FullName>{payee}</FullName></PayeeEntityRef>"
    "<BankAccountRef><FullName>{account}</FullName></BankAccountRef><RefNumber>{number}</RefNumber>"
    "{parts}</BillPaymentCheckAdd></BillPaymentCheckAddRq>"
)
PART = "<AppliedToTxnAdd><TxnID>{}</TxnID>{}</AppliedToTxnAdd>"
ORDER = (
    "<PurchaseOrderAddRq><PurchaseOrderAdd><VendorRef><FullName>{}</FullName></VendorRef>"
    "<PurchaseOrderLineAdd><ItemRef><FullName>01</FullName></ItemRef><Desc>Walls</Desc><Quantity>10</Quantity>"
    "<Rate>5.00</Rate><CustomerRef><FullName>Vortex:Plaza</FullName></CustomerRef></PurchaseOrderLineAdd>"
    "</PurchaseOrderAdd></PurchaseOrderAddRq>"
)
ACME = "<VendorRef><FullName>ACME</FullName></VendorRef>"
ITEM = "<ItemRef><FullName>01</FullName></ItemRef>"
JOB = "<CustomerRef><FullName>Vortex:Plaza</FullName></CustomerRef>"
COSTS = "<AccountRef><FullName>Job Costs</FullName></AccountRef>"
EXPENSE = f"<ExpenseLineAdd>{COSTS}<Amount>{{}}</Amount></ExpenseLineAdd>"


def item_line(fields):
    """An item line of an Add."""
    return f"<ItemLineAdd>{fields}</ItemLineAdd>"


def linked(order, fields):
    """A line linked to the only line of a purchase order."""
    ids = f"<TxnID>{order.txn_id}</TxnID><TxnLineID>{order.lines[0].txn_line_id}</TxnLineID>"
    return item_line(f"{fields}<LinkToTxn>{ids}</LinkToTxn>")


@pytest.fixture(autouse=True)
def books(company):
    """The accounts that bills and their payments need, and a second vendor."""
    for name, kind in (("Payables", "AccountsPayable"), ("Checking", "Bank"), ("Card", "CreditCard")):
        company.human.add_account(name, kind)
    company.human.add_vendor("Baker")
    company.human.add_service_item("Plain", account="Job Costs")


@pytest.fixture
def bill(ask, company):
    """A bill of ACME over 100.00 that is open."""
    ask(BILL.format(ACME, "<RefNumber>B-1</RefNumber>" + item_line(ITEM + "<Amount>100.00</Amount>")))
    return company.bills()[0]


@pytest.fixture
def order(ask, company):
    """A purchase order of ACME: ten at 5.00."""
    ask(ORDER.format("ACME"))
    return company.purchase_orders()[0]


@pytest.fixture
def mod(ask, company):
    """Sends a BillMod of the first bill and answers its status code."""

    def send(fields):
        held = company.bills()[0]
        head = f"<TxnID>{held.txn_id}</TxnID><EditSequence>{held.edit_sequence}</EditSequence>"
        return int(ask(f"<BillModRq><BillMod>{head}{fields}</BillMod></BillModRq>")[0].get("statusCode"))

    return send


def pay(*parts, payee="ACME", account="Checking"):
    """A check for bills; a part is a TxnID and an amount, or None for all that is open."""
    applied = "".join(
        PART.format(txn_id, "" if amount is None else f"<PaymentAmount>{amount}</PaymentAmount>")
        for txn_id, amount in parts
    )
    return PAYMENT.format(payee=payee, account=account, number="1001", parts=applied)


def test_0_is_a_bill_of_items_and_expenses(ask):
    """The answer holds due date, payables account, lines with ids and the total; it is not paid."""
    lines = EXPENSE.format("2.50") + item_line(ITEM + "<Quantity>3</Quantity><Cost>1.15</Cost>" + JOB)
    answer = ask(BILL.format(ACME, "<TxnDate>2026-03-01</TxnDate><RefNumber>B-7</RefNumber>" + lines))[0]
    ret = answer.find("BillRet")
    assert answer.get("statusCode") == "0"
    assert (ret.findtext("AmountDue"), ret.findtext("IsPaid")) == ("5.95", "false")
    assert (ret.findtext("DueDate"), ret.findtext("APAccountRef/FullName")) == ("2026-03-01", "Payables")
    assert ret.findtext("ItemLineRet/CustomerRef/FullName") == "Vortex:Plaza"
    assert ret.findtext("ExpenseLineRet/TxnLineID") != ret.findtext("ItemLineRet/TxnLineID")


def test_a_linked_line_takes_its_item_from_the_order(ask, company, order):
    """Item, description, job and price come from the order's line, whose quantity is then received."""
    answer = ask(BILL.format(ACME, linked(order, "<Quantity>4</Quantity>")))[0]
    line = answer.find("BillRet/ItemLineRet")
    assert answer.get("statusCode") == "0"
    assert (line.findtext("ItemRef/FullName"), line.findtext("Desc")) == ("01", "Walls")
    assert (line.findtext("Amount"), line.findtext("CustomerRef/FullName")) == ("20.00", "Vortex:Plaza")
    assert answer.findtext("BillRet/LinkedTxn/TxnID") == order.txn_id
    assert company.purchase_orders()[0].lines[0].received_quantity == 4


def test_a_whole_order_is_billed_by_its_id(ask, company, order):
    """LinkToTxnID in the header bills whatever is still open of each line."""
    ask(BILL.format(ACME, linked(order, "<Quantity>4</Quantity>")))
    answer = ask(BILL.format(ACME, f"<LinkToTxnID>{order.txn_id}</LinkToTxnID>"))[0]
    assert answer.findtext("BillRet/AmountDue") == "30.00"
    assert company.purchase_orders()[0].is_fully_received


@pytest.mark.parametrize("how", ["by hand", "in full"])
def test_570_is_a_bill_of_a_closed_order(ask, company, order, how):
    """The bill is saved, its line unlinked, and a warning says so."""
    if how == "by hand":
        company.human.close_purchase_order(order.txn_id)
    else:
        company.human.receive(order.txn_id, order.lines[0].txn_line_id, Decimal(10))
    answer = ask(BILL.format(ACME, linked(order, "<Quantity>4</Quantity>")))[0]
    assert (answer.get("statusCode"), answer.get("statusSeverity")) == ("570", "Warn")
    assert [one.lines[0].order_line for one in company.bills()] == [""]


def test_what_a_bill_cannot_be(code, company, order, ask):
    """Each fault has its own status, and none of them leaves a bill."""
    ask(ORDER.format("Baker"))
    theirs = company.purchase_orders()[1]
    id_ = f"<LinkToTxnID>{order.txn_id}</LinkToTxnID>"
    unknown = "<LinkToTxn><TxnID>{}</TxnID><TxnLineID>{}</TxnLineID></LinkToTxn>".format
    amount = "<Amount>5.00</Amount>"
    refused = {
        "both links": (3000, id_ + linked(order, "<Quantity>1</Quantity>")),
        "malformed link": (3000, item_line(amount + unknown("x", "1-1"))),
        "order gone": (3120, item_line(amount + unknown("9999-1", "1-1"))),
        "line gone": (3120, item_line(amount + unknown(order.txn_id, "9999-1"))),
        "item unknown": (3140, item_line("<ItemRef><FullName>none</FullName></ItemRef>" + amount)),
        "no item": (3150, item_line(amount)),
        "no account": (3150, "<ExpenseLineAdd><Amount>1.00</Amount></ExpenseLineAdd>"),
        "linked twice": (3177, id_ + id_),
        "empty": (3180, ""),
        "negative": (3180, item_line(ITEM + "<Amount>-5.00</Amount>")),
        "another vendor's order": (3180, linked(theirs, "<Quantity>1</Quantity>")),
        "item beside a link": (3210, linked(order, ITEM + "<Quantity>1</Quantity>")),
        "bank as payables": (
            3210,
            "<APAccountRef><FullName>Checking</FullName></APAccountRef>" + item_line(ITEM + amount),
        ),
        "billable without a job": (
            3210,
            item_line(ITEM + amount + "<BillableStatus>Billable</BillableStatus>"),
        ),
        "billable on an item of one side": (
            3210,
            item_line(
                "<ItemRef><FullName>Plain</FullName></ItemRef>"
                + amount
                + JOB
                + "<BillableStatus>Billable</BillableStatus>"
            ),
        ),
        "item group": (
            1030,
            "<ItemGroupLineAdd><ItemGroupRef><FullName>G</FullName></ItemGroupRef></ItemGroupLineAdd>",
        ),
    }
    said = {name: code(BILL.format(ACME, lines)) for name, (_, lines) in refused.items()}
    assert said == {name: status for name, (status, _) in refused.items()}
    assert (
        code(BILL.format("<VendorRef><FullName>Vortex</FullName></VendorRef>", EXPENSE.format("1.00")))
        == 3140
    )
    number = f"<RefNumber>{'x' * 21}</RefNumber>"
    assert code(BILL.format(ACME, number + EXPENSE.format("1.00"))) == 3070
    assert company.bills() == []


def test_a_line_of_a_bill_is_changed_added_and_left_out(company, bill, mod):
    """Named lines change, -1 is new, and what is not named is gone."""
    line_id = bill.lines[0].txn_line_id
    new = f"<ItemLineMod><TxnLineID>-1</TxnLineID>{ITEM}<Amount>7.00</Amount></ItemLineMod>"
    assert mod(f"<ItemLineMod><TxnLineID>{line_id}</TxnLineID><Amount>60.00</Amount></ItemLineMod>{new}") == 0
    [changed] = company.bills()
    assert [str(line.amount) for line in changed.lines] == ["60.00", "7.00"]
    assert str(changed.total) == "67.00"
    assert mod(f"<ItemLineMod><TxnLineID>{changed.lines[1].txn_line_id}</TxnLineID></ItemLineMod>") == 0
    assert [str(line.amount) for line in company.bills()[0].lines] == ["7.00"]


def test_naming_lines_of_one_sort_alone_deletes_the_other(ask, company, mod):
    """A Mod with expense lines alone takes the item lines away, as QuickBooks does (section 3.5)."""
    ask(BILL.format(ACME, EXPENSE.format("2.00") + item_line(ITEM + "<Amount>5.00</Amount>")))
    expense, _ = company.bills()[0].lines
    assert mod("<Memo>no lines named</Memo>") == 0
    assert len(company.bills()[0].lines) == 2
    assert mod(f"<ExpenseLineMod><TxnLineID>{expense.txn_line_id}</TxnLineID></ExpenseLineMod>") == 0
    assert [line.txn_line_id for line in company.bills()[0].lines] == [expense.txn_line_id]


def test_lines_are_cleared_by_name(ask, company, mod):
    """ClearItemLines leaves the expense lines; clearing the last lines too is refused."""
    ask(BILL.format(ACME, EXPENSE.format("2.00") + item_line(ITEM + "<Amount>5.00</Amount>")))
    assert mod("<ClearItemLines>true</ClearItemLines>") == 0
    assert [str(line.amount) for line in company.bills()[0].lines] == ["2.00"]
    assert mod("<ClearExpenseLines>true</ClearExpenseLines>") == 3180


def test_a_mod_gives_back_what_it_no_longer_bills(ask, company, order, mod):
    """The order's received quantity follows the linked line."""
    ask(BILL.format(ACME, linked(order, "<Quantity>4</Quantity>")))
    line_id = company.bills()[0].lines[0].txn_line_id
    assert mod(f"<ItemLineMod><TxnLineID>{line_id}</TxnLineID><Quantity>1</Quantity></ItemLineMod>") == 0
    assert company.purchase_orders()[0].lines[0].received_quantity == 1
    assert company.bills()[0].total == Decimal(5)


def test_what_a_mod_of_a_bill_cannot_do(ask, company, bill, mod, clock):
    """A line that is not there, a form that is not there, a bill below zero, an old EditSequence."""
    assert mod("<ItemLineMod><TxnLineID>9999-1</TxnLineID></ItemLineMod>") == 3120
    line_id = bill.lines[0].txn_line_id
    assert mod(f"<ItemLineMod><TxnLineID>{line_id}</TxnLineID><Amount>-1.00</Amount></ItemLineMod>") == 3180
    assert mod("<ItemGroupLineMod><TxnLineID>-1</TxnLineID></ItemGroupLineMod>") == 1030
    clock.tick()
    company.human.edit_bill(bill.txn_id, Memo="theirs")
    head = f"<TxnID>{bill.txn_id}</TxnID><EditSequence>{bill.edit_sequence}</EditSequence>"
    answer = ask(f"<BillModRq><BillMod>{head}<Memo>ours</Memo></BillMod></BillModRq>")[0]
    assert answer.get("statusCode") == "3200"
    assert company.bills()[0].memo == "theirs"


def test_a_check_pays_bills_in_part_and_in_full(ask, company, bill):
    """The first part leaves the rest open; without an amount the second pays that, and the bill is paid."""
    assert ask(pay((bill.txn_id, "40.00")))[0].get("statusCode") == "0"
    [held] = company.bills()
    assert (held.open_amount, held.is_paid) == (Decimal(60), False)
    ret = ask(pay((bill.txn_id, None)))[0].find("BillPaymentCheckRet")
    assert (ret.findtext("Amount"), ret.findtext("AppliedToTxnRet/Amount")) == ("60.00", "60.00")
    [held] = company.bills()
    assert (held.open_amount, held.is_paid) == (Decimal(0), True)
    paid = "<BillQueryRq><PaidStatus>NotPaidOnly</PaidStatus></BillQueryRq>"
    assert ask(paid)[0].get("statusCode") == "1"


def test_one_check_pays_several_bills(ask, company, bill):
    """Each bill has its own part; the check is their sum."""
    ask(BILL.format(ACME, EXPENSE.format("7.00")))
    other = company.bills()[1]
    ret = ask(pay((bill.txn_id, "1.00"), (other.txn_id, None)))[0].find("BillPaymentCheckRet")
    assert ret.findtext("Amount") == "8.00"
    assert [one.findtext("TxnID") for one in ret.iter("AppliedToTxnRet")] == [bill.txn_id, other.txn_id]


def test_what_a_payment_cannot_be(code, ask, company, bill):
    """Each fault has its own status, and the bill stays as open as it was."""
    ask(BILL.format("<VendorRef><FullName>Baker</FullName></VendorRef>", EXPENSE.format("7.00")))
    theirs = company.bills()[1]
    refused = {
        "malformed id": (3000, pay(("x", "1.00"))),
        "bill gone": (3120, pay(("9999-1", "1.00"))),
        "created at another time": (3240, pay((f"{bill.txn_id.partition('-')[0]}-1", "1.00"))),
        "payee unknown": (3140, pay((bill.txn_id, "1.00"), payee="Nobody")),
        "account unknown": (3140, pay((bill.txn_id, "1.00"), account="Nowhere")),
        "card as bank": (3210, pay((bill.txn_id, "1.00"), account="Card")),
        "another vendor's bill": (3180, pay((theirs.txn_id, "1.00"))),
        "more than is open": (3210, pay((bill.txn_id, "100.01"))),
        "nothing": (3210, pay((bill.txn_id, "0.00"))),
        "less than nothing": (3210, pay((bill.txn_id, "-1.00"))),
        "twice what is open in two parts": (3210, pay((bill.txn_id, "60.00"), (bill.txn_id, "60.00"))),
    }
    said = {name: code(body) for name, (_, body) in refused.items()}
    assert said == {name: status for name, (status, _) in refused.items()}
    assert company.payments() == []
    assert company.bills()[0].open_amount == Decimal(100)
    ask(pay((bill.txn_id, None)))
    assert code(pay((bill.txn_id, None))) == 3210


CARD_PAYMENT = (
    "<BillPaymentCreditCardAddRq><BillPaymentCreditCardAdd><PayeeEntityRef><FullName>ACME</FullName>"
    "</PayeeEntityRef><CreditCardAccountRef><FullName>{}</FullName></CreditCardAccountRef>{}"
    "</BillPaymentCreditCardAdd></BillPaymentCreditCardAddRq>"
)


def test_a_card_pays_a_bill(ask, code, company, bill):
    """From a credit card account alone; the bill knows the payment as it knows a check."""
    assert code(CARD_PAYMENT.format("Checking", PART.format(bill.txn_id, ""))) == 3210
    ret = ask(CARD_PAYMENT.format("Card", PART.format(bill.txn_id, "")))[0].find("BillPaymentCreditCardRet")
    assert (ret.findtext("Amount"), ret.findtext("CreditCardAccountRef/FullName")) == ("100.00", "Card")
    assert company.bills()[0].is_paid
    shown = ask("<BillQueryRq><IncludeLinkedTxns>true</IncludeLinkedTxns></BillQueryRq>")[0]
    assert shown.findtext("BillRet/LinkedTxn/TxnType") == "BillPaymentCreditCard"


@pytest.mark.parametrize("by_card", [False, True])
def test_credits_and_discounts_of_a_payment_are_not_simulated(code, company, bill, by_card):
    """They answer 1030 and pay nothing, rather than being passed over in silence."""
    credit = "<SetCredit><CreditTxnID>1-1</CreditTxnID><AppliedAmount>1.00</AppliedAmount></SetCredit>"
    for more in (credit, "<DiscountAmount>1.00</DiscountAmount>"):
        part = PART.format(bill.txn_id, more)
        body = (
            CARD_PAYMENT.format("Card", part)
            if by_card
            else PAYMENT.format(payee="ACME", account="Checking", number="1", parts=part)
        )
        assert code(body) == 1030
    assert company.payments() == []


def test_a_payment_by_card_is_found_by_its_query(ask, company, bill):
    """What a person paid by card is shown with its bill, in the query of cards alone."""
    company.human.pay_bills({bill.txn_id: Decimal("40.00")}, account="Card", by_card=True, ref_number="77")
    query = "<{0}QueryRq><IncludeLineItems>true</IncludeLineItems></{0}QueryRq>"
    ret = ask(query.format("BillPaymentCreditCard"))[0].find("BillPaymentCreditCardRet")
    assert ret.findtext("AppliedToTxnRet/TxnID") == bill.txn_id
    assert ret.findtext("AppliedToTxnRet/BalanceRemaining") == "60.00"
    assert ask(query.format("BillPaymentCheck"))[0].get("statusCode") == "1"


def test_a_vendor_credit_of_items_and_expenses(ask, company):
    """It is answered whole, and is a cost less than nothing; no bill is made."""
    lines = EXPENSE.format("2.50") + item_line(ITEM + "<Amount>10.00</Amount>" + JOB)
    ret = ask(CREDIT.format(ACME, "<RefNumber>C-1</RefNumber>" + lines))[0].find("VendorCreditRet")
    assert (ret.findtext("CreditAmount"), ret.findtext("RefNumber")) == ("12.50", "C-1")
    [cost] = company.costs()
    assert [str(line.amount) for line in cost.lines] == ["-2.50", "-10.00"]
    assert company.bills() == []


@pytest.mark.parametrize(
    ("status", "fields"),
    [
        (1030, "<ItemGroupLineAdd><ItemGroupRef><FullName>G</FullName></ItemGroupRef></ItemGroupLineAdd>"),
        (3070, f"<RefNumber>{'x' * 21}</RefNumber>{EXPENSE.format('1.00')}"),
        (3140, item_line("<ItemRef><FullName>none</FullName></ItemRef><Amount>1.00</Amount>")),
        (3150, item_line("<Amount>1.00</Amount>")),
        (3180, ""),
        (3180, EXPENSE.format("-1.00")),
        (3210, f"<APAccountRef><FullName>Checking</FullName></APAccountRef>{EXPENSE.format('1.00')}"),
    ],
    ids=["group", "number", "item", "no item", "empty", "negative", "payables"],
)
def test_what_a_vendor_credit_cannot_be(code, company, status, fields):
    """Each fault has its own status, and nothing is entered."""
    assert code(CREDIT.format(ACME, fields)) == status
    assert company.costs() == []
