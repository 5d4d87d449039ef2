from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import takewhile
from types import SimpleNamespace
from urllib.parse import parse_qs, urlsplit

import pytest

from qbsync.errors import (
    ConfigError,
    ProcoreAuthError,
    ProcoreForbiddenError,
    ProcoreLimitedError,
    ProcoreUnavailableError,
)
from qbsync.model.records import CommitmentType, RecordKey, RecordKind, key_of
from qbsync.procore.feeds.cursors import Cursor, is_due
from qbsync.procore.feeds.direct import DirectFeed
from qbsync.procore.feeds.events import Gone, Mark, ProjectCode, ProjectCodes, Seen, Trouble, Unreadable
from qbsync.procore.feeds.exportable import commitment_hindrance, project_hindrance, vendor_hindrance

API = "https://api.procore.example"
NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
ERP_LIST = {"id": 3301, "name": "QuickBooks", "is_erp_list": True}
OTHER_LIST = {"id": 3300, "name": "Procore Default", "is_erp_list": False}
PATHS = {
    "lists": "/rest/v1.0/standard_cost_code_lists",
    "standard": "/rest/v1.0/standard_cost_codes",
    "vendors": "/rest/v1.0/vendors",
    "inactive": "/rest/v1.0/companies/8089/vendors/inactive",
    "projects": "/rest/v1.1/projects",
    "codes": "/rest/v1.0/cost_codes",
    "views": "/rest/v1.0/budget_views",
    "subcontracts": "/rest/v1.0/work_order_contracts",
    "orders": "/rest/v1.0/purchase_order_contracts",
    "packages": "/rest/v1.0/change_order_packages",
    "invoices": "/rest/v1.1/requisitions",
}


@pytest.fixture
def procore(http, client, calls):
    """A Procore with one ERP list and nothing else; `answer` replaces a list, `asked` gives the queries."""

    def answer(name, json=None, **more):
        http.upsert("GET", API + PATHS[name], json=json, **more)

    def show(name, contract):
        http.upsert("GET", f"{API}{PATHS[name]}/{contract['id']}", json=contract)

    def asked(name):
        paths = [urlsplit(call.request.url) for call in http.calls if call.request.method == "GET"]
        return [parse_qs(parts.query) for parts in paths if parts.path == PATHS[name]]

    def pull(marks=None, now=NOW, **options):
        feed = DirectFeed(client, company_id=8089, **options)
        return list(feed.pull(marks or {}, now))

    for name in PATHS:
        answer(name, [])
    answer("lists", [ERP_LIST, OTHER_LIST])
    return SimpleNamespace(answer=answer, show=show, asked=asked, pull=pull, calls=calls, http=http)


def _records(events):
    return [str(key_of(event.record)) for event in events if isinstance(event, Seen)]


def _marks(events):
    return {event.stream: event.value for event in events if isinstance(event, Mark)}


def test_records_come_in_the_order_that_quickbooks_needs(procore, raw):
    """Codes, vendors, projects, project codes, subcontracts, purchase orders, change orders, invoices."""
    procore.answer("standard", [{"id": 371, "code": "16", "full_code": "16", "name": "Electrical"}])
    procore.answer("vendors", [raw.vendor(1)])
    procore.answer("projects", [raw.project(9)])
    procore.answer("codes", [{"id": 5, "full_code": "16", "standard_cost_code_id": 371}])
    for name, number in (("subcontracts", 20), ("orders", 30)):
        procore.answer(name, [raw.contract(number)])
        procore.show(name, raw.contract(number, line_items=[raw.line(1)]))
    procore.answer("packages", [raw.package(40)])
    procore.show("packages", raw.package(40, type="CommitmentContractChangeOrder"))
    procore.answer("invoices", [raw.invoice(50)])
    events = procore.pull()
    assert _records(events) == [
        "cost_code:371",
        "vendor:1",
        "project:9",
        "commitment:20",
        "commitment:30",
        "change_order:40",
        "invoice:50",
    ]
    kinds = [type(event).__name__ for event in events if not isinstance(event, Mark)]
    assert kinds == ["Seen", "Seen", "Seen", "ProjectCodes", "Seen", "Seen", "Seen", "Seen"]
    commitments = [e.record for e in events if isinstance(e, Seen) and e.record.procore_id in ("20", "30")]
    assert [(c.type, c.project_id, len(c.lines)) for c in commitments] == [
        (CommitmentType.SUBCONTRACT, "9", 1),
        (CommitmentType.PURCHASE_ORDER, "9", 1),
    ]


def test_each_mark_follows_all_of_its_stream(procore, raw):
    """A mark comes after the records it vouches for and holds the highest updated_at seen."""
    procore.answer(
        "vendors",
        [
            raw.vendor(1, updated_at="2026-05-19T00:00:00Z"),
            raw.vendor(2, updated_at="2026-05-18T00:00:00Z"),
            raw.vendor(3, updated_at=None),
        ],
    )
    events = procore.pull()
    mark = Mark(stream="vendors", value="2026-05-19T00:00:00Z")
    assert events.index(mark) > max(i for i, event in enumerate(events) if isinstance(event, Seen))


def test_the_next_pull_asks_from_five_minutes_before_the_mark(procore, raw):
    """The first read has no filter; later ones overlap by five minutes."""
    procore.answer("vendors", [raw.vendor(1, updated_at="2026-05-19T00:00:00Z")])
    procore.answer("projects", [raw.project(9, updated_at="2026-05-19T00:10:00Z")])
    procore.answer("subcontracts", [raw.contract(20, updated_at="2026-05-19T00:20:00Z", status="Draft")])
    marks = _marks(procore.pull())
    procore.pull(marks, NOW + timedelta(minutes=5))
    until = "2026-11-23T12:05:00Z"
    for name, since in (
        ("vendors", "18T23:55:00"),
        ("projects", "19T00:05:00"),
        ("subcontracts", "19T00:15:00"),
    ):
        first, second = procore.asked(name)
        assert "filters[updated_at]" not in first
        assert second["filters[updated_at]"] == [f"2026-05-{since}Z...{until}"]


def test_documented_queries_are_used(procore, raw):
    """Views, page sizes and scopes are those of the reference's table."""
    procore.answer("projects", [raw.project(9)])
    procore.pull()
    assert procore.asked("vendors") == [{"company_id": ["8089"], "view": ["extended"], "per_page": ["1000"]}]
    assert procore.asked("projects")[0]["per_page"] == ["300"]
    assert procore.asked("subcontracts") == [
        {
            "project_id": ["9"],
            "view": ["extended"],
            "filters[include_deleted]": ["with"],
            "per_page": ["500"],
        }
    ]


def test_calls_are_as_few_as_the_budget_says(procore, raw):
    """A call a project for each tool, a show for each changed contract, and none when nothing changed."""
    procore.answer("projects", [raw.project(n) for n in (1, 2, 3)])
    procore.answer("subcontracts", [raw.contract(20)])
    procore.show("subcontracts", raw.contract(20))
    marks = _marks(procore.pull())
    procore.calls.clear()
    marks |= _marks(procore.pull(marks))
    counted = [template for _, template, _ in procore.calls]
    assert counted.count(PATHS["subcontracts"]) == 3
    assert counted.count(PATHS["orders"]) == 3
    assert not [template for template in counted if template.endswith("{id}")]
    assert len(counted) == 2 + 2 + 1 + 3 * 6


def test_a_contract_that_changed_again_is_shown_again(procore, raw):
    """Within the overlap a newer updated_at is news; the same one is not."""
    procore.answer("projects", [raw.project(9)])
    procore.answer("subcontracts", [raw.contract(20), raw.contract(21)])
    for number in (20, 21):
        procore.show("subcontracts", raw.contract(number))
    marks = _marks(procore.pull())
    procore.answer("subcontracts", [raw.contract(20), raw.contract(21, updated_at="2026-05-20T22:11:00Z")])
    second = procore.pull(marks)
    assert "commitment:21" in _records(second)
    assert "commitment:20" not in _records(second)
    third = procore.pull(marks | _marks(second))
    assert "commitment:21" not in _records(third)


def test_a_record_read_within_its_own_second_is_read_again():
    """updated_at counts seconds, so a state that is not two seconds old may still change unseen."""
    moment = NOW - timedelta(seconds=1)
    cursor = Cursor("s", {}, remembers=True)
    cursor.saw("1", moment, NOW)
    (mark,) = cursor.marks()
    assert not Cursor("s", {"s": mark.value}, remembers=True).knows("1", moment)
    cursor.saw("1", moment, NOW + timedelta(seconds=1))
    (mark,) = cursor.marks()
    assert Cursor("s", {"s": mark.value}, remembers=True).knows("1", moment)


@pytest.mark.parametrize("value", ["", "garbage", "2026-05-20", ";1:2", "2026-05-20T00:00:00"])
def test_a_mark_that_cannot_be_read_means_a_full_read(value):
    """A damaged mark never hides records."""
    assert Cursor("s", {"s": value}).filters(NOW) == {}


def test_an_unchanged_mark_is_not_written_again(procore, raw):
    """A pull that saw nothing newer leaves the mark as it is."""
    procore.answer("vendors", [raw.vendor(1)])
    marks = _marks(procore.pull())
    assert "vendors" not in _marks(procore.pull(marks))


def test_parents_come_before_their_children(procore):
    """Whatever Procore's order, a division precedes its codes; codes above themselves are named."""
    codes = [
        {"id": 3, "code": "c", "full_code": "a-b-c", "parent_id": 2},
        {"id": 2, "code": "b", "full_code": "a-b", "parent_id": 1},
        {"id": 1, "code": "a", "full_code": "a", "parent_id": None},
        {"id": 7, "code": "x", "full_code": "x", "parent_id": 8},
        {"id": 8, "code": "y", "full_code": "y", "parent_id": 7},
        {"id": 9, "code": "z", "full_code": "z", "parent_id": 999},
    ]
    procore.answer("standard", codes)
    events = procore.pull()
    assert _records(events) == ["cost_code:1", "cost_code:9", "cost_code:2", "cost_code:3"]
    assert [event.procore_id for event in events if isinstance(event, Unreadable)] == ["7", "8"]


@pytest.mark.parametrize(
    ("lists", "wanted", "chosen"),
    [
        ([ERP_LIST, OTHER_LIST], "", "3301"),
        ([OTHER_LIST], "", "3300"),
        ([ERP_LIST, OTHER_LIST], "3300", "3300"),
        ([ERP_LIST, OTHER_LIST], "procore default", "3300"),
    ],
)
def test_the_list_is_chosen_by_option_or_by_rule(procore, lists, wanted, chosen):
    """A name or id decides; else the ERP list; else the only one."""
    procore.answer("lists", lists)
    procore.pull(standard_cost_code_list=wanted)
    assert procore.asked("standard")[0]["standard_cost_code_list_id"] == [chosen]


@pytest.mark.parametrize(
    ("lists", "wanted"),
    [
        ([], ""),
        ([OTHER_LIST, {"id": 1, "name": "B"}], ""),
        ([ERP_LIST, {**OTHER_LIST, "is_erp_list": True}], ""),
        ([ERP_LIST], "Nothing"),
    ],
)
def test_an_undecided_list_is_asked_for(procore, lists, wanted):
    """Where no rule decides, the error names the lists and the option."""
    procore.answer("lists", lists)
    with pytest.raises(ConfigError) as caught:
        procore.pull(standard_cost_code_list=wanted)
    assert "standard_cost_code_list=" in caught.value.guidance
    assert all(one["name"] in caught.value.guidance for one in lists)


def test_project_codes_are_given_whole(procore, raw):
    """All codes but deleted ones and those of sub jobs; a bad one is a trouble of its own."""
    procore.answer("projects", [raw.project(9)])
    procore.answer(
        "codes",
        [
            {"id": 1, "full_code": "16", "standard_cost_code_id": 371, "origin_id": "a|b"},
            {"id": 2, "full_code": "99", "standard_cost_code_id": None, "biller_type": "Project"},
            {"id": 3, "full_code": "17", "deleted_at": "2026-01-01T00:00:00Z"},
            {"id": 4, "full_code": "18", "biller_type": "SubJob"},
            {"id": 5, "full_code": {"no": "text"}},
        ],
    )
    events = procore.pull()
    codes = (
        ProjectCode(procore_id="1", standard_id="371", full_code="16", origin_id="a|b"),
        ProjectCode(procore_id="2", standard_id=None, full_code="99", origin_id=None),
    )
    assert ProjectCodes(project_id="9", codes=codes, unread=("5",)) in events
    (trouble,) = [event for event in events if isinstance(event, Trouble)]
    assert trouble.where == "cost code 5 of project 9"


def test_full_reads_can_be_spaced(procore, raw):
    """Cost codes are read again only after the given time; zero reads them in each pull."""
    procore.answer("projects", [raw.project(9)])
    marks = _marks(procore.pull(full_reads_every=timedelta(minutes=30)))
    procore.pull(marks, NOW + timedelta(minutes=29), full_reads_every=timedelta(minutes=30))
    assert (len(procore.asked("standard")), len(procore.asked("codes"))) == (1, 1)
    procore.pull(marks, NOW + timedelta(minutes=30), full_reads_every=timedelta(minutes=30))
    assert (len(procore.asked("standard")), len(procore.asked("codes"))) == (2, 2)
    procore.pull(marks, NOW + timedelta(minutes=30))
    assert (len(procore.asked("standard")), len(procore.asked("codes"))) == (3, 3)


def test_a_mark_from_the_future_does_not_stop_full_reads():
    """After the clock was set back a full read is due."""
    assert is_due("2026-12-01T00:00:00Z", NOW, timedelta(hours=1))
    assert not is_due("2026-11-22T11:30:00Z", NOW, timedelta(hours=1))


def test_a_project_stays_followed_when_it_does_not_change(procore, raw):
    """A filtered project list that is empty still leads to the commitments of the active projects."""
    procore.answer("projects", [raw.project(9), raw.project(8, active=False)])
    marks = _marks(procore.pull())
    procore.answer("projects", [])
    procore.pull(marks, NOW + timedelta(minutes=5))
    assert [query["project_id"] for query in procore.asked("subcontracts")] == [["9"], ["9"]]


def test_a_project_that_ends_is_left_and_taken_up_again(procore, raw):
    """An inactive project is said so and asked no more; active again, it is followed again."""
    procore.answer("projects", [raw.project(9)])
    marks = _marks(procore.pull())
    procore.answer("projects", [raw.project(9, active=False)])
    events = procore.pull(marks, NOW + timedelta(minutes=5))
    (seen,) = [event for event in events if isinstance(event, Seen)]
    assert not seen.exportable
    assert "not active" in seen.why_not
    marks |= _marks(events)
    procore.answer("projects", [])
    procore.pull(marks, NOW + timedelta(minutes=10))
    assert len(procore.asked("subcontracts")) == 1
    procore.answer("projects", [raw.project(9)])
    procore.pull(marks, NOW + timedelta(minutes=15))
    assert len(procore.asked("subcontracts")) == 2


def test_the_project_list_is_read_whole_every_hour(procore, raw):
    """A project newly permitted to the account is found, its updated_at being old; a hidden one named."""
    procore.answer("projects", [raw.project(9)])
    marks = _marks(procore.pull())
    procore.answer("projects", [raw.project(8, updated_at="2020-01-01T00:00:00Z")])
    events = procore.pull(marks, NOW + timedelta(hours=1))
    assert "filters[updated_at]" not in procore.asked("projects")[1]
    assert [query["project_id"] for query in procore.asked("codes")] == [["9"], ["8"]]
    (trouble,) = [event for event in events if isinstance(event, Trouble)]
    assert trouble.where == "project 9"
    assert not [event for event in events if isinstance(event, Gone)]


def test_deleted_and_unapproved_commitments_are_told_apart(procore, raw):
    """Deleted gives Gone; any other status is seen with the reason, and costs no further call."""
    procore.answer("projects", [raw.project(9)])
    procore.answer(
        "subcontracts",
        [raw.contract(20, deleted_at="2026-05-20T22:00:00Z"), raw.contract(21, status="Out For Bid")],
    )
    events = procore.pull()
    assert Gone(key=RecordKey(kind=RecordKind.COMMITMENT, procore_id="20")) in events
    (seen,) = [e for e in events if isinstance(e, Seen) and e.record.procore_id == "21"]
    assert seen.why_not == (
        "The subcontract is 'Out For Bid' in Procore; it is exported once it is Approved or Complete."
    )
    assert not seen.exportable


def test_the_show_decides_where_it_is_newer_than_the_list(procore, raw):
    """A contract that went back to draft, or was deleted, between two calls is taken as the show has it."""
    procore.answer("projects", [raw.project(9)])
    procore.answer("subcontracts", [raw.contract(20), raw.contract(21)])
    procore.show("subcontracts", raw.contract(20, status="Draft"))
    procore.show("subcontracts", raw.contract(21, deleted_at="2026-05-20T22:00:00Z"))
    events = procore.pull()
    assert [e.exportable for e in events if isinstance(e, Seen) and e.record.procore_id == "20"] == [False]
    assert Gone(key=RecordKey(kind=RecordKind.COMMITMENT, procore_id="21")) in events


def test_one_unusable_record_does_not_stop_the_others(procore, raw):
    """Bad vendors, projects and contracts are named with their field; the rest is read and marked."""
    procore.answer("vendors", [raw.vendor(1, name=None), raw.vendor(2), "nonsense"])
    procore.answer("projects", [raw.project(9), raw.project(8, start_date="soon")])
    procore.answer("subcontracts", [raw.contract(20), raw.contract(21), raw.contract(22, status=["x"])])
    procore.show("subcontracts", raw.contract(20, line_items=[raw.line(1, amount="a lot")]))
    procore.http.get(f"{API}{PATHS['subcontracts']}/21", status=404, json={"errors": "Not found"})
    events = procore.pull()
    bad = {(e.kind.value, e.procore_id): e.message for e in events if isinstance(e, Unreadable)}
    assert set(bad) == {
        ("vendor", "1"),
        ("vendor", ""),
        ("project", "8"),
        ("commitment", "20"),
        ("commitment", "21"),
        ("commitment", "22"),
    }
    assert "line_items.0.amount" in bad["commitment", "20"]
    assert _records(events) == ["vendor:2", "project:9"]
    assert {"vendors", "subcontracts/9", "purchase_orders/9"} - set(_marks(events)) == {"purchase_orders/9"}


@pytest.mark.parametrize(
    ("status", "body"), [(403, {"errors": "Forbidden"}), (404, {}), (422, {}), (200, {"x": 1})]
)
def test_a_tool_that_refuses_does_not_stop_other_tools_and_projects(procore, raw, status, body):
    """The trouble is named, that stream keeps its mark, everything else is read."""
    procore.answer("projects", [raw.project(8), raw.project(9)])
    procore.answer("subcontracts", body, status=status)
    procore.answer("orders", [raw.contract(30, status="Draft")])
    events = procore.pull()
    troubles = [event for event in events if isinstance(event, Trouble)]
    assert [trouble.where for trouble in troubles] == [
        "subcontracts of project 8",
        "subcontracts of project 9",
    ]
    assert all(trouble.message and trouble.guidance for trouble in troubles)
    assert {"purchase_orders/8", "purchase_orders/9"} <= set(_marks(events))
    assert not {"subcontracts/8", "subcontracts/9"} & set(_marks(events))


@pytest.mark.parametrize(("status", "error"), [(401, ProcoreAuthError), (429, ProcoreLimitedError)])
def test_what_concerns_everything_ends_the_pull(procore, raw, client, status, error):
    """401 and a limit are raised; the stream's own mark was not given, those before it were."""
    procore.answer("vendors", [raw.vendor(1)])
    procore.answer("projects", [raw.project(9)])
    procore.answer("subcontracts", {"errors": "x"}, status=status)
    feed = DirectFeed(client, company_id=8089).pull({}, NOW)
    got = list(takewhile(lambda event: _marks([event]).keys() != {"cost_codes/9"}, feed))
    with pytest.raises(error):
        next(feed)
    assert "vendors" in _marks(got)
    assert "subcontracts/9" not in _marks(got)


def test_one_tool_that_does_not_answer_keeps_no_other_waiting(procore, raw):
    """5xx at one tool of each project is a trouble each; the other tools and later projects are read."""
    procore.answer("projects", [raw.project(n) for n in (7, 8, 9, 10)])
    procore.answer("packages", {"errors": "x"}, status=500)
    procore.answer("invoices", [raw.invoice(50, status="draft")])
    events = procore.pull()
    troubles = [event for event in events if isinstance(event, Trouble)]
    assert [one.where for one in troubles] == [f"change orders of project {n}" for n in (7, 8, 9, 10)]
    assert all(trouble.message and trouble.guidance for trouble in troubles)
    assert {f"invoices/{n}" for n in (7, 8, 9, 10)} <= set(_marks(events))


def test_three_tools_in_a_row_without_an_answer_end_the_pull(procore, raw, client):
    """Where nothing answers Procore is away: two troubles, then the error, and no more calls."""
    procore.answer("projects", [raw.project(8), raw.project(9)])
    for name in ("subcontracts", "orders", "views"):
        procore.answer(name, {"errors": "x"}, status=503)
    got = []
    with pytest.raises(ProcoreUnavailableError):
        got.extend(DirectFeed(client, company_id=8089).pull({}, NOW))
    troubles = [event.where for event in got if isinstance(event, Trouble)]
    assert troubles == ["subcontracts of project 8", "purchase orders of project 8"]
    assert "cost_codes/8" in _marks(got)
    assert not procore.asked("packages")
    assert not procore.asked("invoices")


def test_a_refusal_for_the_whole_company_is_raised(procore):
    """Without the right to read vendors nothing sensible can be pulled."""
    procore.answer("vendors", {"errors": "Forbidden"}, status=403)
    with pytest.raises(ProcoreForbiddenError):
        procore.pull()


@pytest.mark.parametrize(
    ("kind", "status", "exportable"),
    [
        *((CommitmentType.SUBCONTRACT, status, True) for status in ("Approved", "Complete", "approved")),
        *(
            (CommitmentType.SUBCONTRACT, status, False)
            for status in ("Draft", "Out For Bid", "Out For Signature", "Terminated", "Void", "Received", "")
        ),
        *(
            (CommitmentType.PURCHASE_ORDER, status, True)
            for status in ("Approved", "Partially Received", "Received", "Closed")
        ),
        *(
            (CommitmentType.PURCHASE_ORDER, status, False)
            for status in ("Draft", "Processing", "Submitted", "Complete")
        ),
    ],
)
def test_statuses_decide_what_is_exported(kind, status, exportable):
    """The design's statuses and no others, whatever their case."""
    assert (commitment_hindrance(kind, status) == "") is exportable


def test_inactive_projects_and_vendors_say_so():
    """Active ones are exportable, inactive ones have a sentence."""
    assert project_hindrance(active=True) == vendor_hindrance(active=True) == ""
    assert "not active" in project_hindrance(active=False)
    assert "not active" in vendor_hindrance(active=False)


def test_an_inactive_vendor_is_seen_and_not_exportable(procore, raw):
    """The record is told with its reason, and with the id that Procore carries."""
    procore.answer(
        "vendors", [raw.vendor(1, is_active=False, origin_id="80000011-1"), raw.vendor(2, origin_id="")]
    )
    first, second = [event for event in procore.pull() if isinstance(event, Seen)]
    assert (first.exportable, first.origin_id) == (False, "80000011-1")
    assert (second.exportable, second.origin_id) == (True, None)
