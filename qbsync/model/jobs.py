"""The states of a job and the one table of its moves."""

from __future__ import annotations

from enum import StrEnum

from qbsync.errors import StateError


class JobState(StrEnum):
    """Where a job stands; the page shows `words`."""

    STAGED = "staged"
    """Ready to Export: waits for a person to accept or reject it."""
    REJECTED = "rejected"
    """Rejected: a person said no; a change of the source record stages it again."""
    QUEUED = "queued"
    """Accepted, waiting for QuickBooks."""
    SENT = "sent"
    """Sending: handed to the Web Connector in a writing message, answer outstanding."""
    IN_DOUBT = "in_doubt"
    """Checking what QuickBooks has: the answer was lost and QuickBooks kept no copy."""
    SYNCED = "synced"
    """Synced: QuickBooks has it and we hold its id."""
    FAILED = "failed"
    """Failed to Export: QuickBooks or our own check refused it; the error says why."""
    HELD = "held"
    """On hold: a person paused it."""
    CANCELLED = "cancelled"
    """Cancelled: superseded, withdrawn by Procore, or ended by a person."""

    @property
    def words(self) -> str:
        """The state as Procore's own tool words it."""
        return _WORDS[self]


_WORDS = {
    JobState.STAGED: "Ready to Export",
    JobState.REJECTED: "Rejected",
    JobState.QUEUED: "Accepted, waiting for QuickBooks",
    JobState.SENT: "Sending",
    JobState.IN_DOUBT: "Checking what QuickBooks has",
    JobState.SYNCED: "Synced",
    JobState.FAILED: "Failed to Export",
    JobState.HELD: "On hold",
    JobState.CANCELLED: "Cancelled",
}


class JobEvent(StrEnum):
    """What can happen to a job."""

    ACCEPT = "accept"
    REJECT = "reject"
    RESTAGE = "restage"
    SEND = "send"
    ADOPT = "adopt"
    """QuickBooks has this very record: a read found it, or it is not asked any more whether it is gone."""
    HOLD = "hold"
    RELEASE = "release"
    SYNC = "sync"
    FAIL = "fail"
    REQUEUE = "requeue"
    """Nothing was executed, or another step is due: send again."""
    LOSE = "lose"
    """The answer is lost and QuickBooks has no stored one."""
    LINK = "link"
    """A person named the record that QuickBooks already has."""
    RETRY = "retry"
    CANCEL = "cancel"


_S = JobState
_CANCELLABLE = (_S.STAGED, _S.REJECTED, _S.QUEUED, _S.FAILED, _S.HELD, _S.IN_DOUBT)

TRANSITIONS: dict[tuple[JobState, JobEvent], JobState] = {
    (_S.STAGED, JobEvent.ACCEPT): _S.QUEUED,
    (_S.STAGED, JobEvent.REJECT): _S.REJECTED,
    (_S.REJECTED, JobEvent.RESTAGE): _S.STAGED,
    (_S.QUEUED, JobEvent.SEND): _S.SENT,
    (_S.QUEUED, JobEvent.HOLD): _S.HELD,
    (_S.QUEUED, JobEvent.FAIL): _S.FAILED,
    (_S.QUEUED, JobEvent.ADOPT): _S.SYNCED,
    (_S.SENT, JobEvent.SYNC): _S.SYNCED,
    (_S.SENT, JobEvent.FAIL): _S.FAILED,
    (_S.SENT, JobEvent.REQUEUE): _S.QUEUED,
    (_S.SENT, JobEvent.LOSE): _S.IN_DOUBT,
    (_S.IN_DOUBT, JobEvent.SYNC): _S.SYNCED,
    (_S.IN_DOUBT, JobEvent.FAIL): _S.FAILED,
    (_S.IN_DOUBT, JobEvent.REQUEUE): _S.QUEUED,
    (_S.SYNCED, JobEvent.RETRY): _S.QUEUED,
    (_S.FAILED, JobEvent.RETRY): _S.QUEUED,
    (_S.FAILED, JobEvent.REJECT): _S.REJECTED,
    (_S.HELD, JobEvent.RELEASE): _S.QUEUED,
    **{(state, JobEvent.LINK): _S.SYNCED for state in (_S.STAGED, _S.REJECTED, _S.FAILED, _S.HELD)},
    **{(state, JobEvent.CANCEL): _S.CANCELLED for state in _CANCELLABLE},
}

PENDING = (_S.STAGED, _S.REJECTED, _S.QUEUED, _S.HELD, _S.FAILED)
"""States a newer version of the record replaces; at most one such job a record."""
OUT = (_S.SENT, _S.IN_DOUBT)
"""States in which QuickBooks may be executing it; a newer version waits; at most one such job a record."""


def move(state: JobState, event: JobEvent) -> JobState:
    """The state after an event; raises StateError, and changes nothing, where the table has no such move."""
    try:
        return TRANSITIONS[state, event]
    except KeyError:
        allowed = sorted(e.value for s, e in TRANSITIONS if s is state)
        raise StateError(
            f"A job that is {state.words!r} cannot {event.value}.",
            guidance=f"It can: {', '.join(allowed)}." if allowed else "Nothing can be done with it any more.",
        ) from None
