"""A link joins a Procore record to what QuickBooks holds for it."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from decimal import Decimal

from qbsync.model.drift import Held
from qbsync.model.ids import ConnectionId, QuickBooksId
from qbsync.model.records import RecordKey

_NAMESPACE = uuid.UUID("6f1d7a52-6a0c-4f0e-9a55-0d5f7f2f7a11")


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkLine:
    """A Procore line joined to a line of the QuickBooks transaction (its TxnLineID).

    Several lines of a change order may share one. `amount` is what QuickBooks showed for the line when we
    last wrote it, `rate` the price of one unit there, None where the line has no quantity; `item_id` the
    ListID of its item; `class_id` that of its class, empty where none was written or none was kept.
    """

    procore_line_id: str
    txn_line_id: str
    amount: Decimal | None = None
    rate: Decimal | None = None
    item_id: str = ""
    class_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A record and the ListID or TxnID that QuickBooks gave it.

    `name` is QuickBooks' FullName or RefNumber; `edit_sequence` the last one seen; `fingerprint` the version
    of the record that QuickBooks was told. `held` is what QuickBooks showed of what is ours, when it had
    been written; empty where that is not known.
    """

    key: RecordKey
    quickbooks_id: QuickBooksId
    name: str = ""
    edit_sequence: str = ""
    fingerprint: str = ""
    lines: tuple[LinkLine, ...] = ()
    held: tuple[Held, ...] = ()


def external_guid(connection: ConnectionId, secret: str, key: RecordKey, generation: int) -> str:
    """The ExternalGUID of a record in QuickBooks: the same for each attempt, another after an unlink.

    `secret` is the connection's OwnerID, so that two installations never agree by chance. In braces, as
    GUIDTYPE wants it.
    """
    name = f"{secret}/{connection}/{key}/{generation}"
    return "{" + str(uuid.uuid5(_NAMESPACE, name)) + "}"
