"""The fields of a commitment."""

from __future__ import annotations

from qbsync.model.fields import Field

ON_EACH_LINE = (
    Field(
        source="the project, by its link", paths=("PurchaseOrderLine/CustomerRef",), decision="waits for it"
    ),
    Field(
        source="with option `cost_types` = `class`, the class of the line's cost type's name",
        paths=("PurchaseOrderLine/ClassRef",),
        decision="missing in QuickBooks, or class tracking off: problem",
    ),
    Field(
        source="in a Canadian file, the line's tax code by option `tax_codes`",
        paths=("PurchaseOrderLine/SalesTaxCodeRef",),
        decision="not mapped, or any tax in a US file: problem",
    ),
)
"""What a line of a purchase order carries whatever it stands for: its job, its class and its tax."""
FIELDS = (
    Field(
        source="`vendor.id`, by its link",
        paths=("VendorRef",),
        decision="waits for it; no contract company: problem",
    ),
    Field(
        source="`contract_date`",
        paths=("TxnDate",),
        decision="none: warning, QuickBooks dates it the day it arrives",
    ),
    Field(
        source="choice `number`, or `number`",
        paths=("RefNumber",),
        decision="too long, or none: asked at accept, never cut",
    ),
    Field(
        source="`payment_terms`, else option `default_terms`",
        paths=("TermsRef",),
        decision="active standard terms, else left out with a warning",
    ),
    Field(source="`delivery_date`", paths=("ExpectedDate",), decision="none: left out"),
    Field(source="`title`", paths=("Memo",), decision="too long: problem"),
    Field(
        source="`description`, as plain text on one line",
        paths=("VendorMsg",),
        decision="too long: cut, ending in `...`, with a warning",
    ),
    Field(source="our mark", paths=("ExternalGUID",)),
    Field(
        source="`false`, in a Canadian file whose amounts may include tax",
        paths=("IsTaxIncluded",),
        decision="else left out",
    ),
    Field(
        source="the line's `cost_code`, by the link of its standard cost code",
        paths=("PurchaseOrderLine/ItemRef",),
        decision="waits for it; a code of the project's own, or of another list: problem",
    ),
    Field(
        source="the line's `description`, as plain text",
        paths=("PurchaseOrderLine/Desc",),
        decision="too long: problem",
    ),
    Field(
        source="the line's quantity and unit cost, or its amount and 1",
        paths=("PurchaseOrderLine/Quantity", "PurchaseOrderLine/Rate"),
        decision="as option `commitment_line_style` says; not whole cents: problem",
    ),
    Field(
        source="the line's amount",
        paths=("PurchaseOrderLine/Amount",),
        decision="with option `commitment_line_style` = `amount`",
    ),
    *ON_EACH_LINE,
)
"""What PurchaseOrderAdd carries."""
