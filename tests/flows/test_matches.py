"""What QuickBooks may already have for a staged record."""

from __future__ import annotations

from dataclasses import replace

import pytest

from qbsync.flows import matches, world as worlds
from qbsync.model.ids import QuickBooksId
from qbsync.model.names import Known, ListKind
from qbsync.model.records import CostCode, Project, RecordKind, Vendor

VENDOR = Vendor(procore_id="1", name="Bayline Supply")
PROJECT = Project(procore_id="9", name="Dock Repair")


def known(kind, list_id, full_name, **more):
    """An entry of QuickBooks' lists."""
    return Known(list=ListKind(kind), list_id=QuickBooksId(list_id), full_name=full_name, **more)


@pytest.fixture
def suggested(acme):
    """Gives record, entry, reason and whether it is sure, for every suggestion."""

    def ask():
        with acme.database.read() as tx:
            found = matches.suggest(tx, acme.id)
        return [(one.key.procore_id, one.known.list_id, one.reason, one.sure) for one in found]

    return ask


def test_the_exact_name_comes_alone_and_near_ones_with_their_reason(acme, suggested):
    """A vendor of the very name is sure; else near ones are given, the likeliest first."""
    acme.know(
        known("Vendor", "V-7", "Ridge Framing Inc."),
        known("Vendor", "V-8", "Ridge Faming"),
        known("Vendor", "V-9", "Ridge Framing LLC", active=False),
    )
    acme.see(replace(VENDOR, name="BAYLINE supply"), Vendor(procore_id="2", name="Ridge Framing"))
    assert suggested() == [
        ("1", "V-1", "the same name but for capital letters", True),
        ("2", "V-7", "the same name but for the company's form (such as Inc or LLC)", False),
        ("2", "V-8", "nearly the same name: one letter differs", False),
    ]


def test_a_near_match_is_left_to_a_person(acme):
    """Under auto_accept the record stays staged and says what QuickBooks has; another one goes."""
    acme.set(auto_accept="all")
    acme.know(known("Vendor", "V-7", "Ridge Framing Inc."))
    acme.see(Vendor(procore_id="2", name="Ridge Framing"), Vendor(procore_id="3", name="Nobody Knows"))
    assert acme.states() == [("2", "staged"), ("3", "queued")]
    found = worlds.from_json(acme.job("2").review)
    assert [one.known.list_id for one in found.near] == ["V-7"]
    assert "'Ridge Framing Inc.'" in found.warnings[0].message


def test_a_linked_entry_is_suggested_to_no_one_else(acme, suggested):
    """What another record is joined to is taken."""
    acme.know(known("Vendor", "V-7", "Ridge Framing Inc."))
    acme.link(Vendor(procore_id="5", name="x"), RecordKind.VENDOR, "V-7")
    acme.see(Vendor(procore_id="2", name="Ridge Framing"))
    assert suggested() == []


def test_an_existing_job_is_suggested_before_a_customer_is_chosen(acme, suggested):
    """The job of the project's name is offered wherever it is; with two of them neither is sure."""
    acme.know(known("Customer", "J-1", "Port Authority:Dock Repair"))
    acme.see(PROJECT)
    assert worlds.from_json(acme.job("9").review).suggestion.list_id == "J-1"
    assert suggested() == [("9", "J-1", "the same name, under 'Port Authority'", True)]
    acme.know(known("Customer", "J-2", "Northgate:Dock Repair"))
    assert {one[1:] for one in suggested()} == {
        ("J-1", "the same name, under 'Port Authority'", False),
        ("J-2", "the same name, under 'Northgate'", False),
    }


def test_a_job_under_another_customer_than_the_chosen_one_is_not_sure(acme, suggested):
    """Once a customer is chosen, a job of that name elsewhere may be another project's."""
    acme.set(project_customer="Harbor Owner")
    acme.know(known("Customer", "J-1", "Port Authority:Dock Repair"))
    acme.see(PROJECT)
    assert suggested() == [("9", "J-1", "the same name, under 'Port Authority'", False)]


def test_a_cost_code_is_found_by_its_code_and_never_by_a_letter(acme, suggested):
    """Other punctuation is a near match; a code that differs in a digit is another code."""
    acme.know(known("Item", "I-7", "16:050", type="Service"), known("Item", "I-8", "16-051", type="Service"))
    acme.see(CostCode(procore_id="4", code="050", full_code="16.050", name="Wiring", list_id="77"))
    assert suggested() == [("4", "I-7", "the same name but for punctuation", False)]


def test_link_all_links_what_is_sure_and_says_what_two_records_mean(acme):
    """Exact names are linked at once, near ones wait, and of two records for one entry neither is linked."""
    acme.know(known("Vendor", "V-7", "Ridge Framing Inc."), known("Vendor", "V-8", "Twice"))
    acme.see(
        VENDOR,
        Vendor(procore_id="2", name="Ridge Framing"),
        Vendor(procore_id="3", name="TWICE"),
        Vendor(procore_id="4", name="twice"),
    )
    done = matches.link_all(acme.desk, "acme")
    assert [one.key.procore_id for one in done.linked] == ["1"]
    assert acme.link_of(RecordKind.VENDOR, "1").quickbooks_id == "V-1"
    assert sorted(one.key.procore_id for one, _ in done.refused) == ["3", "4"]
    assert "Several vendors of Procore are named like" in done.refused[0][1].message
    assert [state for _, state in acme.states()] == ["synced", "staged", "staged", "staged"]
