"""The field table of each kind of record: what the documents say of a mapping, and a test holds it to.

Paths stand below the request's own element; in a line's element `Add` and `Mod` are left out, and a reference
stands for its ListID or FullName: `EstimateLine/ItemRef` is EstimateAdd/EstimateLineAdd/ItemRef/ListID and
EstimateMod/EstimateLineMod/ItemRef/ListID.
"""

from __future__ import annotations

from dataclasses import dataclass

from qbsync.mapping.fields import (
    budget,
    change_order,
    commitment,
    cost_code,
    invoice,
    payment,
    project,
    retainage_item,
    vendor,
)
from qbsync.model.fields import Field
from qbsync.model.records import RecordKind


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldTable:
    """The fields of one kind, and the requests that carry them."""

    requests: tuple[str, ...]
    fields: tuple[Field, ...]


FIELDS: dict[RecordKind, FieldTable] = {
    RecordKind.COST_CODE: FieldTable(requests=("ItemServiceAdd", "ItemServiceMod"), fields=cost_code.FIELDS),
    RecordKind.RETAINAGE_ITEM: FieldTable(requests=("ItemServiceAdd",), fields=retainage_item.FIELDS),
    RecordKind.VENDOR: FieldTable(requests=("VendorAdd", "VendorMod"), fields=vendor.FIELDS),
    RecordKind.PROJECT: FieldTable(requests=("CustomerAdd", "CustomerMod"), fields=project.FIELDS),
    RecordKind.BUDGET: FieldTable(requests=("EstimateAdd", "EstimateMod"), fields=budget.FIELDS),
    RecordKind.COMMITMENT: FieldTable(requests=("PurchaseOrderAdd",), fields=commitment.FIELDS),
    RecordKind.CHANGE_ORDER: FieldTable(requests=("PurchaseOrderMod",), fields=change_order.FIELDS),
    RecordKind.INVOICE: FieldTable(requests=("BillAdd", "VendorCreditAdd"), fields=invoice.FIELDS),
    RecordKind.PAYMENT: FieldTable(requests=("BillPaymentCheckAdd",), fields=payment.FIELDS),
}
"""By kind; a kind that is exported has its table here."""
