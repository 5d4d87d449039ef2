"""How much to put into one message, how far a session has come, and how long to wait after a refusal."""

from __future__ import annotations

from datetime import timedelta

FIRST = 50
MOST = 500
QUICK = 10.0
"""Seconds; a message answered sooner may grow."""
SLOW = 20.0
"""Seconds; one answered later must shrink: the Web Connector and people give up on long calls."""
FREE_LOGINS = 3
"""Wrong passwords before the door is slowed."""
LOOK_UPS = 100
"""Reads for single jobs in one message."""


def next_size(size: int, sent: int, seconds: float) -> int:
    """The size of the next message, after one of `sent` jobs took so long; between 1 and MOST."""
    current = size or FIRST
    if seconds > SLOW:
        return max(1, min(current, sent) // 2)
    if seconds < QUICK and sent >= current:
        return min(MOST, current * 2)
    return current


def percent(done: int, remaining: int) -> int:
    """An integer for receiveResponseXML: 100 when nothing remains, else 1 to 99."""
    if remaining <= 0:
        return 100
    return max(1, min(99, done * 100 // (done + remaining)))


def backoff(refusals: int) -> timedelta:
    """How long a job rests after that many transient refusals in a row: 1 minute, doubling to an hour."""
    return timedelta(minutes=min(60, 2 ** max(0, refusals - 1)))


def login_rest(failures: int) -> timedelta:
    """How long no password is looked at after so many wrong ones: from the third on, up to 15 minutes."""
    return timedelta(seconds=0 if failures < FREE_LOGINS else min(900, 2 ** (failures - 1)))
