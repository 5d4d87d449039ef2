from __future__ import annotations

import pytest

from qbsync.errors import ConfigError, NotFoundError, StateError
from qbsync.flows import setup
from qbsync.model.records import Vendor
from qbsync.store import connections, queue
from qbsync.store.connections import NewConnection
from qbsync.store.secrets import Keeper, new_key, password_fits
from qbsync.store.tables import JobRow, MessageRow


def _new(**given: str) -> NewConnection:
    usual = {
        "name": "second",
        "procore_company": "8089",
        "feed": "direct",
        "procore_api": "http://localhost:1",
        "procore_login": "http://localhost:2",
        "client_id": "client",
        "client_secret": "made-up-secret",
    }
    return NewConnection(**{**usual, **given})


def test_a_connection_is_added_with_a_user_and_a_password(acme):
    """The password fits the kept hash; the audit names the person and no secret."""
    user, password = setup.add(acme.desk, _new(), Keeper(new_key()))
    with acme.database.read() as tx:
        row = connections.named(tx, "second")
        assert user == row.user == "qbsync-second"
        assert password_fits(row.password_hash, password)
    [line] = acme.audit()
    assert (line.actor, line.action, line.subject) == ("ann", "add connection", "connection second")
    assert password not in repr(vars(line))
    assert "made-up-secret" not in repr(vars(line))


def test_a_second_connection_of_a_name_is_refused(acme):
    """It raises in words and makes nothing."""
    with pytest.raises(ConfigError, match="already is a connection 'acme'"):
        setup.add(acme.desk, _new(name="acme"), Keeper(new_key()))
    with acme.database.read() as tx:
        assert [row.name for row in connections.every(tx)] == ["acme"]


def test_options_are_set_together_or_not_at_all(acme):
    """One wrong value leaves every option as it was; right ones are kept and Procore is asked at once."""
    with acme.database.write() as tx:
        connections.get(tx, acme.id).pull_at = acme.now
    with pytest.raises(ConfigError, match="poll_seconds"):
        setup.set_options(acme.desk, "acme", {"auto_accept": "all", "poll_seconds": "often"})
    assert connections.options_of(acme.row()).auto_accept == "none"
    assert acme.audit() == []
    setup.set_options(acme.desk, "acme", {"auto_accept": "vendor, project", "poll_seconds": "60"})
    options = connections.options_of(acme.row())
    assert (options.auto_accept, options.poll_seconds) == ("vendor,project", 60)
    assert options.cost_code_income_account == "Construction Income"
    assert acme.row().pull_at is None
    assert "poll_seconds=60" in acme.audit()[-1].detail


def test_a_pause_lasts_until_resumed(acme):
    """A paused connection is not due for a pull; resumed it is again."""
    setup.pause(acme.desk, "acme", paused=True)
    with acme.database.read() as tx:
        assert connections.due_for_pull(tx, acme.now) == []
    setup.pause(acme.desk, "acme", paused=False)
    with acme.database.read() as tx:
        assert connections.due_for_pull(tx, acme.now) == [acme.id]
    assert [line.action for line in acme.audit()] == ["pause", "resume"]


def test_a_rotated_password_replaces_the_old_one(acme):
    """Only the new one fits, and the audit does not hold it."""
    _user, old = setup.add(acme.desk, _new(), Keeper(new_key()))
    user, new = setup.rotate_password(acme.desk, "second")
    with acme.database.read() as tx:
        row = connections.named(tx, "second")
        assert user == row.user
        assert password_fits(row.password_hash, new)
        assert not password_fits(row.password_hash, old)
    assert new not in repr([vars(line) for line in acme.audit()])


def test_a_file_is_confirmed_only_after_it_was_seen(acme):
    """Before the Web Connector ran there is nothing to confirm, and the command says what to do."""
    with pytest.raises(StateError, match="has been seen yet") as caught:
        setup.confirm_file(acme.desk, "acme")
    assert "Web Connector" in caught.value.guidance
    assert acme.audit() == []


@pytest.mark.parametrize(("counter", "counted"), [("41", 41), ("", 0)])
def test_confirming_takes_the_offered_file_and_writes_again(acme, counter, counted):
    """Name, path and counter are those last seen; the stop ends and the lists are read anew."""
    with acme.database.write() as tx:
        row = connections.get(tx, acme.id)
        row.stopped = "The company file has moved."
        row.counter = 99
        row.company_seen = {
            "name": "Acme",
            "path": "C:\\old.qbw",
            "version": "13.0",
            "offered": {"name": "Acme Inc.", "path": "D:\\new.qbw", "counter": counter},
        }
    words = setup.confirm_file(acme.desk, "acme")
    assert "'Acme Inc.'" in words
    assert "D:\\new.qbw" in words
    row = acme.row()
    assert (row.stopped, row.names_at, row.counter) == ("", None, counted)
    assert (row.company_seen["name"], row.company_seen["path"]) == ("Acme Inc.", "D:\\new.qbw")
    assert row.company_seen["counted"] is bool(counter)
    assert row.company_seen["version"] == "13.0"
    assert acme.audit()[-1].detail == "Acme Inc. at D:\\new.qbw"


def test_confirming_says_that_a_message_is_still_out(acme):
    """A write without an answer goes first; reads that are out do not count."""
    with acme.database.write() as tx:
        row = connections.get(tx, acme.id)
        row.company_seen = {"offered": {"name": "Acme", "path": "C:\\a.qbw", "counter": "1"}}
        for writes, set_id in ((True, "out"), (False, None)):
            tx.add(
                MessageRow(
                    connection_id=acme.id,
                    session_id=1,
                    set_id=set_id,
                    writes=writes,
                    state="sent",
                    request=b"",
                    file_id="F",
                    machine="PC",
                    sent_at=acme.now,
                )
            )
    assert "A message without an answer goes first." in setup.confirm_file(acme.desk, "acme")


def test_a_connection_is_removed_with_its_jobs(acme):
    """Rows go, the audit stays and knows who removed it."""
    acme.see(Vendor(procore_id="1", name="Café"))
    setup.remove(acme.desk, "acme")
    with acme.database.read() as tx:
        assert connections.every(tx) == []
        assert tx.query(JobRow).count() == 0
        assert queue.of_ids(tx, [1]) == {}
    assert (acme.audit()[-1].action, acme.audit()[-1].actor) == ("remove connection", "ann")


def test_every_step_names_an_unknown_connection(acme):
    """Setting, pausing, rotating, confirming and removing raise NotFoundError for a name that is none."""
    for do in (
        lambda: setup.set_options(acme.desk, "x", {}),
        lambda: setup.pause(acme.desk, "x", paused=True),
        lambda: setup.rotate_password(acme.desk, "x"),
        lambda: setup.confirm_file(acme.desk, "x"),
        lambda: setup.remove(acme.desk, "x"),
    ):
        with pytest.raises(NotFoundError, match="no connection 'x'"):
            do()
