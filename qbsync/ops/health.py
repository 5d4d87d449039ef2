"""Whether the process is alive, and whether it is ready for work."""

from __future__ import annotations

import structlog
from flask import Blueprint, Response
from sqlalchemy.exc import SQLAlchemyError

from qbsync.errors import QbsyncError
from qbsync.ops.site import site

log = structlog.get_logger(__name__)


def add_to(pages: Blueprint) -> None:
    """Put the probes among the pages that answer everyone."""
    pages.add_url_rule("/healthz", "alive", alive)
    pages.add_url_rule("/readyz", "ready", ready)


def alive() -> Response:
    """200 while the process answers."""
    return _words("alive", 200)


def ready() -> Response:
    """200 where the database answers and is as new as this qbsync, else 503 with the reason."""
    try:
        reason = site().ready()
    except QbsyncError as error:
        reason = error.for_people()
    except SQLAlchemyError:
        log.exception("not_ready")
        reason = "The database does not answer."
    return _words("ready", 200) if reason is None else _words(reason, 503)


def _words(text: str, status: int) -> Response:
    return Response(f"{text}\n", status=status, mimetype="text/plain")
