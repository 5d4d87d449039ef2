from __future__ import annotations

import pytest
import requests

from qbsync.simulator.procore import Shape

ME = "/rest/v1.0/me"


@pytest.mark.parametrize(
    ("status", "headers"),
    [
        (401, {}),
        (403, {}),
        (404, {}),
        (422, {}),
        (429, {"Retry-After": "7"}),
        (429, {"X-Rate-Limit-Reset": "1795348801"}),
        (500, {}),
        (503, {"Retry-After": "3"}),
    ],
)
def test_a_status_is_given_once_with_its_headers(client, status, headers):
    """An injected status replaces one answer, headers and all, and the next call is right again."""
    client.server.inject("GET", ME, status, headers=headers)
    response = client.get(ME)
    assert response.status_code == status
    assert {name: response.headers[name] for name in headers} == headers
    assert client.get(ME).status_code == 200


@pytest.mark.parametrize("shape", [shape for shape in Shape if shape not in (Shape.HTML, Shape.EMPTY)])
def test_each_documented_error_shape_can_be_had(client, shape):
    """Every documented body is JSON with its own key at the top."""
    client.server.inject("GET", ME, 400, shape)
    assert set(client.get(ME).json()) <= {"errors", "error", "message"}


def test_a_pattern_and_times_choose_the_calls(client, state):
    """A pattern with * meets the paths it matches, for so many calls, and no other method."""
    client.server.inject("GET", "/rest/v1.0/vendors*", 500, times=2)
    assert client.get(ME).status_code == 200
    statuses = [client.get("/rest/v1.0/vendors", company_id=state.company_id).status_code for _ in range(3)]
    assert statuses == [500, 500, 200]


def test_garbage_comes_as_html_with_200(client):
    """Garbage is a page in HTML with a good status."""
    client.server.inject_garbage("GET", ME)
    response = client.get(ME)
    assert (response.status_code, response.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    with pytest.raises(requests.JSONDecodeError):
        response.json()


def test_a_truncated_answer_is_no_json(client):
    """A truncated answer begins rightly and cannot be read."""
    client.server.inject_truncated("GET", ME)
    response = client.get(ME)
    assert response.text.startswith('{"id"')
    with pytest.raises(requests.JSONDecodeError):
        response.json()


def test_a_dropped_connection_has_no_answer(client):
    """The socket is closed, the call is logged with status 0, and the next one is answered."""
    client.server.inject_dropped("GET", ME)
    with pytest.raises(requests.ConnectionError):
        client.get(ME)
    assert client.server.log[-1].status == 0
    assert client.get(ME).status_code == 200


def test_a_drop_before_does_nothing_and_after_does_the_work(client, state, small):
    """Without `after` nothing was written; with it Procore has done what was asked."""
    body = {"company_id": state.company_id, "updates": [{"id": small.vendor, "origin_id": "80-1"}]}
    for after in (False, True):
        client.server.inject_dropped("PATCH", "/rest/v1.0/vendors/sync", after=after)
        with pytest.raises(requests.ConnectionError):
            client.patch("/rest/v1.0/vendors/sync", body)
        assert (state.vendor(small.vendor).origin_id is not None) == after


def test_a_login_can_fail_too(client):
    """The login host knows the same faults."""
    client.server.inject("POST", "/oauth/token", 503, headers={"Retry-After": "1"})
    assert client.token().status_code == 503
    assert client.token().status_code == 200
