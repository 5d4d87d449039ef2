"""Commitments: subcontracts and purchase orders, which have the same endpoints (reference, 3.6 and A.6)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from decimal import Decimal
from typing import Final

from flask import Response, request

from qbsync.simulator.procore.answers import Json, Refusal, answer, day, moment, money, not_found
from qbsync.simulator.procore.company import ACCOUNT_ID, require_project
from qbsync.simulator.procore.contract_lines import show_line
from qbsync.simulator.procore.reading import Filter, body, by_id, by_text, by_time, narrowed, page_of
from qbsync.simulator.procore.routes import Route
from qbsync.simulator.procore.rows import Contract, ContractKind, Row
from qbsync.simulator.procore.state import ProcoreState
from qbsync.simulator.procore.writing import (
    Errors,
    Reader,
    Writer,
    calendar_day,
    decimal,
    text,
    truth,
    whole,
    with_more,
)

STATUSES: Final = {
    ContractKind.SUBCONTRACT: (
        "Draft",
        "Out For Bid",
        "Out For Signature",
        "Approved",
        "Complete",
        "Terminated",
        "Void",
    ),
    ContractKind.PURCHASE_ORDER: (
        "Draft",
        "Processing",
        "Submitted",
        "Partially Received",
        "Received",
        "Approved",
        "Closed",
    ),
}
_READERS: Final[dict[str, Reader]] = {
    **dict.fromkeys(
        [
            "accounting_method",
            "description",
            "origin_code",
            "origin_data",
            "origin_id",
            "number",
            "status",
            "title",
        ],
        text,
    ),
    **dict.fromkeys(
        [
            "approval_letter_date",
            "contract_date",
            "execution_date",
            "issued_on_date",
            "letter_of_intent_date",
            "returned_date",
            "signed_contract_received_date",
        ],
        calendar_day,
    ),
    "executed": truth,
    "private": truth,
    "retainage_percent": decimal,
    "vendor_id": whole,
}
_READERS_OF: Final[dict[ContractKind, dict[str, Reader]]] = {
    ContractKind.SUBCONTRACT: {
        **_READERS,
        **dict.fromkeys(("exclusions", "inclusions"), text),
        **dict.fromkeys(
            ["actual_completion_date", "contract_estimated_completion_date", "contract_start_date"],
            calendar_day,
        ),
    },
    ContractKind.PURCHASE_ORDER: {
        **_READERS,
        **dict.fromkeys(["bill_to_address", "payment_terms", "ship_to_address", "ship_via"], text),
        "delivery_date": calendar_day,
        "assignee_id": whole,
    },
}
_OWN: Final = frozenset(field.name for field in fields(Contract)) - {"more"}
_LOCKED: Final = ("Approved", "Complete")
_FILTERS: Final[dict[str, Filter]] = {
    "id": by_id,
    "status": by_text("status"),
    "origin_id": by_text("origin_id"),
    "created_at": by_time("created_at"),
    "updated_at": by_time("updated_at"),
}
_COMPACT: Final = [
    "id",
    "number",
    "title",
    "status",
    "executed",
    "private",
    "project",
    "vendor",
    "grand_total",
    "origin_id",
    "origin_code",
    "updated_at",
]


class Commitments:
    """The short list of both kinds."""

    def __init__(self, state: ProcoreState) -> None:
        self._state = state

    def routes(self) -> Sequence[Route]:
        """The family's endpoints."""
        return [Route("GET", "/rest/v1.0/commitments", self.index)]

    def index(self) -> Response:
        """Commitments of one project, without filters."""
        project_id = require_project(self._state)
        rows = [row for row in self._state.commitments() if row.project_id == project_id]
        return page_of(rows, self._show)

    def _show(self, row: Contract) -> Json:
        vendor = self._state.vendor_table.find(row.vendor_id or 0)
        return {
            "id": row.id,
            "title": row.title,
            "number": row.number,
            "status": row.status,
            "description": row.description,
            "executed": row.executed,
            "delivery_date": day(row.delivery_date),
            "created_at": moment(row.created_at),
            "private": row.private,
            "vendor": {"id": vendor.id, "name": vendor.name} if vendor else None,
        }


class Contracts:
    """The endpoints of one kind of commitment."""

    def __init__(self, state: ProcoreState, kind: ContractKind) -> None:
        self._state = state
        self._kind = kind

    def routes(self) -> Sequence[Route]:
        """The family's endpoints."""
        path = f"/rest/v1.0/{self._kind}s"
        return [
            Route("GET", path, self.index),
            Route("PATCH", f"{path}/sync", self.sync),
            Route("GET", f"{path}/<int:contract_id>", self.one),
            Route("PATCH", f"{path}/<int:contract_id>", self.change),
        ]

    def index(self) -> Response:
        """Contracts of one project: `compact` unless `view=extended`, deleted ones by `include_deleted`."""
        project_id = require_project(self._state)
        deleted = request.args.get("filters[include_deleted]", "").strip('"')
        rows = [
            row
            for row in self._state.contract_table.everything()
            if row.kind == self._kind and row.project_id == project_id and _wanted(row, deleted)
        ]
        show = self.listed if request.args.get("view") == "extended" else self._compact
        return page_of(narrowed(rows, _FILTERS), show)

    def one(self, contract_id: int) -> Response:
        """One contract with its lines."""
        return answer(self.show(self._found(contract_id)))

    def change(self, contract_id: int) -> Response:
        """Change one contract by `{"project_id", "<kind>": {...}}`."""
        row = self._found(contract_id)
        sent = body().get(self._kind)
        if not isinstance(sent, dict):
            raise Refusal(400, {"errors": {self._kind.value: ["is missing"]}})
        return answer(self.show(self._writer(row.project_id).patch(row, sent)))

    def sync(self) -> Response:
        """Create and change many in one project."""
        return self._writer(require_project(self._state)).sync()

    def _found(self, contract_id: int) -> Contract:
        project_id = require_project(self._state)
        row = self._state.contract_table.find(contract_id)
        if row is None or row.kind != self._kind or row.project_id != project_id:
            raise not_found("Contract")
        return row

    def _writer(self, project_id: int) -> Writer[Contract]:
        table = self._state.contract_table
        return Writer(
            readers=_READERS_OF[self._kind],
            find=table.find,
            in_company=lambda: self._state.commitments(self._kind),
            in_scope=lambda row: row.kind == self._kind and row.project_id == project_id,
            check=self._check,
            create=lambda values: table.create(
                kind=self._kind, project_id=project_id, **with_more(values, _OWN, {})
            ),
            update=lambda row, values: table.edit(row.id, **with_more(values, _OWN, row.more)),
            show=self.listed,
        )

    def _check(self, values: Json, row: Row | None) -> Errors:
        problems: Errors = {}
        if "status" in values and values["status"] not in STATUSES[self._kind]:
            problems["status"] = ["is not included in the list"]
        vendor_id = values.get("vendor_id")
        if vendor_id is not None and self._state.vendor_table.find(int(str(vendor_id))) is None:
            problems["vendor"] = ["does not exist"]
        elif (
            isinstance(row, Contract)
            and row.status in _LOCKED
            and values.get("vendor_id", row.vendor_id) != row.vendor_id
        ):
            # The status locks the vendor, not the origin id (reference, 2.9).
            problems["vendor"] = [f"cannot be changed while the contract is {row.status}"]
        return problems

    def _compact(self, row: Contract) -> Json:
        full = self.listed(row)
        return {name: full[name] for name in _COMPACT}

    def listed(self, row: Contract) -> Json:
        """The object of the list's extended view, and of a sync answer."""
        total = sum((line.amount for line in self._state.lines(row.id)), Decimal(0))
        project = self._state.project(row.project_id)
        shown: Json = {
            **_MONEY_AT_REST,
            **dict.fromkeys(_EMPTY_DATES),
            **_EXTRAS[self._kind],
            "id": row.id,
            "accounting_method": row.accounting_method,
            "contract_date": day(row.contract_date),
            "created_at": moment(row.created_at),
            "deleted_at": moment(row.deleted_at),
            "description": row.description,
            "executed": row.executed,
            "grand_total": money(total),
            "number": row.number,
            "origin_data": row.origin_data,
            "origin_code": row.origin_code,
            "origin_id": row.origin_id,
            "pending_revised_contract": money(total),
            "private": row.private,
            "project": {"id": project.id, "name": project.name},
            "remaining_balance_outstanding": money(total),
            "requisitions_are_enabled": True,
            "retainage_percent": money(row.retainage_percent),
            "revised_contract": money(total),
            "show_line_items_to_non_admins": False,
            "status": row.status,
            "title": row.title,
            "updated_at": moment(row.updated_at),
            "vendor": self._vendor(row),
            "currency_configuration": {"currency_iso_code": row.currency},
        }
        if self._kind is ContractKind.PURCHASE_ORDER:
            shown |= {"delivery_date": day(row.delivery_date), "payment_terms": row.payment_terms}
        return shown | _more(row, shown)

    def show(self, row: Contract) -> Json:
        """The object of show: the header, its lines, and what hangs on it."""
        return {
            **self.listed(row),
            "attachments": [],
            "change_order_packages": [],
            "change_order_requests": [],
            "created_by_id": ACCOUNT_ID,
            "invoice_contacts": [],
            "line_items": [show_line(self._state, row, line) for line in self._state.lines(row.id)],
            "payments_issued": [],
            "potential_change_orders": [],
        }

    def _vendor(self, row: Contract) -> Json | None:
        vendor = self._state.vendor_table.find(row.vendor_id or 0)
        if vendor is None:
            return None
        return {
            "id": vendor.id,
            "company": vendor.name,
            "origin_data": vendor.origin_data,
            "origin_id": vendor.origin_id,
        }


def _wanted(row: Contract, deleted: str) -> bool:
    if row.deleted_at is None:
        return deleted != "only"
    return deleted in ("only", "with")


def _more(row: Contract, shown: Json) -> Json:
    def plain(value: object) -> object:
        return value if value is None or isinstance(value, (str, int)) else str(value)

    return {name: plain(value) for name, value in row.more.items() if name in shown}


_MONEY_AT_REST: Final[Json] = dict.fromkeys(
    [
        "approved_change_orders",
        "draft_change_orders_amount",
        "pending_change_orders",
        "percentage_paid",
        "total_draw_requests_amount",
        "total_payments",
        "total_requisitions_amount",
    ],
    "0.0",
)
_EMPTY_DATES: Final = [
    "approval_letter_date",
    "execution_date",
    "issued_on_date",
    "letter_of_intent_date",
    "returned_date",
    "signed_contract_received_date",
]
_EXTRAS: Final[dict[ContractKind, Json]] = {
    ContractKind.SUBCONTRACT: {
        "actual_completion_date": None,
        "contract_start_date": None,
        "contract_estimated_completion_date": None,
        "exclusions": "",
        "inclusions": "",
    },
    ContractKind.PURCHASE_ORDER: {
        "assignee": {"id": ACCOUNT_ID},
        "bill_to_address": "",
        "ship_to_address": "",
        "ship_via": "",
    },
}
