"""Both sides of the comparison, read once: what Procore wants QuickBooks to have, and what it has."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from qbsync.simulator.company_view import CompanyView, HeldJob, HeldOrder, HeldVendor
from qbsync.simulator.procore.rows import Contract, ContractKind, Project
from qbsync.simulator.procore.state import ProcoreState

COST_CODE: Final = "cost_code"
VENDOR: Final = "vendor"
PROJECT: Final = "project"
PROJECT_COST_CODE: Final = "project_cost_code"
COMMITMENT: Final = "commitment"
LINE: Final = "line"

EXPORTABLE: Final[Mapping[ContractKind, Collection[str]]] = {
    ContractKind.SUBCONTRACT: ("Approved", "Complete"),
    ContractKind.PURCHASE_ORDER: ("Approved", "Partially Received", "Received", "Closed"),
}
Chosen = Mapping[tuple[str, str], str]
"""Names and numbers that an approver chose, by kind and Procore id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A list element that QuickBooks must have: whose it is, its full name, and the id written back.

    `details` are further fields that must agree, by name.
    """

    procore_id: str
    parts: tuple[str, ...]
    origin_id: str | None
    details: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A list element that QuickBooks has."""

    parts: tuple[str, ...]
    details: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Books:
    """Both sides, read once; the held lists are by ListID, names as parts from the top."""

    procore: ProcoreState
    before: frozenset[str]
    chosen: Chosen
    codes: list[Wanted]
    vendors: list[Wanted]
    projects: list[Wanted]
    contracts: list[Contract]
    items: Mapping[str, Held]
    held_vendors: Mapping[str, Held]
    jobs: Mapping[str, Held]
    orders: Sequence[HeldOrder]

    @classmethod
    def read(
        cls, procore: ProcoreState, company: CompanyView, before: Collection[str], chosen: Chosen
    ) -> Books:
        """Read both sides; `before` and `chosen` as `differences` takes them."""
        with procore.lock:
            projects = [project for project in procore.projects() if project.active]
            active = {project.id for project in projects}
            return cls(
                procore=procore,
                before=frozenset(before),
                chosen=chosen,
                codes=_wanted_codes(procore),
                vendors=_wanted_vendors(procore, chosen),
                projects=[_wanted_project(project) for project in projects],
                contracts=[
                    contract
                    for contract in procore.commitments()
                    if contract.status in EXPORTABLE[contract.kind] and contract.project_id in active
                ],
                items={
                    item.list_id: Held(
                        parts=tuple(item.full_name.split(":")), details={"description": item.description}
                    )
                    for item in company.items()
                },
                held_vendors={vendor.list_id: _held_vendor(vendor) for vendor in company.vendors()},
                # Customers at the top were there before; a job is compared by its own name below them.
                jobs={
                    job.list_id: _held_job(job)
                    for job in company.customers()
                    if ":" in job.full_name and job.full_name not in before
                },
                orders=list(company.purchase_orders()),
            )

    def new(self, held: Mapping[str, Held]) -> int:
        """How many of a held list were not there before."""
        return sum(1 for one in held.values() if ":".join(one.parts) not in self.before)


def _wanted_codes(procore: ProcoreState) -> list[Wanted]:
    lists = procore.cost_code_lists()
    chosen = next((one for one in lists if one.is_erp_list), lists[0] if len(lists) == 1 else None)
    if chosen is None:
        return []
    return [
        Wanted(
            procore_id=str(code.id),
            parts=procore.segments(code),
            origin_id=code.origin_id,
            details={"description": code.name},
        )
        for code in procore.standard_cost_codes(chosen.id)
    ]


def _wanted_vendors(procore: ProcoreState, chosen: Chosen) -> list[Wanted]:
    return [
        Wanted(
            procore_id=str(vendor.id),
            parts=(chosen.get((VENDOR, str(vendor.id)), vendor.name),),
            origin_id=vendor.origin_id,
            details={
                "phone": vendor.business_phone,
                "email": vendor.email_address,
                "City": vendor.city,
                "State": vendor.state_code or "",
                "PostalCode": vendor.zip,
            },
        )
        for vendor in procore.vendors()
        if vendor.is_active
    ]


def _wanted_project(project: Project) -> Wanted:
    return Wanted(
        procore_id=str(project.id),
        parts=(project.name,),
        origin_id=project.origin_id,
        details={"City": project.city, "State": project.state_code or "", "PostalCode": project.zip},
    )


def _held_job(job: HeldJob) -> Held:
    return Held(parts=(job.full_name.rpartition(":")[2],), details=_place(job.site))


def _place(lines: Iterable[tuple[str, str]]) -> dict[str, str]:
    address = dict(lines)
    return {tag: address.get(tag, "") for tag in ("City", "State", "PostalCode")}


def _held_vendor(vendor: HeldVendor) -> Held:
    parts = _place(vendor.address)
    return Held(parts=(vendor.full_name,), details={"phone": vendor.phone, "email": vendor.email, **parts})
