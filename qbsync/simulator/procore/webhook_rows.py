"""What the simulated Procore keeps of webhooks: hooks, triggers, events, deliveries (section 5)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from qbsync.simulator.procore.answers import Json

EVENT_TYPES: Final = ("create", "update", "delete")
_CROCKFORD: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_ULID_TIME, _ULID_REST = 10, 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Hook:
    """Where events of one company, or of one of its projects, are sent."""

    id: int
    payload_version: str
    """"v2.0", "v3.0" or "v4.0"."""
    namespace: str
    destination_url: str
    authorization: str
    project_id: int | None
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Trigger:
    """What a hook wants to hear of."""

    id: int
    hook_id: int
    resource_name: str
    event_type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened to one record; never the record itself."""

    id: int
    at: datetime
    resource_name: str
    resource_id: int
    event_type: str
    project_id: int | None
    user_id: int
    related: tuple[tuple[int, str], ...] = ()
    """For lines: the records they belong to, by id and resource."""

    @property
    def ulid(self) -> str:
        """Its name, in the order of time; the same in each delivery."""
        milliseconds = int(self.at.timestamp() * 1000)
        return _base32(milliseconds, _ULID_TIME) + _base32(self.id, _ULID_REST)


@dataclass(slots=True, kw_only=True)
class Delivery:
    """One event on its way to one hook, and each attempt made."""

    event: Event
    hook_id: int
    status: str = "enqueued"
    """enqueued, retrying, delivered or discarded."""
    attempts: list[Attempt] = field(default_factory=list)
    repeats: int = 0
    """How often it was sent once more although it had arrived."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One POST; `status` is 0 where no answer came in time."""

    at: datetime
    status: int


@dataclass(slots=True, kw_only=True)
class Pause:
    """Why a hook's queue waits: how often it failed in a row, since when, and until when."""

    failures: int
    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldOutbox:
    """All that an outbox holds, to be kept in a file: `queued` are places in `deliveries` by hook.

    `next_ids` are the ids of the next hook, trigger and event: none is ever given twice.
    """

    carries_projects: bool
    delivers_projects: bool
    hooks: list[Hook]
    triggers: list[Trigger]
    deliveries: list[Delivery]
    queued: dict[int, list[int]]
    pauses: dict[int, Pause]
    next_ids: tuple[int, int, int]


def payload_of(event: Event, version: str, company_id: int) -> Json:
    """The body of a delivery in one payload version."""
    at = event.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    if version == "v4.0":
        return {
            "id": event.ulid,
            "timestamp": at,
            "reason": event.event_type,
            "company_id": str(company_id),
            "project_id": None if event.project_id is None else str(event.project_id),
            "user_id": str(event.user_id),
            "resource_type": event.resource_name,
            "resource_id": str(event.resource_id),
        }
    body: Json = {
        "id": event.id,
        "ulid": event.ulid,
        "timestamp": at,
        "metadata": {
            "source_user_id": event.user_id,
            "source_project_id": None,
            "source_operation_id": None,
            "source_company_id": company_id,
            "source_application_id": None,
        },
        "user_id": event.user_id,
        "company_id": company_id,
        "project_id": event.project_id,
        "api_version": version,
        "event_type": event.event_type,
        "resource_name": event.resource_name,
        "resource_id": event.resource_id,
    }
    if version == "v3.0":
        body["related_resources"] = [{"id": one, "name": name} for one, name in event.related]
    return body


def _base32(number: int, length: int) -> str:
    digits = []
    for _ in range(length):
        number, digit = divmod(number, len(_CROCKFORD))
        digits.append(_CROCKFORD[digit])
    return "".join(reversed(digits))
