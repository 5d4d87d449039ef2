"""Making webhooks in Procore, and taking them away; each step is kept, and all may be done again.

Doing it again makes new hooks with new bearers before it removes the old ones, so that it mends whatever an
earlier attempt left undone, changes the bearers, and loses no event.
"""

from __future__ import annotations

import ipaddress
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

from sqlalchemy.orm import Session

from qbsync.errors import ConfigError
from qbsync.flows import delivered
from qbsync.flows.review import Desk
from qbsync.model.feeds import Feed
from qbsync.procore import permissions
from qbsync.procore.feeds.direct import FOLLOWED
from qbsync.procore.feeds.named import OF_COMPANY, stream_of
from qbsync.procore.hooks import HookApi, Trigger
from qbsync.procore.payloads.webhooks import EVENT_TYPES
from qbsync.store import audit, connections, erp, hooks, marks
from qbsync.store.hook_tables import HookRow
from qbsync.store.hooks import NewHook
from qbsync.store.tables import ConnectionRow

_USUAL: Final = (
    "Standard Cost Codes",
    "Company Vendors",
    "Projects",
    "Cost Codes",
    "Work Order Contracts",
    "Purchase Order Contracts",
    "Change Order Packages",
    "Budget Line Items",
    "Budget Changes",
)
"""Asked for where Procore does not name its resources (v1.0); what it does not know it refuses by itself."""
_RANDOM_BYTES: Final = 32
ERP_REQUESTS: Final = ("ERP Requests", "create")
"""The one event of the ERP feed."""


@dataclass(slots=True, kw_only=True)
class Made:
    """What registering came to."""

    hooks: int = 0
    triggers: int = 0
    removed: int = 0
    refused: list[tuple[str, str, str]] = field(default_factory=list)
    """Resource, event type, and Procore's words."""
    unfollowed: bool = False
    """Hooks of projects were wanted, and no project is followed yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Registering:
    """One registration of one connection."""

    desk: Desk
    api: HookApi
    connection_id: int
    destination: str
    account_id: str
    projects: Sequence[str]
    made: Made
    fresh: list[int] = field(default_factory=list)

    def erp_requests(self) -> None:
        """Make the company's hook for the requests of its ERP tool, and no other."""
        self._hook("", [ERP_REQUESTS])

    def company(self, *, per_project: bool) -> set[str]:
        """Make the company's hook; gives the streams that it hears of."""
        offered = self.api.resources("")
        wanted = _wanted(_usual() if offered is None else offered)
        if per_project:
            wanted = [one for one in wanted if stream_of(one[0]) in OF_COMPANY]
        return self._hook("", wanted)

    def project(self, project_id: str, heard: set[str]) -> set[str]:
        """Make a project's hook for what the company's does not hear of; gives the streams it hears of."""
        offered = self.api.resources(project_id)
        wanted = _wanted(_usual() if offered is None else offered)
        lacking = [one for one in wanted if stream_of(one[0]) not in (*OF_COMPANY, *heard)]
        return self._hook(project_id, lacking)

    def _hook(self, project_id: str, wanted: Sequence[Trigger]) -> set[str]:
        if not wanted:
            return set()
        authorization = f"Bearer {secrets.token_urlsafe(_RANDOM_BYTES)}"
        new = NewHook(
            destination=self.destination,
            authorization=authorization,
            project_id=project_id,
            account_id=self.account_id,
        )
        with self.desk.database.write() as tx:
            hook_id = hooks.begin(tx, self.connection_id, new, self.desk.now).id
        self.fresh.append(hook_id)
        with permissions.needing(permissions.WEBHOOKS):
            procore_id = self.api.create(project_id, self.destination, authorization)
        with self.desk.database.write() as tx:
            row = hooks.get(tx, hook_id)
            row.procore_id, row.api = procore_id, self.api.api
        asked = self.api.add_triggers(procore_id, project_id, wanted)
        with self.desk.database.write() as tx:
            row = hooks.get(tx, hook_id)
            row.triggers = [list(one) for one in asked.taken]
            row.refused = [list(one) for one in asked.refused]
            row.made = True
        self.made.hooks += 1
        self.made.triggers += len(asked.taken)
        self.made.refused += asked.refused
        return {stream_of(name) for name, _ in asked.taken}

    def earlier(self) -> list[HookRow]:
        """The hooks that were there before."""
        with self.desk.database.read() as tx:
            return [row for row in hooks.of(tx, self.connection_id) if row.id not in self.fresh]

    def clear(self) -> None:
        """Remove what was there before: our other rows' hooks, and any that send to the same address."""
        with self.desk.database.read() as tx:
            rows = hooks.of(tx, self.connection_id)
        kept = {row.procore_id for row in rows if row.id in self.fresh}
        old = self.earlier()
        self.made.removed = _remove(self.desk, self.api, old)
        scopes = {"", *self.projects, *(row.project_id for row in old)}
        for project_id in sorted(scopes):
            for hook_id in self.api.with_destination(project_id, self.destination):
                if hook_id not in kept:
                    self.api.delete(hook_id, project_id, self.api.api)
                    self.made.removed += 1


def add(desk: Desk, name: str, api: HookApi, *, url: str, per_project: bool = False) -> Made:
    """Have Procore tell us of changes at `url`, the address under which it reaches this server.

    One hook of the company hears of everything; for what Procore does not let it hear of, or with
    `per_project`, each followed project has a hook of its own. Raises ConfigError for an address that
    Procore could not use, and the client's errors; then doing it again goes on.
    """
    with desk.database.read() as tx:
        row = connections.named(tx, name)
        projects = _followed(marks.all_of(tx, row.id))
    destination = destination_of(url, row)
    made = Made()
    work = _Registering(
        desk=desk,
        api=api,
        connection_id=row.id,
        destination=destination,
        account_id=api.account(),
        projects=projects,
        made=made,
    )
    if row.feed == Feed.ERP.value:
        work.erp_requests()
        delivered.rescue(desk.database, api.client, work.earlier(), desk.now)
        return _finished(work, name, destination)
    heard = work.company(per_project=per_project)
    wanted = {stream_of(one) for one in _USUAL} - set(OF_COMPANY)
    elsewhere: set[str] = set()
    if not wanted <= heard:
        made.unfollowed = not projects
        for project_id in projects:
            elsewhere |= work.project(project_id, heard)
    made.refused = [one for one in made.refused if stream_of(one[0]) not in heard | elsewhere]
    return _finished(work, name, destination)


def destination_of(url: str, row: ConnectionRow) -> str:
    """Where Procore is to send a connection's deliveries; raises ConfigError for an address it cannot use."""
    return f"{_checked(url, row.procore_api)}{path_of(row.name)}"


def address_of(tx: Session, row: ConnectionRow, public_url: str) -> str:
    """The address under which Procore reaches this server for a connection.

    Its webhooks send there, or its ERP connection names it; `public_url` where neither says one.
    """
    known = max(hooks.of(tx, row.id), key=lambda hook: (hook.made, hook.id), default=None)
    if known is not None:
        return address_in(known, row.name)
    account = erp.account_of(tx, row.id)
    return (account.service_url if account else "") or public_url


def address_in(hook: HookRow, name: str) -> str:
    """The address under which a hook of that connection reaches this server."""
    return hook.destination.removesuffix(path_of(name))


def path_of(name: str) -> str:
    """Where a connection's deliveries come to, under this server's address."""
    return f"/webhooks/procore/{name}"


def _finished(work: _Registering, name: str, destination: str) -> Made:
    """What was there before is removed once something takes its place."""
    if work.made.hooks:
        work.clear()
    _note(work.desk, work.connection_id, name, "add webhooks", destination)
    return work.made


def remove(desk: Desk, name: str, api: HookApi) -> int:
    """Take a connection's hooks away in Procore and forget them; gives how many. May be done again."""
    with desk.database.read() as tx:
        row = connections.named(tx, name)
        rows = list(hooks.of(tx, row.id))
    removed = 0
    for project_id, destination in sorted({(one.project_id, one.destination) for one in rows}):
        known = {one.procore_id for one in rows}
        for hook_id in api.with_destination(project_id, destination):
            if hook_id not in known:
                api.delete(hook_id, project_id, api.api)
                removed += 1
    removed += _remove(desk, api, rows)
    _note(desk, row.id, name, "remove webhooks")
    return removed


def _remove(desk: Desk, api: HookApi, rows: Iterable[HookRow]) -> int:
    count = 0
    for row in rows:
        if row.procore_id:
            api.delete(row.procore_id, row.project_id, row.api)
            count += 1
        with desk.database.write() as tx:
            hooks.forget(tx, row.id)
    return count


def _wanted(offered: Iterable[Trigger]) -> list[Trigger]:
    """The events that concern a stream of the feed."""
    return [one for one in dict.fromkeys(offered) if stream_of(one[0])]


def _usual() -> list[Trigger]:
    return [(name, event) for name in _USUAL for event in EVENT_TYPES]


def _followed(kept: Mapping[str, str]) -> list[str]:
    """The projects that the feed reads, by their marks."""
    return sorted(
        stream.removeprefix("projects/")
        for stream, value in kept.items()
        if stream.startswith("projects/") and value == FOLLOWED
    )


def _checked(url: str, procore_api: str) -> str:
    """The address without its last slash; http only where Procore itself is on this machine."""
    parts = urlsplit(url.strip())
    plain = parts.hostname and not (parts.query or parts.fragment or parts.username or parts.password)
    simulated = parts.scheme == "http" and _is_here(urlsplit(procore_api).hostname or "")
    if not plain or (parts.scheme != "https" and not simulated):
        raise ConfigError(
            f"Procore cannot send to {url}: it takes https addresses without user, password or query.",
            guidance="Give the address under which Procore reaches this server with --url; see "
            "docs/webhooks.md for a relay where it has none. On the direct feed they may be left out.",
        )
    if not simulated and _is_here(parts.hostname or ""):
        raise ConfigError(
            f"Procore cannot send to {url}: that is this computer's own name for itself.",
            guidance="Give the address under which Procore reaches this server with --url.",
        )
    return url.strip().rstrip("/")


def _is_here(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _note(desk: Desk, connection_id: int, name: str, action: str, detail: str = "") -> None:
    with desk.database.write() as tx:
        audit.note(
            tx,
            actor=desk.actor,
            action=action,
            subject=f"connection {name}",
            now=desk.now,
            connection_id=connection_id,
            detail=detail,
        )
