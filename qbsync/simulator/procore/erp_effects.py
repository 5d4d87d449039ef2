"""What the connector's calls do to the tool and to Procore's records, and what it must not do (4.2)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Final

from qbsync.simulator.procore.answers import Json
from qbsync.simulator.procore.erp_imports import Imports
from qbsync.simulator.procore.erp_rows import (
    STALE,
    SUCCESS,
    Assignment,
    Closing,
    Detail,
    JobCost,
    Kind,
    Purpose,
    Stage,
    Transaction,
)
from qbsync.simulator.procore.invoice_rows import METHODS, Payment
from qbsync.simulator.procore.writing import Errors, calendar_day

FIGURES: Final = frozenset(
    {
        "original_estimate",
        "original_estimate_units",
        "approved_estimate_changes",
        "approved_estimate_unit_changes",
        "estimate",
        "estimate_units",
        "original_commitment",
        "approved_commitment_changes",
        "revised_commitment",
        "committed_costs",
        "commitment_invoiced",
        "open_balance",
        "paid_amount",
        "percentage_complete",
        "job_to_date_cost",
        "job_to_date_units",
        "job_to_date_dollars_paid",
        "month_to_date_cost",
        "month_to_date_units",
        "month_to_date_dollars_paid",
    }
)
_WITH_LINES: Final[Mapping[str, Kind]] = {
    "work_order_contract": Kind.COMMITMENT,
    "purchase_order_contract": Kind.COMMITMENT,
    "change_order": Kind.CHANGE_ORDER,
    "requisition": Kind.REQUISITION,
}
_TAKEN: Final[Errors] = {"origin_id": ["has already been taken"]}
_LOST: Final[Errors] = {"id": ["Entity with this ID not found"]}


class Effects(Imports):
    """The connector's side of the tool; the endpoints are in `erp_api.py`."""

    def connect(self, service_url: str, metadata: Mapping[str, object]) -> int:
        """Make the connection; returns the id of the standard cost code list made for it."""
        self.service_url = service_url
        self.posted = metadata
        return self.code_list()

    def close(self, detail_id: int, status: str, messages: tuple[str, ...]) -> Detail | None:
        """Close a detail; None where there is no such one. A second close changes nothing, but is noted."""
        about = f"request detail {detail_id}"
        row = self.tables.details.find(detail_id)
        if row is None:
            self._violated("closes an unknown detail", about)
            return None
        now = self._state.clock.now()
        self.closings.append(Closing(detail_id=detail_id, status=status, messages=messages, at=now))
        if not row.is_open:
            if row.status != STALE:
                self._violated("closes twice", about)
            return row
        if status == SUCCESS:
            self._must_be_done(row)
        elif not any(messages):
            self._violated("fails without a word", about)
        row = self.tables.details.edit(detail_id, status=status, messages=messages)
        self._settle(row)
        return row

    def external(self, item_type: str, item_id: int, sent: Mapping[str, object]) -> Errors:
        """Set or clear a record's origin id; an id is one record's alone within its type."""
        if not self.holders.knows(item_type):
            return {"item_type": ["is not included in the list"]}
        if self.holders.find(item_type, item_id) is None:
            return _LOST
        if "origin_id" not in sent:
            return {"origin_id": ["is missing"]}
        self.named.add((item_type, item_id))
        origin = sent["origin_id"] or None
        if origin and any(
            row.origin_id == origin and row.id != item_id for row in self.holders.all(item_type)
        ):
            return _TAKEN
        if origin:
            self._lines_come_first(item_type, item_id)
        names = ("origin_id", "origin_code", "origin_data")
        values = {name: None if sent[name] is None else str(sent[name]) for name in names if name in sent}
        self.holders.write(
            item_type, item_id, **{**values, "origin_id": None if origin is None else str(origin)}
        )
        return {}

    def assign(self, project_id: int, update: Mapping[str, object]) -> tuple[Assignment | None, Errors]:
        """Say that a cost type on a project's cost code is in the books."""
        code = self._state.cost_code_table.find(_whole(update.get("cost_code_id")))
        kind = self._state.type_table.find(_whole(update.get("line_item_type_id")))
        if code is None or code.project_id != project_id:
            return None, {"cost_code_id": ["Entity with this ID not found"]}
        if kind is None:
            return None, {"line_item_type_id": ["Entity with this ID not found"]}
        row = self.tables.assignment(project_id, code.id, kind.id)
        return self.tables.assignments.edit(row.id, synced=update.get("synced") is True), {}

    def figure(self, project_id: int, update: Mapping[str, object]) -> tuple[JobCost | None, Errors]:
        """Take the figures of one cost code and type; a budget thaws once each of its estimates is there."""
        code = self._state.cost_code_table.find(_whole(update.get("cost_code_id")))
        kind = self._state.type_table.find(_whole(update.get("line_item_type_id")))
        if code is None or code.project_id != project_id or kind is None:
            return None, {"cost_code_id": ["is no cost code and cost type of the project"]}
        figures: dict[str, Decimal] = {}
        for name in FIGURES & update.keys():
            value = update[name]
            if isinstance(value, bool) or not isinstance(value, int | float):
                return None, {name: ["is not a number"]}
            figures[name] = Decimal(str(value))
        row = self.tables.job_cost(project_id, code.id, kind.id)
        waits = any(
            one.job_cost_id == row.id and not one.synced for one in self.tables.transactions_of(project_id)
        )
        row = self.tables.job_costs.edit(
            row.id,
            figures={**row.figures, **figures},
            due=row.due and (waits or "original_estimate" not in figures),
        )
        self._thaw(project_id)
        return row, {}

    def transaction(self, project_id: int, update: Mapping[str, object]) -> tuple[Transaction | None, Errors]:
        """Take a budget transaction as exported."""
        row = self.tables.transactions.find(_whole(update.get("id")))
        if row is None or row.project_id != project_id:
            return None, _LOST
        origin = update.get("origin_id")
        rows = self.tables.transactions.live()
        if origin and any(one.origin_id == origin and one.id != row.id for one in rows):
            return None, _TAKEN
        values: Json = {"synced": update.get("synced") is True}
        if "origin_id" in update:
            values["origin_id"] = str(origin) if origin else None
        return self.tables.transactions.edit(row.id, **values), {}

    def invoice_payment(self, update: Mapping[str, object]) -> tuple[Payment | None, Errors]:
        """Take a payment of an invoice, known by its origin id; its further fields are those of a payment."""
        if update.get("invoice_type") != "Billings::Requisition":
            return None, {"invoice_type": ["is not included in the list"]}
        invoice = self._state.invoices.invoice_table.find(_whole(update.get("invoice_id")))
        origin = update.get("origin_id")
        if invoice is None:
            return None, {"invoice_id": ["Entity with this ID not found"]}
        if not origin:
            return None, {"origin_id": ["can't be blank"]}
        values, problems = _payment_values(update)
        row = next((one for one in self._state.payments.all() if one.origin_id == origin), None)
        if row is None and "amount" not in values:
            problems |= {"amount": ["can't be blank"]}
        if row is not None and row.requisition_id != invoice.id:
            problems |= _TAKEN
        if problems:
            return None, problems
        if row is not None:
            return self._state.payments.payment_table.edit(row.id, **values), {}
        amount, on = values.pop("amount"), values.pop("date", None)
        values |= {"requisition_id": invoice.id, "origin_id": str(origin), "status": "paid"}
        values["item_type"] = "invoice_payment"
        values.setdefault("invoice_number", invoice.invoice_number)
        return self._state.payments.create(invoice.contract_id, amount, on, **values), {}  # type: ignore[arg-type]  # read above

    def delete_assignment(self, assignment_id: int) -> bool:
        """Take a cost type off a cost code; False where it was gone."""
        if self.tables.assignments.find(assignment_id) is None:
            return False
        self.tables.assignments.delete(assignment_id)
        return True

    def uses_of_code(self, code_id: int) -> str:
        """What in Procore needs a project's cost code, in words; empty where nothing does."""
        state = self._state
        tables: Mapping[str, Iterable[object]] = {
            "a budget line": state.budgets.line_table.live(),
            "a commitment's line": state.line_table.live(),
            "a change order's line": state.change_orders.line_table.live(),
        }
        used = (
            words
            for words, rows in tables.items()
            if any(getattr(row, "cost_code_id", None) == code_id for row in rows)
        )
        return next(used, "")

    def delete_project_code(self, code_id: int) -> bool:
        """Remove a project's cost code, its assignments and figures; False where it was gone."""
        if self._state.cost_code_table.find(code_id) is None:
            return False
        for row in self.tables.assignments.live():
            if row.cost_code_id == code_id:
                self.tables.assignments.delete(row.id)
        for cost in self.tables.job_costs.live():
            if cost.cost_code_id == code_id:
                self.tables.job_costs.delete(cost.id)
        self._state.delete_cost_code(code_id)
        return True

    def delete_job_cost(self, cost_id: int) -> bool:
        """Remove the figures of one cost code and type; False where they were gone."""
        if self.tables.job_costs.find(cost_id) is None:
            return False
        self.tables.job_costs.delete(cost_id)
        return True

    def _lines_come_first(self, item_type: str, item_id: int) -> None:
        """A header's id makes the record synced: who dies after it leaves lines without theirs."""
        kind = _WITH_LINES.get(item_type)
        if kind is None or self.origin_of(kind, item_id):
            return
        for place in self.without_id(kind, item_id)[1:]:
            if place not in self.named:
                self._violated("a header's id before its line's", f"{item_type} {item_id}: line {place[1]}")

    def _must_be_done(self, detail: Detail) -> None:
        about = f"request detail {detail.id}"
        if detail.purpose is Purpose.DELETE and self._is_there(detail):
            self._violated("success before the deletion", f"{about}: {detail.item_type} {detail.item_id}")
        if detail.kind is None or detail.record_id is None:
            return
        bare = self.without_id(detail.kind, detail.record_id)
        if detail.purpose is Purpose.EXPORT:
            codes = self._codes_of(detail)
            for item_type, item_id in bare:
                if item_type != "cost_code" or item_id in codes:
                    self._violated("success before external data", f"{about}: {item_type} {item_id}")
            self._must_be_complete(detail.kind, detail.record_id, codes, about)
        elif detail.purpose is Purpose.UNLINK:
            every = {
                self.header_of(detail.kind, detail.record_id),
                *self.parts_of(detail.kind, detail.record_id),
            }
            for item_type, item_id in sorted(every - set(bare)):
                self._violated("success before the ids are cleared", f"{about}: {item_type} {item_id}")

    def _codes_of(self, detail: Detail) -> set[int]:
        """The cost codes that an export's request names: those which its job got later come with the next."""
        data = self.tables.requests.get(detail.request_id).data
        codes = data.get("all_cost_codes", []) if isinstance(data, dict) else []
        return {_whole(code["id"]) for code in codes}

    def _must_be_complete(self, kind: Kind, record_id: int, codes: set[int], about: str) -> None:
        if kind is Kind.BUDGET:
            for row in self.tables.transactions_of(record_id):
                if not row.synced:
                    self._violated("success before the transactions", f"{about}: transaction {row.id}")
        if kind is Kind.JOB:
            for code in self.payloads.job_codes(record_id):
                synced = code["standard_cost_code_origin_id"] and code["id"] in codes
                types = code["line_item_types"] if synced else []
                for one in types if isinstance(types, list) else []:
                    pair = self.tables.assignment(record_id, int(str(code["id"])), int(one["id"]))
                    if not pair.synced:
                        self._violated("success before the assignments", f"{about}: assignment {pair.id}")

    def _is_there(self, detail: Detail) -> bool:
        if detail.item_id is None:
            return False
        if detail.item_type == "cost_code":
            return self._state.cost_code_table.find(detail.item_id) is not None
        return self.tables.assignments.find(detail.item_id) is not None

    def _settle(self, detail: Detail) -> None:
        """What a closed detail means for its record in the tool."""
        if detail.kind is None or detail.record_id is None:
            return
        good = detail.status == SUCCESS
        match detail.purpose:
            case Purpose.EXPORT:
                synced = good and self.origin_of(detail.kind, detail.record_id) is not None
                self.tables.put(
                    detail.kind,
                    detail.record_id,
                    stage=Stage.SYNCED if synced else Stage.FAILED,
                    messages=detail.messages,
                )
                if detail.kind is Kind.BUDGET:
                    self._budget_closed(detail.record_id, good=good)
            case Purpose.UNLINK if good:
                self.tables.take_out(detail.kind, detail.record_id)
            case Purpose.UNLINK:
                self.tables.put(detail.kind, detail.record_id, stage=Stage.SYNCED, messages=detail.messages)
            case Purpose.DELETE | Purpose.REFRESH:
                pass

    def _budget_closed(self, project_id: int, *, good: bool) -> None:
        if not good:
            for row in self.tables.job_costs_of(project_id):
                self.tables.job_costs.edit(row.id, due=False)
        self._thaw(project_id)

    def _thaw(self, project_id: int) -> None:
        due = any(row.due for row in self.tables.job_costs_of(project_id))
        if not due and not self.tables.busy(Kind.BUDGET, project_id):
            self._state.budgets.frozen.discard(project_id)


def _whole(value: object) -> int:
    """An id as a number or as text; 0 for anything else."""
    text = str(value)
    return int(text) if text.isascii() and text.isdigit() else 0


def _payment_values(update: Mapping[str, object]) -> tuple[Json, Errors]:
    values: Json = {}
    problems: Errors = {}
    for name in ("check_number", "origin_code", "origin_data", "notes", "invoice_number", "payment_method"):
        if name in update:
            values[name] = None if update[name] is None else str(update[name])
    if values.get("payment_method") not in (None, *METHODS):
        problems["payment_method"] = ["is not included in the list"]
    if "date" in update:
        values["date"] = calendar_day(update["date"])
    if "amount" in update:
        try:
            values["amount"] = Decimal(str(update["amount"]))
        except InvalidOperation:
            problems["amount"] = ["is not a number"]
    return values, problems
