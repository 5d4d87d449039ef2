from __future__ import annotations

import pytest

SYNC = "/rest/v1.0/vendors/sync"


@pytest.fixture
def sync(client, state):
    """Syncs vendors and returns entities and errors."""

    def call(*updates: dict[str, object]):
        response = client.patch(SYNC, {"company_id": state.company_id, "updates": list(updates)})
        assert response.status_code == 200
        return response.json()["entities"], response.json()["errors"]

    return call


def test_neither_id_creates_each_time(sync, state):
    """Without id and origin_id a record is made, and made again on a retry."""
    for _ in range(2):
        entities, _ = sync({"name": "Twice"})
        assert entities[0]["origin_id"] is None
    assert [vendor.name for vendor in state.vendors()].count("Twice") == 2


def test_an_id_updates_or_is_not_found(sync, state, small):
    """An id that exists is updated, one that does not is an item's error; the others go on."""
    entities, errors = sync({"id": 1, "name": "x"}, {"id": small.vendor, "city": "Oakland"})
    assert [entity["city"] for entity in entities] == ["Oakland"]
    assert errors == [{"id": 1, "name": "x", "errors": {"id": ["Entity with this ID not found"]}}]
    assert state.vendor(small.vendor).city == "Oakland"


def test_an_origin_id_creates_then_updates(sync):
    """An unknown origin_id creates, a known one updates the same record."""
    first, _ = sync({"origin_id": "80-1", "name": "New"})
    second, _ = sync({"origin_id": "80-1", "name": "New, Inc."})
    assert first[0]["id"] == second[0]["id"]
    assert second[0]["name"] == "New, Inc."


def test_only_id_and_origin_id_together_set_it(sync, state, small):
    """Id with origin_id finds by id alone and sets or clears the origin id."""
    sync({"id": small.vendor, "origin_id": "80-7", "origin_data": '{"edit_sequence":"1"}'})
    assert (state.vendor(small.vendor).origin_id, state.vendor(small.vendor).origin_data) == (
        "80-7",
        '{"edit_sequence":"1"}',
    )
    _, errors = sync({"id": 1, "origin_id": "80-7"})
    assert errors[0]["errors"] == {"id": ["Entity with this ID not found"]}
    sync({"id": small.vendor, "origin_id": None})
    assert state.vendor(small.vendor).origin_id is None


def test_an_origin_id_is_unique_in_its_type(sync, client, state, small):
    """Another vendor's origin id is refused for that item; a project may have the same one."""
    sync({"id": small.vendor, "origin_id": "80-9"})
    other = state.create_vendor("Other").id
    entities, errors = sync({"id": other, "origin_id": "80-9"})
    assert entities == []
    assert errors[0]["errors"] == {"origin_id": ["has already been taken"]}
    body = {"company_id": state.company_id, "updates": [{"id": small.project, "origin_id": "80-9"}]}
    assert client.patch("/rest/v1.0/projects/sync", body).json()["errors"] == []
    patched = client.patch(
        f"/rest/v1.0/vendors/{other}", {"company_id": state.company_id, "vendor": {"origin_id": "80-9"}}
    )
    assert patched.status_code == 409


def test_a_thousand_items_and_not_more(client, state):
    """1001 items are refused whole with 413; a body without updates with 400."""
    body = {"company_id": state.company_id, "updates": [{"name": f"V{n}"} for n in range(1001)]}
    assert client.patch(SYNC, body).status_code == 413
    assert len(state.vendors()) == 1
    assert client.patch(SYNC, {**body, "updates": body["updates"][:1000]}).status_code == 200
    assert client.patch(SYNC, {"company_id": state.company_id}).status_code == 400


def test_bad_attributes_are_an_items_error(sync, client, small):
    """A blank name and an amount that is no number come back with what was sent."""
    _, errors = sync({"name": " ", "origin_id": "80-3"})
    assert errors == [{"name": " ", "origin_id": "80-3", "errors": {"name": ["can't be blank"]}}]
    path = f"/rest/v1.0/work_order_contracts/{small.subcontract}/line_items/sync"
    response = client.patch(path, {"updates": [{"amount": "x"}]}, project_id=small.project)
    assert response.json()["errors"] == [{"amount": "x", "errors": {"amount": ["is not a number"]}}]


def test_a_write_moves_updated_at_only_where_something_changed(sync, state, small):
    """The same origin id again leaves updated_at alone."""
    state.clock.advance(60)
    sync({"id": small.vendor, "origin_id": "80-1"})
    moved = state.vendor(small.vendor).updated_at
    state.clock.advance(60)
    sync({"id": small.vendor, "origin_id": "80-1"})
    assert state.vendor(small.vendor).updated_at == moved


def test_ids_of_another_scope_are_not_found(client, state, small):
    """A cost code of another project, and a contract of the other kind, are not found."""
    other = state.create_project("Other project")
    code = state.cost_codes(other.id)[0].id
    body = {"updates": [{"id": code, "origin_id": "a|b"}]}
    response = client.patch("/rest/v1.0/cost_codes/sync", body, project_id=small.project)
    assert response.json()["errors"][0]["errors"] == {"id": ["Entity with this ID not found"]}
    body = {"project_id": small.project, "updates": [{"id": small.order, "origin_id": "T-1"}]}
    response = client.patch("/rest/v1.0/work_order_contracts/sync", body)
    assert response.json()["errors"][0]["errors"] == {"id": ["Entity with this ID not found"]}


@pytest.mark.parametrize("locked", [False, True])
def test_an_approved_contract_locks_its_lines_but_not_their_ids(client, state, small, locked):
    """Amounts of an Approved contract are refused; origin ids too where the knob says so."""
    state.approved_lines_are_locked = locked
    line = state.lines(small.subcontract)[0].id
    path = f"/rest/v1.0/work_order_contracts/{small.subcontract}/line_items/sync"
    updates = [{"id": line, "origin_id": "T-1|2"}, {"id": line, "amount": "5.0"}]
    answer = client.patch(path, {"updates": updates}, project_id=small.project).json()
    words = ["cannot be changed while the contract is Approved"]
    assert answer["errors"][-1]["errors"] == {"amount": words}
    assert state.line(line).origin_id == (None if locked else "T-1|2")
    state.edit_commitment(small.subcontract, status="Draft")
    assert client.patch(path, {"updates": updates}, project_id=small.project).json()["errors"] == []


def test_one_record_is_patched(client, state, small):
    """PATCH of one vendor, project or contract changes it; a bad status gives 422."""
    company = {"company_id": state.company_id}
    client.patch(f"/rest/v1.0/vendors/{small.vendor}", {**company, "vendor": {"name": "Ñandú"}})
    client.patch(f"/rest/v1.0/projects/{small.project}", {**company, "project": {"origin_code": "24"}})
    path = f"/rest/v1.0/purchase_order_contracts/{small.order}"
    scope = {"project_id": small.project}
    client.patch(path, {**scope, "purchase_order_contract": {"origin_id": "T-9"}})
    refused = client.patch(path, {**scope, "purchase_order_contract": {"status": "Complete"}})
    assert state.vendor(small.vendor).name == "Ñandú"
    assert state.project(small.project).origin_code == "24"
    assert state.commitment(small.order).origin_id == "T-9"
    assert (refused.status_code, refused.json()) == (
        422,
        {"errors": {"status": ["is not included in the list"]}},
    )


@pytest.mark.parametrize("path", ["sync", "line_items/sync"])
def test_syncs_of_one_projects_direct_costs_are_never_parallel(client, state, small, path):
    """While another's is under way the project answers 409 to both syncs and to a DELETE, and not after."""
    sync = f"/rest/v1.0/projects/{small.project}/direct_costs/{path}"
    listed = f"/rest/v1.1/projects/{small.project}/direct_costs"
    one = f"{client.server.url}{listed}/{state.direct_costs.create(small.project).id}"
    with state.direct_costs.sync_of_another(small.project):
        assert client.patch(sync, {"updates": []}).status_code == 409
        assert client.session.delete(one).status_code == 409
        assert client.get(listed).status_code == 200
    assert client.patch(sync, {"updates": []}).status_code == 200
    assert client.session.delete(one).status_code == 200
