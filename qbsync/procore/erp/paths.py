"""Where the ERP platform's endpoints are: what is documented, what is inferred, and what is tried instead.

The ERP reference is shown to partners alone, so some paths are inferred from older guides (reference,
section 4.2). Each endpoint has its candidates in the order in which they are tried; a connection can name
its own (`erp_paths`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from qbsync.errors import ConfigError

_COMPANY: Final = "/rest/v1.0/companies/{company_id}"
_METHODS: Final = ("GET", "POST", "PATCH", "PUT", "DELETE")


class Certainty(StrEnum):
    """How sure it is that an endpoint is there."""

    DOCUMENTED = "documented"
    INFERRED = "inferred"


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """One thing that can be asked of Procore: (method, path) pairs in the order in which they are tried.

    Paths may name {company_id} and {id}.
    """

    name: str
    what: str
    candidates: tuple[tuple[str, str], ...]
    certainty: Certainty = Certainty.DOCUMENTED


def _endpoint(name: str, what: str, *candidates: str, inferred: bool = False) -> Endpoint:
    split = (candidate.split(" ", 1) for candidate in candidates)
    return Endpoint(
        name=name,
        what=what,
        candidates=tuple((method, path) for method, path in split),
        certainty=Certainty.INFERRED if inferred else Certainty.DOCUMENTED,
    )


ENDPOINTS: Final[Mapping[str, Endpoint]] = MappingProxyType(
    {
        one.name: one
        for one in (
            _endpoint("connection", "make the ERP connection", f"POST {_COMPANY}/erp_connections"),
            _endpoint(
                "metadata",
                "update the ERP connection's metadata",
                f"PATCH {_COMPANY}/erp_connections",
                f"PATCH {_COMPANY}/erp_connections/{{company_id}}",
                inferred=True,
            ),
            _endpoint("request", "show an ERP request", f"GET {_COMPANY}/erp_requests/{{id}}", inferred=True),
            _endpoint(
                "detail",
                "close a request detail",
                f"PATCH {_COMPANY}/erp_request_details/{{id}}",
                f"PUT {_COMPANY}/erp_request_details/{{id}}",
            ),
            _endpoint("details", "list request details", f"GET {_COMPANY}/erp_request_details"),
            _endpoint(
                "details_sync", "close several request details", f"PATCH {_COMPANY}/erp_request_details/sync"
            ),
            _endpoint("external_data", "set ids of records", f"PATCH {_COMPANY}/external_data/sync"),
            _endpoint(
                "staged_records",
                "stage records for import",
                f"PATCH {_COMPANY}/staged_records/sync",
                "PATCH /rest/v1.0/staged_records/sync",
                inferred=True,
            ),
            _endpoint("older_vendors", "offer vendors for import", "PATCH /rest/v1.0/erp_vendors/sync"),
            _endpoint("older_projects", "offer jobs for import", "PATCH /rest/v1.0/erp_projects/sync"),
            _endpoint(
                "older_subcontracts",
                "offer subcontracts for import",
                "PATCH /rest/v1.0/erp_work_order_contracts/sync",
            ),
            _endpoint(
                "older_subcontract_lines",
                "offer lines of subcontracts for import",
                "PATCH /rest/v1.0/erp_work_order_contract_line_items/sync",
            ),
            _endpoint(
                "older_purchase_orders",
                "offer purchase orders for import",
                "PATCH /rest/v1.0/erp_purchase_order_contracts/sync",
            ),
            _endpoint(
                "older_purchase_order_lines",
                "offer lines of purchase orders for import",
                "PATCH /rest/v1.0/erp_purchase_order_contract_line_items/sync",
            ),
            _endpoint(
                "assignments",
                "mark cost types of cost codes as synced",
                "PATCH /rest/v1.0/cost_code_line_item_types/sync",
            ),
            _endpoint("job_costs", "set job costs", "PATCH /rest/v1.0/erp_job_costs/sync"),
            _endpoint(
                "transactions", "mark budget transactions as synced", "PATCH /rest/v1.0/erp_transactions/sync"
            ),
            _endpoint("payments", "set payments of invoices", f"PATCH {_COMPANY}/invoice_payments/sync"),
            _endpoint("cost_code_delete", "delete a cost code", "DELETE /rest/v1.0/cost_codes/{id}"),
            _endpoint(
                "assignment_delete",
                "delete a cost type of a cost code",
                "DELETE /rest/v1.0/cost_codes_line_item_types/{id}",
                "DELETE /rest/v1.0/cost_code_line_item_types/{id}",
            ),
            _endpoint("job_cost_delete", "delete a job cost", "DELETE /rest/v1.0/erp_job_costs/{id}"),
        )
    }
)
"""Every endpoint of the ERP platform that qbsync calls, by name."""

REPLACED: Final = ("staged_records", "details_sync")
"""Endpoints in whose absence the same is done by others."""


def chosen(text: str) -> Mapping[str, Endpoint]:
    """The endpoints with those replaced that `erp_paths` names, as "name=METHOD /path name=METHOD /path".

    Raises ConfigError naming what cannot be understood.
    """
    endpoints = dict(ENDPOINTS)
    for part in (one.strip() for one in text.split(",")):
        if not part:
            continue
        name, _, where = part.partition("=")
        method, _, path = where.strip().partition(" ")
        if name.strip() not in ENDPOINTS or method not in _METHODS or not path.startswith("/rest/"):
            raise ConfigError(
                f"erp_paths does not understand {part!r}.",
                guidance="Write name=METHOD /rest/..., several separated by commas. Names: "
                f"{', '.join(ENDPOINTS)}.",
            )
        known = ENDPOINTS[name.strip()]
        endpoints[known.name] = Endpoint(
            name=known.name,
            what=known.what,
            candidates=((method, path.strip()),),
            certainty=known.certainty,
        )
    return MappingProxyType(endpoints)
