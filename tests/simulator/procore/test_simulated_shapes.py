from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

WOC = "/rest/v1.0/work_order_contracts"
POC = "/rest/v1.0/purchase_order_contracts"
WEBHOOKS = "/rest/v1.0/webhooks"
WEBHOOKS_V2 = "/rest/v2.0/companies/8089/webhooks"


def differences(sample: object, got: object, at: str = "$") -> list[str]:
    """Where two JSON values differ in keys or types; null fits everything, custom fields are free."""
    if sample is None or got is None or at.endswith(".custom_fields"):
        return []
    if isinstance(sample, dict) and isinstance(got, dict):
        odd = [f"{at}: {key} is on one side only" for key in sorted(sample.keys() ^ got.keys())]
        both = sample.keys() & got.keys()
        return odd + [line for key in both for line in differences(sample[key], got[key], f"{at}.{key}")]
    if isinstance(sample, list) and isinstance(got, list):
        return [line for item in got[:3] if sample for line in differences(sample[0], item, f"{at}[]")]
    numbers = isinstance(sample, int | float) and isinstance(got, int | float)
    return [] if numbers or type(sample) is type(got) else [f"{at}: {sample!r} and {got!r}"]


def sample_of(name: str) -> object:
    """The reference's sample of that name; skips where no folder is named."""
    folder = os.environ.get("QBSYNC_INTUIT_SCHEMA")
    if not folder:
        pytest.skip("QBSYNC_INTUIT_SCHEMA names no folder with procore-samples")
    return json.loads((Path(folder) / "procore-samples" / f"{name}.json").read_text(encoding="utf-8"))


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
@pytest.mark.parametrize(("name", "path", "query"), LISTS, ids=[row[0] for row in LISTS])
def test_an_answer_has_the_shape_of_its_sample(name, path, query, client, names):
    """Each GET answers with exactly the keys and types of the documented sample."""
    response = client.session.get(
        f"{client.server.url}{path.format(**names)}?{query.format(**names)}", timeout=9
    )
    assert response.status_code == 200
    assert response.json()
    assert differences(sample_of(name), response.json()) == []


@pytest.mark.intuit
@pytest.mark.parametrize("case", SYNCS, ids=[row[0] for row in SYNCS])
def test_a_sync_answers_in_the_shape_of_its_sample(case, client, names):
    """Each sync answers with entities of the documented sample's keys and types."""
    name, path, item, scope = case
    body = {key: names[value] for key, value in scope.items()}
    updates = [{"id": names[item], "origin_id": "8000-1"}, {"id": 0, "name": "nobody"}]
    response = client.patch(path.format(**names), {**body, "updates": updates})
    assert response.status_code == 200
    assert differences(sample_of(name)["entities"], response.json()["entities"]) == []
    assert response.json()["entities"][0]["origin_id"] == "8000-1"
    assert response.json()["errors"] == [
        {"id": 0, "name": "nobody", "errors": {"id": ["Entity with this ID not found"]}}
    ]


@pytest.mark.intuit
def test_the_login_answers_in_the_shape_of_its_samples(client):
    """A token and its info have the documented keys."""
    info = client.session.get(f"{client.server.login_url}/oauth/token/info", timeout=9)
    assert differences(sample_of("oauth_token_client_credentials"), client.token().json()) == []
    assert differences(sample_of("oauth_token_info"), info.json()) == []


def test_webhooks_in_v2_have_the_samples_shapes(client, add_hook):
    """Hook, trigger and resources of v2.0 have the keys and types of the samples."""
    made = add_hook(version="v4.0")
    assert differences(sample_of("webhook_hook_create_v20"), {"data": made}) == []
    one = {"resource_name": "ERP Requests", "event_type": "create"}
    trigger = client.post(f"{WEBHOOKS_V2}/hooks/{made['id']}/triggers", one)
    assert differences(sample_of("webhook_trigger_create_v20"), trigger) == []
    resources = client.get(f"{WEBHOOKS_V2}/resources", payload_version="v2.0").json()
    assert differences(sample_of("webhook_resources_list_v20"), resources) == []


def test_webhooks_in_v1_have_the_samples_shapes(client, state, receiver):
    """Hook, trigger, triggers in bulk, deliveries and resources of v1.0 have the samples' keys and types."""
    hook = {
        "api_version": "v2",
        "namespace": "open-qbd-connector",
        "destination_url": receiver.url,
        "destination_headers": {"Authorization": "Bearer token123"},
    }
    made = client.post(f"{WEBHOOKS}/hooks", {"company_id": 8089, "hook": hook})
    assert differences(sample_of("webhook_hook_create_v10"), made) == []
    one = {"resource_name": "ERP Requests", "event_type": "create"}
    path = f"{WEBHOOKS}/hooks/{made['id']}/triggers"
    trigger = client.post(path, {"company_id": 8089, "api_version": "v2", "trigger": one})
    assert differences(sample_of("webhook_trigger_create_v10"), trigger) == []
    many = {"company_id": 8089, "triggers": [{"resource_name": "ERP Requests", "event_type": "update"}]}
    assert (
        differences(
            sample_of("webhook_triggers_bulk_create_v10"), client.post(f"{path}/bulk", many, status=200)
        )
        == []
    )
    state.outbox.publish("ERP Requests", 900137, "create")
    state.outbox.pump(receiver)
    listed = client.get(f"{WEBHOOKS}/hooks/{made['id']}/deliveries", company_id=8089).json()
    assert differences(sample_of("webhook_deliveries_list_v10"), listed) == []
    resources = client.get(f"{WEBHOOKS}/resources", company_id=8089).json()
    assert differences(sample_of("webhook_resources_list_v10"), resources) == []


@pytest.mark.parametrize(
    ("version", "sample"),
    [
        ("v2.0", "webhook_event_erp_request_payload_v2"),
        ("v3.0", "webhook_event_payload_v3"),
        ("v4.0", "webhook_event_payload_v4"),
    ],
)
def test_each_payload_version_has_its_samples_shape(add_hook, receiver, small, version, sample):
    """A change of a commitment's line is delivered with the keys and types of the version's sample."""
    add_hook(("Work Order Contract Line Items", "update"), version=version)
    state = add_hook.client.server.state
    [line, _] = state.lines(small.subcontract)
    state.edit_line(line.id, description="Rewiring")
    state.outbox.pump(receiver)
    assert differences(sample_of(sample), receiver.bodies[0]) == []
