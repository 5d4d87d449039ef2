"""What an invoice's items bill on, where the list of invoices does not say it.

Each costs calls beyond section 6's one a project, so each is asked only for an approved invoice that changed
and bills such an item: change orders one call an invoice; SSOV items one call an invoice and one a
commitment; and an invoice that comes to less than nothing the project's cost codes, once a pull, since a
vendor credit's lines name items where a bill's are linked to the purchase order. How the lines behind its
items are coded is asked where it has tax, or where cost types are wanted: one call a commitment a pull, and
one a change order that it bills.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, TypeVar

from qbsync.model.records import CommitmentType, InvoiceItemType
from qbsync.procore.client import ProcoreClient
from qbsync.procore.feeds.cost_codes import CostCodes
from qbsync.procore.payloads.change_orders import PackageLinePayload, PackagePayload
from qbsync.procore.payloads.commitments import LinePayload, standard_id
from qbsync.procore.payloads.invoices import (
    BilledCoding,
    ChangeOrderItemPayload,
    DetailItemPayload,
    DetailLinePayload,
    InvoicePayload,
    Places,
    coding_name,
)
from qbsync.procore.payloads.shape import Payload, read

P = TypeVar("P", bound=Payload)
_STEMS: Final = {
    CommitmentType.SUBCONTRACT: "work_order_contracts",
    CommitmentType.PURCHASE_ORDER: "purchase_order_contracts",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Lookups:
    """Asks for it, in one project and one pull; `list_id` is the chosen standard cost code list."""

    client: ProcoreClient
    project_id: str
    list_id: str
    codes: CostCodes
    cost_types: bool = False
    _codings: dict[str, Mapping[str, BilledCoding]] = field(default_factory=dict, init=False)
    _parents: dict[str, Mapping[str, str]] = field(default_factory=dict, init=False)

    def places(self, invoice: InvoicePayload) -> Places:
        """What its items bill on; nothing is asked that its items do not need."""
        changes = self._change_items(invoice)
        return Places(
            change_items=changes,
            codings=self._of_lines(invoice, changes) if invoice.is_taxed or self.cost_types else {},
            parents=self._detail_parents(invoice),
            standard_ids=self._codes() if invoice.is_credit else {},
        )

    def _change_items(self, invoice: InvoicePayload) -> Mapping[str, ChangeOrderItemPayload]:
        whole = invoice.bills(InvoiceItemType.WHOLE_CHANGE_ORDER) and len(invoice.change_order_ids) != 1
        if not (whole or invoice.bills(InvoiceItemType.CHANGE_ORDER)):
            return {}
        rows = self._all(
            ChangeOrderItemPayload,
            f"/rest/v1.0/requisitions/{invoice.id}/change_order_items",
            f"a change order item of invoice {invoice.id}",
        )
        return {row.id: row for row in rows}

    def _of_lines(
        self, invoice: InvoicePayload, changes: Mapping[str, ChangeOrderItemPayload]
    ) -> Mapping[str, BilledCoding]:
        """How the lines that it bills are coded; asked once a commitment, and once a change order."""
        commitment = f"/rest/v1.0/{_STEMS[invoice.commitment_type]}/{invoice.commitment_id}/line_items"
        if commitment not in self._codings:
            lines = self._all(LinePayload, commitment, f"a line of commitment {invoice.commitment_id}")
            self._codings[commitment] = {coding_name(None, line.id): _coding(line) for line in lines}
        found = dict(self._codings[commitment])
        named = [*invoice.change_order_ids, *(row.change_order_package_id for row in changes.values())]
        for order_id in dict.fromkeys(one for one in named if one):
            found |= self._of_change_order(order_id)
        return found

    def _of_change_order(self, order_id: str) -> Mapping[str, BilledCoding]:
        path = f"/rest/v1.0/change_order_packages/{order_id}"
        if path not in self._codings:
            raw = self.client.get(path, {"project_id": self.project_id})
            lines = read(PackagePayload, raw, what=f"the change order {order_id}").line_items
            found = {coding_name(order_id, line.id): _coding(line) for line in lines}
            alike = set(found.values())
            if len(alike) == 1:
                found[coding_name(order_id, None)] = alike.pop()
            self._codings[path] = found
        return self._codings[path]

    def _detail_parents(self, invoice: InvoicePayload) -> Mapping[str, str]:
        """The commitment's line above each SSOV item, by the item's id.

        The endpoint that says so is documented for subcontracts alone (appendix A.6).
        """
        if invoice.commitment_type is not CommitmentType.SUBCONTRACT:
            return {}
        if not invoice.bills(InvoiceItemType.CONTRACT_DETAIL):
            return {}
        items = self._all(
            DetailItemPayload,
            f"/rest/v1.0/requisitions/{invoice.id}/contract_detail_items",
            f"an SSOV item of invoice {invoice.id}",
        )
        parents = self._parents_in(invoice.commitment_id)
        found = {item.id: parents.get(item.detail_line_item_id or "") for item in items}
        return {item_id: parent for item_id, parent in found.items() if parent}

    def _parents_in(self, commitment_id: str) -> Mapping[str, str]:
        if commitment_id not in self._parents:
            lines = self._all(
                DetailLinePayload,
                f"/rest/v1.0/work_order_contracts/{commitment_id}/line_item_contract_details",
                f"an SSOV line of subcontract {commitment_id}",
            )
            self._parents[commitment_id] = {line.id: line.line_item_id for line in lines if line.line_item_id}
        return self._parents[commitment_id]

    def _codes(self) -> Mapping[str, str]:
        found = {code.id: standard_id(code, self.list_id) for code in self.codes.read()}
        return {code_id: one for code_id, one in found.items() if one}

    def _all(self, model: type[P], path: str, what: str) -> list[P]:
        raws = self.client.get_all(path, {"project_id": self.project_id})
        return [read(model, raw, what=what) for raw in raws]


def _coding(line: LinePayload | PackageLinePayload) -> BilledCoding:
    kind = line.line_item_type
    return BilledCoding(tax_code_id=line.tax_code_id or "", cost_type=kind.name if kind else "")
