"""The endpoints of payments issued: immutable while they carry an origin id (reference, 3.9 and A.8)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from flask import Response

from qbsync.simulator.procore.answers import Json, Refusal, answer, day, missing, moment, money, not_found
from qbsync.simulator.procore.company import require_project
from qbsync.simulator.procore.forbidden import SYNCED
from qbsync.simulator.procore.invoice_rows import METHODS, Payment
from qbsync.simulator.procore.reading import body, number_of, page_of
from qbsync.simulator.procore.routes import Route
from qbsync.simulator.procore.state import ProcoreState
from qbsync.simulator.procore.writing import Reader, calendar_day, decimal, text, whole

_READERS: Final[dict[str, Reader]] = {
    **dict.fromkeys(("date", "invoice_date"), calendar_day),
    **dict.fromkeys(
        ("invoice_number", "check_number", "notes", "payment_method", "origin_id", "origin_data"), text
    ),
    **dict.fromkeys(("draw_request_number", "payment_number", "requisition_id"), whole),
    "amount": decimal,
}
_ORIGIN: Final = frozenset({"origin_id", "origin_data"})


class PaymentApi:
    """The endpoints of one company's payments issued."""

    def __init__(self, state: ProcoreState) -> None:
        self._state = state
        self._payments = state.payments

    def routes(self) -> Sequence[Route]:
        """The family's endpoints."""
        path = "/rest/v1.0/contract_payments"
        return [
            Route("GET", path, self.index),
            Route("POST", path, self.create),
            Route("PATCH", f"{path}/<int:payment_id>", self.update),
            Route("DELETE", f"{path}/<int:payment_id>", self.delete),
        ]

    def index(self) -> Response:
        """The payments of one commitment: project and contract are both required."""
        contract_id = self._contract()
        return page_of(self._payments.of_contract(contract_id), _shown)

    def create(self) -> Response:
        """Add a payment to a commitment."""
        contract_id = self._contract()
        values = self._values()
        if "amount" not in values:
            raise Refusal(422, {"errors": {"amount": ["can't be blank"]}})
        self._free(values.get("origin_id"), None)
        amount, on = values.pop("amount"), values.pop("date", None)
        row = self._payments.create(contract_id, amount, on, **values)  # type: ignore[arg-type]
        return answer(_shown(row), status=201)

    def update(self, payment_id: int) -> Response:
        """Change a payment; a synced one takes its origin fields alone."""
        row = self._find(payment_id)
        values = self._values()
        if row.origin_id and values.keys() - _ORIGIN:
            raise Refusal(422, {"errors": {"base": [f"Payment {SYNCED}"]}})
        self._free(values.get("origin_id"), row)
        return answer(_shown(self._payments.payment_table.edit(row.id, **values)))

    def delete(self, payment_id: int) -> Response:
        """Remove a payment that is not synced."""
        row = self._find(payment_id)
        if row.origin_id:
            raise Refusal(422, {"errors": {"base": [f"Payment {SYNCED}"]}})
        self._payments.delete(row.id)
        return answer({})

    def _contract(self) -> int:
        project_id = require_project(self._state)
        contract = self._state.contract_table.find(number_of("contract_id"))
        if contract is None or contract.project_id != project_id:
            raise not_found("Contract")
        return contract.id

    def _find(self, payment_id: int) -> Payment:
        contract_id = self._contract()
        row = self._payments.payment_table.find(payment_id)
        if row is None or row.contract_id != contract_id:
            raise not_found("Contract payment")
        return row

    def _values(self) -> dict[str, object]:
        given = body().get("contract_payment")
        if not isinstance(given, dict):
            raise missing("contract_payment")
        try:
            values = {name: _READERS[name](value) for name, value in given.items() if name in _READERS}
        except ValueError as error:
            raise Refusal(422, {"errors": {"base": [str(error)]}}) from None
        if values.get("payment_method") not in (None, "", *METHODS):
            raise Refusal(422, {"errors": {"payment_method": ["is not included in the list"]}})
        return values

    def _free(self, origin_id: object, row: Payment | None) -> None:
        own = None if row is None else row.id
        if origin_id and any(one.origin_id == origin_id and one.id != own for one in self._payments.all()):
            raise Refusal(422, {"errors": {"origin_id": ["has already been taken"]}})


def _shown(row: Payment) -> Json:
    return {
        "id": row.id,
        "amount": money(row.amount),
        "check_number": row.check_number,
        "contract_id": row.contract_id,
        "created_at": moment(row.created_at),
        "updated_at": moment(row.updated_at),
        "date": day(row.date),
        "date_payment_settled": None,
        "date_payment_initiated": None,
        "draw_request_number": row.draw_request_number,
        "external_payment_id": None,
        "invoice_number": row.invoice_number,
        "notes": row.notes,
        "payment_number": row.payment_number,
        "attachments": [],
        "project_id": row.project_id,
        "requisition_id": row.requisition_id,
        "origin_id": row.origin_id,
        "origin_code": row.origin_code,
        "origin_data": row.origin_data,
        "status": row.status,
    }
