"""The endpoints of ERP Integrations: requests, details, external data, figures (reference 4.2)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final, TypeVar

from flask import Response, request

from qbsync.simulator.procore.answers import Json, Refusal, answer, missing, not_found
from qbsync.simulator.procore.company import require_company, require_project
from qbsync.simulator.procore.erp_money_payloads import transaction
from qbsync.simulator.procore.erp_rows import FAILED, SUCCESS, Assignment, Detail, JobCost
from qbsync.simulator.procore.invoice_rows import Payment
from qbsync.simulator.procore.reading import Filter, body, by_text, narrowed, page_of
from qbsync.simulator.procore.routes import Route
from qbsync.simulator.procore.state import ProcoreState
from qbsync.simulator.procore.writing import MOST_ITEMS, Errors

R = TypeVar("R")
_FILTERS: Final[dict[str, Filter]] = {"item_id": by_text("item_id")}
"""The one filter of details that is documented (E6)."""
_COMPANY: Final = "/rest/v1.0/companies/<int:company_id>"
_NOT_ACTIVE: Final = {
    "error": {"code": "FORBIDDEN", "message": "ERP Integrations is not enabled for this company"}
}


class ErpApi:
    """The endpoints of one company; forbidden until Procore's staff have switched ERP Integrations on."""

    def __init__(self, state: ProcoreState) -> None:
        self._state = state
        self._tool = state.erp
        self._external_ids: dict[tuple[str, int], int] = {}

    def routes(self) -> Sequence[Route]:
        """The family's endpoints; where two spellings are documented, both are there."""
        connections, details = f"{_COMPANY}/erp_connections", f"{_COMPANY}/erp_request_details"
        plain = "/rest/v1.0"
        return [
            Route("POST", connections, self.connect),
            Route("PATCH", connections, self.metadata),
            Route("GET", f"{_COMPANY}/erp_requests/<int:request_id>", self.request),
            Route("GET", details, self.details),
            Route("PATCH", f"{details}/sync", self.close_all),
            Route("PATCH", f"{details}/<int:detail_id>", self.close),
            Route("PUT", f"{details}/<int:detail_id>", self.close),
            Route("GET", f"{_COMPANY}/external_data", self.external),
            Route("PATCH", f"{_COMPANY}/external_data/sync", self.sync_external),
            Route("DELETE", f"{_COMPANY}/external_data/bulk_destroy", self.destroy_external),
            Route("PATCH", f"{_COMPANY}/invoice_payments/sync", self.payments),
            Route("PATCH", f"{plain}/cost_code_line_item_types/sync", self.assignments),
            Route("PATCH", f"{plain}/erp_job_costs/sync", self.job_costs),
            Route("GET", f"{plain}/erp_transactions", self.transactions),
            Route("PATCH", f"{plain}/erp_transactions/sync", self.sync_transactions),
            Route("DELETE", f"{plain}/erp_job_costs/<int:row_id>", self.delete_job_cost),
            Route("DELETE", f"{plain}/cost_codes/<int:row_id>", self.delete_code),
            Route("DELETE", f"{plain}/cost_codes_line_item_types/<int:row_id>", self.delete_assignment),
            Route("PATCH", f"{plain}/projects/<int:project_id>/configuration", self.configure),
        ]

    def connect(self, company_id: int) -> Response:
        """Make the connection, once, with its metadata."""
        self._admit(company_id)
        sent = body().get("connection")
        if not isinstance(sent, dict) or not isinstance(sent.get("metadata"), dict):
            raise missing("connection")
        if self._tool.connected:
            raise Refusal(422, {"errors": {"base": ["The company has an ERP connection already"]}})
        url = str(sent.get("service_url") or "")
        if not url.startswith(("https://", "http://127.0.0.1", "http://localhost")):
            raise Refusal(422, {"errors": {"service_url": ["must be an https address"]}})
        list_id = self._tool.connect(url, sent["metadata"])
        return answer({"id": company_id, "standard_cost_code_list_id": list_id}, status=201)

    def metadata(self, company_id: int) -> Response:
        """Replace the connection's metadata."""
        self._admit(company_id)
        sent = body().get("connection")
        inner = sent if isinstance(sent, dict) else body()
        posted = inner.get("metadata")
        if not self._tool.connected:
            raise not_found("Connection")
        if not isinstance(posted, dict):
            raise missing("metadata")
        list_id = self._tool.connect(str(inner.get("service_url") or self._tool.service_url), posted)
        return answer({"id": company_id, "standard_cost_code_list_id": list_id})

    def request(self, company_id: int, request_id: int) -> Response:
        """One request."""
        self._admit(company_id)
        row = self._tool.tables.requests.find(request_id)
        if row is None:
            raise not_found("ERP request")
        return answer(self._tool.shown(row))

    def details(self, company_id: int) -> Response:
        """Request details, closed ones too; by `filters[item_id]`."""
        self._admit(company_id)
        return page_of(narrowed(self._tool.tables.details.live(), _FILTERS), _detail)

    def close(self, company_id: int, detail_id: int) -> Response:
        """Close one detail by `{"request_detail": {"status", "messages"}}`."""
        self._admit(company_id)
        sent = body().get("request_detail")
        if not isinstance(sent, dict):
            raise missing("request_detail")
        row, problems = self._closed(detail_id, sent)
        if row is None and "id" in problems:
            raise not_found("ERP request detail")
        if row is None:
            raise Refusal(422, {"errors": problems})
        return answer({"id": row.id, "status": row.status, "messages": list(row.messages)})

    def close_all(self, company_id: int) -> Response:
        """Close many: under `updates`, or as a bare array."""
        self._admit(company_id)
        return _synced(
            lambda sent: self._closed(_whole(sent.get("id")), sent),
            lambda row: {"id": row.id, "status": row.status, "messages": list(row.messages)},
        )

    def external(self, company_id: int) -> Response:
        """The external data of one type, or of one item."""
        self._admit(company_id)
        item_type, item_id = request.args.get("item_type", ""), request.args.get("item_id", "")
        rows = [
            row for row in self._tool.holders.all(item_type) if row.origin_id and item_id in ("", str(row.id))
        ]
        return page_of(rows, lambda row: self._external_of(item_type, row.id))

    def sync_external(self, company_id: int) -> Response:
        """Set and clear origin ids."""
        self._admit(company_id)

        def one(sent: Json) -> tuple[tuple[str, int] | None, Errors]:
            place = str(sent.get("item_type")), _whole(sent.get("item_id"))
            problems = self._tool.external(*place, sent)
            return (None if problems else place), problems

        def show(place: tuple[str, int]) -> Json:
            full = self._external_of(*place)
            return {name: full[name] for name in ("id", "item_type", "item_id", "origin_id")}

        return _synced(one, show)

    def destroy_external(self, company_id: int) -> Response:
        """Clear the origin ids of many items of a type."""
        self._admit(company_id)
        item_type, ids = str(body().get("item_type")), body().get("item_ids")
        for item_id in ids if isinstance(ids, list) else []:
            self._tool.external(item_type, _whole(item_id), {"origin_id": None})
        return answer({})

    def payments(self, company_id: int) -> Response:
        """Payments of invoices by their origin ids."""
        self._admit(company_id)
        return _synced(self._tool.invoice_payment, _payment)

    def assignments(self) -> Response:
        """Say which cost types of which cost codes are in the books."""
        self._admit()
        project_id = require_project(self._state)
        return _synced(lambda sent: self._tool.assign(project_id, sent), _assignment)

    def job_costs(self) -> Response:
        """The figures of one job."""
        require_company(self._state)
        self._admit()
        origin = body().get("job_origin_id")
        project = next((row for row in self._state.projects() if origin and row.origin_id == origin), None)
        if project is None:
            raise not_found("Job")
        project_id = project.id
        return _synced(lambda sent: self._tool.figure(project_id, sent), _job_cost)

    def transactions(self) -> Response:
        """A budget's transactions."""
        require_company(self._state)
        self._admit()
        return page_of(self._tool.tables.transactions_of(require_project(self._state)), transaction)

    def sync_transactions(self) -> Response:
        """Say which transactions of a budget are in the books."""
        self._admit()
        project_id = require_project(self._state)
        return _synced(lambda sent: self._tool.transaction(project_id, sent), transaction)

    def delete_code(self, row_id: int) -> Response:
        """Remove a project's cost code."""
        self._admit()
        if uses := self._tool.uses_of_code(row_id):
            raise Refusal(422, {"errors": {"base": [f"Cost code is used by {uses} and cannot be deleted"]}})
        return self._deleted("Cost code", self._tool.delete_project_code, row_id)

    def delete_assignment(self, row_id: int) -> Response:
        """Take a cost type off a cost code."""
        return self._deleted("Cost code line item type", self._tool.delete_assignment, row_id)

    def delete_job_cost(self, row_id: int) -> Response:
        """Remove the figures of a cost code and cost type."""
        return self._deleted("Job cost", self._tool.delete_job_cost, row_id)

    def configure(self, project_id: int) -> Response:
        """Let a project ask for job cost transactions, or not."""
        self._admit()
        if self._state.project_table.find(project_id) is None:
            raise not_found("Project")
        name = "erp_job_cost_transaction_syncing_enabled"
        sent = body().get("configuration")
        wanted = (sent if isinstance(sent, dict) else body()).get(name)
        if wanted is True:
            self._tool.transactions_on.add(project_id)
        elif wanted is False:
            self._tool.transactions_on.discard(project_id)
        return answer({name: project_id in self._tool.transactions_on})

    def _admit(self, company_id: int | None = None) -> None:
        if company_id not in (None, self._state.company_id):
            raise not_found("Company")
        if not self._tool.activated:
            raise Refusal(403, _NOT_ACTIVE)

    def _closed(self, detail_id: int, sent: Json) -> tuple[Detail | None, Errors]:
        status, messages = sent.get("status"), sent.get("messages", [])
        if status not in (SUCCESS, FAILED):
            return None, {"status": ["is not included in the list"]}
        if not isinstance(messages, list):
            return None, {"messages": ["is not a list"]}
        row = self._tool.close(detail_id, str(status), tuple(str(one) for one in messages))
        return row, {} if row else {"id": ["Entity with this ID not found"]}

    def _deleted(self, what: str, delete: Callable[[int], bool], row_id: int) -> Response:
        self._admit()
        if not delete(row_id):
            raise not_found(what)
        return Response(status=204)

    def _external_of(self, item_type: str, item_id: int) -> Json:
        row = self._tool.holders.find(item_type, item_id)
        number = self._external_ids.setdefault((item_type, item_id), len(self._external_ids) + 1)
        return {
            "id": number,
            "item_type": item_type,
            "item_id": item_id,
            "origin_id": row.origin_id if row else None,
            "origin_code": getattr(row, "origin_code", None),
            "origin_data": row.origin_data if row else None,
        }


def _synced(take: Callable[[Json], tuple[R | None, Errors]], show: Callable[[R], Json]) -> Response:
    """A bulk call as 2.6 of the reference describes it: 200 with entities and errors."""
    sent = request.get_json(silent=True)
    updates = sent.get("updates") if isinstance(sent, Mapping) else sent
    if not isinstance(updates, list):
        raise missing("updates")
    if len(updates) > MOST_ITEMS:
        raise Refusal(413, {"message": f"Sync takes at most {MOST_ITEMS} items."})
    entities: list[Json] = []
    errors: list[Json] = []
    for item in updates:
        row, problems = take(item if isinstance(item, dict) else {})
        if row is None:
            errors.append({**(item if isinstance(item, dict) else {}), "errors": problems})
        else:
            entities.append(show(row))
    return answer({"entities": entities, "errors": errors})


def _whole(value: object) -> int:
    text = str(value)
    return int(text) if text.isascii() and text.isdigit() else 0


def _detail(row: Detail) -> Json:
    return {
        "id": row.id,
        "status": row.status,
        "messages": list(row.messages),
        "item_id": row.item_id,
        "item_type": row.item_type,
    }


def _assignment(row: Assignment) -> Json:
    return {
        "id": row.id,
        "cost_code_id": row.cost_code_id,
        "line_item_type_id": row.line_item_type_id,
        "synced": row.synced,
    }


def _job_cost(row: JobCost) -> Json:
    figures = {name: float(value) for name, value in sorted(row.figures.items())}
    return {
        "id": row.id,
        "cost_code_id": row.cost_code_id,
        "line_item_type_id": row.line_item_type_id,
        **figures,
    }


def _payment(row: Payment) -> Json:
    return {
        "id": row.id,
        "invoice_type": "Billings::Requisition",
        "invoice_id": row.requisition_id,
        "origin_code": row.origin_code,
        "origin_id": row.origin_id,
    }
