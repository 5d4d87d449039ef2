"""When a record may be sent: what greys the button, in its tooltip's words (reference 4.4, workflows 6)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final

from qbsync.simulator.procore.erp_rows import Kind, Stage
from qbsync.simulator.procore.forbidden import SYNCED
from qbsync.simulator.procore.invoice_rows import CLOSED_STATUSES
from qbsync.simulator.procore.rows import ContractKind

if TYPE_CHECKING:
    from qbsync.simulator.procore.erp_desk import Desk
    from qbsync.simulator.procore.state import ProcoreState

_SENDABLE: Final = {
    ContractKind.SUBCONTRACT: ("Approved", "Complete"),
    ContractKind.PURCHASE_ORDER: ("Approved", "Partially Received", "Received", "Closed"),
}
_CAME_BACK: Final = (Stage.FAILED, Stage.REJECTED, Stage.RETRIEVED)
"""Stages from which a record goes again, though a part of its ids was written."""
_NO_SYNCED_CODE: Final = "has a line without a synced cost code"


def greyed(state: ProcoreState, desk: Desk, kind: Kind, record_id: int) -> str | None:
    """Why a record cannot be sent, whatever the connector's metadata say; None where it can."""
    item = desk.tables.item(kind, record_id)
    came_back = item is not None and item.stage in _CAME_BACK
    if kind not in _UPDATED and not came_back and desk.origin_of(kind, record_id):
        return SYNCED
    return _CHECKS[kind](state, desk, record_id)


def _vendor(state: ProcoreState, _: Desk, record_id: int) -> str | None:
    return None if state.vendor(record_id).is_active else "is inactive"


def _job(state: ProcoreState, _: Desk, record_id: int) -> str | None:
    project = state.project(record_id)
    listed = state.list_table.find(project.standard_cost_code_list_id or 0)
    if not project.active:
        return "is inactive"
    if listed is None or not listed.is_erp_list:
        return "does not use the standard cost codes of ERP Integrations"
    return None if state.cost_codes(record_id) else "has no cost code"


def _standard_code(state: ProcoreState, _: Desk, record_id: int) -> str | None:
    row = state.standard_cost_code(record_id)
    listed = state.list_table.get(row.standard_cost_code_list_id)
    return None if listed.is_erp_list else "is not in the list of ERP Integrations"


def _budget(state: ProcoreState, desk: Desk, project_id: int) -> str | None:
    if not desk.origin_of(Kind.JOB, project_id):
        return "belongs to a project that is not synced"
    if project_id not in state.budgets.locked:
        return "is not locked"
    if project_id in state.budgets.frozen:
        return "is frozen until its amounts are in the Job Costs Report"
    if any(not _has_code(state, line.cost_code_id) for line in state.budgets.lines(project_id)):
        return _NO_SYNCED_CODE
    return None if _differs(desk, project_id) else "has nothing that was not exported"


def _differs(desk: Desk, project_id: int) -> bool:
    rows = desk.tables.job_costs_of(project_id)
    sent = desk.money_payloads.exported(project_id)
    exported = {(row.cost_code_id, row.line_item_type_id): sent[row.id] for row in rows if row.id in sent}
    now = desk.money_payloads.revised(project_id)
    changed = any(now.get(key, 0) != exported.get(key, 0) for key in now.keys() | exported.keys())
    return changed or any(not row.synced for row in desk.tables.transactions_of(project_id))


def _commitment(state: ProcoreState, desk: Desk, record_id: int) -> str | None:
    row = state.commitment(record_id)
    vendor = state.vendor_table.find(row.vendor_id or 0)
    if row.status not in _SENDABLE[row.kind]:
        return f"is {row.status}"
    if not desk.origin_of(Kind.JOB, row.project_id):
        return "belongs to a project that is not synced"
    if vendor is None or not vendor.origin_id:
        return "has a contract company that is not synced"
    lines = state.lines(record_id)
    if not lines:
        return "has no line"
    return None if all(_has_code(state, line.cost_code_id) for line in lines) else _NO_SYNCED_CODE


def _change_order(state: ProcoreState, desk: Desk, record_id: int) -> str | None:
    row = state.change_orders.get(record_id)
    if row.status != "approved":
        return f"is {row.status}"
    if row.prime or not desk.origin_of(Kind.COMMITMENT, row.contract_id):
        return "belongs to a commitment that is not synced"
    lines = state.change_orders.lines(record_id)
    if not lines:
        return "has no line"
    return None if all(_has_code(state, line.cost_code_id) for line in lines) else _NO_SYNCED_CODE


def _requisition(state: ProcoreState, desk: Desk, record_id: int) -> str | None:
    row = state.invoices.get(record_id)
    if row.status not in CLOSED_STATUSES:
        return f"is {row.status}"
    if not desk.origin_of(Kind.COMMITMENT, row.contract_id):
        return "belongs to a commitment that is not synced"
    return None


def _payment(state: ProcoreState, desk: Desk, record_id: int) -> str | None:
    invoice_id = state.payments.get(record_id).requisition_id
    synced = invoice_id is not None and desk.origin_of(Kind.REQUISITION, invoice_id)
    return None if synced else "pays an invoice that is not synced"


def _has_code(state: ProcoreState, cost_code_id: int | None) -> bool:
    row = state.cost_code_table.find(cost_code_id or 0)
    return row is not None and bool(row.origin_id)


_UPDATED: Final = (Kind.JOB, Kind.BUDGET)
"""Kinds that are sent again when they change."""
_CHECKS: Final[Mapping[Kind, Callable[[ProcoreState, Desk, int], str | None]]] = {
    Kind.VENDOR: _vendor,
    Kind.JOB: _job,
    Kind.STANDARD_COST_CODE: _standard_code,
    Kind.BUDGET: _budget,
    Kind.COMMITMENT: _commitment,
    Kind.CHANGE_ORDER: _change_order,
    Kind.REQUISITION: _requisition,
    Kind.PAYMENT: _payment,
}
