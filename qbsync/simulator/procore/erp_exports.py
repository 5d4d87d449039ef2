"""What the request of an export carries, and the oddities that the reference reports of it (4.4, 4.5)."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Final

from qbsync.simulator.procore.answers import Json
from qbsync.simulator.procore.erp_desk import Desk
from qbsync.simulator.procore.erp_payloads import numbered
from qbsync.simulator.procore.erp_rows import Detail, Kind
from qbsync.simulator.procore.erp_rules import ENTITY_OF
from qbsync.simulator.procore.rows import Contract

_OWN: Final = "USD"
Wanted = Mapping[int, Mapping[str, str]]
"""Records of one kind by their ids, each with what the approver typed."""
CODED: Final[Mapping[Kind, str]] = {
    Kind.COMMITMENT: "procore_contract_number",
    Kind.CHANGE_ORDER: "procore_change_order_number",
}
"""Kinds for which the approver must type an id, unless this config takes Procore's own number."""
_PLACES: Final[Mapping[Kind, tuple[str, str, str]]] = {
    Kind.JOB: ("around", "inside", "absent"),
    Kind.BUDGET: ("absent", "inside", "around"),
}
"""Where a request's detail is named: as the samples have it first, then as it may be."""


class Exports(Desk):
    """Builds requests of accepted records."""

    def _name(self, kind: Kind, record_id: int) -> str:
        match kind:
            case Kind.JOB:
                return "create_or_update_job"
            case Kind.BUDGET:
                return "update_budget" if self.origin_of(kind, record_id) else "create_budget"
            case Kind.CHANGE_ORDER:
                return "create_commitment_change_order"
            case Kind.PAYMENT:
                return "create_contract_payment"
            case Kind.STANDARD_COST_CODE | Kind.REQUISITION:
                return f"create_{kind}s"
            case Kind.VENDOR | Kind.COMMITMENT:
                return f"create_{kind}"

    def _request_data(self, kind: Kind, wanted: Wanted, details: Mapping[int, Detail]) -> tuple[object, Json]:
        """What a request carries, and what its envelope does; the first placing is the reference's own."""
        if kind is Kind.STANDARD_COST_CODE:
            return self._codes(wanted, details), {}
        if kind is Kind.REQUISITION:
            return self._requisitions(wanted, details), {}
        record_id, typed = next(iter(wanted.items()))
        places = _PLACES.get(kind, ("inside", "around", "absent"))
        return self._placed(self._data(kind, record_id, typed), details[record_id], self._one_of(*places))

    def _data(self, kind: Kind, record_id: int, typed: Mapping[str, str]) -> Json:
        company: Json = {"company_id": self._state.company_id}
        match kind:
            case Kind.JOB:
                codes = self.payloads.job_codes(record_id)
                return {"job": self._shown_of(kind, record_id, typed), "all_cost_codes": codes}
            case Kind.BUDGET:
                return self._budget(record_id)
            case Kind.COMMITMENT:
                return self._commitment(record_id, typed) | _accounting_date() | company
            case Kind.CHANGE_ORDER:
                return self._change_order(record_id, typed) | _accounting_date() | company
            case Kind.PAYMENT:
                return {"contract_payment": self._shown_of(kind, record_id, typed), **company}
            case _:
                return {kind.value: self._shown_of(kind, record_id, typed), **company}

    def _codes(self, wanted: Wanted, details: Mapping[int, Detail]) -> list[Json]:
        return [
            self._shown_of(Kind.STANDARD_COST_CODE, one, typed) | {"request_detail_id": details[one].id}
            for one, typed in wanted.items()
        ]

    def _shown_of(self, kind: Kind, record_id: int, typed: Mapping[str, str]) -> Json:
        """The record as its request names it."""
        state, payloads, money = self._state, self.payloads, self.money_payloads
        shown: Mapping[Kind, Callable[[], Json]] = {
            Kind.VENDOR: lambda: payloads.vendor(state.vendor(record_id), typed),
            Kind.JOB: lambda: payloads.job(state.project(record_id), typed),
            Kind.STANDARD_COST_CODE: lambda: payloads.standard_code(
                state.standard_cost_code(record_id), typed
            ),
            Kind.COMMITMENT: lambda: payloads.commitment(
                state.commitment(record_id), self._code(kind, record_id, typed), typed
            ),
            Kind.CHANGE_ORDER: lambda: payloads.change_order(state.change_orders.get(record_id), typed),
            Kind.REQUISITION: lambda: money.requisition(state.invoices.get(record_id), typed),
            Kind.PAYMENT: lambda: money.payment(state.payments.get(record_id)),
            Kind.BUDGET: dict,
        }
        return shown[kind]()

    def _code(self, kind: Kind, record_id: int, typed: Mapping[str, str]) -> str | None:
        if typed.get("code") or kind not in CODED:
            return typed.get("code")
        if not self.metadata.is_on(ENTITY_OF[kind], CODED[kind]):
            return None
        if kind is Kind.COMMITMENT:
            return self._state.commitment(record_id).number
        return self._state.change_orders.get(record_id).number

    def _typed_code(self, record_id: int) -> str | None:
        item = self.tables.item(Kind.COMMITMENT, record_id)
        return item.fields.get("code") if item else None

    def _snapshot(self, kind: Kind, record_id: int) -> str:
        """What of a job is exported, so that a change of it can be seen."""
        if kind is not Kind.JOB:
            return ""
        job = self.payloads.job(self._state.project(record_id), {})
        kept = {name: value for name, value in job.items() if not name.startswith(("origin_", "synced"))}
        codes = [
            code["id"] for code in self.payloads.job_codes(record_id) if code["standard_cost_code_origin_id"]
        ]
        return json.dumps([kept, codes])

    def _commitment(self, record_id: int, typed: Mapping[str, str]) -> Json:
        row = self._state.commitment(record_id)
        return {
            "job_id": self.origin_of(Kind.JOB, row.project_id),
            "commitment": self._shown_of(Kind.COMMITMENT, record_id, typed) | _other_money(row),
            "commitment_items": self.payloads.commitment_items(row),
        }

    def _change_order(self, record_id: int, typed: Mapping[str, str]) -> Json:
        row = self._state.change_orders.get(record_id)
        contract = self._state.commitment(row.contract_id)
        code = self._typed_code(contract.id) or contract.origin_code or contract.number
        return {
            "job_origin_id": self.origin_of(Kind.JOB, row.project_id),
            "commitment": self.payloads.commitment(contract, code, {}),
            "commitment_items": self.payloads.commitment_items(contract),
            "change_order": numbered(
                self.payloads.change_order(row, typed),
                whole=self._by_chance(),
            ),
            "change_order_items": self.payloads.change_order_items(row),
        }

    def _requisitions(self, wanted: Wanted, details: Mapping[int, Detail]) -> Json:
        named = self._by_chance()
        rows = [
            self._shown_of(Kind.REQUISITION, record_id, typed)
            | ({"request_detail_id": details[record_id].id} if named else {})
            for record_id, typed in wanted.items()
        ]
        return {"requisitions": rows}

    def _budget(self, project_id: int) -> Json:
        """What a budget's export carries; from now on the budget is frozen until it is read back."""
        tables = self.tables
        revised = self.money_payloads.revised(project_id)
        for line in self._state.budgets.lines(project_id):
            cost = tables.job_cost(project_id, line.cost_code_id, line.line_item_type_id)
            tables.job_costs.edit(cost.id, budget_line_id=line.id)
        sent = self.money_payloads.exported(project_id)
        for row in tables.job_costs_of(project_id):
            now = revised.get((row.cost_code_id, row.line_item_type_id), Decimal(0))
            if delta := now - sent.get(row.id, Decimal(0)):
                tables.transactions.create(project_id=project_id, job_cost_id=row.id, value=delta)
        self._state.budgets.frozen.add(project_id)
        waiting = [row for row in tables.transactions_of(project_id) if not row.synced]
        for cost_id in {row.job_cost_id for row in waiting}:
            tables.job_costs.edit(cost_id, due=True)
        changed_only = self.origin_of(Kind.BUDGET, project_id) is not None and self._by_chance()
        return self.money_payloads.budget(project_id, waiting, changed_only=changed_only)


def _other_money(row: Contract) -> Json:
    """What a contract in other money than the company's says of it; the samples are in its own and do not."""
    return {} if row.currency == _OWN else {"currency_configuration": {"currency_iso_code": row.currency}}


def _accounting_date() -> Json:
    return {"additional_data": {"accounting_date": None}}
