from __future__ import annotations

import pytest

from qbsync.flows import drift
from qbsync.model.jobs import JobEvent
from qbsync.model.links import Link
from qbsync.model.records import Vendor, key_of
from qbsync.store import links, queue

ACME, BAYLINE = Vendor(procore_id="1", name="Acme <Supply>"), Vendor(procore_id="2", name="Bayline")


@pytest.fixture
def lost(office):
    """Two vendors that a restored company file lacks: their jobs' ids."""
    connection_id = office.connect()
    ids = []
    for vendor in (ACME, BAYLINE):
        job_id = office.stage(vendor)
        ids.append(job_id)
        with office.database.write() as tx:
            queue.change(queue.get(tx, job_id), JobEvent.LINK, office.now)
            link = Link(key=key_of(vendor), quickbooks_id=f"V-{vendor.procore_id}", name=vendor.name)
            links.save(tx, connection_id, link, office.now)
            drift.missing(tx, connection_id, link, office.now)
    return ids


def test_what_is_missing_stands_on_the_connections_page(office, browser, lost):
    """Each record with its job and a tick, escaped; a connection that lacks nothing shows no such table."""
    office.connect("other")
    page = browser.get("/connections/acme").text
    assert "lacks 2 of the linked records" in page
    assert "Acme &lt;Supply&gt;" in page
    assert f'href="/jobs/{lost[0]}"' in page
    assert 'value="vendor:1"' in page
    assert "Missing in QuickBooks" not in browser.get("/connections/other").text
    assert browser.get("/connections/acme.json").json["missing"] == 2


def test_the_ticked_are_sent_again_and_the_others_not(office, browser, lost):
    """QuickBooks is asked first: the ticked job is queued to prove that its record is gone."""
    sent = browser.post(
        "/connections/acme/missing/send-again", {"record": "vendor:1"}, on="/connections/acme"
    )
    page = browser.client.get(sent.headers["Location"]).text
    assert "1 will be sent again, once QuickBooks has shown that it is gone." in page
    assert "send again, once QuickBooks was asked" in page
    assert (office.job(lost[0]).state, office.job(lost[0]).step) == ("queued", "prove")
    assert office.job(lost[1]).state == "synced"


@pytest.mark.usefixtures("lost")
def test_all_are_unlinked_at_once(office, browser):
    """The button for all needs no tick; a vendor's link ends at once, so that nothing is listed any more."""
    browser.post("/connections/acme/missing/unlink", {"all": "yes"}, on="/connections/acme")
    with office.database.read() as tx:
        assert links.listing(tx) == []
    assert "Missing in QuickBooks" not in browser.get("/connections/acme").text


@pytest.mark.usefixtures("lost")
def test_no_tick_or_a_made_up_record_is_refused(browser):
    """A press without a tick says what to do; a form of no page of ours is a 400, an unknown record a 409."""
    on = "/connections/acme"
    nothing = browser.post("/connections/acme/missing/send-again", on=on)
    assert (nothing.status_code, "No record is ticked." in nothing.text) == (409, True)
    assert browser.post("/connections/acme/missing/unlink", {"record": "x"}, on=on).status_code == 400
    unknown = browser.post("/connections/acme/missing/unlink", {"record": "vendor:9"}, on=on)
    assert unknown.status_code == 409
    assert "The vendor 9 is not among what is missing." in unknown.text
