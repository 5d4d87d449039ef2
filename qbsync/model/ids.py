"""Identifiers, each of its own type so that none can stand in for another."""

from __future__ import annotations

from typing import NewType

ConnectionId = NewType("ConnectionId", int)

QuickBooksId = NewType("QuickBooksId", str)
"""A ListID (customer, vendor, item, account) or a TxnID (purchase order, bill, estimate)."""
MessageSetId = NewType("MessageSetId", str)
"""newMessageSetID: unique for ever, at most 23 characters."""
