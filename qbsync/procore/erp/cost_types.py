"""Procore's cost types ("standard categories") marked as ours: without an origin id no budget names them."""

from __future__ import annotations

from typing import Final

from qbsync.procore.client import ProcoreClient, number
from qbsync.procore.payloads.costs import CostTypePayload
from qbsync.procore.payloads.shape import Text, read

PREFIX: Final = "std_cat_"
"""Before the abbreviation of a cost type: its id, since QuickBooks knows none."""
DEFAULT: Final = "O"
"""The abbreviation of the cost type "other"."""
_PATH: Final = "/rest/v1.0/line_item_types"


class _MarkedPayload(CostTypePayload):
    """A cost type with the mark that it carries."""

    origin_id: Text = ""


def listing(client: ProcoreClient) -> dict[str, str]:
    """The company's cost types that are marked, as ids by origin ids."""
    return {one.origin_id: one.id for one in _all(client) if one.origin_id}


def _all(client: ProcoreClient) -> list[_MarkedPayload]:
    raws = client.get_all(_PATH, {"company_id": client.company_id})
    return [read(_MarkedPayload, raw, what="a cost type") for raw in raws]


def mark(client: ProcoreClient) -> int:
    """Give each of the company's cost types that has none an origin id; gives how many it were.

    QuickBooks has no cost types, so the id is made of the abbreviation (workflows, section 11.1).
    """
    updates = [
        {"id": number(one.id), "origin_id": f"{PREFIX}{one.code or one.id}"}
        for one in _all(client)
        if not one.origin_id
    ]
    scope = {"company_id": number(client.company_id)}
    for _ in client.sync(f"{_PATH}/sync", scope, updates) if updates else ():
        pass
    return len(updates)
