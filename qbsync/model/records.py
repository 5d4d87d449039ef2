"""Procore's business records as frozen values, each with the fields that QuickBooks will be told."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any, NewType

Version = NewType("Version", str)
"""A fingerprint of a record: equal versions mean the same thing to QuickBooks."""


class RecordKind(StrEnum):
    """The kinds of record; what each one's Procore id is."""

    COST_CODE = "cost_code"
    """A company's standard cost code; its id."""
    RETAINAGE_ITEM = "retainage_item"
    """The item that retainage is held on, which Procore does not know; always `RETAINAGE_ID`."""
    VENDOR = "vendor"
    """A company in the directory; its id."""
    PROJECT = "project"
    """A project; its id."""
    BUDGET = "budget"
    """A project's budget; the project's id."""
    COMMITMENT = "commitment"
    """A subcontract or purchase order; its id."""
    CHANGE_ORDER = "change_order"
    """A commitment change order; its package's id."""
    INVOICE = "invoice"
    """A subcontractor invoice; the requisition's id."""
    PAYMENT = "payment"
    """A payment made in Procore Pay; its id."""

    @property
    def words(self) -> str:
        """The kind as a person reads it."""
        return self.value.replace("_", " ")


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordKey:
    """Which record: its kind and its Procore id."""

    kind: RecordKind
    procore_id: str

    def __str__(self) -> str:
        return f"{self.kind.value}:{self.procore_id}"

    @classmethod
    def parse(cls, text: str) -> RecordKey:
        """Read back what `str` wrote; raises ValueError for anything else."""
        kind, _, procore_id = text.partition(":")
        if not procore_id:
            raise ValueError(f"{text!r} does not name a record, such as vendor:470021")
        return cls(kind=RecordKind(kind), procore_id=procore_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """A postal address as Procore keeps it; empty strings where a part is missing."""

    street: str = ""
    city: str = ""
    state: str = ""
    postal_code: str = ""
    country: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CostCode:
    """A standard cost code of the company; `code` is its own segment, `full_code` the whole path.

    `list_id` is the standard cost code list it stands in.
    """

    procore_id: str
    code: str
    full_code: str
    name: str
    parent_id: str | None = None
    list_id: str = ""


RETAINAGE_ID = "retainage"
"""The id of the one retainage item of a connection."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RetainageItem:
    """The item of QuickBooks that retainage is held on, as a person asks for it; `name` is its full name."""

    name: str
    procore_id: str = RETAINAGE_ID


@dataclass(frozen=True, slots=True, kw_only=True)
class Vendor:
    """A company of the directory."""

    procore_id: str
    name: str
    address: Address = field(default_factory=Address)
    phone: str = ""
    fax: str = ""
    email: str = ""
    contact_first_name: str = ""
    contact_last_name: str = ""
    account_number: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """A project, which becomes a job under a customer."""

    procore_id: str
    name: str
    number: str = ""
    address: Address = field(default_factory=Address)
    start_date: date | None = None
    completion_date: date | None = None


class CommitmentType(StrEnum):
    """The two kinds of commitment; QuickBooks knows purchase orders only."""

    SUBCONTRACT = "subcontract"
    """Procore's WorkOrderContract."""
    PURCHASE_ORDER = "purchase_order"
    """Procore's PurchaseOrderContract."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CommitmentLine:
    """A line of the schedule of values.

    `cost_code_id` is the standard cost code's id; None where the line uses a code of the project's own, which
    QuickBooks cannot take. `by_unit` is true where Procore computes the amount as quantity times unit cost.
    `tax_code` is the code of `tax_code_id`, `cost_type` the cost type's name where the connection wants it.
    """

    procore_id: str
    position: int
    cost_code_id: str | None
    cost_code: str
    description: str
    amount: Decimal
    quantity: Decimal = Decimal(0)
    unit_cost: Decimal = Decimal(0)
    unit: str = ""
    by_unit: bool = False
    tax_code_id: str | None = None
    tax_code: str = ""
    cost_type: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Commitment:
    """An approved subcontract or purchase order; amounts in the commitment's currency."""

    procore_id: str
    type: CommitmentType
    project_id: str
    vendor_id: str | None
    number: str
    title: str = ""
    description: str = ""
    contract_date: date | None = None
    delivery_date: date | None = None
    payment_terms: str = ""
    currency: str = ""
    lines: tuple[CommitmentLine, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetLine:
    """What one cost code of a project is budgeted, of one cost type; amounts in the project's currency.

    `amount` is the revised budget: modifications and approved changes included.
    The cost type is told where the connection wants it.
    """

    cost_code_id: str | None
    cost_code: str
    description: str
    amount: Decimal
    cost_type_id: str = ""
    cost_type: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """The locked budget of a project; its id is the project's, for a project has one."""

    procore_id: str
    project_name: str = ""
    lines: tuple[BudgetLine, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeOrderLine:
    """A line of a commitment change order.

    `commitment_line_id` is the line of the commitment that it changes, None where it is a new one.
    """

    procore_id: str
    position: int
    commitment_line_id: str | None
    cost_code_id: str | None
    cost_code: str
    description: str
    amount: Decimal
    tax_code_id: str | None = None
    tax_code: str = ""
    cost_type: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeOrder:
    """An approved change order of a commitment; amounts in the commitment's currency.

    Its description is not read: QuickBooks would have one memo for all change orders of a purchase order, and
    that has the commitment's title.
    """

    procore_id: str
    project_id: str
    commitment_id: str
    number: str
    title: str = ""
    currency: str = ""
    lines: tuple[ChangeOrderLine, ...] = ()


class InvoiceItemType(StrEnum):
    """What an invoice's item bills (Procore: requisition item_type)."""

    CONTRACT = "contract_item"
    """A line of the commitment."""
    CONTRACT_DETAIL = "contract_detail_item"
    """A line of the subcontractor's own schedule (SSOV), below a line of the commitment."""
    CHANGE_ORDER = "change_order_item"
    """A line of a change order."""
    WHOLE_CHANGE_ORDER = "whole_change_order_item"
    """A change order as one item."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceLine:
    """What an invoice bills for one item in its period.

    `amount` is the gross: work completed and materials moved in or out, before retainage. `retained` is held
    back of it, `released` paid out of what was held before; both as Procore has them, normally positive.
    `commitment_line_id` is the commitment's line it bills on, the parent's for an SSOV item; the other two
    ids name the change order (package) and its line. `tax_code` is that of the line it bills on, told where
    the item is taxed, `tax_rate` its percentage, 0 where Procore does not say it.
    """

    procore_id: str
    position: int
    item_type: InvoiceItemType
    cost_code_id: str | None
    cost_code: str
    description: str
    amount: Decimal
    retained: Decimal = Decimal(0)
    released: Decimal = Decimal(0)
    quantity: Decimal = Decimal(0)
    tax: Decimal = Decimal(0)
    tax_code: str = ""
    tax_rate: Decimal = Decimal(0)
    cost_type: str = ""
    commitment_line_id: str | None = None
    change_order_id: str | None = None
    change_order_line_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Invoice:
    """An approved subcontractor invoice (requisition) of a commitment; amounts in its currency.

    `number` is the subcontractor's own invoice number, `sequence` Procore's count of the commitment's
    invoices. `payment_due` is Procore's current payment due, None where it did not say.
    """

    procore_id: str
    project_id: str
    commitment_id: str
    commitment_type: CommitmentType
    vendor_id: str | None
    number: str
    sequence: str = ""
    billing_date: date | None = None
    due_date: date | None = None
    payment_due: Decimal | None = None
    currency: str = ""
    lines: tuple[InvoiceLine, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    """A payment of an invoice made in Procore Pay, which QuickBooks is to hear of.

    `amount` is in the commitment's currency; `number` is the check's or the payment's own.
    """

    procore_id: str
    project_id: str
    commitment_id: str
    invoice_id: str | None
    vendor_id: str | None
    amount: Decimal
    paid_on: date | None = None
    number: str = ""


Record = CostCode | RetainageItem | Vendor | Project | Budget | Commitment | ChangeOrder | Invoice | Payment

KIND_OF: dict[type, RecordKind] = {
    CostCode: RecordKind.COST_CODE,
    RetainageItem: RecordKind.RETAINAGE_ITEM,
    Vendor: RecordKind.VENDOR,
    Project: RecordKind.PROJECT,
    Budget: RecordKind.BUDGET,
    Commitment: RecordKind.COMMITMENT,
    ChangeOrder: RecordKind.CHANGE_ORDER,
    Invoice: RecordKind.INVOICE,
    Payment: RecordKind.PAYMENT,
}


def key_of(record: Record) -> RecordKey:
    """The key of a record."""
    return RecordKey(kind=KIND_OF[type(record)], procore_id=record.procore_id)


def label_of(record: Record) -> str:
    """How a person names the record, on one line."""
    match record:
        case CostCode():
            return f"{record.full_code} {record.name}".strip()
        case Commitment() | ChangeOrder():
            return f"{record.number} {record.title}".strip()
        case Invoice():
            return f"{record.number} (no. {record.sequence})" if record.sequence else record.number
        case Budget():
            return f"Budget of {record.project_name or record.procore_id}"
        case Payment():
            return f"Payment {record.number or record.procore_id}"
        case RetainageItem() | Vendor() | Project():
            return record.name


_ONLY_WHERE_TOLD = ("tax_code", "tax_rate", "cost_type_id", "cost_type")
"""Fields that only some connections have: where they are empty, the version is what it was without them."""


def version_of(record: Record) -> Version:
    """The record's fingerprint: a hash over all its fields, the same on every machine and Python."""
    told = _told(asdict(record))
    canonical = json.dumps(told, sort_keys=True, default=_canonical, separators=(",", ":"))
    return Version(hashlib.sha256(canonical.encode()).hexdigest()[:32])


def _told(fields: dict[str, Any]) -> dict[str, Any]:
    """The fields without those that are told only sometimes and are empty, in its lines too."""
    kept = {name: value for name, value in fields.items() if value or name not in _ONLY_WHERE_TOLD}
    if "lines" in kept:
        kept["lines"] = [_told(line) for line in kept["lines"]]
    return kept


def _canonical(value: object) -> str:
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"{value!r} has no canonical form")
