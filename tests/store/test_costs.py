"""Lines of costs as QuickBooks last showed them."""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import UTC, datetime
from decimal import Decimal

from qbsync.model.costs import INVOICE, CostLine, ProcoreCost
from qbsync.store import costs
from qbsync.store.cost_tables import CostReadingRow

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


def test_a_reading_is_read_back_as_it_was_kept(database, connection_id):
    """What Procore has, the items of whole change orders too; a reading of an older version has none."""
    cost = ProcoreCost(
        source=INVOICE, procore_id="7", description="", cost_code_id="", code="", amount=Decimal("0.10")
    )
    whole, now = replace(cost, whole_items=("71", "72")), datetime(2026, 3, 2, tzinfo=UTC)
    older = {name: value for name, value in asdict(cost).items() if name != "whole_items"}
    with database.write() as tx:
        costs.keep_reading(tx, connection_id, "5", [cost, whole], now)
        kept = [{**older, "amount": "0.10"}]
        tx.add(CostReadingRow(connection_id=connection_id, project_id="6", read_at=now, costs=kept))
    with database.read() as tx:
        found = costs.readings(tx, connection_id)
    assert {project: one.costs for project, one in found.items()} == {"5": (cost, whole), "6": (cost,)}
