from __future__ import annotations

import pytest

from qbsync.model.names import Known, ListKind
from qbsync.store import names
from qbsync.store.names import StoredNames


def _known(list_id: str, full_name: str, **given: object) -> Known:
    return Known(**{"list": ListKind.VENDOR, "list_id": list_id, "full_name": full_name, **given})


@pytest.mark.parametrize("asked", ["Straße & Söhne", "STRASSE & SÖHNE", "  straße & söhne "])
def test_names_are_the_same_whatever_their_case(database, connection_id, asked):
    """A look-up folds case as QuickBooks does, beyond ASCII too, and spares outer blanks."""
    entry = _known("1", "Straße & Söhne", edit_sequence="5", external_guid="{g}", type="T")
    with database.write() as tx:
        names.save(tx, connection_id, [entry])
        assert StoredNames(tx, connection_id).find(ListKind.VENDOR, asked) == entry
        assert StoredNames(tx, connection_id).find(ListKind.CUSTOMER, asked) is None
        assert StoredNames(tx, connection_id + 1).find(ListKind.VENDOR, asked) is None


def test_an_active_entry_is_found_before_an_inactive_one(database, connection_id):
    """Of two of one name the active one counts; an inactive one alone is found as well."""
    with database.write() as tx:
        names.save(tx, connection_id, [_known("1", "Acme", active=False), _known("2", "ACME")])
        assert StoredNames(tx, connection_id).find(ListKind.VENDOR, "acme").list_id == "2"
        names.forget(tx, connection_id, ListKind.VENDOR, "2")
        assert StoredNames(tx, connection_id).find(ListKind.VENDOR, "acme").active is False
        names.forget(tx, connection_id, ListKind.CUSTOMER, "1")
        assert StoredNames(tx, connection_id).find(ListKind.VENDOR, "acme") is not None


def test_an_entry_that_is_read_again_is_changed_in_place(database, connection_id):
    """A renamed entry is found under its new name only."""
    with database.write() as tx:
        names.save(tx, connection_id, [_known("1", "Old name")])
        names.save(tx, connection_id, [_known("1", "New name", edit_sequence="9")])
        assert StoredNames(tx, connection_id).find(ListKind.VENDOR, "old name") is None
        assert names.of_id(tx, connection_id, ListKind.VENDOR, "1") == _known(
            "1", "New name", edit_sequence="9"
        )
        assert names.of_id(tx, connection_id, ListKind.CUSTOMER, "1") is None


def test_nothing_is_known_before_the_lists_were_read_to_the_end(database, connection_id):
    """Each list is known once it was read to its end: absence proves nothing before, nor in another list."""
    with database.write() as tx:
        assert StoredNames(tx, connection_id).known(ListKind.VENDOR) is False
        names.mark_read(tx, connection_id, [ListKind.VENDOR])
        tx.flush()
        assert StoredNames(tx, connection_id).known(ListKind.VENDOR) is True
        assert StoredNames(tx, connection_id).known(ListKind.ACCOUNT) is False


def test_a_list_is_given_by_name(database, connection_id):
    """One list alone, in the order of the names."""
    with database.write() as tx:
        names.save(
            tx,
            connection_id,
            [_known("2", "B"), _known("1", "A"), _known("3", "C", list=ListKind.CUSTOMER)],
        )
        assert [one.full_name for one in names.listing(tx, connection_id, ListKind.VENDOR)] == ["A", "B"]
