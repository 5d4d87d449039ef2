from __future__ import annotations

from datetime import timedelta

import pytest

from qbsync.flows import streams, sweep
from qbsync.model.links import Link
from qbsync.model.names import ListKind
from qbsync.model.records import RecordKey, RecordKind
from qbsync.qbxml.parse import Ret, Status, read
from qbsync.store import connections, links, names

SESSION = 1
ENTITY = "EntityQueryRq"
COSTS = {
    "BillQueryRq",
    "VendorCreditQueryRq",
    "CheckQueryRq",
    "CreditCardChargeQueryRq",
    "CreditCardCreditQueryRq",
    "JournalEntryQueryRq",
    "TxnDeletedQueryRq/costs",
}

DRIFT = set(streams.GROUPS["drift_at"])
ORDERS = set(streams.GROUPS["orders_at"])


@pytest.fixture
def due(acme):
    """The connection with lists that are an hour and more old."""
    with acme.database.write() as tx:
        connections.get(tx, acme.id).names_at = acme.now - sweep.EVERY
    return acme


def _pages(acme, session_id=SESSION):
    with acme.database.write() as tx:
        found = sweep.pages(tx, connections.lock(tx, acme.id), session_id, acme.now)
    return {page.detail["stream"]: page.request for page in found}


def _answer(acme, stream, inner="", **attributes):
    """Apply one page as the drain does: its records, then its end."""
    name = stream.partition("/")[0].removesuffix("Rq") + "Rs"
    head = {"requestID": "1", "statusCode": "0", "statusSeverity": "Info", "statusMessage": "Status OK"}
    written = " ".join(f'{key}="{value}"' for key, value in {**head, **attributes}.items())
    events = list(read(f"<QBXML><QBXMLMsgsRs><{name} {written}>{inner}</{name}></QBXMLMsgsRs></QBXML>"))
    [status] = [one for one in events if isinstance(one, Status)]
    with acme.database.write() as tx:
        row = connections.lock(tx, acme.id)
        sweep.keep(tx, row, stream, [one for one in events if isinstance(one, Ret)], acme.now)
        sweep.page_ended(tx, row, stream, status, session_id=SESSION, now=acme.now)


def _vendor(list_id, name, modified="2026-11-20T08:00:00-08:00"):
    return (
        f"<VendorRet><ListID>{list_id}</ListID><TimeModified>{modified}</TimeModified>"
        f"<EditSequence>7</EditSequence><Name>{name}</Name><IsActive>true</IsActive></VendorRet>"
    )


def test_fresh_lists_are_not_read_again(acme):
    """Within an hour of the last whole reading nothing is asked; after it every list is, but no order."""
    assert _pages(acme) == {}
    acme.now += sweep.EVERY
    assert set(_pages(acme)) == set(sweep.STREAMS) - COSTS - DRIFT - ORDERS


def test_costs_are_read_once_a_project_is_linked(acme):
    """Nothing costs a job that nobody knows; with the first linked project every kind of cost is read."""
    with acme.database.write() as tx:
        key = RecordKey(kind=RecordKind.PROJECT, procore_id="7")
        links.save(tx, acme.id, Link(key=key, quickbooks_id="C-2"), acme.now)
        connections.get(tx, acme.id).costs_at = None
    assert set(_pages(acme)) == COSTS


def test_a_list_is_read_page_by_page_and_closed_at_its_end(due):
    """The iterator goes on while something remains; the watermark, with overlap, bounds the next reading."""
    assert _pages(due)[ENTITY].attributes == {"iterator": "Start"}
    _answer(due, ENTITY, _vendor("V-7", "Seven"), iteratorID="{i}", iteratorRemainingCount="1")
    assert _pages(due)[ENTITY].attributes == {"iterator": "Continue", "iteratorID": "{i}"}
    last = _vendor("V-8", "Eight", "2026-11-21T08:00:00-08:00")
    _answer(due, ENTITY, last, iteratorID="{i}", iteratorRemainingCount="0")
    assert ENTITY not in _pages(due)
    with due.database.read() as tx:
        known = {one.list_id for one in names.listing(tx, due.id, ListKind.VENDOR)}
    assert known >= {"V-7", "V-8"}
    for stream in sweep.STREAMS:
        if stream != ENTITY:
            _answer(due, stream)
    assert due.row().names_at == due.now
    due.now += sweep.EVERY
    assert _pages(due)[ENTITY].body["FromModifiedDate"] == "2026-11-21T06:50:00"


def test_an_iterator_does_not_outlive_its_session(due):
    """In another session the list begins again; so it does after QuickBooks lost the iterator (3391)."""
    _pages(due)
    _answer(due, ENTITY, _vendor("V-7", "Seven"), iteratorID="{i}", iteratorRemainingCount="1")
    assert _pages(due, session_id=2)[ENTITY].attributes == {"iterator": "Start"}
    assert _pages(due)[ENTITY].attributes["iterator"] == "Continue"
    _answer(due, ENTITY, statusCode="3391", statusSeverity="Error")
    assert _pages(due)[ENTITY].attributes == {"iterator": "Start"}


def test_a_lost_page_begins_the_list_again_but_not_for_ever(due):
    """A page whose answer never came is asked for from the watermark; after three the list is left alone."""
    _pages(due)
    _answer(due, ENTITY, _vendor("V-7", "Seven"), iteratorID="{i}", iteratorRemainingCount="1")
    for _ in range(sweep.PATIENCE - 1):
        with due.database.write() as tx:
            sweep.lost(tx, connections.lock(tx, due.id), ENTITY, due.now)
        assert _pages(due)[ENTITY].attributes == {"iterator": "Start"}
        assert "FromModifiedDate" not in _pages(due)[ENTITY].body
    with due.database.write() as tx:
        sweep.lost(tx, connections.lock(tx, due.id), ENTITY, due.now)
    assert ENTITY not in _pages(due)
    assert "QuickBooks list Entity" in due.troubles()[0]


def test_an_iterator_that_is_lost_again_and_again_is_left_for_another_time(due):
    """Status 3391 begins the list again, but a QuickBooks that never keeps one does not hold all else up."""
    _pages(due)
    for _ in range(sweep.PATIENCE):
        assert _pages(due)[ENTITY].attributes == {"iterator": "Start"}
        _answer(due, ENTITY, statusCode="3391", statusSeverity="Error")
    assert ENTITY not in _pages(due)
    [trouble] = due.troubles()
    assert "QuickBooks list Entity" in trouble
    assert "iterator was lost" in trouble


def test_a_change_in_the_hour_that_comes_twice_is_read(due):
    """What was seen before clocks fell back does not hide what changes in the same hour again after it."""
    _pages(due)
    for stream in sweep.STREAMS:
        before = _vendor("V-7", "Seven", "2026-11-01T01:59:00-07:00") if stream == ENTITY else ""
        _answer(due, stream, before)
    due.now += sweep.EVERY
    assert _pages(due)[ENTITY].body["FromModifiedDate"] < "2026-11-01T01:00:00"


def test_the_first_reading_of_a_day_goes_back_two_days(due):
    """What changed by a clock that was put back, or in a zone further west, is read within a day."""
    _pages(due)
    for stream in sweep.STREAMS:
        _answer(due, stream, _vendor("V-7", "Seven") if stream == ENTITY else "")
    seen = []
    for _ in range(26):
        due.now += sweep.EVERY
        seen.append(_pages(due)[ENTITY].body["FromModifiedDate"])
        for stream in sweep.STREAMS:
            _answer(due, stream)
    assert 1 <= seen.count("2026-11-18T08:00:00") <= 2
    assert set(seen) == {"2026-11-18T08:00:00", "2026-11-20T06:50:00"}


def test_what_is_read_to_find_what_is_gone_is_read_whole(acme):
    """A payment changed before the connection was made is there all the same, and not taken for gone."""

    def bounded():
        with acme.database.write() as tx:
            connections.get(tx, acme.id).payments_at = None
        asked = {name: page for name, page in _pages(acme).items() if name.startswith("BillPayment")}
        for stream in streams.GROUPS["payments_at"]:
            _answer(acme, stream)
        return {"ModifiedDateRangeFilter" in page.body for page in asked.values()}

    assert bounded() == {True}
    with acme.database.write() as tx:
        sweep.read_anew(tx, acme.id)
    assert bounded() == {False}
    assert bounded() == {True}


def test_classes_and_terms_of_both_kinds_are_known_and_forgotten(due):
    """A class and date-driven terms are names like any other, until QuickBooks deletes them."""
    _pages(due)
    entry = "<{0}><ListID>{1}</ListID><Name>{2}</Name><IsActive>true</IsActive></{0}>"
    _answer(due, "ClassQueryRq", entry.format("ClassRet", "K-1", "Labour"))
    _answer(due, "DateDrivenTermsQueryRq", entry.format("DateDrivenTermsRet", "T-9", "10th of month"))
    with due.database.read() as tx:
        assert names.of_id(tx, due.id, ListKind.CLASS, "K-1").full_name == "Labour"
        assert names.of_id(tx, due.id, ListKind.TERMS, "T-9").full_name == "10th of month"
    gone = "<ListDeletedRet><ListDelType>{}</ListDelType><ListID>{}</ListID></ListDeletedRet>"
    _answer(due, "ListDeletedQueryRq", gone.format("Class", "K-1") + gone.format("DateDrivenTerms", "T-9"))
    with due.database.read() as tx:
        assert names.of_id(tx, due.id, ListKind.CLASS, "K-1") is None
        assert names.of_id(tx, due.id, ListKind.TERMS, "T-9") is None


def test_deleted_entries_are_forgotten(due):
    """What QuickBooks says was deleted is no name any more."""
    _pages(due)
    gone = (
        "<ListDeletedRet><ListDelType>Vendor</ListDelType><ListID>V-1</ListID>"
        "<TimeCreated>2026-01-01T08:00:00</TimeCreated><TimeDeleted>2026-11-21T08:00:00</TimeDeleted>"
        "<FullName>Bayline Supply</FullName></ListDeletedRet>"
    )
    _answer(due, "ListDeletedQueryRq", gone)
    with due.database.read() as tx:
        assert names.of_id(tx, due.id, ListKind.VENDOR, "V-1") is None


@pytest.mark.parametrize("status", ["1", "500"])
def test_an_empty_list_is_no_trouble(due, status):
    """Nothing found is an answer."""
    _pages(due)
    _answer(due, ENTITY, statusCode=status)
    assert due.troubles() == []
    assert ENTITY not in _pages(due)


def test_a_list_that_is_refused_is_a_trouble_until_it_is_read(due):
    """A missing right is shown with QuickBooks' words; once the list is read out, the trouble is over."""
    _pages(due)
    for stream in sweep.STREAMS:
        refused = {"statusCode": "3261", "statusMessage": "No permission."} if stream == ENTITY else {}
        _answer(due, stream, **refused)
    [trouble] = due.troubles()
    assert "QuickBooks list Entity" in trouble
    assert "No permission. (status 3261)" in trouble
    due.now += sweep.EVERY + timedelta(seconds=1)
    _pages(due)
    _answer(due, ENTITY)
    assert due.troubles() == []
