from __future__ import annotations

import pytest

from qbsync.model.ids import QuickBooksId
from qbsync.model.jobs import JobState
from qbsync.model.offers import Entry
from qbsync.model.records import RecordKind, Vendor
from qbsync.store import offers, writebacks


@pytest.fixture
def offered(office):
    """QuickBooks has two vendors that Procore lacks; gives their offers' numbers by name."""
    connection = office.connect()
    names = {"Q-1": "Acme Supply", "Q-2": "<Cove> Roofing"}
    entries = []
    for list_id, name in names.items():
        office.known("Vendor", name, list_id)
        entries.append(
            Entry(
                kind=RecordKind.VENDOR,
                list_id=QuickBooksId(list_id),
                name=name,
                active=True,
                fields={"name": name},
            )
        )
    with office.database.write() as tx:
        offers.save(tx, connection, entries, office.now)
        offers.keep_up(tx, connection, office.now)
        rows = offers.listing(tx, connection_id=connection, kinds=list(RecordKind))
        return {row.name: row.id for row in rows}


def states(browser, state):
    """The names in one state, as the twin gives them."""
    return [one["name"] for one in browser.get(f"/offers.json?state={state}").json]


def test_offers_are_shown_with_a_twin(office, offered, browser):
    """The page and its JSON name what waits, escaped; a state that does not exist is refused."""
    office.stage(Vendor(procore_id="7", name="Acme Supply LLC"))
    page = browser.get("/offers").text
    assert "&lt;Cove&gt; Roofing" in page
    assert "Link to “Acme Supply LLC” (the same name but for the company" in page
    assert states(browser, "offered") == ["<Cove> Roofing", "Acme Supply"]
    assert browser.get("/offers?state=nonsense").status_code == 400
    assert len(browser.get("/offers.json?limit=1").json) == 1
    assert 'href="/offers"' in browser.get("/jobs").text
    assert offered.keys() == {"<Cove> Roofing", "Acme Supply"}


def test_an_offer_is_linked_to_a_record_that_nothing_suggests(office, offered, browser):
    """Each that waits has a field for the id of Procore's record, whatever that is called there."""
    job = office.stage(Vendor(procore_id="7", name="Quite Another Name"))
    number = offered["Acme Supply"]
    assert f'<label for="link-{number}">Procore id</label>' in browser.get("/offers").text
    answer = browser.post(f"/offers/{number}/link", {"procore_id": "7"}, on="/offers")
    assert "1 linked." in browser.get(answer.headers["Location"]).text
    assert office.job(job).state == JobState.SYNCED.value


def test_offers_that_are_cut_off_say_so(offered, browser, monkeypatch):
    """Where more wait than a page may show it says so, and how all are seen."""
    monkeypatch.setattr("qbsync.ops.offers.MOST", 1)
    page = browser.get("/offers?limit=1").text
    assert "These are the first 1: narrow them" in page
    assert "qbsync imports list" in page
    assert "These are the first" not in browser.get("/offers").text
    assert len(offered) == 2


def test_ticked_offers_are_archived_and_offered_again(offered, browser):
    """Both ways lead back to the page with a word about what was done."""
    ids = list(offered.values())
    answer = browser.post("/offers/archive", {"offer": ids}, on="/offers")
    assert answer.status_code == 303
    assert "2 archived." in browser.get(answer.headers["Location"]).text
    assert len(states(browser, "archived")) == 2
    browser.post("/offers/restore", {"offer": ids, "shown_state": "archived"}, on="/offers?state=archived")
    assert states(browser, "archived") == []


def test_ticked_offers_are_imported_each_for_itself(office, offered, browser):
    """One is owed to Procore; one whose very name Procore has is refused in words, as a 409."""
    office.stage(Vendor(procore_id="7", name="ACME Supply"))
    answer = browser.post("/offers/import", {"offer": list(offered.values())}, on="/offers")
    assert answer.status_code == 409
    assert "1 went through." in answer.text
    assert "would make another" in answer.text
    with office.database.read() as tx:
        [owed] = writebacks.listing(tx)
    assert (owed.target, owed.item_id) == ("vendor_import", "Q-2")
    assert "Procore is being asked" in browser.get("/offers").text


def test_a_press_without_a_tick_says_so(offered, browser):
    """Nothing happens."""
    answer = browser.post("/offers/import", on="/offers")
    assert answer.status_code == 409
    assert "No offer is ticked." in answer.text
    assert len(states(browser, "offered")) == len(offered)


def test_an_offer_is_linked_by_its_suggestion(office, offered, browser):
    """The staged record is synced with it; without a record named, the form is refused."""
    job = office.stage(Vendor(procore_id="7", name="Acme Supply LLC"))
    path = f"/offers/{offered['Acme Supply']}/link"
    assert browser.post(path, on="/offers").status_code == 400
    assert browser.post(path, {"procore_id": "404"}, on="/offers").status_code == 409
    assert browser.post(path, {"procore_id": "7"}, on="/offers").status_code == 303
    assert office.job(job).state == JobState.SYNCED.value
    assert states(browser, "linked") == ["Acme Supply"]


@pytest.mark.usefixtures("offered")
def test_one_button_links_all_of_the_very_same_name(office, browser):
    """The exact one is linked; the near one waits for a person; twins of one name are said."""
    exact = office.stage(Vendor(procore_id="7", name="ACME supply"))
    near = office.stage(Vendor(procore_id="8", name="Cove Roofing Inc"))
    assert browser.post("/links/all", {"connection": "acme"}, on="/offers").status_code == 303
    assert [office.job(one).state for one in (exact, near)] == ["synced", "staged"]
    for procore_id in ("9", "10"):
        office.stage(Vendor(procore_id=procore_id, name="<cove> roofing"))
    answer = browser.post("/links/all", {"connection": "acme"}, on="/offers")
    assert answer.status_code == 409
    assert "Several vendors of Procore" in answer.text
