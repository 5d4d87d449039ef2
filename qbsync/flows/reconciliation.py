"""Procore's cost of each cost code beside QuickBooks', the difference, and the transactions behind it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from sqlalchemy.orm import Session

from qbsync.flows import costs, world as worlds
from qbsync.flows.costs import ProjectCosts
from qbsync.model.costs import CostLine
from qbsync.model.records import Invoice, RecordKind
from qbsync.procore.payloads.costs import DirectCostLinePayload
from qbsync.store import links, marks, queue
from qbsync.store.tables import ConnectionRow, ProjectCodeRow

NO_CODE = "(no cost code)"
"""Stands for what no cost code of the project takes."""
_ZERO = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Behind:
    """A transaction in QuickBooks behind a figure, and how Procore counts it."""

    line: CostLine
    counted_as: str


@dataclass(slots=True, kw_only=True)
class Figures:
    """One cost code of one project on both sides; amounts in the company's currency.

    `invoices` and `direct_costs` are Procore's: approved invoices that qbsync sent, and the lines of direct
    costs, whoever entered them.
    """

    project_id: str
    project: str
    cost_code: str
    invoices: Decimal = _ZERO
    direct_costs: Decimal = _ZERO
    quickbooks: Decimal = _ZERO
    behind: list[Behind] = field(default_factory=list)

    @property
    def procore(self) -> Decimal:
        """What Procore counts."""
        return self.invoices + self.direct_costs

    @property
    def difference(self) -> Decimal:
        """What QuickBooks has beyond Procore."""
        return self.quickbooks - self.procore


def reconcile(
    tx: Session, connection: ConnectionRow, procore: Mapping[str, Sequence[DirectCostLinePayload]]
) -> list[Figures]:
    """Both sides of every cost code with a cost, by project; `procore` has each project's direct cost lines.

    A project that `procore` does not name is left out.
    """
    found: list[Figures] = []
    invoices = list(_invoices(tx, connection.id))
    names = {
        row.procore_id: row.name
        for row in links.listing(tx, connection_id=connection.id, kind=RecordKind.PROJECT.value)
    }
    for project in costs.of_projects(tx, connection):
        if project.project_id in procore:
            name = names.get(project.project_id, project.project_id)
            codes = marks.project_codes(tx, connection.id, project_id=project.project_id)
            figures = _Project(project, name, codes)
            figures.count_direct_costs(procore[project.project_id])
            figures.count_invoices(one for one in invoices if one.project_id == project.project_id)
            figures.count_books()
            found += figures.sorted()
    return found


class _Project:
    """The figures of one project as they are counted up."""

    def __init__(self, project: ProjectCosts, name: str, codes: Sequence[ProjectCodeRow]) -> None:
        self._project = project
        self._name = name
        self._full = {row.procore_id: row.full_code for row in codes}
        self._of_standard = {row.standard_id: row.full_code for row in codes}
        self._found: dict[str, Figures] = {}

    def count_direct_costs(self, lines: Iterable[DirectCostLinePayload]) -> None:
        for line in lines:
            code = line.cost_code
            full = NO_CODE if code is None else self._full.get(code.id or "", code.full_code or NO_CODE)
            self._at(full).direct_costs += line.amount

    def count_invoices(self, invoices: Iterable[Invoice]) -> None:
        for invoice in invoices:
            for line in invoice.lines:
                code = self._of_standard.get(line.cost_code_id or "", line.cost_code)
                self._at(code).invoices += line.amount

    def count_books(self) -> None:
        for lines, words in (
            (self._project.ours, "invoice"),
            (self._project.sent, "direct cost"),
            (self._project.unplaced, "not counted"),
        ):
            for line in lines:
                code = self._project.places.cost_codes.get(line.item_id, "")
                if words == "invoice" and not code:
                    continue  # retainage: held back of a cost, no cost
                figures = self._at(self._full.get(self._project.places.of(line), NO_CODE))
                figures.quickbooks += line.amount
                figures.behind.append(Behind(line=line, counted_as=words))

    def sorted(self) -> list[Figures]:
        """By cost code, what has none last."""
        return [self._found[code] for code in sorted(self._found, key=lambda code: (code == NO_CODE, code))]

    def _at(self, code: str) -> Figures:
        return self._found.setdefault(
            code, Figures(project_id=self._project.project_id, project=self._name, cost_code=code)
        )


def _invoices(tx: Session, connection_id: int) -> Iterator[Invoice]:
    linked = {
        row.procore_id
        for row in links.listing(tx, connection_id=connection_id, kind=RecordKind.INVOICE.value)
    }
    for job in queue.synced_of_kind(tx, connection_id, RecordKind.INVOICE):
        record = worlds.record_of(job)
        if isinstance(record, Invoice) and record.procore_id in linked:
            yield record
