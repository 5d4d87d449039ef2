"""Rows of change orders and budgets."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from qbsync.simulator.procore.rows import Row


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeOrder(Row):
    """A change order package; `contract_id` is a commitment's, or a prime contract's where `prime`."""

    project_id: int
    contract_id: int
    number: str
    title: str = ""
    description: str | None = None
    status: str = "draft"
    prime: bool = False
    executed: bool = False
    reviewed_at: datetime | None = None
    origin_code: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeOrderLine(Row):
    """A line of a change order; `commitment_line_id` is the commitment's line that it changes, if any."""

    package_id: int
    position: int
    cost_code_id: int | None
    description: str = ""
    amount: Decimal = Decimal(0)
    line_item_type_id: int | None = None
    commitment_line_id: int | None = None
    tax_code_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetLine(Row):
    """What one cost code of one cost type was budgeted at first; modified by `modifications`."""

    project_id: int
    cost_code_id: int
    original: Decimal
    modifications: Decimal = Decimal(0)
    line_item_type_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetChange(Row):
    """A budget change of a project."""

    project_id: int
    number: str
    title: str = ""
    status: str = "draft"


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetAdjustment(Row):
    """A line of a budget change: what it adds to one budget line."""

    change_id: int
    budget_line_id: int
    amount: Decimal
