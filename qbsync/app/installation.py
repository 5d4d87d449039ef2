"""One installation: its settings, its database, and what asks and tells Procore."""

from __future__ import annotations

import logging
import sys
import threading
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

import structlog

from qbsync.flows import reconciliation
from qbsync.flows.accounts import client_of
from qbsync.flows.review import Desk
from qbsync.flows.worker import Worker
from qbsync.procore.client import ProcoreClient
from qbsync.settings import Settings
from qbsync.store import schema
from qbsync.store.engine import Database
from qbsync.store.secrets import Keeper
from qbsync.store.tables import ConnectionRow

log = structlog.get_logger(__name__)


def now() -> datetime:
    """The present moment, aware, in UTC."""
    return datetime.now(UTC)


class App:
    """One installation; its parts are made when they are first needed."""

    def __init__(self, settings: Settings | None = None) -> None:
        self.settings = settings or Settings()

    @cached_property
    def database(self) -> Database:
        """The database, whatever state its schema is in."""
        return Database(self.settings.database_url)

    @cached_property
    def ready_database(self) -> Database:
        """The database with the newest schema; raises DatabaseBehindError."""
        schema.require(self.database)
        return self.database

    @cached_property
    def keeper(self) -> Keeper:
        """What encrypts Procore's secrets."""
        return Keeper(self.settings.key())

    @cached_property
    def worker(self) -> Worker:
        """What asks and tells Procore."""
        return Worker(database=self.ready_database, clients=self._client, clock=now)

    def close(self) -> None:
        """Let go of the database, if it was ever opened."""
        if "database" in self.__dict__:
            self.database.close()

    def desk(self, actor: str) -> Desk:
        """A person's place to decide from, now."""
        return Desk(database=self.ready_database, actor=actor, now=now())

    def read_costs(self, connection: str, project_id: str | None = None) -> None:
        """Read what projects cost in Procore now and keep it; raises what reconciliation.read_now does."""
        reconciliation.read_now(self.ready_database, connection, self._client, now(), project_id=project_id)

    def _client(self, connection: ConnectionRow) -> ProcoreClient:
        return client_of(self.database, self.keeper, connection)


def run_worker(app: App, stop: threading.Event) -> None:
    """Do what is due, again and again, until told to stop; what came while nobody was here comes first."""
    begun = False
    while not stop.is_set():
        try:
            if not begun:
                app.worker.begin()
                begun = True
            app.worker.run_once()
        except Exception:  # a database that is away for a moment must not end the worker
            log.exception("worker_pass_failed")
        stop.wait(app.settings.worker_seconds)


def set_up_logs(settings: Settings) -> None:
    """Send logs to stderr, as text or JSON, one event a line."""
    renderer: Any = (
        structlog.processors.JSONRenderer()
        if settings.log_format == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(levelname)s %(name)s %(message)s")
