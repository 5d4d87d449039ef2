"""What keeps the trouble of one tool of one project from ending the whole pull."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from qbsync.errors import (
    ProcoreForbiddenError,
    ProcoreMissingError,
    ProcorePayloadError,
    ProcoreRefusedError,
    ProcoreUnavailableError,
)
from qbsync.procore.feeds.events import FeedEvent, Trouble

MOST_UNANSWERED: Final = 3
"""That many tools in a row without an answer, and Procore as a whole is taken to be away."""
_LOCAL = (ProcoreForbiddenError, ProcoreMissingError, ProcoreRefusedError, ProcorePayloadError)
"""What concerns one tool of one project."""


class Guard:
    """Turns what goes wrong with one tool into a Trouble; one for each pull.

    ProcoreAuthError and ProcoreLimitedError pass through, and so does ProcoreUnavailableError once three
    tools in a row had no answer.
    """

    def __init__(self) -> None:
        self._unanswered = 0

    def over(self, where: str, events: Iterable[FeedEvent]) -> Iterator[FeedEvent]:
        """The events, and a Trouble in place of the error that ended them; `where` names the tool."""
        try:
            yield from events
        except _LOCAL as error:
            self._unanswered = 0
            yield Trouble(where=where, message=error.message, guidance=error.guidance)
        except ProcoreUnavailableError as error:
            self._unanswered += 1
            if self._unanswered >= MOST_UNANSWERED:
                raise
            yield Trouble(where=where, message=error.message, guidance=error.guidance)
        else:
            self._unanswered = 0
