"""The cost structure: standard lists and codes, project codes, cost types (reference, 3.3 and A.3)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from flask import Response, request

from qbsync.simulator.procore.answers import Json, moment
from qbsync.simulator.procore.company import require_company, require_project
from qbsync.simulator.procore.reading import Filter, by_id, by_text, narrowed, number_of, page_of
from qbsync.simulator.procore.routes import Route
from qbsync.simulator.procore.rows import CostCode, CostCodeList, LineItemType, Row, StandardCostCode
from qbsync.simulator.procore.state import ProcoreState
from qbsync.simulator.procore.writing import Errors, Reader, Writer, name_is_there, text, whole

_STANDARD_READERS: Final[dict[str, Reader]] = {
    "name": text,
    "code": text,
    "parent_id": whole,
    "origin_id": text,
    "origin_data": text,
}
_READERS: Final[dict[str, Reader]] = {
    **_STANDARD_READERS,
    "position": whole,
    "standard_cost_code_id": whole,
}
_FILTERS: Final[dict[str, Filter]] = {"origin_id": by_text("origin_id")}


class StandardCostCodes:
    """The endpoints of the company's standard cost codes."""

    def __init__(self, state: ProcoreState) -> None:
        self._state = state

    def routes(self) -> Sequence[Route]:
        """The family's endpoints."""
        return [
            Route("GET", "/rest/v1.0/standard_cost_code_lists", self.lists),
            Route("GET", "/rest/v1.0/standard_cost_codes", self.index),
            Route("PATCH", "/rest/v1.0/standard_cost_codes/sync", self.sync),
        ]

    def lists(self) -> Response:
        """The company's lists."""
        require_company(self._state)
        return page_of(self._state.cost_code_lists(), _show_list)

    def index(self) -> Response:
        """The codes of one list; `filters[updated_at]` is not among the endpoint's filters."""
        require_company(self._state)
        rows = self._state.standard_cost_codes(number_of("standard_cost_code_list_id"))
        return page_of(narrowed(rows, _FILTERS), self.show)

    def sync(self) -> Response:
        """Create and change many in one list."""
        require_company(self._state)
        list_id = number_of("standard_cost_code_list_id")
        table = self._state.standard_code_table
        return Writer(
            readers=_STANDARD_READERS,
            find=table.find,
            in_company=table.live,
            in_scope=lambda row: row.standard_cost_code_list_id == list_id,
            check=_code_and_name,
            create=lambda values: table.create(standard_cost_code_list_id=list_id, **values),
            update=lambda row, values: table.edit(row.id, **values),
            show=self.show,
        ).sync()

    def show(self, row: StandardCostCode) -> Json:
        """The object of every view."""
        return {
            "id": row.id,
            "standard_cost_code_list_id": row.standard_cost_code_list_id,
            "parent_id": row.parent_id,
            "code": row.code,
            "full_code": "-".join(self._state.segments(row)),
            "name": row.name,
            "origin_data": row.origin_data,
            "origin_id": row.origin_id,
        }


class CostCodes:
    """The endpoints of projects' cost codes."""

    def __init__(self, state: ProcoreState) -> None:
        self._state = state

    def routes(self) -> Sequence[Route]:
        """The family's endpoints."""
        return [
            Route("GET", "/rest/v1.0/cost_codes", self.index),
            Route("PATCH", "/rest/v1.0/cost_codes/sync", self.sync),
        ]

    def index(self) -> Response:
        """The codes of one project."""
        rows = narrowed(self._state.cost_codes(require_project(self._state)), {**_FILTERS, "id": by_id})
        if request.args.get("view") == "erp_compact":
            return page_of(rows, self._compact)
        return page_of(rows, self.show)

    def sync(self) -> Response:
        """Create and change many in one project."""
        project_id = require_project(self._state)
        table = self._state.cost_code_table
        return Writer(
            readers=_READERS,
            find=table.find,
            in_company=table.live,
            in_scope=lambda row: row.project_id == project_id,
            check=_code_and_name,
            create=lambda values: table.create(project_id=project_id, **values),
            update=lambda row, values: table.edit(row.id, **values),
            show=self.show,
        ).sync()

    def _compact(self, row: CostCode) -> Json:
        full = self.show(row)
        return {name: full[name] for name in ("id", "code", "full_code", "name", "origin_id", "origin_data")}

    def show(self, row: CostCode) -> Json:
        """The object of the list, and of a line's `cost_code`."""
        state = self._state
        project = state.project(row.project_id)
        full_code = "-".join(state.segments(row))
        standard = state.standard_code_table.find(row.standard_cost_code_id or 0)
        return {
            "id": row.id,
            "biller": project.name,
            "biller_id": project.id,
            "biller_type": "Project",
            "budgeted": True,
            "code": row.code,
            "created_at": moment(row.created_at),
            "deleted_at": moment(row.deleted_at),
            "full_code": full_code,
            "name": row.name,
            "origin_data": row.origin_data,
            "origin_id": row.origin_id,
            "parent": {"id": row.parent_id},
            "position": row.position,
            "sortable_code": full_code,
            "standard_cost_code_id": row.standard_cost_code_id,
            "standard_cost_code_list_id": standard.standard_cost_code_list_id if standard else None,
            "updated_at": moment(row.updated_at),
            "line_item_types": [show_type(one) for one in state.line_item_types()],
        }


class LineItemTypes:
    """The endpoints of the company's cost types."""

    def __init__(self, state: ProcoreState) -> None:
        self._state = state

    def routes(self) -> Sequence[Route]:
        """The family's endpoints."""
        path = "/rest/v1.0/line_item_types"
        return [Route("GET", path, self.index), Route("PATCH", f"{path}/sync", self.sync)]

    def index(self) -> Response:
        """The cost types."""
        require_company(self._state)
        return page_of(narrowed(self._state.line_item_types(), _FILTERS), show_type)

    def sync(self) -> Response:
        """Create and change many."""
        require_company(self._state)
        table = self._state.type_table
        return Writer(
            readers=dict.fromkeys(("name", "code", "base_type", "origin_id", "origin_data"), text),
            find=table.find,
            in_company=table.live,
            in_scope=lambda _: True,
            check=_code_and_name,
            create=lambda values: table.create(**values),
            update=lambda row, values: table.edit(row.id, **values),
            show=show_type,
        ).sync()


def show_type(row: LineItemType) -> Json:
    """A cost type as lists and lines show it."""
    return {
        "id": row.id,
        "name": row.name,
        "code": row.code,
        "base_type": row.base_type,
        "origin_data": row.origin_data,
        "origin_id": row.origin_id,
    }


def _show_list(row: CostCodeList) -> Json:
    return {
        "available_to_use_on_new_projects": row.available_to_use_on_new_projects,
        "id": row.id,
        "is_erp_list": row.is_erp_list,
        "name": row.name,
    }


def _code_and_name(values: Json, row: Row | None) -> Errors:
    problems = name_is_there(values, row)
    if ("code" in values or row is None) and not str(values.get("code") or "").strip():
        problems["code"] = ["can't be blank"]
    return problems
