"""What each export costs in calls on the ERP feed, as the simulated Procore counts them by endpoint.

Section 6 of the reference grants three for a record or for all of one event, four for a job or a budget, and
one look-up where the request does not name the detail: a batch's details are in one list. An import is
granted one call, that of a job four. MORE names each call beyond that, and the page why it is made.
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Final

import pytest

from qbsync.flows import setup
from qbsync.simulator.procore.erp_rows import Kind

PAGE: Final = Path(__file__).parents[3] / "docs" / "procore-calls.md"
ERP: Final = "/rest/v1.0/companies/{company_id}"
FETCH, LOOK_UP = f"GET {ERP}/erp_requests/{{id}}", f"GET {ERP}/erp_request_details"
IDS, CLOSE = f"PATCH {ERP}/external_data/sync", f"PATCH {ERP}/erp_request_details/{{id}}"
CLOSE_ALL, STAGE = f"PATCH {ERP}/erp_request_details/sync", f"PATCH {ERP}/staged_records/sync"
TYPES, TRANSACTIONS = (
    "PATCH /rest/v1.0/cost_code_line_item_types/sync",
    "PATCH /rest/v1.0/erp_transactions/sync",
)
CODES, COST_TYPES = "GET /rest/v1.0/cost_codes", "GET /rest/v1.0/line_item_types"
CONTRACT: Final = "GET /rest/v1.0/purchase_order_contracts/{id}"
FIGURES, PAID = "PATCH /rest/v1.0/erp_job_costs/sync", f"PATCH {ERP}/invoice_payments/sync"
ONE: Final = {FETCH: 1, IDS: 1, CLOSE: 1}
THREE: Final = {FETCH: 3, IDS: 1, CLOSE_ALL: 1}

CALLS: Final[dict[str, dict[str, int]]] = {
    "three standard cost codes of one event": {FETCH: 1, IDS: 1, CLOSE_ALL: 1},
    "a vendor": ONE,
    "three vendors": THREE,
    "a job": ONE | {TYPES: 1},
    "a commitment": ONE,
    "three commitments": THREE,
    "a change order": ONE,
    "an invoice, whose detail the request does not name": ONE | {LOOK_UP: 1},
    "three invoices of one event, whose details it does not name": {
        FETCH: 1, LOOK_UP: 1, IDS: 1, CLOSE_ALL: 1,
    },
    "a payment made in Procore Pay": ONE,
    "a budget, whose detail the request does not name": ONE | {LOOK_UP: 1, TRANSACTIONS: 1, FIGURES: 1},
    "a changed budget": ONE | {LOOK_UP: 1, TRANSACTIONS: 1, FIGURES: 1},
    "an unlink, and the export of the same record after it": {FETCH: 2, IDS: 2, CLOSE: 2},
    "a refresh of vendors": {FETCH: 1, STAGE: 1, CLOSE: 1},
    "a refresh of payments": {FETCH: 1, PAID: 1, CLOSE: 1},
    "an imported vendor": {FETCH: 1},
    "an imported job, and its export after it": {
        FETCH: 2, CODES: 1, COST_TYPES: 1, IDS: 1, TYPES: 1, CLOSE: 1,
    },
    "an imported commitment": {FETCH: 1, CONTRACT: 1, IDS: 1},
    "a job's figures": {FETCH: 1, FIGURES: 1},
}  # fmt: skip
"""By workflow and endpoint. A budget's figures are what thaws it; they count as job costs."""
MORE: Final = {
    "a budget, whose detail the request does not name": {FIGURES},
    "a changed budget": {FIGURES},
    "an imported commitment": {CONTRACT, IDS},
}
"""The endpoints that are asked beyond what section 6 grants."""
GRANTED: Final = (
    {"an imported vendor": 1, "an imported commitment": 1}
    | dict.fromkeys(("a budget, whose detail the request does not name", "a changed budget"), 5)
    | {"an imported job, and its export after it": 8}
)
"""What it grants where a row of its own does not say so in words: a job's import four, its export four."""


class _Told:
    """The workflows, one after the other in one company; each gives way once what precedes it is there."""

    def __init__(self, company, people) -> None:
        self.company, self.people, self.state = company, people, company.state
        self.tool = company.state.erp
        self.contracts = []

    def standard_cost_codes(self) -> None:
        [chosen] = self.state.cost_code_lists()
        [division] = [one for one in self.state.standard_cost_codes(chosen.id) if one.parent_id is None]
        for code in ("040", "050", "060"):
            self.state.create_standard_cost_code(chosen.id, code, f"Work {code}", division.id)

    def vendor(self) -> None:
        self.state.create_vendor("Vendor")

    def vendors(self) -> None:
        for number in range(3):
            self.state.create_vendor(f"Vendor {number}")

    def job(self) -> None:
        self.state.create_project("Annex")

    def commitment(self) -> None:
        self.contracts.append(self.people.commit(1000, 500, number="SC-1"))

    def commitments(self) -> None:
        self.contracts += [self.people.commit(1000, 500, number=f"SC-{number}") for number in (2, 3, 4)]

    def change_order(self) -> None:
        contract, lines = self.contracts[0]
        self.people.change(contract, (self.company.codes[0], Decimal(100), "More", lines[0].id))

    def invoice(self) -> None:
        contract, lines = self.contracts[0]
        self.people.invoice(contract, {lines[0]: 100, lines[1]: 50}, "I-1")

    def invoices(self) -> None:
        for number, (contract, lines) in enumerate(self.contracts[1:], start=2):
            self.people.invoice(contract, {lines[0]: 100}, f"I-{number}")

    def payment(self) -> None:
        self.tool.pay(self.state.invoices.all()[0].id, Decimal("150.00"))

    def budget(self) -> None:
        budgets, project = self.state.budgets, self.company.project.id
        for code in self.company.codes:
            budgets.add_line(project, code, Decimal("100.00"), self.company.cost_type.id)
        budgets.lock(project)

    def change_the_budget(self) -> None:
        project = self.company.project.id
        first, *_ = self.state.budgets.lines(project)
        self.state.budgets.change(project, {first.id: Decimal("5.00")})

    def unlink(self) -> None:
        contract, _ = self.people.commit(10, number="SC-9")
        self.company.sync()
        self.company.rig.file.human.delete("PurchaseOrder", self.state.commitment(contract.id).origin_id)
        self.company.procore.calls.clear()
        self.tool.unlink(Kind.COMMITMENT, contract.id)

    def refresh_vendors(self) -> None:
        vendor_id = self.company.rig.file.human.add_vendor("Only Here")
        self.company.rig.by_hand.add(("Vendor", vendor_id))
        self.tool.refresh("vendors")

    def refresh_payments(self) -> None:
        _, *bills = self.company.rig.file.bills()
        self.company.rig.file.human.pay_bills({bill.txn_id: None for bill in bills}, account="Checking")
        self.tool.refresh("payments")

    def imported_vendor(self) -> None:
        [staged] = [one for one in self.tool.staged("vendor") if one.data["name"] == "Only Here"]
        self.tool.add_to_procore(staged.id)

    def imported_job(self) -> None:
        self._refreshed("jobs", "Customer", lambda human: human.add_customer("Yard", parent="Ridge Owners"))
        [staged] = [one for one in self.tool.staged("project") if one.data["name"] == "Yard"]
        self.tool.add_to_procore(staged.id)

    def imported_commitment(self) -> None:
        line = {
            "ItemRef": {"FullName": "01:010"}, "Desc": "Towers", "Quantity": "1", "Amount": "70.00",
            "CustomerRef": {"FullName": "Ridge Owners:Tower"},
        }  # fmt: skip
        self._refreshed(
            "commitments",
            "PurchaseOrder",
            lambda human: human.add_purchase_order(
                "Acme", [], ref_number="PO-77", Memo="Scaffolding", PurchaseOrderLineAdd=[line]
            ),
        )
        [staged] = self.tool.staged("purchase_order_contract")
        self.tool.add_to_procore(staged.id)

    def _refreshed(self, what, kind, add) -> None:
        """A bookkeeper adds something, and Refresh is pressed and answered: none of it counts."""
        self.company.rig.by_hand.add((kind, add(self.company.rig.file.human)))
        self.tool.refresh(what)
        for _ in range(2):
            self.company.sync()
        self.company.procore.calls.clear()

    def figures(self) -> None:
        self.company.rig.file.human.enter_cost(
            "Check", [("01:010", "Sand", Decimal("12.50"))], job="Ridge Owners:Tower", payee="Acme",
            account="Checking",
        )  # fmt: skip
        self.tool.update_job_costs(self.company.project.id)


WORKFLOWS: Final = dict(
    zip(
        CALLS,
        (
            _Told.standard_cost_codes, _Told.vendor, _Told.vendors, _Told.job, _Told.commitment,
            _Told.commitments, _Told.change_order, _Told.invoice, _Told.invoices, _Told.payment,
            _Told.budget, _Told.change_the_budget, _Told.unlink, _Told.refresh_vendors,
            _Told.refresh_payments, _Told.imported_vendor, _Told.imported_job,
            _Told.imported_commitment, _Told.figures,
        ),
        strict=True,
    )
)  # fmt: skip


@pytest.fixture(scope="module")
def counted(make_erp_company, people_of) -> dict[str, Counter[str]]:
    """The calls of each workflow, printed by endpoint, in the turn in which it goes and the next."""
    company = make_erp_company()
    company.rig.set(
        payment_account="Checking", payment_minutes="1440", cost_minutes="1440", cost_transactions="false"
    )
    company.settle()
    company.rig.clock.passes(timedelta(hours=1))
    company.sync()  # the hourly look for what no webhook told of; the next is due after all of these
    told = _Told(company, people_of(company))
    found = {}
    for name, work in WORKFLOWS.items():
        company.procore.calls.clear()
        work(told)
        for _ in range(2):
            company.sync()
        found[name] = Counter(
            {call: count for call, count in company.procore.calls.items() if "/oauth/" not in call}
        )
        sys.stdout.writelines(_lines(name, found[name]))
    assert company.state.erp.violations == []
    assert company.open() == []
    setup.refresh(company.rig.desk(), company.rig.name)
    company.settle()
    assert company.differences() == []
    return found


def _lines(name: str, calls: Counter[str]) -> list[str]:
    return [f"{name}: {calls.total()} calls\n", *(f"  {n:3} {call}\n" for call, n in sorted(calls.items()))]


@pytest.mark.timeout(900)
@pytest.mark.parametrize("workflow", CALLS)
def test_an_export_makes_the_calls_that_are_granted_and_no_other(counted, workflow):
    """Bulk where there is a bulk endpoint, whatever came together; by endpoint exactly these."""
    assert dict(counted[workflow]) == CALLS[workflow]


def test_what_is_more_than_was_granted_is_named_with_its_reason():
    """No call beyond section 6 but those of MORE, and the page says of each why it is made."""
    page = PAGE.read_text(encoding="utf-8").partition("## On the ERP feed")[2].partition("\n## ")[0]
    for name, granted in GRANTED.items():
        more = MORE.get(name, set())
        assert sum(CALLS[name].values()) - sum(CALLS[name][one] for one in more) <= granted
        assert all(f"`{one}`" in page for one in more)


def test_the_page_says_what_an_export_costs():
    """Its table of the ERP feed has the sums of CALLS, for the workflows that it names."""
    rows = PAGE.read_text(encoding="utf-8").partition("## On the ERP feed")[2].partition("\n## ")[0]
    said = {name: int(calls) for name, calls in re.findall(r"^\| ([^|]+) \| (\d+) ", rows, re.MULTILINE)}
    assert said == {name: sum(calls.values()) for name, calls in CALLS.items()}
