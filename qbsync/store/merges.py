"""What was merged in Procore into what, as the ERP tool's notices told of it."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session

from qbsync.model.records import RecordKey, RecordKind
from qbsync.store.erp import Purpose
from qbsync.store.erp_tables import ErpPartRow

_CHUNK = 400
"""Ids in one IN list."""
_INTO = ErpPartRow.items["into"].as_string()


def into(tx: Session, connection_id: int, keys: Sequence[RecordKey]) -> dict[RecordKey, RecordKey]:
    """What those of these records, all of one kind, were merged into in Procore that were merged."""
    found: dict[RecordKey, RecordKey] = {}
    for start in range(0, len(keys), _CHUNK):
        chunk = keys[start : start + _CHUNK]
        kind = chunk[0].kind
        query = sa.select(ErpPartRow.procore_id, _INTO).where(
            *_merges(connection_id, kind), ErpPartRow.procore_id.in_([key.procore_id for key in chunk])
        )
        for source, target in tx.execute(query.order_by(ErpPartRow.id)):
            found[RecordKey(kind=kind, procore_id=source)] = RecordKey(kind=kind, procore_id=target)
    return found


def sources_of(tx: Session, connection_id: int, keys: Sequence[RecordKey]) -> set[RecordKey]:
    """The records that were merged into one of these, all of one kind, in Procore."""
    found: set[RecordKey] = set()
    for start in range(0, len(keys), _CHUNK):
        chunk = keys[start : start + _CHUNK]
        kind = chunk[0].kind
        query = sa.select(ErpPartRow.procore_id).where(
            *_merges(connection_id, kind), _INTO.in_([key.procore_id for key in chunk])
        )
        found |= {RecordKey(kind=kind, procore_id=one) for one in tx.scalars(query)}
    return found


def _merges(connection_id: int, kind: RecordKind) -> tuple[sa.ColumnElement[bool], ...]:
    return (
        ErpPartRow.connection_id == connection_id,
        ErpPartRow.kind == kind.value,
        ErpPartRow.purpose == Purpose.NOTICE.value,
        _INTO.is_not(None),
    )
