"""Offers: what QuickBooks has and Procore lacks, kept up by the sweep, and what a person decides about it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from qbsync.errors import StateError
from qbsync.flows import linking
from qbsync.flows.review import Desk
from qbsync.mapping.imports import entry_of
from qbsync.model.likeness import Alike, Grade, Likeness
from qbsync.model.offers import IMPORTED_KINDS, OfferEvent, OfferState, move
from qbsync.model.options import Options
from qbsync.model.records import RecordKey, RecordKind
from qbsync.procore.imports import TARGETS
from qbsync.qbxml.parse import Ret
from qbsync.store import audit, connections, links, offers, writebacks
from qbsync.store.offer_tables import OfferRow
from qbsync.store.offers import Unlinked
from qbsync.store.tables import ConnectionRow
from qbsync.store.writebacks import Owed

MOST = 3
"""Suggestions for one offer."""
_DELETED = {
    "Vendor": RecordKind.VENDOR,
    "Customer": RecordKind.PROJECT,
    "ItemService": RecordKind.COST_CODE,
    "PurchaseOrder": RecordKind.COMMITMENT,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A record of Procore that may be what is offered, why, and whether that is sure."""

    key: RecordKey
    label: str
    reason: str
    sure: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """One row of the list: the offer, whether Procore is being asked, and what it may be."""

    row: OfferRow
    importing: bool
    candidates: tuple[Candidate, ...]


def seen(tx: Session, connection_id: int, rets: Iterable[Ret], now: datetime) -> None:
    """Keep what a page of QuickBooks' lists shows, and drop what it says is deleted."""
    entries = []
    for ret in rets:
        if ret.tag in ("ListDeletedRet", "TxnDeletedRet"):
            kind = _DELETED.get(ret.text("ListDelType") or ret.text("TxnDelType"))
            if kind is not None:
                offers.forget(tx, connection_id, kind, ret.text("ListID") or ret.text("TxnID"))
        elif (entry := entry_of(ret)) is not None:
            entries.append(entry)
    offers.save(tx, connection_id, entries, now)


def listing(
    tx: Session,
    connection: ConnectionRow,
    *,
    kind: RecordKind | None = None,
    state: OfferState | None = None,
    limit: int | None = None,
) -> list[Offer]:
    """What is or was offered on a connection, with suggestions for what waits; items only where imported."""
    options = connections.options_of(connection)
    kinds = [one for one in _kinds(options) if kind in (None, one)]
    rows = [
        row
        for row in offers.listing(tx, connection_id=connection.id, kinds=kinds, state=state, limit=limit)
        if not _is_retainage(row, options)
    ]
    waiting = {RecordKind(row.kind) for row in rows if row.state == OfferState.OFFERED.value}
    known = {one: _Known(tx, connection.id, one) for one in waiting}
    open_now = {one: _importing(tx, connection.id, one, rows) for one in kinds}
    return [
        Offer(
            row=row,
            importing=row.list_id in open_now[RecordKind(row.kind)],
            candidates=known[RecordKind(row.kind)].like(row) if row.state == OfferState.OFFERED.value else (),
        )
        for row in rows
    ]


def items(tx: Session, connection: ConnectionRow) -> list[OfferRow]:
    """Items that wait to be made cost codes, but for the retainage item; also where that is switched off."""
    options = connections.options_of(connection)
    rows = offers.listing(
        tx, connection_id=connection.id, kinds=(RecordKind.COST_CODE,), state=OfferState.OFFERED
    )
    return [row for row in rows if not _is_retainage(row, options)]


def everywhere(
    tx: Session,
    connection: str | None,
    *,
    kind: RecordKind | None = None,
    state: OfferState | None = None,
    limit: int | None = None,
) -> list[dict[str, Any]]:
    """Offers of one connection by name, or of all by theirs, as `values`; at most `limit` of them.

    Connections without any, and those behind the limit, are not looked at.
    """
    if connection is None:
        some = offers.connections_with(tx, state)
        chosen = [one for one in connections.every(tx) if one.id in some]
    else:
        chosen = [connections.named(tx, connection)]
    found: list[dict[str, Any]] = []
    for one in chosen:
        left = None if limit is None else limit - len(found)
        if left == 0:
            break
        found += values(tx, one, listing(tx, one, kind=kind, state=state, limit=left))
    return found


def _kinds(options: Options) -> tuple[RecordKind, ...]:
    return tuple(kind for kind in IMPORTED_KINDS if kind is not RecordKind.COST_CODE or options.import_items)


def _is_retainage(row: OfferRow, options: Options) -> bool:
    held = options.retainage_item.casefold()
    return row.kind == RecordKind.COST_CODE.value and row.name.casefold() == held


def _importing(tx: Session, connection_id: int, kind: RecordKind, rows: Sequence[OfferRow]) -> set[str]:
    waiting = [row.list_id for row in rows if row.kind == kind.value]
    return writebacks.open_items(tx, connection_id, TARGETS[kind].value, waiting)


class _Known:
    """Records of Procore of one kind that are linked to nothing, found by name or by the id they carry."""

    def __init__(self, tx: Session, connection_id: int, kind: RecordKind) -> None:
        records = offers.unlinked(tx, connection_id, kind)
        self._kind = kind
        self._carrying = {one.foreign_id: one for one in records if one.foreign_id}
        self._alike = Alike((one.name, one) for one in records)

    def like(self, row: OfferRow) -> tuple[Candidate, ...]:
        """What the offer may be, the likeliest first."""
        carries = self._carrying.get(row.list_id)
        if carries is not None:
            return (_candidate(carries, "Procore's record carries its id", sure=True),)
        is_code = self._kind is RecordKind.COST_CODE  # Procore joins the segments of a code with hyphens
        own = row.name.replace(":", "-") if is_code else row.fields.get("name", row.name)
        found = [pair for pair in self._alike.like(own) if self._counts(pair[1])]
        alone = sum(like.grade.sure for _, like in found) == 1
        return tuple(
            _candidate(one, like.reason, sure=like.grade.sure and alone) for one, like in found[:MOST]
        )

    def _counts(self, like: Likeness) -> bool:
        """A code is not spelled: of cost codes only punctuation may differ."""
        return self._kind is not RecordKind.COST_CODE or like.grade <= Grade.PUNCTUATION


def _candidate(one: Unlinked, reason: str, *, sure: bool) -> Candidate:
    return Candidate(key=one.key, label=one.name, reason=reason, sure=sure)


def import_(desk: Desk, offer_id: int) -> None:
    """Have Procore make a record of an offer, an item's divisions first; the next push asks for it.

    Raises StateError where it is decided already, is inactive, or seems to be in Procore.
    """
    with desk.database.write() as tx:
        row, connection = _open(tx, offer_id, desk.now)
        for one in owe_import(tx, connection, row, desk.now):
            _note(tx, desk, one, "import")


def owe_import(tx: Session, connection: ConnectionRow, row: OfferRow, now: datetime) -> list[OfferRow]:
    """Owe Procore a record of an offer, and of those above it; gives them. Raises StateError as `import_`."""
    chain = _with_parents(tx, connection, row)
    for one in chain:
        _owe(tx, connection, one, now)
    return chain


def _owe(tx: Session, connection: ConnectionRow, row: OfferRow, now: datetime) -> None:
    move(OfferState(row.state), OfferEvent.IMPORT)
    kind = RecordKind(row.kind)
    if kind not in _kinds(connections.options_of(connection)):
        raise StateError(
            f"Items are not imported from QuickBooks for {connection.name}.",
            guidance=f"Switch it on with `qbsync connection set {connection.name} import_items=true`.",
        )
    if not row.active:
        raise StateError(
            f"{row.name!r} is inactive in QuickBooks.", guidance="Make it active there, then import it."
        )
    candidates = _Known(tx, connection.id, kind).like(row)
    if candidates and candidates[0].sure:
        raise StateError(
            f"Procore has {candidates[0].label!r} already ({candidates[0].reason}); importing offer {row.id} "
            "would make another.",
            guidance=f"Link the two (`qbsync imports link {row.id} {candidates[0].key.procore_id}`).",
        )
    owed = Owed(
        key=RecordKey(kind=kind, procore_id=""),
        target=TARGETS[kind].value,
        item_id=row.list_id,
        origin_id=row.list_id,
        scope=dict(row.fields),
        turn=row.level,
    )
    row.error = ""
    writebacks.owe(tx, connection.id, [owed], now)


def _with_parents(tx: Session, connection: ConnectionRow, row: OfferRow) -> list[OfferRow]:
    """The offer, and before it those above it that Procore lacks too."""
    chain = [row]
    while chain[0].parent:
        above = offers.of_entry(tx, connection.id, RecordKind.COST_CODE, chain[0].parent)
        if above is None or above.state in (OfferState.IMPORTED.value, OfferState.LINKED.value):
            break
        chain.insert(0, above)
    return chain


def link(desk: Desk, offer_id: int, procore_id: str) -> None:
    """Join an offer to a record that Procore has; raises NotFoundError where that is not known here."""
    with desk.database.read() as tx:
        row = offers.get(tx, offer_id)
        move(OfferState(row.state), OfferEvent.LINK)
        name = connections.get(tx, row.connection_id).name
    key = RecordKey(kind=RecordKind(row.kind), procore_id=procore_id)
    linking.link(desk, name, key, row.list_id)


def archive(desk: Desk, offer_id: int) -> None:
    """Neither offer nor suggest an entry any more, until it is restored."""
    _decide(desk, offer_id, OfferEvent.ARCHIVE)


def restore(desk: Desk, offer_id: int) -> None:
    """Offer an archived entry again."""
    _decide(desk, offer_id, OfferEvent.RESTORE)


def _decide(desk: Desk, offer_id: int, event: OfferEvent) -> None:
    with desk.database.write() as tx:
        row, connection = _open(tx, offer_id, desk.now)
        offers.change(row, event, desk.now)
        linking.not_importing(tx, connection.id, RecordKind(row.kind), row.list_id)
        _note(tx, desk, row, event.value)


def _open(tx: Session, offer_id: int, now: datetime) -> tuple[OfferRow, ConnectionRow]:
    """The offer and its connection, with the connection's calls kept out meanwhile, brought up to date."""
    connection = connections.lock(tx, offers.get(tx, offer_id).connection_id)
    offers.keep_up(tx, connection.id, now)
    return offers.get(tx, offer_id), connection


def _note(tx: Session, desk: Desk, row: OfferRow, action: str) -> None:
    audit.note(
        tx,
        actor=desk.actor,
        action=action,
        subject=f"offer {row.id}",
        now=desk.now,
        connection_id=row.connection_id,
        detail=row.name,
    )


def values(tx: Session, connection: ConnectionRow, found: Sequence[Offer]) -> list[dict[str, Any]]:
    """Offers as plain values with stable keys, ready for JSON."""
    ids = [one.row.list_id for one in found]
    linked = links.procore_ids(tx, connection.id, ids)
    return [
        {
            "id": one.row.id,
            "connection": connection.name,
            "kind": one.row.kind,
            "quickbooks_id": one.row.list_id,
            "name": one.row.name,
            "state": one.row.state,
            "state_words": OfferState(one.row.state).words,
            "importing": one.importing,
            "error": one.row.error or None,
            "procore_id": linked.get((RecordKind(one.row.kind), one.row.list_id)),
            "fields": one.row.fields,
            "suggestions": [
                {
                    "procore_id": like.key.procore_id,
                    "label": like.label,
                    "reason": like.reason,
                    "sure": like.sure,
                }
                for like in one.candidates
            ],
            "changed_at": one.row.changed_at.isoformat(timespec="seconds"),
        }
        for one in found
    ]
