"""The fields of a budget."""

from __future__ import annotations

from qbsync.model.fields import Field

FIELDS = (
    Field(source="the estimate's id, of its link", paths=("TxnID",), decision="in a change"),
    Field(
        source="as just read", paths=("EditSequence",), decision="in a change; read again when it is stale"
    ),
    Field(source="the project, by its link", paths=("CustomerRef",), decision="waits for it"),
    Field(
        source="the project's name, as `Budget of` and the name",
        paths=("Memo",),
        decision="too long: problem",
    ),
    Field(source="our mark", paths=("ExternalGUID",), decision="when it is added"),
    Field(
        source="each line that is there, or `-1` for a new one",
        paths=("EstimateLine/TxnLineID", "EstimateLineGroup/TxnLineID"),
        decision="in a change: every line is named again, yours too",
    ),
    Field(
        source="the row's cost code, by its link",
        paths=("EstimateLine/ItemRef",),
        decision="waits for it; a code of a sub job or of the project's own: problem",
    ),
    Field(source="the cost code's name", paths=("EstimateLine/Desc",), decision="too long: problem"),
    Field(
        source="`original_budget_amount`, `budget_modifications` and, with option `budget_changes` = `add`, "
        "approved budget changes",
        paths=("EstimateLine/Amount",),
        decision="the cost types of a code summed, or a line each with `cost_types` = `class`; "
        "not whole cents, or changed in QuickBooks since: problem",
    ),
    Field(
        source="`qbsync:` and the cost code's id; with `cost_types` = `class` a slash and the cost type's",
        paths=("EstimateLine/Other1",),
        decision="our mark of the line: leave it in place",
    ),
    Field(
        source="`false`, in a Canadian file whose amounts may include tax",
        paths=("IsTaxIncluded",),
        decision="else left out",
    ),
    Field(
        source="with option `cost_types` = `class`, the class of the row's cost type's name",
        paths=("EstimateLine/ClassRef",),
        decision="missing in QuickBooks, or class tracking off: problem",
    ),
    Field(
        source="in a Canadian file, the code behind `none` in option `tax_codes`",
        paths=("EstimateLine/SalesTaxCodeRef",),
        decision="none named: problem",
    ),
)
"""What EstimateAdd and EstimateMod carry."""
