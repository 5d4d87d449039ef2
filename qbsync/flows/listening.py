"""What the worker does with deliveries, and what it asks less often because webhooks tell of it.

A delivery only says where to look. Polling goes on beside it and is what finds everything in the end: after
an outage, while nothing is heard, and for what has no webhook, such as invoices.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.orm import Session

from qbsync.flows import hearing
from qbsync.procore.feeds.cursors import format_moment, is_due
from qbsync.procore.feeds.deleted import Deletion
from qbsync.procore.feeds.named import OF_COMPANY, stream_of
from qbsync.store import hooks, inbox, marks, troubles
from qbsync.store.hook_tables import DeliveryRow
from qbsync.store.inbox import Outcome
from qbsync.store.tables import ConnectionRow

WHOLE_EVERY: Final = timedelta(hours=1)
"""How often polling asks for what webhooks tell of."""
HEARD_WITHIN: Final = timedelta(hours=12)
"""Procore throws away what it could not deliver for so long: unless something came since, polling decides."""
SETTLES: Final = timedelta(minutes=10)
"""So long after an event its stream is polled as usual: lists show a change up to five minutes late."""
LISTEN_EVERY: Final = timedelta(minutes=1)
"""The first event is read at once; those that follow it together, after so long."""
KEPT_FOR: Final = timedelta(days=28)
"""How long a delivery that was read is kept, as long as Procore keeps it."""
_WHOLE, _LISTENED = "webhooks/whole", "webhooks/listened"
_TOLD: Final = ("standard_cost_codes", "vendors", "projects", "cost_codes", "subcontracts", "purchase_orders",
                "change_orders", "invoices")  # fmt: skip
"""Streams of which an event tells every change. That a budget was locked may come without one."""
_MOST: Final = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """What some deliveries name: streams to read, records to look for, and the rows that say so."""

    streams: frozenset[str]
    deletions: tuple[Deletion, ...]
    rows: tuple[int, ...]

    def wants(self, stream: str) -> bool:
        """Whether a stream is to be read; a project's that is not known is looked for in every project."""
        return stream in self.streams or stream.partition("/")[0] in self.streams


def sort(tx: Session, connection: ConnectionRow, now: datetime) -> Named:
    """What the waiting deliveries name; those that concern nothing here are marked so, and change nothing."""
    streams: set[str] = set()
    deletions: list[Deletion] = []
    ours: list[int] = []
    accounts = {one.account_id for one in hooks.of(tx, connection.id)} - {""}
    for row in inbox.unread(tx, connection.id, limit=_MOST):
        outcome = _outcome(row, connection, accounts)
        if outcome is not Outcome.WAITING:
            inbox.mark_read(tx, [row.id], now, outcome)
            continue
        ours.append(row.id)
        streams.add(_stream(row))
        if row.event_type == "delete":
            deletions.append(
                Deletion(
                    resource_name=row.resource_name, record_id=row.resource_id, project_id=row.project_id
                )
            )
    return Named(streams=frozenset(streams), deletions=tuple(deletions), rows=tuple(ours))


def _outcome(row: DeliveryRow, connection: ConnectionRow, accounts: set[str]) -> Outcome:
    if row.company_id and row.company_id != connection.procore_company:
        return Outcome.FOREIGN
    if row.user_id in accounts or (row.application_id and row.application_id == connection.client_id):
        return Outcome.OWN
    return Outcome.WAITING if stream_of(row.resource_name) else Outcome.UNHEEDED


def _stream(row: DeliveryRow) -> str:
    """The stream's name as the feed has it; without the project where the event does not name it."""
    stream = stream_of(row.resource_name)
    return stream if stream in OF_COMPANY or not row.project_id else f"{stream}/{row.project_id}"


def may_listen(tx: Session, connection: ConnectionRow, now: datetime) -> bool:
    """Whether deliveries are to be read now; after trouble with Procore the next poll comes first."""
    if connection.pull_error and connection.pull_at is not None and connection.pull_at > now:
        return False
    return is_due(marks.one(tx, connection.id, _LISTENED), now, LISTEN_EVERY)


def listened(tx: Session, connection_id: int, named: Named, now: datetime) -> None:
    """All that these deliveries name was read."""
    inbox.mark_read(tx, named.rows, now)
    inbox.forget(tx, connection_id, now - KEPT_FOR)
    marks.put(tx, connection_id, _LISTENED, format_moment(now))
    troubles.over(tx, connection_id, hearing.SUBJECT)


def polled(tx: Session, connection: ConnectionRow, now: datetime) -> Callable[[str], bool]:
    """Which streams a scheduled poll asks for: each, but within the hour those that webhooks tell of."""
    if is_due(marks.one(tx, connection.id, _WHOLE), now, WHOLE_EVERY):
        return everything
    last = inbox.last_heard(tx, connection.id)
    if last is None or now - last > HEARD_WITHIN:
        return everything
    told = _told(tx, connection.id)
    recent = {_stream(row) for row in inbox.heard(tx, connection.id, now - SETTLES)}

    def asks(stream: str) -> bool:
        kind, _, project_id = stream.partition("/")
        told_of = told.get(kind, frozenset())
        return not (told_of & {"", project_id}) or stream in recent or kind in recent

    return asks


def _told(tx: Session, connection_id: int) -> Mapping[str, frozenset[str]]:
    """For each stream that was heard of since its hook was made: the projects of those hooks, "" for any."""
    found: dict[str, set[str]] = {}
    for hook in hooks.of(tx, connection_id):
        if not hook.made:
            continue
        heard = {
            stream_of(row.resource_name)
            for row in inbox.heard(tx, connection_id, hook.created_at)
            if hook.project_id in ("", row.project_id)
        }
        for stream in heard & {stream_of(name) for name, _ in hook.triggers} & set(_TOLD):
            found.setdefault(stream, set()).add(hook.project_id)
    return {stream: frozenset(projects) for stream, projects in found.items()}


def polled_whole(tx: Session, connection_id: int, asks: Callable[[str], bool], now: datetime) -> None:
    """Keep that a poll asked for everything, if it did."""
    if asks is everything:
        marks.put(tx, connection_id, _WHOLE, format_moment(now))


def everything(_stream: str) -> bool:
    """Every stream is asked for."""
    return True
