"""A table of rows of one type, with ids, times and unique origin ids."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Generic, TypeVar

from qbsync.simulator.procore.clock import Clock
from qbsync.simulator.procore.rows import Row

R = TypeVar("R", bound=Row)


class NoSuchRowError(LookupError):
    """There is no such record, or it was deleted."""


class Table(Generic[R]):
    """Keeps rows by id; not locked by itself, its state is."""

    def __init__(self, make: Callable[..., R], clock: Clock, first_id: int) -> None:
        self._make = make
        self._clock = clock
        self._next = first_id
        self._rows: dict[int, R] = {}
        self.told: Callable[[R, str], None] | None = None
        """Who hears of each change: the row as it is now, and "create", "update" or "delete"."""

    def create(self, **fields: object) -> R:
        """A new row with the next id, made now."""
        now = self._clock.now()
        row = self._make(id=self._next, created_at=now, updated_at=now, **fields)
        self._next += 1
        self._rows[row.id] = row
        self._tell(row, "create")
        return row

    def edit(self, row_id: int, **changes: object) -> R:
        """Change a row; `updated_at` moves only where something is different, as Rails does it."""
        before = self.get(row_id)
        after = replace(before, **changes)  # type: ignore[arg-type]  # a wrong name raises TypeError
        if after != before:
            after = replace(after, updated_at=self._clock.now())
            self._rows[row_id] = after
            self._tell(after, "update")
        return after

    def touch(self, row_id: int) -> None:
        """Say that something below this row has changed."""
        row = self._rows[row_id] = replace(self.get(row_id), updated_at=self._clock.now())
        self._tell(row, "update")

    def delete(self, row_id: int) -> R:
        """Mark a row deleted; it stays to be asked for with `include_deleted`."""
        now = self._clock.now()
        row = replace(self.get(row_id), deleted_at=now, updated_at=now)
        self._rows[row_id] = row
        self._tell(row, "delete")
        return row

    def get(self, row_id: int) -> R:
        """The row; raises NoSuchRowError where there is none."""
        row = self.find(row_id)
        if row is None:
            raise NoSuchRowError(f"no {getattr(self._make, '__name__', 'row')} {row_id}")
        return row

    def find(self, row_id: int) -> R | None:
        """The row, or None where there is none or it was deleted."""
        row = self._rows.get(row_id)
        return None if row is None or row.deleted_at else row

    def live(self) -> list[R]:
        """Rows that were not deleted, by id."""
        return [row for row in self._rows.values() if row.deleted_at is None]

    def everything(self) -> list[R]:
        """All rows, deleted ones too, by id."""
        return list(self._rows.values())

    @property
    def next_id(self) -> int:
        """The id that the next row gets."""
        return self._next

    def count_from(self, first_id: int) -> None:
        """Give the next rows ids from this one on; never one that a row has already."""
        self._next = max(self._next, first_id)

    def put_back(self, rows: list[R]) -> None:
        """Replace what the table holds by saved rows."""
        self._rows = {row.id: row for row in rows}
        self._next = max([self._next, *(row.id + 1 for row in rows)])

    def _tell(self, row: R, event: str) -> None:
        if self.told is not None:
            self.told(row, event)
