"""Keeps a simulated Procore in a JSON file, so that a demo can be stopped and started again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

from pydantic import TypeAdapter

from qbsync.simulator.procore.change_rows import (
    BudgetAdjustment,
    BudgetChange,
    BudgetLine,
    ChangeOrder,
    ChangeOrderLine,
)
from qbsync.simulator.procore.clock import Clock
from qbsync.simulator.procore.direct_costs import DirectCost, DirectCostLine
from qbsync.simulator.procore.erp_rows import (
    Assignment,
    Detail,
    ErpBudget,
    JobCost,
    Kind,
    Request,
    StagedItem,
    StagedRecord,
    Transaction,
)
from qbsync.simulator.procore.invoice_rows import (
    BilledChange,
    BillingPeriod,
    DetailLine,
    Invoice,
    InvoiceItem,
    Payment,
)
from qbsync.simulator.procore.rows import (
    Contract,
    ContractLine,
    CostCode,
    CostCodeList,
    LineItemType,
    Project,
    Row,
    StandardCostCode,
    TaxCode,
    Vendor,
)
from qbsync.simulator.procore.state import ProcoreState
from qbsync.simulator.procore.table import Table
from qbsync.simulator.procore.webhook_rows import HeldOutbox

_OUTBOX = TypeAdapter(HeldOutbox)
_ROWS: Final[dict[type, TypeAdapter[list[Any]]]] = {}


def _tables(state: ProcoreState) -> dict[str, tuple[type[Row], Table[Any]]]:
    return {
        "vendors": (Vendor, state.vendor_table),
        "projects": (Project, state.project_table),
        "cost_code_lists": (CostCodeList, state.list_table),
        "standard_cost_codes": (StandardCostCode, state.standard_code_table),
        "cost_codes": (CostCode, state.cost_code_table),
        "line_item_types": (LineItemType, state.type_table),
        "tax_codes": (TaxCode, state.tax_table),
        "contracts": (Contract, state.contract_table),
        "contract_lines": (ContractLine, state.line_table),
        "change_orders": (ChangeOrder, state.change_orders.package_table),
        "change_order_lines": (ChangeOrderLine, state.change_orders.line_table),
        "billing_periods": (BillingPeriod, state.invoices.period_table),
        "detail_lines": (DetailLine, state.invoices.schedules.detail_table),
        "billed_changes": (BilledChange, state.invoices.schedules.change_table),
        "invoices": (Invoice, state.invoices.invoice_table),
        "invoice_items": (InvoiceItem, state.invoices.item_table),
        "payments": (Payment, state.payments.payment_table),
        "direct_costs": (DirectCost, state.direct_costs.cost_table),
        "direct_cost_lines": (DirectCostLine, state.direct_costs.line_table),
        "budget_lines": (BudgetLine, state.budgets.line_table),
        "budget_changes": (BudgetChange, state.budgets.change_table),
        "budget_adjustments": (BudgetAdjustment, state.budgets.adjustment_table),
        "erp_items": (StagedItem, state.erp.tables.items),
        "erp_requests": (Request, state.erp.tables.requests),
        "erp_details": (Detail, state.erp.tables.details),
        "erp_assignments": (Assignment, state.erp.tables.assignments),
        "erp_budgets": (ErpBudget, state.erp.tables.budgets),
        "erp_job_costs": (JobCost, state.erp.tables.job_costs),
        "erp_transactions": (Transaction, state.erp.tables.transactions),
        "erp_staged_records": (StagedRecord, state.erp.tables.staged),
    }


def _erp(state: ProcoreState) -> dict[str, object]:
    """What the ERP Integrations tool holds beside its tables; its log of closes is not kept."""
    tool = state.erp
    return {
        "activated": tool.activated,
        "service_url": tool.service_url,
        "metadata": tool.posted,
        "direct_export": sorted(kind.value for kind, on in tool.direct_export.items() if on),
        "transactions_on": sorted(tool.transactions_on),
        "frozen": sorted(state.budgets.frozen),
    }


def _put_erp_back(state: ProcoreState, held: dict[str, Any]) -> None:
    tool = state.erp
    tool.activated = held["activated"]
    tool.service_url, tool.posted = held["service_url"], held["metadata"]
    tool.direct_export = dict.fromkeys(map(Kind, held["direct_export"]), True)
    tool.transactions_on = set(held["transactions_on"])
    state.budgets.frozen = set(held["frozen"])


def _rows(row: type[Any]) -> TypeAdapter[list[Any]]:
    """Rows of one class as JSON; made once, for it takes longer than what it then does."""
    if row not in _ROWS:
        _ROWS[row] = TypeAdapter(list[row])  # type: ignore[valid-type]
    return _ROWS[row]


def save(state: ProcoreState, path: Path) -> None:
    """Write everything the state holds to a file, which is replaced as a whole."""
    with state.lock:
        held: dict[str, object] = {
            name: _rows(row).dump_python(table.everything(), mode="json")
            for name, (row, table) in _tables(state).items()
        }
        held |= {"company_id": state.company_id, "company_name": state.company_name}
        held["locked_budgets"] = sorted(state.budgets.locked)
        held["erp"] = _erp(state)
        held["outbox"] = _OUTBOX.dump_python(state.outbox.held(), mode="json")
    fresh = path.with_suffix(".new")
    fresh.write_text(json.dumps(held, ensure_ascii=False), encoding="utf-8")
    fresh.replace(path)


def load(path: Path, *, clock: Clock | None = None) -> ProcoreState:
    """Read a state back; raises ValueError where the file is not one of `save`'s."""
    held = json.loads(path.read_text(encoding="utf-8"))
    state = ProcoreState(company_id=held["company_id"], company_name=held["company_name"], clock=clock)
    for name, (row, table) in _tables(state).items():
        table.put_back(_rows(row).validate_python(held.get(name, [])))
    state.budgets.locked = set(held["locked_budgets"])
    if "erp" in held:
        _put_erp_back(state, held["erp"])
    if "outbox" in held:
        state.outbox.put_back(_OUTBOX.validate_python(held["outbox"]))
    return state
