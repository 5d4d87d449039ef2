"""The metadata's rules: what QuickBooks would refuse, Procore's tool stops before it is exported."""

from __future__ import annotations

import pytest

from qbsync.simulator.procore.erp_rows import SUCCESS, Kind, Stage
from qbsync.simulator.procore.forbidden import ForbiddenMoveError

_TAGS = {"city": "City", "zip": "PostalCode", "address": "Addr2"}


def _stopped(office, kind, record_id, because, **mended):
    """Accepting is stopped with no event for the connector; once mended it goes through to QuickBooks."""
    tool = office.tool
    tool.send(kind, record_id)
    before = len(tool.events)
    with pytest.raises(ForbiddenMoveError, match=because):
        tool.accept(kind, record_id)
    assert (len(tool.events), tool.item(kind, record_id).stage) == (before, Stage.READY)
    request = tool.accept(kind, record_id, **mended)
    office.goes_on()
    assert office.detail_of(request).status == SUCCESS


def test_a_job_that_is_linked_is_updated_without_a_customer(office):
    """Where no option names a customer for all, the bookkeeper's is left alone; nobody is asked for one."""
    office.rig.set(project_customer="")
    office.pull()
    row = office.state.create_project("Bridge")
    office.sends(Kind.JOB, row.id, customer="Ridge Owners")
    office.goes_on()
    human = office.rig.file.human
    human.add_customer("Harbor Medical")
    [job] = [one for one in office.rig.file.customers() if one.full_name == "Ridge Owners:Bridge"]
    human.edit("Customer", job.list_id, ParentRef={"FullName": "Harbor Medical"})
    office.state.edit_project(row.id, address="1 Ridge Road")
    request = office.sends(Kind.JOB, row.id)
    office.goes_on()
    assert office.detail_of(request).status == SUCCESS
    assert "Harbor Medical:Bridge" in [one.full_name for one in office.rig.file.customers()]


def test_a_cost_code_needs_an_income_account_where_the_connection_has_none(office):
    """The approver is asked for the account of the new item."""
    account = "Construction Income"
    office.rig.set(cost_code_income_account="")
    office.pull()
    [chosen] = office.state.cost_code_lists()
    [division] = [one for one in office.state.standard_cost_codes(chosen.id) if one.parent_id is None]
    row = office.state.create_standard_cost_code(chosen.id, "077", "Roof", division.id)
    said = "income_account_origin_id is missing"
    _stopped(office, Kind.STANDARD_COST_CODE, row.id, said, income_account_origin_id=account)


@pytest.mark.parametrize(
    ("field", "fits", "longest"), [("city", "C" * 31, 31), ("zip", "9" * 13, 13), ("address", "B " * 82, 164)]
)
def test_an_address_that_quickbooks_has_no_room_for_is_stopped(office, field, fits, longest):
    """What would be left out unseen is shortened in Procore first; the longest that fits goes through."""
    row = office.state.create_vendor("Long Lane", **{field: f"{fits}x"})
    with pytest.raises(ForbiddenMoveError, match=f"at most {longest} characters"):
        office.tool.send(Kind.VENDOR, row.id)
    office.state.edit_vendor(row.id, **{field: fits.strip()})
    request = office.sends(Kind.VENDOR, row.id)
    office.goes_on()
    assert office.detail_of(request).status == SUCCESS
    [made] = [one for one in office.rig.file.vendors() if one.name == "Long Lane"]
    kept = [
        text
        for tag, text in made.address
        if tag == _TAGS[field] or tag in ("Addr2", "Addr3", "Addr4", "Addr5")
    ]
    assert " ".join(kept) == fits.strip()
