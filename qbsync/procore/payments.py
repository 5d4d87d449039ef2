"""Payments issued on a commitment, brought to what QuickBooks has: looked for first, so that none is doubled.

A payment that carries an origin id can be neither changed nor deleted (reference, 2.9 and 3.9): the id is
taken off, the payment changed, and the id set again. The id that Procore gave it is kept before that:
whatever dies in between, the next try finds the payment by one of the two and goes on.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any, Final, TypeAlias

from qbsync.errors import (
    ProcoreForbiddenError,
    ProcoreMissingError,
    ProcorePayloadError,
    ProcoreRefusedError,
    ProcoreUnavailableError,
)
from qbsync.procore.client import ProcoreClient, number
from qbsync.procore.payloads.payments import ContractPaymentPayload
from qbsync.procore.payloads.shape import read
from qbsync.procore.writebacks import Result, Writeback

Scope: TypeAlias = Mapping[str, int | str]
Keep: TypeAlias = Callable[[Writeback, str], None]
"""Keeps the id that Procore gave a payment, so that it is found again without its origin id."""
_PATH: Final = "/rest/v1.0/contract_payments"


GONE: Final = "gone"
"""Stands as the amount of a payment that Procore is not to have any more."""
HELD_AS: Final = "held_as"
"""In a scope: Procore's id of a payment that has lost ours."""


def send(
    client: ProcoreClient,
    writebacks: Sequence[Writeback],
    keep: Keep = lambda _one, _procore_id: None,
    known_ids: Collection[str] = (),
) -> Iterator[Result]:
    """Make Procore have each of these payments, once; one list a commitment, then a call or a few each.

    A write-back's scope holds project_id, contract_id, procore_id and the payment's own fields. `keep` is
    called with an id that is not yet in its scope before anything else is done to that payment. `known_ids`
    are those of all payments that Procore was told: no person typed one of them. Refusals and trouble of one
    payment are told of it alone; ProcoreAuthError, ProcoreLimitedError and
    ProcoreUnavailableError without an answer are raised.
    """
    by_contract: dict[tuple[str, str], list[Writeback]] = {}
    for one in writebacks:
        by_contract.setdefault((one.scope["project_id"], one.scope["contract_id"]), []).append(one)
    for (project_id, contract_id), members in by_contract.items():
        scope = {"project_id": number(project_id), "contract_id": number(contract_id)}
        there: list[ContractPaymentPayload] | None = None
        for one in members:
            try:
                there = issued_on(client, scope) if there is None else there
                procore_id = _Payment(client, scope, one, keep, known_ids).bring_about(there)
                there = [row for row in there if row.id != procore_id]
                yield Result(id=one.id, refused=None, procore_id=procore_id)
            except (ProcoreForbiddenError, ProcoreMissingError, ProcoreRefusedError) as error:
                yield Result(id=one.id, refused=error.for_people())
            except (ProcoreUnavailableError, ProcorePayloadError) as error:
                if isinstance(error, ProcoreUnavailableError) and "status" not in error.context:
                    raise
                there = None
                yield Result(id=one.id, refused=None, postponed=error)


def issued_on(client: ProcoreClient, scope: Scope) -> list[ContractPaymentPayload]:
    """The payments issued on a commitment; `scope` holds its project_id and contract_id."""
    query = {key: str(value) for key, value in scope.items()}
    return [read(ContractPaymentPayload, raw, what="a payment") for raw in client.get_all(_PATH, query)]


class _Payment:
    """One payment that is brought about."""

    def __init__(
        self, client: ProcoreClient, scope: Scope, wanted: Writeback, keep: Keep, known_ids: Collection[str]
    ) -> None:
        self._client = client
        self._scope = scope
        self._wanted = wanted
        self._keep = keep
        self._known_ids = known_ids

    def bring_about(self, held: Sequence[ContractPaymentPayload]) -> str:
        """The payment's id in Procore, empty where it is gone; `held` are those of its commitment."""
        origin_id, fields = self._wanted.item_id, _fields(self._wanted)
        found, doubles = _ours(held, self._wanted)
        for row in doubles:
            self._remove(row)
        if self._wanted.scope["amount"] == GONE:
            if found is not None:
                self._know(found)
                self._remove(found)
            return ""
        typed = [row for row in held if row.id not in self._known_ids]
        found = found or _unmarked(typed, self._wanted) or self._made({**fields, "origin_id": origin_id})
        self._know(found)
        if found.origin_id != origin_id or not found.says(fields):
            if found.origin_id:
                self._patch(found, {"origin_id": None})
            self._patch(found, fields)
            self._patch(found, {"origin_id": origin_id})
        return found.id

    def _know(self, found: ContractPaymentPayload) -> None:
        if found.id != self._wanted.scope.get("procore_id"):
            self._keep(self._wanted, found.id)

    def _made(self, fields: Mapping[str, object]) -> ContractPaymentPayload:
        """The new payment; that which is there where Procore refuses because someone made it meanwhile."""
        given = {name: value for name, value in fields.items() if value is not None}
        try:
            made = self._client.post(_PATH, {**self._scope, "contract_payment": given})
        except ProcoreRefusedError:
            found, _ = _ours(issued_on(self._client, self._scope), self._wanted)
            if found is None:
                raise
            return found
        return read(ContractPaymentPayload, _inner(made), what="a payment")

    def _remove(self, found: ContractPaymentPayload) -> None:
        if found.origin_id:
            self._patch(found, {"origin_id": None})
        query = {key: str(value) for key, value in self._scope.items()}
        try:
            self._client.delete(f"{_PATH}/{found.id}", query)
        except ProcoreMissingError:
            return  # an answer was lost: it is gone already

    def _patch(self, found: ContractPaymentPayload, fields: Mapping[str, object]) -> None:
        body = {**self._scope, "contract_payment": dict(fields)}
        self._client.patch(f"{_PATH}/{found.id}", body, repeatable=True)


def _ours(
    held: Sequence[ContractPaymentPayload], wanted: Writeback
) -> tuple[ContractPaymentPayload | None, list[ContractPaymentPayload]]:
    """The payment that Procore has already, and those that carry its origin id a second time."""
    carrying = [row for row in held if row.origin_id == wanted.item_id]
    if carrying:
        return carrying[0], carrying[1:]
    return next((row for row in held if row.id == wanted.scope.get("procore_id")), None), []


def _unmarked(held: Sequence[ContractPaymentPayload], wanted: Writeback) -> ContractPaymentPayload | None:
    """The one payment of that invoice and check that has no origin id: a person typed it."""
    check, invoice = wanted.scope.get("check_number"), wanted.scope["requisition_id"]
    found = [
        row
        for row in held
        if not row.origin_id and check and (row.check_number, row.requisition_id) == (check, invoice)
    ]
    return found[0] if len(found) == 1 else None


def _fields(wanted: Writeback) -> dict[str, object]:
    """What Procore is to have; None takes off a check number that QuickBooks has no longer."""
    texts = ("amount", "date", "invoice_number", "payment_method")
    fields: dict[str, object] = {name: wanted.scope[name] for name in texts if wanted.scope.get(name)}
    check = wanted.scope.get("check_number") or None
    return {**fields, "check_number": check, "requisition_id": number(wanted.scope["requisition_id"])}


def _inner(answer: Any) -> Any:  # noqa: ANN401  # JSON
    return answer.get("data", answer) if isinstance(answer, dict) else answer
