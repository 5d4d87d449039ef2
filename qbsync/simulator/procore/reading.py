"""How a list is asked for: filters, pages, and the parameters that name company and project."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, time
from typing import TypeVar
from urllib.parse import urlencode

from flask import Response, request

from qbsync.simulator.procore.answers import Refusal, answer, missing
from qbsync.simulator.procore.rows import Row

R = TypeVar("R", bound=Row)
T = TypeVar("T")
Filter = Callable[[Row, Sequence[str]], bool]

_FILTER = re.compile(r"filters\[(\w+)\](?:\[\])?")
_DATE_LENGTH = len("2026-01-01")


def narrowed(rows: Iterable[R], allowed: Mapping[str, Filter]) -> list[R]:
    """The rows that pass every filter asked for; filters the endpoint does not document are ignored."""
    wanted: dict[str, list[str]] = {}
    for key in request.args:
        match = _FILTER.fullmatch(key)
        if match and match[1] in allowed:
            wanted.setdefault(match[1], []).extend(request.args.getlist(key))
    return [row for row in rows if all(allowed[name](row, values) for name, values in wanted.items())]


def by_id(row: Row, values: Sequence[str]) -> bool:
    """`filters[id]=1` or `filters[id][]=1&filters[id][]=2`."""
    return str(row.id) in {part for value in values for part in value.strip("[]").split(",")}


def by_text(name: str) -> Filter:
    """The attribute equals one of the values."""
    return lambda row, values: str(getattr(row, name)) in values


def by_time(name: str) -> Filter:
    """The attribute lies in `A...B`, both ends included, in whole seconds as answers show them."""

    def within(row: Row, values: Sequence[str]) -> bool:
        start, end = _range(values[-1])
        value: datetime = getattr(row, name)
        return start <= value.replace(microsecond=0) <= end

    return within


def _range(text: str) -> tuple[datetime, datetime]:
    # The guide's example puts the range in double quotes; both forms work (reference, 2.3).
    start, dots, end = text.strip().strip('"').partition("...")
    try:
        return _instant(start), _instant(end if dots else "", end_of_day=True)
    except ValueError:
        raise Refusal(400, {"errors": f"{text!r} is not a range of dates"}) from None


def _instant(text: str, *, end_of_day: bool = False) -> datetime:
    value = datetime.fromisoformat(text.strip())
    if len(text.strip()) == _DATE_LENGTH:
        value = datetime.combine(value, time.max if end_of_day else time.min)
    return value if value.tzinfo else value.replace(tzinfo=UTC)


def page_of(
    rows: Sequence[T],
    show: Callable[[T], object],
    *,
    default: int = 100,
    most: int = 2000,
    wrapped: bool = False,
) -> Response:
    """One page of a list with Link, Total and Per-Page; `per_page` above `most` is cut to it.

    `wrapped` puts it under "data", as v2.0 does.
    """
    number = _whole("page", 1)
    size = min(_whole("per_page", default), most)
    last = max(1, -(-len(rows) // size))
    places = {"first": 1, "last": last}
    if number > 1:
        places["prev"] = number - 1
    if number < last:
        places["next"] = number + 1
    links = ", ".join(f'<{_url(place, size)}>; rel="{rel}"' for rel, place in places.items())
    shown = [show(row) for row in rows[(number - 1) * size : number * size]]
    return answer(
        {"data": shown} if wrapped else shown,
        headers={"Link": links, "Total": str(len(rows)), "Per-Page": str(size)},
    )


def _url(number: int, size: int) -> str:
    kept = [(key, value) for key, value in request.args.items(multi=True) if key not in ("page", "per_page")]
    query = urlencode([*kept, ("page", str(number)), ("per_page", str(size))])
    return f"{request.base_url}?{query}"


def _whole(name: str, default: int) -> int:
    text = request.args.get(name, str(default))
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise Refusal(400, {"errors": {name: ["is not a number above 0"]}})
    return int(text)


def instant_of(name: str) -> datetime | None:
    """A moment or day that the query names; None where it does not, 400 where it is none."""
    text = request.args.get(name)
    if text is None:
        return None
    try:
        return _instant(text)
    except ValueError:
        raise Refusal(400, {"errors": {name: ["is not a date"]}}) from None


def body() -> dict[str, object]:
    """The JSON object that was sent; {} where there is none."""
    sent = request.get_json(silent=True)
    return sent if isinstance(sent, dict) else {}


def number_of(name: str) -> int:
    """A whole number from the query or the body; 400 where it is missing or is none."""
    value = request.args.get(name, body().get(name))
    if value is None or value == "":
        raise missing(name)
    try:
        return int(str(value))
    except ValueError:
        raise Refusal(400, {"errors": {name: ["is not a number"]}}) from None
