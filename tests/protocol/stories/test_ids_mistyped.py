"""Stories of ids that are none of QuickBooks': whoever typed or sent one, everything else goes on."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from qbsync.errors import StateError
from qbsync.flows import linking, unlinking
from qbsync.model.records import RecordKey, RecordKind
from qbsync.simulator.procore.erp_rows import Kind, Stage
from qbsync.store.tables import JobRow, LinkRow

GUID = "{61fc72f4-bd18-5386-b2f2-2ba13e0b8036}"
"""What a person may take for the id: the ExternalGUID, two characters longer than an id may be."""
MISTYPED = pytest.mark.parametrize("typed", [GUID, "I-1", "12345"])


class Waiting:
    """An invoice that waits for a person, and a vendor that is to go meanwhile."""

    def __init__(self, company, people):
        self.company, self.people, self.rig = company, people, company.rig
        self.contract, lines = people.commit(1000)
        company.sync()
        company.rig.set(auto_accept="vendor,project,cost_code,commitment")
        self.row = people.invoice(self.contract, {lines[0]: 400}, "I-1")
        company.pull()
        self.corner = company.state.create_vendor("Corner")
        self.key = RecordKey(kind=RecordKind.INVOICE, procore_id=str(self.row.id))

    @property
    def job(self):
        """The invoice's job."""
        return self.people.job("invoice", self.row.id)

    def store(self, table, where, **values):
        """What stands in the database, however it came there."""
        with self.rig.database.write() as tx:
            tx.execute(sa.update(table).where(*where).values(**values))

    def goes_on(self):
        """Two updates later the vendor is in QuickBooks."""
        self.company.sync()
        self.company.later()
        assert self.people.job("vendor", self.corner.id).state == "synced"


@pytest.fixture
def waiting(company, people):
    """That invoice and that vendor."""
    return Waiting(company, people)


@MISTYPED
def test_what_is_no_txn_id_is_refused_where_it_is_typed(waiting, typed):
    """It is said what a TxnID looks like; the job stays as it was."""
    with pytest.raises(StateError, match="is no TxnID") as refused:
        linking.link(waiting.rig.desk(), waiting.rig.name, waiting.key, typed)
    assert "1A2F-1771000000" in refused.value.guidance
    assert waiting.job.state == "staged"
    waiting.goes_on()


@MISTYPED
def test_an_id_that_was_stored_all_the_same_fails_its_job_alone(waiting, typed):
    """The job says why, and is retried, linked otherwise or written; the vendor goes at the same update."""
    linking.link(waiting.rig.desk(), waiting.rig.name, waiting.key, "1A2F-1771000000")
    waiting.store(JobRow, [JobRow.id == waiting.job.id], choices={"link_to": typed})
    waiting.goes_on()
    assert waiting.job.state == "failed"
    assert "TxnID" in waiting.job.error
    assert "Retry reads" in waiting.job.guidance
    waiting.people.accept(waiting.job)
    waiting.company.settle()
    assert waiting.job.state == "synced"


@MISTYPED
def test_a_vendor_that_is_linked_to_no_id_fails_what_names_it_alone(waiting, typed):
    """QuickBooks cannot be asked for bills of it: the invoice says so, and the other vendor goes."""
    acme = str(waiting.company.vendors[0].id)
    waiting.people.accept(waiting.job)
    assert (waiting.job.state, waiting.job.step) == ("queued", "look")
    waiting.store(LinkRow, [LinkRow.kind == "vendor", LinkRow.procore_id == acme], quickbooks_id=typed)
    waiting.goes_on()
    assert waiting.job.state == "failed"
    assert "ListID" in waiting.job.error


@MISTYPED
def test_an_unlink_from_what_is_no_id_ends_in_words(waiting, typed):
    """QuickBooks cannot be asked whether it is gone: the commitment is synced as before, and says why."""
    contract_id = str(waiting.contract.id)
    of_it = [LinkRow.kind == "commitment", LinkRow.procore_id == contract_id]
    waiting.store(LinkRow, of_it, quickbooks_id=typed)
    key = RecordKey(kind=RecordKind.COMMITMENT, procore_id=contract_id)
    unlinking.unlink(waiting.rig.desk(), waiting.rig.name, key)
    waiting.goes_on()
    job = waiting.people.job("commitment", contract_id)
    assert job.state == "synced"
    assert "TxnID" in job.error
    assert key in waiting.rig.linked()


@MISTYPED
def test_a_commitment_that_procore_has_under_no_id_is_joined_to_nothing_and_said(office, people_of, typed):
    """Another connector gave it that id; unlinked in Procore it goes as any other."""
    contract, _ = people_of(office.company).commit(1000)
    office.state.contract_table.edit(contract.id, origin_id=typed)
    row = office.state.commitment(contract.id)
    shown = office.tool.payloads.commitment(row, row.number, {})
    office.tool.raise_event("create_commitment_in_procore", {"commitment": shown})
    office.goes_on()
    subject = f"commitment {contract.id}"
    assert f"{typed!r} of QuickBooks, which is no TxnID" in office.rig.troubles()[subject]
    office.state.contract_table.edit(contract.id, origin_id=None)
    office.sends(Kind.COMMITMENT, contract.id)
    office.goes_on()
    assert office.item(Kind.COMMITMENT, contract.id) == (Stage.SYNCED, "")
    assert subject not in office.rig.troubles()
