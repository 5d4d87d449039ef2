"""Stories of setting up invoices: what is missing is said, and the retainage item is made, once."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from qbsync.errors import StateError
from qbsync.flows import retainage, setup, unlinking
from qbsync.model.jobs import JobState
from qbsync.model.records import RETAINAGE_ID, RecordKey, RecordKind
from qbsync.simulator.procore.invoice_maths import Billing
from qbsync.store import connections

HELD_BACK = Billing(work=Decimal("400.00"), retained=Decimal("40.00"))
ACCOUNT, HOLDBACK = "Retainage Payable", "Holdback"
KEY = RecordKey(kind=RecordKind.RETAINAGE_ITEM, procore_id=RETAINAGE_ID)


@pytest.fixture
def bare(company):
    """A company that chose no retainage item, with a liability account to hold it on."""
    company.rig.file.human.add_account(ACCOUNT, "OtherCurrentLiability")
    company.rig.set(retainage_item="")
    setup.refresh(company.rig.desk(), company.rig.name)
    company.pc.update()
    return company


@pytest.fixture
def waiting(bare, people):
    """An invoice that holds 40 of its 400 back, and cannot go without the item."""
    contract, lines = people.commit(1000)
    bare.sync()
    invoice = people.invoice(contract, {lines[0]: HELD_BACK})
    bare.sync()
    assert people.job("invoice", invoice.id).state == JobState.STAGED
    return invoice


def items(company):
    """The full names of QuickBooks' items on the liability account."""
    return [item.full_name for item in company.rig.file.items() if item.account == ACCOUNT]


def chosen(company):
    """What the option names."""
    with company.rig.database.read() as tx:
        return connections.options_of(connections.named(tx, company.rig.name)).retainage_item


def ask(company, **more):
    """The accountant has the item made."""
    return retainage.ask(company.rig.desk(), company.rig.name, **more)


@pytest.mark.usefixtures("bare")
def test_the_item_is_made_and_the_invoice_that_waited_for_it_goes(company, people, waiting):
    """The approver reads that it is missing; once it is made the option names it and the bill holds on it."""
    assert "and no item is chosen for it" in people.problems(people.job("invoice", waiting.id))
    ask(company, item=HOLDBACK, account=ACCOUNT)
    company.settle()
    assert (items(company), chosen(company)) == ([HOLDBACK], HOLDBACK)
    assert people.job("retainage_item", RETAINAGE_ID).state == JobState.SYNCED
    assert people.job("invoice", waiting.id).state == JobState.SYNCED
    [bill] = company.rig.file.bills()
    names = {item.list_id: item.full_name for item in company.rig.file.items()}
    assert [(names[line.item_id], line.amount) for line in bill.lines][-1] == (HOLDBACK, Decimal("-40.00"))
    assert "retainage_item" not in people.said_by_doctor()
    assert company.rig.broken() == []


def test_an_item_whose_answer_was_lost_is_not_made_twice(bare):
    """QuickBooks made it, the answer never came, and QuickBooks' own store lost it too: it is found."""
    ask(bare, item=HOLDBACK, account=ACCOUNT)
    bare.pc.until_write()
    bare.pc.execute()
    bare.pc.vanish()
    bare.rig.clock.passes(timedelta(minutes=10))
    bare.pc.until_write()
    bare.pc.say_status(600)
    bare.pc.deliver()
    bare.settle()
    assert (items(bare), chosen(bare)) == ([HOLDBACK], HOLDBACK)
    assert bare.rig.broken() == []


def test_an_item_that_quickbooks_has_is_taken(bare, people):
    """No account is asked for and nothing is made: the bookkeeper's own item of that name is the one."""
    held = bare.rig.file.human.add_service_item(HOLDBACK, account=ACCOUNT)
    setup.refresh(bare.rig.desk(), bare.rig.name)
    bare.pc.update()
    ask(bare, item="holdback")
    bare.settle()
    assert (items(bare), chosen(bare)) == ([HOLDBACK], HOLDBACK)
    [link] = [row for key, row in bare.rig.linked().items() if key == KEY]
    assert link.quickbooks_id == held
    assert people.job("retainage_item", RETAINAGE_ID).label == "holdback"


def test_without_an_account_it_waits_for_one(bare, people):
    """The approver is asked for a liability account; an account of another kind is refused by name."""
    ask(bare, item=HOLDBACK)
    job = people.job("retainage_item", RETAINAGE_ID)
    assert (job.label, job.state, job.review["missing"]) == (HOLDBACK, JobState.STAGED, ["account"])
    with pytest.raises(StateError, match="'Checking' is of type Bank; it has to be OtherCurrentLiability"):
        people.accept(job, account="Checking")
    people.accept(job, account=ACCOUNT)
    bare.settle()
    assert (items(bare), chosen(bare)) == ([HOLDBACK], HOLDBACK)


def test_it_is_made_once_a_connection(bare):
    """Asked for again, qbsync says what there is; unlinked once it is gone, it is made anew."""
    first = ask(bare, item=HOLDBACK, account=ACCOUNT)
    assert ask(bare, item=HOLDBACK) == first
    bare.settle()
    with pytest.raises(StateError, match="already: 'Holdback'"):
        ask(bare, item="Another", account=ACCOUNT)
    [held] = [item for item in bare.rig.file.items() if item.full_name == HOLDBACK]
    bare.rig.file.human.delete("ItemService", held.list_id)
    unlinking.unlink(bare.rig.desk(), bare.rig.name, KEY)
    bare.settle()
    ask(bare, item="Another", account=ACCOUNT)
    bare.settle()
    assert (items(bare), chosen(bare)) == (["Another"], "Another")


def test_a_renamed_item_is_drift_and_a_trouble(bare, people):
    """Someone renames the item that qbsync made: both places say so, and nothing is changed back."""
    ask(bare, item=HOLDBACK, account=ACCOUNT)
    bare.settle()
    [held] = [item for item in bare.rig.file.items() if item.full_name == HOLDBACK]
    bare.rig.clock.passes(timedelta(hours=2))
    bare.rig.file.human.edit("ItemService", held.list_id, Name="Withheld")
    bare.settle()
    said = people.said_by_doctor()
    assert "QuickBooks has no item 'Holdback'" in said["retainage_item"]
    assert "drift" in said
    assert items(bare) == ["Withheld"]


PURCHASE_ORDERS = "PurchasesAndVendorsPreferences/IsUsingInventory"
ESTIMATES = "JobsAndEstimatesPreferences/IsUsingEstimates"


def make_inactive(company, kind, name):
    """The bookkeeper makes an entry of a list inactive."""
    human, file = company.rig.file.human, company.rig.file
    entries = {"ItemService": file.items, "Account": file.accounts}[kind]()
    human.make_inactive(kind, next(one.list_id for one in entries if one.full_name == name))


@pytest.fixture
def page(company, open_pages):
    """What the connection's page shows of its checks, by name, and its whole text."""

    def look():
        pages, path = open_pages(company), f"/connections/{company.rig.name}"
        twin = pages.browser.get(f"{path}.json").json
        return {one["name"]: one for one in twin["checks"]}, pages.read(path)

    return look


@pytest.mark.parametrize(
    ("missing", "expected"),
    [
        (
            lambda company: company.rig.set(retainage_item=""),
            (
                "retainage_item",
                "No retainage item is chosen; invoices with retainage cannot be sent.",
                "qbsync connection retainage-item",
            ),
        ),
        (
            lambda company: company.rig.set(retainage_item="Nowhere"),
            (
                "retainage_item",
                "QuickBooks has no item 'Nowhere'.",
                "retainage_item=...",
            ),
        ),
        (
            lambda company: make_inactive(company, "ItemService", "Retainage"),
            (
                "retainage_item",
                "The item 'Retainage' is inactive in QuickBooks.",
                "Mend it in QuickBooks",
            ),
        ),
        (
            lambda company: company.rig.set(ap_account="Nowhere"),
            (
                "ap_account",
                "QuickBooks has no account 'Nowhere'.",
                "ap_account=...",
            ),
        ),
        (
            lambda company: company.rig.set(ap_account="Checking"),
            (
                "ap_account",
                "The account 'Checking' is of type Bank; it has to be AccountsPayable.",
                "ap_account=...",
            ),
        ),
        (
            lambda company: company.rig.file.human.set_preference(PURCHASE_ORDERS, "false"),
            (
                "purchase_orders",
                "Inventory and purchase orders are switched off in QuickBooks;",
                "tick Inventory and purchase orders are active",
            ),
        ),
        (
            lambda company: company.rig.file.human.set_preference(ESTIMATES, "false"),
            (
                "estimates",
                "Estimates are switched off in QuickBooks; budgets need them.",
                "Yes to estimates",
            ),
        ),
    ],
    ids=[
        "no retainage item",
        "a retainage item that is not there",
        "an inactive retainage item",
        "an account that is not there",
        "an account of another type",
        "purchase orders off",
        "estimates off",
    ],
)
def test_what_is_missing_is_said_by_doctor_and_the_page(company, people, page, missing, expected):
    """Each thing of the set-up, in the same words on both, with what to do; before that it is well."""
    check, said, fix = expected
    assert check not in people.said_by_doctor()
    missing(company)
    setup.refresh(company.rig.desk(), company.rig.name)
    company.pc.update()
    words = people.said_by_doctor()[check]
    assert words.startswith(said)
    assert fix in words
    checks, text = page()
    assert not checks[check]["ok"]
    assert checks[check]["message"].startswith(said)
    assert said in text


def test_the_schedule_of_payments_is_said(company, people, page):
    """How often payments are looked for; that they are not, where it is switched off, is no fault."""
    checks, _ = page()
    assert "every 10 minutes" in checks["payments"]["message"]
    company.rig.set(payment_minutes="0")
    checks, text = page()
    assert checks["payments"]["ok"]
    assert "switched off (payment_minutes is 0)" in checks["payments"]["message"]
    assert checks["payments"]["message"] in text
    assert "payments" not in people.said_by_doctor()
