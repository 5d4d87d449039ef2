"""The webhook endpoints of v2.0: hooks, triggers, deliveries and resources (reference, 5.1, A.11)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from flask import Response, request

from qbsync.simulator.procore.answers import Json, Refusal, answer, missing, moment
from qbsync.simulator.procore.reading import body, instant_of, page_of
from qbsync.simulator.procore.routes import Route
from qbsync.simulator.procore.state import ProcoreState
from qbsync.simulator.procore.webhook_rows import Delivery, Hook, Trigger, payload_of
from qbsync.simulator.procore.webhook_rules import (
    find_hook,
    make_hook,
    make_trigger,
    masked,
    refused,
    require_project_of,
    resources_of,
    sent,
    sent_triggers,
)

_VERSIONS: Final = ("v2.0", "v3.0", "v4.0")
_FILTERED: Final = {"succeeded": ("delivered",), "failed": ("retrying", "discarded")}
_PER_PAGE, _MOST_A_PAGE = 10, 100
"""Of version 2 (reference, 2.2)."""


class WebhookApi:
    """The endpoints of a company's hooks, and of those of its projects."""

    def __init__(self, state: ProcoreState) -> None:
        self._state = state
        self._outbox = state.outbox

    def routes(self) -> Sequence[Route]:
        """The family's endpoints, each for the company and for a project."""
        found = []
        for scope in ("", "/projects/<int:project_id>"):
            root = f"/rest/v2.0/companies/<int:company_id>{scope}/webhooks"
            hook = f"{root}/hooks/<int:hook_id>"
            found += [
                Route("GET", f"{root}/resources", self._scoped(self.resources)),
                Route("GET", f"{root}/hooks", self._scoped(self.index)),
                Route("POST", f"{root}/hooks", self._scoped(self.create)),
                Route("DELETE", hook, self._scoped(self.delete)),
                Route("GET", f"{hook}/triggers", self._scoped(self.triggers)),
                Route("POST", f"{hook}/triggers", self._scoped(self.trigger)),
                Route("POST", f"{hook}/triggers/bulk", self._scoped(self.bulk)),
                Route("GET", f"{hook}/deliveries", self._scoped(self.deliveries)),
            ]
        return found

    def _scoped(self, view: Callable[..., Response]) -> Callable[..., Response]:
        def checked(company_id: int, project_id: int | None = None, **ids: int) -> Response:
            if company_id != self._state.company_id:
                raise Refusal(403, {"error": {"code": "FORBIDDEN", "message": "App is not connected"}})
            require_project_of(self._state, project_id)
            return view(project_id, **ids)

        return checked

    def resources(self, project_id: int | None) -> Response:
        """What hooks of this scope may hear of."""
        version = request.args.get("payload_version")
        if version is None:
            raise missing("payload_version")
        return _data(
            [
                {
                    "category": one.category,
                    "tool": one.tool,
                    "name": one.name,
                    "payload_version": version,
                    "actions": ["create", "update", "delete"],
                }
                for one in resources_of(self._state, project_id)
            ]
        )

    def index(self, project_id: int | None) -> Response:
        """The hooks of this scope."""
        return _data([self._hook(one) for one in self._outbox.hooks.values() if one.project_id == project_id])

    def create(self, project_id: int | None) -> Response:
        """A new hook."""
        given = body()
        version = str(given.get("payload_version", ""))
        if version not in _VERSIONS:
            raise Refusal(422, {"errors": {"payload_version": [f"is none of {', '.join(_VERSIONS)}"]}})
        return answer({"data": self._hook(make_hook(self._outbox, given, version, project_id))}, 201)

    def delete(self, project_id: int | None, hook_id: int) -> Response:
        """Remove a hook with its triggers."""
        self._outbox.remove_hook(find_hook(self._outbox, hook_id, project_id).id)
        return Response(status=204)

    def triggers(self, project_id: int | None, hook_id: int) -> Response:
        """A hook's triggers."""
        hook = find_hook(self._outbox, hook_id, project_id)
        return _data([self._trigger(hook, one) for one in self._outbox.triggers_of(hook.id)])

    def trigger(self, project_id: int | None, hook_id: int) -> Response:
        """A new trigger."""
        hook, given = find_hook(self._outbox, hook_id, project_id), body()
        made = make_trigger(self._state, hook, given.get("resource_name"), given.get("event_type"))
        return answer({"data": self._trigger(hook, made)}, 201)

    def bulk(self, project_id: int | None, hook_id: int) -> Response:
        """Many triggers; 207 where some are refused."""
        hook = find_hook(self._outbox, hook_id, project_id)
        made: list[object] = []
        errors: list[object] = []
        for one in sent_triggers(sent()):
            why = refused(self._state, hook, one.get("resource_name"), one.get("event_type"))
            if why:
                errors.append({**one, "message": why})
                continue
            row = make_trigger(self._state, hook, one["resource_name"], one["event_type"])
            made.append(self._trigger(hook, row))
        return answer({"data": made, "errors": errors}, 207) if errors else answer({"data": made}, 201)

    def deliveries(self, project_id: int | None, hook_id: int) -> Response:
        """What was sent to a hook, or waits to be; ten a page, `filter[start]` and its like narrowing it."""
        hook = find_hook(self._outbox, hook_id, project_id)
        rows = [one for one in self._outbox.shown(hook.id) if _asked_for(one)]
        return page_of(
            rows, lambda one: self._delivery(hook, one), default=_PER_PAGE, most=_MOST_A_PAGE, wrapped=True
        )

    def _hook(self, hook: Hook) -> Json:
        return {
            "id": str(hook.id),
            "status": "disabled" if hook.id in self._outbox.disabled else "active",
            "payload_version": hook.payload_version,
            "namespace": hook.namespace,
            "destination_headers": masked(hook.authorization),
            "destination_url": hook.destination_url,
            "trigger_count": len(self._outbox.triggers_of(hook.id)),
            "company_id": str(self._state.company_id),
            "project_id": None if hook.project_id is None else str(hook.project_id),
            "created_at": moment(hook.created_at),
            "updated_at": moment(hook.created_at),
        }

    def _trigger(self, hook: Hook, trigger: Trigger) -> Json:
        return {
            "id": str(trigger.id),
            "webhook_hook_id": str(hook.id),
            "resource_name": trigger.resource_name,
            "event_type": trigger.event_type,
            "company_id": str(self._state.company_id),
            "project_id": None if hook.project_id is None else str(hook.project_id),
        }

    def _delivery(self, hook: Hook, delivery: Delivery) -> Json:
        return {
            "id": delivery.event.ulid,
            "status": delivery.status,
            "payload": payload_of(delivery.event, hook.payload_version, self._state.company_id),
            "delivery_attempts": [
                {"started_at": moment(one.at), "response_status": one.status or None}
                for one in delivery.attempts
            ],
        }


def _asked_for(one: Delivery) -> bool:
    """Whether a delivery passes the filters of the call."""
    status, args = request.args.get("filter[status]"), request.args
    start, end = instant_of("filter[start]"), instant_of("filter[end]")
    return (
        (status is None or one.status in _FILTERED.get(status, (status,)))
        and args.get("filter[resource_name]") in (None, one.event.resource_name)
        and args.get("filter[event_type]") in (None, one.event.event_type)
        and (start is None or one.event.at >= start)
        and (end is None or one.event.at <= end)
    )


def _data(rows: list[Json]) -> Response:
    return answer({"data": rows}, headers={"Total": str(len(rows))})
