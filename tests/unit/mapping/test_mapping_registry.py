from __future__ import annotations

import pytest

from qbsync.errors import MappingError
from qbsync.mapping import ORDER, commitment, cost_code, mapping_for, project, vendor
from qbsync.model.records import KIND_OF, RecordKind


def test_each_kind_of_record_has_its_module():
    """The registry joins each record type to the module of its kind."""
    assert set(ORDER) == set(KIND_OF.values())
    modules = [mapping_for(kind) for kind in ORDER]
    assert modules == [cost_code, project, vendor, commitment]


def test_the_order_is_that_of_dependence():
    """A commitment comes after everything it names."""
    assert ORDER[0] is RecordKind.COST_CODE
    assert ORDER[-1] is RecordKind.COMMITMENT


def test_a_kind_that_is_not_exported_yet_is_refused_in_words():
    """The refusal names the kind and the kinds there are."""
    with pytest.raises(MappingError, match="cannot send a change order") as caught:
        mapping_for(RecordKind.CHANGE_ORDER)
    assert "cost code, project, vendor, commitment" in caught.value.guidance
