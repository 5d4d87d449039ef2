"""The endpoints of subcontractor invoices and billing periods (reference, 3.8 and A.8)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Final

from flask import Response

from qbsync.simulator.procore.answers import Json, Refusal, answer, day, moment, not_found
from qbsync.simulator.procore.company import ACCOUNT_ID, require_project
from qbsync.simulator.procore.invoice_lists import COMMITMENT_LINE, listed
from qbsync.simulator.procore.invoice_maths import change_totals, percent_of
from qbsync.simulator.procore.invoice_rows import BillingPeriod, Invoice, InvoiceItem, ItemType
from qbsync.simulator.procore.reading import (
    Filter,
    body,
    by_id,
    by_text,
    by_time,
    narrowed,
    number_of,
    page_of,
)
from qbsync.simulator.procore.routes import Route
from qbsync.simulator.procore.rows import Contract
from qbsync.simulator.procore.state import ProcoreState

_FILTERS: Final[dict[str, Filter]] = {
    "id": by_id,
    "commitment_id": by_text("contract_id"),
    "period_id": by_text("period_id"),
    "status": by_text("status"),
    "origin_id": by_text("origin_id"),
    "created_at": by_time("created_at"),
    "updated_at": by_time("updated_at"),
}
_ORIGIN: Final = ("origin_id", "origin_data")


class InvoiceApi:
    """The endpoints of one company's invoices."""

    def __init__(self, state: ProcoreState) -> None:
        self._state = state
        self._invoices = state.invoices

    def routes(self) -> Sequence[Route]:
        """The family's endpoints."""
        invoices, items = "/rest/v1.1/requisitions", "/rest/v1.0/requisitions/<int:invoice_id>"
        details = "/rest/v1.0/work_order_contracts/<int:contract_id>/line_item_contract_details"
        return [
            Route("GET", invoices, self.index),
            Route("GET", f"{invoices}/<int:invoice_id>", self.show),
            Route("PATCH", f"{invoices}/<int:invoice_id>", self.update),
            Route("GET", f"{items}/contract_items", self.contract_items),
            Route("GET", f"{items}/change_order_items", self.change_items),
            Route("GET", f"{items}/contract_detail_items", self.detail_items),
            Route("GET", details, self.details),
            Route("GET", "/rest/v1.0/projects/<int:project_id>/billing_periods", self.periods),
        ]

    def index(self) -> Response:
        """The invoices of one project, with their items in the views that hold them."""
        project_id = require_project(self._state)
        rows = [row for row in self._invoices.all() if row.project_id == project_id]
        return page_of(narrowed(rows, _FILTERS), self._shown, default=30)

    def show(self, invoice_id: int) -> Response:
        """One invoice."""
        return answer(self._shown(self._find(invoice_id)))

    def update(self, invoice_id: int) -> Response:
        """Set what an accounting system keeps on it; nothing else of a closed or synced one."""
        row = self._find(invoice_id)
        given = body().get("requisition")
        if number_of("commitment_id") != row.contract_id:
            raise not_found("Requisition")
        if not isinstance(given, dict):
            raise Refusal(400, {"errors": {"requisition": ["is missing"]}})
        other = [name for name in given if name not in _ORIGIN]
        problem = self._invoices.problem(row)
        if problem and (other or (self._invoices.closed_are_locked and not row.is_open)):
            raise Refusal(422, {"errors": {"base": [f"Requisition {problem}"]}})
        wanted = given.get("origin_id")
        if wanted and any(one.origin_id == wanted and one.id != row.id for one in self._invoices.all()):
            raise Refusal(422, {"errors": {"origin_id": ["has already been taken"]}})
        return answer(self._shown(self._invoices.write_origin(row.id, **given)))

    def contract_items(self, invoice_id: int) -> Response:
        """The items that bill the commitment's own lines."""
        extra = ("item_type", "line_item_id", "comment", "status", "ssr_manual_override")
        return self._items_of(invoice_id, ItemType.CONTRACT, shown=extra)

    def change_items(self, invoice_id: int) -> Response:
        """The items that bill change orders, each with its package and the commitment's line."""
        extra = ("line_item_id", *COMMITMENT_LINE)
        return self._items_of(invoice_id, ItemType.CHANGE_ORDER, ItemType.WHOLE_CHANGE_ORDER, shown=extra)

    def detail_items(self, invoice_id: int) -> Response:
        """The items that bill the subcontractor's own schedule."""
        return self._items_of(invoice_id, ItemType.DETAIL, shown=("detail_line_item_id",))

    def details(self, contract_id: int) -> Response:
        """The lines of the subcontractor's own schedule, each below a line of the commitment."""
        require_project(self._state)
        rows = self._invoices.schedules.details(contract_id)
        shown = [
            {
                "id": row.id,
                "line_item_id": row.line_item_id,
                "amount": _money(row.amount),
                "description": row.description,
                "position": row.position,
            }
            for row in rows
        ]
        return answer(shown)

    def periods(self, project_id: int) -> Response:
        """The billing periods of one project."""
        return page_of(self._invoices.periods(project_id), _period)

    def _find(self, invoice_id: int) -> Invoice:
        project_id = require_project(self._state)
        row = self._invoices.invoice_table.find(invoice_id)
        if row is None or row.project_id != project_id:
            raise not_found("Requisition")
        return row

    def _items_of(self, invoice_id: int, *types: ItemType, shown: Sequence[str]) -> Response:
        """The items of these types as v1.0 gives them: less than the invoice's own view shows."""
        row = self._find(invoice_id)
        items = [item for item in self._invoices.items(row.id) if item.item_type in types]
        return page_of(items, lambda item: listed(self._item(row, item) | self._links(item), shown))

    def _links(self, item: InvoiceItem) -> Json:
        line = self._state.line_table.find(item.commitment_line_id or 0)
        return {
            "commitment_line_item_id": item.commitment_line_id,
            "commitment_line_item_origin_id": line.origin_id if line else None,
            "change_order_package_id": item.package_id,
            "detail_line_item_id": item.source_id if item.item_type is ItemType.DETAIL else None,
        }

    def _shown(self, row: Invoice) -> Json:
        state = self._state
        contract = state.contract_table.get(row.contract_id)
        vendor = state.vendor_table.find(contract.vendor_id or 0)
        items = self._invoices.items(row.id)
        latest = self._invoices.latest(row.contract_id)
        return {
            "id": row.id,
            "previous_requisition_id": row.previous_id,
            "project_id": row.project_id,
            "billing_date": day(row.billing_date),
            "created_at": moment(row.created_at),
            "updated_at": moment(row.updated_at),
            "commitment_id": row.contract_id,
            "commitment_type": contract.kind.holder_type,
            "contract_name": f"{contract.number}: {contract.title}",
            "deletable": latest is not None and latest.id == row.id and row.origin_id is None,
            "final": row.final,
            "vendor_name": vendor.name if vendor else None,
            "vendor_id": contract.vendor_id,
            "invoice_number": row.invoice_number,
            "invoice_type": "subcontractor_invoice",
            "origin_data": row.origin_data,
            "origin_id": row.origin_id,
            "payment_date": day(row.payment_date),
            "percent_complete": self._percent(row),
            "period_id": row.period_id,
            "requisition_start": day(row.requisition_start),
            "requisition_end": day(row.requisition_end),
            "status": row.status,
            "erp_status": row.erp_status,
            "number": row.number,
            "submitted_at": day(row.submitted_at),
            "total_claimed_amount": _money(sum((item.work for item in items), Decimal(0))),
            "electronic_signature_id": None,
            "move_materials_to_previous_work_completed": row.move_materials,
            "summary_text": self._words(row, contract),
            "summary": self._summary(row),
            "created_by": {"id": ACCOUNT_ID, "login": "", "name": "Pat Lee", "company_name": ""},
            "custom_fields": {},
            "currency_configuration": _currency(contract),
            "attachments": [],
            "items": [self._item(row, item) for item in items],
            "item_packages": self._packages(contract, items),
        }

    def _percent(self, row: Invoice) -> str:
        figures = self._invoices.figures(row.id)
        return f"{percent_of(figures.to_date, figures.contract_sum)}%"

    def _words(self, row: Invoice, contract: Contract) -> Json:
        project = self._state.project(row.project_id)
        vendor = self._state.vendor_table.find(contract.vendor_id or 0)
        return {
            "project_name": project.name,
            "project_number": project.project_number,
            "to_general_contractor": self._state.company_name,
            "requisition_period_start": day(row.requisition_start),
            "requisition_period_end": day(row.requisition_end),
            "subcontractor_name": vendor.name if vendor else None,
            "subcontractor_street": vendor.address if vendor else None,
            "subcontractor_city": vendor.city if vendor else None,
            "subcontractor_state_code": vendor.state_code if vendor else None,
            "subcontractor_zip": vendor.zip if vendor else None,
            "subcontractor_country_code": vendor.country_code if vendor else None,
            "application_number": row.invoice_number,
            "contract_for": contract.title,
            "contract_date": day(contract.contract_date),
        }

    def _summary(self, row: Invoice) -> Json:
        figures = self._invoices.figures(row.id)
        amounts = {
            "balance_to_finish_including_retainage": figures.contract_sum - figures.earned,
            "completed_work_retainage_percent": percent_of(figures.work_retainage, figures.work_to_date),
            "completed_work_retainage_amount": figures.work_retainage,
            "contract_sum_to_date": figures.contract_sum,
            "current_payment_due": figures.due,
            "less_previous_certificates_for_payment": figures.previous_certificates,
            "net_change_by_change_orders": figures.net_change,
            "original_contract_sum": figures.original_contract_sum,
            "stored_materials_retainage_amount": figures.stored_retainage,
            "stored_materials_retainage_percent": percent_of(figures.stored_retainage, figures.stored),
            "tax_applicable_to_this_payment": figures.tax,
            "total_completed_and_stored_to_date": figures.to_date,
            "total_earned_less_retainage": figures.earned,
            "total_retainage": figures.retainage,
            "new_materials": figures.new_materials,
            "stored_materials": figures.stored - figures.new_materials,
            **change_totals(self._invoices.items(row.id)),
        }
        return {
            **{name: _money(amount) for name, amount in amounts.items()},
            "formatted_period": f"{_short(row.requisition_start)} - {_short(row.requisition_end)}",
            "new_materials_quantity": "0.0",
            "stored_materials_quantity": "0.0",
        }

    def _packages(self, contract: Contract, items: Sequence[InvoiceItem]) -> list[Json]:
        billed = dict.fromkeys(item.package_id for item in items if item.package_id)
        orders = [self._state.change_orders.package_table.find(package_id) for package_id in billed]
        found: list[Json] = [
            {
                "contract_id": contract.id,
                "change_order_id": None,
                "number": contract.number,
                "title": contract.title,
                "status": contract.status,
                "change_order_acronym_number": None,
            }
        ]
        found += [
            {
                "contract_id": None,
                "change_order_id": package_id,
                "number": order and order.number,
                "title": order and order.title,
                "status": order and order.status,
                "change_order_acronym_number": order and f"CCO #{order.number}",
            }
            for package_id, order in zip(billed, orders, strict=True)
        ]
        rest = {"change_order_request": None, "batch": None}
        return [one | {"id": place, "position": place} | rest for place, one in enumerate(found, start=1)]

    def _item(self, row: Invoice, item: InvoiceItem) -> Json:
        amounts = {
            "net_amount": item.net,
            "gross_amount": item.gross,
            "scheduled_value": item.scheduled_value,
            "work_completed_from_previous_application": item.work_before,
            "work_completed_this_period": item.work,
            "materials_presently_stored": item.stored,
            "materials_presently_stored_from_previous_progress": item.stored_before,
            "materials_moved": item.moved,
            "materials_retainage_retained_moved": item.retainage_moved,
            "total_completed_and_stored_to_date": item.to_date,
            "total_completed_and_stored_to_date_percent": percent_of(item.to_date, item.scheduled_value),
            "total_completed_and_stored_to_date_from_previous": item.total_before,
            "work_completed_retainage_from_previous_application": item.retained_before,
            "work_completed_retainage_retained_this_period": item.retained,
            "work_completed_retainage_percent_this_period": percent_of(item.retained, item.work),
            "materials_stored_retainage_currently_retained": item.stored_retainage,
            "materials_stored_retainage_percent_this_period": percent_of(
                item.stored_retained, item.new_materials
            ),
            "materials_stored_retainage_new_materials": item.stored_retained,
            "work_completed_retainage_released_this_period": item.released,
            "materials_stored_retainage_released_this_period": item.stored_released,
            "subcontractor_claimed_amount": item.work,
        }
        unit = item.scheduled_unit_price is not None
        return {
            "id": item.id,
            "item_type": item.item_type.value,
            "accounting_method": "unit" if unit else "amount",
            "cost_code_id": item.cost_code_id,
            "currency_configuration": _currency(self._state.contract_table.get(row.contract_id)),
            "line_item_id": item.line_item_id,
            "description_of_work": item.description,
            "wbs_code": self._wbs(item),
            **{name: _money(amount) for name, amount in amounts.items()},
            "materials_presently_stored_quantity": None,
            "materials_previously_stored_quantity": None,
            "scheduled_quantity": _text(item.scheduled_quantity),
            "scheduled_unit_price": _text(item.scheduled_unit_price),
            "work_completed_this_period_quantity": _text(item.quantity),
            "work_completed_from_previous_application_quantity": _text(item.quantity_before),
            "comment": item.comment,
            "status": row.status,
            "position": item.position,
            "line_number": str(item.position),
            "ssr_manual_override": False,
            "previous_progress_id": item.previous_id,
            "taxes": [{"amount": _money(item.tax)}] if item.tax else [],
            "uom": item.uom,
        }

    def _wbs(self, item: InvoiceItem) -> Json | None:
        code = self._state.cost_code_table.find(item.cost_code_id or 0)
        if code is None:
            return None
        kind = self._state.type_table.find(item.line_item_type_id or 0)
        suffix, words = (f".{kind.code}", f".{kind.name}") if kind else ("", "")
        return {
            "id": 182_000_000 + code.id * 10 + (kind.id % 10 if kind else 0),
            "flat_code": "-".join(self._state.segments(code)) + suffix,
            "description": code.name + words,
            "segment_items": [],
        }


def _period(row: BillingPeriod) -> Json:
    return {
        "id": row.id,
        "created_at": moment(row.created_at),
        "due_date": day(row.due_date),
        "end_date": day(row.end_date),
        "position": row.position,
        "project_id": row.project_id,
        "start_date": day(row.start_date),
        "status": row.status,
        "updated_at": moment(row.updated_at),
    }


def _currency(contract: Contract) -> Json:
    return {
        "currency_iso_code": contract.currency,
        "currency_exchange_rate": 1.0,
        "base_currency_iso_code": None,
    }


def _money(amount: Decimal) -> str:
    return f"{amount:.2f}"


def _text(number: Decimal | None) -> str | None:
    return None if number is None else format(number, "f")


def _short(value: date | None) -> str:
    return "" if value is None else value.strftime("%m/%d/%y")
