"""Unlink, delete, reset: how a record's bond with the accounting system ends (workflows 8, reference 4.5)."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from qbsync.simulator.procore.answers import Json
from qbsync.simulator.procore.erp_desk import Desk
from qbsync.simulator.procore.erp_rows import Kind, Purpose, Request
from qbsync.simulator.procore.erp_rules import ENTITY_OF
from qbsync.simulator.procore.forbidden import ForbiddenMoveError

_UNLINKED: Final = (Kind.COMMITMENT, Kind.CHANGE_ORDER, Kind.REQUISITION)


class Undoing(Desk):
    """What approvers and Procore's own staff (super users) undo."""

    def unlink(self, kind: Kind | str, record_id: int) -> Request:
        """Ask the connector to let a synced commitment, change order or requisition go.

        It stays synced until the connector has said that the record is gone; a refusal is shown on it.
        """
        kind = Kind(kind)
        with self._lock:
            if kind not in _UNLINKED or not self.metadata.is_on(ENTITY_OF[kind], "unlink", default=True):
                raise ForbiddenMoveError(f"a {kind} cannot be unlinked")
            if not self.origin_of(kind, record_id):
                raise ForbiddenMoveError(f"{kind} {record_id} is not synced")
            if self.tables.busy(kind, record_id):
                raise ForbiddenMoveError(f"{kind} {record_id} waits for the connector")
            request = self._begin(_UNLINK_NAMES[kind])
            detail = self._detail(request, Purpose.UNLINK, kind, record_id)
            return self._publish(request, self._unlinked(kind, record_id, detail.id))

    def delete_cost_codes(self, project_id: int, code_ids: Sequence[int]) -> Request:
        """Delete synced cost codes of a project: each goes once the connector has agreed."""
        with self._lock:
            codes = [self._state.cost_code(one) for one in code_ids]
            request = self._begin("delete_cost_codes")
            rows = [
                {
                    "id": code.id,
                    "request_detail_id": self._deletion(request, "cost_code", code.id),
                    "origin_id": code.origin_id,
                    "sortable_code": "-".join(self._state.segments(code)),
                }
                for code in codes
            ]
            return self._publish(request, self._of_project(project_id) | {"cost_codes": rows})

    def delete_assignments(self, project_id: int, pairs: Sequence[tuple[int, int]]) -> Request:
        """Take cost types off cost codes: pairs of a cost code's id and a cost type's."""
        with self._lock:
            request = self._begin("delete_cost_type_assignments")
            rows = []
            for code_id, type_id in pairs:
                row = self.tables.assignment(project_id, code_id, type_id)
                cost = self.tables.job_cost(project_id, code_id, type_id)
                rows.append(
                    {
                        "id": row.id,
                        "request_detail_id": self._deletion(request, "cost_type_assignment", row.id),
                        "cost_code_origin_id": self._state.cost_code(code_id).origin_id,
                        "line_item_type_origin_id": self._state.type_table.get(type_id).origin_id,
                        "job_cost_id": cost.id,
                    }
                )
            return self._publish(request, self._of_project(project_id) | {"cost_type_assignments": rows})

    # Procore's own staff

    def delete_cost_code(self, project_id: int, code_ids: Sequence[int]) -> Request:
        """Delete a project's cost codes without asking anybody."""
        with self._lock:
            project = self._state.project(project_id)
            rows = [
                {
                    "id": code.id,
                    "origin_id": code.origin_id,
                    "sortable_code": "-".join(self._state.segments(code)),
                }
                for code in map(self._state.cost_code, code_ids)
            ]
            for one in code_ids:
                self._state.delete_cost_code(one)
            data = {
                "project_cost_code_data_array": rows,
                "project_origin_id": project.origin_id,
                "procore_project_id": project_id,
                "procore_sub_job_id": None,
            }
            return self.raise_event("delete_cost_code", data)

    def delete_standard_cost_codes(self, code_ids: Sequence[int]) -> Request:
        """Delete standard cost codes without asking anybody."""
        with self._lock:
            rows = self._standard_codes(code_ids)
            list_id = self._state.standard_cost_code(code_ids[0]).standard_cost_code_list_id
            for one in code_ids:
                self.unsync(Kind.STANDARD_COST_CODE, one)
                self._state.delete_standard_cost_code(one)
            data = {"standard_cost_code_list_id": list_id, "standard_cost_code_data_array": rows}
            return self.raise_event("delete_standard_cost_codes", data)

    def unlink_standard_cost_codes(self, code_ids: Sequence[int]) -> Request:
        """Take the ids of standard cost codes away without asking anybody."""
        with self._lock:
            rows = self._standard_codes(code_ids)
            for one in code_ids:
                self.unsync(Kind.STANDARD_COST_CODE, one)
            return self.raise_event("unlink_standard_cost_codes", {"standard_cost_codes": rows})

    def delete_standard_categories(self, type_ids: Sequence[int]) -> Request:
        """Delete cost types without asking anybody."""
        with self._lock:
            rows = [
                {"procore_id": one.id, "code": one.code, "origin_id": one.origin_id}
                for one in map(self._state.type_table.get, type_ids)
            ]
            for one in type_ids:
                self._state.type_table.delete(one)
            data = {"standard_category_data_array": rows}
            return self.raise_event("delete_standard_categories", data)

    def reset_job(self, project_id: int) -> Request:
        """Take a project's ids away, and those of all that belongs to it."""
        with self._lock:
            state, project = self._state, self._state.project(project_id)
            shown = {name: getattr(project, name) for name in ("id", "name", "origin_data", "origin_id")}
            for invoice in state.invoices.all():
                if invoice.project_id == project_id:
                    self.unsync(Kind.REQUISITION, invoice.id)
            for order in state.change_orders.package_table.live():
                if order.project_id == project_id and not order.prime:
                    self.unsync(Kind.CHANGE_ORDER, order.id)
            for contract in state.commitments():
                if contract.project_id == project_id:
                    self.unsync(Kind.COMMITMENT, contract.id)
            self._forget_budget(project_id)
            for code in state.cost_codes(project_id):
                state.edit_cost_code(code.id, origin_id=None)
            self.unsync(Kind.JOB, project_id)
            return self.raise_event("reset_job", {"project": shown})

    def reset_requisition(self, requisition_id: int, *, override: bool = False) -> Request:
        """Take an invoice's ids away, its items' too."""
        with self._lock:
            invoice = self._state.invoices.get(requisition_id)
            data = {
                "requisition_id": invoice.id,
                "project_id": invoice.project_id,
                "requisition_origin_id": invoice.origin_id,
                "reset_override": override,
            }
            self.unsync(Kind.REQUISITION, requisition_id)
            return self.raise_event("reset_requisition", data)

    def reset_payment(self, payment_id: int, *, override: bool = False) -> Request:
        """Take a payment's id away, be it of Procore Pay or one that the connector told of.

        The values of its `payment_type` are in no reference (4.5): this one says nothing of either.
        """
        with self._lock:
            row = self._state.payments.get(payment_id)
            data = {
                "payment_id": row.id,
                "payment_type": "Billings::Disbursement",
                "origin_id": row.origin_id,
                "origin_code": row.origin_code,
                "origin_data": row.origin_data,
                "reset_override": override,
            }
            self.unsync(Kind.PAYMENT, payment_id)
            return self.raise_event("reset_payment", data)

    def export_direct_cost(self, vendor_id: int, project_id: int, number: str, amount: Decimal) -> Request:
        """Export a company-level direct cost, which Procore's own connector does not know."""
        with self._lock:
            request = self._begin("create_company_level_direct_cost")
            detail = self._detail(request, Purpose.EXPORT)
            cost = self.money_payloads.direct_cost(self._state.vendor(vendor_id), number, amount, project_id)
            data = {
                "request_detail_id": detail.id,
                "company_id": self._state.company_id,
                "direct_cost": cost,
            }
            return self._publish(request, data)

    def _forget_budget(self, project_id: int) -> None:
        for row in self.tables.transactions_of(project_id):
            self.tables.transactions.delete(row.id)
        for cost in self.tables.job_costs_of(project_id):
            self.tables.job_costs.edit(cost.id, due=False)
        self._state.budgets.frozen.discard(project_id)
        self.unsync(Kind.BUDGET, project_id)

    def _deletion(self, request: Request, item_type: str, item_id: int) -> int:
        row = self._detail(request, Purpose.DELETE)
        return self.tables.details.edit(row.id, item_type=item_type, item_id=item_id).id

    def _of_project(self, project_id: int) -> Json:
        project = self._state.project(project_id)
        return {
            "project": {"id": project.id, "origin_id": project.origin_id},
            "sub_job": {"id": None, "origin_id": None},
        }

    def _standard_codes(self, code_ids: Sequence[int]) -> list[Json]:
        return [
            {
                "id": code.id,
                "sortable_code": "-".join(self._state.segments(code)),
                "origin_id": code.origin_id,
            }
            for code in map(self._state.standard_cost_code, code_ids)
        ]

    def _unlinked(self, kind: Kind, record_id: int, detail_id: int) -> Json:
        state, origin = self._state, self.origin_of(kind, record_id)
        data: Json = {"request_detail_id": detail_id}
        match kind:
            case Kind.COMMITMENT:
                contract = state.commitment(record_id)
                own: Json = {"procore_commitment_id": record_id}
            case Kind.CHANGE_ORDER:
                contract = state.commitment(state.change_orders.get(record_id).contract_id)
                own = {
                    "erp_commitment_change_order_id": 1,
                    "commitment_change_order_origin_id": origin,
                    "procore_commitment_change_order_id": record_id,
                }
            case _:
                contract = state.commitment(state.invoices.get(record_id).contract_id)
                own = {"procore_requisition_id": record_id, "requisition_origin_id": origin}
        return data | {
            "job_origin_id": state.project(contract.project_id).origin_id,
            "erp_commitment_id": 1,
            "project_id": contract.project_id,
            "commitment_type": contract.kind.holder_type,
            "commitment_origin_id": contract.origin_id,
            **own,
        }


_UNLINK_NAMES: Final = {
    Kind.COMMITMENT: "unlink_commitment",
    Kind.CHANGE_ORDER: "unlink_commitment_change_order",
    Kind.REQUISITION: "unlink_requisition",
}
"""The last is after its siblings: only its words are documented (workflows, S63)."""
