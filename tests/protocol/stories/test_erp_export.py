"""Stories of Procore's ERP tool: sent, accepted, in QuickBooks, and closed once with every id."""

from __future__ import annotations

from datetime import timedelta

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
