"""What the ERP Integrations tool remembers beside the records themselves, and where origin ids are kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import fields
from typing import TYPE_CHECKING, Any, Final

from qbsync.simulator.procore.clock import Clock
from qbsync.simulator.procore.erp_rows import (
    Assignment,
    Detail,
    ErpBudget,
    JobCost,
    Kind,
    Request,
    StagedItem,
    StagedRecord,
    Transaction,
)
from qbsync.simulator.procore.invoice_rows import InvoiceItem, ItemType, Payment
from qbsync.simulator.procore.rows import Contract, Row
from qbsync.simulator.procore.table import Table

if TYPE_CHECKING:
    from qbsync.simulator.procore.state import ProcoreState

ITEM_OF: Final = {
    ItemType.CONTRACT: "requisition_contract_item",
    ItemType.DETAIL: "requisition_contract_detail_item",
    ItemType.CHANGE_ORDER: "requisition_change_order_item",
    ItemType.WHOLE_CHANGE_ORDER: "requisition_change_order_item",
}
"""External data's type of each kind of an invoice's item."""


class ErpTables:
    """The tool's tables; not locked by themselves, the company's state is."""

    def __init__(self, clock: Clock) -> None:
        self.items = Table(StagedItem, clock, 61_001)
        self.requests = Table(Request, clock, 900_131)
        self.details = Table(Detail, clock, 7_101)
        self.assignments = Table(Assignment, clock, 8_801)
        self.budgets = Table(ErpBudget, clock, 2_201)
        self.job_costs = Table(JobCost, clock, 456)
        self.transactions = Table(Transaction, clock, 1)
        self.staged = Table(StagedRecord, clock, 31)

    def item(self, kind: Kind, record_id: int) -> StagedItem | None:
        """The record in the tool, if it was ever sent or imported."""
        rows = self.items.live()
        return next((row for row in rows if row.kind == kind and row.item_id == record_id), None)

    def put(self, kind: Kind, record_id: int, **changes: object) -> StagedItem:
        """Change the record in the tool; it comes in where it was not."""
        row = self.item(kind, record_id)
        if row is None:
            return self.items.create(kind=kind, item_id=record_id, **changes)
        return self.items.edit(row.id, **changes)

    def take_out(self, kind: Kind, record_id: int) -> None:
        """Forget a record: it may be sent anew."""
        row = self.item(kind, record_id)
        if row is not None:
            self.items.delete(row.id)

    def open_details(self) -> list[Detail]:
        """Details that nobody has closed."""
        return [row for row in self.details.live() if row.is_open]

    def busy(self, kind: Kind, record_id: int) -> bool:
        """Whether a detail of the record is open, which greys its buttons."""
        return any(row.kind == kind and row.record_id == record_id for row in self.open_details())

    def budget_of(self, project_id: int) -> ErpBudget:
        """The project's budget in the tool, made when it is first asked for."""
        rows = (row for row in self.budgets.live() if row.project_id == project_id)
        return next(rows, None) or self.budgets.create(project_id=project_id)

    def job_costs_of(self, project_id: int) -> list[JobCost]:
        """The figures of one project."""
        return [row for row in self.job_costs.live() if row.project_id == project_id]

    def job_cost(self, project_id: int, cost_code_id: int, type_id: int | None) -> JobCost:
        """The figures of one cost code and type, made when they are first asked for."""
        for row in self.job_costs_of(project_id):
            if (row.cost_code_id, row.line_item_type_id) == (cost_code_id, type_id):
                return row
        return self.job_costs.create(
            project_id=project_id, cost_code_id=cost_code_id, line_item_type_id=type_id
        )

    def transactions_of(self, project_id: int) -> list[Transaction]:
        """What was ever exported of a project's budget, and what waits to be."""
        return [row for row in self.transactions.live() if row.project_id == project_id]

    def assignment(self, project_id: int, cost_code_id: int, type_id: int) -> Assignment:
        """The cost type on the cost code, made when it is first asked for."""
        for row in self.assignments.live():
            if (row.cost_code_id, row.line_item_type_id) == (cost_code_id, type_id):
                return row
        return self.assignments.create(
            project_id=project_id, cost_code_id=cost_code_id, line_item_type_id=type_id
        )


class Holders:
    """Where external data are kept: the tables of each item type, and their origin ids."""

    def __init__(self, state: ProcoreState, budgets: Table[ErpBudget]) -> None:
        items = state.invoices.item_table
        lines: list[tuple[Table[Any], Callable[[Any], bool]]] = [
            (state.line_table, _any),
            (state.change_orders.line_table, _any),
        ]
        self._places: dict[str, list[tuple[Table[Any], Callable[[Any], bool]]]] = {
            "vendor": [(state.vendor_table, _any)],
            "project": [(state.project_table, _any)],
            "cost_code": [(state.cost_code_table, _any)],
            "standard_cost_code": [(state.standard_code_table, _any)],
            "line_item_type": [(state.type_table, _any)],
            "line_item": lines,
            "change_order": [(state.change_orders.package_table, _any)],
            "requisition": [(state.invoices.invoice_table, _any)],
            **{name: [(state.payments.payment_table, _pays(name))] for name in _PAYMENTS},
            "budget": [(budgets, _any)],
            **{kind: [(state.contract_table, _of_kind(kind))] for kind in _CONTRACTS},
            **{name: [(items, _bills(name))] for name in ITEM_OF.values()},
        }

    def count_alike(self) -> None:
        """Have the ids of all types count on from one number: an id is its type's own (reference 4.2, E7).

        Tables that share a type keep apart: their ids are one type's.
        """
        first = max(table.next_id for places in self._places.values() for table, _ in places)
        for places in self._places.values():
            for place, (table, _) in enumerate(places):
                table.count_from(first + place * _APART)

    def knows(self, item_type: str) -> bool:
        """Whether external data of that type are kept here."""
        return item_type in self._places

    def find(self, item_type: str, item_id: int) -> Row | None:
        """The row, or None where there is none of that type."""
        for table, belongs in self._places.get(item_type, ()):
            row: Row | None = table.find(item_id)
            if row is not None and belongs(row):
                return row
        return None

    def all(self, item_type: str) -> Iterator[Row]:
        """Every row of a type, whichever table keeps it."""
        for table, belongs in self._places.get(item_type, ()):
            yield from (row for row in table.live() if belongs(row))

    def write(self, item_type: str, item_id: int, **values: object) -> None:
        """Set what the row has of the three origin fields; raises KeyError where there is no row."""
        for table, belongs in self._places[item_type]:
            row = table.find(item_id)
            if row is not None and belongs(row):
                own = {one.name for one in fields(row)}
                table.edit(item_id, **{name: value for name, value in values.items() if name in own})
                return
        raise KeyError(item_id)


_APART: Final = 1_000_000
"""How far apart the ids of two tables of one type begin."""
_CONTRACTS: Final = ("work_order_contract", "purchase_order_contract")
_PAYMENTS: Final = ("contract_payment", "invoice_payment")


def _any(_: object) -> bool:
    return True


def _of_kind(kind: str) -> Callable[[Contract], bool]:
    return lambda row: row.kind == kind


def _pays(name: str) -> Callable[[Payment], bool]:
    return lambda row: row.item_type == name


def _bills(name: str) -> Callable[[InvoiceItem], bool]:
    return lambda row: ITEM_OF[row.item_type] == name
