from __future__ import annotations

from datetime import timedelta

import pytest

from qbsync.simulator.procore.erp_imports import JOB_COSTS_EVERY
from qbsync.simulator.procore.forbidden import ForbiddenMoveError

JOB, VENDOR = "80000042-1718035200", "80000011-1601931600"
STAGED = {"configs": {"staged_records": {"enabled": True}}}


@pytest.fixture
def staging(tool):
    """The tool with staged records on for vendors, jobs, commitments and change orders."""
    names = ("vendors", "jobs", "commitments", "commitment_change_orders")
    entities = {name: {"enabled": True, **STAGED} for name in names}
    tool.connect("https://x", {"settings": {"entities": entities}})
    return tool


def order(**changes: object) -> dict[str, object]:
    """A purchase order of QuickBooks with one line, to be staged."""
    line = {
        "item_type": "line_item",
        "origin_id": "T-9|1",
        "data": {
            "amount": "150.00",
            "description": "Pipes",
            "cost_code_origin_id": f"{JOB}|item-1",
            "line_item_type_origin_id": "std_cat_M",
        },
    }
    data = {"number": "PO-9", "title": "Pipes", "project_origin_id": JOB, "vendor_origin_id": VENDOR}
    return {
        "item_type": "purchase_order_contract",
        "origin_id": "T-9",
        "origin_code": "PO-9",
        "status": "staged",
        "data": data | changes,
        "children": [line],
    }


def test_a_staged_vendor_waits_until_it_is_added(staging, connector, state):
    """Staging creates nothing; adding creates the company with its id, and tells the connector."""
    update = {"item_type": "vendor", "origin_id": "80-7", "origin_code": "BAY", "data": {"name": "Bayline"}}
    answers = connector.patch("staged_records/sync", {"updates": [update]})
    assert (answers["entities"][0]["status"], answers["errors"]) == ("staged", [])
    assert "Bayline" not in [row.name for row in state.vendors()]
    vendor = staging.add_to_procore(staging.staged("vendor")[0].id)
    assert (state.vendor(vendor).name, state.vendor(vendor).origin_id) == ("Bayline", "80-7")
    assert staging.events[-1].name == "create_vendor_in_procore"
    assert staging.events[-1].data["vendor"] == {"id": vendor, "origin_id": "80-7"}
    assert staging.staged("vendor") == []


def test_the_same_record_is_staged_once(staging, connector):
    """Staging again changes the record that is there; an archived one stays away."""
    update = {"item_type": "vendor", "origin_id": "80-7", "data": {"name": "Bayline"}}
    connector.patch("staged_records/sync", {"updates": [update]})
    staging.archive(staging.staged("vendor")[0].id)
    connector.patch("staged_records/sync", {"updates": [{**update, "data": {"name": "Bayline Co."}}]})
    assert staging.staged("vendor") == []
    (row,) = staging.staged("vendor", status="archived")
    assert row.data == {"name": "Bayline Co."}
    staging.bring_back(row.id)
    assert [one.id for one in staging.staged("vendor")] == [row.id]


def test_what_is_synced_must_not_be_staged(staging, connector):
    """A record whose id Procore has is refused, and noted against the connector."""
    update = {"item_type": "vendor", "origin_id": VENDOR, "data": {"name": "Again"}}
    refused = connector.patch("staged_records/sync", {"updates": [update]})
    assert refused["errors"][0]["errors"] == {"origin_id": ["has already been taken"]}
    assert [one.rule for one in staging.violations] == ["stages what is synced"]


def test_a_type_is_staged_only_where_the_metadata_allow_it(tool, connector, state):
    """Without staged records for an entity the older endpoint takes it."""
    update = {"item_type": "vendor", "origin_id": "80-7", "data": {"name": "Bayline"}}
    refused = connector.patch("staged_records/sync", {"updates": [update]})
    assert "item_type" in refused["errors"][0]["errors"]
    old = {"name": "Bayline", "origin_id": "80-7", "origin_code": "BAY"}
    connector.patch("/rest/v1.0/erp_vendors/sync", {"company_id": state.company_id, "updates": [old]})
    assert tool.staged("vendor")[0].data == {"name": "Bayline"}


def test_a_staged_commitment_shows_with_its_project_and_brings_its_lines(staging, connector, state, small):
    """It is ready to import once its project is synced; then header and lines come with their ids."""
    state.edit_project(small.project, origin_id=None)
    connector.patch("staged_records/sync", {"updates": [order()]})
    assert staging.staged() == []
    state.edit_project(small.project, origin_id=JOB)
    contract = staging.add_to_procore(staging.staged()[0].id)
    (line,) = state.lines(contract)
    assert (line.origin_id, str(line.amount), line.description) == ("T-9|1", "150.00", "Pipes")
    assert state.commitment(contract).origin_id == "T-9"
    assert staging.events[-1].name == "create_commitment_in_procore"
    assert "synced" in staging.greyed("commitment", contract)


def test_a_record_that_names_what_is_not_known_turns_invalid(staging, connector, state):
    """A vendor that Procore lacks makes the import impossible, and nothing of it is created."""
    count = len(state.commitments())
    connector.patch("staged_records/sync", {"updates": [order(vendor_origin_id="80-99")]})
    (row,) = staging.staged()
    with pytest.raises(ForbiddenMoveError, match="vendor_origin_id"):
        staging.add_to_procore(row.id)
    assert staging.staged(status="invalid") == [staging.tables.staged.get(row.id)]
    assert len(state.commitments()) == count


@pytest.mark.usefixtures("staging")
def test_what_a_record_must_have_is_checked_when_it_is_staged(connector):
    """Names, projects, vendors and the codes of lines are required; a line needs its parent."""
    updates = [
        {"item_type": "vendor", "origin_id": "80-7", "data": {}},
        {"item_type": "vendor", "data": {"name": "No id"}},
        order(project_origin_id=None),
        {"item_type": "line_item", "origin_id": "T|1", "parent_origin_id": "lost", "data": {}},
        {"item_type": "planet", "origin_id": "1"},
        {"item_type": "vendor", "origin_id": "80-8", "status": "odd", "data": {"name": "Odd"}},
    ]
    errors = connector.patch("staged_records/sync", {"updates": updates})["errors"]
    assert [sorted(one["errors"]) for one in errors] == [
        ["name"],
        ["origin_id"],
        ["project_origin_id"],
        ["cost_code_origin_id", "line_item_type_origin_id", "parent_origin_id"],
        ["item_type"],
        ["status"],
    ]


def test_a_line_may_follow_its_parent_in_a_call_of_its_own(staging, connector, state):
    """A child is put below the record that its parent's id in the books names."""
    whole = order()
    (line,) = whole.pop("children")
    connector.patch("staged_records/sync", {"updates": [whole, {**line, "parent_origin_id": "T-9"}]})
    contract = staging.add_to_procore(staging.staged()[0].id)
    assert [one.origin_id for one in state.lines(contract)] == ["T-9|1"]


def test_vendors_are_linked_one_by_one_and_all_at_once(staging, state):
    """A link gives a company the id of a staged vendor; all of the same name are joined at a press."""
    acme, bay = state.create_vendor("Acme").id, state.create_vendor("BAYLINE").id
    for origin, name in (("80-1", "Acme Ltd."), ("80-2", "Bayline"), ("80-3", "Nobody")):
        staging.stage({"item_type": "vendor", "origin_id": origin, "data": {"name": name}})
    staging.link_vendor(staging.staged("vendor")[0].id, acme)
    assert staging.events[-1].data["vendor"] == {"id": acme, "origin_id": "80-1"}
    assert staging.link_all_vendors() == 1
    assert staging.events[-1].data["vendors"] == [{"id": bay, "origin_id": "80-2"}]
    with pytest.raises(ForbiddenMoveError, match="synced already"):
        staging.link_vendor(staging.staged("vendor")[0].id, acme)
    staging.unlink_vendor(acme)
    assert (staging.events[-1].name, state.vendor(acme).origin_id) == ("unlink_vendor", None)


def test_merged_vendors_leave_one_with_one_id(staging, state, small):
    """The source goes, its commitments move, and a master without an id takes the source's."""
    master = state.create_vendor("Master").id
    staging.merge_vendors(master, [small.vendor])
    request = staging.events[-1]
    assert request.data["master_vendor"] == {"id": master, "origin_id": VENDOR}
    assert request.data["source_vendors"] == [{"id": small.vendor, "origin_id": VENDOR}]
    assert state.commitment(small.subcontract).vendor_id == master
    assert small.vendor not in [row.id for row in state.vendors()]


def test_a_job_is_linked_to_a_project_or_made_one(staging, state):
    """A staged job becomes a project with the codes of the ERP list, or joins one; the connector hears."""
    for origin in ("80-1", "80-2"):
        staging.stage({"item_type": "project", "origin_id": origin, "data": {"name": f"Job {origin}"}})
    first, second = staging.staged("project")
    project = staging.add_to_procore(first.id)
    assert state.project(project).origin_id == "80-1"
    assert len(state.cost_codes(project)) == len(state.standard_cost_codes())
    own = state.create_project("Own").id
    staging.link(second.id, own)
    assert staging.events[-1].data["project"]["origin_id"] == "80-2"
    assert [one.name for one in staging.events] == ["create_job_in_procore"] * 2


def test_refresh_waits_for_its_answer(tool, connector):
    """A tab is refreshed once at a time; cost types need no answer."""
    request = tool.refresh("vendors")
    assert (request.name, set(request.data)) == ("sync_vendors", {"request_detail_id", "company_id"})
    with pytest.raises(ForbiddenMoveError, match="already"):
        tool.refresh("vendors")
    connector.close(request.data["request_detail_id"])
    assert tool.refresh("vendors").id != request.id
    assert tool.refresh("standard_categories").data == {}
    assert tool.refresh("standard_categories").data == {}


def test_figures_are_asked_for_every_two_hours(tool, state):
    """Each synced, active project is asked for once, and again after two hours."""
    state.create_project("Not synced")
    assert (tool.tick(), tool.tick()) == (1, 0)
    state.clock.advance(JOB_COSTS_EVERY.total_seconds())
    assert tool.tick() == 1
    assert [one.data["id"] for one in tool.events] == [JOB, JOB]
    assert timedelta(hours=2) == JOB_COSTS_EVERY
