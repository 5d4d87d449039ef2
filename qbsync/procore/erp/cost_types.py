"""Procore's cost types ("standard categories") marked as ours: without an origin id no budget names them."""

from __future__ import annotations

from typing import Final

from qbsync.procore.client import ProcoreClient, number
from qbsync.procore.payloads.costs import CostTypePayload
from qbsync.procore.payloads.shape import Text, read

_PREFIX: Final = "std_cat_"
_PATH: Final = "/rest/v1.0/line_item_types"


class _MarkedPayload(CostTypePayload):
    """A cost type with the mark that it carries."""

    origin_id: Text = ""


def mark(client: ProcoreClient) -> int:
    """Give each of the company's cost types that has none an origin id; gives how many it were.

    QuickBooks has no cost types, so the id is made of the abbreviation (workflows, section 11.1).
    """
    query = {"company_id": client.company_id}
    types = [read(_MarkedPayload, raw, what="a cost type") for raw in client.get_all(_PATH, query)]
    updates = [
        {"id": number(one.id), "origin_id": f"{_PREFIX}{one.code or one.id}"}
        for one in types
        if not one.origin_id
    ]
    scope = {"company_id": number(client.company_id)}
    for _ in client.sync(f"{_PATH}/sync", scope, updates) if updates else ():
        pass
    return len(updates)
