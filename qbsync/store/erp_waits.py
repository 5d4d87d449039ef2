"""ERP requests that wait to be taken in: whether one was never shown, and what the others wait with."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session

from qbsync.store import erp
from qbsync.store.erp_tables import WAITING_REQUEST, ErpPartRow, ErpRequestRow


def waits_unseen(tx: Session, connection_id: int) -> bool:
    """Whether a request waits that Procore did not show yet: nobody knows which details are its own."""
    query = sa.select(ErpRequestRow.id).where(
        ErpRequestRow.connection_id == connection_id, WAITING_REQUEST, ErpRequestRow.name == ""
    )
    return tx.scalar(query.limit(1)) is not None


def forget_waiting(tx: Session, connection_id: int, request_id: str) -> Sequence[ErpPartRow]:
    """Forget the parts that stood for a request while it could not be taken in; gives what they were."""
    parts = [
        part
        for part in erp.of_its_request(tx, connection_id, request_id)
        if part.purpose == erp.Purpose.WAIT.value
    ]
    for part in parts:
        tx.delete(part)
    tx.flush()
    return parts
