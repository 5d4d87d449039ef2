"""Standard cost code lists, standard cost codes and a project's cost codes."""

from __future__ import annotations

from typing import Self

from pydantic import StrictBool, model_validator

from qbsync.model.records import CostCode
from qbsync.procore.payloads.shape import Id, OptionalId, Payload, Text


class StandardCostCodeListPayload(Payload):
    """One of the company's lists; the ERP list is the one made for an accounting system."""

    id: Id
    name: Text = ""
    is_erp_list: StrictBool = False


class StandardCostCodePayload(Payload):
    """A company's cost code; `code` is its own segment."""

    id: Id
    standard_cost_code_list_id: OptionalId = None
    parent_id: OptionalId = None
    code: Text = ""
    full_code: Text = ""
    name: Text = ""
    origin_id: Text = ""

    @model_validator(mode="after")
    def _has_a_code(self) -> Self:
        if not self.code:
            raise ValueError("the cost code has no code")
        return self

    def to_record(self) -> CostCode:
        """The record; a missing full code is the code itself."""
        return CostCode(
            procore_id=self.id,
            code=self.code,
            full_code=self.full_code or self.code,
            name=self.name,
            parent_id=self.parent_id,
            list_id=self.standard_cost_code_list_id or "",
        )


class ProjectCostCodePayload(Payload):
    """A cost code as one project (or one of its sub jobs, `biller_type` SubJob) has it."""

    id: Id
    code: Text = ""
    full_code: Text = ""
    name: Text = ""
    biller_type: Text = ""
    standard_cost_code_id: OptionalId = None
    standard_cost_code_list_id: OptionalId = None
    deleted_at: Text = ""
    origin_id: Text = ""
