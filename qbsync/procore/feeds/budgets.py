"""One project's budget: read whole, since no list of its lines has a filter on updated_at (section 3.5).

A reading costs the lock, the rows and the lines of budget changes, one call each a page; where a change is
on a code that no budgeted row has, the unbudgeted rows too. The view's id is asked for once and kept, and the
project's cost codes are those that the same pull has read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from qbsync.errors import ProcoreMissingError
from qbsync.model.records import Budget, BudgetLine, RecordKind
from qbsync.procore.client import ProcoreClient
from qbsync.procore.feeds.cost_codes import CostCodes
from qbsync.procore.feeds.cursors import format_moment, is_due
from qbsync.procore.feeds.events import FeedEvent, Mark, Seen, Unreadable
from qbsync.procore.feeds.exportable import budget_hindrance
from qbsync.procore.payloads.budgets import (
    AdjustmentPayload,
    BudgetPayload,
    BudgetRowPayload,
    BudgetViewPayload,
)
from qbsync.procore.payloads.commitments import standard_id
from qbsync.procore.payloads.shape import read

_APPROVED: Final = "approved"
_SUB_JOB: Final = "SubJob"
_PER_PAGE: Final = 100
"""The most that the v2 lines give (section 6)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetStream:
    """The budget of one project; `list_id` is the chosen standard cost code list.

    `adds_changes`: approved budget changes come on top of the rows' budget_modifications; otherwise the rows
    are taken to include them, which is not documented (section 3.5).
    """

    client: ProcoreClient
    company_id: str
    project_id: str
    list_id: str
    codes: CostCodes
    adds_changes: bool = True
    read_every: timedelta = timedelta(hours=1)

    def pull(self, marks: Mapping[str, str], now: datetime) -> Iterator[FeedEvent]:
        """The budget, if it is due to be read; a project without one gives nothing."""
        read_mark, view_mark = f"budgets/{self.project_id}", f"budget_views/{self.project_id}"
        if not is_due(marks.get(read_mark, ""), now, self.read_every):
            return
        view = marks.get(view_mark, "")
        if not view:
            view = self._view()
            if view:
                yield Mark(stream=view_mark, value=view)
        if view:
            yield from self._seen(view)
        yield Mark(stream=read_mark, value=format_moment(now))

    def _view(self) -> str:
        raws = self.client.get_all("/rest/v1.0/budget_views", {"project_id": self.project_id})
        first = next(iter(raws), None)
        return "" if first is None else read(BudgetViewPayload, first, what="a budget view").id

    def _seen(self, view: str) -> Iterator[FeedEvent]:
        raw = self.client.get(f"/rest/v1.0/projects/{self.project_id}/budget")
        locked = read(BudgetPayload, raw, what=f"the budget of project {self.project_id}").locked
        why_not = budget_hindrance(locked=locked)
        rows = self._rows(view, "budgeted") if locked else []
        changes = self._changes() if locked and self.adds_changes else {}
        lacking = {code for code, amount in changes.items() if amount} - {row.wbs_code_id for row in rows}
        if lacking:
            others = [row for row in self._rows(view, "unbudgeted") if row.wbs_code_id in lacking]
            rows += others
            lacking -= {row.wbs_code_id for row in others}
        if lacking:
            why_not = _without_row({code: changes[code] for code in lacking})
        if locked and not rows:
            why_not = "The budget has no lines in Procore."
        name = rows[0].project if rows else ""
        lines = tuple(self._lines(rows, changes)) if rows else ()
        yield Seen(
            record=Budget(procore_id=self.project_id, project_name=name, lines=lines),
            exportable=not why_not,
            why_not=why_not,
        )
        if lacking:
            yield Unreadable(kind=RecordKind.BUDGET, procore_id=self.project_id, message=why_not)

    def _rows(self, view: str, row_type: str) -> list[BudgetRowPayload]:
        raws = self.client.get_all(
            f"/rest/v1.0/budget_views/{view}/detail_rows",
            {"project_id": self.project_id, "budget_row_type": row_type},
        )
        return [
            read(BudgetRowPayload, raw, what=f"a budget row of project {self.project_id}") for raw in raws
        ]

    def _lines(self, rows: list[BudgetRowPayload], changes: Mapping[str, Decimal]) -> Iterator[BudgetLine]:
        codes = {code.id: code for code in self.codes.read()}
        for row in rows:
            code = codes.get(row.cost_code_id or "") if row.biller_type != _SUB_JOB else None
            changed = changes.get(row.wbs_code_id or "", Decimal(0))
            full_code, _, name = row.cost_code.partition(" - ")
            yield BudgetLine(
                cost_code_id=None if code is None else standard_id(code, self.list_id),
                cost_code=(code.full_code or code.code) if code is not None else full_code,
                description=(code.name if code is not None else "") or name or full_code,
                amount=row.original_budget_amount + row.budget_modifications + changed,
                cost_type_id=row.category_id or "",
                cost_type=row.category,
            )

    def _changes(self) -> dict[str, Decimal]:
        """What approved budget changes add, by WBS code; nothing where the project does not use them."""
        path = (
            f"/rest/v2.0/companies/{self.company_id}/projects/{self.project_id}"
            "/budget_changes/adjustment_line_items"
        )
        found: dict[str, Decimal] = {}
        try:
            for raw in self.client.get_all(path, per_page=_PER_PAGE):
                line = read(AdjustmentPayload, raw, what=f"a budget change of project {self.project_id}")
                if line.budget_change_status.casefold() == _APPROVED and line.wbs_code_id is not None:
                    found[line.wbs_code_id] = found.get(line.wbs_code_id, Decimal(0)) + line.amount
        except ProcoreMissingError:
            return {}
        return found


def _without_row(changes: Mapping[str, Decimal]) -> str:
    """Why a budget cannot go whose approved changes are on codes that none of its rows has."""
    named = ", ".join(f"{amount} on budget code {code}" for code, amount in sorted(changes.items()))
    return (
        f"An approved budget change is on a budget code that the budget view does not show: {named}. Add "
        "that code to the budget in Procore, or void the change; then qbsync reads the budget again."
    )
