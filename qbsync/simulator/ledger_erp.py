"""Compares what only ERP Integrations shows: ids of every line, figures of jobs, closed request details."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from decimal import Decimal
from typing import Final

from qbsync.simulator.ledger_money import (
    BUDGET,
    CHANGE_ORDER,
    INVOICE,
    JOB_COST,
    NONE,
    Failure,
    Money,
    item_of,
    job_costs_in_books,
)
from qbsync.simulator.procore.erp_rows import Kind

REQUEST: Final = "erp_request"
_ZERO: Final = Decimal(0)
_Sums = dict[tuple[str, str], Decimal]
"""Amounts by job and item."""


def compare(money: Money) -> Iterator[Failure]:
    """Everything of the tool that is not as it must be; nothing where no connector is connected."""
    tool = money.procore.erp
    if not tool.connected:
        return
    for detail in tool.tables.open_details():
        yield REQUEST, detail.request_id, "", f"request detail {detail.id}", "closed", detail.status
    for violation in tool.violations:
        yield REQUEST, "", "", violation.rule, NONE, violation.about
    yield from _ids(money)
    for project in money.budgets:
        if project.id in money.procore.budgets.frozen:
            yield BUDGET, project.id, "", "state", "its amounts are in the Job Costs Report", "frozen"
    yield from _figures(money, "estimate", _estimates(money))
    yield from _figures(money, "revised_commitment", _ordered(money))
    listed = {row.origin_id for row in money.procore.projects() if not tool.shows_figures(row.id)}
    spent = {key: amount for key, amount in job_costs_in_books(money).items() if key[0] in listed}
    yield from _figures(money, "job_to_date_cost", spent, listed)


def _ids(money: Money) -> Iterator[Failure]:
    """Each line of what is synced carries an id."""
    state, tool = money.procore, money.procore.erp
    orders = [row.id for row in state.change_orders.package_table.live() if row.origin_id and not row.prime]
    invoices = [row.id for row in state.invoices.all() if row.origin_id]
    for name, kind, ids in (
        (CHANGE_ORDER, Kind.CHANGE_ORDER, orders),
        (INVOICE, Kind.REQUISITION, invoices),
    ):
        for record_id in ids:
            for item_type, item_id in tool.without_id(kind, record_id):
                yield name, record_id, "", f"origin_id of {item_type} {item_id}", "an id", NONE


def _figures(
    money: Money, name: str, wanted: _Sums, jobs: Collection[str | None] | None = None
) -> Iterator[Failure]:
    """Hold one figure of synced projects, or of `jobs`, against the books, summed over cost types."""
    found: _Sums = {}
    for row in money.procore.erp.tables.job_costs.live():
        project = money.procore.project_table.find(row.project_id)
        if project is None or not project.origin_id or (jobs is not None and project.origin_id not in jobs):
            continue
        if name in row.figures:
            key = (project.origin_id, item_of(money.procore, row.cost_code_id))
            found[key] = found.get(key, _ZERO) + row.figures[name]
    for job, item in sorted(wanted.keys() | found.keys()):
        expected, shown = wanted.get((job, item), _ZERO), found.get((job, item), _ZERO)
        if expected != shown:
            yield JOB_COST, job, item, name, str(expected), str(shown)


def _estimates(money: Money) -> _Sums:
    """What QuickBooks' estimates budget by job and item."""
    return _summed(
        (estimate.customer_id, line.item_id, line.amount)
        for estimate in money.estimates
        for line in estimate.lines
    )


def _ordered(money: Money) -> _Sums:
    """What purchase orders commit by job and item."""
    return _summed(
        (line.customer_id, line.item_id, line.amount)
        for order in money.orders.values()
        for line in order.lines
    )


def _summed(rows: Iterator[tuple[str, str, Decimal]]) -> _Sums:
    found: _Sums = {}
    for job, item, amount in rows:
        found[job, item] = found.get((job, item), _ZERO) + amount
    return {key: amount for key, amount in found.items() if amount}
