"""What Procore's ERP tool is to be told once QuickBooks has a record: an id for the header and every line.

An id is unique among all lines of a company, so lines that share one line of QuickBooks carry their own
Procore id behind it. The header's id comes after its lines': it is what makes the record synced.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Final

from qbsync.flows import pairs, payments
from qbsync.flows.world import World
from qbsync.model.links import Link
from qbsync.model.records import (
    Budget,
    ChangeOrder,
    Commitment,
    CostCode,
    Invoice,
    Payment,
    Project,
    Record,
    RecordKey,
    RetainageItem,
    Vendor,
    key_of,
)
from qbsync.procore.feeds.erp_billing import INVOICE_LINES
from qbsync.procore.feeds.erp_exports import HEADERS
from qbsync.procore.writebacks import Target
from qbsync.store import erp, project_codes
from qbsync.store.writebacks import Owed

_AFTER: Final = 1
_LAST: Final = 2
_NOT_BILLED: Final = "0"
"""Stands for the line of QuickBooks in the id of an item that bills nothing."""
_LINE: Final = "line_item"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Named:
    """Under which names the ids of one record are told: as its request said, else by its kind."""

    header: str
    lines: Mapping[str, str] = field(default_factory=dict)
    assignments: Sequence[Sequence[str]] = ()
    transactions: Sequence[str] = ()


def owed_for(world: World, record: Record, link: Link) -> list[Owed]:  # noqa: PLR0911  # one a kind
    """What the ERP tool is to be told about a record that was just synced or linked."""
    named = _named(world, record)
    ids = _ids(record, link, named)
    match record:
        case RetainageItem():
            return []  # Procore does not know it
        case CostCode():
            told = pairs.owed_for(world, standard_id=record.procore_id)
            return [*ids, *told, *_assigned(world, told)]
        case Project():
            told = pairs.owed_for(world, project_id=record.procore_id)
            return [*ids, *told, *_assignments(world, link.key, named)]
        case Invoice():
            paid = payments.owed_for(world.tx, world.connection.id, link)
            return [*ids, *(replace(one, turn=_AFTER) for one in paid)]
        case Budget():
            return [*ids, *_transactions(record, link, named), _figures(record, link)]
        case Payment():
            return [*ids, *payments.owed_beside(world.tx, world.connection.id, record)]
        case Vendor() | Commitment() | ChangeOrder():
            return ids


def cleared_for(world: World, record: Record, link: Link) -> list[Owed]:
    """What the ERP tool is to forget about a record whose link ends: the header's id first."""
    told = [*_ids(record, link, _named(world, record)), *pairs.cleared_for(world, record)]
    cleared = [replace(one, origin_id=None, origin_data=None) for one in reversed(told)]
    if isinstance(record, Invoice):
        cleared += payments.cleared_for(world.tx, world.connection.id, link, asdict(record))
    return cleared


def _ids(record: Record, link: Link, named: _Named) -> list[Owed]:
    """The ids of the lines and then of the header."""
    header = Owed(
        key=link.key,
        target=Target.EXTERNAL_DATA.value,
        item_id=named.header,
        origin_id=link.quickbooks_id,
        origin_data=json.dumps({"edit_sequence": link.edit_sequence}),
    )
    if isinstance(record, ChangeOrder):  # the purchase order's own id belongs to the commitment
        first = link.lines[0].txn_line_id if link.lines else record.procore_id
        header = replace(header, origin_id=f"{link.quickbooks_id}|{first}")
    return [*_lines(link, named), header]


def line_ids(link: Link) -> dict[str, str]:
    """The id that each Procore line of a link is told, by the line's own id."""
    ids: dict[str, str] = {}
    taken: set[str] = set()
    for line in link.lines:
        place = f"{link.quickbooks_id}|{line.txn_line_id}"
        shared = line.txn_line_id in taken
        taken.add(line.txn_line_id)
        ids.setdefault(line.procore_line_id, f"{place}|{line.procore_line_id}" if shared else place)
    return ids


def _lines(link: Link, named: _Named) -> list[Owed]:
    """Every line that Procore named; one that QuickBooks has no line for is told so in its id."""
    ids = line_ids(link)
    return [
        Owed(
            key=link.key,
            target=Target.EXTERNAL_DATA.value,
            item_id=f"{item_type}:{line_id}",
            origin_id=ids.get(line_id, f"{link.quickbooks_id}|{_NOT_BILLED}|{line_id}"),
        )
        for line_id, item_type in named.lines.items()
    ]


def assignments_of(world: World, project: RecordKey) -> list[Owed]:
    """The cost types of a project's cost codes that QuickBooks has."""
    return _assignments(world, project, _kept(world, project))


def _assigned(world: World, told: Sequence[Owed]) -> list[Owed]:
    """The cost types of cost codes that QuickBooks has since now, in each project that has one of them."""
    keys = dict.fromkeys(pair.key for pair in told if pair.key is not None)
    return [
        one
        for key in keys
        for one in _assignments(world, key, _kept(world, key), only={pair.item_id for pair in told})
    ]


def _assignments(
    world: World, project: RecordKey, named: _Named, *, only: Collection[str] | None = None
) -> list[Owed]:
    """The cost types of a project's cost codes that QuickBooks has; of those of `only`, where it is given."""
    rows = project_codes.listing(world.tx, world.connection.id, project_id=project.procore_id)
    there = {row.procore_id: row.origin_id for row in rows if row.origin_id}
    return [
        Owed(
            key=project,
            target=Target.COST_TYPE_ASSIGNMENT.value,
            item_id=f"{code_id}:{type_id}",
            origin_id=there[code_id],
            scope={"project_id": project.procore_id},
            turn=_AFTER,
        )
        for code_id, type_id in named.assignments
        if code_id in there and (only is None or f"cost_code:{code_id}" in only)
    ]


def _transactions(record: Budget, link: Link, named: _Named) -> list[Owed]:
    return [
        Owed(
            key=link.key,
            target=Target.ERP_TRANSACTION.value,
            item_id=transaction,
            origin_id=f"{link.quickbooks_id}|{transaction}",
            scope={"project_id": record.procore_id},
            turn=_AFTER,
        )
        for transaction in named.transactions
    ]


def _figures(record: Budget, link: Link) -> Owed:
    """The job's figures, the estimate among them: they thaw the budget in Procore (section 4.5)."""
    return Owed(
        key=link.key,
        target=Target.ERP_JOB_COSTS.value,
        item_id=record.procore_id,
        origin_id=f"{link.quickbooks_id}|{link.edit_sequence}",
        scope={"project_id": record.procore_id},
        turn=_LAST,
    )


def _named(world: World, record: Record) -> _Named:
    """As Procore's request named the record, else by its kind."""
    kept = _kept(world, key_of(record))
    return replace(
        kept,
        header=kept.header or f"{_item_type(record)}:{record.procore_id}",
        lines=kept.lines or _line_types(record),
    )


def _kept(world: World, key: RecordKey) -> _Named:
    part = erp.newest_export(world.tx, world.connection.id, key)
    items: Mapping[str, Any] = part.items if part is not None else {}
    return _Named(
        header=str(items.get("header") or ""),
        lines=items.get("lines") or {},
        assignments=items.get("assignments") or (),
        transactions=items.get("transactions") or (),
    )


def _item_type(record: Record) -> str:
    match record:
        case Commitment():
            return HEADERS[record.type]
        case CostCode():
            return "standard_cost_code"
        case Invoice():
            return "requisition"
        case Payment():
            return "contract_payment"
        case ChangeOrder() | Vendor() | Project() | Budget() | RetainageItem():
            return key_of(record).kind.value


def _line_types(record: Record) -> dict[str, str]:
    match record:
        case Commitment() | ChangeOrder():
            return {line.procore_id: _LINE for line in record.lines}
        case Invoice():
            return {line.procore_id: INVOICE_LINES[line.item_type] for line in record.lines}
        case _:
            return {}
