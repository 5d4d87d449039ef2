"""The rights to read Procore for one connection, and to tell it: one process has each at a time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Self

from qbsync.errors import BusyError
from qbsync.store import connections
from qbsync.store.engine import Database
from qbsync.store.tables import ConnectionRow

LASTS = timedelta(minutes=15)
"""How long a push that says nothing more keeps others out."""
RENEWED_EVERY = timedelta(minutes=1)
"""How old the lease grows before the next step renews it."""
PULL_LEASE = timedelta(minutes=15)
"""How long a pull that says nothing more keeps others out; it is renewed with everything it stores."""


class PullLease:
    """One connection's lease on reading Procore: of two readings the older must not be stored last.

    `take` and `renew` are called in a transaction that has locked the connection. A process that died is
    forgotten after PULL_LEASE; one that was only slow finds that it lost the lease before it stores anything.
    """

    def __init__(self, database: Database, connection_id: int, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._connection_id = connection_id
        self._clock = clock
        self._until: datetime | None = None

    def take(self, connection: ConnectionRow, now: datetime, *, only_if_due: bool) -> None:
        """Take the connection; raises BusyError where another process has it, or had it just now."""
        until = connection.pulling_until
        taken = until is not None and until > now
        if taken or (only_if_due and connection.pull_at is not None and connection.pull_at > now):
            raise _reading(connection.name)
        self._until = connection.pulling_until = now + PULL_LEASE

    def renew(self, connection: ConnectionRow) -> None:
        """Keep others out for longer; raises BusyError where the lease ran out and another process has it."""
        if connection.pulling_until != self._until:
            raise _reading(connection.name)
        self._until = connection.pulling_until = self._clock() + PULL_LEASE

    def release(self) -> None:
        """Let others in; a lease that another process has meanwhile stays."""
        with self._database.write() as tx:
            connection = connections.lock(tx, self._connection_id)
            if connection.pulling_until == self._until:
                connection.pulling_until = None


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


def _reading(name: str) -> BusyError:
    return BusyError(
        f"Procore is being read for {name} right now.",
        guidance="Wait for that pull to end, then run `qbsync pull` again.",
    )


def _busy(name: str) -> BusyError:
    return BusyError(
        f"Procore is being told about {name} right now.",
        guidance="Wait for that push to end, then run `qbsync push` again.",
    )
