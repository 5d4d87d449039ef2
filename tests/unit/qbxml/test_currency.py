"""What may go at face value: records, vendors and jobs in the company file's own currency."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from qbsync.model.context import Context
from qbsync.model.ids import QuickBooksId
from qbsync.model.links import Link
from qbsync.model.names import Known, ListKind
from qbsync.model.options import Options
from qbsync.model.records import Commitment, CommitmentLine, CommitmentType, RecordKey, RecordKind
from qbsync.qbxml.currency import check_currency, check_job, check_vendor
from qbsync.qbxml.preflight import Preflight

VENDOR = RecordKey(kind=RecordKind.VENDOR, procore_id="9")
PROJECT = RecordKey(kind=RecordKind.PROJECT, procore_id="8")
SEVERAL = "MultiCurrencyPreferences/IsMultiCurrencyOn"
HOME = "MultiCurrencyPreferences/HomeCurrencyRef/FullName"


class Currencies:
    """Every vendor and customer is kept in one currency."""

    def __init__(self, name: str) -> None:
        self.name = name

    def of_id(self, list_kind, list_id):
        """The vendor or customer."""
        return Known(list=list_kind, list_id=list_id, full_name="Nord", currency=self.name)


def record(currency: str) -> Commitment:
    """A commitment in a currency."""
    line = CommitmentLine(
        procore_id="1", position=1, cost_code_id="2", cost_code="01", description="", amount=Decimal(1)
    )
    return Commitment(
        procore_id="7",
        type=CommitmentType.SUBCONTRACT,
        project_id="8",
        vendor_id="9",
        number="SC-1",
        contract_date=date(2026, 1, 1),
        currency=currency,
        lines=(line,),
    )


def world(edition: str = "", names: str = "", **preferences: str) -> Context:
    """A company file of an edition, in which everybody is kept in the currency `names`."""
    links = {
        key: Link(key=key, quickbooks_id=QuickBooksId("80000001-1"), name="Nord") for key in (VENDOR, PROJECT)
    }
    return Context(
        options=Options(),
        names=Currencies(names),
        guid="",
        links=links,
        edition=edition,
        preferences=preferences,
    )


@pytest.mark.parametrize(
    ("edition", "currency", "goes"),
    [
        ("US", "USD", True),
        ("US", "usd", True),
        ("US", "", True),
        ("US", "CAD", False),
        ("CA", "CAD", True),
        ("CA", "USD", False),
        ("", "CAD", True),
        ("", "EUR", False),
    ],
)
def test_a_record_goes_in_the_editions_own_currency_alone(edition, currency, goes):
    """Canadian dollars never enter a US file as if they were US dollars, nor the other way."""
    preflight = Preflight(record(currency))
    check_currency(currency, world(edition), preflight)
    problems = preflight.review().problems
    assert [one.field for one in problems] == ([] if goes else ["currency"])
    assert all(currency in one.message and one.guidance for one in problems)


@pytest.mark.parametrize(("home", "goes"), [("Canadian Dollar", True), ("Danish Krone", False)])
def test_a_file_of_several_currencies_names_its_own(home, goes):
    """What QuickBooks calls its home currency decides, not the edition."""
    preflight = Preflight(record("CAD"))
    check_currency("CAD", world("US", **{SEVERAL: "true", HOME: home}), preflight)
    assert (preflight.review().problems == ()) is goes


@pytest.mark.parametrize(
    ("names", "several", "goes"),
    [("Euro", "true", False), ("Canadian Dollar", "true", True), ("", "true", True), ("Euro", "false", True)],
)
def test_a_vendor_or_job_in_another_currency_is_named(names, several, goes):
    """QuickBooks would take the amounts as the vendor's currency: that is refused by name, with advice."""
    context = world("CA", names, **{SEVERAL: several, HOME: "Canadian Dollar"})
    preflight = Preflight(record("CAD"))
    check_vendor(VENDOR, context, preflight)
    check_job(PROJECT, context, preflight)
    found = preflight.review().problems
    assert [one.field for one in found] == ([] if goes else ["vendor", "project"])
    assert all("Nord" in one.message and "CAD" in one.guidance for one in found)


def test_a_vendor_that_is_not_linked_yet_waits_elsewhere():
    """Nothing is known of it, so nothing is said of its currency."""
    context = world("CA", "Euro", **{SEVERAL: "true"})
    preflight = Preflight(record("CAD"))
    check_vendor(RecordKey(kind=RecordKind.VENDOR, procore_id="77"), context, preflight)
    check_vendor(None, context, preflight)
    assert preflight.review().problems == ()


def test_the_list_of_a_vendor_is_the_vendors_list():
    """The vendor is looked up among vendors, the job among customers."""
    asked = []

    class Asked(Currencies):
        def of_id(self, list_kind, list_id):
            asked.append(list_kind)
            return super().of_id(list_kind, list_id)

    context = world("CA", **{SEVERAL: "true"})
    object.__setattr__(context, "names", Asked("Euro"))
    check_vendor(VENDOR, context, Preflight(record("CAD")))
    check_job(PROJECT, context, Preflight(record("CAD")))
    assert asked == [ListKind.VENDOR, ListKind.CUSTOMER]
