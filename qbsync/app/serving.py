"""Serving an installation: the Web Connector's SOAP and the pages in one process, beside the worker.

Only `serve` and the demo need this; it is apart so that no other command waits for Spyne and Flask.
"""

from __future__ import annotations

import threading
from typing import Any

from waitress.server import create_server
from werkzeug.middleware.dispatcher import DispatcherMiddleware

from qbsync.app.installation import App, now, run_worker
from qbsync.errors import ConfigError
from qbsync.flows.drain import Drain
from qbsync.ops.pages import create_pages
from qbsync.settings import Settings
from qbsync.soap.wsgi import soap_app
from qbsync.store import schema

_MEBIBYTE = 1024 * 1024


def wsgi(app: App, public_url: str) -> Any:  # noqa: ANN401  (werkzeug's middleware, a WSGI callable)
    """Pages and SOAP in one WSGI application; answers left by a dead process are applied first."""
    drain = Drain(app.ready_database, public_url=public_url, clock=now)
    drain.recover()
    pages = create_pages(
        app.ready_database,
        clock=now,
        public_url=public_url,
        secret_key=app.settings.key(),
        ready=lambda: schema.behind(app.database),
        read_costs=app.read_costs,
    )
    limit = app.settings.max_answer_mb * _MEBIBYTE
    soap = soap_app(drain, public_url=public_url, max_bytes=limit)
    return DispatcherMiddleware(pages, {"/qbwc": soap})


class Server:
    """The HTTP server of an installation, with or without its worker."""

    def __init__(self, app: App, *, host: str, port: int, with_worker: bool) -> None:
        self._app = app
        self._stop = threading.Event()
        limit = app.settings.max_answer_mb * _MEBIBYTE
        self._wsgi = _Late()
        try:
            self._server = create_server(
                self._wsgi,
                host=host,
                port=port,
                threads=app.settings.threads,
                max_request_body_size=limit + _MEBIBYTE,
                channel_timeout=300,
                ident=None,
                clear_untrusted_proxy_headers=False,  # the pages refuse forwarded ones: they must see them
            )
        except OSError as error:
            raise ConfigError(
                f"qbsync cannot listen on {host}, port {port}: {error.strerror or error}.",
                guidance="If it runs there already, leave it be; else give another --port or --host.",
            ) from error
        self.port: int = _port_of(self._server)
        try:
            self._wsgi.app = wsgi(app, _public_url(app.settings, self.port))
        except Exception:
            self._server.close()
            raise
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


def _port_of(server: Any) -> int:  # noqa: ANN401  (waitress gives one of two classes)
    """The port in use; a host name that means several addresses has one socket for each."""
    listening = getattr(server, "effective_listen", None)
    return int(listening[0][1] if listening else server.effective_port)


def _public_url(settings: Settings, port: int) -> str:
    """Where nobody set one, it is this machine under the port in use."""
    if "public_url" in settings.model_fields_set:
        return settings.public_url
    return f"http://localhost:{port}"
