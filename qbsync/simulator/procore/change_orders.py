"""Change orders as the people in Procore make them: created, approved, edited, voided, deleted."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Final

from qbsync.simulator.procore.change_rows import ChangeOrder, ChangeOrderLine
from qbsync.simulator.procore.clock import Clock
from qbsync.simulator.procore.forbidden import SENT, ForbiddenMoveError
from qbsync.simulator.procore.rows import Contract
from qbsync.simulator.procore.table import Table

STATUSES: Final = (
    "draft",
    "not_pricing",
    "pricing",
    "pending",
    "revised",
    "proceeding",
    "not_proceeding",
    "no_charge",
    "approved",
    "rejected",
    "void",
)
APPROVED: Final = "approved"
_LOCKED: Final = frozenset({"title", "status"})
NewLine = tuple[int | None, Decimal, str, int | None]
"""Cost code, amount, description, and the commitment's line that is changed."""


class ChangeOrders:
    """A company's change orders, and a person's moves on them."""

    def __init__(
        self,
        clock: Clock,
        lock: threading.RLock,
        contracts: Table[Contract],
        approved: Callable[[ChangeOrder, Sequence[ChangeOrderLine]], None],
    ) -> None:
        self._clock = clock
        self._lock = lock
        self._contracts = contracts
        self._approved = approved
        """What else happens once one is approved: invoices may bill it."""
        self.sent: Callable[[int], bool] = lambda _: False
        """Whether ERP Integrations has locked one; the tool says so where it is connected."""
        self.package_table = Table(ChangeOrder, clock, 88_210)
        self.line_table = Table(ChangeOrderLine, clock, 1_880)

    def create(self, contract_id: int, lines: Sequence[NewLine] = (), **fields: object) -> ChangeOrder:
        """Add a change order to a commitment, numbered after its last, a draft unless `status` is given."""
        with self._lock:
            contract = self._contracts.get(contract_id)
            count = sum(row.contract_id == contract_id for row in self.package_table.everything())
            status = fields.pop("status", "draft")
            values = {"number": f"{count + 1:03}", **fields}
            row = self.package_table.create(contract_id=contract_id, project_id=contract.project_id, **values)
            for line in lines:
                self.add_line(row.id, *line)
            return self.approve(row.id) if status == APPROVED else self.edit(row.id, status=status)

    def create_prime(self, project_id: int, contract_id: int, **fields: object) -> ChangeOrder:
        """Add a change order of a prime contract, which nothing here concerns."""
        with self._lock:
            values = {"number": "P01", **fields}
            return self.package_table.create(
                project_id=project_id, contract_id=contract_id, prime=True, **values
            )

    def add_line(
        self,
        package_id: int,
        cost_code_id: int | None,
        amount: Decimal,
        description: str = "",
        commitment_line_id: int | None = None,
        **fields: object,
    ) -> ChangeOrderLine:
        """Add a line at the end."""
        with self._lock:
            self._must_be_free(package_id)
            line = self.line_table.create(
                package_id=package_id,
                position=len(self.lines(package_id)) + 1,
                cost_code_id=cost_code_id,
                amount=amount,
                description=description,
                commitment_line_id=commitment_line_id,
                **fields,
            )
            self.package_table.touch(package_id)
            return line

    def edit(self, package_id: int, **changes: object) -> ChangeOrder:
        """Change a change order's header; title and status of one that was sent are locked."""
        with self._lock:
            if changes.keys() & _LOCKED:
                self._must_be_free(package_id)
            return self.package_table.edit(package_id, **changes)

    def edit_line(self, line_id: int, **changes: object) -> ChangeOrderLine:
        """Change a line."""
        with self._lock:
            self._must_be_free(self.line_table.get(line_id).package_id)
            line = self.line_table.edit(line_id, **changes)
            self.package_table.touch(line.package_id)
            return line

    def approve(self, package_id: int) -> ChangeOrder:
        """Approve it; from then on invoices may bill it."""
        with self._lock:
            row = self.edit(package_id, status=APPROVED, executed=True, reviewed_at=self._clock.now())
            self._approved(row, self.lines(package_id))
            return row

    def void(self, package_id: int) -> ChangeOrder:
        """Void it."""
        return self.edit(package_id, status="void")

    def delete(self, package_id: int) -> None:
        """Delete it; lists show it again with `include_deleted`."""
        with self._lock:
            self._must_be_free(package_id)
            self.package_table.delete(package_id)

    def _must_be_free(self, package_id: int) -> None:
        if self.sent(package_id):
            raise ForbiddenMoveError(f"change order {package_id} {SENT}")

    def get(self, package_id: int) -> ChangeOrder:
        """The change order; raises NoSuchRowError."""
        with self._lock:
            return self.package_table.get(package_id)

    def of_contract(self, contract_id: int, status: str | None = None) -> list[ChangeOrder]:
        """A commitment's change orders, oldest first."""
        with self._lock:
            return [
                row
                for row in self.package_table.live()
                if row.contract_id == contract_id and not row.prime and status in (None, row.status)
            ]

    def lines(self, package_id: int) -> list[ChangeOrderLine]:
        """A change order's lines by position."""
        with self._lock:
            rows = [row for row in self.line_table.live() if row.package_id == package_id]
            return sorted(rows, key=lambda row: (row.position, row.id))

    def total(self, package_id: int) -> Decimal:
        """What it adds to the commitment."""
        return sum((line.amount for line in self.lines(package_id)), Decimal(0))
