from __future__ import annotations

import threading
import traceback
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs

import pytest
import requests

from qbsync.errors import (
    ConfigError,
    ProcoreAuthError,
    ProcoreLimitedError,
    ProcorePayloadError,
    ProcoreUnavailableError,
)
from qbsync.procore.auth import MemoryTokenStore, Token, TokenSource

URL = "https://login.procore.example/oauth/token"
SECRET = "s3cret-of-the-app"


def test_client_credentials_are_sent_as_a_form(http, tokens):
    """The grant of a service account is asked for in the body, never in the address."""
    http.post(URL, json={"access_token": "abc", "token_type": "Bearer", "expires_in": 5400})
    assert tokens.token() == "abc"
    sent = http.calls[0].request
    assert parse_qs(sent.body) == {
        "grant_type": ["client_credentials"],
        "client_id": ["the-app"],
        "client_secret": [SECRET],
    }
    assert SECRET not in sent.url
    assert "Authorization" not in sent.headers


def test_a_token_serves_for_80_of_its_90_minutes(http, tokens, time):
    """The kept token is used until ten minutes before its end, then another is asked for."""
    http.post(URL, json={"access_token": "first", "expires_in": 5400})
    http.post(URL, json={"access_token": "second", "expires_in": 5400})
    assert tokens.token() == "first"
    time.now += timedelta(minutes=79, seconds=59)
    assert tokens.token() == "first"
    time.now += timedelta(seconds=1)
    assert tokens.token() == "second"
    assert len(http.calls) == 2


def test_a_kept_token_is_reused_by_the_next_process(http, tokens, store, time):
    """A fresh token in the store is used without asking Procore."""
    store.save(Token(access_token="kept", obtained_at=time.now, expires_at=time.now + timedelta(minutes=90)))
    assert tokens.token() == "kept"
    assert len(http.calls) == 0


def test_a_token_from_the_future_is_not_trusted(time):
    """After the clock was set back, a token that seems obtained later is renewed."""
    token = Token(
        access_token="x",
        obtained_at=time.now + timedelta(hours=5),
        expires_at=time.now + timedelta(hours=7),
    )
    assert not token.is_fresh(time.now)


def test_renew_uses_a_token_that_another_worker_got(http, tokens, store, time):
    """A rejected token is replaced by the one in the store where that is another."""
    store.save(
        Token(access_token="theirs", obtained_at=time.now, expires_at=time.now + timedelta(minutes=90))
    )
    assert tokens.renew("mine") == "theirs"
    assert len(http.calls) == 0


def test_one_thread_asks_and_the_others_use_its_token(http, tokens):
    """Ten threads that need a token at once cause one call."""
    http.post(URL, json={"access_token": "shared", "expires_in": 5400})
    start = threading.Barrier(10)
    got: list[str] = []

    def work() -> None:
        start.wait()
        got.append(tokens.token())

    threads = [threading.Thread(target=work) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert got == ["shared"] * 10
    assert len(http.calls) == 1


@pytest.mark.parametrize("status", [400, 401, 403, 404, 302])
def test_a_refusal_names_the_credentials_and_the_environment(http, tokens, status):
    """Whatever Procore answers to wrong credentials, the error says whom to ask and keeps the secret."""
    body = {"error": "invalid_client", "error_description": f"Client authentication failed {SECRET}"}
    http.post(URL, json=body, status=status, headers={"x-request-id": "req-7", "Location": "https://else/"})
    with pytest.raises(ProcoreAuthError) as caught:
        tokens.token()
    error = caught.value
    assert "Client authentication failed" in error.message
    assert "client id and secret" in error.guidance
    assert error.context["request_id"] == "req-7"
    assert SECRET not in f"{error} {error!r} {error.for_people()} {error.context}"
    assert len(http.calls) == 1


def test_the_secret_and_the_token_are_nowhere_to_be_read(http, tokens):
    """Neither reprs nor the whole traceback of a failure show the secret or the token."""
    http.post(URL, body=requests.ConnectionError(f"POST body client_secret={SECRET}"))
    with pytest.raises(ProcoreUnavailableError) as caught:
        tokens.token()
    shown = "".join(traceback.format_exception(caught.value))
    token = Token(
        access_token="tok-secret",
        obtained_at=datetime(2026, 1, 1, tzinfo=UTC),
        expires_at=datetime(2026, 1, 2, tzinfo=UTC),
    )
    for text in (shown, repr(tokens), repr(token), str(token)):
        assert SECRET not in text
        assert "tok-secret" not in text


def test_trouble_at_the_login_host_is_tried_again(http, tokens, time):
    """A 502 and a lost connection cost short waits, the first under a second, then the token comes."""
    http.post(URL, status=502, body="<html>Bad gateway</html>")
    http.post(URL, body=requests.ConnectionError("reset"))
    http.post(URL, json={"access_token": "at-last", "expires_in": 5400})
    assert tokens.token() == "at-last"
    assert len(time.slept) == 2
    assert time.slept[0] < 1


def test_a_limit_at_the_login_host_is_named(http, tokens):
    """429 with a long Retry-After is raised with its wait, for the worker to come back then."""
    http.post(URL, status=429, json={"errors": "slow down"}, headers={"Retry-After": "300"})
    with pytest.raises(ProcoreLimitedError) as caught:
        tokens.token()
    assert caught.value.retry_after == 300


@pytest.mark.parametrize(
    "body",
    [
        "<html>login page</html>",
        "[]",
        "{}",
        '{"access_token": "", "expires_in": 5400}',
        '{"access_token": "a\\r\\nX: y", "expires_in": 5400}',
        '{"access_token": "a", "expires_in": 0}',
        '{"access_token": "a", "expires_in": "soon"}',
    ],
)
def test_what_is_no_token_is_refused_without_quoting_it(http, tokens, store, body):
    """A page, an empty answer, a token that would break a header: none is kept."""
    http.post(URL, body=body)
    with pytest.raises(ProcorePayloadError) as caught:
        tokens.token()
    assert "X: y" not in str(caught.value)
    assert store.load() is None


@pytest.mark.parametrize(
    "url", ["", "login.procore.com", "ftp://login.procore.com", "https://u:p@host", "file:///etc/passwd"]
)
def test_only_plain_web_addresses_are_accepted(url):
    """An address of another scheme or with a password in it is refused before anything is sent."""
    with pytest.raises(ConfigError) as caught:
        TokenSource(login_url=url, client_id="a", client_secret="b", store=MemoryTokenStore())
    assert "u:p" not in str(caught.value)


def test_an_empty_secret_is_a_setting_to_mend():
    """A connection without a secret is refused with the options to give."""
    with pytest.raises(ConfigError, match="client secret"):
        TokenSource(
            login_url="https://login.procore.example",
            client_id="a",
            client_secret="",
            store=MemoryTokenStore(),
        )


@pytest.mark.intuit
def test_the_documented_token_answer_is_read(http, tokens, sample):
    """The sample of the client credentials grant gives its token."""
    answer = sample("oauth_token_client_credentials")
    http.post(URL, json=answer)
    assert tokens.token() == answer["access_token"]
