"""Where a connection's records come from."""

from __future__ import annotations

from enum import StrEnum


class Feed(StrEnum):
    """The two ways in which Procore's records come to a connection."""

    DIRECT = "direct"
    """Procore's public REST, with qbsync's own approval."""
    ERP = "erp"
    """Procore's ERP Integrations tool."""
