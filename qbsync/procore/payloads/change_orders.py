"""Change order packages with their lines, and the newer commitment change orders that stand beside them."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from qbsync.model.records import ChangeOrder, ChangeOrderLine
from qbsync.procore.payloads.commitments import (
    CostTypePayload,
    CurrencyPayload,
    WbsCodePayload,
    standard_id,
)
from qbsync.procore.payloads.cost_codes import ProjectCostCodePayload
from qbsync.procore.payloads.plaintext import plain_text
from qbsync.procore.payloads.shape import (
    Amount,
    Id,
    Moment,
    OptionalAmount,
    OptionalId,
    Payload,
    Text,
    places,
)


class CommitmentChangeOrderPayload(Payload):
    """The newer resource of a commitment's change order, joined to its package by `legacy_package_id`."""

    id: Id
    legacy_package_id: OptionalId = None


class ChangedLinePayload(Payload):
    """A line of a commitment change order in v2, whose id is that of the package's line."""

    id: Id
    commitment_line_item_id: OptionalId = None
    tax_code_id: OptionalId = None


class PackageLinePayload(Payload):
    """A line of a package, as its show gives it; `total_amount` includes the line's own markup."""

    id: Id
    total_amount: Amount
    position: int | None = None
    description: Text = ""
    cost_code: ProjectCostCodePayload | None = None
    wbs_code: WbsCodePayload | None = None
    tax_code_id: OptionalId = None
    line_item_type: CostTypePayload | None = None


class PackagePayload(Payload):
    """A change order package; the list has neither type nor lines."""

    id: Id
    contract_id: OptionalId = None
    type: Text = ""
    number: Text = ""
    title: Text = ""
    description: Text = ""
    status: Text = ""
    grand_total: OptionalAmount = None
    deleted_at: Moment = None
    updated_at: Moment = None
    origin_id: Text = ""
    currency_configuration: CurrencyPayload | None = None
    line_items: tuple[PackageLinePayload, ...] = ()

    @property
    def lines_total(self) -> Decimal:
        """What the lines come to."""
        return sum((line.total_amount for line in self.line_items), Decimal(0))

    def to_record(
        self,
        *,
        project_id: str,
        list_id: str = "",
        changed: Mapping[str, ChangedLinePayload] | None = None,
    ) -> ChangeOrder:
        """The record, its lines in the order of their positions; those of `changed` by their ids.

        Where positions repeat, as in packages of several potential change orders, Procore's order counts.
        """
        numbers = places([line.position for line in self.line_items])
        lines = [
            _line(line, number, list_id, (changed or {}).get(line.id))
            for line, number in zip(self.line_items, numbers, strict=True)
        ]
        currency = self.currency_configuration
        return ChangeOrder(
            procore_id=self.id,
            project_id=project_id,
            commitment_id=self.contract_id or "",
            number=self.number,
            title=self.title,
            currency=currency.currency_iso_code if currency else "",
            lines=tuple(sorted(lines, key=lambda line: line.position)),
        )


def _line(
    line: PackageLinePayload, position: int, list_id: str, changed: ChangedLinePayload | None
) -> ChangeOrderLine:
    code = line.cost_code
    wbs = line.wbs_code.flat_code if line.wbs_code else ""
    return ChangeOrderLine(
        procore_id=line.id,
        position=position,
        commitment_line_id=changed.commitment_line_item_id if changed else None,
        cost_code_id=standard_id(code, list_id),
        cost_code=(code.full_code or code.code) if code else wbs,
        description=plain_text(line.description),
        amount=line.total_amount,
        tax_code_id=line.tax_code_id or (changed.tax_code_id if changed else None),
        cost_type=line.line_item_type.name if line.line_item_type else "",
    )
