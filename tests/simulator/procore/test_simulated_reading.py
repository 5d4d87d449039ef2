from __future__ import annotations

import pytest

from qbsync.simulator.procore import load, save

VENDORS = "/rest/v1.0/vendors"
PROJECTS = "/rest/v1.1/projects"
WOC = "/rest/v1.0/work_order_contracts"


def ids(response):
    """The ids of a list answer."""
    assert response.status_code == 200, response.text
    return [row["id"] for row in response.json()]


def test_a_list_is_walked_by_its_next_links(client, state):
    """Following rel=next reads each record once; the last page has no next; links are absolute."""
    made = [state.create_vendor(f"Vendor {number}").id for number in range(24)]
    query = {"company_id": state.company_id, "per_page": 10, "view": "compact"}
    response = client.get(VENDORS, **query)
    assert (response.headers["Total"], response.headers["Per-Page"]) == ("25", "10")
    seen = ids(response)
    pages = 1
    while "next" in response.links:
        assert response.links["next"]["url"].startswith(client.server.url)
        response = client.session.get(response.links["next"]["url"], timeout=9)
        seen += ids(response)
        pages += 1
    assert pages == 3
    assert set(response.links) == {"first", "last", "prev"}
    assert seen == [*ids(client.get(VENDORS, company_id=state.company_id))[:1], *made]


def test_projects_have_pages_of_100_and_at_most_300(client, state):
    """per_page defaults to 100 and is cut to 300, but for view=ids."""
    for number in range(320):
        state.create_project(f"Project {number}", copy_codes=False)
    query = {"company_id": state.company_id}
    assert len(ids(client.get(PROJECTS, **query))) == 100
    assert len(ids(client.get(PROJECTS, **query, per_page=1000))) == 300
    assert len(ids(client.get(PROJECTS, **query, per_page=1000, view="ids"))) == 321


def test_a_nonsense_page_is_refused(client, state):
    """page=0 gives 400."""
    assert client.get(VENDORS, company_id=state.company_id, page=0).status_code == 400


@pytest.mark.parametrize("quote", ["", '"'])
def test_updated_at_takes_a_range(client, state, quote):
    """A range with or without quotes keeps what changed in it, both ends included."""
    state.clock.advance(600)
    late = state.create_vendor("Late Vendor")
    both = "2026-11-22T12:00:00Z...2026-11-22T12:10:00Z"
    only_late = "2026-11-22T12:00:01Z...2026-11-22T13:00:00+00:00"
    query = {"company_id": state.company_id}
    assert len(ids(client.get(VENDORS, **query, **{"filters[updated_at]": f"{quote}{both}{quote}"}))) == 2
    found = ids(client.get(VENDORS, **query, **{"filters[updated_at]": f"{quote}{only_late}{quote}"}))
    assert found == [late.id]


def test_a_malformed_range_is_refused(client, state):
    """A range that is no range gives 400, so that a client's mistake is seen."""
    query = {"company_id": state.company_id, "filters[updated_at]": "yesterday"}
    assert client.get(VENDORS, **query).status_code == 400


def test_filters_that_an_endpoint_does_not_document_are_ignored(client, small):
    """Cost codes have no filters[updated_at]: the whole list comes."""
    query = {"project_id": small.project, "filters[updated_at]": "2000-01-01...2000-01-02"}
    assert len(ids(client.get("/rest/v1.0/cost_codes", **query))) == 2


def test_ids_are_filtered_by_array_or_alone(client, state, small):
    """filters[id][] may recur; filters[id] names one."""
    other = state.create_vendor("Other").id
    state.create_vendor("Third")
    url = f"{client.server.url}{VENDORS}?company_id={state.company_id}"
    both = client.session.get(f"{url}&filters[id][]={small.vendor}&filters[id][]={other}", timeout=9)
    assert ids(both) == [small.vendor, other]
    assert ids(client.session.get(f"{url}&filters[id]={other}", timeout=9)) == [other]


def test_inactive_vendors_have_a_list_of_their_own(client, state, small):
    """An inactive vendor leaves the list and is found among the inactive."""
    state.edit_vendor(small.vendor, is_active=False)
    assert ids(client.get(VENDORS, company_id=state.company_id)) == []
    assert ids(client.get(f"/rest/v1.0/companies/{state.company_id}/vendors/inactive")) == [small.vendor]


def test_deleted_contracts_show_by_include_deleted(client, state, small):
    """A deleted contract is hidden, and shown by `only` and `with`."""
    state.delete_commitment(small.subcontract)
    query = {"project_id": small.project}
    assert ids(client.get(WOC, **query)) == []
    for word in ("only", "with"):
        rows = client.get(WOC, **query, view="extended", **{"filters[include_deleted]": word}).json()
        assert [row["deleted_at"] for row in rows] == ["2026-11-22T12:00:00Z"]
    assert client.get(f"{WOC}/{small.subcontract}", **query).status_code == 404


def test_a_contract_list_is_compact_unless_extended(client, small):
    """The compact view has no dates and money of the extended one."""
    compact = client.get(WOC, project_id=small.project).json()[0]
    extended = client.get(WOC, project_id=small.project, view="extended").json()[0]
    assert compact.keys() < extended.keys()
    assert extended["grand_total"] == "100023.43"


def test_a_line_change_moves_its_contract(client, state, small):
    """Editing a line moves the contract's updated_at, and the amount follows quantity and unit cost."""
    state.clock.advance(60)
    line = state.lines(small.subcontract)[1]
    state.edit_line(line.id, quantity=line.quantity + 1)
    shown = client.get(f"{WOC}/{small.subcontract}", project_id=small.project).json()
    assert shown["updated_at"] == "2026-11-22T12:01:00Z"
    assert shown["line_items"][1]["amount"] == "26.67"
    assert shown["line_items"][1]["unit_cost"] == "3.33333"
    assert shown["line_items"][1]["cost_code"]["full_code"] == "16-050"


def test_a_saved_state_comes_back(state, small, tmp_path):
    """What was saved is read back row by row, and new ids follow the old ones."""
    save(state, tmp_path / "procore.json")
    again = load(tmp_path / "procore.json", clock=state.clock)
    assert again.lines() == state.lines()
    assert again.commitments() == state.commitments()
    assert again.vendors() == state.vendors()
    assert again.create_vendor("New").id == small.vendor + 1
