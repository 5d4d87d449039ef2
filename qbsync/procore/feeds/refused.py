"""Records of a stream that Procore would not show, or that came garbled: asked for again in each pull."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from qbsync.errors import (
    ProcoreForbiddenError,
    ProcoreGarbledError,
    ProcoreMissingError,
    ProcorePayloadError,
    ProcoreRefusedError,
)
from qbsync.model.records import RecordKind
from qbsync.procore.feeds.events import FeedEvent, Mark, Unreadable


class Refused:
    """The ids of one stream that are still to be asked for, kept in the mark "STREAM/refused".

    Its cursor has passed such a record, so without this it would be read only once it changes again.
    """

    def __init__(self, kind: RecordKind, stream: str, marks: Mapping[str, str]) -> None:
        self._kind = kind
        self._stream = f"{stream}/refused"
        self._before = {part for part in marks.get(self._stream, "").split(",") if part}
        self._waiting = set(self._before)
        self._now: set[str] = set()

    def read(self, record_id: str, ask: Callable[[], FeedEvent | None]) -> Iterator[FeedEvent]:
        """What `ask` reads, or why it could not; one refused or garbled is asked for the next time."""
        self._waiting.discard(record_id)
        try:
            event = ask()
        except (
            ProcoreMissingError,
            ProcoreForbiddenError,
            ProcoreRefusedError,
            ProcoreGarbledError,
        ) as error:
            self._now.add(record_id)
            event = self._unreadable(record_id, error.for_people())
        except ProcorePayloadError as error:
            event = self._unreadable(record_id, error.for_people())
        if event is not None:
            yield event

    def waiting(self) -> list[str]:
        """The ids refused before that this pull has not read yet."""
        return sorted(self._waiting)

    def marks(self) -> Iterator[Mark]:
        """The mark to keep; none where nothing changed."""
        if self._now != self._before:
            yield Mark(stream=self._stream, value=",".join(sorted(self._now)))

    def _unreadable(self, record_id: str, message: str) -> Unreadable:
        return Unreadable(kind=self._kind, procore_id=record_id, message=message)
