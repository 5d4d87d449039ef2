"""A project's direct costs brought to what its job costs in QuickBooks, without counting anything twice.

A direct cost that carries an origin id is immutable (reference, 2.9 and 3.10). Ours are therefore known by
their origin data; the origin id is taken off, header and lines are written, and the id is set last, together
with the version that is then complete. Whatever dies in between, the next pass lists what is there and
goes on.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

from qbsync.errors import ConfigError, ProcoreMissingError
from qbsync.model.costs import DirectCost
from qbsync.procore.client import ProcoreClient, number
from qbsync.procore.payloads.costs import (
    FINGERPRINT,
    MARK,
    CostTypePayload,
    DirectCostLinePayload,
    DirectCostPayload,
)
from qbsync.procore.payloads.shape import read
from qbsync.procore.payloads.sync import SyncPayload
from qbsync.procore.refusals import words_of_errors

_OTHER: Final = "other"
"""The base type of a cost type that is none of the usual ones."""


def bring_about(
    client: ProcoreClient,
    project_id: str,
    wanted: Sequence[DirectCost],
    *,
    cost_type: str = "",
    renew: Callable[[], None] = lambda: None,
) -> list[str]:
    """Make the project's direct costs of ours exactly these, each once; gives what Procore refused, in words.

    At most nine calls a thousand lines, and one for each direct cost that goes; one where nothing changed.
    `renew` is called before each call that writes, and what it raises ends the work. Raises the client's
    errors; ConfigError where no cost type fits.
    """
    return _Project(client, project_id, renew).bring_about(wanted, cost_type)


def lines_of(client: ProcoreClient, project_id: str) -> Iterator[DirectCostLinePayload]:
    """The lines of all direct costs of a project, whoever entered them."""
    path = f"/rest/v1.0/projects/{project_id}/direct_costs/line_items"
    for raw in client.get_all(path):
        yield read(DirectCostLinePayload, raw, what=f"a direct cost line of project {project_id}")


def cost_type_of(client: ProcoreClient, project_id: str, wanted: str) -> CostTypePayload:
    """The cost type of that name or sign, else the "other" one; raises ConfigError where none fits."""
    query = {"company_id": client.company_id, "project_id": project_id}
    types = [
        read(CostTypePayload, raw, what="a cost type")
        for raw in client.get_all("/rest/v1.0/line_item_types", query)
    ]
    if wanted:
        named = {wanted.casefold()}
        found = [one for one in types if {one.name.casefold(), one.code.casefold()} & named]
    else:
        found = [one for one in types if one.base_type.casefold() == _OTHER] or types[:1]
    if not found:
        raise ConfigError(
            f"Procore has no cost type {wanted!r}." if wanted else "Procore has no cost types.",
            guidance="Set job_cost_type to the name or abbreviation of one: Company Admin > Work "
            "Breakdown Structure > Cost Types.",
        )
    return found[0]


class _Project:
    def __init__(self, client: ProcoreClient, project_id: str, renew: Callable[[], None]) -> None:
        self._client = client
        self._renew = renew
        self._id = project_id
        self._older = f"/rest/v1.0/projects/{project_id}/direct_costs"
        self._newer = f"/rest/v1.1/projects/{project_id}/direct_costs"
        self._refused: list[str] = []

    def bring_about(self, wanted: Sequence[DirectCost], cost_type: str) -> list[str]:
        held, doubles = self._held()
        marks = {cost.mark for cost in wanted}
        gone = [row for mark, row in held.items() if mark not in marks] + doubles
        changed = [cost for cost in wanted if not _is_told(held.get(cost.mark), cost)]
        self._unlock([row for cost in changed if (row := held.get(cost.mark))] + gone)
        if changed:
            self._write(changed, held, cost_type_of(self._client, self._id, cost_type).id)
        for row in gone:
            self._remove(row)
        return self._refused

    def _held(self) -> tuple[dict[str, DirectCostPayload], list[DirectCostPayload]]:
        """Ours by their marks, and those that stand there a second time: two processes may have made both.

        Of two the complete one stays, else the older.
        """
        rows = [
            read(DirectCostPayload, raw, what=f"a direct cost of project {self._id}")
            for raw in self._client.get_all(self._newer)
        ]
        held: dict[str, DirectCostPayload] = {}
        doubles: list[DirectCostPayload] = []
        for row in sorted(rows, key=lambda row: (not row.origin_id, len(row.id), row.id)):
            if row.mark in held:
                doubles.append(row)
            elif row.mark:
                held[row.mark] = row
        return held, doubles

    def _unlock(self, rows: Sequence[DirectCostPayload]) -> None:
        locked = [{"id": number(row.id), "origin_id": None} for row in rows if row.origin_id]
        self._headers(locked)

    def _write(
        self, costs: Sequence[DirectCost], held: Mapping[str, DirectCostPayload], type_id: str
    ) -> None:
        ids = {mark: row.id for mark, row in held.items()}
        ids |= self._headers([_header(cost, ids.get(cost.mark)) for cost in costs])
        if any(cost.mark not in ids for cost in costs):
            # refused, or the answer leaves origin data out, as Procore's sample does
            ids |= {mark: row.id for mark, row in self._held()[0].items()}
        known = [cost for cost in costs if cost.mark in ids]
        complete = self._lines(known, held, ids, type_id)
        self._headers(
            [
                {
                    "id": number(ids[cost.mark]),
                    "origin_id": cost.mark,
                    "origin_data": json.dumps({MARK: cost.mark, FINGERPRINT: cost.fingerprint}),
                }
                for cost in known
                if cost.mark in complete
            ]
        )

    def _headers(self, updates: Sequence[Mapping[str, object]]) -> dict[str, str]:
        """Send headers; gives the ids of those that Procore took, by their marks."""
        taken: dict[str, str] = {}
        self._renew()
        for answer in self._client.sync(f"{self._older}/sync", {}, updates) if updates else ():
            for raw in answer.entities:
                row = read(DirectCostPayload, raw, what="a direct cost")
                if row.mark:
                    taken[row.mark] = row.id
            self._note(answer)
        return taken

    def _lines(
        self,
        costs: Sequence[DirectCost],
        held: Mapping[str, DirectCostPayload],
        ids: Mapping[str, str],
        type_id: str,
    ) -> set[str]:
        """Write the lines; gives the marks of the direct costs whose lines Procore took, all of them.

        A line that goes comes to nothing: no documented call removes one.
        """
        there = self._lines_there({ids[cost.mark] for cost in costs if cost.mark in held})
        updates, owners = [], {}
        for cost in costs:
            for line in cost.lines:
                owners[line.mark] = cost.mark
                line_id = there.pop((ids[cost.mark], line.mark), None)
                update: dict[str, object] = {
                    "direct_cost_id": number(ids[cost.mark]),
                    "cost_code_id": number(line.cost_code_id),
                    "line_item_type_id": number(type_id),
                    "amount": str(line.amount),
                    "description": line.description,
                    "extended_type": "manual",
                    "origin_id": line.mark,
                }
                updates.append(update if line_id is None else {"id": number(line_id), **update})
        updates += [{"id": number(line_id), "amount": "0.00"} for line_id in there.values()]
        taken: set[str] = set()
        self._renew()
        for answer in self._client.sync(f"{self._older}/line_items/sync", {}, updates):
            rows = (read(DirectCostLinePayload, raw, what="a direct cost line") for raw in answer.entities)
            taken.update(row.origin_id for row in rows)
            self._note(answer)
        missing = {owner for mark, owner in owners.items() if mark not in taken}
        return {cost.mark for cost in costs} - missing

    def _lines_there(self, ids: set[str]) -> dict[tuple[str, str], str]:
        """The lines of these direct costs by direct cost and mark; nothing is asked where there are none."""
        if not ids:
            return {}
        return {
            (line.holder.id, line.origin_id or f"?{line.id}"): line.id
            for line in lines_of(self._client, self._id)
            if line.holder is not None and line.holder.id in ids
        }

    def _remove(self, row: DirectCostPayload) -> None:
        self._renew()
        try:
            self._client.delete(f"{self._newer}/{row.id}")
        except ProcoreMissingError:
            return  # an answer was lost: it is gone already

    def _note(self, answer: SyncPayload) -> None:
        for raw in answer.errors:
            what = str(raw.get("description") or raw.get("origin_id") or raw.get("id") or "a direct cost")
            self._refused.append(f"{what}: {words_of_errors(raw.get('errors'))}")


def _is_told(row: DirectCostPayload | None, cost: DirectCost) -> bool:
    return row is not None and row.is_told(cost.fingerprint)


def _header(cost: DirectCost, held_id: str | None) -> dict[str, Any]:
    header: dict[str, Any] = {
        "direct_cost_type": cost.type,
        "status": "approved",
        "direct_cost_date": cost.day,
        "description": cost.description,
        "invoice_number": cost.number or None,
        "vendor_id": number(cost.vendor_id) if cost.vendor_id else None,
        "origin_data": json.dumps({MARK: cost.mark}),
    }
    return header if held_id is None else {"id": number(held_id), **header}
