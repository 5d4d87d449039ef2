"""The ERP Integrations tool of one company: what its people press, and what its connector does."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from qbsync.simulator.procore.erp_approvals import Approvals
from qbsync.simulator.procore.erp_effects import Effects
from qbsync.simulator.procore.erp_rows import Kind
from qbsync.simulator.procore.erp_rules import ENTITY_OF
from qbsync.simulator.procore.erp_staging import Staging
from qbsync.simulator.procore.erp_undoing import Undoing
from qbsync.simulator.procore.rows import Project

CustomerOf = Callable[[Project], str]


class ErpTool(Approvals, Staging, Effects, Undoing):
    """All of the tool.

    Moves that the tool would not offer raise ForbiddenMoveError and change nothing. What a connector must
    not do, though Procore lets it, is in `violations`; each of its closes is in `closings`.
    """

    def send_eligible(self, customer_of: CustomerOf, *, again: bool = False) -> int:
        """Send and accept everything that can go now, as careful people would; returns how many records.

        `customer_of` is what the approver picks for a project, where the connector asks for `customer`.
        Records that came back rejected or failed go only `again`.
        """
        with self._lock:
            count = 0
            for kind, ids in self._candidates().items():
                wanted = [one for one in ids if self.must_export(kind, one, again=again)]
                for one in wanted:
                    self.send(kind, one)
                for one in wanted if kind is Kind.JOB else ():
                    self.accept(kind, one, **self._customer(one, customer_of))
                if wanted and kind is not Kind.JOB:
                    self.accept_all(kind, wanted)
                count += len(wanted)
            return count

    def _candidates(self) -> Mapping[Kind, list[int]]:
        state = self._state
        return {
            Kind.STANDARD_COST_CODE: [row.id for row in state.standard_cost_codes()],
            Kind.VENDOR: [row.id for row in state.vendors()],
            Kind.JOB: [row.id for row in state.projects()],
            Kind.BUDGET: [row.id for row in state.projects() if row.id in state.budgets.locked],
            Kind.COMMITMENT: [row.id for row in state.commitments()],
            Kind.CHANGE_ORDER: [row.id for row in state.change_orders.package_table.live() if not row.prime],
            Kind.REQUISITION: [row.id for row in state.invoices.all() if self._may_be_billed(row.id)],
        }

    def _may_be_billed(self, invoice_id: int) -> bool:
        """Whether each change order that an invoice bills is in the books, as a careful user looks first."""
        state = self._state
        packages = {
            row.package_id for row in state.invoices.items(invoice_id) if row.package_id and row.gross
        }
        orders = [state.change_orders.package_table.find(one) for one in packages]
        return all(order is not None and order.origin_id for order in orders)

    def _customer(self, project_id: int, customer_of: CustomerOf) -> dict[str, str]:
        if "customer" not in self.metadata.custom_fields(ENTITY_OF[Kind.JOB]):
            return {}
        return {"customer": customer_of(self._state.project(project_id))}
