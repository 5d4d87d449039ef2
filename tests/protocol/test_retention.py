from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from qbsync.flows.drain import answers
from qbsync.store import audit, messages, queue, retention, sessions

LONG = timedelta(days=40)
DAY = timedelta(days=1)


def _kept(rig):
    """What a job or a doubt may need: each write, and whatever was asked about a job, with its parts."""
    with rig.database.read() as tx:
        about = {message.id for job in rig.jobs() for message in messages.of_job(tx, job.id)}
        named = [
            message.id
            for message in rig.messages()
            for part in messages.parts_of(tx, message.id)
            if part.detail.get("jobs")
        ]
        writes = [message.id for message in rig.messages(writes=True)]
        return {
            number: [(part.request_id, part.purpose, part.job_id) for part in messages.parts_of(tx, number)]
            for number in {*about, *named, *writes}
        }


def _history(rig):
    """Each job's attempts, and the audit."""
    with rig.database.read() as tx:
        tried = [[one.outcome for one in queue.attempts(tx, job.id)] for job in rig.jobs()]
        return tried, [line.id for line in audit.newest(tx)]


def _idle(rig, days):
    """The Web Connector comes once a day, reads what is due, and has nothing to write."""
    for _ in range(days):
        rig.clock.passes(DAY)
        rig.pc().update()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def office(request, make_rig):
    """A connection whose lists have been read, on SQLite and on PostgreSQL."""
    made = make_rig(request.getfixturevalue(f"quick_{request.param}"))
    made.hold_reads()
    return made


def test_what_only_read_is_forgotten_after_four_weeks(office, records):
    """Of 40 days with an update each 28 and today are left; jobs' messages, a doubt's and the audit stay."""
    pc, _ = office.hand_out(records.vendor())
    pc.say_status(9002)
    pc.deliver()
    office.settle()
    kept, history = _kept(office), _history(office)
    purposes = {purpose for parts in kept.values() for _, purpose, _ in parts}
    assert {"write", "trace"} <= purposes
    _idle(office, 40)
    old = office.clock() - retention.KEPT_FOR
    assert {number: _kept(office).get(number) for number in kept} == kept
    assert _history(office) == history
    assert {one.id for one in office.messages() if one.sent_at < old} <= kept.keys()
    with_something = {message.session_id for message in office.messages()}
    assert {one.id for one in office.sessions() if one.seen_at < old} <= with_something
    assert len([one for one in office.sessions() if one.seen_at >= old]) == 29
    assert office.broken() == []


@pytest.mark.parametrize("fate", ["out", "stored", "in doubt", "unusable"])
def test_an_answer_that_is_lost_for_forty_days_is_found_again(rig, records, monkeypatch, fate):
    """Whatever a message waits for is kept, and the vendor stands in QuickBooks once, synced."""
    rig.hold_reads()
    office, _ = rig.hand_out(records.vendor())
    answer = office.execute()
    match fate:
        case "out":
            pass
        case "stored":
            with monkeypatch.context() as dying:
                dying.setattr(answers, "apply", _dies)
                with pytest.raises(SystemExit):
                    office.deliver()
        case "in doubt":
            office.in_hand = rig.messages(writes=True)[0].request.decode()
            office.say_status(9002)
            office.deliver()
        case "unusable":
            office.refuse("0x80040402")
            office.deliver()
    kept = _kept(rig)
    for _ in range(3):
        rig.clock.passes(LONG)
        office.authenticate()  # it comes, and dies before it asks for anything
        office.vanish()
        assert {number: _kept(rig).get(number) for number in kept} == kept
    rig.settle()
    assert [job.state for job in rig.jobs()] == ["synced"]
    assert (rig.broken(), rig.differs()) == ([], [])
    assert {number: _kept(rig).get(number) for number in kept} == kept
    rig.pc().deliver(answer)  # the first answer after all, far too late: it changes nothing
    assert [job.state for job in rig.jobs()] == ["synced"]
    assert rig.broken() == []


def _dies(*_given):
    raise SystemExit


def test_no_number_of_a_message_is_given_twice(rig, records):
    """Though the last message was a read and is old, the next has a higher number; the file is trusted."""
    rig.export(records.vendor())
    rig.settle()
    rig.clock.passes(2 * DAY)
    rig.pc().update()
    last = rig.messages()[-1]
    assert not last.writes
    for _ in range(2):
        rig.clock.passes(LONG)
        office = rig.pc()
        office.authenticate()
        office.vanish()
    assert rig.messages()[-1].id == last.id
    rig.export(records.vendor(2))
    rig.settle()
    assert min(one.id for one in rig.messages() if one.sent_at > last.sent_at) > last.id
    assert rig.connection().stopped == ""
    assert rig.broken() == []


def test_a_long_past_is_forgotten_a_little_at_each_update(rig, monkeypatch):
    """Ten old sessions go by fours, each time in a bounded number of statements, and the newest stays."""
    first = len(rig.sessions())  # it has the newest message
    monkeypatch.setattr(retention, "AT_ONCE", 4)
    with rig.database.write() as tx:
        for _ in range(10):
            row, _ticket = sessions.begin(tx, rig.id, "closed", rig.clock())
            row.closed_at = rig.clock()
    rig.clock.passes(LONG)
    left = []
    for _ in range(4):
        asked: list[str] = []
        with rig.database.write() as tx:
            sa.event.listen(
                tx.connection(), "before_cursor_execute", lambda *given, to=asked: to.append(given[2])
            )
            retention.forget(tx, rig.id, rig.clock())
        left.append(len(rig.sessions()) - first)
        assert len(asked) <= 8
    assert left == [7, 3, 1, 1]


def test_a_session_that_is_not_closed_is_waited_for(rig):
    """It may still be answered: neither it nor what came after it is looked through before it is over."""
    with rig.database.write() as tx:
        rows = [sessions.begin(tx, rig.id, "closed", rig.clock())[0] for _ in range(4)]
        for row in (rows[0], rows[2], rows[3]):
            row.closed_at = rig.clock()
    mine = {row.id for row in rows}
    rig.clock.passes(LONG)
    with rig.database.write() as tx:
        retention.forget(tx, rig.id, rig.clock())
    assert [one.id for one in rig.sessions() if one.id in mine] == [row.id for row in rows[1:]]
    with rig.database.write() as tx:
        tx.merge(rows[1]).closed_at = rig.clock() - LONG
        tx.flush()
        retention.forget(tx, rig.id, rig.clock())
    assert [one.id for one in rig.sessions() if one.id in mine] == [rows[3].id]
