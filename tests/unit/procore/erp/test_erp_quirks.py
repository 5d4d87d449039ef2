"""Each way in which the reference reports that a request may differ from its sample, over every sample."""

from __future__ import annotations

import json
import os
from dataclasses import fields, replace
from pathlib import Path

import pytest

from qbsync.procore.feeds.erp_events import Reread

pytestmark = pytest.mark.intuit
DETAIL = "request_detail_id"


def _samples(where=lambda _raw: True):
    """The names of the samples of ERP requests of which something is true."""
    folder = os.environ.get("QBSYNC_INTUIT_SCHEMA")
    found = Path(folder, "procore-samples").glob("erp_request_*.json") if folder else ()
    raw = {path.stem.removeprefix("erp_request_"): json.loads(path.read_text("utf-8")) for path in found}
    return sorted(name for name, one in raw.items() if "request_name" in one and where(one))


def _is_id(name, value):
    """Whether a value is an id of Procore's own, whichever way it is spelled."""
    own = name == "id" or (name.endswith("_id") and not name.endswith("origin_id"))
    return own and (isinstance(value, int) or (isinstance(value, str) and value.isdecimal()))


def _with_ids(value, spelled):
    """The same value with each id spelled otherwise."""
    if isinstance(value, list):
        return [_with_ids(one, spelled) for one in value]
    if not isinstance(value, dict):
        return value
    return {
        name: spelled(one) if _is_id(name, one) else _with_ids(one, spelled) for name, one in value.items()
    }


def _without_detail(event):
    """An event whose request named no detail."""
    named = {one.name for one in fields(event)} & {"detail", "details"}
    return replace(event, **{name: () if name == "details" else "" for name in named})


@pytest.mark.parametrize("spelled", [str, int])
@pytest.mark.parametrize("name", _samples())
def test_ids_may_be_text_or_numbers(read, request_of, name, spelled):
    """Every id as text, and every id as a number: the request asks for the same."""
    raw = request_of(name)
    assert read(_with_ids(raw, spelled)) == read(raw)


@pytest.mark.parametrize("name", _samples(lambda raw: DETAIL in raw["request_data"]))
def test_the_detail_may_stand_beside_the_data(read, request_of, name):
    """A detail that the sample has in request_data is found in the envelope too."""
    raw, moved = request_of(name), request_of(name)
    moved[DETAIL] = moved["request_data"].pop(DETAIL)
    assert read(moved) == read(raw)


@pytest.mark.parametrize("name", _samples(lambda raw: DETAIL in raw))
def test_the_detail_may_stand_in_the_data(read, request_of, name):
    """A detail that the sample has in its envelope is found in request_data too."""
    raw, moved = request_of(name), request_of(name)
    moved["request_data"][DETAIL] = moved.pop(DETAIL)
    assert read(moved) == read(raw)


@pytest.mark.parametrize("name", _samples())
def test_the_detail_may_be_absent(read, request_of, name):
    """Without any detail the request asks for the same; its detail is looked up by its item then."""

    def bare(value):
        if isinstance(value, list):
            return [bare(one) for one in value]
        if isinstance(value, dict):
            return {key: bare(one) for key, one in value.items() if key != DETAIL}
        return value

    raw = request_of(name)
    assert read(bare(raw)) == [_without_detail(event) for event in read(raw)]


def test_an_invoice_may_name_a_detail_of_its_own(read, request_of):
    """One an element of `requisitions`: each invoice waits for its own, and not for its neighbour's."""
    raw = request_of("create_requisitions")
    [bill] = raw["request_data"]["requisitions"]
    raw["request_data"]["requisitions"] = [
        {**bill, DETAIL: 7201}, {**bill, "procore_requisition_id": 99, DETAIL: "7202"},
    ]  # fmt: skip
    first, second = read(raw)
    assert isinstance(first, Reread)
    assert (first.detail, second.detail) == ("7201", "7202")


def test_a_single_standard_cost_code_may_come_without_an_array(read, request_of):
    """The data of create_standard_cost_codes is an array; one code alone is read as one in an array."""
    raw, alone = request_of("create_standard_cost_codes"), request_of("create_standard_cost_codes")
    first, *_ = raw["request_data"]
    raw["request_data"], alone["request_data"] = [first], first
    assert read(alone) == read(raw)


@pytest.mark.parametrize(("number", "said"), [(2, "2"), ("002", "002"), ("CO-2", "CO-2")])
def test_the_number_of_a_change_order_may_be_a_number_or_text(read, request_of, number, said):
    """The dictionary prints a number and the guide text: both are kept as they are spelled."""
    raw = request_of("create_commitment_change_order")
    raw["request_data"]["change_order"]["number"] = number
    [event] = read(raw)
    assert event.record.number == said
