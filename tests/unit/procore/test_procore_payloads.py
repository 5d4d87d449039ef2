from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from qbsync.errors import ProcorePayloadError
from qbsync.model.records import Address, CommitmentType, CostCode, Project, Vendor
from qbsync.procore.payloads.commitments import ContractPayload, LinePayload
from qbsync.procore.payloads.cost_codes import (
    ProjectCostCodePayload,
    StandardCostCodeListPayload,
    StandardCostCodePayload,
)
from qbsync.procore.payloads.directory import ProjectPayload, VendorPayload
from qbsync.procore.payloads.plaintext import plain_text
from qbsync.procore.payloads.shape import moment_in, read
from qbsync.procore.payloads.sync import SyncPayload


def _subcontract(raw_contract, **more):
    payload = read(ContractPayload, raw_contract, what="a subcontract")
    return payload.to_record(CommitmentType.SUBCONTRACT, project_id="1", **more)


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>Furnish and install electrical</p>", "Furnish and install electrical"),
        ("<p>One</p><p>Two</p>", "One\nTwo"),
        ("a<br>b<br/>c", "a\nb\nc"),
        ("<ul><li>Pipes</li><li>Valves</li></ul>", "Pipes\nValves"),
        ("<p>R&amp;D &lt;new&gt; &#8211; caf&eacute;&nbsp;1</p>", "R&D <new> \u2013 caf\u00e9 1"),
        ("<style>p{color:red}</style><p>Seen</p><script>alert(1)</script>", "Seen"),
        ("<p>  much \n  space </p>\n\n<p></p><p>end</p>", "much space\nend"),
        ("<b>bold</b> and <a href='x'>link</a>", "bold and link"),
        ("Plain A < B & R&D, 5 > 3", "Plain A < B & R&D, 5 > 3"),
        ("Line one\nLine two", "Line one\nLine two"),
        ("&copy 2026", "&copy 2026"),
        ("<p>never closed", "never closed"),
        ("", ""),
    ],
)
def test_rich_text_becomes_what_a_reader_sees(html, text):
    """Tags go, entities are decoded, blocks become lines, and plain text stays as it is."""
    assert plain_text(html) == text


def test_a_vendor_takes_its_own_phone_and_email_first():
    """Business phone before mobile, the company's email before the contact's; no account number."""
    vendor = {
        "id": "12",
        "name": " ACME ",
        "mobile_phone": "222",
        "business_phone": "",
        "email_address": None,
        "origin_code": "ACM",
        "primary_contact": {"first_name": "Sam", "last_name": None, "email_address": "s@a.example"},
        "unknown": {"deep": [1]},
    }
    assert read(VendorPayload, vendor, what="a vendor").to_record() == Vendor(
        procore_id="12", name="ACME", phone="222", email="s@a.example", contact_first_name="Sam"
    )


def test_missing_optional_fields_are_empty():
    """The shortest record that has an id and a name is usable, and active."""
    project = read(ProjectPayload, {"id": 2**53 + 1, "name": "P"}, what="a project")
    assert project.to_record() == Project(procore_id="9007199254740993", name="P")
    assert project.active
    assert project.updated_at is None


@pytest.mark.parametrize(
    ("model", "raw", "field"),
    [
        (VendorPayload, {"name": "x"}, "id"),
        (VendorPayload, {"id": True, "name": "x"}, "id"),
        (VendorPayload, {"id": 1.5, "name": "x"}, "id"),
        (VendorPayload, {"id": "", "name": "x"}, "id"),
        (VendorPayload, {"id": 1, "name": "  "}, "no name"),
        (VendorPayload, {"id": 1, "name": ["x"]}, "name"),
        (VendorPayload, {"id": 1, "name": "x", "is_active": "no"}, "is_active"),
        (ProjectPayload, {"id": 1, "name": "x", "start_date": "soon"}, "start_date"),
        (ProjectPayload, {"id": 1, "name": "x", "start_date": 20260101}, "start_date"),
        (ProjectPayload, {"id": 1, "name": "x", "updated_at": "yesterday"}, "updated_at"),
        (StandardCostCodePayload, {"id": 1, "name": "x"}, "no code"),
        (LinePayload, {"id": 1}, "amount"),
        (LinePayload, {"id": 1, "amount": None}, "amount"),
        (LinePayload, {"id": 1, "amount": 1.5}, "binary"),
        (LinePayload, {"id": 1, "amount": "12,5"}, "amount"),
        (LinePayload, {"id": 1, "amount": "NaN"}, "amount"),
        (ContractPayload, {"id": 1, "line_items": [{"id": 2, "amount": "x"}]}, "line_items.0.amount"),
        (SyncPayload, {"entities": {}}, "entities"),
        (VendorPayload, None, "the record"),
        (VendorPayload, ["x"], "the record"),
    ],
)
def test_what_is_used_must_be_right(model, raw, field):
    """An unusable payload names the field; nothing is guessed."""
    with pytest.raises(ProcorePayloadError) as caught:
        read(model, raw, what="a record")
    assert field in caught.value.message
    assert "pydantic" not in caught.value.message


def test_amounts_stay_exact_from_text_and_numbers():
    """Strings, integers and exact numbers are the same Decimal; a missing quantity is zero."""
    line = LinePayload.model_validate({"id": 1, "amount": "0.10", "unit_cost": Decimal("0.1"), "quantity": 3})
    assert (line.amount, line.unit_cost, line.quantity) == (Decimal("0.10"), Decimal("0.1"), Decimal(3))
    empty = LinePayload.model_validate({"id": 1, "amount": 0, "quantity": None, "unit_cost": ""})
    assert (empty.quantity, empty.unit_cost) == (Decimal(0), Decimal(0))


def test_moments_are_utc():
    """Any zone becomes UTC, none is UTC, and text that is no moment is none."""
    noon = datetime(2026, 5, 20, 12, 0, tzinfo=UTC)
    for text in ("2026-05-20T12:00:00Z", "2026-05-20T12:00:00", "2026-05-20T14:00:00+02:00"):
        assert moment_in({"updated_at": text}, "updated_at") == noon
    for raw in ({"updated_at": "x"}, {"updated_at": 5}, {}, None, []):
        assert moment_in(raw, "updated_at") is None


def test_lines_stand_by_position_and_keep_their_standard_code(raw):
    """Lines are ordered; by_unit follows extended_type; a code of the project's own has no standard id."""
    own = {"id": 5, "full_code": "99-001"}
    lines = [
        raw.line(11, position=2, extended_type="calculated", quantity="2.0", unit_cost="50.0", uom="ea"),
        raw.line(10, position=1, cost_code=own, tax_code_id=77),
        raw.line(12, position=3, cost_code=None, wbs_code={"id": 1, "flat_code": "16-140.C"}),
    ]
    record = _subcontract(raw.contract(1, number=45, line_items=lines))
    first, second, third = record.lines
    assert record.number == "45"
    assert (first.procore_id, first.cost_code_id, first.cost_code, first.tax_code_id) == (
        "10",
        None,
        "99-001",
        "77",
    )
    assert (second.procore_id, second.cost_code_id, second.by_unit, second.unit) == ("11", "372", True, "ea")
    assert (third.cost_code_id, third.cost_code) == (None, "16-140.C")


def test_a_code_of_another_list_has_no_item(raw):
    """A standard code outside the chosen list is told apart, since no job will make its item."""
    code = {"id": 5, "full_code": "01", "standard_cost_code_id": 900, "standard_cost_code_list_id": 3300}
    contract = raw.contract(1, line_items=[raw.line(1, cost_code=code)])
    assert _subcontract(contract, list_id="3301").lines[0].cost_code_id is None
    assert _subcontract(contract, list_id="3300").lines[0].cost_code_id == "900"
    assert _subcontract(contract).lines[0].cost_code_id == "900"


@pytest.mark.intuit
@pytest.mark.parametrize(
    ("name", "model"),
    [
        ("projects_list_v11", ProjectPayload),
        ("vendors_list", VendorPayload),
        ("standard_cost_code_lists_list", StandardCostCodeListPayload),
        ("standard_cost_codes_list", StandardCostCodePayload),
        ("cost_codes_list", ProjectCostCodePayload),
        ("work_order_contracts_list", ContractPayload),
        ("purchase_order_contracts_list", ContractPayload),
        ("work_order_contract_line_items_list", LinePayload),
        ("purchase_order_contract_line_items_list", LinePayload),
    ],
)
def test_every_item_of_the_documented_lists_is_read(sample, name, model):
    """Each list sample parses whole, its ids as text."""
    items = sample(name)
    assert [read(model, item, what=name).id for item in items] == [str(item["id"]) for item in items]


@pytest.mark.intuit
@pytest.mark.parametrize(
    ("name", "model"),
    [
        ("project_show", ProjectPayload),
        ("vendor_show", VendorPayload),
        ("work_order_contract_show", ContractPayload),
        ("purchase_order_contract_show", ContractPayload),
    ],
)
def test_the_documented_shows_are_read(sample, name, model):
    """Each show sample parses."""
    item = sample(name)
    assert read(model, item, what=name).id == str(item["id"])


@pytest.mark.intuit
@pytest.mark.parametrize(
    "name",
    [
        "projects_sync",
        "vendors_sync",
        "standard_cost_codes_sync",
        "cost_codes_sync",
        "work_order_contracts_sync",
        "work_order_contract_line_items_sync",
        "error_sync_item",
    ],
)
def test_the_documented_sync_answers_are_read(sample, name):
    """Each sync sample keeps all of its entities and errors."""
    item = sample(name)
    payload = read(SyncPayload, item, what=name)
    assert len(payload.entities) == len(item["entities"])
    assert len(payload.errors) == len(item["errors"])


@pytest.mark.intuit
def test_the_sample_subcontract_becomes_its_record(sample):
    """Header, HTML description, vendor, currency and both lines arrive in the record."""
    record = _subcontract(sample("work_order_contract_show"), list_id="3301")
    assert record.title == "Electrical Subcontract"
    assert record.description == "Furnish and install electrical"
    assert (record.vendor_id, record.currency, record.contract_date) == ("470021", "USD", date(2026, 2, 1))
    assert [(line.cost_code, line.cost_code_id, line.amount) for line in record.lines] == [
        ("16-050", "372", Decimal("100000.0")),
        ("16-140", "373", Decimal("50000.0")),
    ]


@pytest.mark.intuit
def test_the_sample_purchase_order_becomes_its_record(sample):
    """Terms, delivery date and a unit line arrive in the record."""
    payload = read(ContractPayload, sample("purchase_order_contract_show"), what="a purchase order")
    record = payload.to_record(CommitmentType.PURCHASE_ORDER, project_id="594012")
    (line,) = record.lines
    assert (record.payment_terms, record.delivery_date, record.description) == (
        "Net 30",
        date(2026, 6, 10),
        "",
    )
    assert (line.by_unit, line.quantity, line.unit_cost, line.unit) == (
        True,
        Decimal("830.0"),
        Decimal("15.0"),
        "ea",
    )


@pytest.mark.intuit
def test_the_sample_vendor_project_and_code_become_records(sample):
    """The three lists give their records with address, dates and parent."""
    vendor = read(VendorPayload, sample("vendors_list")[0], what="a vendor").to_record()
    address = Address(street="88 Dock St", city="Oakland", state="CA", postal_code="94607", country="US")
    assert (vendor.address, vendor.phone, vendor.email) == (address, "510-555-0111", "ap@vendor.example")
    assert (vendor.contact_first_name, vendor.contact_last_name) == ("Sam", "Ortiz")
    project = read(ProjectPayload, sample("projects_list_v11")[0], what="a project").to_record()
    assert (project.number, project.start_date) == ("24-017", date(2026, 2, 1))
    code = read(StandardCostCodePayload, sample("standard_cost_codes_list")[1], what="a code").to_record()
    assert code == CostCode(
        procore_id="372",
        code="050",
        full_code="16-050",
        name="Basic Electrical Materials & Methods",
        parent_id="371",
        list_id="3301",
    )
