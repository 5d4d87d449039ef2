"""The invariants themselves: each kind of break is planted once, and must be seen."""

from __future__ import annotations

from datetime import timedelta

import pytest

from qbsync.flows.drain import answers, conversation, endings
from qbsync.session.recovery import Verdict
from qbsync.store import messages, queue

LEASE = timedelta(minutes=6)


def _lost_commitment(rig, records):
    """A commitment that QuickBooks has, whose answer died with the PC; the next session has begun."""
    rig.export(*records.parents())
    rig.settle()
    office, _ = rig.hand_out(records.commitment())
    office.execute()
    office.vanish()
    assert rig.broken() == []
    rig.clock.passes(LEASE)
    return rig.pc()


def test_planted_new_id_on_resend_is_seen_as_a_double(rig, records, monkeypatch):
    """A flow that renders a message anew when it repeats it makes two orders, and the net says so."""

    def again(scene, message):
        fresh = messages.new_set_id(scene.now)
        message.request = message.request.replace(message.set_id.encode(), fresh.encode())
        message.set_id = fresh
        scene.session.message_id = message.id
        return message

    monkeypatch.setattr(conversation, "_hand_again", again)
    office = _lost_commitment(rig, records)
    office.until_write()
    assert any("changed after it was stored" in broken for broken in rig.broken())
    office.execute()
    office.deliver()
    broken = rig.broken()
    assert any(one.startswith("2 records with ExternalGUID") for one in broken)
    assert any(one.startswith("2 purchase orders") for one in broken)


def test_planted_forgetting_is_seen_as_a_loss(rig, records, monkeypatch):
    """A flow that forgets a message whose answer is out leaves its job nowhere, and the net says so."""
    office = _lost_commitment(rig, records)
    monkeypatch.setattr(messages, "open_ones", lambda _tx, _connection_id: [])
    with pytest.raises(AssertionError, match=r"never settled.*commitment 4001\) is sent"):
        rig.settle(office)


def test_planted_success_without_a_record_is_seen(rig, records, monkeypatch):
    """A flow that believes in a success QuickBooks never had is seen as a synced job without a link."""
    monkeypatch.setattr(
        endings, "synced", lambda scene, job, _ret, event, _note: queue.change(job, event, scene.now)
    )
    rig.export(records.vendor())
    rig.pc().update()
    assert rig.broken() == ["vendor:2001 is synced without a link"]


def test_planted_early_forgetting_is_seen(rig, records, monkeypatch):
    """A flow that lets QuickBooks forget a message whose answer is not applied is seen by its bytes."""
    office, first = rig.hand_out(records.vendor())
    office.vanish()
    set_id = rig.messages(writes=True)[0].set_id
    rig.clock.passes(LEASE)
    monkeypatch.setattr(messages, "to_acknowledge", lambda _tx, _connection_id: set_id)
    monkeypatch.setattr(messages, "open_ones", lambda _tx, _connection_id: [])
    rig.export(records.vendor(2))
    assert rig.pc().until_write() != first
    broken = rig.broken()
    assert any(f"lets QuickBooks forget {set_id}" in one for one in broken)
    assert any("are out together" in one for one in broken)


def test_planted_trust_in_garbage_is_seen(rig, records, monkeypatch):
    """A flow that takes an unknown error for a refusal sends anew what QuickBooks has, and is seen."""
    rig.export(*records.parents())
    rig.settle()
    monkeypatch.setattr(answers, "judge_hresult", lambda hresult: Verdict.UNPARSED if hresult else None)
    office, _ = rig.hand_out(records.commitment(), records.commitment(2))
    office.execute()
    office.refuse("0x80040402")
    office.deliver()
    office.close()
    office.update()
    assert any(one.startswith("2 records with ExternalGUID") for one in rig.broken())


def test_record_deleted_in_quickbooks_is_seen(rig, records):
    """A link to a record that QuickBooks no longer holds is seen."""
    rig.export(records.vendor())
    rig.settle()
    assert rig.broken() == []
    rig.file.human.delete("Vendor", rig.file.vendors()[0].list_id)
    [broken] = rig.broken()
    assert broken.startswith("vendor:2001 is linked to")
    assert "does not hold" in broken


def test_other_figures_in_quickbooks_are_seen(rig, records):
    """A record whose figures in QuickBooks are not what it was told is seen."""
    rig.export(records.vendor())
    rig.settle()
    assert rig.differs() == []
    rig.file.human.edit("Vendor", rig.file.vendors()[0].list_id, Phone="0")
    assert rig.differs() == ["vendor:2001 shows ['0'], not ['555-0100']"]
