"""What Procore's ERP tool is offered for import: vendors, jobs and purchase orders that QuickBooks alone has.

Each goes as "staged" once. What changes afterwards goes without a status, so that a record that somebody
archived in Procore stays archived. A purchase order goes with its lines, and only where its vendor, its job
and the items of its lines are linked: Procore could not make a commitment of another.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from sqlalchemy.orm import Session

from qbsync.model.offers import OfferState
from qbsync.model.records import RecordKey, RecordKind
from qbsync.procore.erp.cost_types import DEFAULT, PREFIX
from qbsync.store import connections, erp, links, marks, offers, project_codes
from qbsync.store.offer_tables import OfferRow
from qbsync.store.tables import ConnectionRow

_ORDER: Final = "purchase_order_contract"
TYPES: Final = {
    RecordKind.VENDOR: "vendor",
    RecordKind.PROJECT: "project",
    RecordKind.COMMITMENT: _ORDER,
}
"""What staged records call each kind."""
Update = Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Offering:
    """What is sent of one kind, and why what is left out cannot be, a sentence each."""

    kind: RecordKind
    updates: tuple[Update, ...] = ()
    left_out: tuple[str, ...] = ()


def offering(tx: Session, connection: ConnectionRow, kind: RecordKind) -> Offering:
    """What Procore was not offered yet, or not as it is now; nobody is offered what was archived here."""
    rows = offers.listing(tx, connection_id=connection.id, kinds=(kind,), state=OfferState.OFFERED)
    orders = _Orders(tx, connection) if kind is RecordKind.COMMITMENT else None
    known, left_out = _offered(tx, connection.id, kind), []
    updates: list[Update] = []
    for row in rows:
        why_not = "" if orders is None else orders.hindrance(row)
        if why_not:
            left_out.append(f"Purchase order {row.name or row.list_id}: {why_not}")
            continue
        update = _listed(row, kind) if orders is None else orders.update(row)
        before = known.get(row.list_id)
        if before is None:
            updates.append({**update, "status": "staged"})
        elif before != _digest(update):
            updates.append(update)
    return Offering(kind=kind, updates=tuple(updates), left_out=tuple(left_out))


def offered(tx: Session, connection_id: int, sent: Offering, refused: Collection[str]) -> None:
    """Keep what Procore was offered, but for the origin ids that it refused."""
    known = _offered(tx, connection_id, sent.kind)
    for update in sent.updates:
        origin_id = str(update["origin_id"])
        if origin_id not in refused:
            known[origin_id] = _digest(update)
    _keep(tx, connection_id, sent.kind, known)


def forget(tx: Session, connection_id: int, kind: RecordKind, origin_id: str) -> None:
    """Offer a record as if for the first time: it was in Procore, and is not any more."""
    known = _offered(tx, connection_id, kind)
    if known.pop(origin_id, None) is not None:
        _keep(tx, connection_id, kind, known)


def _offered(tx: Session, connection_id: int, kind: RecordKind) -> dict[str, str]:
    kept: dict[str, str] = json.loads(marks.one(tx, connection_id, _mark(kind)) or "{}")
    return kept


def _keep(tx: Session, connection_id: int, kind: RecordKind, known: Mapping[str, str]) -> None:
    marks.put(tx, connection_id, _mark(kind), json.dumps(known, sort_keys=True))


def _mark(kind: RecordKind) -> str:
    return f"erp/staged/{kind.value}"


def _digest(update: Update) -> str:
    told = {name: value for name, value in update.items() if name != "status"}
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:16]


def _listed(row: OfferRow, kind: RecordKind) -> dict[str, object]:
    return {
        "item_type": TYPES[kind],
        "origin_id": row.list_id,
        "data": {name: value for name, value in row.fields.items() if value},
    }


class _Orders:
    """Purchase orders as commitments of one connection's linked vendors, jobs and cost codes."""

    def __init__(self, tx: Session, connection: ConnectionRow) -> None:
        self._tx, self._id = tx, connection.id
        self._type = connections.options_of(connection).job_cost_type
        self._vendors = {row.quickbooks_id for row in self._linked(RecordKind.VENDOR)}
        self._projects = {row.quickbooks_id: row.procore_id for row in self._linked(RecordKind.PROJECT)}
        self._places: dict[str, dict[str, str]] = {}

    def hindrance(self, row: OfferRow) -> str:
        """Why a purchase order cannot be offered, empty where it can."""
        fields, lines = row.fields, _lines(row)
        jobs = {line["job"] for line in lines}
        if fields.get("groups") or not lines or not all(line["item"] for line in lines):
            return "it has no lines, or one without an item or with a group of them."
        if fields["vendor"] not in self._vendors:
            return f"its vendor {fields['vendor_name']} is not linked to one of Procore's."
        if len(jobs) != 1 or not jobs <= self._projects.keys():
            return "its lines are not all for one job that is linked to a project."
        places = self._of_project(next(iter(jobs)))
        unplaced = [line["item_name"] for line in lines if line["item"] not in places]
        if unplaced:
            return f"the project has no synced cost code with a cost type for {', '.join(unplaced)}."
        return ""

    def update(self, row: OfferRow) -> dict[str, object]:
        """The purchase order as it is staged, its lines below it."""
        number, lines = row.fields["number"], _lines(row)
        job = lines[0]["job"]
        data = {
            "number": number,
            "title": row.fields["title"] or f"Purchase order {number or row.list_id}",
            "project_origin_id": job,
            "vendor_origin_id": row.fields["vendor"],
        }
        places = self._of_project(job)
        return {
            "item_type": _ORDER,
            "origin_id": row.list_id,
            "origin_code": number,
            "data": data,
            "children": [
                _child(row.list_id, line, place, places[line["item"]])
                for place, line in enumerate(lines, start=1)
            ],
        }

    def _of_project(self, job_id: str) -> Mapping[str, str]:
        """The origin id of the cost type on which each item of a job goes, by the item."""
        if job_id not in self._places:
            self._places[job_id] = dict(self._typed(job_id))
        return self._places[job_id]

    def _typed(self, job_id: str) -> Iterator[tuple[str, str]]:
        project = RecordKey(kind=RecordKind.PROJECT, procore_id=self._projects[job_id])
        part = erp.newest_export(self._tx, self._id, project)
        items: Mapping[str, Any] = part.items if part is not None else {}
        origins = {type_id: origin for origin, type_id in (items.get("cost_types") or {}).items()}
        types: dict[str, list[str]] = {}
        for code_id, type_id in items.get("assignments") or ():
            if type_id in origins:
                types.setdefault(code_id, []).append(origins[type_id])
        wanted = [f"{PREFIX}{one}" for one in (self._type, DEFAULT) if one]
        for code in project_codes.listing(self._tx, self._id, project_id=project.procore_id):
            here = types.get(code.procore_id, ())
            chosen = next((one for one in wanted if one in here), next(iter(here), ""))
            if code.origin_id and chosen:
                yield code.origin_id.partition("|")[2], chosen

    def _linked(self, kind: RecordKind) -> Sequence[Any]:
        return links.listing(self._tx, connection_id=self._id, kind=kind.value)


def _lines(row: OfferRow) -> list[dict[str, str]]:
    """The lines that come to something; a line of text alone is none of a commitment's."""
    lines: list[dict[str, str]] = row.fields.get("lines") or []
    return [line for line in lines if line["item"] or line["amount"]]


def _child(order_id: str, line: Mapping[str, str], place: int, cost_type: str) -> Update:
    amount, quantity, rate = (_number(line[name]) for name in ("amount", "quantity", "rate"))
    by_unit = {"quantity": line["quantity"], "unit_cost": line["rate"]} if quantity * rate == amount else {}
    return {
        "item_type": "line_item",
        "origin_id": f"{order_id}|{line['line']}",
        "data": {
            "amount": line["amount"] or "0.00",
            "description": line["description"],
            "position": place,
            **by_unit,
            "cost_code_origin_id": f"{line['job']}|{line['item']}",
            "line_item_type_origin_id": cost_type,
        },
    }


def _number(text: str) -> Decimal:
    try:
        return Decimal(text or "0")
    except InvalidOperation:
        return Decimal(0)
