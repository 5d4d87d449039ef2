"""The right to tell Procore about one connection, which one process has at a time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Self

from qbsync.errors import BusyError
from qbsync.store import connections
from qbsync.store.engine import Database

LASTS = timedelta(minutes=15)
"""How long a push that says nothing more keeps others out."""
RENEWED_EVERY = timedelta(minutes=1)
"""How old the lease grows before the next step renews it."""


class PushLease:
    """One connection's lease on telling Procore, as a context; raises BusyError where another has it.

    Two pushes at once would each look before the other has written, and both would write. A process that
    died is forgotten after LASTS; one that was only slow finds at its next step that it lost the lease.
    """

    def __init__(self, database: Database, connection_id: int, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._connection_id = connection_id
        self._clock = clock
        self._renewed = clock()
        self._until = self._renewed + LASTS

    def __enter__(self) -> Self:
        self._renewed = self._clock()
        with self._database.write() as tx:
            connection = connections.lock(tx, self._connection_id)
            held = connection.pushing_until
            if held is not None and held > self._renewed:
                raise _busy(connection.name)
            self._until = connection.pushing_until = self._renewed + LASTS
        return self

    def __exit__(self, *_: object) -> None:
        with self._database.write() as tx:
            connection = connections.lock(tx, self._connection_id)
            if connection.pushing_until == self._until:
                connection.pushing_until = None

    def renew(self) -> None:
        """Keep others out for longer; raises BusyError where the lease ran out and another process has it."""
        now = self._clock()
        if now - self._renewed < RENEWED_EVERY:
            return
        with self._database.write() as tx:
            connection = connections.lock(tx, self._connection_id)
            if connection.pushing_until != self._until:
                raise _busy(connection.name)
            self._renewed = now
            self._until = connection.pushing_until = now + LASTS


def _busy(name: str) -> BusyError:
    return BusyError(
        f"Procore is being told about {name} right now.",
        guidance="Wait for that push to end, then run `qbsync push` again.",
    )
