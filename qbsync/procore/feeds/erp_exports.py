"""ERP requests that export a record: the request's own payload becomes the record of the direct feed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from qbsync.errors import ProcorePayloadError
from qbsync.model.ids import is_txn_id
from qbsync.model.records import (
    Budget,
    BudgetLine,
    CommitmentType,
    RecordKey,
    RecordKind,
)
from qbsync.procore.erp.payloads import (
    BudgetHeaderPayload,
    CustomFieldsPayload,
    ErpCodePayload,
    JobCodePayload,
    JobCostPayload,
    TransactionPayload,
    text_of,
)
from qbsync.procore.erp.requests import ErpRequest, detail_in
from qbsync.procore.feeds.cost_codes import parents_first
from qbsync.procore.feeds.erp_events import Broken, ErpEvent, Export, Items, Joined, OrderJoined
from qbsync.procore.feeds.erp_known import JobCost, Known
from qbsync.procore.feeds.events import ProjectCode, ProjectCodes
from qbsync.procore.payloads.change_orders import ChangedLinePayload, PackagePayload
from qbsync.procore.payloads.commitments import ContractPayload
from qbsync.procore.payloads.cost_codes import StandardCostCodePayload
from qbsync.procore.payloads.directory import ProjectPayload, VendorPayload
from qbsync.procore.payloads.shape import id_in, read

TYPES: Final = {
    "WorkOrderContract": CommitmentType.SUBCONTRACT,
    "PurchaseOrderContract": CommitmentType.PURCHASE_ORDER,
}
HEADERS: Final = {
    CommitmentType.SUBCONTRACT: "work_order_contract",
    CommitmentType.PURCHASE_ORDER: "purchase_order_contract",
}
"""What external data calls each kind of commitment."""
_LINE: Final = "line_item"
_SUB_JOB: Final = "SubJob"


def standard_cost_codes(request: ErpRequest, known: Known) -> Iterator[ErpEvent]:
    """Cost codes, a parent before its children; each has a detail of its own."""
    payloads, details, choices = [], {}, {}
    for raw in request.elements:
        detail = detail_in(raw) or request.detail
        try:
            payload = read(StandardCostCodePayload, raw, what="a standard cost code")
            fields = read(ErpCodePayload, raw, what="a standard cost code").erp_custom_fields
        except ProcorePayloadError as error:
            header = f"standard_cost_code:{id_in(raw)}" if id_in(raw) else ""
            yield Broken(detail=detail, header=header, message=error.for_people())
            continue
        payloads.append(payload)
        details[payload.id], choices[payload.id] = detail, _accounts(fields, known)
    ordered, circular = parents_first(payloads)
    for payload in [*ordered, *circular]:
        yield Export(
            detail=details[payload.id],
            record=payload.to_record(),
            items=Items(header=f"standard_cost_code:{payload.id}"),
            choices=choices[payload.id],
            origin_id=payload.origin_id,
        )


def _accounts(fields: CustomFieldsPayload, known: Known) -> dict[str, str]:
    given = {
        "income_account": fields.income_account_origin_id,
        "expense_account": fields.expense_account_origin_id,
    }
    return {choice: known.account(value) or value for choice, value in given.items() if value}


def vendor(request: ErpRequest, _known: Known) -> Iterator[ErpEvent]:
    """A company of the directory."""
    raw = request.fields.get("vendor")
    payload = read(VendorPayload, raw, what="a vendor")
    fields = _custom_fields(raw)
    yield Export(
        detail=request.detail,
        record=payload.to_record(),
        items=Items(header=f"vendor:{payload.id}"),
        choices=_given(vendor_type=fields.vendor_type, terms=fields.terms),
        origin_id=payload.origin_id,
    )


def job(request: ErpRequest, known: Known) -> Iterator[ErpEvent]:
    """A project with all its cost codes, whose pairs and cost types are told with it."""
    raw = request.fields.get("job")
    payload = read(ProjectPayload, raw, what="a project")
    codes, assignments = [], []
    cost_types: dict[str, str] = {}
    for one in request.members("all_cost_codes"):
        code = read(JobCodePayload, one, what=f"a cost code of project {payload.id}")
        if code.deleted_at or code.biller_type == _SUB_JOB:
            continue
        standard = _standard_of(code, known)
        codes.append(
            ProjectCode(
                procore_id=code.id,
                standard_id=standard,
                full_code=code.full_code,
                origin_id=code.origin_id or None,
            )
        )
        cost_types |= {one.origin_id: one.id for one in code.line_item_types if one.origin_id}
        assignments += [(code.id, one.id) for one in code.line_item_types] if standard else []
    own_code, name = _job_code(raw, payload, known)
    yield Export(
        detail=request.detail,
        record=payload.to_record(),
        items=Items(
            header=f"project:{payload.id}",
            assignments=tuple(assignments),
            cost_types=cost_types,
            code=own_code,
        ),
        choices=_given(customer=_custom_fields(raw).customer, name=name),
        origin_id=payload.origin_id,
        codes=ProjectCodes(project_id=payload.id, codes=tuple(codes)),
        named=tuple(_named({}, [{"cost_code": one} for one in request.members("all_cost_codes")])),
    )


def _job_code(raw: object, project: ProjectPayload, known: Known) -> tuple[str, str]:
    """The job code that Procore itself gives a project, and what its job is called instead of the name.

    A job is called as its project is, whatever its code. Only after a failure the tool lets the approver
    enter another code (reference, section 4.4): a code that is not the one of then is the job's name.
    """
    code, refused = text_of(raw, "origin_code").strip(), known.refused_code(project.id)
    if refused is not None and code not in ("", refused):
        return refused, code
    return (code if refused is None else refused), known.chosen_name(project.id, project.name)


def _standard_of(code: JobCodePayload, known: Known) -> str | None:
    """The standard code behind a project's: as Procore says, by its item, or one exported under that code.

    The last is for a project that is exported together with its codes, which have no item yet.
    """
    named = code.standard_cost_code_id or _standard_id(code.standard_cost_code_origin_id, known)
    return named or known.standard_code(code.full_code) or None


def budget(request: ErpRequest, known: Known) -> Iterator[ErpEvent]:
    """A project's budget; an update names what changed alone, the rest is as QuickBooks has it."""
    header = read(BudgetHeaderPayload, request.fields.get("budget"), what="a budget")
    changed = [read(JobCostPayload, one, what="a line of a budget") for one in request.members("job_costs")]
    transactions = [
        read(TransactionPayload, one, what="a budget's transaction")
        for one in request.members("transactions")
    ]
    costs = {} if request.name == "create_budget" else dict(known.job_costs(header.project_id))
    for one in changed:
        before = costs.get(one.id)
        costs[one.id] = JobCost(
            cost_code_origin_id=one.cost_code_origin_id,
            line_item_type_origin_id=one.line_item_type_origin_id,
            amount=str(one.new_amount),
            original=before.original if before is not None else _first(request, one),
        )
    record = Budget(
        procore_id=header.project_id,
        project_name=known.project_name(header.project_id),
        lines=tuple(_budget_line(one, known) for one in costs.values()),
    )
    yield Export(
        detail=request.detail,
        record=record,
        items=Items(
            header=f"budget:{header.id}",
            transactions=tuple(one.id for one in transactions),
            job_costs=costs,
        ),
        origin_id=header.origin_id,
    )


def _first(request: ErpRequest, cost: JobCostPayload) -> str:
    """What a line of the budget came to at first; one that a change brought came to nothing."""
    return str(cost.new_amount) if request.name == "create_budget" else "0"


def _budget_line(cost: JobCost, known: Known) -> BudgetLine:
    item_id = cost.cost_code_origin_id.rpartition("|")[2]
    code = known.cost_code(item_id)
    return BudgetLine(
        cost_code_id=None if code is None else code.procore_id,
        cost_code=cost.cost_code_origin_id if code is None else code.full_code,
        description=cost.cost_code_origin_id if code is None else code.name or code.full_code,
        amount=Decimal(cost.amount),
    )


def commitment(request: ErpRequest, known: Known) -> Iterator[ErpEvent]:
    """A subcontract or purchase order; `code` is the QuickBooks ID that the approver gave it."""
    raw = request.fields.get("commitment")
    items = _coded(request.members("commitment_items"), known)
    header = read(ContractPayload, {**_object(raw), "line_items": items}, what="a commitment")
    record = header.to_record(type_of(raw), project_id=project_of(raw, request, known), list_id=known.list_id)
    code = text_of(raw, "code", "origin_code")
    yield Export(
        detail=request.detail,
        record=record,
        items=_lined(f"{HEADERS[record.type]}:{record.procore_id}", record.lines),
        choices=_given(number=code if code != record.number else ""),
        origin_id=header.origin_id,
        named=tuple(_named(_object(raw), request.members("commitment_items"))),
    )


def change_order(request: ErpRequest, known: Known) -> Iterator[ErpEvent]:
    """An approved change order of a commitment, whose items say which line each of them changes."""
    raw = _object(request.fields.get("change_order"))
    parent = request.fields.get("commitment")
    items = [_total(one) for one in _coded(request.members("change_order_items"), known)]
    contract_id = text_of(raw, "contract_id") or id_in(parent)
    payload = read(
        PackagePayload,
        {**raw, "line_items": items, "contract_id": contract_id or None},
        what="a change order",
    )
    changed = [read(ChangedLinePayload, one, what="a line of a change order") for one in items]
    record = payload.to_record(
        project_id=project_of(parent, request, known),
        list_id=known.list_id,
        changed={one.id: one for one in changed},
    )
    code = text_of(raw, "code", "origin_code")
    kind = TYPES.get(text_of(parent, "type", "commitment_type"))
    yield from left_order(contract_id, text_of(parent, "origin_id"), kind, record.project_id, known)
    yield Export(
        detail=request.detail,
        record=record,
        items=_lined(f"change_order:{record.procore_id}", record.lines),
        choices=_given(number=code if code != record.number else ""),
        origin_id=payload.origin_id,
        named=tuple(_named(_object(parent), request.members("change_order_items"))),
    )


def left_order(
    contract_id: str, origin_id: str, kind: CommitmentType | None, project_id: str, known: Known
) -> Iterator[OrderJoined]:
    """The commitment that a request names with a purchase order's id, where nothing here is linked to it.

    Another connector left it there, or this one has forgotten it.
    """
    if contract_id and project_id and is_txn_id(origin_id) and known.commitment(contract_id) is None:
        yield OrderJoined(
            key=RecordKey(kind=RecordKind.COMMITMENT, procore_id=contract_id),
            quickbooks_id=origin_id,
            type=kind,
            project_id=project_id,
            left=True,
        )


def _named(commitment: Mapping[str, Any], items: Sequence[Any]) -> Iterator[Joined]:
    """The vendor, the project and the standard cost codes that a request names with the ids they carry."""
    for kind, field in ((RecordKind.VENDOR, "vendor"), (RecordKind.PROJECT, "project")):
        raw = _object(commitment.get(field))
        record_id, quickbooks_id = text_of(raw, "id"), text_of(raw, "origin_id")
        if record_id and quickbooks_id:
            name = text_of(raw, "company", "name")
            key = RecordKey(kind=kind, procore_id=record_id)
            yield Joined(key=key, quickbooks_id=quickbooks_id, name=name)
    codes = (_object(_object(item).get("cost_code")) for item in items)
    for code in codes:
        standard_id = text_of(code, "standard_cost_code_id")
        item_id = text_of(code, "standard_cost_code_origin_id")
        item_id = item_id or text_of(code, "origin_id").rpartition("|")[2]
        if standard_id and item_id:
            key = RecordKey(kind=RecordKind.COST_CODE, procore_id=standard_id)
            yield Joined(key=key, quickbooks_id=item_id, name=text_of(code, "full_code"))


def _lined(header: str, lines: Sequence[Any]) -> Items:
    return Items(header=header, lines={line.procore_id: _LINE for line in lines})


def _coded(items: Sequence[Any], known: Known) -> list[dict[str, Any]]:
    """Lines whose cost codes name the standard code, by its item where Procore leaves its id out."""
    return [_with_standard(_object(item), known) for item in items]


def _with_standard(item: dict[str, Any], known: Known) -> dict[str, Any]:
    code = _object(item.get("cost_code"))
    if not code or code.get("standard_cost_code_id"):
        return item
    standard = _standard_id(str(code.get("origin_id") or "").rpartition("|")[2], known)
    return {**item, "cost_code": {**code, "standard_cost_code_id": standard}}


def _total(item: Mapping[str, Any]) -> dict[str, Any]:
    """A change order's line with its total, which is its amount where Procore names no other."""
    return {**item, "total_amount": item.get("total_amount") or item.get("amount")}


def _standard_id(item_id: str, known: Known) -> str | None:
    code = known.cost_code(item_id) if item_id else None
    return None if code is None else code.procore_id


def type_of(raw: object) -> CommitmentType:
    """Which kind of commitment it is; raises ProcorePayloadError for one that is not known."""
    kind = TYPES.get(text_of(raw, "type", "commitment_type"))
    if kind is None:
        raise ProcorePayloadError(
            f"Procore sent a commitment of the unknown type {text_of(raw, 'type')!r}.",
            guidance="Report this; nothing was sent to QuickBooks.",
        )
    return kind


def project_of(raw: object, request: ErpRequest, known: Known) -> str:
    """The project of a record; raises ProcorePayloadError where neither it nor its request says which."""
    project = text_of(_object(_object(raw).get("project")), "id")
    project = project or known.project(text_of(request.data, "job_id", "job_origin_id", "project_origin_id"))
    if not project:
        raise ProcorePayloadError(
            "Procore did not say to which project this belongs.",
            guidance="Report this; nothing was sent to QuickBooks.",
        )
    return project


def _custom_fields(raw: object) -> CustomFieldsPayload:
    fields = _object(raw).get("erp_custom_fields") or {}
    return read(CustomFieldsPayload, fields, what="the fields of the accounting approver")


def _given(**choices: str) -> dict[str, str]:
    return {name: value for name, value in choices.items() if value}


def _object(raw: object) -> dict[str, Any]:
    return raw if isinstance(raw, dict) else {}
