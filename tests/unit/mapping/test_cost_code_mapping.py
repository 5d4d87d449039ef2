from __future__ import annotations

from dataclasses import replace

import pytest

from qbsync.errors import MappingError
from qbsync.mapping import cost_code
from qbsync.model.records import CostCode, RecordKey, RecordKind, version_of
from qbsync.qbxml.parse import kept
from qbsync.qbxml.requests import Request

GUID = "{6f1d7a52-6a0c-4f0e-9a55-0d5f7f2f7a11}"
DIVISION = CostCode(procore_id="1", code="01", full_code="01", name="General Requirements")
CODE = CostCode(procore_id="2", code="010", full_code="01-010", name="Supervision", parent_id="1")
ACCOUNTS = {"cost_code_income_account": "Construction Income", "cost_code_expense_account": "Job Costs"}


@pytest.fixture
def books(entry):
    """The accounts of a company file."""
    return (
        entry("Account", "Construction Income", "80000010-1", type="Income"),
        entry("Account", "Other Income", "80000011-1", type="OtherIncome"),
        entry("Account", "Job Costs", "80000020-1", type="CostOfGoodsSold"),
        entry("Account", "Checking", "80000030-1", type="Bank"),
        entry("Account", "Old Income", "80000040-1", type="Income", active=False),
    )


@pytest.fixture
def division(linked):
    """The division's link to its item."""
    return {"cost_code:1": linked("cost_code:1", "80000100-1", name="01")}


def fields(findings):
    """The fields that findings name, in their order."""
    return [finding.field for finding in findings]


def test_a_code_with_both_accounts_becomes_a_two_sided_item(context, books, division, sound):
    """The Add names parent and accounts by ListID, and describes both sides with the code's name."""
    request = sound(cost_code.request(CODE, context(*books, options=ACCOUNTS, links=division)))
    assert request == Request(
        name="ItemServiceAddRq",
        body={
            "ItemServiceAdd": {
                "Name": "010",
                "ParentRef": {"ListID": "80000100-1"},
                "SalesAndPurchase": {
                    "SalesDesc": "Supervision",
                    "IncomeAccountRef": {"ListID": "80000010-1"},
                    "PurchaseDesc": "Supervision",
                    "ExpenseAccountRef": {"ListID": "80000020-1"},
                },
                "ExternalGUID": GUID,
            }
        },
    )


def test_a_code_without_an_expense_account_is_one_sided_and_says_where_bills_post(context, books, sound):
    """Without an expense account the item has one account, and the approver reads so."""
    with_income = context(*books, choices={"income_account": "construction income"})
    request = sound(cost_code.request(DIVISION, with_income))
    assert request.body == {
        "ItemServiceAdd": {
            "Name": "01",
            "SalesOrPurchase": {
                "Desc": "General Requirements",
                "AccountRef": {"ListID": "80000010-1"},
            },
            "ExternalGUID": GUID,
        }
    }
    review = cost_code.review(DIVISION, with_income)
    assert review.problems == ()
    assert "bills for 01 will post to 'construction income'" in review.warnings[0].message


def test_accounts_go_by_name_before_the_first_contact(context, sound):
    """Before QuickBooks' accounts were read, the option's own words are sent and nothing is a problem."""
    before = context(read_lists=(), options=ACCOUNTS)
    item = sound(cost_code.request(DIVISION, before)).body["ItemServiceAdd"]
    assert item["SalesAndPurchase"]["IncomeAccountRef"] == {"FullName": "Construction Income"}
    assert cost_code.review(DIVISION, before).problems == ()


def test_the_income_account_must_be_chosen(context, books):
    """Neither chosen nor set on the connection: the review asks for it and the request is not made."""
    without = context(*books)
    assert cost_code.review(DIVISION, without).missing == ("income_account",)
    assert cost_code.review(DIVISION, without).problems == ()
    with pytest.raises(MappingError, match="income_account") as caught:
        cost_code.request(DIVISION, without)
    assert "--set income_account=" in caught.value.guidance


def test_a_choice_goes_before_the_connections_option(context, books):
    """The approver's account wins over the default."""
    chosen = context(*books, options=ACCOUNTS, choices={"income_account": "Other Income"})
    item = cost_code.request(DIVISION, chosen).body["ItemServiceAdd"]
    assert item["SalesAndPurchase"]["IncomeAccountRef"] == {"ListID": "80000011-1"}


@pytest.mark.parametrize(
    ("choices", "field", "words"),
    [
        ({"income_account": "Nowhere"}, "income_account", "no account 'Nowhere'"),
        ({"income_account": "Checking"}, "income_account", "type Bank"),
        ({"income_account": "Job Costs"}, "income_account", "type CostOfGoodsSold"),
        ({"income_account": "Old Income"}, "income_account", "inactive"),
        ({"expense_account": "Construction Income"}, "expense_account", "type Income"),
        ({"expense_account": "Nowhere"}, "expense_account", "no account 'Nowhere'"),
    ],
)
def test_an_account_that_does_not_fit_is_a_problem_with_advice(context, books, choices, field, words):
    """A missing, inactive or wrong account is named before QuickBooks sees it."""
    review = cost_code.review(DIVISION, context(*books, options=ACCOUNTS, choices=choices))
    assert fields(review.problems) == [field]
    assert words in review.problems[0].message
    assert f"--set {field}=" in review.problems[0].guidance


def test_the_division_comes_first(context, books):
    """A code refers to its division, cannot be sent before it, yet is reviewed in full."""
    assert cost_code.references(CODE) == (RecordKey(kind=RecordKind.COST_CODE, procore_id="1"),)
    assert cost_code.references(DIVISION) == ()
    early = context(*books, options=ACCOUNTS)
    assert cost_code.review(CODE, early).problems == ()
    with pytest.raises(MappingError, match="waits for cost_code:1"):
        cost_code.request(CODE, early)


@pytest.mark.parametrize("linked_already", [True, False])
def test_an_existing_service_item_is_adopted(context, books, division, entry, linked_already):
    """An active Service item of that full name is linked, with no accounts asked for."""
    item = entry("Item", "01:010", "80000200-1", type="Service")
    review = cost_code.review(CODE, context(*books, item, links=division if linked_already else {}))
    assert review.suggestion == item
    assert review.adopts
    assert review.missing == ()


@pytest.mark.parametrize(
    ("more", "words"),
    [({"type": "Inventory"}, "type Inventory"), ({"type": "Service", "active": False}, "inactive")],
)
def test_another_item_of_that_name_is_a_problem(context, division, entry, more, words):
    """An item of another type, or an inactive one, holds the name: a person must move it."""
    item = entry("Item", "01:010", "80000200-1", **more)
    review = cost_code.review(CODE, context(item, read_lists=(), options=ACCOUNTS, links=division))
    assert fields(review.problems) == ["code"]
    assert words in review.problems[0].message
    assert not review.adopts
    assert review.suggestion is None


@pytest.mark.parametrize(
    ("record", "field"),
    [
        (replace(DIVISION, code="0" * 32, full_code="0" * 32), "code"),
        (replace(DIVISION, code="01:02", full_code="01:02"), "code"),
        (replace(DIVISION, code=" ", full_code=" "), "code"),
        (replace(DIVISION, name="n" * 4096), "name"),
        (replace(CODE, full_code="9" * 94 + "-010"), "full_code"),
    ],
)
def test_a_code_that_quickbooks_has_no_room_for_is_a_problem(context, books, record, field):
    """32 characters, a colon, nothing at all, a description too long, 98 in all: each is named once."""
    review = cost_code.review(record, context(*books, options=ACCOUNTS))
    assert fields(review.problems) == [field]
    with pytest.raises(MappingError, match=field):
        cost_code.request(replace(record, parent_id=None), context(*books, options=ACCOUNTS))


def test_the_longest_code_that_fits_is_taken(context, books, sound):
    """31 characters a level and 4095 of description go through."""
    record = replace(DIVISION, code="0" * 31, full_code="0" * 31, name="n" * 4095)
    assert cost_code.review(record, context(*books, options=ACCOUNTS)).problems == ()
    sound(cost_code.request(record, context(*books, options=ACCOUNTS)))


def test_a_path_may_have_159_characters_and_five_levels(context, books, linked):
    """One character or one level more than QuickBooks' full names have is a problem."""

    def at(parent):
        links = {"cost_code:1": linked("cost_code:1", "80000100-1", name=parent)}
        return fields(cost_code.review(CODE, context(*books, options=ACCOUNTS, links=links)).problems)

    assert at("p" * 155) == []
    assert at("p" * 156) == ["full_code"]
    assert at("a:b:c:d") == []
    assert at("a:b:c:d:e") == ["full_code"]


def test_a_code_in_foreign_letters_is_transliterated_with_a_warning(context, books, sound):
    """What Windows-1252 has not is spelled out, and the approver sees it."""
    record = replace(DIVISION, name="Beton Я")
    review = cost_code.review(record, context(*books, options=ACCOUNTS))
    assert fields(review.warnings) == ["name"]
    item = sound(cost_code.request(record, context(*books, options=ACCOUNTS))).body["ItemServiceAdd"]
    assert item["SalesAndPurchase"]["SalesDesc"].isascii()


def test_a_known_item_is_modified_without_its_accounts(context, books, division, linked, sound):
    """A Mod carries the EditSequence, name and description; accounts stay as the bookkeeper has them."""
    own = linked("cost_code:2", "80000200-1", name="01:010", edit_sequence="1600977189")
    one_sided = context(*books, links=division, link=own)
    assert sound(cost_code.request(CODE, one_sided)) == Request(
        name="ItemServiceModRq",
        body={
            "ItemServiceMod": {
                "ListID": "80000200-1",
                "EditSequence": "1600977189",
                "Name": "010",
                "ParentRef": {"ListID": "80000100-1"},
                "SalesOrPurchaseMod": {"Desc": "Supervision"},
            }
        },
    )
    assert cost_code.review(CODE, one_sided).missing == ()


def test_accounts_chosen_anew_are_in_the_mod(context, books, division, linked, sound):
    """Only what the approver chose is moved."""
    own = linked("cost_code:2", "80000200-1", name="01:010", edit_sequence="1600977189")
    chosen = context(
        *books, links=division, link=own, options=ACCOUNTS, choices={"expense_account": "Job Costs"}
    )
    assert sound(cost_code.request(CODE, chosen)).body["ItemServiceMod"]["SalesAndPurchaseMod"] == {
        "SalesDesc": "Supervision",
        "PurchaseDesc": "Supervision",
        "ExpenseAccountRef": {"ListID": "80000020-1"},
    }


def test_a_rename_onto_another_item_is_refused(context, books, division, linked, entry):
    """QuickBooks would have to merge the two items; its own item is no clash."""
    own = linked("cost_code:2", "80000200-1", name="01:010", edit_sequence="1")
    itself = entry("Item", "01:010", "80000200-1", type="Service")
    other = entry("Item", "01:010", "80000999-1", type="Service")
    assert cost_code.review(CODE, context(*books, itself, links=division, link=own)).problems == ()
    review = cost_code.review(CODE, context(*books, other, links=division, link=own))
    assert fields(review.problems) == ["code"]
    assert not review.adopts


ITEM = """<ItemServiceRet><ListID>80000200-1</ListID><EditSequence>1600977189</EditSequence><Name>010</Name>
<FullName>01:010</FullName><ParentRef><ListID>80000100-1</ListID></ParentRef>
<SalesOrPurchase><Desc>Supervision</Desc><AccountRef><ListID>80000010-1</ListID></AccountRef></SalesOrPurchase>
<ExternalGUID>{6F1D7A52-6A0C-4F0E-9A55-0D5F7F2F7A11}</ExternalGUID></ItemServiceRet>"""


def test_the_answer_becomes_a_link(linked, ret):
    """ListID, full name, EditSequence and what QuickBooks was told."""
    assert cost_code.outcome(CODE, ret(ITEM)) == linked(
        "cost_code:2",
        "80000200-1",
        name="01:010",
        edit_sequence="1600977189",
        fingerprint=version_of(CODE),
    )


def test_an_item_is_looked_for_by_its_full_name_or_its_id(context, division, linked, sound):
    """Before the link the natural key is asked for, after it the ListID."""
    by_name = sound(cost_code.probe(CODE, context(links=division), None))
    assert by_name == Request(name="ItemServiceQueryRq", body={"FullName": "01:010"})
    own = linked("cost_code:2", "80000200-1")
    by_id = sound(cost_code.probe(CODE, context(links=division, link=own), None))
    assert by_id == Request(name="ItemServiceQueryRq", body={"ListID": "80000200-1"})


def test_ours_and_its_likeness_are_told_apart(context, division, ret):
    """The GUID makes an item ours in any case; the full name alone only resembles."""
    assert cost_code.is_ours(CODE, ret(ITEM), GUID)
    assert not cost_code.is_ours(CODE, ret(ITEM), GUID.replace("6f", "7f"))
    assert cost_code.resembles(CODE, ret(ITEM), context(links=division))
    assert not cost_code.resembles(replace(CODE, code="020"), ret(ITEM), context(links=division))


def test_a_mod_in_doubt_is_decided_by_the_fields(context, division, linked, ret):
    """An item that already reads as the Mod would write it agrees; another description does not."""
    world = context(
        links=division, link=linked("cost_code:2", "80000200-1", name="01:010", edit_sequence="1")
    )
    assert cost_code.agrees(CODE, ret(ITEM), world)
    assert not cost_code.agrees(replace(CODE, name="Foremen"), ret(ITEM), world)


def test_an_item_keeps_its_sides_as_quickbooks_has_them(context, books, division, linked, sound):
    """What was read of the item decides, whatever the connection would make of a new one."""
    one = kept("<ItemServiceRet><SalesOrPurchase><Desc>x</Desc></SalesOrPurchase></ItemServiceRet>")
    two = kept(
        "<ItemServiceRet><SalesAndPurchase><SalesDesc>x</SalesDesc></SalesAndPurchase></ItemServiceRet>"
    )
    sides = []
    for held, option in ((one, "Job Costs"), (two, "")):
        own = linked("cost_code:2", "80000200-1", name="01:010", edit_sequence="1")
        options = {"cost_code_expense_account": option}
        world = context(*books, links=division, link=own, options=options, held=held)
        sides.append(sound(cost_code.request(CODE, world)).body["ItemServiceMod"])
    assert "SalesOrPurchaseMod" in sides[0]
    assert "SalesAndPurchaseMod" in sides[1]
