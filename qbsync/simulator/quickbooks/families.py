"""Every family of objects, so that importing this registers all handlers; a new family is named here."""

from __future__ import annotations

from qbsync.simulator.quickbooks import (
    company_info,
    data_ext,
    deletions,
    items,
    people,
    purchase_orders,
    side_lists,
)

FAMILIES = (company_info, people, items, side_lists, purchase_orders, deletions, data_ext)
"""The modules that answer requests."""
