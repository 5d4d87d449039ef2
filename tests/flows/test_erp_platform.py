"""What is learnt of the ERP platform's endpoints, kept between passes."""

from __future__ import annotations

import pytest

from qbsync.errors import ProcoreMissingError
from qbsync.flows.erp.platform import platform


@pytest.fixture
def reach(acme, client, server):
    """Reaches the ERP platform for one pass."""
    server.state.erp.activate()
    return lambda: platform(acme.database, acme.id, client, acme.tick())


def test_the_address_that_answered_is_known_in_the_next_pass(reach):
    """A later pass begins with the candidate that answered, and forgets one that the first took over from."""
    with reach() as api:
        api.works |= {"staged_records": 1, "detail": 0}
    with reach() as later:
        assert later.works == {"staged_records": 1}
        later.works["staged_records"] = 0
    with reach() as last:
        assert last.works == {}


def test_an_endpoint_that_is_nowhere_is_a_trouble_until_it_answers(acme, reach, server):
    """The page names the endpoint, what was tried and the setting; once it answers the trouble is over."""
    server.inject("GET", "*/erp_request_details", 404, times=1)
    with pytest.raises(ProcoreMissingError), reach() as api:
        api.details()
    [said] = acme.troubles()
    assert said.startswith("endpoint details of Procore's ERP platform: ")
    with reach() as api:
        api.details()
    assert acme.troubles() == []


def test_an_endpoint_that_others_stand_in_for_is_no_trouble(acme, reach, server):
    """Without staged records the older endpoints do the same: nobody need do anything."""
    server.inject("PATCH", "*/staged_records/sync", 404, times=2)
    with reach() as api:
        api.staged_records([{"item_type": "vendor", "origin_id": "80-1", "data": {"name": "Bayline"}}])
    assert acme.troubles() == []
    assert [one.origin_id for one in server.state.erp.staged("vendor")] == ["80-1"]


def test_a_vendor_that_cannot_be_staged_is_offered_the_older_way(reach, server):
    """The connection's metadata do not switch staged records on: the tool has the vendor all the same."""
    server.state.erp.connect("https://q.example", {"settings": {"entities": {"vendors": {"enabled": True}}}})
    vendor = {"item_type": "vendor", "origin_id": "80-1", "status": "staged", "data": {"name": "Bayline"}}
    with reach() as api:
        answers = api.staged_records([vendor])
    assert [len(one.errors) for one in answers] == [0, 0]
    [staged] = server.state.erp.staged("vendor")
    assert (staged.origin_id, staged.data) == ("80-1", {"name": "Bayline"})
