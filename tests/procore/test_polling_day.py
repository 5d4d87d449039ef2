"""What a day of polling costs, as the simulated Procore counts it."""

from __future__ import annotations

import importlib.util
import sys
from datetime import timedelta
from pathlib import Path

import pytest


@pytest.fixture(scope="module")
def day():
    """The first twelve hours of a day of 20 projects, with everything that people do in them, printed."""
    path = Path(__file__).parents[1] / "benchmarks" / "polling_day.py"
    spec = importlib.util.spec_from_file_location("polling_day", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # its dataclasses look themselves up
    spec.loader.exec_module(module)
    lived = module.live_a_day(length=timedelta(hours=12))
    print(module.table(lived))  # noqa: T201
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
