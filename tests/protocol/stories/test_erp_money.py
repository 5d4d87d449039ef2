"""Stories of ids and money on the ERP feed: what is told to be done is done, on both sides."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from qbsync.model.records import RecordKind
from qbsync.simulator.procore.erp_rows import FAILED, IN_PROGRESS, SUCCESS, Kind, Stage
from qbsync.store.tables import LinkRow

FOREVER = 10**6
EXTERNAL = "/rest/v1.0/companies/*/external_data/sync"


@pytest.fixture
def people(office, people_of):
    """The people of the office's company."""
    return people_of(office.company)


def _committed(office, people, *amounts, number="SC-1"):
    """A subcontract with Acme that is a purchase order; gives it and its lines."""
    contract, _ = people.commit(*amounts, number=number)
    office.sends(Kind.COMMITMENT, contract.id)
    office.goes_on(minutes=2)
    assert office.item(Kind.COMMITMENT, contract.id) == (Stage.SYNCED, "")
    return contract, office.state.lines(contract.id)


# An unlink of what is not linked here.


def _restored(office, kind):
    """The database was put back to an earlier day: it knows no link of that kind."""
    with office.rig.database.write() as tx:
        tx.execute(sa.delete(LinkRow).where(LinkRow.kind == kind.value))


def test_an_unlink_without_a_link_waits_until_procore_has_let_go(office, people):
    """Clearing the ids meets a 503: the detail stays open, and ends once header and lines carry none."""
    contract, lines = _committed(office, people, 1000, 500)
    _restored(office, RecordKind.COMMITMENT)
    request = office.tool.unlink(Kind.COMMITMENT, contract.id)
    office.procore.inject("PATCH", EXTERNAL, 503, times=FOREVER)
    office.goes_on()
    assert office.detail_of(request).status == IN_PROGRESS
    office.procore.heal()
    office.goes_on()
    assert office.detail_of(request).status == SUCCESS
    assert office.state.commitment(contract.id).origin_id is None
    assert [office.state.line(line.id).origin_id for line in lines] == [None, None]
    assert office.tool.violations == []


def test_an_unlink_whose_ids_procore_keeps_fails_in_words(office, people):
    """Procore refuses to clear the ids: the detail fails and says so; unlinked again it is done."""
    contract, _ = _committed(office, people, 1000)
    _restored(office, RecordKind.COMMITMENT)
    request = office.tool.unlink(Kind.COMMITMENT, contract.id)
    office.procore.inject("PATCH", EXTERNAL, 403, times=FOREVER)
    office.goes_on()
    detail = office.detail_of(request)
    assert detail.status == FAILED
    assert detail.messages[0].startswith("It is unlinked, but Procore kept its id.")
    assert detail.messages[0].endswith("then unlink it again.")
    office.procore.heal()
    again = office.tool.unlink(Kind.COMMITMENT, contract.id)
    office.goes_on()
    assert office.detail_of(again).status == SUCCESS
    assert office.state.commitment(contract.id).origin_id is None
