"""What a project costs in Procore, read now: its approved invoices and its direct costs, by cost code."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from qbsync.model.costs import DIRECT_COST, INVOICE, ProcoreCost
from qbsync.model.records import InvoiceItemType
from qbsync.procore.client import ProcoreClient
from qbsync.procore.costs import lines_of
from qbsync.procore.feeds.exportable import invoice_hindrance
from qbsync.procore.payloads.invoices import InvoiceHeaderPayload, InvoicePayload
from qbsync.procore.payloads.shape import read

_REQUISITIONS: Final = "/rest/v1.1/requisitions"
_PER_PAGE: Final = 100
"""Whole invoices with their items; the default would be 30 (section 2.2)."""


def costs_of(client: ProcoreClient, project_id: str) -> list[ProcoreCost]:
    """Every cost of the project, those of one invoice or direct cost on one cost code added up.

    Change orders that an invoice bills as a whole are added up by themselves.

    An invoice counts what it bills in its period before retainage, once its status lets it be exported,
    whether it was exported or not. One call a hundred invoices, one a thousand lines of direct costs. Raises
    the client's errors; ProcorePayloadError where an approved invoice cannot be read.
    """
    found: dict[tuple[str, str, str, str, bool], ProcoreCost] = {}
    for one in (*_invoiced(client, project_id), *_direct(client, project_id)):
        key = (one.source, one.procore_id, one.cost_code_id, one.code, bool(one.whole_items))
        before = found.get(key)
        found[key] = one if before is None else _sum(before, one)
    return [one for one in found.values() if one.amount]


def _sum(one: ProcoreCost, other: ProcoreCost) -> ProcoreCost:
    items = (*one.whole_items, *other.whole_items)
    return replace(one, amount=one.amount + other.amount, whole_items=items)


def _invoiced(client: ProcoreClient, project_id: str) -> Iterator[ProcoreCost]:
    query = {"project_id": project_id, "view": "extended"}
    for raw in client.get_all(_REQUISITIONS, query, per_page=_PER_PAGE):
        if invoice_hindrance(read(InvoiceHeaderPayload, raw, what="an invoice").status):
            continue
        invoice = read(InvoicePayload, raw, what="an approved invoice")
        for item in invoice.items:
            yield ProcoreCost(
                source=INVOICE,
                procore_id=invoice.id,
                number=invoice.invoice_number or invoice.number,
                day="" if invoice.billing_date is None else invoice.billing_date.isoformat(),
                description="",
                cost_code_id=item.cost_code_id or "",
                code=item.wbs_code.flat_code if item.wbs_code else "",
                amount=item.gross,
                whole_items=(item.id,) if item.item_type is InvoiceItemType.WHOLE_CHANGE_ORDER else (),
            )


def _direct(client: ProcoreClient, project_id: str) -> Iterator[ProcoreCost]:
    for line in lines_of(client, project_id):
        code = line.cost_code
        yield ProcoreCost(
            source=DIRECT_COST,
            procore_id=line.holder.id if line.holder is not None else line.id,
            description=line.description,
            cost_code_id=(code.id or "") if code else "",
            code=code.full_code if code else "",
            amount=line.amount,
            ours=bool(line.origin_id),
        )
