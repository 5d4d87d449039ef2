"""The calls to Procore as people and Prometheus see them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from qbsync.store import calls, connections

HOUR = timedelta(hours=1)
VENDORS, CODES = "GET /rest/v1.0/vendors", "PATCH /rest/v1.0/cost_codes/sync"


@pytest.fixture
def called(office):
    """A connection that made 7 calls this hour, 30 three hours ago, and 99 before yesterday."""
    made = {(VENDORS, 0): 5, (CODES, 0): 2, (VENDORS, 3): 30, (VENDORS, 26): 99}
    office.connect(options={"calls_per_hour": 300})
    with office.database.write() as tx:
        row = connections.named(tx, "acme")
        for (endpoint, ago), count in made.items():
            hour = calls.hour_of(office.now) - ago * HOUR
            calls.add(tx, row, {(hour, endpoint): count}, 300, office.now - ago * HOUR)
        row.calls_left, row.calls_left_at = 43, office.now


@pytest.mark.usefixtures("called")
def test_the_connection_page_shows_the_calls(browser):
    """This hour's, the last day's, the busiest hour, what polling has left, and each endpoint of the day."""
    page = browser.get("/connections/acme").text
    assert "7 calls this hour, 37 in the last day, 30 in its busiest hour." in page
    assert "Polling may make 300 an hour, 43 of them now." in page
    assert VENDORS in page
    assert CODES in page


@pytest.mark.usefixtures("called")
def test_its_twin_has_the_same_figures(browser):
    """The JSON of the page holds them as `calls`, the most called endpoint first."""
    assert browser.get("/connections/acme.json").json["calls"] == {
        "polling_per_hour": 300,
        "polling_left": 43,
        "this_hour": 7,
        "busiest_hour": 30,
        "last_day": 37,
        "by_endpoint": {VENDORS: 35, CODES: 2},
    }


def test_a_connection_that_called_nothing_says_so(office, browser):
    """Zero calls are shown as zero, without a list of endpoints."""
    office.connect()
    page = browser.get("/connections/acme").text
    assert "0 calls this hour, 0 in the last day" in page
    assert "GET /rest" not in page


@pytest.mark.usefixtures("called")
def test_the_metrics_have_this_hours_calls_and_what_is_left(browser, office):
    """By connection and endpoint, since the full hour alone; what is left may be below zero."""
    found = browser.get("/metrics").text
    assert f'qbsync_procore_calls{{connection="acme",endpoint="{VENDORS}"}} 5.0' in found
    assert f'qbsync_procore_calls{{connection="acme",endpoint="{CODES}"}} 2.0' in found
    assert 'qbsync_procore_calls_left{connection="acme"} 43.0' in found
    with office.database.write() as tx:
        connections.named(tx, "acme").calls_left = -10
    assert 'qbsync_procore_calls_left{connection="acme"} -10.0' in browser.get("/metrics").text
    office.now += HOUR
    assert "qbsync_procore_calls{" not in browser.get("/metrics").text
