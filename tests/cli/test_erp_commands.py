from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from qbsync.store import connections, erp, hooks


@pytest.fixture
def joined(database, server, add):
    """A connection to a Procore that runs on this machine, with ERP Integrations switched on."""
    server.state.erp.activate()
    add("acme", "--procore-api", server.url, "--procore-login", server.login_url)
    with database.write() as tx:
        connections.named(tx, "acme").feed = "erp"
    return database


@pytest.mark.usefixtures("joined")
def test_a_connection_is_registered_and_registered_again(server, run):
    """The command says what it made; given again it says what it left as it is."""
    said = run("erp", "register", "acme").stderr
    assert f"standard cost code list {server.state.erp.code_list()}" in said
    assert "1 webhook with 1 trigger" in said
    assert "left as it is" in run("erp", "register", "acme").stderr


@pytest.mark.usefixtures("joined")
def test_registered_again_without_an_address_it_stays_where_it_was(server, run):
    """What doctor recommends moves no relay's webhook, nor where the ERP connection says that we are."""
    url = "https://hooks.example.com"
    run("erp", "register", "acme", "--url", url)
    said = run("erp", "register", "acme").stderr
    assert "left as it is" in said
    assert f"sends to {url}" in said
    server.state.outbox.hooks.clear()
    run("webhooks", "remove", "acme")
    run("erp", "register", "acme")
    [hook] = server.state.outbox.hooks.values()
    assert hook.destination_url == f"{url}/webhooks/procore/acme"
    assert server.state.erp.service_url == url


@pytest.mark.usefixtures("joined")
def test_a_refused_trigger_ends_with_3_and_names_the_permission(server, run):
    """Procore forbids the trigger: the command says which permission the service account lacks."""
    for path in ("*/triggers/bulk", "*/triggers"):
        server.inject("POST", path, 403, times=1)
    said = run("erp", "register", "acme", code=3).stderr
    assert "ERP Requests, create" in said
    assert "Webhooks API: Standard" in said


@pytest.mark.usefixtures("acme")
def test_the_direct_feed_needs_no_registration(run):
    """A connection on the direct feed is told so, and nothing is asked of Procore."""
    assert "direct feed" in run("erp", "register", "acme", code=2).stderr


def test_requests_that_procore_did_not_show_are_asked_for_again(joined, run):
    """The command counts what waits or counts as gone, and the next pull asks for it at once."""
    at = datetime(2026, 3, 1, tzinfo=UTC)
    with joined.write() as tx:
        connection_id = connections.named(tx, "acme").id
        erp.heard(tx, connection_id, "900137", at)
        gone = erp.heard(tx, connection_id, "900138", at)
        gone.state = erp.RequestState.GONE.value
    assert "2 requests are asked for again" in run("erp", "retry", "acme").stderr
    with joined.read() as tx:
        waiting = erp.waiting(tx, connection_id, datetime.now(UTC))
        assert [row.request_id for row in waiting] == ["900137", "900138"]
        assert connections.get(tx, connection_id).pull_at is None


def test_one_command_adds_a_connection_and_registers_it(server, database, add, run):
    """Over HTTP: user and password are printed, and Procore has the connection, its list and its webhook."""
    server.state.erp.activate()
    server.state.create_line_item_type("Labor", "L", "other")
    hosts = ("--procore-api", server.url, "--procore-login", server.login_url)
    url = "https://qbsync.example"
    made = add("books", *hosts, "--feed", "erp", "--webhook-url", url, "--json")
    assert json.loads(made.stdout).keys() == {"name", "user", "password"}
    tool, outbox = server.state.erp, server.state.outbox
    assert (tool.connected, tool.service_url) == (True, url)
    assert tool.metadata.has_tab("commitments")
    [hook] = outbox.hooks.values()
    [trigger] = outbox.triggers_of(hook.id)
    assert hook.destination_url == f"{url}/webhooks/procore/books"
    assert (trigger.resource_name, trigger.event_type) == ("ERP Requests", "create")
    assert hook.authorization.startswith("Bearer ")
    assert len(hook.authorization) > 40
    with database.read() as tx:
        row = connections.named(tx, "books")
        [kept] = hooks.of(tx, row.id)
        assert (row.feed, kept.procore_id, kept.made) == ("erp", str(hook.id), True)
        assert erp.list_id(tx, row.id) == str(tool.code_list())
    assert all(one.origin_id for one in server.state.line_item_types())
    checks = json.loads(run("doctor", "books", "--json", code=3).stdout)
    mine = {one["check"]: one["result"] for one in checks if one["check"].startswith("erp_")}
    assert "erp_webhook" in mine
    assert [name for name, result in mine.items() if result != "ok"] == []


@pytest.mark.usefixtures("database")
def test_an_address_that_procore_cannot_use_makes_nothing_there(server, add, run):
    """The connection is kept with its password, Procore has nothing yet, and registering goes on with it."""
    server.state.erp.activate()
    hosts = ("--procore-api", server.url, "--procore-login", server.login_url)
    refused = add("books", *hosts, "--feed", "erp", "--webhook-url", "ftp://qbsync.example", code=2)
    assert "password: " in refused.stdout
    assert "erp register books --url ftp://qbsync.example" in refused.stderr
    assert "--url" in refused.stderr
    assert not server.state.erp.connected
    run("erp", "register", "books", "--url", "https://qbsync.example")
    assert server.state.erp.connected


@pytest.mark.usefixtures("joined")
def test_metadata_that_are_not_taken_end_with_3_after_everything_else(server, run):
    """The inferred endpoint is elsewhere: the command names the setting, and the webhook is there."""
    server.state.erp.connect("https://earlier.example", {"settings": {}})
    server.inject("PATCH", "*/erp_connections*", 404, times=10)
    said = run("erp", "register", "acme", code=3).stderr
    assert "erp_paths='metadata=" in said
    assert "1 webhook with 1 trigger" in said
