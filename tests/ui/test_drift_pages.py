from __future__ import annotations

from datetime import timedelta

import pytest

from qbsync.model.drift import Difference, DriftSort
from qbsync.model.jobs import JobEvent, JobState
from qbsync.model.links import Link
from qbsync.model.records import Project, RecordKey, RecordKind, Vendor
from qbsync.store import drifts, links, queue

ACME = RecordKey(kind=RecordKind.VENDOR, procore_id="1")
TOWER = RecordKey(kind=RecordKind.PROJECT, procore_id="2")
RENAMED = Difference(
    sort=DriftSort.CHANGED, field="Name", what="name", ours="Acme Supply", theirs="<b>Acme & Co</b>"
)


@pytest.fixture
def connection_id(office):
    """A connection named acme, its id."""
    return office.connect()


def _synced(office, connection_id, record, key, quickbooks_id):
    """A record that is linked; gives its job's id."""
    job_id = office.stage(record)
    with office.database.write() as tx:
        queue.change(queue.get(tx, job_id), JobEvent.LINK, office.now)
        links.save(
            tx, connection_id, Link(key=key, quickbooks_id=quickbooks_id, name=record.name), office.now
        )
    return job_id


def _seen(office, connection_id, found, now):
    with office.database.write() as tx:
        drifts.see(tx, connection_id, ACME, "V-1", found, now=now, among=tuple(DriftSort))


def test_drift_is_shown_on_its_page_its_job_the_connection_and_as_a_metric(office, browser, connection_id):
    """What differs stands on each of them, escaped, and its twin has the keys that the command has."""
    job_id = _synced(office, connection_id, Vendor(procore_id="1", name="Acme Supply"), ACME, "V-1")
    _seen(office, connection_id, [RENAMED], office.now)
    for path in ("/drift", f"/jobs/{job_id}"):
        page = browser.get(path).text
        assert "&lt;b&gt;Acme &amp; Co&lt;/b&gt;" in page
        assert "Change it back in QuickBooks" in page
    [row] = browser.get("/drift.json").json
    assert (row["kind"], row["field"], row["ours"], row["quickbooks"]) == (
        "vendor",
        "Name",
        "Acme Supply",
        "<b>Acme & Co</b>",
    )
    assert browser.get(f"/jobs/{job_id}.json").json["drift"] == [row]
    connection = browser.get("/connections/acme.json").json
    assert connection["drift"] == 1
    assert [check["ok"] for check in connection["checks"] if check["name"] == "drift"] == [False]
    assert "not as it was left: 1" in browser.get("/connections/acme").text
    assert 'qbsync_drift{connection="acme",sort="changed"} 1.0' in browser.get("/metrics").text


def test_what_is_mended_is_shown_on_request_alone(office, browser, connection_id):
    """Seen twice it is one row that says since when; gone, it is left out unless it is asked for."""
    _synced(office, connection_id, Vendor(procore_id="1", name="Acme Supply"), ACME, "V-1")
    _seen(office, connection_id, [RENAMED], office.now)
    _seen(office, connection_id, [RENAMED], office.now + timedelta(hours=1))
    [row] = browser.get("/drift.json").json
    assert row["first_seen_at"] < row["last_seen_at"]
    _seen(office, connection_id, [], office.now + timedelta(hours=2))
    assert browser.get("/drift.json").json == []
    [row] = browser.get("/drift.json?mended=true").json
    assert row["gone_at"] is not None
    assert "Mended" in browser.get("/drift?mended=true").text


def test_a_vendor_is_unlinked_by_a_button(office, browser, connection_id):
    """Its link ends at once, and its drift with it; the button is gone then."""
    job_id = _synced(office, connection_id, Vendor(procore_id="1", name="Acme Supply"), ACME, "V-1")
    _seen(office, connection_id, [RENAMED], office.now)
    path = f"/jobs/{job_id}"
    assert "Unlink: end the link" in browser.get(path).text
    answer = browser.post(f"{path}/unlink", on=path)
    assert answer.status_code == 303
    assert "unlinked" in browser.get(answer.headers["Location"]).text
    assert browser.get(f"{path}.json").json["link"] is None
    assert browser.get("/drift.json").json == []
    assert "Unlink: end the link" not in browser.get(path).text


def test_a_refused_unlink_says_why(office, browser, connection_id):
    """A project of which a newer version is on its way to QuickBooks keeps its link: the page says why."""
    path = f"/jobs/{_synced(office, connection_id, Project(procore_id='2', name='Tower'), TOWER, 'C-1')}"
    newer = office.stage(Project(procore_id="2", name="Tower", number="T-2"))
    with office.database.write() as tx:
        queue.change(queue.get(tx, newer), JobEvent.ACCEPT, office.now)
    refused = browser.post(f"{path}/unlink", on=path)
    assert refused.status_code == 409
    assert "That could not be done" in refused.text
    assert f"Cancel job {newer} first" in refused.text


def test_an_unlink_pressed_twice_asks_once(office, browser, connection_id):
    """QuickBooks is asked whether the project is gone, however often the button is pressed."""
    path = f"/jobs/{_synced(office, connection_id, Project(procore_id='2', name='Tower'), TOWER, 'C-1')}"
    for _ in range(2):
        assert browser.post(f"{path}/unlink", on=path).status_code == 303
    with office.database.read() as tx:
        assert len(queue.in_state(tx, connection_id, JobState.QUEUED)) == 1
