"""What a day of polling costs, as the simulated Procore counts it."""

from __future__ import annotations

from datetime import timedelta

import polling_day
import pytest


@pytest.fixture(scope="module")
def day(tell):
    """The first twelve hours of a day of 20 projects, with everything that people do in them; shown."""
    lived = polling_day.live_a_day(length=timedelta(hours=12))
    tell("Calls to Procore in half a day's polling of 20 projects", polling_day.table(lived))
    return lived


@pytest.mark.timeout(600)
def test_every_hour_of_a_day_keeps_to_the_budget(day):
    """20 projects at default options: never more than 500 calls in an hour, whenever it begins."""
    assert day.endpoints.total() > 2000
    assert day.busiest <= 500, day.hours


def test_every_change_of_the_day_is_seen_in_time(day):
    """Commitments, change orders, invoices, budgets and vendors become jobs within the documented time."""
    assert {one.kind for one in day.changes} == {"commitment", "change_order", "invoice", "budget", "vendor"}
    assert day.late() == []
