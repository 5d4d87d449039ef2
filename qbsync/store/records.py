"""Records as JSON in a job's row, and back."""

from __future__ import annotations

from typing import Any

from pydantic import TypeAdapter

from qbsync.model.records import KIND_OF, Record, RecordKind

_ADAPTERS: dict[RecordKind, TypeAdapter[Any]] = {kind: TypeAdapter(cls) for cls, kind in KIND_OF.items()}


def to_json(record: Record) -> dict[str, Any]:
    """The record as JSON values; decimals and dates as text, so nothing passes through binary."""
    value: dict[str, Any] = _ADAPTERS[KIND_OF[type(record)]].dump_python(record, mode="json")
    return value


def from_json(kind: RecordKind, value: dict[str, Any]) -> Record:
    """The record that was kept."""
    record: Record = _ADAPTERS[kind].validate_python(value)
    return record
