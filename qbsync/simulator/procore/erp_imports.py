"""Refresh, import, link: the buttons for what begins in the accounting system (reference 4.5 and 4.6)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Final

from qbsync.simulator.procore.answers import Json
from qbsync.simulator.procore.erp_desk import Desk
from qbsync.simulator.procore.erp_rows import Kind, Purpose, Request, Stage, StagedRecord
from qbsync.simulator.procore.forbidden import ForbiddenMoveError
from qbsync.simulator.procore.rows import ContractKind, Project, Row, Vendor

JOB_COSTS_EVERY: Final = timedelta(hours=2)
"""How often the connector is asked for the figures of each job (workflows, section 4)."""
REFRESHES: Final[Mapping[str, str]] = {
    "vendors": "sync_vendors",
    "jobs": "sync_jobs",
    "standard_cost_codes": "sync_standard_cost_codes",
    "standard_categories": "sync_standard_categories",
    "commitments": "sync_commitments",
    "change_orders": "sync_commitment_change_orders",
    "payments": "sync_contract_payments",
}
_WITH_COMPANY: Final = ("vendors", "jobs", "commitments")
_CONTRACTS: Final = ("work_order_contract", "purchase_order_contract")
_VENDOR_FIELDS: Final = (
    "name",
    "address",
    "city",
    "zip",
    "business_phone",
    "mobile_phone",
    "fax_number",
    "email_address",
    "state_code",
    "country_code",
    "is_active",
)
_PROJECT_FIELDS: Final = (
    "name",
    "project_number",
    "address",
    "city",
    "state_code",
    "zip",
    "country_code",
    "phone",
    "description",
)
_HEADER_FIELDS: Final = ("number", "title", "description", "status")


class Imports(Desk):
    """What people do with records of the accounting system."""

    _job_costs_asked: datetime | None = None

    def refresh(self, what: str) -> Request:
        """Press Refresh on a tab; forbidden while an earlier press is not answered."""
        with self._lock:
            name = REFRESHES[what]
            if any(
                self.tables.requests.get(row.request_id).name == name for row in self.tables.open_details()
            ):
                raise ForbiddenMoveError(f"{what} are being refreshed already")
            request = self._begin(name)
            if what == "standard_categories":
                return self._publish(request, {})
            detail = self._detail(request, Purpose.REFRESH)
            data: Json = {"request_detail_id": detail.id}
            if what in _WITH_COMPANY:
                data["company_id"] = self._state.company_id
            if what == "standard_cost_codes":
                data = {"standard_cost_code_list_id": self.code_list(), **data}
            return self._publish(request, data)

    def code_list(self) -> int:
        """The list of ERP Integrations, which Procore makes with the connection (reference 4.3)."""
        lists = self._state.list_table
        row = next((one for one in lists.live() if one.is_erp_list), None)
        return (row or lists.create(name="ERP", is_erp_list=True)).id

    def sync_metadata(self) -> Request:
        """Ask the connector for its metadata again."""
        return self.raise_event("sync_metadata", {"company_id": self._state.company_id})

    def tick(self) -> int:
        """Ask for the figures of each synced job, every two hours of Procore's clock; returns how many."""
        with self._lock:
            now = self._state.clock.now()
            if self._job_costs_asked is not None and now - self._job_costs_asked < JOB_COSTS_EVERY:
                return 0
            self._job_costs_asked = now
            synced = [row.id for row in self._state.projects() if row.active and row.origin_id]
            for project_id in synced:
                self.update_job_costs(project_id)
            return len(synced)

    def update_job_costs(self, project_id: int) -> Request:
        """Ask for one job's figures now."""
        with self._lock:
            project = self._state.project(project_id)
            if not project.origin_id:
                raise ForbiddenMoveError(f"project {project_id} is not synced")
            more = {
                "job_name": project.name,
                "procore_project_id": project.id,
                "project_id": 893,
                "start_date": None,
                "job_cost_transactions_sync_enabled": project_id in self.transactions_on,
            }
            data = {
                "id": project.origin_id,
                "additional_job_data": more,
                "company_id": self._state.company_id,
            }
            return self.raise_event("sync_single_job", data)

    def staged(self, item_type: str | None = None, *, status: str = "staged") -> list[StagedRecord]:
        """Ready To Import: what is staged, if its project and commitment are synced; or another status."""
        with self._lock:
            rows = [
                row
                for row in self.tables.staged.live()
                if row.status == status and row.parent_id is None and item_type in (None, row.item_type)
            ]
            return [row for row in rows if status != "staged" or self._is_visible(row)]

    def archive(self, staged_id: int) -> StagedRecord:
        """Hide a staged record."""
        with self._lock:
            return self.tables.staged.edit(staged_id, status="archived")

    def bring_back(self, staged_id: int) -> StagedRecord:
        """Show an archived record again."""
        with self._lock:
            return self.tables.staged.edit(staged_id, status="staged")

    def add_to_procore(self, staged_id: int) -> int:
        """Import a staged record as a new one of Procore; returns its id.

        Where an id that it names cannot be found it turns invalid, and ForbiddenMoveError says which.
        """
        with self._lock:
            record = self._importable(staged_id)
            row = self._create(record)
            self._imported(record)
            return row.id

    def link(self, staged_id: int, record_id: int) -> None:
        """Join a staged vendor or job to a record of Procore that is not synced."""
        with self._lock:
            record = self._importable(staged_id)
            match record.item_type:
                case "vendor":
                    self._join_vendor(record, record_id)
                    self.raise_event("link_vendor", {"vendor": self._ids_of(record_id)} | self._company())
                case "project":
                    self._may_be_joined(self._state.project(record_id))
                    project = self._state.edit_project(
                        record_id, origin_id=record.origin_id, origin_code=record.origin_code
                    )
                    self._announce_job(project)
                case _:
                    raise ForbiddenMoveError(f"a {record.item_type} cannot be linked")
            self._imported(record)

    def link_vendor(self, staged_id: int, vendor_id: int) -> None:
        """Join a staged vendor to a company of the directory."""
        self.link(staged_id, vendor_id)

    def link_all_vendors(self) -> int:
        """Join each staged vendor to the active company of its very name; returns how many were joined."""
        with self._lock:
            joined = []
            for record in self.staged("vendor"):
                name = str(record.data.get("name", "")).casefold()
                rows = [row for row in self._state.vendors() if row.is_active and not row.origin_id]
                vendor = next((row for row in rows if row.name.casefold() == name), None)
                if vendor is not None:
                    self._join_vendor(record, vendor.id)
                    self._imported(record)
                    joined.append(self._ids_of(vendor.id))
            if joined:
                self.raise_event("link_all_vendors", {"vendors": joined} | self._company())
            return len(joined)

    def unlink_vendor(self, vendor_id: int) -> None:
        """Part a vendor from the accounting system; nobody asks whether it is still there."""
        with self._lock:
            data = {"vendor": self._ids_of(vendor_id)}
            self.unsync(Kind.VENDOR, vendor_id)
            self.raise_event("unlink_vendor", data | self._company())

    def merge_vendors(self, master_id: int, source_ids: list[int]) -> None:
        """Merge companies into one, which keeps its own id in the books or takes a source's."""
        with self._lock:
            sources = [self._ids_of(one) for one in source_ids]
            state = self._state
            for one in source_ids:
                taken = state.vendor(one).origin_id
                self.unsync(Kind.VENDOR, one)
                for contract in state.commitments():
                    if contract.vendor_id == one:
                        state.contract_table.edit(contract.id, vendor_id=master_id)
                if taken and not state.vendor(master_id).origin_id:
                    state.edit_vendor(master_id, origin_id=taken)
                    self.tables.put(Kind.VENDOR, master_id, stage=Stage.SYNCED)
                state.delete_vendor(one)
            data = {"master_vendor": self._ids_of(master_id), "source_vendors": sources}
            self.raise_event("merge_vendors", data | self._company())

    # Staging, as the connector's calls leave it

    def _importable(self, staged_id: int) -> StagedRecord:
        record = self.tables.staged.get(staged_id)
        if record.status != "staged" or not self._is_visible(record):
            raise ForbiddenMoveError(f"staged record {staged_id} is not ready to import")
        return record

    def _is_visible(self, record: StagedRecord) -> bool:
        project = record.data.get("project_origin_id")
        commitment = record.data.get("commitment_origin_id")
        return (not project or self._by_origin("project", project) is not None) and (
            not commitment or any(self._by_origin(kind, commitment) for kind in _CONTRACTS)
        )

    def _by_origin(self, item_type: str, origin_id: object) -> Row | None:
        return next((row for row in self.holders.all(item_type) if row.origin_id == origin_id), None)

    def _named(self, record: StagedRecord, item_type: str, name: str) -> Row:
        """The row that the record's data name; turns the record invalid where there is none."""
        row = self._by_origin(item_type, record.data.get(name))
        if row is None:
            self.tables.staged.edit(record.id, status="invalid")
            raise ForbiddenMoveError(
                f"staged record {record.id}: {name} {record.data.get(name)!r} is not known"
            )
        return row

    def _create(self, record: StagedRecord) -> Row:
        make: dict[str, Callable[[StagedRecord], Row]] = {
            "vendor": self._new_vendor,
            "project": self._new_project,
            "commitment_change_order": self._new_change_order,
            **dict.fromkeys(_CONTRACTS, self._new_commitment),
        }
        if record.item_type not in make:
            raise ForbiddenMoveError(f"a {record.item_type} cannot be imported")
        return make[record.item_type](record)

    def _new_vendor(self, record: StagedRecord) -> Vendor:
        values = _picked(record, _VENDOR_FIELDS)
        row = self._state.create_vendor(str(values.pop("name", "")), **values, **_origin(record))
        self.tables.put(Kind.VENDOR, row.id, stage=Stage.SYNCED)
        self.raise_event("create_vendor_in_procore", {"vendor": self._ids_of(row.id)} | self._company())
        return row

    def _new_project(self, record: StagedRecord) -> Project:
        values = _picked(record, _PROJECT_FIELDS)
        values |= {"standard_cost_code_list_id": self.code_list(), **_origin(record)}
        row = self._state.create_project(str(values.pop("name", "")), **values)  # type: ignore[arg-type]  # its fields, as they were staged
        self._announce_job(row)
        return row

    def _announce_job(self, row: Project) -> None:
        self.tables.put(Kind.JOB, row.id, stage=Stage.SYNCED)
        shown = {
            name: getattr(row, name) for name in ("id", "name", "origin_id", "origin_data", "origin_code")
        }
        self.raise_event("create_job_in_procore", {"project": shown} | self._company())

    def _new_commitment(self, record: StagedRecord) -> Row:
        project = self._named(record, "project", "project_origin_id")
        vendor = self._named(record, "vendor", "vendor_origin_id")
        lines = [self._new_line(child) for child in self._children(record)]
        row = self._state.create_commitment(
            ContractKind(record.item_type),
            project.id,
            vendor.id,
            **{"status": "Approved", **_picked(record, _HEADER_FIELDS)},
            **_origin(record),
        )
        for code_id, values in lines:
            self._state.create_line(row.id, code_id, **values)
        self.tables.put(Kind.COMMITMENT, row.id, stage=Stage.SYNCED)
        shown = self.payloads.commitment(row, row.origin_code or row.number, {})
        data = {"project_origin_id": project.origin_id, "commitment": shown}
        self.raise_event("create_commitment_in_procore", data)
        return row

    def _new_change_order(self, record: StagedRecord) -> Row:
        origin = record.data.get("commitment_origin_id")
        contract = next(row for kind in _CONTRACTS if (row := self._by_origin(kind, origin)) is not None)
        lines = [self._new_line(child) for child in self._children(record)]
        values = _picked(record, ("number", "title", "description")) | _origin(record)
        row = self._state.change_orders.create(contract.id, (), **values)
        for code_id, values in lines:
            self._state.change_orders.add_line(
                row.id,
                code_id,
                Decimal(str(values["amount"])),
                str(values["description"]),
                origin_id=values["origin_id"],
            )
        row = self._state.change_orders.approve(row.id)
        self.tables.put(Kind.CHANGE_ORDER, row.id, stage=Stage.SYNCED)
        return row

    def _new_line(self, child: StagedRecord) -> tuple[int, Json]:
        code = self._named(child, "cost_code", "cost_code_origin_id")
        kind = self._named(child, "line_item_type", "line_item_type_origin_id")
        return code.id, {
            "amount": _decimal(child.data.get("amount")),
            "quantity": _decimal(child.data.get("quantity")),
            "unit_cost": _decimal(child.data.get("unit_cost")),
            "uom": child.data.get("uom"),
            "description": str(child.data.get("description") or ""),
            "line_item_type_id": kind.id,
            "origin_id": child.origin_id,
        }

    def _children(self, record: StagedRecord) -> list[StagedRecord]:
        return [row for row in self.tables.staged.live() if row.parent_id == record.id]

    def _imported(self, record: StagedRecord) -> None:
        for row in (record, *self._children(record)):
            self.tables.staged.edit(row.id, status="imported")

    def _join_vendor(self, record: StagedRecord, vendor_id: int) -> None:
        vendor = self._state.vendor(vendor_id)
        if not vendor.is_active:
            raise ForbiddenMoveError(f"vendor {vendor_id} is inactive")
        self._may_be_joined(vendor)
        self._state.edit_vendor(vendor_id, **_origin(record))
        self.tables.put(Kind.VENDOR, vendor_id, stage=Stage.SYNCED)

    def _may_be_joined(self, row: Row) -> None:
        if row.origin_id:
            raise ForbiddenMoveError(f"record {row.id} is synced already")

    def _ids_of(self, vendor_id: int) -> Json:
        return {"id": vendor_id, "origin_id": self._state.vendor(vendor_id).origin_id}

    def _company(self) -> Json:
        return {"company_id": self._state.company_id}


def _picked(record: StagedRecord, names: tuple[str, ...]) -> Json:
    return {name: record.data[name] for name in names if record.data.get(name) is not None}


def _origin(record: StagedRecord) -> Json:
    return {
        "origin_id": record.origin_id,
        "origin_code": record.origin_code,
        "origin_data": record.origin_data,
    }


def _decimal(value: object) -> Decimal:
    try:
        return Decimal(str(value or 0))
    except InvalidOperation:
        return Decimal(0)
