"""Stories of the Refresh buttons: what QuickBooks alone has is offered and imported, the rest updated."""

from __future__ import annotations

from decimal import Decimal

import pytest

from qbsync.model.records import RecordKey, RecordKind
from qbsync.simulator.procore.erp_rows import Kind, Stage
from qbsync.store import links, troubles

JOB = "Ridge Owners:Tower"


@pytest.fixture
def settled(erp_company):
    """The company after its first day."""
    erp_company.settle()
    return erp_company


def _order(company, *lines, vendor="Acme", number="PO-77", job=JOB):
    """A purchase order that a bookkeeper typed; a line is code, amount and description."""
    typed = [
        {
            "ItemRef": {"FullName": f"01:{code}"},
            "Desc": text,
            "Quantity": "1",
            "Amount": f"{Decimal(amount):.2f}",
            "CustomerRef": {"FullName": job},
        }
        for code, amount, text in lines
    ]
    human = company.rig.file.human
    return human.add_purchase_order(
        vendor, [], ref_number=number, Memo="Scaffolding", PurchaseOrderLineAdd=typed
    )


def _staged(company, item_type, **status):
    return company.state.erp.staged(item_type, **status)


def _link(company, kind, procore_id):
    with company.rig.database.read() as tx:
        return links.find(tx, company.rig.id, RecordKey(kind=kind, procore_id=str(procore_id)))


def _troubles(company):
    with company.rig.database.read() as tx:
        return {row.subject: row.message for row in troubles.listing(tx, company.rig.id)}


def test_a_purchase_order_of_quickbooks_becomes_a_commitment_that_is_invoiced(settled, people_of):
    """It is offered with its lines, imported, joined line by line, and its invoice bills its lines."""
    company, tool = settled, settled.state.erp
    txn_id = _order(company, ("010", 1000, "Towers"), ("020", 500, "Planks"))
    tool.refresh("commitments")
    company.settle()
    [offered] = _staged(company, "purchase_order_contract")
    assert (offered.origin_id, offered.data["title"]) == (txn_id, "Scaffolding")
    contract_id = tool.add_to_procore(offered.id)
    company.settle()
    link = _link(company, RecordKind.COMMITMENT, contract_id)
    assert link.quickbooks_id == txn_id
    lines = company.state.lines(contract_id)
    assert [line.procore_line_id for line in link.lines] == [str(line.id) for line in lines]
    people = people_of(company)
    people.invoice(company.state.commitment(contract_id), {lines[0]: 400, lines[1]: 100})
    company.settle()
    [bill] = company.rig.file.bills()
    assert {line.order_line for line in bill.lines} == {f"{txn_id}|{one.txn_line_id}" for one in link.lines}
    assert tool.violations == []
    assert [one.messages for one in tool.items(Stage.FAILED)] == []


def test_a_purchase_order_that_cannot_be_a_commitment_is_named(settled):
    """One of a vendor that Procore has not, and one of no job, are left out, and said why."""
    company = settled
    company.rig.file.human.add_vendor("Stranger")
    _order(company, ("010", 10, "x"), vendor="Stranger", number="PO-1")
    company.state.erp.refresh("commitments")
    company.settle()
    assert _staged(company, "purchase_order_contract") == []
    said = _troubles(company)["refresh of commitments"]
    assert "Purchase order PO-1: its vendor Stranger is not linked to one of Procore's." in said


def test_our_own_purchase_orders_are_not_offered(settled, people_of):
    """What qbsync exported is in Procore already; what is deleted in QuickBooks is offered no more."""
    company = settled
    people_of(company).commit(100)
    company.settle()
    txn_id = _order(company, ("010", 10, "x"))
    company.rig.file.human.delete("PurchaseOrder", txn_id)
    company.state.erp.refresh("commitments")
    company.settle()
    assert _staged(company, "purchase_order_contract") == []
    assert company.state.erp.violations == []


def test_what_somebody_archived_in_procore_stays_archived(settled):
    """A second Refresh offers only what is new, or what has changed, and brings nothing back."""
    company, tool = settled, settled.state.erp
    list_id = company.rig.file.human.add_vendor("Only Here", Phone="555-1")
    tool.refresh("vendors")
    company.settle()
    [offered] = _staged(company, "vendor")
    tool.archive(offered.id)
    company.rig.file.human.edit("Vendor", list_id, Phone="555-2")
    company.rig.file.human.add_vendor("New Here")
    tool.refresh("vendors")
    company.settle()
    assert [one.data["name"] for one in _staged(company, "vendor")] == ["New Here"]
    [archived] = _staged(company, "vendor", status="archived")
    assert archived.data["business_phone"] == "555-2"


def test_a_vendor_that_was_changed_in_quickbooks_is_updated(settled):
    """Refresh brings its new telephone to Procore; one that nobody changed is left alone."""
    company = settled
    vendor, other = company.vendors
    other_before = company.state.vendor(other.id).updated_at
    link = _link(company, RecordKind.VENDOR, vendor.id)
    company.rig.file.human.edit("Vendor", link.quickbooks_id, Phone="555-0199")
    company.state.erp.refresh("vendors")
    company.settle()
    assert company.state.vendor(vendor.id).business_phone == "555-0199"
    assert company.state.vendor(other.id).updated_at == other_before
    company.state.edit_vendor(vendor.id, business_phone="555-7777")
    company.state.erp.refresh("vendors")
    company.settle()
    assert company.state.vendor(vendor.id).business_phone == "555-7777"


@pytest.mark.parametrize("imports", ["by default", "false"])
def test_items_become_standard_cost_codes_unless_that_is_switched_off(settled, imports):
    """An item of QuickBooks is made a code in the ERP list, once; where that is off it is named instead."""
    company, tool = settled, settled.state.erp
    wanted = imports == "by default"
    if not wanted:
        company.rig.set(import_items=imports)
    company.rig.file.human.add_service_item("040", account="Labour", parent="01")
    before = {row.id for row in company.state.standard_cost_codes()}
    for _ in range(2):
        tool.refresh("standard_cost_codes")
        company.settle()
    new = [row for row in company.state.standard_cost_codes() if row.id not in before]
    assert [row.code for row in new] == (["040"] if wanted else [])
    if wanted:
        assert _link(company, RecordKind.COST_CODE, new[0].id).quickbooks_id == new[0].origin_id
    said = _troubles(company).get("refresh of standard_cost_codes", "")
    assert ("Item 01:040: option import_items is off." in said) is not wanted
    assert "Retainage" not in said
    assert tool.violations == []


def test_items_become_codes_of_the_list_that_belongs_to_quickbooks(office):
    """Whatever list Procore marks as the ERP's by now, items go where the other codes are."""
    state = office.state
    [chosen] = state.cost_code_lists()
    state.list_table.edit(chosen.id, is_erp_list=False)
    state.create_cost_code_list("Sage", is_erp_list=True)
    office.rig.file.human.add_service_item("040", account="Labour", parent="01")
    office.tool.refresh("standard_cost_codes")
    office.goes_on(rounds=3)
    [made] = [row for row in state.standard_cost_codes() if row.code == "040"]
    assert made.standard_cost_code_list_id == chosen.id


def test_an_item_whose_code_procore_has_makes_no_second_one(office):
    """The code was not sent yet: Refresh names it, and once it is exported the two are joined."""
    state, tool = office.state, office.tool
    [chosen] = state.cost_code_lists()
    [division] = [row for row in state.standard_cost_codes(chosen.id) if row.parent_id is None]
    code = state.create_standard_cost_code(chosen.id, "050", "Glazing", division.id)
    list_id = office.rig.file.human.add_service_item("050", account="Labour", parent="01")
    before = len(state.standard_cost_codes())
    for _ in range(2):
        tool.refresh("standard_cost_codes")
        office.goes_on(rounds=3)
        assert len(state.standard_cost_codes()) == before
        said = office.troubles()["refresh of standard_cost_codes"]
        assert "Item 01:050: Procore has the cost code 01-050 Glazing already. Export that one" in said
    office.sends(Kind.STANDARD_COST_CODE, code.id)
    office.goes_on(rounds=3)
    assert office.link_of(RecordKind.COST_CODE, code.id) == list_id
    tool.refresh("standard_cost_codes")
    office.goes_on(rounds=3)
    assert "refresh of standard_cost_codes" not in office.troubles()
    assert tool.violations == []


def test_an_imported_job_can_be_worked_on(settled):
    """A job of QuickBooks becomes a project with synced cost codes; its purchase orders are offered then."""
    company, tool = settled, settled.state.erp
    company.rig.file.human.add_customer("Annex", parent="Ridge Owners")
    tool.refresh("jobs")
    company.settle()
    [offered] = _staged(company, "project")
    project_id = tool.add_to_procore(offered.id)
    company.settle()
    link = _link(company, RecordKind.PROJECT, project_id)
    assert link.quickbooks_id == offered.origin_id
    codes = company.state.cost_codes(project_id)
    assert [code.origin_id for code in codes if code.code in ("010", "020")] != []
    assert all(code.origin_id.startswith(f"{offered.origin_id}|") for code in codes if code.origin_id)
    _order(company, ("010", 70, "Roof"), job="Ridge Owners:Annex", number="PO-9")
    tool.refresh("commitments")
    company.settle()
    assert [one.data["number"] for one in _staged(company, "purchase_order_contract")] == ["PO-9"]
