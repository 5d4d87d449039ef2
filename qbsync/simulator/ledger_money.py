"""Compares the money of both sides: budgets, payments and job costs, cent by cent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from qbsync.simulator.company_view import (
    CompanyView,
    HeldBill,
    HeldCost,
    HeldEstimate,
    HeldOrder,
    HeldPayment,
)
from qbsync.simulator.procore.change_rows import ChangeOrder
from qbsync.simulator.procore.invoice_rows import CLOSED_STATUSES, Invoice, ItemType, Payment
from qbsync.simulator.procore.rows import Contract, Project
from qbsync.simulator.procore.state import ProcoreState

BUDGET: Final = "budget"
CHANGE_ORDER: Final = "change_order"
INVOICE: Final = "invoice"
PAYMENT: Final = "payment"
JOB_COST: Final = "job_cost"
NONE: Final = "nothing"
Failure = tuple[str, int | str, str, str, str, str]
"""Kind, Procore id, QuickBooks id, field, expected, found."""
_ZERO: Final = Decimal("0.00")
_CREDIT: Final = "VendorCredit"
_COSTS: Final = ("Expense", "CostOfGoodsSold", "OtherExpense")
"""Types of accounts on which a line costs its job something."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Money:
    """Both sides' money, read once; bills and credits are those of invoices.

    `retainage_id` and `uncoded_id` are the items that hold retainage, and costs that name none.
    """

    procore: ProcoreState
    orders: Mapping[str, HeldOrder]
    estimates: Sequence[HeldEstimate]
    bills: Sequence[HeldBill]
    credits: Sequence[HeldCost]
    payments: Sequence[HeldPayment]
    costs: Sequence[HeldCost]
    retainage_id: str
    uncoded_id: str

    @classmethod
    def read(
        cls, procore: ProcoreState, company: CompanyView, retainage_item: str, uncoded_item: str = ""
    ) -> Money:
        """Read both sides; costs without an item are expected on `uncoded_item`, a full name."""
        items = {item.full_name: item.list_id for item in company.items()}
        named = {invoice.origin_id for invoice in procore.invoices.all()}
        costs = list(company.costs())
        return cls(
            procore=procore,
            orders={order.txn_id: order for order in company.purchase_orders()},
            estimates=list(company.estimates()),
            bills=[bill for bill in company.bills() if bill.external_guid or bill.txn_id in named],
            credits=[
                one for one in costs if one.kind == _CREDIT and (one.external_guid or one.txn_id in named)
            ],
            payments=list(company.payments()),
            costs=costs,
            retainage_id=items.get(retainage_item, ""),
            uncoded_id=items.get(uncoded_item, ""),
        )

    @property
    def budgets(self) -> list[Project]:
        """The projects whose budget QuickBooks must have."""
        budgets = self.procore.budgets
        return [
            one
            for one in self.procore.projects()
            if one.active and one.id in budgets.locked and budgets.lines(one.id)
        ]

    @property
    def invoices(self) -> list[Invoice]:
        """The invoices that QuickBooks must have as bills, or as vendor credits."""
        return [one for one in self.procore.invoices.all() if one.status in CLOSED_STATUSES]

    def change_orders(self, contract: Contract) -> list[ChangeOrder]:
        """The change orders whose lines a commitment's purchase order must have."""
        return self.procore.change_orders.of_contract(contract.id, "approved")

    def budget_total(self) -> Decimal:
        """What all budgets come to in Procore."""
        budgets = self.procore.budgets
        lines = [line for project in self.budgets for line in budgets.lines(project.id)]
        return sum((budgets.revised(line) for line in lines), _ZERO)

    def invoice_total(self) -> Decimal:
        """What all invoices come to in Procore."""
        return sum((self.procore.invoices.figures(one.id).due for one in self.invoices), _ZERO)


def item_of(procore: ProcoreState, cost_code_id: int | None) -> str:
    """The ListID that Procore keeps of a cost code's standard code."""
    code = procore.cost_code(cost_code_id) if cost_code_id is not None else None
    if code is None or code.standard_cost_code_id is None:
        return NONE
    return procore.standard_cost_code(code.standard_cost_code_id).origin_id or NONE


def compare(money: Money) -> Iterator[Failure]:
    """Everything about budgets, payments and job costs that is not as it must be."""
    yield from _budgets(money)
    yield from _payments(money)
    yield from _job_costs(money)


def job_costs_in_books(money: Money) -> dict[tuple[str, str], Decimal]:
    """What each job costs on each item in QuickBooks; what is no cost code is left out.

    An invoice's bill on accounts names no items: its lines count on the cost codes of the invoice's items,
    whose amounts they are held against by themselves.
    """
    jobs = {project.origin_id for project in money.procore.projects() if project.origin_id}
    items = {code.origin_id for code in money.procore.standard_cost_codes() if code.origin_id}
    invoices = {invoice.origin_id: invoice for invoice in money.invoices}
    found: dict[tuple[str, str], Decimal] = {}

    def count(job: str, item: str, amount: Decimal) -> None:
        if job in jobs and item in items and item != money.retainage_id:
            found[job, item] = found.get((job, item), _ZERO) + amount

    for cost in money.costs:
        invoice = invoices.get(cost.txn_id)
        for line in cost.lines:
            if line.item_id or (invoice is None and line.account_type in _COSTS):
                count(line.customer_id, line.item_id or money.uncoded_id, line.amount)
        if invoice is not None and any(not line.item_id for line in cost.lines):
            job = money.procore.project(invoice.project_id).origin_id or NONE
            for code, amount in _invoiced(money.procore, invoice):
                count(job, item_of(money.procore, code), amount)
    return {key: amount for key, amount in found.items() if amount}


def job_costs_in_procore(money: Money) -> dict[tuple[str, str], Decimal]:
    """What each project costs on each cost code in Procore, by job and item: invoices and direct costs.

    Where ERP Integrations shows a project's costs by figures alone, they are its job to date costs.
    """
    found: dict[tuple[str, str], Decimal] = {}
    for project_id, cost_code_id, amount in _costs_in_procore(money):
        job = money.procore.project(project_id).origin_id or NONE
        key = (job, item_of(money.procore, cost_code_id))
        found[key] = found.get(key, _ZERO) + amount
    return {key: amount for key, amount in found.items() if amount}


def _costs_in_procore(money: Money) -> Iterator[tuple[int, int | None, Decimal]]:
    """Project, cost code and amount of each cost."""
    state, by_figures = money.procore, money.procore.erp.shows_figures
    for row in state.erp.tables.job_costs.live():
        if by_figures(row.project_id):
            yield row.project_id, row.cost_code_id, row.figures.get("job_to_date_cost", _ZERO)
    for invoice in (one for one in money.invoices if not by_figures(one.project_id)):
        for code, amount in _invoiced(state, invoice):
            yield invoice.project_id, code, amount
    for cost in (one for one in state.direct_costs.all() if not by_figures(one.project_id)):
        for line in state.direct_costs.lines(cost.id):
            yield cost.project_id, line.cost_code_id, line.amount


def _invoiced(procore: ProcoreState, invoice: Invoice) -> Iterator[tuple[int | None, Decimal]]:
    """The cost code and amount of each item; a change order billed as a whole costs on those of its lines."""
    for item in procore.invoices.items(invoice.id):
        if item.item_type is ItemType.WHOLE_CHANGE_ORDER and item.package_id is not None:
            yield from _spread(procore, item.package_id, item.gross)
        else:
            yield item.cost_code_id, item.gross


def _spread(procore: ProcoreState, package_id: int, gross: Decimal) -> Iterator[tuple[int | None, Decimal]]:
    """Each line of the purchase order takes its part, by what it comes to; the last one the odd cents.

    Items of the change order that touch one line of the commitment are one line there.
    """
    lines: dict[int, tuple[int | None, Decimal]] = {}
    for line in procore.change_orders.lines(package_id):
        place = line.commitment_line_id or line.id
        code, before = lines.get(place, (line.cost_code_id, _ZERO))
        lines[place] = code, before + line.amount
    *firsts, (last, _) = lines.values()
    whole = sum((amount for _, amount in lines.values()), _ZERO)
    left = gross
    for code, amount in firsts:
        part = (gross * amount / whole).quantize(_ZERO, ROUND_HALF_UP)
        left -= part
        yield code, part
    yield last, left


def _job_costs(money: Money) -> Iterator[Failure]:
    books, procore = job_costs_in_books(money), job_costs_in_procore(money)
    for job, item in sorted(books.keys() | procore.keys()):
        expected, found = books.get((job, item), _ZERO), procore.get((job, item), _ZERO)
        if expected != found:
            yield JOB_COST, job, item, "amount", str(expected), str(found)
    for cost in money.procore.direct_costs.all():
        if not cost.origin_id:
            yield JOB_COST, cost.id, "", "origin_id", "a cost of QuickBooks", NONE
        elif money.procore.erp.shows_figures(cost.project_id):
            yield JOB_COST, cost.id, "", "direct cost", "none: the project asks for figures", cost.origin_id


def _budgets(money: Money) -> Iterator[Failure]:
    jobs = {project.origin_id for project in money.budgets}
    for project in money.budgets:
        held = [one for one in money.estimates if one.customer_id == project.origin_id]
        if len(held) == 1:
            yield from _budget(money, project, held[0])
        else:
            yield BUDGET, project.id, "", "estimates of the job", "1", str(len(held))
    for estimate in money.estimates:
        if estimate.customer_id not in jobs:
            yield BUDGET, "", estimate.txn_id, "job", NONE, estimate.customer_id


def _budget(money: Money, project: Project, estimate: HeldEstimate) -> Iterator[Failure]:
    budgets = money.procore.budgets
    wanted: dict[str, Decimal] = {}
    for line in budgets.lines(project.id):
        item = item_of(money.procore, line.cost_code_id)
        wanted[item] = wanted.get(item, _ZERO) + budgets.revised(line)
    found: dict[str, Decimal] = {}
    for kept in estimate.lines:
        found[kept.item_id] = found.get(kept.item_id, _ZERO) + kept.amount
    for item in sorted(wanted.keys() | found.keys()):
        expected, shown = wanted.get(item, _ZERO), found.get(item, _ZERO)
        if expected != shown:
            yield BUDGET, project.id, estimate.txn_id, f"amount of {item}", str(expected), str(shown)


def _payments(money: Money) -> Iterator[Failure]:
    """Each payment of a bill stands once on its invoice, and nothing else does, with an id or without."""
    invoices = {invoice.origin_id: invoice for invoice in money.invoices}
    ours = {invoice.id for invoice in money.invoices}
    wanted = {
        f"{payment.txn_id}|{bill_id}": (bill_id, amount)
        for payment in money.payments
        for bill_id, amount in payment.applied
        if bill_id in invoices
    }
    # A payment that was voided in the books stays in ERP Integrations, of nothing.
    rows = [row for row in money.procore.payments.all() if row.amount]
    held: dict[str, Payment] = {}
    more: list[Payment] = []
    for row in rows:
        if row.origin_id and row.origin_id not in held:
            held[row.origin_id] = row
        elif row.origin_id or row.requisition_id in ours:
            more.append(row)
    for origin_id, (bill_id, amount) in wanted.items():
        # One that was made in Procore pays one bill, and carries the check's own id.
        found = held.pop(origin_id, None) or held.pop(origin_id.partition("|")[0], None)
        invoice = invoices[bill_id]
        expected = f"{amount} on invoice {invoice.id}"
        shown = NONE if found is None else f"{found.amount} on invoice {found.requisition_id}"
        if found is None or found.amount != amount or found.requisition_id != invoice.id:
            yield PAYMENT, found.id if found else "", origin_id, "amount", expected, shown
    for row in (*held.values(), *more):
        yield PAYMENT, row.id, row.origin_id or "", "amount", NONE, str(row.amount)
