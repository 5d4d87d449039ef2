"""Faults a test or a demo puts into a company file: refusals, crashes, lost and broken answers."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from qbsync.simulator.quickbooks.hresults import RequestProcessorError
from qbsync.simulator.quickbooks.statuses import Status


@dataclass(slots=True)
class Faults:
    """What goes wrong next, each entry once; nothing of it is stored in the file."""

    _statuses: dict[str, deque[Status]] = field(default_factory=dict)
    _sessions: deque[RequestProcessorError] = field(default_factory=deque)
    _before: deque[RequestProcessorError] = field(default_factory=deque)
    _after: deque[RequestProcessorError] = field(default_factory=deque)
    _answers: deque[str] = field(default_factory=deque)
    _unsaved: deque[bool] = field(default_factory=deque)

    def fail_next(self, request_type: str, code: int, message: str, *, times: int = 1) -> None:
        """Refuse the next requests of a type, such as "VendorAddRq", with this status; nothing is done."""
        queue = self._statuses.setdefault(request_type, deque())
        queue.extend([Status(code=code, message=message)] * times)

    def fail_session(self, hresult: str, message: str = "", *, times: int = 1) -> None:
        """Refuse the next BeginSession: the Web Connector then calls connectionError."""
        self._sessions.extend([RequestProcessorError(hresult, message)] * times)

    def fail_before(self, hresult: str, message: str = "", *, times: int = 1) -> None:
        """Let the next ProcessRequest fail without executing anything."""
        self._before.extend([RequestProcessorError(hresult, message)] * times)

    def fail_after(self, hresult: str, message: str = "", *, times: int = 1) -> None:
        """Let the next ProcessRequest execute and store everything, and then fail: its answer is lost."""
        self._after.extend([RequestProcessorError(hresult, message)] * times)

    def answer_instead(self, text: str, *, times: int = 1) -> None:
        """Execute the next ProcessRequest, but answer this text."""
        self._answers.extend([text] * times)

    def fail_to_save_response(self, *, with_responses: bool = True) -> None:
        """Execute the next message set that has a newMessageSetID, and answer 9005: it was not saved.

        Without responses the answer is the status alone.
        """
        self._unsaved.append(with_responses)

    def take_status(self, request_type: str) -> Status | None:
        """The status that is due for a request of this type."""
        queue = self._statuses.get(request_type)
        return queue.popleft() if queue else None

    def raise_for_session(self) -> None:
        """Raise what is due at BeginSession."""
        _raise_next(self._sessions)

    def raise_before(self) -> None:
        """Raise what is due before executing."""
        _raise_next(self._before)

    def raise_after(self) -> None:
        """Raise what is due after executing."""
        _raise_next(self._after)

    def broken_answer(self, answer: str) -> str:
        """The answer, or what is to be said instead."""
        return self._answers.popleft() if self._answers else answer

    def take_unsaved(self) -> bool | None:
        """Whether the next 9005 carries responses; None when none is due."""
        return self._unsaved.popleft() if self._unsaved else None


def _raise_next(queue: deque[RequestProcessorError]) -> None:
    if queue:
        raise queue.popleft()
