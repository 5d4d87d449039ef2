"""The data of requests about vendors, jobs, cost codes and commitments, as the samples have it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from qbsync.simulator.procore.answers import Json, day, moment, money
from qbsync.simulator.procore.change_rows import ChangeOrder, ChangeOrderLine
from qbsync.simulator.procore.rows import (
    Contract,
    ContractLine,
    CostCode,
    LineItemType,
    Project,
    StandardCostCode,
    Vendor,
)

if TYPE_CHECKING:
    from qbsync.simulator.procore.state import ProcoreState

Fields = Mapping[str, str]
"""What the approver typed: `code` is the id in the accounting system, the rest are the connector's fields."""


class Payloads:
    """Builds the data of requests from what Procore holds at the moment."""

    def __init__(self, state: ProcoreState) -> None:
        self._state = state

    def vendor(self, row: Vendor, fields: Fields) -> Json:
        """The `vendor` of create_vendor."""
        return {
            **dict.fromkeys(_EMPTY_OF_VENDOR),
            "id": row.id,
            "name": row.name,
            "address": row.address,
            "attachments": [],
            "authorized_bidder": True,
            "business_phone": row.business_phone,
            "city": row.city,
            "company": row.name,
            "country_code": row.country_code,
            "created_at": moment(row.created_at),
            "email_address": row.email_address,
            "fax_number": row.fax_number,
            "is_active": row.is_active,
            "mobile_phone": row.mobile_phone,
            "non_union_prevailing_wage": False,
            "origin_code": fields.get("code") or row.origin_code,
            "origin_data": row.origin_data,
            "origin_id": row.origin_id,
            "prequalified": False,
            "primary_contact": _contact(row),
            "state_code": row.state_code,
            "synced_to_erp": row.origin_id is not None,
            "trade_name": "",
            "union_member": False,
            "updated_at": moment(row.updated_at),
            "zip": row.zip,
            "erp_custom_fields": custom(fields),
        }

    def job(self, row: Project, fields: Fields) -> Json:
        """The `job` of create_or_update_job."""
        return {
            "id": row.id,
            "name": row.name,
            "origin_id": row.origin_id,
            "origin_data": row.origin_data,
            "origin_code": fields.get("code") or row.origin_code or row.project_number,
            "custom_fields": {},
            "erp_custom_fields": custom(fields),
            "address": row.address,
            "city": row.city,
            "state_code": row.state_code,
            "zip": row.zip,
            "latitude": None,
            "longitude": None,
            "synced": row.origin_id is not None,
            "active": row.active,
        }

    def job_codes(self, project_id: int) -> list[Json]:
        """The `all_cost_codes` of create_or_update_job."""
        codes = self._state.cost_codes(project_id)
        divisions = {code.parent_id for code in codes}
        return [self._job_code(code, division=code.id in divisions) for code in codes]

    def _job_code(self, row: CostCode, *, division: bool) -> Json:
        state = self._state
        standard = state.standard_code_table.find(row.standard_cost_code_id or 0)
        full_code = "-".join(state.segments(row))
        return {
            "id": row.id,
            "name": row.name,
            "full_code": full_code,
            "origin_id": row.origin_id,
            "origin_data": row.origin_data,
            "biller": state.project(row.project_id).name,
            "biller_id": row.project_id,
            "biller_type": "Project",
            "budgeted": any(line.cost_code_id == row.id for line in state.budgets.lines(row.project_id)),
            "code": row.code,
            "created_at": moment(row.created_at),
            "deleted_at": None,
            "line_item_types": [] if division else self.types(),
            "parent": {"id": row.parent_id},
            "position": row.position,
            "sortable_code": full_code,
            "updated_at": moment(row.updated_at),
            "long_name_helper": self._long_name(row),
            "standard_cost_code_origin_id": standard.origin_id if standard else None,
        }

    def standard_code(self, row: StandardCostCode, fields: Fields) -> Json:
        """An element of create_standard_cost_codes, but for its detail."""
        state = self._state
        parent = state.standard_code_table.find(row.parent_id or 0)
        return {
            "id": row.id,
            "standard_cost_code_list_id": row.standard_cost_code_list_id,
            "origin_id": row.origin_id,
            "parent_id": row.parent_id,
            "code": row.code,
            "full_code": "-".join(state.segments(row)),
            "name": row.name,
            "origin_data": row.origin_data,
            "parent_origin_id": parent.origin_id if parent else None,
            "long_name_helper": self._long_name(row),
            "erp_custom_fields": custom(fields),
        }

    def commitment(self, row: Contract, code: str | None, fields: Fields) -> Json:
        """The `commitment` of create_commitment; `code` is what it shall be called in the books."""
        state = self._state
        original = sum((line.amount for line in state.lines(row.id)), Decimal(0))
        orders = state.change_orders.of_contract(row.id, "approved")
        changes = sum((state.change_orders.total(one.id) for one in orders), Decimal(0))
        revised = money(original + changes)
        paid = state.payments.total(row.id)
        return {
            **dict.fromkeys(_EMPTY_OF_COMMITMENT),
            **dict.fromkeys(_ZERO_OF_COMMITMENT, "0.0"),
            "id": row.id,
            "accounting_method": row.accounting_method,
            "approved_change_orders": money(changes),
            "contract_date": day(row.contract_date),
            "created_at": moment(row.created_at),
            "custom_fields": {},
            "delivery_date": day(row.delivery_date),
            "description": row.description or "",
            "erp_custom_fields": custom(fields),
            "exclusions": "",
            "executed": row.executed,
            "grand_total": money(original),
            "inclusions": "",
            "number": row.number,
            "origin_code": row.origin_code,
            "origin_data": row.origin_data,
            "origin_id": row.origin_id,
            "payment_terms": row.payment_terms or None,
            "pending_revised_contract": revised,
            "private": row.private,
            "project": self._project(row.project_id),
            "remaining_balance_outstanding": money(original + changes - paid),
            "retainage_percent": money(row.retainage_percent),
            "revised_contract": revised,
            "show_line_items_to_non_admins": False,
            "status": row.status,
            "title": row.title,
            "total_payments": money(paid),
            "updated_at": moment(row.updated_at),
            "vendor": self._vendor(row.vendor_id),
            "code": code,
            "type": row.kind.holder_type,
        }

    def commitment_items(self, row: Contract) -> list[Json]:
        """The `commitment_items` of create_commitment."""
        return [self._commitment_item(row, line) for line in self._state.lines(row.id)]

    def _commitment_item(self, row: Contract, line: ContractLine) -> Json:
        return {
            **self._line(line, row.project_id),
            "extended_type": line.extended_type,
            "holder": {"id": row.id, "holder_type": row.kind.holder_type},
            "quantity": money(line.quantity),
            "tax_code_id": line.tax_code_id,
            "unit_cost": money(line.unit_cost),
            "uom": line.uom,
        }

    def change_order(self, row: ChangeOrder, fields: Fields) -> Json:
        """The `change_order` of create_commitment_change_order; its status is in title case there."""
        return {
            **dict.fromkeys(_EMPTY_OF_CHANGE_ORDER),
            "id": row.id,
            "contract_id": row.contract_id,
            "number": row.number,
            "status": row.status.capitalize(),
            "title": row.title,
            "created_at": moment(row.created_at),
            "origin_code": fields.get("code") or row.origin_code,
            "origin_data": row.origin_data,
            "origin_id": row.origin_id,
            "updated_at": moment(row.updated_at),
            "reviewed_at": moment(row.reviewed_at),
            "description": row.description,
            "custom_fields": {},
            "erp_custom_fields": custom(fields),
        }

    def change_order_items(self, row: ChangeOrder) -> list[Json]:
        """The `change_order_items` of create_commitment_change_order."""
        return [
            {
                **self._line(line, row.project_id),
                "extended_type": "manual",
                "holder": {"id": row.id, "holder_type": "PotentialChangeOrder"},
                "quantity": "0.0",
                "tax_code_id": None,
                "unit_cost": "0.0",
                "uom": None,
                "commitment_line_item_id": line.commitment_line_id,
            }
            for line in self._state.change_orders.lines(row.id)
        ]

    def types(self) -> list[Json]:
        """The cost types of a cost code."""
        return [
            {"id": one.id, "name": one.name, "code": one.code, "base_type": None, "origin_id": one.origin_id}
            for one in self._state.line_item_types()
        ]

    def _line(self, line: ContractLine | ChangeOrderLine, project_id: int) -> Json:
        state = self._state
        amount = money(line.amount)
        code = state.cost_code_table.find(line.cost_code_id or 0)
        kind = state.type_table.find(line.line_item_type_id or 0)
        return {
            "id": line.id,
            "amount": amount,
            "company": {"id": state.company_id, "name": state.company_name},
            "cost_code": self._cost_code(code) if code else None,
            "created_at": moment(line.created_at),
            "description": line.description,
            "extended_amount": amount,
            "line_item_type": _type(kind) if kind else None,
            "origin_data": line.origin_data,
            "origin_id": line.origin_id,
            "position": line.position,
            "project": self._project(project_id),
            "tax_amount": "0.0",
            "tax_code": None,
            "total_amount": amount,
            "updated_at": moment(line.updated_at),
        }

    def _cost_code(self, row: CostCode) -> Json:
        project = self._state.project(row.project_id)
        full_code = "-".join(self._state.segments(row))
        return {
            "id": row.id,
            "name": row.name,
            "full_code": full_code,
            "origin_id": row.origin_id,
            "origin_data": row.origin_data,
            "standard_cost_code_id": row.standard_cost_code_id,
            "biller": project.name,
            "biller_id": project.id,
            "biller_type": "Project",
            "biller_origin_id": project.origin_id,
            "budgeted": True,
            "code": row.code,
            "parent": {"id": row.parent_id},
            "sortable_code": full_code,
            "created_at": moment(row.created_at),
            "deleted_at": None,
            "line_item_types": self.types(),
            "position": row.position,
            "updated_at": moment(row.updated_at),
        }

    def _project(self, project_id: int) -> Json:
        row = self._state.project(project_id)
        return {"id": row.id, "name": row.name, "origin_data": row.origin_data, "origin_id": row.origin_id}

    def _vendor(self, vendor_id: int | None) -> Json | None:
        row = self._state.vendor_table.find(vendor_id or 0)
        if row is None:
            return None
        return {"id": row.id, "company": row.name, "origin_data": row.origin_data, "origin_id": row.origin_id}

    def _long_name(self, row: StandardCostCode | CostCode) -> list[list[str]]:
        return [list(self._state.segments(row)), self._names(row)]

    def _names(self, row: StandardCostCode | CostCode) -> list[str]:
        state = self._state
        if row.parent_id is None:
            return [row.name]
        above: StandardCostCode | CostCode
        if isinstance(row, StandardCostCode):
            above = state.standard_code_table.get(row.parent_id)
        else:
            above = state.cost_code_table.get(row.parent_id)
        return [*self._names(above), row.name]


def custom(fields: Fields) -> dict[str, str]:
    """The `erp_custom_fields`: what the approver typed into the connector's own fields."""
    return {name: value for name, value in fields.items() if name != "code"}


def numbered(order: Json, *, whole: bool) -> Json:
    """A change order whose number is a JSON number where it can be one, as the older dictionary prints it."""
    number = str(order["number"])
    return {**order, "number": int(number)} if whole and number.isdigit() else order


def with_text_ids(data: object) -> object:
    """The same data with every id as text, as newer payloads have them."""
    if isinstance(data, list):
        return [with_text_ids(one) for one in data]
    if not isinstance(data, dict):
        return data
    return {name: str(value) if _is_id(name, value) else with_text_ids(value) for name, value in data.items()}


def _is_id(name: str, value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and (name == "id" or name.endswith("_id"))


def _type(row: LineItemType) -> Json:
    return {
        "id": row.id,
        "base_type": None,
        "code": row.code,
        "name": row.name,
        "origin_data": row.origin_data,
        "origin_id": row.origin_id,
    }


def _contact(row: Vendor) -> Json | None:
    if not row.contact_last_name:
        return None
    return {
        "id": row.id + 1_000_000,
        "first_name": row.contact_first_name,
        "last_name": row.contact_last_name,
        "business_phone": row.business_phone,
        "email_address": row.email_address,
    }


_EMPTY_OF_VENDOR: Final[Sequence[str]] = (
    "abbreviated_name",
    "business_register",
    "labor_union",
    "license_number",
    "logo",
    "notes",
    "vendor_group",
    "website",
)
_EMPTY_OF_COMMITMENT: Final[Sequence[str]] = (
    "actual_completion_date",
    "approval_letter_date",
    "assignee_id",
    "bill_to_address",
    "contract_estimated_completion_date",
    "contract_start_date",
    "deleted_at",
    "due_date",
    "execution_date",
    "expected_date",
    "issued_on_date",
    "letter_of_intent_date",
    "requisitions_are_enabled",
    "returned_date",
    "ship_to_address",
    "ship_via",
    "signed_contract_received_date",
)
_ZERO_OF_COMMITMENT: Final[Sequence[str]] = (
    "draft_change_orders_amount",
    "pending_change_orders",
    "percentage_paid",
    "total_draw_requests_amount",
    "total_requisitions_amount",
)
_EMPTY_OF_CHANGE_ORDER: Final[Sequence[str]] = ("deleted_at", "due_date", "invoiced_date", "paid_date")
