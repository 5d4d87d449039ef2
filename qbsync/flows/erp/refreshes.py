"""The Refresh buttons of Procore's ERP tool: QuickBooks is read first, then Procore is told what it has.

What QuickBooks alone has is offered for import; what both have, and somebody changed in QuickBooks since it
was last written, is told as it is there. Procore keeps the names: QuickBooks' are shorter.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from qbsync.errors import ProcoreError, ProcoreUnavailableError, StateError
from qbsync.flows import offers as offering, payments
from qbsync.flows.erp import closing, exports, staging, words
from qbsync.flows.erp.staging import Offering
from qbsync.flows.linking import LISTS
from qbsync.flows.world import World
from qbsync.model.records import RecordKind
from qbsync.procore.client import ProcoreClient, number
from qbsync.procore.erp.api import ErpApi
from qbsync.procore.feeds.erp_events import Refresh, RefreshOf
from qbsync.procore.refusals import words_of_errors
from qbsync.procore.writebacks import Target
from qbsync.store import connections, erp, links, marks, names, offers, troubles, writebacks
from qbsync.store.erp import NewPart, Outcome, Purpose
from qbsync.store.erp_tables import ErpPartRow
from qbsync.store.tables import ConnectionRow

_READ: Final = {
    RefreshOf.VENDORS: "names_at",
    RefreshOf.JOBS: "names_at",
    RefreshOf.COST_CODES: "names_at",
    RefreshOf.COMMITMENTS: "orders_at",
    RefreshOf.PAYMENTS: "payments_at",
}
"""What of QuickBooks is read afresh for each, by the column that says when it last was."""
_KINDS: Final = {
    RefreshOf.VENDORS: RecordKind.VENDOR,
    RefreshOf.JOBS: RecordKind.PROJECT,
    RefreshOf.COST_CODES: RecordKind.COST_CODE,
    RefreshOf.COMMITMENTS: RecordKind.COMMITMENT,
}
_SYNCS: Final = {
    RecordKind.VENDOR: "/rest/v1.0/vendors/sync",
    RecordKind.PROJECT: "/rest/v1.0/projects/sync",
    RecordKind.COST_CODE: "/rest/v1.0/standard_cost_codes/sync",
}
"""Where what both have is told as QuickBooks has it."""
_OWED: Final = {
    RefreshOf.PAYMENTS: Target.INVOICE_PAYMENT.value,
    RefreshOf.COST_CODES: Target.COST_CODE_IMPORT.value,
}
"""What must have been told before the button is answered: these are not staged."""
_SHOWN: Final = 3


def wanted(world: World, request_id: str, event: Refresh, now: datetime) -> None:
    """Have QuickBooks read in the next session, and keep that Procore waits for it.

    QuickBooks knows neither cost types nor change orders: those are answered at once.
    """
    column = _READ.get(event.of)
    if column is None:
        exports.answer(world, request_id, event.detail, [], now)
        return
    setattr(world.connection, column, None)
    part = NewPart(
        request_id=request_id,
        detail_id=event.detail,
        purpose=Purpose.REFRESH,
        items={"of": event.of.value, "list_id": event.list_id},
    )
    erp.add_part(world.tx, world.connection.id, part, now)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """A refresh whose part of QuickBooks has been read since.

    `offering` is what Procore lacks; `changed` what it has and QuickBooks shows otherwise, for the sync
    endpoint `path`; `list_id` the list of standard cost codes; `left_out` says which items are no codes
    of it, and why. `moot` says why it fails already: QuickBooks will never be read for it, or Procore did
    not take a payment; empty where it does not.
    """

    part_id: int
    of: RefreshOf
    list_id: str = ""
    offering: Offering | None = None
    changed: tuple[Mapping[str, object], ...] = ()
    path: str = ""
    left_out: tuple[str, ...] = ()
    moot: tuple[str, ...] = ()


def ready(tx: Session, connection: ConnectionRow, now: datetime) -> list[Ready]:
    """The refreshes that can be answered now, oldest first.

    Where Procore is to be told more than a staging shows, that is owed once QuickBooks has been read: items
    to import, and payments that it refused, as they are now.
    """
    found = []
    payments_off = connections.options_of(connection).payment_minutes == 0
    for part, _ in erp.open_parts(tx, connection.id):
        if part.purpose != Purpose.REFRESH.value:
            continue
        of = RefreshOf(part.items["of"])
        if of is RefreshOf.PAYMENTS and payments_off:
            found.append(Ready(part_id=part.id, of=of, moot=(words.PAYMENTS_OFF,)))
            continue
        read_at: datetime | None = getattr(connection, _READ[of])
        if read_at is None or read_at <= part.created_at:
            continue
        if of in _OWED and not part.items.get("owed"):
            if of is RefreshOf.COST_CODES:
                _import_items(tx, connection, now)
            else:
                payments.owe_refused(tx, connection.id, now)
            part.items = {**part.items, "owed": True}
            tx.flush()
        if of not in _OWED or not _owing(tx, connection, _OWED[of]):
            found.append(_ready(tx, connection, part, of))
    return found


def _ready(tx: Session, connection: ConnectionRow, part: ErpPartRow, of: RefreshOf) -> Ready:
    kind = _KINDS.get(of)
    path = _SYNCS.get(kind, "") if kind is not None else ""
    return Ready(
        part_id=part.id,
        of=of,
        list_id=part.items.get("list_id") or erp.list_id(tx, connection.id),
        offering=staging.offering(tx, connection, kind) if kind in staging.TYPES else None,
        changed=tuple(_changed(tx, connection, kind)) if kind is not None and path else (),
        path=path,
        left_out=tuple(_items_left_out(tx, connection)) if of is RefreshOf.COST_CODES else (),
        moot=tuple(_untold(tx, connection)) if of is RefreshOf.PAYMENTS else (),
    )


def _untold(tx: Session, connection: ConnectionRow) -> Iterator[str]:
    """What Procore said of the payments that it did not take, of some of them."""
    rows = payments.refused(tx, connection.id)
    for row in rows[:_SHOWN]:
        yield words.payment_refused(row.scope["invoice_number"], row.error)
    if len(rows) > _SHOWN:
        yield words.more_payments(len(rows) - _SHOWN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """What Procore did not take: why, in words, and the origin ids of what it was offered."""

    words: tuple[str, ...] = ()
    origin_ids: frozenset[str] = frozenset()


def send(client: ProcoreClient, api: ErpApi, one: Ready) -> Refused:
    """Offer and tell; raises the client's errors where Procore cannot be offered anything now."""
    errors: list[Mapping[str, object]] = []
    if one.offering is not None and one.offering.updates:
        errors += [each for answer in api.staged_records(one.offering.updates) for each in answer.errors]
    refused = frozenset(str(each.get("origin_id")) for each in errors)
    said = [words_of_errors(each.get("errors")) for each in errors]
    if one.changed:
        scope: dict[str, object] = {"company_id": number(client.company_id)}
        if one.of is RefreshOf.COST_CODES and one.list_id:
            scope["standard_cost_code_list_id"] = number(one.list_id)
        try:
            answers = list(client.sync(one.path, scope, one.changed))
        except ProcoreUnavailableError:
            raise
        except ProcoreError as error:
            said.append(error.for_people())
        else:
            said += [words_of_errors(each.get("errors")) for answer in answers for each in answer.errors]
    return Refused(words=tuple(said), origin_ids=refused)


def subject(of: RefreshOf) -> str:
    """Under which a connection keeps what went wrong with a refresh."""
    return f"refresh of {of.value}"


def answered(tx: Session, one: Ready, refused: Refused, error: ProcoreError | None, now: datetime) -> None:
    """Close a refresh: failed where it is moot or Procore refused the whole with `error`, else done.

    What Procore `refused` of single entries is shown on the connection's page.
    """
    part = tx.get_one(ErpPartRow, one.part_id)
    connection_id = part.connection_id
    failed = list(one.moot)
    if error and not failed:
        failed = [words.not_offered(one.of.value.replace("_", " "), error.message)]
    part.outcome = Outcome.FAILED.value if failed else Outcome.SUCCESS.value
    part.messages = failed
    tx.flush()
    closing.owe(tx, connection_id, [part.detail_id], now)
    if failed:
        return
    if one.offering is not None:
        staging.offered(tx, connection_id, one.offering, refused.origin_ids)
    for update in one.changed:
        _keep_told(tx, connection_id, one, update)
    left_out = one.left_out if one.offering is None else one.offering.left_out
    said = [*refused.words[:_SHOWN], *left_out[:_SHOWN]]
    if said:
        more = len(refused.words) + len(left_out) - len(said)
        troubles.keep(
            tx,
            connection_id,
            subject(one.of),
            message=f"Procore was not offered everything that QuickBooks has: {' '.join(said)}"
            + (f" And {more} more." if more else ""),
            guidance="Mend them, then press Refresh in Procore's ERP tool again.",
            now=now,
        )


def _import_items(tx: Session, connection: ConnectionRow, now: datetime) -> None:
    """Have Procore make standard cost codes of the items that it lacks, where the connection wants that."""
    if connections.options_of(connection).import_items:
        for row in offering.items(tx, connection):
            try:
                offering.owe_import(tx, connection, row, now)
            except StateError as error:  # what seems to be in Procore already waits for a person
                row.error = error.message


def _items_left_out(tx: Session, connection: ConnectionRow) -> Iterator[str]:
    """Which items are no cost codes of Procore after a refresh, and why, in words."""
    wanted = connections.options_of(connection).import_items
    for row in offering.items(tx, connection):
        yield f"Item {row.name}: {row.error or 'it waits.' if wanted else 'option import_items is off.'}"


def _owing(tx: Session, connection: ConnectionRow, target: str) -> bool:
    """Whether Procore is still to hear of one of these."""
    rows = writebacks.due(tx, connection.id, connection.created_at, whatever_the_backoff=True)
    return any(row.target == target for row in rows)


def _changed(tx: Session, connection: ConnectionRow, kind: RecordKind) -> Iterator[Mapping[str, object]]:
    """What is linked and was changed in QuickBooks since qbsync wrote it or Procore was told of it."""
    for row in links.listing(tx, connection_id=connection.id, kind=kind.value):
        known = names.of_id(tx, connection.id, LISTS[kind], row.quickbooks_id)
        entry = offers.of_entry(tx, connection.id, kind, row.quickbooks_id)
        if known is None or entry is None or known.edit_sequence == row.edit_sequence:
            continue
        if marks.one(tx, connection.id, _mark(kind, row.procore_id)) == known.edit_sequence:
            continue
        yield {
            **{name: text for name, text in entry.fields.items() if text and name not in _kept(kind)},
            "id": number(row.procore_id),
            "origin_id": row.quickbooks_id,
            "origin_data": json.dumps({"edit_sequence": known.edit_sequence}),
        }


def _kept(kind: RecordKind) -> Sequence[str]:
    """What is Procore's own; a cost code's name is the item's description, which is whole."""
    return ("code",) if kind is RecordKind.COST_CODE else ("name", "trade_name")


def _keep_told(tx: Session, connection_id: int, one: Ready, update: Mapping[str, object]) -> None:
    data = json.loads(str(update["origin_data"]))
    marks.put(tx, connection_id, _mark(_KINDS[one.of], str(update["id"])), data["edit_sequence"])


def _mark(kind: RecordKind, procore_id: str) -> str:
    return f"erp/as_in_quickbooks/{kind.value}/{procore_id}"
