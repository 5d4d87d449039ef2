"""The parts of ERP requests that public payloads do not read as they stand."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any, Final

from pydantic import Field

from qbsync.model.records import InvoiceItemType
from qbsync.procore.payloads.shape import Amount, Day, Id, OptionalId, Payload, Quantity, Text

_CAPITAL: Final = re.compile(r"(?<!^)(?=[A-Z])")
_MONEY: Final = re.compile(r"^(\()?-?[^\d(.-]*(-?[\d,]*\.?\d+)\)?$")


class CustomFieldsPayload(Payload):
    """The approver's extra fields; their keys are those of our metadata."""

    customer: Text = ""
    vendor_type: Text = ""
    terms: Text = ""
    income_account_origin_id: Text = ""
    expense_account_origin_id: Text = ""


class ErpCodePayload(Payload):
    """A standard cost code of create_standard_cost_codes."""

    id: Id
    erp_custom_fields: CustomFieldsPayload = CustomFieldsPayload()


class LinePlacePayload(Payload):
    """A cost type of a project's cost code."""

    id: Id
    origin_id: Text = ""


class JobCodePayload(Payload):
    """A cost code of a job; `standard_cost_code_origin_id` is the item's ListID."""

    id: Id
    name: Text = ""
    full_code: Text = ""
    biller_type: Text = ""
    deleted_at: Text = ""
    origin_id: Text = ""
    standard_cost_code_id: OptionalId = None
    standard_cost_code_origin_id: Text = ""
    line_item_types: tuple[LinePlacePayload, ...] = ()


class NoticePayload(Payload):
    """A record that a notice is about, and the QuickBooks id that it carries."""

    id: Id
    name: Text = ""
    origin_id: Text = ""


class BudgetHeaderPayload(Payload):
    """The budget of create_budget; its own id is not the project's."""

    id: Id
    project_id: Id
    origin_id: Text = ""


class JobCostPayload(Payload):
    """One cost code and cost type of a budget; `new_amount` is what it is to come to."""

    id: Id
    cost_code_origin_id: Text = ""
    line_item_type_origin_id: Text = ""
    new_amount: Amount


class TransactionPayload(Payload):
    """A change of a budget that waits to be marked as synced."""

    id: Id


class ErpInvoiceItemPayload(Payload):
    """An item of create_requisitions; amounts are those of the period."""

    id: Id = Field(validation_alias="procore_requisition_item_id")
    item_type: Text = Field(default="", validation_alias="requisition_item_type")
    commitment_item_origin_id: Text = ""
    change_order_line_item_origin_id: Text = ""
    cost_code_origin_id: Text = ""
    tax_code_origin_id: Text = ""
    description: Text = ""
    amount: Amount
    qty: Quantity = Decimal(0)
    retainage_work_completed_this_period: Quantity = Decimal(0)
    released_work_completed_this_period: Quantity = Decimal(0)
    retainage_materials_presently_stored: Quantity = Decimal(0)
    retainage_materials_previously_stored: Quantity = Decimal(0)

    @property
    def retained(self) -> Decimal:
        """Held back in the period: of work, and of what more of materials is stored."""
        stored = self.retainage_materials_presently_stored - self.retainage_materials_previously_stored
        return self.retainage_work_completed_this_period + max(Decimal(0), stored)

    @property
    def released(self) -> Decimal:
        """Paid out in the period of what was held before."""
        freed = self.retainage_materials_previously_stored - self.retainage_materials_presently_stored
        return self.released_work_completed_this_period + max(Decimal(0), freed)

    @property
    def type(self) -> InvoiceItemType | None:
        """What it bills; None for a class that no document names."""
        if self.change_order_line_item_origin_id:
            return InvoiceItemType.CHANGE_ORDER
        snake = _CAPITAL.sub("_", self.item_type.rpartition("::")[2]).casefold()
        return next((one for one in InvoiceItemType if one.value == snake), None)


class ErpInvoicePayload(Payload):
    """One requisition of create_requisitions."""

    id: Id = Field(validation_alias="procore_requisition_id")
    code: Text = ""
    invoice_number: Text = ""
    billing_date: Day = None
    contract_id: Id
    contract_origin_id: Text = ""
    job_origin_id: Text = ""
    formatted_payment_due: Text = ""
    line_items: tuple[ErpInvoiceItemPayload, ...] = ()

    @property
    def payment_due(self) -> Decimal | None:
        """Current payment due, from "$30,150.00", "-$5.00" or "($5.00)"; None where it cannot be read."""
        text = self.formatted_payment_due.replace(" ", "")
        found = _MONEY.match(text)
        if found is None:
            return None
        amount = Decimal(found[2].replace(",", ""))
        negative = bool(found[1]) or (text.startswith("-") and amount > 0)
        return -amount if negative else amount


class ErpPaymentPayload(Payload):
    """A payment made in Procore Pay."""

    id: Id
    project_id: OptionalId = None
    contract_id: OptionalId = None
    requisition_id: OptionalId = None
    vendor_id: OptionalId = None
    amount: Amount
    date_payment_funded: Day = None
    date_payment_initiated: Day = None
    check_number: Text = ""
    payment_number: Text = ""
    bank_id: Text = ""


def text_of(raw: Any, *keys: str) -> str:  # noqa: ANN401  # JSON
    """The first of these values of an object that is there, as text."""
    for key in keys:
        value = raw.get(key) if isinstance(raw, dict) else None
        if isinstance(value, int | str) and not isinstance(value, bool) and str(value):
            return str(value)
    return ""
