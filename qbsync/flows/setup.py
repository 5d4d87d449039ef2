"""Setting a connection up and changing how it works, each step in the audit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields

from sqlalchemy.orm import Session

from qbsync.errors import ConfigError, StateError
from qbsync.flows import absences, costs, named_options, sweep
from qbsync.flows.review import Desk
from qbsync.model.jobs import JobState
from qbsync.procore.wire import root_of
from qbsync.store import audit, connections, messages, queue, writebacks
from qbsync.store.connections import NewConnection, NewCredentials
from qbsync.store.secrets import Keeper
from qbsync.store.tables import ConnectionRow


def add(desk: Desk, new: NewConnection, keeper: Keeper) -> tuple[str, str]:
    """Make a connection; gives the Web Connector's user and password. Raises ConfigError."""
    _check(new.procore_company)
    root_of(new.procore_api, name="Procore API address")
    root_of(new.procore_login, name="Procore login address")
    with desk.database.write() as tx:
        row, password = connections.add(tx, new, keeper, desk.now)
        _note(tx, desk, row, "add connection")
        return row.user, password


_OF_COSTS = frozenset({"cost_transactions", "uncoded_cost_code", "retainage_item"})
"""The options by which the same costs of QuickBooks become other direct costs in Procore."""


def set_options(desk: Desk, name: str, values: Mapping[str, str]) -> list[str]:
    """Set options of a connection; gives in words which of these QuickBooks' lists do not have.

    Those are kept all the same, for someone may be about to add it in QuickBooks: they stand as troubles
    until the lists have them. Raises ConfigError for the first value that no option takes, and sets none.
    """
    with desk.database.write() as tx:
        row = _lock(tx, name)
        options = connections.options_of(row)
        for key, text in values.items():
            options = options.with_value(key, text)
        connections.set_options(row, options)
        row.pull_at = None
        wrong = named_options.note(tx, row, desk.now)
        if _OF_COSTS & values.keys():
            costs.owe_changed(tx, row, desk.now)
        _note(tx, desk, row, "set", ", ".join(f"{key}={text}" for key, text in values.items()))
        return [f"{one.option}: {one.fault} {one.guidance}" for one in wrong if one.option in values]


def pause(desk: Desk, name: str, *, paused: bool) -> None:
    """Stop a connection's work, or let it go on."""
    with desk.database.write() as tx:
        row = _lock(tx, name)
        row.paused_at = desk.now if paused else None
        _note(tx, desk, row, "pause" if paused else "resume")


def refresh(desk: Desk, name: str) -> None:
    """Have QuickBooks' lists and payments read at the next update, whatever the schedule says."""
    with desk.database.write() as tx:
        row = _lock(tx, name)
        row.names_at = row.payments_at = row.costs_at = row.drift_at = row.orders_at = None
        _note(tx, desk, row, "refresh")


def rotate_password(desk: Desk, name: str) -> tuple[str, str]:
    """A new password for the Web Connector; gives its user and the password."""
    with desk.database.write() as tx:
        row = _lock(tx, name)
        password = connections.rotate_password(row)
        _note(tx, desk, row, "rotate password")
        return row.user, password


def set_credentials(desk: Desk, name: str, new: NewCredentials, keeper: Keeper) -> None:
    """Sign in to Procore otherwise from now on: a renewed secret, another app, another host.

    Raises ConfigError for a host that is no plain http or https address.
    """
    root_of(new.procore_api or "https://api.procore.com", name="Procore API address")
    root_of(new.procore_login or "https://login.procore.com", name="Procore login address")
    with desk.database.write() as tx:
        row = _lock(tx, name)
        connections.set_credentials(row, new, keeper)
        given = [one.name for one in fields(new) if getattr(new, one.name) is not None]
        _note(tx, desk, row, "credentials", ", ".join(given))


def set_company_file(desk: Desk, name: str, path: str) -> None:
    """Have the Web Connector open the company file at this path; empty: whichever is open in QuickBooks.

    Which file is written to does not change by it: another one than the confirmed is refused as before.
    """
    with desk.database.write() as tx:
        row = _lock(tx, name)
        row.company_file = path
        _note(tx, desk, row, "company file", path)


def confirm_file(desk: Desk, name: str) -> str:
    """Take the company file that was last seen for the right one; raises StateError where none was seen.

    A message whose answer is still out was sent to the file as it was before: QuickBooks decides by its
    messageSetID, so it goes to the confirmed file as any other.
    """
    with desk.database.write() as tx:
        row = _lock(tx, name)
        offered = row.company_seen.get("offered")
        if not offered:
            raise StateError(
                f"No company file of {name} has been seen yet.", guidance="Run the Web Connector once."
            )
        counter = offered.get("counter", "")
        row.counter = int(counter) if counter.isdigit() else 0
        row.company_seen = {
            **row.company_seen,
            "name": offered["name"],
            "path": offered["path"],
            "counted": bool(counter),
            "counter_confirmed": counter,
            "distrust": row.company_seen.get("distrust", False) or offered.get("ahead", False),
            "ceiling": "",
        }
        if offered.get("ahead"):
            row.counter = 0
            _look_first(tx, row)
        absences.confirmed(tx, row.id)
        if offered.get("older"):
            sweep.read_anew(tx, row.id)
        row.company_file = offered["path"] if row.company_file else ""
        row.stopped = ""
        row.names_at = row.payments_at = row.costs_at = row.drift_at = row.orders_at = None
        out = sum(message.writes for message in messages.open_ones(tx, row.id))
        _note(tx, desk, row, "confirm file", f"{offered['name']} at {offered['path']}")
    words = (
        f"Confirmed {offered['name']!r} at {offered['path']}, seen at {offered.get('seen_at', '?')}; "
        "qbsync writes to it again."
    )
    return f"{words} A message without an answer goes first." if out else words


def _look_first(tx: Session, row: ConnectionRow) -> None:
    """Let every queued job look for its record before it adds it."""
    for job in queue.in_state(tx, row.id, JobState.QUEUED):
        if job.step == "write":
            job.step = "trace"


def remove(desk: Desk, name: str, *, whatever_is_out: bool = False) -> None:
    """Forget a connection and everything that belongs to it.

    Raises StateError while QuickBooks may be executing something or Procore is owed an id: added anew, the
    connection would export those records a second time.
    """
    with desk.database.write() as tx:
        row = _lock(tx, name)
        out = queue.in_state(tx, row.id, JobState.SENT) or queue.in_state(tx, row.id, JobState.IN_DOUBT)
        owed = writebacks.count_open(tx, row.id)
        if (out or owed) and not whatever_is_out:
            raise StateError(
                f"{name} still has {len(out)} jobs with QuickBooks and owes Procore {owed} ids.",
                guidance="Let the Web Connector run and `qbsync push` finish, or give --force.",
            )
        connections.remove(tx, row)
        audit.note(
            tx, actor=desk.actor, action="remove connection", subject=f"connection {name}", now=desk.now
        )


def _check(procore_company: str) -> None:
    if not (procore_company.isascii() and procore_company.isdigit()):
        raise ConfigError(
            f"{procore_company!r} is not the id of a company in Procore, which is a number.",
            guidance="It stands in the address of the company's pages in Procore, behind the host.",
        )


def _lock(tx: Session, name: str) -> ConnectionRow:
    return connections.lock(tx, connections.named(tx, name).id)


def _note(tx: Session, desk: Desk, row: ConnectionRow, action: str, detail: str = "") -> None:
    audit.note(
        tx,
        actor=desk.actor,
        action=action,
        subject=f"connection {row.name}",
        now=desk.now,
        connection_id=row.id,
        detail=detail,
    )
