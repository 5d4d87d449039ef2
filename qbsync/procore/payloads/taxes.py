"""The company's tax codes as Procore lists them."""

from __future__ import annotations

from decimal import Decimal

from qbsync.procore.payloads.shape import Id, Payload, Quantity, Text


class TaxCodePayload(Payload):
    """A tax code; `rate1` in percent."""

    id: Id
    code: Text = ""
    rate1: Quantity = Decimal(0)
