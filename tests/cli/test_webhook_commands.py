from __future__ import annotations

import pytest

from qbsync.store import audit, hooks


@pytest.fixture
def joined(database, server, add):
    """A connection to a Procore that runs on this machine."""
    add("acme", "--procore-api", server.url, "--procore-login", server.login_url)
    return database


def test_webhooks_are_added_listed_and_removed(joined, server, run, read):
    """The commands make a hook in Procore, show it with its triggers, and take it away again."""
    assert "1 hooks with" in run("webhooks", "add", "acme").stderr
    [hook] = server.state.outbox.hooks.values()
    assert hook.destination_url == "http://localhost:8700/webhooks/procore/acme"
    [row] = read("webhooks", "list")
    assert (row["connection"], row["hook"], row["state"], row["heard_at"]) == (
        "acme",
        str(hook.id),
        "made",
        None,
    )
    assert {"resource": "Company Vendors", "event": "update"} in row["triggers"]
    assert hook.authorization not in run("webhooks", "list").stdout
    assert "1 hooks removed" in run("webhooks", "remove", "acme").stderr
    assert server.state.outbox.hooks == {}
    assert read("webhooks", "list", "--connection", "acme") == []
    with joined.read() as tx:
        assert hooks.every(tx) == []
        assert {one.action for one in audit.of_subject(tx, "connection acme")} >= {
            "add webhooks",
            "remove webhooks",
        }


def test_an_address_of_its_own_may_be_given(joined, server, run):
    """With --url Procore sends there, whatever the public address is."""
    assert joined
    run("webhooks", "add", "acme", "--url", "https://hooks.example.com/")
    [hook] = server.state.outbox.hooks.values()
    assert hook.destination_url == "https://hooks.example.com/webhooks/procore/acme"


def test_given_again_without_an_address_it_stays_where_it_was(joined, server, run):
    """What doctor recommends takes no relay's webhook away: the new one sends where the old one did."""
    assert joined
    run("webhooks", "add", "acme", "--url", "https://hooks.example.com")
    assert "sends to https://hooks.example.com" in run("webhooks", "add", "acme").stderr
    [hook] = server.state.outbox.hooks.values()
    assert hook.destination_url == "https://hooks.example.com/webhooks/procore/acme"


def test_what_was_not_finished_goes_on_where_it_was_to_send(joined, server, run):
    """Procore was away in the middle of the first attempt: the next one needs no address again."""
    assert joined
    server.inject("POST", "*/webhooks/hooks", 403, times=10)
    run("webhooks", "add", "acme", "--url", "https://hooks.example.com", code=1)
    server.heal()
    run("webhooks", "add", "acme")
    [hook] = server.state.outbox.hooks.values()
    assert hook.destination_url == "https://hooks.example.com/webhooks/procore/acme"


def test_without_a_followed_project_the_command_says_to_pull_first(joined, server, run):
    """Where hooks of projects are needed and none is known, the exit code is 3 and the words say why."""
    assert joined
    server.state.outbox.carries_projects = False
    assert "qbsync pull acme" in run("webhooks", "add", "acme", code=3).stderr


def test_an_address_that_is_not_https_is_refused(database, add, run):
    """Beside a real Procore an http address ends with 2, before anything is asked."""
    add(
        "far",
        "--procore-api",
        "https://api.procore.example",
        "--procore-login",
        "https://login.procore.example",
    )
    assert database
    assert "https" in run("webhooks", "add", "far", "--url", "http://hooks.example.com", code=2).stderr
