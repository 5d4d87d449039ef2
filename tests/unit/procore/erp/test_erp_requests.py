from __future__ import annotations

import os
import re
from decimal import Decimal
from pathlib import Path

import pytest

from qbsync.errors import ProcorePayloadError
from qbsync.model.records import CommitmentType, InvoiceItemType, RecordKey, RecordKind, key_of
from qbsync.procore.erp.payloads import ErpInvoicePayload
from qbsync.procore.erp.requests import parse
from qbsync.procore.feeds.erp import HANDLERS
from qbsync.procore.feeds.erp_events import (
    Broken,
    Delete,
    DeletionOf,
    Export,
    IdLost,
    JobNotice,
    Joined,
    Merged,
    MetadataWanted,
    Noted,
    Parted,
    Refresh,
    RefreshOf,
    Reread,
    Reset,
    Unlink,
    Unsupported,
)
from qbsync.procore.feeds.erp_known import JobCost

NO_REQUEST = {"detail_update__INFERRED", "details_list__INFERRED", "details_sync__INFERRED"}
"""Samples of the same prefix that are answers about details."""


def _samples():
    folder = os.environ.get("QBSYNC_INTUIT_SCHEMA")
    found = Path(folder, "procore-samples").glob("erp_request_*.json") if folder else ()
    return sorted({path.stem.removeprefix("erp_request_") for path in found} - NO_REQUEST)


def _only(found):
    [event] = found
    return event


@pytest.mark.intuit
def test_every_documented_request_has_a_handler(read, request_of):
    """No sample of a request is unknown, none is unreadable, and each asks for something."""
    names = _samples()
    assert len(names) >= 20
    for name in names:
        raw = request_of(name)
        assert raw["request_name"] in HANDLERS, name
        found = read(raw)
        assert found, name
        assert not any(isinstance(event, Broken) for event in found), name


def test_a_request_that_nobody_knows_is_closed_in_words(read):
    """A new name of Procore's blocks no button: its detail is named, to be closed as failed."""
    event = _only(read({"id": 1, "request_name": "create_moon", "request_data": {"request_detail_id": "77"}}))
    assert event == Unsupported(
        details=("77",), message="qbsync does not know the request 'create_moon' of Procore's ERP tool."
    )


@pytest.mark.parametrize("raw", [None, [], {"request_name": "sync_jobs"}, {"id": True}])
def test_what_is_no_request_is_refused(raw):
    """An answer of another shape is an error that names the setting."""
    with pytest.raises(ProcorePayloadError, match="something else than an ERP request") as caught:
        parse(raw)
    assert "erp_paths" in caught.value.guidance


@pytest.mark.parametrize(
    ("raw", "details"),
    [
        ({"id": 1, "request_detail_id": 7102, "request_data": {}}, ("7102",)),
        ({"id": 1, "request_data": {"request_detail_id": "7102"}}, ("7102",)),
        ({"id": 1, "request_data": [{"request_detail_id": 7}, {"request_detail_id": "8"}, {}]}, ("7", "8")),
        (
            {"id": 1, "request_data": {"cost_codes": [{"request_detail_id": 7}, {"request_detail_id": 8}]}},
            ("7", "8"),
        ),
        (
            {"id": 1, "request_data": {"requisitions": [{"request_detail_id": 7}, {"request_detail_id": 7}]}},
            ("7",),
        ),
        ({"id": "9", "request_data": {"requisitions": None}}, ()),
        ({"id": "9", "request_data": None}, ()),
    ],
)
def test_details_are_found_wherever_they_stand(raw, details):
    """Beside request_data, in it, in each of its elements, as number or text, or nowhere."""
    assert parse(raw).details == details


@pytest.mark.intuit
def test_a_commitment_arrives_as_the_record_of_the_direct_feed(read, request_of):
    """Header, lines with their standard codes, and the names under which the ids are told."""
    event = _only(read(request_of("create_commitment")))
    assert event.detail == "7107"
    record = event.record
    assert (record.procore_id, record.type, record.project_id) == (
        "410077",
        CommitmentType.SUBCONTRACT,
        "594012",
    )
    assert (record.vendor_id, record.number, record.title) == ("470021", "SC-001", "Electrical Subcontract")
    assert [(one.procore_id, one.cost_code_id, one.amount) for one in record.lines] == [
        ("1770", "372", Decimal("100000.0")),
        ("1771", "373", Decimal("50000.0")),
    ]
    assert event.items.header == "work_order_contract:410077"
    assert event.items.lines == {"1770": "line_item", "1771": "line_item"}
    assert event.choices == {}


@pytest.mark.intuit
def test_the_quickbooks_id_of_the_approver_becomes_the_number(read, request_of):
    """A code that differs from the commitment's number is the approver's choice."""
    raw = request_of("create_commitment")
    raw["request_data"]["commitment"]["code"] = "Q-17"
    assert _only(read(raw)).choices == {"number": "Q-17"}


@pytest.mark.intuit
def test_a_line_without_a_standard_code_is_found_by_its_item(read, request_of):
    """Where Procore leaves the standard code out, the pair (job, item) of the project's code leads to it."""
    raw = request_of("create_commitment")
    for item in raw["request_data"]["commitment_items"]:
        del item["cost_code"]["standard_cost_code_id"]
    assert [line.cost_code_id for line in _only(read(raw)).record.lines] == ["372", "373"]


@pytest.mark.intuit
def test_a_commitment_of_an_unknown_type_fails_in_words(read, request_of):
    """It is closed as failed, and nothing is sent."""
    raw = request_of("create_commitment")
    raw["request_data"]["commitment"]["type"] = "Blanket"
    event = _only(read(raw))
    assert isinstance(event, Broken)
    assert (event.detail, "'Blanket'" in event.message) == ("7107", True)


@pytest.mark.intuit
@pytest.mark.parametrize("number", [1, "001"])
def test_a_change_order_names_the_lines_it_changes(read, request_of, number):
    """Its number may come as number or text; each item says which line of the commitment it changes."""
    raw = request_of("create_commitment_change_order")
    raw["request_data"]["change_order"]["number"] = number
    event = _only(read(raw))
    record = event.record
    assert (record.commitment_id, record.project_id, record.number) == ("410077", "594012", str(number))
    asked = raw["request_data"]["change_order_items"]
    assert [line.procore_id for line in record.lines] == [str(one["id"]) for one in asked]
    wanted = [one["commitment_line_item_id"] for one in asked]
    assert [line.commitment_line_id for line in record.lines] == [one and str(one) for one in wanted]
    assert event.items.header == f"change_order:{record.procore_id}"
    assert set(event.items.lines.values()) == {"line_item"}


@pytest.mark.intuit
def test_an_invoice_that_does_not_add_up_is_read_again(read, request_of):
    """The sample leaves its change order's item out, so its items miss the payment due: the show decides."""
    event = _only(read(request_of("create_requisitions")))
    assert isinstance(event, Reread)
    assert event.key == RecordKey(kind=RecordKind.INVOICE, procore_id="128061")
    assert (event.detail, event.project_id) == ("", "594012")


@pytest.mark.intuit
def test_an_invoice_is_read_from_its_request(read, request_of):
    """Items, retainage of the period, and what each bills on, a change order's line too."""
    raw = request_of("create_requisitions")
    requisition = raw["request_data"]["requisitions"][0]
    requisition["request_detail_id"] = 7109
    change = {
        **requisition["line_items"][0],
        "procore_requisition_item_id": 17918099,
        "commitment_item_origin_id": None,
        "change_order_line_item_origin_id": "1A2F-1771000000|3",
        "requisition_item_type": "Billings::ChangeOrderItem",
        "amount": "8500.0",
        "retainage_work_completed_this_period": "0.0",
        "retainage_materials_presently_stored": "1000.0",
        "retainage_materials_previously_stored": "150.0",
    }
    requisition["line_items"].append(change)
    event = _only(read(raw))
    assert isinstance(event, Export)
    assert event.detail == "7109"
    assert [(one.amount, one.retained, one.released) for one in event.record.lines] == [
        (Decimal("20000.0"), Decimal("2000.0"), Decimal(0)),
        (Decimal("5000.0"), Decimal("500.0"), Decimal(0)),
        (Decimal("8500.0"), Decimal("850.0"), Decimal(0)),
    ]
    last = event.record.lines[-1]
    assert (last.item_type, last.change_order_id, last.change_order_line_id) == (
        InvoiceItemType.CHANGE_ORDER,
        "88210",
        "5501",
    )
    assert [one.commitment_line_id for one in event.record.lines] == ["1770", "1771", None]
    assert event.items.lines["17918099"] == "requisition_change_order_item"
    assert (event.record.number, event.record.vendor_id) == ("CE-2217", "470021")


@pytest.mark.intuit
@pytest.mark.parametrize(
    "change",
    [
        {"requisition_item_type": "Billings::Moon"},
        {"commitment_item_origin_id": "unknown|1"},
        {"tax_code_origin_id": "G"},
        {"amount": "1.0"},
    ],
)
def test_what_an_invoices_request_does_not_say_is_read_by_its_show(read, request_of, change):
    """An unknown class, a line we did not tell, a tax, or another sum: nothing is guessed about money."""
    raw = request_of("create_requisitions")
    requisition = raw["request_data"]["requisitions"][0]
    requisition["formatted_payment_due"] = "$22,500.00"
    assert isinstance(_only(read(raw)), Export)
    requisition["line_items"][0].update(change)
    assert isinstance(_only(read(raw)), Reread)


@pytest.mark.intuit
def test_an_invoice_of_a_commitment_that_is_not_known_fails_in_words(read, request_of, known):
    """The commitment goes first; one that carries a purchase order's id is joined to that first."""
    raw = request_of("create_requisitions")
    known.commitments.clear()
    joined, reread = read(raw)
    assert (joined.key.procore_id, joined.quickbooks_id, joined.type) == ("410077", "1A2F-1771000000", None)
    assert isinstance(reread, Reread)
    raw["request_data"]["requisitions"][0]["contract_origin_id"] = "PO|7"
    assert "which is no id of QuickBooks Desktop" in _only(read(raw)).message
    raw["request_data"]["requisitions"][0]["contract_origin_id"] = None
    event = _only(read(raw))
    assert isinstance(event, Broken)
    assert (event.header, "Export it first" in event.message) == ("requisition:128061", True)


@pytest.mark.intuit
def test_a_job_comes_with_its_cost_codes_and_their_cost_types(read, request_of):
    """Codes are joined by the item's id; the detail stands beside request_data."""
    event = _only(read(request_of("create_or_update_job")))
    assert (event.detail, event.items.header) == ("7102", "project:594012")
    assert [(one.procore_id, one.standard_id) for one in event.codes.codes] == [
        ("14710", "371"),
        ("14720", "372"),
    ]
    assert event.items.assignments == (("14720", "4703"),)
    assert event.items.cost_types == {"std_cat_C": "4703"}
    assert event.record.address.city == "Oakland"


@pytest.mark.intuit
def test_cost_codes_have_a_detail_and_accounts_each(read, request_of):
    """The accounts of the approver come as ListIDs and become full names."""
    raw = request_of("create_standard_cost_codes")
    child = raw["request_data"][0]
    parent = {
        **child,
        "id": 371,
        "parent_id": None,
        "code": "16",
        "full_code": "16",
        "request_detail_id": 7111,
    }
    raw["request_data"] = [child, parent, {"id": 5, "request_detail_id": 7113}]
    found = read(raw)
    broken = [one for one in found if isinstance(one, Broken)]
    exports = [one for one in found if isinstance(one, Export)]
    assert [one.detail for one in exports] == ["7111", "7112"]
    assert exports[1].choices == {"income_account": "Construction Income", "expense_account": "Job Expenses"}
    assert [(one.detail, one.header) for one in broken] == [("7113", "standard_cost_code:5")]


@pytest.mark.intuit
def test_a_budget_names_its_codes_by_their_pairs(read, request_of):
    """The budget's own id is told, the record is the project's; every transaction becomes synced."""
    event = _only(read(request_of("create_budget")))
    assert (event.items.header, event.record.procore_id) == ("budget:2201", "594012")
    assert event.items.transactions == ("1",)
    [line] = event.record.lines
    assert (line.cost_code_id, line.amount, line.description) == (
        "372",
        Decimal("120000.0"),
        "Basic Electrical",
    )


@pytest.mark.intuit
def test_an_update_of_a_budget_keeps_what_it_does_not_name(read, request_of, known):
    """Rows that did not change may be left out: they stay as the last request said."""
    known.costs = {
        cost_id: JobCost(
            cost_code_origin_id=f"x|{item}", line_item_type_origin_id="", amount=amount, original="4"
        )
        for cost_id, item, amount in (
            ("456", "80000063-1601935000", "5"),
            ("457", "80000064-1601935012", "7.50"),
        )
    }
    raw = request_of("create_budget")
    raw["request_name"] = "update_budget"
    event = _only(read(raw))
    assert [line.amount for line in event.record.lines] == [Decimal("120000.0"), Decimal("7.50")]
    assert event.items.job_costs.keys() == {"456", "457"}


@pytest.mark.intuit
def test_a_payment_of_procore_pay_names_its_invoice(read, request_of):
    """Invoice, vendor, amount and the day it was funded."""
    event = _only(read(request_of("create_contract_payment")))
    record = event.record
    assert key_of(record) == RecordKey(kind=RecordKind.PAYMENT, procore_id="55010")
    assert (record.invoice_id, record.vendor_id, record.amount) == ("128010", "470021", Decimal("27000.0"))
    assert (record.paid_on.isoformat(), event.items.header) == ("2026-04-19", "contract_payment:55010")


@pytest.mark.intuit
def test_a_vendor_comes_with_the_approvers_fields(read, request_of):
    """Vendor type and terms are the approver's."""
    raw = request_of("create_vendor")
    raw["request_data"]["vendor"]["erp_custom_fields"] = {"vendor_type": "Subcontractor", "terms": "Net 30"}
    event = _only(read(raw))
    assert event.choices == {"vendor_type": "Subcontractor", "terms": "Net 30"}
    assert (event.items.header, event.detail) == ("vendor:470022", "7101")


@pytest.mark.intuit
def test_notices_become_what_they_say(read, request_of):
    """Imports, links and periodic requests."""
    vendor = RecordKey(kind=RecordKind.VENDOR, procore_id="470022")
    assert _only(read(request_of("create_vendor_in_procore"))) == Joined(
        key=vendor, quickbooks_id="8000001A-1601931711"
    )
    job = _only(read(request_of("create_job_in_procore")))
    assert (job.key.procore_id, job.quickbooks_id) == ("594012", "80000042-1718035200")
    notice = _only(read(request_of("sync_single_job")))
    assert notice == JobNotice(project_id="594012", transactions=True)


def _request(name, **data):
    return {"id": 1, "request_name": name, "request_data": data}


def test_vendors_that_are_merged_keep_the_id_of_the_one_that_stays(read):
    """The ids of all are told, the remaining vendor's first."""
    raw = _request(
        "merge_vendors",
        master_vendor={"id": 1, "origin_id": None},
        source_vendors=[{"id": 2, "origin_id": "V-2"}, {"id": "3", "origin_id": "V-3"}],
    )
    event = _only(read(raw))
    assert isinstance(event, Merged)
    assert (event.key.procore_id, event.quickbooks_ids) == ("1", ("V-2", "V-3"))
    assert [one.procore_id for one in event.sources] == ["2", "3"]


@pytest.mark.parametrize(
    ("raw", "event"),
    [
        (
            _request("unlink_vendor", vendor={"id": 5}),
            Parted(key=RecordKey(kind=RecordKind.VENDOR, procore_id="5")),
        ),
        (
            _request("link_vendor", vendor={"id": 5, "origin_id": None}),
            Parted(key=RecordKey(kind=RecordKind.VENDOR, procore_id="5")),
        ),
        (_request("sync_metadata", company_id=8089), MetadataWanted()),
        (
            _request("reset_job", project={"id": 9, "origin_id": "J"}),
            Reset(keys=(RecordKey(kind=RecordKind.PROJECT, procore_id="9"),)),
        ),
        (
            _request("reset_payment", payment_id=7, payment_type="ContractPayment", origin_id="P-1"),
            Reset(keys=(RecordKey(kind=RecordKind.PAYMENT, procore_id="7"),)),
        ),
        (
            _request("reset_payment", payment_id=7, payment_type="ContractPayment", origin_id="P-1|B-1"),
            IdLost(item_id="P-1|B-1", held_as="7"),
        ),
        (_request("sync_vendors", request_detail_id=4), Refresh(detail="4", of=RefreshOf.VENDORS)),
        (
            _request("create_budget_in_procore"),
            Noted(why="A budget was made in Procore; nothing is to be done."),
        ),
    ],
)
def test_other_notices(read, raw, event):
    """Each asks for one thing."""
    assert _only(read(raw)) == event


@pytest.mark.parametrize(
    ("name", "field", "kind", "header"),
    [
        ("unlink_commitment", "procore_commitment_id", RecordKind.COMMITMENT, "work_order_contract:410077"),
        (
            "unlink_commitment_change_order",
            "procore_commitment_change_order_id",
            RecordKind.CHANGE_ORDER,
            "change_order:410077",
        ),
        ("unlink_requisition", "procore_requisition_id", RecordKind.INVOICE, "requisition:410077"),
    ],
)
def test_an_unlink_names_its_record(read, name, field, kind, header):
    """The detail is closed once QuickBooks has shown whether the record is gone."""
    event = _only(read(_request(name, request_detail_id=3, **{field: 410077})))
    assert isinstance(event, Unlink)
    assert (event.detail, event.key, event.items.header) == (
        "3",
        RecordKey(kind=kind, procore_id="410077"),
        header,
    )


@pytest.mark.intuit
def test_deletions_have_a_detail_each(read, request_of):
    """A cost code's and a cost type's, each with what QuickBooks would know it by."""
    event = _only(read(request_of("delete_cost_codes")))
    assert event == Delete(
        detail="7123",
        of=DeletionOf.COST_CODE,
        record_id="14721",
        project_id="594012",
        pair="80000042-1718035200|80000064-1601935012",
        label="16-140",
    )
    raw = _request(
        "delete_cost_type_assignments",
        project={"id": 594012},
        cost_type_assignments=[
            {
                "id": 8,
                "request_detail_id": 9,
                "cost_code_origin_id": "J|I",
                "line_item_type_origin_id": "std_cat_O",
                "job_cost_id": 4,
            }
        ],
    )
    event = _only(read(raw))
    assert (event.of, event.detail) == (DeletionOf.ASSIGNMENT, "9")
    assert (event.pair, event.job_cost_id, event.cost_type) == ("J|I", "4", "std_cat_O")


@pytest.mark.intuit
def test_what_qbsync_does_not_do_is_said(read, request_of):
    """A company-level direct cost is closed as failed, with what to do instead."""
    event = _only(read(request_of("create_company_level_direct_cost")))
    assert event.details == ("7124",)
    assert "Enter the bill in QuickBooks" in event.message


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("$30,150.00", "30150.00"),
        ("-$5.00", "-5.00"),
        ("($5.00)", "-5.00"),
        ("$-5.00", "-5.00"),
        ("1,234,567.89", "1234567.89"),
        ("$0.00", "0.00"),
        ("CA$ 12.50", "12.50"),
        ("", None),
        ("n/a", None),
    ],
)
def test_the_payment_due_is_read_as_procore_formats_it(text, amount):
    """A number that people read becomes exact money, or nothing."""
    payload = ErpInvoicePayload.model_validate(
        {"procore_requisition_id": 1, "contract_id": 2, "formatted_payment_due": text}
    )
    assert payload.payment_due == (None if amount is None else Decimal(amount))


SHORTENED = {
    "reset_prime_contract_change_order",
    "create_payment_application",
    "unlink_company_level_direct_cost",
    "reset_company_level_direct_cost",
}
"""Events that the dictionary writes by their first word alone."""


@pytest.mark.intuit
def test_every_event_of_the_dictionary_has_a_handler():
    """Each request that section 4.5 of the reference names is read; a new one there fails here."""
    text = Path(os.environ["QBSYNC_INTUIT_SCHEMA"], "procore-api.md").read_text(encoding="utf-8")
    section = text.partition("### 4.5")[2].partition("### 4.6")[0]
    cells = [line.split("|")[1] for line in section.splitlines() if line.startswith("| ")]
    names = {name for cell in cells for name in re.findall(r"\b[a-z]+(?:_[a-z]+)+\b", cell)} | SHORTENED
    assert len(names) >= 45
    assert names - {"request_data"} - HANDLERS.keys() == set()
