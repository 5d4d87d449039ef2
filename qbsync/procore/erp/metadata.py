"""The ERP connection's metadata: what the tool offers, and QuickBooks' limits, checked before an export.

Shape and names: reference/procore-api.md, 4.10. The keys of custom fields are ours and come back as
erp_custom_fields. Lengths are Intuit's (qbxmlops130.xml), Procore's own where those are shorter (4.11). A
rule stops what would fail or be left out: streets are wrapped over QuickBooks' lines, so their whole counts.
A cost code's income account is asked for though an item that QuickBooks has already would do without. None
asks for a job's customer, which an update leaves alone, nor stops a negative invoice: a request shows the
total as text alone, and whether `positive` lets nothing pass, as an invoice that is held back whole comes to,
is not documented.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from qbsync.model.options import Options
from qbsync.qbxml.address import LINES
from qbsync.qbxml.limits import max_length

_TOO_LONG: Final = "QuickBooks takes at most %{length} characters here."
_LACKING: Final = "QuickBooks needs it, and the connector has none for all."
_DELIMITER: Final = "-"
_OFF: Final[Mapping[str, Any]] = {"enabled": False}
_UNUSED: Final = (
    "sub_jobs",
    "company_level_direct_costs",
    "payment_applications",
    "prime_contracts",
    "prime_contract_change_orders",
)
"""What qbsync does not export: switched off, so that nobody sends it."""


def metadata(options: Options) -> dict[str, Any]:
    """The metadata of a connection with these options."""
    return {
        "settings": {
            "labels": {
                "name": "QuickBooks Desktop",
                "id_name": "QuickBooks ID",
                "short_name": "QuickBooks",
            },
            "configurations": {
                "features": {"custom_wbs_segments": _OFF},
                "settings": {"cost_codes_segment_delimiter": _DELIMITER},
            },
            "entities": {**_lists(options), **_transactions(options), **dict.fromkeys(_UNUSED, _OFF)},
        }
    }


def _lists(options: Options) -> dict[str, Any]:
    code, name = _most("ItemServiceAddRq", "ItemServiceAdd/Name"), _most("VendorAddRq", "VendorAdd/Name")
    job, address = _most("CustomerAddRq", "CustomerAdd/Name"), _address()
    return {
        "standard_cost_codes": _entity(
            export={
                "custom_fields": [
                    _custom(
                        "income_account_origin_id",
                        "Income account",
                        needed=not options.cost_code_income_account,
                    ),
                    _custom("expense_account_origin_id", "Expense account"),
                ]
            },
            limits={"code": code},
        ),
        "standard_categories": {"enabled": True},
        "vendors": _entity(
            export={"custom_fields": [_custom("vendor_type", "Vendor type"), _custom("terms", "Terms")]},
            configs={"staged_records": {"enabled": True}},
            limits={"name": name, **address},
        ),
        "jobs": _entity(
            export={"custom_fields": [_custom("customer", "Customer in QuickBooks")]},
            configs={
                "staged_records": {"enabled": True},
                "category_assignments": {"enabled": True},
                "cost_code_deletions": {"enabled": True},
                "cost_type_assignment_deletions": {"enabled": True},
                "update": {"enabled": True},
            },
            limits={"name": job, **address},
        ),
    }


def _address() -> dict[str, int]:
    """What QuickBooks' vendors have room for, and its jobs too; the name takes the first line."""

    def most(part: str) -> int:
        return _most("VendorAddRq", f"VendorAdd/VendorAddress/{part}")

    return {
        "address": (LINES - 1) * most("Addr1"),
        "city": most("City"),
        "state_code": most("State"),
        "zip": most("PostalCode"),
    }


def _transactions(options: Options) -> dict[str, Any]:
    number = _most("PurchaseOrderAddRq", "PurchaseOrderAdd/RefNumber")
    return {
        "budgets": _entity(configs={"sub_job_export": _OFF, "revised_estimates_export": {"enabled": True}}),
        "job_costs": {"enabled": True},
        "job_cost_transactions": {
            "enabled": options.cost_transactions,
            "configs": {"import": {"enabled": options.cost_transactions}},
        },
        "commitments": _entity(
            configs={
                "staged_records": {"enabled": True},
                "export_purchase_orders": {"enabled": True},
                "export_subcontracts": {"enabled": True},
                "procore_contract_number": {"enabled": True},
                "allow_duplicate_codes": {"enabled": options.allow_duplicate_numbers},
                "unlink": {"enabled": True},
            },
            limits={"code": number},
        ),
        "commitment_items": {"enabled": True},
        "commitment_change_orders": _entity(
            configs={"procore_change_order_number": {"enabled": True}, "unlink": {"enabled": True}}
        ),
        "commitment_change_order_items": {"enabled": True},
        "requisitions": _entity(
            configs={"sync_payments": {"enabled": options.payment_minutes > 0}},
            limits={"invoice_number": _most("BillAddRq", "BillAdd/RefNumber")},
        ),
        "contract_payments": {
            "enabled": True,
            "configs": {"export": {"enabled": bool(options.payment_account)}},
        },
    }


def _entity(
    *,
    export: Mapping[str, Any] | None = None,
    configs: Mapping[str, Any] | None = None,
    limits: Mapping[str, int] | None = None,
) -> dict[str, Any]:
    """An entity that is exported, with the lengths of its fields checked when it is."""
    entity: dict[str, Any] = {
        "enabled": True,
        "configs": {
            "export": {"enabled": True, "create": {"enabled": True}, **(export or {})},
            **(configs or {}),
        },
    }
    if limits:
        fields = {field: _at_most(length) for field, length in limits.items()}
        entity["rules"] = {"export": {"fields": fields}}
    return entity


def _custom(key: str, label: str, *, needed: bool = False) -> dict[str, Any]:
    """A field that the approver is asked for; `needed` where the connection's options say nothing for it."""
    field: dict[str, Any] = {"key": key, "label": label, "type": "text"}
    if needed:
        present = {"enabled": True, "message": _LACKING}
        field["rules"] = {"enabled": True, "validation": {"present": present}}
    return field


def _at_most(length: int) -> dict[str, Any]:
    limit = {"enabled": True, "length": length, "message": _TOO_LONG}
    return {"enabled": True, "validation": {"max_length": limit}}


def _most(message: str, path: str) -> int:
    length = max_length(message, path)
    assert length is not None, f"Intuit's schema states no length for {path}"
    return length
