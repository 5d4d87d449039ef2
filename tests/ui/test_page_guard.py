from __future__ import annotations

import pytest

from qbsync.model.jobs import JobState
from qbsync.model.records import Vendor
from qbsync.ops.forms import COOKIE

PAGES = ("/", "/jobs", "/jobs.json", "/connections", "/sessions.json", "/writebacks", "/no-such-page")
OPEN = ("/healthz", "/readyz", "/metrics", "/support/acme", "/support/acme.json", "/static/style.css")


@pytest.fixture
def acme(office):
    """A staged vendor of a connection named acme; gives the job's id."""
    office.connect()
    return office.stage(Vendor(procore_id="1", name="Acme Supply"))


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize(
    "address", ["192.0.2.7", "10.0.0.1", "::ffff:192.0.2.7", "2001:db8::1", "", "nonsense"]
)
@pytest.mark.usefixtures("acme")
def test_nobody_from_elsewhere_sees_a_page(browser, path, address):
    """An address that is not loopback gets a 403 in words, even where there is no page."""
    answer = browser.get(path, environ_overrides={"REMOTE_ADDR": address})
    assert answer.status_code == 403
    assert "only on the computer that it runs on" in answer.text
    assert "Acme" not in answer.text


@pytest.mark.parametrize("address", ["127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1"])
@pytest.mark.usefixtures("acme")
def test_loopback_is_let_in(browser, address):
    """Every way of writing this machine is this machine."""
    assert browser.get("/", environ_overrides={"REMOTE_ADDR": address}).status_code == 200


@pytest.mark.parametrize(
    "header",
    [
        "Forwarded",
        "X-Forwarded-For",
        "X-Forwarded-Host",
        "X-Forwarded-Proto",
        "X-Forwarded-Prefix",
        "X-Real-IP",
        "Via",
        "CF-Connecting-IP",
        "True-Client-IP",
    ],
)
@pytest.mark.usefixtures("acme")
def test_nobody_comes_through_a_proxy(browser, header):
    """A forwarding header of any kind, even an empty one, shuts the pages."""
    for value in ("127.0.0.1", ""):
        answer = browser.get("/", headers={header: value})
        assert answer.status_code == 403
        assert "proxy" in answer.text


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:8700",
        "localhost.evil.example",
        "127.0.0.1.evil",
        "192.0.2.7",
        "localhost@evil",
        "",
        "[::1",
        "0.0.0.0",
    ],
)
@pytest.mark.usefixtures("acme")
def test_a_name_of_another_site_is_refused(browser, host):
    """DNS rebinding: a foreign Host is refused although the address is loopback."""
    answer = browser.get("/", environ_overrides={"HTTP_HOST": host})
    assert answer.status_code == 403
    assert "http://localhost" in answer.text


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:8700", "127.0.0.1:1", "[::1]:8700", "[::1]"])
@pytest.mark.usefixtures("acme")
def test_names_of_this_machine_are_let_in(browser, host):
    """Every loopback name is taken with any port."""
    assert browser.get("/", environ_overrides={"HTTP_HOST": host}).status_code == 200


@pytest.mark.parametrize("path", OPEN)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.usefixtures("acme")
def test_open_pages_answer_everyone(browser, path, method):
    """Health, metrics, support and the style sheet come to any address under any name, without a redirect."""
    answer = browser.client.open(
        path,
        method=method,
        environ_overrides={"REMOTE_ADDR": "192.0.2.7", "HTTP_HOST": "sync.example.com"},
        headers={"X-Forwarded-For": "192.0.2.7"},
    )
    answer.close()
    assert answer.status_code == 200


@pytest.mark.usefixtures("acme")
def test_a_refused_twin_says_so_in_json(browser):
    """Programs get the reason as JSON."""
    answer = browser.get("/jobs.json", environ_overrides={"REMOTE_ADDR": "192.0.2.7"})
    assert answer.status_code == 403
    assert "only on the computer" in answer.json["error"]


@pytest.mark.parametrize(
    "path", ["/jobs/{}/accept", "/jobs/{}/cancel", "/jobs/accept", "/jobs/reject", "/links", "/healthz"]
)
def test_a_post_from_elsewhere_is_refused(browser, office, acme, path):
    """No form is taken from another address, not even with a sound token."""
    answer = browser.post(
        path.format(acme), {"job": acme}, on="/jobs", environ_overrides={"REMOTE_ADDR": "192.0.2.7"}
    )
    assert answer.status_code == 403
    assert office.job(acme).state == JobState.STAGED.value


def test_a_form_without_a_token_is_refused(browser, office, acme):
    """No token, a made-up one, or one without its cookie: a 403 in words and nothing done."""
    token = browser.token("/jobs")
    for data in ({}, {"token": ""}, {"token": "made-up"}, {"token": token + "x"}):
        answer = browser.client.post(f"/jobs/{acme}/accept", data=data)
        assert answer.status_code == 403
        assert "nothing was done" in answer.text
    browser.client.delete_cookie(COOKIE)
    assert browser.client.post(f"/jobs/{acme}/accept", data={"token": token}).status_code == 403
    assert office.job(acme).state == JobState.STAGED.value


def test_a_token_of_another_browser_is_refused(browser, browse, office, acme):
    """A token agrees with the cookie of the browser it was given to, and with no other."""
    theirs = browse().token("/jobs")
    browser.token("/jobs")
    assert browser.client.post(f"/jobs/{acme}/accept", data={"token": theirs}).status_code == 403
    assert office.job(acme).state == JobState.STAGED.value


def test_a_token_outlives_its_process(browser, browse, office, acme):
    """Another process with the same key takes the form: nothing is kept in memory."""
    token, kept = browser.token("/jobs"), browser.client.get_cookie(COOKIE)
    assert kept is not None
    assert kept.http_only
    assert kept.same_site == "Strict"
    other = browse()
    other.client.set_cookie(COOKIE, kept.value)
    assert other.client.post(f"/jobs/{acme}/accept", data={"token": token}).status_code == 303
    assert office.job(acme).state == JobState.QUEUED.value


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://localhost:9999"},
        {"Origin": "https://localhost"},
        {"Origin": "http://localhost", "Referer": "https://evil.example/page"},
        {"Origin": "http://[broken"},
    ],
)
def test_a_form_of_another_site_is_refused(browser, office, acme, headers):
    """Origin and Referer must be this very site, scheme and port included."""
    answer = browser.post(f"/jobs/{acme}/accept", on="/jobs", headers=headers)
    assert answer.status_code == 403
    assert "another site" in answer.text
    assert office.job(acme).state == JobState.STAGED.value


@pytest.mark.usefixtures("acme")
def test_every_answer_carries_the_security_headers(browser):
    """No script, no frame, no guessing of types, no copy kept; on errors too."""
    for path in ("/", "/jobs/999", "/support/acme", "/healthz"):
        headers = browser.get(path).headers
        policy = headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'")
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "same-origin"
        assert headers["Cache-Control"] == "no-store"


@pytest.mark.usefixtures("acme")
def test_a_wrong_method_and_a_huge_form_are_refused_in_words(browser):
    """GET on a button is a 405, a form beyond a mebibyte a 413."""
    answer = browser.get("/jobs/accept")
    assert answer.status_code == 405
    assert "POST" in answer.headers["Allow"]
    huge = browser.post("/jobs/reject", {"comment": "x" * 2_000_000}, on="/jobs")
    assert huge.status_code == 413
