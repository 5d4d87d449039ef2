"""A Procore that lives in this process: its state, the people who use it, and its REST API over real HTTP.

To add a family of objects: rows in `rows.py`, a table and a person's moves in `state.py`, and one module with
a class that has `routes()` (see `vendors.py`), joined in `server.py`. Bulk upserts come from `writing.py`,
filters and pages from `reading.py`. It imports nothing of qbsync but the simulator.

ERP Integrations is `state.erp`: `activate()` it, connect to it over the API, and press its buttons (see
`erp_tool.py`); its requests leave by `state.outbox`. What a connector must not do is in its `violations`.
"""

from __future__ import annotations

from qbsync.simulator.procore.clock import Clock
from qbsync.simulator.procore.erp_rows import Kind, Stage
from qbsync.simulator.procore.erp_tool import ErpTool
from qbsync.simulator.procore.faults import Shape
from qbsync.simulator.procore.gate import Call
from qbsync.simulator.procore.rows import ContractKind
from qbsync.simulator.procore.saved import load, save
from qbsync.simulator.procore.server import ProcoreServer
from qbsync.simulator.procore.state import ProcoreState
from qbsync.simulator.procore.table import NoSuchRowError

__all__ = [
    "Call",
    "Clock",
    "ContractKind",
    "ErpTool",
    "Kind",
    "NoSuchRowError",
    "ProcoreServer",
    "ProcoreState",
    "Shape",
    "Stage",
    "load",
    "save",
]
