"""The endpoints of webhooks: v2.0 first, v1.0 where Procore has no such endpoint (section 5.1)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final, TypeVar

from qbsync.errors import (
    ProcoreError,
    ProcoreForbiddenError,
    ProcoreMissingError,
    ProcoreRefusedError,
)
from qbsync.procore.client import ProcoreClient, number
from qbsync.procore.payloads.shape import read
from qbsync.procore.payloads.webhooks import (
    EVENT_TYPES,
    AccountPayload,
    HookPayload,
    ResourcePayload,
    TriggerPayload,
)

NAMESPACE: Final = "qbsync"
PAYLOAD: Final = "v2.0"
"""The version that both endpoints can send, and that tells which app made a change."""
V2, V1 = "v2.0", "v1.0"
_MOST: Final = 500
_PAGE: Final = 100
"""Deliveries a page, in either version (section 2.2)."""
_PAGES: Final = 1000
"""More pages of deliveries than 28 days could fill: a list without an end is not read for ever."""
_NO_ENDPOINT: Final = ("404", "405")
_LOCAL = (ProcoreRefusedError, ProcoreMissingError, ProcoreForbiddenError)
T = TypeVar("T")
Trigger = tuple[str, str]
"""Resource name and event type."""


@dataclass(slots=True, kw_only=True)
class Asked:
    """Which triggers Procore took, and which it refused with what words."""

    taken: list[Trigger] = field(default_factory=list)
    refused: list[tuple[str, str, str]] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class HookState:
    """How Procore shows a hook of ours; `triggers` is None where it does not say how many there are."""

    active: bool
    triggers: int | None


@dataclass(slots=True)
class HookApi:
    """One company's hooks; `project_id` is empty for the company's own. Raises the client's errors.

    `api` is the version in use; the first call that v2.0 does not have turns it to v1.0.
    """

    client: ProcoreClient
    api: str = V2

    def account(self) -> str:
        """The id of the service account that we are in Procore."""
        return read(AccountPayload, self.client.get("/rest/v1.0/me"), what="the service account").id

    def resources(self, project_id: str) -> list[Trigger] | None:
        """Every event that hooks of this scope may hear of; None where Procore names none (v1.0)."""
        raws = self._either(
            lambda: self.client.get_all(
                f"{self._root(project_id)}/resources", {"payload_version": PAYLOAD}, per_page=100
            ),
            lambda: self.client.get_all("/rest/v1.0/webhooks/resources", self._scope(project_id)),
        )
        found = [read(ResourcePayload, raw, what="a webhook resource") for raw in raws]
        named = [(one.name, action.lower()) for one in found if one.name for action in one.actions]
        return [one for one in named if one[1] in EVENT_TYPES] or None

    def create(self, project_id: str, destination: str, authorization: str) -> str:
        """Make a hook without triggers; gives its id."""
        given = {
            "namespace": NAMESPACE,
            "destination_url": destination,
            "destination_headers": {"Authorization": authorization},
        }
        v1 = {**self._numbers(project_id), "hook": {"api_version": "v2", **given}}
        raw = self._either(
            lambda: [
                self.client.post(f"{self._root(project_id)}/hooks", {"payload_version": PAYLOAD, **given})
            ],
            lambda: [self.client.post("/rest/v1.0/webhooks/hooks", v1)],
        )[0]
        return read(HookPayload, _unwrapped(raw), what="a webhook").id

    def add_triggers(self, hook_id: str, project_id: str, wanted: Sequence[Trigger]) -> Asked:
        """Have a hook hear of these events: in bulk, and one by one what Procore did not confirm.

        The form of a partial answer (207) is not documented, so only what it shows as made counts as made.
        """
        asked = Asked()
        for start in range(0, len(wanted), _MOST):
            chunk = wanted[start : start + _MOST]
            made = self._bulk(hook_id, project_id, chunk)
            asked.taken += [one for one in chunk if one in made]
            for one in chunk:
                if one not in made:
                    self._single(hook_id, project_id, one, asked)
        return asked

    def with_destination(self, project_id: str, destination: str) -> list[str]:
        """The ids of the hooks of this scope that send there; empty where Procore lists none."""
        try:
            raws = self._either(
                lambda: self.client.get_all(f"{self._root(project_id)}/hooks", per_page=100),
                lambda: self.client.get_all(
                    "/rest/v1.0/webhooks/hooks", {**self._scope(project_id), "namespace": NAMESPACE}
                ),
            )
        except _LOCAL:
            return []
        found = [read(HookPayload, raw, what="a webhook") for raw in raws]
        return [one.id for one in found if one.destination_url == destination and one.namespace == NAMESPACE]

    def delete(self, hook_id: str, project_id: str, api: str) -> None:
        """Remove a hook that was made by that version; one that is gone already is no error."""
        v2 = f"{self._root(project_id)}/hooks/{hook_id}"
        v1 = f"/rest/v1.0/webhooks/hooks/{hook_id}"
        try:
            if api == V1:
                self.client.delete(v1, self._scope(project_id))
            else:
                self.client.delete(v2)
        except ProcoreMissingError:
            return

    def state(self, hook_id: str, project_id: str = "") -> HookState | None:
        """How a hook stands; None where it is gone.

        Raises ProcoreMissingError, ProcoreRefusedError or ProcoreForbiddenError where Procore lists no hooks,
        which no document promises: then nobody can tell.
        """
        raws = self._either(
            lambda: self.client.get_all(f"{self._root(project_id)}/hooks", per_page=_PAGE),
            lambda: self.client.get_all("/rest/v1.0/webhooks/hooks", self._scope(project_id)),
        )
        found = [read(HookPayload, raw, what="a webhook") for raw in raws]
        shown = next((one for one in found if one.id == hook_id), None)
        if shown is None:
            return None
        return HookState(active=shown.status.casefold() != "disabled", triggers=shown.trigger_count)

    def deliveries(self, hook_id: str, project_id: str, since: datetime) -> list[object]:
        """The bodies of what was to be delivered to a hook since then, as its deliveries carry them.

        v1.0 has no filter by time and shows each attempt by itself: a body may be older, or there twice.
        """
        path = f"{self._root(project_id)}/hooks/{hook_id}/deliveries"
        params = {"filter[start]": since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")}
        return self._either(
            lambda: _each(self.client.get_all(path, params, per_page=_PAGE), "payload"),
            lambda: _each(self._deliveries_v1(hook_id, project_id), "event"),
        )

    def _deliveries_v1(self, hook_id: str, project_id: str) -> Iterator[object]:
        """All of v1.0's list: `page_start` is taken for the place of the first one to show."""
        path = f"/rest/v1.0/webhooks/hooks/{hook_id}/deliveries"
        for page in range(_PAGES):
            params = {**self._scope(project_id), "page_size": str(_PAGE), "page_start": str(page * _PAGE)}
            answer = self.client.get(path, params)
            rows = answer if isinstance(answer, list) else []
            yield from rows
            if len(rows) < _PAGE:
                return

    def _bulk(self, hook_id: str, project_id: str, wanted: Sequence[Trigger]) -> set[Trigger]:
        rows = [{"resource_name": name, "event_type": event} for name, event in wanted]
        root = f"{self._root(project_id)}/hooks/{hook_id}/triggers/bulk"
        try:
            if self.api == V2:
                answer = self.client.post(root, rows)
            else:
                body = {**self._numbers(project_id), "api_version": "v2", "triggers": rows}
                answer = self.client.post(f"/rest/v1.0/webhooks/hooks/{hook_id}/triggers/bulk", body)
        except _LOCAL:
            return set()
        return set(_triggers_in(answer))

    def _single(self, hook_id: str, project_id: str, wanted: Trigger, asked: Asked) -> None:
        row = {"resource_name": wanted[0], "event_type": wanted[1]}
        try:
            if self.api == V2:
                self.client.post(f"{self._root(project_id)}/hooks/{hook_id}/triggers", row)
            else:
                body = {**self._numbers(project_id), "api_version": "v2", "trigger": row}
                self.client.post(f"/rest/v1.0/webhooks/hooks/{hook_id}/triggers", body)
        except _LOCAL as error:
            asked.refused.append((*wanted, error.message))
        else:
            asked.taken.append(wanted)

    def _either(self, v2: Callable[[], Iterable[T]], v1: Callable[[], Iterable[T]]) -> list[T]:
        """What v2.0 answers, or v1.0 from the first call on that v2.0 has no endpoint for."""
        if self.api == V2:
            try:
                return list(v2())
            except ProcoreError as error:
                if error.context.get("status") not in _NO_ENDPOINT:
                    raise
                found = list(v1())
                self.api = V1
                return found
        return list(v1())

    def _root(self, project_id: str) -> str:
        scope = f"/projects/{project_id}" if project_id else ""
        return f"/rest/v2.0/companies/{self.client.company_id}{scope}/webhooks"

    def _scope(self, project_id: str) -> dict[str, str]:
        return {"project_id": project_id} if project_id else {"company_id": self.client.company_id}

    def _numbers(self, project_id: str) -> dict[str, object]:
        return {name: number(one) for name, one in self._scope(project_id).items()}


def _each(raws: Iterable[object], key: str) -> list[object]:
    """What stands under a key of each, None where there is none."""
    return [raw.get(key) if isinstance(raw, dict) else None for raw in raws]


def _unwrapped(raw: Any) -> Any:  # noqa: ANN401  # JSON
    """v2.0 puts what it answers under "data"."""
    return raw["data"] if isinstance(raw, dict) and "data" in raw else raw


def _triggers_in(answer: Any) -> Iterable[Trigger]:  # noqa: ANN401  # JSON
    """The triggers that an answer shows as made: those with an id, wherever they stand."""
    lists = (
        [answer] if isinstance(answer, list) else list(answer.values() if isinstance(answer, dict) else ())
    )
    for one in lists:
        for row in one if isinstance(one, list) else ():
            if isinstance(row, dict) and row.get("id"):
                made = read(TriggerPayload, row, what="a webhook trigger")
                yield made.resource_name, made.event_type.lower()
