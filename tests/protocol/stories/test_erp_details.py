"""Stories of request details that their requests do not name: a batch's are found in one list."""

from __future__ import annotations

from datetime import timedelta

import pytest

from qbsync.simulator.procore.erp_rows import SUCCESS, Kind

DETAILS = "/rest/v1.0/companies/*/erp_request_details"


@pytest.fixture
def batch(erp_company, people_of):
    """Sends two invoices that one request exports, and does not name the details of."""
    people = people_of(erp_company)
    contracts = [people.commit(1000, number=f"SC-{place}") for place in (1, 2)]
    erp_company.sync()
    erp_company.sync()

    def send():
        for place, (contract, lines) in enumerate(contracts, start=1):
            people.invoice(contract, {lines[0]: 100}, f"I-{place}")

    return send


def outcomes(company, kind):
    """How the details of a kind of record ended."""
    return [one.status for one in company.state.erp.tables.details.everything() if one.kind is kind]


def test_a_batch_is_looked_up_one_by_one_where_details_are_not_listed(erp_company, batch):
    """That Procore lists details of any item is not documented: where it refuses, each is asked for."""
    batch()
    erp_company.procore.inject("GET", DETAILS, 403, times=1)
    erp_company.procore.calls.clear()
    for _ in range(2):
        erp_company.sync()
    assert outcomes(erp_company, Kind.REQUISITION) == [SUCCESS, SUCCESS]
    asked = sum(count for call, count in erp_company.procore.calls.items() if "erp_request_details" in call)
    assert asked == 1 + 2 + 1, "the list, each item, and the close of both"


def test_a_batch_whose_details_are_not_on_the_first_page_is_looked_up_one_by_one(
    erp_company, batch, monkeypatch
):
    """A company may have had thousands of exports: what the first page lacks is asked for by its item."""
    monkeypatch.setattr("qbsync.procore.erp.api.SYNC_LIMIT", 2)
    batch()
    for _ in range(2):
        erp_company.sync()
    assert outcomes(erp_company, Kind.REQUISITION) == [SUCCESS, SUCCESS]
    assert erp_company.state.erp.violations == []


def test_a_batch_whose_details_are_listed_without_their_items_is_looked_up_one_by_one(
    erp_company, batch, monkeypatch
):
    """The list names each detail's type but no item: each invoice gets its own detail, both are done."""
    batch()
    right = erp_company.client.call

    def bare(method, path, **more):
        answer = right(method, path, **more)
        if method == "GET" and path.endswith("/erp_request_details"):
            return [{name: value for name, value in one.items() if name != "item_id"} for one in answer]
        return answer

    monkeypatch.setattr(erp_company.client, "call", bare)
    for _ in range(4):
        erp_company.rig.clock.passes(timedelta(hours=1))
        erp_company.sync()
        erp_company.worker.run_once()
    assert outcomes(erp_company, Kind.REQUISITION) == [SUCCESS, SUCCESS]
    assert erp_company.state.erp.violations == []
