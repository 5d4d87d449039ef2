"""ERP Integrations switched on for the small company, and a connector that does by hand what one must do."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import pytest

from qbsync.simulator.procore import ProcoreState
from qbsync.simulator.procore.erp_rows import Kind, Request
from qbsync.simulator.procore.erp_tool import ErpTool

JOB, VENDOR = "80000042-1718035200", "80000011-1601931600"


def metadata(**entities: object) -> dict[str, object]:
    """A connector's settings: everything on but for what `entities` say otherwise."""
    named = {
        "vendors": {},
        "jobs": {},
        "standard_cost_codes": {},
        "budgets": {},
        "commitments": {"configs": {"procore_contract_number": {"enabled": True}}},
        "commitment_change_orders": {},
        "requisitions": {},
        "contract_payments": {},
        **entities,
    }
    return {"settings": {"entities": {name: {"enabled": True, **more} for name, more in named.items()}}}


@pytest.fixture
def tool(state: ProcoreState, small) -> ErpTool:
    """The tool, connected; the small company's code, cost types, vendor and job are in the books."""
    tool = state.erp
    tool.activate()
    tool.connect("https://connector.example", metadata())
    for place, code in enumerate(state.standard_cost_codes()):
        state.edit_standard_cost_code(code.id, origin_id=f"item-{place}")
    for kind in state.line_item_types():
        state.type_table.edit(kind.id, origin_id=f"std_cat_{kind.code}")
    state.edit_vendor(small.vendor, origin_id=VENDOR)
    state.edit_project(small.project, origin_id=JOB)
    for place, code in enumerate(state.cost_codes(small.project)):
        state.edit_cost_code(code.id, origin_id=f"{JOB}|item-{place}")
    return tool


@dataclass
class Connector:
    """Answers requests over HTTP as the reference asks, with ids that it makes up."""

    client: Any
    state: ProcoreState
    count: int = field(default=0)

    @property
    def company(self) -> str:
        """The path of the company."""
        return f"/rest/v1.0/companies/{self.state.company_id}"

    def new_id(self) -> str:
        """An id that no record has yet."""
        self.count += 1
        return f"1A2F-{self.count}"

    def patch(self, path: str, body: object, **query: object) -> Any:
        """PATCH below the company, or a whole path; gives the answer's JSON."""
        whole = path if path.startswith("/rest") else f"{self.company}/{path}"
        response = self.client.patch(whole, body, **query)
        assert response.status_code == 200, response.text
        return response.json()

    def external(self, *places: tuple[str, int], origin: str | None = "") -> Any:
        """Write ids of records, or clear them with None."""
        updates = [
            {"item_type": kind, "item_id": one, "origin_id": self.new_id() if origin == "" else origin}
            for kind, one in places
        ]
        return self.patch("external_data/sync", {"updates": updates})

    def close(self, detail_id: int, *messages: str) -> Any:
        """Close a detail: failed where there are messages."""
        detail = {"status": "failed" if messages else "success", "messages": list(messages)}
        return self.patch(f"erp_request_details/{detail_id}", {"request_detail": detail})

    def details(self, request: Request) -> list[Any]:
        """The details of a request, by the company's list."""
        asked = self.client.get(f"{self.company}/erp_request_details", per_page=1000).json()
        mine = {row.id for row in self.state.erp.tables.details.live() if row.request_id == request.id}
        return [one for one in asked if one["id"] in mine]

    def tell(self, kind: Kind, record_id: int) -> None:
        """Write what an export must write of a record, but for closing."""
        tool = self.state.erp
        self.external(*tool.parts_of(kind, record_id), tool.header_of(kind, record_id))
        if kind is Kind.BUDGET:
            rows = [
                {"id": row.id, "origin_id": self.new_id(), "synced": True}
                for row in tool.tables.transactions_of(record_id)
                if not row.synced
            ]
            self.patch("/rest/v1.0/erp_transactions/sync", {"project_id": record_id, "updates": rows})
        if kind is Kind.JOB:
            pairs = [
                {"cost_code_id": code["id"], "line_item_type_id": one["id"], "synced": True}
                for code in tool.payloads.job_codes(record_id)
                for one in code["line_item_types"]
            ]
            path = "/rest/v1.0/cost_code_line_item_types/sync"
            self.patch(path, {"updates": pairs}, project_id=record_id)

    def do(self, kind: Kind | str, record_id: int) -> None:
        """Export a record that was accepted, to the end."""
        self.tell(Kind(kind), record_id)
        for detail in self.state.erp.tables.open_details():
            if (detail.kind, detail.record_id) == (kind, record_id):
                self.close(detail.id)

    def export(self, kind: Kind | str, record_id: int, **fields: str) -> Request:
        """Send, accept and export a record."""
        self.state.erp.send(kind, record_id)
        request = self.state.erp.accept(kind, record_id, **fields)
        self.do(kind, record_id)
        return request

    def figures(self, project_id: int, amounts: dict[tuple[int, int | None], Decimal]) -> Any:
        """Post a job's estimates."""
        updates = [
            {
                "cost_code_id": code,
                "line_item_type_id": kind,
                "original_estimate": float(amount),
                "estimate": float(amount),
            }
            for (code, kind), amount in amounts.items()
        ]
        body = {
            "company_id": self.state.company_id,
            "job_origin_id": self.state.project(project_id).origin_id,
            "updates": updates,
        }
        return self.patch("/rest/v1.0/erp_job_costs/sync", body)


@pytest.fixture
def connector(client, state: ProcoreState, tool: ErpTool) -> Connector:
    """A connector of the small company."""
    assert tool
    return Connector(client=client, state=state)


@pytest.fixture
def budget(state: ProcoreState, small) -> int:
    """A locked budget of the small project, of one code and two cost types; its project's id."""
    code = state.cost_codes(small.project)[1].id
    for kind, amount in zip(state.line_item_types(), ("120000.00", "80000.50"), strict=True):
        state.budgets.add_line(small.project, code, Decimal(amount), kind.id)
    state.budgets.lock(small.project)
    return small.project


@pytest.fixture
def billed(state: ProcoreState, small, connector: Connector) -> int:
    """An approved invoice on the small subcontract, which is in the books; the invoice's id."""
    connector.export("commitment", small.subcontract)
    line = state.lines(small.subcontract)[0].id
    invoice = state.invoices.create(
        small.subcontract, None, {line: Decimal("20000.00")}, number="CE-2217", retainage=Decimal(10)
    )
    state.invoices.approve(invoice.id)
    return invoice.id
