"""Answers as Procore gives them: JSON bodies, refusals, and how it writes numbers and times."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal

from flask import Response

Json = dict[str, object]


class Refusal(Exception):  # noqa: N818  # an answer, not a failure of the simulator
    """An answer other than success; carries the status and the JSON body."""

    def __init__(self, status: int, body: object, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(status)
        self.status = status
        self.body = body
        self.headers = dict(headers or {})


def answer(body: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """A JSON answer in UTF-8, characters beyond ASCII as they are."""
    text = json.dumps(body, ensure_ascii=False)
    return Response(text, status, headers, content_type="application/json; charset=utf-8")


def money(value: Decimal) -> str:
    """A decimal as Ruby prints it: always a point, no trailing zeros after the first place."""
    text = format(value.normalize(), "f")
    return text if "." in text else f"{text}.0"


def moment(value: datetime | None) -> str | None:
    """A time in whole seconds UTC with a Z, as Procore's v1 answers have it."""
    return None if value is None else value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def day(value: date | None) -> str | None:
    """A date as YYYY-MM-DD."""
    return None if value is None else value.isoformat()


def not_found(what: str) -> Refusal:
    """404, which Procore also gives for what the account may not read (reference, 1.4)."""
    return Refusal(404, {"errors": f"{what} not found"})


def missing(parameter: str) -> Refusal:
    """400 for a parameter that the endpoint requires."""
    return Refusal(400, {"errors": {parameter: ["is missing"]}})
