"""What Procore is told in a story of every kind is what the tables of the documents say."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from qbsync.flows import offers, setup
from qbsync.model.offers import OfferState
from qbsync.procore.told import TOLD
from qbsync.procore.writebacks import _ENDPOINTS, DIRECT, Target
from qbsync.simulator.procore.invoice_maths import Billing
from qbsync.store import connections

SCOPE = {"project_id", "contract_id"}
"""Which payment is meant, beside what is told of it."""


@pytest.fixture
def bodies(company):
    """Every body that Procore is sent from here on, with its path."""
    client = company.worker.clients(None)
    sent = []
    patch, post = client.patch, client.post

    def keeping(call):
        def do(path, body, *rest, **more):
            sent.extend((path, one) for one in body.get("updates", [body]))
            return call(path, body, *rest, **more)

        return do

    client.patch, client.post = keeping(patch), keeping(post)
    return sent


def _live(company):
    """A code, a project, both kinds of commitment, a change order, an invoice, its payment, and a check."""
    state, human = company.state, company.rig.file.human
    [erp] = [one for one in state.cost_code_lists() if one.is_erp_list]
    state.create_standard_cost_code(erp.id, "02", "Site")
    state.create_project("Annex")
    for kind, number in (("work_order_contract", "SC-1"), ("purchase_order_contract", "PO-1")):
        contract = state.create_commitment(
            kind, company.project.id, company.vendors[0].id, number=number, title="Walls"
        )
        line = state.create_line(
            contract.id, company.codes[0], amount=Decimal("1000.00"), description="Walls"
        )
        state.approve(contract.id)
    company.sync()
    change = [(line.cost_code_id, Decimal("7.50"), "More", line.id)]
    state.change_orders.create(contract.id, change, title="More", status="approved")
    bills = {line.id: Billing(work=Decimal("500.00"), retained=Decimal("50.00"))}
    invoice = state.invoices.create(contract.id, None, bills, number="I-1", billing_date=date(2026, 3, 28))
    state.invoices.submit(invoice.id)
    state.invoices.approve(invoice.id)
    company.sync()
    [bill] = company.rig.file.bills()
    human.pay_bills({bill.txn_id: None}, account="Checking", ref_number="1001")
    human.enter_cost(
        "Check", [("01:020", "Nails", Decimal("12.50"))], job="Ridge Owners:Tower", payee="Acme",
        account="Checking",
    )  # fmt: skip
    for vendor in company.vendors:
        state.edit_vendor(vendor.id, business_phone="510-555-0199")
    company.settle()
    _import(company)


def _import(company):
    """A vendor, a job and two items that QuickBooks had first, with every field that Procore takes."""
    human, rig = company.rig.file.human, company.rig
    place = {"Addr1": "1 Pier", "City": "Oakland", "State": "CA", "PostalCode": "94607", "Country": "USA"}
    human.add_vendor(
        "Cove", CompanyName="Cove Inc", VendorAddress=place, Phone="510", Fax="511", Email="a@cove.example"
    )
    human.add_customer(
        "Pier",
        parent="Ridge Owners",
        ShipAddress=place,
        JobStartDate="2026-02-01",
        JobProjectedEndDate="2026-09-01",
        JobDesc="A pier",
    )
    human.add_service_item("16", account="Construction Income")
    human.add_service_item("050", parent="16", account="Construction Income")
    rig.set(import_items="true")
    setup.refresh(rig.desk(), rig.name)
    company.pc.update()
    with rig.database.read() as tx:
        row = connections.named(tx, rig.name)
        waiting = [one.row.id for one in offers.listing(tx, row, state=OfferState.OFFERED)]
    for one in waiting:
        offers.import_(rig.desk(), one)
    company.push()


_IMPORTS = {
    "/rest/v1.0/vendors/sync": Target.VENDOR_IMPORT,
    "/rest/v1.0/projects": Target.PROJECT_IMPORT,
    "/rest/v1.0/standard_cost_codes/sync": Target.COST_CODE_IMPORT,
}
"""Where records are made, and not only told their id."""


def _target(path, body):
    """What a path is about."""
    if path in _IMPORTS and "id" not in body:
        return _IMPORTS[path]
    if "contract_payments" in path:
        return Target.CONTRACT_PAYMENT
    if "direct_costs" in path:
        return Target.JOB_COSTS
    for target, endpoint in _ENDPOINTS.items():
        before, _, after = endpoint.path.replace("{item_id}", "{contract_id}").partition("{contract_id}")
        if (
            path.startswith(before)
            and path.endswith(after)
            and (after or path == before or "{" in endpoint.path)
        ):
            return target
    raise AssertionError(path)


def _keys(path, body):
    inner = (
        body.get("contract_payment")
        or body.get("change_order")
        or body.get("requisition")
        or body.get("project")
        or body
    )
    above = "lines/" if "direct_costs/line_items" in path else ""
    return {f"{above}{name}" for name in inner} - {"id", f"{above}id"} - SCOPE


def test_every_target_has_a_table():
    """Nothing is told to Procore on the direct feed that no table shows."""
    assert set(TOLD) == DIRECT


def test_what_procore_is_told_is_what_the_tables_say(company, bodies):
    """Over a story of every kind each key that is sent is listed for it, and each that is listed is sent."""
    _live(company)
    told = {}
    for path, body in bodies:
        told.setdefault(_target(path, body), set()).update(_keys(path, body))
    listed = {target: {path for row in rows for path in row.paths} for target, rows in TOLD.items()}
    assert set(told) == DIRECT
    for target, keys in told.items():
        assert keys == listed[target], target
