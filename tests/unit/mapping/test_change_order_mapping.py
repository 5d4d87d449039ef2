"""A change order as lines of its commitment's purchase order."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given, strategies as st

from qbsync.errors import MappingError
from qbsync.mapping import change_order
from qbsync.model.context import Context
from qbsync.model.ids import QuickBooksId
from qbsync.model.links import Link
from qbsync.model.options import Options
from qbsync.model.records import ChangeOrder, ChangeOrderLine, RecordKey
from qbsync.qbxml.check import check
from qbsync.qbxml.parse import kept

LINKS = {"commitment:5": "A1-1", "project:3": "80000003-1", "cost_code:2": "80000002-1"}


class Nothing:
    """Lists of which nothing was read."""

    def find(self, _list, _name):
        """Know nothing."""

    def known(self, _list):
        """Have read nothing."""
        return False


def world(held=None, style="progress", link=None):
    """The links that a change order of commitment 5 needs, and its purchase order as read."""
    links = {RecordKey.parse(key): _link(key, quickbooks_id) for key, quickbooks_id in LINKS.items()}
    return Context(
        options=Options(commitment_line_style=style),
        names=Nothing(),
        guid="",
        links=links,
        held=None if held is None else kept(held),
        link=link,
    )


def _link(key, quickbooks_id):
    return Link(key=RecordKey.parse(key), quickbooks_id=QuickBooksId(quickbooks_id), name="SC-1")


def change(*lines):
    """Change order 001; a line is its amount and the commitment's line it touches."""
    made = tuple(
        ChangeOrderLine(
            procore_id=f"9{place}",
            position=place,
            commitment_line_id=touched,
            cost_code_id="2",
            cost_code="01-010",
            description=f"Extra {place}",
            amount=Decimal(amount),
        )
        for place, (amount, touched) in enumerate(lines, start=1)
    )
    return ChangeOrder(
        procore_id="77", project_id="3", commitment_id="5", number="001", title="Wish", lines=made
    )


def order(*lines, more=""):
    """A purchase order as QuickBooks shows it; a line is its id, text and amount."""
    shown = "".join(
        f"<PurchaseOrderLineRet><TxnLineID>{line_id}</TxnLineID><Desc>{text}</Desc>"
        f"<Quantity>{amount}</Quantity><Rate>1</Rate><Amount>{amount}</Amount></PurchaseOrderLineRet>"
        for line_id, text, amount in lines
    )
    return (
        "<PurchaseOrderRet><TxnID>A1-1</TxnID><EditSequence>16</EditSequence><RefNumber>SC-1</RefNumber>"
        f"{more}{shown}</PurchaseOrderRet>"
    )


cents = st.integers(-(10**9), 10**9).map(lambda value: Decimal(value) / 100)
touched = st.sampled_from([None, "11", "12"])
numbers = st.lists(st.integers(1, 999), unique=True, max_size=8)


@given(lines=st.lists(st.tuples(cents, touched), min_size=1, max_size=6), there=numbers, style=st.booleans())
def test_every_line_that_is_there_is_named_once_and_the_sums_follow(lines, there, style):
    """Nothing is dropped, nothing named twice, and what is appended comes to the change order's total."""
    record = change(*lines)
    held = order(*((str(number), "by hand", "1.00") for number in there))
    sent = change_order.request(record, world(held, "progress" if style else "amount"))
    assert check(sent) == []
    asked = sent.body["PurchaseOrderMod"]["PurchaseOrderLineMod"]
    assert [line["TxnLineID"] for line in asked[: len(there)]] == [str(number) for number in there]
    assert all(set(line) == {"TxnLineID"} for line in asked[: len(there)])
    new = asked[len(there) :]
    assert all(line["TxnLineID"] == "-1" for line in new)
    total = sum(line.get("Amount", line.get("Quantity")) for line in new)
    assert total == sum(line.amount for line in record.lines)
    assert len(new) == len({mark or place for place, (_, mark) in enumerate(lines)})


def test_the_answer_joins_each_item_to_the_line_of_its_sum():
    """Two items on one line of the commitment share a TxnLineID; the amounts are read back."""
    record = change(("10.00", "11"), ("5.00", None), ("2.50", "11"))
    shown = kept(
        order(("1", "old", "99.00"), ("2", "[CCO 001/77] Wish", "12.50"), ("3", "[CCO 001/77] Wish", "5.00"))
    )
    link = change_order.outcome(record, shown)
    assert [(line.procore_line_id, line.txn_line_id) for line in link.lines] == [
        ("91", "2"),
        ("93", "2"),
        ("92", "3"),
    ]
    assert change_order.agrees(record, shown, world())
    assert change_order.holds(record, shown, None)
    rewritten = kept(order(("1", "old", "99.00"), ("3", "Drywall", "5.00")))
    assert not change_order.holds(record, rewritten, None)
    assert change_order.holds(record, rewritten, link)


@pytest.mark.parametrize(
    ("lines", "word"),
    [
        ([("2", "[CCO 001/77] Wish", "12.49")], "12.49"),
        ([("2", "Wish", "12.50")], "0 lines"),
        ([("2", "[CCO 001/78] Wish", "12.50")], "0 lines"),
    ],
)
def test_another_figure_or_no_mark_is_not_ours(lines, word):
    """A line with another amount, without the mark, or with another change order's, makes no link."""
    record = change(("12.50", None))
    with pytest.raises(MappingError, match=word):
        change_order.outcome(record, kept(order(*lines)))


def test_lines_of_it_with_other_amounts_are_never_doubled():
    """Where its mark stands in the order already, nothing is appended: a person decides."""
    held = order(("2", "[CCO 001/77] Wish", "9.00"))
    with pytest.raises(MappingError, match="has lines of it already"):
        change_order.request(change(("12.50", None)), world(held))


def test_without_a_fresh_read_nothing_is_built():
    """A Mod that names no lines would delete them."""
    with pytest.raises(MappingError, match="has not been read"):
        change_order.request(change(("12.50", None)), world())


def test_review_names_what_a_person_must_mend():
    """No lines, a code of the project's own, a part of a cent, and a change order QuickBooks has already."""
    own_code = ChangeOrderLine(
        procore_id="91",
        position=1,
        commitment_line_id=None,
        cost_code_id=None,
        cost_code="99",
        description="",
        amount=Decimal("1.005"),
    )
    record = ChangeOrder(procore_id="77", project_id="3", commitment_id="5", number="1", lines=(own_code,))
    found = [problem.message for problem in change_order.review(record, world()).problems]
    assert any("the project's own" in message for message in found)
    assert any("not whole cents" in message for message in found)
    assert change_order.review(change(), world()).problems[0].message == "It has no lines."
    linked = change_order.review(change(("1.00", None)), world(link=_link("change_order:77", "A1-1")))
    assert "QuickBooks has it already" in linked.problems[0].message


@pytest.mark.parametrize(
    ("number", "chosen", "mark"),
    [
        ("001", "", "[CCO 001/77]"),
        ("001", "CO-9", "[CCO CO-9/77]"),
        ("", "", "[CCO ?/77]"),
        ("A[1]", "", "[CCO A(1)/77]"),
        ("001", "x]y", "[CCO x)y/77]"),
    ],
)
def test_the_mark_has_the_chosen_number_and_is_found_again(number, chosen, mark):
    """Whatever the number, the lines are told by the id behind it."""
    record = replace(change(("10.00", None)), number=number)
    choices = {"number": chosen} if chosen else {}
    sent = change_order.request(record, replace(world(order()), choices=choices))
    (line,) = sent.body["PurchaseOrderMod"]["PurchaseOrderLineMod"]
    assert line["Desc"] == f"{mark} Wish; Extra 1"
    assert change_order.holds(record, kept(order(("1", line["Desc"], "10.00"))), None)
