"""Payments issued on commitments, and what people in Procore do with them."""

from __future__ import annotations

import threading
from datetime import date
from decimal import Decimal

from qbsync.simulator.procore.clock import Clock
from qbsync.simulator.procore.forbidden import SYNCED, ForbiddenMoveError
from qbsync.simulator.procore.invoice_rows import ZERO, Payment
from qbsync.simulator.procore.rows import Contract
from qbsync.simulator.procore.table import Table


class Payments:
    """A company's payments issued; one with an origin id can neither be edited nor deleted by hand."""

    def __init__(self, clock: Clock, lock: threading.RLock, contracts: Table[Contract]) -> None:
        self._lock = lock
        self._contracts = contracts
        self.payment_table = Table(Payment, clock, 55_010)

    def create(self, contract_id: int, amount: Decimal, on: date | None = None, **fields: object) -> Payment:
        """Enter a payment; `fields` are further fields of Payment."""
        with self._lock:
            contract = self._contracts.get(contract_id)
            values = {"payment_number": len(self.of_contract(contract_id)) + 1, **fields}
            return self.payment_table.create(
                contract_id=contract_id, project_id=contract.project_id, amount=amount, date=on, **values
            )

    def edit(self, payment_id: int, **changes: object) -> Payment:
        """Change a payment; raises ForbiddenMoveError for a synced one."""
        with self._lock:
            self._free(payment_id)
            return self.payment_table.edit(payment_id, **changes)

    def delete(self, payment_id: int) -> None:
        """Remove a payment; raises ForbiddenMoveError for a synced one."""
        with self._lock:
            self._free(payment_id)
            self.payment_table.delete(payment_id)

    def get(self, payment_id: int) -> Payment:
        """The payment; raises NoSuchRowError."""
        with self._lock:
            return self.payment_table.get(payment_id)

    def all(self) -> list[Payment]:
        """Every payment of the company."""
        with self._lock:
            return self.payment_table.live()

    def of_contract(self, contract_id: int) -> list[Payment]:
        """The payments of one commitment."""
        with self._lock:
            return [row for row in self.payment_table.live() if row.contract_id == contract_id]

    def of_invoice(self, invoice_id: int) -> list[Payment]:
        """The payments of one invoice."""
        with self._lock:
            return [row for row in self.payment_table.live() if row.requisition_id == invoice_id]

    def total(self, contract_id: int) -> Decimal:
        """What was paid on one commitment."""
        return sum((row.amount for row in self.of_contract(contract_id)), ZERO)

    def _free(self, payment_id: int) -> None:
        if self.get(payment_id).origin_id:
            raise ForbiddenMoveError(f"payment {payment_id} {SYNCED}")
