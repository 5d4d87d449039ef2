"""What the ERP platform is owed, sent in bulk: external data first, then assignments, transactions, payments.

Request details are closed by `closings`, apart: each once, after everything else of its records.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, Final

from qbsync.errors import (
    ProcoreError,
    ProcoreForbiddenError,
    ProcoreMissingError,
    ProcorePayloadError,
    ProcoreRefusedError,
    ProcoreUnavailableError,
)
from qbsync.procore.client import SYNC_LIMIT, number
from qbsync.procore.erp.api import Closing, ErpApi, Taken, Update
from qbsync.procore.payments import HELD_AS, issued_on
from qbsync.procore.refusals import words_of_errors
from qbsync.procore.writebacks import Result, Target, Writeback

_INVOICE: Final = "Billings::Requisition"
_ORDER: Final = (
    Target.EXTERNAL_DATA,
    Target.COST_TYPE_ASSIGNMENT,
    Target.ERP_TRANSACTION,
    Target.INVOICE_PAYMENT,
)
_PAID: Final = ("amount", "date", "check_number", "payment_method")
"""A payment's own fields: not documented for this endpoint, named as those of contract payments are."""
_NOT_ACCEPTED: Final = "422"
_Owed = Sequence[Writeback]


def send(api: ErpApi, writebacks: _Owed) -> Iterator[Result]:
    """Tell the ERP platform, and yield a result for each as soon as its call was answered.

    A call that Procore refuses whole refuses its items; trouble at Procore postpones them and the others go
    on. ProcoreAuthError, ProcoreLimitedError and ProcoreUnavailableError without an answer are raised.
    """
    for target in _ORDER:
        mine = [one for one in writebacks if one.target is target]
        for group in _groups(mine):
            yield from _guarded(group, partial(_SENDERS[target], api, group))


def closings(api: ErpApi, writebacks: _Owed) -> Iterator[Result]:
    """Close request details, in one call where there are several and Procore takes that.

    What that call refuses is closed by itself, which says why. Only values that Procore does not accept (422)
    refuse a close for good: a right that is missing, or an endpoint or detail that is not there, may come.
    Raises as `send` does.
    """
    singly = writebacks
    if len(writebacks) > 1:
        try:
            taken = api.close_all([_closing(one) for one in writebacks])
        except (ProcoreMissingError, ProcoreRefusedError):
            pass  # the bulk form is uncertain (section 7): one by one
        except ProcoreError as error:
            yield from _put_off(writebacks, error)
            return
        else:
            singly = [one for one in writebacks if _refused(taken, _is_detail(one)) is not None]
            left = {one.id for one in singly}
            yield from (Result(id=one.id, refused=None) for one in writebacks if one.id not in left)
    for one in singly:
        yield from _close(api, one)


def _close(api: ErpApi, one: Writeback) -> Iterator[Result]:
    try:
        api.close(_closing(one))
    except ProcoreError as error:
        if isinstance(error, ProcoreRefusedError) and error.context.get("status") == _NOT_ACCEPTED:
            yield Result(id=one.id, refused=error.for_people())
            return
        yield from _put_off([one], error)
    else:
        yield Result(id=one.id, refused=None)


def _put_off(group: _Owed, error: ProcoreError) -> Iterator[Result]:
    """Postpone details for anything but what keeps everything else waiting too."""
    if isinstance(error, ProcoreForbiddenError | ProcoreMissingError | ProcoreRefusedError):
        yield from (Result(id=one.id, refused=None, postponed=error) for one in group)
        return
    yield from _in_trouble(group, error)


def _closing(writeback: Writeback) -> Closing:
    messages = json.loads(writeback.scope.get("messages") or "[]")
    return Closing(detail_id=writeback.item_id, messages=tuple(messages))


def _groups(writebacks: _Owed) -> Iterator[list[Writeback]]:
    """One call's worth: one project where the target has one, at most 1000, no item twice.

    Payments that have lost their id are apart: they take another call before.
    """
    by_project: dict[tuple[str, bool], list[Writeback]] = {}
    for one in writebacks:
        place = one.scope.get("project_id", ""), HELD_AS in one.scope
        by_project.setdefault(place, []).append(one)
    for members in by_project.values():
        group: dict[str, Writeback] = {}
        for one in members:
            if one.item_id in group or len(group) == SYNC_LIMIT:
                yield list(group.values())
                group = {}
            group[one.item_id] = one
        yield list(group.values())


def _guarded(group: _Owed, call: Callable[[], list[Result]]) -> Iterator[Result]:
    try:
        yield from call()
    except (ProcoreForbiddenError, ProcoreMissingError, ProcoreRefusedError) as error:
        yield from (Result(id=one.id, refused=error.for_people()) for one in group)
    except (ProcoreUnavailableError, ProcorePayloadError) as error:
        yield from _in_trouble(group, error)


def _in_trouble(group: _Owed, error: ProcoreError) -> Iterator[Result]:
    """Postpone what met trouble at Procore; raise what keeps everything else waiting too."""
    if not isinstance(error, ProcoreUnavailableError | ProcorePayloadError):
        raise error
    if isinstance(error, ProcoreUnavailableError) and "status" not in error.context:
        raise error
    yield from (Result(id=one.id, refused=None, postponed=error) for one in group)


def _external(api: ErpApi, group: list[Writeback]) -> list[Result]:
    updates = [
        _item(one.item_id, one.origin_id, origin_data=one.origin_data, origin_code=one.origin_code)
        for one in group
    ]
    taken = api.external_data(updates)
    return [Result(id=one.id, refused=_unset(taken, one)) for one in group]


def _item(item: str, origin_id: str | None, **extra: str | None) -> dict[str, object]:
    """The id of an item "type:id"; None takes it off."""
    item_type, _, item_id = item.partition(":")
    update: dict[str, object] = {"item_type": item_type, "item_id": number(item_id), "origin_id": origin_id}
    return {**update, **{key: value for key, value in extra.items() if value is not None}}


def _unset(taken: Taken, one: Writeback) -> str | None:
    """Why an item does not carry its id now; None where it does, or where Procore shows no item at all."""
    item_type, _, item_id = one.item_id.partition(":")

    def is_it(shown: Mapping[str, Any]) -> bool:
        return (shown.get("item_type"), str(shown.get("item_id"))) == (item_type, item_id)

    refused = _refused(taken, is_it)
    if refused is not None or not taken.entities:
        return refused
    shown = next((entity for entity in taken.entities if is_it(entity)), None)
    what = f"{item_type.replace('_', ' ')} {item_id}"
    if shown is None:
        return f"Procore did not say whether it took the id of {what}."
    kept = shown.get("origin_id") or None
    if kept == (one.origin_id or None):
        return None
    return f"Procore keeps the id {kept!r} of {what} in place of {one.origin_id!r}."


def _assign(api: ErpApi, group: list[Writeback]) -> list[Result]:
    updates: list[Update] = []
    for one in group:
        code, _, cost_type = one.item_id.partition(":")
        updates.append({"cost_code_id": number(code), "line_item_type_id": number(cost_type), "synced": True})
    taken = api.assignments(group[0].scope["project_id"], updates)

    def is_of(one: Writeback) -> Callable[[Mapping[str, Any]], bool]:
        return lambda shown: f"{shown.get('cost_code_id')}:{shown.get('line_item_type_id')}" == one.item_id

    return [Result(id=one.id, refused=_refused(taken, is_of(one))) for one in group]


def _transact(api: ErpApi, group: list[Writeback]) -> list[Result]:
    updates = [{"id": number(one.item_id), "origin_id": one.origin_id, "synced": True} for one in group]
    taken = api.transactions(group[0].scope["project_id"], updates)
    return [Result(id=one.id, refused=_refused(taken, _is_detail(one))) for one in group]


def _pay(api: ErpApi, group: list[Writeback]) -> list[Result]:
    """Tell of payments; one that has lost its id in Procore gets it back first, else it would stand twice."""
    nameless = _name_again(api, [one for one in group if HELD_AS in one.scope])
    refused = [Result(id=one.id, refused=nameless[one.id]) for one in group if one.id in nameless]
    told = [one for one in group if one.id not in nameless]
    if not told:
        return refused
    taken = api.payments([_payment(one) for one in told])

    def is_of(one: Writeback) -> Callable[[Mapping[str, Any]], bool]:
        return lambda shown: shown.get("origin_id") == one.item_id

    return refused + [Result(id=one.id, refused=_refused(taken, is_of(one)), procore_id="") for one in told]


def _name_again(api: ErpApi, lost: _Owed) -> dict[int, str]:
    """Give payments their ids back; why Procore did not, of each that stands there all the same.

    Nothing says by which name external data know a payment that was told. One that is refused as an invoice
    payment, and is not among its commitment's, was deleted since: it may be made anew.
    """
    as_invoice = _named_as("invoice_payment", api, lost)
    standing = _standing(api, [one for one in lost if as_invoice[one.id]])
    as_contract = _named_as("contract_payment", api, standing)
    return {
        one: f"It would stand twice without its id. {as_invoice[one]} As a contract payment: {said}"
        for one, said in as_contract.items()
        if said
    }


def _named_as(item_type: str, api: ErpApi, lost: _Owed) -> dict[int, str]:
    """Give payments of that type their ids back; what Procore said of each, empty where it did."""
    if not lost:
        return {}
    items = [replace(one, item_id=f"{item_type}:{one.scope[HELD_AS]}", origin_id=one.item_id) for one in lost]
    return {result.id: result.refused or "" for result in _external(api, items)}


def _standing(api: ErpApi, lost: _Owed) -> list[Writeback]:
    """Those of the payments that Procore lists; each commitment's are listed once."""
    contracts = {(one.scope["project_id"], one.scope["contract_id"]) for one in lost}
    there = {
        row.id: row.requisition_id
        for project_id, contract_id in contracts
        for row in issued_on(
            api.client, {"project_id": number(project_id), "contract_id": number(contract_id)}
        )
    }
    return [one for one in lost if there.get(one.scope[HELD_AS], "") in (None, one.scope["requisition_id"])]


def _payment(one: Writeback) -> dict[str, object]:
    """A payment as it is; one that is void or deleted comes to nothing, for no call that unlinks is known."""
    fields = {name: one.scope[name] for name in _PAID if one.scope.get(name)}
    return {
        "invoice_type": _INVOICE,
        "invoice_id": number(one.scope["requisition_id"]),
        "origin_id": one.item_id,
        "origin_code": one.scope.get("check_number", ""),
        **fields,
        "amount": "0.00" if one.origin_id is None else one.scope["amount"],
    }


_SENDERS: Final[Mapping[Target, Callable[[ErpApi, list[Writeback]], list[Result]]]] = {
    Target.EXTERNAL_DATA: _external,
    Target.COST_TYPE_ASSIGNMENT: _assign,
    Target.ERP_TRANSACTION: _transact,
    Target.INVOICE_PAYMENT: _pay,
}


def _is_detail(one: Writeback) -> Callable[[Mapping[str, Any]], bool]:
    return lambda shown: str(shown.get("id")) == one.item_id


def _refused(taken: Taken, is_it: Callable[[Mapping[str, Any]], bool]) -> str | None:
    """Procore's words about an item that it refused; None where it did not."""
    error = next((one for one in taken.errors if is_it(one)), None)
    if error is None:
        return None
    said = words_of_errors(error.get("errors"))
    return f"Procore refused it. Procore said: {said}" if said else "Procore refused it without a reason."
