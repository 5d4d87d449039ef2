from __future__ import annotations

from decimal import Decimal

import pytest

from qbsync.simulator.procore.erp_rows import Kind, Stage

CONNECTION = {"connection": {"service_url": "https://x", "metadata": {"settings": {"entities": {}}}}}


def rules(tool) -> list[str]:
    """The rules that were broken, in order."""
    return [one.rule for one in tool.violations]


def test_nothing_answers_before_procore_has_switched_it_on(client, state):
    """Until Procore's staff act, endpoints are forbidden; then one connection can be made, with a list."""
    path = f"/rest/v1.0/companies/{state.company_id}/erp_connections"
    assert client.post(path, CONNECTION, status=403)["error"]["code"] == "FORBIDDEN"
    state.erp.activate()
    made = client.post(path, CONNECTION)
    assert made == {"id": state.company_id, "standard_cost_code_list_id": state.cost_code_lists()[0].id}
    assert "already" in client.post(path, CONNECTION, status=422)["errors"]["base"][0]
    plain = {"connection": {**CONNECTION["connection"], "service_url": "http://connector.example"}}
    assert client.post(path, plain, status=422)
    more = {"metadata": {"settings": {"entities": {"vendors": {"enabled": True}}}}}
    assert client.patch(path, more).status_code == 200
    assert state.erp.metadata.has_tab("vendors")


def test_a_request_is_shown_in_its_envelope_and_a_strange_one_is_not_found(client, tool, connector, small):
    """The request is read by the id that the webhook names."""
    tool.send("commitment", small.subcontract)
    request = tool.accept("commitment", small.subcontract)
    shown = client.get(f"{connector.company}/erp_requests/{request.id}").json()
    assert (shown["id"], shown["request_name"]) == (request.id, "create_commitment")
    assert client.get(f"{connector.company}/erp_requests/1").status_code == 404


def test_an_origin_id_is_one_lines_alone_over_contracts_and_change_orders(connector, state, small):
    """A line of a contract and one of a change order share a type, so they cannot share an id."""
    line = state.lines(small.subcontract)[0]
    order = state.change_orders.create(small.subcontract, [(line.cost_code_id, Decimal(5), "More", None)])
    item = state.change_orders.lines(order.id)[0]
    assert connector.external(("line_item", line.id), origin="T|1")["errors"] == []
    refused = connector.external(("line_item", item.id), origin="T|1")
    assert refused["errors"][0]["errors"] == {"origin_id": ["has already been taken"]}
    assert connector.external(("line_item", item.id), origin="T|2")["entities"][0]["item_id"] == item.id
    assert connector.external(("vendor", small.vendor), origin="T|1")["errors"] == []
    connector.external(("line_item", line.id), origin=None)
    assert state.line(line.id).origin_id is None
    assert connector.external(("line_item", item.id), origin="T|1")["errors"] == []


def test_external_data_know_their_types_and_records(connector, small):
    """An unknown type, an unknown record, and one of the other kind of contract are errors of their items."""
    answers = connector.external(
        ("planet", 1), ("vendor", 1), ("purchase_order_contract", small.subcontract), ("vendor", small.vendor)
    )
    assert [list(one["errors"]) for one in answers["errors"]] == [["item_type"], ["id"], ["id"]]
    assert [one["item_id"] for one in answers["entities"]] == [small.vendor]


def test_external_data_are_listed_and_destroyed_in_bulk(client, connector, state, small):
    """What carries an id is listed by type; a bulk removal clears it."""
    path = f"{connector.company}/external_data"
    listed = client.get(path, item_type="vendor", item_id=small.vendor).json()
    assert [one["origin_id"] for one in listed] == [state.vendor(small.vendor).origin_id]
    client.session.delete(
        client.server.url + f"{path}/bulk_destroy", json={"item_type": "vendor", "item_ids": [small.vendor]}
    )
    assert state.vendor(small.vendor).origin_id is None


def test_an_external_id_of_an_invoice_is_written_though_it_is_closed(connector, tool, state, billed):
    """ERP Integrations may write the ids of a closed invoice, where the public endpoint may not."""
    connector.export("requisition", billed)
    assert state.invoices.get(billed).origin_id
    assert all(item.origin_id for item in state.invoices.items(billed))
    assert tool.violations == []


def test_a_second_close_is_taken_and_noted(tool, connector, small):
    """Closing twice changes nothing in Procore, but is a violation; each close is in the log."""
    connector.export("commitment", small.subcontract)
    detail = tool.tables.details.live()[0].id
    assert connector.close(detail, "Too late.")["status"] == "success"
    assert rules(tool) == ["closes twice"]
    assert [(one.detail_id, one.status) for one in tool.closings] == [(detail, "success"), (detail, "failed")]


def test_a_close_before_external_data_is_noted(tool, connector, small):
    """Success without the ids of header and lines is a violation for each of them, and syncs nothing."""
    tool.send("commitment", small.subcontract)
    tool.accept("commitment", small.subcontract)
    connector.close(tool.tables.open_details()[0].id)
    assert rules(tool) == ["success before external data"] * 3
    assert tool.item("commitment", small.subcontract).stage is Stage.FAILED


def test_a_line_that_was_forgotten_is_noted(tool, connector, state, small):
    """The header's id alone is not enough."""
    tool.send("commitment", small.subcontract)
    tool.accept("commitment", small.subcontract)
    first, second = state.lines(small.subcontract)
    connector.external(("line_item", first.id), ("work_order_contract", small.subcontract))
    connector.close(tool.tables.open_details()[0].id)
    assert rules(tool) == ["a header's id before its line's", "success before external data"]
    assert {one.about.rpartition(" ")[2] for one in tool.violations} == {str(second.id)}


def test_a_header_that_comes_before_its_lines_is_noted(tool, connector, small):
    """Its id makes the record synced, and the connector might die before the lines have theirs."""
    tool.send("commitment", small.subcontract)
    tool.accept("commitment", small.subcontract)
    lines = tool.parts_of(Kind.COMMITMENT, small.subcontract)
    connector.external(("work_order_contract", small.subcontract), *lines)
    assert rules(tool) == ["a header's id before its line's"] * len(lines)
    connector.external(("work_order_contract", small.subcontract))
    connector.close(tool.tables.open_details()[0].id)
    assert rules(tool) == ["a header's id before its line's"] * len(lines)


def test_details_are_filtered_by_their_item_alone(client, tool, connector):
    """Ids are one type's own and no filter by type is documented: who asks by an id looks at the type."""
    for item_type in ("vendor", "requisition"):
        tool.tables.details.create(request_id=1, purpose="export", item_type=item_type, item_id=7)
    asked = {"filters[item_id]": 7, "filters[item_type]": "vendor"}
    shown = client.get(f"{connector.company}/erp_request_details", **asked).json()
    assert [one["item_type"] for one in shown] == ["vendor", "requisition"]
    assert client.get(f"{connector.company}/erp_request_details", **{"filters[item_id]": 8}).json() == []


def test_budgets_and_jobs_are_complete_before_they_succeed(tool, connector, state, budget):
    """A budget's transactions and a job's assignments belong to the export."""
    tool.send("budget", budget)
    tool.accept("budget", budget)
    connector.external(tool.header_of(Kind.BUDGET, budget))
    connector.close(tool.tables.open_details()[0].id)
    assert rules(tool) == ["success before the transactions"] * 2
    project = state.create_project("Pier 9").id
    tool.send("job", project)
    tool.accept("job", project)
    connector.external(("project", project), *tool.parts_of(Kind.JOB, project))
    connector.close(tool.tables.open_details()[0].id)
    assert rules(tool)[2:] == ["success before the assignments"] * 2


def test_a_cost_code_that_a_job_got_after_its_export_is_not_asked_of_it(tool, connector, state, small):
    """An export is complete with the codes that its request names; the next export names the new one."""
    state.edit_project(small.project, address="2 Harbor Road")
    tool.send("job", small.project)
    tool.accept("job", small.project)
    parent = state.standard_cost_codes()[0]
    code = state.create_standard_cost_code(parent.standard_cost_code_list_id, "070", "Late", parent.id)
    state.edit_standard_cost_code(code.id, origin_id="item-9")
    [late] = state.copy_standard_codes(small.project)
    connector.do("job", small.project)
    state.edit_cost_code(late.id, origin_id=None)
    assert tool.violations == []
    assert tool.must_export(Kind.JOB, small.project)


def test_a_failure_needs_words_and_a_detail_must_exist(client, tool, connector, small):
    """A failure that says nothing and a close of an unknown detail are violations."""
    tool.send("commitment", small.subcontract)
    tool.accept("commitment", small.subcontract)
    detail = tool.tables.open_details()[0].id
    path = f"{connector.company}/erp_request_details"
    assert client.patch(f"{path}/{detail}", {"request_detail": {"status": "done"}}).status_code == 422
    assert client.patch(f"{path}/{detail}", {}).status_code == 400
    assert client.patch(f"{path}/1", {"request_detail": {"status": "success"}}).status_code == 404
    connector.patch(f"erp_request_details/{detail}", {"request_detail": {"status": "failed"}})
    assert rules(tool) == ["closes an unknown detail", "fails without a word"]


def test_details_are_closed_by_either_verb_and_in_bulk_by_either_wrapper(client, tool, connector, state):
    """PATCH and PUT close one; `updates` and a bare array close many, in the shape of a sync."""
    details = []
    for name in "ABCD":
        vendor = state.create_vendor(name).id
        tool.send("vendor", vendor)
        tool.accept("vendor", vendor)
        connector.external(("vendor", vendor))
        details.append(tool.tables.open_details()[-1].id)
    path = f"{connector.company}/erp_request_details"
    body = {"request_detail": {"status": "success"}}
    connector.patch(f"erp_request_details/{details[0]}", body)
    assert client.session.put(f"{client.server.url}{path}/{details[1]}", json=body).status_code == 200
    one = {"id": details[2], "status": "success", "messages": []}
    assert connector.patch("erp_request_details/sync", {"updates": [one]})["entities"][0] == one
    lost = {"id": 1, "status": "success"}
    answers = connector.patch("erp_request_details/sync", [{**one, "id": details[3]}, lost])
    assert (len(answers["entities"]), answers["errors"][0]["id"]) == (1, 1)
    assert tool.tables.open_details() == []


def test_figures_are_json_numbers_of_the_projects_own_codes(connector, client, state, small):
    """Text for an amount, a strange code and a strange job are refused; what is good is kept."""
    code, kind = state.cost_codes(small.project)[1].id, state.line_item_types()[0].id
    body = {"company_id": state.company_id, "job_origin_id": state.project(small.project).origin_id}
    rows = [
        {"cost_code_id": code, "line_item_type_id": kind, "job_to_date_cost": "1.5"},
        {"cost_code_id": 1, "line_item_type_id": kind, "job_to_date_cost": 1.5},
        {"cost_code_id": code, "line_item_type_id": kind, "job_to_date_cost": 1.5},
    ]
    answers = connector.patch("/rest/v1.0/erp_job_costs/sync", {**body, "updates": rows})
    assert [list(one["errors"]) for one in answers["errors"]] == [["job_to_date_cost"], ["cost_code_id"]]
    (row,) = state.erp.tables.job_costs_of(small.project)
    assert row.figures == {"job_to_date_cost": Decimal("1.5")}
    strange = {**body, "job_origin_id": "80-1", "updates": rows}
    assert client.patch("/rest/v1.0/erp_job_costs/sync", strange).status_code == 404


def test_figures_that_come_before_the_export_is_done_thaw_nothing(connector, tool, state, budget):
    """Figures may pass an export that is on its way: the budget stays frozen until it is done."""
    tool.send("budget", budget)
    tool.accept("budget", budget)
    connector.figures(budget, tool.money_payloads.revised(budget))
    connector.do("budget", budget)
    assert budget in state.budgets.frozen
    connector.figures(budget, tool.money_payloads.revised(budget))
    assert budget not in state.budgets.frozen


def test_payments_of_invoices_are_made_and_changed_by_their_origin_id(connector, state, billed):
    """A payment comes once; the same id changes it; a void is the amount zero."""
    connector.export("requisition", billed)
    path = "invoice_payments/sync"
    base = {"invoice_type": "Billings::Requisition", "invoice_id": billed, "origin_id": "P-1|B-1"}
    sent = {
        **base,
        "amount": "100.10",
        "date": "2026-04-20",
        "check_number": "10442",
        "payment_method": "check",
    }
    connector.patch(path, {"company_id": state.company_id, "updates": [sent]})
    connector.patch(path, {"updates": [{**sent, "amount": "0.00", "origin_code": "10442"}]})
    (payment,) = state.payments.of_invoice(billed)
    assert (payment.amount, payment.origin_code, payment.check_number) == (Decimal(0), "10442", "10442")
    odd = [
        {**base, "origin_id": "P-2"},
        {**base, "invoice_id": 1, "origin_id": "P-3", "amount": "1.0"},
        {**base, "invoice_type": "Planet", "origin_id": "P-4", "amount": "1.0"},
        {**base, "origin_id": "", "amount": "1.0"},
    ]
    refused = connector.patch(path, {"updates": odd})["errors"]
    assert [list(one["errors"]) for one in refused] == [
        ["amount"],
        ["invoice_id"],
        ["invoice_type"],
        ["origin_id"],
    ]


def test_transactions_belong_to_their_project_and_keep_ids_of_their_own(connector, tool, state, budget):
    """A transaction of another project, or an id that another has, is refused."""
    tool.send("budget", budget)
    tool.accept("budget", budget)
    one, other = tool.tables.transactions_of(budget)
    path, other_project = "/rest/v1.0/erp_transactions/sync", state.create_project("Pier 9").id
    good = {"id": one.id, "origin_id": "T-1", "synced": True}
    assert connector.patch(path, {"project_id": other_project, "updates": [good]})["errors"]
    assert not connector.patch(path, {"project_id": budget, "updates": [good]})["errors"]
    taken = connector.patch(path, {"project_id": budget, "updates": [{**good, "id": other.id}]})
    assert taken["errors"][0]["errors"] == {"origin_id": ["has already been taken"]}
    query = {"company_id": state.company_id, "project_id": budget}
    shown = connector.client.get("/rest/v1.0/erp_transactions", **query).json()
    assert [row["synced"] for row in shown] == [True, False]


@pytest.mark.parametrize("path", ["external_data/sync", "staged_records/sync", "invoice_payments/sync"])
def test_a_bulk_call_takes_a_thousand(client, connector, path):
    """1001 items are refused whole; a body without updates is a bad request."""
    whole = f"{connector.company}/{path}"
    assert client.patch(whole, {"updates": [{}] * 1001}).status_code == 413
    assert client.patch(whole, {}).status_code == 400


def test_cost_types_get_the_connectors_ids(connector, state):
    """Cost types are synced by the public endpoint, which takes them by id with an origin id."""
    row = state.line_item_types()[0]
    answers = connector.patch(
        "/rest/v1.0/line_item_types/sync",
        {"company_id": state.company_id, "updates": [{"id": row.id, "origin_id": "std_cat_X"}]},
    )
    assert answers["errors"] == []
    assert state.line_item_types()[0].origin_id == "std_cat_X"


def test_a_project_asks_for_transactions_by_its_configuration(client, tool, small):
    """The flag of a project is set over the API, and sync_single_job carries it."""
    path = f"/rest/v1.0/projects/{small.project}/configuration"
    flag = "erp_job_cost_transaction_syncing_enabled"
    for wanted in (True, False):
        assert client.patch(path, {flag: wanted}).json() == {flag: wanted}
        request = tool.update_job_costs(small.project)
        assert request.data["additional_job_data"]["job_cost_transactions_sync_enabled"] is wanted


def test_calls_are_counted_by_endpoint(connector, tool, client, small):
    """The export of one record is one reading, one external data and one close."""
    before = client.server.calls.copy()
    tool.send("commitment", small.subcontract)
    request = tool.accept("commitment", small.subcontract)
    client.get(f"{connector.company}/erp_requests/{request.id}")
    connector.do("commitment", small.subcontract)
    root = "/rest/v1.0/companies/{company_id}"
    assert client.server.calls - before == {
        f"GET {root}/erp_requests/{{id}}": 1,
        f"PATCH {root}/external_data/sync": 1,
        f"PATCH {root}/erp_request_details/{{id}}": 1,
    }
