"""How Procore sends events: at least once, in no order, and a hook that fails holds up its own queue.

A hook whose receiver does not answer 2xx pauses, from a second to an hour, doubling; after twelve hours
of failing, everything that waits for it is thrown away (reference, section 5.3).
"""

from __future__ import annotations

import json
import random
import threading
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from typing import Final

from qbsync.simulator.procore.clock import Clock
from qbsync.simulator.procore.people import who_acts
from qbsync.simulator.procore.webhook_rows import (
    Attempt,
    Delivery,
    Event,
    HeldOutbox,
    Hook,
    Pause,
    Trigger,
    payload_of,
)

Post = Callable[[str, Mapping[str, str], bytes], int]
"""Posts a body with its headers to an address; gives the status, raises OSError where none came in time."""
LONGEST_PAUSE: Final = timedelta(hours=1)
FLUSHED_AFTER: Final = timedelta(hours=12)
SHOWN_FOR: Final = timedelta(days=28)
"""How long deliveries can be listed (section 5.1)."""
_TWICE: Final = 0.25
"""The share of events that are sent once more although they arrived."""


class _Numbers:
    """Ids that are handed out one after the other; the next one can be kept."""

    def __init__(self, upcoming: int) -> None:
        self.upcoming = upcoming

    def __next__(self) -> int:
        self.upcoming += 1
        return self.upcoming - 1


class Outbox:
    """The hooks of one company, and the events on their way to them.

    `carries_projects` says whether a company's hook may have triggers for records of projects, and
    `delivers_projects` whether anything comes of them: neither is documented (reference, section 7, item 8).
    """

    def __init__(self, clock: Clock, lock: threading.RLock, *, company_id: int, seed: int = 7) -> None:
        self.company_id = company_id
        self.carries_projects = True
        self.delivers_projects = True
        self.hooks: dict[int, Hook] = {}
        self.triggers: dict[int, Trigger] = {}
        self.deliveries: list[Delivery] = []
        self.disabled: set[int] = set()
        """Hooks that Procore, or somebody there, has switched off: nothing is sent to them any more."""
        self._clock = clock
        self._lock = lock
        self._chance = random.Random(seed)  # noqa: S311  # the order of deliveries, not a secret
        self._queues: dict[int, list[Delivery]] = {}
        self._pauses: dict[int, Pause] = {}
        self._hook_ids = _Numbers(12_345)
        self._trigger_ids = _Numbers(67_890)
        self._event_ids = _Numbers(5_982_324_300_946_918_154)

    # How it is kept.

    def held(self) -> HeldOutbox:
        """Everything it holds, what waits to be sent too."""
        with self._lock:
            places = {id(delivery): place for place, delivery in enumerate(self.deliveries)}
            hook, trigger, event = (
                ids.upcoming for ids in (self._hook_ids, self._trigger_ids, self._event_ids)
            )
            return HeldOutbox(
                carries_projects=self.carries_projects,
                delivers_projects=self.delivers_projects,
                hooks=list(self.hooks.values()),
                triggers=list(self.triggers.values()),
                deliveries=list(self.deliveries),
                queued={name: [places[id(one)] for one in queue] for name, queue in self._queues.items()},
                pauses=dict(self._pauses),
                next_ids=(hook, trigger, event),
            )

    def put_back(self, held: HeldOutbox) -> None:
        """Hold what `held` gave, in place of what it holds; what waited is sent as if nothing had been."""
        with self._lock:
            self.carries_projects, self.delivers_projects = held.carries_projects, held.delivers_projects
            self.hooks = {hook.id: hook for hook in held.hooks}
            self.triggers = {trigger.id: trigger for trigger in held.triggers}
            self.deliveries = list(held.deliveries)
            self._queues = {
                name: [self.deliveries[place] for place in places] for name, places in held.queued.items()
            }
            self._pauses = dict(held.pauses)
            self._hook_ids, self._trigger_ids, self._event_ids = map(_Numbers, held.next_ids)

    # What the API does.

    def add_hook(
        self,
        *,
        payload_version: str,
        namespace: str,
        destination_url: str,
        authorization: str,
        project_id: int | None,
    ) -> Hook:
        """A new hook without triggers."""
        hook = Hook(
            id=next(self._hook_ids),
            payload_version=payload_version,
            namespace=namespace,
            destination_url=destination_url,
            authorization=authorization,
            project_id=project_id,
            created_at=self._clock.now(),
        )
        self.hooks[hook.id] = hook
        self._queues[hook.id] = []
        return hook

    def remove_hook(self, hook_id: int) -> None:
        """Forget a hook, its triggers and what waits for it."""
        del self.hooks[hook_id]
        self._queues.pop(hook_id)
        self._pauses.pop(hook_id, None)
        self.disabled.discard(hook_id)
        self.remove_triggers(hook_id)

    def remove_triggers(self, hook_id: int) -> None:
        """Have a hook hear of nothing more."""
        for trigger in self.triggers_of(hook_id):
            del self.triggers[trigger.id]

    def add_trigger(self, hook_id: int, resource_name: str, event_type: str) -> Trigger:
        """Have a hook hear of one kind of event."""
        trigger = Trigger(
            id=next(self._trigger_ids), hook_id=hook_id, resource_name=resource_name, event_type=event_type
        )
        self.triggers[trigger.id] = trigger
        return trigger

    def triggers_of(self, hook_id: int) -> list[Trigger]:
        """A hook's triggers, oldest first."""
        return [one for one in self.triggers.values() if one.hook_id == hook_id]

    def shown(self, hook_id: int) -> list[Delivery]:
        """What was sent to a hook or waits to be, oldest first, as far back as Procore shows it."""
        oldest = self._clock.now() - SHOWN_FOR
        return [one for one in self.deliveries if one.hook_id == hook_id and one.event.at >= oldest]

    # What happens.

    def publish(
        self,
        resource_name: str,
        resource_id: int,
        event_type: str,
        project_id: int | None = None,
        related: tuple[tuple[int, str], ...] = (),
    ) -> None:
        """Say that something was created, updated or deleted; each hook with the trigger will hear of it."""
        with self._lock:
            wanted = list(self._wanting(resource_name, event_type, project_id))
            if not wanted:
                return
            event = Event(
                id=next(self._event_ids),
                at=self._clock.now(),
                resource_name=resource_name,
                resource_id=resource_id,
                event_type=event_type,
                project_id=project_id,
                user_id=who_acts(),
                related=related,
            )
            for hook in wanted:
                delivery = Delivery(event=event, hook_id=hook.id)
                self._queues[hook.id].append(delivery)
                self.deliveries.append(delivery)

    def _wanting(self, resource_name: str, event_type: str, project_id: int | None) -> Iterator[Hook]:
        for hook in self.hooks.values():
            if hook.id in self.disabled:
                continue
            of_company = hook.project_id is None and (project_id is None or self.delivers_projects)
            of_project = hook.project_id is not None and hook.project_id == project_id
            if (of_company or of_project) and any(
                one.resource_name == resource_name and one.event_type == event_type
                for one in self.triggers_of(hook.id)
            ):
                yield hook

    # How it is sent.

    def pump(self, post: Post) -> int:
        """Send what may be sent now, in any order, some of it twice; gives how many POSTs were taken."""
        taken = 0
        while (found := self._next()) is not None:
            hook, delivery = found
            try:
                status = post(hook.destination_url, _headers(hook), self._body(hook, delivery))
            except OSError:
                status = 0
            taken += self._answered(hook, delivery, status)
        return taken

    def waiting(self) -> int:
        """How many deliveries are still to be made."""
        with self._lock:
            return sum(len(queue) for queue in self._queues.values())

    def _next(self) -> tuple[Hook, Delivery] | None:
        with self._lock:
            now = self._clock.now()
            for hook in self.hooks.values():
                pause = self._pauses.get(hook.id)
                if pause is not None and now - pause.since >= FLUSHED_AFTER:
                    self._flush(hook.id)
                    continue
                if self._queues[hook.id] and (pause is None or pause.until <= now):
                    return hook, self._chance.choice(self._queues[hook.id])
        return None

    def _flush(self, hook_id: int) -> None:
        for delivery in self._queues[hook_id]:
            delivery.status = "discarded"
        self._queues[hook_id] = []
        del self._pauses[hook_id]

    def _answered(self, hook: Hook, delivery: Delivery, status: int) -> bool:
        with self._lock:
            now = self._clock.now()
            delivery.attempts.append(Attempt(at=now, status=status))
            good = 200 <= status < 300  # noqa: PLR2004
            if hook.id not in self.hooks:
                return good  # it was removed while this was on its way
            if not good:
                self._pause(hook.id)
                delivery.status = "retrying"
                return False
            self._pauses.pop(hook.id, None)
            delivery.status = "delivered"
            if not delivery.repeats and self._chance.random() < _TWICE:
                delivery.repeats += 1
            else:
                self._queues[hook.id].remove(delivery)
            return True

    def _pause(self, hook_id: int) -> None:
        now = self._clock.now()
        before = self._pauses.get(hook_id)
        failures = before.failures + 1 if before else 1
        wait = min(timedelta(seconds=2 ** min(failures - 1, 12)), LONGEST_PAUSE)
        self._pauses[hook_id] = Pause(
            failures=failures, since=before.since if before else now, until=now + wait
        )

    def _body(self, hook: Hook, delivery: Delivery) -> bytes:
        return json.dumps(payload_of(delivery.event, hook.payload_version, self.company_id)).encode()


def _headers(hook: Hook) -> dict[str, str]:
    return {"Content-Type": "application/json", "Authorization": hook.authorization}
