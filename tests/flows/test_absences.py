"""Asking a company file for every linked record, where some questions get no answer."""

from __future__ import annotations

import pytest

from qbsync.flows import absences
from qbsync.model.links import Link
from qbsync.model.records import RecordKey, RecordKind
from qbsync.qbxml.parse import Status
from qbsync.store import connections, links, troubles

VENDORS = 40


@pytest.fixture
def asked(acme, monkeypatch):
    """A connection with many linked vendors whose file is to be asked for each."""
    monkeypatch.setattr(absences, "_AT_ONCE", (10, 3, 1))
    with acme.database.write() as tx:
        for place in range(VENDORS):
            key = RecordKey(kind=RecordKind.VENDOR, procore_id=str(place))
            links.save(tx, acme.id, Link(key=key, quickbooks_id=f"80-{place}"), acme.now)
        row = connections.get(tx, acme.id)
        row.stopped = "The company file went back in time."
        row.company_seen = {"offered": {"path": "a.qbw", "name": "Acme", "counter": 1}}
        absences.consider(tx, row)
    return acme


def _rounds(acme, is_lost, fits=lambda _request: True):
    """Ask until nothing is left to ask; gives the vendors of each message, and whether it was answered."""
    told = []
    while True:
        with acme.database.write() as tx:
            questions = absences.questions(tx, acme.id, fits, acme.now)
            if not questions:
                return told
            vendors = [int(one.detail["procore_id"]) for one in questions]
            lost = is_lost(len(told), vendors)
            told.append((vendors, not lost))
            if lost:
                absences.lost(tx, acme.id, [one.detail for one in questions], acme.now)
                continue
            for one in questions:
                nothing = Status(name="VendorQueryRs", request_id="1", code=500, severity="Warn", message="")
                absences.answered(tx, acme.id, one.detail, nothing, [], now=acme.now)


def test_one_poisonous_question_makes_the_others_wait_little(asked):
    """It is found by asking for fewer, passed over, and soon as many as before are asked for together."""
    told = _rounds(asked, lambda _round, vendors: 0 in vendors)
    assert [len(vendors) for vendors, _ in told] == [10, 3, 1, 1, 1, 1, 3, 3, 3, 3, 10, 10, 4]
    answered = [vendor for vendors, well in told if well for vendor in vendors]
    assert answered == list(range(1, VENDORS))


def test_an_outage_or_two_make_nothing_slow_for_good(asked):
    """No answer came twice, and the questions are not to blame: all are asked, soon as many as ever."""
    told = _rounds(asked, lambda round_, _vendors: round_ < 2)
    assert [len(vendors) for vendors, _ in told] == [10, 3, 1, 1, 1, 3, 3, 3, 3, 10, 10, 5]
    assert [vendor for vendors, well in told if well for vendor in vendors] == list(range(VENDORS))


def test_a_file_that_answers_nothing_is_asked_no_longer(asked):
    """Five times in a row are enough: the rest is not asked for, so that writing goes on."""
    assert len(_rounds(asked, lambda _round, _vendors: True)) == 5


def test_an_answer_about_another_record_of_quickbooks_tells_of_none(asked):
    """A vendor was linked to another of QuickBooks' while the question was out: it is not told as missing."""
    nothing = Status(name="VendorQueryRs", request_id="1", code=500, severity="Warn", message="")
    with asked.database.write() as tx:
        questions = absences.questions(tx, asked.id, lambda _request: True, asked.now)
        moved, *_ = questions
        key = RecordKey(kind=RecordKind.VENDOR, procore_id=moved.detail["procore_id"])
        links.save(tx, asked.id, Link(key=key, quickbooks_id="80-NEW"), asked.now)
        for one in questions:
            absences.answered(tx, asked.id, one.detail, nothing, [], now=asked.now)
        assert absences.count(tx, asked.id) == len(questions) - 1


@pytest.mark.parametrize("odd", [{3}, set(range(VENDORS - 4, VENDORS)), set(range(5, 30))])
def test_a_link_to_what_is_no_id_is_asked_for_by_nobody_and_said(asked, odd):
    """QuickBooks could not read the question; the others are asked about, each once."""
    unread = {f"80-{vendor}" for vendor in odd}
    told = _rounds(
        asked, lambda _round, _vendors: False, lambda request: request.body["ListID"] not in unread
    )
    assert [one for vendors, _ in told for one in vendors] == [
        one for one in range(VENDORS) if one not in odd
    ]
    with asked.database.read() as tx:
        assert absences.left(tx, asked.id) == 0
        said = [row.message for row in troubles.listing(tx, asked.id)]
    assert said == ["QuickBooks did not say of every linked record whether it still has it."]
