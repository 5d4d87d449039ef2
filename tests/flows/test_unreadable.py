"""What was accepted of a record that cannot be read as Procore has it now."""

from __future__ import annotations

import pytest

from qbsync.flows import review
from qbsync.model.jobs import JobEvent
from qbsync.model.records import RecordKey, RecordKind, Vendor
from qbsync.procore.feeds.events import Unreadable
from qbsync.store import connections

FIRST = Vendor(procore_id="1", name="Café & Sons")
KEY = RecordKey(kind=RecordKind.VENDOR, procore_id="1")
UNREADABLE = Unreadable(kind=RecordKind.VENDOR, procore_id="1", message="Its name is missing.")
WAYS = {
    "accepted": ((), lambda desk, job_id: review.accept(desk, job_id, {})),
    "released": ((JobEvent.ACCEPT, JobEvent.HOLD), review.release),
    "retried": ((JobEvent.ACCEPT, JobEvent.SEND, JobEvent.FAIL), review.retry),
}


@pytest.mark.parametrize("way", WAYS)
def test_what_people_send_meanwhile_waits_too_and_goes_by_itself(acme, way):
    """However the older version is sent on, it waits and says why; once it is read as it was, it goes."""
    before, send = WAYS[way]
    acme.see(FIRST)
    acme.move(acme.job("1").id, *before)
    acme.fill(UNREADABLE)
    send(acme.desk, acme.job("1").id)
    job = acme.job("1")
    assert (job.state, job.waits_for) == ("queued", str(KEY))
    assert "cannot read this vendor as Procore has it now: Its name is missing." in job.error
    assert acme.see(FIRST).staged == 0
    [job] = acme.jobs()
    assert (job.state, job.waits_for, job.error, job.guidance) == ("queued", "", "", "")


@pytest.mark.parametrize("events", [("accept", "send"), ("accept", "send", "lose"), ("reject",)])
def test_what_is_with_quickbooks_or_decided_stays_as_it_is(acme, events):
    """A job that is out goes on, and one that a person rejected stays so, also once it is read again."""
    acme.see(FIRST)
    acme.move(acme.job("1").id, *map(JobEvent, events))
    before = acme.states()
    acme.fill(UNREADABLE)
    acme.see(FIRST)
    assert acme.states() == before


def test_an_export_of_the_erp_tool_waits_for_no_reading(acme):
    """There the request itself fails where it cannot be read, and nothing else reads the record."""
    acme.see(FIRST)
    acme.fill(UNREADABLE)
    with acme.database.write() as tx:
        connections.get(tx, acme.id).feed = "erp"
    review.accept(acme.desk, acme.job("1").id, {})
    assert (acme.job("1").state, acme.job("1").waits_for) == ("queued", "")
