"""Staged records as the connector's calls leave them: checked, kept by their origin ids (reference 4.6)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from qbsync.simulator.procore.answers import Json
from qbsync.simulator.procore.erp_desk import Desk
from qbsync.simulator.procore.erp_rows import StagedRecord
from qbsync.simulator.procore.erp_rules import ENTITY_OF_STAGED
from qbsync.simulator.procore.writing import Errors

STATUSES: Final = ("staged", "archived", "imported", "invalid")
_LINE: Final = "line_item"
_REQUIRED: Final[Mapping[str, tuple[str, ...]]] = {
    "vendor": ("name",),
    "project": ("name",),
    "work_order_contract": ("project_origin_id", "vendor_origin_id"),
    "purchase_order_contract": ("project_origin_id", "vendor_origin_id"),
    "commitment_change_order": ("commitment_origin_id",),
    _LINE: ("cost_code_origin_id", "line_item_type_origin_id"),
}
_HELD_AS: Final[Mapping[str, str]] = {"commitment_change_order": "change_order"}
Staged = tuple[StagedRecord | None, Errors]


class Staging(Desk):
    """The connector's staged records."""

    def stage(self, update: Mapping[str, object], *, legacy: bool = False) -> Staged:
        """Stage a record with its children, or change what is staged of that type and origin id."""
        item_type = str(update.get("item_type") or "")
        problems = self._problems(item_type, update, legacy=legacy)
        children = update.get("children")
        rows = [one for one in children if isinstance(one, Mapping)] if isinstance(children, list) else []
        for child in rows:
            problems |= self._problems(_LINE, child, legacy=legacy)
        parent, parted = self._parent(item_type, update)
        problems |= parted
        if problems:
            return None, problems
        row = self._kept(item_type, update, parent)
        for child in rows:
            self._kept(_LINE, child, row.id)
        return row, {}

    def _problems(self, item_type: str, update: Mapping[str, object], *, legacy: bool) -> Errors:
        if item_type != _LINE and item_type not in ENTITY_OF_STAGED:
            return {"item_type": ["is not included in the list"]}
        entity = ENTITY_OF_STAGED.get(item_type)
        if not legacy and entity and not self.metadata.is_on(entity, "staged_records"):
            return {"item_type": ["is not enabled for staged records"]}
        if not update.get("origin_id"):
            return {"origin_id": ["can't be blank"]}
        if update.get("status", "staged") not in STATUSES:
            return {"status": ["is not included in the list"]}
        held = _HELD_AS.get(item_type, item_type)
        if any(row.origin_id == update["origin_id"] for row in self.holders.all(held)):
            self._violated("stages what is synced", f"{item_type} {update['origin_id']}")
            return {"origin_id": ["has already been taken"]}
        data = update.get("data")
        given = data if isinstance(data, Mapping) else {}
        return {name: ["can't be blank"] for name in _REQUIRED.get(item_type, ()) if not _there(given, name)}

    def _parent(self, item_type: str, update: Mapping[str, object]) -> tuple[int | None, Errors]:
        if item_type != _LINE:
            return None, {}
        for row in self.tables.staged.live():
            if row.parent_id is None and (
                row.id == update.get("parent_id") or row.origin_id == update.get("parent_origin_id")
            ):
                return row.id, {}
        return None, {"parent_origin_id": ["must exist"]}

    def _kept(self, item_type: str, update: Mapping[str, object], parent_id: int | None) -> StagedRecord:
        table, origin = self.tables.staged, str(update["origin_id"])
        data = update.get("data")
        values: Json = {"parent_id": parent_id}
        values |= {name: update[name] for name in ("origin_code", "origin_data") if name in update}
        if "status" in update:
            values["status"] = update["status"]
        if isinstance(data, Mapping):
            values["data"] = dict(data)
        for row in table.live():
            if (row.item_type, row.origin_id, row.parent_id) == (item_type, origin, parent_id):
                return table.edit(row.id, **values)
        return table.create(item_type=item_type, origin_id=origin, **values)


def _there(data: Mapping[str, object], name: str) -> bool:
    # Either the id in the books or Procore's own must be given (reference 4.6).
    return bool(data.get(name) or data.get(name.replace("_origin_id", "_id")))
