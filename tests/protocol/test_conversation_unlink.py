"""Ending a link: QuickBooks shows first that the record is gone."""

from __future__ import annotations

import pytest

from qbsync.errors import StateError
from qbsync.flows import fill, review, unlinking
from qbsync.model.records import key_of
from qbsync.procore.feeds.events import Seen
from qbsync.store import links, writebacks


def _unlink(rig, record):
    unlinking.unlink(rig.desk(), rig.name, key_of(record))
    rig.pc().update()


def _link(rig, record):
    with rig.database.read() as tx:
        return links.find(tx, rig.id, key_of(record))


def _settled(rig, records):
    rig.export(
        records.vendor(), records.project(), records.division(), records.cost_code(), records.commitment()
    )
    rig.settle()


def test_a_commitment_still_in_quickbooks_keeps_its_link(rig, records):
    """The refusal says that it is still in QuickBooks and what to do; nothing is cleared in Procore."""
    _settled(rig, records)
    _unlink(rig, records.commitment())
    job = rig.job_of(records.commitment())
    assert (job.state, job.error) == ("synced", "The commitment is still in QuickBooks.")
    assert "unlink it again" in job.guidance
    assert _link(rig, records.commitment()) is not None


def test_a_commitment_gone_from_quickbooks_is_unlinked_and_nothing_goes_again(rig, records):
    """Its link ends, Procore is told to forget header first and then the lines, and no job goes again."""
    _settled(rig, records)
    order = rig.file.purchase_orders()[0]
    rig.file.human.delete("PurchaseOrder", order.txn_id)
    _unlink(rig, records.commitment())
    assert _link(rig, records.commitment()) is None
    with rig.database.read() as tx:
        owed = writebacks.of_record(tx, rig.id, key_of(records.commitment()))
    assert [one.origin_id for one in sorted(owed, key=lambda one: one.turn)] == [None] * len(owed)
    assert next(one for one in owed if one.turn == 0).item_id == records.commitment().procore_id
    fill.store_events(rig.database, rig.id, [Seen(record=records.commitment(), exportable=True)], rig.clock())
    rig.settle()
    assert rig.file.purchase_orders() == []
    review.retry(rig.desk(), rig.job_of(records.commitment()).id)
    rig.settle()
    assert len(rig.file.purchase_orders()) == 1


def test_what_depends_on_a_record_is_named(rig, records):
    """A project with a commitment in QuickBooks is not unlinked: the commitment is named."""
    _settled(rig, records)
    with pytest.raises(StateError, match=r"the commitment .* depends on it"):
        unlinking.unlink(rig.desk(), rig.name, key_of(records.project()))


def test_users_of_a_cost_code_are_named(rig, records):
    """A code with a commitment, and a division with a code below it, are not unlinked: both are named."""
    _settled(rig, records)
    with pytest.raises(StateError, match=r"the commitment .* depends on it"):
        unlinking.unlink(rig.desk(), rig.name, key_of(records.cost_code()))
    with pytest.raises(StateError, match=r"the cost code .* depends on it"):
        unlinking.unlink(rig.desk(), rig.name, key_of(records.division()))
