from __future__ import annotations

import itertools

import pytest
from hypothesis import given, strategies as st

from qbsync.errors import Recovery, StateError
from qbsync.model.jobs import OUT, PENDING, TRANSITIONS, JobEvent, JobState, move

# The design's table "Job states", written out by hand: state -> the events it takes and where each leads.
EXPECTED = {
    "staged": {"accept": "queued", "link": "synced", "reject": "rejected", "cancel": "cancelled"},
    "rejected": {"restage": "staged", "link": "synced", "cancel": "cancelled"},
    "queued": {"send": "sent", "hold": "held", "fail": "failed", "adopt": "synced", "cancel": "cancelled"},
    "sent": {"sync": "synced", "fail": "failed", "requeue": "queued", "lose": "in_doubt"},
    "in_doubt": {"sync": "synced", "fail": "failed", "requeue": "queued", "cancel": "cancelled"},
    "synced": {"retry": "queued"},
    "failed": {"retry": "queued", "link": "synced", "reject": "rejected", "cancel": "cancelled"},
    "held": {"release": "queued", "link": "synced", "cancel": "cancelled"},
    "cancelled": {},
}
EVERY_PAIR = list(itertools.product(JobState, JobEvent))


@pytest.mark.parametrize(("state", "event"), EVERY_PAIR)
def test_each_pair_of_state_and_event_does_what_the_design_says(state, event):
    """Each pair moves as the design's table says or raises StateError."""
    target = EXPECTED[state.value].get(event.value)
    if target is None:
        with pytest.raises(StateError):
            move(state, event)
    else:
        assert move(state, event) is JobState(target)


def test_an_illegal_move_names_the_state_and_what_is_allowed():
    """The refusal is in the page's words and lists the moves that exist, for a person to choose from."""
    with pytest.raises(StateError) as caught:
        move(JobState.HELD, JobEvent.ACCEPT)
    assert caught.value.message == "A job that is 'On hold' cannot accept."
    assert caught.value.guidance == "It can: cancel, link, release."
    assert caught.value.recovery is Recovery.PERSON


def test_a_cancelled_job_takes_nothing_more():
    """Cancelled is the end: the refusal says that nothing can be done."""
    with pytest.raises(StateError) as caught:
        move(JobState.CANCELLED, JobEvent.RETRY)
    assert caught.value.guidance == "Nothing can be done with it any more."


def test_each_state_but_cancelled_can_be_left_and_each_but_staged_be_reached():
    """No state is a trap and none is unreachable, staged being where jobs begin."""
    left = {state for state, _ in TRANSITIONS}
    reached = set(TRANSITIONS.values())
    assert left == set(JobState) - {JobState.CANCELLED}
    assert reached == set(JobState)


def test_a_record_in_quickbooks_hands_is_never_pending_too():
    """A newer version either replaces a job or waits for it, never both."""
    assert set(PENDING).isdisjoint(OUT)
    assert set(PENDING) | set(OUT) == set(JobState) - {JobState.SYNCED, JobState.CANCELLED}


def test_each_state_has_its_words():
    """The page has words of its own for each state."""
    words = [state.words for state in JobState]
    assert len(set(words)) == len(JobState)
    assert JobState.STAGED.words == "Ready to Export"


@given(st.lists(st.sampled_from(list(JobEvent)), max_size=30))
def test_a_job_is_sent_only_after_someone_accepted_it(events):
    """Whatever happens, nothing goes to QuickBooks unless a person accepted or linked it."""
    state, accepted = JobState.STAGED, False
    for event in events:
        try:
            state = move(state, event)
        except StateError:
            continue
        accepted = accepted or event in (JobEvent.ACCEPT, JobEvent.LINK)
        assert accepted or state not in (JobState.QUEUED, JobState.SENT, JobState.IN_DOUBT, JobState.SYNCED)
