"""What every part of the ERP Integrations tool stands on: its tables, settings, requests and details."""

from __future__ import annotations

import random
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from qbsync.simulator.procore.answers import Json, moment
from qbsync.simulator.procore.erp_money_payloads import MoneyPayloads
from qbsync.simulator.procore.erp_payloads import Payloads, with_text_ids
from qbsync.simulator.procore.erp_rows import Closing, Detail, Kind, Purpose, Request, Stage, Violation
from qbsync.simulator.procore.erp_rules import Metadata
from qbsync.simulator.procore.erp_tables import ITEM_OF, ErpTables, Holders
from qbsync.simulator.procore.forbidden import ForbiddenMoveError

if TYPE_CHECKING:
    from qbsync.simulator.procore.state import ProcoreState

T = TypeVar("T")
_TEXT_ID_ODDS = 4
_LOCKING = (Stage.READY, Stage.EXPORTING, Stage.FAILED, Stage.SYNCED)
_EVEN = 0.5


class Desk:
    """The tool's memory; the people's moves and the connector's calls are classes of their own.

    With a `seed` the payloads show the oddities that the reference reports, by chance; without one they are
    the reference's samples to the letter.
    """

    def __init__(self, state: ProcoreState, seed: int | None = None) -> None:
        self._state = state
        self._lock = state.lock
        self._chance = None if seed is None else random.Random(seed)  # noqa: S311  # oddities, not secrets
        self.tables = ErpTables(state.clock)
        self.holders = Holders(state, self.tables.budgets)
        self.payloads = Payloads(state)
        self.money_payloads = MoneyPayloads(state, self.tables)
        self.activated = False
        """Whether Procore's staff have switched ERP Integrations on for the company."""
        self.service_url = ""
        self.posted: Mapping[str, object] | None = None
        """The metadata as the connector posted them; None before it connected."""
        self.direct_export: dict[Kind, bool] = {}
        """Kinds whose records need no approver."""
        self.transactions_on: set[int] = set()
        """Projects that ask for job cost transactions."""
        self.closings: list[Closing] = []
        self.violations: list[Violation] = []
        self.named: set[tuple[str, int]] = set()
        """Headers and lines of which the connector has written external data, taken or not."""

        state.change_orders.sent = partial(self.is_sent, Kind.CHANGE_ORDER)
        state.invoices.sent = partial(self.is_sent, Kind.REQUISITION)

    def is_sent(self, kind: Kind, record_id: int) -> bool:
        """Whether a record is locked in its own tool: it waits in this one, or went through it."""
        item = self.tables.item(kind, record_id)
        return item is not None and item.stage in _LOCKING

    def activate(self, seed: int | None = None) -> None:
        """Switch ERP Integrations on, as only Procore's staff can; a `seed` brings oddities into payloads.

        With one the ids of records of different types may be the same, too.
        """
        with self._lock:
            self.activated = True
            if seed is not None:
                self._chance = random.Random(seed)  # noqa: S311  # oddities, not secrets
                self.holders.count_alike()

    @property
    def connected(self) -> bool:
        """Whether a connector has made its connection."""
        return self.posted is not None

    def shows_figures(self, project_id: int) -> bool:
        """Whether a project's costs are shown by figures alone, not as transactions too."""
        return self.connected and project_id not in self.transactions_on

    @property
    def metadata(self) -> Metadata:
        """The connector's settings."""
        return Metadata(self.posted)

    @property
    def events(self) -> list[Request]:
        """Every request ever made, oldest first."""
        return self.tables.requests.everything()

    def shown(self, request: Request) -> Json:
        """A request as its endpoint answers it."""
        return {
            "id": request.id,
            "company_id": self._state.company_id,
            "request_name": request.name,
            "request_data": request.data,
            "created_at": moment(request.created_at),
            "updated_at": moment(request.updated_at),
            "integration_app_name": None,
            **request.around,
        }

    def header_of(self, kind: Kind, record_id: int) -> tuple[str, int]:
        """External data's type and id of a record's header; a budget's id is not its project's."""
        match kind:
            case Kind.JOB:
                return "project", record_id
            case Kind.BUDGET:
                return "budget", self.tables.budget_of(record_id).id
            case Kind.COMMITMENT:
                return self._state.contract_table.get(record_id).kind.value, record_id
            case Kind.PAYMENT:
                return self._state.payments.get(record_id).item_type, record_id
            case _:
                return kind.value, record_id

    def origin_of(self, kind: Kind, record_id: int) -> str | None:
        """The record's origin id."""
        row = self.holders.find(*self.header_of(kind, record_id))
        return row.origin_id if row else None

    def parts_of(self, kind: Kind, record_id: int) -> list[tuple[str, int]]:
        """External data's types and ids of a record's lines: what must have an id beside its header."""
        state = self._state
        match kind:
            case Kind.JOB:
                codes = state.cost_codes(record_id)
                return [("cost_code", code.id) for code in codes if self._pairs(code.standard_cost_code_id)]
            case Kind.COMMITMENT:
                return [("line_item", line.id) for line in state.lines(record_id)]
            case Kind.CHANGE_ORDER:
                return [("line_item", line.id) for line in state.change_orders.lines(record_id)]
            case Kind.REQUISITION:
                return [(ITEM_OF[item.item_type], item.id) for item in state.invoices.items(record_id)]
            case _:
                return []

    def without_id(self, kind: Kind, record_id: int) -> list[tuple[str, int]]:
        """The header and lines that have no origin id."""
        every = [self.header_of(kind, record_id), *self.parts_of(kind, record_id)]
        return [place for place in every if not self._has_id(*place)]

    def unsync(self, kind: Kind, record_id: int) -> None:
        """Take a record's ids away, its lines' too, and let it be sent anew."""
        for item_type, item_id in [self.header_of(kind, record_id), *self.parts_of(kind, record_id)]:
            if self.holders.find(item_type, item_id):
                self.holders.write(item_type, item_id, origin_id=None, origin_data=None)
        for detail in self.tables.open_details():
            if detail.kind == kind and detail.record_id == record_id:
                self.tables.details.edit(detail.id, status="stale")
        self.tables.take_out(kind, record_id)

    def raise_event(self, name: str, data: object, around: Mapping[str, object] | None = None) -> Request:
        """Make a request of any name, and announce it; for events that nothing here raises by itself."""
        with self._lock:
            return self._publish(self._begin(name), data, around)

    def _begin(self, name: str) -> Request:
        if not self.connected:
            raise ForbiddenMoveError("ERP Integrations is not connected")
        return self.tables.requests.create(name=name, data=None)

    def _publish(self, request: Request, data: object, around: Mapping[str, object] | None = None) -> Request:
        texts = self._chance is not None and self._chance.randrange(_TEXT_ID_ODDS) == 0
        row = self.tables.requests.edit(
            request.id, data=with_text_ids(data) if texts else data, around=dict(around or {})
        )
        self._state.outbox.publish("ERP Requests", row.id, "create")
        return row

    def _detail(
        self, request: Request, purpose: Purpose, kind: Kind | None = None, record_id: int | None = None
    ) -> Detail:
        item_type, item_id = None, None
        if kind is not None and record_id is not None:
            item_type, item_id = self.header_of(kind, record_id)
        return self.tables.details.create(
            request_id=request.id,
            purpose=purpose,
            kind=kind,
            record_id=record_id,
            item_type=item_type,
            item_id=item_id,
        )

    def _one_of(self, usual: T, *others: T) -> T:
        """The first without a seed, any of them by chance with one."""
        return usual if self._chance is None else self._chance.choice((usual, *others))

    def _by_chance(self) -> bool:
        """False without a seed."""
        return self._chance is not None and self._chance.random() < _EVEN

    def _placed(self, data: Json, detail: Detail, where: str) -> tuple[Json, Json]:
        """The data and its envelope with the detail's id `inside`, `around`, or in neither (`absent`)."""
        named: Json = {"request_detail_id": detail.id}
        if where == "inside":
            return data | named, {}
        return data, named if where == "around" else {}

    def _has_id(self, item_type: str, item_id: int) -> bool:
        row = self.holders.find(item_type, item_id)
        return row is not None and bool(row.origin_id)

    def _pairs(self, standard_id: int | None) -> bool:
        row = self._state.standard_code_table.find(standard_id or 0)
        return row is not None and bool(row.origin_id)

    def _violated(self, rule: str, about: str) -> None:
        self.violations.append(Violation(rule=rule, about=about))
