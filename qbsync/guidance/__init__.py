"""What each error code of QuickBooks, the Web Connector and Procore means, who acts and how."""

from __future__ import annotations

from qbsync.guidance.advice import Actor, Advice, Policy, markdown_table
from qbsync.guidance.lookup import explain, hresult_advice, procore_advice, status_advice

__all__ = [
    "Actor",
    "Advice",
    "Policy",
    "explain",
    "hresult_advice",
    "markdown_table",
    "procore_advice",
    "status_advice",
]
