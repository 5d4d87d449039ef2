"""Where Procore's webhooks deliver: whoever has a hook's bearer may, and nobody else learns anything."""

from __future__ import annotations

import structlog
from flask import Blueprint, Response, request
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import RequestEntityTooLarge

from qbsync.flows import hearing
from qbsync.flows.hearing import Heard
from qbsync.ops.guard import BY_BEARER
from qbsync.ops.site import site

log = structlog.get_logger(__name__)

pages = Blueprint(BY_BEARER, __name__)


@pages.post("/webhooks/procore/<connection>", endpoint="delivery")
def delivery(connection: str) -> Response:
    """200 once a delivery is kept, 401 to strangers, 503 where the database cannot take it now.

    Everything else that comes from a hook is 200 too: Procore sends again what was refused, and nothing that
    follows it before then.
    """
    here = site()
    try:
        connection_id = hearing.who_sends(here.database, connection, request.headers.get("Authorization", ""))
        if connection_id is None:
            return _answer("Not for you.", 401)
        heard = hearing.hear(here.database, connection_id, _body(), here.clock())
    except SQLAlchemyError:
        log.warning("delivery_not_kept", connection=connection)
        return _answer("Send it again later.", 503)
    log.debug("delivery", connection=connection, outcome=heard.name.lower())
    return _answer("Thank you." if heard is not Heard.GARBAGE else "Kept, but not understood.", 200)


def _body() -> bytes | None:
    """The body; None where it is too large to be one of Procore's."""
    request.max_content_length = hearing.LARGEST
    try:
        return request.get_data(cache=False)
    except RequestEntityTooLarge:
        return None


def _answer(words: str, status: int) -> Response:
    return Response(f"{words}\n", status=status, mimetype="text/plain")
