"""What the comparison of the ledgers sees: a mistake that is planted in qbsync is a difference of its own."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from qbsync.mapping.invoice import drafts, lines as planned
from qbsync.model.records import RecordKind


@pytest.fixture
def order(company, people):
    """A subcontract of two lines of one cost code, with a change order of a line on each."""
    contract, (line, _) = people.commit(1000, 500)
    again = company.state.create_line(contract.id, line.cost_code_id, amount=Decimal(700), description="Too")
    company.sync()
    people.change(
        contract,
        (line.cost_code_id, Decimal(100), "More", line.id),
        (line.cost_code_id, Decimal(100), "Else", again.id),
    )
    company.sync()
    return contract


@pytest.fixture
def on_the_last(monkeypatch):
    """What a change order's line bills goes on the change order's last line."""
    whole = planned._shares

    def misplaced(item, place, lines, preflight):
        if place.key.kind is RecordKind.CHANGE_ORDER:
            place = replace(place, line_id=lines[-1].procore_line_id)
        return whole(item, place, lines, preflight)

    monkeypatch.setattr(planned, "_shares", misplaced)


def billed(company, people, contract):
    """The first line of the change order is billed; gives what differs."""
    [change] = company.state.change_orders.of_contract(contract.id)
    first, _ = company.state.change_orders.lines(change.id)
    people.invoice(contract, {first: 40})
    company.settle()
    return company.differences()


def test_the_right_line_of_a_change_order_is_no_difference(company, people, order):
    """Two lines of one item and amount are told apart, and the bill stands on its own."""
    assert billed(company, people, order) == []


@pytest.mark.usefixtures("on_the_last")
def test_a_planted_wrong_line_is_found(company, people, order):
    """Billed on another line of the same item, the same amount is what both lines differ in."""
    [held] = company.rig.file.purchase_orders()
    first, last = [f"{held.txn_id}|{line.txn_line_id}" for line in held.lines[-2:]]
    [invoice_first, invoice_last] = sorted(billed(company, people, order))
    assert f"billed on {first} is '0.00', expected '40" in invoice_first
    assert f"billed on {last} is '40.00', expected '0.00'" in invoice_last


def test_a_planted_wrong_order_of_lines_is_found(company, people, order):
    """A change order's lines are each its own: swapped on the purchase order they differ."""
    change = people.change(
        order, (company.codes[1], Decimal(5), "Five", None), (company.codes[1], Decimal(6), "Six", None)
    )
    company.sync()
    assert company.differences() == []
    [held] = company.rig.file.purchase_orders()
    for place, amount in ((-2, "6.00"), (-1, "5.00")):
        company.rig.file.human.edit_line(
            "PurchaseOrder", held.txn_id, len(held.lines) + place, Amount=amount, Quantity=amount
        )
    assert [one.partition(" is ")[0] for one in company.differences()] == [f"change order {change.id}: lines"]


def of_the_other_sign(lines):
    """Each line takes what it should give."""
    return [{**line, "Amount": -line["Amount"]} for line in lines]


def of_the_other_item(lines):
    """The first line is on the last one's item, and so on."""
    items = [line["ItemRef"] for line in lines]
    return [{**line, "ItemRef": item} for line, item in zip(lines, reversed(items), strict=True)]


@pytest.mark.parametrize(
    ("planted", "field"),
    [(("_retainage", of_the_other_sign), "origin_id"), (("_credit_lines", of_the_other_item), "lines")],
)
def test_a_planted_wrong_credit_is_found(company, people, monkeypatch, planted, field):
    """A credit that comes to something else is not the invoice's; one on wrong items differs in its lines."""
    function, spoil = planted
    contract, lines = people.commit(1000, 500)
    company.rig.set(negative_invoices="vendor_credit")
    people.invoice(contract, {lines[0]: 400, lines[1]: 50}, retainage=Decimal(10))
    company.settle()
    right = getattr(drafts, function)
    monkeypatch.setattr(drafts, function, lambda *given, **named: spoil(right(*given, **named)))
    credit = people.invoice(contract, {lines[0]: -100, lines[1]: -20}, "I-2", retainage=Decimal(10))
    company.sync()
    company.sync()
    told = [one.partition(" is ")[0] for one in company.differences()]
    assert f"invoice {credit.id}: {field}" in told
