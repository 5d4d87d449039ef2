"""Procore's two rate limits: an hour's allowance and a spike allowance of ten seconds (reference, 2.1)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from qbsync.simulator.procore.clock import Clock

HOUR: Final = timedelta(hours=1)
SPIKE: Final = timedelta(seconds=10)


@dataclass(slots=True)
class Window:
    """One allowance: it begins with the first call and is whole again `length` later."""

    limit: int
    length: timedelta
    used: int = 0
    ends: datetime | None = None

    def turn(self, now: datetime) -> None:
        """Begin anew where the window is over."""
        if self.ends is None or now >= self.ends:
            self.used, self.ends = 0, now + self.length

    @property
    def remaining(self) -> int:
        """Calls that are left."""
        return max(0, self.limit - self.used)


class Limits:
    """Counts calls against both windows and says what the headers of an answer are."""

    def __init__(self, clock: Clock, *, per_hour: int = 3600, per_10_seconds: int = 100) -> None:
        self._clock = clock
        self.hour = Window(per_hour, HOUR)
        self.spike = Window(per_10_seconds, SPIKE)

    def allow(self) -> bool:
        """Count one call; False, and nothing counted, where an allowance is used up."""
        windows = self._turned()
        if any(window.remaining == 0 for window in windows):
            return False
        for window in windows:
            window.used += 1
        return True

    def headers(self) -> dict[str, str]:
        """The three headers for whichever window is nearer to its end; Reset is in Unix seconds."""
        window = min(self._turned(), key=lambda window: window.remaining / max(1, window.limit))
        reset = -(-window.ends.timestamp() // 1) if window.ends else 0
        return {
            "X-Rate-Limit-Limit": str(window.limit),
            "X-Rate-Limit-Remaining": str(window.remaining),
            "X-Rate-Limit-Reset": str(int(reset)),
        }

    def _turned(self) -> tuple[Window, Window]:
        now = self._clock.now()
        self.hour.turn(now)
        self.spike.turn(now)
        return self.spike, self.hour
