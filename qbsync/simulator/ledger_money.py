"""Compares the money of both sides: budgets, change orders, invoices and payments, cent by cent."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from qbsync.simulator.company_view import (
    CompanyView,
    HeldBill,
    HeldCost,
    HeldEstimate,
    HeldLine,
    HeldOrder,
    HeldPayment,
)
from qbsync.simulator.procore.change_rows import ChangeOrder
from qbsync.simulator.procore.invoice_rows import CLOSED_STATUSES, Invoice, InvoiceItem, Payment
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
_CHANGES: Final = "the change orders"
_COSTS: Final = ("Expense", "CostOfGoodsSold", "OtherExpense")
"""Types of accounts on which a line costs its job something."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Money:
    """Both sides' money, read once; `retainage_item` is the full name of the item that holds retainage."""

    procore: ProcoreState
    orders: Mapping[str, HeldOrder]
    estimates: Sequence[HeldEstimate]
    bills: Sequence[HeldBill]
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
        return cls(
            procore=procore,
            orders={order.txn_id: order for order in company.purchase_orders()},
            estimates=list(company.estimates()),
            bills=[bill for bill in company.bills() if bill.external_guid or bill.txn_id in named],
            payments=list(company.payments()),
            costs=list(company.costs()),
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
        """The invoices that QuickBooks must have as bills."""
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
    """Everything about budgets, invoices and payments that is not as it must be."""
    yield from _budgets(money)
    yield from _invoices(money)
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
            for billed in money.procore.invoices.items(invoice.id):
                count(job, item_of(money.procore, billed.cost_code_id), billed.gross)
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
        for item in state.invoices.items(invoice.id):
            yield invoice.project_id, item.cost_code_id, item.gross
    for cost in (one for one in state.direct_costs.all() if not by_figures(one.project_id)):
        for line in state.direct_costs.lines(cost.id):
            yield cost.project_id, line.cost_code_id, line.amount


def _job_costs(money: Money) -> Iterator[Failure]:
    books, procore = job_costs_in_books(money), job_costs_in_procore(money)
    for job, item in sorted(books.keys() | procore.keys()):
        expected, found = books.get((job, item), _ZERO), procore.get((job, item), _ZERO)
        if expected != found:
            yield JOB_COST, job, item, "amount", str(expected), str(found)
    for cost in money.procore.direct_costs.all():
        if not cost.origin_id:
            yield JOB_COST, cost.id, "", "origin_id", "a cost of QuickBooks", NONE


def appended(money: Money, contract: Contract) -> list[tuple[str, Decimal]]:
    """The item and amount of each line that a commitment's change orders must have appended."""
    return [line for order in money.change_orders(contract) for line in _sums(money, order)]


def compare_appended(money: Money, contract: Contract, lines: Sequence[HeldLine]) -> Iterator[Failure]:
    """Hold the lines after the commitment's own against its change orders, and the ids written back."""
    wanted = Counter(appended(money, contract))
    held = Counter((line.item_id, line.amount) for line in lines)
    for item, amount in (wanted - held) + (held - wanted):
        expected = str(wanted[item, amount])
        found = str(held[item, amount])
        yield CHANGE_ORDER, contract.id, "", f"lines of {amount} on {item}", expected, found
    ids = {line.txn_line_id for line in lines}
    for order in money.change_orders(contract):
        origin = order.origin_id or NONE
        if not origin.startswith(f"{contract.origin_id}|") or origin.partition("|")[2] not in ids:
            yield CHANGE_ORDER, order.id, "", "origin_id", f"{contract.origin_id}|its first line", origin


def _sums(money: Money, order: ChangeOrder) -> Iterator[tuple[str, Decimal]]:
    """Items that touch one line of the commitment are one line in QuickBooks (workflows, W8)."""
    sums: dict[tuple[str, int], list[Decimal]] = {}
    items: dict[tuple[str, int], str] = {}
    for line in money.procore.change_orders.lines(order.id):
        key = ("new", line.id) if line.commitment_line_id is None else ("line", line.commitment_line_id)
        sums.setdefault(key, []).append(line.amount)
        items.setdefault(key, item_of(money.procore, line.cost_code_id))
    for key, amounts in sums.items():
        yield items[key], sum(amounts, _ZERO)


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


def _invoices(money: Money) -> Iterator[Failure]:
    bills = {bill.txn_id: bill for bill in money.bills}
    matched = Counter(invoice.origin_id for invoice in money.invoices)
    for invoice in money.invoices:
        bill = bills.get(invoice.origin_id or "")
        if bill is None or matched[invoice.origin_id] != 1:
            yield INVOICE, invoice.id, "", "origin_id", "a bill of its own", invoice.origin_id or NONE
            continue
        yield from _invoice(money, invoice, bill)
    for txn_id, bill in bills.items():
        if txn_id not in matched:
            yield INVOICE, "", txn_id, "number", NONE, bill.ref_number


def _invoice(money: Money, invoice: Invoice, bill: HeldBill) -> Iterator[Failure]:
    contract = money.procore.commitment(invoice.contract_id)
    vendor = money.procore.vendor_table.find(contract.vendor_id or 0)
    figures = money.procore.invoices.figures(invoice.id)
    checks = [
        ("number", invoice.invoice_number, bill.ref_number),
        ("vendor", (vendor.origin_id if vendor else None) or NONE, bill.vendor_id),
        ("total", str(figures.due), str(bill.total)),
    ]
    if bill.external_guid:  # of one that a person typed only this is the invoice's
        checks += _as_written(money, invoice, contract, bill)
    for name, expected, shown in checks:
        if expected != shown:
            yield INVOICE, invoice.id, bill.txn_id, name, expected, shown


def _as_written(
    money: Money, invoice: Invoice, contract: Contract, bill: HeldBill
) -> Iterator[tuple[str, str, str]]:
    """The lines of a bill that the connector wrote, on both sides."""
    job = money.procore.project(invoice.project_id).origin_id or NONE
    figures = money.procore.invoices.figures(invoice.id)
    held = sum((line.amount for line in bill.lines if line.item_id == money.retainage_id), _ZERO)
    yield "retainage", str(figures.released - figures.retained), str(held)
    yield "jobs", job, ",".join(sorted({line.customer_id for line in bill.lines}))
    on_accounts = any(line.account_id for line in bill.lines)
    yield from _each_item(money, invoice, bill) if on_accounts else _billed(money, invoice, contract, bill)


def _billed(
    money: Money, invoice: Invoice, contract: Contract, bill: HeldBill
) -> Iterator[tuple[str, str, str]]:
    """What is billed on each line of the purchase order, on both sides."""
    wanted: dict[str, Decimal] = {}
    for item in money.procore.invoices.items(invoice.id):
        if item.gross:
            place = _place(money, item)
            wanted[place] = wanted.get(place, _ZERO) + item.gross
    found: dict[str, Decimal] = {}
    changes = _appended_ids(money, contract)
    for line in bill.lines:
        if line.item_id != money.retainage_id:
            place = _CHANGES if line.order_line in changes else line.order_line
            found[place] = found.get(place, _ZERO) + line.amount
    for place in sorted(wanted.keys() | found.keys()):
        expected, shown = wanted.get(place, _ZERO), found.get(place, _ZERO)
        yield f"billed on {place or 'no order'}", str(expected), str(shown)


def _each_item(money: Money, invoice: Invoice, bill: HeldBill) -> Iterator[tuple[str, str, str]]:
    """A bill on expense accounts has a line for each item, linked to nothing, and no other but retainage."""
    wanted = sorted(item.gross for item in money.procore.invoices.items(invoice.id) if item.gross)
    lines = [line for line in bill.lines if line.item_id != money.retainage_id]
    found = sorted(line.amount for line in lines)
    yield "lines on accounts", ", ".join(map(str, wanted)), ", ".join(map(str, found))
    yield "purchase order of its lines", "", "".join(line.order_line for line in lines)


def _appended_ids(money: Money, contract: Contract) -> set[str]:
    """The lines of a commitment's purchase order after the commitment's own."""
    order = money.orders.get(contract.origin_id or "")
    own = len(money.procore.lines(contract.id))
    return set() if order is None else {f"{order.txn_id}|{line.txn_line_id}" for line in order.lines[own:]}


def _place(money: Money, item: InvoiceItem) -> str:
    """The purchase order's line an item bills on, as Procore keeps it; all change orders are one place.

    An item of the subcontractor's own schedule (SSOV) bills on the commitment's line above it.
    """
    detail = money.procore.invoices.schedules.detail_table.find(item.source_id)
    line = money.procore.line_table.find(detail.line_item_id if detail is not None else item.source_id)
    return (line.origin_id if item.package_id is None and line is not None else _CHANGES) or NONE


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
