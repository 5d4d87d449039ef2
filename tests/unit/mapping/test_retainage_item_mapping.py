from __future__ import annotations

import pytest

from qbsync.errors import MappingError
from qbsync.mapping import retainage_item
from qbsync.model.records import RetainageItem
from qbsync.qbxml.requests import Request

GUID = "{6f1d7a52-6a0c-4f0e-9a55-0d5f7f2f7a11}"
ITEM = RetainageItem(name="Retainage")
CHOSEN = {"account": "Retainage Payable"}


@pytest.fixture
def books(entry):
    """The accounts of a company file."""
    return (
        entry("Account", "Retainage Payable", "80000010-1", type="OtherCurrentLiability"),
        entry("Account", "Checking", "80000030-1", type="Bank"),
    )


def test_it_becomes_a_service_item_on_the_chosen_liability(context, books, sound):
    """One-sided: what is held back and what is released post to the same account."""
    assert sound(retainage_item.request(ITEM, context(*books, choices=CHOSEN))) == Request(
        name="ItemServiceAddRq",
        body={
            "ItemServiceAdd": {
                "Name": "Retainage",
                "SalesOrPurchase": {
                    "Desc": "Retainage held back from subcontractor invoices",
                    "AccountRef": {"ListID": "80000010-1"},
                },
                "ExternalGUID": GUID,
            }
        },
    )


def test_the_account_is_asked_for(context, books):
    """Nobody but the bookkeeper knows it; without it nothing can be sent."""
    review = retainage_item.review(ITEM, context(*books))
    assert (review.missing, review.problems) == (("account",), ())
    with pytest.raises(MappingError, match="a choice is missing"):
        retainage_item.request(ITEM, context(*books))


@pytest.mark.parametrize(("account", "said"), [("Checking", "is of type Bank"), ("Debt", "has no account")])
def test_an_account_that_cannot_hold_it_is_a_problem(context, books, account, said):
    """What is held back is owed: only a liability will do."""
    [problem] = retainage_item.review(ITEM, context(*books, choices={"account": account})).problems
    assert (problem.field, said in problem.message) == ("account", True)


@pytest.mark.parametrize(
    ("shown", "said"),
    [({"type": "OtherCharge"}, "has to be Service"), ({"type": "Service", "active": False}, "inactive")],
)
def test_an_item_in_the_way_is_a_problem(context, books, entry, shown, said):
    """Another type, or an inactive item, of that name keeps ours out, and the words say which."""
    held = entry("Item", "retainage", "80000050-1", **shown)
    [problem] = retainage_item.review(ITEM, context(*books, held, choices=CHOSEN)).problems
    assert said in problem.message
    assert "--item" in problem.guidance


def test_an_active_service_item_is_adopted_without_an_account(context, books, entry):
    """Also one below another, where a new one could not be made."""
    held = entry("Item", "Costs:Retainage", "80000050-1", type="Service")
    review = retainage_item.review(RetainageItem(name="costs:retainage"), context(*books, held))
    assert (review.suggestion, review.adopts, review.missing) == (held, True, ())


@pytest.mark.parametrize(("name", "said"), [("Costs:Retainage", "colon"), ("", "no name"), ("x" * 32, "31")])
def test_a_name_that_quickbooks_would_refuse_is_a_problem(context, books, name, said):
    """A colon, no name at all, more than 31 characters."""
    problems = retainage_item.review(RetainageItem(name=name), context(*books, choices=CHOSEN)).problems
    assert [problem.field for problem in problems] == ["name"]
    assert said in problems[0].message


def test_what_quickbooks_has_is_never_changed(context, books, linked):
    """Once it is linked there is nothing to send."""
    known = linked("retainage_item:retainage", "80000050-1", name="Retainage")
    with pytest.raises(MappingError, match="has it already, as 'Retainage'"):
        retainage_item.request(ITEM, context(*books, choices=CHOSEN, link=known))


def test_ours_is_told_by_its_mark_whatever_it_is_called(context, books, ret):
    """An item whose answer was lost is found by its ExternalGUID, even where it was renamed since."""
    shown = ret(
        "<ItemServiceRet><ListID>80000050-1</ListID><EditSequence>1</EditSequence><Name>Withheld</Name>"
        f"<FullName>Withheld</FullName><ExternalGUID>{GUID.upper()}</ExternalGUID></ItemServiceRet>"
    )
    assert retainage_item.is_ours(ITEM, shown, GUID)
    assert retainage_item.agrees(ITEM, shown, context(*books))
    assert not retainage_item.resembles(ITEM, shown, context(*books))
    assert retainage_item.outcome(ITEM, shown).name == "Withheld"
