"""What a transaction costs each job, read from QuickBooks' answers."""

from __future__ import annotations

from decimal import Decimal

import pytest

from qbsync.qbxml.cost_lines import KINDS, WANTED, cost_lines, wanted
from qbsync.qbxml.parse import kept

JOB = "<CustomerRef><ListID>J-1</ListID><FullName>Smith:Kitchen</FullName></CustomerRef>"
ITEM = (
    "<ItemLineRet><TxnLineID>L-1</TxnLineID><ItemRef><ListID>I-1</ListID><FullName>01:010</FullName></ItemRef>"
    f"<Desc>Nails</Desc><Amount>12.50</Amount>{JOB}</ItemLineRet>"
)
EXPENSE = (
    "<ExpenseLineRet><TxnLineID>L-2</TxnLineID><AccountRef><FullName>Fuel</FullName></AccountRef>"
    f"<Amount>3.00</Amount><Memo>Diesel</Memo>{JOB}</ExpenseLineRet>"
)
PAYEE = "<{0}><ListID>V-1</ListID><FullName>Bayline</FullName></{0}>"


def ret(kind, lines, payee="PayeeEntityRef"):
    """A Ret of that kind with these lines."""
    name = "" if kind == "JournalEntry" else PAYEE.format(payee)
    return kept(
        f"<{kind}Ret><TxnID>T-1</TxnID><RefNumber>7001</RefNumber>{name}<TxnDate>2026-05-08</TxnDate>"
        f"{lines}</{kind}Ret>"
    )


@pytest.mark.parametrize(
    ("kind", "sign"),
    [("Bill", 1), ("Check", 1), ("CreditCardCharge", 1), ("CreditCardCredit", -1), ("VendorCredit", -1)],
)
def test_lines_on_items_and_accounts_are_costs(kind, sign):
    """Each line on a job counts with its item or account; credits take back."""
    payee = "VendorRef" if kind in ("Bill", "VendorCredit") else "PayeeEntityRef"
    item, expense = cost_lines(ret(kind, EXPENSE + ITEM, payee))
    assert (item.item_id, item.place, item.description, item.amount) == (
        "I-1",
        "01:010",
        "Nails",
        sign * Decimal("12.50"),
    )
    assert (expense.item_id, expense.place, expense.description) == ("", "Fuel", "Diesel")
    assert expense.amount == sign * Decimal("3.00")
    assert (item.payee_id, item.number, item.day, item.job_id) == ("V-1", "7001", "2026-05-08", "J-1")


def test_lines_of_a_group_item_count_each():
    """What stands in a group is counted, the group itself is not."""
    group = f"<ItemGroupLineRet><TxnLineID>L-9</TxnLineID>{ITEM}</ItemGroupLineRet>"
    assert [line.line_id for line in cost_lines(ret("Bill", group, "VendorRef"))] == ["L-1"]


def test_a_journal_debits_and_credits_a_job():
    """A debit on a job costs it, a credit takes back; lines on nobody do neither."""
    account = "<AccountRef><FullName>Labour</FullName></AccountRef>"
    side = f"<TxnLineID>{{}}</TxnLineID>{account}<Amount>55.05</Amount>{{}}"
    job = "<EntityRef><ListID>J-1</ListID></EntityRef>"
    lines = (
        f"<JournalDebitLine>{side.format('L-1', job)}</JournalDebitLine>"
        f"<JournalCreditLine>{side.format('L-2', job)}</JournalCreditLine>"
        f"<JournalCreditLine>{side.format('L-3', '')}</JournalCreditLine>"
    )
    assert [(line.line_id, line.amount) for line in cost_lines(ret("JournalEntry", lines))] == [
        ("L-1", Decimal("55.05")),
        ("L-2", Decimal("-55.05")),
    ]


def test_what_is_on_no_job_or_void_costs_no_job():
    """A line without a customer, and one of zero, are left out."""
    assert cost_lines(ret("Check", ITEM.replace(JOB, "") + ITEM.replace("12.50", "0.00"))) == []


@pytest.mark.parametrize("kind", KINDS)
def test_no_more_is_asked_for_than_the_kind_has(kind):
    """A journal has its own lines, and nothing is both bought of a vendor and of any payee."""
    asked = wanted(kind)
    assert set(asked) < set(WANTED)
    assert ("JournalDebitLine" in asked) == (kind == "JournalEntry")
    assert not {"VendorRef", "PayeeEntityRef"} <= set(asked)
