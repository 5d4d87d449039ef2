"""Subcontractor invoices as people in Procore make them: billed, submitted, approved, revised, deleted."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from datetime import date
from decimal import Decimal
from typing import Final

from qbsync.simulator.procore.clock import Clock
from qbsync.simulator.procore.forbidden import SENT, SYNCED, ForbiddenMoveError
from qbsync.simulator.procore.invoice_maths import Billing, Figures, begun, billed, figures_of
from qbsync.simulator.procore.invoice_rows import (
    CLOSED_STATUSES,
    OPEN_STATUSES,
    ZERO,
    BilledChange,
    BillingPeriod,
    DetailLine,
    Invoice,
    InvoiceItem,
    ItemType,
)
from qbsync.simulator.procore.rows import Contract, ContractLine
from qbsync.simulator.procore.schedules import Entry, Schedules, Source
from qbsync.simulator.procore.table import Table

Key = int | tuple[ItemType, int]
"""An item: its source's id alone where no other item's source has it, or its type and that id."""
Lines = Mapping[Key, Billing | Decimal | int | str]
"""What is billed per item; a number is work completed in the period."""

_NOT_EDITED: Final = frozenset(
    {"id", "contract_id", "project_id", "number", "previous_id", "status", "origin_id"}
)


class Invoices:
    """A company's billing periods and invoices, and a person's moves on them.

    A commitment's invoices follow each other: totals carry over, and only the last one can be changed, while
    it is open and no origin id has locked it (reference, 2.9 and 3.8). Moves that Procore does not allow
    raise ForbiddenMoveError and change nothing.
    """

    def __init__(
        self, clock: Clock, lock: threading.RLock, contracts: Table[Contract], lines: Table[ContractLine]
    ) -> None:
        self._clock = clock
        self._lock = lock
        self._contracts = contracts
        self.schedules = Schedules(clock, contracts, lines)
        self.period_table = Table(BillingPeriod, clock, 117_330)
        self.invoice_table = Table(Invoice, clock, 128_010)
        self.item_table = Table(InvoiceItem, clock, 17_918_097)
        self.sent: Callable[[int], bool] = lambda _: False
        """Whether ERP Integrations has locked one; the tool says so where it is connected."""
        self.closed_are_locked = False
        """Refuse origin ids on closed invoices over the public API, which may be so (reference, 3.8)."""

    # What is billed

    def create_period(
        self, project_id: int, start: date, end: date, due: date | None = None, status: str = "open"
    ) -> BillingPeriod:
        """Add a billing period to a project; it is due on its last day unless `due` is given."""
        with self._lock:
            return self.period_table.create(
                project_id=project_id,
                start_date=start,
                end_date=end,
                due_date=due or end,
                position=len(self.periods(project_id)) + 1,
                status=status,
            )

    def periods(self, project_id: int) -> list[BillingPeriod]:
        """A project's billing periods."""
        with self._lock:
            return [row for row in self.period_table.live() if row.project_id == project_id]

    def create_detail(self, line_id: int, amount: Decimal, description: str = "") -> DetailLine:
        """Add a line to the subcontractor's own schedule; from then on it is billed, not its parent."""
        with self._lock:
            return self.schedules.create_detail(line_id, amount, description)

    def add_change_order_line(
        self, contract_id: int, package_id: int, line_id: int, amount: Decimal, **more: object
    ) -> BilledChange:
        """Let following invoices bill a line of a change order; `more` are fields of BilledChange."""
        with self._lock:
            return self.schedules.add_change(contract_id, package_id, line_id=line_id, amount=amount, **more)

    def add_whole_change_order(
        self, contract_id: int, package_id: int, amount: Decimal, **more: object
    ) -> BilledChange:
        """Let following invoices bill a change order as one item; `more` are fields of BilledChange."""
        with self._lock:
            return self.schedules.add_change(contract_id, package_id, amount=amount, **more)

    def remove_change_order(self, contract_id: int, package_id: int) -> None:
        """Take a change order off the following invoices; forbidden once one lists it."""
        with self._lock:
            listed = {item.package_id for row in self.of_contract(contract_id) for item in self.items(row.id)}
            if package_id in listed:
                raise ForbiddenMoveError(f"change order {package_id} is on an invoice already")
            for row in self.schedules.changes(contract_id):
                if row.package_id == package_id:
                    self.schedules.change_table.delete(row.id)

    # A person's moves

    def create(
        self,
        contract_id: int,
        period_id: int | None = None,
        lines: Lines | None = None,
        *,
        number: str = "",
        retainage: Decimal | None = None,
        stored_retainage: Decimal | None = None,
        status: str = "draft",
        **header: object,
    ) -> Invoice:
        """Add a commitment's next invoice; `header` are further fields of Invoice.

        `retainage` is in percent and the commitment's own by default; that of materials is as high unless
        given. An item that `lines` does not name bills nothing.
        """
        with self._lock:
            contract = self._contracts.get(contract_id)
            percent = contract.retainage_percent if retainage is None else retainage
            before = self.latest(contract_id)
            values = {
                **self._dates(period_id),
                "contract_id": contract_id,
                "project_id": contract.project_id,
                "number": before.number + 1 if before else 1,
                "previous_id": before.id if before else None,
                "period_id": period_id,
                "invoice_number": number,
                "status": _known(status),
                "retainage_percent": percent,
                "stored_retainage_percent": percent if stored_retainage is None else stored_retainage,
                **header,
            }
            now = self._clock.now()
            draft = Invoice(id=0, created_at=now, updated_at=now, **values)  # type: ignore[arg-type]
            plan = self._plan(draft, lines or {})
            row = self.invoice_table.create(**values)
            self._write(row, plan)
            return row

    def edit(self, invoice_id: int, lines: Lines | None = None, **changes: object) -> Invoice:
        """Change the last, open invoice: items that `lines` names are billed anew, the others stay.

        `changes` are fields of Invoice; new percentages count for the items named.
        """
        with self._lock:
            row = self._editable(invoice_id)
            if odd := _NOT_EDITED & changes.keys():
                raise ForbiddenMoveError(f"nobody types {', '.join(sorted(odd))} of an invoice")
            plan = self._plan(replace(row, **changes), lines or {})  # type: ignore[arg-type]
            self.invoice_table.edit(row.id, **changes)
            self._write(row, plan)
            return self.get(invoice_id)

    def submit(self, invoice_id: int) -> Invoice:
        """Hand an open invoice in for review."""
        return self._move(invoice_id, "under_review", submitted_at=self._clock.now().date())

    def approve(self, invoice_id: int, status: str = "approved") -> Invoice:
        """Close an invoice with one of the approving statuses."""
        if status not in CLOSED_STATUSES:
            raise ForbiddenMoveError(f"{status!r} approves nothing")
        return self._move(invoice_id, status)

    def revise(self, invoice_id: int) -> Invoice:
        """Open the last invoice again."""
        with self._lock:
            self._last(invoice_id)
            return self._move(invoice_id, "revise_and_resubmit")

    def delete(self, invoice_id: int) -> None:
        """Remove the last, open invoice."""
        with self._lock:
            self._editable(invoice_id)
            for item in self.items(invoice_id):
                self.item_table.delete(item.id)
            self.invoice_table.delete(invoice_id)

    def write_origin(self, invoice_id: int, **changes: object) -> Invoice:
        """Set or clear `origin_id` and `origin_data`, as an integration does; open for closed ones too."""
        with self._lock:
            return self.invoice_table.edit(invoice_id, **changes)

    # Reads

    def get(self, invoice_id: int) -> Invoice:
        """The invoice; raises NoSuchRowError."""
        with self._lock:
            return self.invoice_table.get(invoice_id)

    def all(self) -> list[Invoice]:
        """Every invoice of the company."""
        with self._lock:
            return self.invoice_table.live()

    def of_contract(self, contract_id: int) -> list[Invoice]:
        """The invoices of one commitment, the first one first."""
        with self._lock:
            return [row for row in self.invoice_table.live() if row.contract_id == contract_id]

    def latest(self, contract_id: int) -> Invoice | None:
        """The commitment's last invoice."""
        return next(reversed(self.of_contract(contract_id)), None)

    def items(self, invoice_id: int) -> list[InvoiceItem]:
        """The items of one invoice by position."""
        with self._lock:
            rows = [row for row in self.item_table.live() if row.invoice_id == invoice_id]
            return sorted(rows, key=lambda row: (row.position, row.id))

    def figures(self, invoice_id: int) -> Figures:
        """The summary of one invoice."""
        return figures_of(self.items(invoice_id))

    def problem(self, row: Invoice) -> str | None:
        """Why nothing but origin fields and attachments of an invoice can be changed; None where it can."""
        if row.origin_id:
            return SYNCED
        if self.sent(row.id):
            return SENT
        last = self.latest(row.contract_id)
        if last is None or last.id != row.id:
            return "cannot be updated because it is not the latest invoice of its contract"
        return None if row.is_open else f"cannot be updated because it is {row.status}"

    def _editable(self, invoice_id: int) -> Invoice:
        row = self.get(invoice_id)
        if words := self.problem(row):
            raise ForbiddenMoveError(f"invoice {invoice_id} {words}")
        return row

    def _last(self, invoice_id: int) -> None:
        row = self.get(invoice_id)
        if self.latest(row.contract_id) != row:
            raise ForbiddenMoveError(f"invoice {invoice_id} is not the last of its contract")

    def _move(self, invoice_id: int, status: str, **changes: object) -> Invoice:
        with self._lock:
            if self.get(invoice_id).origin_id:
                raise ForbiddenMoveError(f"invoice {invoice_id} {SYNCED}")
            if self.sent(invoice_id):
                raise ForbiddenMoveError(f"invoice {invoice_id} {SENT}")
            return self.invoice_table.edit(invoice_id, status=status, **changes)

    def _dates(self, period_id: int | None) -> Entry:
        if period_id is None:
            return {}
        period = self.period_table.get(period_id)
        return {
            "requisition_start": period.start_date,
            "requisition_end": period.end_date,
            "billing_date": period.end_date,
        }

    def _by_source(self, invoice_id: int | None) -> dict[Source, InvoiceItem]:
        rows = [] if invoice_id is None else self.items(invoice_id)
        return {(row.item_type, row.source_id): row for row in rows}

    def _plan(self, invoice: Invoice, lines: Lines) -> list[tuple[int | None, Entry]]:
        """The items as they will be: the id of those that exist, and all fields."""
        held, before = self._by_source(invoice.id), self._by_source(invoice.previous_id)
        entries = self.schedules.entries(invoice.contract_id)
        for source, item in before.items():
            # What was billed stays on the list when its line is gone, else money would be lost.
            if source not in entries and item.to_date:
                entries[source] = _as_before(item)
        typed = _typed(lines, entries)
        plan: list[tuple[int | None, Entry]] = []
        for position, (source, entry) in enumerate(entries.items(), 1):
            there = held.get(source)
            values = {"item_type": source[0], "source_id": source[1], "position": position, **entry}
            values |= begun(invoice, before.get(source))
            if there is None or source in typed:
                values |= self._billed(invoice, values, typed.get(source, Billing()))
            plan.append((there.id if there else None, values))
        return plan

    def _billed(self, invoice: Invoice, values: Entry, typed: Billing) -> Entry:
        now = self._clock.now()
        item = InvoiceItem(id=0, created_at=now, updated_at=now, invoice_id=0, **values)  # type: ignore[arg-type]
        period = billed(invoice, item, typed)
        after = replace(item, **period)  # type: ignore[arg-type]
        for paid, held in (
            (after.released, after.retained_before + after.retained),
            (after.stored_released, after.stored_retainage + after.stored_released),
        ):
            if abs(paid) > abs(held):
                raise ForbiddenMoveError(f"{paid} is more retainage than is held ({held})")
        return period

    def _write(self, invoice: Invoice, plan: list[tuple[int | None, Entry]]) -> None:
        kept = {item_id for item_id, _ in plan}
        for item in self.items(invoice.id):
            if item.id not in kept:
                self.item_table.delete(item.id)
        for item_id, values in plan:
            if item_id is None:
                self.item_table.create(invoice_id=invoice.id, **values)
            else:
                self.item_table.edit(item_id, **values)
        self.invoice_table.touch(invoice.id)


def _known(status: str) -> str:
    if status not in (*OPEN_STATUSES, *CLOSED_STATUSES):
        raise ForbiddenMoveError(f"{status!r} is no status of an invoice")
    return status


def _as_before(item: InvoiceItem) -> Entry:
    names = {
        "line_item_id",
        "commitment_line_id",
        "package_id",
        "cost_code_id",
        "line_item_type_id",
        "description",
        "scheduled_quantity",
        "scheduled_unit_price",
        "uom",
    }
    kept = {field.name: getattr(item, field.name) for field in fields(item) if field.name in names}
    return {**kept, "scheduled_value": ZERO}


def _typed(lines: Lines, entries: Mapping[Source, Entry]) -> dict[Source, Billing]:
    typed: dict[Source, Billing] = {}
    for key, value in lines.items():
        found = [source for source in entries if key in (source, source[1])]
        if len(found) != 1:
            raise ForbiddenMoveError(f"{len(found)} items of the invoice are called {key}")
        typed[found[0]] = value if isinstance(value, Billing) else Billing(work=Decimal(value))
    return typed
