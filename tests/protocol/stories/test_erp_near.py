"""Stories of a vendor on the ERP feed whose name is near one that QuickBooks has already."""

from __future__ import annotations

from datetime import timedelta

import pytest

from qbsync.flows import setup
from qbsync.simulator.procore.erp_rows import Kind, Stage

THERE, ASKED = "Otherco, Inc.", "Otherco Inc"


class Desk:
    """The approver of Procore's ERP tool, before whom a vendor failed that QuickBooks seems to have."""

    def __init__(self, company) -> None:
        self.company, self.tool = company, company.state.erp
        company.settle()
        self.list_id = company.rig.file.human.add_vendor(THERE)
        company.rig.by_hand.add(("Vendor", self.list_id))
        setup.refresh(company.rig.desk(), company.rig.name)
        company.pc.update()
        self.vendor = company.state.create_vendor(ASKED)
        self.goes_on()

    def goes_on(self):
        """Everything goes its way."""
        for _ in range(2):
            self.company.sync()

    def exports_again(self):
        """Somebody exports it once more, and the approver accepts it."""
        self.tool.send(Kind.VENDOR, self.vendor.id)
        self.tool.accept(Kind.VENDOR, self.vendor.id)
        self.goes_on()

    def item(self):
        """The vendor as the tool shows it."""
        return self.tool.item(Kind.VENDOR, self.vendor.id)

    def in_books(self):
        """The vendors of QuickBooks of that name or nearly that."""
        return sorted(one.name for one in self.company.rig.file.vendors() if one.name.startswith("Otherco"))


@pytest.fixture
def desk(erp_company):
    """An approver with that vendor."""
    return Desk(erp_company)


def test_the_near_vendor_is_named_in_procore_before_another_is_made(desk):
    """Two vendors of one company are hard to part: the export fails, names the other, and says what to do."""
    [words] = desk.item().messages
    assert desk.item().stage is Stage.FAILED
    assert repr(THERE) in words
    assert "Vendors, Ready to Import" in words
    assert "two companies" in words
    assert "qbsync" not in words
    assert desk.in_books() == [THERE]


def test_exported_again_it_is_another_company(desk):
    """Who exports it once more has seen the other: it is made."""
    desk.exports_again()
    assert desk.item().stage is Stage.SYNCED
    assert desk.in_books() == [ASKED, THERE]
    assert desk.tool.violations == []


def test_linked_in_the_tool_it_is_the_same_company(desk):
    """The vendors' Refresh offers the other, and the two are linked there: none is made."""
    desk.tool.refresh("vendors")
    desk.goes_on()
    [staged] = [one for one in desk.tool.staged("vendor") if one.data["name"] == THERE]
    desk.tool.link_vendor(staged.id, desk.vendor.id)
    desk.goes_on()
    assert desk.company.state.vendor(desk.vendor.id).origin_id == desk.list_id
    assert desk.in_books() == [THERE]


def test_a_near_vendor_that_a_failure_did_not_name_is_named_by_the_next(erp_company):
    """The export failed by a customer of just its name; with that away it fails once by the near vendor."""
    erp_company.settle()
    human = erp_company.rig.file.human
    customer = human.add_customer(ASKED)
    desk = Desk(erp_company)
    assert "has a customer named" in " ".join(desk.item().messages)
    assert repr(THERE) not in " ".join(desk.item().messages)
    human.delete("Customer", customer)
    setup.refresh(erp_company.rig.desk(), erp_company.rig.name)
    erp_company.rig.clock.passes(timedelta(hours=2))
    erp_company.pc.update()
    desk.exports_again()
    assert desk.item().stage is Stage.FAILED
    assert repr(THERE) in " ".join(desk.item().messages)
    assert desk.in_books() == [THERE]
    desk.exports_again()
    assert desk.in_books() == [ASKED, THERE]
