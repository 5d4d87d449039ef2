"""ERP requests about money that is owed: invoices of subcontractors, and payments made in Procore Pay."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Final

from qbsync.errors import ProcorePayloadError
from qbsync.model.records import Invoice, InvoiceItemType, InvoiceLine, Payment, RecordKey, RecordKind
from qbsync.procore.erp.payloads import (
    ErpInvoiceItemPayload,
    ErpInvoicePayload,
    ErpPaymentPayload,
    text_of,
)
from qbsync.procore.erp.requests import ErpRequest, detail_in
from qbsync.procore.feeds.erp_events import Broken, ErpEvent, Export, Items, Reread
from qbsync.procore.feeds.erp_exports import left_order
from qbsync.procore.feeds.erp_known import Known
from qbsync.procore.payloads.plaintext import plain_text
from qbsync.procore.payloads.shape import read

INVOICE_LINES: Final = {
    InvoiceItemType.CONTRACT: "requisition_contract_item",
    InvoiceItemType.CONTRACT_DETAIL: "requisition_contract_detail_item",
    InvoiceItemType.CHANGE_ORDER: "requisition_change_order_item",
    InvoiceItemType.WHOLE_CHANGE_ORDER: "requisition_change_order_item",
}


def requisitions(request: ErpRequest, known: Known) -> Iterator[ErpEvent]:
    """Invoices that were approved together; each is closed by itself where each has a detail."""
    for raw in request.members("requisitions"):
        detail = detail_in(raw) or request.detail
        try:
            payload = read(ErpInvoicePayload, raw, what="an invoice")
        except ProcorePayloadError as error:
            invoice_id = text_of(raw, "procore_requisition_id")
            header = f"requisition:{invoice_id}" if invoice_id else ""
            yield Broken(detail=detail, header=header, message=error.for_people())
            continue
        yield from _requisition(payload, detail, known)


def _requisition(payload: ErpInvoicePayload, detail: str, known: Known) -> Iterator[ErpEvent]:
    commitment = known.commitment(payload.contract_id)
    if commitment is None:
        yield from _left_there(payload, detail, known)
        return
    lines = [_invoice_line(item, place, known) for place, item in enumerate(payload.line_items, start=1)]
    record = Invoice(
        procore_id=payload.id,
        project_id=commitment.project_id,
        commitment_id=payload.contract_id,
        commitment_type=commitment.type,
        vendor_id=commitment.vendor_id,
        number=payload.invoice_number or payload.code,
        billing_date=payload.billing_date,
        payment_due=payload.payment_due,
        currency=commitment.currency,
        lines=tuple(line for line in lines if line is not None),
    )
    items = Items(
        header=f"requisition:{payload.id}",
        lines={line.procore_id: INVOICE_LINES[line.item_type] for line in record.lines},
    )
    if None in lines or payload.payment_due is None or _total_of(record.lines) != payload.payment_due:
        key = RecordKey(kind=RecordKind.INVOICE, procore_id=payload.id)
        yield Reread(
            detail=detail,
            key=key,
            project_id=commitment.project_id,
            items=items,
            choices=_chosen(payload),
            payment_due=payload.payment_due,
        )
        return
    yield Export(detail=detail, record=record, items=items, choices=_chosen(payload))


def _chosen(payload: ErpInvoicePayload) -> dict[str, str]:
    """Where an invoice's code is not its number, the approver gave it that one in QuickBooks."""
    number = payload.invoice_number or payload.code
    return {"number": payload.code} if payload.code not in ("", number) else {}


def _left_there(payload: ErpInvoicePayload, detail: str, known: Known) -> Iterator[ErpEvent]:
    """An invoice of a commitment that is not linked: joined first where it carries a purchase order's id.

    The lines that it bills are known by that alone, so the invoice is read by its public show.
    """
    project_id = known.project(payload.job_origin_id)
    joins = list(left_order(payload.contract_id, payload.contract_origin_id, None, project_id, known))
    header = f"requisition:{payload.id}"
    if not joins:
        yield Broken(detail=detail, header=header, message=_not_linked(payload, project_id))
        return
    yield from joins
    yield Reread(
        detail=detail,
        key=RecordKey(kind=RecordKind.INVOICE, procore_id=payload.id),
        project_id=project_id,
        items=Items(header=header),
        choices=_chosen(payload),
        payment_due=payload.payment_due,
    )


def _not_linked(payload: ErpInvoicePayload, project_id: str) -> str:
    invoice = f"invoice {payload.invoice_number or payload.code}"
    if not payload.contract_origin_id:
        return f"The commitment of {invoice} is not in QuickBooks. Export it first, then export it again."
    if not project_id:
        return (
            f"The project of {invoice} is not known to qbsync yet. Send its job, or a commitment or change "
            "order of it, first; then export it again."
        )
    return (
        f"Procore has the commitment of {invoice} under {payload.contract_origin_id}, which is no id of "
        "QuickBooks Desktop. Unlink the commitment and export it, then export it again."
    )


def _invoice_line(item: ErpInvoiceItemPayload, position: int, known: Known) -> InvoiceLine | None:
    """The line, or None where the request does not say what it bills on or has a tax without an amount."""
    kind = item.type
    place = known.line(item.change_order_line_item_origin_id or item.commitment_item_origin_id)
    if kind is None or place is None or item.tax_code_origin_id:
        return None
    changes = place.key.kind is RecordKind.CHANGE_ORDER
    code = known.cost_code(item.cost_code_origin_id.rpartition("|")[2])
    return InvoiceLine(
        procore_id=item.id,
        position=position,
        item_type=InvoiceItemType.CHANGE_ORDER if changes else kind,
        cost_code_id=None if code is None else code.procore_id,
        cost_code="" if code is None else code.full_code,
        description=plain_text(item.description),
        amount=item.amount,
        retained=item.retained,
        released=item.released,
        quantity=item.qty,
        commitment_line_id=None if changes else place.line_id,
        change_order_id=place.key.procore_id if changes else None,
        change_order_line_id=place.line_id if changes else None,
    )


def payment(request: ErpRequest, known: Known) -> Iterator[ErpEvent]:
    """A payment made in Procore Pay, which QuickBooks is to hear of."""
    raw = request.fields.get("contract_payment") or request.fields.get("payment")
    payload = read(ErpPaymentPayload, raw, what="a payment")
    commitment = known.commitment(payload.contract_id or "")
    record = Payment(
        procore_id=payload.id,
        project_id=payload.project_id or (commitment.project_id if commitment else ""),
        commitment_id=payload.contract_id or "",
        invoice_id=payload.requisition_id,
        vendor_id=payload.vendor_id or (commitment.vendor_id if commitment else None),
        amount=payload.amount,
        paid_on=payload.date_payment_funded or payload.date_payment_initiated,
        number=payload.check_number or payload.payment_number,
    )
    yield Export(detail=request.detail, record=record, items=Items(header=f"contract_payment:{payload.id}"))


def _total_of(lines: Sequence[InvoiceLine]) -> Decimal:
    return sum((line.amount - line.retained + line.released for line in lines), Decimal(0))
