"""The page that holds job costs of both sides against each other."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from qbsync.errors import ProcoreForbiddenError
from qbsync.model.costs import DIRECT_COST, INVOICE, CostLine, ProcoreCost
from qbsync.model.ids import QuickBooksId
from qbsync.model.links import Link
from qbsync.model.records import RecordKey, RecordKind
from qbsync.store import costs, links, project_codes

INVOICED = ProcoreCost(
    source=INVOICE,
    procore_id="900",
    number="I-1",
    day="2026-11-02",
    description="",
    cost_code_id="71",
    code="01-010.S",
    amount=Decimal("500.00"),
)
NAILS = CostLine(
    txn_id="T-1",
    line_id="L-1",
    kind="Check",
    number="7001",
    day="2026-11-03",
    payee_id="",
    payee="Bayline",
    job_id="J-2",
    item_id="I-3",
    place="01:010",
    description="Nails",
    amount=Decimal("12.50"),
)


@pytest.fixture
def tower(office):
    """A linked project with one cost code, for which QuickBooks has a check and Procore has nothing yet."""
    connection_id = office.connect()
    code = project_codes.ProjectCode(procore_id="71", standard_id="3", full_code="01-010", origin_id="")
    with office.database.write() as tx:
        for kind, procore_id, quickbooks_id in (
            (RecordKind.PROJECT, "2", "J-2"),
            (RecordKind.COST_CODE, "3", "I-3"),
        ):
            key = RecordKey(kind=kind, procore_id=procore_id)
            link = Link(key=key, quickbooks_id=QuickBooksId(quickbooks_id), name="Tower")
            links.save(tx, connection_id, link, office.now)
        project_codes.put(tx, connection_id, "2", [code])
        costs.replace(tx, connection_id, ["T-1"], [NAILS])
    return "/connections/acme/costs"


def test_the_page_asks_procore_only_when_the_button_is_pressed(office, browser, tower):
    """Looking shows what is kept; a press reads Procore and shows when that was."""
    office.costs = [INVOICED]
    assert browser.get(f"{tower}.json").json == []
    assert "have not been read yet" in browser.get(tower).text
    answer = browser.post(tower, on=tower)
    assert (answer.status_code, answer.headers["Location"]) == (303, tower)
    office.costs = []
    office.now += timedelta(hours=1)
    [row] = browser.get(f"{tower}.json").json
    assert row["read_at"] == (office.now - timedelta(hours=1)).isoformat()
    assert row["procore"] == "500.00"


def test_an_approved_invoice_that_is_not_in_quickbooks_is_a_difference(office, browser, tower):
    """It stands on its cost code, whatever sign of a cost type Procore adds, and is named on the page."""
    office.costs = [INVOICED, replace(INVOICED, source=DIRECT_COST, procore_id="5", number="", ours=True)]
    browser.post(tower, on=tower)
    [row] = browser.get(f"{tower}.json").json
    assert (row["cost_code"], row["quickbooks"], row["procore"]) == ("01-010", "12.50", "1000.00")
    assert row["difference"] == "-987.50"
    assert [one["found_as"] for one in row["in_procore"]] == ["not in QuickBooks", "told by qbsync"]
    page = browser.get(tower).text
    assert "I-1" in page
    assert "not in QuickBooks" in page
    assert "7001 Bayline, 01:010: 12.50" in page
    assert tower in browser.get("/connections/acme").text


def test_what_procore_refuses_is_said_and_nothing_is_lost(office, browser, tower):
    """A tool that the account may not see is named on a page in words; what was read before stays."""
    office.costs = [INVOICED]
    browser.post(tower, on=tower)
    office.procore_says = ProcoreForbiddenError("Direct costs are hidden.", guidance="Give it the right.")
    answer = browser.post(tower, on=tower)
    assert answer.status_code == 409
    assert "Direct costs are hidden." in answer.text
    assert len(browser.get(f"{tower}.json").json) == 1
    assert browser.get("/connections/nobody/costs").status_code == 404
