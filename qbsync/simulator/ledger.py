"""Compares what Procore holds with what the company file holds, record by record and cent by cent.

It knows nothing of how the records got there: it reads both sides and the design's table of what is created.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from qbsync.simulator import ledger_bills, ledger_changes, ledger_erp, ledger_money
from qbsync.simulator.company_view import CompanyView, HeldLine, HeldOrder
from qbsync.simulator.ledger_books import (
    COMMITMENT,
    COST_CODE,
    LINE,
    PROJECT,
    PROJECT_COST_CODE,
    VENDOR,
    Books,
    Chosen,
    Held,
    Wanted,
)
from qbsync.simulator.ledger_money import (
    BUDGET,
    CHANGE_ORDER,
    INVOICE,
    JOB_COST,
    NONE,
    PAYMENT,
    Money,
    item_of,
)
from qbsync.simulator.procore.rows import Contract, ContractLine
from qbsync.simulator.procore.state import ProcoreState
from qbsync.simulator.texts import begins_with, letters, same_message, same_text


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One thing that is not as it must be: `field` of a record of `kind`, what was expected, what is there.

    `procore_id` is empty for something that only QuickBooks has, `quickbooks_id` where nothing was found.
    """

    kind: str
    procore_id: str
    quickbooks_id: str
    field: str
    expected: str
    found: str

    def __str__(self) -> str:
        where = f"{self.kind.replace('_', ' ')} {self.procore_id or self.quickbooks_id}"
        return f"{where}: {self.field} is {self.found!r}, expected {self.expected!r}"


@dataclass(frozen=True, slots=True, kw_only=True)
class SummaryRow:
    """One kind on both sides; the amounts are None for kinds that have none."""

    kind: str
    procore: int
    quickbooks: int
    procore_amount: Decimal | None
    quickbooks_amount: Decimal | None
    differences: int


def differences(
    procore: ProcoreState,
    company: CompanyView,
    *,
    before: Collection[str] = (),
    chosen: Chosen | None = None,
    retainage_item: str = "",
    uncoded_item: str = "",
) -> list[Difference]:
    """Everything that is missing, extra, there twice, different, or not written back to Procore.

    `before` names items, jobs and vendors (full names) that the company file held before the first sync, the
    item that holds retainage, `retainage_item`, among them. Costs that name no item are expected on
    `uncoded_item`.
    """
    books = Books.read(procore, company, before, chosen or {})
    money = Money.read(procore, company, retainage_item, uncoded_item)
    return [
        *_compare_names(COST_CODE, books.codes, books.items, books.before),
        *_compare_names(VENDOR, books.vendors, books.held_vendors, books.before),
        *_compare_names(PROJECT, books.projects, books.jobs, books.before),
        *_compare_pairs(books),
        *_compare_orders(books, money),
        *(_difference(*failure) for failure in ledger_money.compare(money)),
        *(_difference(*failure) for failure in ledger_bills.compare(money)),
        *(_difference(*failure) for failure in ledger_erp.compare(money)),
    ]


def summary(
    procore: ProcoreState,
    company: CompanyView,
    found: Sequence[Difference],
    *,
    before: Collection[str] = (),
    retainage_item: str = "",
    uncoded_item: str = "",
) -> list[SummaryRow]:
    """A row per kind: how many on each side, their amounts, and how many of `found` concern it."""
    books = Books.read(procore, company, before, {})
    money = Money.read(procore, company, retainage_item, uncoded_item)
    count = Counter(one.kind for one in found)
    lines = [line for contract in books.contracts for line in procore.lines(contract.id)]
    changes = [line for contract in books.contracts for line in ledger_changes.appended_to(money, contract)]
    orders = sum(len(money.change_orders(contract)) for contract in books.contracts)
    total = sum((line.amount for line in lines), sum((line.amount for line in changes), Decimal(0)))
    held_total = sum((order.total for order in books.orders), Decimal(0))
    held_lines = [line.amount for order in books.orders for line in order.lines]
    pairs = [(code.origin_id or "").split("|") for code in procore.cost_codes()]
    linked = [pair for pair in pairs if pair[0] in books.jobs and pair[-1] in books.items]
    sizes: list[tuple[str, int, int, Decimal | None, Decimal | None]] = [
        (COST_CODE, len(books.codes), books.new(books.items), None, None),
        (VENDOR, len(books.vendors), books.new(books.held_vendors), None, None),
        (PROJECT, len(books.projects), books.new(books.jobs), None, None),
        (PROJECT_COST_CODE, sum(1 for _ in _pairs(books)), len(linked), None, None),
        (COMMITMENT, len(books.contracts), len(books.orders), total, held_total),
        (LINE, len(lines) + len(changes), len(held_lines), total, sum(held_lines, Decimal(0))),
        (CHANGE_ORDER, orders, ledger_changes.held(books.orders), None, None),
        *_money_rows(money),
    ]
    return [
        SummaryRow(
            kind=kind,
            procore=ours,
            quickbooks=theirs,
            procore_amount=amount,
            quickbooks_amount=held,
            differences=count[kind],
        )
        for kind, ours, theirs, amount, held in sizes
    ]


def _money_rows(money: Money) -> Iterator[tuple[str, int, int, Decimal | None, Decimal | None]]:
    totals = [*(bill.total for bill in money.bills), *(credit.total for credit in money.credits)]
    budgeted = sum((estimate.total for estimate in money.estimates), Decimal(0))
    yield BUDGET, len(money.budgets), len(money.estimates), money.budget_total(), budgeted
    yield INVOICE, len(money.invoices), len(totals), money.invoice_total(), sum(totals, Decimal(0))
    ours = {bill.txn_id for bill in money.bills}
    paid = [amount for one in money.payments for bill_id, amount in one.applied if bill_id in ours]
    told = [row.amount for row in money.procore.payments.all()]
    yield PAYMENT, len(told), len(paid), sum(told, Decimal(0)), sum(paid, Decimal(0))
    procore, books = ledger_money.job_costs_in_procore(money), ledger_money.job_costs_in_books(money)
    yield (
        JOB_COST,
        len(procore),
        len(books),
        sum(procore.values(), Decimal(0)),
        sum(books.values(), Decimal(0)),
    )


def _compare_names(
    kind: str, wanted: Sequence[Wanted], held: Mapping[str, Held], before: Collection[str]
) -> Iterator[Difference]:
    owners: dict[str, str] = {}
    matched: set[str] = set()
    likely: dict[str, list[str]] = {}
    for list_id, one in held.items():
        likely.setdefault(letters(":".join(one.parts)), []).append(list_id)
    for want in wanted:
        near = likely.get(letters(":".join(want.parts)), [])
        alike = [list_id for list_id in near if _same_parts(want.parts, held[list_id].parts)]
        matched.update(alike)
        yield from _compare_one(kind, want, alike, owners)
        if alike:
            yield from _compare_details(kind, want, alike[0], held[alike[0]])
    for list_id, one in held.items():
        name = ":".join(one.parts)
        if list_id not in matched and name not in before:
            yield _difference(kind, "", list_id, "name", NONE, name)


def _compare_one(
    kind: str, want: Wanted, alike: Sequence[str], owners: dict[str, str]
) -> Iterator[Difference]:
    name = ":".join(want.parts)
    if len(alike) != 1:
        found = f"{len(alike)} of that name" if alike else NONE
        yield _difference(kind, want.procore_id, ",".join(alike), "name", name, found)
    expected = alike[0] if alike else f"the id of {name}"
    if want.origin_id is None or want.origin_id not in alike:
        yield _difference(kind, want.procore_id, expected, "origin_id", expected, want.origin_id or NONE)
    elif owners.setdefault(want.origin_id, want.procore_id) != want.procore_id:
        other = f"that of {owners[want.origin_id]} too"
        yield _difference(kind, want.procore_id, expected, "origin_id", "an id of its own", other)


def _compare_details(kind: str, want: Wanted, list_id: str, one: Held) -> Iterator[Difference]:
    for name, expected in want.details.items():
        found = one.details.get(name, "")
        if not same_text(expected, found):
            yield _difference(kind, want.procore_id, list_id, name, expected, found)


def _same_parts(expected: tuple[str, ...], found: tuple[str, ...]) -> bool:
    return len(expected) == len(found) and all(map(same_text, expected, found))


def _pairs(books: Books) -> Iterator[tuple[str, str, str | None]]:
    """Project cost codes that come from a standard code: id, expected origin id, origin id."""
    projects = {int(one.procore_id): one.origin_id for one in books.projects}
    items = {int(one.procore_id): one.origin_id for one in books.codes}
    for code in books.procore.cost_codes():
        if code.project_id in projects and code.standard_cost_code_id in items:
            job, item = projects[code.project_id], items[code.standard_cost_code_id]
            yield str(code.id), f"{job}|{item}", code.origin_id


def _compare_pairs(books: Books) -> Iterator[Difference]:
    for code_id, expected, origin_id in _pairs(books):
        if origin_id != expected:
            yield _difference(PROJECT_COST_CODE, code_id, "", "origin_id", expected, origin_id or NONE)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Order:
    """What identifies a purchase order: its number, vendor and job."""

    number: str
    vendor: str
    job: str


def _compare_orders(books: Books, money: Money) -> Iterator[Difference]:
    keys = {contract.id: _order_of(books, contract) for contract in books.contracts}
    wanted = Counter(keys.values())
    matched: set[str] = set()
    for contract in books.contracts:
        alike = [order for order in books.orders if _is(order, keys[contract.id])]
        matched.update(order.txn_id for order in alike)
        if len(alike) != wanted[keys[contract.id]]:
            found = f"{len(alike)} of that number, vendor and job" if alike else NONE
            ids = ",".join(order.txn_id for order in alike)
            yield _difference(COMMITMENT, contract.id, ids, "number", keys[contract.id].number, found)
        own = next((order for order in alike if order.txn_id == contract.origin_id), None)
        if own is None:
            expected = alike[0].txn_id if alike else f"the id of {keys[contract.id].number}"
            yield _difference(
                COMMITMENT, contract.id, expected, "origin_id", expected, contract.origin_id or NONE
            )
            own = alike[0] if alike else None
        if own is not None:
            yield from _compare_order(books, money, contract, own)
    for order in books.orders:
        if order.txn_id not in matched:
            yield _difference(COMMITMENT, "", order.txn_id, "number", NONE, order.ref_number)


def _order_of(books: Books, contract: Contract) -> _Order:
    vendor = books.procore.vendor_table.find(contract.vendor_id or 0)
    return _Order(
        number=books.chosen.get((COMMITMENT, str(contract.id)), contract.number),
        vendor=(vendor.origin_id if vendor else None) or "",
        job=books.procore.project(contract.project_id).origin_id or "",
    )


def _is(order: HeldOrder, key: _Order) -> bool:
    # The first line's job will do: each line's is compared later.
    job = order.lines[0].customer_id if order.lines else ""
    return same_text(key.number, order.ref_number) and order.vendor_id == key.vendor and job == key.job


def _compare_order(books: Books, money: Money, contract: Contract, order: HeldOrder) -> Iterator[Difference]:
    lines = books.procore.lines(contract.id)
    changes = ledger_changes.appended_to(money, contract)
    total = sum((line.amount for line in lines), sum((line.amount for line in changes), Decimal(0)))
    count = len(lines) + len(changes)
    checks = [
        ("title", contract.title, order.memo, same_text(contract.title, order.memo)),
        (
            "description",
            contract.description or "",
            order.vendor_msg,
            same_message(contract.description or "", order.vendor_msg),
        ),
        ("total", str(total), str(order.total), total == order.total),
        ("lines", str(count), str(len(order.lines)), count == len(order.lines)),
    ]
    appended = ledger_changes.compare(money, contract, order.lines[len(lines) :])
    yield from (_difference(*failure) for failure in appended)
    yield from _failed(COMMITMENT, contract.id, order.txn_id, checks)
    job = books.procore.project(contract.project_id).origin_id or ""
    for line, held in zip(lines, order.lines, strict=False):
        item = item_of(books.procore, line.cost_code_id)
        pair = f"{order.txn_id}|{held.txn_line_id}"
        yield from _failed(
            LINE,
            line.id,
            pair,
            [
                ("amount", str(line.amount), str(held.amount), line.amount == held.amount),
                ("item", item, held.item_id, item == held.item_id),
                ("job", job, held.customer_id, job == held.customer_id),
                ("description", line.description, held.description, _says(books, line, held)),
                ("origin_id", pair, line.origin_id or NONE, pair == line.origin_id),
            ],
        )


def _says(books: Books, line: ContractLine, held: HeldLine) -> bool:
    if line.description.strip():
        return begins_with(line.description, held.description)
    # QuickBooks itself puts the item's description on a line that has none.
    item = books.items.get(held.item_id, Held(parts=()))
    return held.description in ("", item.details.get("description", ""))


def _failed(
    kind: str, procore_id: int, quickbooks_id: str, checks: Iterable[tuple[str, str, str, bool]]
) -> Iterator[Difference]:
    for name, expected, found, good in checks:
        if not good:
            yield _difference(kind, procore_id, quickbooks_id, name, expected, found)


def _difference(  # noqa: PLR0917  # the six columns of a difference, in their order
    kind: str, procore_id: int | str, quickbooks_id: str, name: str, expected: str, found: str
) -> Difference:
    return Difference(
        kind=kind,
        procore_id=str(procore_id),
        quickbooks_id=quickbooks_id,
        field=name,
        expected=expected,
        found=found,
    )
