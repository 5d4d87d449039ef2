"""What no webhook told of is found, once an hour: after an outage, or while Procore cannot reach us.

Procore throws away what it could not deliver for twelve hours, and ERP requests cannot be listed (reference,
sections 4.3 and 5.3). What is left are the hook's deliveries, listed for 28 days, and the request details
that are open. A detail that stays open and that no request names is closed, so that the record's buttons in
Procore work again.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.orm import Session

from qbsync.errors import (
    ProcoreError,
    ProcoreMissingError,
    ProcoreRefusedError,
    ProcoreUnavailableError,
)
from qbsync.flows import delivered, webhooks
from qbsync.flows.erp import closing, troubles, words
from qbsync.flows.review import Desk
from qbsync.procore import permissions
from qbsync.procore.client import SYNC_LIMIT, ProcoreClient
from qbsync.procore.erp.api import DetailPayload, ErpApi
from qbsync.procore.feeds.cursors import format_moment, parse_moment
from qbsync.procore.hooks import V2, HookApi
from qbsync.store import audit, connections, erp, erp_waits, inbox, marks
from qbsync.store.engine import Database
from qbsync.store.hook_tables import HookRow

EVERY: Final = timedelta(hours=1)
_SOONER: Final = timedelta(minutes=5)
"""After trouble with Procore."""
_OVERLAP: Final = timedelta(hours=1)
_LONGEST: Final = 24
"""Hours between two readings of the details, however many pages they have."""
_MOST: Final = 20
"""Items whose details are asked for by themselves, where the whole list does not say whose they are."""
_DELIVERIES, _DETAILS, _STRANGE = "erp/deliveries", "erp/details", "erp/strange_details"
"""Marks: when each is read next, and since when which details were seen open without a request."""
LISTED: Final = "what Procore's webhook delivered"
OPEN: Final = "open request details in Procore"
HOOK: Final = "the webhook of Procore's ERP tool"
"""Under which a connection keeps what went wrong."""
_BY_ITSELF: Final = "qbsync"


@dataclass(frozen=True, slots=True, kw_only=True)
class CatchUp:
    """One connection's look for what it was not told."""

    database: Database
    connection_id: int
    client: ProcoreClient
    api: ErpApi
    now: datetime


def at_once(tx: Session, connection_id: int) -> None:
    """Have the next pull catch up, whatever the hour."""
    for mark in (_DELIVERIES, _DETAILS):
        marks.put(tx, connection_id, mark, "")


def begun(tx: Session, connection_id: int, now: datetime) -> None:
    """Keep that everything up to now is known: the connection was registered just now."""
    account = erp.account(tx, connection_id)
    account.caught_up_at = account.caught_up_at or now
    for mark in (_DELIVERIES, _DETAILS):
        marks.put(tx, connection_id, mark, format_moment(now + EVERY))


def deliveries(this: CatchUp) -> None:
    """Keep what the hook was to deliver and did not, and make the hook anew where it does not work."""
    since = _since(this, _DELIVERIES)
    if since is None:
        return
    hooks = delivered.hooks_of(this.database, this.connection_id)
    missed = _trouble(this, LISTED, lambda: _read(this, hooks, since))
    unsound = _trouble(this, HOOK, lambda: _look_after_hook(this, listed=missed is None))
    with this.database.write() as tx:
        connections.lock(tx, this.connection_id)
        if hooks and missed is None:
            erp.account(tx, this.connection_id).caught_up_at = this.now
        inbox.forget(tx, this.connection_id, this.now - delivered.LISTED_FOR)
        away = any(isinstance(one, ProcoreUnavailableError) for one in (missed, unsound))
        due = this.now + (_SOONER if away else EVERY)
        marks.put(tx, this.connection_id, _DELIVERIES, format_moment(due))


def details(this: CatchUp) -> None:
    """Find the details that are open and of which nobody told; close what was found so twice, an hour apart.

    This comes after what is known was fetched: a request that waits may own such a detail.
    """
    if _since(this, _DETAILS) is None:
        return
    shown: list[DetailPayload] = []
    if _trouble(this, OPEN, lambda: shown.extend(_listed(this))) is not None:
        with this.database.write() as tx:
            marks.put(tx, this.connection_id, _DETAILS, format_moment(this.now + EVERY))
        return
    hours = min(_LONGEST, max(1, -(-len(shown) // SYNC_LIMIT)))
    with this.database.write() as tx:
        connections.lock(tx, this.connection_id)
        still_open = [one for one in shown if not one.is_closed]
        closing.adopt(tx, this.connection_id, still_open, this.now)
        _close_strange(tx, this, still_open)
        marks.put(tx, this.connection_id, _DETAILS, format_moment(this.now + hours * EVERY))


def _listed(this: CatchUp) -> list[DetailPayload]:
    """The details; where the list leaves items out, those of what lacks its detail are asked for by item."""
    shown = {one.id: one for one in this.api.details()}
    if any(one.item_id is None and not one.is_closed for one in shown.values()):
        with this.database.read() as tx:
            parts = erp.lacking_detail(tx, this.connection_id)
            headers = [str(part.items.get("header", "")) for part in parts]
        items = dict.fromkeys(header.partition(":")[2] for header in headers if header)
        for item_id in list(items)[:_MOST]:
            of_item = this.api.details(item_id)
            shown |= {one.id: one.model_copy(update={"item_id": item_id}) for one in of_item}
    return list(shown.values())


def _close_strange(tx: Session, this: CatchUp, still_open: Sequence[DetailPayload]) -> None:
    """Owe the end of those that were seen open an hour ago; remember the others until they are.

    A request that Procore did not show yet may own any of them; while a part lacks its detail, that may be
    one that does not say whose it is. None of these is closed.
    """
    before: Mapping[str, str] = json.loads(marks.one(tx, this.connection_id, _STRANGE) or "{}")
    nobodys = set(closing.unknown(tx, this.connection_id, [one.id for one in still_open]))
    strange = {one.id: one for one in still_open if one.id in nobodys}
    seen = {one: parse_moment(before.get(one, "")) or this.now for one in strange}
    quiet = not erp_waits.waits_unseen(tx, this.connection_id) and not inbox.waiting(tx, this.connection_id)
    one_lacks = bool(erp.lacking_detail(tx, this.connection_id))
    for one, at in list(seen.items()):
        detail = strange[one]
        if not quiet or this.now - at < EVERY or (one_lacks and detail.item_id is None):
            continue
        del seen[one]
        if closing.answered_already(tx, this.connection_id, detail, at, this.now):
            continue
        closing.give_up(tx, this.connection_id, one, [words.AWAY], this.now)
        audit.note(
            tx,
            actor=_BY_ITSELF,
            action="give up a request detail",
            subject=f"request detail {one}",
            now=this.now,
            connection_id=this.connection_id,
            detail="It stayed open, and no request that is known names it.",
        )
    kept = {one: format_moment(at) for one, at in seen.items()}
    marks.put(tx, this.connection_id, _STRANGE, json.dumps(kept, sort_keys=True))


def _since(this: CatchUp, mark: str) -> datetime | None:
    """From when on to read what a mark stands for; None where it is not its hour."""
    with this.database.read() as tx:
        account = erp.account_of(tx, this.connection_id)
        due = parse_moment(marks.one(tx, this.connection_id, mark))
    if account is None or account.registered_at is None or (due is not None and due > this.now):
        return None
    return (account.caught_up_at or account.registered_at) - _OVERLAP


def _read(this: CatchUp, hooks: Sequence[HookRow], since: datetime) -> None:
    for hook in hooks:
        delivered.keep(this.database, this.client, hook, since, this.now)


def _look_after_hook(this: CatchUp, *, listed: bool) -> None:
    """Make the hook anew where Procore shows that it is gone, switched off, or without its trigger.

    One that brought something within the hour is well. Where Procore lists no hooks nobody can tell, unless
    its deliveries are gone too: then a person is asked to look.
    """
    with this.database.read() as tx:
        last = inbox.last_heard(tx, this.connection_id)
        name = connections.get(tx, this.connection_id).name
    if last is not None and this.now - last < EVERY:
        return
    hooks = delivered.hooks_of(this.database, this.connection_id)
    hook = next((row for row in reversed(hooks) if row.made), None)
    if hook is None:
        return  # doctor says that registering was not finished
    try:
        fault = fault_of(this.client, hook)
    except delivered.NOT_THERE:
        if not listed:
            raise ProcoreMissingError(
                "Procore shows neither the webhook nor what it delivered.",
                guidance=f"qbsync webhooks add {name}",
            ) from None
        return
    if fault:
        _make_anew(this, hook, name, fault)


def fault_of(client: ProcoreClient, hook: HookRow) -> str:
    """What is wrong with a hook as Procore shows it, empty where nothing is.

    Raises delivered.NOT_THERE where Procore lists no hooks, and the client's other errors.
    """
    state = HookApi(client, hook.api or V2).state(hook.procore_id, hook.project_id)
    if state is None:
        return "It is gone in Procore."
    if not state.active:
        return "Procore has switched it off."
    return "" if state.triggers is None or state.triggers else "Its trigger is gone in Procore."


def _make_anew(this: CatchUp, hook: HookRow, name: str, fault: str) -> None:
    desk = Desk(database=this.database, actor=_BY_ITSELF, now=this.now)
    made = webhooks.add(desk, name, HookApi(this.client), url=webhooks.address_in(hook, name))
    if made.refused:
        refused = "; ".join(why for *_, why in made.refused)
        raise ProcoreRefusedError(
            f"{fault} It was made anew, and Procore refused its trigger: {refused}",
            guidance=permissions.WEBHOOKS,
        )


def _trouble(this: CatchUp, subject: str, do: Callable[[], object]) -> ProcoreError | None:
    return troubles.kept(this.database, this.connection_id, subject, do, this.now)
