from __future__ import annotations

from datetime import timedelta

import pytest

from qbsync.errors import NotFoundError, StateError
from qbsync.model.records import RecordKey, RecordKind
from qbsync.store import reading, writebacks
from qbsync.store.writebacks import Owed

KEY = RecordKey(kind=RecordKind.COMMITMENT, procore_id="7")
OTHER = RecordKey(kind=RecordKind.VENDOR, procore_id="8")


def _owed(item_id: str, origin_id: str = "1A-1", *, key: RecordKey = KEY, turn: int = 0) -> Owed:
    return Owed(
        key=key,
        target="subcontract_line",
        item_id=item_id,
        origin_id=origin_id,
        scope={"project_id": "5"},
        origin_data='{"edit_sequence": "1"}',
        turn=turn,
    )


def test_what_is_owed_comes_back_whole(database, connection_id, now):
    """Item, ids, scope, data and turn are kept."""
    with database.write() as tx:
        writebacks.owe(tx, connection_id, [_owed("l1")], now)
    with database.read() as tx:
        [row] = writebacks.due(tx, connection_id, now)
        assert (row.kind, row.procore_id, row.target, row.item_id) == (
            "commitment",
            "7",
            "subcontract_line",
            "l1",
        )
        assert (row.origin_id, row.scope, row.state, row.turn) == ("1A-1", {"project_id": "5"}, "owed", 0)
        assert row.origin_data == '{"edit_sequence": "1"}'
        assert writebacks.of_record(tx, connection_id, KEY)[0].id == row.id
        assert writebacks.of_record(tx, connection_id, OTHER) == []


def test_a_header_waits_for_its_own_lines_only(database, connection_id, now):
    """origin_id on a header goes last: it is due when no earlier turn of its record is open any more."""
    with database.write() as tx:
        owed = [_owed("head", turn=1), _owed("l1"), _owed("l2"), _owed("vendor", key=OTHER, turn=1)]
        writebacks.owe(tx, connection_id, owed, now)
        due = {row.item_id: row for row in writebacks.due(tx, connection_id, now)}
        assert set(due) == {"l1", "l2", "vendor"}
        writebacks.settle(due["l1"], now, refused=None)
        assert "head" not in {row.item_id for row in writebacks.due(tx, connection_id, now)}
        writebacks.settle(due["l2"], now, refused="locked")
        assert {row.item_id for row in writebacks.due(tx, connection_id, now)} == {"head", "vendor"}


def test_a_header_waits_for_a_line_that_rests(database, connection_id, now):
    """A line that is to be tried again later still holds its header back."""
    with database.write() as tx:
        writebacks.owe(tx, connection_id, [_owed("head", turn=1), _owed("l1")], now)
        [line] = writebacks.due(tx, connection_id, now)
        writebacks.postpone(line, now, now + timedelta(minutes=5), "Procore is away.")
        assert writebacks.due(tx, connection_id, now) == []
        assert [row.item_id for row in writebacks.due(tx, connection_id, now, whatever_the_backoff=True)] == [
            "l1"
        ]
        assert [row.item_id for row in writebacks.due(tx, connection_id, now + timedelta(minutes=5))] == [
            "l1"
        ]
        assert (line.state, line.attempts, line.error) == ("retrying", 1, "Procore is away.")


def test_a_newer_debt_about_an_item_replaces_the_open_one(database, connection_id, now):
    """Only the latest id is owed; what Procore took or refused before stays as history."""
    with database.write() as tx:
        writebacks.owe(tx, connection_id, [_owed("l1", "old")], now)
        writebacks.owe(tx, connection_id, [_owed("l1", "new"), _owed("l2", "other")], now)
        assert {(row.item_id, row.origin_id) for row in writebacks.due(tx, connection_id, now)} == {
            ("l1", "new"),
            ("l2", "other"),
        }
        for row in writebacks.due(tx, connection_id, now):
            writebacks.settle(row, now, refused=None)
        writebacks.owe(tx, connection_id, [_owed("l1", "newest")], now)
        assert [(row.origin_id, row.state) for row in writebacks.of_record(tx, connection_id, KEY)] == [
            ("new", "done"),
            ("other", "done"),
            ("newest", "owed"),
        ]


def test_only_the_last_refusal_of_an_item_counts(database, connection_id, now):
    """refused_before gives the id Procore refused last, and nothing once it took one after that."""
    with database.write() as tx:
        assert writebacks.refused_before(tx, connection_id, "subcontract_line", "l1") is None
        writebacks.owe(tx, connection_id, [_owed("l1", "a")], now)
        [row] = writebacks.due(tx, connection_id, now)
        writebacks.settle(row, now, refused="no")
        assert (row.state, row.error) == ("refused", "no")
        assert writebacks.refused_before(tx, connection_id, "subcontract_line", "l1") == "a"
        assert writebacks.refused_before(tx, connection_id, "vendor", "l1") is None
        writebacks.owe(tx, connection_id, [_owed("l1", "b")], now)
        assert writebacks.refused_before(tx, connection_id, "subcontract_line", "l1") is None


def test_a_refused_debt_can_be_owed_again_and_a_done_one_cannot(database, connection_id, now):
    """A person's retry clears error and rest; Procore is not told twice what it has."""
    with database.write() as tx:
        writebacks.owe(tx, connection_id, [_owed("l1")], now)
        [row] = writebacks.due(tx, connection_id, now)
        writebacks.settle(row, now, refused="no")
        writebacks.again(tx, row, now)
        assert (row.state, row.error, row.not_before) == ("owed", "", None)
        writebacks.settle(row, now, refused=None)
        with pytest.raises(StateError, match="is done"):
            writebacks.again(tx, row, now)
        with pytest.raises(NotFoundError, match="no write-back 99"):
            writebacks.get(tx, 99)


def test_connections_that_owe_something_now(database, connection_id, add_connection, now):
    """Resting and settled debts do not call for a pass."""
    resting, settled = add_connection("resting"), add_connection("settled")
    with database.write() as tx:
        for one in (connection_id, resting, settled):
            writebacks.owe(tx, one, [_owed("l1")], now)
        [row] = writebacks.due(tx, resting, now)
        writebacks.postpone(row, now, now + timedelta(hours=1), "away")
        [row] = writebacks.due(tx, settled, now)
        writebacks.settle(row, now, refused=None)
        assert writebacks.connections_due(tx, now) == [connection_id]
        assert set(writebacks.connections_due(tx, now + timedelta(hours=1))) == {connection_id, resting}
        assert reading.writebacks_by_state(tx, resting) == {"retrying": 1}
        assert set(reading.writebacks_by_connection(tx)) == {
            (connection_id, "owed", 1),
            (resting, "retrying", 1),
            (settled, "done", 1),
        }


def test_writebacks_are_listed_newest_first(database, connection_id, add_connection, now):
    """Connection, state and limit narrow the list."""
    other = add_connection("other")
    with database.write() as tx:
        writebacks.owe(tx, connection_id, [_owed("l1"), _owed("l2")], now)
        writebacks.owe(tx, other, [_owed("l3")], now)
        assert [row.item_id for row in writebacks.listing(tx)] == ["l3", "l2", "l1"]
        assert [row.item_id for row in writebacks.listing(tx, connection_id=connection_id, limit=1)] == ["l2"]
        assert writebacks.listing(tx, state="refused") == []
