"""Direct costs, their lines and cost types as Procore sends them."""

from __future__ import annotations

import json
from decimal import Decimal

from qbsync.procore.payloads.shape import Amount, Id, OptionalId, Payload, Text

MARK, FINGERPRINT = "qbsync", "version"
"""The keys of a direct cost's origin data: which of ours it is, and what Procore was last told of it."""


class DirectCostPayload(Payload):
    """A direct cost of a project; `origin_data` is JSON of ours, or anything."""

    id: Id
    origin_id: Text = ""
    origin_data: Text = ""

    @property
    def mark(self) -> str:
        """Which of our direct costs it is, empty where it is none of ours."""
        return self._data(MARK)

    def is_told(self, fingerprint: str) -> bool:
        """Whether it is complete and locked as that version."""
        return bool(self.origin_id) and self._data(FINGERPRINT) == fingerprint

    def _data(self, key: str) -> str:
        try:
            data = json.loads(self.origin_data) if self.origin_data else {}
        except ValueError:
            return ""
        return str(data.get(key, "")) if isinstance(data, dict) else ""


class HolderPayload(Payload):
    """What a line is part of."""

    id: Id


class CostCodeReferencePayload(Payload):
    """The cost code of a line."""

    id: OptionalId = None
    full_code: Text = ""
    name: Text = ""


class DirectCostLinePayload(Payload):
    """A line of a direct cost."""

    id: Id
    amount: Amount = Decimal(0)
    origin_id: Text = ""
    description: Text = ""
    holder: HolderPayload | None = None
    cost_code: CostCodeReferencePayload | None = None


class CostTypePayload(Payload):
    """A cost type (line item type) of the company."""

    id: Id
    name: Text = ""
    code: Text = ""
    base_type: Text = ""
