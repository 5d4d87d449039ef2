"""The one place that joins things: settings, database, Procore, the conversation and the pages."""

from __future__ import annotations

import logging
import sys
import threading
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

import structlog
from waitress.server import create_server
from werkzeug.middleware.dispatcher import DispatcherMiddleware

from qbsync.flows.accounts import client_of
from qbsync.flows.drain import Drain
from qbsync.flows.review import Desk
from qbsync.flows.worker import Worker
from qbsync.ops.pages import create_pages
from qbsync.procore.client import ProcoreClient
from qbsync.settings import Settings
from qbsync.soap.wsgi import soap_app
from qbsync.store import schema
from qbsync.store.engine import Database
from qbsync.store.secrets import Keeper
from qbsync.store.tables import ConnectionRow

log = structlog.get_logger(__name__)
_MEBIBYTE = 1024 * 1024


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

    def desk(self, actor: str) -> Desk:
        """A person's place to decide from, now."""
        return Desk(database=self.ready_database, actor=actor, now=now())

    def _client(self, connection: ConnectionRow) -> ProcoreClient:
        return client_of(self.database, self.keeper, connection)

    def wsgi(self, public_url: str) -> Any:  # noqa: ANN401  (werkzeug's middleware, a WSGI callable)
        """Pages and SOAP in one WSGI application; answers left by a dead process are applied first."""
        drain = Drain(self.ready_database, public_url=public_url, clock=now)
        drain.recover()
        pages = create_pages(
            self.ready_database,
            clock=now,
            public_url=public_url,
            secret_key=self.settings.key(),
            ready=lambda: schema.behind(self.database),
        )
        limit = self.settings.max_answer_mb * _MEBIBYTE
        soap = soap_app(drain, public_url=public_url, max_bytes=limit)
        return DispatcherMiddleware(pages, {"/qbwc": soap})


class Server:
    """The HTTP server of an installation, with or without its worker."""

    def __init__(self, app: App, *, host: str, port: int, with_worker: bool) -> None:
        self._app = app
        self._stop = threading.Event()
        limit = app.settings.max_answer_mb * _MEBIBYTE
        self._wsgi = _Late()
        self._server = create_server(
            self._wsgi,
            host=host,
            port=port,
            threads=app.settings.threads,
            max_request_body_size=limit + _MEBIBYTE,
            channel_timeout=300,
            ident=None,
        )
        self.port: int = int(self._server.effective_port)
        self._wsgi.app = app.wsgi(_public_url(app.settings, self.port))
        self._worker = threading.Thread(target=self._work, daemon=True) if with_worker else None

    def run(self) -> None:
        """Serve until `stop`, or until the process is told to end."""
        if self._worker is not None:
            self._worker.start()
        try:
            self._server.run()
        finally:
            self._stop.set()

    def stop(self) -> None:
        """Let `run` return."""
        self._stop.set()
        self._server.close()

    def _work(self) -> None:
        run_worker(self._app, self._stop)


class _Late:
    """Stands in for the application until the port, which its addresses name, is known."""

    app: Any = None

    def __call__(self, environ: Any, start_response: Any) -> Any:  # noqa: ANN401  (WSGI's own shapes)
        """Pass the request on."""
        return self.app(environ, start_response)


def run_worker(app: App, stop: threading.Event) -> None:
    """Do what is due, again and again, until told to stop."""
    while not stop.is_set():
        try:
            app.worker.run_once()
        except Exception:  # a database that is away for a moment must not end the worker
            log.exception("worker_pass_failed")
        stop.wait(app.settings.worker_seconds)


def _public_url(settings: Settings, port: int) -> str:
    """Where nobody set one, it is this machine under the port in use."""
    if "public_url" in settings.model_fields_set:
        return settings.public_url
    return f"http://localhost:{port}"


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
