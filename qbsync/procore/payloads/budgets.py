"""Budgets as Procore sends them: the lock, the rows of a budget view, and the lines of budget changes."""

from __future__ import annotations

from decimal import Decimal

from pydantic import StrictBool

from qbsync.procore.payloads.shape import Amount, Id, OptionalId, Payload, Quantity, Text


class BudgetPayload(Payload):
    """Whether a project's budget is locked."""

    locked: StrictBool = False


class BudgetViewPayload(Payload):
    """A view of budgets, by which their rows are read; the original amounts are the same in each."""

    id: Id


class BudgetRowPayload(Payload):
    """A row of a view: one cost code of one cost type."""

    id: Id
    wbs_code_id: OptionalId = None
    cost_code_id: OptionalId = None
    cost_code: Text = ""
    project: Text = ""
    category_id: OptionalId = None
    category: Text = ""
    biller_type: Text = ""
    original_budget_amount: Amount
    budget_modifications: Quantity = Decimal(0)


class AdjustmentPayload(Payload):
    """A line of a budget change; `budget_change_status` is the whole change's."""

    id: Id
    wbs_code_id: OptionalId = None
    amount: Amount
    budget_change_status: Text = ""
