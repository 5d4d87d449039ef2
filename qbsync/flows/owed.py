"""What Procore is owed once QuickBooks has a record."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import datetime

from qbsync.flows import pairs, payments
from qbsync.flows.erp import external
from qbsync.flows.world import World
from qbsync.model.feeds import Feed
from qbsync.model.links import Link
from qbsync.model.records import (
    Budget,
    ChangeOrder,
    Commitment,
    CommitmentType,
    CostCode,
    Invoice,
    Payment,
    Project,
    Record,
    RetainageItem,
    Vendor,
)
from qbsync.procore.writebacks import Target
from qbsync.store import writebacks
from qbsync.store.writebacks import Owed

_HEADER_TURN = 1
"""Lines go first: origin_id on the header locks the record (Procore: tutorial_financial_tools)."""


def owe(world: World, record: Record, link: Link, now: datetime) -> None:
    """Keep what Procore is to be told about a record that was just synced or linked."""
    writebacks.owe(world.tx, world.connection.id, owed_for(world, record, link), now)


def owed_for(world: World, record: Record, link: Link) -> Sequence[Owed]:
    """What Procore is to be told about a record that was just synced or linked, by the connection's feed."""
    tell = external.owed_for if world.connection.feed == Feed.ERP.value else _owed_for
    return tell(world, record, link)


def _owed_for(world: World, record: Record, link: Link) -> Sequence[Owed]:  # noqa: PLR0911  # one a kind
    match record:
        case CostCode():
            header = _header(
                link,
                Target.STANDARD_COST_CODE,
                link.key.procore_id,
                standard_cost_code_list_id=record.list_id,
            )
            return [header, *pairs.owed_for(world, standard_id=record.procore_id)]
        case Vendor():
            return [_header(link, Target.VENDOR, link.key.procore_id)]
        case Project():
            header = _header(link, Target.PROJECT, link.key.procore_id)
            return [header, *pairs.owed_for(world, project_id=record.procore_id)]
        case Commitment():
            return _commitment(record, link)
        case ChangeOrder():
            return [_change_order(record, link)]
        case Invoice():
            scope = {"project_id": record.project_id, "commitment_id": record.commitment_id}
            header = _header(link, Target.INVOICE, record.procore_id, **scope)
            return [header, *payments.owed_for(world.tx, world.connection.id, link)]
        case Payment() | Budget() | RetainageItem():
            return []  # none carries an origin id in Procore's public API (reference, section 3.5)


def cleared_for(world: World, record: Record, link: Link) -> list[Owed]:
    """What Procore is to forget about a record whose link ends: the header's id first, then the lines'."""
    if world.connection.feed == Feed.ERP.value:
        return external.cleared_for(world, record, link)
    told = [*owed_for(world, record, link), *pairs.cleared_for(world, record)]
    ids = [one for one in told if one.target != Target.CONTRACT_PAYMENT.value]
    cleared = [replace(one, origin_id=None, origin_data=None, turn=_HEADER_TURN - one.turn) for one in ids]
    if isinstance(record, Invoice):
        cleared += payments.cleared_for(world.tx, world.connection.id, link, asdict(record))
    return cleared


def pairs_for(world: World, record: Record) -> Sequence[Owed]:
    """What Procore is to be told about a record that it has just made itself, its id with it."""
    match record:
        case Project():
            return pairs.owed_for(world, project_id=record.procore_id)
        case CostCode():
            return pairs.owed_for(world, standard_id=record.procore_id)
        case _:
            return []


def _header(link: Link, target: Target, item_id: str, **scope: str) -> Owed:
    return Owed(
        key=link.key,
        target=target.value,
        item_id=item_id,
        origin_id=link.quickbooks_id,
        origin_data=json.dumps({"edit_sequence": link.edit_sequence}),
        scope=scope,
        turn=_HEADER_TURN,
    )


def _commitment(record: Commitment, link: Link) -> list[Owed]:
    subcontract = record.type is CommitmentType.SUBCONTRACT
    line_target = Target.SUBCONTRACT_LINE if subcontract else Target.PURCHASE_ORDER_LINE
    header_target = Target.SUBCONTRACT if subcontract else Target.PURCHASE_ORDER
    lines = [
        Owed(
            key=link.key,
            target=line_target.value,
            item_id=line.procore_line_id,
            origin_id=f"{link.quickbooks_id}|{line.txn_line_id}",
            scope={"project_id": record.project_id, "contract_id": record.procore_id},
        )
        for line in link.lines
    ]
    return [*lines, _header(link, header_target, record.procore_id, project_id=record.project_id)]


def _change_order(record: ChangeOrder, link: Link) -> Owed:
    """Its origin_id names its first line too: the purchase order's own id belongs to the commitment."""
    header = _header(link, Target.CHANGE_ORDER, record.procore_id, project_id=record.project_id)
    first = link.lines[0].txn_line_id if link.lines else record.procore_id
    return replace(header, origin_id=f"{link.quickbooks_id}|{first}")
