from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given, strategies as st

from qbsync.session import pace, replies

COUNTS = st.integers(min_value=0, max_value=2_000_000)
SIZES = st.integers(min_value=0, max_value=pace.MOST)
SECONDS = st.floats(min_value=0, max_value=100_000, allow_nan=False)


@given(COUNTS, st.integers(min_value=-5, max_value=2_000_000))
def test_percent_is_a_hundred_exactly_when_nothing_remains(done, remaining):
    """ReceiveResponseXML gives an integer from 1 to 100: 100 would end the session, 0 looks stuck."""
    percent = pace.percent(done, remaining)
    assert type(percent) is int
    assert 1 <= percent <= 100
    assert (percent == 100) is (remaining <= 0)


@given(COUNTS, COUNTS, COUNTS)
def test_percent_never_goes_back_while_work_is_done(done, more, remaining):
    """With more done and no more to do the figure does not fall."""
    assert pace.percent(done + more, remaining) >= pace.percent(done, remaining)


@given(SIZES, st.integers(min_value=0, max_value=pace.MOST), SECONDS)
def test_the_next_message_stays_within_bounds(size, sent, seconds):
    """Never empty and never more than MOST, however long QuickBooks took."""
    following = pace.next_size(size, sent, seconds)
    assert 1 <= following <= pace.MOST
    if seconds > pace.SLOW:
        assert following <= max(1, (size or pace.FIRST) // 2)
    else:
        assert following >= (size or pace.FIRST)


@pytest.mark.parametrize(
    ("size", "sent", "seconds", "following"),
    [
        (0, 0, 1, pace.FIRST),
        (0, 50, 1, 100),
        (50, 50, 1, 100),
        (50, 49, 1, 50),
        (400, 400, 9.9, pace.MOST),
        (50, 50, 15, 50),
        (50, 50, 20, 50),
        (50, 50, 21, 25),
        (200, 10, 21, 5),
        (1, 1, 60, 1),
    ],
)
def test_a_message_grows_when_answered_quickly_and_halves_when_slowly(size, sent, seconds, following):
    """Full messages answered under 10 s double, slow ones halve what was really sent."""
    assert pace.next_size(size, sent, seconds) == following


@given(st.integers(min_value=0, max_value=5_000))
def test_the_rest_after_a_refusal_grows_to_an_hour(refusals):
    """Each refusal rests at least as long as the one before, from a minute to an hour."""
    rest, longer = pace.backoff(refusals), pace.backoff(refusals + 1)
    assert timedelta(minutes=1) <= rest <= longer <= timedelta(hours=1)


def test_the_first_rests_double():
    """1, 2, 4, 8, 16, 32, then 60 minutes."""
    assert [pace.backoff(n).total_seconds() / 60 for n in range(1, 9)] == [1, 2, 4, 8, 16, 32, 60, 60]


@given(st.integers(min_value=0, max_value=5_000))
def test_wrong_passwords_slow_the_door_but_never_close_it(failures):
    """Free at first, then ever slower, at most 15 minutes."""
    rest, longer = pace.login_rest(failures), pace.login_rest(failures + 1)
    assert timedelta(0) <= rest <= longer <= timedelta(minutes=15)
    assert (rest == timedelta(0)) is (failures < pace.FREE_LOGINS)


def test_authenticate_says_exactly_what_the_guide_wants():
    """nvu, none, busy with a postponement of 60 seconds, or the path of the company file."""
    assert replies.stranger("t") == ["t", "nvu"]
    assert replies.nothing_to_do("t") == ["t", "none"]
    assert replies.busy("t") == ["t", "busy", "60", ""]
    assert replies.busy("t")[2] == "60"
    assert replies.welcome("t", r"C:\Books\Acme.qbw") == ["t", r"C:\Books\Acme.qbw"]
    assert replies.welcome("t", "") == ["t", ""]


@pytest.mark.parametrize(
    ("synced", "failed", "waiting", "problem", "words"),
    [
        (0, 0, 0, "", "Nothing to send."),
        (3, 0, 0, "", "3 synced."),
        (3, 2, 0, "", "3 synced, 2 failed."),
        (0, 2, 2, "", "2 failed; 2 need you: https://q/support/acme"),
        (1, 0, 1, "", "1 synced; 1 needs you: https://q/support/acme"),
        (0, 0, 4, "", "Nothing to send; 4 need you: https://q/support/acme"),
        (3, 2, 1, "Another file is open.", "Another file is open. See https://q/support/acme"),
    ],
)
def test_the_line_in_the_status_column(synced, failed, waiting, problem, words):
    """CloseConnection says what was done and who is needed, in one line."""
    said = replies.summary(
        synced=synced, failed=failed, waiting=waiting, problem=problem, page="https://q/support/acme"
    )
    assert said == words
