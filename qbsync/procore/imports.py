"""Vendors, jobs and items of QuickBooks made into records of Procore, once each.

Vendors and cost codes go by bulk upserts, in which the origin_id alone creates a record or finds the one that
an earlier call made. A project has no such call that Procore would recommend (reference, 2.6): it is looked
for by its origin_id first, then created.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from qbsync.errors import (
    ProcoreError,
    ProcoreForbiddenError,
    ProcoreMissingError,
    ProcorePayloadError,
    ProcoreRefusedError,
    ProcoreUnavailableError,
)
from qbsync.model.records import Record, RecordKind
from qbsync.procore.client import SYNC_LIMIT, ProcoreClient, number
from qbsync.procore.payloads.cost_codes import StandardCostCodePayload
from qbsync.procore.payloads.directory import ProjectPayload, VendorPayload
from qbsync.procore.payloads.shape import read
from qbsync.procore.payloads.sync import SyncPayload
from qbsync.procore.refusals import words_of_errors
from qbsync.procore.writebacks import Result, Target, Writeback

TARGETS: Final[Mapping[RecordKind, Target]] = {
    RecordKind.VENDOR: Target.VENDOR_IMPORT,
    RecordKind.PROJECT: Target.PROJECT_IMPORT,
    RecordKind.COST_CODE: Target.COST_CODE_IMPORT,
}
"""What a write-back is called that imports a record of that kind; its item is the ListID."""
_PROJECTS: Final = "/rest/v1.0/projects"
_PROJECT_LIST: Final = "/rest/v1.1/projects"
_REFUSALS: Final = (ProcoreForbiddenError, ProcoreMissingError, ProcoreRefusedError)


def send_vendors(client: ProcoreClient, writebacks: Sequence[Writeback]) -> Iterator[Result]:
    """Create these vendors, or find those that an earlier call created; at most 1000 a call."""
    scope = {"company_id": number(client.company_id)}
    yield from _sync(client, "/rest/v1.0/vendors/sync", scope, writebacks, _vendor)


def send_cost_codes(client: ProcoreClient, list_id: str, writebacks: Sequence[Writeback]) -> Iterator[Result]:
    """Create these standard cost codes in a list; their scope names the parent, which Procore has already.

    The list is read first: a code that is there, and is not the item's, is not made a second time.
    """
    try:
        there = _codes(client, list_id)
    except _REFUSALS as error:
        yield from (Result(id=one.id, refused=error.for_people()) for one in writebacks)
        return
    except (ProcoreUnavailableError, ProcorePayloadError) as error:
        yield from [_postponed(one, error) for one in writebacks]
        return
    new = []
    for one in writebacks:
        place = (one.scope.get("parent_id", ""), one.scope.get("code", "").casefold())
        twin = there.get(place)
        if twin is None or twin.origin_id == one.item_id:
            new.append(one)
        else:
            said = f"Procore has the cost code {twin.full_code} {twin.name} already."
            yield Result(id=one.id, refused=f"{said} Export that one, and it is joined to the item.")
    scope = {"company_id": number(client.company_id), "standard_cost_code_list_id": number(list_id)}
    yield from _sync(client, "/rest/v1.0/standard_cost_codes/sync", scope, new, _cost_code)


def _codes(client: ProcoreClient, list_id: str) -> dict[tuple[str, str], StandardCostCodePayload]:
    """The codes of a list by the id of their parent and their own segment."""
    query = {"company_id": client.company_id, "standard_cost_code_list_id": list_id, "view": "extended"}
    raws = client.get_all("/rest/v1.0/standard_cost_codes", query)
    rows = [read(StandardCostCodePayload, raw, what="a standard cost code") for raw in raws]
    return {(row.parent_id or "", row.code.casefold()): row for row in rows}


def send_projects(client: ProcoreClient, writebacks: Iterable[Writeback]) -> Iterator[Result]:
    """Create these projects, each looked for before and after: by its origin_id there is one at most."""
    for one in writebacks:
        try:
            yield Result(id=one.id, refused=None, record=_project(client, one))
        except _REFUSALS as error:
            yield Result(id=one.id, refused=error.for_people())
        except (ProcoreUnavailableError, ProcorePayloadError) as error:
            yield _postponed(one, error)


def _project(client: ProcoreClient, one: Writeback) -> Record:
    found = _look(client, one.item_id)
    if found is not None:
        return found
    body = {"company_id": number(client.company_id), "project": {**_fields(one), **_CODES}}
    try:
        made = client.post(_PROJECTS, body)
    except ProcoreRefusedError:
        found = _look(client, one.item_id)  # another process may have created it just now
        if found is None:
            raise
        return found
    return _look(client, one.item_id) or read(ProjectPayload, made, what="a project").to_record()


_CODES: Final = {"enable_copy_of_standard_cost_codes": True}
"""A project without cost codes can have no budget and no commitment."""


def _look(client: ProcoreClient, origin_id: str) -> Record | None:
    """The project that carries the id, as the feed will see it."""
    query = {"company_id": client.company_id, "filters[origin_id]": origin_id, "filters[by_status]": "All"}
    for raw in client.get_all(_PROJECT_LIST, query, per_page=100):
        if isinstance(raw, dict) and raw.get("origin_id") == origin_id:
            return read(ProjectPayload, raw, what="a project").to_record()
    return None


def _sync(
    client: ProcoreClient,
    path: str,
    scope: Mapping[str, object],
    writebacks: Sequence[Writeback],
    record: Callable[[Any], Record],
) -> Iterator[Result]:
    for start in range(0, len(writebacks), SYNC_LIMIT):
        group = writebacks[start : start + SYNC_LIMIT]
        try:
            for answer in client.sync(path, scope, [_fields(one) for one in group]):
                yield from _results(group, answer, record)
        except _REFUSALS as error:
            yield from (Result(id=one.id, refused=error.for_people()) for one in group)
        except (ProcoreUnavailableError, ProcorePayloadError) as error:
            yield from [_postponed(one, error) for one in group]


def _results(
    group: Sequence[Writeback], answer: SyncPayload, record: Callable[[Any], Record]
) -> Iterator[Result]:
    taken = {entity.get("origin_id"): entity for entity in answer.entities}
    errors = {error.get("origin_id"): error for error in answer.errors}
    for one in group:
        if one.item_id in errors:
            said = words_of_errors(errors[one.item_id].get("errors")) or "it gave no reason"
            yield Result(id=one.id, refused=f"Procore did not take {one.scope.get('name', '')!r}: {said}")
        elif one.item_id not in taken:
            yield Result(id=one.id, refused="Procore did not say what became of it. Import it again.")
        else:
            try:
                yield Result(id=one.id, refused=None, record=record(taken[one.item_id]))
            except ProcorePayloadError as error:
                yield _postponed(one, error)


def _postponed(one: Writeback, error: ProcoreError) -> Result:
    """Still owed; no answer at all is raised, for nothing else can be told then either."""
    if isinstance(error, ProcoreUnavailableError) and "status" not in error.context:
        raise error
    return Result(id=one.id, refused=None, postponed=error)


def _fields(one: Writeback) -> dict[str, object]:
    fields: dict[str, object] = {
        name: number(text) if name == "parent_id" else text for name, text in one.scope.items()
    }
    fields["origin_id"] = one.item_id
    if one.origin_data is not None:
        fields["origin_data"] = one.origin_data
    return fields


def _vendor(raw: object) -> Record:
    return read(VendorPayload, raw, what="a vendor").to_record()


def _cost_code(raw: object) -> Record:
    return read(StandardCostCodePayload, raw, what="a standard cost code").to_record()
