"""What a commitment's invoices bill: its lines, the subcontractor's own schedule, and change orders."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from qbsync.simulator.procore.clock import Clock
from qbsync.simulator.procore.forbidden import ForbiddenMoveError
from qbsync.simulator.procore.invoice_rows import BilledChange, DetailLine, ItemType
from qbsync.simulator.procore.rows import Contract, ContractLine
from qbsync.simulator.procore.table import Table

Entry = dict[str, object]
Source = tuple[ItemType, int]


class Schedules:
    """The schedules of all commitments; not locked by itself, its owner is."""

    def __init__(self, clock: Clock, contracts: Table[Contract], lines: Table[ContractLine]) -> None:
        self._contracts = contracts
        self._lines = lines
        self.detail_table = Table(DetailLine, clock, 990_011)
        self.change_table = Table(BilledChange, clock, 592_006)

    def create_detail(self, line_id: int, amount: Decimal, description: str = "") -> DetailLine:
        """Add a line of the subcontractor's own schedule below a commitment's line."""
        line = self._lines.get(line_id)
        rows = self.details(line.contract_id)
        return self.detail_table.create(
            contract_id=line.contract_id,
            line_item_id=line_id,
            position=len(rows) + 1,
            amount=amount,
            description=description,
        )

    def details(self, contract_id: int) -> list[DetailLine]:
        """The subcontractor's own schedule of a commitment, by position."""
        rows = [row for row in self.detail_table.live() if row.contract_id == contract_id]
        return sorted(rows, key=lambda row: row.position)

    def add_change(self, contract_id: int, package_id: int, **fields: object) -> BilledChange:
        """Let the commitment's next invoice bill a change order's line, or the whole of it."""
        self._contracts.get(contract_id)
        line_id = fields.get("line_id")
        for row in self.changes(contract_id):
            if row.package_id == package_id and (line_id is None or row.line_id in (None, line_id)):
                raise ForbiddenMoveError(f"change order {package_id} is on contract {contract_id} already")
        return self.change_table.create(contract_id=contract_id, package_id=package_id, **fields)

    def changes(self, contract_id: int) -> list[BilledChange]:
        """The change orders that a commitment's invoices bill, in the order in which they were added."""
        return [row for row in self.change_table.live() if row.contract_id == contract_id]

    def entries(self, contract_id: int) -> dict[Source, Entry]:
        """What an invoice of the commitment lists now, as fields of its items."""
        contract = self._contracts.get(contract_id)
        found = [*self._of_lines(contract), *(_of_change(row) for row in self.changes(contract_id))]
        return dict(found)

    def _of_lines(self, contract: Contract) -> Iterator[tuple[Source, Entry]]:
        rows = [line for line in self._lines.live() if line.contract_id == contract.id]
        details = self.details(contract.id)
        for line in sorted(rows, key=lambda row: (row.position, row.id)):
            below = [detail for detail in details if detail.line_item_id == line.id]
            if not below:
                yield (ItemType.CONTRACT, line.id), _of_line(contract, line)
            for detail in below:
                yield (ItemType.DETAIL, detail.id), _of_detail(line, detail)


def _of_line(contract: Contract, line: ContractLine) -> Entry:
    by_unit = contract.accounting_method == "unit"
    return {
        "line_item_id": line.id,
        "commitment_line_id": line.id,
        "cost_code_id": line.cost_code_id,
        "line_item_type_id": line.line_item_type_id,
        "description": line.description,
        "scheduled_value": line.amount,
        "scheduled_quantity": line.quantity if by_unit else None,
        "scheduled_unit_price": line.unit_cost if by_unit else None,
        "uom": line.uom if by_unit else None,
    }


def _of_detail(line: ContractLine, detail: DetailLine) -> Entry:
    return {
        "commitment_line_id": line.id,
        "cost_code_id": line.cost_code_id,
        "line_item_type_id": line.line_item_type_id,
        "description": detail.description or line.description,
        "scheduled_value": detail.amount,
    }


def _of_change(row: BilledChange) -> tuple[Source, Entry]:
    whole = row.line_id is None
    kind = ItemType.WHOLE_CHANGE_ORDER if whole else ItemType.CHANGE_ORDER
    return (kind, row.package_id if row.line_id is None else row.line_id), {
        "line_item_id": row.line_id,
        "commitment_line_id": row.commitment_line_id,
        "package_id": row.package_id,
        "cost_code_id": row.cost_code_id,
        "line_item_type_id": row.line_item_type_id,
        "description": row.description or row.title,
        "scheduled_value": row.amount,
    }
