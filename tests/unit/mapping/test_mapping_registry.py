from __future__ import annotations

import pytest

from qbsync.mapping import (
    ORDER,
    change_order,
    commitment,
    cost_code,
    invoice,
    mapping_for,
    project,
    retainage_item,
    vendor,
)
from qbsync.model.records import KIND_OF, RecordKind

MODULES = {
    RecordKind.COST_CODE: cost_code,
    RecordKind.RETAINAGE_ITEM: retainage_item,
    RecordKind.PROJECT: project,
    RecordKind.VENDOR: vendor,
    RecordKind.COMMITMENT: commitment,
    RecordKind.CHANGE_ORDER: change_order,
    RecordKind.INVOICE: invoice,
}


@pytest.mark.parametrize("kind", MODULES)
def test_each_kind_of_record_has_its_module(kind):
    """The registry joins each record type to the module of its kind."""
    assert mapping_for(kind) is MODULES[kind]
    assert set(ORDER) <= set(KIND_OF.values())


def test_every_kind_has_its_mapping():
    """No kind of record is without one."""
    assert set(ORDER) == set(RecordKind)


def test_the_order_is_that_of_dependence():
    """A commitment comes after everything it names, its change orders and invoices after it."""
    assert ORDER[0] is RecordKind.COST_CODE
    dependent = (RecordKind.PROJECT, RecordKind.COMMITMENT, RecordKind.CHANGE_ORDER, RecordKind.INVOICE)
    places = [ORDER.index(kind) for kind in dependent]
    assert places == sorted(places)
    assert ORDER[-2:] == (RecordKind.INVOICE, RecordKind.PAYMENT)
