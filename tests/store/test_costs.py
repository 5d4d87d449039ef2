"""Lines of costs as QuickBooks last showed them."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from qbsync.model.costs import CostLine
from qbsync.store import costs

LINE = CostLine(
    txn_id="T-1",
    line_id="L-1",
    kind="Check",
    number="7001",
    day="2026-05-08",
    payee_id="V-1",
    payee="Bayline",
    job_id="J-1",
    item_id="I-1",
    place="01:010",
    description="Nails",
    amount=Decimal("1234567890.12"),
)
SECOND = replace(LINE, line_id="L-2", amount=Decimal("-0.01"))


def test_a_line_is_read_back_as_it_was_kept(database, connection_id):
    """Every field, amounts to the cent."""
    with database.write() as tx:
        costs.replace(tx, connection_id, ["T-1"], [LINE, SECOND])
    with database.read() as tx:
        assert costs.of_job(tx, connection_id, "J-1") == [LINE, SECOND]
        assert costs.of_job(tx, connection_id, "J-2") == []


def test_a_transaction_seen_again_replaces_its_lines(database, connection_id):
    """A line that is gone, or went to another job, is not counted any more; other transactions stay."""
    other = replace(LINE, txn_id="T-2")
    with database.write() as tx:
        costs.replace(tx, connection_id, ["T-1", "T-2"], [LINE, SECOND, other])
    with database.write() as tx:
        costs.replace(tx, connection_id, ["T-1"], [replace(LINE, job_id="J-2")])
    with database.read() as tx:
        assert costs.of_job(tx, connection_id, "J-1") == [other]
        assert costs.of_job(tx, connection_id, "J-2") == [replace(LINE, job_id="J-2")]


def test_a_deleted_transaction_costs_nothing(database, connection_id):
    """It is replaced by no line at all."""
    with database.write() as tx:
        costs.replace(tx, connection_id, ["T-1"], [LINE])
    with database.write() as tx:
        costs.replace(tx, connection_id, ["T-1"], [])
    with database.read() as tx:
        assert costs.of_job(tx, connection_id, "J-1") == []
