"""Every endpoint of the direct feed beside its sample: budgets, changes, invoices, payments, costs."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from typing import Final

import pytest

from qbsync.simulator.procore import ProcoreServer
from qbsync.simulator.procore.budget_api import VIEW_ID
from qbsync.simulator.procore.erp_api import ErpApi
from qbsync.simulator.procore.erp_staging_api import StagingApi
from qbsync.simulator.procore.invoice_maths import Billing

V1, V11, V2 = "/rest/v1.0", "/rest/v1.1", "/rest/v2.0/companies/{company_id}/projects/{project_id}"
OF_PROJECT, OF_COMPANY = "project_id={project_id}", "company_id={company_id}"
WOC, POC = f"{V1}/work_order_contracts", f"{V1}/purchase_order_contracts"
COSTS, REQUISITION = f"{V1}/projects/{{project_id}}/direct_costs", f"{V1}/requisitions/{{invoice_id}}"
NEWER = "commitment_change_orders"
PAYMENT: Final = {
    "amount": "10.00",
    "check_number": "1001",
    "date": "2026-04-01",
    "invoice_date": "2026-03-28",
    "invoice_number": "I-1",
    "payment_method": "check",
    "payment_number": 1,
}

GETS: Final = {
    f"{V1}/projects/{{project_id}}/budget": ("budget_meta_show", ""),
    f"{V1}/budget_views": ("budget_views_list", OF_PROJECT),
    f"{V1}/budget_views/{{view_id}}/detail_rows": ("budget_view_detail_rows", OF_PROJECT),
    f"{V2}/budget_changes/adjustment_line_items": ("budget_change_adjustment_line_items_v20", ""),
    f"{V1}/change_order_packages": ("change_order_packages_list", OF_PROJECT),
    f"{V1}/change_order_packages/{{package_id}}": ("change_order_package_show", OF_PROJECT),
    f"{V1}/projects/{{project_id}}/{NEWER}": ("commitment_change_orders_list", ""),
    f"{V2}/{NEWER}/{{newer_id}}/line_items": ("commitment_change_order_line_items_v20", ""),
    f"{V11}/requisitions": ("requisitions_list_v11_extended", f"{OF_PROJECT}&view=extended"),
    f"{V11}/requisitions/{{invoice_id}}": ("requisition_show_v11_extended", f"{OF_PROJECT}&view=extended"),
    f"{REQUISITION}/contract_items": ("requisition_contract_items_list", OF_PROJECT),
    f"{REQUISITION}/change_order_items": ("requisition_change_order_items_list", OF_PROJECT),
    f"{REQUISITION}/contract_detail_items": ("requisition_contract_detail_items_list", OF_PROJECT),
    f"{V1}/projects/{{project_id}}/billing_periods": ("billing_periods_list", ""),
    f"{V1}/contract_payments": ("contract_payments_list", f"{OF_PROJECT}&contract_id={{contract_id}}"),
    f"{V11}/projects/{{project_id}}/direct_costs": ("direct_costs_list_v11", ""),
    f"{V11}/projects/{{project_id}}/direct_costs/{{cost_id}}": ("direct_cost_show_v11", ""),
    f"{COSTS}/line_items": ("direct_cost_line_items_list", ""),
    f"{V1}/tax_codes": ("tax_codes_list", OF_COMPANY),
    f"{V1}/companies/{{company_id}}/vendors/inactive": ("vendors_list", "view=extended"),
}
"""What the direct feed reads, by path: the sample of the answer, and the query."""

WRITES: Final = {
    f"PATCH {V1}/change_order_packages/{{package_id}}": (
        "change_order_package_show",
        {"project_id": "{project_id}", "change_order": {"origin_id": "8000-1", "origin_code": "PO-1"}},
    ),
    f"PATCH {V11}/requisitions/{{invoice_id}}": (
        "requisition_show_v11_extended",
        {
            "project_id": "{project_id}",
            "commitment_id": "{contract_id}",
            "requisition": {"origin_id": "8000-2"},
        },
    ),
    f"POST {V1}/contract_payments": (
        "contract_payment_create",
        {"project_id": "{project_id}", "contract_id": "{contract_id}", "contract_payment": PAYMENT},
    ),
    f"PATCH {V1}/contract_payments/{{payment_id}}": (
        "contract_payment_create",
        {
            "project_id": "{project_id}",
            "contract_id": "{contract_id}",
            "contract_payment": {"amount": "9.00"},
        },
    ),
    f"PATCH {COSTS}/sync": (
        "direct_costs_sync",
        {"updates": [{"id": "{cost_id}", "origin_data": "{}"}, {"id": 0, "description": "nobody's"}]},
    ),
    f"PATCH {COSTS}/line_items/sync": (
        "direct_cost_line_items_sync",
        {"updates": [{"id": "{cost_line_id}", "amount": "3.00"}, {"id": 0, "amount": "1.00"}]},
    ),
    f"PATCH {V1}/line_item_types/sync": (
        "line_item_types_sync",
        {"company_id": "{company_id}", "updates": [{"id": "{type_id}", "origin_id": "8000-3"}]},
    ),
    f"POST {V1}/projects": ("project_show", {"company_id": "{company_id}", "project": {"name": "Pier 9"}}),
    f"PATCH {V1}/projects/{{project_id}}": (
        "project_show",
        {"company_id": "{company_id}", "project": {"origin_id": "8000-4"}},
    ),
    f"PATCH {V1}/vendors/{{vendor_id}}": (
        "vendor_show",
        {"company_id": "{company_id}", "vendor": {"origin_id": "8000-5"}},
    ),
    f"PATCH {WOC}/{{contract_id}}": (
        "work_order_contract_show",
        {"project_id": "{project_id}", "work_order_contract": {"origin_id": "8000-6"}},
    ),
    f"PATCH {POC}/{{order_id}}": (
        "purchase_order_contract_show",
        {"project_id": "{project_id}", "purchase_order_contract": {"origin_id": "8000-7"}},
    ),
    f"PATCH {POC}/sync": (
        "purchase_order_contracts_list",
        {"project_id": "{project_id}", "updates": [{"id": "{order_id}", "origin_id": "8000-8"}]},
    ),
    f"PATCH {POC}/{{order_id}}/line_items/sync": (
        "work_order_contract_line_items_sync",
        {"updates": [{"id": "{order_line_id}", "origin_id": "8000-9"}]},
    ),
}
"""What it writes: the sample of the answer, and the body."""

ELSEWHERE: Final = {
    *(f"GET {V1}/{name}" for name in ("me", "companies", "vendors", "standard_cost_code_lists")),
    *(f"GET {V1}/{name}" for name in ("standard_cost_codes", "cost_codes", "line_item_types", "commitments")),
    f"GET {V11}/projects",
    f"GET {V1}/projects/{{}}",
    f"GET {V1}/vendors/{{}}",
    *(f"GET {path}{rest}" for path in (WOC, POC) for rest in ("", "/{}", "/{}/line_items")),
    *(f"PATCH {V1}/{name}/sync" for name in ("projects", "vendors", "standard_cost_codes", "cost_codes")),
    f"PATCH {WOC}/sync",
    f"PATCH {WOC}/{{}}/line_items/sync",
}
"""What test_simulated_shapes.py holds against its samples; webhooks too, whose paths are many."""
WITHOUT_SAMPLE: Final = {
    f"GET {WOC}/{{}}/line_item_contract_details": "documented by its fields alone",
    f"DELETE {V1}/contract_payments/{{}}": "answers nothing",
    f"DELETE {V11}/projects/{{}}/direct_costs/{{}}": "answers nothing",
}
"""Endpoints that the reference shows no answer of, and why."""


@pytest.fixture
def names(small, state, client):
    """A company with something of everything; what the paths' variables stand for."""
    code, kind = state.cost_codes(small.project)[1], state.line_item_types()[1]
    line = state.lines(small.subcontract)[0]
    state.budgets.add_line(small.project, code.id, Decimal("500.00"), kind.id)
    state.budgets.lock(small.project)
    state.budgets.change(small.project, {state.budgets.lines(small.project)[0].id: Decimal("5.00")})
    package = state.change_orders.create(
        small.subcontract, [(code.id, Decimal(85), "Circuits", line.id)], title="Added", status="approved"
    )
    for one in state.change_orders.lines(package.id):
        state.change_orders.edit_line(one.id, line_item_type_id=kind.id)
    detail = state.invoices.create_detail(line.id, Decimal("100000.10"), "Rough-in")
    period = state.invoices.create_period(small.project, date(2026, 3, 1), date(2026, 3, 31))
    billed = state.change_orders.lines(package.id)[0]
    invoice = state.invoices.create(
        small.subcontract,
        period.id,
        {detail.id: Billing(work=Decimal("100.00")), billed.id: Billing(work=Decimal("5.00"))},
        number="I-1",
        billing_date=date(2026, 3, 28),
        retainage=Decimal(10),
    )
    state.invoices.submit(invoice.id)
    state.invoices.approve(invoice.id)
    payment = state.payments.create(
        small.subcontract, Decimal("10.00"), date(2026, 4, 1), requisition_id=invoice.id, check_number="1001"
    )
    cost = state.direct_costs.create(small.project, direct_cost_type="invoice", vendor_id=small.vendor)
    cost_line = state.direct_costs.create_line(
        cost.id, cost_code_id=code.id, line_item_type_id=kind.id, amount=Decimal("3.00")
    )
    state.create_tax_code("GST", Decimal(5))
    state.create_vendor("Gone Ltd", is_active=False)
    listed = client.get(f"{V1}/projects/{small.project}/{NEWER}").json()
    return {
        "company_id": state.company_id,
        "project_id": small.project,
        "vendor_id": small.vendor,
        "contract_id": small.subcontract,
        "order_id": small.order,
        "order_line_id": state.lines(small.order)[0].id,
        "view_id": VIEW_ID,
        "package_id": package.id,
        "newer_id": listed["data"][0]["id"],
        "invoice_id": invoice.id,
        "payment_id": payment.id,
        "cost_id": cost.id,
        "cost_line_id": cost_line.id,
        "type_id": kind.id,
    }


def filled(value: object, names: dict[str, int]) -> object:
    """A body with its variables replaced by the ids they stand for."""
    if isinstance(value, dict):
        return {key: filled(one, names) for key, one in value.items()}
    if isinstance(value, list):
        return [filled(one, names) for one in value]
    found = re.fullmatch(r"\{(\w+)\}", value) if isinstance(value, str) else None
    return names[found[1]] if found else value


@pytest.mark.intuit
@pytest.mark.parametrize("path", GETS)
def test_what_is_read_has_the_shape_of_its_sample(path, client, names, unlike):
    """Each GET answers, with something in it, in exactly the keys and types of the documented sample."""
    name, query = GETS[path]
    url = f"{client.server.url}{path.format(**names)}?{query.format(**names)}"
    response = client.session.get(url, timeout=9)
    assert response.status_code == 200
    got = response.json()
    assert got
    assert not isinstance(got, dict) or got.get("data", got)
    assert unlike(name, got) == []


@pytest.mark.intuit
@pytest.mark.parametrize("call", WRITES)
def test_what_is_written_is_answered_in_the_shape_of_its_sample(call, client, names, unlike):
    """Each write answers the record, or of a sync the entities, in the sample's keys and types."""
    name, body = WRITES[call]
    method, _, path = call.partition(" ")
    url = client.server.url + path.format(**names)
    response = client.session.request(
        method, url, params={"project_id": names["project_id"]}, json=filled(body, names), timeout=9
    )
    assert response.status_code in (200, 201), response.text
    if path.endswith("/sync"):
        assert len(response.json()["entities"]) == 1
        assert unlike(name, response.json()["entities"], within="entities") == []
    else:
        assert unlike(name, response.json()) == []


def test_every_endpoint_of_the_direct_feed_is_held_against_its_sample(server: ProcoreServer):
    """An endpoint that the simulator gains is named here, or this fails; so is one that it has no more."""
    erp = {route.rule for family in (ErpApi, StagingApi) for route in family(server.state).routes()}
    there = {
        f"{method} {re.sub('<[^>]*>', '{}', rule.rule)}"
        for rule in server._api().url_map.iter_rules()
        for method in rule.methods - {"HEAD", "OPTIONS"}
        if rule.rule not in erp and "/webhooks/" not in rule.rule
    }
    named = {re.sub(r"\{\w+\}", "{}", call) for call in (*(f"GET {path}" for path in GETS), *WRITES)}
    assert there - named - ELSEWHERE - WITHOUT_SAMPLE.keys() == set()
    assert (named | ELSEWHERE | WITHOUT_SAMPLE.keys()) - there == set()
