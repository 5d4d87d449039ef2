"""What is done while Procore waits for the answer to a delivery: who sent it is checked, and it is kept.

Procore takes any answer after five seconds for a failure, and a failure holds up everything that waits for
that hook (section 5.3). So nothing is asked of Procore here, and a database that is busy is not waited for.
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from enum import Enum, auto
from typing import Final

from qbsync.errors import ProcorePayloadError
from qbsync.procore.payloads.shape import read
from qbsync.procore.payloads.webhooks import DeliveryPayload
from qbsync.procore.wire import decode
from qbsync.store import hooks, inbox, troubles
from qbsync.store.engine import Database
from qbsync.store.inbox import Delivery, Outcome

PATIENCE: Final = 1.5
"""Seconds to wait for the database, twice at most."""
LARGEST: Final = 64 * 1024
"""Bytes of a delivery; Procore's have less than one thousand."""
SUBJECT: Final = "webhook"
"""Under which a connection keeps that a delivery could not be understood."""
_KEPT_OF_GARBAGE: Final = 2000


class Heard(Enum):
    """How a delivery ended."""

    KEPT = auto()
    KNOWN = auto()
    """It was kept before."""
    GARBAGE = auto()
    """From Procore, but not to be understood."""


def who_sends(database: Database, name: str, authorization: str) -> int | None:
    """The connection whose hook sends this; None for a stranger. Raises OperationalError in time."""
    with database.read(patience=PATIENCE) as tx:
        return hooks.connection_of(tx, name, authorization)


def hear(database: Database, connection_id: int, body: bytes | None, now: datetime) -> Heard:
    """Keep a delivery of a hook of ours; None for a body that is larger than any of Procore's.

    Raises OperationalError in time.
    """
    try:
        delivery = _delivery(body)
    except ValueError as error:
        _note(database, connection_id, body or b"", str(error), now)
        return Heard.GARBAGE
    with database.write(patience=PATIENCE) as tx:
        return Heard.KEPT if inbox.keep(tx, connection_id, delivery, now) else Heard.KNOWN


def _delivery(body: bytes | None) -> Delivery:
    """The delivery in a body; raises ValueError saying what it is instead."""
    if body is None:
        raise ValueError("It was larger than any of Procore's.")
    try:
        raw = decode(body)
    except ValueError:
        raise ValueError("It was no JSON.") from None
    return delivery_of(raw, _text(body))


def delivery_of(raw: object, body: str, *, fetched: bool = False) -> Delivery:
    """The delivery that some JSON is; raises ValueError saying why it is none."""
    try:
        payload = read(DeliveryPayload, raw, what="a delivery")
    except ProcorePayloadError as error:
        raise ValueError(error.message) from None
    return Delivery(
        event_key=payload.key,
        resource_name=payload.resource_name,
        resource_id=payload.resource_id,
        event_type=payload.event_type,
        project_id=payload.project_id or "",
        company_id=payload.company_id or "",
        user_id=payload.user_id or "",
        application_id=payload.metadata.source_application_id or "",
        body=body,
        fetched=fetched,
    )


def _note(database: Database, connection_id: int, body: bytes, why: str, now: datetime) -> None:
    """Keep what could not be understood, and show it until a delivery is understood again."""
    garbage = Delivery(
        event_key=f"sha256:{hashlib.sha256(body).hexdigest()}", body=_text(body)[:_KEPT_OF_GARBAGE]
    )
    with database.write(patience=PATIENCE) as tx:
        inbox.keep(tx, connection_id, garbage, now, outcome=Outcome.GARBAGE)
        troubles.keep(
            tx,
            connection_id,
            SUBJECT,
            message=f"A delivery of Procore's could not be understood. {why}",
            guidance="Changes are found without it, a little later. If it happens again, report this.",
            now=now,
        )


def _text(body: bytes) -> str:
    """The body as text that any database takes."""
    return body.decode("utf-8", errors="replace").replace("\0", "\N{REPLACEMENT CHARACTER}")
