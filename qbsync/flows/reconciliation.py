"""Procore's cost of each cost code beside QuickBooks', the difference, and what stands behind it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy.orm import Session

from qbsync.errors import NotFoundError
from qbsync.flows import costs
from qbsync.flows.calls import counted
from qbsync.flows.costs import ProjectCosts
from qbsync.model.costs import INVOICE, CostLine, ProcoreCost
from qbsync.model.records import RecordKind
from qbsync.procore.client import ProcoreClient
from qbsync.procore.cost_readings import costs_of
from qbsync.store import connections, costs as stored, links, project_codes
from qbsync.store.costs import Reading
from qbsync.store.engine import Database
from qbsync.store.list_tables import ProjectCodeRow
from qbsync.store.tables import ConnectionRow, LinkRow

NO_CODE = "(no cost code)"
"""Stands for what no cost code of the project takes."""
FIGURE = "figure"
"""Stands behind a line that Procore has in the figures of ERP Integrations alone, which no call reads."""
NO_COST = "no cost"
"""Stands behind a line that names the job on an account that is none of expenses."""
_ZERO = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Behind:
    """A transaction in QuickBooks behind a figure, and how Procore counts it."""

    line: CostLine
    counted_as: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """An invoice or direct cost in Procore behind a figure, and where QuickBooks has it."""

    cost: ProcoreCost
    found_as: str


@dataclass(slots=True, kw_only=True)
class Figures:
    """One cost code of one project on both sides; amounts in the company's currency.

    `invoices` and `direct_costs` are Procore's: approved invoices, exported or not, and direct costs, whoever
    entered them, as they were at `read_at`. `behind` are QuickBooks' transactions, `held` Procore's.
    """

    project_id: str
    project: str
    cost_code: str
    read_at: datetime
    invoices: Decimal = _ZERO
    direct_costs: Decimal = _ZERO
    quickbooks: Decimal = _ZERO
    behind: list[Behind] = field(default_factory=list)
    held: list[Held] = field(default_factory=list)

    @property
    def procore(self) -> Decimal:
        """What Procore counts."""
        return self.invoices + self.direct_costs

    @property
    def difference(self) -> Decimal:
        """What QuickBooks has beyond Procore; negative where it lacks something."""
        return self.quickbooks - self.procore


def read_now(
    database: Database,
    name: str,
    clients: Callable[[ConnectionRow], ProcoreClient],
    now: datetime,
    *,
    project_id: str | None = None,
) -> None:
    """Read what the linked projects of a connection cost in Procore, or one of them, and keep it.

    Raises NotFoundError for a project that is not linked, and the client's errors; what was read by then is
    kept.
    """
    with database.read() as tx:
        row = connections.named(tx, name)
        linked = links.listing(tx, connection_id=row.id, kind=RecordKind.PROJECT.value)
        wanted = [one.procore_id for one in linked if project_id in (None, one.procore_id)]
    if project_id is not None and not wanted:
        raise NotFoundError(f"{name} has no linked project {project_id}.")
    client = clients(row)
    with counted(database, row.id, client, lambda: now):
        for one in wanted:
            found = costs_of(client, one)
            with database.write() as tx:
                stored.keep_reading(tx, row.id, one, found, now)


def reconcile(tx: Session, connection: ConnectionRow, *, project_id: str | None = None) -> list[Figures]:
    """Both sides of every cost code with a cost, by project, Procore's as it was last read.

    A project whose costs in Procore were never read is left out.
    """
    found: list[Figures] = []
    names = {
        row.procore_id: row.name
        for row in links.listing(tx, connection_id=connection.id, kind=RecordKind.PROJECT.value)
    }
    bills = {
        row.procore_id: row
        for row in links.listing(tx, connection_id=connection.id, kind=RecordKind.INVOICE.value)
    }
    readings = stored.readings(tx, connection.id)
    for project in costs.of_projects(tx, connection):
        reading = readings.get(project.project_id)
        if reading is None or project_id not in (None, project.project_id):
            continue
        codes = project_codes.listing(tx, connection.id, project_id=project.project_id)
        figures = _Project(project, names.get(project.project_id, project.project_id), codes, reading)
        figures.count_procore(bills)
        figures.count_books()
        found += figures.sorted()
    return found


def values_of(figures: Figures) -> dict[str, Any]:
    """The figures as text and lists, for pages and programs."""
    return {
        "project_id": figures.project_id,
        "project": figures.project,
        "cost_code": figures.cost_code,
        "quickbooks": str(figures.quickbooks),
        "procore": str(figures.procore),
        "invoices": str(figures.invoices),
        "direct_costs": str(figures.direct_costs),
        "difference": str(figures.difference),
        "read_at": figures.read_at.isoformat(),
        "transactions": [
            {
                "kind": one.line.kind,
                "txn_id": one.line.txn_id,
                "number": one.line.number,
                "date": one.line.day,
                "payee": one.line.payee,
                "place": one.line.place,
                "amount": str(one.line.amount),
                "counted_as": one.counted_as,
            }
            for one in figures.behind
        ],
        "in_procore": [
            {
                "kind": one.cost.source,
                "procore_id": one.cost.procore_id,
                "number": one.cost.number,
                "date": one.cost.day,
                "description": one.cost.description,
                "amount": str(one.cost.amount),
                "found_as": one.found_as,
            }
            for one in figures.held
        ],
    }


class _Project:
    """The figures of one project as they are counted up."""

    def __init__(
        self, project: ProjectCosts, name: str, codes: Sequence[ProjectCodeRow], reading: Reading
    ) -> None:
        self._project = project
        self._name = name
        self._reading = reading
        self._full = {row.procore_id: row.full_code for row in codes}
        self._found: dict[str, Figures] = {}

    def count_procore(self, bills: Mapping[str, LinkRow]) -> None:
        """By the project's own cost code; `bills` are the links of invoices, by their ids."""
        for cost in self._reading.costs:
            bill = bills.get(cost.procore_id) if cost.source == INVOICE else None
            for code, amount in self._placed(cost, bill).items():
                figures = self._at(code)
                if cost.source == INVOICE:
                    figures.invoices += amount
                    words = "not in QuickBooks" if bill is None else f"bill {bill.name or bill.quickbooks_id}"
                else:
                    figures.direct_costs += amount
                    words = "told by qbsync" if cost.ours else "entered in Procore"
                figures.held.append(Held(cost=replace(cost, amount=amount), found_as=words))

    def _placed(self, cost: ProcoreCost, bill: LinkRow | None) -> dict[str, Decimal]:
        """On which cost codes a cost is; how Procore writes one may end in the cost type's sign.

        Change orders that are billed as a whole are on those of their lines of the bill, as they were
        written; where the link does not tell these from others, on Procore's own.
        """
        own = self._full.get(cost.cost_code_id, cost.code or NO_CODE)
        if bill is None or not cost.whole_items:
            return {own: cost.amount}
        lines = [one for one in links.to_link(bill).lines if one.procore_line_id in cost.whole_items]
        wrote = {line.txn_line_id: line.amount or _ZERO for line in lines}
        if sum(wrote.values()) != cost.amount:
            return {own: cost.amount}
        booked = {
            line.line_id: self._full.get(self._project.places.cost_codes.get(line.item_id, ""), NO_CODE)
            for line in self._project.ours
            if line.txn_id == bill.quickbooks_id
        }
        found: dict[str, Decimal] = {}
        for line_id, amount in wrote.items():
            code = booked.get(line_id, own)
            found[code] = found.get(code, _ZERO) + amount
        return found

    def count_books(self) -> None:
        for lines, words in (
            (self._project.ours, "invoice"),
            (self._project.sent, FIGURE if self._project.by_figures else "direct cost"),
            (self._project.unplaced, "not counted"),
            (self._project.others, NO_COST),
        ):
            self._count_lines(lines, words)

    def _count_lines(self, lines: Iterable[CostLine], words: str) -> None:
        for line in lines:
            code = self._project.places.cost_codes.get(line.item_id, "")
            place = code if words == "invoice" else self._project.places.of(line)
            figures = self._at(NO_CODE if words == NO_COST else self._full.get(place, NO_CODE))
            if words != NO_COST:
                figures.quickbooks += line.amount
            figures.behind.append(Behind(line=line, counted_as=words))

    def sorted(self) -> list[Figures]:
        """By cost code, what has none last."""
        return [self._found[code] for code in sorted(self._found, key=lambda code: (code == NO_CODE, code))]

    def _at(self, code: str) -> Figures:
        fresh = Figures(
            project_id=self._project.project_id,
            project=self._name,
            cost_code=code,
            read_at=self._reading.read_at,
        )
        return self._found.setdefault(code, fresh)
