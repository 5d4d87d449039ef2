"""How one family of objects offers its endpoints: a list of routes, joined by the server."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol

from flask import Response


class Route(NamedTuple):
    """One endpoint; `rule` is a path with Flask's <int:...> variables, the views take them by name."""

    method: str
    rule: str
    view: Callable[..., Response]


class Family(Protocol):
    """The endpoints of one family of objects; one module each, made with the state."""

    def routes(self) -> Sequence[Route]:
        """The family's endpoints."""
