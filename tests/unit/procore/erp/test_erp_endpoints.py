"""Where the ERP platform's endpoints are: candidates in order, a connection's own, and the older ones."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import pytest

from qbsync.errors import ProcoreForbiddenError, ProcoreMissingError, ProcoreRefusedError
from qbsync.procore.erp.api import ErpApi
from qbsync.procore.erp.paths import ENDPOINTS, Certainty
from tests.unit.procore.conftest import API

COMPANY = f"{API}/rest/v1.0/companies/8089"
STAGED = f"{COMPANY}/staged_records/sync"


def _url(path):
    return API + path.format(company_id="8089", id="7")


def _asked(http):
    """Each call but those for a token: method, path, body."""
    return [
        (call.request.method, call.request.url.partition("?")[0].removeprefix(API), call.request.body)
        for call in http.calls
        if "oauth" not in call.request.url
    ]


@pytest.mark.parametrize("name", ENDPOINTS)
def test_candidates_are_tried_in_their_order_and_the_refusal_names_the_endpoint(api, http, name):
    """None of an endpoint's addresses is there: each was asked once, in order, and the last is named."""
    endpoint = ENDPOINTS[name]
    for method, path in endpoint.candidates:
        http.add(method, _url(path), status=404)
    with pytest.raises(ProcoreMissingError) as caught:
        api._call(name, record_id="7" if "{id}" in endpoint.candidates[0][1] else "", body={})
    assert [one[:2] for one in _asked(http)] == [
        (method, path.format(company_id="8089", id="7")) for method, path in endpoint.candidates
    ]
    assert f"refused to {endpoint.what}" in caught.value.message
    assert " ".join(endpoint.candidates[-1]) in caught.value.guidance
    assert f"erp_paths='{name}=METHOD /rest/...'" in caught.value.guidance


@pytest.mark.parametrize("name", ENDPOINTS)
def test_each_endpoint_may_be_put_elsewhere(client, http, name):
    """`erp_paths` names another address of any endpoint: that one is asked, and no other."""
    http.add("PUT", f"{API}/rest/v3.0/8089/here/7", json={})
    own = ErpApi(client, overrides=f"{name}=PUT /rest/v3.0/{{company_id}}/here/{{id}}", works={name: 1})
    own._call(name, record_id="7")
    assert [one[:2] for one in _asked(http)] == [("PUT", "/rest/v3.0/8089/here/7")]


@pytest.mark.intuit
def test_what_counts_as_documented_is_printed_in_the_reference():
    """A documented endpoint's address stands in the reference; an inferred one's is marked there."""
    text = Path(os.environ["QBSYNC_INTUIT_SCHEMA"], "procore-api.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| E\d+ \|.*$", text, re.MULTILINE)
    for one in ENDPOINTS.values():
        method, path = one.candidates[0]
        place = path.split("/{id}")[0].split("/")[-1 if not path.endswith("/sync") else -2]
        fitting = [row for row in rows if re.search(rf"\b{place}\b", row)]
        assert fitting, one.name
        if one.certainty is Certainty.DOCUMENTED:
            assert any("✔" in row and method in row for row in fitting), one.name


def test_the_address_that_answered_comes_first_and_another_is_found_again(client, http):
    """What worked is given back, asked first later, and left where it is gone again."""
    first, second = (path for _, path in ENDPOINTS["metadata"].candidates)
    http.patch(_url(first), status=404)
    http.patch(_url(second), json={})
    api = ErpApi(client)
    api.metadata("https://q.example", {})
    assert api.works == {"metadata": 1}
    http.replace("PATCH", _url(first), json={})
    http.replace("PATCH", _url(second), status=404)
    later = ErpApi(client, works=api.works)
    later.metadata("https://q.example", {})
    asked = [path.removeprefix("/rest/v1.0/companies/8089") for _, path, _ in _asked(http)]
    assert asked == ["/erp_connections", "/erp_connections/8089", "/erp_connections/8089", "/erp_connections"]
    assert later.works == {"metadata": 0}


def test_endpoints_that_are_nowhere_are_remembered_apart_from_records_that_are(api, http):
    """A list that is 404 is missing; a request that is 404 may only be early; what answers is there again."""
    http.get(f"{COMPANY}/erp_request_details", status=404)
    http.get(f"{COMPANY}/erp_requests/9", status=404)
    for ask in (api.details, lambda: api.request("9")):
        with pytest.raises(ProcoreMissingError):
            ask()
    assert set(api.missing) == {"details"}
    http.replace("GET", f"{COMPANY}/erp_request_details", json=[])
    api.details()
    assert (api.missing, api.answered) == ({}, {"details"})


def test_what_is_forbidden_names_the_permission(api, http):
    """403 says what Procore was asked for, and which permission it takes; the path is not to blame."""
    http.get(f"{COMPANY}/erp_request_details", status=403)
    with pytest.raises(ProcoreForbiddenError, match="refused to list request details") as caught:
        api.details()
    assert "ERP Integrations: Admin" in caught.value.guidance
    assert "erp_paths" not in caught.value.guidance
    assert api.missing == {}


def test_a_list_of_details_is_read_to_its_end(api, http):
    """A thousand a page; a list that knows no pages is not read for ever."""
    http.get(f"{COMPANY}/erp_request_details", json=[{"id": one} for one in range(1000)])
    http.get(f"{COMPANY}/erp_request_details", json=[{"id": 2000, "status": "success"}])
    assert len(api.details()) == 1001
    http.replace("GET", f"{COMPANY}/erp_request_details", json=[{"id": one} for one in range(1000)])
    http.calls.reset()
    assert len(api.details()) == 1000
    assert len(_asked(http)) == 2


VENDOR = {
    "item_type": "vendor",
    "origin_id": "80-7",
    "origin_code": "BAY",
    "status": "staged",
    "data": {"name": "Bayline", "zip": "80202"},
}
JOB = {"item_type": "project", "origin_id": "80-8", "data": {"name": "Tower"}}
ORDER = {
    "item_type": "purchase_order_contract",
    "origin_id": "1A-1",
    "origin_code": "PO-1",
    "data": {"title": "Doors", "project_id": 594012},
    "children": [{"item_type": "line_item", "origin_id": "1A-1|2", "data": {"amount": "5.0"}}],
}
OLDER = {
    "/rest/v1.0/erp_vendors/sync": [
        {"name": "Bayline", "zip": "80202", "origin_id": "80-7", "origin_code": "BAY"}
    ],
    "/rest/v1.0/erp_projects/sync": [{"name": "Tower", "origin_id": "80-8"}],
    "/rest/v1.0/erp_purchase_order_contracts/sync": [
        {"title": "Doors", "project_id": 594012, "origin_id": "1A-1", "origin_code": "PO-1"}
    ],
    "/rest/v1.0/erp_purchase_order_contract_line_items/sync": [
        {"amount": "5.0", "origin_id": "1A-1|2", "parent_origin_id": "1A-1"}
    ],
}  # fmt: skip


@pytest.mark.parametrize("status", [404, 405])
def test_without_staged_records_the_older_endpoints_are_used(api, http, status):
    """Both addresses of staged records are tried; then each type goes to its own, lines after contracts."""
    for path in (STAGED, f"{API}/rest/v1.0/staged_records/sync"):
        http.patch(path, status=status)
    for path in OLDER:
        http.patch(API + path, json={"entities": [{}], "errors": []})
    answers = api.staged_records([VENDOR, JOB, ORDER, {**VENDOR, "origin_id": "80-9", "status": "archived"}])
    assert [len(one.entities) for one in answers] == [1, 1, 1, 1]
    sent = {path: json.loads(body) for _, path, body in _asked(http)[2:]}
    assert sent == {path: {"company_id": 8089, "updates": updates} for path, updates in OLDER.items()}


def test_types_without_staged_records_go_to_the_older_endpoints_alone(api, http):
    """Procore stages vendors, and says of jobs that they are not enabled: those alone go the older way."""
    refused = {**JOB, "errors": {"item_type": ["is not enabled for staged records"]}}
    wrong = {**VENDOR, "errors": {"name": ["is too long"]}}
    http.patch(STAGED, json={"entities": [], "errors": [refused, wrong]})
    http.patch(f"{API}/rest/v1.0/erp_projects/sync", json={"entities": [{"id": 1}], "errors": []})
    first, second = api.staged_records([VENDOR, JOB])
    assert first.errors == (wrong,)
    assert second.entities == ({"id": 1},)


def test_a_type_that_has_neither_is_given_back_as_refused(api, http):
    """A change order has no older endpoint: it is refused in words, and nothing is sent for it."""
    order = {"item_type": "commitment_change_order", "origin_id": "1A-9", "data": {}}
    http.patch(STAGED, json={"errors": [{**order, "errors": {"item_type": ["is not enabled"]}}]})
    *_, last = api.staged_records([order])
    assert "neither staged records nor an older endpoint" in str(last.errors[0]["errors"])


def test_staging_that_is_refused_for_another_reason_is_no_missing_endpoint(api, http):
    """422 is about what was sent: it is raised, and no older endpoint is asked."""
    http.patch(STAGED, status=422)
    with pytest.raises(ProcoreRefusedError):
        api.staged_records([VENDOR])
    assert len(_asked(http)) == 1
