"""ERP requests that export nothing: notices, unlinks, resets and deletions."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from qbsync.errors import ProcorePayloadError
from qbsync.model.ids import is_txn_id
from qbsync.model.records import CommitmentType, RecordKey, RecordKind
from qbsync.procore.erp.payloads import NoticePayload, text_of
from qbsync.procore.erp.requests import ErpRequest, detail_in
from qbsync.procore.feeds.erp_events import (
    Broken,
    Delete,
    DeletionOf,
    ErpEvent,
    Forgotten,
    IdLost,
    Items,
    JobNotice,
    Joined,
    Merged,
    Noted,
    OrderJoined,
    Parted,
    Reset,
    Unlink,
)
from qbsync.procore.feeds.erp_exports import HEADERS, left_order, project_of, type_of
from qbsync.procore.feeds.erp_known import Known
from qbsync.procore.payloads.shape import read

_PURCHASE: Final = "purchase"


def vendor_joined(request: ErpRequest, _known: Known) -> Iterator[ErpEvent]:
    """A vendor was imported or linked in Procore."""
    yield _joined(request, RecordKind.VENDOR, request.fields.get("vendor"))


def vendors_joined(request: ErpRequest, _known: Known) -> Iterator[ErpEvent]:
    """Several vendors were linked at once."""
    for raw in request.members("vendors"):
        yield _joined(request, RecordKind.VENDOR, raw)


def job_joined(request: ErpRequest, _known: Known) -> Iterator[ErpEvent]:
    """A job was imported as a project."""
    yield _joined(request, RecordKind.PROJECT, request.fields.get("project"))


def commitment_joined(request: ErpRequest, known: Known) -> Iterator[ErpEvent]:
    """A purchase order was imported as a commitment; one that carries no id was made in Procore alone."""
    raw = request.fields.get("commitment")
    notice = read(NoticePayload, raw, what="a notice about a commitment")
    if notice.origin_id:
        yield OrderJoined(
            key=RecordKey(kind=RecordKind.COMMITMENT, procore_id=notice.id),
            quickbooks_id=notice.origin_id,
            type=type_of(raw),
            project_id=project_of(raw, request, known),
        )
    else:
        yield Noted(why="A commitment was made in Procore that is not in QuickBooks.")


def _joined(request: ErpRequest, kind: RecordKind, raw: object) -> ErpEvent:
    """A record that is joined or parted; one that cannot be read spoils no other of its request."""
    try:
        notice = read(NoticePayload, raw, what=f"a notice about a {kind.words}")
    except ProcorePayloadError as error:
        return Broken(detail=request.detail, header="", message=error.for_people())
    key = RecordKey(kind=kind, procore_id=notice.id)
    if not notice.origin_id:
        return Parted(key=key)
    return Joined(key=key, quickbooks_id=notice.origin_id, name=notice.name)


def vendor_parted(request: ErpRequest, _known: Known) -> Iterator[ErpEvent]:
    """A vendor was unlinked in Procore, which is free."""
    notice = read(NoticePayload, request.fields.get("vendor"), what="a notice about a vendor")
    yield Parted(key=RecordKey(kind=RecordKind.VENDOR, procore_id=notice.id))


def vendors_merged(request: ErpRequest, _known: Known) -> Iterator[ErpEvent]:
    """Vendors became one."""
    master = read(NoticePayload, request.fields.get("master_vendor"), what="a merged vendor")
    sources = []
    for raw in request.members("source_vendors"):
        try:
            sources.append(read(NoticePayload, raw, what="a merged vendor"))
        except ProcorePayloadError as error:
            yield Broken(detail=request.detail, header="", message=error.for_people())
    ids = [master.origin_id, *(one.origin_id for one in sources)]
    yield Merged(
        key=RecordKey(kind=RecordKind.VENDOR, procore_id=master.id),
        sources=tuple(RecordKey(kind=RecordKind.VENDOR, procore_id=one.id) for one in sources),
        quickbooks_ids=tuple(dict.fromkeys(one for one in ids if one)),
    )


def job_costs_wanted(request: ErpRequest, known: Known) -> Iterator[ErpEvent]:
    """Every two hours Procore asks for each job's figures."""
    job_id = text_of(request.data, "id")
    more = request.fields.get("additional_job_data")
    wanted = more.get("job_cost_transactions_sync_enabled") if isinstance(more, dict) else None
    yield JobNotice(
        project_id=text_of(more, "procore_project_id") or known.project(job_id),
        transactions=wanted if isinstance(wanted, bool) else None,
    )


def standard_codes_parted(request: ErpRequest, _known: Known) -> Iterator[ErpEvent]:
    """Standard cost codes were deleted or unlinked by a super user; the items stay in QuickBooks."""
    raws = [*request.members("standard_cost_code_data_array"), *request.members("standard_cost_codes")]
    for raw in raws:
        if code_id := text_of(raw, "id", "procore_id"):
            yield Parted(key=RecordKey(kind=RecordKind.COST_CODE, procore_id=code_id))


def cost_codes_forgotten(request: ErpRequest, _known: Known) -> Iterator[ErpEvent]:
    """Cost codes of a project were deleted by a super user."""
    ids = [text_of(raw, "id") for raw in request.members("project_cost_code_data_array")]
    yield Forgotten(record_ids=tuple(one for one in ids if one))


def deletions(of: DeletionOf) -> Callable[[ErpRequest, Known], Iterator[ErpEvent]]:
    """Procore asks which cost codes, or cost types of them, may be deleted; each has a detail of its own."""

    def handler(request: ErpRequest, _known: Known) -> Iterator[ErpEvent]:
        project_id = text_of(request.fields.get("project"), "id")
        for raw in request.members(f"{of.value}s"):
            yield Delete(
                detail=detail_in(raw) or request.detail,
                of=of,
                record_id=text_of(raw, "id"),
                project_id=project_id,
                pair=text_of(raw, "origin_id", "cost_code_origin_id"),
                label=text_of(raw, "sortable_code"),
                job_cost_id=text_of(raw, "job_cost_id"),
                cost_type=text_of(raw, "line_item_type_origin_id"),
            )

    return handler


def unlink_commitment(request: ErpRequest, known: Known) -> Iterator[ErpEvent]:
    """A commitment is to be unlinked."""
    contract_id = text_of(request.data, "procore_commitment_id")
    commitment = known.commitment(contract_id)
    purchase = _PURCHASE in text_of(request.data, "commitment_type").casefold()
    kind = CommitmentType.PURCHASE_ORDER if purchase else CommitmentType.SUBCONTRACT
    header = HEADERS[commitment.type if commitment else kind]
    project_id = text_of(request.data, "project_id") or known.project(text_of(request.data, "job_origin_id"))
    origin_id = text_of(request.data, "commitment_origin_id")
    yield from left_order(contract_id, origin_id, kind, project_id, known)
    yield _unlink(request, RecordKind.COMMITMENT, contract_id, header)


def unlink_change_order(request: ErpRequest, _known: Known) -> Iterator[ErpEvent]:
    """A change order is to be unlinked."""
    order_id = text_of(request.data, "procore_commitment_change_order_id")
    yield _unlink(request, RecordKind.CHANGE_ORDER, order_id, "change_order")


def unlink_requisition(request: ErpRequest, _known: Known) -> Iterator[ErpEvent]:
    """An invoice is to be unlinked; the tool has words for it, no document shows the request."""
    invoice_id = text_of(request.data, "procore_requisition_id", "requisition_id")
    yield _unlink(request, RecordKind.INVOICE, invoice_id, "requisition")


def _unlink(request: ErpRequest, kind: RecordKind, procore_id: str, header: str) -> ErpEvent:
    order_id = text_of(request.data, "commitment_origin_id")
    return Unlink(
        detail=request.detail,
        key=RecordKey(kind=kind, procore_id=procore_id),
        items=Items(header=f"{header}:{procore_id}"),
        order_id=order_id if is_txn_id(order_id) else "",
    )


def reset_job(request: ErpRequest, _known: Known) -> Iterator[ErpEvent]:
    """A super user made Procore forget a project's ids, and those of all that is in it."""
    yield _reset(RecordKind.PROJECT, text_of(request.fields.get("project"), "id"))


def reset_requisition(request: ErpRequest, _known: Known) -> Iterator[ErpEvent]:
    """A super user made Procore forget an invoice's ids."""
    yield _reset(RecordKind.INVOICE, text_of(request.data, "requisition_id"))


def reset_payment(request: ErpRequest, _known: Known) -> Iterator[ErpEvent]:
    """A super user made Procore forget a payment's id; one of a bill's payments names the bill in it."""
    payment_id, item_id = text_of(request.data, "payment_id"), text_of(request.data, "origin_id")
    if "|" not in item_id or not payment_id:
        yield _reset(RecordKind.PAYMENT, payment_id)
        return
    yield IdLost(item_id=item_id, held_as=payment_id)  # no reference has the values of payment_type


def _reset(kind: RecordKind, procore_id: str) -> ErpEvent:
    return Reset(keys=(RecordKey(kind=kind, procore_id=procore_id),) if procore_id else ())
