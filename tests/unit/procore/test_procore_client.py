from __future__ import annotations

from decimal import Decimal

import pytest
import requests

from qbsync.errors import (
    ConfigError,
    ProcoreAuthError,
    ProcoreLimitedError,
    ProcorePayloadError,
    ProcoreUnavailableError,
)
from qbsync.procore.auth import MemoryTokenStore, Token
from qbsync.procore.client import ProcoreClient, number
from qbsync.procore.wire import Limits

API = "https://api.procore.example"
VENDORS = f"{API}/rest/v1.0/vendors"
PATH = "/rest/v1.0/vendors"


def _api_calls(http):
    return [call for call in http.calls if call.request.url.startswith(API)]


def test_every_call_carries_token_and_company(http, client):
    """Authorization and Procore-Company-Id are on each request, and the query is encoded."""
    http.get(VENDORS, json=[])
    assert client.get(PATH, {"filters[updated_at]": "a...b"}) == []
    sent = _api_calls(http)[0].request
    assert sent.headers["Authorization"] == "Bearer token-1"
    assert sent.headers["Procore-Company-Id"] == "8089"
    assert sent.url.endswith("?filters%5Bupdated_at%5D=a...b")


def test_a_netrc_does_not_replace_the_token(http, client, tmp_path, monkeypatch):
    """A ~/.netrc that names the host leaves the bearer token in place."""
    netrc = tmp_path / "netrc"
    netrc.write_text("default login someone password else\n", encoding="utf-8")
    monkeypatch.setenv("NETRC", str(netrc))
    http.get(VENDORS, json=[])
    client.get(PATH)
    assert _api_calls(http)[0].request.headers["Authorization"] == "Bearer token-1"


def test_numbers_arrive_as_exact_decimals(http, client):
    """A JSON number never passes through binary floating point."""
    http.get(VENDORS, body='{"amount": 0.1, "big": 12345678901234567.89}')
    assert client.get(PATH) == {"amount": Decimal("0.1"), "big": Decimal("12345678901234567.89")}


def test_pages_are_followed_by_link_alone(http, client):
    """per_page is asked once; rel=next is followed as it is, and the last page has none."""
    http.get(
        VENDORS,
        json=[1, 2],
        headers={"Link": f'<{VENDORS}?page=2>; rel="next", <{VENDORS}?page=2>; rel="last"'},
        match=[lambda r: ("?page=2" not in r.url, "")],
    )
    http.get(f"{VENDORS}?page=2", json=[3])
    assert list(client.get_all(PATH, {"company_id": "8089"}, per_page=2)) == [1, 2, 3]
    urls = [call.request.url for call in _api_calls(http)]
    assert urls == [f"{VENDORS}?company_id=8089&per_page=2", f"{VENDORS}?page=2"]


def test_a_list_in_a_data_envelope_and_a_relative_link_are_read(http, client):
    """v2 lists stand under "data"; a Link without a host is the same host."""
    http.get(
        VENDORS,
        json={"data": [1]},
        headers={"Link": '</rest/v1.0/vendors?page=2>; rel="next"'},
        match=[lambda r: ("?page=2" not in r.url, "")],
    )
    http.get(f"{VENDORS}?page=2", json={"data": [2]})
    assert list(client.get_all(PATH)) == [1, 2]


@pytest.mark.parametrize(
    "link",
    [
        "https://evil.example/rest/v1.0/vendors?page=2",
        "http://api.procore.example/rest/v1.0/vendors?page=2",
        "https://api.procore.example:8443/x",
        "https://api.procore.example:99999999/x",
        "//evil.example/x",
    ],
)
def test_a_next_page_elsewhere_is_refused(http, client, link):
    """The token is not carried to another host, scheme or port, whatever a Link says."""
    http.get(VENDORS, json=[1], headers={"Link": f'<{link}>; rel="next"'})
    with pytest.raises(ProcorePayloadError, match="another host"):
        list(client.get_all(PATH))
    assert len(_api_calls(http)) == 1


def test_pages_that_circle_are_refused(http, client):
    """A page that links to itself ends in an error, not in a loop."""
    http.get(VENDORS, json=[1], headers={"Link": f'<{VENDORS}?page=2>; rel="next"'})
    with pytest.raises(ProcorePayloadError, match="read already"):
        list(client.get_all(PATH))


@pytest.mark.parametrize("body", ['{"errors": "x"}', "17", "null", ""])
def test_a_list_that_is_none_is_refused(http, client, body):
    """An answer 200 that is no list is an error that names what was asked."""
    http.get(VENDORS, body=body)
    with pytest.raises(ProcorePayloadError, match="read the vendors"):
        list(client.get_all(PATH))


@pytest.mark.parametrize("body", ["<html><title>Sign in</title>Welcome</html>", "{cut", "[NaN]", "[" * 5000])
def test_garbage_with_status_200_is_named(http, client, body):
    """HTML, cut JSON, NaN and absurd nesting are payload errors with a hint at the address."""
    http.get(VENDORS, body=body, headers={"x-request-id": "req-1"})
    with pytest.raises(ProcorePayloadError) as caught:
        client.get(PATH)
    assert "--procore-api" in caught.value.guidance
    assert caught.value.context["request_id"] == "req-1"


@pytest.mark.usefixtures("client")
def test_an_answer_has_a_greatest_size(http, tokens):
    """An answer over the limit is given up while it is read."""
    small = ProcoreClient(api_url=API, company_id=1, tokens=tokens, limits=Limits(max_bytes=1000))
    http.get(VENDORS, body=b"[" + b"1," * 2000 + b"1]")
    with pytest.raises(ProcorePayloadError, match="larger than 1000 bytes"):
        small.get(PATH)


def test_redirects_are_not_followed(http, client):
    """A redirect is an error about the address, and nothing is sent to where it points."""
    http.get(VENDORS, status=302, headers={"Location": "https://evil.example/"})
    with pytest.raises(ProcorePayloadError, match="pointed to another address"):
        client.get(PATH)
    assert len(_api_calls(http)) == 1


def test_a_401_renews_the_token_once_and_goes_on(http, client):
    """A token that Procore revoked is replaced, and the same call made again."""
    http.post(
        "https://login.procore.example/oauth/token", json={"access_token": "token-2", "expires_in": 5400}
    )
    http.get(VENDORS, status=401, json={"errors": "The access token was revoked"})
    http.get(VENDORS, json=[])
    assert client.get(PATH) == []
    assert [c.request.headers["Authorization"] for c in _api_calls(http)] == [
        "Bearer token-1",
        "Bearer token-2",
    ]


def test_a_401_that_stays_is_the_credentials_fault(http, client):
    """After one renewal a 401 is raised for a person, not tried for ever."""
    http.get(VENDORS, status=401, json={"errors": "The access token is invalid"})
    with pytest.raises(ProcoreAuthError) as caught:
        client.get(PATH)
    assert len(_api_calls(http)) == 2
    assert "same Procore environment" in caught.value.guidance
    assert "token-1" not in f"{caught.value!r} {caught.value.for_people()} {caught.value.context}"


def test_trouble_is_tried_again_with_growing_waits(http, client, time):
    """5xx and lost connections cost at most four attempts, the second within a second."""
    http.get(VENDORS, status=500, json={"message": "boom"})
    http.get(VENDORS, body=requests.ConnectionError("reset"))
    http.get(VENDORS, body=requests.ReadTimeout("slow"))
    http.get(VENDORS, json=["ok"])
    assert client.get(PATH) == ["ok"]
    assert time.slept == [0.5, 1.0, 2.0]


def test_trouble_that_stays_is_raised_as_unavailable(http, client, time, calls):
    """The fourth failure is raised with Procore's words and its request id."""
    http.get(VENDORS, status=502, body="<html><h1>Bad Gateway</h1></html>", headers={"x-request-id": "r-9"})
    with pytest.raises(ProcoreUnavailableError) as caught:
        client.get(PATH)
    assert "Bad Gateway" in caught.value.message
    assert caught.value.context["request_id"] == "r-9"
    assert len(time.slept) == 3
    assert calls == [("GET", "/rest/v1.0/vendors", 502)] * 4


@pytest.mark.parametrize(
    "error", [requests.ConnectionError, requests.ReadTimeout, requests.exceptions.SSLError]
)
def test_no_answer_is_said_in_words(http, client, error):
    """A lost connection, a timeout and a bad certificate name the host, not the exception."""
    http.get(VENDORS, body=error("HTTPSConnectionPool(host=...)"))
    with pytest.raises(ProcoreUnavailableError) as caught:
        client.get(PATH)
    assert "api.procore.example" in caught.value.message
    assert "Pool" not in caught.value.message


def test_a_post_is_not_repeated_after_trouble(http, client, time):
    """A creation whose answer is lost may have been done, so it is not sent again."""
    http.post(VENDORS, status=500, json={})
    with pytest.raises(ProcoreUnavailableError):
        client.post(PATH, {"vendor": {}})
    assert len(_api_calls(http)) == 1
    assert time.slept == []


def test_a_post_is_repeated_after_a_limit(http, client, time):
    """429 means that nothing was done, so even a creation is sent again after the wait."""
    http.post(VENDORS, status=429, json={"errors": "slow"}, headers={"Retry-After": "3"})
    http.post(VENDORS, status=201, json={"id": 1})
    assert client.post(PATH, {"vendor": {"name": Decimal("1.50")}}) == {"id": 1}
    assert time.slept == [3.5]
    assert _api_calls(http)[0].request.body == b'{"vendor": {"name": "1.50"}}'


def test_delete_and_patch_without_a_body_answer_none(http, client):
    """204 has no JSON and gives None."""
    http.delete(f"{VENDORS}/5", status=204)
    assert client.delete(f"{PATH}/5") is None


def test_limits_are_kept_by_the_headers(http, client, time):
    """With nothing remaining the next call waits for the reset, by the server's own clock."""
    spent = {"X-Rate-Limit-Remaining": "0", "X-Rate-Limit-Reset": str(int(time.now.timestamp()) + 307)}
    # The server's clock is five minutes ahead of ours: seven seconds are left, not 307.
    http.get(VENDORS, json=[], headers={**spent, "Date": "Sun, 22 Nov 2026 12:05:00 GMT"})
    client.get(PATH)
    assert time.slept == []
    client.get(PATH)
    assert time.slept == [7.0]


def test_a_long_reset_is_raised_instead_of_waited_for(http, client, time):
    """More than the patience of 20 seconds is the worker's to wait, and no call is made."""
    spent = {"X-Rate-Limit-Remaining": "0", "X-Rate-Limit-Reset": str(int(time.now.timestamp()) + 900)}
    http.get(VENDORS, json=[], headers=spent)
    client.get(PATH)
    with pytest.raises(ProcoreLimitedError) as caught:
        client.get(PATH)
    assert caught.value.retry_after == 900
    assert time.slept == []
    assert len(_api_calls(http)) == 1


@pytest.mark.parametrize("headers", [{}, {"X-Rate-Limit-Remaining": "x"}, {"X-Rate-Limit-Remaining": "0"}])
def test_limit_headers_that_say_nothing_are_ignored(http, client, time, headers):
    """Missing or unreadable headers do not stop the next call."""
    http.get(VENDORS, json=[], headers=headers)
    client.get(PATH)
    client.get(PATH)
    assert time.slept == []


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({"X-Rate-Limit-Reset": "+90"}, 90),
        ({"Retry-After": "120"}, 120),
        ({"Retry-After": "Sun, 22 Nov 2026 12:01:40 GMT"}, 100),
        ({"Retry-After": "30", "X-Rate-Limit-Reset": "+90"}, 90),
        ({"Retry-After": "whenever"}, 60),
        ({}, 60),
        ({"X-Rate-Limit-Reset": "+999999"}, 3600),
    ],
)
def test_a_429_says_how_long_to_wait(http, client, time, headers, wait):
    """Retry-After in seconds or as a date, or the reset; a minute where nothing is said, an hour at most."""
    moment = int(time.now.timestamp())
    given = {k: str(moment + int(v)) if v.startswith("+") else v for k, v in headers.items()}
    http.get(VENDORS, status=429, json={"errors": "You have surpassed the max number"}, headers=given)
    with pytest.raises(ProcoreLimitedError) as caught:
        client.get(PATH)
    assert caught.value.retry_after == wait
    assert "surpassed" in caught.value.message


def test_a_503_waits_as_asked(http, client, time):
    """A short Retry-After is waited for; a long one is raised with its length."""
    http.get(VENDORS, status=503, headers={"Retry-After": "5"})
    http.get(VENDORS, status=503, headers={"Retry-After": "600"})
    with pytest.raises(ProcoreUnavailableError) as caught:
        client.get(PATH)
    assert time.slept == [5.5]
    assert caught.value.retry_after == 600


def test_the_waits_of_one_call_have_a_total(http, client, time):
    """Waits that are each short enough still end after a minute together."""
    http.get(VENDORS, status=503, headers={"Retry-After": "19"})
    patient = ProcoreClient(
        api_url=API,
        company_id=8089,
        tokens=client._tokens,
        clock=time.clock,
        sleep=time.sleep,
        jitter=lambda: 0.0,
        limits=Limits(attempts=50, total_wait=60),
    )
    with pytest.raises(ProcoreUnavailableError):
        patient.get(PATH)
    assert 38 < sum(time.slept) <= 60


def test_sync_sends_batches_of_at_most_a_thousand(http, client, calls):
    """Updates go in calls of the asked size, never above 1000, and each answer is yielded."""
    http.patch(f"{VENDORS}/sync", json={"entities": [{"id": 1}], "errors": []})
    updates = [{"id": n, "origin_id": str(n)} for n in range(1, 2502)]
    answers = list(client.sync(f"{PATH}/sync", {"company_id": 8089}, updates, batch=5000))
    sizes = [call.request.body.count(b'"origin_id"') for call in _api_calls(http)]
    assert sizes == [1000, 1000, 501]
    assert [answer.entities[0]["id"] for answer in answers] == [1, 1, 1]
    assert {call[1] for call in calls} == {"/rest/v1.0/vendors/sync"}


def test_a_sync_that_could_create_twice_is_not_repeated(http, client):
    """An update with neither id nor origin_id would be made again, so its call is not."""
    http.patch(f"{VENDORS}/sync", status=500, json={})
    with pytest.raises(ProcoreUnavailableError):
        list(client.sync(f"{PATH}/sync", {}, [{"id": 1}, {"name": "new"}]))
    assert len(_api_calls(http)) == 1
    with pytest.raises(ProcoreUnavailableError):
        list(client.sync(f"{PATH}/sync", {}, [{"id": 1}, {"origin_id": "x"}]))
    assert len(_api_calls(http)) == 5


def test_calls_are_counted_by_template(http, client, calls):
    """The hook gets the path with {id} for each id, and 0 where no answer came."""
    http.get(f"{API}/rest/v1.0/projects/12/x/34", body=requests.ConnectionError())
    with pytest.raises(ProcoreUnavailableError):
        client.get("/rest/v1.0/projects/12/x/34")
    assert set(calls) == {("GET", "/rest/v1.0/projects/{id}/x/{id}", 0)}


def test_no_token_reaches_the_repr(client, store, time):
    """The client's own repr shows host and company alone."""
    store.save(Token(access_token="hidden", obtained_at=time.now, expires_at=time.now))
    assert isinstance(store, MemoryTokenStore)
    assert repr(client) == "ProcoreClient(api_url='https://api.procore.example', company_id='8089')"


def test_the_api_address_is_checked(tokens):
    """Anything but a plain http or https address is a setting to mend."""
    with pytest.raises(ConfigError, match="Procore API address"):
        ProcoreClient(api_url="javascript:alert(1)", company_id=1, tokens=tokens)


def test_ids_become_numbers_only_where_they_are():
    """v1 ids go as integers, v2 ids as they are."""
    assert [number("562949954000101"), number("ab-1"), number("")] == [562949954000101, "ab-1", ""]
