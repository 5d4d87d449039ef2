"""QuickBooks' ids written back to Procore: by its bulk upserts, one by one where a record has none.

Rules: reference/procore-api.md, 2.6, 2.9 and section 6. An update with id and origin_id is the only way to
set origin_id, and doing it twice does no harm.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from qbsync.errors import (
    ProcoreError,
    ProcoreForbiddenError,
    ProcoreMissingError,
    ProcorePayloadError,
    ProcoreRefusedError,
    ProcoreUnavailableError,
)
from qbsync.model.records import Record
from qbsync.procore.client import SYNC_LIMIT, ProcoreClient, number
from qbsync.procore.payloads.sync import SyncPayload
from qbsync.procore.refusals import words_of_errors


class Target(StrEnum):
    """What carries the id, in the order in which ids are written: lines before their contract.

    Its origin_id locks and shows a record as synced, so a contract's comes last (section 2.9).
    """

    VENDOR = "vendor"
    PROJECT = "project"
    STANDARD_COST_CODE = "standard_cost_code"
    """Scope: standard_cost_code_list_id."""
    PROJECT_COST_CODE = "project_cost_code"
    """Scope: project_id."""
    SUBCONTRACT_LINE = "subcontract_line"
    """Scope: project_id, contract_id."""
    SUBCONTRACT = "subcontract"
    """Scope: project_id."""
    PURCHASE_ORDER_LINE = "purchase_order_line"
    """Scope: project_id, contract_id."""
    PURCHASE_ORDER = "purchase_order"
    """Scope: project_id."""
    CHANGE_ORDER = "change_order"
    """A change order package, written alone. Scope: project_id."""
    INVOICE = "invoice"
    """A requisition, written alone. Scope: project_id, commitment_id."""
    CONTRACT_PAYMENT = "contract_payment"
    """A payment of QuickBooks, sent by `payments.send`; its item is "payment TxnID|bill TxnID"."""
    VENDOR_IMPORT = "vendor_import"
    """A vendor of QuickBooks that Procore is to have, sent by `imports`; its item is the ListID."""
    PROJECT_IMPORT = "project_import"
    """A job of QuickBooks that is to be a project; its item is the ListID."""
    COST_CODE_IMPORT = "cost_code_import"
    """A Service item that is to be a standard cost code; its item is the ListID."""
    JOB_COSTS = "job_costs"
    """All direct costs of one project; its item is the project, its id the fingerprint of all of them."""
    EXTERNAL_DATA = "external_data"
    """An id on the ERP feed; its item is "line_item:1770". This and what follows is sent by `erp.writes`."""
    COST_TYPE_ASSIGNMENT = "cost_type_assignment"
    """A cost type of a cost code that becomes synced; its item is "14720:4703". Scope: project_id."""
    ERP_TRANSACTION = "erp_transaction"
    """A change of a budget that becomes synced. Scope: project_id."""
    ERP_JOB_COSTS = "erp_job_costs"
    """What a job costs by cost code and cost type; its item is the project, its id their fingerprint."""
    INVOICE_PAYMENT = "invoice_payment"
    """A payment of QuickBooks on the ERP feed; its item is "payment TxnID|bill TxnID"."""
    REQUEST_DETAIL = "request_detail"
    """A request detail to be closed, once. Scope: messages, as JSON, none for success."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Writeback:
    """One id that Procore is owed.

    `origin_id` None takes the id off again. `origin_data` is JSON text. `origin_code` is sent where Procore
    takes it (vendors, subcontracts, purchase orders, change orders) and left out elsewhere; None leaves
    either as it is.
    """

    id: int
    target: Target
    scope: Mapping[str, str] = field(default_factory=dict)
    item_id: str
    origin_id: str | None
    origin_data: str | None = None
    origin_code: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What became of the write-back of that id; `refused` holds Procore's reason, None where it was taken.

    `postponed` is the trouble at Procore after which it is still owed. `procore_id` is the id of a payment
    that Procore now has, empty for one that is gone, None for anything else. `record` is what an import made.
    """

    id: int
    refused: str | None
    postponed: ProcoreError | None = None
    procore_id: str | None = None
    record: Record | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Endpoint:
    """Where a target's updates go; `path` may name scope keys; `body` and `query` the ids that go there.

    Where there is no bulk upsert, `alone` is the key under which the one record's fields stand in the body.
    """

    path: str
    body: tuple[str, ...] = ()
    query: tuple[str, ...] = ()
    takes_code: bool = False
    alone: str = ""


_ENDPOINTS: Final = {
    Target.VENDOR: _Endpoint(path="/rest/v1.0/vendors/sync", body=("company_id",), takes_code=True),
    Target.PROJECT: _Endpoint(path="/rest/v1.0/projects/sync", body=("company_id",)),
    Target.STANDARD_COST_CODE: _Endpoint(
        path="/rest/v1.0/standard_cost_codes/sync", body=("company_id", "standard_cost_code_list_id")
    ),
    Target.PROJECT_COST_CODE: _Endpoint(path="/rest/v1.0/cost_codes/sync", query=("project_id",)),
    Target.SUBCONTRACT_LINE: _Endpoint(
        path="/rest/v1.0/work_order_contracts/{contract_id}/line_items/sync", query=("project_id",)
    ),
    Target.SUBCONTRACT: _Endpoint(
        path="/rest/v1.0/work_order_contracts/sync", body=("project_id",), takes_code=True
    ),
    Target.PURCHASE_ORDER_LINE: _Endpoint(
        path="/rest/v1.0/purchase_order_contracts/{contract_id}/line_items/sync", query=("project_id",)
    ),
    Target.PURCHASE_ORDER: _Endpoint(
        path="/rest/v1.0/purchase_order_contracts/sync", body=("project_id",), takes_code=True
    ),
    Target.CHANGE_ORDER: _Endpoint(
        path="/rest/v1.0/change_order_packages/{item_id}",
        body=("project_id",),
        takes_code=True,
        alone="change_order",
    ),
    Target.INVOICE: _Endpoint(
        path="/rest/v1.1/requisitions/{item_id}", body=("project_id", "commitment_id"), alone="requisition"
    ),
}
IDS: Final = frozenset(_ENDPOINTS)
"""What `send` sends: ids on the direct feed."""
DIRECT: Final = frozenset(list(Target)[: list(Target).index(Target.EXTERNAL_DATA)])
"""Everything that the direct feed tells; what follows is the ERP feed's."""
ANSWERS: Final = frozenset({Target.REQUEST_DETAIL.value})
"""What Procore waits for whatever becomes of the record."""
_ORDER: Final = {target: place for place, target in enumerate(Target)}
_LINES: Final = (Target.SUBCONTRACT_LINE, Target.PURCHASE_ORDER_LINE)
_NO_CHANGE: Final = ("400", "422")
_LOCKED_WORDS: Final = ("locked", "approved", "cannot be edited", "can't be edited", "cannot be changed",
                        "can't be changed", "cannot be modified", "not editable", "read-only")  # fmt: skip


def send(client: ProcoreClient, company_id: int | str, writebacks: Sequence[Writeback]) -> Iterator[Result]:
    """Write the ids and yield a result for each as soon as Procore has answered its call.

    One call for each target and scope, of at most 1000 items, and one for each change order and invoice. A
    call that Procore refuses whole (403, 404, 409, 422...) refuses its items; one at which Procore is in
    trouble, or answers what cannot be used, postpones them; the others go on. ProcoreAuthError and
    ProcoreLimitedError are raised, and so is ProcoreUnavailableError where Procore gave no answer at all;
    what has no result yet is still owed.
    """
    for group in _groups(writebacks):
        try:
            yield from _send_group(client, str(company_id), group)
        except (ProcoreForbiddenError, ProcoreMissingError, ProcoreRefusedError) as error:
            for writeback in group:
                yield Result(id=writeback.id, refused=_refused_whole(writeback, error))
        except (ProcoreUnavailableError, ProcorePayloadError) as error:
            if "status" not in error.context and isinstance(error, ProcoreUnavailableError):
                raise
            for writeback in group:
                yield Result(id=writeback.id, refused=None, postponed=error)


def _groups(writebacks: Sequence[Writeback]) -> Iterator[list[Writeback]]:
    """Calls to make: one target and scope each, at most 1000 items, no item twice in one call.

    One item each where Procore has no bulk upsert.
    """
    ordered: dict[tuple[Target, tuple[tuple[str, str], ...]], list[Writeback]] = {}
    for writeback in sorted(writebacks, key=lambda one: _ORDER[one.target]):
        key = (writeback.target, tuple(sorted(writeback.scope.items())))
        ordered.setdefault(key, []).append(writeback)
    for members in ordered.values():
        group: dict[str, Writeback] = {}
        for writeback in members:
            most = 1 if _ENDPOINTS[writeback.target].alone else SYNC_LIMIT
            if writeback.item_id in group or len(group) == most:
                yield list(group.values())
                group = {}
            group[writeback.item_id] = writeback
        yield list(group.values())


def _send_group(client: ProcoreClient, company_id: str, group: list[Writeback]) -> Iterator[Result]:
    first = group[0]
    endpoint = _ENDPOINTS[first.target]
    ids = {**first.scope, "company_id": company_id}
    needed = [key for key in (*endpoint.body, *endpoint.query) if not ids.get(key)]
    if "{contract_id}" in endpoint.path and not ids.get("contract_id"):
        needed.append("contract_id")
    if needed:
        words = f"This write-back names no {' and no '.join(needed)}, so it was not sent. Report this."
        yield from (Result(id=one.id, refused=words) for one in group)
        return
    if endpoint.alone:
        yield _send_alone(client, endpoint, ids, first)
        return
    answers = client.sync(
        endpoint.path.format_map(ids),
        {key: number(ids[key]) for key in endpoint.body},
        [_update(one, takes_code=endpoint.takes_code) for one in group],
        params={key: ids[key] for key in endpoint.query} or None,
    )
    for answer in answers:
        yield from _results(group, answer)


def _send_alone(
    client: ProcoreClient, endpoint: _Endpoint, ids: Mapping[str, str], writeback: Writeback
) -> Result:
    fields = _fields(writeback, takes_code=endpoint.takes_code)
    answer = client.patch(
        endpoint.path.format_map({"item_id": writeback.item_id}),
        {**{key: number(ids[key]) for key in endpoint.body}, endpoint.alone: fields},
        repeatable=True,
    )
    shown = answer.get("data", answer) if isinstance(answer, dict) else None
    refused = _kept_another(writeback, shown) if isinstance(shown, dict) else None
    return Result(id=writeback.id, refused=refused)


def _update(writeback: Writeback, *, takes_code: bool) -> dict[str, object]:
    return {"id": number(writeback.item_id), **_fields(writeback, takes_code=takes_code)}


def _fields(writeback: Writeback, *, takes_code: bool) -> dict[str, object]:
    update: dict[str, object] = {"origin_id": writeback.origin_id}
    if writeback.origin_data is not None:
        update["origin_data"] = writeback.origin_data
    if takes_code and writeback.origin_code is not None:
        update["origin_code"] = writeback.origin_code
    return update


def _results(group: list[Writeback], answer: SyncPayload) -> Iterator[Result]:
    taken = {str(entity.get("id")): entity for entity in answer.entities}
    for writeback in group:
        error = next((one for one in answer.errors if _is_of(one, writeback)), None)
        entity = taken.get(writeback.item_id)
        if error is not None:
            refused: str | None = _refused(writeback, words_of_errors(error.get("errors")))
        elif entity is None:
            refused = (
                "Procore did not say whether it took the id; nothing in its answer is about this record."
            )
        else:
            refused = _kept_another(writeback, entity)
        yield Result(id=writeback.id, refused=refused)


def _is_of(error: Mapping[str, Any], writeback: Writeback) -> bool:
    """Whether an error, which repeats the attributes sent, is about this item."""
    if error.get("id") not in (None, 0, ""):
        return str(error["id"]) == writeback.item_id
    return writeback.origin_id is not None and error.get("origin_id") == writeback.origin_id


def _refused(writeback: Writeback, said: str) -> str:
    what = f"{writeback.target.value.replace('_', ' ')} {writeback.item_id}"
    quoted = f" Procore said: {said}" if said else " Procore gave no reason."
    locked = any(word in said.lower() for word in _LOCKED_WORDS)
    if writeback.target in _LINES and locked:
        return (
            f"Procore did not take the id of {what}: the schedule of values of "
            f"contract {writeback.scope.get('contract_id', '')} is locked in its present status. The line "
            f"stays linked in qbsync, so nothing is lost.{quoted}"
        )
    return f"Procore did not take the id of {what}.{quoted}"


def _refused_whole(writeback: Writeback, error: ProcoreError) -> str:
    """Procore's refusal of a call; an invoice takes changes only while it is open (section 3.8)."""
    if writeback.target is Target.INVOICE and error.context.get("status") in _NO_CHANGE:
        return (
            f"Procore did not take the id of invoice {writeback.item_id}: it changes an invoice only while "
            f"it is open. The invoice stays linked in qbsync, so nothing is lost. {error.message}"
        )
    return error.for_people()


def _kept_another(writeback: Writeback, entity: Mapping[str, Any]) -> str | None:
    """Why an item that came back without an error still does not carry the id; None where it does."""
    if "origin_id" not in entity:
        return None
    kept = entity["origin_id"] or None
    if kept == (writeback.origin_id or None):
        return None
    return _refused(writeback, f"nothing, but it keeps {kept!r} in place of {writeback.origin_id!r}.")
