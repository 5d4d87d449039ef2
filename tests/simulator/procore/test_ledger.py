from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal

import pytest

from qbsync.simulator.ledger import differences, summary
from qbsync.simulator.texts import begins_with, same_message, same_text


@dataclass(frozen=True)
class View:
    """A company file with something replaced."""

    company: object
    changed: dict[str, object]

    def __getattr__(self, name):
        """The list of that name, replaced or the company's own."""
        return lambda: self.changed.get(name) or getattr(self.company, name)()


def found(synced, **changed):
    """What differs, as kind and field; `changed` replaces lists of the company file."""
    return [(one.kind, one.field) for one in differences(synced.procore, View(synced.company, changed))]


def with_line(order, place, **changes):
    """The order with one line altered."""
    lines = list(order.lines)
    lines[place] = replace(lines[place], **changes)
    return replace(order, lines=tuple(lines))


def test_two_sides_that_agree_have_no_difference(synced):
    """A company file that holds just what Procore holds, awkward names and all, gives none."""
    assert differences(synced.procore, synced.company) == []


def test_an_altered_amount_is_seen(synced):
    """One cent on one line is a difference of that line, with both amounts."""
    first, *others = synced.company.purchase_orders()
    altered = with_line(first, 0, amount=first.lines[0].amount + Decimal("0.01"))
    [difference] = differences(synced.procore, View(synced.company, {"purchase_orders": [altered, *others]}))
    assert (difference.kind, difference.field) == ("line", "amount")
    assert Decimal(difference.found) - Decimal(difference.expected) == Decimal("0.01")
    assert difference.found in str(difference)


@pytest.mark.parametrize(
    ("name", "value"), [("item_id", "X"), ("customer_id", "X"), ("description", "Something else")]
)
def test_an_altered_line_is_seen(synced, name, value):
    """Another item, job or description on a line is a difference of it."""
    orders = synced.company.purchase_orders()
    long = max(orders, key=lambda order: len(order.lines))
    altered = with_line(long, len(long.lines) - 1, **{name: value})
    changed = [altered if order is long else order for order in orders]
    assert [kind for kind, _ in found(synced, purchase_orders=changed)] == ["line"]


@pytest.mark.parametrize("name", ["memo", "vendor_msg", "total"])
def test_an_altered_header_is_seen(synced, name):
    """Another memo, vendor message or total is a difference of the commitment."""
    first, *others = synced.company.purchase_orders()
    value = first.total + 1 if name == "total" else "Something else"
    orders = [replace(first, **{name: value}), *others]
    assert [kind for kind, _ in found(synced, purchase_orders=orders)] == ["commitment"]


def test_a_missing_line_is_seen(synced):
    """An order with one line less differs in its number of lines."""
    orders = synced.company.purchase_orders()
    long = max(orders, key=lambda order: len(order.lines))
    short = replace(long, lines=long.lines[:-1])
    changed = [short if order is long else order for order in orders]
    assert found(synced, purchase_orders=changed) == [("commitment", "lines")]


def test_a_missing_order_is_seen(synced):
    """An order that is not there is missing, and its written-back id is nobody's."""
    _, *others = synced.company.purchase_orders()
    assert found(synced, purchase_orders=others) == [("commitment", "number"), ("commitment", "origin_id")]


def test_a_doubled_order_is_seen(synced):
    """The same order twice under two TxnIDs is seen although each is right."""
    first, *others = synced.company.purchase_orders()
    twin = replace(first, txn_id="FFFF-1")
    assert found(synced, purchase_orders=[first, twin, *others]) == [("commitment", "number")]


def test_a_stray_order_is_seen(synced):
    """An order that Procore does not know is extra."""
    orders = synced.company.purchase_orders()
    stray = replace(orders[0], txn_id="FFFF-1", ref_number="STRAY")
    assert found(synced, purchase_orders=[*orders, stray]) == [("commitment", "number")]


@pytest.mark.parametrize(
    "kind", ["vendor", "project", "cost_code", "project_cost_code", "commitment", "line"]
)
@pytest.mark.parametrize("origin_id", ["80000000-1", None])
def test_an_altered_origin_id_is_seen(synced, kind, origin_id):
    """A wrong or absent origin id on any kind of record is a difference of that record."""
    procore = synced.procore
    own = {
        "vendor": (procore.edit_vendor, procore.vendors()),
        "project": (procore.edit_project, procore.projects()),
        "cost_code": (procore.edit_standard_cost_code, procore.standard_cost_codes()),
        "project_cost_code": (procore.edit_cost_code, procore.cost_codes()),
        "commitment": (procore.edit_commitment, procore.commitments()),
        "line": (procore.edit_line, procore.lines()),
    }
    edit, rows = own[kind]
    edit(rows[0].id, origin_id=origin_id)
    assert (kind, "origin_id") in found(synced)


def test_two_records_may_not_share_an_id(synced):
    """A vendor that carries another vendor's id is seen."""
    first, second, *_ = synced.procore.vendors()
    synced.procore.edit_vendor(second.id, origin_id=first.origin_id)
    assert ("vendor", "origin_id") in found(synced)


@pytest.mark.parametrize("name", ["vendors", "items"])
def test_missing_doubled_and_stray_list_elements_are_seen(synced, name):
    """A vendor or item that is missing, there twice, or nobody's, is a difference of its kind."""
    held = getattr(synced.company, name)()
    last = held[-1]
    kind = {"vendors": "vendor", "items": "cost_code"}[name]
    assert (kind, "name") in found(synced, **{name: held[:-1]})
    assert (kind, "name") in found(synced, **{name: [*held, replace(last, list_id="FFFF-1")]})
    stray = replace(last, list_id="FFFF-1", name="Stray", full_name="Stray")
    assert found(synced, **{name: [*held, stray]}) == [(kind, "name")]
    view = View(synced.company, {name: [*held, stray]})
    assert differences(synced.procore, view, before=["Stray"]) == []


def test_a_missing_job_is_seen(synced):
    """A job that is not there is a difference of its project."""
    held = [one for one in synced.company.customers() if not one.full_name.endswith("Harbor View Clinic")]
    assert ("project", "name") in found(synced, customers=held)


def test_details_of_vendors_and_items_are_compared(synced):
    """Another phone number of a vendor or description of an item is a difference."""
    vendor, *vendors = synced.company.vendors()
    item, *items = synced.company.items()
    assert found(synced, vendors=[replace(vendor, phone="1"), *vendors]) == [("vendor", "phone")]
    assert found(synced, items=[replace(item, description="?"), *items]) == [("cost_code", "description")]


def test_a_number_that_an_approver_chose_is_expected(synced):
    """A commitment exported under a chosen number agrees when the choice is told."""
    first, *others = synced.company.purchase_orders()
    view = View(synced.company, {"purchase_orders": [replace(first, ref_number="CHOSEN"), *others]})
    contract = next(one for one in synced.procore.commitments() if one.origin_id == first.txn_id)
    assert differences(synced.procore, view) != []
    assert differences(synced.procore, view, chosen={("commitment", str(contract.id)): "CHOSEN"}) == []


def test_what_is_not_exportable_is_not_expected(synced):
    """A draft, an inactive vendor and an order that became a draft are judged by today's status."""
    state = synced.procore
    state.create_vendor("Sleeping", is_active=False)
    state.create_commitment("work_order_contract", state.projects()[0].id, None, number="DRAFT")
    assert found(synced) == []
    state.edit_commitment(state.commitments()[0].id, status="Draft")
    assert found(synced) == [("commitment", "number")]


def test_the_summary_counts_both_sides(synced):
    """A row per kind has equal counts and amounts, and the differences found."""
    first, *others = synced.company.purchase_orders()
    view = View(synced.company, {"purchase_orders": others})
    good = {row.kind: row for row in summary(synced.procore, synced.company, [])}
    bad = {row.kind: row for row in summary(synced.procore, view, differences(synced.procore, view))}
    assert all(row.procore == row.quickbooks for row in good.values())
    assert {kind for kind, row in good.items() if row.procore} >= {"vendor", "project", "commitment", "line"}
    assert all(row.procore_amount == row.quickbooks_amount for row in good.values())
    assert bad["commitment"].quickbooks == len(others)
    assert bad["commitment"].differences == 2
    assert bad["line"].procore_amount - bad["line"].quickbooks_amount == first.total


def test_change_orders_are_counted_by_their_marks_on_each_side(synced):
    """Approved in Procore counts there alone; lines with its mark count once, on each order that has them."""
    state, [first, second, *others] = synced.procore, synced.company.purchase_orders()
    contract = next(one for one in state.commitments() if one.origin_id == first.txn_id)
    code = state.lines(contract.id)[0].cost_code_id
    change = state.change_orders.create(
        contract.id, [(code, Decimal(10), "More", None), (code, Decimal(5), "Else", None)], status="approved"
    )

    def counts(*orders):
        view = View(synced.company, {"purchase_orders": [*orders, *others]})
        row = next(one for one in summary(state, view, []) if one.kind == "change_order")
        return row.procore, row.quickbooks

    def marked(order):
        new = [replace(order.lines[0], description=f"[CCO {change.number}/{change.id}] {n}") for n in (1, 2)]
        return replace(order, lines=(*order.lines, *new))

    assert counts(first, second) == (1, 0)
    assert counts(marked(first), second) == (1, 1)
    assert counts(marked(first), marked(second)) == (1, 2)


@pytest.mark.parametrize(
    ("expected", "held", "same"),
    [
        ("  A&B ", "A&B", True),
        ("Jose\u0301", "José", True),
        ("José", "Jose", False),
        ("O\u2019Malley", "O'Malley", False),
        ("Стройка", "Stroyka", True),
        ("Стройка", "Stroika", False),
        ("Non\u2011Stop", "Non-Stop", True),
        ("Non\u2011Stop", "Non-Start", False),
    ],
)
def test_texts_are_compared_exactly_where_quickbooks_can_hold_them(expected, held, same):
    """Only characters outside Windows-1252 are compared by letters and digits."""
    assert same_text(expected, held) == same


def test_a_remark_behind_a_text_is_let_pass():
    """A line may carry a remark in brackets, but not other words."""
    assert begins_with("Pipe", "Pipe [3 at 1.5]")
    assert not begins_with("Pipe", "Pipes [3 at 1.5]")


def test_a_vendor_message_is_the_description_or_its_beginning():
    """Tags and entities are gone; a long text is cut at 99 and not much before."""
    assert same_message("<p>A &amp; B</p>", "A & B")
    assert not same_message("<p>A &amp; B</p>", "A")
    assert same_message("x" * 120, "x" * 96 + "...")
    assert not same_message("x" * 120, "x" * 50)
    assert not same_message("x" * 120, "x" * 120)
