"""The answer of the bulk upsert endpoints (section 2.6): always 200, the refusals item by item."""

from __future__ import annotations

from typing import Any

from qbsync.procore.payloads.shape import Payload


class SyncPayload(Payload):
    """What Procore took, as shows, and what it refused, as the attributes sent with an "errors" key."""

    entities: tuple[dict[str, Any], ...] = ()
    errors: tuple[dict[str, Any], ...] = ()
