from __future__ import annotations

import pytest

WOC = "/rest/v1.0/work_order_contracts"
POC = "/rest/v1.0/purchase_order_contracts"
WEBHOOKS = "/rest/v1.0/webhooks"
WEBHOOKS_V2 = "/rest/v2.0/companies/8089/webhooks"


LISTS = [
    ("me_show", "/rest/v1.0/me", ""),
    ("companies_list", "/rest/v1.0/companies", ""),
    ("projects_list_v11", "/rest/v1.1/projects", "company_id={company}&view=normal"),
    ("project_show", "/rest/v1.0/projects/{project}", "company_id={company}"),
    ("vendors_list", "/rest/v1.0/vendors", "company_id={company}&view=extended"),
    ("vendor_show", "/rest/v1.0/vendors/{vendor}", "company_id={company}"),
    ("standard_cost_code_lists_list", "/rest/v1.0/standard_cost_code_lists", "company_id={company}"),
    (
        "standard_cost_codes_list",
        "/rest/v1.0/standard_cost_codes",
        "company_id={company}&standard_cost_code_list_id={list_id}",
    ),
    ("cost_codes_list", "/rest/v1.0/cost_codes", "project_id={project}"),
    ("line_item_types_list", "/rest/v1.0/line_item_types", "company_id={company}"),
    ("commitments_list", "/rest/v1.0/commitments", "project_id={project}"),
    ("work_order_contracts_list", WOC, "project_id={project}&view=extended"),
    ("work_order_contract_show", f"{WOC}/{{subcontract}}", "project_id={project}"),
    ("work_order_contract_line_items_list", f"{WOC}/{{subcontract}}/line_items", "project_id={project}"),
    ("purchase_order_contracts_list", POC, "project_id={project}&view=extended"),
    ("purchase_order_contract_show", f"{POC}/{{order}}", "project_id={project}"),
    ("purchase_order_contract_line_items_list", f"{POC}/{{order}}/line_items", "project_id={project}"),
]
SYNCS = [
    ("projects_sync", "/rest/v1.0/projects/sync", "project", {"company_id": "company"}),
    ("vendors_sync", "/rest/v1.0/vendors/sync", "vendor", {"company_id": "company"}),
    (
        "standard_cost_codes_sync",
        "/rest/v1.0/standard_cost_codes/sync",
        "standard",
        {"company_id": "company", "standard_cost_code_list_id": "list_id"},
    ),
    ("cost_codes_sync", "/rest/v1.0/cost_codes/sync", "code", {"project_id": "project"}),
    ("work_order_contracts_sync", f"{WOC}/sync", "subcontract", {"project_id": "project"}),
    (
        "work_order_contract_line_items_sync",
        f"{WOC}/{{subcontract}}/line_items/sync",
        "line",
        {"project_id": "project"},
    ),
]


@pytest.fixture
def names(small, state):
    """What the paths' variables stand for."""
    return {
        "company": state.company_id,
        "standard": state.standard_cost_codes()[1].id,
        "code": state.cost_codes()[1].id,
        "line": state.lines(small.subcontract)[0].id,
        **vars(small),
    }


@pytest.mark.intuit
@pytest.mark.parametrize("case", LISTS, ids=[row[0] for row in LISTS])
def test_an_answer_has_the_shape_of_its_sample(case, client, names, unlike):
    """Each GET answers with exactly the keys and types of the documented sample."""
    name, path, query = case
    response = client.session.get(
        f"{client.server.url}{path.format(**names)}?{query.format(**names)}", timeout=9
    )
    assert response.status_code == 200
    assert response.json()
    assert unlike(name, response.json()) == []


@pytest.mark.intuit
@pytest.mark.parametrize("case", SYNCS, ids=[row[0] for row in SYNCS])
def test_a_sync_answers_in_the_shape_of_its_sample(case, client, names, unlike):
    """Each sync answers with entities of the documented sample's keys and types."""
    name, path, item, scope = case
    body = {key: names[value] for key, value in scope.items()}
    updates = [{"id": names[item], "origin_id": "8000-1"}, {"id": 0, "name": "nobody"}]
    response = client.patch(path.format(**names), {**body, "updates": updates})
    assert response.status_code == 200
    assert unlike(name, response.json()["entities"], within="entities") == []
    assert response.json()["entities"][0]["origin_id"] == "8000-1"
    assert response.json()["errors"] == [
        {"id": 0, "name": "nobody", "errors": {"id": ["Entity with this ID not found"]}}
    ]


@pytest.mark.intuit
def test_the_login_answers_in_the_shape_of_its_samples(client, unlike):
    """A token and its info have the documented keys."""
    info = client.session.get(f"{client.server.login_url}/oauth/token/info", timeout=9)
    assert unlike("oauth_token_client_credentials", client.token().json()) == []
    assert unlike("oauth_token_info", info.json()) == []


def test_webhooks_in_v2_have_the_samples_shapes(client, add_hook, unlike):
    """Hook, trigger and resources of v2.0 have the keys and types of the samples."""
    made = add_hook(version="v4.0")
    assert unlike("webhook_hook_create_v20", {"data": made}) == []
    one = {"resource_name": "ERP Requests", "event_type": "create"}
    trigger = client.post(f"{WEBHOOKS_V2}/hooks/{made['id']}/triggers", one)
    assert unlike("webhook_trigger_create_v20", trigger) == []
    resources = client.get(f"{WEBHOOKS_V2}/resources", payload_version="v2.0").json()
    assert unlike("webhook_resources_list_v20", resources) == []


def test_webhooks_in_v1_have_the_samples_shapes(client, state, receiver, unlike):
    """Hook, trigger, triggers in bulk, deliveries and resources of v1.0 have the samples' keys and types."""
    hook = {
        "api_version": "v2",
        "namespace": "open-qbd-connector",
        "destination_url": receiver.url,
        "destination_headers": {"Authorization": "Bearer token123"},
    }
    made = client.post(f"{WEBHOOKS}/hooks", {"company_id": 8089, "hook": hook})
    assert unlike("webhook_hook_create_v10", made) == []
    one = {"resource_name": "ERP Requests", "event_type": "create"}
    path = f"{WEBHOOKS}/hooks/{made['id']}/triggers"
    trigger = client.post(path, {"company_id": 8089, "api_version": "v2", "trigger": one})
    assert unlike("webhook_trigger_create_v10", trigger) == []
    many = {"company_id": 8089, "triggers": [{"resource_name": "ERP Requests", "event_type": "update"}]}
    assert unlike("webhook_triggers_bulk_create_v10", client.post(f"{path}/bulk", many, status=200)) == []
    state.outbox.publish("ERP Requests", 900137, "create")
    state.outbox.pump(receiver)
    listed = client.get(f"{WEBHOOKS}/hooks/{made['id']}/deliveries", company_id=8089).json()
    assert unlike("webhook_deliveries_list_v10", listed) == []
    resources = client.get(f"{WEBHOOKS}/resources", company_id=8089).json()
    assert unlike("webhook_resources_list_v10", resources) == []


@pytest.mark.parametrize(
    "case",
    [
        ("v2.0", "webhook_event_erp_request_payload_v2"),
        ("v3.0", "webhook_event_payload_v3"),
        ("v4.0", "webhook_event_payload_v4"),
    ],
    ids=lambda case: case[0],
)
def test_each_payload_version_has_its_samples_shape(case, add_hook, receiver, small, unlike):
    """A change of a commitment's line is delivered with the keys and types of the version's sample."""
    version, sample = case
    add_hook(("Work Order Contract Line Items", "update"), version=version)
    state = add_hook.client.server.state
    [line, _] = state.lines(small.subcontract)
    state.edit_line(line.id, description="Rewiring")
    state.outbox.pump(receiver)
    assert unlike(sample, receiver.bodies[0]) == []
