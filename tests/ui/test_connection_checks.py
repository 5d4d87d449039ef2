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
