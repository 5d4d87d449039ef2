"""Stories of what QuickBooks had first: vendors, a job and items that Procore lacks."""

from __future__ import annotations

import pytest

from qbsync.errors import NotFoundError, StateError
from qbsync.flows import matches, offers, setup, unlinking
from qbsync.model.offers import OfferState
from qbsync.model.records import RecordKey, RecordKind
from qbsync.store import connections, links, queue

VENDORS = "/rest/v1.0/vendors/sync"
PROJECTS = "/rest/v1.0/projects"


@pytest.fixture
def books(company):
    """The company, and the words in which its offers are told."""
    return Books(company)


class Books:
    """What the approver reads and does about offers."""

    def __init__(self, company) -> None:
        self.company, self.rig, self.human = company, company.rig, company.rig.file.human

    def read(self) -> None:
        """QuickBooks' lists are read again."""
        setup.refresh(self.rig.desk(), self.rig.name)
        self.company.pc.update()

    def note_hand(self) -> None:
        """What is offered was made by hand in QuickBooks, and carries no id of ours."""
        kinds = {"vendor": "Vendor", "project": "Customer", "cost_code": "ItemService"}
        self.rig.by_hand |= {(kinds[one["kind"]], one["quickbooks_id"]) for one in self.all().values()}

    def all(self, state: OfferState | None = None) -> dict[str, dict]:
        """Every offer by its name in QuickBooks."""
        with self.rig.database.read() as tx:
            row = connections.named(tx, self.rig.name)
            return {
                str(one["name"]): one for one in offers.values(tx, row, offers.listing(tx, row, state=state))
            }

    def open(self) -> list[str]:
        """The names that are Ready to Import."""
        return list(self.all(OfferState.OFFERED))

    def take(self, name: str) -> None:
        """A person imports it; Procore is asked at once."""
        self.note_hand()
        offers.import_(self.rig.desk(), self.all()[name]["id"])
        self.company.push()

    def link(self, kind: RecordKind, list_id: str):
        """The link to that entry of QuickBooks, or None."""
        with self.rig.database.read() as tx:
            return next(iter(links.of_quickbooks_id(tx, self.rig.id, list_id, [kind])), None)

    def job(self, kind: RecordKind, procore_id: str):
        """The record's newest job."""
        with self.rig.database.read() as tx:
            return queue.of_record(tx, self.rig.id, RecordKey(kind=kind, procore_id=procore_id))

    def vendors(self, name: str) -> list:
        """Procore's companies of that name."""
        return [row for row in self.company.state.vendors() if row.name == name]


ADDRESS = {
    "Addr1": "Cove Roofing",
    "Addr2": "12 Pier Road",
    "City": "Oakland",
    "State": "CA",
    "PostalCode": "94607",
    "Country": "USA",
}


def add_cove(books) -> str:
    """The bookkeeper has a vendor that nobody entered in Procore."""
    list_id = books.human.add_vendor(
        "Cove Roofing",
        CompanyName="Cove Roofing",
        VendorAddress=ADDRESS,
        Phone="510-555-0199",
        Email="ap@cove.example",
    )
    books.read()
    return list_id


def test_nothing_of_ours_is_offered_and_new_entries_are(books):
    """Exported vendors, the job and the items are no offers; a vendor and a job of QuickBooks' own are."""
    assert books.all() == {}
    books.human.add_customer("Pier", parent="Ridge Owners")
    books.human.add_customer("East", parent="Ridge Owners:Pier")
    sleeping = books.human.add_vendor("Sleeping Ltd")
    books.human.make_inactive("Vendor", sleeping)
    add_cove(books)
    assert books.open() == ["Cove Roofing", "Ridge Owners:Pier"]


def test_a_vendor_is_imported_once_with_all_that_procore_takes(books):
    """Procore has it with address, phone and e-mail; it is linked and synced, and no pull stages it again."""
    list_id = add_cove(books)
    books.take("Cove Roofing")
    [row] = books.vendors("Cove Roofing")
    assert (row.address, row.city, row.state_code, row.zip) == ("12 Pier Road", "Oakland", "CA", "94607")
    assert (row.business_phone, row.email_address) == ("510-555-0199", "ap@cove.example")
    assert row.origin_id == list_id
    assert books.link(RecordKind.VENDOR, list_id).key.procore_id == str(row.id)
    assert books.all()["Cove Roofing"]["state"] == "imported"
    assert books.job(RecordKind.VENDOR, str(row.id)).state == "synced"
    jobs = len(books.rig.jobs())
    books.company.settle()
    assert len(books.rig.jobs()) == jobs
    assert books.company.differences() == []


@pytest.mark.parametrize("pulled", [False, True], ids=["asked again", "a pull sees it first"])
def test_a_vendor_whose_answer_was_lost_is_made_once(books, pulled):
    """Procore made it and died: the next push finds it by its origin id, whatever a pull staged meanwhile."""
    list_id = add_cove(books)
    books.note_hand()
    offers.import_(books.rig.desk(), books.all()["Cove Roofing"]["id"])
    books.company.procore.inject("PATCH", VENDORS, 503, times=9, after=True)
    books.company.push()
    assert books.link(RecordKind.VENDOR, list_id) is None
    assert books.all()["Cove Roofing"]["importing"]
    books.company.procore.heal()
    if pulled:
        books.company.pull()
    books.company.settle()
    [row] = books.vendors("Cove Roofing")
    assert books.link(RecordKind.VENDOR, list_id).key.procore_id == str(row.id)
    assert books.company.differences() == []


def test_a_refusal_stands_on_the_offer_and_can_be_tried_again(books):
    """What Procore said is on the offer; once mended, importing again brings it."""
    add_cove(books)
    said = '{"entities": [], "errors": [{"origin_id": "%s", "errors": {"name": ["is taken"]}}]}'
    books.company.procore.inject("PATCH", VENDORS, 200, said % books.all()["Cove Roofing"]["quickbooks_id"])
    books.take("Cove Roofing")
    offer = books.all()["Cove Roofing"]
    assert (offer["state"], offer["importing"]) == ("offered", False)
    assert "is taken" in offer["error"]
    books.take("Cove Roofing")
    offer = books.all()["Cove Roofing"]
    assert (offer["state"], offer["error"]) == ("imported", None)


def test_a_call_that_is_refused_whole_is_said_on_each_offer(books):
    """Without the right to the directory nothing is made, and the offer says so."""
    add_cove(books)
    books.company.procore.inject("PATCH", VENDORS, 403)
    books.take("Cove Roofing")
    assert books.all()["Cove Roofing"]["error"]
    assert books.vendors("Cove Roofing") == []


def test_a_vendor_that_procore_has_is_linked_and_not_imported(books):
    """Of the very same name: importing is refused with the way to link; linking makes nothing anywhere."""
    books.rig.set(auto_accept="none")
    made = books.company.state.create_vendor("COVE Roofing")
    list_id = add_cove(books)
    books.company.pull()
    offer = books.all()["Cove Roofing"]
    assert offer["suggestions"] == [
        {
            "procore_id": str(made.id),
            "label": "COVE Roofing",
            "reason": "the same name but for capital letters",
            "sure": True,
        }
    ]
    with pytest.raises(StateError, match="would make another") as refused:
        books.take("Cove Roofing")
    assert f"imports link {offer['id']} {made.id}" in refused.value.guidance
    offers.link(books.rig.desk(), offer["id"], str(made.id))
    assert books.all()["Cove Roofing"]["state"] == "linked"
    books.company.push()
    assert books.company.state.vendor(made.id).origin_id == list_id
    with pytest.raises(StateError, match="'Linked' cannot link"):
        offers.link(books.rig.desk(), offer["id"], str(made.id))


def test_link_all_empties_the_offers_of_the_very_name(books):
    """A vendor and a job of the same names on both sides are joined by one command; a near one waits."""
    books.rig.set(auto_accept="none")
    for name in ("Cove Roofing", "Dune Glass"):
        books.company.state.create_vendor(name)
    books.human.add_vendor("Dune Glass Inc.")
    books.company.state.create_project("Pier")
    books.human.add_customer("Pier", parent="Ridge Owners")
    add_cove(books)
    books.company.pull()
    done = matches.link_all(books.rig.desk(), books.rig.name)
    assert sorted(one.label for one in done.linked) == ["Cove Roofing", "Pier"]
    assert books.open() == ["Dune Glass Inc."]
    [near] = books.all()["Dune Glass Inc."]["suggestions"]
    assert (near["label"], near["sure"]) == ("Dune Glass", False)


def test_a_vendor_is_archived_and_comes_back(books):
    """An archived entry is neither offered again by a sweep nor suggested; restored it is both."""
    books.rig.set(auto_accept="none")
    list_id = add_cove(books)
    offer = books.all()["Cove Roofing"]["id"]
    offers.archive(books.rig.desk(), offer)
    books.human.edit("Vendor", list_id, Phone="510-555-0100")
    books.read()
    assert books.open() == []
    assert books.all()["Cove Roofing"]["state"] == "archived"
    books.company.state.create_vendor("Cove Roofing Inc")
    books.company.pull()
    with books.rig.database.read() as tx:
        assert matches.suggest(tx, books.rig.id) == []
    offers.restore(books.rig.desk(), offer)
    assert books.open() == ["Cove Roofing"]
    with books.rig.database.read() as tx:
        assert [one.known.list_id for one in matches.suggest(tx, books.rig.id)] == [list_id]
    with pytest.raises(StateError, match="'Ready to Import' cannot restore") as refused:
        offers.restore(books.rig.desk(), offer)
    assert refused.value.guidance == "It can: archive, import, link."


def test_what_is_deleted_or_inactive_in_quickbooks_is_no_offer(books):
    """An inactive vendor is hidden, and shown again once it is active; a deleted one is gone for good."""
    list_id = add_cove(books)
    offer = books.all()["Cove Roofing"]["id"]
    books.human.make_inactive("Vendor", list_id)
    books.read()
    assert books.open() == []
    with pytest.raises(StateError, match="inactive"):
        offers.import_(books.rig.desk(), offer)
    books.human.edit("Vendor", list_id, IsActive="true")
    books.read()
    assert books.open() == ["Cove Roofing"]
    books.human.delete("Vendor", list_id)
    books.read()
    assert books.all() == {}
    with pytest.raises(NotFoundError):
        offers.import_(books.rig.desk(), offer)


def test_while_procore_is_asked_nothing_else_is_decided(books):
    """Neither archived nor linked, for Procore's answer will make a link of its own."""
    add_cove(books)
    offer = books.all()["Cove Roofing"]["id"]
    offers.import_(books.rig.desk(), offer)
    for decide in (
        lambda: offers.archive(books.rig.desk(), offer),
        lambda: offers.link(books.rig.desk(), offer, str(books.company.vendors[0].id)),
    ):
        with pytest.raises(StateError):
            decide()
    books.company.push()
    assert books.all()["Cove Roofing"]["state"] == "imported"


def test_an_imported_vendor_that_is_unlinked_is_offered_again(books):
    """Both records stay; Procore's id is taken off, and the two are suggested to each other."""
    list_id = add_cove(books)
    books.take("Cove Roofing")
    [row] = books.vendors("Cove Roofing")
    unlinking.unlink(
        books.rig.desk(), books.rig.name, RecordKey(kind=RecordKind.VENDOR, procore_id=str(row.id))
    )
    books.company.push()
    assert books.company.state.vendor(row.id).origin_id is None
    offer = books.all()["Cove Roofing"]
    assert (offer["state"], offer["suggestions"][0]["procore_id"]) == ("offered", str(row.id))
    offers.link(books.rig.desk(), offer["id"], str(row.id))
    assert books.link(RecordKind.VENDOR, list_id) is not None


@pytest.mark.parametrize("lost", [False, True], ids=["answered", "the answer is lost"])
def test_a_job_becomes_a_project_with_its_cost_codes(books, lost):
    """Procore gets the project once, its codes carry the pairs of job and item, and nothing is staged."""
    list_id = books.human.add_customer(
        "Pier", parent="Ridge Owners", ShipAddress={**ADDRESS, "Addr1": "Pier"}, JobStartDate="2026-02-01"
    )
    books.read()
    if lost:
        books.company.procore.inject("POST", PROJECTS, 503, times=1, after=True)
    books.take("Ridge Owners:Pier")
    books.company.settle()
    [row] = [one for one in books.company.state.projects() if one.name == "Pier"]
    assert (row.address, row.city, str(row.start_date)) == ("12 Pier Road", "Oakland", "2026-02-01")
    assert row.origin_id == list_id
    assert books.link(RecordKind.PROJECT, list_id).name == "Ridge Owners:Pier"
    assert books.job(RecordKind.PROJECT, str(row.id)).state == "synced"
    pairs = [code.origin_id or "" for code in books.company.state.cost_codes(row.id)]
    assert len(pairs) == 4
    assert all(pair.startswith(f"{list_id}|") for pair in pairs)
    assert books.company.differences() == []


def test_an_imported_job_is_unlinked_only_once_it_is_gone(books):
    """While QuickBooks still has the job its link stays; deleted there, the link ends and Procore forgets."""
    list_id = books.human.add_customer("Pier", parent="Ridge Owners")
    books.read()
    books.take("Ridge Owners:Pier")
    books.company.settle()
    [row] = [one for one in books.company.state.projects() if one.name == "Pier"]
    key = RecordKey(kind=RecordKind.PROJECT, procore_id=str(row.id))
    unlinking.unlink(books.rig.desk(), books.rig.name, key)
    books.company.pc.update()
    assert books.link(RecordKind.PROJECT, list_id) is not None
    books.human.delete("Customer", list_id)
    unlinking.unlink(books.rig.desk(), books.rig.name, key)
    books.company.pc.update()
    books.company.push()
    assert books.link(RecordKind.PROJECT, list_id) is None
    assert books.company.state.project(row.id).origin_id is None


def test_items_are_imported_only_where_it_is_switched_on(books):
    """Off, no item is offered or taken; on, a code brings its division first, and both are linked."""
    books.human.add_service_item("16", account="Construction Income", description="Electrical")
    books.human.add_service_item("050", parent="16", account="Construction Income", description="Wiring")
    books.read()
    assert books.open() == []
    books.rig.set(import_items="true")
    assert books.open() == ["16", "16:050"]
    books.take("16:050")
    books.company.settle()
    state = books.company.state
    codes = {"-".join(state.segments(row)): row for row in state.standard_cost_codes()}
    assert (codes["16"].name, codes["16-050"].name) == ("Electrical", "Wiring")
    assert all(books.link(RecordKind.COST_CODE, codes[code].origin_id) for code in ("16", "16-050"))
    assert {one["state"] for one in books.all().values()} == {"imported"}
    assert books.company.differences() == []


def test_an_item_below_a_refused_division_says_so(books):
    """The division is refused by Procore; what is below it is not sent, and both say why."""
    books.rig.set(import_items="true")
    top = books.human.add_service_item("16", account="Construction Income")
    books.human.add_service_item("050", parent="16", account="Construction Income")
    books.read()
    said = f'{{"entities": [], "errors": [{{"origin_id": "{top}", "errors": {{"code": ["is taken"]}}}}]}}'
    books.company.procore.inject("PATCH", "/rest/v1.0/standard_cost_codes/sync", 200, said)
    books.take("16:050")
    assert "is taken" in books.all()["16"]["error"]
    assert "import that one first" in books.all()["16:050"]["error"]
