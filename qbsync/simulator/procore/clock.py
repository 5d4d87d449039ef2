"""The time that the simulated Procore goes by; it can be advanced, so that tests need not wait."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta


class Clock:
    """Tells the time: the machine's own, or `at` standing still; either can be advanced."""

    def __init__(self, at: datetime | None = None) -> None:
        self._at = at
        self._ahead = timedelta(0)

    def now(self) -> datetime:
        """The present moment, aware and in UTC."""
        return (self._at or datetime.now(UTC)) + self._ahead

    def advance(self, seconds: float) -> datetime:
        """Move on by that many seconds; returns the new present."""
        self._ahead += timedelta(seconds=seconds)
        return self.now()
