"""Checks, card charges and credits and journal entries, asked for by messages written by hand."""

from __future__ import annotations

import pytest

ADD = "<{0}AddRq><{0}Add><AccountRef><FullName>{1}</FullName></AccountRef>{2}</{0}Add></{0}AddRq>"
PAYEE = "<PayeeEntityRef><FullName>{}</FullName></PayeeEntityRef>"
EXPENSE = (
    "<ExpenseLineAdd><AccountRef><FullName>Job Costs</FullName></AccountRef><Amount>{}</Amount>"
    "<CustomerRef><FullName>Vortex:Plaza</FullName></CustomerRef></ExpenseLineAdd>"
)
ITEM = "<ItemLineAdd><ItemRef><FullName>{}</FullName></ItemRef><Amount>{}</Amount></ItemLineAdd>"
JOURNAL = "<JournalEntryAddRq><JournalEntryAdd>{}</JournalEntryAdd></JournalEntryAddRq>"
ACCOUNTS = {"Check": "Checking", "CreditCardCharge": "Card", "CreditCardCredit": "Card"}
KINDS = sorted(ACCOUNTS)


@pytest.fixture(autouse=True)
def books(company):
    """A bank account and a card."""
    company.human.add_account("Checking", "Bank")
    company.human.add_account("Card", "CreditCard")


def side(which, account, amount, more=""):
    """A debit or credit line of a journal entry."""
    reference = f"<AccountRef><FullName>{account}</FullName></AccountRef>" if account else ""
    return f"<Journal{which}Line>{reference}<Amount>{amount}</Amount>{more}</Journal{which}Line>"


@pytest.mark.parametrize("kind", KINDS)
def test_0_is_money_spent_on_items_and_accounts(ask, company, kind):
    """It is answered with lines and total, and its lines are costs, those of a credit below nothing."""
    fields = PAYEE.format("ACME") + EXPENSE.format("2.50") + ITEM.format("01", "10.00")
    ret = ask(ADD.format(kind, ACCOUNTS[kind], fields))[0].find(f"{kind}Ret")
    assert (ret.findtext("Amount"), ret.findtext("TxnDate")) == ("12.50", "2026-03-02")
    assert ret.findtext("ExpenseLineRet/CustomerRef/FullName") == "Vortex:Plaza"
    [cost] = company.costs()
    sign = "-" if kind == "CreditCardCredit" else ""
    assert [str(line.amount) for line in cost.lines] == [f"{sign}2.50", f"{sign}10.00"]


@pytest.mark.parametrize("kind", KINDS)
def test_what_money_spent_cannot_be(code, company, kind):
    """Each fault has its own status, and nothing is entered."""
    other = {"Checking": "Card", "Card": "Checking"}[ACCOUNTS[kind]]
    group = "<ItemGroupLineAdd><ItemGroupRef><FullName>G</FullName></ItemGroupRef></ItemGroupLineAdd>"
    refused = {
        "group": (1030, ACCOUNTS[kind], group),
        "memo too long": (3070, ACCOUNTS[kind], f"<Memo>{'x' * 4096}</Memo>{EXPENSE.format('1.00')}"),
        "account unknown": (3140, "Nowhere", EXPENSE.format("1.00")),
        "payee unknown": (3140, ACCOUNTS[kind], PAYEE.format("Nobody") + EXPENSE.format("1.00")),
        "item unknown": (3140, ACCOUNTS[kind], ITEM.format("99", "1.00")),
        "no account": (3150, ACCOUNTS[kind], "<ExpenseLineAdd><Amount>1.00</Amount></ExpenseLineAdd>"),
        "no item": (3150, ACCOUNTS[kind], "<ItemLineAdd><Amount>1.00</Amount></ItemLineAdd>"),
        "empty": (3180, ACCOUNTS[kind], PAYEE.format("ACME")),
        "negative": (3180, ACCOUNTS[kind], EXPENSE.format("-1.00")),
        "another sort of account": (3210, other, EXPENSE.format("1.00")),
    }
    said = {name: code(ADD.format(kind, account, fields)) for name, (_, account, fields) in refused.items()}
    assert said == {name: status for name, (status, _, _) in refused.items()}
    assert company.costs() == []


def test_a_check_that_pays_bills_by_itself_is_not_simulated(code):
    """ApplyCheckToTxnAdd answers 1030: bills are paid by BillPaymentCheck here."""
    applied = "<ApplyCheckToTxnAdd><TxnID>1-1</TxnID></ApplyCheckToTxnAdd>"
    assert code(ADD.format("Check", "Checking", applied + EXPENSE.format("1.00"))) == 1030


def test_a_journal_entry_in_balance(ask, company):
    """Debits with a job are costs of it, credits less than nothing."""
    job = "<EntityRef><FullName>Vortex:Plaza</FullName></EntityRef>"
    lines = side("Debit", "Job Costs", "10.00", job) + side("Credit", "Checking", "10.00")
    answer = ask(JOURNAL.format("<RefNumber>J-1</RefNumber>" + lines))[0]
    assert answer.get("statusCode") == "0"
    assert answer.findtext("JournalEntryRet/JournalDebitLine/EntityRef/FullName") == "Vortex:Plaza"
    [cost] = company.costs()
    assert [str(line.amount) for line in cost.lines] == ["10.00", "-10.00"]


@pytest.mark.parametrize(
    ("status", "lines"),
    [
        (3140, side("Debit", "Nowhere", "1.00") + side("Credit", "Checking", "1.00")),
        (3150, side("Debit", "", "1.00") + side("Credit", "Checking", "1.00")),
        (3180, side("Debit", "Job Costs", "1.00") + side("Credit", "Checking", "0.99")),
        (3180, side("Debit", "Job Costs", "1.00")),
        (3180, side("Credit", "Checking", "0.00")),
        (3070, f"<RefNumber>123456789012</RefNumber>{side('Debit', 'Job Costs', '1.00')}"),
    ],
    ids=["account", "no account", "a cent", "one side", "no debit", "number"],
)
def test_what_a_journal_entry_cannot_be(code, company, status, lines):
    """Each fault has its own status, and nothing is entered."""
    assert code(JOURNAL.format(lines)) == status
    assert company.costs() == []


@pytest.mark.parametrize("kind", KINDS)
def test_money_spent_is_found_by_payee_number_and_day(ask, kind):
    """EntityFilter, RefNumber and TxnDateRangeFilter each find it, and only it."""
    fields = PAYEE.format("ACME") + ("<RefNumber>7</RefNumber>" if kind == "Check" else "")
    ask(ADD.format(kind, ACCOUNTS[kind], fields + EXPENSE.format("1.00")))
    query = "<{0}QueryRq>{1}</{0}QueryRq>".format
    found = "<EntityFilter><FullName>{}</FullName></EntityFilter>".format
    assert ask(query(kind, found("ACME")))[0].get("statusCode") == "0"
    assert ask(query(kind, found("Vortex")))[0].get("statusCode") == "1"
    days = "<TxnDateRangeFilter><FromTxnDate>{}</FromTxnDate></TxnDateRangeFilter>".format
    assert ask(query(kind, days("2026-03-02")))[0].get("statusCode") == "0"
    assert ask(query(kind, days("2026-03-03")))[0].get("statusCode") == "1"
