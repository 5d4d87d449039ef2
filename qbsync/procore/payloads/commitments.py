"""Subcontracts (work order contracts) and purchase orders (purchase order contracts) with their lines."""

from __future__ import annotations

from decimal import Decimal

from qbsync.model.records import Commitment, CommitmentLine, CommitmentType, RecordKey, RecordKind
from qbsync.procore.payloads.cost_codes import ProjectCostCodePayload
from qbsync.procore.payloads.plaintext import plain_text
from qbsync.procore.payloads.shape import (
    Amount,
    Day,
    Id,
    Moment,
    OptionalId,
    Payload,
    Quantity,
    Text,
)


class ReferencePayload(Payload):
    """Another record that is only pointed to."""

    id: OptionalId = None
    origin_id: Text = ""


class WbsCodePayload(Payload):
    """The budget code of a line, such as 16-050.C."""

    flat_code: Text = ""


class CostTypePayload(Payload):
    """The cost type of a line."""

    name: Text = ""


class CurrencyPayload(Payload):
    """The currency of a contract."""

    currency_iso_code: Text = ""


class LinePayload(Payload):
    """A line of the schedule of values, as the show and the line_items list give it."""

    id: Id
    amount: Amount
    quantity: Quantity = Decimal(0)
    unit_cost: Quantity = Decimal(0)
    uom: Text = ""
    extended_type: Text = ""
    position: int | None = None
    description: Text = ""
    cost_code: ProjectCostCodePayload | None = None
    wbs_code: WbsCodePayload | None = None
    tax_code_id: OptionalId = None
    line_item_type: CostTypePayload | None = None
    origin_id: Text = ""

    def to_record(self, *, number: int, list_id: str) -> CommitmentLine:
        """The record's line; `number` is its place where Procore gives none.

        `cost_code_id` is None for a code of the project's own and for one of another list than `list_id`
        (where that is given): neither has an item in QuickBooks.
        """
        code = self.cost_code
        wbs = self.wbs_code.flat_code if self.wbs_code else ""
        return CommitmentLine(
            procore_id=self.id,
            position=number if self.position is None else self.position,
            cost_code_id=standard_id(code, list_id),
            cost_code=(code.full_code or code.code) if code else wbs,
            description=plain_text(self.description),
            amount=self.amount,
            quantity=self.quantity,
            unit_cost=self.unit_cost,
            unit=self.uom,
            by_unit=self.extended_type == "calculated",
            tax_code_id=self.tax_code_id,
            cost_type=self.line_item_type.name if self.line_item_type else "",
        )


class ContractPayload(Payload):
    """A contract's header and, in its show, its lines."""

    id: Id
    number: Text = ""
    title: Text = ""
    description: Text = ""
    status: Text = ""
    contract_date: Day = None
    delivery_date: Day = None
    payment_terms: Text = ""
    deleted_at: Moment = None
    updated_at: Moment = None
    origin_id: Text = ""
    project: ReferencePayload | None = None
    vendor: ReferencePayload | None = None
    currency_configuration: CurrencyPayload | None = None
    line_items: tuple[LinePayload, ...] = ()

    def to_record(self, kind: CommitmentType, *, project_id: str, list_id: str = "") -> Commitment:
        """The record, its lines in the order of their positions; `project_id` is the one it was asked of."""
        lines = [line.to_record(number=n, list_id=list_id) for n, line in enumerate(self.line_items, start=1)]
        currency = self.currency_configuration
        return Commitment(
            procore_id=self.id,
            type=kind,
            project_id=project_id,
            vendor_id=self.vendor.id if self.vendor else None,
            number=self.number,
            title=self.title,
            description=plain_text(self.description),
            contract_date=self.contract_date,
            delivery_date=self.delivery_date,
            payment_terms=self.payment_terms,
            currency=currency.currency_iso_code if currency else "",
            lines=tuple(sorted(lines, key=lambda line: line.position)),
        )

    def named(self, project_id: str) -> dict[RecordKey, str]:
        """The vendor, the project and the standard cost codes, each with the QuickBooks id that it carries.

        A project's cost code carries the pair of the job's and the item's.
        """
        vendor = self.vendor or ReferencePayload()
        found = {(RecordKind.VENDOR, vendor.id): vendor.origin_id}
        for code in [line.cost_code for line in self.line_items if line.cost_code is not None]:
            job_id, _, item_id = code.origin_id.partition("|")
            found |= {
                (RecordKind.PROJECT, project_id): job_id,
                (RecordKind.COST_CODE, code.standard_cost_code_id): item_id,
            }
        return {
            RecordKey(kind=kind, procore_id=procore_id): quickbooks_id
            for (kind, procore_id), quickbooks_id in found.items()
            if procore_id and quickbooks_id
        }


def standard_id(code: ProjectCostCodePayload | None, list_id: str) -> str | None:
    """The standard cost code behind a project's; None for the project's own and for one of another list."""
    if code is None:
        return None
    elsewhere = list_id and code.standard_cost_code_list_id not in (None, list_id)
    return None if elsewhere else code.standard_cost_code_id
