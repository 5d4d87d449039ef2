"""A page and its JSON twin: the same values, shown for people or for programs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Response, jsonify, render_template, request, url_for

from qbsync.ops.asking import NewestFirst, as_arguments
from qbsync.ops.site import site

LIST_LINK = '<{}>; rel="next"'


def wants_json() -> bool:
    """Whether the twin is asked for."""
    return request.path.endswith(".json")


def as_json(
    values: Mapping[str, Any] | Sequence[Any], *, more: str | None = None, status: int = 200
) -> Response:
    """Values as JSON; `more` is the address of what follows, told in a Link header as Procore does."""
    response = jsonify(values)
    response.status_code = status
    if more is not None:
        response.headers["Link"] = LIST_LINK.format(more)
    return response


def as_page(template: str, *, status: int = 200, **values: Any) -> Response:  # noqa: ANN401  (what templates take)
    """Values as a page; the current time is given to each."""
    return Response(
        render_template(template, now=site().clock(), **values), status=status, mimetype="text/html"
    )


def one_page(rows: list[dict[str, Any]], query: NewestFirst) -> tuple[list[dict[str, Any]], str | None]:
    """What the page shows of one row more, and the address of the older ones; None on the last."""
    if len(rows) <= query.limit:
        return rows, None
    shown = rows[: query.limit]
    return shown, url_for(str(request.endpoint), **as_arguments(query, before=shown[-1]["id"]))
