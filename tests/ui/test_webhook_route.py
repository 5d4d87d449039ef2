from __future__ import annotations

import json
import sqlite3
from contextlib import closing

import pytest
from sqlalchemy.exc import OperationalError

from qbsync.flows import hearing
from qbsync.store import hooks, inbox, troubles
from qbsync.store.hooks import NewHook

PATH = "/webhooks/procore/acme"
BEARER = "Bearer 5f0c-long-and-random"
DELIVERIES = {
    "v2.0": {
        "id": 123456789,
        "ulid": "01JWB0000000000000000000AA",
        "timestamp": "2026-05-28T19:30:01.246562Z",
        "metadata": {"source_user_id": 160586, "source_project_id": None, "source_application_id": 77},
        "user_id": 160586,
        "company_id": 4711,
        "project_id": 594012,
        "api_version": "v2.0",
        "event_type": "create",
        "resource_name": "Work Order Contracts",
        "resource_id": 900137,
    },
    "v3.0": {
        "id": 123456790,
        "ulid": "01JWB0000000000000000000AB",
        "metadata": None,
        "user_id": 160586,
        "company_id": 4711,
        "project_id": 594012,
        "api_version": "v3.0",
        "event_type": "update",
        "resource_name": "Work Order Contract Line Items",
        "resource_id": 1770,
        "related_resources": [{"id": 410077, "name": "Work Order Contracts"}],
    },
    "v4.0": {
        "id": "01JMYXMZRBVKK0PC6XS8SA4QRE",
        "timestamp": "2026-05-28T19:30:01.619085Z",
        "reason": "update",
        "company_id": "4711",
        "project_id": None,
        "user_id": "160586",
        "resource_type": "Company Vendors",
        "resource_id": "990100",
    },
}


@pytest.fixture
def hooked(office):
    """A connection with a hook that carries the bearer; its id."""
    connection_id = office.connect()
    with office.database.write() as tx:
        hooks.begin(tx, connection_id, NewHook(destination="", authorization=BEARER), office.now)
    return connection_id


@pytest.fixture
def deliver(browser):
    """Delivers as Procore does: from anywhere, with JSON."""

    def post(body=DELIVERIES["v2.0"], *, path=PATH, bearer=BEARER, **headers):
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        sent = {"Host": "hooks.example.com", **headers}
        if bearer is not None:
            sent["Authorization"] = bearer
        elsewhere = {"REMOTE_ADDR": "203.0.113.7"}
        return browser.client.post(path, data=data, headers=sent, environ_overrides=elsewhere)

    return post


@pytest.fixture
def kept(office, hooked):
    """Gives the rows that were kept for the connection."""

    def rows():
        with office.database.read() as tx:
            return inbox.unread(tx, hooked)

    return rows


@pytest.mark.usefixtures("hooked")
@pytest.mark.parametrize("bearer", [None, "", "Bearer wrong", BEARER.lower(), BEARER[7:], f"{BEARER} "])
def test_a_wrong_bearer_is_a_stranger(deliver, kept, bearer):
    """Without the whole header, to the letter, the answer is 401 and nothing is kept."""
    answer = deliver(bearer=bearer)
    if bearer == f"{BEARER} ":
        return  # a server strips what stands behind a header
    assert answer.status_code == 401
    assert kept() == []


@pytest.mark.usefixtures("hooked")
def test_an_unknown_connection_and_a_wrong_bearer_are_answered_alike(office, deliver):
    """Nobody learns from an answer which connections there are, or which of them have hooks."""
    office.connect("hookless")
    answers = [
        deliver(path="/webhooks/procore/nobody"),
        deliver(path="/webhooks/procore/hookless"),
        deliver(bearer="Bearer wrong"),
    ]
    assert {(one.status_code, one.data) for one in answers} == {(401, answers[0].data)}


@pytest.mark.parametrize("version", DELIVERIES)
def test_each_payload_version_is_kept(deliver, kept, version):
    """A delivery of each version is kept under Procore's own name for the event, with what it names."""
    body = DELIVERIES[version]
    assert deliver(body).status_code == 200
    [row] = kept()
    assert row.event_key == (body["id"] if version == "v4.0" else body["ulid"])
    assert row.resource_name == body.get("resource_name", body.get("resource_type"))
    assert row.resource_id == str(body["resource_id"])
    assert row.event_type == body.get("event_type", body.get("reason"))
    assert (row.company_id, row.user_id) == ("4711", "160586")
    assert row.project_id == str(body["project_id"] or "")
    assert row.application_id == ("77" if version == "v2.0" else "")


def test_a_delivery_that_comes_twice_is_kept_once(deliver, kept):
    """The same event again is answered 200 as before, and leaves one row."""
    assert [deliver().status_code for _ in range(3)] == [200, 200, 200]
    assert len(kept()) == 1


def test_two_connections_may_be_told_of_one_event(office, deliver, hooked):
    """An event is known by connection: another one's hook may deliver the same."""
    other = office.connect("other")
    with office.database.write() as tx:
        hooks.begin(tx, other, NewHook(destination="", authorization="Bearer other"), office.now)
    deliver()
    deliver(path="/webhooks/procore/other", bearer="Bearer other")
    assert deliver(path="/webhooks/procore/other").status_code == 401, "each has its own bearer"
    with office.database.read() as tx:
        assert [len(inbox.unread(tx, one)) for one in (hooked, other)] == [1, 1]


def test_while_a_bearer_is_changed_both_are_good(office, deliver, kept, hooked):
    """A second hook's bearer is good beside the first one's, so that no delivery between them is lost."""
    new = NewHook(destination="", authorization="Bearer new")
    with office.database.write() as tx:
        hooks.begin(tx, hooked, new, office.now)
    assert deliver().status_code == 200
    assert deliver(DELIVERIES["v4.0"], bearer="Bearer new").status_code == 200
    assert len(kept()) == 2


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<xml/>",
        b"[]",
        b"null",
        b"{}",
        b"\xff\xfe\x00",
        b"[" * 100_000,
        b'{"a": NaN}',
        json.dumps({**DELIVERIES["v2.0"], "resource_id": "../../me"}).encode(),
        json.dumps({**DELIVERIES["v2.0"], "project_id": True}).encode(),
        json.dumps({**DELIVERIES["v2.0"], "resource_name": "Vendors\0"}).encode(),
        json.dumps({**DELIVERIES["v2.0"], "resource_name": "\ud800"}).encode(),
        json.dumps({**DELIVERIES["v2.0"], "padding": "x" * 100_000}).encode(),
    ],
)
def test_garbage_of_a_hook_is_kept_and_noted_and_holds_up_nothing(office, deliver, kept, hooked, body):
    """What cannot be understood is answered 200, shown as a trouble, and waits for nobody."""
    assert deliver(body).status_code == 200
    assert kept() == []
    with office.database.read() as tx:
        assert [one.subject for one in troubles.listing(tx, hooked)] == ["webhook"]
        assert inbox.counts(tx) == {(hooked, "garbage"): 1}
    assert deliver().status_code == 200
    assert len(kept()) == 1


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Forwarded-For": "203.0.113.7", "X-Forwarded-Proto": "https"},
        {"Forwarded": "for=203.0.113.7"},
        {"CF-Connecting-IP": "203.0.113.7", "Cf-Ray": "1"},
        {"Origin": "https://elsewhere.example"},
    ],
)
def test_a_proxy_may_pass_deliveries_on(deliver, kept, headers):
    """Deliveries come through proxies and relays, whose headers would have a page refuse them."""
    assert deliver(**headers).status_code == 200
    assert len(kept()) == 1


@pytest.mark.usefixtures("hooked")
def test_only_deliveries_are_let_through(browser):
    """From elsewhere the address of deliveries answers no other method, and no page beside it answers."""
    elsewhere = {"REMOTE_ADDR": "203.0.113.7"}
    for method, path in (("GET", PATH), ("PUT", PATH), ("GET", "/jobs"), ("POST", "/jobs/decide")):
        answer = browser.client.open(path, method=method, environ_overrides=elsewhere)
        assert answer.status_code in (403, 405), path


def test_a_locked_database_is_answered_in_time(office, deliver, kept, monkeypatch):
    """While somebody else writes for long the answer is 503, well inside Procore's five seconds."""
    assert 2 * hearing.PATIENCE < 5, "the database is waited for twice at most"
    monkeypatch.setattr(hearing, "PATIENCE", 0.1)
    waits = []
    for name in ("read", "write"):
        kind = getattr(office.database, name)
        monkeypatch.setattr(
            office.database, name, lambda kind=kind, **given: waits.append(given) or kind(**given)
        )
    other = sqlite3.connect(office.database.url.database, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    assert deliver().status_code == 503
    assert waits == [{"patience": 0.1}, {"patience": 0.1}]
    monkeypatch.undo()
    other.execute("ROLLBACK")
    other.close()
    assert deliver().status_code == 200
    assert len(kept()) == 1


@pytest.mark.usefixtures("hooked")
def test_a_database_that_is_away_is_503(office, deliver, monkeypatch):
    """A database that does not answer is no reason to lose a delivery: Procore sends it again."""

    def away(**_patience):
        raise OperationalError("SELECT 1", {}, OSError("away"))

    monkeypatch.setattr(office.database, "read", away)
    answer = deliver()
    assert answer.status_code == 503
    assert b"away" not in answer.data


def test_no_bearer_is_kept_in_clear(office, hooked):
    """The database holds a hash of the header, and the header nowhere."""
    assert hooked
    with closing(sqlite3.connect(office.database.url.database)) as raw:
        dumped = "\n".join(raw.iterdump())
    assert BEARER.removeprefix("Bearer ") not in dumped
