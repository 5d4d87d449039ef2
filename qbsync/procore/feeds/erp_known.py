"""What the ERP feed must know of this connection: ERP requests name records by QuickBooks' ids."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from qbsync.model.records import Commitment, CostCode, RecordKey


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownLine:
    """A line that Procore was told: whose it is, and its own Procore id."""

    key: RecordKey
    line_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class JobCost:
    """What one cost code and cost type of a budget comes to, as a request said, and at first."""

    cost_code_origin_id: str
    line_item_type_origin_id: str
    amount: str
    original: str


class Known(Protocol):
    """Answers from what this connection has linked."""

    @property
    def list_id(self) -> str:
        """The standard cost code list that belongs to QuickBooks, empty where it is not known yet."""

    def cost_code(self, item_id: str) -> CostCode | None:
        """The standard cost code that is linked to the item with that ListID."""

    def standard_code(self, full_code: str) -> str:
        """The Procore id of the standard cost code of that whole code, empty where none was exported."""

    def project(self, job_id: str) -> str:
        """The Procore id of the project linked to the job with that ListID, empty where there is none."""

    def project_name(self, project_id: str) -> str:
        """A project's name, empty where it is not known."""

    def refused_code(self, project_id: str) -> str | None:
        """The job code with which a project was first exported that has failed since; None where none has."""

    def chosen_name(self, project_id: str, name: str) -> str:
        """What a project of that name was called in QuickBooks instead and still is; else empty."""

    def commitment(self, contract_id: str) -> Commitment | None:
        """A commitment as it was last exported."""

    def line(self, origin_id: str) -> KnownLine | None:
        """The line that Procore was told that id of."""

    def account(self, value: str) -> str:
        """An account's full name, of its ListID or full name; empty where QuickBooks has no such one."""

    def job_costs(self, project_id: str) -> Mapping[str, JobCost]:
        """What a project's budget comes to in QuickBooks, or will with what is on its way, by job cost."""
