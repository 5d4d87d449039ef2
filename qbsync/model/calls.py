"""How many calls of Procore the polling may make, and when: an allowance that fills up again all the time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

_HOUR: Final = timedelta(hours=1)
_AT_ONCE: Final = 6
"""A sixth of an hour's calls may be made at once, the rest comes evenly: together never more than all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallBudget:
    """The calls of one connection's polling: at most `per_hour` in any hour, whenever it begins.

    What is left is a number of calls; below zero after others (write-backs, a person's pull) made more.
    """

    per_hour: int

    @property
    def at_once(self) -> float:
        """The most that is ever left."""
        return self.per_hour / _AT_ONCE

    @property
    def _every_hour(self) -> float:
        return self.per_hour - self.at_once

    def left(self, kept: float, kept_at: datetime | None, now: datetime) -> float:
        """What is left now of what was left then; everything where nothing was ever kept."""
        if kept_at is None:
            return self.at_once
        gone = max(timedelta(0), now - kept_at)
        return min(self.at_once, kept + self._every_hour * (gone / _HOUR))

    def after(self, left: float, made: int) -> float:
        """What is left once that many calls were made; never less than half an hour brings back."""
        return max(left - made, -self._every_hour / 2)

    def until(self, left: float, wanted: float) -> timedelta:
        """How long until that much is left; `wanted` above what there can ever be counts as that."""
        lacking = min(wanted, self.at_once) - left
        return _HOUR * max(0.0, lacking) / self._every_hour
