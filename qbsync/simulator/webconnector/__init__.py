"""A Web Connector that calls a QBWC service over real HTTP beside a simulated QuickBooks."""

from __future__ import annotations

from qbsync.simulator.webconnector.connector import WebConnector
from qbsync.simulator.webconnector.qwc_file import QbwcError, QwcFile, read_qwc
from qbsync.simulator.webconnector.results import Exchange, Misbehaviour, Outcome, UpdateResult

__all__ = [
    "Exchange",
    "Misbehaviour",
    "Outcome",
    "QbwcError",
    "QwcFile",
    "UpdateResult",
    "WebConnector",
    "read_qwc",
]
