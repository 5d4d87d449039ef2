"""What the simulated Procore holds, and everything its users may do to it by hand."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal

from qbsync.simulator.procore.budgets import Budgets
from qbsync.simulator.procore.change_orders import ChangeOrders
from qbsync.simulator.procore.change_rows import ChangeOrder, ChangeOrderLine
from qbsync.simulator.procore.clock import Clock
from qbsync.simulator.procore.direct_costs import DirectCosts
from qbsync.simulator.procore.erp_rows import Kind
from qbsync.simulator.procore.erp_tool import ErpTool
from qbsync.simulator.procore.forbidden import SENT, ForbiddenMoveError
from qbsync.simulator.procore.invoices import Invoices
from qbsync.simulator.procore.payments import Payments
from qbsync.simulator.procore.rows import (
    Contract,
    ContractKind,
    ContractLine,
    CostCode,
    CostCodeList,
    LineItemType,
    Project,
    StandardCostCode,
    TaxCode,
    Vendor,
)
from qbsync.simulator.procore.table import Table
from qbsync.simulator.procore.webhook_outbox import Outbox
from qbsync.simulator.procore.webhook_watch import watch

CENT = Decimal("0.01")
_SENT_IS_LOCKED = frozenset({"vendor_id", "title", "status", "retainage_percent"})
_ORIGIN = frozenset({"origin_id", "origin_data"})


class ProcoreState:
    """One Procore company: its tables, a person's moves on them, and plain reads.

    Every method may be called from any thread: `lock` is held for its duration, and for the duration of each
    HTTP request. Rows are frozen; a row that was read stays as it was.
    """

    def __init__(self, *, company_id: int = 8089, company_name: str = "", clock: Clock | None = None) -> None:
        self.company_id = company_id
        self.company_name = company_name or "Summit Ridge Builders"
        self.clock = clock or Clock()
        self.lock = threading.RLock()
        self.approved_lines_are_locked = False
        """Refuse origin ids on lines of an Approved or Complete contract too (reference, section 6)."""
        # Real project ids no longer fit 32 bits (reference, 1.3); nor do these.
        self.vendor_table = Table(Vendor, self.clock, 470_021)
        self.project_table = Table(Project, self.clock, 562_949_954_000_101)
        self.list_table = Table(CostCodeList, self.clock, 3_300)
        self.standard_code_table = Table(StandardCostCode, self.clock, 371)
        self.cost_code_table = Table(CostCode, self.clock, 14_710)
        self.type_table = Table(LineItemType, self.clock, 4_702)
        self.tax_table = Table(TaxCode, self.clock, 11)
        self.contract_table = Table(Contract, self.clock, 562_949_955_410_077)
        self.line_table = Table(ContractLine, self.clock, 562_949_957_001_770)
        self.budgets = Budgets(self.clock, self.lock)
        self.invoices = Invoices(self.clock, self.lock, self.contract_table, self.line_table)
        self.direct_costs = DirectCosts(self.clock, self.lock)
        self.payments = Payments(self.clock, self.lock, self.contract_table)
        self.change_orders = ChangeOrders(self.clock, self.lock, self.contract_table, self._may_be_billed)
        self.outbox = Outbox(self.clock, self.lock, company_id=company_id)
        watch(self)
        self.erp = ErpTool(self)

    def _may_be_billed(self, order: ChangeOrder, lines: Sequence[ChangeOrderLine]) -> None:
        """An approved change order moves its commitment's `updated_at`, and its lines may be invoiced."""
        self.contract_table.touch(order.contract_id)
        for line in lines:
            self.invoices.add_change_order_line(
                order.contract_id,
                order.id,
                line.id,
                line.amount,
                commitment_line_id=line.commitment_line_id,
                cost_code_id=line.cost_code_id,
                description=line.description,
                number=order.number,
                title=order.title,
            )

    # Directory

    def create_vendor(self, name: str, **fields: object) -> Vendor:
        """Add a company to the directory."""
        with self.lock:
            return self.vendor_table.create(name=name, **fields)

    def edit_vendor(self, vendor_id: int, **changes: object) -> Vendor:
        """Change a company; `is_active=False` makes it inactive."""
        with self.lock:
            return self.vendor_table.edit(vendor_id, **changes)

    def delete_vendor(self, vendor_id: int) -> None:
        """Remove a company from the directory."""
        with self.lock:
            self.vendor_table.delete(vendor_id)

    def vendor(self, vendor_id: int) -> Vendor:
        """The company; raises NoSuchRowError."""
        with self.lock:
            return self.vendor_table.get(vendor_id)

    def vendors(self) -> list[Vendor]:
        """Every company, inactive ones too."""
        with self.lock:
            return self.vendor_table.live()

    # Cost structure

    def create_cost_code_list(self, name: str, **fields: object) -> CostCodeList:
        """Add a list of standard cost codes; `is_erp_list=True` for the one that is synced."""
        with self.lock:
            return self.list_table.create(name=name, **fields)

    def cost_code_lists(self) -> list[CostCodeList]:
        """The company's lists."""
        with self.lock:
            return self.list_table.live()

    def create_line_item_type(self, name: str, code: str, base_type: str = "other") -> LineItemType:
        """Add a cost type."""
        with self.lock:
            return self.type_table.create(name=name, code=code, base_type=base_type)

    def create_tax_code(self, code: str, rate: Decimal, description: str = "") -> TaxCode:
        """Add a tax code; `rate` in percent."""
        with self.lock:
            return self.tax_table.create(code=code, rate=rate, description=description)

    def line_item_types(self) -> list[LineItemType]:
        """The company's cost types."""
        with self.lock:
            return self.type_table.live()

    def create_standard_cost_code(
        self, list_id: int, code: str, name: str, parent_id: int | None = None
    ) -> StandardCostCode:
        """Add a code to a standard list; projects made before do not get it."""
        with self.lock:
            return self.standard_code_table.create(
                standard_cost_code_list_id=list_id, code=code, name=name, parent_id=parent_id
            )

    def edit_standard_cost_code(self, code_id: int, **changes: object) -> StandardCostCode:
        """Change a standard code."""
        with self.lock:
            return self.standard_code_table.edit(code_id, **changes)

    def delete_standard_cost_code(self, code_id: int) -> None:
        """Remove a standard code; projects keep theirs."""
        with self.lock:
            self.standard_code_table.delete(code_id)

    def standard_cost_code(self, code_id: int) -> StandardCostCode:
        """The standard code; raises NoSuchRowError."""
        with self.lock:
            return self.standard_code_table.get(code_id)

    def standard_cost_codes(self, list_id: int | None = None) -> list[StandardCostCode]:
        """The codes of one list, or of all."""
        with self.lock:
            return [
                row
                for row in self.standard_code_table.live()
                if list_id in (None, row.standard_cost_code_list_id)
            ]

    def segments(self, code: StandardCostCode | CostCode) -> tuple[str, ...]:
        """The code's own segments from the division down."""
        with self.lock:
            above: StandardCostCode | CostCode | None = None
            if code.parent_id is not None:
                standard = isinstance(code, StandardCostCode)
                above = (self.standard_code_table if standard else self.cost_code_table).get(code.parent_id)
            return (*self.segments(above), code.code) if above else (code.code,)

    def create_cost_code(self, project_id: int, code: str, name: str, **fields: object) -> CostCode:
        """Add a code to a project; without `standard_cost_code_id` it is the project's own."""
        with self.lock:
            return self.cost_code_table.create(project_id=project_id, code=code, name=name, **fields)

    def edit_cost_code(self, code_id: int, **changes: object) -> CostCode:
        """Change a project's code."""
        with self.lock:
            return self.cost_code_table.edit(code_id, **changes)

    def delete_cost_code(self, code_id: int) -> None:
        """Remove a code from its project."""
        with self.lock:
            self.cost_code_table.delete(code_id)

    def cost_code(self, code_id: int) -> CostCode:
        """The project's code; raises NoSuchRowError."""
        with self.lock:
            return self.cost_code_table.get(code_id)

    def cost_codes(self, project_id: int | None = None) -> list[CostCode]:
        """The codes of one project, or of all."""
        with self.lock:
            rows = self.cost_code_table.live()
            return [row for row in rows if project_id in (None, row.project_id)]

    def copy_standard_codes(self, project_id: int) -> list[CostCode]:
        """Copy the codes of the project's standard list that it has not yet; returns the new ones."""
        with self.lock:
            project = self.project(project_id)
            had = {row.standard_cost_code_id: row.id for row in self.cost_codes(project_id)}
            added = []
            for code in self.standard_cost_codes(project.standard_cost_code_list_id):
                if code.id in had:
                    continue
                parent = had.get(code.parent_id) if code.parent_id else None
                row = self.create_cost_code(
                    project_id, code.code, code.name, parent_id=parent, standard_cost_code_id=code.id
                )
                had[code.id] = row.id
                added.append(row)
            return added

    # Projects

    def create_project(self, name: str, *, copy_codes: bool = True, **fields: object) -> Project:
        """Add a project; it takes the ERP list unless another is named, and that list's codes."""
        with self.lock:
            erp = next((row.id for row in self.list_table.live() if row.is_erp_list), None)
            project = self.project_table.create(name=name, **{"standard_cost_code_list_id": erp, **fields})
            if copy_codes and project.standard_cost_code_list_id is not None:
                self.copy_standard_codes(project.id)
            return project

    def edit_project(self, project_id: int, **changes: object) -> Project:
        """Change a project; `active=False` closes it."""
        with self.lock:
            return self.project_table.edit(project_id, **changes)

    def delete_project(self, project_id: int) -> None:
        """Remove a project."""
        with self.lock:
            self.project_table.delete(project_id)

    def project(self, project_id: int) -> Project:
        """The project; raises NoSuchRowError."""
        with self.lock:
            return self.project_table.get(project_id)

    def projects(self) -> list[Project]:
        """Every project, inactive ones too."""
        with self.lock:
            return self.project_table.live()

    # Commitments

    def create_commitment(
        self, kind: ContractKind | str, project_id: int, vendor_id: int | None, **fields: object
    ) -> Contract:
        """Add a subcontract or purchase order, a Draft unless `status` is given."""
        with self.lock:
            return self.contract_table.create(
                kind=ContractKind(kind), project_id=project_id, vendor_id=vendor_id, **fields
            )

    def edit_commitment(self, contract_id: int, **changes: object) -> Contract:
        """Change a commitment's header; ERP Integrations locks some of one that was sent to it."""
        with self.lock:
            if changes.keys() & _SENT_IS_LOCKED:
                self._must_be_free(contract_id)
            return self.contract_table.edit(contract_id, **changes)

    def approve(self, contract_id: int) -> Contract:
        """Set a commitment's status to Approved."""
        return self.edit_commitment(contract_id, status="Approved")

    def delete_commitment(self, contract_id: int) -> None:
        """Delete a commitment; lists show it again with `include_deleted`."""
        with self.lock:
            self._must_be_free(contract_id)
            self.contract_table.delete(contract_id)

    def commitment(self, contract_id: int) -> Contract:
        """The commitment; raises NoSuchRowError."""
        with self.lock:
            return self.contract_table.get(contract_id)

    def commitments(self, kind: ContractKind | str | None = None) -> list[Contract]:
        """Commitments of one kind, or of both."""
        with self.lock:
            return [row for row in self.contract_table.live() if kind in (None, row.kind)]

    def create_line(self, contract_id: int, cost_code_id: int | None, **fields: object) -> ContractLine:
        """Add a line at the end; with `extended_type="calculated"` the amount is computed."""
        with self.lock:
            contract = self.commitment(contract_id)
            self._must_be_free(contract_id)
            values = {"position": len(self.lines(contract_id)) + 1, **fields}
            line = self.line_table.create(
                contract_id=contract_id, kind=contract.kind, cost_code_id=cost_code_id, **values
            )
            return self._settled(line)

    def edit_line(self, line_id: int, **changes: object) -> ContractLine:
        """Change a line; its contract's `updated_at` moves with it."""
        with self.lock:
            before = self.line(line_id)
            if changes.keys() - _ORIGIN:
                self._must_be_free(before.contract_id)
            after = self.line_table.edit(line_id, **changes)
            return after if after == before else self._settled(after)

    def delete_line(self, line_id: int) -> None:
        """Remove a line."""
        with self.lock:
            self._must_be_free(self.line(line_id).contract_id)
            self.contract_table.touch(self.line_table.delete(line_id).contract_id)

    def line(self, line_id: int) -> ContractLine:
        """The line; raises NoSuchRowError."""
        with self.lock:
            return self.line_table.get(line_id)

    def lines(self, contract_id: int | None = None) -> list[ContractLine]:
        """The lines of one commitment by position, or all lines."""
        with self.lock:
            rows = [row for row in self.line_table.live() if contract_id in (None, row.contract_id)]
            return rows if contract_id is None else sorted(rows, key=lambda row: (row.position, row.id))

    def _must_be_free(self, contract_id: int) -> None:
        if self.erp.is_sent(Kind.COMMITMENT, contract_id):
            raise ForbiddenMoveError(f"commitment {contract_id} {SENT}")

    def _settled(self, line: ContractLine) -> ContractLine:
        if line.extended_type == "calculated":
            amount = (line.quantity * line.unit_cost).quantize(CENT, rounding=ROUND_HALF_UP)
            line = self.line_table.edit(line.id, amount=amount)
        self.contract_table.touch(line.contract_id)
        return line
