"""Stories of one export whose calls go wrong, one after the other: it is told once, and closed once."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal

import pytest

from qbsync.flows.erp import closing
from qbsync.flows.leases import PullLease, PushLease
from qbsync.model.records import RecordKind
from qbsync.simulator.procore.erp_rows import IN_PROGRESS, SUCCESS, Kind, Stage

FOREVER = 10**6
COMPANY = "/rest/v1.0/companies/*"
FETCH, LOOK, TELL, CLOSE = "fetch", "look", "tell", "close"
CALLS = {
    FETCH: ("GET", f"{COMPANY}/erp_requests/*"),
    LOOK: ("GET", f"{COMPANY}/erp_request_details"),
    TELL: ("PATCH", f"{COMPANY}/external_data/sync"),
    CLOSE: ("*", f"{COMPANY}/erp_request_details/*"),
}
"""Fetch the request, read the open detail, write external data, close the detail."""


class Sent:
    """A commitment that was sent and accepted, of whose detail its request says nothing."""

    def __init__(self, office) -> None:
        self.office, self.state, self.tool = office, office.state, office.tool
        company = office.company
        self.contract = self.state.create_commitment(
            "work_order_contract", company.project.id, company.vendors[0].id, number="SC-1", title="Walls"
        )
        for code in company.codes[:2]:
            self.state.create_line(self.contract.id, code, amount=Decimal(500), description="Walls")
        self.state.approve(self.contract.id)
        self.request = office.sends(Kind.COMMITMENT, self.contract.id)
        bare = {name: value for name, value in self.request.data.items() if name != "request_detail_id"}
        self.tool.tables.requests.edit(self.request.id, data=bare)

    def detail(self):
        """Its detail as Procore has it."""
        return self.office.detail_of(self.request)

    def ids(self):
        """What Procore has as the ids of the header and of its lines."""
        contract = self.state.commitment(self.contract.id)
        return [contract.origin_id, *(line.origin_id for line in self.state.lines(self.contract.id))]

    def closes(self):
        """How often its detail was closed."""
        return Counter(one.detail_id for one in self.tool.closings)[self.detail().id]

    def looks(self):
        """How often its detail was asked for by its item."""
        asked = [one for one in self.office.procore.log if one.path.endswith("/erp_request_details")]
        return len([one for one in asked if str(self.contract.id) in str(one.query)])

    def is_told_once(self):
        """Everything came to its end, once, and both ledgers agree."""
        office = self.office
        [order] = office.rig.file.purchase_orders()
        assert order.txn_id == office.link_of(RecordKind.COMMITMENT, self.contract.id)
        assert self.ids() == [order.txn_id, *(f"{order.txn_id}|{one.txn_line_id}" for one in order.lines)]
        assert office.item(Kind.COMMITMENT, self.contract.id) == (Stage.SYNCED, "")
        assert (self.detail().status, self.closes()) == (SUCCESS, 1)
        assert office.troubles() == {}
        assert self.tool.violations == []
        office.company.settle()
        assert office.company.differences() == []


@pytest.fixture
def sent(office):
    """An export that nobody has heard of yet."""
    return Sent(office)


@pytest.mark.parametrize("call", CALLS)
def test_a_503_closes_nothing_and_is_over_when_procore_is_well(office, sent, call):
    """For an hour one of the four calls answers 503: the detail stays open, and then it ends, once."""
    office.procore.inject(*CALLS[call], 503, times=FOREVER)
    office.goes_on(rounds=3)
    assert (sent.detail().status, sent.closes()) == (IN_PROGRESS, 0)
    assert (None in sent.ids()) == (call != CLOSE)
    office.procore.heal()
    office.goes_on(rounds=3, minutes=30)
    sent.is_told_once()


@pytest.mark.parametrize("call", [TELL, CLOSE])
def test_a_503_after_procore_did_it_does_nothing_twice(office, sent, call):
    """Procore takes the ids, or the close, and answers 503: what it has is not done again in vain."""
    office.procore.inject(*CALLS[call], 503, after=True)
    office.goes_on(rounds=3, minutes=30)
    sent.is_told_once()


class _DiedError(BaseException):
    """The process is no more."""


def _dies(office, monkeypatch, call, *, answered):
    """The process that makes this call dies, before Procore hears of it or after it was answered.

    It gives no lease back: others wait until that has run out.
    """
    method, path = CALLS[call]
    begin = path.rpartition("*/")[2].rstrip("*")
    right = office.company.client.call

    def call_and_die(asked, where, **more):
        mine = method in ("*", asked) and begin in where
        if mine and not answered:
            raise _DiedError
        answer = right(asked, where, **more)
        if mine:
            raise _DiedError
        return answer

    monkeypatch.setattr(office.company.client, "call", call_and_die)
    monkeypatch.setattr(PullLease, "release", lambda *_: None)
    monkeypatch.setattr(PushLease, "__exit__", lambda *_: None)
    with pytest.raises(_DiedError):
        office.goes_on()
    monkeypatch.undo()


@pytest.mark.parametrize("answered", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("call", CALLS)
def test_a_process_that_dies_at_a_call_loses_and_doubles_nothing(office, sent, monkeypatch, call, answered):
    """The process dies before or after one of the four calls: the next one ends the export, once."""
    _dies(office, monkeypatch, call, answered=answered)
    office.goes_on(rounds=3, minutes=30)
    sent.is_told_once()


@pytest.mark.parametrize("answered", [False, True], ids=["open", "closed"])
def test_after_a_death_at_the_close_procore_is_asked_for_the_open_detail(office, sent, monkeypatch, answered):
    """External data are told, the close is on its way, the process dies: Procore says whether it is open."""
    _dies(office, monkeypatch, CLOSE, answered=answered)
    assert None not in sent.ids()
    assert sent.detail().status == (SUCCESS if answered else IN_PROGRESS)
    before = sent.looks()
    office.goes_on(rounds=3, minutes=30)
    assert sent.looks() == before + 1
    sent.is_told_once()


def test_a_death_between_the_ids_and_the_close_leaves_the_close_to_the_next(office, sent, monkeypatch):
    """Procore has every id and that is kept, then the process dies: the next one closes the detail, once."""

    def dies(*_):
        raise _DiedError

    with monkeypatch.context() as patch:
        patch.setattr(closing, "closings", dies)
        patch.setattr(PushLease, "__exit__", lambda *_: None)
        with pytest.raises(_DiedError):
            office.goes_on()
    assert None not in sent.ids()
    assert (sent.detail().status, sent.closes()) == (IN_PROGRESS, 0)
    office.goes_on(rounds=3, minutes=30)
    sent.is_told_once()


@pytest.mark.parametrize("answered", [False, True], ids=["before", "after"])
def test_a_death_while_several_are_closed_at_once_closes_each_once(office, monkeypatch, answered):
    """Three vendors are closed in one call at which the process dies: each ends, once."""
    vendors = [office.vendor(name)[0] for name in ("One", "Two", "Three")]
    closed = len(office.tool.closings)
    _dies(office, monkeypatch, CLOSE, answered=answered)
    office.goes_on(rounds=3, minutes=30)
    assert [office.item(Kind.VENDOR, one.id) for one in vendors] == [(Stage.SYNCED, "")] * len(vendors)
    assert len(office.tool.closings) == closed + len(vendors)
    assert office.tool.violations == []
