from __future__ import annotations

from datetime import UTC, datetime

import pytest

from qbsync.cli.imports import ImportedKind
from qbsync.cli.links import LinkedByHand
from qbsync.flows import linking
from qbsync.model.ids import QuickBooksId
from qbsync.model.names import Known, ListKind
from qbsync.model.offers import IMPORTED_KINDS, Entry
from qbsync.model.records import RecordKind, Vendor
from qbsync.store import names, offers

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
ACME = Vendor(procore_id="2", name="Acme Supply Inc")


@pytest.fixture
def offered(acme):
    """QuickBooks has two vendors that Procore lacks."""
    entries = [
        Entry(
            kind=RecordKind.VENDOR,
            list_id=QuickBooksId(list_id),
            name=name,
            active=True,
            fields={"name": name},
        )
        for list_id, name in (("Q-1", "Acme Supply"), ("Q-2", "Cove Roofing"))
    ]
    with acme.database.write() as tx:
        names.save(
            tx,
            acme.id,
            [Known(list=ListKind.VENDOR, list_id=one.list_id, full_name=one.name) for one in entries],
        )
        offers.save(tx, acme.id, entries, NOW)
        offers.keep_up(tx, acme.id, NOW)
    return acme


def test_offers_are_listed_with_what_they_may_be(offered, run, read):
    """The keys are stable, the suggestion has its reason, filters narrow, words go to people."""
    offered.see(ACME)
    [first, second] = read("imports", "list")
    wanted = {"connection": "acme", "kind": "vendor", "quickbooks_id": "Q-1", "state": "offered"}
    assert {key: first[key] for key in wanted} == wanted
    assert first["suggestions"][0]["procore_id"] == "2"
    assert "Inc or LLC" in first["suggestions"][0]["reason"]
    assert second["suggestions"] == []
    assert len(read("imports", "list", "--limit", "1")) == 1
    assert read("imports", "list", "--kind", "project") == []
    assert read("imports", "list", "--state", "archived", "--connection", "acme") == []
    assert "Acme Supply Inc (2)" in run("imports", "list").stdout
    run("imports", "list", "--connection", "nobody", code=4)


def test_only_kinds_that_can_be_are_taken(run):
    """No commitment is imported here and no payment linked by hand: usage errors, not empty lists."""
    assert {RecordKind(one) for one in ImportedKind} == set(IMPORTED_KINDS)
    assert {RecordKind(one) for one in LinkedByHand} == {*linking.LISTS, *linking.READ_FIRST}
    run("imports", "list", "--kind", "commitment", code=2)
    run("links", "link", "acme", "payment", "1", "80", code=2)
    run("links", "link", "acme", "change_order", "1", "80", code=2)


def test_offers_are_imported_archived_restored_and_linked(offered, run, read):
    """Each command says what it did; what may not be ends with 2, what is not there with 4."""
    offered.see(ACME)
    first, second = (str(one["id"]) for one in read("imports", "list"))
    assert "Archived: offer" in run("imports", "archive", second).stderr
    run("imports", "archive", second, code=2)
    run("imports", "import", second, code=2)
    run("imports", "restore", second)
    run("imports", "import", second)
    assert [one["importing"] for one in read("imports", "list")] == [False, True]
    [owed] = read("writebacks", "list")
    assert (owed["target"], owed["item_id"]) == ("vendor_import", "Q-2")
    run("imports", "archive", second, code=2)
    run("imports", "link", first, "404", code=4)
    assert "Linked offer" in run("imports", "link", first, "2").stderr
    assert read("imports", "list", "--state", "linked")[0]["procore_id"] == "2"
    assert [row["quickbooks_id"] for row in read("links", "list")] == ["Q-1"]
    run("imports", "archive", "999", code=4)


@pytest.mark.usefixtures("offered")
def test_of_several_offers_the_good_ones_get_through(run, read):
    """One that is not there is said, the others are done, and the command ends with 3."""
    first, second = (str(one["id"]) for one in read("imports", "list"))
    assert "There is no offer 999" in run("imports", "archive", first, "999", second, code=3).stderr
    assert {one["state"] for one in read("imports", "list")} == {"archived"}
