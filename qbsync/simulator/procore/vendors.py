"""The company directory: /vendors and what belongs to it (reference, 3.2 and A.2)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import fields
from typing import Final

from flask import Response, request

from qbsync.simulator.procore.answers import Json, Refusal, answer, moment, not_found
from qbsync.simulator.procore.company import require_company
from qbsync.simulator.procore.reading import Filter, body, by_id, by_text, by_time, narrowed, page_of
from qbsync.simulator.procore.routes import Route
from qbsync.simulator.procore.rows import Row, Vendor
from qbsync.simulator.procore.state import ProcoreState
from qbsync.simulator.procore.writing import Reader, Writer, name_is_there, text, truth, with_more

_TEXTS: Final = [
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
    "labor_union",
    "license_number",
    "website",
    "abbreviated_name",
    "notes",
    "origin_id",
    "origin_data",
    "origin_code",
    "trade_name",
]
_TRUTHS: Final = [
    "is_active",
    "authorized_bidder",
    "prequalified",
    "union_member",
    "non_union_prevailing_wage",
]
_BIDDING: Final = [
    "affirmative_action",
    "small_business",
    "african_american_business",
    "hispanic_business",
    "womens_business",
    "historically_underutilized_business",
    "sdvo_business",
    "certified_business_enterprise",
    "asian_american_business",
    "native_american_business",
    "disadvantaged_business",
    "minority_business_enterprise",
    "eight_a_business",
]
_READERS: Final[dict[str, Reader]] = {**dict.fromkeys(_TEXTS, text), **dict.fromkeys(_TRUTHS, truth)}
_OWN: Final = frozenset(field.name for field in fields(Vendor)) - {"more"}
_COMPACT: Final = ("id", "name", "company", "is_active", "origin_id", "updated_at")
_LESS: Final = ("compact", "summary", "directory")
_ERP: Final = (
    *_COMPACT,
    "address",
    "city",
    "state_code",
    "zip",
    "origin_code",
    "origin_data",
    "synced_to_erp",
)


def _search(row: Row, values: Sequence[str]) -> bool:
    return isinstance(row, Vendor) and all(value.casefold() in row.name.casefold() for value in values)


_FILTERS: Final[dict[str, Filter]] = {
    "id": by_id,
    "origin_id": by_text("origin_id"),
    "created_at": by_time("created_at"),
    "updated_at": by_time("updated_at"),
    "search": _search,
}


class Vendors:
    """The endpoints of the company directory."""

    def __init__(self, state: ProcoreState) -> None:
        self._state = state
        self._writer = Writer(
            readers=_READERS,
            find=state.vendor_table.find,
            in_company=state.vendor_table.live,
            in_scope=lambda _: True,
            check=name_is_there,
            create=lambda values: state.vendor_table.create(**with_more(values, _OWN, {})),
            update=lambda row, values: state.vendor_table.edit(row.id, **with_more(values, _OWN, row.more)),
            show=self.show,
        )

    def routes(self) -> Sequence[Route]:
        """The family's endpoints."""
        return [
            Route("GET", "/rest/v1.0/vendors", self.index),
            Route("PATCH", "/rest/v1.0/vendors/sync", self.sync),
            Route("GET", "/rest/v1.0/vendors/<int:vendor_id>", self.one),
            Route("PATCH", "/rest/v1.0/vendors/<int:vendor_id>", self.change),
            Route("GET", "/rest/v1.0/companies/<int:company_id>/vendors/inactive", self.inactive),
        ]

    def index(self) -> Response:
        """Active companies of the directory; the view is `extended` unless another is asked for."""
        require_company(self._state)
        return self._page(row for row in self._state.vendors() if row.is_active)

    def inactive(self, company_id: int) -> Response:
        """Inactive companies of the directory."""
        if company_id != self._state.company_id:
            raise not_found("Company")
        return self._page(row for row in self._state.vendors() if not row.is_active)

    def one(self, vendor_id: int) -> Response:
        """One company in full."""
        require_company(self._state)
        return answer(self.show(self._found(vendor_id)))

    def change(self, vendor_id: int) -> Response:
        """Change one company by `{"company_id", "vendor": {...}}`."""
        require_company(self._state)
        sent = body().get("vendor")
        if not isinstance(sent, dict):
            raise Refusal(400, {"errors": {"vendor": ["is missing"]}})
        return answer(self.show(self._writer.patch(self._found(vendor_id), sent)))

    def sync(self) -> Response:
        """Create and change many."""
        require_company(self._state)
        return self._writer.sync()

    def show(self, row: Vendor) -> Json:
        """The object of the extended view."""
        made, changed = moment(row.created_at), moment(row.updated_at)
        holder = {
            "id": row.id + 1_000_000,
            "first_name": row.contact_first_name,
            "last_name": row.contact_last_name,
            "business_phone": row.business_phone,
            "business_phone_extension": None,
            "fax_number": None,
            "mobile_phone": None,
            "email_address": row.email_address,
            "created_at": made,
            "updated_at": made,
        }
        plain: Json = {name: getattr(row, name) for name in _OWN & set(_READERS)}
        return {
            "id": row.id,
            **_DEFAULTS,
            **plain,
            "company": row.name,
            "legal_name": row.name,
            "created_at": made,
            "updated_at": changed,
            "synced_to_erp": row.origin_id is not None,
            "primary_contact": holder if row.contact_last_name else None,
            "business_register": {
                "id": row.id + 2_000_000,
                "type": "EIN",
                "identifier": f"94-{row.id % 10_000_000:07d}",
                "verified_at": None,
                "verification_status": None,
            },
            "project_ids": self._projects_of(row),
            **row.more,
        }

    def _projects_of(self, row: Vendor) -> list[int]:
        return sorted(
            {one.project_id for one in self._state.contract_table.live() if one.vendor_id == row.id}
        )

    def _found(self, vendor_id: int) -> Vendor:
        row = self._state.vendor_table.find(vendor_id)
        if row is None:
            raise not_found("Vendor")
        return row

    def _page(self, rows: Iterable[Vendor]) -> Response:
        view = request.args.get("view", "extended")
        show: Callable[[Vendor], Json] = self.show
        if view in (*_LESS, "erp"):
            kept = _ERP if view == "erp" else _COMPACT

            def show(row: Vendor) -> Json:
                full = self.show(row)
                return {name: full[name] for name in kept}

        return page_of(narrowed(rows, _FILTERS), show)


_DEFAULTS: Final[Json] = {
    "abbreviated_name": None,
    "attachments": [],
    "authorized_bidder": True,
    "business_id": None,
    "contact_count": 0,
    "is_connected": False,
    "labor_union": None,
    "license_number": None,
    "logo": None,
    "non_union_prevailing_wage": False,
    "notes": None,
    "prequalified": False,
    "trade_name": "",
    "union_member": False,
    "vendor_group": None,
    "website": None,
    "children_count": 0,
    "company_vendor": False,
    "parent": None,
    "standard_cost_codes": [],
    "trades": [],
    "bidding": dict.fromkeys(_BIDDING, False),
    "bidding_distribution": [],
}
