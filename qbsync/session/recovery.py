"""What an answer, or its absence, says about a whole message."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

PATIENCE = 5
"""How often the same bytes are sent before a person and a search in QuickBooks take over."""


class Verdict(StrEnum):
    """What is known of a message."""

    APPLY = "apply"
    """The answer holds a response for each request."""
    UNPARSED = "unparsed"
    """QuickBooks could not parse it; nothing was executed."""
    WRONG_VERSION = "wrong_version"
    """QuickBooks does not know this qbXML version; nothing was executed."""
    NO_ANSWER = "no_answer"
    """Garbage, emptiness, or an error after which the outcome is unknown: send the same bytes again."""
    NOT_STORED = "not_stored"
    """QuickBooks has no answer to give: look for each record."""
    CHANGED = "changed"
    """QuickBooks holds another message of this id: a person must look."""


def judge_hresult(hresult: str) -> Verdict | None:
    """What an hresult says; None where there is none.

    Only a parse error and an unknown version are known to have executed nothing (reference, section 4.1).
    """
    if not hresult.strip():
        return None
    match _number(hresult):
        case 0:
            return None
        case 0x80040400:
            return Verdict.UNPARSED
        case 0x80040423:
            return Verdict.WRONG_VERSION
        case _:
            return Verdict.NO_ANSWER


def _number(hresult: str) -> int | None:
    """Hexadecimal with or without 0x, or the signed decimal that some versions write."""
    text = hresult.strip().lower()
    try:
        return int(text) & 0xFFFFFFFF if text.startswith("-") else int(text.removeprefix("0x"), 16)
    except ValueError:
        return None


def judge_status(message_set_status: int | None, *, responses: int) -> Verdict:
    """What messageSetStatusCode says (reference, section 5).

    9002: no stored response; 600: nothing stored under that id, 9005: it could not be stored, which matter
    only where no response came with them; 9001: same id, other content; 9004: a malformed id, never executed.
    """
    match message_set_status:
        case 9002:
            return Verdict.NOT_STORED
        case 600 | 9005:
            return Verdict.APPLY if responses else Verdict.NOT_STORED
        case 9001:
            return Verdict.CHANGED
        case 9004:
            return Verdict.UNPARSED
        case _:
            return Verdict.APPLY if responses else Verdict.NO_ANSWER


def may_repeat(  # every fact that decides it, named
    *, same_file: bool, sent_by: str, machine: str, sent_at: datetime, now: datetime, wait_seconds: int
) -> bool:
    """Whether a message without an answer may be sent again by this machine, now.

    Never into another company file, where it would execute. QuickBooks may still be working for the machine
    that sent it last, so another one waits. Names are AppLock's; where the Web Connector wrote none, neither
    time, it is taken for the same machine. `sent_at` is when it was last handed over.
    """
    if not same_file:
        return False
    return sent_by == machine or now - sent_at >= timedelta(seconds=wait_seconds)
