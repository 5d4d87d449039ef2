from __future__ import annotations

from datetime import UTC, datetime

import pytest

from qbsync.store import connections, erp


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
