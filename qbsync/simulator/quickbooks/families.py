"""Every family of objects, so that importing this registers all handlers; a new family is named here."""

from __future__ import annotations

from qbsync.simulator.quickbooks import (
    bill_payments,
    bills,
    company_info,
    costs,
    data_ext,
    deletions,
    estimates,
    items,
    people,
    purchase_orders,
    sales_tax,
    side_lists,
    voids,
)

FAMILIES = (
    company_info,
    people,
    items,
    sales_tax,
    side_lists,
    purchase_orders,
    estimates,
    bills,
    bill_payments,
    costs,
    deletions,
    voids,
    data_ext,
)
"""The modules that answer requests."""
