"""Request details that Procore shows as open, and to which of our exports they belong."""

from __future__ import annotations

from datetime import timedelta

import pytest

from qbsync.flows.erp import catch_up
from qbsync.flows.erp.catch_up import CatchUp
from qbsync.model.records import RecordKey, RecordKind
from qbsync.procore.erp.api import DetailPayload
from qbsync.procore.writebacks import Target
from qbsync.store import connections, erp
from qbsync.store.erp import NewPart, Purpose

HOUR = timedelta(hours=1)
BUDGET = RecordKey(kind=RecordKind.BUDGET, procore_id="594012")


class Shows:
    """An ERP platform that shows these details, and counts how often it was asked."""

    def __init__(self) -> None:
        self.shown: list[DetailPayload] = []
        self.asked = 0

    def show(self, *rows):
        """These are the details now: id, status, item type, item."""
        self.shown = [
            DetailPayload(id=one, status=status, item_type=item_type, item_id=item_id)
            for one, status, item_type, item_id in rows
        ]

    def details(self):
        """All of them."""
        self.asked += 1
        return self.shown


@pytest.fixture
def procore(acme):
    """A registered connection's platform."""
    with acme.database.write() as tx:
        connections.get(tx, acme.id).feed = "erp"
        erp.account(tx, acme.id).registered_at = acme.now
    return Shows()


@pytest.fixture
def look(acme, procore):
    """Looks at the details, so many hours later."""

    def look(hours=1):
        acme.now += hours * HOUR
        this = CatchUp(database=acme.database, connection_id=acme.id, client=None, api=procore, now=acme.now)
        catch_up.details(this)

    return look


def _closed(acme):
    return [row.item_id for row in acme.owed() if row.target == Target.REQUEST_DETAIL.value]


def test_a_detail_is_given_to_the_export_that_named_none(acme, procore, look):
    """A budget's request names no detail, and the one of its item came late: it waits for that job now."""
    with acme.database.write() as tx:
        part = NewPart(
            request_id="900137",
            detail_id="",
            purpose=Purpose.EXPORT,
            key=BUDGET,
            items={"header": "budget:2201"},
        )
        erp.add_part(tx, acme.id, part, acme.now)
    procore.show(
        ("7107", "success", "budget", "2201"),
        ("7108", "in progress", "work_order_contract", "2201"),
        ("7109", "in progress", "budget", "2201"),
    )
    look()
    with acme.database.read() as tx:
        assert [one.detail_id for one in erp.of_its_request(tx, acme.id, "900137")] == ["7109"]
    look()
    assert _closed(acme) == ["7108"], "the other one is nobody's"


def test_a_detail_that_was_closed_meanwhile_is_left_alone(acme, procore, look):
    """Seen open once, closed by somebody, open under another number: each is looked at for itself."""
    procore.show(("1", "in progress", "", None))
    look()
    procore.show(("1", "stale", "", None), ("2", "in progress", "", None))
    look()
    assert _closed(acme) == []
    look()
    look()
    assert _closed(acme) == ["2"], "and once"


def test_a_long_list_is_read_less_often(procore, look):
    """Two thousand details are two pages: read every other hour, that is one call an hour."""
    procore.show(*((str(one), "success", "", None) for one in range(2000)))
    look()
    look()
    assert procore.asked == 1
    look()
    assert procore.asked == 2
