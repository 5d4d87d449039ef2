"""The pairs (job, item) by which Procore knows a project's cost codes in QuickBooks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from qbsync.flows.world import World
from qbsync.model.feeds import Feed
from qbsync.model.records import CostCode, Project, Record, RecordKey, RecordKind
from qbsync.procore.feeds.events import ProjectCodes
from qbsync.procore.writebacks import Target
from qbsync.store import links, project_codes, writebacks
from qbsync.store.list_tables import ProjectCodeRow
from qbsync.store.writebacks import Owed

_CODE: Final = "cost_code:"
"""Before a cost code's id in external data."""


def keep(world: World, event: ProjectCodes) -> None:
    """Keep the cost codes of a project that stand for one of the company's; what is gone is owed nothing."""
    codes = [
        project_codes.ProjectCode(
            procore_id=code.procore_id,
            standard_id=code.standard_id,
            full_code=code.full_code,
            origin_id=code.origin_id or "",
        )
        for code in event.codes
        if code.standard_id is not None
    ]
    gone = project_codes.put(world.tx, world.connection.id, event.project_id, codes, unread=event.unread)
    _owe_nothing(world, gone)


def forget(world: World, code_ids: Sequence[str]) -> None:
    """Forget cost codes that Procore has no longer, and what it was owed about them."""
    project_codes.forget(world.tx, world.connection.id, code_ids)
    _owe_nothing(world, code_ids)


def _owe_nothing(world: World, code_ids: Sequence[str]) -> None:
    tx, connection_id = world.tx, world.connection.id
    if world.connection.feed != Feed.ERP.value:
        writebacks.forget_owed(tx, connection_id, Target.PROJECT_COST_CODE.value, code_ids)
        return
    items = [f"{_CODE}{code_id}" for code_id in code_ids]
    writebacks.forget_owed(tx, connection_id, Target.EXTERNAL_DATA.value, items)


def owed_for(world: World, *, project_id: str | None = None, standard_id: str | None = None) -> list[Owed]:
    """The pair of each project cost code whose project and standard code are both linked."""
    rows = project_codes.listing(
        world.tx, world.connection.id, project_id=project_id, standard_id=standard_id
    )
    return lacking(world, rows)


def lacking(world: World, rows: Sequence[ProjectCodeRow]) -> list[Owed]:
    """Those of the project cost codes whose pair Procore lacks; their rows are brought up to date."""
    wanted = {key for row in rows for key in _keys(row)}
    found = links.find_all(world.tx, world.connection.id, wanted)
    owed: list[Owed] = []
    for row in rows:
        project, item = _keys(row)
        if project not in found or item not in found:
            continue
        origin_id = f"{found[project].quickbooks_id}|{found[item].quickbooks_id}"
        pair = _pair(world, row, origin_id)
        if row.origin_id != origin_id and not _refused(world, pair):
            row.origin_id = origin_id
            owed.append(pair)
    return owed


def cleared_for(world: World, record: Record) -> list[Owed]:
    """The pairs that Procore was told because of this record, as they were; their rows forget them."""
    match record:
        case Project():
            rows = project_codes.listing(world.tx, world.connection.id, project_id=record.procore_id)
        case CostCode():
            rows = project_codes.listing(world.tx, world.connection.id, standard_id=record.procore_id)
        case _:
            return []
    owed = [_pair(world, row, row.origin_id) for row in rows if row.origin_id]
    for row in rows:
        row.origin_id = ""
    return owed


def _refused(world: World, pair: Owed) -> bool:
    before = writebacks.refused_before(world.tx, world.connection.id, pair.target, pair.item_id)
    return before == pair.origin_id


def _pair(world: World, row: ProjectCodeRow, origin_id: str) -> Owed:
    if world.connection.feed == Feed.ERP.value:
        return Owed(
            key=_keys(row)[0],
            target=Target.EXTERNAL_DATA.value,
            item_id=f"{_CODE}{row.procore_id}",
            origin_id=origin_id,
        )
    return Owed(
        key=_keys(row)[0],
        target=Target.PROJECT_COST_CODE.value,
        item_id=row.procore_id,
        origin_id=origin_id,
        scope={"project_id": row.project_id},
    )


def _keys(row: ProjectCodeRow) -> tuple[RecordKey, RecordKey]:
    return (
        RecordKey(kind=RecordKind.PROJECT, procore_id=row.project_id),
        RecordKey(kind=RecordKind.COST_CODE, procore_id=row.standard_id),
    )
