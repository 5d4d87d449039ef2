"""Keeps a simulated Procore in a JSON file, so that a demo can be stopped and started again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from qbsync.simulator.procore.clock import Clock
from qbsync.simulator.procore.rows import (
    Contract,
    ContractLine,
    CostCode,
    CostCodeList,
    LineItemType,
    Project,
    Row,
    StandardCostCode,
    Vendor,
)
from qbsync.simulator.procore.state import ProcoreState
from qbsync.simulator.procore.table import Table


def _tables(state: ProcoreState) -> dict[str, tuple[type[Row], Table[Any]]]:
    return {
        "vendors": (Vendor, state.vendor_table),
        "projects": (Project, state.project_table),
        "cost_code_lists": (CostCodeList, state.list_table),
        "standard_cost_codes": (StandardCostCode, state.standard_code_table),
        "cost_codes": (CostCode, state.cost_code_table),
        "line_item_types": (LineItemType, state.type_table),
        "contracts": (Contract, state.contract_table),
        "contract_lines": (ContractLine, state.line_table),
    }


def save(state: ProcoreState, path: Path) -> None:
    """Write everything the state holds to a file, which is replaced as a whole."""
    with state.lock:
        held: dict[str, object] = {
            name: TypeAdapter(list[row]).dump_python(table.everything(), mode="json")  # type: ignore[valid-type]
            for name, (row, table) in _tables(state).items()
        }
        held |= {"company_id": state.company_id, "company_name": state.company_name}
    fresh = path.with_suffix(".new")
    fresh.write_text(json.dumps(held, ensure_ascii=False), encoding="utf-8")
    fresh.replace(path)


def load(path: Path, *, clock: Clock | None = None) -> ProcoreState:
    """Read a state back; raises ValueError where the file is not one of `save`'s."""
    held = json.loads(path.read_text(encoding="utf-8"))
    state = ProcoreState(company_id=held["company_id"], company_name=held["company_name"], clock=clock)
    for name, (row, table) in _tables(state).items():
        table.put_back(TypeAdapter(list[row]).validate_python(held[name]))  # type: ignore[valid-type]
    return state
