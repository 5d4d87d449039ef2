"""A connection whose commitment, cost codes and job Procore's samples name, and the samples' requests."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest

from qbsync.model.records import Commitment, CommitmentLine, CommitmentType, CostCode, RecordKey, RecordKind
from qbsync.procore.erp.api import ErpApi
from qbsync.procore.erp.requests import parse
from qbsync.procore.feeds.erp import events
from qbsync.procore.feeds.erp_known import JobCost, KnownLine
from qbsync.procore.wire import decode

JOB = "80000042-1718035200"
COMMITMENT = Commitment(
    procore_id="410077",
    type=CommitmentType.SUBCONTRACT,
    project_id="594012",
    vendor_id="470021",
    number="SC-001",
    lines=tuple(
        CommitmentLine(
            procore_id=line_id,
            position=1,
            cost_code_id="372",
            cost_code="16-050",
            description="",
            amount=Decimal(1),
        )
        for line_id in ("1770", "1771")
    ),
)


class FakeKnown:
    """Knows what the samples name."""

    list_id = "3301"

    def __init__(self) -> None:
        self.commitments = {"410077": COMMITMENT}
        self.costs: dict[str, JobCost] = {}
        self.lines = {
            "1A2F-1771000000|1": KnownLine(key=_key(RecordKind.COMMITMENT, "410077"), line_id="1770"),
            "1A2F-1771000000|2": KnownLine(key=_key(RecordKind.COMMITMENT, "410077"), line_id="1771"),
            "1A2F-1771000000|3": KnownLine(key=_key(RecordKind.CHANGE_ORDER, "88210"), line_id="5501"),
        }

    def cost_code(self, item_id):
        """The two items of the samples."""
        codes = {
            "80000063-1601935000": ("372", "16-050", "Basic Electrical"),
            "80000064-1601935012": ("373", "16-140", "Wiring Devices"),
        }
        if item_id not in codes:
            return None
        code_id, full_code, name = codes[item_id]
        return CostCode(procore_id=code_id, code=full_code[3:], full_code=full_code, name=name)

    def standard_code(self, full_code):
        """A division that was exported together with the project."""
        return {"16": "371"}.get(full_code, "")

    def project(self, job_id):
        """The samples' job."""
        return "594012" if job_id == JOB else ""

    def project_name(self, project_id):
        """The samples' project."""
        return "Harbor View Clinic" if project_id == "594012" else ""

    def refused_code(self, _project_id):
        """Nothing failed before."""

    def chosen_name(self, _project_id, _name):
        """Jobs are called as their projects are."""
        return ""

    def commitment(self, contract_id):
        """What was exported."""
        return self.commitments.get(contract_id)

    def line(self, origin_id):
        """What Procore was told."""
        return self.lines.get(origin_id)

    def account(self, value):
        """The accounts of the samples."""
        return {"80000021-1": "Construction Income", "80000031-1": "Job Expenses"}.get(value, "")

    def job_costs(self, _project_id):
        """What the last request said."""
        return self.costs


def _key(kind, procore_id):
    return RecordKey(kind=kind, procore_id=procore_id)


@pytest.fixture
def known() -> FakeKnown:
    """What the connection knows."""
    return FakeKnown()


@pytest.fixture
def read(known):
    """The events of a raw request."""
    return lambda raw: events(parse(raw), known)


@pytest.fixture
def request_of(sample):
    """A sample's request as the client decodes it, a copy of its own for each test."""
    return lambda name: decode(json.dumps(sample(f"erp_request_{name}")).encode())


@pytest.fixture
def api(client) -> ErpApi:
    """The ERP platform behind canned answers."""
    return ErpApi(client)
