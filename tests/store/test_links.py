from __future__ import annotations

import pytest
import sqlalchemy as sa

from qbsync.model.links import Link, LinkLine
from qbsync.model.records import RecordKey, RecordKind
from qbsync.store import links
from qbsync.store.tables import LinkRow

KEY = RecordKey(kind=RecordKind.COMMITMENT, procore_id="7")
LINK = Link(
    key=KEY,
    quickbooks_id="1A-99",
    name="PO-1",
    edit_sequence="1700000000",
    fingerprint="abc",
    lines=(
        LinkLine(procore_line_id="l1", txn_line_id="1A-100"),
        LinkLine(procore_line_id="l2", txn_line_id="1A-101", item_id="8-1", class_id="9-1"),
    ),
)


def test_a_link_comes_back_whole(database, connection_id, add_connection, now):
    """Id, name, edit sequence, fingerprint and each line are kept, for that connection alone."""
    other = add_connection("other")
    with database.write() as tx:
        links.save(tx, connection_id, LINK, now)
    with database.read() as tx:
        assert links.find(tx, connection_id, KEY) == LINK
        assert links.find(tx, other, KEY) is None
        assert links.find(tx, connection_id, RecordKey(kind=RecordKind.VENDOR, procore_id="7")) is None
        assert links.of_quickbooks_id(tx, connection_id, "1A-99", [RecordKind.COMMITMENT]) == [LINK]
        assert links.of_quickbooks_id(tx, connection_id, "1A-98", [RecordKind.COMMITMENT]) == []
        assert links.of_quickbooks_id(tx, other, "1A-99", [RecordKind.COMMITMENT]) == []


def test_one_id_in_two_of_quickbooks_lists_is_two_records(database, connection_id, now):
    """ListIDs and TxnIDs are counted list by list: each kind finds its own record of the same id."""
    keys = [RecordKey(kind=kind, procore_id="7") for kind in (RecordKind.VENDOR, RecordKind.PROJECT)]
    with database.write() as tx:
        for key in (*keys, KEY):
            links.save(tx, connection_id, Link(key=key, quickbooks_id="80000001-1"), now)

    def found(*kinds):
        with database.read() as tx:
            return [one.key for one in links.of_quickbooks_id(tx, connection_id, "80000001-1", kinds)]

    assert found(RecordKind.VENDOR) == keys[:1]
    assert found(RecordKind.PROJECT) == keys[1:]
    assert found(RecordKind.VENDOR, RecordKind.COMMITMENT) == [keys[0], KEY]
    assert found(RecordKind.COST_CODE) == found() == []


def test_a_line_that_was_kept_in_fewer_parts_is_read(database, connection_id, now):
    """Rows of earlier releases hold two, four or five parts of a line; what they lack is unknown."""
    kept = [["l1", "T-1"], ["l2", "T-2", "1.00", None], ["l3", "T-3", "1.00", "0.50", "8-1"]]
    with database.write() as tx:
        links.save(tx, connection_id, LINK, now)
        links.listing(tx)[0].lines = kept
    with database.read() as tx:
        lines = links.find(tx, connection_id, KEY).lines
    assert [line.txn_line_id for line in lines] == ["T-1", "T-2", "T-3"]
    assert [line.item_id for line in lines] == ["", "", "8-1"]
    assert {line.class_id for line in lines} == {""}


def test_saving_again_brings_the_one_link_up_to_date(database, connection_id, now):
    """A second save changes the row that is there; there never are two active links of a record."""
    with database.write() as tx:
        links.save(tx, connection_id, LINK, now)
        links.save(tx, connection_id, Link(key=KEY, quickbooks_id="1A-99", edit_sequence="2"), now)
        assert links.find(tx, connection_id, KEY).edit_sequence == "2"
        assert len(links.listing(tx)) == 1
    with pytest.raises(sa.exc.IntegrityError), database.write() as tx:
        tx.add(
            LinkRow(
                connection_id=connection_id,
                kind="commitment",
                procore_id="7",
                quickbooks_id="other",
                lines=[],
                created_at=now,
            )
        )


def test_each_end_of_a_link_raises_the_generation(database, connection_id, now):
    """A link that ended is no link any more; how many ended is the record's generation."""
    other = RecordKey(kind=RecordKind.VENDOR, procore_id="7")
    with database.write() as tx:
        assert links.end(tx, connection_id, KEY, now) is False
        assert links.generations(tx, connection_id, [KEY]) == {}
        for generation in (1, 2):
            links.save(tx, connection_id, LINK, now)
            assert links.end(tx, connection_id, KEY, now) is True
            assert links.find(tx, connection_id, KEY) is None
            assert links.generations(tx, connection_id, [KEY, other]).get(KEY) == generation
        assert links.generations(tx, connection_id, [KEY, other]).get(other) is None
        assert links.listing(tx) == []
        assert links.of_quickbooks_id(tx, connection_id, "1A-99", [RecordKind.COMMITMENT]) == []


def test_many_links_are_found_at_once(database, connection_id, now):
    """More keys than one IN list holds, of several kinds, are found; those without a link are left out."""
    keys = [RecordKey(kind=RecordKind.VENDOR, procore_id=str(number)) for number in range(450)]
    with database.write() as tx:
        tx.add_all(
            LinkRow(
                connection_id=connection_id,
                kind="vendor",
                procore_id=key.procore_id,
                quickbooks_id=f"8000-{key.procore_id}",
                lines=[],
                created_at=now,
            )
            for key in keys
        )
        links.save(tx, connection_id, LINK, now)
        missing = RecordKey(kind=RecordKind.PROJECT, procore_id="1")
        found = links.find_all(tx, connection_id, [*keys, KEY, missing, keys[0]])
        assert set(found) == {*keys, KEY}
        assert found[keys[449]].quickbooks_id == "8000-449"


def test_links_are_listed_oldest_first(database, connection_id, add_connection, now):
    """Connection, kind and limit narrow the list."""
    other = add_connection("other")
    with database.write() as tx:
        for number in range(3):
            key = RecordKey(kind=RecordKind.VENDOR, procore_id=str(number))
            links.save(tx, connection_id, Link(key=key, quickbooks_id="x"), now)
        links.save(tx, other, LINK, now)
        assert [row.procore_id for row in links.listing(tx, connection_id=connection_id, limit=2)] == [
            "0",
            "1",
        ]
        assert [row.procore_id for row in links.listing(tx, kind="commitment")] == ["7"]
