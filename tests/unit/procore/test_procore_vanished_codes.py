"""Standard cost codes that Procore's list no longer shows."""

from __future__ import annotations

from types import SimpleNamespace

from qbsync.model.records import RecordKey, RecordKind
from qbsync.procore.feeds.cost_codes import standard_codes
from qbsync.procore.feeds.events import Gone, Mark

_LIST = "3301"


def _code(number):
    return {"id": number, "code": f"{number}", "full_code": f"{number}", "name": "A code", "parent": None}


def _events(codes, marks):
    client = SimpleNamespace(company_id="8089", get_all=lambda _path, _query: iter(codes))
    return list(standard_codes(client, _LIST, marks))


def test_a_code_that_vanished_from_the_list_is_gone():
    """The list shows nothing that is deleted: what the last reading had and this one lacks is withdrawn."""
    first = _events([_code(1), _code(2)], {})
    marks = {event.stream: event.value for event in first if isinstance(event, Mark)}
    assert not any(isinstance(event, Gone) for event in first)
    second = _events([_code(2)], marks)
    assert [event.key for event in second if isinstance(event, Gone)] == [
        RecordKey(kind=RecordKind.COST_CODE, procore_id="1")
    ]
    marks = {event.stream: event.value for event in second if isinstance(event, Mark)}
    third = _events([_code(2)], marks)
    assert not any(isinstance(event, Gone | Mark) for event in third)
