"""Cursors over updated_at: what to ask from, and the mark to keep (reference/procore-api.md, 2.3)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

from qbsync.procore.feeds.events import Mark

OVERLAP: Final = timedelta(minutes=5)
"""Asked again each time, since records become visible a little after their updated_at (2 to 5 minutes)."""
_AHEAD: Final = timedelta(days=1)
"""A range needs an end; this one lies beyond any clock's error."""
_SETTLED: Final = timedelta(seconds=2)
"""updated_at counts seconds, so a record read within its own second may change without showing it."""
_MOST_KNOWN: Final = 400


class Cursor:
    """One stream's place: the highest updated_at seen, and which records of the overlap are known already.

    A mark reads "2026-05-20T22:10:09Z", then, where `remembers` was asked for, ";" and the records of the
    overlap as id:milliseconds before that moment, so that none of them is fetched twice. A mark that cannot
    be read counts as none, which means a full read.
    """

    def __init__(self, stream: str, marks: Mapping[str, str], *, remembers: bool = False) -> None:
        self._stream = stream
        self._before = marks.get(stream, "")
        moment, _, known = self._before.partition(";")
        self._highest = parse_moment(moment)
        self._known = dict(_known(self._highest, known)) if self._highest else {}
        self._remembers = remembers

    def filters(self, now: datetime) -> dict[str, str]:
        """The query that asks for what changed since the mark, overlap included; empty for everything."""
        if self._highest is None:
            return {}
        since, until = self._highest - OVERLAP, max(now, self._highest) + _AHEAD
        return {"filters[updated_at]": f"{_seconds(since)}...{_seconds(until)}"}

    def knows(self, record_id: str, updated_at: datetime | None) -> bool:
        """Whether that very state of the record was stored before."""
        return updated_at is not None and self._known.get(record_id) == updated_at

    def saw(self, record_id: str, updated_at: datetime | None, now: datetime) -> None:
        """Count a record in; one without updated_at moves nothing."""
        if updated_at is None:
            return
        self._highest = max(updated_at, self._highest or updated_at)
        if self._remembers and now - updated_at >= _SETTLED:
            self._known[record_id] = updated_at

    def marks(self) -> Iterator[Mark]:
        """The mark to keep; none where nothing was seen or it is the one we were given."""
        if self._highest is None:
            return
        value = format_moment(self._highest) + self._tail(self._highest)
        if value != self._before:
            yield Mark(stream=self._stream, value=value)

    def _tail(self, highest: datetime) -> str:
        near = {i: m for i, m in self._known.items() if highest - m <= OVERLAP}
        newest = sorted(near.items(), key=lambda item: (item[1], item[0]), reverse=True)[:_MOST_KNOWN]
        text = ",".join(f"{i}:{(highest - m) // timedelta(milliseconds=1)}" for i, m in newest)
        return f";{text}" if text else ""


def is_due(value: str, now: datetime, every: timedelta) -> bool:
    """Whether a read last done at the moment a mark holds is to be done again."""
    last = parse_moment(value)
    return last is None or now - last >= every or last > now


def parse_moment(text: str) -> datetime | None:
    """An aware moment in UTC, or None for anything else."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment.astimezone(UTC) if moment.tzinfo else None


def format_moment(moment: datetime) -> str:
    """ISO 8601 in UTC with a Z, with its fraction of a second where it has one."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _seconds(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _known(highest: datetime, text: str) -> Iterator[tuple[str, datetime]]:
    for part in text.split(","):
        record_id, _, before = part.partition(":")
        if record_id and before.isascii() and before.isdigit():
            yield record_id, highest - timedelta(milliseconds=int(before))
