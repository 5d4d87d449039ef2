"""The endpoints of direct costs: immutable while they carry an origin id (reference, 3.10 and A.9)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from flask import Response

from qbsync.simulator.procore.answers import Json, Refusal, answer, day, moment, money, not_found
from qbsync.simulator.procore.cost_codes import CostCodes, show_type
from qbsync.simulator.procore.direct_costs import STATUSES, TYPES, DirectCost, DirectCostLine
from qbsync.simulator.procore.forbidden import SYNCED
from qbsync.simulator.procore.reading import Filter, by_id, by_text, by_time, narrowed, page_of
from qbsync.simulator.procore.routes import Route
from qbsync.simulator.procore.rows import Project, Row
from qbsync.simulator.procore.state import ProcoreState
from qbsync.simulator.procore.writing import Errors, Reader, Writer, calendar_day, decimal, text, whole

_READERS: Final[dict[str, Reader]] = {
    **dict.fromkeys(("direct_cost_date", "received_date", "payment_date"), calendar_day),
    **dict.fromkeys(
        ("description", "invoice_number", "terms", "status", "direct_cost_type", "origin_id", "origin_data"),
        text,
    ),
    **dict.fromkeys(("vendor_id", "employee_id"), whole),
}
_LINE_READERS: Final[dict[str, Reader]] = {
    **dict.fromkeys(("amount", "quantity", "unit_cost"), decimal),
    **dict.fromkeys(("direct_cost_id", "cost_code_id", "line_item_type_id", "tax_code_id"), whole),
    **dict.fromkeys(("description", "extended_type", "uom", "origin_id", "origin_data"), text),
}
_ORIGIN: Final = frozenset({"origin_id", "origin_data"})
_LOCKED: Final[Errors] = {"base": [f"Direct cost {SYNCED}"]}
_UNDER_WAY: Final = "A sync of this project's direct costs is already in progress."
_FILTERS: Final[dict[str, Filter]] = {
    "id": by_id,
    "origin_id": by_text("origin_id"),
    "invoice_number": by_text("invoice_number"),
    "created_at": by_time("created_at"),
    "updated_at": by_time("updated_at"),
}
_LINE_FILTERS: Final[dict[str, Filter]] = {
    "id": by_id,
    "direct_cost_id": by_text("direct_cost_id"),
    "cost_code_id": by_text("cost_code_id"),
    "line_item_type_id": by_text("line_item_type_id"),
    "created_at": by_time("created_at"),
    "updated_at": by_time("updated_at"),
}
_CODE_FIELDS: Final = ("id", "full_code", "name", "origin_id")
"""What a line of a direct cost says of its cost code."""


class DirectCostApi:
    """The endpoints of one company's direct costs."""

    def __init__(self, state: ProcoreState) -> None:
        self._state = state
        self._costs = state.direct_costs

    def routes(self) -> Sequence[Route]:
        """The family's endpoints."""
        older = "/rest/v1.0/projects/<int:project_id>/direct_costs"
        newer = "/rest/v1.1/projects/<int:project_id>/direct_costs"
        return [
            Route("GET", newer, self.index),
            Route("PATCH", f"{older}/sync", self.sync),
            Route("GET", f"{older}/line_items", self.lines),
            Route("PATCH", f"{older}/line_items/sync", self.sync_lines),
            Route("GET", f"{newer}/<int:cost_id>", self.one),
            Route("DELETE", f"{newer}/<int:cost_id>", self.delete),
        ]

    def index(self, project_id: int) -> Response:
        """The direct costs of one project."""
        self._project(project_id)
        return page_of(narrowed(self._costs.of_project(project_id), _FILTERS), self._listed)

    def one(self, project_id: int, cost_id: int) -> Response:
        """One direct cost with its lines."""
        project = self._project(project_id)
        row = self._found(project_id, cost_id)
        lines = [self._line(project, line) for line in self._costs.lines(row.id)]
        hidden = ("holder", "project", "change_event_line_item")
        shown = [{name: value for name, value in one.items() if name not in hidden} for one in lines]
        return answer(
            self._shown(row)
            | {
                "company": {"id": self._state.company_id, "name": self._state.company_name},
                "project": {"id": project.id, "name": project.name},
                "line_items": [one | {"ref": None} for one in shown],
                "currency_configuration": {
                    "currency_iso_code": "USD",
                    "currency_exchange_rate": "1.0",
                    "base_currency_iso_code": None,
                },
            }
        )

    def delete(self, project_id: int, cost_id: int) -> Response:
        """Remove a direct cost that is not synced."""
        self._alone(project_id)
        row = self._found(project_id, cost_id)
        if row.origin_id:
            raise Refusal(422, {"errors": _LOCKED})
        self._costs.delete(row.id)
        return answer({})

    def sync(self, project_id: int) -> Response:
        """Create and change many direct costs of one project."""
        self._alone(project_id)
        table = self._costs.cost_table
        return Writer(
            readers=_READERS,
            find=table.find,
            in_company=table.live,
            in_scope=lambda row: row.project_id == project_id,
            check=self._check,
            create=lambda values: table.create(project_id=project_id, **values),
            update=lambda row, values: table.edit(row.id, **values),
            show=self._shown,
        ).sync()

    def lines(self, project_id: int) -> Response:
        """The lines of all direct costs of one project."""
        project = self._project(project_id)
        rows = [line for cost in self._costs.of_project(project_id) for line in self._costs.lines(cost.id)]
        hidden = ("company", "change_event_line_item", "origin_data")
        return page_of(
            narrowed(rows, _LINE_FILTERS),
            lambda line: {
                name: value for name, value in self._line(project, line).items() if name not in hidden
            },
        )

    def sync_lines(self, project_id: int) -> Response:
        """Create and change many lines of one project's direct costs."""
        project = self._alone(project_id)
        costs = self._costs
        return Writer(
            readers=_LINE_READERS,
            find=costs.line_table.find,
            in_company=costs.line_table.live,
            in_scope=lambda line: self._cost(line.direct_cost_id).project_id == project_id,
            check=lambda values, line: self._check_line(project_id, values, line),
            create=lambda values: costs.create_line(**values),  # type: ignore[arg-type]
            update=lambda line, values: costs.line_table.edit(line.id, **values),
            show=lambda line: self._line(project, line),
        ).sync()

    def _check(self, values: Json, row: Row | None) -> Errors:
        if row is not None and row.origin_id and values.keys() - _ORIGIN:
            return _LOCKED
        assert row is None or isinstance(row, DirectCost)
        kind = values.get("direct_cost_type", None if row is None else row.direct_cost_type)
        problems: Errors = {}
        if kind not in TYPES:
            problems["direct_cost_type"] = ["is not included in the list"]
        if values.get("status", "draft") not in STATUSES:
            problems["status"] = ["is not included in the list"]
        vendor_id = values.get("vendor_id", None if row is None else row.vendor_id)
        if kind == "invoice" and not vendor_id:
            problems["vendor"] = ["can't be blank"]
        if vendor_id and self._state.vendor_table.find(int(str(vendor_id))) is None:
            problems["vendor"] = ["must exist"]
        return problems

    def _check_line(self, project_id: int, values: Json, line: Row | None) -> Errors:
        assert line is None or isinstance(line, DirectCostLine)
        cost_id = int(str(values.get("direct_cost_id") or (line.direct_cost_id if line else 0)))
        cost = self._costs.cost_table.find(cost_id)
        if cost is None or cost.project_id != project_id:
            return {"direct_cost": ["must exist"]}
        if cost.origin_id and (line is None or values.keys() - _ORIGIN - {"direct_cost_id"}):
            return _LOCKED
        problems: Errors = {}
        code = self._state.cost_code_table.find(int(str(values.get("cost_code_id") or 0)))
        if (line is None or "cost_code_id" in values) and (code is None or code.project_id != project_id):
            problems["cost_code"] = ["must exist"]
        kind = self._state.type_table.find(int(str(values.get("line_item_type_id") or 0)))
        if (line is None or "line_item_type_id" in values) and kind is None:
            problems["line_item_type"] = ["must exist"]
        return problems

    def _project(self, project_id: int) -> Project:
        row = self._state.project_table.find(project_id)
        if row is None:
            raise not_found("Project")
        return row

    def _alone(self, project_id: int) -> Project:
        """The project, for a call that writes: 409 while another's sync is under way (reference, 2.6)."""
        project = self._project(project_id)
        if project_id in self._costs.synced_by_others:
            raise Refusal(409, {"message": _UNDER_WAY})
        return project

    def _cost(self, cost_id: int) -> DirectCost:
        return self._costs.cost_table.get(cost_id)

    def _found(self, project_id: int, cost_id: int) -> DirectCost:
        row = self._costs.cost_table.find(cost_id)
        if row is None or row.project_id != project_id:
            raise not_found("Direct cost")
        return row

    def _listed(self, row: DirectCost) -> Json:
        vendor = self._state.vendor_table.find(row.vendor_id or 0)
        name = vendor.name if vendor else None
        total = money(self._costs.total(row.id))
        return {
            "id": row.id,
            "amount": total,
            "created_at": moment(row.created_at),
            "deleted_at": moment(row.deleted_at),
            "description": row.description,
            "direct_cost_type": row.direct_cost_type,
            "direct_cost_date": day(row.direct_cost_date),
            "grand_total": total,
            "invoice_number": row.invoice_number,
            "origin_data": row.origin_data,
            "origin_id": row.origin_id,
            "payment_date": day(row.payment_date),
            "received_date": day(row.received_date),
            "status": row.status,
            "terms": row.terms,
            "updated_at": moment(row.updated_at),
            "vendor": name,
            "vendor_id": row.vendor_id,
            "vendor_name": name,
            "currency_configuration": {"currency_iso_code": "USD"},
            "employee": None,
        }

    def _shown(self, row: DirectCost) -> Json:
        listed = self._listed(row)
        del listed["amount"]
        vendor = None if row.vendor_id is None else {"id": row.vendor_id, "name": listed["vendor"]}
        return listed | {
            "attachments": [],
            "attachments_count": 0,
            "line_items_count": len(self._costs.lines(row.id)),
            "vendor": vendor,
        }

    def _line(self, project: Project, line: DirectCostLine) -> Json:
        code = self._state.cost_code_table.get(line.cost_code_id)
        kind = self._state.type_table.get(line.line_item_type_id)
        amount, shown = money(line.amount), CostCodes(self._state).show(code)
        return {
            "id": line.id,
            "amount": amount,
            "company": {"id": self._state.company_id, "name": self._state.company_name},
            "wbs_code": {
                "id": 182_000_000 + code.id * 10 + kind.id % 10,
                "flat_code": f"{'-'.join(self._state.segments(code))}.{kind.code}",
                "description": f"{code.name}.{kind.name}",
            },
            "cost_code": {name: shown[name] for name in _CODE_FIELDS},
            "created_at": moment(line.created_at),
            "description": line.description,
            "extended_type": line.extended_type,
            "holder": {"id": line.direct_cost_id, "holder_type": "DirectCost"},
            "line_item_type": show_type(kind),
            "origin_data": line.origin_data,
            "origin_id": line.origin_id,
            "position": line.position,
            "project": {"id": project.id, "name": project.name},
            "quantity": money(line.quantity),
            "tax_code_id": line.tax_code_id,
            "total_amount": amount,
            "extended_amount": amount,
            "unit_cost": money(line.unit_cost),
            "uom": line.uom,
            "updated_at": moment(line.updated_at),
            "change_event_line_item": None,
            "currency_configuration": {"currency_iso_code": "USD"},
        }
