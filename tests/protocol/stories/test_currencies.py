"""Stories of a Canadian company file, and of vendors that are paid in other money."""

from __future__ import annotations

from decimal import Decimal

import pytest

from qbsync.flows import linking, setup
from qbsync.model.records import RecordKey, RecordKind
from qbsync.simulator.procore.erp_rows import Kind, Stage


def untaxed(company):
    """The company with a map for a file without sales tax."""
    company.rig.set(tax_codes="none=" if company.rig.country == "CA" else "")
    return company


@pytest.fixture
def canadian(make_company):
    """A Canadian company before its first commitment, whose file has no sales tax."""
    return untaxed(make_company("CA"))


def subcontract(company, currency, number="SC-1"):
    """An approved subcontract of 1,000 in some currency."""
    state = company.state
    contract = state.create_commitment(
        "work_order_contract",
        company.project.id,
        company.vendors[0].id,
        number=number,
        title="Walls",
        currency=currency,
    )
    state.create_line(contract.id, company.codes[0], amount=Decimal(1000), description="Walls")
    state.approve(contract.id)
    return contract


def problems(company):
    """What keeps the newest commitment from being sent."""
    job = [job for job in company.rig.jobs() if job.kind == "commitment"][-1]
    return [(one["field"], one["message"]) for one in job.review["problems"]]


def test_each_edition_takes_its_own_dollars_alone(make_company):
    """US dollars stay out of a Canadian file and Canadian ones out of a US file, by name."""
    for country, own, other in (("CA", "CAD", "USD"), ("US", "USD", "CAD")):
        company = untaxed(make_company(country))
        subcontract(company, other)
        company.sync()
        [(field, words)] = problems(company)
        assert field == "currency"
        assert other in words
        assert company.rig.file.purchase_orders() == []
        subcontract(company, own, "SC-2")
        company.sync()
        assert [order.ref_number for order in company.rig.file.purchase_orders()] == ["SC-2"]


def test_other_money_fails_in_procores_own_tool(make_erp_company):
    """On the ERP feed the approver reads there in which currency the commitment is, and what to do."""
    company = make_erp_company()
    canadian = subcontract(company, "CAD")
    for _ in range(2):
        company.sync()
    item = company.state.erp.item(Kind.COMMITMENT, canadian.id)
    [words] = item.messages
    assert item.stage is Stage.FAILED
    assert "CAD" in words
    assert "QuickBooks by hand" in words
    assert "qbsync" not in words
    assert company.rig.file.purchase_orders() == []
    subcontract(company, "USD", "SC-2")
    company.settle()
    assert [order.ref_number for order in company.rig.file.purchase_orders()] == ["SC-2"]
    assert company.state.erp.violations == []


def test_a_vendor_in_another_currency_is_refused_by_name(canadian):
    """The vendor is linked to one that QuickBooks keeps in euros: its commitment says so and stays."""
    company, human = canadian, canadian.rig.file.human
    human.use_currencies("Canadian Dollar", "Euro")
    list_id = human.add_vendor("Sud", CurrencyRef={"FullName": "Euro"})
    vendor = company.state.create_vendor("Sud SA")
    company.vendors = [vendor]
    setup.refresh(company.rig.desk(), company.rig.name)
    company.pc.update()
    company.rig.set(auto_accept="none")
    company.pull()
    key = RecordKey(kind=RecordKind.VENDOR, procore_id=str(vendor.id))
    linking.link(company.rig.desk(), company.rig.name, key, list_id)
    company.rig.set(auto_accept="all")
    subcontract(company, "CAD")
    company.sync()
    [(field, words)] = problems(company)
    assert field == "vendor"
    assert "Sud" in words
    assert "Euro" in words
    assert company.rig.file.purchase_orders() == []
