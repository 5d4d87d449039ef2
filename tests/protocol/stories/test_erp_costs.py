"""Stories of what jobs cost on the ERP feed: figures by cost code and cost type, each replacing the last."""

from __future__ import annotations

from decimal import Decimal

JOB = "Ridge Owners:Tower"
CHECKING = "Checking"


def _spent(company, code, amount):
    """A check on the job, for one cost code."""
    lines = [(f"01:{code}", "Spent", Decimal(amount))]
    return company.rig.file.human.enter_cost("Check", lines, job=JOB, payee="Bayline", account=CHECKING)


def _figures(company):
    """What Procore shows of each cost code's cost to date."""
    codes = dict(zip(company.codes, ("010", "020", "030"), strict=True))
    return {
        codes[row.cost_code_id]: row.figures["job_to_date_cost"]
        for row in company.state.erp.tables.job_costs.live()
        if "job_to_date_cost" in row.figures
    }


def test_a_cost_code_whose_last_cost_is_gone_is_told_nothing_is_left(erp_company):
    """A check that is deleted takes its cost code's figures to zero: they would stay as they were told."""
    erp_company.settle()
    _spent(erp_company, "010", "100.00")
    kept = _spent(erp_company, "020", "30.00")
    erp_company.settle()
    assert _figures(erp_company) == {"010": 100, "020": 30}
    erp_company.rig.file.human.delete("Check", kept)
    erp_company.settle()
    assert _figures(erp_company) == {"010": 100, "020": 0}
    assert erp_company.differences() == []


def test_a_cost_type_that_was_deleted_gets_no_figures_again(erp_company):
    """Procore deletes a cost type of a cost code that QuickBooks does not use; nothing brings it back."""
    company, tool = erp_company, erp_company.state.erp
    company.settle()
    check = _spent(company, "010", "100.00")
    company.settle()
    company.rig.file.human.delete("Check", check)
    company.settle()
    assert _figures(company) == {"010": 0}
    tool.delete_assignments(company.project.id, [(company.codes[0], company.cost_type.id)])
    company.settle()
    assert _figures(company) == {}
    _spent(company, "020", "30.00")
    company.settle()
    assert _figures(company) == {"020": 30}
    assert tool.violations == []


def test_a_cost_type_that_the_books_use_is_not_deleted(erp_company):
    """The tool shows why: costs of the cost code are on the job in QuickBooks."""
    company, tool = erp_company, erp_company.state.erp
    company.settle()
    _spent(company, "010", "100.00")
    company.settle()
    request = tool.delete_assignments(company.project.id, [(company.codes[0], company.cost_type.id)])
    company.settle()
    [asked] = request.data["cost_type_assignments"]
    detail = tool.tables.details.get(asked["request_detail_id"])
    assert (detail.status, len(detail.messages)) == ("failed", 1)
    assert "still has costs on this job in QuickBooks" in detail.messages[0]
    assert _figures(company) == {"010": 100}
