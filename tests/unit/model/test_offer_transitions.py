"""The one table of offers' moves."""

from __future__ import annotations

from itertools import product

import pytest

from qbsync.errors import StateError
from qbsync.model.offers import TRANSITIONS, OfferEvent, OfferState, move


def test_every_move_is_in_the_table_or_refused_in_words():
    """A legal move gives its state; any other raises, naming what can be done."""
    for state, event in product(OfferState, OfferEvent):
        if (state, event) in TRANSITIONS:
            assert move(state, event) is TRANSITIONS[state, event]
        else:
            with pytest.raises(StateError, match=f"cannot {event.value}") as refused:
                move(state, event)
            assert refused.value.guidance.startswith("It can: ")


def test_archiving_can_be_taken_back_and_every_state_can_be_left():
    """No state is an end: an archived offer is restored, a linked or imported one is unlinked."""
    assert move(move(OfferState.OFFERED, OfferEvent.ARCHIVE), OfferEvent.RESTORE) is OfferState.OFFERED
    assert {state for state, _ in TRANSITIONS} == set(OfferState)
