"""What the simulated Procore remembers: one frozen row per record, replaced when it changes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What every record has; `origin_id` is unique per type in the company (reference, 2.9)."""

    id: int
    created_at: datetime
    updated_at: datetime
    deleted_at: datetime | None = None
    origin_id: str | None = None
    origin_data: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Vendor(Row):
    """A company of the directory; `more` holds attributes that nothing here reads."""

    name: str
    address: str = ""
    city: str = ""
    state_code: str | None = None
    zip: str = ""
    country_code: str = "US"
    business_phone: str = ""
    mobile_phone: str | None = None
    fax_number: str = ""
    email_address: str = ""
    is_active: bool = True
    origin_code: str | None = None
    contact_first_name: str = ""
    contact_last_name: str = ""
    more: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Project(Row):
    """A project; dates are days, `total_value` is in the company's currency."""

    name: str
    project_number: str | None = None
    address: str = ""
    city: str = ""
    state_code: str | None = None
    zip: str = ""
    country_code: str = "US"
    phone: str | None = None
    start_date: date | None = None
    completion_date: date | None = None
    total_value: Decimal = Decimal(0)
    active: bool = True
    description: str | None = None
    origin_code: str | None = None
    standard_cost_code_list_id: int | None = None
    more: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class CostCodeList(Row):
    """A company's list of standard cost codes."""

    name: str
    is_erp_list: bool = False
    available_to_use_on_new_projects: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class StandardCostCode(Row):
    """A code of a standard list; `code` is its own segment, a division has no parent."""

    standard_cost_code_list_id: int
    code: str
    name: str
    parent_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CostCode(Row):
    """A code of one project; `standard_cost_code_id` is None for a code of the project's own."""

    project_id: int
    code: str
    name: str
    parent_id: int | None = None
    standard_cost_code_id: int | None = None
    position: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LineItemType(Row):
    """A cost type."""

    name: str
    code: str
    base_type: str = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class TaxCode(Row):
    """A tax code of the company; `rate` in percent."""

    code: str
    description: str = ""
    rate: Decimal = Decimal(0)
    archived: bool = False


class ContractKind(StrEnum):
    """The two kinds of commitment; the value is the stem of their paths."""

    SUBCONTRACT = "work_order_contract"
    PURCHASE_ORDER = "purchase_order_contract"

    @property
    def holder_type(self) -> str:
        """The kind as a line's holder names it."""
        return "WorkOrderContract" if self is ContractKind.SUBCONTRACT else "PurchaseOrderContract"


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract(Row):
    """A subcontract or purchase order; `description` may be HTML, as Procore's editor writes it."""

    kind: ContractKind
    project_id: int
    vendor_id: int | None = None
    number: str = ""
    title: str = ""
    description: str | None = None
    status: str = "Draft"
    executed: bool = False
    private: bool = False
    accounting_method: str = "amount"
    contract_date: date | None = None
    delivery_date: date | None = None
    payment_terms: str = ""
    retainage_percent: Decimal = Decimal(0)
    currency: str = "USD"
    origin_code: str | None = None
    more: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractLine(Row):
    """A line of a schedule of values; `calculated` lines have amount = quantity x unit cost to the cent."""

    contract_id: int
    kind: ContractKind
    position: int
    cost_code_id: int | None
    description: str = ""
    amount: Decimal = Decimal(0)
    quantity: Decimal = Decimal(0)
    unit_cost: Decimal = Decimal(0)
    uom: str | None = None
    extended_type: str = "manual"
    line_item_type_id: int | None = None
    tax_code_id: int | None = None
