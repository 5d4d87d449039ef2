"""Things that go wrong on purpose: statuses, garbage, cut answers and dropped connections."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import Final

from flask import Response


class Shape(StrEnum):
    """The documented shapes of an error body (reference, 2.5), and some that are none."""

    FIELD_ERRORS = "field_errors"
    """v1: {"errors": {"field": ["..."]}}"""
    ERRORS_TEXT = "errors_text"
    """v1: {"errors": "..."}"""
    MESSAGE = "message"
    """v1: {"message": "..."}"""
    CODE = "code"
    """v1, newer: {"error": {"code", "message"}}"""
    V2 = "v2"
    """v2: {"error": {"code", "message", "details"}}"""
    ERRORS_MODEL = "errors_model"
    """The SDK's ErrorsResponse: {"errors": {"base": [...], "fields": {...}}}"""
    HTML = "html"
    """A page in HTML, as a proxy or a login screen would send."""
    EMPTY = "empty"
    """No body at all."""


_JSON_BODIES: Final[Mapping[Shape, str]] = {
    Shape.FIELD_ERRORS: '{"errors": {"name": ["is already taken"]}}',
    Shape.ERRORS_TEXT: (
        '{"errors": "You have surpassed the max number of requests for an hour. '
        'Please wait until your limit resets."}'
    ),
    Shape.MESSAGE: '{"message": "Something went wrong on our side."}',
    Shape.CODE: '{"error": {"code": "FORBIDDEN", "message": "App is not connected to this company"}}',
    Shape.V2: (
        '{"error": {"code": "BAD_REQUEST", "message": "Invalid due date", "details": [{"reason_code": '
        '"INVALID_FORMAT", "message": "due_date must be a date", "source": "due_date"}]}}'
    ),
    Shape.ERRORS_MODEL: '{"errors": {"base": ["is not allowed"], "fields": {"name": ["is too long"]}}}',
}
_HTML: Final = "<!DOCTYPE html><html><head><title>Procore</title></head><body>We'll be back.</body></html>"


class Harm(StrEnum):
    """What is done to the call."""

    ANSWER = "answer"
    """Another answer is given in place of the right one."""
    TRUNCATE = "truncate"
    """The right answer is cut in the middle of its JSON."""
    DROP = "drop"
    """The connection is closed without an answer."""


@dataclass(slots=True, kw_only=True)
class Fault:
    """One thing that goes wrong `times` times for calls whose path matches `path_pattern` (`*` is any text).

    With `after`, Procore has done what was asked before the answer is lost or replaced.
    """

    method: str
    path_pattern: str
    harm: Harm = Harm.ANSWER
    status: int = 200
    body: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    times: int = 1
    after: bool = False

    def meets(self, method: str, path: str) -> bool:
        """Whether it applies to this call, and is not yet used up."""
        return self.times > 0 and self.method in ("*", method) and fnmatchcase(path, self.path_pattern)

    def answer(self) -> Response:
        """The answer given in place of the right one."""
        text = self.body if self.body is not None else ""
        kind = "application/json; charset=utf-8" if text[:1] in ("{", "[") else "text/html; charset=utf-8"
        response = Response(text, self.status, content_type=kind)
        for name, value in self.headers.items():
            response.headers[name] = value
        return response


class Faults:
    """The faults that wait for their call, oldest first."""

    def __init__(self) -> None:
        self.waiting: list[Fault] = []

    def add(self, fault: Fault) -> None:
        """Let it happen to the next matching calls."""
        self.waiting.append(fault)

    def take(self, method: str, path: str) -> Fault | None:
        """The fault for this call, one of its times used."""
        for fault in self.waiting:
            if fault.meets(method, path):
                fault.times -= 1
                self.waiting = [one for one in self.waiting if one.times > 0]
                return fault
        return None


def body_of(shape: Shape | str) -> str:
    """The body of that shape; text that names no shape is taken as it is."""
    if shape == Shape.HTML:
        return _HTML
    if shape == Shape.EMPTY:
        return ""
    return _JSON_BODIES[Shape(shape)] if shape in set(Shape) else str(shape)
