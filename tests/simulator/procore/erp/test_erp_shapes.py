from __future__ import annotations

from decimal import Decimal

import pytest

NOT_EVENTS = ("erp_request_detail",)


@pytest.fixture
def samples(intuit, sample_of):
    """Every event that the reference shows, by its sample's name."""
    stems = sorted(path.stem for path in (intuit / "procore-samples").glob("erp_request_*.json"))
    return {stem: sample_of(stem) for stem in stems if not stem.startswith(NOT_EVENTS)}


@pytest.fixture
def told(state, small, tool, connector, budget):
    """A history that raises every event of the samples; the requests by their names, the last of each."""
    vendor = state.create_vendor("Bayline Supply Co.").id
    project = state.create_project("Pier 9", project_number="24-018").id
    parent = state.standard_cost_codes()[0]
    code = state.create_standard_cost_code(parent.standard_cost_code_list_id, "060", "New", parent.id).id
    for kind, record in (("vendor", vendor), ("standard_cost_code", code), ("job", project)):
        connector.export(kind, record)
    connector.export("budget", budget)
    connector.export("commitment", small.subcontract)
    line = state.lines(small.subcontract)[0]
    order = state.change_orders.create(
        small.subcontract,
        [(line.cost_code_id, Decimal(8500), "Circuits", line.id)],
        title="Added",
        status="approved",
    )
    type_id = state.line_item_types()[1].id
    for one in state.change_orders.lines(order.id):
        state.change_orders.edit_line(one.id, line_item_type_id=type_id)
    connector.export("change_order", order.id)
    invoice = state.invoices.create(
        small.subcontract, None, {line.id: Decimal(20000)}, number="CE-2217", retainage=Decimal(10)
    )
    state.invoices.approve(invoice.id)
    connector.export("requisition", invoice.id)
    tool.pay(invoice.id, Decimal(100))
    for what in ("vendors", "jobs", "standard_cost_codes", "standard_categories", "payments"):
        tool.refresh(what)
    tool.update_job_costs(small.project)
    for update in (
        {"item_type": "vendor", "origin_id": "80-1", "data": {"name": "Staged"}},
        {"item_type": "project", "origin_id": "80-2", "data": {"name": "Staged"}},
    ):
        row, problems = tool.stage(update, legacy=True)
        assert not problems
        tool.add_to_procore(row.id)
    tool.delete_cost_codes(small.project, [state.cost_codes(small.project)[1].id])
    tool.export_direct_cost(vendor, small.project, "INV-001", Decimal(1000))
    tool.reset_requisition(invoice.id)
    tool.unlink("commitment", small.subcontract)
    assert tool.violations == []
    return {request.name: tool.shown(request) for request in tool.events}


def test_every_event_of_the_reference_has_the_keys_of_its_sample(told, samples, unlike):
    """Each ERP request of the samples is one that the tool raises, with the same keys and types."""
    for stem, sample in samples.items():
        assert sample["request_name"] in told, stem
        assert unlike(stem, told[sample["request_name"]]) == [], stem


def test_answers_have_the_keys_of_their_samples(client, connector, budget, sample_of, unlike):
    """Each endpoint that the samples show answers in their shape."""
    state, tool = connector.state, connector.state.erp
    tool.send("budget", budget)
    tool.accept("budget", budget)
    code, kind = state.cost_codes(budget)[1].id, state.line_item_types()[0].id
    company = connector.company
    row = tool.tables.transactions_of(budget)[0]
    pair = {"cost_code_id": code, "line_item_type_id": kind, "synced": True}
    figures = dict.fromkeys(sample_of("erp_job_costs_sync__INFERRED")["entities"][0], 0)
    answers = {
        "erp_request_details_list__INFERRED": client.get(f"{company}/erp_request_details").json(),
        "external_data_sync": connector.external(("vendor", state.vendors()[0].id)),
        "external_data_list__INFERRED": client.get(f"{company}/external_data", item_type="vendor").json(),
        "erp_transactions_sync__INFERRED": connector.patch(
            "/rest/v1.0/erp_transactions/sync",
            {"project_id": budget, "updates": [{"id": row.id, "origin_id": "T", "synced": True}]},
        ),
        "cost_code_line_item_types_sync__INFERRED": connector.patch(
            "/rest/v1.0/cost_code_line_item_types/sync", {"updates": [pair]}, project_id=budget
        ),
        "erp_job_costs_sync__INFERRED": connector.patch(
            "/rest/v1.0/erp_job_costs/sync",
            {"company_id": 8089, "job_origin_id": state.project(budget).origin_id,
             "updates": [figures | {"cost_code_id": code, "line_item_type_id": kind}]},
        ),
        "erp_request_detail_update__INFERRED": connector.close(tool.tables.open_details()[0].id, "No"),
    }  # fmt: skip
    for name, got in answers.items():
        shown = got
        if name == "erp_job_costs_sync__INFERRED":
            whole = [{key: int(value) for key, value in one.items()} for one in got["entities"]]
            shown = {**got, "entities": whole}
        assert unlike(name, shown) == [], name
