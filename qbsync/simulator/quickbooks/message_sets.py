"""QuickBooks' memory of message sets: what makes a repeated message harmless (reference section 5)."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from typing import TypeAlias

Saved: TypeAlias = list[str | None]
"""Checksum of the message, and the saved response: None where QuickBooks no longer has it."""

CLEAR_ALL = "ClearAllMessageSets"
"""As oldMessageSetID: forget everything of this application."""
_ID = re.compile(r"[ -~]{1,23}")

OK, NO_STATE, CONTENT_DIFFERS, NO_RESPONSE, BAD_ID, NOT_SAVED = 0, 600, 9001, 9002, 9004, 9005


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What the store says of a message: a status without execution, a saved response, or go on (None)."""

    status: int | None = None
    response: str | None = None


GO_ON = Verdict()


@dataclass(slots=True)
class MessageSets:
    """The saved responses of one company file, per application name."""

    by_application: dict[str, dict[str, Saved]] = field(default_factory=dict)

    def judge(self, application: str, text: str, *, new: str | None, old: str | None, empty: bool) -> Verdict:
        """Decide on a message before it is executed, and forget what `old` acknowledges.

        The rows of the table: a status check (`new` equals `old`, no requests), an acknowledgement (`old`
        alone, no requests), and requests with `new`, which run once.
        """
        known = self.by_application.get(application, {})
        if any(value is not None and value != CLEAR_ALL and not _ID.fullmatch(value) for value in (new, old)):
            return Verdict(status=BAD_ID)
        if new is not None and new == old and empty:
            return _replay(known, new)
        forgotten = _forget(known, old)
        if new is None:
            return GO_ON if not empty else Verdict(status=OK if forgotten else NO_STATE)
        if new not in known:
            return GO_ON
        if known[new][0] != _checksum(text):
            return Verdict(status=CONTENT_DIFFERS)
        return _replay(known, new)

    def keep(self, application: str, message_set_id: str, text: str, response: str | None) -> None:
        """Save the response of an executed message; None when QuickBooks could not save it."""
        self.by_application.setdefault(application, {})[message_set_id] = [_checksum(text), response]

    def lose_responses(self) -> None:
        """Forget every saved response, though not that the messages ran: from here they answer 9002."""
        for known in self.by_application.values():
            for saved in known.values():
                saved[1] = None

    def forget_everything(self) -> None:
        """Forget that any message ever ran."""
        self.by_application.clear()

    def read(self, written: dict[str, dict[str, Saved]]) -> None:
        """Take over what `written` gave."""
        self.by_application = written

    def written(self) -> dict[str, dict[str, Saved]]:
        """Everything, as plain values for JSON."""
        return self.by_application


def _forget(known: dict[str, Saved], old: str | None) -> bool:
    if old == CLEAR_ALL:
        known.clear()
        return True
    return old is not None and known.pop(old, None) is not None


def _replay(known: dict[str, Saved], message_set_id: str) -> Verdict:
    if message_set_id not in known:
        return Verdict(status=NO_STATE)
    response = known[message_set_id][1]
    return Verdict(status=NO_RESPONSE) if response is None else Verdict(status=OK, response=response)


def _checksum(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
