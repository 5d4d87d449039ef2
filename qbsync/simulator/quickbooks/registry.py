"""Which function does which request; each family of objects registers its own.

A handler takes the Desk and the Command and gives an Outcome, or raises Refusal. To add an object: a file
of forms, a line in `kinds`, and a module with handlers that `families` names.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias

from qbsync.simulator.quickbooks import statuses
from qbsync.simulator.quickbooks.answers import Writer
from qbsync.simulator.quickbooks.message import Command
from qbsync.simulator.quickbooks.state import State


@dataclass(slots=True)
class Iterators:
    """The open iterators of one QuickBooks session: id to the keys still to be read."""

    open: dict[str, list[tuple[str, str]]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What a handler works with: the state, the time, and the circumstances of the session."""

    state: State
    writer: Writer
    now: datetime
    multi_user: bool
    versions: tuple[str, ...]
    country: str
    iterators: Iterators
    new_guid: Callable[[], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """A request's result: the aggregates of its answer, its status and the attributes of a query."""

    rets: tuple[str, ...] = ()
    status: statuses.Status = statuses.OK
    ret_count: int | None = None
    iterator_id: str | None = None
    iterator_remaining: int | None = None


Handler: TypeAlias = Callable[[Desk, Command], Outcome]

_HANDLERS: dict[str, Handler] = {}


def handles(*names: str) -> Callable[[Handler], Handler]:
    """Register a function for these requests, such as "VendorAddRq"."""

    def register(handler: Handler) -> Handler:
        for name in names:
            _HANDLERS[name] = handler
        return handler

    return register


def handler_for(name: str) -> Handler:
    """The function that does a request; refuses with 1030 what the simulated file does not do."""
    if name not in _HANDLERS:
        raise statuses.unsupported(name)
    return _HANDLERS[name]


def handled() -> frozenset[str]:
    """The names of every request that is done."""
    return frozenset(_HANDLERS)
