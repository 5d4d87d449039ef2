"""The ERP feed: what each request of Procore's ERP tool asks for, as records and actions.

Every event of the dictionary (reference, section 4.5) has a handler; one that is not known is answered in
words, for a detail that nobody closes blocks the tool's buttons.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from qbsync.errors import ProcorePayloadError
from qbsync.procore.erp.requests import ErpRequest
from qbsync.procore.feeds import erp_billing as billing, erp_exports as exports, erp_notices as notices
from qbsync.procore.feeds.erp_events import (
    Broken,
    DeletionOf,
    ErpEvent,
    MetadataWanted,
    Noted,
    Refresh,
    RefreshOf,
    Unsupported,
)
from qbsync.procore.feeds.erp_known import Known
from qbsync.procore.payloads.shape import id_in

Handler = Callable[[ErpRequest, Known], Iterator[ErpEvent]]


def events(request: ErpRequest, known: Known) -> list[ErpEvent]:
    """What one request asks for; `known` says what this connection has of the records it names."""
    handler = HANDLERS.get(request.name)
    if handler is None:
        words = f"qbsync does not know the request {request.name!r} of Procore's ERP tool."
        return [Unsupported(details=request.details, message=words)]
    try:
        return list(handler(request, known))
    except ProcorePayloadError as error:
        header = "" if request.details else _header_in(request)
        details = request.details or ("",)
        return [Broken(detail=one, header=header, message=error.for_people()) for one in details]


_NAMED: Final = {"budget": "budget", "vendor": "vendor", "job": "project", "change_order": "change_order"}
"""What external data call the record that an export has under this name."""


def _header_in(request: ErpRequest) -> str:
    """The item of an export that cannot be read, by which Procore lists its detail; empty for a notice."""
    names = _NAMED if request.name.startswith(("create_", "update_")) else {}
    ids = {name: id_in(request.fields.get(name)) for name in names}
    return next((f"{_NAMED[name]}:{one}" for name, one in ids.items() if one), "")


def _refresh(of: RefreshOf) -> Handler:
    def handler(request: ErpRequest, _known: Known) -> Iterator[ErpEvent]:
        list_id = request.fields.get("standard_cost_code_list_id")
        yield Refresh(detail=request.detail, of=of, list_id="" if list_id is None else str(list_id))

    return handler


def _unsupported(what: str, instead: str) -> Handler:
    def handler(request: ErpRequest, _known: Known) -> Iterator[ErpEvent]:
        yield Unsupported(details=request.details, message=f"qbsync does not export {what}. {instead}")

    return handler


def _noted(why: str) -> Handler:
    def handler(_request: ErpRequest, _known: Known) -> Iterator[ErpEvent]:
        yield Noted(why=why)

    return handler


def _metadata(_request: ErpRequest, _known: Known) -> Iterator[ErpEvent]:
    yield MetadataWanted()


_SUB_JOBS: Final = _unsupported("sub jobs", "Make a project of its own for it.")
_PRIME: Final = _unsupported(
    "prime contracts and their change orders", "Enter them in QuickBooks as invoices to the customer."
)
_OWNER: Final = _unsupported("invoices to owners", "Enter the invoice to the customer in QuickBooks.")
_DIRECT_COSTS: Final = _unsupported("company-level direct costs", "Enter the bill in QuickBooks.")

HANDLERS: Final[Mapping[str, Handler]] = {
    "create_standard_cost_codes": exports.standard_cost_codes,
    "create_vendor": exports.vendor,
    "create_or_update_job": exports.job,
    "create_budget": exports.budget,
    "update_budget": exports.budget,
    "create_commitment": exports.commitment,
    "create_commitment_change_order": exports.change_order,
    "create_requisitions": billing.requisitions,
    "create_contract_payment": billing.payment,
    "create_payment": billing.payment,
    "sync_standard_cost_codes": _refresh(RefreshOf.COST_CODES),
    "sync_standard_categories": _refresh(RefreshOf.CATEGORIES),
    "sync_vendors": _refresh(RefreshOf.VENDORS),
    "sync_jobs": _refresh(RefreshOf.JOBS),
    "sync_commitments": _refresh(RefreshOf.COMMITMENTS),
    "sync_commitment_change_orders": _refresh(RefreshOf.CHANGE_ORDERS),
    "sync_contract_payments": _refresh(RefreshOf.PAYMENTS),
    "create_vendor_in_procore": notices.vendor_joined,
    "link_vendor": notices.vendor_joined,
    "link_all_vendors": notices.vendors_joined,
    "unlink_vendor": notices.vendor_parted,
    "merge_vendors": notices.vendors_merged,
    "create_job_in_procore": notices.job_joined,
    "create_commitment_in_procore": notices.commitment_joined,
    "create_budget_in_procore": _noted("A budget was made in Procore; nothing is to be done."),
    "sync_single_job": notices.job_costs_wanted,
    "delete_standard_cost_codes": notices.standard_codes_parted,
    "unlink_standard_cost_codes": notices.standard_codes_parted,
    "delete_standard_categories": _noted("Cost types were deleted in Procore; qbsync keeps none."),
    "delete_cost_code": notices.cost_codes_forgotten,
    "delete_cost_codes": notices.deletions(DeletionOf.COST_CODE),
    "delete_cost_type_assignments": notices.deletions(DeletionOf.ASSIGNMENT),
    "unlink_commitment": notices.unlink_commitment,
    "unlink_commitment_change_order": notices.unlink_change_order,
    "unlink_requisition": notices.unlink_requisition,
    "reset_job": notices.reset_job,
    "reset_requisition": notices.reset_requisition,
    "reset_payment": notices.reset_payment,
    "sync_metadata": _metadata,
    "create_sub_job": _SUB_JOBS,
    "sync_sub_jobs": _SUB_JOBS,
    "create_sub_job_in_procore": _noted("qbsync does not use sub jobs."),
    "sync_sub_job": _noted("qbsync does not use sub jobs."),
    "reset_sub_job": _noted("qbsync does not use sub jobs."),
    "sync_prime_contracts": _PRIME,
    "create_prime_contract_change_order": _PRIME,
    "reset_prime_contract_change_order": _noted("qbsync does not export prime contracts."),
    "unlink_prime_contract_change_order": _PRIME,
    "create_payment_application": _OWNER,
    "unlink_payment_application": _OWNER,
    "create_company_level_direct_cost": _DIRECT_COSTS,
    "unlink_company_level_direct_cost": _DIRECT_COSTS,
    "reset_company_level_direct_cost": _noted("qbsync does not export company-level direct costs."),
}
"""Each request that the dictionary names, and what it asks for."""
