"""Which changes of the simulated Procore are told to webhooks, under which resource name (section 5.4)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeVar

from qbsync.simulator.procore.change_rows import BudgetAdjustment
from qbsync.simulator.procore.direct_costs import DirectCostLine
from qbsync.simulator.procore.rows import Contract, ContractKind, ContractLine, Row
from qbsync.simulator.procore.table import Table

if TYPE_CHECKING:
    from qbsync.simulator.procore.state import ProcoreState

R = TypeVar("R", bound=Row)
_CONTRACTS: Final = {
    ContractKind.SUBCONTRACT: "Work Order Contracts",
    ContractKind.PURCHASE_ORDER: "Purchase Order Contracts",
}
_LINES: Final = {
    ContractKind.SUBCONTRACT: "Work Order Contract Line Items",
    ContractKind.PURCHASE_ORDER: "Purchase Order Contract Line Items",
}
Related = tuple[tuple[int, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """A resource that hooks may have triggers for; of the company, or of a project."""

    name: str
    category: str
    tool: str
    of_project: bool = True


RESOURCES: Final = (
    Resource(name="ERP Requests", category="Company Admin", tool="ERP Integrations", of_project=False),
    Resource(name="Projects", category="Company Admin", tool="Portfolio", of_project=False),
    Resource(name="Company Vendors", category="Company Admin", tool="Directory", of_project=False),
    Resource(name="Standard Cost Codes", category="Company Admin", tool="Admin", of_project=False),
    Resource(name="Standard Cost Code Lists", category="Company Admin", tool="Admin", of_project=False),
    Resource(name="Line Item Types", category="Company Admin", tool="Admin", of_project=False),
    Resource(name="Cost Codes", category="Project Admin", tool="Admin"),
    *(
        Resource(name=name, category="Financial Management", tool="Commitments")
        for name in (*_CONTRACTS.values(), *_LINES.values())
    ),
    Resource(name="Change Order Packages", category="Financial Management", tool="Change Orders"),
    Resource(name="Budget Line Items", category="Financial Management", tool="Budget"),
    Resource(name="Budget Changes", category="Financial Management", tool="Budget"),
    Resource(name="Budget Change Adjustments", category="Financial Management", tool="Budget"),
    Resource(name="Contract Payments", category="Financial Management", tool="Commitments"),
    Resource(name="Direct Costs", category="Financial Management", tool="Direct Costs"),
    Resource(name="Direct Cost Line Items", category="Financial Management", tool="Direct Costs"),
    Resource(name="Daily Logs", category="Project Management", tool="Daily Log"),
)
"""What GET webhooks/resources shows. Invoices (requisitions) are not among them (section 5.4)."""


def watch(state: ProcoreState) -> None:
    """Have every table of a company tell its outbox."""
    outbox = state.outbox

    def tell(
        table: Table[R],
        name: Callable[[R], str],
        project: Callable[[R], int | None],
        related: Callable[[R], Related] = lambda _row: (),
    ) -> None:
        def told(row: R, event: str) -> None:
            if outbox.triggers:
                outbox.publish(name(row), row.id, event, project(row), related(row))

        table.told = told

    tell(state.vendor_table, lambda _row: "Company Vendors", lambda _row: None)
    tell(state.project_table, lambda _row: "Projects", lambda _row: None)
    tell(state.standard_code_table, lambda _row: "Standard Cost Codes", lambda _row: None)
    tell(state.list_table, lambda _row: "Standard Cost Code Lists", lambda _row: None)
    tell(state.type_table, lambda _row: "Line Item Types", lambda _row: None)
    tell(state.cost_code_table, lambda _row: "Cost Codes", lambda row: row.project_id)
    tell(state.contract_table, lambda row: _CONTRACTS[row.kind], lambda row: row.project_id)
    tell(
        state.line_table,
        lambda row: _LINES[row.kind],
        lambda row: _contract(state, row).project_id,
        lambda row: ((row.contract_id, _CONTRACTS[row.kind]),),
    )
    tell(state.change_orders.package_table, lambda _row: "Change Order Packages", lambda row: row.project_id)
    tell(state.budgets.line_table, lambda _row: "Budget Line Items", lambda row: row.project_id)
    tell(state.budgets.change_table, lambda _row: "Budget Changes", lambda row: row.project_id)
    tell(
        state.budgets.adjustment_table,
        lambda _row: "Budget Change Adjustments",
        lambda row: _project_of_adjustment(state, row),
    )
    tell(state.payments.payment_table, lambda _row: "Contract Payments", lambda row: row.project_id)
    tell(state.direct_costs.cost_table, lambda _row: "Direct Costs", lambda row: row.project_id)
    tell(
        state.direct_costs.line_table,
        lambda _row: "Direct Cost Line Items",
        lambda row: _project_of_cost_line(state, row),
        lambda row: ((row.direct_cost_id, "Direct Costs"),),
    )


def _contract(state: ProcoreState, line: ContractLine) -> Contract:
    return next(row for row in state.contract_table.everything() if row.id == line.contract_id)


def _project_of_adjustment(state: ProcoreState, row: BudgetAdjustment) -> int:
    return state.budgets.change_table.get(row.change_id).project_id


def _project_of_cost_line(state: ProcoreState, row: DirectCostLine) -> int:
    costs = state.direct_costs.cost_table.everything()
    return next(cost.project_id for cost in costs if cost.id == row.direct_cost_id)
