"""What there is to see of webhooks: plain values with stable keys, ready for JSON, and a check."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy.orm import Session

from qbsync.model.feeds import Feed
from qbsync.procore.feeds.named import stream_of
from qbsync.store import connections, hooks, inbox
from qbsync.store.hook_tables import HookRow
from qbsync.store.tables import ConnectionRow

Values = dict[str, Any]
_MEANWHILE: Final = {
    False: "Until then changes are polled.",
    True: "Until then what was delivered is looked up once an hour.",
}
SILENCE: Final = timedelta(days=3)
"""Without any delivery for so long, a hook is worth a look; a company at work changes something."""


def hook_list(tx: Session, *, connection: str | None = None) -> list[Values]:
    """The hooks by connection, oldest first, each with when something of its scope was last delivered."""
    names = {row.id: row.name for row in connections.every(tx)}
    wanted = None if connection is None else connections.named(tx, connection).id
    rows = hooks.every(tx) if wanted is None else hooks.of(tx, wanted)
    return [_hook(tx, row, names[row.connection_id]) for row in rows]


def _hook(tx: Session, row: HookRow, connection: str) -> Values:
    came = [
        one.received_at
        for one in inbox.heard(tx, row.connection_id, row.created_at)
        if row.project_id in ("", one.project_id)
    ]
    heard = max(came, default=None)
    return {
        "connection": connection,
        "hook": row.procore_id or None,
        "project": row.project_id or None,
        "state": "made" if row.made else "unfinished",
        "destination": row.destination,
        "triggers": [{"resource": name, "event": event} for name, event in row.triggers],
        "refused": [{"resource": name, "event": event, "why": why} for name, event, why in row.refused],
        "created_at": _iso(row.created_at),
        "heard_at": _iso(heard),
    }


def of_connection(tx: Session, row: ConnectionRow) -> Values:
    """A connection's webhooks in figures: how many hooks, when the last delivery came, how many wait."""
    return {
        "hooks": len(hooks.of(tx, row.id)),
        "heard_at": _iso(inbox.last_heard(tx, row.id)),
        "waiting": inbox.waiting(tx, row.id),
    }


def fares(tx: Session, row: ConnectionRow, now: datetime) -> tuple[bool, str, str]:
    """Whether a connection's webhooks are well, in a sentence, and who does what where they are not."""
    found = hooks.of(tx, row.id)
    on_erp = row.feed == Feed.ERP.value
    again = f"qbsync erp register {row.name}" if on_erp else f"qbsync webhooks add {row.name}"
    if not found and on_erp:
        return False, "There is no webhook: nothing that people export in Procore comes here.", again
    if not found:
        minutes = connections.options_of(row).poll_seconds / 60
        return True, f"There are no webhooks: Procore is asked every {minutes:g} minutes.", ""
    if not all(one.made for one in found):
        return False, "Registering webhooks was not finished.", again
    heard = {stream_of(name) for one in found for name, _ in one.triggers}
    refused = [tuple(each) for one in found for each in one.refused if stream_of(each[0]) not in heard]
    if refused:
        name, event, why = refused[0]
        return False, f"Procore refused triggers, the first for {name}, {event}: {why}", again
    triggers = sum(len(one.triggers) for one in found)
    hooked = f"{len(found)} {'hook' if len(found) == 1 else 'hooks'} with {triggers} triggers"
    last = inbox.last_heard(tx, row.id)
    since = max(filter(None, (last, max(one.created_at for one in found))))
    said = "nothing was heard yet" if last is None else f"last heard {last:%Y-%m-%d %H:%M} UTC"
    if now - since > SILENCE:
        fix = f"See that Procore reaches {found[0].destination}; then {again}. {_MEANWHILE[on_erp]}"
        return False, f"{hooked}; {said}.", fix
    return True, f"{hooked}; {said}.", ""


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat(timespec="seconds")
