"""The endpoints of staged records, and the older ones of entities that have none (E10 and E11 of 4.2)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Final

from flask import Response, request

from qbsync.simulator.procore.answers import Json, Refusal, answer, missing, not_found
from qbsync.simulator.procore.company import require_company
from qbsync.simulator.procore.erp_rows import StagedRecord
from qbsync.simulator.procore.reading import body
from qbsync.simulator.procore.routes import Route
from qbsync.simulator.procore.state import ProcoreState
from qbsync.simulator.procore.writing import MOST_ITEMS

_STAGED: Final = "/rest/v1.0/companies/<int:company_id>/staged_records"
_LEGACY: Final = {
    "erp_vendors": "vendor",
    "erp_projects": "project",
    "erp_work_order_contracts": "work_order_contract",
    "erp_purchase_order_contracts": "purchase_order_contract",
    "erp_work_order_contract_line_items": "line_item",
    "erp_purchase_order_contract_line_items": "line_item",
}
_OWN: Final = (
    "item_type",
    "origin_id",
    "origin_code",
    "origin_data",
    "status",
    "parent_id",
    "parent_origin_id",
)


class StagingApi:
    """The endpoints of one company's staged records."""

    def __init__(self, state: ProcoreState) -> None:
        self._state = state
        self._tool = state.erp

    def routes(self) -> Sequence[Route]:
        """The family's endpoints."""
        return [
            Route("PATCH", f"{_STAGED}/sync", self.sync),
            Route("POST", _STAGED, self.create),
            Route("PUT", f"{_STAGED}/<int:record_id>", self.update),
            *(
                Route("PATCH", f"/rest/v1.0/{name}/sync", _named(partial(self.legacy, item_type), name))
                for name, item_type in _LEGACY.items()
            ),
        ]

    def sync(self, company_id: int) -> Response:
        """Stage many, each perhaps with its children."""
        self._admit(company_id)
        return self._staged(_updates(), legacy=False)

    def create(self, company_id: int) -> Response:
        """Stage one."""
        self._admit(company_id)
        sent = body().get("staged_record")
        row, problems = self._tool.stage(sent if isinstance(sent, dict) else body())
        if row is None:
            raise Refusal(422, {"errors": problems})
        return answer(_shown(row), status=201)

    def update(self, company_id: int, record_id: int) -> Response:
        """Change one."""
        self._admit(company_id)
        before = self._tool.tables.staged.find(record_id)
        if before is None:
            raise not_found("Staged record")
        sent = body().get("staged_record")
        given = sent if isinstance(sent, dict) else body()
        row, problems = self._tool.stage(
            {"data": before.data, **given, "item_type": before.item_type, "origin_id": before.origin_id}
        )
        if row is None:
            raise Refusal(422, {"errors": problems})
        return answer(_shown(row))

    def legacy(self, item_type: str) -> Response:
        """Stage many of one type by flat attributes."""
        require_company(self._state)
        self._admit(self._state.company_id)
        updates = [
            {
                **{name: sent[name] for name in _OWN if name in sent},
                "item_type": item_type,
                "data": self._data(sent),
            }
            for sent in _updates()
        ]
        return self._staged(updates, legacy=True)

    def _data(self, sent: Json) -> Json:
        data = {name: value for name, value in sent.items() if name not in _OWN}
        project = self._state.project_table.find(int(str(data.get("project_id") or 0)))
        return data | ({"project_origin_id": project.origin_id} if project else {})

    def _staged(self, updates: Sequence[Json], *, legacy: bool) -> Response:
        entities: list[Json] = []
        errors: list[Json] = []
        for sent in updates:
            row, problems = self._tool.stage(sent, legacy=legacy)
            if row is None:
                errors.append({**sent, "errors": problems})
            else:
                entities.append(_shown(row))
        return answer({"entities": entities, "errors": errors})

    def _admit(self, company_id: int) -> None:
        if company_id != self._state.company_id or not self._tool.activated:
            raise not_found("Company")


def _named(view: Callable[[], Response], name: str) -> Callable[[], Response]:
    # Flask wants a function with a name of its own.
    view.__name__ = name
    return view


def _updates() -> list[Json]:
    sent = request.get_json(silent=True)
    updates = sent.get("updates") if isinstance(sent, dict) else None
    if not isinstance(updates, list):
        raise missing("updates")
    if len(updates) > MOST_ITEMS:
        raise Refusal(413, {"message": f"Sync takes at most {MOST_ITEMS} items."})
    return [one if isinstance(one, dict) else {} for one in updates]


def _shown(row: StagedRecord) -> Json:
    return {
        "id": row.id,
        "item_type": row.item_type,
        "origin_id": row.origin_id,
        "origin_code": row.origin_code,
        "origin_data": row.origin_data,
        "parent_id": row.parent_id,
        "status": row.status,
        "data": dict(row.data),
    }
