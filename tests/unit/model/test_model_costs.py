"""Direct costs made of what jobs cost in QuickBooks."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given, strategies as st

from qbsync.model.costs import CostLine, Places, direct_costs, fingerprint

PLACES = Places(cost_codes={"I-1": "11", "I-2": "12"}, vendors={"V-1": "21"})
LINE = CostLine(
    txn_id="T-1",
    line_id="L-1",
    kind="Check",
    number="7001",
    day="2026-05-08",
    payee_id="V-1",
    payee="Bayline",
    job_id="J-1",
    item_id="I-1",
    place="01:010",
    description="Nails",
    amount=Decimal("12.50"),
)


@st.composite
def cost_lines(draw):
    """Lines of a job on two cost codes and on nothing, each with an id of its own."""
    count = draw(st.integers(0, 12))
    return [
        replace(
            LINE,
            txn_id=f"T-{draw(st.integers(1, 4))}",
            line_id=f"L-{place}",
            item_id=draw(st.sampled_from(["I-1", "I-2", "I-3", ""])),
            amount=draw(st.decimals(-1000, 1000, places=2)),
        )
        for place in range(count)
    ]


@given(cost_lines(), st.booleans(), st.sampled_from(["", "19"]))
def test_each_cent_that_has_a_cost_code_is_told_once(lines, by_transaction, uncoded):
    """Whatever the lines, the direct costs come to what is on each cost code, with no mark given twice."""
    places = replace(PLACES, uncoded=uncoded)
    made = direct_costs(lines, places, by_transaction=by_transaction)
    told = {}
    for cost in made:
        for line in cost.lines:
            told[line.cost_code_id] = told.get(line.cost_code_id, Decimal(0)) + line.amount
    wanted = {}
    for line in lines:
        if code := places.of(line):
            wanted[code] = wanted.get(code, Decimal(0)) + line.amount
    assert {code: sum_ for code, sum_ in told.items() if sum_} == {c: s for c, s in wanted.items() if s}
    marks = [cost.mark for cost in made] + [line.mark for cost in made for line in cost.lines]
    assert len(marks) == len(set(marks))


@given(cost_lines(), st.booleans(), st.randoms())
def test_the_order_of_the_lines_does_not_matter(lines, by_transaction, chance):
    """The same lines in another order make the same direct costs, so nothing is told again."""
    shuffled = chance.sample(lines, len(lines))
    first = direct_costs(lines, PLACES, by_transaction=by_transaction)
    assert fingerprint(direct_costs(shuffled, PLACES, by_transaction=by_transaction)) == fingerprint(first)


def test_a_transaction_of_a_linked_vendor_is_an_invoice():
    """It carries vendor, number, day and each line with its own text."""
    [cost] = direct_costs([LINE], PLACES, by_transaction=True)
    assert (cost.type, cost.vendor_id, cost.number, cost.day) == ("invoice", "21", "7001", "2026-05-08")
    assert cost.mark == "T-1|J-1"
    assert cost.description == "QuickBooks check 7001, Bayline"
    assert [(line.mark, line.cost_code_id, line.description) for line in cost.lines] == [
        ("T-1|L-1|J-1", "11", "Nails")
    ]


def test_a_transaction_of_nobody_that_procore_knows_is_an_expense():
    """Procore takes no invoice without a vendor (reference, 3.10)."""
    [cost] = direct_costs([replace(LINE, payee_id="V-9")], PLACES, by_transaction=True)
    assert (cost.type, cost.vendor_id) == ("expense", "")


def test_sums_are_one_direct_cost_with_a_line_for_each_cost_code():
    """The whole job is one, dated by its latest line; a cost code that comes to nothing is left out."""
    lines = [
        LINE,
        replace(LINE, txn_id="T-2", amount=Decimal("-2.50"), day="2026-06-01"),
        replace(LINE, txn_id="T-3", item_id="I-2"),
        replace(LINE, txn_id="T-4", item_id="I-2", amount=Decimal("-12.50")),
    ]
    [cost] = direct_costs(lines, PLACES, by_transaction=False)
    assert (cost.mark, cost.type, cost.day) == ("costs|J-1", "expense", "2026-06-01")
    assert [(line.cost_code_id, line.amount) for line in cost.lines] == [("11", Decimal("10.00"))]


@pytest.mark.parametrize(
    "change",
    [
        {"amount": Decimal(1)},
        {"description": "Screws"},
        {"number": "1"},
        {"item_id": "I-2"},
        {"day": "2026-01-01"},
    ],
)
def test_whatever_procore_would_see_changes_the_fingerprint(change):
    """A changed line is told again."""
    before, after = (
        direct_costs([one], PLACES, by_transaction=True) for one in (LINE, replace(LINE, **change))
    )
    assert fingerprint(before) != fingerprint(after)
