from __future__ import annotations

import itertools

import pytest

from qbsync.errors import LostSessionError, Recovery
from qbsync.session.machine import NEXT, TABLE, Action, Call, Result, SessionState, action_for, after

# The guide's conversation (pages 42 and 53), written out by hand: state -> what each call asks for.
EXPECTED = {
    "opened": {"send": "identify", "receive": "recognise", "connection_error": "note", "close": "summarise"},
    "working": {"send": "choose", "receive": "recognise", "connection_error": "note", "close": "summarise"},
    "awaiting": {"send": "repeat", "receive": "apply", "connection_error": "note", "close": "summarise"},
    "finished": {"send": "expire", "receive": "recognise", "connection_error": "note", "close": "summarise"},
    "closed": {"send": "expire", "receive": "recognise", "connection_error": "expire", "close": "summarise"},
}
EVERY_CALL = list(itertools.product(SessionState, Call))
EVERY_RESULT = list(itertools.product(Action, Result))
STAYING = {Action.RECOGNISE, Action.EXPIRE}
"""Actions that answer without moving the session."""


@pytest.mark.parametrize(("state", "call"), EVERY_CALL)
def test_every_call_has_an_action_in_every_state(state, call):
    """Whatever the Web Connector calls, and whenever, there is exactly one thing to do."""
    assert action_for(state, call) is Action(EXPECTED[state.value][call.name.lower()])


def test_the_table_holds_nothing_else():
    """The table is total and has no rows beside the pairs that can be."""
    assert set(TABLE) == set(EVERY_CALL)


@pytest.mark.parametrize("action", Action)
def test_every_action_but_those_that_stay_leads_somewhere(action):
    """An action that moves the session has at least one result that does."""
    leads = {result for one, result in NEXT if one is action}
    assert bool(leads) is (action not in STAYING)


@pytest.mark.parametrize(("action", "result"), EVERY_RESULT)
def test_each_result_leads_on_or_is_refused(action, result):
    """A pair of the table gives its state; any other ends the conversation in words, and never as a bug."""
    if (action, result) in NEXT:
        assert after(action, result) is NEXT[action, result]
        return
    with pytest.raises(LostSessionError) as caught:
        after(action, result)
    assert caught.value.recovery is Recovery.STOP
    assert action.value in caught.value.message
    assert result.value in caught.value.message


def test_every_state_is_reached_from_the_first():
    """From opened a session can come to every state, and the way to closed is open from each."""
    reached = {SessionState.OPENED}
    for _ in SessionState:
        moves = {action_for(state, call) for state in reached for call in Call}
        reached |= {target for (action, _result), target in NEXT.items() if action in moves}
    assert reached == set(SessionState)
    for state in SessionState:
        assert after(action_for(state, Call.CLOSE), Result.DONE) is SessionState.CLOSED


def test_a_message_that_is_out_is_awaited_and_a_lost_answer_repeated():
    """Handing over awaits an answer; asking again instead means that the answer was lost on its way."""
    for action in (Action.IDENTIFY, Action.CHOOSE, Action.REPEAT):
        assert after(action, Result.HANDED) is SessionState.AWAITING
    assert action_for(SessionState.AWAITING, Call.SEND) is Action.REPEAT
    assert after(Action.APPLY, Result.MORE) is SessionState.WORKING
    assert after(Action.APPLY, Result.DONE) is SessionState.FINISHED


def test_a_session_that_is_over_hands_nothing_over():
    """No call brings a finished or closed session back to handing over a message."""
    handing = {action for action, result in NEXT if result is Result.HANDED}
    for state in (SessionState.FINISHED, SessionState.CLOSED):
        assert action_for(state, Call.SEND) not in handing
