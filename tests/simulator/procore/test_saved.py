"""A simulated Procore that is stopped and started again."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from qbsync.simulator.procore import Clock, ProcoreState, load, save


@pytest.fixture
def clock():
    """A clock that both lives of a Procore share; it stands still until it is put forward."""
    return Clock(datetime(2026, 11, 22, 12, 0, tzinfo=UTC))


@pytest.fixture
def state(clock):
    """A Procore with a hook on vendors and one on a project, and events that wait for both."""
    made = ProcoreState(clock=clock)
    project = made.create_project("Tower")
    for project_id, name in ((None, "Company Vendors"), (project.id, "Purchase Order Contracts")):
        hook = made.outbox.add_hook(
            payload_version="v4.0",
            namespace="qbsync",
            destination_url="https://sync.example.com/webhooks/procore/acme",
            authorization="Bearer a-made-up-word",
            project_id=project_id,
        )
        made.outbox.add_trigger(hook.id, name, "create")
    made.outbox.publish("Company Vendors", 7, "create")
    made.outbox.publish("Company Vendors", 8, "create")
    made.outbox.publish("Purchase Order Contracts", 9, "create", project.id)
    return made


@pytest.fixture
def again(tmp_path, clock):
    """Stops a Procore and starts it again from its file."""

    def restarted(state):
        save(state, tmp_path / "procore.json")
        return load(tmp_path / "procore.json", clock=clock)

    return restarted


def posted(state):
    """What a receiver that takes everything is sent: the resource ids, each once."""
    found = set()

    def post(_url, headers, body):
        assert headers["Authorization"] == "Bearer a-made-up-word"
        found.add(json.loads(body)["resource_id"])
        return 200

    state.outbox.pump(post)
    return found


def test_hooks_and_what_waits_for_them_are_kept(state, again):
    """After a restart the same hooks and triggers are there, and every event is still delivered."""
    back = again(state)
    assert back.outbox.hooks == state.outbox.hooks
    assert back.outbox.triggers == state.outbox.triggers
    assert back.outbox.waiting() == 3
    assert posted(back) == {"7", "8", "9"}
    assert back.outbox.waiting() == 0
    assert again(back).outbox.waiting() == 0


def test_a_hook_that_failed_goes_on_pausing(state, again, clock):
    """Attempts, statuses and the pause of a hook whose receiver failed are kept with it."""
    state.outbox.pump(lambda *_: 500)
    before = [(one.status, len(one.attempts)) for one in state.outbox.deliveries]
    back = again(state)
    assert [(one.status, len(one.attempts)) for one in back.outbox.deliveries] == before
    assert posted(back) == set()
    clock.advance(5)
    assert posted(back) == {"7", "8", "9"}
    clock.advance(timedelta(hours=13).total_seconds())
    assert back.outbox.waiting() == 0


def test_no_id_is_given_a_second_time(state, again):
    """Hooks, triggers and events that are made after a restart have ids of their own."""
    first = min(state.outbox.hooks)
    last = max(state.outbox.hooks)
    state.outbox.remove_hook(last)
    back = again(state)
    made = back.outbox.add_hook(
        payload_version="v4.0", namespace="n", destination_url="u", authorization="a", project_id=None
    )
    assert made.id == last + 1
    trigger = back.outbox.add_trigger(made.id, "Company Vendors", "update")
    assert trigger.id == max(state.outbox.triggers) + 2  # that of the removed hook was the last
    back.outbox.publish("Company Vendors", 7, "create")
    events = {one.event.id for one in back.outbox.deliveries}
    assert len(events) == 4
    assert [one.hook_id for one in back.outbox.deliveries][-1] == first


def test_a_file_from_before_hooks_were_kept_is_read(state, tmp_path, clock):
    """It has none, and new ones can be made."""
    path = tmp_path / "procore.json"
    save(state, path)
    held = json.loads(path.read_text(encoding="utf-8"))
    del held["outbox"]
    path.write_text(json.dumps(held), encoding="utf-8")
    back = load(path, clock=clock)
    assert (back.outbox.hooks, back.outbox.waiting()) == ({}, 0)
    assert [row.name for row in back.projects()] == ["Tower"]
