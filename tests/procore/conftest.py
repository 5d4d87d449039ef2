"""A simulated Procore over real HTTP, a small company in it, and our client."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from types import SimpleNamespace

import pytest
import requests

from qbsync.procore.auth import MemoryTokenStore, TokenSource
from qbsync.procore.client import ProcoreClient
from qbsync.simulator.procore import ProcoreServer


@pytest.fixture
def server() -> Iterator[ProcoreServer]:
    """A running Procore with the default limits."""
    with ProcoreServer() as running:
        yield running


@pytest.fixture
def company(server: ProcoreServer) -> SimpleNamespace:
    """Two codes in a division, two vendors, a project with two commitments, an inactive one."""
    state = server.state
    erp = state.create_cost_code_list("QuickBooks", is_erp_list=True)
    state.create_cost_code_list("Procore Default")
    division = state.create_standard_cost_code(erp.id, "01", "General")
    code = state.create_standard_cost_code(erp.id, "010", "Supervision", division.id)
    vendor = state.create_vendor("Café & Sons <Electric>", business_phone="510-555-0111")
    other = state.create_vendor("Bayline Supply Co.")
    project = state.create_project("Harbor View Clinic", project_number="24-017")
    closed = state.create_project("Old Clinic", active=False)
    project_code = next(one for one in state.cost_codes(project.id) if one.standard_cost_code_id == code.id)
    subcontract = state.create_commitment(
        "work_order_contract",
        project.id,
        vendor.id,
        number="SC-1",
        description="<p>Rough-in</p><p>Trim</p>",
        status="Approved",
    )
    order = state.create_commitment("purchase_order_contract", project.id, other.id, number="PO-1")
    line = state.create_line(subcontract.id, project_code.id, amount=Decimal("1234.56"))
    unit_line = state.create_line(
        order.id,
        project_code.id,
        quantity=Decimal("3.5"),
        unit_cost=Decimal("10.01"),
        uom="ea",
        extended_type="calculated",
    )
    state.approve(order.id)
    return SimpleNamespace(
        state=state,
        list_id=str(erp.id),
        division=division,
        code=code,
        vendor=vendor,
        other=other,
        project=project,
        closed=closed,
        project_code=project_code,
        subcontract=subcontract,
        order=order,
        line=line,
        unit_line=unit_line,
    )


@pytest.fixture
def client(server: ProcoreServer) -> Iterator[ProcoreClient]:
    """A client of that Procore; it never really sleeps."""
    with requests.Session() as session:
        tokens = TokenSource(
            login_url=server.login_url,
            client_id=server.client_id,
            client_secret=server.client_secret,
            store=MemoryTokenStore(),
            session=session,
            clock=server.state.clock.now,
            sleep=server.state.clock.advance,
        )
        yield ProcoreClient(
            api_url=server.url,
            company_id=server.company_id,
            tokens=tokens,
            session=session,
            clock=server.state.clock.now,
            sleep=server.state.clock.advance,
        )
