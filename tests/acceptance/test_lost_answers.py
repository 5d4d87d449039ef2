from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from qbsync.simulator.ledger import differences
from qbsync.simulator.webconnector import Misbehaviour, Outcome, WebConnector
from qbsync.store.engine import Database
from qbsync.store.tables import MessageRow

if TYPE_CHECKING:
    from conftest import Installation


def _everything_once(installation: Installation) -> None:
    """QuickBooks holds each record once, Procore has every id, and no job is left over."""
    assert {job["state"] for job in installation.jobs()} == {"synced"}
    installation.app.worker.push(installation.connection_id)
    found = differences(installation.procore.state, installation.company)
    assert found == [], [str(one) for one in found]
    guids = Counter(one.external_guid for one in installation.company.vendors() if one.external_guid)
    assert set(guids.values()) == {1}


def _writes(result: object) -> list[str]:
    return [one.request for one in result.exchanges if "newMessageSetID" in one.request]


def _read_lists(installation: Installation, connector: object) -> None:
    """The first update only reads; then Procore is asked and everything is accepted."""
    connector.update(installation.password)
    installation.app.worker.pull(installation.connection_id)


@pytest.mark.parametrize("executed", [False, True], ids=["before QuickBooks", "after QuickBooks"])
def test_killed_server_sends_the_same_bytes_again(installation: Installation, *, executed: bool) -> None:
    """After kill -9 between the answered sendRequestXML and receiveResponseXML the same bytes go again."""
    installation.serve()
    connector = installation.connector()
    _read_lists(installation, connector)
    died = connector.update(installation.password, stop_after="process" if executed else "sendRequestXML")
    assert died.outcome is Outcome.DIED
    [lost] = _writes(died)
    held = len(installation.company.purchase_orders()) + len(installation.company.vendors())
    assert (held > 0) is executed
    installation.kill()
    installation.set(session_lease_seconds="1", recovery_wait_seconds="1")
    installation.serve()
    after = _until_let_in(installation, connector)
    assert _writes(after)[0] == lost
    installation.drain(connector)
    _everything_once(installation)


def _until_let_in(installation: Installation, connector: object) -> object:
    """Run updates until the dead session's lease of one second is over."""
    for _ in range(200):
        result = connector.update(installation.password)
        if result.outcome not in (Outcome.BUSY, Outcome.POSTPONED):
            return result
    raise AssertionError("the Web Connector was never let in")


@pytest.mark.parametrize(
    "what",
    [
        Misbehaviour.DELIVER_GARBAGE,
        Misbehaviour.DELIVER_TRUNCATED,
        Misbehaviour.DELIVER_NOTHING,
        Misbehaviour.DELIVER_TWICE,
        Misbehaviour.SEND_TWICE,
    ],
)
def test_spoilt_answers_change_nothing_in_the_books(small: Installation, what: Misbehaviour) -> None:
    """Whatever is delivered instead of the answer, the books end as if nothing had happened."""
    small.serve()
    connector = small.connector()
    _read_lists(small, connector)
    spoilt = connector.update(small.password, misbehave=what)
    if what in (Misbehaviour.DELIVER_GARBAGE, Misbehaviour.DELIVER_TRUNCATED, Misbehaviour.DELIVER_NOTHING):
        assert spoilt.outcome is Outcome.ERROR
        assert "Nothing is lost" in spoilt.error
        again = connector.update(small.password)
        assert _writes(again)[0] == _writes(spoilt)[0]
    small.drain(connector)
    _everything_once(small)


def test_answer_stored_and_not_applied_is_applied_at_the_start(small: Installation) -> None:
    """An answer that was stored when the process died is applied by the next process before anything else."""
    small.serve()
    connector = small.connector()
    _read_lists(small, connector)
    died = connector.update(small.password, stop_after="process")
    small.kill()
    _store_only(small, died.exchanges[-1].executed)
    small.serve()
    assert small.jobs("sent") == []
    assert small.jobs("synced")
    small.set(session_lease_seconds="1")
    _until_let_in(small, connector)
    small.drain(connector)
    _everything_once(small)


def _store_only(installation: Installation, answer: str) -> None:
    """Leave the database as a process does that dies right after it stored the raw answer."""
    database = Database(installation.database_url)
    with database.write() as tx:
        message = tx.query(MessageRow).filter_by(state="sent", writes=True).one()
        message.answer, message.state, message.answered_at = answer, "answered", message.sent_at
    database.close()


def test_second_pc_with_the_same_qwc_never_doubles(small: Installation) -> None:
    """Another PC with the same .qwc is kept out while a session is live, and repeats nothing of its own."""
    small.serve()
    first, second = small.connector(), small.connector(machine="OTHER-PC")
    _read_lists(small, first)
    died = first.update(small.password, stop_after="process")
    turned_away = second.update(small.password)
    assert turned_away.outcome in (Outcome.BUSY, Outcome.POSTPONED)
    small.set(session_lease_seconds="1")
    let_in = _until_let_in(small, second)
    assert _writes(let_in) == []
    again = first.update(small.password)
    assert _writes(again)[0] == _writes(died)[0]
    small.drain(first)
    _everything_once(small)


def test_everything_goes_by_commands_alone(install: Callable[..., Installation], database_url: str) -> None:
    """README's way, each step a process of its own, ends with equal ledgers; serve ends with 0 when asked."""
    installation = install(database_url, by_commands=True)
    installation.serve()
    installation.run("qwc", "acme", "-o", "acme.qwc")
    connector = WebConnector(installation.company, installation.folder / "acme.qwc")
    installation.connectors.append(connector)
    connector.add()
    connector.update(installation.password)
    assert installation.read("pull", "acme")[0]["accepted"] == len(installation.read("jobs", "list"))
    installation.drain(connector)
    assert installation.read("push", "acme")[0]["refused"] == 0
    links = installation.read("links", "list", "--connection", "acme")
    assert len(links) == len(installation.read("jobs", "list", "--state", "synced"))
    [session, *_] = installation.read("sessions", "list")
    assert installation.read("sessions", "show", str(session["id"]))["messages"]
    assert installation.read("status")[0]["jobs"] == {"synced": len(links)}
    _everything_once(installation)
    assert installation.stop() == 0
