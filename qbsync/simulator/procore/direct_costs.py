"""Direct costs of projects: what was spent without a commitment's invoice, each with its lines."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from qbsync.simulator.procore.clock import Clock
from qbsync.simulator.procore.forbidden import SYNCED, ForbiddenMoveError
from qbsync.simulator.procore.invoice_rows import ZERO
from qbsync.simulator.procore.rows import Row
from qbsync.simulator.procore.table import Table

TYPES: Final = ("invoice", "expense", "payroll")
STATUSES: Final = ("draft", "pending", "revise_and_resubmit", "approved")


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectCost(Row):
    """A direct cost of a project."""

    project_id: int
    direct_cost_type: str = "expense"
    status: str = "draft"
    description: str | None = None
    invoice_number: str | None = None
    direct_cost_date: date | None = None
    received_date: date | None = None
    payment_date: date | None = None
    terms: str | None = None
    vendor_id: int | None = None
    employee_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectCostLine(Row):
    """A line of a direct cost, on a cost code of its project."""

    direct_cost_id: int
    cost_code_id: int
    line_item_type_id: int
    position: int
    amount: Decimal = ZERO
    quantity: Decimal = Decimal(1)
    unit_cost: Decimal = ZERO
    description: str | None = None
    extended_type: str = "manual"
    uom: str | None = None
    tax_code_id: int | None = None


class DirectCosts:
    """A company's direct costs; one with an origin id can neither be edited nor deleted by hand."""

    def __init__(self, clock: Clock, lock: threading.RLock) -> None:
        self._lock = lock
        self.synced_by_others: set[int] = set()
        """The projects whose direct costs another program's bulk update is writing at this moment."""
        self.cost_table = Table(DirectCost, clock, 379_900)
        self.line_table = Table(DirectCostLine, clock, 990_100)

    def create(
        self, project_id: int, lines: Sequence[tuple[int, int, Decimal, str]] = (), **fields: object
    ) -> DirectCost:
        """Enter a direct cost; a line is cost code, cost type, amount and description."""
        with self._lock:
            cost = self.cost_table.create(project_id=project_id, **fields)
            for code_id, type_id, amount, text in lines:
                self.create_line(
                    cost.id, cost_code_id=code_id, line_item_type_id=type_id, amount=amount, description=text
                )
            return cost

    def create_line(self, direct_cost_id: int, **fields: object) -> DirectCostLine:
        """Add a line to a direct cost."""
        with self._lock:
            position = len(self.lines(direct_cost_id)) + 1
            return self.line_table.create(direct_cost_id=direct_cost_id, position=position, **fields)

    def edit(self, direct_cost_id: int, **changes: object) -> DirectCost:
        """Change a direct cost; raises ForbiddenMoveError for a synced one."""
        with self._lock:
            self._free(direct_cost_id)
            return self.cost_table.edit(direct_cost_id, **changes)

    def delete(self, direct_cost_id: int) -> None:
        """Remove a direct cost with its lines; raises ForbiddenMoveError for a synced one."""
        with self._lock:
            self._free(direct_cost_id)
            for line in self.lines(direct_cost_id):
                self.line_table.delete(line.id)
            self.cost_table.delete(direct_cost_id)

    @contextmanager
    def sync_of_another(self, project_id: int) -> Iterator[None]:
        """Another program's bulk update of a project's direct costs, under way as long as it lasts."""
        self.synced_by_others.add(project_id)
        try:
            yield
        finally:
            self.synced_by_others.discard(project_id)

    def all(self) -> list[DirectCost]:
        """Every direct cost of the company."""
        with self._lock:
            return self.cost_table.live()

    def of_project(self, project_id: int) -> list[DirectCost]:
        """The direct costs of one project."""
        return [row for row in self.all() if row.project_id == project_id]

    def lines(self, direct_cost_id: int) -> list[DirectCostLine]:
        """The lines of one direct cost."""
        with self._lock:
            return [row for row in self.line_table.live() if row.direct_cost_id == direct_cost_id]

    def total(self, direct_cost_id: int) -> Decimal:
        """What a direct cost comes to."""
        return sum((line.amount for line in self.lines(direct_cost_id)), ZERO)

    def _free(self, direct_cost_id: int) -> None:
        if self.cost_table.get(direct_cost_id).origin_id:
            raise ForbiddenMoveError(f"direct cost {direct_cost_id} {SYNCED}")
