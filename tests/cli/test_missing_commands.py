from __future__ import annotations

import pytest

from qbsync.flows import drift
from qbsync.model.jobs import JobEvent
from qbsync.model.links import Link
from qbsync.model.records import Vendor, key_of
from qbsync.store import links, queue

VENDORS = (Vendor(procore_id="1", name="Acme"), Vendor(procore_id="2", name="Bayline"))


@pytest.fixture
def lost(acme):
    """Two vendors that a restored company file lacks: their jobs' numbers."""
    ids = acme.see(*VENDORS)
    with acme.database.write() as tx:
        for job_id, vendor in zip(ids, VENDORS, strict=True):
            job = queue.get(tx, job_id)
            queue.change(job, JobEvent.LINK, job.changed_at)
            link = Link(key=key_of(vendor), quickbooks_id=f"V-{vendor.procore_id}", name=vendor.name)
            links.save(tx, acme.id, link, job.changed_at)
            drift.missing(tx, acme.id, link, job.changed_at)
    return ids


def test_missing_records_are_listed_and_decided_about(run, read, lost):
    """One by its id, then all that is left; each is listed with its decision until QuickBooks is asked."""
    rows = {row["procore_id"]: row for row in read("links", "missing", "--connection", "acme")}
    assert [rows[one]["job"] for one in ("1", "2")] == lost
    assert [rows[one]["label"] for one in ("1", "2")] == ["Acme", "Bayline"]
    said = run("links", "send-again", "acme", "--kind", "vendor", "--id", "1")
    assert said.stderr == "Will be sent again: vendor 1.\n"
    decided = {row["procore_id"]: row["decided"] for row in read("links", "missing", "--kind", "vendor")}
    assert decided == {"1": "send again", "2": None}
    refused = run("links", "unlink-missing", "acme", "--kind", "vendor", "--id", "7", code=3)
    assert "The vendor 7 is not among what is missing." in refused.stderr
    run("jobs", "cancel", lost[0])
    run("links", "unlink-missing", "acme", "--all")
    assert read("links", "missing") == []
    assert run("links", "send-again", "acme", "--all").stderr == "Nothing is missing.\n"


@pytest.mark.usefixtures("lost")
def test_it_must_be_said_what_is_meant(run):
    """Neither nothing, nor all and some, nor an id without its kind is decided about."""
    for options in ([], ["--all", "--kind", "vendor"], ["--id", "1"]):
        said = run("links", "send-again", "acme", *options, code=2)
        assert "Give --all, or --kind, or --kind and --id." in said.stderr
