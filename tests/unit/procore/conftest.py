"""A Procore made of canned answers, a clock that only sleeping moves, and payloads as Procore writes them."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import responses

from qbsync.procore.auth import MemoryTokenStore, TokenSource
from qbsync.procore.client import ProcoreClient

API = "https://api.procore.example"
LOGIN = "https://login.procore.example"
SECRET = "s3cret-of-the-app"


class Time:
    """A clock that moves when somebody sleeps; `slept` lists the seconds."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
        self.slept: list[float] = []

    def clock(self) -> datetime:
        """The present moment."""
        return self.now

    def sleep(self, seconds: float) -> None:
        """Move on by that many seconds."""
        self.slept.append(seconds)
        self.now += timedelta(seconds=seconds)


@pytest.fixture
def time() -> Time:
    """A clock of its own for each test."""
    return Time()


@pytest.fixture
def http() -> Iterator[responses.RequestsMock]:
    """Canned answers in place of the network."""
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield mock


@pytest.fixture
def store() -> MemoryTokenStore:
    """An empty token store."""
    return MemoryTokenStore()


@pytest.fixture
def tokens(time: Time, store: MemoryTokenStore) -> TokenSource:
    """A token source against the canned login host."""
    return TokenSource(
        login_url=LOGIN,
        client_id="the-app",
        client_secret=SECRET,
        store=store,
        clock=time.clock,
        sleep=time.sleep,
    )


@pytest.fixture
def calls() -> list[tuple[str, str, int]]:
    """What the client told its hook."""
    return []


@pytest.fixture
def client(
    http: responses.RequestsMock, time: Time, tokens: TokenSource, calls: list[tuple[str, str, int]]
) -> ProcoreClient:
    """A client whose first token is token-1 and whose waits have no chance in them."""
    http.post(f"{LOGIN}/oauth/token", json={"access_token": "token-1", "expires_in": 5400})
    return ProcoreClient(
        api_url=API,
        company_id=8089,
        tokens=tokens,
        clock=time.clock,
        sleep=time.sleep,
        jitter=lambda: 1.0,
        on_call=lambda *call: calls.append(call),
    )


@pytest.fixture
def sample() -> Callable[[str], Any]:
    """Loads a documented sample by name; skips where the folder is not known."""
    folder = os.environ.get("QBSYNC_INTUIT_SCHEMA")
    if not folder:
        pytest.skip("QBSYNC_INTUIT_SCHEMA names no folder with procore-samples")

    def load(name: str) -> Any:
        return json.loads(Path(folder, "procore-samples", f"{name}.json").read_text(encoding="utf-8"))

    return load


def _vendor(vendor_id: int, **changes: Any) -> dict[str, Any]:
    vendor = {
        "id": vendor_id,
        "name": f"Vendor {vendor_id}",
        "is_active": True,
        "updated_at": "2026-05-18T20:00:00Z",
    }
    return vendor | changes


def _project(number: int, **changes: Any) -> dict[str, Any]:
    project = {
        "id": number,
        "name": f"Project {number}",
        "active": True,
        "updated_at": "2026-05-20T22:10:09Z",
    }
    return project | changes


def _line(number: int, **changes: Any) -> dict[str, Any]:
    code = {"id": 14720, "full_code": "16-050", "code": "050", "standard_cost_code_id": 372}
    return {"id": number, "amount": "100.0", "position": 1, "cost_code": code} | changes


def _contract(contract_id: int, **changes: Any) -> dict[str, Any]:
    contract = {
        "id": contract_id,
        "number": f"SC-{contract_id}",
        "status": "Approved",
        "deleted_at": None,
        "updated_at": "2026-05-20T22:10:09Z",
        "vendor": {"id": 470021},
        "currency_configuration": {"currency_iso_code": "USD"},
    }
    return contract | changes


def _package(package_id: int, **changes: Any) -> dict[str, Any]:
    package = {
        "id": package_id,
        "contract_id": 20,
        "number": "001",
        "title": "More circuits",
        "status": "approved",
        "deleted_at": None,
        "updated_at": "2026-05-20T22:10:09Z",
        "currency_configuration": {"currency_iso_code": "USD"},
    }
    return package | changes


def _package_line(number: int, **changes: Any) -> dict[str, Any]:
    code = {"id": 14720, "full_code": "16-050", "code": "050", "standard_cost_code_id": 372}
    return {"id": number, "total_amount": "100.0", "position": 1, "cost_code": code} | changes


def _invoice(invoice_id: int, **changes: Any) -> dict[str, Any]:
    invoice = {
        "id": invoice_id,
        "commitment_id": 20,
        "commitment_type": "WorkOrderContract",
        "vendor_id": 470021,
        "invoice_number": f"INV-{invoice_id}",
        "number": 1,
        "status": "approved",
        "billing_date": "2026-05-31",
        "updated_at": "2026-05-20T22:10:09Z",
        "summary": {"current_payment_due": "90.00", "tax_applicable_to_this_payment": "0.00"},
        "items": [_item(1)],
    }
    return invoice | changes


def _item(number: int, **changes: Any) -> dict[str, Any]:
    """An item that bills 100 of work in its period and holds 10 back."""
    item = {
        "id": number,
        "item_type": "contract_item",
        "position": number,
        "line_item_id": 1000 + number,
        "cost_code_id": 14720,
        "wbs_code": {"flat_code": "16-050.C"},
        "total_completed_and_stored_to_date": "150.00",
        "total_completed_and_stored_to_date_from_previous": "50.00",
        "work_completed_retainage_retained_this_period": "10.00",
        "materials_stored_retainage_new_materials": "0.00",
        "work_completed_retainage_released_this_period": "0.00",
        "materials_stored_retainage_released_this_period": "0.00",
        "taxes": [],
    }
    return item | changes


@pytest.fixture
def raw() -> SimpleNamespace:
    """Makers of payloads: vendor, project, contract, line, package, package_line, invoice, item."""
    return SimpleNamespace(
        vendor=_vendor,
        project=_project,
        contract=_contract,
        line=_line,
        package=_package,
        package_line=_package_line,
        invoice=_invoice,
        item=_item,
    )
