"""Stories of what jobs cost on the ERP feed: figures by cost code and cost type, each replacing the last."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
import sqlalchemy as sa

from qbsync.flows import setup
from qbsync.flows.reconciliation import read_now, reconcile
from qbsync.simulator.procore.direct_cost_api import DirectCostApi
from qbsync.store import connections

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


@pytest.fixture
def statements(erp_company):
    """What the database is asked, by who asks: emptied as it is read."""
    asked = []
    engine = erp_company.rig.database.engine

    def note(_connection, _cursor, statement, parameters, _context, _many):
        asked.append((statement, parameters))

    sa.event.listen(engine, "before_cursor_execute", note)
    yield asked
    sa.event.remove(engine, "before_cursor_execute", note)


def _reads_of_invoices(asked):
    """How often all that was synced of invoices was read."""
    return sum(
        "FROM jobs" in statement and {"invoice", "synced"} <= set(parameters)
        for statement, parameters in asked
    )


@pytest.mark.parametrize("projects", [1, 4])
def test_figures_of_all_jobs_are_reckoned_at_once_and_never_while_quickbooks_waits(
    erp_company, statements, people_of, projects
):
    """What was synced is read once to see which changed and once to tell them, however many the jobs."""
    company, people = erp_company, people_of(erp_company)
    for number in range(projects - 1):
        company.state.create_project(f"Tower {number}")
    company.settle()
    for place, project in enumerate(company.state.projects()):
        company.project = project
        codes = {row.code: row.id for row in company.state.cost_codes(project.id)}
        company.codes = [codes[code] for code in ("010", "020", "030")]
        contract, [line] = people.commit(1000, number=f"SC-{place}")
        company.sync()
        company.sync()
        people.invoice(contract, {line: 100}, f"I-{place}")
    for _ in range(3):
        company.sync()
    _spent(company, "010", "5.00")
    company.rig.clock.passes(timedelta(minutes=20))
    setup.refresh(company.rig.desk(), company.rig.name)
    statements.clear()
    company.pc.update()
    assert _reads_of_invoices(statements) == 0
    statements.clear()
    company.push()
    assert _reads_of_invoices(statements) == 2
    assert company.differences() == []


def _direct(company):
    """The direct costs that Procore has, each with the sum of its lines."""
    costs = company.state.direct_costs
    return sorted(sum(line.amount for line in costs.lines(cost.id)) for cost in costs.all())


def _asks(company, *, wanted):
    """The project does or does not ask for transactions, and Procore says so when it asks for figures."""
    tool, project = company.state.erp, company.project.id
    (tool.transactions_on.add if wanted else tool.transactions_on.discard)(project)
    tool.update_job_costs(project)
    company.settle()


@pytest.mark.parametrize("offered", ["true", "false"])
@pytest.mark.parametrize("wanted", [True, False])
def test_a_project_has_its_transactions_where_it_asks_for_them(erp_company, offered, wanted):
    """The option only offers them: a project that asks has each beside its figures, another none."""
    company = erp_company
    company.rig.set(cost_transactions=offered)
    company.settle()
    _asks(company, wanted=wanted)
    _spent(company, "010", "12.50")
    _spent(company, "010", "10.50")
    company.settle()
    assert _direct(company) == ([Decimal("10.50"), Decimal("12.50")] if wanted else [])
    assert _figures(company) == {"010": 23}
    assert company.differences() == []


def test_direct_costs_leave_a_project_that_asks_for_them_no_more(erp_company):
    """What Procore was told before, by an older qbsync too, is taken off: its figures say it already."""
    company = erp_company
    company.settle()
    _asks(company, wanted=True)
    _spent(company, "010", "12.50")
    company.settle()
    assert _direct(company) == [Decimal("12.50")]
    _asks(company, wanted=False)
    assert _direct(company) == []
    assert _figures(company) == {"010": Decimal("12.50")}
    assert company.differences() == []


def test_direct_costs_that_procore_took_in_part_leave_a_project_that_asks_no_more(erp_company, monkeypatch):
    """It took one check's line and refused the other's: neither stays beside the figures, which say both."""
    company = erp_company
    company.settle()
    _asks(company, wanted=True)
    checks = DirectCostApi._check_line

    def refuses(api, project_id, values, line):
        refused = values.get("amount") == Decimal("10.50")
        return {"amount": ["is too much"]} if refused else checks(api, project_id, values, line)

    monkeypatch.setattr(DirectCostApi, "_check_line", refuses)
    _spent(company, "010", "12.50")
    _spent(company, "010", "10.50")
    company.settle()
    assert _direct(company) == [0, Decimal("12.50")]
    _asks(company, wanted=False)
    assert _direct(company) == []
    assert _figures(company) == {"010": 23}
    assert company.differences() == []


def test_the_comparison_says_of_figures_that_it_cannot_read_them(erp_company):
    """A project that asks for no transactions differs by its costs, and each says that it is in a figure."""
    company = erp_company
    company.settle()
    _spent(company, "010", "12.50")
    company.settle()
    read_now(company.rig.database, company.rig.name, lambda _row: company.client, company.rig.clock())
    with company.rig.database.read() as tx:
        [found] = reconcile(tx, connections.get(tx, company.rig.id))
    assert (found.difference, found.direct_costs) == (Decimal("12.50"), 0)
    assert [one.counted_as for one in found.behind] == ["figure"]
