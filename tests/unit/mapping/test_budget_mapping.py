"""How a budget becomes an estimate, and its changes an EstimateMod."""

from __future__ import annotations

from decimal import Decimal

import pytest

from qbsync.errors import MappingError
from qbsync.mapping import budget
from qbsync.model.links import LinkLine
from qbsync.model.records import Budget, BudgetLine

JOB, FIRST, SECOND = "80000005-1", "80000001-1", "80000002-1"


def line(code, amount, description="Wire"):
    """What a cost code is budgeted."""
    return BudgetLine(
        cost_code_id=code, cost_code=f"01-{code}", description=description, amount=Decimal(amount)
    )


BUDGET = Budget(procore_id="5", project_name="Tower", lines=(line("2", "20.00"), line("1", "10.00")))


@pytest.fixture
def world(context, linked):
    """Makes the context of a budget whose job and codes QuickBooks has."""

    def make(**more):
        links = {
            "project:5": linked("project:5", JOB, name="Owners:Tower"),
            "cost_code:1": linked("cost_code:1", FIRST, name="01:010"),
            "cost_code:2": linked("cost_code:2", SECOND, name="01:020"),
        }
        return context(links=links, **more)

    return make


@pytest.fixture
def own(linked):
    """The link of a budget of 10 and 20 that QuickBooks has."""
    lines = (
        LinkLine(procore_line_id="1", txn_line_id="E-1", amount=Decimal("10.00"), item_id=FIRST),
        LinkLine(procore_line_id="2", txn_line_id="E-2", amount=Decimal("20.00"), item_id=SECOND),
    )
    return linked("budget:5", "E-0", lines=lines)


def estimate(*lines, job=JOB):
    """An EstimateRet; a line is TxnLineID, item, amount and mark."""
    shown = "".join(
        f"<EstimateLineRet><TxnLineID>{line_id}</TxnLineID><ItemRef><ListID>{item}</ListID>"
        f"<FullName>item {item}</FullName></ItemRef><Desc>Wire</Desc><Amount>{amount}</Amount>"
        f"<Other1>{mark}</Other1></EstimateLineRet>"
        for line_id, item, amount, mark in lines
    )
    return (
        "<EstimateRet><TxnID>E-0</TxnID><EditSequence>17</EditSequence><CustomerRef>"
        f"<ListID>{job}</ListID><FullName>job {job}</FullName></CustomerRef><RefNumber>7</RefNumber>"
        f"{shown}</EstimateRet>"
    )


OURS = (("E-1", FIRST, "10.00", "qbsync:1"), ("E-2", SECOND, "20.00", "qbsync:2"))


def test_each_cost_code_is_a_line_its_cost_types_summed(world, sound):
    """In the order of the codes, for the job, each with our mark."""
    record = Budget(procore_id="5", lines=(*BUDGET.lines, line("1", "0.50")))
    body = sound(budget.request(record, world())).body["EstimateAdd"]
    assert body["CustomerRef"] == {"ListID": JOB}
    found = [(one["ItemRef"]["ListID"], one["Amount"], one["Other1"]) for one in body["EstimateLineAdd"]]
    assert found == [(FIRST, Decimal("10.50"), "qbsync:1"), (SECOND, Decimal("20.00"), "qbsync:2")]


def test_a_change_names_every_line_again_and_writes_what_differs(world, own, ret, sound):
    """Ours with its new amount, one that is gone with zero, theirs untouched, a new one last."""
    held = ret(estimate(*OURS, ("E-9", "80000077-1", "3.00", "")))
    record = Budget(procore_id="5", lines=(line("1", "11.00"),))
    body = sound(budget.request(record, world(link=own, held=held))).body["EstimateMod"]
    assert (body["TxnID"], body["EditSequence"]) == ("E-0", "17")
    assert body["EstimateLineMod"] == [
        {"TxnLineID": "E-1", "Amount": Decimal("11.00")},
        {"TxnLineID": "E-2", "Amount": Decimal(0)},
        {"TxnLineID": "E-9"},
    ]


@pytest.mark.parametrize(
    ("shown", "words"),
    [
        (estimate(("E-1", FIRST, "9.00", "qbsync:1"), OURS[1]), "it is 9.00, qbsync had written 10.00"),
        (estimate(("E-1", SECOND, "10.00", "qbsync:1"), OURS[1]), "qbsync had written '01:010'"),
        (estimate(*OURS, job="80000006-1"), "qbsync had made it for 'Owners:Tower'"),
    ],
)
def test_what_someone_changed_of_ours_is_a_conflict(world, own, ret, shown, words):
    """An amount, an item, the job: named with both, and no request is made."""
    with pytest.raises(MappingError, match=words) as caught:
        budget.request(BUDGET, world(link=own, held=ret(shown)))
    assert "then retry" in caught.value.guidance


def test_the_answer_becomes_the_link_or_a_misfit(ret):
    """Each code joined to its line with amount and item; another amount or a missing line is told."""
    link = budget.outcome(BUDGET, ret(estimate(*OURS)))
    assert [(one.procore_line_id, one.txn_line_id, one.item_id) for one in link.lines] == [
        ("1", "E-1", FIRST),
        ("2", "E-2", SECOND),
    ]
    with pytest.raises(MappingError, match=r"is 21\.00, Procore has 20\.00"):
        budget.outcome(BUDGET, ret(estimate(OURS[0], ("E-2", SECOND, "21.00", "qbsync:2"))))
    with pytest.raises(MappingError, match="it has no line for Wire"):
        budget.outcome(BUDGET, ret(estimate(OURS[0])))


def test_a_project_without_estimates_or_lines_is_stopped(world):
    """The preference and an empty budget are problems, each with the way to mend it."""
    off = {budget.PREFERENCE: "false"}
    found = budget.review(Budget(procore_id="5"), world(preferences=off)).problems
    assert {one.field for one in found} == {"preferences", "lines"}
