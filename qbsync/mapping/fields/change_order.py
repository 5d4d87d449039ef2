"""The fields of a commitment change order."""

from __future__ import annotations

from qbsync.mapping.fields.commitment import ON_EACH_LINE
from qbsync.model.fields import Field

FIELDS = (
    Field(source="the commitment, by its link", paths=("TxnID",), decision="waits for it"),
    Field(source="as just read", paths=("EditSequence",), decision="read again when it is stale"),
    Field(
        source="each line that is there, or `-1` for a new one",
        paths=("PurchaseOrderLine/TxnLineID", "PurchaseOrderLineGroup/TxnLineID"),
        decision="every line is named again, so that none is lost",
    ),
    Field(
        source="the line's cost code, by its link",
        paths=("PurchaseOrderLine/ItemRef",),
        decision="waits for it; a code of the project's own: problem",
    ),
    Field(
        source="choice `number`, or `number`, and the id, as a mark; the title; the line's description",
        paths=("PurchaseOrderLine/Desc",),
        decision="too long: problem",
    ),
    Field(
        source="the sum of what changes one line of the commitment, and 1",
        paths=("PurchaseOrderLine/Quantity", "PurchaseOrderLine/Rate"),
        decision="not whole cents: problem",
    ),
    Field(
        source="that sum",
        paths=("PurchaseOrderLine/Amount",),
        decision="with option `commitment_line_style` = `amount`",
    ),
    *ON_EACH_LINE,
)
"""What PurchaseOrderMod carries."""
