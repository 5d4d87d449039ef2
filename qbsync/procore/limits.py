"""Procore's rate limits and waits, as its headers give them (reference/procore-api.md, 2.1)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from qbsync.errors import ProcoreLimitedError

_HOUR = 3600.0
"""The longer of Procore's two windows; no wait for a reset can be longer."""


def wait_asked(headers: Mapping[str, str], now: datetime) -> float | None:
    """Seconds that an answer asks to wait, the longer of Retry-After and X-Rate-Limit-Reset.

    None where it carries neither. The documents contradict each other on which of the two a 429 carries
    (section 7, item 11).
    """
    waits = [w for w in (retry_after(headers, now), _until_reset(headers, now)) if w is not None]
    return max(waits, default=None)


def retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """Seconds by Retry-After alone, given as seconds or as an HTTP date; None where there is none."""
    text = headers.get("Retry-After", "").strip()
    if text.isascii() and text.isdigit():
        return float(text)
    moment = _http_date(text)
    return None if moment is None else max(0.0, (moment - _server_now(headers, now)).total_seconds())


class Allowance:
    """What is left of the current window, kept from the last answer's headers."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._spent_until: datetime | None = None

    def note(self, headers: Mapping[str, str]) -> None:
        """Remember what an answer said is left."""
        remaining = headers.get("X-Rate-Limit-Remaining", "").strip()
        if not remaining.isascii() or not remaining.lstrip("-").isdigit():
            return
        now = self._clock()
        wait = _until_reset(headers, now)
        spent = int(remaining) <= 0 and wait is not None
        self._spent_until = now + timedelta(seconds=wait or 0.0) if spent else None

    def wait(self) -> float:
        """Seconds until the next call may be made; zero when one may be made now."""
        if self._spent_until is None:
            return 0.0
        return max(0.0, (self._spent_until - self._clock()).total_seconds())

    def spend(self, *, patience: float, sleep: Callable[[float], None], asked: str) -> None:
        """Wait for the window where it is used up; raises ProcoreLimitedError for more than `patience`."""
        wait = self.wait()
        if wait > patience:
            raise ProcoreLimitedError(
                f"Procore's allowance of calls is used up, so it was not asked to {asked}.",
                retry_after=wait,
                guidance=f"qbsync goes on by itself in about {wait:.0f} seconds.",
            )
        if wait > 0:
            sleep(wait)
        self._spent_until = None


def _until_reset(headers: Mapping[str, str], now: datetime) -> float | None:
    text = headers.get("X-Rate-Limit-Reset", "").strip()
    if not text.isascii() or not text.isdigit():
        return None
    # The server's clock and ours may differ. The shorter wait is taken: one that is too short costs a 429,
    # one that is too long may cost an hour.
    latest = max(_server_now(headers, now), now)
    return min(max(0.0, int(text) - latest.timestamp()), _HOUR)


def _server_now(headers: Mapping[str, str], now: datetime) -> datetime:
    """The server's own clock where it tells it, so that ours may be wrong."""
    return _http_date(headers.get("Date", "")) or now


def _http_date(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
    except (TypeError, ValueError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
