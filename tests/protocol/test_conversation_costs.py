"""Job costs read from QuickBooks page by page, and what Procore is owed of them."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from qbsync.flows import costs, fill, reconciliation, setup
from qbsync.model.costs import DIRECT_COST, ProcoreCost
from qbsync.model.ids import QuickBooksId
from qbsync.model.links import Link, LinkLine
from qbsync.model.records import RecordKey, RecordKind, key_of
from qbsync.procore.feeds.events import ProjectCode, ProjectCodes
from qbsync.store import costs as stored, links, writebacks

CHECKING, LABOUR = "Checking", "Labour"
JOB = "Ridge Owners:Tower 1"
ITEM = "01:001"
PROJECT = "3001"


@pytest.fixture
def office(rig, records):
    """A rig whose project and cost code are in QuickBooks and used together in Procore."""
    rig.file.human.add_account(CHECKING, "Bank")
    rig.file.human.add_account(LABOUR, "Expense")
    rig.file.human.add_account("Payables", "AccountsPayable")
    rig.export(*records.parents())
    rig.settle()
    codes = (
        ProjectCode(procore_id="71", standard_id="1001", full_code="01-001", origin_id=None),
        ProjectCode(procore_id="70", standard_id="1000", full_code="01", origin_id=None),
    )
    fill.store_events(rig.database, rig.id, [ProjectCodes(project_id=PROJECT, codes=codes)], rig.clock())
    return rig


def check(rig, amount, item=ITEM):
    """A check for the job, on that item."""
    lines = [(item, "Nails", Decimal(amount))]
    return rig.file.human.enter_cost("Check", lines, job=JOB, payee="Vendor 1", account=CHECKING)


def read(rig):
    """Let an update come when costs are due."""
    rig.clock.passes(timedelta(hours=3))
    rig.pc().update()


def owed(rig):
    """The projects whose costs Procore is owed."""
    with rig.database.read() as tx:
        rows = writebacks.due(tx, rig.id, rig.clock(), whatever_the_backoff=True)
        return [row.item_id for row in rows if row.target == "job_costs"]


def told(rig):
    """Procore took what it was owed."""
    with rig.database.write() as tx:
        for row in writebacks.due(tx, rig.id, rig.clock(), whatever_the_backoff=True):
            writebacks.settle(row, rig.clock(), refused=None)
            if row.target == "job_costs":
                costs.told(tx, row)


def project(rig):
    """What the project costs."""
    with rig.database.read() as tx:
        [found] = costs.of_projects(tx, rig.connection())
    return found


def figures(rig):
    """Each direct cost line that Procore is to have: cost code and amount."""
    return [(line.cost_code_id, line.amount) for cost in project(rig).owed for line in cost.lines]


def test_a_check_on_a_job_is_owed_once(office):
    """It is read, owed, and not owed again once Procore has it."""
    check(office, "12.50")
    read(office)
    assert figures(office) == [("71", Decimal("12.50"))]
    assert owed(office) == [PROJECT]
    told(office)
    read(office)
    assert owed(office) == []


@pytest.mark.parametrize("how", ["edit", "void", "delete"])
def test_what_is_changed_later_is_owed_again(office, how):
    """A changed, voided or deleted check changes what the job costs."""
    txn_id = check(office, "12.50")
    check(office, "1.00")
    read(office)
    told(office)
    office.clock.passes(timedelta(minutes=1))
    [line] = next(cost for cost in office.file.costs() if cost.txn_id == txn_id).lines
    match how:
        case "edit":
            office.file.human.edit_cost(txn_id, {line.txn_line_id: Decimal("20.00")})
        case "void":
            office.file.human.void("Check", txn_id)
        case "delete":
            office.file.human.delete("Check", txn_id)
    read(office)
    wanted = {"edit": "21.00", "void": "1.00", "delete": "1.00"}[how]
    assert figures(office) == [("71", Decimal(wanted))]
    assert owed(office) == [PROJECT]


def test_a_bill_that_procore_sent_is_not_counted_again(office):
    """What is linked to an invoice is Procore's cost already."""
    txn_id = office.file.human.enter_bill("Vendor 1", [(ITEM, "Nails", Decimal("9.99"))], job=JOB)
    read(office)
    assert figures(office) == [("71", Decimal("9.99"))]
    key = RecordKey(kind=RecordKind.INVOICE, procore_id="900")
    with office.database.write() as tx:
        links.save(tx, office.id, Link(key=key, quickbooks_id=QuickBooksId(txn_id)), office.clock())
    assert figures(office) == []
    assert [line.amount for line in project(office).ours] == [Decimal("9.99")]


def test_what_someone_adds_to_our_credit_is_counted(office):
    """A line of a vendor credit that is not the invoice's is a cost of its own, taken back."""
    lines = [(ITEM, "Nails", Decimal("9.00")), (ITEM, "Wood", Decimal("1.00"))]
    human = office.file.human
    txn_id = human.enter_cost("VendorCredit", lines, job=JOB, payee="Vendor 1", account="Payables")
    [credit] = office.file.costs()
    ours = LinkLine(procore_line_id="1", txn_line_id=credit.lines[0].txn_line_id, amount=Decimal("-9.00"))
    key = RecordKey(kind=RecordKind.INVOICE, procore_id="900")
    link = Link(key=key, quickbooks_id=QuickBooksId(txn_id), lines=(ours,))
    with office.database.write() as tx:
        links.save(tx, office.id, link, office.clock())
    read(office)
    assert figures(office) == [("71", Decimal("-1.00"))]


def test_paying_a_bill_costs_nothing_anew(office):
    """A bill and its payment are one cost."""
    txn_id = office.file.human.enter_bill("Vendor 1", [(ITEM, "Nails", Decimal("9.99"))], job=JOB)
    office.file.human.pay_bills({txn_id: None}, account=CHECKING)
    read(office)
    assert figures(office) == [("71", Decimal("9.99"))]


def test_a_journal_waits_for_a_cost_code_to_be_chosen(office):
    """Without an item it is shown and not sent; with `uncoded_cost_code` it is on that code."""
    office.file.human.enter_journal(LABOUR, CHECKING, Decimal("55.05"), job=JOB)
    read(office)
    assert figures(office) == []
    assert [line.place for line in project(office).unplaced] == [LABOUR]
    office.set(uncoded_cost_code="01")
    assert figures(office) == [("70", Decimal("55.05"))]


def test_nothing_is_read_before_a_project_is_linked(rig):
    """A company file without a project of Procore's is not searched for costs."""
    rig.file.human.add_account(CHECKING, "Bank")
    requests = rig.pc()
    rig.clock.passes(timedelta(hours=3))
    requests.update()
    assert not any("<CheckQueryRq" in request for request in requests.requests)


def test_costs_can_be_switched_off(office):
    """`cost_minutes=0` asks for none."""
    office.set(cost_minutes="0")
    check(office, "12.50")
    pc = office.pc()
    office.clock.passes(timedelta(hours=3))
    pc.update()
    assert not any("<CheckQueryRq" in request for request in pc.requests)
    assert owed(office) == []


def test_both_sides_are_shown_with_the_transactions_behind(office, records):
    """A cost code whose figures differ names what QuickBooks has there and how Procore counts it."""
    check(office, "12.50")
    office.file.human.enter_journal(LABOUR, CHECKING, Decimal("55.05"), job=JOB)
    read(office)
    cost = ProcoreCost(
        source=DIRECT_COST,
        procore_id="1",
        description="Nails",
        cost_code_id="71",
        code="01-001.O",
        amount=Decimal("12.40"),
    )
    with office.database.write() as tx:
        stored.keep_reading(tx, office.id, PROJECT, [cost], office.clock())
        coded, uncoded = reconciliation.reconcile(tx, office.connection())
    assert coded.project_id == key_of(records.project()).procore_id
    assert (coded.cost_code, coded.quickbooks, coded.procore) == (
        "01-001",
        Decimal("12.50"),
        Decimal("12.40"),
    )
    assert coded.difference == Decimal("0.10")
    assert [(one.line.kind, one.counted_as) for one in coded.behind] == [("Check", "direct cost")]
    assert [(one.cost.procore_id, one.found_as) for one in coded.held] == [("1", "entered in Procore")]
    assert (uncoded.cost_code, uncoded.difference) == (reconciliation.NO_CODE, Decimal("55.05"))
    assert [(one.line.kind, one.counted_as) for one in uncoded.behind] == [("JournalEntry", "not counted")]


def test_an_option_that_changes_what_procore_is_to_have_owes_it_again(office):
    """One header for all becomes one a transaction, and an uncoded cost comes in, without a new reading."""
    check(office, "12.50")
    office.file.human.enter_journal(LABOUR, CHECKING, Decimal("55.05"), job=JOB)
    read(office)
    told(office)
    for change in ({"cost_transactions": "true"}, {"uncoded_cost_code": "01"}):
        assert owed(office) == []
        setup.set_options(office.desk(), office.name, change)
        assert owed(office) == [PROJECT]
        told(office)
    setup.set_options(office.desk(), office.name, {"poll_seconds": "60"})
    assert owed(office) == []
