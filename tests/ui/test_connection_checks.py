from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def acme(office):
    """A connection whose company file has not been seen."""
    return office.connect("acme")


def test_the_page_shows_what_doctor_finds(browser):
    """Each check with its result; commands stand as they are typed."""
    page = browser.get("/connections/acme").text
    checks = page.partition("<h2>Checks</h2>")[2].partition("<h2>Jobs</h2>")[0]
    assert "The company file has not been seen yet." in checks
    assert "qbsync connection set acme retainage_item=Retainage" in checks
    assert checks.count(">ok<") > checks.count(">problem<") > 0


def test_the_twin_has_the_same_checks(browser):
    """Whole, beside what it always had."""
    twin = browser.get("/connections/acme.json").json
    assert twin["name"] == "acme"
    wrong = [check["name"] for check in twin["checks"] if not check["ok"]]
    assert wrong == ["company_file", "retainage_item", "estimates", "purchase_orders"]


def test_what_takes_a_call_to_procore_is_not_on_the_page(browser):
    """A page that is opened asks nobody."""
    names = {check["name"] for check in browser.get("/connections/acme.json").json["checks"]}
    assert not names & {"procore_sign_in", "secret"}


def test_the_button_has_the_retainage_item_made(office, browser):
    """It leads to the item's job, where the account is chosen of QuickBooks' liabilities and accepted."""
    office.known("Account", "Retainage Payable", "80000007-1", "OtherCurrentLiability")
    office.known("Account", "Checking", "80000008-1", "Bank")
    assert "Have QuickBooks make it" in browser.get("/connections/acme").text
    answer = browser.post("/connections/acme/retainage-item", on="/connections/acme")
    assert answer.status_code == 303
    job = browser.get(answer.headers["Location"]).text
    assert "Liability account in QuickBooks (needed)" in job
    assert '<option value="Retainage Payable">' in job
    assert '<option value="Checking">' not in job
    accepted = browser.post(
        f"{answer.headers['Location']}/accept", {"account": "Retainage Payable"}, on="/connections/acme"
    )
    assert accepted.status_code == 303
    assert browser.get(f"{answer.headers['Location']}.json").json["state"] == "queued"


def test_there_is_no_button_where_the_item_is_there(office, browser):
    """A connection whose option names an item that QuickBooks has needs none."""
    office.connect("well", options={"retainage_item": "Retainage"})
    assert "Have QuickBooks make it" not in browser.get("/connections/well").text


def test_what_keeps_the_button_from_its_work_is_said(office, browser):
    """An item that is made already: 409 with the words, and nothing is staged."""
    office.known("Item", "Retainage", "80000009-1", "Service")
    answer = browser.post("/connections/acme/retainage-item", on="/connections/acme")
    office.change(int(answer.headers["Location"].rpartition("/")[2]), state="sent")
    again = browser.post("/connections/acme/retainage-item", on="/connections/acme")
    assert again.status_code == 409
    assert "is with QuickBooks right now" in again.text
