"""What each call of the Web Connector means in each state of a session.

The Programmer's Guide (pages 42 and 53) asks a service to know, for every ticket, which call it expects next,
because the calls that do not come tell what was lost:

- sendRequestXML twice in a row: the answer to the first was lost on its way, so the same message goes again.
- authenticate while an answer is awaited: a machine died in between. The new session finds the old message
  without an answer and sends the same bytes again before any new write (see `session.recovery`).
- receiveResponseXML out of turn, twice, or with an old ticket: what QuickBooks says is the truth whenever it
  comes, so it is stored and matched to its message.

A clean end is 100 from receiveResponseXML, or `none` from authenticate. An empty string from sendRequestXML
is not: the Web Connector then asks getLastError and shows what it says (page 80). So a session always hands
over at least one request. The text `NoOp` from getLastError would make it poll for ever and is never given.

Two tables hold everything: which action a call asks for, and which state an action's result leads to.
"""

from __future__ import annotations

from enum import StrEnum

from qbsync.errors import LostSessionError


class SessionState(StrEnum):
    """What a session expects next."""

    OPENED = "opened"
    """The first sendRequestXML, with the company's data."""
    WORKING = "working"
    """Another sendRequestXML."""
    AWAITING = "awaiting"
    """receiveResponseXML for the message that is out."""
    FINISHED = "finished"
    """getLastError or closeConnection."""
    CLOSED = "closed"
    """Nothing: the ticket is over."""


class Call(StrEnum):
    """The calls that carry a ticket."""

    SEND = "sendRequestXML"
    RECEIVE = "receiveResponseXML"
    CONNECTION_ERROR = "connectionError"
    CLOSE = "closeConnection"


class Action(StrEnum):
    """What to do about a call."""

    IDENTIFY = "identify"
    """Check which company file is open, then choose."""
    CHOOSE = "choose"
    """Hand over the next message."""
    REPEAT = "repeat"
    """The answer was lost: hand over the same message again."""
    APPLY = "apply"
    """Store the answer, then apply it."""
    RECOGNISE = "recognise"
    """An answer out of turn: find its message, store it, apply it if nobody has."""
    NOTE = "note"
    """QuickBooks could not be opened; nothing was executed."""
    SUMMARISE = "summarise"
    """Say in a line what the session did."""
    EXPIRE = "expire"
    """Say that the session is over."""


class Result(StrEnum):
    """What came of an action."""

    HANDED = "handed"
    """A request was handed over."""
    MORE = "more"
    """The answer is applied and work remains."""
    DONE = "done"
    """Nothing remains, or the session must stop; getLastError has the words."""
    RETRYING = "retrying"
    """The Web Connector will open another company file path and go on."""


TABLE: dict[tuple[SessionState, Call], Action] = {
    (SessionState.OPENED, Call.SEND): Action.IDENTIFY,
    (SessionState.OPENED, Call.RECEIVE): Action.RECOGNISE,
    (SessionState.OPENED, Call.CONNECTION_ERROR): Action.NOTE,
    (SessionState.OPENED, Call.CLOSE): Action.SUMMARISE,
    (SessionState.WORKING, Call.SEND): Action.CHOOSE,
    (SessionState.WORKING, Call.RECEIVE): Action.RECOGNISE,
    (SessionState.WORKING, Call.CONNECTION_ERROR): Action.NOTE,
    (SessionState.WORKING, Call.CLOSE): Action.SUMMARISE,
    (SessionState.AWAITING, Call.SEND): Action.REPEAT,
    (SessionState.AWAITING, Call.RECEIVE): Action.APPLY,
    (SessionState.AWAITING, Call.CONNECTION_ERROR): Action.NOTE,
    (SessionState.AWAITING, Call.CLOSE): Action.SUMMARISE,
    (SessionState.FINISHED, Call.SEND): Action.EXPIRE,
    (SessionState.FINISHED, Call.RECEIVE): Action.RECOGNISE,
    (SessionState.FINISHED, Call.CONNECTION_ERROR): Action.NOTE,
    (SessionState.FINISHED, Call.CLOSE): Action.SUMMARISE,
    (SessionState.CLOSED, Call.SEND): Action.EXPIRE,
    (SessionState.CLOSED, Call.RECEIVE): Action.RECOGNISE,
    (SessionState.CLOSED, Call.CONNECTION_ERROR): Action.EXPIRE,
    (SessionState.CLOSED, Call.CLOSE): Action.SUMMARISE,
}

NEXT: dict[tuple[Action, Result], SessionState] = {
    (Action.IDENTIFY, Result.HANDED): SessionState.AWAITING,
    (Action.IDENTIFY, Result.DONE): SessionState.FINISHED,
    (Action.CHOOSE, Result.HANDED): SessionState.AWAITING,
    (Action.CHOOSE, Result.DONE): SessionState.FINISHED,
    (Action.REPEAT, Result.HANDED): SessionState.AWAITING,
    (Action.REPEAT, Result.DONE): SessionState.FINISHED,
    (Action.APPLY, Result.MORE): SessionState.WORKING,
    (Action.APPLY, Result.DONE): SessionState.FINISHED,
    (Action.NOTE, Result.DONE): SessionState.FINISHED,
    (Action.NOTE, Result.RETRYING): SessionState.OPENED,
    (Action.SUMMARISE, Result.DONE): SessionState.CLOSED,
}


def action_for(state: SessionState, call: Call) -> Action:
    """What a call asks for in a state."""
    return TABLE[state, call]


def after(action: Action, result: Result) -> SessionState:
    """The state an action's result leads to; raises LostSessionError for a pair that cannot be."""
    try:
        return NEXT[action, result]
    except KeyError:
        raise LostSessionError(f"A session cannot go on from {action.value} with {result.value}.") from None
