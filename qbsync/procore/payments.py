"""Payments issued on a commitment, brought to what QuickBooks has: looked for first, so that none is doubled.

A payment that carries an origin id can be neither changed nor deleted (reference, 2.9 and 3.9): the id is
taken off, the payment changed, and the id set again. Whatever dies in between, the next try finds the payment
by its origin id or by the id that Procore gave it, and goes on.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
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
_PATH: Final = "/rest/v1.0/contract_payments"


GONE: Final = "gone"
"""Stands as the amount of a payment that Procore is not to have any more."""


def send(client: ProcoreClient, writebacks: Sequence[Writeback]) -> Iterator[Result]:
    """Make Procore have each of these payments, once; one list a commitment, then a call or a few each.

    A write-back's scope holds project_id, contract_id, procore_id and the payment's own fields. Refusals and
    trouble of one payment are told of it alone; ProcoreAuthError, ProcoreLimitedError and
    ProcoreUnavailableError without an answer are raised.
    """
    by_contract: dict[tuple[str, str], list[Writeback]] = {}
    for one in writebacks:
        by_contract.setdefault((one.scope["project_id"], one.scope["contract_id"]), []).append(one)
    for (project_id, contract_id), members in by_contract.items():
        scope = {"project_id": number(project_id), "contract_id": number(contract_id)}
        held: list[ContractPaymentPayload] | None = None
        for one in members:
            try:
                held = _held(client, scope) if held is None else held
                yield Result(id=one.id, refused=None, procore_id=_bring_about(client, scope, held, one))
            except (ProcoreForbiddenError, ProcoreMissingError, ProcoreRefusedError) as error:
                yield Result(id=one.id, refused=error.for_people())
            except (ProcoreUnavailableError, ProcorePayloadError) as error:
                if isinstance(error, ProcoreUnavailableError) and "status" not in error.context:
                    raise
                held = None
                yield Result(id=one.id, refused=None, postponed=error)


def _held(client: ProcoreClient, scope: Scope) -> list[ContractPaymentPayload]:
    query = {key: str(value) for key, value in scope.items()}
    return [read(ContractPaymentPayload, raw, what="a payment") for raw in client.get_all(_PATH, query)]


def _bring_about(
    client: ProcoreClient, scope: Scope, held: Sequence[ContractPaymentPayload], wanted: Writeback
) -> str:
    """The payment's id in Procore, empty where it is gone."""
    origin_id, fields = wanted.item_id, _fields(wanted)
    found, doubles = _ours(held, wanted)
    for row in doubles:
        _remove(client, scope, row)
    if wanted.scope["amount"] == GONE:
        if found is not None:
            _remove(client, scope, found)
        return ""
    if found is None:
        found = _made(client, scope, {**fields, "origin_id": origin_id}, wanted)
    if found.origin_id != origin_id or not found.says(fields):
        if found.origin_id:
            _patch(client, scope, found.id, {"origin_id": None})
        _patch(client, scope, found.id, fields)
        _patch(client, scope, found.id, {"origin_id": origin_id})
    return found.id


def _ours(
    held: Sequence[ContractPaymentPayload], wanted: Writeback
) -> tuple[ContractPaymentPayload | None, list[ContractPaymentPayload]]:
    """The payment that Procore has already, and those that carry its origin id a second time."""
    carrying = [row for row in held if row.origin_id == wanted.item_id]
    if carrying:
        return carrying[0], carrying[1:]
    return next((row for row in held if row.id == wanted.scope.get("procore_id")), None), []


def _made(
    client: ProcoreClient, scope: Scope, fields: Mapping[str, object], wanted: Writeback
) -> ContractPaymentPayload:
    """The new payment; the one that is there where Procore refuses because someone made it meanwhile."""
    try:
        made = client.post(_PATH, {**scope, "contract_payment": fields})
    except ProcoreRefusedError:
        found, _ = _ours(_held(client, scope), wanted)
        if found is None:
            raise
        return found
    return read(ContractPaymentPayload, _inner(made), what="a payment")


def _fields(wanted: Writeback) -> dict[str, object]:
    texts = ("amount", "date", "check_number", "invoice_number", "payment_method")
    fields: dict[str, object] = {name: wanted.scope[name] for name in texts if wanted.scope.get(name)}
    return {**fields, "requisition_id": number(wanted.scope["requisition_id"])}


def _remove(client: ProcoreClient, scope: Scope, found: ContractPaymentPayload) -> None:
    if found.origin_id:
        _patch(client, scope, found.id, {"origin_id": None})
    try:
        client.delete(f"{_PATH}/{found.id}", {key: str(value) for key, value in scope.items()})
    except ProcoreMissingError:
        return  # an answer was lost: it is gone already


def _patch(client: ProcoreClient, scope: Scope, payment_id: str, fields: Mapping[str, object]) -> None:
    client.patch(f"{_PATH}/{payment_id}", {**scope, "contract_payment": dict(fields)}, repeatable=True)


def _inner(answer: Any) -> Any:  # noqa: ANN401  # JSON
    return answer.get("data", answer) if isinstance(answer, dict) else answer
