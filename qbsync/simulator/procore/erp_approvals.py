"""Send, retrieve, accept, reject: what project users and the accounting approver do (reference 4.4)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Final

from qbsync.simulator.procore.answers import Json
from qbsync.simulator.procore.erp_exports import CODED, Exports
from qbsync.simulator.procore.erp_preconditions import greyed
from qbsync.simulator.procore.erp_rows import Kind, Purpose, Request, Stage, StagedItem
from qbsync.simulator.procore.erp_rules import ENTITY_OF
from qbsync.simulator.procore.forbidden import ForbiddenMoveError
from qbsync.simulator.procore.invoice_rows import Payment

_WAITING: Final = (Stage.READY, Stage.EXPORTING)
_FREE_TO_SEND_AGAIN: Final = (None, Stage.RETRIEVED, Stage.SYNCED)
_BATCHED: Final = (Kind.STANDARD_COST_CODE, Kind.REQUISITION)
"""Kinds of which one request carries many."""
_DIRECT: Final = (Kind.COMMITMENT, Kind.CHANGE_ORDER, Kind.REQUISITION)


class Approvals(Exports):
    """The way of a record into the accounting system, up to the request."""

    def greyed(self, kind: Kind | str, record_id: int) -> str | None:
        """Why the record's Send button is grey, in words for a person; None where it can be pressed."""
        kind = Kind(kind)
        with self._lock:
            entity = ENTITY_OF[kind]
            if not self.connected:
                return "ERP Integrations is not connected"
            if not self.metadata.has_tab(entity):
                return f"{entity} are not part of this integration"
            if self.tables.busy(kind, record_id):
                return "an earlier request about it is still open"
            if self._stage(kind, record_id) in _WAITING:
                return "is in ERP Integrations already"
            if words := greyed(self._state, self, kind, record_id):
                return words
            return "; ".join(self.metadata.problems(entity, self._values(kind, record_id, {}))) or None

    def send(self, kind: Kind | str, record_id: int) -> StagedItem:
        """Press Send to ERP (or Re-send); raises ForbiddenMoveError where the button is grey.

        Where the kind is exported directly and no field is missing, it is exported at once.
        """
        kind = Kind(kind)
        with self._lock:
            if words := self.greyed(kind, record_id):
                raise ForbiddenMoveError(f"{kind} {record_id} {words}")
            item = self.tables.put(kind, record_id, stage=Stage.READY, comment="", messages=(), fields={})
            if kind in _DIRECT and self.direct_export.get(kind) and not self._lacking(kind, record_id, {}):
                self._export(kind, {record_id: {}})
                return self.item(kind, record_id)
            return item

    resend = send
    """Re-send to ERP, after a rejection, a retrieval or a failure was put right."""

    def retrieve(self, kind: Kind | str, record_id: int) -> StagedItem:
        """Take a record back before the approver has answered."""
        with self._lock:
            self._must_be(kind, record_id, Stage.READY)
            return self.tables.put(Kind(kind), record_id, stage=Stage.RETRIEVED)

    def reject(self, kind: Kind | str, record_id: int, comment: str = "") -> StagedItem:
        """Give a record back to who sent it, with a comment; one that failed to export too."""
        with self._lock:
            self._must_be(kind, record_id, Stage.READY, Stage.FAILED)
            return self.tables.put(Kind(kind), record_id, stage=Stage.REJECTED, comment=comment)

    def accept(self, kind: Kind | str, record_id: int, **fields: str) -> Request:
        """Accept and export one record.

        `code` is what it shall be called in the accounting system; other fields are the connector's. A job
        takes another code only if it failed and the failure's words hold "code" (workflows, W1).
        """
        return self.accept_all(kind, [record_id], **fields)[-1]

    def accept_all(self, kind: Kind | str, record_ids: Iterable[int], **fields: str) -> list[Request]:
        """Accept and export many: requisitions and standard codes in one request, else one each."""
        kind = Kind(kind)
        with self._lock:
            wanted = {record_id: self._accepted(kind, record_id, fields) for record_id in record_ids}
            if kind in _BATCHED:
                return [self._export(kind, wanted)]
            return [self._export(kind, {record_id: typed}) for record_id, typed in wanted.items()]

    def pay(self, requisition_id: int, amount: Decimal, *, bank: str = "primary", check: str = "") -> Payment:
        """Pay a synced invoice with Procore Pay, and export the payment; else raises ForbiddenMoveError."""
        with self._lock:
            invoice = self._state.invoices.get(requisition_id)
            if not self.origin_of(Kind.REQUISITION, requisition_id):
                raise ForbiddenMoveError(f"requisition {requisition_id} is not synced")
            row = self._state.payments.create(
                invoice.contract_id,
                amount,
                self._today(),
                requisition_id=requisition_id,
                invoice_number=invoice.invoice_number,
                invoice_date=invoice.billing_date,
                draw_request_number=invoice.number,
                bank_id=bank,
                check_number=check or None,
                status="paid",
            )
            try:
                self.send(Kind.PAYMENT, row.id)
                self.accept(Kind.PAYMENT, row.id)
            except ForbiddenMoveError:
                self._state.payments.delete(row.id)
                self.tables.take_out(Kind.PAYMENT, row.id)
                raise
            return row

    def item(self, kind: Kind | str, record_id: int) -> StagedItem:
        """The record in the tool; raises ForbiddenMoveError where it was never sent."""
        row = self.tables.item(Kind(kind), record_id)
        if row is None:
            raise ForbiddenMoveError(f"{kind} {record_id} is not in ERP Integrations")
        return row

    def items(self, stage: Stage | str | None = None, kind: Kind | str | None = None) -> list[StagedItem]:
        """What the tool lists, by its filter and tab."""
        with self._lock:
            rows = self.tables.items.live()
            return [row for row in rows if stage in (None, row.stage) and kind in (None, row.kind)]

    def must_export(self, kind: Kind, record_id: int, *, again: bool = False) -> bool:
        """Whether a careful user would send the record now; one that came back only `again`."""
        stage = self._stage(kind, record_id)
        if stage not in _FREE_TO_SEND_AGAIN and not (again and stage not in _WAITING):
            return False
        item = self.tables.item(kind, record_id)
        if kind is Kind.JOB and item is not None and item.snapshot == self._snapshot(kind, record_id):
            return False
        return self.greyed(kind, record_id) is None

    def _stage(self, kind: Kind, record_id: int) -> Stage | None:
        item = self.tables.item(kind, record_id)
        return item.stage if item else None

    def _must_be(self, kind: Kind | str, record_id: int, *stages: Stage) -> None:
        item = self.item(kind, record_id)
        if item.stage not in stages:
            raise ForbiddenMoveError(f"{kind} {record_id} is {item.stage}")

    def _accepted(self, kind: Kind, record_id: int, fields: Mapping[str, str]) -> dict[str, str]:
        self._must_be(kind, record_id, Stage.READY, Stage.FAILED)
        before = self.item(kind, record_id)
        typed = {name: value for name, value in {**before.fields, **fields}.items() if value}
        known = {"code", *self.metadata.custom_fields(ENTITY_OF[kind])}
        if odd := typed.keys() - known:
            raise ForbiddenMoveError(f"nobody asks for {', '.join(sorted(odd))} of a {kind}")
        failed = before.stage is Stage.FAILED
        asked_anew = failed and any("code" in words.casefold() for words in before.messages)
        if kind is Kind.JOB and fields.get("code") and not asked_anew:
            # The tool offers a new code only where the connector's words speak of it.
            raise ForbiddenMoveError(f"{kind} {record_id} does not ask for another code")
        if failed and (grey := greyed(self._state, self, kind, record_id)):
            raise ForbiddenMoveError(f"{kind} {record_id} {grey}")
        words = [
            *self._lacking(kind, record_id, typed),
            *self.metadata.problems(ENTITY_OF[kind], self._values(kind, record_id, typed)),
        ]
        if words:
            raise ForbiddenMoveError(f"{kind} {record_id}: {'; '.join(words)}")
        return typed

    def _lacking(self, kind: Kind, record_id: int, typed: Mapping[str, str]) -> list[str]:
        """What the approver has yet to fill in."""
        entity = ENTITY_OF[kind]
        words = [
            f"{name} is missing" for name in self.metadata.required_fields(entity) if not typed.get(name)
        ]
        code = self._code(kind, record_id, typed)
        if kind is Kind.COMMITMENT:
            if not code:
                words.append("its id in the accounting system is missing")
            elif not self.metadata.is_on(entity, "allow_duplicate_codes") and self._is_used(record_id, code):
                words.append(f"{code} is the id of another synced commitment")
        return words

    def _is_used(self, record_id: int, code: str) -> bool:
        rows = (row for row in self._state.commitments() if row.id != record_id and row.origin_id)
        return any(code in (row.origin_code, self._typed_code(row.id) or row.number) for row in rows)

    def _values(self, kind: Kind, record_id: int, typed: Mapping[str, str]) -> Json:
        """A record's attributes by the names that the metadata's rules use: those of its request."""
        code = self._code(kind, record_id, typed)
        shown = self._shown_of(kind, record_id, typed)
        if code:
            shown |= {"code": code, "origin_code": code}
        elif kind in CODED:
            shown = {name: value for name, value in shown.items() if name not in ("code", "origin_code")}
        return {**shown, **typed}

    def _export(self, kind: Kind, wanted: Mapping[int, Mapping[str, str]]) -> Request:
        request = self._begin(self._name(kind, next(iter(wanted))))
        details = {record_id: self._detail(request, Purpose.EXPORT, kind, record_id) for record_id in wanted}
        data, around = self._request_data(kind, wanted, details)
        for record_id, typed in wanted.items():
            self.tables.put(
                kind,
                record_id,
                stage=Stage.EXPORTING,
                messages=(),
                fields=dict(typed),
                snapshot=self._snapshot(kind, record_id),
            )
        return self._publish(request, data, around)

    def _today(self) -> date:
        return self._state.clock.now().date()
