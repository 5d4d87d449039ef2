"""Counting the calls to Procore: noted while a pass goes on, stored once at its end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy.orm import Session

from qbsync.procore.client import ProcoreClient
from qbsync.store import calls, connections
from qbsync.store.engine import Database
from qbsync.store.tables import ConnectionRow

_DAY: Final = timedelta(hours=24)


class Tally:
    """The calls of one pass, by the hour in which each was made and by endpoint."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self.made: Counter[tuple[datetime, str]] = Counter()

    def note(self, method: str, template: str, status: int) -> None:  # noqa: ARG002  # ProcoreClient tells it
        """Count one call, whatever Procore answered."""
        self.made[calls.hour_of(self._clock()), f"{method} {template}"] += 1


@contextmanager
def counted(
    database: Database, connection_id: int, client: ProcoreClient, clock: Callable[[], datetime]
) -> Iterator[Tally]:
    """Count the calls that this client makes within, and store them at the end, however it ends."""
    tally = Tally(clock)
    client.on_call = tally.note
    try:
        yield tally
    finally:
        client.on_call = None
        if tally.made:
            with database.write() as tx:
                row = connections.lock(tx, connection_id)
                per_hour = connections.options_of(row).calls_per_hour
                calls.add(tx, row, tally.made, per_hour, clock())


def shown(tx: Session, row: ConnectionRow, now: datetime) -> dict[str, Any]:
    """The calls of this hour and of the last day, and how many polling may make now; ready for JSON."""
    hour = calls.hour_of(now)
    per_hour = connections.options_of(row).calls_per_hour
    by_hour = calls.by_hour(tx, row.id, hour - _DAY)
    return {
        "polling_per_hour": per_hour,
        "polling_left": max(0, int(calls.left(row, per_hour, now))),
        "this_hour": by_hour.get(hour, 0),
        "busiest_hour": max(by_hour.values(), default=0),
        "last_day": sum(by_hour.values()),
        "by_endpoint": dict(calls.by_endpoint(tx, row.id, hour - _DAY)),
    }
