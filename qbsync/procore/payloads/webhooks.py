"""What webhooks deliver (payload v2, v3 and v4), and what the endpoints of hooks answer (section 5)."""

from __future__ import annotations

from typing import Annotated, Any, Final

from pydantic import AfterValidator, model_validator

from qbsync.procore.payloads.shape import Id, OptionalId, Payload, Text

EVENT_TYPES: Final = ("create", "update", "delete")
_LONGEST_NAME: Final = 200


def _number(value: str) -> str:
    """Ids go into addresses, and anybody with the bearer may send one."""
    if value.isascii() and value.isdigit():
        return value
    raise ValueError("is no whole number")


def _optional_number(value: str | None) -> str | None:
    return None if value is None else _number(value)


def _printable(value: str) -> str:
    """A database takes neither NUL nor half a surrogate pair."""
    if value and value.isprintable() and len(value) <= _LONGEST_NAME:
        return value
    raise ValueError("is no name")


Number = Annotated[Id, AfterValidator(_number)]
OptionalNumber = Annotated[OptionalId, AfterValidator(_optional_number)]
Name = Annotated[Text, AfterValidator(_printable)]


class _Metadata(Payload):
    """Who made the change, in v2 and v3."""

    source_application_id: OptionalId = None


class DeliveryPayload(Payload):
    """One event in any payload version: v4 has `reason` and `resource_type` where the others have others."""

    key: Name
    """The ulid of v2 and v3, the id of v4: the same in each delivery of an event."""
    resource_name: Name
    resource_id: Number
    event_type: Name
    company_id: OptionalNumber = None
    project_id: OptionalNumber = None
    user_id: OptionalNumber = None
    metadata: _Metadata = _Metadata()

    @model_validator(mode="before")
    @classmethod
    def _one_form(cls, raw: Any) -> Any:  # noqa: ANN401  # JSON
        """The three versions under one set of names."""
        if not isinstance(raw, dict):
            raise ValueError("is no JSON object")  # noqa: TRY004  # pydantic wants a ValueError
        return {
            **raw,
            "key": raw.get("ulid") or raw.get("id"),
            "resource_name": raw.get("resource_name") or raw.get("resource_type"),
            "event_type": str(raw.get("event_type") or raw.get("reason") or "").lower(),
            "metadata": raw.get("metadata") or {},
        }


class AccountPayload(Payload):
    """The account that asks: who we are where a delivery says who made a change."""

    id: Id


class ResourcePayload(Payload):
    """A resource that hooks may hear of; v1.0 documents no name."""

    name: Text = ""
    actions: tuple[Text, ...] = EVENT_TYPES


class HookPayload(Payload):
    """A hook as either version shows it."""

    id: Id
    destination_url: Text = ""
    namespace: Text = ""
    status: Text = ""
    """active or disabled, in v2.0."""
    trigger_count: int | None = None
    """In v2.0."""


class TriggerPayload(Payload):
    """A trigger as either version shows it; v1.0 writes the event type in capitals."""

    resource_name: Text
    event_type: Text
