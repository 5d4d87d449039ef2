"""Schedule of values lines of both kinds of commitment (reference, 3.6 and A.6)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from flask import Response

from qbsync.simulator.procore.answers import Json, moment, money, not_found
from qbsync.simulator.procore.company import require_project
from qbsync.simulator.procore.cost_codes import CostCodes, show_type
from qbsync.simulator.procore.reading import Filter, by_id, by_text, by_time, narrowed, page_of
from qbsync.simulator.procore.routes import Route
from qbsync.simulator.procore.rows import Contract, ContractKind, ContractLine, Row
from qbsync.simulator.procore.state import ProcoreState
from qbsync.simulator.procore.writing import Errors, Reader, Writer, decimal, text, whole

_READERS: Final[dict[str, Reader]] = {
    "amount": decimal,
    "cost_code_id": whole,
    "description": text,
    "extended_type": text,
    "quantity": decimal,
    "line_item_type_id": whole,
    "origin_data": text,
    "origin_id": text,
    "tax_code_id": whole,
    "unit_cost": decimal,
    "uom": text,
}
_ORIGIN: Final = ("origin_id", "origin_data")
_LOCKED: Final = ("Approved", "Complete")
_FILTERS: Final[dict[str, Filter]] = {
    "id": by_id,
    "created_at": by_time("created_at"),
    "updated_at": by_time("updated_at"),
    "cost_code_id": by_text("cost_code_id"),
    "line_item_type_id": by_text("line_item_type_id"),
}


class ContractLines:
    """The endpoints of one kind's lines."""

    def __init__(self, state: ProcoreState, kind: ContractKind) -> None:
        self._state = state
        self._kind = kind

    def routes(self) -> Sequence[Route]:
        """The family's endpoints."""
        path = f"/rest/v1.0/{self._kind}s/<int:contract_id>/line_items"
        return [Route("GET", path, self.index), Route("PATCH", f"{path}/sync", self.sync)]

    def index(self, contract_id: int) -> Response:
        """The lines of one contract."""
        contract = self._contract(contract_id)
        rows = narrowed(self._state.lines(contract.id), _FILTERS)
        return page_of(rows, lambda line: show_line(self._state, contract, line))

    def sync(self, contract_id: int) -> Response:
        """Create and change many lines of one contract."""
        contract = self._contract(contract_id)
        state = self._state
        return Writer(
            readers=_READERS,
            find=state.line_table.find,
            in_company=lambda: [line for line in state.line_table.live() if line.kind == self._kind],
            in_scope=lambda line: line.contract_id == contract.id,
            check=lambda values, line: self._check(contract, values, line),
            create=lambda values: state.create_line(contract.id, **{"cost_code_id": None, **values}),  # type: ignore[arg-type]
            update=lambda line, values: state.edit_line(line.id, **values),
            show=lambda line: show_line(state, contract, line),
        ).sync()

    def _contract(self, contract_id: int) -> Contract:
        project_id = require_project(self._state)
        row = self._state.contract_table.find(contract_id)
        if row is None or row.kind != self._kind or row.project_id != project_id:
            raise not_found("Contract")
        return row

    def _check(self, contract: Contract, values: Json, line: Row | None) -> Errors:
        problems: Errors = {}
        code = self._state.cost_code_table.find(int(str(values.get("cost_code_id") or 0)))
        if (line is None or "cost_code_id" in values) and (
            code is None or code.project_id != contract.project_id
        ):
            problems["cost_code"] = ["must exist"]
        if contract.status not in _LOCKED:
            return problems
        # The status locks the schedule of values; whether it locks origin ids too is not documented.
        changed = [name for name, value in values.items() if line is None or getattr(line, name) != value]
        if line is None or self._state.approved_lines_are_locked:
            locked = changed
        else:
            locked = [name for name in changed if name not in _ORIGIN]
        return problems | {
            name: [f"cannot be changed while the contract is {contract.status}"] for name in locked
        }


def show_line(state: ProcoreState, contract: Contract, line: ContractLine) -> Json:
    """A line as lists, show and sync answers give it; v1 writes its numbers as strings."""
    project = state.project(contract.project_id)
    code = state.cost_code_table.find(line.cost_code_id or 0)
    kind = state.type_table.find(line.line_item_type_id or 0)
    amount = money(line.amount)
    wbs = None
    if code is not None:
        suffix, words = (f".{kind.code}", f".{kind.name}") if kind else ("", "")
        wbs = {
            "id": 182_000_000 + code.id * 10 + (kind.id % 10 if kind else 0),
            "flat_code": "-".join(state.segments(code)) + suffix,
            "description": code.name + words,
        }
    return {
        "id": line.id,
        "amount": amount,
        "company": {"id": state.company_id, "name": state.company_name},
        "wbs_code": wbs,
        "cost_code": CostCodes(state).show(code) if code else None,
        "created_at": moment(line.created_at),
        "description": line.description,
        "extended_type": line.extended_type,
        "holder": {"id": line.contract_id, "holder_type": line.kind.holder_type},
        "line_item_type": show_type(kind) if kind else None,
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
        "currency_configuration": {"currency_iso_code": contract.currency},
    }
