"""Which export of Procore's ERP tool brought a version of a record, and which of them counts."""

from __future__ import annotations

import pytest

from qbsync.model.jobs import JobState
from qbsync.model.records import RecordKey, RecordKind
from qbsync.store import erp
from qbsync.store.erp import NewPart, Purpose

KEY = RecordKey(kind=RecordKind.VENDOR, procore_id="1")


def test_a_version_is_known_by_the_export_that_brought_it(database, connection_id, add_job, now):
    """Whatever became of its job since: one that was taken back and goes anew from the desk has another."""
    with database.write() as tx:
        for number, version, state in (
            (1, "v1+71", JobState.SYNCED),
            (2, "v2+72", JobState.CANCELLED),
            (3, "v20+73", JobState.SYNCED),
        ):
            job = add_job(tx, "1", state)
            job.version = version
            part = NewPart(
                request_id=str(number), detail_id=f"7{number}", purpose=Purpose.EXPORT, key=KEY, job_id=job.id
            )
            erp.add_part(tx, connection_id, part, now)
        tx.flush()
        found = [erp.export_of_version(tx, connection_id, KEY, one) for one in ("v1", "v2", "v20")]
        assert [one.request_id for one in found] == ["1", "2", "3"]
        assert erp.export_of_version(tx, connection_id, KEY, "v3") is None


@pytest.mark.parametrize("state", list(JobState))
def test_an_export_counts_while_it_is_there_or_on_its_way(database, connection_id, add_job, now, state):
    """One that failed, was refused or ended counts no more: the one before it is what QuickBooks has."""
    with database.write() as tx:
        for request_id, became in (("1", JobState.SYNCED), ("2", state)):
            job = add_job(tx, "1", became)
            job.version = f"v{request_id}+7{request_id}"
            part = NewPart(
                request_id=request_id, detail_id="", purpose=Purpose.EXPORT, key=KEY, job_id=job.id
            )
            erp.add_part(tx, connection_id, part, now)
        tx.flush()
        found = erp.export_there_or_coming(tx, connection_id, KEY)
    over = state in (JobState.STAGED, JobState.REJECTED, JobState.FAILED, JobState.CANCELLED)
    assert found.request_id == ("1" if over else "2")


def test_an_export_counts_whose_version_a_person_linked(database, connection_id, add_job, now):
    """Its own job was cancelled in doubt: another of the same version was linked, which no export brought."""
    with database.write() as tx:
        cancelled = add_job(tx, "1", JobState.CANCELLED)
        part = NewPart(request_id="1", detail_id="", purpose=Purpose.EXPORT, key=KEY, job_id=cancelled.id)
        erp.add_part(tx, connection_id, part, now)
        linked = add_job(tx, "1", JobState.SYNCED)
        cancelled.version = linked.version = "v1+71"
        tx.flush()
        assert erp.export_there_or_coming(tx, connection_id, KEY).request_id == "1"
