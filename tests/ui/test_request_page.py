from __future__ import annotations

from datetime import timedelta

import pytest

from qbsync.model.records import Vendor, key_of
from qbsync.store import erp
from qbsync.store.erp import NewPart, Outcome, Purpose, RequestState


@pytest.fixture
def told(office):
    """An export with its job, one that failed, one that waits and one that was given up; the job's id."""
    connection_id = office.connect(feed="erp")
    office.connect("other", feed="erp")
    vendor = Vendor(procore_id="470021", name="Bayline")
    job_id = office.stage(vendor)
    with office.database.write() as tx:
        for place, (request_id, name, state) in enumerate(
            [
                ("900137", "create_vendor", RequestState.DONE),
                ("900138", "create_commitment", RequestState.DONE),
                ("900139", "", RequestState.NEW),
                ("900140", "", RequestState.GONE),
            ]
        ):
            row = erp.heard(tx, connection_id, request_id, office.now + timedelta(minutes=place))
            row.name, row.state = name, state.value
        part = NewPart(
            request_id="900137", detail_id="7107", purpose=Purpose.EXPORT, key=key_of(vendor), job_id=job_id
        )
        erp.add_part(tx, connection_id, part, office.now)
        failed = NewPart(
            request_id="900138",
            detail_id="7108",
            purpose=Purpose.ANSWER,
            outcome=Outcome.FAILED,
            messages=["<b>Too long</b>."],
        )
        erp.add_part(tx, connection_id, failed, office.now)
        erp.heard(tx, office.ids["other"], "5", office.now)
    return job_id


def test_each_request_is_shown_with_what_became_of_it(browser, told):
    """Newest first: what it asks for, its records, its jobs as links, and the answer, escaped."""
    page = browser.get("/requests").text
    for words in ("Create vendor", "vendor:470021", "not taken in yet", "given up after a week"):
        assert words in page
    assert f'href="/jobs/{told}"' in page
    assert "&lt;b&gt;Too long&lt;/b&gt;" in page
    assert page.index("900140") < page.index("900137")


@pytest.mark.usefixtures("told")
def test_the_twin_has_the_keys_of_the_command(browser):
    """JSON gives the same rows, by connection and state, and no more than the limit."""
    rows = browser.get("/requests.json?connection=acme").json
    assert [row["request"] for row in rows] == ["900140", "900139", "900138", "900137"]
    assert {
        "request",
        "connection",
        "name",
        "state",
        "received_at",
        "records",
        "jobs",
        "details",
        "answer",
    } <= (set(rows[0]))
    assert (rows[3]["answer"], rows[3]["details"]) == ("open", ["7107"])
    assert rows[0]["received_at"] == "2026-11-22T12:03:00+00:00"
    waiting = browser.get("/requests.json?state=new").json
    assert {(row["connection"], row["request"]) for row in waiting} == {("acme", "900139"), ("other", "5")}
    assert len(browser.get("/requests.json?limit=1").json) == 1


@pytest.mark.usefixtures("told")
def test_a_longer_list_is_a_link_away_and_filters_stay(browser):
    """What does not fit is behind a link that keeps the filter."""
    page = browser.get("/requests?connection=acme&limit=2").text
    assert "Older</a>" in page
    assert "connection=acme" in page
    assert "900137" not in page
    assert "None." in browser.get("/requests?connection=other&state=gone").text


def test_what_cannot_be_asked_is_refused(browser, office):
    """A state that is none is 400, a connection that is none 404."""
    office.connect()
    assert browser.get("/requests?state=odd").status_code == 400
    assert browser.get("/requests?connection=nobody").status_code == 404


@pytest.mark.usefixtures("told")
def test_the_page_is_a_link_away(browser, office):
    """Every page links it; a connection on the ERP feed links its own requests, one that polls does not."""
    office.connect("polls")
    assert 'href="/requests"' in browser.get("/jobs").text
    assert 'href="/requests?connection=acme"' in browser.get("/connections/acme").text
    assert "/requests?connection" not in browser.get("/connections/polls").text


@pytest.mark.usefixtures("told")
def test_the_connection_page_has_the_checks_of_the_tool(browser):
    """Those on ERP Integrations stand among the connection's checks, on the page and its twin."""
    checks = {one["name"]: one for one in browser.get("/connections/acme.json").json["checks"]}
    assert "not registered" in checks["erp_connection"]["message"]
    assert "not registered in Procore" in browser.get("/connections/acme").text
