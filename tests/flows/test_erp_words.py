"""What people read in Procore's ERP tool of a job that failed."""

from __future__ import annotations

from qbsync.flows.erp import words
from qbsync.store.tables import JobRow


def _failed(kind, **said):
    return JobRow(kind=kind, label="Bridge", code="3180", review={}, **said)


def test_a_failed_project_always_says_that_another_code_may_be_entered():
    """Procore offers another job code only where the message has the word; a vendor's needs none."""
    said = {
        "error": "QuickBooks could not save it.",
        "guidance": "Close the window in QuickBooks, then retry.",
    }
    [project] = words.for_procore(_failed("project", **said))
    assert project == (
        "Project Bridge: QuickBooks could not save it. Close the window in QuickBooks, then export it again. "
        "You can enter another job code, its name in QuickBooks, when you export it again."
    )
    [vendor] = words.for_procore(_failed("vendor", **said))
    assert "code" not in vendor
