"""The data of the requests about budgets, invoices and payments, as the reference's samples have it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from qbsync.simulator.procore.answers import Json, day, moment, money
from qbsync.simulator.procore.erp_payloads import Fields, custom
from qbsync.simulator.procore.erp_rows import JobCost, Transaction
from qbsync.simulator.procore.erp_tables import ErpTables
from qbsync.simulator.procore.invoice_rows import Invoice, InvoiceItem, ItemType, Payment
from qbsync.simulator.procore.rows import Vendor

if TYPE_CHECKING:
    from qbsync.simulator.procore.state import ProcoreState

_TYPE: Final = "Erp::OriginalEstimateTransaction"
_DIRECT_COST_ID: Final = "10000001"
_CURRENCY: Final[Mapping[str, str | None]] = {
    "base_currency_iso_code": None,
    "currency_exchange_rate": "1.0",
    "currency_iso_code": "USD",
}
_CLASS_OF: Final[Mapping[ItemType, str]] = {
    ItemType.CONTRACT: "Billings::ContractItem",
    ItemType.DETAIL: "Billings::ContractDetailItem",
    ItemType.CHANGE_ORDER: "Billings::ChangeOrderItem",
    ItemType.WHOLE_CHANGE_ORDER: "Billings::WholeChangeOrderItem",
}
"""Only the first is in the reference; the others are guesses after their public names."""


class MoneyPayloads:
    """Builds the data of requests about money from what Procore holds at the moment."""

    def __init__(self, state: ProcoreState, tables: ErpTables) -> None:
        self._state = state
        self._tables = tables

    def budget(self, project_id: int, transactions: Sequence[Transaction], *, changed_only: bool) -> Json:
        """create_budget and update_budget; `changed_only` leaves out the rows that no transaction touches."""
        budget = self._tables.budget_of(project_id)
        touched = {row.job_cost_id for row in transactions}
        costs = [row for row in self._tables.job_costs_of(project_id) if self._is_budgeted(row)]
        return {
            "job_id": self._state.project(project_id).origin_id,
            "budget": {
                "id": budget.id,
                "origin_id": budget.origin_id,
                "origin_data": budget.origin_data,
                "synced": budget.origin_id is not None,
                "custom_fields": {},
                "project_id": project_id,
            },
            "job_costs": [self._job_cost(row) for row in costs if not changed_only or row.id in touched],
            "transactions": [transaction(row) for row in transactions],
        }

    def revised(self, project_id: int) -> dict[tuple[int, int | None], Decimal]:
        """What each cost code and type of a budget comes to now."""
        budgets = self._state.budgets
        found: dict[tuple[int, int | None], Decimal] = {}
        for line in budgets.lines(project_id):
            key = (line.cost_code_id, line.line_item_type_id)
            found[key] = found.get(key, Decimal(0)) + budgets.revised(line)
        return found

    def exported(self, project_id: int) -> dict[int, Decimal]:
        """What was sent of each job cost so far, by its id; what waits to be is in it."""
        sums: dict[int, Decimal] = {}
        for row in self._tables.transactions_of(project_id):
            sums[row.job_cost_id] = sums.get(row.job_cost_id, Decimal(0)) + row.value
        return sums

    def _is_budgeted(self, row: JobCost) -> bool:
        return any(one.job_cost_id == row.id for one in self._tables.transactions_of(row.project_id))

    def _job_cost(self, row: JobCost) -> Json:
        state = self._state
        kind = state.type_table.find(row.line_item_type_id or 0)
        code = state.cost_code_table.find(row.cost_code_id)
        amount = self.revised(row.project_id).get((row.cost_code_id, row.line_item_type_id), Decimal(0))
        return {
            "id": row.id,
            "cost_code_origin_id": code.origin_id if code else None,
            "line_item_type_origin_id": kind.origin_id if kind else None,
            "budget_line_item_id": row.budget_line_id,
            "new_amount": float(amount),
            "job_origin_id": state.project(row.project_id).origin_id,
            "sub_job_origin_id": None,
        }

    def requisition(self, row: Invoice, fields: Fields) -> Json:
        """An element of create_requisitions, but for its detail."""
        state = self._state
        contract = state.contract_table.get(row.contract_id)
        return {
            "procore_requisition_id": row.id,
            "accounting_method": contract.accounting_method,
            "billing_date": day(row.billing_date),
            "code": fields.get("code") or row.invoice_number,
            "contract_id": row.contract_id,
            "contract_origin_id": contract.origin_id,
            "created_at": moment(row.created_at),
            "custom_fields": {},
            "erp_custom_fields": custom(fields),
            "formatted_payment_due": dollars(state.invoices.figures(row.id).due),
            "invoice_number": row.invoice_number,
            "job_origin_id": state.project(row.project_id).origin_id,
            "line_items": [
                self._item(contract.accounting_method, item) for item in state.invoices.items(row.id)
            ],
        }

    def _item(self, method: str, item: InvoiceItem) -> Json:
        state = self._state
        code = state.cost_code_table.find(item.cost_code_id or 0)
        kind = state.type_table.find(item.line_item_type_id or 0)
        line = state.line_table.find(item.commitment_line_id or 0)
        change = state.change_orders.line_table.find(item.line_item_id or 0)
        of_change = item.item_type in (ItemType.CHANGE_ORDER, ItemType.WHOLE_CHANGE_ORDER)
        unit_cost = item.scheduled_unit_price or Decimal(0)
        return {
            "procore_requisition_item_id": item.id,
            "accounting_method": method,
            "amount": money(item.gross),
            "change_order_line_item_origin_id": change.origin_id if of_change and change else None,
            "commitment_item_origin_id": None if of_change or line is None else line.origin_id,
            "cost_code_id": item.cost_code_id,
            "cost_code_origin_id": code.origin_id if code else None,
            "description": item.description,
            "formatted_amount": dollars(item.gross),
            "formatted_unit_cost": dollars(unit_cost),
            "line_item_description": item.description,
            "line_item_type_origin_id": kind.origin_id if kind else None,
            "qty": money(item.quantity or Decimal(0)),
            "released_work_completed_this_period": money(item.released),
            "requisition_item_type": _CLASS_OF[item.item_type],
            "retainage_materials_presently_stored": money(item.stored_retainage),
            "retainage_materials_previously_stored": money(item.stored_retained_before),
            "retainage_this_period": money(item.retained + item.stored_retained),
            "retainage_work_completed_this_period": money(item.retained),
            "scheduled_total_amount": money(item.scheduled_value),
            "tax_code_origin_id": None,
            "unit_cost": money(unit_cost),
            "uom": item.uom,
        }

    def payment(self, row: Payment) -> Json:
        """The `contract_payment` of create_contract_payment."""
        contract = self._state.contract_table.get(row.contract_id)
        funded = row.date
        return {
            "id": row.id,
            "company_id": self._state.company_id,
            "project_id": row.project_id,
            "contract_id": row.contract_id,
            "requisition_id": row.requisition_id,
            "external_payment_id": f"pp_{row.id}",
            "invoice_number": row.invoice_number,
            "invoice_date": day(row.invoice_date),
            "status": row.status,
            "amount": money(row.amount),
            "date_payment_created": moment(row.created_at),
            "date_payment_initiated": moment(row.created_at),
            "date_payment_funded": f"{day(funded)}T15:06:05Z" if funded else None,
            "date_payment_settled": None,
            "retainage_released_payment_amount": "0.0",
            "draw_request_number": row.draw_request_number,
            "payment_method": "ach",
            "payment_number": row.payment_number,
            "vendor_id": contract.vendor_id,
            "bank_id": row.bank_id,
            "check_number": row.check_number,
        }

    def direct_cost(self, vendor: Vendor, number: str, amount: Decimal, project_id: int) -> Json:
        """The `direct_cost` of create_company_level_direct_cost; its ids are text."""
        now = self._state.clock.now()
        total, today, made = money(amount), day(now.date()), moment(now)
        return {
            **dict.fromkeys(_EMPTY_OF_DIRECT_COST),
            "id": _DIRECT_COST_ID,
            "accounting_date": today,
            "ai_autofill": False,
            "billed_amount": total,
            "created_at": made,
            "currency_configuration": dict(_CURRENCY),
            "description": number,
            "direct_cost_date": today,
            "direct_cost_type": "invoice",
            "erp": {"status": "exporting"},
            "invoice_number": number,
            "line_item_total": total,
            "paid_status": "unpaid",
            "projects": [{"id": project_id, "name": self._state.project(project_id).name}],
            "received_date": today,
            "review_status": "ready",
            "status": "approved",
            "updated_at": made,
            "uploaded_at": made,
            "uploaded_by": "user@example.com",
            "vendor": {
                "id": str(vendor.id),
                "name": vendor.name,
                "origin_id": vendor.origin_id,
                "origin_code": vendor.origin_code,
                "origin_data": vendor.origin_data,
            },
            "origin_code": number,
            "line_items": [self._direct_cost_line(number, total, project_id)],
        }

    def _direct_cost_line(self, number: str, total: str, project_id: int) -> Json:
        project = self._state.project(project_id)
        code = self._state.cost_codes(project_id)[-1]
        kind = self._state.line_item_types()[0]
        return {
            "id": "40000001",
            "company": {"id": str(self._state.company_id)},
            "currency_configuration": dict(_CURRENCY),
            "description": number,
            "direct_cost_id": _DIRECT_COST_ID,
            "extended_type": "calculated",
            "position": 1,
            "project": {"id": str(project.id), "name": project.name},
            "quantity": "1.0",
            "total_amount": total,
            "unit_cost": total,
            "uom": {"name": "ea", "read_only": False},
            "wbs_code": {"id": str(182_000_000 + code.id), "flat_code": code.code, "description": code.name},
            "job_origin_id": project.origin_id,
            "cost_code_id": code.id,
            "line_item_type_id": kind.id,
            "cost_code_origin_id": code.origin_id,
            "line_item_type_origin_id": kind.origin_id,
        }


def dollars(amount: Decimal) -> str:
    """An amount as Procore's pages print it."""
    sign = "-" if amount < 0 else ""
    return f"{sign}${abs(amount):,.2f}"


def transaction(row: Transaction) -> Json:
    """A budget's transaction, as a request and as the list of transactions show it."""
    return {
        "id": row.id,
        "origin_id": row.origin_id,
        "code": None,
        "value": float(row.value),
        "synced": row.synced,
        "type": _TYPE,
        "procore_transaction_id": None,
        "procore_transaction_type": None,
        "job_cost_id": row.job_cost_id,
        "created_at": moment(row.created_at),
        "notes": None,
    }


_EMPTY_OF_DIRECT_COST: Final[Sequence[str]] = (
    "direct_cost_attachment",
    "discount_date",
    "employee",
    "origin_data",
    "origin_id",
    "payment_date",
    "payment_due_date",
    "terms",
)
