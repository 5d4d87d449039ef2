"""The endpoints of change orders: packages, the newer resource beside them, and its lines (3.7, A.7)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from flask import Response, request

from qbsync.simulator.procore.answers import Json, Refusal, answer, moment, money, not_found
from qbsync.simulator.procore.change_rows import ChangeOrder, ChangeOrderLine
from qbsync.simulator.procore.company import ACCOUNT_ID, require_project
from qbsync.simulator.procore.cost_codes import CostCodes, show_type
from qbsync.simulator.procore.reading import Filter, body, by_id, by_time, narrowed, page_of
from qbsync.simulator.procore.routes import Route
from qbsync.simulator.procore.state import ProcoreState

_FILTERS: Final[dict[str, Filter]] = {
    "id": by_id,
    "updated_at": by_time("updated_at"),
    "created_at": by_time("created_at"),
}
_NEWER: Final = 20
"""How far the ids of the newer resource are from those of their packages."""
_ORIGIN: Final = ("origin_id", "origin_code", "origin_data")
_SHOWN_ALONE: Final = frozenset(
    {
        "attachments",
        "creator",
        "description",
        "line_items",
        "position",
        "private",
        "review_notes",
        "reviewer",
        "revised_substantial_completion_date",
        "schedule_impact_amount",
        "type",
    }
)
"""What one package shows by itself and the list of them does not."""


_EMPTY_IN_NEWER: Final = (
    "batch_id",
    "change_order_change_reason",
    "due_date",
    "invoiced_date",
    "legacy_request_id",
    "location_id",
    "received_from",
    "reference",
    "revised_substantial_completion_date",
    "signed_change_order_received_date",
)
"""What the newer resource shows and nobody fills in here."""
_PERSON: Final[Json] = {"id": ACCOUNT_ID, "login": "", "name": "Pat Lee"}


class ChangeOrderApi:
    """The endpoints of one company's change orders."""

    def __init__(self, state: ProcoreState) -> None:
        self._state = state
        self._orders = state.change_orders

    def routes(self) -> Sequence[Route]:
        """The family's endpoints."""
        packages = "/rest/v1.0/change_order_packages"
        newer = "/rest/v1.0/projects/<int:project_id>/commitment_change_orders"
        lines = "/rest/v2.0/companies/<int:company_id>/projects/<int:project_id>/commitment_change_orders"
        return [
            Route("GET", packages, self.index),
            Route("GET", f"{packages}/<int:package_id>", self.show),
            Route("PATCH", f"{packages}/<int:package_id>", self.update),
            Route("GET", newer, self.newer),
            Route("GET", f"{lines}/<int:newer_id>/line_items", self.newer_lines),
        ]

    def index(self) -> Response:
        """The packages of one project, prime contracts' among them; deleted ones where they are asked for."""
        project_id = require_project(self._state)
        table = self._orders.package_table
        deleted = request.args.get("filters[include_deleted]", "")
        rows = table.everything() if deleted in ("with", "true") else table.live()
        contract = request.args.get("contract_id")
        mine = [
            row for row in rows if row.project_id == project_id and contract in (None, str(row.contract_id))
        ]
        return page_of(narrowed(mine, _FILTERS), self._listed)

    def show(self, package_id: int) -> Response:
        """One package with its lines."""
        return answer(self._shown(self._find(package_id)))

    def update(self, package_id: int) -> Response:
        """Set what an accounting system keeps on it; an approved one takes nothing else (reference, 2.9)."""
        row = self._find(package_id)
        given = body().get("change_order")
        if not isinstance(given, dict):
            raise Refusal(400, {"errors": {"change_order": ["is missing"]}})
        locked = [name for name in given if name not in _ORIGIN]
        if row.status == "approved" and locked:
            words = "cannot be changed while the change order is approved"
            raise Refusal(422, {"errors": {name: [words] for name in locked}})
        wanted = given.get("origin_id")
        taken = [one for one in self._orders.package_table.live() if one.origin_id == wanted]
        if wanted is not None and any(one.id != row.id for one in taken):
            raise Refusal(422, {"errors": {"origin_id": ["has already been taken"]}})
        changed = self._orders.edit(row.id, **given)
        return answer(self._shown(changed))

    def newer(self, project_id: int) -> Response:
        """The newer resource: commitments' change orders alone, found by `filters[legacy_package_id]`."""
        rows = [row for row in self._orders.package_table.live() if row.project_id == project_id]
        wanted = request.args.getlist("filters[legacy_package_id]")
        found = [row for row in rows if not row.prime and (not wanted or str(row.id) in wanted)]
        return answer({"data": [self._newer(row) for row in found]})

    def newer_lines(self, company_id: int, project_id: int, newer_id: int) -> Response:
        """The lines of one, each with the commitment's line it changes; ids are texts in v2."""
        row = self._orders.package_table.find(newer_id - _NEWER)
        if row is None or company_id != self._state.company_id or row.project_id != project_id:
            raise not_found("Commitment change order")
        return answer({"data": [self._newer_line(line) for line in self._orders.lines(row.id)]})

    def _find(self, package_id: int) -> ChangeOrder:
        project_id = require_project(self._state)
        row = self._orders.package_table.find(package_id)
        if row is None or row.project_id != project_id:
            raise not_found("Change order package")
        return row

    def _listed(self, row: ChangeOrder) -> Json:
        shown = self._shown(row)
        return {name: value for name, value in shown.items() if name not in _SHOWN_ALONE} | {
            "created_by_id": ACCOUNT_ID
        }

    def _shown(self, row: ChangeOrder) -> Json:
        return {
            "id": row.id,
            "contract_id": row.contract_id,
            "created_at": moment(row.created_at),
            "deleted_at": moment(row.deleted_at),
            "description": row.description,
            "due_date": None,
            "executed": row.executed,
            "grand_total": money(self._orders.total(row.id)),
            "invoiced_date": None,
            "number": row.number,
            "origin_code": row.origin_code,
            "origin_data": row.origin_data,
            "origin_id": row.origin_id,
            "paid_date": None,
            "position": 1,
            "private": False,
            "review_notes": None,
            "reviewed_at": moment(row.reviewed_at),
            "revised_substantial_completion_date": None,
            "revision": 0,
            "schedule_impact_amount": 0,
            "signed_change_order_received_date": None,
            "status": row.status,
            "title": row.title,
            "type": "PrimeContractChangeOrder" if row.prime else "CommitmentContractChangeOrder",
            "updated_at": moment(row.updated_at),
            "creator": _PERSON,
            "designated_reviewer": _PERSON,
            "reviewer": _PERSON,
            "attachments": [],
            "line_items": [self._line(line) for line in self._orders.lines(row.id)],
            "currency_configuration": {"base_currency_iso_code": None, **self._currency(row)},
            "custom_fields": {},
        }

    def _line(self, line: ChangeOrderLine) -> Json:
        state = self._state
        code = state.cost_code_table.find(line.cost_code_id or 0)
        kind = state.type_table.find(line.line_item_type_id or 0)
        amount = money(line.amount)
        return {
            "id": line.id,
            "position": line.position,
            "description": line.description,
            "quantity": "0.0",
            "uom": None,
            "total_amount": amount,
            "extended_amount": amount,
            "unit_cost": "0.0",
            "cost_code": CostCodes(state).show(code) if code else None,
            "wbs_code": _wbs(line),
            "holder": {"id": line.package_id, "holder_type": "PotentialChangeOrder"},
            "line_item_type": show_type(kind) if kind else None,
            "markup_line_items": [],
            "currency_configuration": self._currency(self._orders.package_table.get(line.package_id)),
        }

    def _newer(self, row: ChangeOrder) -> Json:
        return {
            **dict.fromkeys(_EMPTY_IN_NEWER),
            **dict.fromkeys(("field_change", "paid", "private", "signature_required"), False),
            **dict.fromkeys(("created_by", "designated_reviewer", "reviewed_by"), _PERSON),
            "id": row.id + _NEWER,
            "contract_id": row.contract_id,
            "legacy_package_id": row.id,
            "description": row.description,
            "title": row.title,
            "number": row.number,
            "status": row.status,
            "executed": row.executed,
            "grand_total": money(self._orders.total(row.id)),
            "revision": 0,
            "schedule_impact_amount": 0,
            "type": "CommitmentContractChangeOrder",
            "created_at": moment(row.created_at),
            "reviewed_at": moment(row.reviewed_at),
            "updated_at": moment(row.updated_at),
            "custom_fields": {},
            "currency_configuration": self._currency(row),
        }

    def _currency(self, row: ChangeOrder) -> Json:
        contract = self._state.contract_table.find(row.contract_id)
        return {"currency_iso_code": contract.currency if contract else "USD"}

    def _newer_line(self, line: ChangeOrderLine) -> Json:
        touched = line.commitment_line_id
        wbs = _wbs(line)
        return {
            "prime_line_item_id": None,
            "commitment_line_item_id": None if touched is None else str(touched),
            "id": str(line.id),
            "description": line.description,
            "uom": None,
            "quantity": 0,
            "unit_cost": "0.0",
            "amount": money(line.amount),
            "extended_type": "manual",
            "wbs_code_id": str(wbs["id"]),
            "tax_code_id": line.tax_code_id and str(line.tax_code_id),
            "position": line.position,
            "wbs_code": wbs | {"id": str(wbs["id"])},
            "work_breakdown_structure": {},
        }


def _wbs(line: ChangeOrderLine) -> Json:
    return {
        "id": 182_000_000 + (line.cost_code_id or 0) * 10,
        "flat_code": str(line.cost_code_id or ""),
        "description": line.description,
    }
