"""Rows of the ERP Integrations tool: what is sent and approved, the requests, and what comes back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Final

from qbsync.simulator.procore.rows import Row

IN_PROGRESS: Final = "in progress"
SUCCESS: Final = "success"
FAILED: Final = "failed"
STALE: Final = "stale"
"""The states of a request detail (reference, 4.1); their spelling in an answer is not certain."""


class Kind(StrEnum):
    """What the tool exports; each has a tab."""

    VENDOR = "vendor"
    JOB = "job"
    STANDARD_COST_CODE = "standard_cost_code"
    BUDGET = "budget"
    COMMITMENT = "commitment"
    CHANGE_ORDER = "change_order"
    REQUISITION = "requisition"
    PAYMENT = "payment"


class Stage(StrEnum):
    """Where a record stands in the tool (workflows, section 3)."""

    READY = "ready_to_export"
    RETRIEVED = "retrieved"
    REJECTED = "rejected"
    EXPORTING = "exporting"
    FAILED = "failed_to_export"
    SYNCED = "synced"


class Purpose(StrEnum):
    """Why a request detail is open."""

    EXPORT = "export"
    UNLINK = "unlink"
    DELETE = "delete"
    REFRESH = "refresh"


@dataclass(frozen=True, slots=True, kw_only=True)
class StagedItem(Row):
    """A record in the tool; a budget's `item_id` is its project's. `fields` is what the approver typed.

    `snapshot` is what was last exported, so that a record that did not change need not be sent again.
    """

    kind: Kind
    item_id: int
    stage: Stage
    comment: str = ""
    messages: tuple[str, ...] = ()
    fields: Mapping[str, str] = field(default_factory=dict)
    snapshot: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request(Row):
    """An ERP request; `around` are keys that its envelope holds beside `request_data`."""

    name: str
    data: object
    around: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Detail(Row):
    """A request detail, open until the connector closes it.

    `item_type` and `item_id` are the header's external data, `kind` and `record_id` the tool's own name.
    """

    request_id: int
    purpose: Purpose
    item_type: str | None = None
    item_id: int | None = None
    kind: Kind | None = None
    record_id: int | None = None
    status: str = IN_PROGRESS
    messages: tuple[str, ...] = ()

    @property
    def is_open(self) -> bool:
        """Not closed by anybody."""
        return self.status == IN_PROGRESS


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment(Row):
    """A cost type on a project's cost code, `synced` once the connector says so."""

    project_id: int
    cost_code_id: int
    line_item_type_id: int
    synced: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ErpBudget(Row):
    """A project's budget as the tool knows it; its id is not the project's."""

    project_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class JobCost(Row):
    """The figures of one cost code and cost type; `due` until its estimate is read back after an export."""

    project_id: int
    cost_code_id: int
    line_item_type_id: int | None
    budget_line_id: int | None = None
    figures: Mapping[str, Decimal] = field(default_factory=dict)
    due: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Transaction(Row):
    """What an export adds to one job cost of a budget."""

    project_id: int
    job_cost_id: int
    value: Decimal
    synced: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class StagedRecord(Row):
    """A record of the accounting system that waits for its import; `status` as reference 4.6 has it."""

    item_type: str
    origin_code: str | None = None
    parent_id: int | None = None
    status: str = "staged"
    data: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Closing:
    """One close of one request detail, as the connector sent it."""

    detail_id: int
    status: str
    messages: tuple[str, ...]
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """Something that a connector must not do, though Procore lets it pass."""

    rule: str
    about: str

    def __str__(self) -> str:
        return f"{self.rule}: {self.about}"
