"""Deliveries to a connection on the ERP feed: kept at once, understood by the worker, whatever comes."""

from __future__ import annotations

import json
import os
import sqlite3
from pathlib import Path

import pytest

from qbsync.flows import hearing
from qbsync.flows.erp import intake
from qbsync.model.options import Options
from qbsync.store import erp, hooks, inbox, troubles
from qbsync.store.hook_tables import DeliveryRow
from qbsync.store.hooks import NewHook
from qbsync.store.inbox import Outcome

PATH = "/webhooks/procore/acme"
BEARER = "Bearer 5f0c-long-and-random"
REQUEST = {
    "id": 123456789,
    "ulid": "01JWB0000000000000000000AA",
    "company_id": 8089,
    "project_id": None,
    "event_type": "create",
    "resource_name": "ERP Requests",
    "resource_id": 900137,
}
GARBAGE = [b"", b"<xml/>", b"[]", json.dumps({**REQUEST, "resource_id": "x"}).encode()]
HANDLED = {
    ("ERP Requests", "create"): Outcome.READ,
    ("Work Order Contract Line Items", "update"): Outcome.UNHEEDED,
    ("Direct Cost Line Items", "update"): Outcome.UNHEEDED,
}
"""What becomes of the event of each sample: those that are no ERP request are passed over on purpose."""


def _samples():
    folder = os.environ.get("QBSYNC_INTUIT_SCHEMA")
    return sorted(Path(folder, "procore-samples").glob("webhook_event_*.json")) if folder else []


class Desk:
    """The webhook's address of a connection on the ERP feed."""

    def __init__(self, office, browser) -> None:
        self.office, self.browser = office, browser
        self.id = office.connect(feed="erp", procore_company="8089")
        with office.database.write() as tx:
            hooks.begin(tx, self.id, NewHook(destination="", authorization=BEARER), office.now)

    def deliver(self, body=None, *, path=PATH, bearer=BEARER):
        """Post a delivery from elsewhere; gives the status."""
        data = body if isinstance(body, bytes) else json.dumps(REQUEST if body is None else body).encode()
        headers = {"Host": "hooks.example.com", "Authorization": bearer}
        elsewhere = {"REMOTE_ADDR": "203.0.113.7"}
        return self.browser.client.post(
            path, data=data, headers=headers, environ_overrides=elsewhere
        ).status_code

    def hear(self):
        """The worker moves what came from the inbox to the requests."""
        intake._hear(
            intake.Pull(
                database=self.office.database,
                connection_id=self.id,
                client=None,
                options=Options(),
                now=self.office.now,
                renew=lambda _connection: None,
            )
        )

    def rows(self):
        """What was kept: resource, record, and what became of it."""
        with self.office.database.read() as tx:
            found = tx.query(DeliveryRow).order_by(DeliveryRow.id).all()
            return [(row.resource_name, row.resource_id, row.outcome) for row in found]

    def requests(self):
        """The requests that are known, oldest first."""
        with self.office.database.read() as tx:
            return [row.request_id for row in reversed(erp.requests(tx, connection_id=self.id))]


@pytest.fixture
def desk(office, browser):
    """A connection on the ERP feed whose hook carries the bearer."""
    return Desk(office, browser)


@pytest.mark.intuit
def test_every_sample_of_a_delivery_is_kept_and_understood(desk):
    """Each sample of an event is answered 200, kept with what it names, and then heeded or passed over."""
    samples = _samples()
    assert len(samples) >= 3
    for place, path in enumerate(samples):
        raw = json.loads(path.read_text(encoding="utf-8"))
        raw["ulid" if "ulid" in raw else "id"] = f"01JWB00000000000000000000{place}"
        assert desk.deliver(raw) == 200, path.name
        name = raw.get("resource_name") or raw["resource_type"]
        event = raw.get("event_type") or raw["reason"]
        assert desk.rows()[-1] == (name, str(raw["resource_id"]), "waiting"), path.name
        desk.hear()
        assert (name, event) in HANDLED, f"{path.name} has no handler"
        wanted = HANDLED[name, event]
        assert desk.rows()[-1][2] == wanted.value, path.name
        assert (str(raw["resource_id"]) in desk.requests()) == (wanted is Outcome.READ), path.name


def test_a_request_that_is_told_twice_and_looked_up_is_known_once(desk):
    """The same event again, and the same request by another event, are one request."""
    for ulid in ("A", "A", "B"):
        assert desk.deliver({**REQUEST, "ulid": ulid}) == 200
    desk.hear()
    assert desk.requests() == ["900137"]
    assert len(desk.rows()) == 2


def test_a_request_of_another_company_is_not_taken_in(desk):
    """Only the connection's own company may ask for something."""
    assert desk.deliver({**REQUEST, "company_id": 1}) == 200
    desk.hear()
    assert desk.requests() == []
    assert desk.rows()[-1][2] == "foreign"


@pytest.mark.parametrize("body", GARBAGE)
def test_garbage_is_kept_and_holds_up_nothing(desk, body):
    """What cannot be understood is answered 200, since Procore would hold up all that follows it."""
    assert desk.deliver(body) == 200
    with desk.office.database.read() as tx:
        assert [one.subject for one in troubles.listing(tx, desk.id)] == [hearing.SUBJECT]
        assert inbox.counts(tx) == {(desk.id, "garbage"): 1}
    assert desk.deliver() == 200
    desk.hear()
    assert desk.requests() == ["900137"]
    with desk.office.database.read() as tx:
        assert troubles.listing(tx, desk.id) == [], "one was understood again"


def test_strangers_are_answered_alike(desk):
    """A wrong bearer and an unknown connection are 401, and nothing of theirs is kept."""
    assert desk.deliver(bearer="Bearer wrong") == 401
    assert desk.deliver(path="/webhooks/procore/nobody") == 401
    assert desk.rows() == []


def test_a_locked_database_sends_procore_away_for_now(desk, monkeypatch):
    """While somebody else writes the answer is 503, after the patience that leaves room in five seconds."""
    assert 2 * hearing.PATIENCE < 5
    monkeypatch.setattr(hearing, "PATIENCE", 0.1)
    other = sqlite3.connect(desk.office.database.url.database, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    assert desk.deliver() == 503
    other.execute("ROLLBACK")
    other.close()
    assert desk.deliver() == 200
    desk.hear()
    assert desk.requests() == ["900137"]
