"""Awkward records on their whole way: each job says what happened, to which record, and who can mend it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from qbsync.errors import StateError
from qbsync.flows import insights, world as worlds

LONG = "Consolidated Structural Steel and Rebar Fabricators of Oregon"


def _said(rig, record):
    """Everything that a job's row tells a person, in one text."""
    job = rig.job_of(record)
    found = worlds.from_json(job.review)
    findings = [*found.problems, *found.warnings]
    texts = [job.label, job.error, job.guidance, *[f"{one.message} {one.guidance}" for one in findings]]
    return " ".join(texts)


def test_vendor_name_of_sixty_characters(rig, records):
    """A name that is too long cannot be accepted, says by how much, and goes under another that is chosen."""
    record = replace(records.vendor(), name=LONG)
    [job] = rig.stage(record)
    with pytest.raises(StateError) as refused:
        rig.accept(job)
    assert LONG in str(refused.value)
    assert "QuickBooks takes 41" in str(refused.value)
    assert "--set name=" in refused.value.guidance
    assert rig.job_of(record).state == "staged"
    assert "QuickBooks takes 41" in _said(rig, record)
    rig.accept(job, name="Consolidated Steel")
    rig.pc().update()
    assert rig.job_of(record).state == "synced"
    [vendor] = rig.file.vendors()
    assert vendor.name == "Consolidated Steel"
    assert "QuickBooks takes 41" in _said(rig, record) or LONG[:41] in _said(rig, record)


def test_emoji_and_ampersand(rig, records):
    """An emoji is spelled out with a warning that the approver sees; an ampersand arrives as it is."""
    record = replace(records.vendor(), name="Søren & Sons 🚧")
    rig.export(record)
    rig.pc().update()
    assert rig.job_of(record).state == "synced"
    [vendor] = rig.file.vendors()
    assert vendor.name == "Søren & Sons construction"
    assert "'🚧'" in _said(rig, record)
    assert rig.broken() == []


@pytest.mark.parametrize("known", [False, True], ids=["before the lists are read", "after"])
def test_vendor_named_like_a_customer(fresh, records, *, known):
    """QuickBooks' one list of names is explained, whether we or QuickBooks find the clash, and mended."""
    if known:
        fresh.hold_reads()
    record = replace(records.vendor(), name="ridge owners")
    [job] = fresh.stage(record)
    if known:
        with pytest.raises(StateError, match="has a customer named 'Ridge Owners'"):
            fresh.accept(job)
        assert fresh.job_of(record).state == "staged"
        assert "has a customer named 'Ridge Owners'" in _said(fresh, record)
        assert "--set name=ANOTHER" in _said(fresh, record)
    else:
        fresh.accept(job)
        fresh.pc().update()
        assert fresh.job_of(record).state == "failed"
        assert "'ridge owners'" in _said(fresh, record)
        assert "another name" in _said(fresh, record)
    fresh.accept(fresh.job_of(record), name="Ridge Owners (vendor)")
    fresh.settle()
    assert fresh.job_of(record).state == "synced"
    assert [one.name for one in fresh.file.vendors()] == ["Ridge Owners (vendor)"]


def test_commitment_whose_vendor_is_not_linked_waits_and_says_which(rig, records):
    """It waits by name for its vendor, is not sent, and goes as soon as the vendor is in QuickBooks."""
    rig.export(records.division(), records.cost_code(), records.project(), records.commitment())
    office = rig.pc()
    office.update()
    job = rig.job_of(records.commitment())
    assert (job.state, job.waits_for) == ("queued", "vendor:2001")
    assert not any("PurchaseOrderAddRq" in request for request in office.requests)
    with rig.database.read() as tx:
        shown = insights.job(tx, job.id)
    assert "vendor" in str(shown)
    assert "2001" in str(shown)
    rig.export(records.vendor())
    office.update()
    assert rig.job_of(records.commitment()).state == "synced"


def test_commitment_whose_vendor_failed_still_waits(rig, records):
    """Where the vendor was refused the commitment waits for it by name, and the vendor's job says why."""
    rig.file.faults.fail_next("VendorAddRq", 3210, "odd")
    rig.export(*records.parents(), records.commitment())
    rig.settle()
    assert rig.job_of(records.commitment()).waits_for == "vendor:2001"
    assert rig.job_of(records.vendor()).state == "failed"
    assert "odd" in _said(rig, records.vendor())
    assert rig.file.purchase_orders() == []


def test_purchase_order_number_of_fourteen_characters(rig, records):
    """A number that does not fit is asked for, never cut; QuickBooks gets the one that is chosen."""
    rig.export(*records.parents())
    rig.settle()
    record = replace(records.commitment(), number="SC-2026-000017")
    [job] = rig.stage(record)
    with pytest.raises(StateError) as refused:
        rig.accept(job)
    assert "'SC-2026-000017 Subcontract 1'" in str(refused.value)
    assert "needs number" in str(refused.value)
    assert "14 characters" in str(refused.value)
    assert "--set number=" in refused.value.guidance
    assert rig.job_of(record).state == "staged"
    with pytest.raises(StateError, match="needs number"):
        rig.accept(job, number="SC-2026-0000017")
    rig.accept(job, number="SC-17")
    rig.settle()
    assert rig.job_of(record).state == "synced"
    [order] = rig.file.purchase_orders()
    assert order.ref_number == "SC-17"
    assert rig.job_of(record).label == "SC-2026-000017 Subcontract 1"


def test_commitment_without_a_vendor_or_lines(rig, records):
    """What QuickBooks could not take is a problem at once, each with its own words."""
    record = replace(records.commitment(), vendor_id=None, lines=())
    [job] = rig.stage(record)
    with pytest.raises(StateError, match="and 1 more"):
        rig.accept(job)
    assert "No contract company is chosen." in _said(rig, record)
    assert "It has no lines" in _said(rig, record)


def test_record_that_another_integration_exported(rig, records):
    """A record with a foreign origin_id is not sent: a person links it or clears the id."""
    [job] = rig.stage(records.vendor(), origin_id="80000099-1")
    with pytest.raises(StateError) as refused:
        rig.accept(job)
    assert "80000099-1" in str(refused.value)
    assert "links link" in refused.value.guidance
