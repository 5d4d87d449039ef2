"""How a budget becomes an estimate, and its changes an EstimateMod."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from qbsync.errors import MappingError
from qbsync.mapping import budget
from qbsync.model.links import LinkLine
from qbsync.model.records import Budget, BudgetLine

JOB, FIRST, SECOND = "80000005-1", "80000001-1", "80000002-1"
LABOR, STUFF = "80000031-1", "80000032-1"


def line(code, amount, description="Wire"):
    """What a cost code is budgeted."""
    return BudgetLine(
        cost_code_id=code, cost_code=f"01-{code}", description=description, amount=Decimal(amount)
    )


BUDGET = Budget(procore_id="5", project_name="Tower", lines=(line("2", "20.00"), line("1", "10.00")))


@pytest.fixture
def world(context, linked):
    """Makes the context of a budget whose job and codes QuickBooks has."""

    def make(*entries, **more):
        links = {
            "project:5": linked("project:5", JOB, name="Owners:Tower"),
            "cost_code:1": linked("cost_code:1", FIRST, name="01:010"),
            "cost_code:2": linked("cost_code:2", SECOND, name="01:020"),
        }
        return context(*entries, links=links, **more)

    return make


@pytest.fixture
def own(linked):
    """The link of a budget of 10 and 20 that QuickBooks has."""
    lines = (
        LinkLine(procore_line_id="1", txn_line_id="E-1", amount=Decimal("10.00"), item_id=FIRST),
        LinkLine(procore_line_id="2", txn_line_id="E-2", amount=Decimal("20.00"), item_id=SECOND),
    )
    return linked("budget:5", "E-0", lines=lines)


def _class(list_id=""):
    name = {LABOR: "Labor", STUFF: "Materials"}.get(list_id, list_id)
    return f"<ClassRef><ListID>{list_id}</ListID><FullName>{name}</FullName></ClassRef>" if list_id else ""


def estimate(*lines, job=JOB):
    """An EstimateRet; a line is TxnLineID, item, amount and mark, and the ListID of its class."""
    shown = "".join(
        f"<EstimateLineRet><TxnLineID>{line_id}</TxnLineID><ItemRef><ListID>{item}</ListID>"
        f"<FullName>item {item}</FullName></ItemRef><Desc>Wire</Desc>{_class(*classes)}"
        f"<Amount>{amount}</Amount><Other1>{mark}</Other1></EstimateLineRet>"
        for line_id, item, amount, mark, *classes in lines
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


@pytest.fixture
def typed(world, entry):
    """A context in which classes are cost types, as two of QuickBooks' class list."""

    def make(**more):
        classes = (entry("Class", "Labor", LABOR), entry("Class", "Materials", STUFF))
        return world(*classes, options={"cost_types": "class"}, **more)

    return make


def typed_line(amount, cost_type):
    """What one cost code is budgeted for one cost type."""
    return replace(line("1", amount), cost_type_id=cost_type[0], cost_type=cost_type)


TYPED = Budget(procore_id="5", lines=(typed_line("10.00", "Labor"), typed_line("20.00", "Materials")))
TYPED_LINES = (("E-1", FIRST, "10.00", "qbsync:1/L", LABOR), ("E-2", FIRST, "20.00", "qbsync:1/M", STUFF))
SWAPPED = (("E-1", FIRST, "10.00", "qbsync:1/L", STUFF), ("E-2", FIRST, "20.00", "qbsync:1/M", LABOR))


def test_lines_that_differ_by_class_alone_are_two(typed, ret, sound):
    """Each has its class and its own mark, and its own place in the link."""
    body = sound(budget.request(TYPED, typed())).body["EstimateAdd"]
    found = [(one["ClassRef"]["ListID"], one["Other1"]) for one in body["EstimateLineAdd"]]
    assert found == [(LABOR, "qbsync:1/L"), (STUFF, "qbsync:1/M")]
    link = budget.outcome(TYPED, ret(estimate(*TYPED_LINES)))
    assert [(one.procore_line_id, one.class_id) for one in link.lines] == [("1/L", LABOR), ("1/M", STUFF)]


@pytest.mark.parametrize(
    ("shown", "cost_type"),
    [(SWAPPED, "Labor"), ((TYPED_LINES[0], ("E-2", FIRST, "20.00", "qbsync:1/M")), "Materials")],
)
def test_a_line_of_another_class_is_a_conflict(typed, ret, shown, cost_type):
    """Swapped or taken away, the class is named with the cost type it stood for, and nothing is written."""
    link = budget.outcome(TYPED, ret(estimate(*TYPED_LINES)))
    changed = replace(TYPED, lines=(TYPED.lines[0], typed_line("21.00", "Materials")))
    with pytest.raises(MappingError, match=f"qbsync had written '{cost_type}'") as caught:
        budget.request(changed, typed(link=link, held=ret(estimate(*shown))))
    assert f"Set its class back to '{cost_type}' in QuickBooks" in caught.value.guidance


def test_a_class_is_ours_only_where_it_is_a_cost_type(typed, world, own, ret):
    """What a bookkeeper sets on lines without cost types is theirs; a link from before knows no class."""
    theirs = [(*one, LABOR) for one in OURS]
    record = Budget(procore_id="5", lines=(line("1", "11.00"), line("2", "20.00")))
    assert budget.request(record, world(link=own, held=ret(estimate(*theirs))))
    assert {one.class_id for one in budget.outcome(BUDGET, ret(estimate(*theirs))).lines} == {""}
    link = budget.outcome(TYPED, ret(estimate(*TYPED_LINES)))
    older = replace(link, lines=tuple(replace(one, class_id="") for one in link.lines))
    assert budget.request(TYPED, typed(link=older, held=ret(estimate(*SWAPPED))))


def test_an_estimate_with_swapped_classes_is_not_what_was_sent(typed, ret):
    """A change in doubt is not taken for done where lines that differ by class alone have each other's."""
    assert budget.agrees(TYPED, ret(estimate(*TYPED_LINES)), typed())
    assert not budget.agrees(TYPED, ret(estimate(*SWAPPED)), typed())


def test_the_class_of_a_line_is_looked_after_where_it_is_a_cost_type(ret):
    """Drift compares it for a budget by cost types, and for no other."""
    link = budget.outcome(TYPED, ret(estimate(*TYPED_LINES)))
    assert "ClassRef" in budget.owned(TYPED, link).line_fields
    assert "ClassRef" not in budget.owned(BUDGET, link).line_fields
