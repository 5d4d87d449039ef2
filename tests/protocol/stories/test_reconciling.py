"""Stories of job costs that both sides do not have alike."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from qbsync.flows import linking
from qbsync.flows.reconciliation import NO_CODE, read_now, reconcile
from qbsync.model.jobs import JobState
from qbsync.model.records import RecordKey, RecordKind
from qbsync.simulator.procore.invoice_maths import Billing
from qbsync.store import connections


@pytest.fixture
def reconciled(company):
    """Reads Procore now; gives each cost code with QuickBooks' figure and Procore's."""

    def read():
        rig = company.rig
        read_now(rig.database, rig.name, company.worker.clients, rig.clock())
        with rig.database.read() as tx:
            found = reconcile(tx, connections.get(tx, rig.id))
        return {one.cost_code: one for one in found}

    return read


@pytest.fixture
def billed(company):
    """An approved invoice of 500, on a line with a cost type, that nobody has accepted yet."""
    state = company.state
    labor = state.create_line_item_type("Subcontract", "S", "commitment")
    contract = state.create_commitment(
        "work_order_contract", company.project.id, company.vendors[0].id, number="SC-1", title="Walls"
    )
    line = state.create_line(
        contract.id,
        company.codes[0],
        amount=Decimal("1000.00"),
        description="Walls",
        line_item_type_id=labor.id,
    )
    state.approve(contract.id)
    company.sync()
    company.rig.set(auto_accept="none")
    bills = {line.id: Billing(work=Decimal("500.00"), retained=Decimal("50.00"))}
    invoice = state.invoices.create(contract.id, None, bills, number="I-1", billing_date=date(2026, 3, 28))
    state.invoices.submit(invoice.id)
    state.invoices.approve(invoice.id)
    company.pull()
    return invoice


def test_an_invoice_that_waits_to_be_accepted_is_missing_in_quickbooks(company, billed, reconciled):
    """It counts in Procore on its cost code and is named; once it is a bill both sides are equal."""
    [figures] = reconciled().values()
    assert (figures.cost_code, figures.procore, figures.quickbooks) == ("01-010", Decimal("500.00"), 0)
    [held] = figures.held
    assert (held.cost.procore_id, held.found_as) == (str(billed.id), "not in QuickBooks")
    assert held.cost.code == "01-010.S"
    company.rig.set(auto_accept="all")
    company.settle()
    [figures] = reconciled().values()
    assert (figures.difference, figures.held[0].found_as) == (0, "bill I-1")
    assert figures.quickbooks == Decimal("500.00")


@pytest.mark.parametrize(
    ("lines", "second", "wanted"),
    [
        ("items", "030", {"01-020": "33.33", "01-030": "66.67"}),
        ("items", "020", {"01-020": "100.00"}),
        ("expenses", "030", {NO_CODE: "100.00"}),
        ("expenses", "020", {"01-020": "100.00"}),
    ],
)
def test_a_change_order_billed_as_a_whole_stands_where_its_bill_has_it(
    company, people, reconciled, *, lines, second, wanted
):
    """Procore has the one item on no cost code; once it is a bill both sides are equal, code by code."""
    company.rig.set(bill_lines=lines)
    contract, [line] = people.commit(1000)
    codes = dict(zip(("010", "020", "030"), company.codes, strict=True))
    order = people.change(
        contract, (codes["020"], Decimal(100), "Else", None), (codes[second], Decimal(200), "Besides", None)
    )
    company.sync()
    item = people.as_a_whole(contract, order)
    invoice = people.invoice(contract, {line: 400, item: Billing(work=Decimal("100.00"))})
    company.pull()
    figures = reconciled()
    assert (figures[NO_CODE].procore, figures[NO_CODE].held[0].found_as) == (100, "not in QuickBooks")
    company.settle()
    figures = reconciled()
    assert {code: one.difference for code, one in figures.items()} == dict.fromkeys(figures, 0)
    assert {code: str(one.procore) for code, one in figures.items()} == {"01-010": "400.00", **wanted}
    assert {held.found_as for one in figures.values() for held in one.held} == {"bill I-1"}
    assert people.job("invoice", invoice.id).state == JobState.SYNCED
    assert "\n".join(company.differences()) == ""


def test_a_typed_bill_does_not_tell_where_a_whole_change_order_is(company, people, reconciled):
    """Somebody typed the bill and linked it: the item stays on no cost code, and the sums are equal."""
    contract, [line] = people.commit(1000)
    order = people.change(contract, (company.codes[1], Decimal(300), "Else", None))
    company.sync()
    item = people.as_a_whole(contract, order)
    typed = [("01:010", "By hand", Decimal("380.00")), ("01:020", "By hand", Decimal("120.00"))]
    bill = company.rig.file.human.enter_bill("Acme", typed, ref_number="I-1", job="Ridge Owners:Tower")
    invoice = people.invoice(contract, {line: 400, item: Billing(work=Decimal("100.00"))})
    company.sync()
    key = RecordKey(kind=RecordKind.INVOICE, procore_id=str(invoice.id))
    linking.link(company.rig.desk(), company.rig.name, key, bill)
    company.rig.by_hand.add(("Bill", bill))
    company.settle()
    figures = reconciled()
    assert {code: (str(one.procore), str(one.quickbooks)) for code, one in figures.items()} == {
        "01-010": ("400.00", "380.00"),
        "01-020": ("0", "120.00"),
        NO_CODE: ("100.00", "0"),
    }
    assert sum(one.difference for one in figures.values()) == 0


def test_a_cost_that_procore_has_not_heard_of_is_more_in_quickbooks(company, reconciled):
    """A check stands with its amount until Procore is told, then both sides are equal."""
    company.rig.file.human.enter_cost(
        "Check",
        [("01:020", "Nails", Decimal("12.50"))],
        job="Ridge Owners:Tower",
        payee="Acme",
        account="Checking",
    )
    company.rig.clock.passes(timedelta(hours=3))
    company.pc.update()
    figures = reconciled()["01-020"]
    assert (figures.difference, [one.line.kind for one in figures.behind]) == (Decimal("12.50"), ["Check"])
    company.settle()
    figures = reconciled()["01-020"]
    assert (figures.difference, [one.found_as for one in figures.held]) == (0, ["told by qbsync"])
