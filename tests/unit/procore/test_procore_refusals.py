from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from requests.structures import CaseInsensitiveDict

from qbsync.errors import (
    ProcoreAuthError,
    ProcoreForbiddenError,
    ProcoreLimitedError,
    ProcoreMissingError,
    ProcoreRefusedError,
    ProcoreUnavailableError,
    Recovery,
)
from qbsync.procore.refusals import Asked, refusal, said_in, words_of_errors
from qbsync.procore.wire import Answer

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def _refused(status, body=b"", **headers):
    answer = Answer(status=status, headers=CaseInsensitiveDict(headers), body=body)
    asked = Asked(method="PATCH", path="/rest/v1.0/work_order_contracts/7/line_items/sync", project_id="9")
    return refusal(answer, asked, NOW)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (
            b'{"errors": {"name": ["is already taken", "is too long"]}}',
            "name is already taken; name is too long",
        ),
        (b'{"errors": "Project not found"}', "Project not found"),
        (b'{"message": "Missing Procore-Company-Id header!"}', "Missing Procore-Company-Id header!"),
        (b'{"error": {"code": "FORBIDDEN", "message": "App is not connected"}}', "App is not connected"),
        (
            b'{"error": {"code": "X", "message": "Bad date", "details": [{"message": "must be a date"}]}}',
            "Bad date; must be a date",
        ),
        (b'{"errors": {"base": ["no"], "fields": {"due_date": ["is wrong"]}}}', "no; due date is wrong"),
        (b'{"error": "invalid_client", "error_description": "Unknown"}', "invalid_client; Unknown"),
        (b'["one", {"message": "two"}]', "one; two"),
        (
            b"<html><head><title>Oops</title></head><body><p>Down</p> for a while</body></html>",
            "Down for a while",
        ),
        (b"plain words", "plain words"),
        (b"", ""),
        (b"{}", ""),
        (b"\xff\xfe\x00", "\ufffd\ufffd\x00"),
    ],
)
def test_each_shape_of_error_is_read(body, said):
    """What Procore says is found in every documented shape, and in those that none documents."""
    assert said_in(body) == said


@pytest.mark.parametrize("depth", [10, 400, 900, 990, 5000, 200_000])
def test_absurd_nesting_does_no_harm(depth):
    """However deep an answer is nested, it is read or passed over."""
    assert said_in(b"[" * depth + b'"deep"' + b"]" * depth) in ("deep", "") or depth > 900


def test_what_is_said_is_bounded():
    """A page of text is cut visibly at 500 characters."""
    said = said_in(b"x" * 100_000)
    assert len(said) == 500
    assert said.endswith("...")


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, ProcoreRefusedError),
        (401, ProcoreAuthError),
        (403, ProcoreForbiddenError),
        (404, ProcoreMissingError),
        (405, ProcoreRefusedError),
        (406, ProcoreRefusedError),
        (408, ProcoreUnavailableError),
        (409, ProcoreRefusedError),
        (413, ProcoreRefusedError),
        (418, ProcoreRefusedError),
        (422, ProcoreRefusedError),
        (429, ProcoreLimitedError),
        (500, ProcoreUnavailableError),
        (502, ProcoreUnavailableError),
        (503, ProcoreUnavailableError),
    ],
)
def test_each_status_has_its_error(status, kind):
    """Status, what was asked, Procore's words, its request id and advice are all there."""
    error = _refused(status, b'{"message": "because"}', **{"X-Request-Id": "r-1"})
    assert type(error) is kind
    assert str(status) in error.message
    assert "update the line items of work order contract 7 in project 9" in error.message
    assert "because" in error.message
    assert error.guidance
    assert error.context["request_id"] == "r-1"
    assert error.context["project_id"] == "9"


def test_waiting_is_for_those_that_pass():
    """Limits and trouble are retried; refusals wait for a person."""
    assert _refused(429).recovery is Recovery.RETRY
    assert _refused(503).recovery is Recovery.RETRY
    assert _refused(422).recovery is Recovery.PERSON


def test_403_tells_the_removed_app_from_the_missing_permission():
    """An app that is not connected is installed; everything else has the three causes of the reference."""
    removed = _refused(
        403, b'{"error": {"code": "FORBIDDEN", "message": "App is not connected to this company"}}'
    )
    assert "not installed" in removed.guidance
    other = _refused(403, b'{"errors": "Forbidden"}')
    for cause in ("switched off", "permitted projects", "too low"):
        assert cause in other.guidance


@pytest.mark.parametrize(
    ("method", "path", "words"),
    [
        ("GET", "/rest/v1.0/vendors", "read the vendors"),
        ("GET", "/rest/v1.1/projects", "read the projects"),
        ("GET", "/rest/v1.0/work_order_contracts/410077", "read work order contract 410077"),
        ("PATCH", "/rest/v1.0/standard_cost_codes/sync", "update the standard cost codes"),
        ("GET", "/rest/v1.0/companies/8089/vendors", "read the vendors of company 8089"),
        ("DELETE", "/rest/v1.0/contract_payments/5", "delete contract payment 5"),
    ],
)
def test_a_call_is_named_in_words(method, path, words):
    """A path reads as what it is about."""
    assert Asked(method=method, path=path).words == words


def test_the_errors_of_one_item_are_read():
    """The errors of a bulk update's item read as one sentence, once each."""
    assert (
        words_of_errors({"origin_id": ["has already been taken"] * 2}) == "origin id has already been taken"
    )
    assert words_of_errors("no") == "no"
    assert words_of_errors(None) == ""


@pytest.mark.intuit
@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("error_429", "surpassed the max number of requests"),
        ("error_v1_field_errors", "name is already taken"),
        ("error_v1_message", "Missing Procore-Company-Id header!"),
        ("error_v1_code", "App is not connected to this company"),
        ("error_v2", "due_date must be a date"),
    ],
)
def test_the_documented_errors_are_read(sample, name, said):
    """Each error sample gives its words."""
    assert said in said_in(json.dumps(sample(name)).encode())
