"""What a person imports: sent to Procore, and joined as soon as Procore has answered with its id."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from qbsync.errors import ConfigError
from qbsync.flows import linking, world as worlds
from qbsync.model.ids import QuickBooksId
from qbsync.model.links import Link
from qbsync.model.offers import OfferEvent
from qbsync.model.records import RecordKind, key_of, version_of
from qbsync.procore.client import ProcoreClient
from qbsync.procore.feeds.cost_codes import chosen_list
from qbsync.procore.imports import TARGETS, send_cost_codes, send_projects, send_vendors
from qbsync.procore.writebacks import Result, Target, Writeback
from qbsync.store import connections, erp, links, names, offers
from qbsync.store.engine import Database
from qbsync.store.offer_tables import OfferRow
from qbsync.store.tables import WritebackRow

IMPORTS = frozenset(TARGETS.values())
_KINDS = {target.value: kind for kind, target in TARGETS.items()}


def send(database: Database, client: ProcoreClient, rows: Sequence[WritebackRow]) -> Iterator[Result]:
    """Ask Procore for what is to be imported; what QuickBooks no longer has is refused in words."""
    by_kind: dict[RecordKind, list[Writeback]] = {kind: [] for kind in TARGETS}
    wanted: str | None = None
    for row in rows:
        with database.read() as tx:
            wanted = _wanted_list(tx, row.connection_id) if wanted is None else wanted
            ready = _ready(tx, row)
        if isinstance(ready, str):
            yield Result(id=row.id, refused=ready)
        else:
            by_kind[_KINDS[row.target]].append(ready)
    yield from send_vendors(client, by_kind[RecordKind.VENDOR])
    yield from send_projects(client, by_kind[RecordKind.PROJECT])
    codes = by_kind[RecordKind.COST_CODE]
    if codes and wanted is not None:
        try:
            list_id = chosen_list(client, wanted).id
        except ConfigError as error:
            yield from (Result(id=one.id, refused=error.for_people()) for one in codes)
        else:
            yield from send_cost_codes(client, list_id, codes)


def _wanted_list(tx: Session, connection_id: int) -> str:
    """The list of the option, else the one that ERP Integrations made for QuickBooks; else empty."""
    chosen = connections.options_of(connections.get(tx, connection_id)).standard_cost_code_list
    return chosen or erp.list_id(tx, connection_id)


def _ready(tx: Session, row: WritebackRow) -> Writeback | str:
    """What is sent now, as QuickBooks has it by now; or why nothing is."""
    offer = offers.of_entry(tx, row.connection_id, _KINDS[row.target], row.item_id)
    if offer is None:
        return "QuickBooks does not have it any more."
    scope = {name: str(text) for name, text in offer.fields.items()}
    if offer.parent:
        above = _linked(tx, row.connection_id, RecordKind.COST_CODE, offer.parent)
        if above is None:
            return (
                f"The item above {offer.name!r} is no cost code of Procore's: import that one first, or see "
                "why it was refused."
            )
        scope["parent_id"] = above.key.procore_id
    return Writeback(
        id=row.id,
        target=Target(row.target),
        scope=scope,
        item_id=row.item_id,
        origin_id=row.item_id,
        origin_data=_data(tx, offer),
    )


def _data(tx: Session, offer: OfferRow) -> str | None:
    known = names.of_id(tx, offer.connection_id, linking.LISTS[RecordKind(offer.kind)], offer.list_id)
    return None if known is None else json.dumps({"edit_sequence": known.edit_sequence})


def told(tx: Session, row: WritebackRow, result: Result, now: datetime) -> None:
    """Keep what came of an import: the record linked and synced, or why Procore refused it."""
    kind = _KINDS[row.target]
    offer = offers.of_entry(tx, row.connection_id, kind, row.item_id)
    if result.record is None or offer is None:
        if offer is not None:
            offer.error = result.refused or ""
        return
    record, key = result.record, key_of(result.record)
    if _linked(tx, row.connection_id, kind, row.item_id) is None:
        known = names.of_id(tx, row.connection_id, linking.LISTS[kind], row.item_id)
        made = Link(
            key=key,
            quickbooks_id=QuickBooksId(row.item_id),
            name=offer.name,
            edit_sequence=known.edit_sequence if known else "",
            fingerprint=version_of(record),
        )
        world = worlds.world_of(tx, connections.lock(tx, row.connection_id))
        linking.join(world, record, made, now)
        offers.change(offer, OfferEvent.IMPORT, now)
    row.procore_id = key.procore_id


def _linked(tx: Session, connection_id: int, kind: RecordKind, list_id: str) -> Link | None:
    return next(iter(links.of_quickbooks_id(tx, connection_id, list_id, [kind])), None)
