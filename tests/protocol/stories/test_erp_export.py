"""Stories of Procore's ERP tool: sent, accepted, in QuickBooks, and closed once with every id."""

from __future__ import annotations

from qbsync.simulator.procore.erp_rows import Stage


def test_the_company_is_in_the_books_after_its_first_day(erp_company):
    """Cost codes, vendors and the project went through the tool; both ledgers agree, no step was missed."""
    erp_company.settle()
    tool = erp_company.state.erp
    assert [(one.kind.value, one.messages) for one in tool.items(Stage.FAILED)] == []
    assert tool.violations == []
    assert len(tool.items(Stage.SYNCED)) == 4 + 2 + 1
    assert erp_company.differences() == []
