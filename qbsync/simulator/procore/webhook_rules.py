"""What both versions of the webhook endpoints share: who may make a hook, which trigger is refused."""

from __future__ import annotations

import re
from typing import Final

from flask import request

from qbsync.simulator.procore.answers import Refusal, missing, not_found
from qbsync.simulator.procore.state import ProcoreState
from qbsync.simulator.procore.webhook_outbox import Outbox
from qbsync.simulator.procore.webhook_rows import EVENT_TYPES, Hook, Trigger
from qbsync.simulator.procore.webhook_watch import RESOURCES, Resource

MOST_TRIGGERS: Final = 500
_NAMESPACE: Final = re.compile(r"[a-z0-9-]+")
_SHOWN: Final = 5


def resources_of(state: ProcoreState, project_id: int | None) -> list[Resource]:
    """The resources that a hook of the company, or of a project, may hear of."""
    if project_id is not None:
        return [one for one in RESOURCES if one.of_project]
    return [one for one in RESOURCES if not one.of_project or state.outbox.carries_projects]


def require_project_of(state: ProcoreState, project_id: int | None) -> None:
    """404 for a project that is not there."""
    if project_id is not None and state.project_table.find(project_id) is None:
        raise not_found("Project")


def find_hook(outbox: Outbox, hook_id: int, project_id: int | None) -> Hook:
    """The hook of that scope; 404 where there is none: hook and trigger share their scope."""
    hook = outbox.hooks.get(hook_id)
    if hook is None or hook.project_id != project_id:
        raise not_found("Hook")
    return hook


def make_hook(outbox: Outbox, given: dict[str, object], version: str, project_id: int | None) -> Hook:
    """A new hook from what was sent; 422 for a namespace or an address that is none."""
    for name in ("namespace", "destination_url"):
        if not given.get(name):
            raise missing(name)
    namespace, url = str(given["namespace"]), str(given["destination_url"])
    if not _NAMESPACE.fullmatch(namespace):
        raise Refusal(422, {"errors": {"namespace": ["may hold only a-z, 0-9 and -"]}})
    if not url.startswith(("https://", "http://")):
        raise Refusal(422, {"errors": {"destination_url": ["is not an address"]}})
    headers = given.get("destination_headers")
    authorization = headers.get("Authorization", "") if isinstance(headers, dict) else ""
    return outbox.add_hook(
        payload_version=version,
        namespace=namespace,
        destination_url=url,
        authorization=str(authorization),
        project_id=project_id,
    )


def refused(state: ProcoreState, hook: Hook, name: object, event: object) -> str:
    """Why a hook may not have this trigger; empty where it may."""
    if str(event).lower() not in EVENT_TYPES:
        return "event_type is not create, update or delete"
    if name not in {one.name for one in resources_of(state, hook.project_id)}:
        return "resource_name is not available for this hook"
    have = {(one.resource_name, one.event_type) for one in state.outbox.triggers_of(hook.id)}
    return "has already been taken" if (name, str(event).lower()) in have else ""


def make_trigger(state: ProcoreState, hook: Hook, name: object, event: object) -> Trigger:
    """A new trigger; 422 where the hook may not have it."""
    why = refused(state, hook, name, event)
    if why:
        raise Refusal(422, {"errors": {"trigger": [why]}})
    return state.outbox.add_trigger(hook.id, str(name), str(event).lower())


def sent_triggers(value: object) -> list[dict[str, object]]:
    """The triggers of a bulk call; 400 for anything but a list, 413 for more than 500."""
    if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
        raise Refusal(400, {"errors": {"triggers": ["is not a list of triggers"]}})
    if len(value) > MOST_TRIGGERS:
        raise Refusal(413, {"errors": f"at most {MOST_TRIGGERS} triggers"})
    return value


def masked(authorization: str) -> dict[str, str]:
    """The Authorization header as answers show it: its last five characters."""
    return {"Authorization": f"*****{authorization[-_SHOWN:]}"}


def sent() -> object:
    """The JSON that was sent, whatever it is."""
    return request.get_json(silent=True)
