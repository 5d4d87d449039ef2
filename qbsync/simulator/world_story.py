"""What happens to the made-up company after its first sync: budgets, change orders, invoices, payments.

Each act is what people do in Procore, and then, once it is in the books, what the bookkeeper does there. The
same world gives the same story.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from qbsync.simulator.procore.invoice_maths import Billing
from qbsync.simulator.procore.rows import Contract, ContractLine
from qbsync.simulator.procore.state import ProcoreState
from qbsync.simulator.quickbooks import CompanyFile

RETAINAGE_ITEM: Final = "Retainage"
RETAINAGE_ACCOUNT: Final = "Retainage Payable"
CHECKING: Final = "Checking"
CARD: Final = "Company Card"
EXPENSES: Final = "Own Labour"
_SPENT: Final = ("Check", "CreditCardCharge", "Bill", "CreditCardCredit", "VendorCredit", "JournalEntry")
_CENT: Final = Decimal("0.01")
_MONTHS: Final = (date(2026, 3, 1), date(2026, 4, 1), date(2026, 5, 1))
_SHARES: Final = (Decimal("0.35"), Decimal("0.40"))
_CHANGES: Final = 25
_EVERY_FIFTH: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """A month of the company: what is done in Procore, and in the books once all of that is there."""

    name: str
    in_procore: Callable[[ProcoreState], None]
    in_books: Callable[[CompanyFile], None]


def acts() -> Sequence[Act]:
    """The story in its order."""
    return (
        Act(name="Budgets are locked", in_procore=_budgets, in_books=_spend),
        Act(name="Change orders, and the first invoices", in_procore=_first_month, in_books=_pay_in_full),
        Act(
            name="Budgets change, and the second invoices", in_procore=_second_month, in_books=_part_and_spend
        ),
        Act(name="Retainage is released", in_procore=_release, in_books=_void_some),
    )


def furnish(company: CompanyFile) -> None:
    """Put into the books what invoices need: an account to owe retainage on, and accounts to pay from.

    The retainage item is not there: the connector under test has it made.
    """
    company.human.add_account(CARD, "CreditCard")
    company.human.add_account(EXPENSES, "Expense")
    company.human.add_account(RETAINAGE_ACCOUNT, "OtherCurrentLiability")


def _budgets(state: ProcoreState) -> None:
    """A line for each cost code and cost type that a project uses; then the lock. No line, no budget."""
    for project in state.projects():
        totals: dict[tuple[int, int | None], Decimal] = {}
        for contract in _contracts(state):
            if contract.project_id != project.id:
                continue
            for line in state.lines(contract.id):
                if line.cost_code_id is not None:
                    key = (line.cost_code_id, line.line_item_type_id)
                    totals[key] = totals.get(key, Decimal(0)) + abs(line.amount)
        for (code_id, type_id), amount in totals.items():
            state.budgets.add_line(project.id, code_id, amount + Decimal("1000.50"), type_id)
        if totals:
            state.budgets.lock(project.id)


def _first_month(state: ProcoreState) -> None:
    """Twenty-five change orders: some negative, some of several items; then the invoices."""
    contracts = _contracts(state)
    for place in range(_CHANGES):
        contract = contracts[place % len(contracts)]
        line, other = _billable(state, contract)[0], _billable(state, contract)[-1]
        amount = Decimal(250 + 75 * place) + _CENT * place
        lines: list[tuple[int | None, Decimal, str, int | None]] = [
            (line.cost_code_id, amount, "Owner\u2019s change", line.id)
        ]
        if place % _EVERY_FIFTH == 1:
            lines.append((line.cost_code_id, -amount / 5, "Credit for what is left out", line.id))
        if place % _EVERY_FIFTH == 2:  # noqa: PLR2004  # every fifth, from the third on
            lines.append((other.cost_code_id, Decimal("99.99"), "A new item", None))
        if place % _EVERY_FIFTH == 3:  # noqa: PLR2004  # every fifth, from the fourth on
            lines = [(line.cost_code_id, -Decimal("45.60"), "Work that is left out", None)]
        if place % _EVERY_FIFTH == 4:  # noqa: PLR2004  # every fifth, from the fifth on
            lines.append((other.cost_code_id, Decimal("61.25"), "Another line too", other.id))
        rounded = [(code, _cents(value), text, touched) for code, value, text, touched in lines]
        state.change_orders.create(contract.id, rounded, title=f"Change {place + 1}", status="approved")
    _invoice(state, 0)


def _second_month(state: ProcoreState) -> None:
    for project in state.projects():
        lines = state.budgets.lines(project.id)
        if len(lines) > 1:
            moved = Decimal("125.25")
            state.budgets.change(project.id, {lines[0].id: moved, lines[1].id: -moved}, title="Reallocation")
    _invoice(state, 1)


def _invoice(state: ProcoreState, month: int) -> None:
    """An invoice for each commitment: a share of each line, change orders in full the second time."""
    for place, contract in enumerate(_contracts(state)):
        bills: dict[int | tuple[object, int], Billing] = {
            line.id: Billing(work=_cents(line.amount * _SHARES[month])) for line in _billable(state, contract)
        }
        if month:
            for order in state.change_orders.of_contract(contract.id, "approved"):
                bills |= {
                    line.id: Billing(work=line.amount)
                    for line in state.change_orders.lines(order.id)
                    if line.amount > 0
                }
        elif place % 3 == 0:
            first = next(iter(bills))
            bills[first] = Billing(work=Decimal(0), stored=bills[first].work)
        _approved(state, contract, month, bills)


def _release(state: ProcoreState) -> None:
    """Half of what is held back is paid out, on every second commitment."""
    for contract in _contracts(state)[::2]:
        last = state.invoices.latest(contract.id)
        if last is None:
            continue
        bills: dict[int | tuple[object, int], Billing] = {
            item.source_id: Billing(work=Decimal(0), released=_cents(item.work_retainage / 2))
            for item in state.invoices.items(last.id)
            if item.work_retainage > _CENT
        }
        if bills:
            _approved(state, contract, 2, bills)


def _approved(
    state: ProcoreState,
    contract: Contract,
    month: int,
    bills: dict[int | tuple[object, int], Billing],
) -> None:
    start = _MONTHS[month]
    row = state.invoices.create(
        contract.id,
        None,
        bills,  # type: ignore[arg-type]  # items are named by their source's id alone
        number=f"{contract.number[:14]}-{month + 1}",
        billing_date=start + timedelta(days=27),
        requisition_start=start,
        requisition_end=start + timedelta(days=27),
        move_materials=month == 1,
    )
    state.invoices.submit(row.id)
    statuses = ("approved", "approved_as_noted", "pending_owner_approval")
    state.invoices.approve(row.id, statuses[contract.id % len(statuses)])


def _pay_in_full(company: CompanyFile) -> None:
    """One check for all bills of each vendor; a card for every fifth."""
    for place, bills in enumerate(_open_by_vendor(company)):
        company.human.pay_bills(
            dict.fromkeys(bills),
            account=CARD if place % _EVERY_FIFTH == 1 else CHECKING,
            by_card=place % _EVERY_FIFTH == 1,
            ref_number=str(10_442 + place),
            date="2026-04-20",
        )


def _pay_in_part(company: CompanyFile) -> None:
    """Every second vendor is paid half of each bill; one check is set right afterwards."""
    paid = []
    for place, bills in enumerate(_open_by_vendor(company)):
        if place % 2 == 0:
            half = {txn_id: _cents(amount / 2) for txn_id, amount in bills.items() if amount > _CENT}
            paid.append(
                (company.human.pay_bills(half, account=CHECKING, ref_number=str(10_600 + place)), half)
            )
    payment, half = paid[0]
    first = next(iter(half))
    company.human.edit_payment(payment, {first: half[first] + _CENT})


def _void_one(company: CompanyFile) -> None:
    """The last check that was written is voided, the one before it deleted."""
    checks = [one for one in company.payments() if one.kind == "BillPaymentCheck" and one.applied]
    company.human.void("BillPaymentCheck", checks[-1].txn_id)
    company.human.delete("BillPaymentCheck", checks[-2].txn_id)


def _part_and_spend(company: CompanyFile) -> None:
    _pay_in_part(company)
    _spend(company)


def _void_some(company: CompanyFile) -> None:
    """A payment is voided, and so is a card charge; a check is corrected and a journal entry deleted."""
    _void_one(company)
    costs = {kind: [one for one in company.costs() if one.kind == kind and one.lines] for kind in _SPENT}
    check = costs["Check"][0]
    company.human.edit_cost(check.txn_id, {check.lines[0].txn_line_id: check.lines[0].amount + _CENT})
    company.human.void("CreditCardCharge", costs["CreditCardCharge"][0].txn_id)
    company.human.delete("JournalEntry", costs["JournalEntry"][0].txn_id)


def _spend(company: CompanyFile) -> None:
    """What each job costs beside its commitments: checks, the card, bills of no order, credits, a journal."""
    names = {item.list_id: item.full_name for item in company.items()}
    vendors = sorted(one.name for one in company.vendors())
    accounts = {"Check": CHECKING, "CreditCardCharge": CARD, "CreditCardCredit": CARD}
    for place, (job, items) in enumerate(_items_by_job(company).items()):
        payee = vendors[place % len(vendors)]
        for turn, kind in enumerate(_SPENT[:-1]):
            amounts = [Decimal(100 * (turn + 1)) + _CENT * (place + 7), Decimal("12.34")]
            lines = [
                (names[items[(turn + at) % len(items)]], "Spent on site", amount)
                for at, amount in enumerate(amounts)
            ]
            number = str(7000 + 10 * place + turn)
            if kind == "Bill":
                company.human.enter_bill(payee, lines, job=job, ref_number=number)
            else:
                account = accounts.get(kind, "")
                company.human.enter_cost(
                    kind, lines, job=job, payee=payee, account=account, ref_number=number
                )
        company.human.enter_journal(EXPENSES, CHECKING, Decimal("55.05"), job=job, memo="Own labour")


def _items_by_job(company: CompanyFile) -> dict[str, list[str]]:
    """The items that purchase orders use on each job, by the job's full name."""
    jobs = {one.list_id: one.full_name for one in company.customers()}
    found: dict[str, dict[str, None]] = {}
    for order in company.purchase_orders():
        for line in order.lines:
            if line.item_id and line.customer_id in jobs:
                found.setdefault(jobs[line.customer_id], {})[line.item_id] = None
    return {job: list(items) for job, items in sorted(found.items())}


def _open_by_vendor(company: CompanyFile) -> Iterator[dict[str, Decimal]]:
    """The open bills of each vendor by TxnID, with what is open of each."""
    found: dict[str, dict[str, Decimal]] = {}
    for bill in company.bills():
        if bill.open_amount > 0:
            found.setdefault(bill.vendor_id, {})[bill.txn_id] = bill.open_amount
    yield from found.values()


def _contracts(state: ProcoreState) -> list[Contract]:
    """The commitments that have a line to bill; each in the books by now."""
    return [contract for contract in state.commitments() if _billable(state, contract)]


def _billable(state: ProcoreState, contract: Contract) -> list[ContractLine]:
    return [line for line in state.lines(contract.id) if line.amount > 1]


def _cents(amount: Decimal) -> Decimal:
    return amount.quantize(_CENT, rounding=ROUND_HALF_UP)
