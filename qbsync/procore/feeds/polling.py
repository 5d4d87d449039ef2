"""Which projects a scheduled pull asks: lively ones each time, quiet ones less often, none beyond the budget.

A project is due once an eighth of the time for which nothing new came from it has passed since it was last
asked, but not before `every` and at the latest after QUIET. Of those that are due the most overdue comes
first, so that where the calls do not suffice for all, all wait alike. A person's pull asks every project.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from qbsync.procore.feeds.cursors import format_moment, parse_moment
from qbsync.procore.feeds.events import FeedEvent, Gone, Mark, Seen

QUIET: Final = timedelta(minutes=30)
"""How often a project is asked from which nothing new has come for hours."""
WHOLE: Final = timedelta(hours=1)
"""How often a project is asked for what webhooks tell of."""
PROJECT_CALLS: Final = 10
"""What asking one project costs where nothing changed, the lists that are read whole included."""
_SHARE: Final = 8
_STREAM: Final = "polled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Polling:
    """What a scheduled pull may spend: `left` gives the calls it still has, `every` how often it comes."""

    left: Callable[[], float]
    every: timedelta

    def due(self, project_ids: Iterable[str], marks: Mapping[str, str], now: datetime) -> Iterator[str]:
        """The projects to ask now, the most overdue first, as long as there are calls left for one."""
        late = {one: self._late(marks.get(f"{_STREAM}/{one}", ""), now) for one in project_ids}
        for project_id in sorted(late, key=late.__getitem__, reverse=True):
            if late[project_id] < 1 or self.left() < PROJECT_CALLS:
                return
            yield project_id

    def _late(self, mark: str, now: datetime) -> float:
        """How long ago the project was asked, as a multiple of how long it may wait."""
        asked, news, _ = _moments(mark)
        if asked is None or asked > now:
            return float("inf")
        quiet = now - (news or asked)
        wait = max(self.every, min(QUIET, quiet / _SHARE))
        return (now - asked) / wait


class Polled:
    """When one project was asked, when something new last came from it, and when it was asked everything."""

    def __init__(self, project_id: str, marks: Mapping[str, str]) -> None:
        self._stream = f"{_STREAM}/{project_id}"
        self._asked, self._news, self._whole = _moments(marks.get(self._stream, ""))
        self._is_new = False

    def watch(self, events: Iterable[FeedEvent]) -> Iterator[FeedEvent]:
        """The events; records among them are news."""
        for event in events:
            self._is_new = self._is_new or isinstance(event, Seen | Gone)
            yield event

    def lacks_whole(self, now: datetime) -> bool:
        """Whether it is to be asked what webhooks tell of as well, an hour after that was last done."""
        return self._whole is None or now - self._whole >= WHOLE

    def mark(self, now: datetime, *, asked: bool, whole: bool) -> Mark:
        """The mark to keep: "asked;news;whole"; `asked` where this pull was the poll it was due for."""
        moments = (
            now if asked else self._asked,
            now if self._is_new else self._news,
            now if whole else self._whole,
        )
        value = ";".join(format_moment(moment) if moment else "" for moment in moments)
        return Mark(stream=self._stream, value=value)


def not_asked(marks: Mapping[str, str], since: datetime) -> set[str]:
    """The projects that no pull has asked since that moment."""
    asked = {
        stream.partition("/")[2]: _moments(value)[0]
        for stream, value in marks.items()
        if stream.startswith(f"{_STREAM}/")
    }
    return {project_id for project_id, moment in asked.items() if moment is None or moment < since}


def _moments(mark: str) -> tuple[datetime | None, datetime | None, datetime | None]:
    asked, _, rest = mark.partition(";")
    news, _, whole = rest.partition(";")
    return parse_moment(asked), parse_moment(news), parse_moment(whole)
