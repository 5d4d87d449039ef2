"""How a page says that something did not work: in words, with what to do, and with the right HTTP status."""

from __future__ import annotations

from flask import Flask, Response
from werkzeug.exceptions import HTTPException

from qbsync.errors import DatabaseBehindError, NotFoundError, QbsyncError, Recovery
from qbsync.ops.twins import as_json, as_page, wants_json

_TITLES = {
    400: "That cannot be asked",
    403: "Not from here",
    404: "There is no such page",
    405: "That is not how this page is used",
    409: "That cannot be done",
    413: "That is too much at once",
}
_WORDS = {
    404: "Nothing here has that address.",
    405: "Use the buttons of the pages.",
    413: "Tick fewer jobs and do the rest afterwards.",
    500: "qbsync met a fault of its own; nothing was left half done. The server's log says more.",
}


def add_to(app: Flask) -> None:
    """Let every error of ours, of HTTP and of the code end in words."""
    app.register_error_handler(QbsyncError, _ours)
    app.register_error_handler(HTTPException, _of_http)


def _ours(error: QbsyncError) -> Response:
    return _say(_status(error), error.message, error.guidance)


def _status(error: QbsyncError) -> int:
    match error:
        case NotFoundError():
            return 404
        case DatabaseBehindError():
            return 503
    return 409 if error.recovery is Recovery.PERSON else 500


def _of_http(error: HTTPException) -> Response:
    status = error.code or 500
    words = error.description or ""
    if status in _WORDS:
        words = _WORDS[status]
    answer = _say(status, words, "")
    answer.headers.extend((name, value) for name, value in error.get_headers() if name == "Allow")
    return answer


def _say(status: int, message: str, guidance: str) -> Response:
    if wants_json():
        return as_json({"error": message, "guidance": guidance or None}, status=status)
    title = _TITLES.get(status, "Something went wrong")
    return as_page("refusal.html", status=status, title=title, message=message, guidance=guidance)
