"""A simulated Procore with a small company in it, and a client that is logged in."""

from __future__ import annotations

import html
import json
import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import requests
from anyascii import anyascii

from qbsync.simulator.procore import Clock, ProcoreServer, ProcoreState
from qbsync.simulator.procore.rows import Contract
from qbsync.simulator.quickbooks.company_file import CompanyFile
from qbsync.simulator.world import WorldSpec, build_world

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
FREE = ("custom_fields", "erp_custom_fields")
"""What each company has fields of its own in."""


@dataclass
class Client:
    """Calls a server as a careful integration does."""

    server: ProcoreServer
    session: requests.Session = field(default_factory=requests.Session)

    def token(self, **changes: str) -> requests.Response:
        """Ask for a token; `changes` spoil the form."""
        form = {
            "grant_type": "client_credentials",
            "client_id": self.server.client_id,
            "client_secret": self.server.client_secret,
            **changes,
        }
        return self.session.post(f"{self.server.login_url}/oauth/token", data=form, timeout=10)

    def log_in(self) -> None:
        """Carry a token and the company header from now on."""
        self.session.headers["Authorization"] = f"Bearer {self.token().json()['access_token']}"
        self.session.headers["Procore-Company-Id"] = str(self.server.company_id)

    def get(self, path: str, **query: object) -> requests.Response:
        """GET a path."""
        return self.session.get(self.server.url + path, params=query, timeout=10)

    def patch(self, path: str, json: object, **query: object) -> requests.Response:
        """PATCH a path with JSON."""
        return self.session.patch(self.server.url + path, json=json, params=query, timeout=10)

    def post(self, path: str, json: object, status: int = 201) -> Any:
        """POST JSON; the answer's JSON, its status being the one expected."""
        answer = self.session.post(self.server.url + path, json=json, timeout=10)
        assert answer.status_code == status, answer.text
        return answer.json()


class Receiver:
    """What a hook's address took, and how it answers."""

    url = "https://connector.example/webhooks/procore/acme"
    authorization = "Bearer token123"

    def __init__(self) -> None:
        self.bodies: list[dict[str, Any]] = []
        self.statuses: list[int | OSError] = []

    def __call__(self, url: str, headers: Mapping[str, str], body: bytes) -> int:
        """Take a POST; the statuses that were set go first, then 200."""
        assert (url, headers["Authorization"]) == (self.url, self.authorization)
        status = self.statuses.pop(0) if self.statuses else 200
        if isinstance(status, OSError):
            raise status
        if status == 200:
            self.bodies.append(json.loads(body))
        return status

    def seen(self) -> set[tuple[str, str, int]]:
        """Each event that came, by its resource, type and id, each once."""
        return {(one["resource_name"], one["event_type"], one["resource_id"]) for one in self.bodies}


@dataclass
class AddHook:
    """Makes hooks in v2.0 that send to the receiver."""

    client: Client

    def __call__(self, *triggers: tuple[str, str], version: str = "v2.0", scope: str = "") -> dict[str, Any]:
        """A hook with triggers, of the company unless `scope` names a project."""
        root = f"/rest/v2.0/companies/8089{scope}/webhooks"
        hook = {
            "payload_version": version,
            "namespace": "open-qbd-connector",
            "destination_url": Receiver.url,
            "destination_headers": {"Authorization": Receiver.authorization},
        }
        made: dict[str, Any] = self.client.post(f"{root}/hooks", hook)["data"]
        if triggers:
            wanted = [{"resource_name": name, "event_type": event} for name, event in triggers]
            self.client.post(f"{root}/hooks/{made['id']}/triggers/bulk", wanted)
        return made


@pytest.fixture
def receiver() -> Receiver:
    """The address that hooks send to."""
    return Receiver()


@pytest.fixture
def add_hook(client: Client) -> AddHook:
    """Makes hooks."""
    return AddHook(client)


@dataclass(frozen=True)
class Small:
    """The ids of the small company."""

    list_id: int
    project: int
    vendor: int
    subcontract: int
    order: int


def _contract(state: ProcoreState, kind: str, project: int, vendor: int, number: str) -> int:
    row = state.create_commitment(
        kind, project, vendor, number=number, title="Wiring", description="<p>All of it</p>"
    )
    code = state.cost_codes(project)[1].id
    commitment_type = state.line_item_types()[1].id
    state.create_line(row.id, code, amount=Decimal("100000.10"), line_item_type_id=commitment_type)
    state.create_line(
        row.id,
        code,
        extended_type="calculated",
        quantity=Decimal(7),
        unit_cost=Decimal("3.33333"),
        uom="ea",
        line_item_type_id=commitment_type,
    )
    return state.approve(row.id).id


@pytest.fixture
def state() -> ProcoreState:
    """A company with a division, a code, a vendor, a project and one commitment of each kind."""
    state = ProcoreState(clock=Clock(NOW))
    erp = state.create_cost_code_list("QuickBooks Standard Cost Codes", is_erp_list=True)
    division = state.create_standard_cost_code(erp.id, "16", "Electrical")
    state.create_standard_cost_code(erp.id, "050", "Basic Electrical", division.id)
    state.create_line_item_type("Materials", "M", "materials")
    state.create_line_item_type("Commitment", "C", "commitment")
    return state


@pytest.fixture
def small(state: ProcoreState) -> Small:
    """The small company's ids, its records made."""
    vendor = state.create_vendor("Müller & Söhne", contact_last_name="Müller").id
    project = state.create_project("Harbor View Clinic", project_number="24-017").id
    return Small(
        list_id=state.cost_code_lists()[0].id,
        project=project,
        vendor=vendor,
        subcontract=_contract(state, "work_order_contract", project, vendor, "SC-001"),
        order=_contract(state, "purchase_order_contract", project, vendor, "PO-001"),
    )


@pytest.fixture
def server(state: ProcoreState, small: Small):
    """A server that never limits; `small` is filled in."""
    assert small
    with ProcoreServer(state, per_hour=100_000, per_10_seconds=100_000) as server:
        yield server


@pytest.fixture
def client(server: ProcoreServer):
    """A client with a token and the company header."""
    client = Client(server)
    client.log_in()
    with client.session:
        yield client


@pytest.fixture(scope="session")
def world() -> WorldSpec:
    """The made-up company at its usual size."""
    return build_world()


@dataclass(frozen=True)
class Synced:
    """A Procore and a company file that agree in everything, made by hand."""

    procore: ProcoreState
    company: CompanyFile


@pytest.fixture
def synced() -> Synced:
    """A smaller world, entered by hand on both sides, every id written back."""
    world = build_world(cost_codes=6, vendors=60, projects=2, commitments=6)
    procore = ProcoreState(clock=Clock(NOW))
    world.apply(procore)
    company = CompanyFile.open()
    world.furnish(company)
    _enter_lists(world, procore, company)
    for contract in procore.commitments():
        _enter_order(procore, company, contract)
    return Synced(procore=procore, company=company)


def _kept(text: str) -> str:
    """A text as a careful person would type it into QuickBooks."""
    composed = unicodedata.normalize("NFC", text).strip()
    return "".join(c if c.encode("cp1252", "ignore") else anyascii(c) for c in composed)


def _enter_lists(world: WorldSpec, procore: ProcoreState, company: CompanyFile) -> None:
    for code in procore.standard_cost_codes():
        *above, own = procore.segments(code)
        item = company.human.add_service_item(
            own, parent=":".join(above), account=world.income_account, description=code.name
        )
        procore.edit_standard_cost_code(code.id, origin_id=item)
    for vendor in procore.vendors():
        address = {
            tag: _kept(text)
            for tag, text in (
                ("City", vendor.city),
                ("State", vendor.state_code or ""),
                ("PostalCode", vendor.zip),
            )
        }
        fields = {"Phone": vendor.business_phone, "Email": vendor.email_address, "VendorAddress": address}
        procore.edit_vendor(vendor.id, origin_id=company.human.add_vendor(_kept(vendor.name), **fields))
    for project in procore.projects():
        job = company.human.add_customer(
            _kept(project.name),
            parent=_kept(world.customer_of(project.name)),
            ShipAddress={
                "City": project.city,
                "State": project.state_code or "",
                "PostalCode": project.zip,
            },
        )
        procore.edit_project(project.id, origin_id=job)
        for code in procore.cost_codes(project.id):
            if code.standard_cost_code_id:
                item = procore.standard_cost_code(code.standard_cost_code_id).origin_id
                procore.edit_cost_code(code.id, origin_id=f"{job}|{item}")


def _enter_order(procore: ProcoreState, company: CompanyFile, contract: Contract) -> None:
    vendor = procore.vendor(contract.vendor_id or 0).origin_id
    job = procore.project(contract.project_id).origin_id
    lines = procore.lines(contract.id)
    txn_id = company.human.add_purchase_order(
        "",
        [],
        ref_number=contract.number,
        VendorRef={"ListID": vendor},
        Memo=_kept(contract.title),
        VendorMsg=message_of(contract.description or ""),
        PurchaseOrderLineAdd=[
            {
                "ItemRef": {"ListID": _item(procore, line.cost_code_id or 0)},
                "Desc": _kept(line.description),
                "Quantity": str(line.amount),
                "Rate": "1",
                "CustomerRef": {"ListID": job},
            }
            for line in lines
        ],
    )
    order = next(order for order in company.purchase_orders() if order.txn_id == txn_id)
    for line, held in zip(lines, order.lines, strict=True):
        procore.edit_line(line.id, origin_id=f"{txn_id}|{held.txn_line_id}")
    procore.edit_commitment(contract.id, origin_id=txn_id)


def _item(procore: ProcoreState, code_id: int) -> str | None:
    return procore.standard_cost_code(procore.cost_code(code_id).standard_cost_code_id or 0).origin_id


def message_of(description: str) -> str:
    """A description's plain words, cut as QuickBooks' vendor message wants it."""
    plain = " ".join(html.unescape(re.sub(r"<[^>]+>", " ", description)).split())
    return plain if len(plain) <= 99 else f"{plain[:96]}..."


@pytest.fixture
def sample_of(intuit: Path) -> Callable[[str], Any]:
    """Gives the reference's sample of that name."""
    folder = intuit / "procore-samples"
    return lambda name: json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))


@pytest.fixture
def unlike(sample_of: Callable[[str], Any]) -> Callable[..., list[str]]:
    """Tells where an answer differs from the sample of that name in keys or types; null fits everything.

    Of a sync the answer's `within` is compared; a few of its samples show no more than that.
    """

    def compare(name: str, got: object, *, within: str = "") -> list[str]:
        sample = sample_of(name)
        return _unlike(sample[within] if within and isinstance(sample, dict) else sample, got)

    return compare


def _unlike(sample: object, got: object, at: str = "$") -> list[str]:
    if sample is None or got is None or at.rpartition(".")[2] in FREE:
        return []
    if isinstance(sample, dict) and isinstance(got, dict):
        odd = [f"{at}: {key} is on one side only" for key in sorted(sample.keys() ^ got.keys())]
        return odd + [
            line
            for key in sample.keys() & got.keys()
            for line in _unlike(sample[key], got[key], f"{at}.{key}")
        ]
    if isinstance(sample, list) and isinstance(got, list):
        return [line for item in got if sample for line in _of_one(sample, item, f"{at}[]")]
    numbers = all(isinstance(one, int | float) and not isinstance(one, bool) for one in (sample, got))
    return [] if numbers or type(sample) is type(got) else [f"{at}: {sample!r} and {got!r}"]


def _of_one(samples: list[object], got: object, at: str) -> list[str]:
    """Where an element differs from the one of the samples that it is most like."""
    return min((_unlike(one, got, at) for one in samples), key=len)
