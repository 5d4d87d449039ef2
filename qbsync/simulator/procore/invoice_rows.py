"""Rows of billing: periods, subcontractor invoices with their items, and payments issued."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Final

from qbsync.simulator.procore.rows import Row

Day = date
"""A day; a payment has a field of the name `date` itself."""
ZERO: Final = Decimal(0)
OPEN_STATUSES: Final = ("draft", "under_review", "revise_and_resubmit")
CLOSED_STATUSES: Final = ("approved", "approved_as_noted", "pending_owner_approval")
METHODS: Final = ("check", "credit_card", "electronic")


class ItemType(StrEnum):
    """What an invoice's item bills; the values are Procore's."""

    CONTRACT = "contract_item"
    DETAIL = "contract_detail_item"
    CHANGE_ORDER = "change_order_item"
    WHOLE_CHANGE_ORDER = "whole_change_order_item"


@dataclass(frozen=True, slots=True, kw_only=True)
class BillingPeriod(Row):
    """A month of a project in which subcontractors bill."""

    project_id: int
    start_date: date
    end_date: date
    due_date: date
    position: int
    status: str = "open"


@dataclass(frozen=True, slots=True, kw_only=True)
class DetailLine(Row):
    """A line of the subcontractor's own schedule (SSOV), below the commitment's line `line_item_id`."""

    contract_id: int
    line_item_id: int
    position: int
    amount: Decimal
    description: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class BilledChange(Row):
    """A change order as its contract's invoices bill it: a line, or the whole where `line_id` is None.

    `commitment_line_id` is the commitment's line that the change order's line belongs to.
    """

    contract_id: int
    package_id: int
    amount: Decimal
    line_id: int | None = None
    commitment_line_id: int | None = None
    cost_code_id: int | None = None
    line_item_type_id: int | None = None
    description: str = ""
    number: str = ""
    title: str = ""
    status: str = "approved"


@dataclass(frozen=True, slots=True, kw_only=True)
class Invoice(Row):
    """A subcontractor invoice (requisition); `number` counts a contract's invoices from 1.

    `retainage_percent` and `stored_retainage_percent` are held of new work and new materials, unless an
    item says an amount. `move_materials`: what was stored before has become work completed before.
    """

    contract_id: int
    project_id: int
    number: int
    previous_id: int | None = None
    period_id: int | None = None
    invoice_number: str = ""
    status: str = "draft"
    erp_status: str | None = None
    billing_date: date | None = None
    requisition_start: date | None = None
    requisition_end: date | None = None
    submitted_at: date | None = None
    payment_date: date | None = None
    final: bool = False
    move_materials: bool = False
    retainage_percent: Decimal = ZERO
    stored_retainage_percent: Decimal = ZERO

    @property
    def is_open(self) -> bool:
        """Not yet approved by anybody."""
        return self.status in OPEN_STATUSES


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceItem(Row):
    """What one invoice bills of one thing, with what invoices before it had billed; dollars and cents.

    `source_id` is the id of the commitment's line, SSOV line, change order line or change order package, as
    `item_type` says. `..._before` are totals when this invoice begins. `retained` and `stored_retained` are
    held back in this period of new work and of new materials, `released` and `stored_released` are paid out
    of what was held; `retainage_moved` went from materials to work along with `moved`.
    """

    invoice_id: int
    item_type: ItemType
    source_id: int
    position: int
    cost_code_id: int | None
    description: str
    scheduled_value: Decimal
    line_item_type_id: int | None = None
    line_item_id: int | None = None
    commitment_line_id: int | None = None
    package_id: int | None = None
    previous_id: int | None = None
    scheduled_quantity: Decimal | None = None
    scheduled_unit_price: Decimal | None = None
    uom: str | None = None
    quantity: Decimal | None = None
    quantity_before: Decimal | None = None
    comment: str | None = None
    work_before: Decimal = ZERO
    work: Decimal = ZERO
    stored_before: Decimal = ZERO
    stored: Decimal = ZERO
    moved: Decimal = ZERO
    total_before: Decimal = ZERO
    retained_before: Decimal = ZERO
    retained: Decimal = ZERO
    released: Decimal = ZERO
    stored_retained_before: Decimal = ZERO
    stored_retained: Decimal = ZERO
    stored_released: Decimal = ZERO
    retainage_moved: Decimal = ZERO
    tax: Decimal = ZERO

    @property
    def new_materials(self) -> Decimal:
        """Materials stored in this period; negative where stored ones were used up."""
        return self.stored - (self.stored_before - self.moved)

    @property
    def to_date(self) -> Decimal:
        """Work completed and materials stored since the contract began."""
        return self.work_before + self.work + self.stored

    @property
    def gross(self) -> Decimal:
        """What this period bills before retainage and tax."""
        return self.to_date - self.total_before

    @property
    def work_retainage(self) -> Decimal:
        """Held back of work when this invoice ends."""
        return self.retained_before + self.retained - self.released

    @property
    def stored_retainage(self) -> Decimal:
        """Held back of stored materials when this invoice ends."""
        moved_on = self.retainage_moved + self.stored_released
        return self.stored_retained_before + self.stored_retained - moved_on

    @property
    def retainage(self) -> Decimal:
        """Held back altogether when this invoice ends."""
        return self.work_retainage + self.stored_retainage

    @property
    def retainage_before(self) -> Decimal:
        """Held back altogether when this invoice began."""
        return self.retained_before + self.stored_retained_before - self.retainage_moved

    @property
    def net(self) -> Decimal:
        """What this period pays, before tax."""
        return self.gross - (self.retainage - self.retainage_before)


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment(Row):
    """A payment issued on a commitment, perhaps for one of its invoices (`requisition_id`).

    `item_type` is what external data call it: one that the connector told of is an invoice payment.
    """

    contract_id: int
    project_id: int
    amount: Decimal = ZERO
    date: Day | None = None
    check_number: str | None = None
    invoice_number: str | None = None
    invoice_date: Day | None = None
    payment_number: int | None = None
    payment_method: str | None = None
    draw_request_number: int | None = None
    notes: str | None = None
    requisition_id: int | None = None
    origin_code: str | None = None
    status: str | None = None
    bank_id: str | None = None
    item_type: str = "contract_payment"
