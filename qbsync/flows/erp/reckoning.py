"""What jobs come to, by cost code and cost type: from what is in QuickBooks and what Procore was told.

Names and meanings: reference/procore-api.md, 4.8. QuickBooks knows no cost types, so what names none goes on
the cost code's own: the budget's where it has one, else the first that the project gives the code. Money is
Decimal up to Procore's JSON, which wants numbers here.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, Final

from sqlalchemy.orm import Session

from qbsync.flows import costs, world as worlds
from qbsync.flows.costs import Coded
from qbsync.flows.erp.known import job_costs_in
from qbsync.model.jobs import JobState
from qbsync.model.links import Link
from qbsync.model.money import CENT
from qbsync.model.options import Options
from qbsync.model.records import (
    ChangeOrder,
    Commitment,
    Invoice,
    Record,
    RecordKey,
    RecordKind,
)
from qbsync.procore.client import number
from qbsync.store import connections, erp, links, marks, payments, project_codes, queue
from qbsync.store.names import StoredNames
from qbsync.store.payment_tables import PaymentRow
from qbsync.store.tables import JobRow, LinkRow

_ZERO: Final = Decimal(0)
_UNITS: Final = (
    "original_estimate_units",
    "approved_estimate_unit_changes",
    "estimate_units",
    "job_to_date_units",
    "month_to_date_units",
)
Key = tuple[str, str]
"""A cost code of the project and a cost type, by their Procore ids."""
_MONEY: Final = (RecordKind.COMMITMENT, RecordKind.CHANGE_ORDER, RecordKind.INVOICE)


@dataclass(slots=True, kw_only=True)
class Figures:
    """What one cost code and cost type of a job comes to."""

    original_estimate: Decimal = _ZERO
    estimate: Decimal = _ZERO
    original_commitment: Decimal = _ZERO
    commitment_changes: Decimal = _ZERO
    invoiced: Decimal = _ZERO
    paid: Decimal = _ZERO
    cost: Decimal = _ZERO
    month_cost: Decimal = _ZERO
    month_paid: Decimal = _ZERO

    def update(self, key: Key) -> dict[str, object]:
        """The figures as Procore takes them."""
        committed = self.original_commitment + self.commitment_changes
        money = {
            "original_estimate": self.original_estimate,
            "approved_estimate_changes": self.estimate - self.original_estimate,
            "estimate": self.estimate,
            "original_commitment": self.original_commitment,
            "approved_commitment_changes": self.commitment_changes,
            "revised_commitment": committed,
            "committed_costs": committed,
            "commitment_invoiced": self.invoiced,
            "open_balance": committed - self.invoiced,
            "paid_amount": self.paid,
            "percentage_complete": _percent(self.cost, self.estimate),
            "job_to_date_cost": self.cost,
            "job_to_date_dollars_paid": self.paid,
            "month_to_date_cost": self.month_cost,
            "month_to_date_dollars_paid": self.month_paid,
        }
        return {
            "cost_code_id": number(key[0]),
            "line_item_type_id": number(key[1]),
            **{name: float(value) for name, value in money.items()},
            **dict.fromkeys(_UNITS, 0),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One project's figures and the job they are about."""

    job_id: str
    rows: Mapping[Key, Figures]

    def updates(self) -> list[dict[str, object]]:
        """The bulk call's updates, in a fixed order."""
        return [self.rows[key].update(key) for key in sorted(self.rows)]

    @property
    def fingerprint(self) -> str:
        """A hash over everything that Procore is told."""
        return hashlib.sha256(json.dumps(self.updates(), sort_keys=True).encode()).hexdigest()[:16]


def jobs_of(
    tx: Session, connection_id: int, today: date, *, only: Collection[str] | None = None
) -> dict[str, Job]:
    """What the job of each linked project comes to, or of those of `only`, by the project's id.

    Everything that they share is read once, whatever their number.
    """
    rows = links.listing(tx, connection_id=connection_id, kind=RecordKind.PROJECT.value)
    wanted = [links.to_link(row) for row in rows if only is None or row.procore_id in only]
    books = _Books(tx, connection_id, only)
    found: dict[str, Job] = {}
    for link in wanted:
        project_id = link.key.procore_id
        reckoning = _Reckoning(
            books, project_id, _Places(tx, connection_id, project_id, books.options), today
        )
        reckoning.reckon(link)
        found[project_id] = Job(job_id=link.quickbooks_id, rows=reckoning.rows)
    return found


def told_places(tx: Session, connection_id: int, project_id: str) -> set[Key]:
    """Where Procore may have figures of a project."""
    kept = marks.one(tx, connection_id, places_told(project_id))
    return {(code_id, type_id) for code_id, type_id in json.loads(kept or "[]")}


def places_told(project_id: str) -> str:
    """The mark under which that is kept."""
    return f"told/figures/{project_id}/places"


class _Books:
    """What the jobs of one connection share: what was synced, by project, the bills, and what was paid."""

    def __init__(self, tx: Session, connection_id: int, only: Collection[str] | None) -> None:
        self.tx, self.connection_id = tx, connection_id
        self.options = connections.options_of(connections.get(tx, connection_id))
        self.names = StoredNames(tx, connection_id)
        self.coded = Coded(tx, connection_id)
        self.bills: Mapping[str, LinkRow] = costs.bills_of(tx, connection_id)
        self._synced = {kind: self._of_kind(kind, only) for kind in _MONEY}
        self._paid: dict[str, list[PaymentRow]] = {}
        for row in payments.of_bills(tx, connection_id, self.bills):
            self._paid.setdefault(row.bill_id, []).append(row)

    def synced(self, kind: RecordKind, project_id: str) -> Iterable[tuple[Record, Link]]:
        """Each record of a project once, as it was last synced."""
        return self._synced[kind].get(project_id, ())

    def paid(self, bill_id: str) -> Iterable[PaymentRow]:
        """What was paid of a bill."""
        return self._paid.get(bill_id, ())

    def _of_kind(
        self, kind: RecordKind, only: Collection[str] | None
    ) -> dict[str, list[tuple[Record, Link]]]:
        newest: dict[str, JobRow] = {}
        for job in queue.synced_of_kind(self.tx, self.connection_id, kind, project_ids=only):
            # one that was exported again has several jobs
            if job.state == JobState.SYNCED.value or job.procore_id not in newest:
                newest[job.procore_id] = job
        linked = links.find_all(self.tx, self.connection_id, map(queue.key_of_job, newest.values()))
        found: dict[str, list[tuple[Record, Link]]] = {}
        for job in newest.values():
            if link := linked.get(queue.key_of_job(job)):
                found.setdefault(job.record["project_id"], []).append((worlds.record_of(job), link))
        return found


class _Places:
    """Where figures go in one project: the cost codes that Procore was told, and their cost types."""

    def __init__(self, tx: Session, connection_id: int, project_id: str, options: Options) -> None:
        codes = [
            row for row in project_codes.listing(tx, connection_id, project_id=project_id) if row.origin_id
        ]
        self.by_standard = {row.standard_id: row.procore_id for row in codes}
        self.by_item = {row.origin_id.partition("|")[2]: row.procore_id for row in codes}
        uncoded = options.uncoded_cost_code.strip()
        self.uncoded = next((row.procore_id for row in codes if uncoded and row.full_code == uncoded), "")
        self.retainage = options.retainage_item.casefold()
        part = erp.newest_export(tx, connection_id, RecordKey(kind=RecordKind.PROJECT, procore_id=project_id))
        items: Mapping[str, Any] = part.items if part is not None else {}
        self.types: Mapping[str, str] = items.get("cost_types") or {}
        self.first_type: dict[str, str] = {}
        for code_id, type_id in items.get("assignments") or ():
            self.first_type.setdefault(code_id, type_id)
        there = {row.procore_id for row in codes}
        told = told_places(tx, connection_id, project_id)
        self.told = {place for place in told if place[0] in there}
        """Where Procore has figures already, as far as the cost code is still there."""

    def key(self, code_id: str, type_id: str = "") -> Key | None:
        """Where a cost code's money goes; None where the project gives it no cost type."""
        found = type_id or self.first_type.get(code_id) or next(iter(self.types.values()), "")
        return (code_id, found) if code_id and found else None


@dataclass(slots=True)
class _Reckoning:
    books: _Books
    project_id: str
    places: _Places
    today: date
    rows: dict[Key, Figures] = field(default_factory=dict)

    def reckon(self, link: Link) -> None:
        """Add up budget, commitments, invoices, payments and costs."""
        self._budget()
        for record, _ in self.books.synced(RecordKind.COMMITMENT, self.project_id):
            assert isinstance(record, Commitment)
            for line in record.lines:
                self._of_standard(line.cost_code_id).original_commitment += line.amount
        for record, _ in self.books.synced(RecordKind.CHANGE_ORDER, self.project_id):
            assert isinstance(record, ChangeOrder)
            for change in record.lines:
                self._of_standard(change.cost_code_id).commitment_changes += change.amount
        for record, linked in self.books.synced(RecordKind.INVOICE, self.project_id):
            assert isinstance(record, Invoice)
            self._invoice(record, linked)
        self._costs(link)
        for place in self.places.told:
            self._at(place)

    def _costs(self, link: Link) -> None:
        """What the job cost in QuickBooks, our own bills among it, retainage not."""
        books = self.books
        job = costs.of_job(books.tx, books.connection_id, link.quickbooks_id, books.bills, books.names)
        for cost in job.costs:
            if cost.place.casefold() == self.places.retainage:
                continue
            code_id = self.places.by_item.get(cost.item_id) or self.places.uncoded
            figures = self._at(self.places.key(code_id))
            figures.cost += cost.amount
            if cost.day[:7] == f"{self.today:%Y-%m}":
                figures.month_cost += cost.amount

    def _budget(self) -> None:
        """The version that QuickBooks was told; a newer one that waits or failed is none of its books."""
        key = RecordKey(kind=RecordKind.BUDGET, procore_id=self.project_id)
        tx, connection_id = self.books.tx, self.books.connection_id
        link = links.find(tx, connection_id, key)
        if link is None:
            return
        told = erp.export_of_version(tx, connection_id, key, link.fingerprint)
        for cost in job_costs_in(told or erp.newest_export(tx, connection_id, key)).values():
            code_id = self.places.by_item.get(cost.cost_code_origin_id.rpartition("|")[2], "")
            type_id = self.places.types.get(cost.line_item_type_origin_id, "")
            if code_id and type_id:
                self.places.first_type[code_id] = type_id
            figures = self._at(self.places.key(code_id, type_id))
            figures.estimate += Decimal(cost.amount)
            figures.original_estimate += Decimal(cost.original)

    def _invoice(self, record: Invoice, link: Link) -> None:
        """What was billed on each cost code, and of what was paid the same share."""
        billed: dict[str | None, Decimal] = {}
        for line in record.lines:
            code = self.books.coded.code_of(record, line)
            self._of_standard(code).invoiced += line.amount
            net = line.amount - line.retained + line.released
            billed[code] = billed.get(code, _ZERO) + net
        for row in self.books.paid(link.quickbooks_id):
            month = row.paid_on[:7] == f"{self.today:%Y-%m}"
            for code, share in _shares(Decimal(row.amount), billed):
                self._of_standard(code).paid += share
                if month:
                    self._of_standard(code).month_paid += share

    def _of_standard(self, standard_id: str | None) -> Figures:
        return self._at(self.places.key(self.places.by_standard.get(standard_id or "", "")))

    def _at(self, key: Key | None) -> Figures:
        """The figures there; those of no place are added up and left out."""
        if key is None:
            return Figures()
        return self.rows.setdefault(key, Figures())


def _shares(paid: Decimal, billed: Mapping[str | None, Decimal]) -> Iterable[tuple[str | None, Decimal]]:
    """A payment split in proportion to what was billed, to the cent; the last part takes the odd cents."""
    total = sum(billed.values(), _ZERO)
    left = paid
    for place, (code, amount) in enumerate(billed.items(), start=1):
        last = place == len(billed) or not total
        share = left if last else (paid * amount / total).quantize(CENT)
        left -= share
        yield code, share
        if last:
            return


def _percent(cost: Decimal, estimate: Decimal) -> Decimal:
    return (cost / estimate * 100).quantize(CENT) if estimate else _ZERO
