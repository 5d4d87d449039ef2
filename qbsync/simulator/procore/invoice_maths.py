"""How an invoice's items are reckoned from one period to the next, and what they come to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from qbsync.simulator.procore.invoice_rows import ZERO, Invoice, InvoiceItem, ItemType

CENT: Final = Decimal("0.01")
_HUNDRED: Final = Decimal(100)
_QUANTITY_PLACES: Final = Decimal("0.00001")
_CHANGES: Final = (ItemType.CHANGE_ORDER, ItemType.WHOLE_CHANGE_ORDER)


@dataclass(frozen=True, slots=True, kw_only=True)
class Billing:
    """What a person types for one item of an invoice; what is None, Procore reckons.

    `work` is completed in this period; without it `quantity` times the unit price of a unit line. `stored`
    is the balance of materials presently stored (None: nothing new). `retained` and `stored_retained` are
    amounts in place of the invoice's percentages.
    """

    work: Decimal | None = None
    quantity: Decimal | None = None
    stored: Decimal | None = None
    retained: Decimal | None = None
    stored_retained: Decimal | None = None
    released: Decimal = ZERO
    stored_released: Decimal = ZERO
    tax: Decimal = ZERO
    comment: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """An invoice's summary, as sheet G702 has it; `retained` and `released` are this period's."""

    original_contract_sum: Decimal
    net_change: Decimal
    to_date: Decimal
    work_to_date: Decimal
    stored: Decimal
    new_materials: Decimal
    work_retainage: Decimal
    stored_retainage: Decimal
    previous_certificates: Decimal
    gross: Decimal
    retained: Decimal
    released: Decimal
    tax: Decimal

    @property
    def contract_sum(self) -> Decimal:
        """The contract with the change orders that its invoices bill."""
        return self.original_contract_sum + self.net_change

    @property
    def retainage(self) -> Decimal:
        """All that is held back."""
        return self.work_retainage + self.stored_retainage

    @property
    def earned(self) -> Decimal:
        """Total earned less retainage."""
        return self.to_date - self.retainage

    @property
    def due(self) -> Decimal:
        """Current payment due, tax included."""
        return self.earned - self.previous_certificates + self.tax


def share(amount: Decimal, percent: Decimal) -> Decimal:
    """A percentage of an amount, to the cent."""
    return (amount * percent / _HUNDRED).quantize(CENT, rounding=ROUND_HALF_UP)


def percent_of(part: Decimal, whole: Decimal) -> Decimal:
    """How many percent a part is, to two places; 0 of nothing."""
    return (part / whole * _HUNDRED).quantize(CENT, rounding=ROUND_HALF_UP) if whole else Decimal("0.00")


def begun(invoice: Invoice, before: InvoiceItem | None) -> dict[str, object]:
    """The fields of an item that the previous invoice decides."""
    if before is None:
        return {}
    moved = before.stored if invoice.move_materials else ZERO
    retainage_moved = before.stored_retainage if invoice.move_materials else ZERO
    quantity = None if before.quantity is None else (before.quantity_before or ZERO) + before.quantity
    return {
        "previous_id": before.id,
        "work_before": before.work_before + before.work + moved,
        "stored_before": before.stored,
        "moved": moved,
        "total_before": before.to_date,
        "retained_before": before.work_retainage + retainage_moved,
        "stored_retained_before": before.stored_retainage,
        "retainage_moved": retainage_moved,
        "quantity_before": quantity,
    }


def billed(invoice: Invoice, item: InvoiceItem, typed: Billing) -> dict[str, object]:
    """The fields of an item that this period decides."""
    work = _work(item, typed)
    left = item.stored_before - item.moved
    stored = left if typed.stored is None else typed.stored
    retained = share(work, invoice.retainage_percent) if typed.retained is None else typed.retained
    stored_retained = typed.stored_retained
    if stored_retained is None:
        stored_retained = _of_materials(invoice, item, stored - left, left)
    return {
        "work": work,
        "quantity": _quantity(item, typed, work),
        "stored": stored,
        "retained": retained,
        "stored_retained": stored_retained,
        "released": typed.released,
        "stored_released": typed.stored_released,
        "tax": typed.tax,
        "comment": typed.comment,
    }


def _work(item: InvoiceItem, typed: Billing) -> Decimal:
    if typed.work is not None:
        return typed.work
    if typed.quantity is None or item.scheduled_unit_price is None:
        return ZERO
    return (typed.quantity * item.scheduled_unit_price).quantize(CENT, rounding=ROUND_HALF_UP)


def _quantity(item: InvoiceItem, typed: Billing, work: Decimal) -> Decimal | None:
    if not item.scheduled_unit_price:
        return None
    if typed.quantity is not None:
        return typed.quantity
    return (work / item.scheduled_unit_price).quantize(_QUANTITY_PLACES, rounding=ROUND_HALF_UP)


def _of_materials(invoice: Invoice, item: InvoiceItem, new: Decimal, left: Decimal) -> Decimal:
    if new >= 0:
        return share(new, invoice.stored_retainage_percent)
    # Materials that were used up no longer hold their part of the retainage.
    held = item.stored_retained_before - item.retainage_moved
    return (held * new / left).quantize(CENT, rounding=ROUND_HALF_UP) if left else ZERO


def figures_of(items: Iterable[InvoiceItem]) -> Figures:
    """What the items of one invoice come to."""
    rows = list(items)
    changes = [item for item in rows if item.item_type in _CHANGES]
    net_change = _sum(item.scheduled_value for item in changes)
    return Figures(
        original_contract_sum=_sum(item.scheduled_value for item in rows) - net_change,
        net_change=net_change,
        to_date=_sum(item.to_date for item in rows),
        work_to_date=_sum(item.work_before + item.work for item in rows),
        stored=_sum(item.stored for item in rows),
        new_materials=_sum(item.new_materials for item in rows),
        work_retainage=_sum(item.work_retainage for item in rows),
        stored_retainage=_sum(item.stored_retainage for item in rows),
        previous_certificates=_sum(item.total_before - item.retainage_before for item in rows),
        gross=_sum(item.gross for item in rows),
        retained=_sum(item.retained + item.stored_retained for item in rows),
        released=_sum(item.released + item.stored_released for item in rows),
        tax=_sum(item.tax for item in rows),
    )


def change_totals(items: Iterable[InvoiceItem]) -> dict[str, Decimal]:
    """Scheduled values of change orders by sign, those new on this invoice and those known before."""
    totals: dict[str, Decimal] = {}
    for sign in ("negative", "positive"):
        for age in ("", "new_", "previous_"):
            totals[f"{sign}_{age}change_order_item_total"] = ZERO
    for item in items:
        if item.item_type in _CHANGES:
            sign = "negative" if item.scheduled_value < 0 else "positive"
            age = "new_" if item.previous_id is None else "previous_"
            for name in ("", age):
                totals[f"{sign}_{name}change_order_item_total"] += item.scheduled_value
    return totals


def _sum(values: Iterable[Decimal]) -> Decimal:
    return sum(values, ZERO)
