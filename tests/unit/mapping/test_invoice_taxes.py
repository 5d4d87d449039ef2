"""What an invoice's taxes say of its retainage."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from qbsync.mapping.invoice import taxes
from qbsync.model.records import CommitmentType, Invoice, InvoiceItemType, InvoiceLine

ITEM = InvoiceLine(
    procore_id="1",
    position=1,
    item_type=InvoiceItemType.CONTRACT,
    cost_code_id="2",
    cost_code="01",
    description="",
    amount=Decimal("100.00"),
    retained=Decimal("10.00"),
    tax_code="GST",
    tax_rate=Decimal(5),
)


def invoice(*items):
    """An invoice of items."""
    return Invoice(
        procore_id="9",
        project_id="8",
        commitment_id="7",
        commitment_type=CommitmentType.SUBCONTRACT,
        vendor_id="6",
        number="I-1",
        lines=items,
    )


@pytest.mark.parametrize(
    ("tax", "parts", "sound"),
    [
        ("5.00", [(None, "-10.00")], True),
        ("4.50", [("GST", "-10.00")], True),
        ("4.75", [(None, "-10.00")], False),
    ],
)
def test_procores_own_figure_says_whether_retainage_is_taxed(tax, parts, sound):
    """5.00 is 5 percent of the work, 4.50 of the work less retainage; 4.75 is neither."""
    record = invoice(replace(ITEM, tax=Decimal(tax)))
    assert taxes.retainage_parts(record) == [(code, Decimal(amount)) for code, amount in parts]
    assert [one.is_sound for one in taxes.by_code(record)] == [sound]


def test_each_code_has_its_own_part_of_the_retainage():
    """Untaxed retainage comes first, then that of each code that is taxed; together they are all of it."""
    record = invoice(
        replace(ITEM, tax=Decimal("4.50")),
        replace(ITEM, procore_id="2", tax_code="HST", tax_rate=Decimal(13), tax=Decimal("13.00")),
        replace(ITEM, procore_id="3", tax_code=""),
    )
    assert taxes.retainage_parts(record) == [(None, Decimal(-20)), ("GST", Decimal(-10))]
    assert taxes.total(record) == Decimal("17.50")


def test_without_a_rate_nothing_is_said_against_a_tax():
    """Procore did not name the percentage: the answer's total will tell."""
    [taxed] = taxes.by_code(invoice(replace(ITEM, tax_rate=Decimal(0), tax=Decimal(1))))
    assert taxed.is_sound
    assert not taxed.taxes_retainage
