"""What every page needs of its installation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from flask import current_app

from qbsync.ops.forms import Signer
from qbsync.store.engine import Database

EXTENSION = "qbsync"


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """One installation's pages; `ready` says why the installation is not ready, None where it is.

    `read_costs` reads what the projects of a connection, by its name, cost in Procore.
    """

    database: Database
    clock: Callable[[], datetime]
    ready: Callable[[], str | None]
    read_costs: Callable[[str], None]
    public_url: str
    trusted_hosts: frozenset[str]
    signer: Signer


def site() -> Site:
    """The installation that the present request is about."""
    found: Site = current_app.extensions[EXTENSION]
    return found
