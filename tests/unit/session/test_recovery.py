from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, strategies as st

from qbsync.guidance.hresults import HRESULTS
from qbsync.session.recovery import Verdict, judge_hresult, judge_status, may_repeat

SENT_AT = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize("written", ["0x80040400", "80040400", "0X80040400", " 0x80040400 ", "-2147220480"])
def test_a_parse_error_executed_nothing_however_it_is_written(written):
    """0x80040400 with or without 0x, in either case, or as the signed decimal that some versions write."""
    assert judge_hresult(written) is Verdict.UNPARSED


@pytest.mark.parametrize("written", ["0x80040423", "80040423", "-2147220445"])
def test_an_unknown_version_executed_nothing(written):
    """0x80040423 says that this QuickBooks does not know the qbXML version."""
    assert judge_hresult(written) is Verdict.WRONG_VERSION


@pytest.mark.parametrize("written", ["", " ", "\n"])
def test_no_hresult_says_nothing(written):
    """Only where there is none is the answer itself read."""
    assert judge_hresult(written) is None


@pytest.mark.parametrize("code", sorted(HRESULTS))
def test_every_other_hresult_is_no_answer(code):
    """Of all that guidance knows, only two are known to have executed nothing; the others say nothing."""
    verdict = judge_hresult(code)
    if code.lower() in ("0x80040400", "0x80040423"):
        assert verdict in (Verdict.UNPARSED, Verdict.WRONG_VERSION)
    else:
        assert verdict is Verdict.NO_ANSWER


@pytest.mark.parametrize("text", ["0", "0x00000000", "0x0"])
def test_success_is_no_trouble(text):
    """S_OK in the place of an hresult says that all is well."""
    assert judge_hresult(text) is None


@given(st.text(min_size=1).filter(lambda text: text.strip().lower().removeprefix("0x").strip("0-_")))
def test_any_other_text_in_its_place_is_no_answer(text):
    """Whatever stands where an hresult should, it never counts as an answer and never raises."""
    assert judge_hresult(text) is not None
    assert judge_hresult(text) is not Verdict.APPLY


@given(st.integers(min_value=0, max_value=0xFFFFFFFF))
def test_decimal_and_hexadecimal_are_judged_alike(number):
    """The same hresult means the same, as hexadecimal and as signed decimal."""
    signed = number - 0x1_0000_0000 if number >= 0x8000_0000 else None
    if signed is not None:
        assert judge_hresult(str(signed)) is judge_hresult(f"0x{number:08X}")


@pytest.mark.parametrize(
    ("status", "responses", "verdict"),
    [
        (None, 3, Verdict.APPLY),
        (None, 0, Verdict.NO_ANSWER),
        (0, 1, Verdict.APPLY),
        (0, 0, Verdict.NO_ANSWER),
        (600, 0, Verdict.NOT_STORED),
        (9001, 0, Verdict.CHANGED),
        (9002, 0, Verdict.NOT_STORED),
        (9004, 0, Verdict.UNPARSED),
        (9005, 0, Verdict.NOT_STORED),
        (9005, 2, Verdict.APPLY),
    ],
)
def test_each_row_of_the_message_set_table(status, responses, verdict):
    """What messageSetStatusCode says of a message, row by row (reference, section 5)."""
    assert judge_status(status, responses=responses) is verdict


@given(st.integers(), st.integers(min_value=0, max_value=500))
def test_an_answer_without_responses_is_never_applied(status, responses):
    """Nothing is held to be done on the word of an answer that holds no response."""
    if judge_status(status, responses=responses) is Verdict.APPLY:
        assert responses > 0


@pytest.mark.parametrize(
    ("same_file", "machine", "after_seconds", "may"),
    [
        (True, "OFFICE-PC", 0, True),
        (True, "OTHER-PC", 0, False),
        (True, "OTHER-PC", 899, False),
        (True, "OTHER-PC", 900, True),
        (False, "OFFICE-PC", 0, False),
        (False, "OTHER-PC", 100_000, False),
    ],
)
def test_who_may_send_a_message_again(same_file, machine, after_seconds, may):
    """The machine that sent it at once, another after the recovery wait; into another file nobody ever."""
    assert (
        may_repeat(
            same_file=same_file,
            sent_by="OFFICE-PC",
            machine=machine,
            sent_at=SENT_AT,
            now=SENT_AT + timedelta(seconds=after_seconds),
            wait_seconds=900,
        )
        is may
    )
