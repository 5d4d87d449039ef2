"""What Procore stops showing, on a simulated Procore over HTTP."""

from __future__ import annotations

import json
from datetime import timedelta
from decimal import Decimal

import pytest

from qbsync.model.records import Budget, RecordKey, RecordKind
from qbsync.procore.feeds.direct import DirectFeed
from qbsync.procore.feeds.events import Gone, Mark, ProjectCodes, Seen, Unreadable


@pytest.fixture
def pull(server, client):
    """Pull once; gives the events and the marks after them."""

    def go(marks=None, **options):
        now = server.state.clock.advance(timedelta(minutes=10).total_seconds())
        events = list(DirectFeed(client, company_id=server.company_id, **options).pull(marks or {}, now))
        return events, {**(marks or {}), **{one.stream: one.value for one in events if isinstance(one, Mark)}}

    return go


def _gone(events):
    return {str(event.key): event.why for event in events if isinstance(event, Gone)}


def test_a_vendor_made_inactive_is_gone_each_time(pull, company):
    """The list of active vendors never shows it again; active in between, it is gone anew, and else once."""
    state, key = company.state, str(RecordKey(kind=RecordKind.VENDOR, procore_id=str(company.vendor.id)))
    _, marks = pull()
    for _ in range(2):
        state.edit_vendor(company.vendor.id, is_active=False)
        events, marks = pull(marks)
        assert _gone(events) == {key: "made inactive in Procore"}
        events, marks = pull(marks)
        assert _gone(events) == {}
        state.edit_vendor(company.vendor.id, is_active=True)
        events, marks = pull(marks)
        assert key in {f"vendor:{one.record.procore_id}" for one in events if isinstance(one, Seen)}


def test_codes_of_a_list_that_is_no_longer_chosen_are_gone(pull, company):
    """The option names another list: the first one's codes go, and come again when it is chosen again."""
    state = company.state
    other = state.create_cost_code_list("Ours")
    code = state.create_standard_cost_code(other.id, "99", "Other work")
    mine = {f"cost_code:{company.division.id}", f"cost_code:{company.code.id}"}
    _, marks = pull()
    events, marks = pull(marks, standard_cost_code_list="Ours", full_reads_every=timedelta(hours=1))
    assert set(_gone(events)) == mine
    events, marks = pull(marks, standard_cost_code_list="QuickBooks", full_reads_every=timedelta(hours=1))
    assert set(_gone(events)) == {f"cost_code:{code.id}"}
    assert mine <= {f"cost_code:{one.record.procore_id}" for one in events if isinstance(one, Seen)}


def test_a_removed_project_code_is_not_among_the_projects_codes(pull, company):
    """The event holds all codes of the project, so that whoever keeps them can forget the others."""
    _, marks = pull()
    company.state.cost_code_table.delete(company.project_code.id)
    events, _ = pull(marks)
    [codes] = [one for one in events if isinstance(one, ProjectCodes)]
    assert str(company.project_code.id) not in {code.procore_id for code in codes.codes}


def test_an_approved_change_on_a_code_that_no_row_shows_is_refused(pull, company, server):
    """The budget is not exportable as long as the change's budget code has no row, and says which it is."""
    budgets, project = company.state.budgets, company.project.id
    line = budgets.add_line(project, company.project_code.id, Decimal(1000))
    budgets.lock(project)
    budgets.change(project, {line.id: Decimal(250)})
    lines = [{"id": "1", "wbs_code_id": "999", "amount": 777, "budget_change_status": "approved"}]
    path = f"*/projects/{project}/budget_changes/adjustment_line_items"
    server.inject("GET", path, 200, json.dumps({"data": lines}))
    events, _ = pull()
    [seen] = [one for one in events if isinstance(one, Seen) and isinstance(one.record, Budget)]
    assert not seen.exportable
    assert "777 on budget code 999" in seen.why_not
    assert [one.message for one in events if isinstance(one, Unreadable)] == [seen.why_not]
