from __future__ import annotations

from datetime import UTC, datetime, timedelta

from qbsync.model.records import RecordKey, RecordKind
from qbsync.procore.feeds.events import Gone, Trouble
from qbsync.procore.feeds.polling import PROJECT_CALLS, Polled, Polling, not_asked

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
POLLING = Polling(left=lambda: 100.0, every=timedelta(minutes=5))


def _mark(asked: int, news: int) -> str:
    moments = (NOW - timedelta(minutes=asked), NOW - timedelta(minutes=news))
    return ";".join(moment.isoformat() for moment in moments)


def test_a_quiet_project_is_asked_less_often():
    """One with news this hour after five minutes, one quiet for two hours after 15, any after 30."""
    marks = {
        "polled/lively": _mark(5, 30),
        "polled/hours": _mark(14, 120),
        "polled/hours-due": _mark(16, 120),
        "polled/days": _mark(29, 9000),
        "polled/days-due": _mark(31, 9000),
    }
    projects = [stream.partition("/")[2] for stream in marks]
    assert set(POLLING.due([*projects, "new"], marks, NOW)) == {"lively", "hours-due", "days-due", "new"}


def test_the_most_overdue_come_first_and_none_without_calls():
    """Where the calls end, those that could best wait are left for the next pull."""
    marks = {"polled/a": _mark(31, 9000), "polled/b": _mark(90, 9000), "polled/c": _mark(60, 9000)}
    left = [100.0]
    due = Polling(left=lambda: left[0], every=timedelta(minutes=5)).due(["a", "b", "c"], marks, NOW)
    assert [next(due), next(due)] == ["b", "c"]
    left[0] = PROJECT_CALLS - 1
    assert list(due) == []


def test_only_records_are_news():
    """A trouble or an idle answer moves when the project was asked, not when it last had news."""
    marks = {"polled/9": _mark(10, 60)}
    later = NOW + timedelta(hours=1)
    polled = Polled("9", marks)
    list(polled.watch([Trouble(where="invoices of project 9", message="No.", guidance="")]))
    mark = polled.mark(later, asked=True, whole=False)
    assert mark.value == "2026-11-22T13:00:00Z;2026-11-22T11:00:00Z;"
    list(polled.watch([Gone(key=RecordKey(kind=RecordKind.INVOICE, procore_id="1"))]))
    mark = polled.mark(later, asked=False, whole=True)
    assert mark.value == "2026-11-22T11:50:00Z;2026-11-22T13:00:00Z;2026-11-22T13:00:00Z"
    assert polled.lacks_whole(later)
    assert not Polled("9", {mark.stream: mark.value}).lacks_whole(later + timedelta(minutes=59))
    assert not_asked(marks, NOW) == {"9"}
    assert not_asked(marks, NOW - timedelta(hours=1)) == set()
