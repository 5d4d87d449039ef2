"""The Refresh buttons of Procore's ERP tool: QuickBooks is read first, then Procore is told what it has."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from qbsync.errors import ProcoreError
from qbsync.flows.erp import closing, exports, words
from qbsync.flows.world import World
from qbsync.model.offers import OfferState
from qbsync.model.records import RecordKind
from qbsync.procore.feeds.erp_events import Refresh, RefreshOf
from qbsync.procore.writebacks import Target
from qbsync.store import connections, erp, marks, offers, writebacks
from qbsync.store.erp import NewPart, Outcome, Purpose
from qbsync.store.erp_tables import ErpPartRow
from qbsync.store.tables import ConnectionRow

_READ: Final = {
    RefreshOf.VENDORS: "names_at",
    RefreshOf.JOBS: "names_at",
    RefreshOf.COST_CODES: "names_at",
    RefreshOf.PAYMENTS: "payments_at",
}
"""What of QuickBooks is read afresh for each, by the column that says when it last was."""
_STAGED: Final = {RefreshOf.VENDORS: RecordKind.VENDOR, RefreshOf.JOBS: RecordKind.PROJECT}
"""What is offered for import; standard cost codes cannot be staged (section 4.7)."""


def wanted(world: World, request_id: str, event: Refresh, now: datetime) -> None:
    """Have QuickBooks read in the next session, and keep that Procore waits for it.

    QuickBooks knows neither cost types nor change orders, so those are answered at once.
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
    """A refresh whose part of QuickBooks has been read since: what Procore is to be offered for import.

    `moot` says why QuickBooks will never be read for it, empty where it was.
    """

    part_id: int
    of: RefreshOf
    updates: tuple[Mapping[str, object], ...] = ()
    moot: str = ""


def ready(tx: Session, connection: ConnectionRow) -> list[Ready]:
    """The refreshes that can be answered now, oldest first."""
    found = []
    payments_off = connections.options_of(connection).payment_minutes == 0
    for part, _ in erp.open_parts(tx, connection.id):
        if part.purpose != Purpose.REFRESH.value:
            continue
        of = RefreshOf(part.items["of"])
        read_at: datetime | None = getattr(connection, _READ[of])
        if of is RefreshOf.PAYMENTS and payments_off:
            found.append(Ready(part_id=part.id, of=of, moot=words.PAYMENTS_OFF))
        elif (
            read_at is not None
            and read_at > part.created_at
            and not (of is RefreshOf.PAYMENTS and _owing(tx, connection))
        ):
            found.append(Ready(part_id=part.id, of=of, updates=tuple(_staged(tx, connection, of))))
    return found


def subject(of: RefreshOf) -> str:
    """Under which a connection keeps what went wrong with a refresh."""
    return f"refresh of {of.value}"


def answered(
    tx: Session, one: Ready, refused: Sequence[str], error: ProcoreError | None, now: datetime
) -> None:
    """Close a refresh: failed where it is moot or Procore refused the whole `error`, else done.

    What Procore `refused` of single entries is shown on the connection's page.
    """
    part = tx.get_one(ErpPartRow, one.part_id)
    said = one.moot or (words.not_offered(one.of.value.replace("_", " "), error.message) if error else "")
    part.outcome = Outcome.FAILED.value if said else Outcome.SUCCESS.value
    part.messages = [said] if said else []
    tx.flush()
    closing.owe(tx, part.connection_id, [part.detail_id], now)
    if refused:
        marks.trouble(
            tx,
            part.connection_id,
            subject(one.of),
            message=f"Procore did not take all of QuickBooks' entries for import: {'; '.join(refused[:3])}.",
            guidance="Mend them in QuickBooks, then press Refresh in Procore's ERP tool again.",
            now=now,
        )


def _owing(tx: Session, connection: ConnectionRow) -> bool:
    """Whether Procore is still to hear of a payment."""
    rows = writebacks.due(tx, connection.id, connection.created_at, whatever_the_backoff=True)
    return any(row.target == Target.INVOICE_PAYMENT.value for row in rows)


def _staged(tx: Session, connection: ConnectionRow, of: RefreshOf) -> Iterator[Mapping[str, object]]:
    """What QuickBooks has and Procore lacks; nobody is offered what a person archived here."""
    kind = _STAGED.get(of)
    if kind is None:
        return
    rows = offers.listing(tx, connection_id=connection.id, kinds=(kind,), state=OfferState.OFFERED)
    for row in rows:
        yield {
            "item_type": kind.value,
            "origin_id": row.list_id,
            "status": "staged",
            "data": {name: value for name, value in row.fields.items() if value},
        }
