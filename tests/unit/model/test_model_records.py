from __future__ import annotations

import subprocess
import sys
from dataclasses import fields, replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, strategies as st

from qbsync.model.records import (
    KIND_OF,
    Address,
    Budget,
    BudgetLine,
    ChangeOrder,
    ChangeOrderLine,
    Commitment,
    CommitmentLine,
    CommitmentType,
    CostCode,
    Invoice,
    InvoiceItemType,
    InvoiceLine,
    Payment,
    Project,
    RecordKey,
    RecordKind,
    RetainageItem,
    Vendor,
    key_of,
    label_of,
    version_of,
)

CODE = CostCode(procore_id="372", code="050", full_code="16-050", name="Basic Electrical", parent_id="371")
VENDOR = Vendor(procore_id="9", name="Acme", address=Address(city="Austin"), phone="512 555 0100")
PROJECT = Project(procore_id="5", name="Tower", start_date=date(2026, 3, 1))
LINE = CommitmentLine(
    procore_id="1",
    position=1,
    cost_code_id="372",
    cost_code="16-050",
    description="Wire",
    amount=Decimal("10.00"),
)
COMMITMENT = Commitment(
    procore_id="77",
    type=CommitmentType.SUBCONTRACT,
    project_id="5",
    vendor_id="9",
    number="SC-1",
    title="Electrical",
    lines=(LINE,),
)
BUDGET = Budget(
    procore_id="5",
    project_name="Tower",
    lines=(
        BudgetLine(
            cost_code_id="372",
            cost_code="16-050",
            description="Wire",
            amount=Decimal(12),
        ),
    ),
)
CHANGE_ORDER = ChangeOrder(
    procore_id="40",
    project_id="5",
    commitment_id="77",
    number="001",
    title="More wire",
    lines=(
        ChangeOrderLine(
            procore_id="41",
            position=1,
            commitment_line_id="1",
            cost_code_id="372",
            cost_code="16-050",
            description="Wire",
            amount=Decimal(5),
        ),
    ),
)
INVOICE = Invoice(
    procore_id="90",
    project_id="5",
    commitment_id="77",
    commitment_type=CommitmentType.SUBCONTRACT,
    vendor_id="9",
    number="INV-1",
    payment_due=Decimal(4),
    lines=(
        InvoiceLine(
            procore_id="91",
            position=1,
            item_type=InvoiceItemType.CONTRACT,
            cost_code_id="372",
            cost_code="16-050",
            description="Wire",
            amount=Decimal(4),
            commitment_line_id="1",
        ),
    ),
)
PAYMENT = Payment(
    procore_id="55010",
    project_id="594012",
    commitment_id="410077",
    invoice_id="90",
    vendor_id="470021",
    amount=Decimal("27000.00"),
    number="10455",
)
RETAINAGE = RetainageItem(name="Retainage")
RECORDS = [CODE, RETAINAGE, VENDOR, PROJECT, COMMITMENT, BUDGET, CHANGE_ORDER, INVOICE, PAYMENT]


@pytest.mark.parametrize(
    ("record", "key", "label"),
    [
        (CODE, "cost_code:372", "16-050 Basic Electrical"),
        (RETAINAGE, "retainage_item:retainage", "Retainage"),
        (VENDOR, "vendor:9", "Acme"),
        (PROJECT, "project:5", "Tower"),
        (COMMITMENT, "commitment:77", "SC-1 Electrical"),
        (BUDGET, "budget:5", "Budget of Tower"),
        (CHANGE_ORDER, "change_order:40", "001 More wire"),
        (INVOICE, "invoice:90", "INV-1"),
        (PAYMENT, "payment:55010", "Payment 10455"),
    ],
)
def test_a_record_has_its_key_and_its_label(record, key, label):
    """Each kind is known by its kind and Procore id, and named on one line for people."""
    assert str(key_of(record)) == key
    assert label_of(record) == label


def test_a_label_without_a_title_has_no_loose_space():
    """An untitled commitment is named by its number alone."""
    assert label_of(replace(COMMITMENT, title="")) == "SC-1"


@given(st.sampled_from(RecordKind), st.text(min_size=1))
def test_a_key_is_read_back_as_it_was_written(kind, procore_id):
    """Writing a key and reading it gives the same key, colons in the id included."""
    key = RecordKey(kind=kind, procore_id=procore_id)
    assert RecordKey.parse(str(key)) == key


@pytest.mark.parametrize("text", ["", "vendor", "vendor:", "supplier:9", ":9"])
def test_what_is_no_key_is_refused(text):
    """A text without a known kind and an id raises ValueError."""
    with pytest.raises(ValueError, match=r"RecordKind|does not name a record"):
        RecordKey.parse(text)


@pytest.mark.parametrize("record", RECORDS)
def test_equal_records_have_equal_versions(record):
    """The version depends on the fields alone."""
    assert version_of(record) == version_of(replace(record))


@pytest.mark.parametrize(
    ("record", "name"), [(record, f.name) for record in RECORDS for f in fields(record) if f.name != "type"]
)
def test_a_change_of_any_field_changes_the_version(record, name):
    """No field can change without QuickBooks being told."""
    current = getattr(record, name)
    match current:
        case Address():
            changed = replace(current, street="1 Other St")
        case tuple():
            changed = ()
        case date():
            changed = date(2031, 1, 1)
        case Decimal():
            changed = current + 1
        case CommitmentType():
            changed = CommitmentType.PURCHASE_ORDER
        case None:
            changed = date(2031, 1, 1) if name.endswith("_date") else "changed"
        case _:
            changed = current + "x"
    assert version_of(replace(record, **{name: changed})) != version_of(record)


def test_how_an_amount_is_written_does_not_change_the_version():
    """10, 10.00 and 1E+1 are one amount: a rewrite in Procore's JSON stages nothing."""
    versions = {
        version_of(replace(COMMITMENT, lines=(replace(LINE, amount=Decimal(text)),)))
        for text in ("10", "10.00", "1E+1")
    }
    assert len(versions) == 1


def test_the_order_of_lines_counts():
    """Two lines that change places make another version, since QuickBooks shows them in order."""
    second = replace(LINE, procore_id="2")
    assert version_of(replace(COMMITMENT, lines=(LINE, second))) != version_of(
        replace(COMMITMENT, lines=(second, LINE))
    )


def test_the_version_is_the_same_in_another_process():
    """The fingerprint does not hang on hash randomisation: a fresh interpreter computes the same."""
    code = (
        "from qbsync.model.records import *\n"
        "print(version_of(CostCode(procore_id='372', code='050', full_code='16-050', "
        "name='Basic Electrical', parent_id='371')))"
    )
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == version_of(CODE)


def test_each_record_type_has_a_kind_of_its_own():
    """The table of kinds joins each record type to one kind."""
    assert len(set(KIND_OF.values())) == len(KIND_OF)
    assert {KIND_OF[type(record)] for record in RECORDS} == set(KIND_OF.values())


def test_a_kind_is_worded_for_people():
    """Underscores are for keys, not for pages."""
    assert RecordKind.CHANGE_ORDER.words == "change order"
