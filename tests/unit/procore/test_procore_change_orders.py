from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace
from urllib.parse import parse_qs, urlsplit

import pytest

from qbsync.errors import ProcorePayloadError, ProcoreUnavailableError
from qbsync.model.records import ChangeOrder, ChangeOrderLine, RecordKey, RecordKind
from qbsync.procore.feeds.change_orders import ChangeOrderStream
from qbsync.procore.feeds.events import Gone, Mark, Seen, Unreadable
from qbsync.procore.feeds.exportable import change_order_hindrance
from qbsync.procore.payloads.change_orders import (
    ChangedLinePayload,
    CommitmentChangeOrderPayload,
    PackagePayload,
)
from qbsync.procore.payloads.shape import read

API = "https://api.procore.example"
PACKAGES = "/rest/v1.0/change_order_packages"
NEWER = "/rest/v1.0/projects/9/commitment_change_orders"
LINES = "/rest/v2.0/companies/8089/projects/9/commitment_change_orders/77/line_items"
NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
COMMITMENTS = {"type": "CommitmentContractChangeOrder"}


@pytest.fixture
def stream(http, client, raw, calls):
    """The change orders of project 9; `packages` are both listed and shown, without newer resources."""

    def packages(*shown, listed=None):
        http.upsert("GET", API + PACKAGES, json=list(listed or shown))
        for one in shown:
            http.upsert("GET", f"{API}{PACKAGES}/{one['id']}", json=one)

    def newer(*lines, packages=(40,)):
        orders = [{"id": 77, "legacy_package_id": package} for package in packages]
        http.upsert("GET", API + NEWER, json={"data": orders})
        http.upsert("GET", API + LINES, json={"data": list(lines)})

    def pull(marks=None, now=NOW):
        calls.clear()
        one = ChangeOrderStream(client=client, project_id="9", list_id="")
        return list(one.pull(marks or {}, now))

    def asked(path):
        parts = [urlsplit(call.request.url) for call in http.calls if call.request.method == "GET"]
        return [parse_qs(part.query) for part in parts if part.path == path]

    http.upsert("GET", API + NEWER, json=[])
    return SimpleNamespace(
        packages=packages, newer=newer, pull=pull, asked=asked, http=http, raw=raw, calls=calls
    )


def _marks(events):
    return {event.stream: event.value for event in events if isinstance(event, Mark)}


def _templates(stream):
    return [template for _, template, status in stream.calls if status]


def test_an_approved_package_is_shown_with_the_lines_it_changes(stream, raw):
    """Header, lines in order, and for each what the newer resource says: commitment's line, tax code."""
    lines = [
        raw.package_line(12, position=2, total_amount="-25.5", tax_code_id=None),
        raw.package_line(11, position=1, description="<p>Wire</p>"),
    ]
    stream.packages(
        raw.package(
            40, grand_total="74.5", description="<p>Owner</p>", line_items=lines, origin_id="", **COMMITMENTS
        )
    )
    stream.newer(
        {"id": "11", "commitment_line_item_id": "1770"},
        {"id": "12", "commitment_line_item_id": None, "tax_code_id": "5"},
    )
    seen, _mark = stream.pull()
    common = {"cost_code_id": "372", "cost_code": "16-050"}
    assert seen == Seen(
        record=ChangeOrder(
            procore_id="40",
            project_id="9",
            commitment_id="20",
            number="001",
            title="More circuits",
            currency="USD",
            lines=(
                ChangeOrderLine(
                    procore_id="11",
                    position=1,
                    commitment_line_id="1770",
                    description="Wire",
                    amount=Decimal("100.0"),
                    **common,
                ),
                ChangeOrderLine(
                    procore_id="12",
                    position=2,
                    commitment_line_id=None,
                    description="",
                    amount=Decimal("-25.5"),
                    tax_code_id="5",
                    **common,
                ),
            ),
        ),
        exportable=True,
    )


def test_calls_are_those_of_the_budget(stream, raw):
    """Two lists, one show and one call for the lines of each changed approved package; none once known."""
    stream.packages(
        raw.package(40, line_items=[raw.package_line(1)], **COMMITMENTS),
        raw.package(41, status="draft"),
        raw.package(42, line_items=[raw.package_line(2)], **COMMITMENTS),
    )
    stream.newer({"id": "1"}, packages=(40, 42))
    marks = _marks(stream.pull())
    assert _templates(stream) == [
        PACKAGES,
        f"{PACKAGES}/{{id}}",
        "/rest/v1.0/projects/{id}/commitment_change_orders",
        "/rest/v2.0/companies/{id}/projects/{id}/commitment_change_orders/{id}/line_items",
        f"{PACKAGES}/{{id}}",
        "/rest/v2.0/companies/{id}/projects/{id}/commitment_change_orders/{id}/line_items",
    ]
    assert stream.asked(NEWER) == [{"per_page": ["500"]}]
    assert stream.asked(LINES) == [{"per_page": ["100"]}, {"per_page": ["100"]}]
    assert stream.pull(marks, NOW + timedelta(minutes=5)) == []
    assert _templates(stream) == [PACKAGES]
    first, second = stream.asked(PACKAGES)
    assert first == {"project_id": ["9"], "filters[include_deleted]": ["with"], "per_page": ["500"]}
    assert second["filters[updated_at]"] == ["2026-05-20T22:05:09Z...2026-11-23T12:05:00Z"]


def test_other_statuses_and_deletions_cost_no_call(stream, raw):
    """Deleted is Gone, any other status is seen with its reason, both from the list alone."""
    stream.packages(
        raw.package(40, deleted_at="2026-05-20T22:00:00Z"), raw.package(41, status="not_proceeding")
    )
    gone, seen, _mark = stream.pull()
    assert gone == Gone(key=RecordKey(kind=RecordKind.CHANGE_ORDER, procore_id="40"))
    assert not seen.exportable
    assert seen.why_not == (
        "The change order is 'not proceeding' in Procore; it is exported once it is approved."
    )
    assert _templates(stream) == [PACKAGES]


def test_the_show_decides_where_it_is_newer_than_the_list(stream, raw):
    """A package that was voided or deleted between two calls is taken as the show has it, without lines."""
    stream.packages(
        raw.package(40, status="void", line_items=[raw.package_line(1)], **COMMITMENTS),
        raw.package(41, deleted_at="2026-05-20T22:00:00Z", **COMMITMENTS),
        listed=[raw.package(40), raw.package(41)],
    )
    seen, gone, _mark = stream.pull()
    assert (seen.exportable, seen.record.lines) == (False, ())
    assert gone == Gone(key=RecordKey(kind=RecordKind.CHANGE_ORDER, procore_id="41"))


def test_prime_contracts_are_left_alone(stream, raw):
    """A prime contract's package is no event, whether the list tells its type or only the show."""
    prime = {"type": "PrimeContractChangeOrder"}
    shown = [raw.package(n, **prime) for n in (40, 41)]
    stream.packages(*shown, listed=[raw.package(40), shown[1]])
    events = stream.pull()
    assert [type(event) for event in events] == [Mark]
    assert _templates(stream) == [PACKAGES, f"{PACKAGES}/{{id}}"]


def test_where_the_type_does_not_tell_the_contract_does(stream, raw):
    """A package of no telling type counts if its contract is a commitment; that list is read once."""
    stream.http.get(f"{API}/rest/v1.0/commitments", json=[{"id": 20}, {"id": 21}])
    stream.packages(
        raw.package(40, type="ChangeOrderPackage"), raw.package(41, contract_id=99), raw.package(42)
    )
    seen = [event.record.procore_id for event in stream.pull() if isinstance(event, Seen)]
    assert seen == ["40", "42"]
    assert _templates(stream).count("/rest/v1.0/commitments") == 1


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (404, {}),
        (403, {"errors": "Forbidden"}),
        (422, {}),
        (200, []),
        (200, [{"id": 77, "legacy_package_id": 1}]),
    ],
)
def test_without_the_newer_resource_each_line_is_a_new_one(stream, raw, status, body):
    """Projects that lack it, refuse it or answer for another package hinder nothing."""
    stream.packages(raw.package(40, line_items=[raw.package_line(1)], **COMMITMENTS))
    stream.http.upsert("GET", API + NEWER, json=body, status=status)
    seen = stream.pull()[0]
    assert seen.exportable
    assert [line.commitment_line_id for line in seen.record.lines] == [None]


def test_trouble_on_the_way_to_the_lines_is_not_taken_for_their_absence(stream, raw):
    """A 5xx there ends the stream before its mark, so that the change order is read whole the next time."""
    stream.packages(raw.package(40, line_items=[raw.package_line(1)], **COMMITMENTS))
    stream.http.upsert("GET", API + NEWER, json={}, status=503)
    with pytest.raises(ProcoreUnavailableError):
        stream.pull()


def test_a_refused_package_is_asked_for_again(stream, raw):
    """A show that Procore refuses is unreadable now, remembered, and read once it is let in."""
    stream.packages(raw.package(40, **COMMITMENTS))
    stream.http.upsert("GET", f"{API}{PACKAGES}/40", json={"errors": "no"}, status=403)
    first = stream.pull()
    assert [type(event) for event in first] == [Unreadable, Mark, Mark]
    marks = _marks(first)
    assert marks["change_orders/9/refused"] == "40"
    stream.packages(raw.package(40, **COMMITMENTS))
    second = stream.pull(marks, NOW + timedelta(minutes=5))
    assert [type(event) for event in second] == [Seen, Mark]
    assert _marks(second) == {"change_orders/9/refused": ""}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"grand_total": "110.0"}, "comes to 110.0 in Procore, but its lines come to 100.0"),
        ({"contract_id": None}, "names no commitment"),
        ({"line_items": [{"id": 1}]}, "line_items.0.total_amount"),
    ],
)
def test_a_package_that_would_be_wrong_in_quickbooks_is_unreadable(stream, raw, changes, words):
    """Markup outside the lines, no contract, or a line without an amount is named; the others go on."""
    bad = raw.package(40, line_items=[raw.package_line(1)], **COMMITMENTS) | changes
    stream.packages(bad, raw.package(41, **COMMITMENTS), listed=[raw.package(40), raw.package(41)])
    unreadable, seen, _mark = stream.pull()
    assert isinstance(unreadable, Unreadable)
    assert words in unreadable.message
    assert seen.record.procore_id == "41"


def test_repeated_positions_give_way_to_the_order(raw):
    """The lines of several potential change orders, each counted from 1, are numbered through."""
    package = raw.package(40, line_items=[raw.package_line(n, position=1) for n in (5, 4)])
    record = read(PackagePayload, package, what="x").to_record(project_id="9")
    assert [(line.procore_id, line.position) for line in record.lines] == [("5", 1), ("4", 2)]


@pytest.mark.parametrize(
    "status", ["draft", "pending", "revised", "proceeding", "no_charge", "rejected", "void", ""]
)
def test_only_approved_change_orders_are_exported(status):
    """Approved, in any case of letters, and nothing else."""
    assert change_order_hindrance(status)
    assert change_order_hindrance("approved") == change_order_hindrance("Approved") == ""


@pytest.mark.intuit
@pytest.mark.parametrize(
    ("name", "model"),
    [
        ("change_order_packages_list", PackagePayload),
        ("change_order_package_show", PackagePayload),
        ("commitment_change_orders_list", CommitmentChangeOrderPayload),
        ("commitment_change_order_show", CommitmentChangeOrderPayload),
        ("commitment_change_order_line_items_v20", ChangedLinePayload),
    ],
)
def test_the_documented_change_orders_are_read(sample, name, model):
    """Each sample parses whole, its ids as text."""
    whole = sample(name)
    items = whole.get("data", [whole]) if isinstance(whole, dict) else whole
    assert [read(model, item, what=name).id for item in items] == [str(item["id"]) for item in items]


@pytest.mark.intuit
def test_the_sample_change_order_becomes_its_record(stream, sample):
    """The samples of list, show, newer resource and lines, joined, say which line of SC-001 grows by 8500."""
    prefix = f"{API}/rest/v1.0/projects/9/commitment_change_orders"
    stream.packages(sample("change_order_package_show"), listed=sample("change_order_packages_list"))
    stream.http.upsert("GET", prefix, json=sample("commitment_change_orders_list"))
    stream.http.get(
        f"{API}{LINES.replace('77', '88230')}", json=sample("commitment_change_order_line_items_v20")
    )
    record = stream.pull()[0].record
    (line,) = record.lines
    assert (record.commitment_id, record.number) == (
        "410077",
        "001",
    )
    assert (line.procore_id, line.commitment_line_id, line.cost_code_id) == ("1880", "1770", "372")
    assert line.amount == Decimal("8500.0")


def test_an_unusable_line_of_the_newer_resource_is_named():
    """A line without an id is not guessed at."""
    with pytest.raises(ProcorePayloadError, match="id"):
        read(ChangedLinePayload, {"commitment_line_item_id": 5}, what="a line")
