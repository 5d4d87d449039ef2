from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace
from urllib.parse import parse_qs, urlsplit

import pytest

from qbsync.errors import ProcorePayloadError
from qbsync.model.records import CommitmentType, InvoiceItemType, RecordKey, RecordKind
from qbsync.procore.feeds.cost_codes import CostCodes
from qbsync.procore.feeds.events import Gone, Mark, Seen, Unreadable
from qbsync.procore.feeds.exportable import invoice_hindrance
from qbsync.procore.feeds.invoices import InvoiceStream
from qbsync.procore.payloads.invoices import (
    ChangeOrderItemPayload,
    DetailItemPayload,
    InvoicePayload,
    ItemPayload,
    Places,
)
from qbsync.procore.payloads.shape import read

API = "https://api.procore.example"
INVOICES = "/rest/v1.1/requisitions"
DETAILS = "/rest/v1.0/work_order_contracts/20/line_item_contract_details"
NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
SOON = NOW + timedelta(minutes=5)
LATER = NOW + timedelta(hours=1)


@pytest.fixture
def stream(http, client, calls):
    """The invoices of project 9; `answer` sets what a path gives, `pull` reads them."""

    def answer(path, json, status=200):
        http.upsert("GET", API + path, json=json, status=status)

    def listed(changed, whole):
        def reply(request):
            rows = changed if "updated_at" in request.url else whole
            return 200, {}, json.dumps(rows)

        http.remove("GET", API + INVOICES)
        http.add_callback("GET", API + INVOICES, callback=reply)

    def pull(marks=None, now=NOW):
        calls.clear()
        codes = CostCodes(client=client, project_id="9")
        one = InvoiceStream(client=client, project_id="9", list_id="3301", codes=codes)
        return list(one.pull(marks or {}, now))

    def asked(path):
        parts = [urlsplit(call.request.url) for call in http.calls if call.request.method == "GET"]
        return [parse_qs(part.query) for part in parts if part.path == path]

    def templates():
        return [template for _, template, status in calls if status]

    answer(INVOICES, [])
    return SimpleNamespace(answer=answer, listed=listed, pull=pull, asked=asked, templates=templates)


def _marks(events):
    return {event.stream: event.value for event in events if isinstance(event, Mark)}


def _seen(events):
    return [event for event in events if isinstance(event, Seen)]


def _gone(invoice_id):
    return Gone(key=RecordKey(kind=RecordKind.INVOICE, procore_id=invoice_id))


def _total(record):
    return sum((line.amount - line.retained + line.released for line in record.lines), Decimal(0))


def test_an_approved_invoice_comes_whole_in_one_call(stream, raw):
    """Header and items arrive by the list alone; the commitment's line is on each item."""
    stream.answer(INVOICES, [raw.invoice(50, origin_id="8-1")])
    events = stream.pull()
    (seen,) = _seen(events)
    record = seen.record
    assert (seen.exportable, seen.why_not, seen.origin_id) == (True, "", "8-1")
    assert (record.commitment_id, record.commitment_type) == ("20", CommitmentType.SUBCONTRACT)
    assert (record.number, record.sequence, record.vendor_id) == ("INV-50", "1", "470021")
    assert (record.billing_date, record.payment_due) == (date(2026, 5, 31), Decimal("90.00"))
    (line,) = record.lines
    assert (line.commitment_line_id, line.cost_code, line.cost_code_id) == ("1001", "16-050.C", None)
    assert (line.amount, line.retained, line.released) == (Decimal("100.00"), Decimal("10.00"), Decimal(0))
    assert stream.templates() == [INVOICES]
    assert stream.asked(INVOICES) == [{"project_id": ["9"], "view": ["extended"], "per_page": ["100"]}]


def test_an_unchanged_project_costs_one_call(stream, raw):
    """Within the hour a pull asks for what changed and nothing else; what is known is no event."""
    stream.answer(INVOICES, [raw.invoice(50), raw.invoice(51, status="draft")])
    marks = _marks(stream.pull())
    assert stream.pull(marks, SOON) == []
    assert stream.templates() == [INVOICES]
    assert stream.asked(INVOICES)[1]["filters[updated_at]"] == ["2026-05-20T22:05:09Z...2026-11-23T12:05:00Z"]


def test_a_project_without_invoices_is_quiet(stream):
    """Its first pull notes that all were listed; the next ones say nothing and cost one call."""
    marks = _marks(stream.pull())
    assert marks == {"invoices/9/known": "2026-11-22T12:00:00Z;"}
    assert stream.pull(marks, SOON) == []
    assert stream.templates() == [INVOICES]


def test_the_bill_maths_of_materials_and_retainage(raw):
    """Stored materials are billed when stored, their retainage with them; releases pay out of both."""
    item = read(
        ItemPayload,
        raw.item(
            1,
            total_completed_and_stored_to_date="1300.10",
            total_completed_and_stored_to_date_from_previous="1000.05",
            work_completed_retainage_retained_this_period="20.00",
            materials_stored_retainage_new_materials="10.01",
            work_completed_retainage_released_this_period="5.00",
            materials_stored_retainage_released_this_period="0.50",
            materials_stored_retainage_currently_retained="777.00",
            materials_retainage_retained_moved="33.00",
        ),
        what="an item",
    )
    assert (item.gross, item.retained, item.released) == (
        Decimal("300.05"),
        Decimal("30.01"),
        Decimal("5.50"),
    )


def test_nothing_said_is_nothing_only_where_procore_says_so(raw):
    """A null amount of the period is zero; a missing one is not guessed."""
    item = raw.item(1, total_completed_and_stored_to_date_from_previous=None)
    assert read(ItemPayload, item, what="an item").gross == Decimal("150.00")
    del item["total_completed_and_stored_to_date_from_previous"]
    with pytest.raises(ProcorePayloadError, match="from_previous"):
        read(ItemPayload, item, what="an item")


def test_numbers_are_read_as_well_as_text(raw):
    """Invoice numbers and sums come as JSON numbers too, and stay exact."""
    invoice = raw.invoice(
        50, invoice_number=123, summary={"current_payment_due": Decimal("10812.6")}, taxes=1
    )
    record = read(InvoicePayload, invoice, what="x").to_record(project_id="9", found=Places())
    assert (record.number, record.payment_due) == ("123", Decimal("10812.6"))
    bare = raw.invoice(51, summary=None, item_packages=None)
    assert read(InvoicePayload, bare, what="x").to_record(project_id="9", found=Places()).payment_due is None


@pytest.mark.parametrize("status", ["approved", "approved_as_noted", "pending_owner_approval", "Approved"])
def test_the_statuses_of_the_design_are_exported(status):
    """Approved, approved as noted and pending owner approval."""
    assert invoice_hindrance(status) == ""


@pytest.mark.parametrize("status", ["draft", "under_review", "revise_and_resubmit", ""])
def test_other_statuses_are_seen_with_their_reason(stream, raw, status):
    """Any other invoice is told without its items, which may be anything yet."""
    stream.answer(INVOICES, [raw.invoice(50, status=status, items=[{"id": 1}])])
    (seen,) = _seen(stream.pull())
    assert not seen.exportable
    assert seen.record.lines == ()
    assert seen.why_not.endswith(
        "it is exported once it is approved, approved as noted or pending owner approval."
    )


def test_change_order_items_are_asked_for_by_the_invoices_that_bill_them(stream, raw):
    """One call for such an invoice says which change order and which of the commitment's lines it is."""
    stream.answer(
        INVOICES,
        [
            raw.invoice(50, items=[raw.item(1, item_type="change_order_item", line_item_id=1880)]),
            raw.invoice(51, items=[raw.item(2)]),
            raw.invoice(52, status="draft", items=[raw.item(3, item_type="change_order_item")]),
        ],
    )
    row = {"id": 1, "change_order_package_id": 40, "commitment_line_item_id": 1770}
    stream.answer("/rest/v1.0/requisitions/50/change_order_items", [row])
    first, _, _ = _seen(stream.pull())
    (line,) = first.record.lines
    assert line.item_type is InvoiceItemType.CHANGE_ORDER
    assert (line.change_order_id, line.change_order_line_id, line.commitment_line_id) == (
        "40",
        "1880",
        "1770",
    )
    assert stream.templates() == [INVOICES, "/rest/v1.0/requisitions/{id}/change_order_items"]


def test_items_that_bill_nothing_in_the_period_cost_no_call(stream, raw):
    """A change order that was billed before, and not now, is not asked about."""
    idle = raw.item(
        1,
        item_type="change_order_item",
        total_completed_and_stored_to_date_from_previous="150.00",
        work_completed_retainage_retained_this_period="0.00",
    )
    stream.answer(INVOICES, [raw.invoice(50, items=[idle])])
    assert _seen(stream.pull())[0].exportable
    assert stream.templates() == [INVOICES]


@pytest.mark.parametrize(
    ("packages", "rows", "order"),
    [
        ([{"change_order_id": None}, {"change_order_id": 40}], None, "40"),
        (
            [{"change_order_id": 40}, {"change_order_id": 41}],
            [{"id": 1, "change_order_package_id": 41}],
            "41",
        ),
        ([], [{"id": 2, "change_order_package_id": 41}], None),
    ],
)
def test_a_whole_change_order_is_found_by_the_invoice_or_by_its_items(stream, raw, packages, rows, order):
    """The only change order of the invoice is meant; with several a call says which; else none is named."""
    item = raw.item(1, item_type="whole_change_order_item", line_item_id=None)
    stream.answer(INVOICES, [raw.invoice(50, items=[item], item_packages=packages)])
    if rows is not None:
        stream.answer("/rest/v1.0/requisitions/50/change_order_items", rows)
    (line,) = _seen(stream.pull())[0].record.lines
    assert (line.change_order_id, line.change_order_line_id) == (order, None)
    assert len(stream.templates()) == 1 + (rows is not None)


def test_ssov_items_bill_on_their_parent_line(stream, raw):
    """The item's own schedule line leads to the commitment's; that schedule is read once a commitment."""
    detail = {"item_type": "contract_detail_item", "line_item_id": None}
    two = [raw.item(1, **detail), raw.item(2, **detail)]
    stream.answer(INVOICES, [raw.invoice(50, items=two), raw.invoice(51, items=[raw.item(3, **detail)])])
    stream.answer(
        "/rest/v1.0/requisitions/50/contract_detail_items",
        [{"id": 1, "detail_line_item_id": 990}, {"id": 2, "detail_line_item_id": 999}],
    )
    stream.answer("/rest/v1.0/requisitions/51/contract_detail_items", [{"id": 3, "detail_line_item_id": 990}])
    stream.answer(DETAILS, [{"id": 990, "line_item_id": 1770}, {"id": 991, "line_item_id": 1771}])
    first, second = _seen(stream.pull())
    assert [line.commitment_line_id for line in first.record.lines] == ["1770", None]
    assert [line.commitment_line_id for line in second.record.lines] == ["1770"]
    assert len(stream.asked(DETAILS)) == 1


def test_ssov_items_of_a_purchase_order_have_no_parent(stream, raw):
    """No endpoint is documented for them, so the line stays unnamed and the mapping refuses by name."""
    item = raw.item(1, item_type="contract_detail_item")
    stream.answer(INVOICES, [raw.invoice(50, commitment_type="PurchaseOrderContract", items=[item])])
    (seen,) = _seen(stream.pull())
    assert seen.record.commitment_type is CommitmentType.PURCHASE_ORDER
    assert seen.record.lines[0].commitment_line_id is None
    assert stream.templates() == [INVOICES]


def test_an_invoice_below_nothing_names_the_cost_codes(stream, raw):
    """A credit's lines need items of their own: standard codes of the chosen list, read once a pull."""
    less = {"total_completed_and_stored_to_date": "0.00"}
    stream.answer(
        INVOICES,
        [
            raw.invoice(50, items=[raw.item(1, **less), raw.item(2, cost_code_id=8, **less)]),
            raw.invoice(51, items=[raw.item(3, cost_code_id=9, **less)]),
        ],
    )
    codes = [
        {"id": 14720, "standard_cost_code_id": 372, "standard_cost_code_list_id": 3301},
        {"id": 8, "standard_cost_code_id": None},
        {"id": 9, "standard_cost_code_id": 900, "standard_cost_code_list_id": 3300},
    ]
    stream.answer("/rest/v1.0/cost_codes", codes)
    first, second = _seen(stream.pull())
    assert [line.cost_code_id for line in first.record.lines] == ["372", None]
    assert [line.cost_code_id for line in second.record.lines] == [None]
    assert len(stream.asked("/rest/v1.0/cost_codes")) == 1


def test_a_refused_lookup_concerns_that_invoice_alone(stream, raw):
    """It is unreadable now and remembered; the others go on, and the next pull asks for it by itself."""
    order = raw.invoice(50, items=[raw.item(1, item_type="change_order_item")])
    stream.answer(INVOICES, [order, raw.invoice(51)])
    stream.answer("/rest/v1.0/requisitions/50/change_order_items", {"errors": "no"}, status=403)
    first = stream.pull()
    assert [type(event) for event in first] == [Unreadable, Seen, Mark, Mark, Mark]
    marks = _marks(first)
    assert marks["invoices/9/refused"] == "50"
    stream.answer(f"{INVOICES}/50", order)
    stream.answer("/rest/v1.0/requisitions/50/change_order_items", [])
    second = stream.pull(marks, SOON)
    assert [event.record.procore_id for event in _seen(second)] == ["50"]
    assert _marks(second) == {"invoices/9/refused": ""}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"commitment_type": "Lease"}, "commitment_type"),
        ({"commitment_id": None}, "commitment_id"),
        ({"items": [{"id": 1, "item_type": "gift"}]}, "items.0.item_type"),
        ({"items": None}, "items"),
        ({"summary": {"tax_applicable_to_this_payment": "8.25"}}, "8.25 of tax"),
    ],
)
def test_an_unusable_invoice_is_named_and_the_others_go_on(stream, raw, changes, words):
    """What cannot be billed rightly is unreadable, with its field or its tax."""
    stream.answer(INVOICES, [raw.invoice(50, **changes), raw.invoice(51)])
    unreadable, seen, *_ = stream.pull()
    assert isinstance(unreadable, Unreadable)
    assert (unreadable.kind, unreadable.procore_id) == (RecordKind.INVOICE, "50")
    assert words in unreadable.message
    assert seen.record.procore_id == "51"


def test_taxes_stand_on_their_items(stream, raw):
    """A tax that the items carry is on the record's lines, for the mapping to refuse or map."""
    item = raw.item(1, taxes=[{"amount": "5.00"}, {"amount": "3.25"}])
    summary = {"current_payment_due": "98.25", "tax_applicable_to_this_payment": "8.25"}
    stream.answer(INVOICES, [raw.invoice(50, items=[item], summary=summary)])
    coded = {"amount": "1", "tax_code_id": 11}
    lines = [coded | {"id": item["line_item_id"]}, coded | {"id": 999, "tax_code_id": 12}]
    stream.answer("/rest/v1.0/work_order_contracts/20/line_items", lines)
    [line] = _seen(stream.pull())[0].record.lines
    assert (line.tax, line.tax_code) == (Decimal("8.25"), "11")


def test_a_deleted_invoice_is_gone_within_the_hour(stream, raw):
    """The hourly list lacks it, Procore says it has it no longer, and it is told once, exported or not."""
    stream.answer(INVOICES, [raw.invoice(50), raw.invoice(51, status="draft")])
    marks = _marks(stream.pull())
    stream.answer(INVOICES, [raw.invoice(50)])
    stream.answer(f"{INVOICES}/51", {"errors": "Not found"}, status=404)
    assert stream.pull(marks, LATER - timedelta(minutes=1)) == []
    events = stream.pull(marks, LATER)
    assert _gone("51") in events
    assert stream.templates() == [INVOICES, INVOICES, f"{INVOICES}/{{id}}"]
    assert stream.asked(INVOICES)[-1] == {"project_id": ["9"], "view": ["default"], "per_page": ["1000"]}
    marks |= _marks(events)
    assert marks["invoices/9/known"] == "2026-11-22T13:00:00Z;50"
    assert not [event for event in stream.pull(marks, LATER + timedelta(hours=1)) if isinstance(event, Gone)]


def test_an_invoice_first_seen_between_two_lists_can_go_too(stream, raw):
    """What a filtered pull brought counts as known before the next whole list."""
    stream.answer(INVOICES, [raw.invoice(50)])
    marks = _marks(stream.pull())
    stream.answer(INVOICES, [raw.invoice(60, updated_at="2026-05-20T22:12:00Z")])
    marks |= _marks(stream.pull(marks, SOON))
    stream.answer(INVOICES, [raw.invoice(50)])
    stream.answer(f"{INVOICES}/60", {}, status=404)
    assert _gone("60") in stream.pull(marks, LATER)


def test_what_is_missing_from_the_list_but_there_is_not_gone(stream, raw):
    """Only Procore's own 404 makes an invoice gone: a list that shifted, or a lost right, does not."""
    stream.answer(INVOICES, [raw.invoice(50), raw.invoice(51)])
    marks = _marks(stream.pull())
    stream.answer(INVOICES, [])
    stream.answer(f"{INVOICES}/50", raw.invoice(50))
    stream.answer(f"{INVOICES}/51", {"errors": "Forbidden"}, status=403)
    events = stream.pull(marks, LATER)
    assert not [event for event in events if isinstance(event, Gone)]
    assert _marks(events)["invoices/9/known"].endswith(";50,51")


def test_few_missing_invoices_are_asked_for_in_one_pull(stream, raw):
    """Of thirty that the list lacks at once twenty are asked for, the rest the next time."""
    stream.answer(INVOICES, [raw.invoice(n, status="draft") for n in range(100, 130)])
    marks = _marks(stream.pull())
    stream.answer(INVOICES, [])
    for n in range(100, 130):
        stream.answer(f"{INVOICES}/{n}", {}, status=404)
    first = stream.pull(marks, LATER)
    assert len([event for event in first if isinstance(event, Gone)]) == 20
    second = stream.pull(marks | _marks(first), LATER + timedelta(hours=1))
    assert len([event for event in second if isinstance(event, Gone)]) == 10


def test_an_invoice_that_was_hidden_is_read_when_it_shows(stream, raw):
    """One with an old updated_at that the list newly has, as after a right was given, is read whole."""
    stream.answer(INVOICES, [raw.invoice(50)])
    marks = _marks(stream.pull())
    hidden = raw.invoice(7, updated_at="2020-01-01T00:00:00Z")
    stream.listed([], [raw.invoice(50), hidden])
    events = stream.pull(marks, LATER)
    assert [event.record.procore_id for event in _seen(events)] == ["7"]
    assert stream.templates() == [INVOICES] * 3
    assert _marks(events)["invoices/9/known"].endswith(";50,7")
    assert _seen(stream.pull(marks | _marks(events), LATER + timedelta(hours=1))) == []


def test_without_a_list_to_compare_with_nothing_is_taken_for_hidden(stream, raw):
    """A lost mark makes a new list, not a second reading of everything."""
    stream.answer(INVOICES, [raw.invoice(50)])
    marks = _marks(stream.pull())
    stream.listed([], [raw.invoice(50), raw.invoice(51)])
    events = stream.pull({"invoices/9": marks["invoices/9"]}, SOON)
    assert _marks(events) == {"invoices/9/known": "2026-11-22T12:05:00Z;50,51"}
    assert _seen(events) == []


@pytest.mark.intuit
@pytest.mark.parametrize(
    ("name", "model"),
    [
        ("requisitions_list_v11_extended", InvoicePayload),
        ("requisition_show_v11_extended", InvoicePayload),
        ("requisition_change_order_items_list", ChangeOrderItemPayload),
        ("requisition_contract_detail_items_list", DetailItemPayload),
    ],
)
def test_the_documented_invoices_are_read(sample, name, model):
    """Each sample parses whole, its ids as text."""
    whole = sample(name)
    items = whole if isinstance(whole, list) else [whole]
    assert [read(model, item, what=name).id for item in items] == [str(item["id"]) for item in items]


@pytest.mark.intuit
def test_the_items_of_the_sample_come_to_its_payment_due(stream, sample):
    """Gross less retained plus released of the three items is 30150.00, Procore's own figure, unchanged."""
    stream.answer(INVOICES, sample("requisitions_list_v11_extended"))
    rows = sample("requisition_change_order_items_list")
    stream.answer("/rest/v1.0/requisitions/128061/change_order_items", rows)
    record = _seen(stream.pull())[0].record
    assert record.payment_due == _total(record) == Decimal("30150.00")
    assert (record.number, record.sequence, record.currency) == ("CE-2217", "2", "USD")
    places = [
        (line.commitment_line_id, line.change_order_id, line.change_order_line_id) for line in record.lines
    ]
    assert places == [("1770", None, None), ("1771", None, None), ("1770", "88210", "1880")]
    shown = read(InvoicePayload, sample("requisition_show_v11_extended"), what="x")
    assert _total(shown.to_record(project_id="594012", found=Places())) == Decimal("30150.00")
