"""Budgets as the people in Procore make them: lines, the lock, and budget changes."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from decimal import Decimal

from qbsync.simulator.procore.change_rows import BudgetAdjustment, BudgetChange, BudgetLine
from qbsync.simulator.procore.clock import Clock
from qbsync.simulator.procore.forbidden import ForbiddenMoveError
from qbsync.simulator.procore.table import Table

APPROVED = "approved"


class Budgets:
    """A company's budgets, and a person's moves on them; what Procore does not allow changes nothing."""

    def __init__(self, clock: Clock, lock: threading.RLock) -> None:
        self._lock = lock
        self.line_table = Table(BudgetLine, clock, 7_868_294)
        self.change_table = Table(BudgetChange, clock, 56)
        self.adjustment_table = Table(BudgetAdjustment, clock, 561)
        self.locked: set[int] = set()
        self.frozen: set[int] = set()
        """Projects whose export waits to be seen in the Job Costs Report (workflows, W3)."""

    def add_line(
        self, project_id: int, cost_code_id: int, amount: Decimal, line_item_type_id: int | None = None
    ) -> BudgetLine:
        """Budget a cost code, of one cost type; forbidden once the budget is locked."""
        with self._lock:
            self._must_be_open(project_id)
            return self.line_table.create(
                project_id=project_id,
                cost_code_id=cost_code_id,
                original=amount,
                line_item_type_id=line_item_type_id,
            )

    def delete_line(self, line_id: int) -> None:
        """Take a line out of an unlocked budget."""
        with self._lock:
            self._must_be_open(self.line_table.get(line_id).project_id)
            self.line_table.delete(line_id)

    def lock(self, project_id: int) -> None:
        """Lock a project's budget: the original amounts stand."""
        with self._lock:
            self.locked.add(project_id)

    def unlock(self, project_id: int) -> None:
        """Unlock it; forbidden while it is frozen."""
        with self._lock:
            self._must_be_thawed(project_id)
            self.locked.discard(project_id)

    def change(
        self, project_id: int, amounts: Mapping[int, Decimal], *, status: str = APPROVED, title: str = ""
    ) -> BudgetChange:
        """Make a budget change; `amounts` are added to budget lines by their ids; not while it is frozen."""
        with self._lock:
            self._must_be_thawed(project_id)
            count = sum(row.project_id == project_id for row in self.change_table.everything())
            row = self.change_table.create(
                project_id=project_id, number=str(count + 1), title=title, status=status
            )
            for line_id, amount in amounts.items():
                self.adjustment_table.create(change_id=row.id, budget_line_id=line_id, amount=amount)
            return row

    def decide(self, change_id: int, status: str) -> BudgetChange:
        """Approve or void a budget change."""
        with self._lock:
            return self.change_table.edit(change_id, status=status)

    def modify(self, from_line: int, to_line: int, amount: Decimal) -> None:
        """Move an amount from one line to another by a budget modification; not while it is frozen."""
        with self._lock:
            self._must_be_thawed(self.line_table.get(from_line).project_id)
            for line_id, signed in ((from_line, -amount), (to_line, amount)):
                before = self.line_table.get(line_id)
                self.line_table.edit(line_id, modifications=before.modifications + signed)

    def lines(self, project_id: int) -> list[BudgetLine]:
        """A project's budget lines, as they were made."""
        with self._lock:
            return [row for row in self.line_table.live() if row.project_id == project_id]

    def revised(self, line: BudgetLine) -> Decimal:
        """What a line comes to with modifications and approved changes."""
        with self._lock:
            approved = {row.id for row in self.change_table.live() if row.status == APPROVED}
            added = (
                row.amount
                for row in self.adjustment_table.live()
                if row.budget_line_id == line.id and row.change_id in approved
            )
            return line.original + line.modifications + sum(added, Decimal(0))

    def _must_be_thawed(self, project_id: int) -> None:
        if project_id in self.frozen:
            raise ForbiddenMoveError(
                f"the budget of project {project_id} is frozen until its amounts are in the Job Costs Report"
            )

    def _must_be_open(self, project_id: int) -> None:
        if project_id in self.locked:
            raise ForbiddenMoveError(f"the budget of project {project_id} is locked")
