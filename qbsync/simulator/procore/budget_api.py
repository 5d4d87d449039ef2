"""The endpoints of budgets: the lock, views and their rows, and the lines of budget changes (3.5, A.5)."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Response, request

from qbsync.simulator.procore.answers import Json, answer, moment, money, not_found
from qbsync.simulator.procore.change_rows import BudgetAdjustment, BudgetLine
from qbsync.simulator.procore.company import ACCOUNT_ID, require_project
from qbsync.simulator.procore.reading import page_of
from qbsync.simulator.procore.routes import Route
from qbsync.simulator.procore.state import ProcoreState

VIEW_ID = 117_217


class BudgetApi:
    """The endpoints of one company's budgets."""

    def __init__(self, state: ProcoreState) -> None:
        self._state = state
        self._budgets = state.budgets

    def routes(self) -> Sequence[Route]:
        """The family's endpoints."""
        lines = "/rest/v2.0/companies/<int:company_id>/projects/<int:project_id>/budget_changes"
        return [
            Route("GET", "/rest/v1.0/projects/<int:project_id>/budget", self.show),
            Route("GET", "/rest/v1.0/budget_views", self.views),
            Route("GET", "/rest/v1.0/budget_views/<int:view_id>/detail_rows", self.rows),
            Route("GET", f"{lines}/adjustment_line_items", self.adjustments),
        ]

    def show(self, project_id: int) -> Response:
        """Whether the budget is locked."""
        if self._state.project_table.find(project_id) is None:
            raise not_found("Project")
        return answer({"locked": project_id in self._budgets.locked})

    def views(self) -> Response:
        """The views of budgets; one, as Procore gives each company."""
        require_project(self._state)
        project_id = require_project(self._state)
        made = moment(self._state.project(project_id).created_at)
        root = f"{request.host_url}rest/v1.0/budget_views/{VIEW_ID}"
        view = {
            "id": VIEW_ID,
            "name": "Procore Standard Budget",
            "description": None,
            "created_at": made,
            "created_by": {"id": ACCOUNT_ID, "login": "", "name": "Pat Lee"},
            "updated_at": made,
            "role": "budget",
            "links": {
                name: f"{root}/{name}?project_id={project_id}" for name in ("detail_rows", "summary_rows")
            },
        }
        return answer([view])

    def rows(self, view_id: int) -> Response:
        """A view's rows: a line for each cost code of each cost type."""
        project_id = require_project(self._state)
        if view_id != VIEW_ID:
            raise not_found("Budget view")
        if request.args.get("budget_row_type") == "unbudgeted":
            return page_of([], self._row)
        return page_of(self._budgets.lines(project_id), self._row)

    def adjustments(self, company_id: int, project_id: int) -> Response:
        """Every line of every budget change of a project."""
        if company_id != self._state.company_id:
            raise not_found("Company")
        changes = {row.id for row in self._budgets.change_table.live() if row.project_id == project_id}
        rows = [row for row in self._budgets.adjustment_table.live() if row.change_id in changes]
        return answer({"data": [self._adjustment(row) for row in rows]})

    def _row(self, line: BudgetLine) -> Json:
        state = self._state
        project = state.project(line.project_id)
        code = state.cost_code(line.cost_code_id)
        kind = state.type_table.find(line.line_item_type_id or 0)
        segments = state.segments(code)
        return {
            "id": line.id,
            "deletable": False,
            "company_id": state.company_id,
            "company": state.company_name,
            "project_id": project.id,
            "wbs_code_id": _wbs_id(line),
            "biller_id": project.id,
            "root_cost_code_id": code.parent_id,
            "cost_code_id": code.id,
            "cost_code_origin_id": code.origin_id,
            "category_id": line.line_item_type_id,
            "project": project.name,
            "biller": project.name,
            "biller_type": "Project",
            "root_cost_code": segments[0],
            "cost_code": f"{'-'.join(segments)} - {code.name}",
            "category": kind.name if kind else None,
            "budget_modifications": money(line.modifications),
            "original_budget_amount": money(line.original),
            "budget_forecast": None,
            "currency_configuration": {"currency_iso_code": "USD"},
            "unbudgeted_reason": None,
        }

    def _adjustment(self, row: BudgetAdjustment) -> Json:
        change = self._budgets.change_table.get(row.change_id)
        line = self._budgets.line_table.get(row.budget_line_id)
        return {
            "id": str(row.id),
            "adjustment_number": 1,
            "wbs_code_id": str(_wbs_id(line)),
            "amount": float(row.amount),
            "uom": None,
            "quantity": 1,
            "description": change.title,
            "type": "budget_change",
            "budget_change_number": change.number,
            "budget_change_status": change.status,
            "budget_change_name": change.title,
            "budget_change_id": str(change.id),
        }


def _wbs_id(line: BudgetLine) -> int:
    return 182_000_000 + line.cost_code_id * 10 + (line.line_item_type_id or 0) % 10
