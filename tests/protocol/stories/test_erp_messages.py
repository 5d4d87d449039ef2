"""What Procore's ERP tool shows where something failed: the messages of docs/erp-messages.md, from real runs.

`python -m pytest tests/protocol/stories/test_erp_messages.py` fails where the page differs from what the runs
show; with WRITE_PAGES=1 it writes the page's table anew.
"""

from __future__ import annotations

import os
import re
from decimal import Decimal
from pathlib import Path
from typing import Final

import pytest

from qbsync.flows import setup
from qbsync.simulator.procore.erp_rows import FAILED, Kind
from qbsync.simulator.procore.invoice_maths import Billing

PAGE: Final = Path(__file__).parents[3] / "docs" / "erp-messages.md"
AT_LEAST: Final = 20
ID: Final = re.compile(r"\b[0-9A-F]+-\d{10}\b")
"""A TxnID, which QuickBooks shows nobody."""
DO: Final = r"[Ee]xport it again|[Uu]nlink|[Ee]nter|[Dd]elete"
"""What a person is told to do."""
PURCHASE_ORDERS: Final = "PurchasesAndVendorsPreferences/IsUsingInventory"
ESTIMATES: Final = "JobsAndEstimatesPreferences/IsUsingEstimates"


class Bookkeeping:
    """A company on the ERP feed, in which one thing after another goes wrong."""

    def __init__(self, company, people) -> None:
        self.company, self.people, self.rig = company, people, company.rig
        self.state, self.tool, self.human = company.state, company.state.erp, company.rig.file.human
        self.shown: dict[str, list[str]] = {}
        company.rig.set(payment_account="Checking")
        company.settle()
        self.contract, self.lines = people.commit(1000, 500, number="SC-1")
        company.settle()
        self.order = self.state.commitment(self.contract.id).origin_id

    def tell(self, what, do) -> None:
        """Something goes wrong; keep what is closed as failed meanwhile."""
        before = {row.id for row in self.tool.tables.details.everything() if row.status == FAILED}
        do()
        self.read()
        for _ in range(3):
            self.company.sync()
        found = [
            words
            for row in self.tool.tables.details.everything()
            if row.status == FAILED and row.id not in before
            for words in row.messages
        ]
        assert found, f"nothing failed: {what}: {self.company.open()}"
        self.shown[what] = found

    def read(self) -> None:
        """QuickBooks' lists are read again."""
        setup.refresh(self.rig.desk(), self.rig.name)
        self.company.pc.update()

    def send(self, kind, record_id, **fields) -> None:
        """Send and accept one record, with what the approver types."""
        self.tool.send(kind, record_id)
        self.tool.accept(kind, record_id, **fields)

    def code(self, number, **fields) -> None:
        """A new standard cost code."""
        [chosen] = self.state.cost_code_lists()
        [division] = [one for one in self.state.standard_cost_codes(chosen.id) if one.parent_id is None]
        row = self.state.create_standard_cost_code(chosen.id, number, f"Work {number}", division.id)
        self.send(Kind.STANDARD_COST_CODE, row.id, **fields)

    def vendor(self, name, **fields) -> None:
        """A new vendor."""
        self.send(Kind.VENDOR, self.state.create_vendor(name).id, **fields)

    def project(self, name, **fields) -> None:
        """A new project."""
        self.send(Kind.JOB, self.state.create_project(name).id, **fields)

    def invoice(self, number, bills, **more):
        """An approved invoice of the first commitment."""
        return self.people.invoice(self.contract, bills, number, **more)

    def employee(self) -> None:
        """A vendor bears the name of an employee."""
        self.human.add_employee("Pat", "Jones")
        self.vendor("Pat Jones")

    def known_job(self) -> None:
        """A job of that name is there."""
        self.human.add_customer("Annex", parent="Ridge Owners")
        self.read()
        self.project("Annex", customer="Ridge Owners")

    def item_of_another_kind(self) -> None:
        """An item that is no Service item has the name of a division."""
        self.human.add_other_charge_item("09", account="Labour")
        self.read()
        [chosen] = self.state.cost_code_lists()
        row = self.state.create_standard_cost_code(chosen.id, "09", "Finishes", None)
        self.send(Kind.STANDARD_COST_CODE, row.id)

    def no_customer(self) -> None:
        """No option names one for all, and the approver types none."""
        self.rig.set(project_customer="")
        self.project("Bridge")

    def taxed(self) -> None:
        """A commitment's line is taxed."""
        taxed = Billing(work=Decimal("10.00"), tax=Decimal("0.80"))
        self.invoice("I-T", {self.lines[0]: taxed})

    def orders_off(self) -> None:
        """QuickBooks has no purchase orders."""
        self.human.set_preference(PURCHASE_ORDERS, "false")
        self.read()
        self.people.commit(20, number="SC-OFF")

    def orders_on(self) -> None:
        """It has them again."""
        self.human.set_preference(PURCHASE_ORDERS, "true")
        self.read()

    def typed_order(self) -> None:
        """A purchase order of that number was typed in QuickBooks."""
        self.rig.set(allow_duplicate_numbers="false")
        self.human.add_purchase_order("Acme", [("01:010", "Typed", Decimal("77.00"))], ref_number="SC-5")
        self.people.commit(30, number="SC-5")

    def estimates_off(self) -> None:
        """QuickBooks has no estimates."""
        self.human.set_preference(ESTIMATES, "false")
        self.read()
        budgets, project = self.state.budgets, self.company.project.id
        for code in self.company.codes:
            budgets.add_line(project, code, Decimal("100.00"), self.company.cost_type.id)
        budgets.lock(project)

    def budget_again(self) -> None:
        """The estimate is there, and a bookkeeper changes a line of it."""
        self.human.set_preference(ESTIMATES, "true")
        self.read()
        self.tool.accept(Kind.BUDGET, self.company.project.id)
        self.company.settle()
        [estimate] = self.rig.file.estimates()
        self.human.edit_line("Estimate", estimate.txn_id, 0, Amount="950.00")
        first, *_ = self.state.budgets.lines(self.company.project.id)
        self.state.budgets.change(self.company.project.id, {first.id: Decimal("5.00")})

    def no_retainage_item(self) -> None:
        """Retainage is held, and no item is chosen for it."""
        self.rig.set(retainage_item="")
        self.invoice("I-R", {self.lines[0]: 100}, retainage=Decimal(10))

    def typed_bill(self) -> None:
        """A bill of that number was typed in QuickBooks."""
        self.rig.set(retainage_item="Retainage")
        self.human.enter_bill("Acme", [("01:010", "Typed", Decimal("77.00"))], ref_number="I-D")
        self.invoice("I-D", {self.lines[0]: 50})

    def negative(self) -> None:
        """An invoice takes back more than it bills."""
        self.invoice("I-N", {self.lines[0]: -20})

    def changed_closed(self) -> None:
        """A change order comes to a purchase order that was closed by hand."""
        self.human.close_purchase_order(self.order)
        self.people.change(self.contract, (self.company.codes[0], Decimal(100), "More", self.lines[0].id))

    def billed(self) -> None:
        """The purchase order is open again, an invoice is in the books, and Procore Pay pays too much."""
        self.human.reopen_purchase_order(self.order)
        good = self.invoice("I-1", {self.lines[1]: 30})
        self.company.settle()
        [bill] = [one for one in self.rig.file.bills() if one.ref_number == "I-1"]
        self.human.pay_bills({bill.txn_id: Decimal("25.00")}, account="Checking")
        self.tool.pay(good.id, Decimal("30.00"))

    def unlink(self) -> None:
        """The invoice is unlinked while its bill is still there."""
        good = next(row for row in self.state.invoices.all() if row.invoice_number == "I-1")
        for payment in self.rig.file.payments():
            self.human.delete(payment.kind, payment.txn_id)
        self.company.settle()
        self.tool.unlink(Kind.REQUISITION, good.id)

    def unlink_parent(self) -> None:
        """A commitment is unlinked on which an invoice depends."""
        self.tool.unlink(Kind.COMMITMENT, self.contract.id)

    def delete_code(self) -> None:
        """A cost code is deleted that a commitment uses."""
        self.tool.delete_cost_codes(self.company.project.id, [self.company.codes[0]])

    def deleted_order(self) -> None:
        """A purchase order is deleted, and a change order comes to it."""
        contract, [line] = self.people.commit(40, number="SC-9")
        self.company.settle()
        self.human.delete("PurchaseOrder", self.state.commitment(contract.id).origin_id)
        self.people.change(contract, (line.cost_code_id, Decimal(5), "More", line.id))

    def deleted_job(self) -> None:
        """A job is deleted, and its address changes in Procore."""
        row = self.state.create_project("Pier")
        self.send(Kind.JOB, row.id, customer="Ridge Owners")
        self.company.settle()
        self.human.delete("Customer", self.state.project(row.id).origin_id)
        self.state.edit_project(row.id, address="1 Ridge Road")
        self.send(Kind.JOB, row.id, customer="Ridge Owners")

    def deleted_estimate(self) -> None:
        """The estimate is deleted before the budget is exported again."""
        [estimate] = self.rig.file.estimates()
        self.human.delete("Estimate", estimate.txn_id)
        self.tool.accept(Kind.BUDGET, self.company.project.id)

    def direct_cost(self) -> None:
        """What qbsync does not export."""
        self.tool.export_direct_cost(
            self.company.vendors[0].id, self.company.project.id, "DC-1", Decimal("10.00")
        )


NAMED: Final = {
    "a vendor with the name of a customer": "Vendor Ridge Owners",
    "a vendor with the name of an employee": "Vendor Pat Jones",
    "a vendor with a vendor type that QuickBooks lacks": "Vendor Ash",
    "a vendor with terms that QuickBooks lacks": "Vendor Elm",
    "a cost code with an income account that QuickBooks lacks": "Cost code 01-071",
    "a cost code with an income account of another type": "Cost code 01-072",
    "a cost code with an expense account that QuickBooks lacks": "Cost code 01-073",
    "a cost code whose name another kind of item has": "Cost code 09",
    "a job without a customer": "Project Bridge",
    "a job for a customer that QuickBooks lacks": "Project Quay",
    "a job that QuickBooks has": "Project Annex",
    "a job that was deleted in QuickBooks": "Project Pier",
    "a commitment while purchase orders are switched off": "Commitment SC-OFF",
    "a commitment whose number a typed purchase order has": "Commitment SC-5",
    "a budget while estimates are switched off": "Budget of Tower",
    "a budget whose estimate somebody changed": "Budget of Tower",
    "a budget whose estimate was deleted": "Budget of Tower",
    "an invoice with tax": "Invoice I-T",
    "an invoice with retainage, and no item for it": "Invoice I-R",
    "an invoice whose number a typed bill has": "Invoice I-D",
    "an invoice that comes to less than nothing": "Invoice I-N",
    "a change order whose purchase order was closed by hand": "Change order 001",
    "a change order whose purchase order was deleted": "Change order 001",
    "a payment of more than the bill has open": "Payment 1",
    "the unlink of an invoice whose bill is still there": "The invoice I-1",
    "the unlink of a commitment that has an invoice": "The commitment 'SC-1 Walls'",
    "the deletion of a cost code that is used": "Cost code 01-010",
    "a company-level direct cost": "company-level direct costs",
}
"""How each message names the record."""


def _story(told: Bookkeeping) -> dict:
    return {
        "a vendor with the name of a customer": lambda: told.vendor("Ridge Owners"),
        "a vendor with the name of an employee": told.employee,
        "a vendor with a vendor type that QuickBooks lacks": lambda: told.vendor("Ash", vendor_type="Gold"),
        "a vendor with terms that QuickBooks lacks": lambda: told.vendor("Elm", terms="Net 99"),
        "a cost code with an income account that QuickBooks lacks": lambda: told.code(
            "071", income_account_origin_id="Sales of Everything"
        ),
        "a cost code with an income account of another type": lambda: told.code(
            "072", income_account_origin_id="Checking"
        ),
        "a cost code with an expense account that QuickBooks lacks": lambda: told.code(
            "073", expense_account_origin_id="Spendings"
        ),
        "a cost code whose name another kind of item has": told.item_of_another_kind,
        "a job without a customer": told.no_customer,
        "a job for a customer that QuickBooks lacks": lambda: told.project("Quay", customer="Nobody Inc"),
        "a job that QuickBooks has": told.known_job,
        "a job that was deleted in QuickBooks": told.deleted_job,
        "a commitment while purchase orders are switched off": told.orders_off,
        "a commitment whose number a typed purchase order has": lambda: (
            told.orders_on(),
            told.typed_order(),
        ),
        "a budget while estimates are switched off": told.estimates_off,
        "a budget whose estimate somebody changed": told.budget_again,
        "a budget whose estimate was deleted": told.deleted_estimate,
        "an invoice with tax": told.taxed,
        "an invoice with retainage, and no item for it": told.no_retainage_item,
        "an invoice whose number a typed bill has": told.typed_bill,
        "an invoice that comes to less than nothing": told.negative,
        "a change order whose purchase order was closed by hand": told.changed_closed,
        "a change order whose purchase order was deleted": told.deleted_order,
        "a payment of more than the bill has open": told.billed,
        "the unlink of an invoice whose bill is still there": told.unlink,
        "the unlink of a commitment that has an invoice": told.unlink_parent,
        "the deletion of a cost code that is used": told.delete_code,
        "a company-level direct cost": told.direct_cost,
    }


@pytest.fixture(scope="module")
def shown(make_erp_company, people_of) -> dict[str, list[str]]:
    """What Procore's tool showed of each failure, in one company after the other thing went wrong."""
    company = make_erp_company()
    told = Bookkeeping(company, people_of(company))
    for what, do in _story(told).items():
        told.tell(what, do)
    assert company.state.erp.violations == []
    return told.shown


@pytest.mark.timeout(900)
def test_at_least_twenty_failures_are_told_each_in_words_of_its_own(shown):
    """Different failures read differently, and each is one message."""
    messages = [one for found in shown.values() for one in found]
    assert len(set(messages)) == len(messages) == len(shown) >= AT_LEAST


def test_each_message_names_the_record_and_says_what_to_do(shown):
    """For people who know Procore and QuickBooks: no command of qbsync, no job, no setting, no TxnID."""
    for what, found in shown.items():
        for message in found:
            assert not re.search(r"qbsync|--set|retry|accept\b|job \d|settings|\bmap\b", message), message
            assert not ID.search(message), message
            assert NAMED[what] in message, message
            assert re.search(DO, message), message
            assert message.endswith("."), message


def test_a_failed_job_may_be_exported_under_another_code(shown):
    """Procore offers a new job code only where the message has the word (reference, section 4.4)."""
    jobs = [one for what, found in shown.items() for one in found if what.startswith("a job ")]
    assert len(jobs) > 2
    assert all("code" in one for one in jobs)


def test_the_page_shows_these_messages(shown):
    """docs/erp-messages.md is what these runs showed."""
    head, mark, _ = PAGE.read_text(encoding="utf-8").partition("| What was exported or asked |")
    rows = [f"| {what} | {_cell(one)} |" for what, found in shown.items() for one in found]
    table = "\n".join([f"{mark} What Procore's tool shows |", "|---|---|", *rows, ""])
    if os.environ.get("WRITE_PAGES"):
        PAGE.write_text(head + table, encoding="utf-8")
    assert PAGE.read_text(encoding="utf-8") == head + table


def _cell(message: str) -> str:
    return message.replace("|", "\\|").replace("<", "&lt;")
