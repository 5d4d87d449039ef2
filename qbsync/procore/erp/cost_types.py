"""Procore's cost types ("standard categories") marked as ours: without an origin id no budget names them."""

from __future__ import annotations

from typing import Final

from qbsync.errors import ProcoreRefusedError
from qbsync.procore.client import ProcoreClient, number
from qbsync.procore.payloads.costs import CostTypePayload
from qbsync.procore.payloads.shape import Text, read
from qbsync.procore.refusals import words_of_errors

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


def unmarked(client: ProcoreClient) -> list[str]:
    """The names of the company's cost types that are not marked."""
    return [_name(one) for one in _all(client) if not one.origin_id]


def mark(client: ProcoreClient) -> None:
    """Give each of the company's cost types that has none an origin id.

    QuickBooks has no cost types, so the id is made of the abbreviation (workflows, section 11.1), or of
    Procore's own id where another type has that abbreviation. Raises ProcoreRefusedError, naming the types
    that Procore did not let be marked, once the others are; and the client's errors.
    """
    every = _all(client)
    taken = {one.origin_id for one in every}
    updates, names = [], {}
    for one in every:
        if one.origin_id:
            continue
        mine = f"{PREFIX}{one.code or one.id}"
        mine = f"{PREFIX}{one.id}" if mine in taken else mine
        taken.add(mine)
        updates.append({"id": number(one.id), "origin_id": mine})
        names[one.id] = _name(one)
    if not updates:
        return
    scope = {"company_id": number(client.company_id)}
    errors = [each for answer in client.sync(f"{_PATH}/sync", scope, updates) for each in answer.errors]
    if errors:
        said = [
            f"{names.get(str(each.get('id')), '?')} ({words_of_errors(each['errors'])})" for each in errors
        ]
        raise ProcoreRefusedError(
            f"Procore did not let cost types be marked, so nothing on them can be sent: {', '.join(said)}.",
            guidance="A company admin mends them in Procore; then `qbsync erp register` marks them.",
        )


def _name(one: CostTypePayload) -> str:
    return one.name or one.code or one.id
