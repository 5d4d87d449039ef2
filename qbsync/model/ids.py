"""Identifiers, each of its own type so that none can stand in for another."""

from __future__ import annotations

import re
from typing import Final, NewType

ConnectionId = NewType("ConnectionId", int)

QuickBooksId = NewType("QuickBooksId", str)
"""A ListID (customer, vendor, item, account) or a TxnID (purchase order, bill, estimate)."""
MessageSetId = NewType("MessageSetId", str)
"""newMessageSetID: unique for ever, at most 23 characters."""

_TXN_ID: Final = re.compile(r"[0-9A-F]{1,8}-[0-9]{1,10}")


def is_txn_id(value: str) -> bool:
    """Whether QuickBooks Desktop could have given that TxnID: "1A2F-1771000000", each part of 32 bits."""
    return _TXN_ID.fullmatch(value) is not None
