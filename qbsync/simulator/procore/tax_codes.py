"""The company's tax codes (reference, 3.4 and A.4)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from flask import Response

from qbsync.simulator.procore.answers import Json
from qbsync.simulator.procore.company import require_company
from qbsync.simulator.procore.reading import Filter, by_id, by_time, narrowed, page_of
from qbsync.simulator.procore.routes import Route
from qbsync.simulator.procore.rows import TaxCode
from qbsync.simulator.procore.state import ProcoreState

_FILTERS: Final[dict[str, Filter]] = {
    "id": by_id,
    "created_at": by_time("created_at"),
    "updated_at": by_time("updated_at"),
}


class TaxCodes:
    """The endpoint of the company's tax codes."""

    def __init__(self, state: ProcoreState) -> None:
        self._state = state

    def routes(self) -> Sequence[Route]:
        """The family's endpoints."""
        return [Route("GET", "/rest/v1.0/tax_codes", self.index)]

    def index(self) -> Response:
        """The tax codes."""
        require_company(self._state)
        return page_of(narrowed(self._state.tax_table.live(), _FILTERS), _show)


def _show(row: TaxCode) -> Json:
    return {
        "id": row.id,
        "code": row.code,
        "description": row.description,
        "origin_data": row.origin_data,
        "origin_id": row.origin_id,
        "rate1": float(row.rate),
        "archived": row.archived,
        "default_tax_code": False,
    }
