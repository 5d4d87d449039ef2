"""The webhook endpoints of v1.0, whose scope is a parameter and whose hooks send payload v2 (5.1, A.11)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from flask import Response, request

from qbsync.simulator.procore.answers import Json, Refusal, answer, missing, moment
from qbsync.simulator.procore.company import require_company
from qbsync.simulator.procore.people import ACCOUNT_ID
from qbsync.simulator.procore.reading import body, number_of
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
    sent_triggers,
)

_OUTCOMES: Final = {"delivered": "ok", "retrying": "retried", "discarded": "discarded"}
_PAGE: Final = 100
_ASKED: Final = {"successful": "ok", "discarded": "discarded", "failing": "retried"}


class WebhookApiV1:
    """The endpoints of hooks, `company_id` or `project_id` saying whose."""

    def __init__(self, state: ProcoreState) -> None:
        self._state = state
        self._outbox = state.outbox

    def routes(self) -> Sequence[Route]:
        """The family's endpoints."""
        root = "/rest/v1.0/webhooks"
        hook = f"{root}/hooks/<int:hook_id>"
        return [
            Route("GET", f"{root}/resources", self.resources),
            Route("GET", f"{root}/hooks", self.index),
            Route("POST", f"{root}/hooks", self.create),
            Route("DELETE", hook, self.delete),
            Route("GET", f"{hook}/triggers", self.triggers),
            Route("POST", f"{hook}/triggers", self.trigger),
            Route("POST", f"{hook}/triggers/bulk", self.bulk),
            Route("GET", f"{hook}/deliveries", self.deliveries),
        ]

    def resources(self) -> Response:
        """What hooks of this scope may hear of; this version documents no names (samples)."""
        return answer(
            [
                {
                    "api_version": "v2",
                    "product_category": one.category,
                    "tools": one.tool,
                    "except": [],
                    "create": "create",
                    "update": "update",
                    "delete": "delete",
                }
                for one in resources_of(self._state, self._scope())
            ]
        )

    def index(self) -> Response:
        """The hooks of this scope, of one namespace where it is named."""
        project_id, namespace = self._scope(), request.args.get("namespace")
        rows = [
            hook
            for hook in self._outbox.hooks.values()
            if hook.project_id == project_id and namespace in (None, hook.namespace)
        ]
        return answer([self._hook(hook) for hook in rows])

    def create(self) -> Response:
        """A new hook."""
        project_id, given = self._scope(), body().get("hook")
        if not isinstance(given, dict):
            raise missing("hook")
        if given.get("api_version") != "v2":
            raise Refusal(422, {"errors": {"api_version": ["is not v2"]}})
        return answer(self._hook(make_hook(self._outbox, given, "v2.0", project_id)), 201)

    def delete(self, hook_id: int) -> Response:
        """Remove a hook with its triggers."""
        hook = find_hook(self._outbox, hook_id, self._scope())
        self._outbox.remove_hook(hook.id)
        return answer(self._hook(hook))

    def triggers(self, hook_id: int) -> Response:
        """A hook's triggers."""
        hook = find_hook(self._outbox, hook_id, self._scope())
        return answer([self._trigger(hook, one) for one in self._outbox.triggers_of(hook.id)])

    def trigger(self, hook_id: int) -> Response:
        """A new trigger."""
        hook, given = find_hook(self._outbox, hook_id, self._scope()), body().get("trigger")
        if not isinstance(given, dict):
            raise missing("trigger")
        made = make_trigger(self._state, hook, given.get("resource_name"), given.get("event_type"))
        return answer(self._trigger(hook, made), 201)

    def bulk(self, hook_id: int) -> Response:
        """Many triggers; 207 where some are refused."""
        hook = find_hook(self._outbox, hook_id, self._scope())
        made: list[object] = []
        errors: list[object] = []
        for one in sent_triggers(body().get("triggers")):
            why = refused(self._state, hook, one.get("resource_name"), one.get("event_type"))
            if why:
                errors.append({**one, "errors": [why]})
                continue
            row = make_trigger(self._state, hook, one["resource_name"], one["event_type"])
            made.append(self._trigger(hook, row))
        return answer({"success": made, "error": errors}, 207) if errors else answer({"success": made})

    def deliveries(self, hook_id: int) -> Response:
        """What was sent to a hook, each attempt by itself; `page_start` is the first one shown."""
        hook = find_hook(self._outbox, hook_id, self._scope())
        wanted = request.args.get("filter[status]", "any")
        shown = [one for delivery in self._outbox.shown(hook.id) for one in self._attempts(delivery)]
        kept = [one for one in shown if wanted == "any" or one["outcome"] == _ASKED.get(wanted)]
        start = number_of("page_start") if "page_start" in request.args else 0
        size = number_of("page_size") if "page_size" in request.args else _PAGE
        return answer(kept[start : start + size])

    def _scope(self) -> int | None:
        """The project of the call, None for the company's own."""
        if "project_id" in request.args or "project_id" in body():
            project_id = number_of("project_id")
            require_project_of(self._state, project_id)
            return project_id
        require_company(self._state)
        return None

    def _hook(self, hook: Hook) -> Json:
        return {
            "id": hook.id,
            "api_version": "v2",
            "destination_headers": masked(hook.authorization),
            "destination_url": hook.destination_url,
            "owned_by_company_id": self._state.company_id if hook.project_id is None else None,
            "owned_by_project_id": hook.project_id,
            "owned_by_user_id": ACCOUNT_ID,
            "namespace": hook.namespace,
        }

    def _trigger(self, hook: Hook, trigger: Trigger) -> Json:
        return {
            "id": trigger.id,
            "webhook_hook_id": hook.id,
            "resource_name": trigger.resource_name,
            "resource_id": None,
            "event_type": trigger.event_type.upper(),
            "company_id": self._state.company_id if hook.project_id is None else None,
            "project_id": hook.project_id,
            "user_id": ACCOUNT_ID,
        }

    def _attempts(self, delivery: Delivery) -> list[Json]:
        event = delivery.event
        return [
            {
                "event": payload_of(event, "v2", self._state.company_id),
                "event_id": event.id,
                "outcome": _OUTCOMES[delivery.status] if attempt is delivery.attempts[-1] else "retried",
                "response_body": "",
                "response_error": None if attempt.status else "timeout",
                "started_at": moment(attempt.at),
                "completed_at": moment(attempt.at),
                "response_status": attempt.status or None,
                "response_headers": {},
            }
            for attempt in delivery.attempts
        ]
