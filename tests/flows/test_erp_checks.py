"""What doctor and the connection's page say of ERP Integrations."""

from __future__ import annotations

from datetime import timedelta

import pytest

from qbsync.flows import doctor
from qbsync.flows.erp import checks, platform, registration
from qbsync.procore.writebacks import Target
from qbsync.store import connections, erp, hooks, inbox, troubles, writebacks
from qbsync.store.erp import NewPart, Purpose
from qbsync.store.inbox import Delivery
from qbsync.store.writebacks import Owed

HOUR = timedelta(hours=1)


class Checked:
    """A connection on the ERP feed, and what is said of it."""

    def __init__(self, acme, server, client) -> None:
        self.acme, self.server, self.client = acme, server, client

    def register(self):
        """Register it, as the command does."""
        url = "https://qbsync.example.com"
        registration.register(self.acme.desk, "acme", self.client, service_url=url)
        registration.hook(self.acme.desk, "acme", self.client, url=url)

    def found(self, *, after=timedelta(0)):
        """Every check by its name: whether it is well, what was found and what to do."""
        with self.acme.database.read() as tx:
            rows = doctor.of_connection(tx, "acme", self.acme.now + after)
        return {one.name: (one.ok, f"{one.message} {one.fix}".strip()) for one in rows}

    def in_procore(self):
        """What Procore shows."""
        with self.acme.database.read() as tx:
            row = connections.get(tx, self.acme.id)
            account = erp.account_of(tx, row.id)
            [hook] = hooks.of(tx, row.id)
        rows = checks.in_procore(self.client, "acme", connections.options_of(row), account=account, hook=hook)
        return {one.name: (one.ok, f"{one.message} {one.fix}".strip()) for one in rows}


@pytest.fixture
def it(acme, server, client):
    """A company with ERP Integrations switched on, not yet registered."""
    with acme.database.write() as tx:
        connections.get(tx, acme.id).feed = "erp"
    server.state.erp.activate()
    return Checked(acme, server, client)


def test_nothing_is_said_of_the_tool_on_the_direct_feed(acme):
    """A connection that polls has no check of ERP Integrations."""
    with acme.database.read() as tx:
        names = {one.name for one in doctor.of_connection(tx, "acme", acme.now)}
    assert not any(name.startswith("erp_") for name in names)


def test_before_registering_it_says_what_to_do(it):
    """Neither connection nor webhook: each names the command, and no polling is promised."""
    found = it.found()
    for name in ("erp_connection", "webhooks"):
        ok, said = found[name]
        assert not ok
        assert "qbsync erp register acme" in said
        assert "polled" not in said


def test_once_registered_everything_is_well(it):
    """Connection, metadata, list, hook, trigger and endpoints are there; nothing waits."""
    it.register()
    found = it.found()
    mine = {name: one for name, one in found.items() if name.startswith("erp_") or name == "webhooks"}
    assert [name for name, (ok, _) in mine.items() if not ok] == []
    assert set(mine) == {
        "webhooks",
        "erp_connection",
        "erp_cost_code_list",
        "erp_caught_up",
        "erp_requests",
        "erp_details",
        "erp_endpoint",
    }
    assert "1 triggers" in found["webhooks"][1]
    assert [name for name, (ok, _) in it.in_procore().items() if not ok] == []


def test_metadata_that_have_changed_are_named(it):
    """An option changed what Procore is to check: the check says so until the next pull has sent it."""
    it.register()
    it.acme.set(cost_transactions=True)
    ok, said = it.found()["erp_connection"]
    assert not ok
    assert "qbsync pull acme" in said


def test_when_a_webhook_was_last_heard_is_said(it):
    """What a webhook brought counts, what was looked up does not."""
    it.register()
    with it.acme.database.write() as tx:
        inbox.keep(tx, it.acme.id, Delivery(event_key="1", fetched=True), it.acme.now)
    assert "nothing was heard yet" in it.found()["webhooks"][1]
    with it.acme.database.write() as tx:
        inbox.keep(tx, it.acme.id, Delivery(event_key="2"), it.acme.now)
    assert "last heard" in it.found()["webhooks"][1]
    ok, said = it.found(after=timedelta(days=4))["webhooks"]
    assert not ok
    assert "looked up once an hour" in said


def test_catching_up_that_stands_still_is_named(it):
    """Without a pass for hours somebody has to see to the worker."""
    it.register()
    ok, said = it.found(after=4 * HOUR)["erp_caught_up"]
    assert not ok
    assert "worker" in said


def test_requests_that_wait_are_counted(it):
    """How many and since when; after an hour that is a problem."""
    it.register()
    with it.acme.database.write() as tx:
        for request_id in ("900137", "900138"):
            erp.heard(tx, it.acme.id, request_id, it.acme.now)
    ok, said = it.found()["erp_requests"]
    assert ok
    assert "to be fetched: 2, the oldest since 2026-11-22" in said
    ok, said = it.found(after=2 * HOUR)["erp_requests"]
    assert not ok
    assert "qbsync erp requests --connection acme" in said


def test_details_that_are_open_for_long_are_counted(it):
    """Those that wait for QuickBooks and those that Procore could not be told of, each in its words."""
    it.register()
    with it.acme.database.write() as tx:
        for detail in ("7107", "7107", "7108"):
            part = NewPart(request_id="900137", detail_id=detail, purpose=Purpose.EXPORT)
            erp.add_part(tx, it.acme.id, part, it.acme.now)
        end = Owed(key=None, target=Target.REQUEST_DETAIL.value, item_id="7100", origin_id=None)
        writebacks.owe(tx, it.acme.id, [end], it.acme.now)
    assert it.found()["erp_details"][0]
    ok, said = it.found(after=2 * HOUR)["erp_details"]
    assert not ok
    assert "2 wait for QuickBooks, the oldest since 2026-11-22" in said
    assert "1 are decided" in said


def test_an_endpoint_that_is_nowhere_is_named_once(it):
    """The check has Procore's words and the setting; the list of troubles does not repeat it."""
    it.register()
    with it.acme.database.write() as tx:
        subject = platform.subject_of("details")
        troubles.keep(tx, it.acme.id, subject, message="It is gone.", guidance="erp_paths", now=it.acme.now)
    found = it.found()
    assert found["erp_endpoint"] == (False, "It is gone. erp_paths")
    assert "trouble" not in found


def test_a_connection_that_procore_has_no_longer_is_found(it):
    """What qbsync keeps is said as what it was; Procore's own word is asked for, and the mend named."""
    it.register()
    it.server.state.erp.posted = None
    assert "took its metadata" in it.found()["erp_connection"][1]
    ok, said = it.in_procore()["erp_connection"]
    assert not ok
    assert "qbsync erp register acme" in said
    it.register()
    assert it.in_procore()["erp_connection"][0]


def test_metadata_that_have_changed_are_not_sent_by_looking(it):
    """What Procore has not taken yet goes with the next pull; a look sends nothing that is new."""
    it.register()
    it.acme.set(cost_transactions=True)
    before = it.server.state.erp.posted
    assert "erp_connection" not in it.in_procore()
    assert it.server.state.erp.posted == before


def test_a_cost_type_without_a_mark_is_named(it):
    """One that was added after registering is found, with the command that marks it."""
    it.register()
    it.server.state.create_line_item_type("Rented", "R", "other")
    ok, said = it.in_procore()["erp_cost_types"]
    assert not ok
    assert "Rented" in said
    assert "qbsync erp register acme" in said
    it.register()
    assert it.in_procore()["erp_cost_types"][0]


def test_what_procore_has_no_longer_is_found(it):
    """The list was renamed away, the hook removed, the platform forbidden: each is said with what to do."""
    it.register()
    it.server.state.outbox.hooks.clear()
    it.server.state.create_line_item_type("Rented", "R", "other")
    it.server.state.erp.posted = None
    with it.acme.database.write() as tx:
        erp.account(tx, it.acme.id).list_id = "1"
    it.server.inject("GET", "*/erp_request_details", 403, times=1)
    found = it.in_procore()
    assert {name for name, (ok, _) in found.items() if not ok} == set(found)
    assert "ERP Integrations: Admin" in found["erp_platform"][1]
    assert "no single standard cost code list" in found["erp_cost_code_list"][1]
    assert "qbsync erp register acme" in found["erp_webhook"][1]
