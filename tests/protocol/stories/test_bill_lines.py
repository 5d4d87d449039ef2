"""Stories of bills that book on an expense account instead of the purchase order's items."""

from __future__ import annotations

from decimal import Decimal

import pytest

from qbsync.errors import StateError
from qbsync.flows import insights, setup
from qbsync.flows.reconciliation import read_now, reconcile
from qbsync.model.jobs import JobState
from qbsync.simulator.procore.invoice_maths import Billing
from qbsync.store import connections

ACCOUNT = "Job Expenses"


@pytest.fixture
def order(company, people):
    """A subcontract of 1,000 and 500, on a connection that books bills on accounts."""
    company.rig.file.human.add_account(ACCOUNT, "CostOfGoodsSold")
    company.rig.set(bill_lines="expenses")
    setup.refresh(company.rig.desk(), company.rig.name)
    contract, lines = people.commit(1000, 500)
    company.sync()
    return contract, lines


def bill_of(company):
    """The one bill's lines: account or item, job, amount, description, the order's line."""
    names = {one.list_id: one.full_name for one in (*company.rig.file.accounts(), *company.rig.file.items())}
    jobs = {one.list_id: one.full_name for one in company.rig.file.customers()}
    [bill] = company.rig.file.bills()
    return [
        (
            names[line.account_id or line.item_id],
            jobs[line.customer_id],
            str(line.amount),
            line.description,
            line.order_line,
        )
        for line in bill.lines
    ]


def test_an_invoice_books_on_the_account(company, people, order):
    """Line by line on the job, retainage on its item, linked to no order; the ledgers agree."""
    contract, lines = order
    held = Billing(work=Decimal("400.00"), retained=Decimal("40.00"))
    invoice = people.invoice(contract, {lines[0]: held, lines[1]: 100})
    company.settle()
    job = people.job("invoice", invoice.id)
    assert (job.state, job.error) == (JobState.SYNCED, "")
    assert bill_of(company) == [
        ("Labour", "Ridge Owners:Tower", "400.00", "01-010 Part 1", ""),
        ("Labour", "Ridge Owners:Tower", "100.00", "01-020 Part 2", ""),
        ("Retainage", "Ridge Owners:Tower", "-40.00", "Retainage held", ""),
    ]
    assert "remark" not in people.said_by_doctor()
    assert "\n".join(company.differences()) == ""


def test_the_approver_chooses_the_account(company, people, order):
    """Without one set the invoice waits for it; one of another kind is refused, the chosen one is taken."""
    company.rig.set(cost_code_expense_account="")
    contract, lines = order
    invoice = people.invoice(contract, {lines[0]: 400})
    company.sync()
    job = people.job("invoice", invoice.id)
    assert (job.state, job.review["missing"]) == (JobState.STAGED, ["expense_account"])
    with pytest.raises(StateError, match="'Checking' is of type Bank"):
        people.accept(job, expense_account="Checking")
    people.accept(job, expense_account=ACCOUNT)
    company.settle()
    assert [line[0] for line in bill_of(company)] == [ACCOUNT]


def test_bills_on_items_take_no_account(company, people, order):
    """Where bills are linked to the order there is nothing to choose, and the approver reads so."""
    company.rig.set(bill_lines="items", auto_accept="none")
    contract, lines = order
    invoice = people.invoice(contract, {lines[0]: 400})
    company.sync()
    with pytest.raises(StateError, match="does not take 'expense_account'") as caught:
        people.accept(people.job("invoice", invoice.id), expense_account=ACCOUNT)
    assert caught.value.guidance == "It takes: number."


def test_such_a_bill_is_not_counted_again(company, people, order):
    """Procore has it as an invoice: no direct cost is made of it, and both sides agree on each cost code."""
    contract, lines = order
    people.invoice(contract, {lines[0]: 400, lines[1]: 100})
    company.settle()
    assert company.state.direct_costs.all() == []
    read_now(company.rig.database, company.rig.name, lambda _row: company.client, company.rig.clock())
    with company.rig.database.read() as tx:
        found = reconcile(tx, connections.named(tx, company.rig.name))
    assert {one.cost_code: (one.quickbooks, one.difference) for one in found} == {
        "01-010": (Decimal("400.00"), Decimal(0)),
        "01-020": (Decimal("100.00"), Decimal(0)),
    }


def test_an_edit_of_such_a_bill_is_drift(company, people, order):
    """Account and amount of a line that someone changes are told by the line's own words."""
    contract, lines = order
    invoice = people.invoice(contract, {lines[0]: 400})
    company.settle()
    [bill] = company.rig.file.bills()
    changed = {
        "TxnLineID": bill.lines[0].txn_line_id,
        "AccountRef": {"FullName": ACCOUNT},
        "Amount": "450.00",
    }
    company.rig.file.human.edit_transaction("Bill", bill.txn_id, ExpenseLineMod=[changed])
    company.settle()
    with company.rig.database.read() as tx:
        rows = insights.drift_list(tx, connection=company.rig.name)
    assert {(row["procore_id"], row["what"], row["ours"], row["quickbooks"]) for row in rows} == {
        (str(invoice.id), "amount of line '01-010 Part 1'", "400.00", "450.00"),
        (str(invoice.id), "account of line '01-010 Part 1'", "Labour", ACCOUNT),
    }


def test_such_a_bill_whose_answer_was_lost_is_found(company, people, order):
    """QuickBooks took it and its answer never came: there is one bill, and it is the invoice's."""
    contract, lines = order
    invoice = people.invoice(contract, {lines[0]: 400})
    company.pull()
    company.rig.file.faults.fail_after("0x80040402", "lost", times=3)
    company.pc.update()
    company.settle()
    assert people.job("invoice", invoice.id).state == JobState.SYNCED
    assert "\n".join(company.differences()) == ""
