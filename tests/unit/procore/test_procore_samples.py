"""Every sample of Procore's answers is read by the payload of its endpoint, or nothing does, for a reason."""

from __future__ import annotations

import os
from fnmatch import fnmatch
from pathlib import Path

import pytest

from qbsync.procore import wire
from qbsync.procore.payloads.budgets import (
    AdjustmentPayload,
    BudgetPayload,
    BudgetRowPayload,
    BudgetViewPayload,
)
from qbsync.procore.payloads.change_orders import (
    ChangedLinePayload,
    CommitmentChangeOrderPayload,
    PackagePayload,
)
from qbsync.procore.payloads.commitments import ContractPayload, LinePayload, ReferencePayload
from qbsync.procore.payloads.cost_codes import (
    ProjectCostCodePayload,
    StandardCostCodeListPayload,
    StandardCostCodePayload,
)
from qbsync.procore.payloads.costs import CostTypePayload, DirectCostLinePayload, DirectCostPayload
from qbsync.procore.payloads.directory import ProjectPayload, VendorPayload
from qbsync.procore.payloads.invoices import ChangeOrderItemPayload, DetailItemPayload, InvoicePayload
from qbsync.procore.payloads.oauth import TokenPayload
from qbsync.procore.payloads.payments import ContractPaymentPayload
from qbsync.procore.payloads.shape import read
from qbsync.procore.payloads.sync import SyncPayload
from qbsync.procore.payloads.taxes import TaxCodePayload
from qbsync.procore.payloads.webhooks import AccountPayload

READ = {
    "budget_change_adjustment_line_items_v20": AdjustmentPayload,
    "budget_meta_show": BudgetPayload,
    "budget_view_detail_rows": BudgetRowPayload,
    "budget_views_list": BudgetViewPayload,
    "change_order_package_show": PackagePayload,
    "change_order_packages_list": PackagePayload,
    "commitment_change_order_line_items_v20": ChangedLinePayload,
    "commitment_change_order_show": CommitmentChangeOrderPayload,
    "commitment_change_orders_list": CommitmentChangeOrderPayload,
    "commitments_list": ReferencePayload,
    "contract_payment_create": ContractPaymentPayload,
    "contract_payments_list": ContractPaymentPayload,
    "cost_codes_list": ProjectCostCodePayload,
    "cost_codes_sync": ProjectCostCodePayload,
    "direct_cost_line_items_list": DirectCostLinePayload,
    "direct_cost_line_items_sync": DirectCostLinePayload,
    "direct_cost_show_v11": DirectCostPayload,
    "direct_costs_list_v11": DirectCostPayload,
    "direct_costs_sync": DirectCostPayload,
    "line_item_types_list": CostTypePayload,
    "me_show": AccountPayload,
    "oauth_token_client_credentials": TokenPayload,
    "project_show": ProjectPayload,
    "projects_list_v11": ProjectPayload,
    "projects_sync": ProjectPayload,
    "purchase_order_contract_line_items_list": LinePayload,
    "purchase_order_contract_show": ContractPayload,
    "purchase_order_contracts_list": ContractPayload,
    "requisition_change_order_items_list": ChangeOrderItemPayload,
    "requisition_contract_detail_items_list": DetailItemPayload,
    "requisition_show_v11_extended": InvoicePayload,
    "requisitions_list_v11_extended": InvoicePayload,
    "standard_cost_code_lists_list": StandardCostCodeListPayload,
    "standard_cost_codes_list": StandardCostCodePayload,
    "standard_cost_codes_sync": StandardCostCodePayload,
    "tax_codes_list": TaxCodePayload,
    "vendor_show": VendorPayload,
    "vendors_list": VendorPayload,
    "vendors_sync": VendorPayload,
    "work_order_contract_line_items_list": LinePayload,
    "work_order_contract_line_items_sync": LinePayload,
    "work_order_contract_show": ContractPayload,
    "work_order_contracts_list": ContractPayload,
    "work_order_contracts_sync": ContractPayload,
}
"""The payload of the records in a sample; a bulk update has them under "entities", v2 under "data"."""

UNREAD = {
    "billing_periods_list": "an invoice names its own period",
    "budget_change_show": "changes are read by their adjustment lines",
    "budget_changes_list": "changes are read by their adjustment lines",
    "budget_line_item_show_v11": "the rows of a budget view are read",
    "budget_line_items_sync": "the rows of a budget view are read",
    "budget_modifications_list": "changes are read by their adjustment lines",
    "budget_view_summary_rows": "the detail rows are read",
    "commitment_contract*": "the v1.0 lists and shows are read",
    "companies_list": "a connection names its company",
    "*wbs*": "cost codes and cost types are read by their own endpoints",
    "cost_code_line_item_types_sync*": "of the ERP feed",
    "erp_*": "of the ERP feed, read by the tests of its requests",
    "error_*": "answers that are refusals, read by the tests of refusals",
    "external_data_*": "of the ERP feed",
    "invoice_payments_sync*": "of the ERP feed",
    "line_item_types_sync": "of the ERP feed",
    "oauth_token_authorization_code": "a service account signs in with its own grant",
    "oauth_token_info": "a token says itself how long it is good for",
    "payment_applications_list": "of prime contracts, which are not exported",
    "potential_change_orders_list": "of prime contracts and of what is not approved",
    "prime_contract*": "prime contracts are not exported",
    "project_vendors_list_v11": "the company's vendors are read",
    "requisition_contract_items_list": "an extended invoice carries its items",
    "requisition_detail": "an extended invoice carries its items",
    "requisition_payment_details_v20": "payments are told as contract payments",
    "staged_records_sync*": "of the ERP feed",
    "sub_jobs_*": "QuickBooks does not know sub jobs",
    "tax_codes_sync": "tax codes are read and never written",
    "tax_types_list": "the tax codes say their rate",
    "unified_upload_*": "no file is uploaded",
    "webhook_*": "read by the tests of webhooks",
}
"""Samples that the direct feed has no use for, and why."""


def samples():
    """The files, where they are at hand."""
    folder = os.environ.get("QBSYNC_INTUIT_SCHEMA")
    return sorted(Path(folder, "procore-samples").glob("*.json")) if folder else []


def records(raw):
    """The records within an answer."""
    for key in ("entities", "data"):
        if isinstance(raw, dict) and key in raw:
            raw = raw[key]
    return raw if isinstance(raw, list) else [raw]


@pytest.mark.parametrize("path", samples(), ids=lambda path: path.stem)
def test_each_sample_is_read_or_has_no_reader_for_a_reason(path):
    """The payload that reads an endpoint takes its sample; a sample of which nobody says anything fails."""
    model = READ.get(path.stem)
    if model is None:
        assert [why for name, why in UNREAD.items() if fnmatch(path.stem, name)] != []
        return
    raw = wire.decode(path.read_bytes())
    if path.stem.endswith("_sync"):
        raw = {"entities": list(read(SyncPayload, raw, what=path.stem).entities)}
    found = [read(model, one, what=path.stem) for one in records(raw)]
    assert found != []


def test_every_payload_and_reason_is_of_a_sample():
    """No row outlives its sample."""
    stems = [path.stem for path in samples()]
    if not stems:
        pytest.skip("QBSYNC_INTUIT_SCHEMA names no folder with procore-samples")
    assert [name for name in (*READ, *UNREAD) if not any(fnmatch(stem, name) for stem in stems)] == []
