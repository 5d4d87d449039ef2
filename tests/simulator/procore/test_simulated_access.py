from __future__ import annotations

import requests

from qbsync.simulator.procore import ProcoreServer


def test_client_credentials_give_a_token_for_ninety_minutes(client):
    """The token answer has no refresh token and lasts 5400 s, from a form or from JSON."""
    by_form = client.token()
    by_json = client.session.post(
        f"{client.server.login_url}/oauth/token",
        json={
            "grant_type": "client_credentials",
            "client_id": client.server.client_id,
            "client_secret": client.server.client_secret,
        },
        timeout=10,
    )
    for response in (by_form, by_json):
        assert response.status_code == 200
        assert set(response.json()) == {"access_token", "token_type", "expires_in", "created_at"}
        assert response.json()["expires_in"] == 5400


def test_a_wrong_secret_is_refused(client):
    """A wrong secret gives 401 invalid_client, another grant 400."""
    assert client.token(client_secret="wrong").status_code == 401
    assert client.token(client_secret="wrong").json()["error"] == "invalid_client"
    assert client.token(grant_type="password").status_code == 400


def test_the_company_header_is_required_on_every_call(client):
    """Without Procore-Company-Id even /me answers 400 with the documented words; a foreign company 403."""
    del client.session.headers["Procore-Company-Id"]
    response = client.get("/rest/v1.0/me")
    assert (response.status_code, response.json()) == (400, {"message": "Missing Procore-Company-Id header!"})
    client.session.headers["Procore-Company-Id"] = "1"
    response = client.get("/rest/v1.0/me")
    assert response.status_code == 403
    assert response.json()["error"]["message"] == "App is not connected to this company"


def test_a_token_ends(client, state):
    """A token is good for its time and not longer; an unknown one never is."""
    state.clock.advance(5399)
    assert client.get("/rest/v1.0/me").status_code == 200
    state.clock.advance(1)
    assert client.get("/rest/v1.0/me").status_code == 401
    client.session.headers["Authorization"] = "Bearer nonsense"
    assert client.get("/rest/v1.0/me").status_code == 401
    client.session.headers.pop("Authorization")
    assert client.get("/rest/v1.0/me").status_code == 401


def test_a_revoked_token_is_over(client):
    """Revoking ends a token, and answers 200 for an unknown one too."""
    token = client.session.headers["Authorization"].split()[1]
    secret = {"client_id": client.server.client_id, "client_secret": client.server.client_secret}
    for value in (token, "unknown"):
        form = {"token": value, **secret}
        assert (
            requests.post(f"{client.server.login_url}/oauth/revoke", data=form, timeout=9).status_code == 200
        )
    assert client.get("/rest/v1.0/me").status_code == 401


def test_scope_parameters_are_required(client, small):
    """Lists need company_id or project_id: 400 without, 403 or 404 for another's."""
    assert client.get("/rest/v1.0/vendors").status_code == 400
    assert client.get("/rest/v1.0/vendors", company_id=1).status_code == 403
    assert client.get("/rest/v1.0/cost_codes").status_code == 400
    assert client.get("/rest/v1.0/cost_codes", project_id=1).status_code == 404
    assert (
        client.get(f"/rest/v1.0/work_order_contracts/{small.order}", project_id=small.project).status_code
        == 404
    )
    assert client.get("/rest/v1.0/nowhere").status_code == 404


def test_the_spike_limit_answers_429_until_its_window_is_over(state, small, client):
    """The headers count down, the call above the limit gets 429 with the reset, and time heals it."""
    assert small
    with ProcoreServer(state, per_hour=100, per_10_seconds=3) as server:
        client.server = server
        client.log_in()
        left = [client.get("/rest/v1.0/me").headers["X-Rate-Limit-Remaining"] for _ in range(3)]
        refused = client.get("/rest/v1.0/me")
        assert left == ["2", "1", "0"]
        assert refused.status_code == 429
        assert "surpassed the max number of requests" in refused.json()["errors"]
        reset = int(refused.headers["X-Rate-Limit-Reset"])
        assert reset == int(state.clock.now().timestamp()) + 10
        state.clock.advance(10)
        assert client.get("/rest/v1.0/me").status_code == 200


def test_the_hourly_limit_is_told_where_it_is_nearer(state, small, client):
    """Where the hour is nearly used up the headers speak of the hour."""
    assert small
    with ProcoreServer(state, per_hour=4, per_10_seconds=100) as server:
        client.server = server
        client.log_in()
        for _ in range(4):
            response = client.get("/rest/v1.0/me")
        assert (response.headers["X-Rate-Limit-Limit"], response.headers["X-Rate-Limit-Remaining"]) == (
            "4",
            "0",
        )
        state.clock.advance(3599)
        assert client.get("/rest/v1.0/me").status_code == 429
        state.clock.advance(1)
        assert client.get("/rest/v1.0/me").status_code == 200


def test_every_answer_has_a_request_id_and_is_logged(client, small):
    """Calls are counted by their templates and logged without the login's secrets."""
    response = client.get(f"/rest/v1.0/vendors/{small.vendor}", company_id=client.server.company_id)
    assert len(response.headers["x-request-id"]) == 32
    last = client.server.log[-1]
    assert (last.template, last.status) == ("/rest/v1.0/vendors/{id}", 200)
    assert last.request_id == response.headers["x-request-id"]
    assert client.server.calls["GET /rest/v1.0/vendors/{id}"] == 1
    assert client.server.client_secret not in repr(client.server.log)
