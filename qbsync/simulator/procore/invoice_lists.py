"""What the v1.0 lists of an invoice's items show of each (reference, 3.8 and A.8)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from qbsync.simulator.procore.answers import Json

_OF_ANY_ITEM: Final = (
    "id",
    "cost_code_id",
    "description_of_work",
    "scheduled_value",
    "work_completed_from_previous_application",
    "work_completed_this_period",
    "materials_presently_stored",
    "total_completed_and_stored_to_date",
    "total_completed_and_stored_to_date_percent",
    "work_completed_retainage_from_previous_application",
    "work_completed_retainage_retained_this_period",
    "work_completed_retainage_percent_this_period",
    "materials_stored_retainage_currently_retained",
    "materials_stored_retainage_percent_this_period",
    "work_completed_retainage_released_this_period",
    "materials_stored_retainage_released_this_period",
    "position",
    "subcontractor_claimed_amount",
    "wbs_code",
    "currency_configuration",
    "materials_moved",
    "materials_retainage_retained_moved",
)
"""What the v1.0 lists of items show of each."""
COMMITMENT_LINE: Final = (
    "commitment_line_item_id",
    "commitment_line_item_origin_id",
    "change_order_package_id",
)
"""What says of an item which line of the commitment it bills."""
_PARTS: Final = {
    "wbs_code": ("id", "flat_code", "description"),
    "currency_configuration": ("currency_iso_code",),
}
"""What is left of these parts of an item."""


def listed(item: Json, shown: Sequence[str]) -> Json:
    """An item as one of the lists gives it: what every list shows, and `shown` besides."""
    found = {name: item[name] for name in (*_OF_ANY_ITEM, *shown)}
    for name, kept in _PARTS.items():
        value = found[name]
        if isinstance(value, dict):
            found[name] = {key: value[key] for key in kept}
    return found
