"""Subcontractor invoices (requisitions v1.1, extended) with their items, and what their items point to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Annotated, Final

from pydantic import BeforeValidator

from qbsync.model.records import CommitmentType, Invoice, InvoiceItemType, InvoiceLine
from qbsync.procore.payloads.commitments import CurrencyPayload, WbsCodePayload
from qbsync.procore.payloads.plaintext import plain_text
from qbsync.procore.payloads.shape import (
    Amount,
    Day,
    Id,
    OptionalAmount,
    OptionalId,
    Payload,
    Quantity,
    Text,
    places,
)

_TYPES: Final = {
    "WorkOrderContract": CommitmentType.SUBCONTRACT,
    "PurchaseOrderContract": CommitmentType.PURCHASE_ORDER,
}


def _commitment_type(value: object) -> object:
    return _TYPES.get(value, value) if isinstance(value, str) else value


def _nothing_is_empty(value: object) -> object:
    return () if value is None else value


class SummaryPayload(Payload):
    """What an invoice comes to (sheet G702)."""

    current_payment_due: OptionalAmount = None
    tax_applicable_to_this_payment: Quantity = Decimal(0)


class ItemPackagePayload(Payload):
    """One group of an invoice's items: its commitment, or one change order (package) that it bills."""

    change_order_id: OptionalId = None


class TaxPayload(Payload):
    """A tax on an item; that it may name its tax code is a guess, for its form is not documented."""

    amount: Amount
    tax_code_id: OptionalId = None


class ItemPayload(Payload):
    """An item of an invoice; amounts without a period in their name are totals to date.

    `line_item_id` is the line of the commitment or of the change order, as `item_type` says.
    """

    id: Id
    item_type: InvoiceItemType
    position: int | None = None
    cost_code_id: OptionalId = None
    wbs_code: WbsCodePayload | None = None
    line_item_id: OptionalId = None
    description_of_work: Text = ""
    total_completed_and_stored_to_date: Amount
    total_completed_and_stored_to_date_from_previous: Quantity
    work_completed_retainage_retained_this_period: Quantity
    materials_stored_retainage_new_materials: Quantity
    work_completed_retainage_released_this_period: Quantity
    materials_stored_retainage_released_this_period: Quantity
    work_completed_this_period_quantity: Quantity = Decimal(0)
    taxes: Annotated[tuple[TaxPayload, ...], BeforeValidator(_nothing_is_empty)] = ()

    @property
    def gross(self) -> Decimal:
        """What the period bills before retainage: work, and materials stored or used up (section 3.8)."""
        return self.total_completed_and_stored_to_date - self.total_completed_and_stored_to_date_from_previous

    @property
    def retained(self) -> Decimal:
        """Held back in the period, of work and of materials newly stored.

        Materials that become work take their retainage along (`materials_retainage_retained_moved`) into
        what was held before, so a move changes nothing here.
        """
        return (
            self.work_completed_retainage_retained_this_period + self.materials_stored_retainage_new_materials
        )

    @property
    def released(self) -> Decimal:
        """Paid out in the period of what was held before."""
        return (
            self.work_completed_retainage_released_this_period
            + self.materials_stored_retainage_released_this_period
        )

    @property
    def tax(self) -> Decimal:
        """The tax on the item."""
        return sum((tax.amount for tax in self.taxes), Decimal(0))

    @property
    def tax_code_id(self) -> str:
        """The one tax code that its taxes name, empty where they name none or several."""
        named = {tax.tax_code_id for tax in self.taxes if tax.tax_code_id}
        return named.pop() if len(named) == 1 else ""


class ChangeOrderItemPayload(Payload):
    """An item of the change_order_items list: which change order, and which line of the commitment."""

    id: Id
    line_item_id: OptionalId = None
    commitment_line_item_id: OptionalId = None
    change_order_package_id: OptionalId = None


class DetailItemPayload(Payload):
    """An item of the contract_detail_items list: which line of the subcontractor's own schedule."""

    id: Id
    detail_line_item_id: OptionalId = None


class DetailLinePayload(Payload):
    """A line of the subcontractor's own schedule (SSOV): below which line of the commitment."""

    id: Id
    line_item_id: OptionalId = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BilledCoding:
    """The tax code, by its id, and the cost type of a line that is billed; either may be empty."""

    tax_code_id: str = ""
    cost_type: str = ""


def coding_name(change_order_id: str | None, line_id: str | None) -> str:
    """How `Places` names a line: of a change order where that is given, else of the commitment.

    Without a line, all the lines of a change order that are coded alike.
    """
    return f"{change_order_id or ''}/{line_id or ''}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """What an invoice's items bill on, found by further calls: by the item's id, or the cost code's.

    `parents` names the commitment's line above an SSOV item, `standard_ids` the standard cost code behind a
    cost code of the project. `codings` are those of the commitment's and change orders' lines, by their ids
    as `coding_name` writes them.
    """

    change_items: Mapping[str, ChangeOrderItemPayload] = field(default_factory=dict)
    parents: Mapping[str, str] = field(default_factory=dict)
    codings: Mapping[str, BilledCoding] = field(default_factory=dict)
    standard_ids: Mapping[str, str] = field(default_factory=dict)


class InvoiceHeaderPayload(Payload):
    """An invoice without its items."""

    id: Id
    status: Text = ""
    commitment_id: Id
    commitment_type: Annotated[CommitmentType, BeforeValidator(_commitment_type)]
    vendor_id: OptionalId = None
    number: Text = ""
    invoice_number: Text = ""
    billing_date: Day = None
    due_date: Day = None
    origin_id: Text = ""
    summary: SummaryPayload | None = None
    currency_configuration: CurrencyPayload | None = None

    def bare_record(self, *, project_id: str, lines: tuple[InvoiceLine, ...] = ()) -> Invoice:
        """The record with those lines; `project_id` is the project it was asked of."""
        currency = self.currency_configuration
        return Invoice(
            procore_id=self.id,
            project_id=project_id,
            commitment_id=self.commitment_id,
            commitment_type=self.commitment_type,
            vendor_id=self.vendor_id,
            number=self.invoice_number,
            sequence=self.number,
            billing_date=self.billing_date,
            due_date=self.due_date,
            payment_due=self.summary.current_payment_due if self.summary else None,
            currency=currency.currency_iso_code if currency else "",
            lines=lines,
        )


class InvoicePayload(InvoiceHeaderPayload):
    """An invoice with its items, as the views extended and items give it."""

    items: tuple[ItemPayload, ...]
    item_packages: Annotated[tuple[ItemPackagePayload, ...], BeforeValidator(_nothing_is_empty)] = ()

    @property
    def change_order_ids(self) -> list[str]:
        """The change orders (packages) that it bills, as far as it names them itself."""
        found = (one.change_order_id for one in self.item_packages)
        return list(dict.fromkeys(one for one in found if one))

    @property
    def is_credit(self) -> bool:
        """Whether it comes to less than nothing."""
        return sum((item.gross - item.retained + item.released for item in self.items), Decimal(0)) < 0

    @property
    def stray_tax(self) -> Decimal:
        """The tax that the summary has and no item."""
        whole = self.summary.tax_applicable_to_this_payment if self.summary else Decimal(0)
        return whole - sum((item.tax for item in self.items), Decimal(0)) if whole else Decimal(0)

    @property
    def is_taxed(self) -> bool:
        """Whether any item has a tax."""
        return any(item.tax for item in self.items)

    def bills(self, *types: InvoiceItemType) -> bool:
        """Whether it bills anything in the period for an item of one of those types."""
        return any(item.item_type in types and item.gross for item in self.items)

    def to_record(self, *, project_id: str, found: Places) -> Invoice:
        """The record, its lines in the order of their positions."""
        numbers = places([item.position for item in self.items])
        lines = [self._line(item, n, found) for item, n in zip(self.items, numbers, strict=True)]
        return self.bare_record(
            project_id=project_id, lines=tuple(sorted(lines, key=lambda line: line.position))
        )

    def _line(self, item: ItemPayload, position: int, found: Places) -> InvoiceLine:
        commitment_line, order, order_line = self._place(item, found)
        names = (coding_name(order, order_line), coding_name(None, commitment_line))
        codings = [found.codings[name] for name in names if name in found.codings]
        codes = [item.tax_code_id, *(coding.tax_code_id for coding in codings)] if item.tax else []
        return InvoiceLine(
            procore_id=item.id,
            position=position,
            item_type=item.item_type,
            cost_code_id=found.standard_ids.get(item.cost_code_id or ""),
            cost_code=item.wbs_code.flat_code if item.wbs_code else "",
            description=plain_text(item.description_of_work),
            amount=item.gross,
            retained=item.retained,
            released=item.released,
            quantity=item.work_completed_this_period_quantity,
            tax=item.tax,
            tax_code=next(filter(None, codes), ""),
            cost_type=next((coding.cost_type for coding in codings if coding.cost_type), ""),
            commitment_line_id=commitment_line,
            change_order_id=order,
            change_order_line_id=order_line,
        )

    def _place(self, item: ItemPayload, found: Places) -> tuple[str | None, str | None, str | None]:
        """The commitment's line, the change order and its line that the item bills on."""
        match item.item_type:
            case InvoiceItemType.CONTRACT:
                return item.line_item_id, None, None
            case InvoiceItemType.CONTRACT_DETAIL:
                return found.parents.get(item.id), None, None
            case InvoiceItemType.CHANGE_ORDER | InvoiceItemType.WHOLE_CHANGE_ORDER:
                row = found.change_items.get(item.id)
                order = row.change_order_package_id if row else None
                only = self.change_order_ids[0] if len(self.change_order_ids) == 1 else None
                whole = item.item_type is InvoiceItemType.WHOLE_CHANGE_ORDER
                line = None if whole else item.line_item_id or (row.line_item_id if row else None)
                return row.commitment_line_item_id if row else None, order or only, line
