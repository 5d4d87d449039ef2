"""A stateful, strict QuickBooks company file that answers qbXML as QuickBooks does.

`CompanyFile` is the way in. It is written from the reference alone and shares no code with qbsync's own
qbXML, so that it can be a witness against it. A new object is a file in `forms`, a line in `kinds`, and a
module with handlers that `families` names; `people` is the shortest example, `purchase_orders` the fullest.
"""

from __future__ import annotations

from qbsync.simulator.quickbooks.company_file import VERSIONS, CompanyFile
from qbsync.simulator.quickbooks.faults import Faults
from qbsync.simulator.quickbooks.hresults import HResult, RequestProcessorError
from qbsync.simulator.quickbooks.human import Human
from qbsync.simulator.quickbooks.statuses import Refusal, Status
from qbsync.simulator.quickbooks.values import (
    Account,
    Item,
    ListElement,
    Person,
    PurchaseOrder,
    PurchaseOrderLine,
)

__all__ = [
    "VERSIONS",
    "Account",
    "CompanyFile",
    "Faults",
    "HResult",
    "Human",
    "Item",
    "ListElement",
    "Person",
    "PurchaseOrder",
    "PurchaseOrderLine",
    "Refusal",
    "RequestProcessorError",
    "Status",
]
