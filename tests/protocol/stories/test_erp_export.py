"""Stories of Procore's ERP tool: sent, accepted, in QuickBooks, and closed once with every id."""

from __future__ import annotations

from datetime import timedelta

import pytest

from qbsync.errors import StateError
from qbsync.flows import review
from qbsync.simulator.procore.erp_rows import Stage
from qbsync.store import calls


def test_the_company_is_in_the_books_after_its_first_day(erp_company):
    """Cost codes, vendors and the project went through the tool; both ledgers agree, no step was missed."""
    erp_company.settle()
    tool = erp_company.state.erp
    assert [(one.kind.value, one.messages) for one in tool.items(Stage.FAILED)] == []
    assert tool.violations == []
    assert len(tool.items(Stage.SYNCED)) == 4 + 2 + 1
    assert erp_company.differences() == []


def test_the_calls_of_the_erp_feed_are_counted_too(erp_company):
    """What the tool is asked and told stands among the connection's calls, as often as Procore heard it."""
    rig = erp_company.rig

    def kept():
        with rig.database.read() as tx:
            return sum(calls.by_endpoint(tx, rig.id, rig.clock() - timedelta(days=2)).values())

    def heard():
        return sum(n for call, n in erp_company.procore.calls.items() if "/rest/" in call)

    kept_before, heard_before = kept(), heard()
    erp_company.state.create_vendor("Ridge Roofing")
    erp_company.settle()
    assert heard() > heard_before
    assert kept() - kept_before == heard() - heard_before


def _closed(company):
    return [(one.status, one.messages) for one in company.state.erp.tables.details.everything()]


def test_a_refresh_is_answered_once_quickbooks_was_read(erp_company):
    """A vendor that only QuickBooks has is ready to import in Procore; the detail is closed after that."""
    erp_company.settle()
    tool = erp_company.state.erp
    erp_company.rig.file.human.add_vendor("Only Here")
    for what in ("vendors", "jobs", "payments", "standard_cost_codes", "commitments"):
        tool.refresh(what)
    erp_company.settle()
    assert [one for one in _closed(erp_company) if one[0] != "success"] == []
    staged = [one.data["name"] for one in tool.tables.staged.everything() if one.item_type == "vendor"]
    assert "Only Here" in staged


def test_an_export_that_fails_says_in_procore_what_to_do(erp_company):
    """A vendor named like a customer: the tool shows the reason and the way out, in Procore's words."""
    company = erp_company
    company.settle()
    company.state.create_vendor("Ridge Owners")
    company.sync()
    company.sync()
    [failed] = company.state.erp.items(Stage.FAILED)
    [message] = failed.messages
    assert "customer" in message
    assert "Change the company's name in Procore's directory" in message
    assert "qbsync" not in message
    assert "--set" not in message
    job = company.rig.jobs()[-1]
    assert (job.label, job.state) == ("Ridge Owners", "failed")
    with pytest.raises(StateError, match="Procore was told"):
        review.retry(company.rig.desk(), job.id)
