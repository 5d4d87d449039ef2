"""Projects: the v1.1 list, show, create, patch and sync (reference, 3.1 and A.1)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace
from typing import Final

from flask import Response, request

from qbsync.simulator.procore.answers import Json, Refusal, answer, day, moment, money, not_found
from qbsync.simulator.procore.company import ACCOUNT_ID, require_company
from qbsync.simulator.procore.reading import Filter, body, by_id, by_text, by_time, narrowed, page_of
from qbsync.simulator.procore.routes import Route
from qbsync.simulator.procore.rows import Project, Row
from qbsync.simulator.procore.state import ProcoreState
from qbsync.simulator.procore.writing import (
    Reader,
    Writer,
    calendar_day,
    decimal,
    name_is_there,
    text,
    truth,
    with_more,
)

# projects/sync documents no origin_code (A.1); PATCH of one project does.
_SYNC_READERS: Final[dict[str, Reader]] = {
    **dict.fromkeys(
        [
            "name",
            "address",
            "city",
            "country_code",
            "description",
            "flag",
            "phone",
            "project_number",
            "public_notes",
            "state_code",
            "time_zone",
            "zip",
            "origin_id",
            "origin_data",
            "store_number",
            "accounting_project_number",
            "designated_market_area",
            "sector",
        ],
        text,
    ),
    **dict.fromkeys(("start_date", "completion_date"), calendar_day),
    "active": truth,
    "total_value": decimal,
}
_READERS: Final[dict[str, Reader]] = {**_SYNC_READERS, "origin_code": text}
_OWN: Final = frozenset(field.name for field in fields(Project)) - {"more"}
_IDS_MOST: Final = 200_000
_COMPACT: Final = ("id", "name", "display_name", "project_number", "active")


def _by_status(row: Row, values: Sequence[str]) -> bool:
    active = isinstance(row, Project) and row.active
    return values[-1] == "All" or active == (values[-1] == "Active")


def _synced(row: Row, values: Sequence[str]) -> bool:
    return (row.origin_id is not None) == (values[-1].casefold() == "true")


_FILTERS: Final[dict[str, Filter]] = {
    "id": by_id,
    "name": by_text("name"),
    "project_number": by_text("project_number"),
    "origin_id": by_text("origin_id"),
    "created_at": by_time("created_at"),
    "updated_at": by_time("updated_at"),
    "by_status": _by_status,
    "synced": _synced,
}


class Projects:
    """The endpoints of projects."""

    def __init__(self, state: ProcoreState) -> None:
        self._state = state

    def routes(self) -> Sequence[Route]:
        """The family's endpoints."""
        return [
            Route("GET", "/rest/v1.1/projects", self.index),
            Route("POST", "/rest/v1.0/projects", self.create),
            Route("PATCH", "/rest/v1.0/projects/sync", self.sync),
            Route("GET", "/rest/v1.0/projects/<int:project_id>", self.one),
            Route("PATCH", "/rest/v1.0/projects/<int:project_id>", self.change),
        ]

    def index(self) -> Response:
        """The company's projects: 100 a page unless asked, at most 300, with `view=ids` 200,000."""
        require_company(self._state)
        rows = narrowed(self._state.projects(), _FILTERS)
        match request.args.get("view", "normal"):
            case "ids":
                return page_of(rows, lambda row: {"id": row.id}, most=_IDS_MOST)
            case "compact":
                return page_of(rows, self._compact, most=300)
            case _:
                return page_of(rows, self.listed, most=300)

    def one(self, project_id: int) -> Response:
        """One project in full."""
        require_company(self._state)
        return answer(self.show(self._found(project_id)))

    def create(self) -> Response:
        """Create one project by `{"company_id", "project": {...}}`; the standard codes only if asked for."""
        require_company(self._state)
        sent = body().get("project")
        if not isinstance(sent, dict):
            raise Refusal(400, {"errors": {"project": ["is missing"]}})
        copies = sent.get("enable_copy_of_standard_cost_codes") is True

        def made(values: Json) -> Project:
            fields = with_more(values, _OWN, {})
            return self._state.create_project(str(fields.pop("name")), copy_codes=copies, **fields)

        row = replace(self._writer(_READERS), create=made).post(sent)
        return answer(self.show(row), status=201)

    def change(self, project_id: int) -> Response:
        """Change one project by `{"company_id", "project": {...}}`."""
        require_company(self._state)
        sent = body().get("project")
        if not isinstance(sent, dict):
            raise Refusal(400, {"errors": {"project": ["is missing"]}})
        writer = self._writer(_READERS)
        return answer(self.show(writer.patch(self._found(project_id), sent)))

    def sync(self) -> Response:
        """Create and change many."""
        require_company(self._state)
        return self._writer(_SYNC_READERS).sync()

    def _writer(self, readers: dict[str, Reader]) -> Writer[Project]:
        table = self._state.project_table
        return Writer(
            readers=readers,
            find=table.find,
            in_company=table.live,
            in_scope=lambda _: True,
            check=name_is_there,
            create=lambda values: table.create(**with_more(values, _OWN, {})),
            update=lambda row, values: table.edit(row.id, **with_more(values, _OWN, row.more)),
            show=self.synced,
        )

    def _found(self, project_id: int) -> Project:
        row = self._state.project_table.find(project_id)
        if row is None:
            raise not_found("Project")
        return row

    def _plain(self, row: Project) -> Json:
        number = row.project_number
        return {
            "id": row.id,
            "name": row.name,
            "display_name": f"{number} - {row.name}" if number else row.name,
            "project_number": number,
            "address": row.address,
            "city": row.city,
            "state_code": row.state_code,
            "country_code": row.country_code,
            "zip": row.zip,
            "latitude": None,
            "longitude": None,
            "phone": row.phone,
            "created_at": moment(row.created_at),
            "updated_at": moment(row.updated_at),
            "active": row.active,
            "origin_id": row.origin_id,
            "origin_data": row.origin_data,
            "project_stage": {"id": 3, "name": "Course of Construction"},
        }

    def _compact(self, row: Project) -> Json:
        full = self._plain(row)
        return {name: full[name] for name in _COMPACT}

    def listed(self, row: Project) -> Json:
        """The object of the list's normal view."""
        return {
            **self._plain(row),
            **dict.fromkeys(_EMPTY_IN_LIST),
            "county": "",
            "time_zone": "US/Pacific",
            "is_demo": False,
            "origin_code": row.origin_code,
            "accounting_project_number": row.project_number,
            "start_date": day(row.start_date),
            "completion_date": day(row.completion_date),
            "total_value": float(row.total_value),
            "estimated_value": float(row.total_value),
            "company": {"id": self._state.company_id, "name": self._state.company_name},
            "custom_fields": {},
            **_known(row, _EMPTY_IN_LIST),
        }

    def synced(self, row: Project) -> Json:
        """The object of a sync answer."""
        return {
            **self._plain(row),
            "logo_url": None,
            "description": row.description,
            "square_feet": None,
            "flag": None,
            "public_notes": None,
            "actual_start_date": None,
            "projected_finish_date": None,
            "departments": [],
            **_known(row, ("flag", "public_notes")),
        }

    def show(self, row: Project) -> Json:
        """The object of show."""
        listed = self.listed(row)
        listed.pop("project_template")
        return {
            **listed,
            **dict.fromkeys(_EMPTY_IN_SHOW),
            **self.synced(row),
            "total_value": money(row.total_value),
            "estimated_value": money(row.total_value),
            "template": False,
            "tz_name": "America/Los_Angeles",
            "locale": "en",
            "standard_cost_code_list_id": row.standard_cost_code_list_id,
            "is_erp_integrated": row.origin_id is not None,
            "created_by": {"id": ACCOUNT_ID, "login": "pat.lee@simulated.example", "name": "Pat Lee"},
            "persistent_message": {"title": None, "message": None},
            "code": row.project_number,
            "project_stage_id": 3,
            "dictionary_type": "generic",
        }


def _known(row: Project, names: Sequence[str]) -> Json:
    return {name: row.more[name] for name in names if name in row.more}


_EMPTY_IN_LIST: Final = [
    "owners_project_id",
    "parent_job_id",
    "photo_id",
    "designated_market_area",
    "store_number",
    "project_bid_type_id",
    "project_owner_type_id",
    "project_region_id",
    "project_template",
]
_EMPTY_IN_SHOW: Final = [
    "estimated_start_date",
    "estimated_completion_date",
    "logo_id",
    "parent_job",
    "from_project_template_id",
    "warranty_start_date",
    "warranty_end_date",
    "photo_url",
    "inbound_email",
    "inbound_email_address",
    "sector",
    "work_scope",
    "delivery_method",
    "office",
    "project_bid_type",
    "project_owner_type",
    "project_region",
    "project_type",
    "program",
    "project_sector_id",
]
