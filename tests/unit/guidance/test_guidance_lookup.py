from __future__ import annotations

import pytest

from qbsync.guidance import (
    Actor,
    Policy,
    explain,
    hresult_advice,
    markdown_table,
    procore_advice,
    status_advice,
)


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("3100", "3100"),
        (" 3100. ", "3100"),
        ("status 3100", "3100"),
        ("statusCode=3100", "3100"),
        ('"3100"', "3100"),
        ("0", "0"),
        ("0500", "500"),
        ("0x80040400", "0x80040400"),
        ("0X8004040a", "0x8004040A"),
        ("80040400", "0x80040400"),
        ("-2147220480", "0x80040400"),
        ("2147746816", "0x80040400"),
        ("QBWC1012", "QBWC1012"),
        ("qbwc 1012", "QBWC1012"),
        ("QBWC-1012:", "QBWC1012"),
        ("1012", "QBWC1012"),
        ("1010", "1010"),
        ("QBWC1010", "QBWC1010"),
        ("procore 403", "procore-403"),
        ("Procore-403", "procore-403"),
        ("http 503", "procore-503"),
        ("403", "procore-403"),
    ],
)
def test_explain_takes_a_code_as_people_write_it(written, code):
    """Blanks, case, prefixes, quotes and the signed form of an HRESULT do not matter."""
    found = explain(written)
    assert found is not None
    assert found.code == code


@pytest.mark.parametrize(
    "written", ["", "hello", "77", "9999", "0x80070005", "QBWC1047", "procore 418", "12345678901", "-1", "²"]
)
def test_explain_knows_when_it_does_not_know(written):
    """What is no code, or none with advice, gives None."""
    assert explain(written) is None


@pytest.mark.parametrize(
    ("code", "message", "policy"),
    [
        (3170, "There was an error when modifying. It has been Modified by another user.", Policy.TRANSIENT),
        (3170, "Cannot merge list elements.", Policy.PERMANENT),
        (3170, "something else", Policy.PERMANENT),
        (3180, "The record was modified by another user; the transaction was not saved.", Policy.TRANSIENT),
        (3180, "Transaction is empty.", Policy.PERMANENT),
        (3180, "The account is missing.", Policy.PERMANENT),
        (3200, "modified by another user", Policy.REREAD),
    ],
)
def test_text_decides_where_a_code_says_two_things(code, message, policy):
    """3170 and 3180 are a collision where QuickBooks says so, else a refusal."""
    advice = status_advice(code, "Error", message)
    assert advice.policy is policy
    assert advice.code == str(code)


def test_a_merge_has_words_of_its_own():
    """The refusal to merge is told apart from other refusals under 3170."""
    merge = status_advice(3170, "Error", "cannot merge list elements")
    assert "merge" in merge.title
    assert merge != status_advice(3170, "Error", "")


@pytest.mark.parametrize(
    ("code", "severity", "policy"),
    [
        (77, "Info", Policy.OK),
        (577, "Warn", Policy.WARN),
        (3099, "Error", Policy.PERMANENT),
        (9150, "ERROR", Policy.PERMANENT),
        (77777, "", Policy.PERMANENT),
    ],
)
def test_unknown_statuses_are_judged_by_severity(code, severity, policy):
    """A code without a row goes by its severity; an error parks the job and is never repeated by itself."""
    advice = status_advice(code, severity, "words")
    assert (advice.code, advice.policy) == (str(code), policy)
    assert advice.steps


def test_unknown_hresults_leave_the_outcome_open():
    """An HRESULT without a row, or text in its place, means that a write may have been saved."""
    for written in ("0x80070005", "weird", ""):
        advice = hresult_advice(written)
        assert (advice.policy, advice.actor) == (Policy.UNKNOWN, Actor.SUPPORT)
    assert hresult_advice("-2147024891").code == "0x80070005"


def test_procore_advice_by_status():
    """A status has its row, any other server error that of 500, any other status none."""
    assert procore_advice(403).actor is Actor.PROCORE_ADMIN
    assert procore_advice(429).policy is Policy.TRANSIENT
    assert procore_advice(599).policy is Policy.TRANSIENT
    assert procore_advice(418) is None


def test_markdown_table_has_a_row_a_code():
    """The table of a guide has a head and one row for each advice, without stray bars."""
    lines = markdown_table([explain("3100"), explain("QBWC1012")]).splitlines()
    assert len(lines) == 4
    assert [line.count("|") for line in lines] == [4, 4, 4, 4]
    assert lines[2].startswith("| 3100 | **The name is taken.** ")
    assert "*Bookkeeper.* Look the name up" in lines[2]
