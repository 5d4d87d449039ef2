"""Payments issued on commitments as Procore sends them."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from qbsync.procore.payloads.shape import Amount, Day, Id, OptionalId, Payload, Text


class ContractPaymentPayload(Payload):
    """A payment issued on a commitment, perhaps for one of its invoices (`requisition_id`)."""

    id: Id
    amount: Amount
    check_number: Text = ""
    date: Day = None
    requisition_id: OptionalId = None
    origin_id: Text = ""

    def says(self, fields: Mapping[str, Any]) -> bool:
        """Whether amount, date and number are those of `fields`, which are as Procore is sent them."""
        day = "" if self.date is None else self.date.isoformat()
        return (
            self.amount == Decimal(str(fields.get("amount", "0")))
            and day == (fields.get("date") or "")
            and self.check_number == (fields.get("check_number") or "")
        )
