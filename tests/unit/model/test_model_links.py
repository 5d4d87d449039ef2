from __future__ import annotations

import re

from hypothesis import given, strategies as st

from qbsync.model.ids import ConnectionId
from qbsync.model.links import external_guid
from qbsync.model.records import RecordKey, RecordKind

KEY = RecordKey(kind=RecordKind.VENDOR, procore_id="17")
# GUIDTYPE, from Intuit's qbxmltypes130.xsd.
GUIDTYPE = re.compile(r"0|(\{[0-9a-fA-F]{8}(\-([0-9a-fA-F]{4})){3}\-[0-9a-fA-F]{12}\})")
keys = st.builds(RecordKey, kind=st.sampled_from(RecordKind), procore_id=st.text(min_size=1, max_size=12))


def test_the_guid_is_the_same_for_each_attempt():
    """Two attempts, in two processes or releases, send one and the same ExternalGUID."""
    guid = external_guid(ConnectionId(3), "owner", KEY, 0)
    assert guid == external_guid(ConnectionId(3), "owner", KEY, 0)
    assert guid == "{68245818-a02c-54e5-a3d8-a54000cdfcfe}"


def test_an_unlink_another_connection_or_another_installation_changes_the_guid():
    """Each of generation, connection, secret, kind and Procore id makes another GUID."""
    other_kind = RecordKey(kind=RecordKind.PROJECT, procore_id="17")
    other_id = RecordKey(kind=RecordKind.VENDOR, procore_id="18")
    guids = {
        external_guid(ConnectionId(3), "owner", KEY, 0),
        external_guid(ConnectionId(3), "owner", KEY, 1),
        external_guid(ConnectionId(4), "owner", KEY, 0),
        external_guid(ConnectionId(3), "another", KEY, 0),
        external_guid(ConnectionId(3), "owner", other_kind, 0),
        external_guid(ConnectionId(3), "owner", other_id, 0),
    }
    assert len(guids) == 6


@given(keys, st.integers(min_value=0, max_value=10**6))
def test_the_guid_is_one_that_quickbooks_takes(key, generation):
    """Whatever the key, the form is GUIDTYPE's."""
    assert GUIDTYPE.fullmatch(external_guid(ConnectionId(1), "s", key, generation))
