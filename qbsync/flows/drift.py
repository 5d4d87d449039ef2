"""Comparing linked records with what QuickBooks shows of them; what differs is told, never overwritten.

A record that was modified is only where to look: a bill moves the EditSequence of its purchase order, and a
change order adds lines to it. What qbsync wrote (mapping's `owned`) is compared with what QuickBooks showed
of it right then, which the link keeps. What is with QuickBooks at the moment is compared another time.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy.orm import Session

from qbsync.flows import world as worlds
from qbsync.flows.linking import LISTS
from qbsync.mapping import mapping_for
from qbsync.model.drift import Difference, DriftSort, Held
from qbsync.model.links import Link
from qbsync.model.records import Record, RecordKey, RecordKind
from qbsync.qbxml import owned
from qbsync.qbxml.owned import LINES, Owned
from qbsync.qbxml.parse import Ret
from qbsync.store import drifts, links, names, queue
from qbsync.store.drifts import DriftFilter

WHOLE = "record"
"""The field of what concerns a record as a whole."""
PROCORE = "procore"
"""The field of what Procore took back."""
_SHOWN = (DriftSort.CHANGED, DriftSort.ADDED, DriftSort.CLOSED, DriftSort.DELETED)
"""Everything that QuickBooks' record tells; withdrawal Procore alone does."""
_ACTIVE = "IsActive"
_WITHDRAWABLE = (
    RecordKind.COST_CODE,
    RecordKind.VENDOR,
    RecordKind.PROJECT,
    RecordKind.BUDGET,
    RecordKind.COMMITMENT,
    RecordKind.CHANGE_ORDER,
    RecordKind.INVOICE,
)
"""Kinds that Procore can take back: a payment was made, and the retainage item is none of Procore's."""
_KINDS: Mapping[str, tuple[RecordKind, ...]] = {
    "Customer": (RecordKind.PROJECT,),
    "Vendor": (RecordKind.VENDOR,),
    "ItemService": (RecordKind.COST_CODE, RecordKind.RETAINAGE_ITEM),
    "Estimate": (RecordKind.BUDGET,),
    "PurchaseOrder": (RecordKind.COMMITMENT, RecordKind.CHANGE_ORDER),
    "Bill": (RecordKind.INVOICE,),
    "VendorCredit": (RecordKind.INVOICE,),
}
"""What each kind of QuickBooks' is linked to: a ListID is unique in its own list alone."""
_PARENTS = (RecordKind.COMMITMENT, RecordKind.BUDGET, RecordKind.INVOICE)
"""Kinds that own a whole transaction, so that a line of nobody's is theirs to tell of."""
_PARTS = (RecordKind.CHANGE_ORDER,)
"""Kinds that may be gone from a record which is there."""


def seen(tx: Session, connection_id: int, rets: Iterable[Ret], now: datetime) -> list[str]:
    """Compare what QuickBooks shows of linked records.

    Gives TimeModified of those that could not be compared now, to be read again.
    """
    later = []
    for ret in rets:
        if ret.tag == "TxnDeletedRet":
            deleted(tx, connection_id, ret.text("TxnDelType"), ret.text("TxnID"), now=now)
        elif not _compare(tx, connection_id, ret, now):
            later.append(ret.text("TimeModified"))
    return later


def deleted(tx: Session, connection_id: int, kind: str, quickbooks_id: str, *, now: datetime) -> None:
    """QuickBooks says that something was deleted: whoever is linked to it has drifted as a whole.

    `kind` is QuickBooks' word, as TxnDelType and ListDelType have it.
    """
    for link in _linked(tx, connection_id, kind, quickbooks_id):
        gone = Difference(
            sort=DriftSort.DELETED,
            field=WHOLE,
            what=f"the whole {link.key.kind.words}",
            ours=link.name or quickbooks_id,
            theirs="",
        )
        drifts.see(tx, connection_id, link.key, quickbooks_id, [gone], now=now, among=tuple(DriftSort))


def missing(tx: Session, connection_id: int, link: Link, now: datetime) -> None:
    """The company file that is open does not have it; what someone deleted before stays told as deleted."""
    if is_gone(tx, connection_id, link.key):
        return
    lacking = Difference(
        sort=DriftSort.MISSING,
        field=WHOLE,
        what=f"the whole {link.key.kind.words}",
        ours=link.name or link.quickbooks_id,
        theirs="",
    )
    among = (DriftSort.MISSING,)
    drifts.see(tx, connection_id, link.key, link.quickbooks_id, [lacking], now=now, among=among)


def not_missing(tx: Session, connection_id: int, key: RecordKey, now: datetime) -> None:
    """QuickBooks has it, or has it again."""
    drifts.see(tx, connection_id, key, "", (), now=now, among=(DriftSort.MISSING,))


def withdrawn(tx: Session, connection_id: int, key: RecordKey, why: str, now: datetime) -> None:
    """Procore took a record back that QuickBooks has; where that is inactive there, both have dropped it."""
    link = links.find(tx, connection_id, key)
    if link is None or key.kind not in _WITHDRAWABLE or is_gone(tx, connection_id, key):
        return
    left = Difference(
        sort=DriftSort.WITHDRAWN,
        field=PROCORE,
        what=f"the whole {key.kind.words}",
        ours=why,
        theirs=link.name or link.quickbooks_id,
    )
    among = (DriftSort.WITHDRAWN,)
    drifts.see(tx, connection_id, key, link.quickbooks_id, [left], now=now, among=among)
    known = names.of_id(tx, connection_id, LISTS[key.kind], link.quickbooks_id) if key.kind in LISTS else None
    if known is not None and not known.active:
        _dropped(tx, connection_id, link, now)


def _dropped(tx: Session, connection_id: int, link: Link, now: datetime) -> Link:
    """Procore took it back and it is inactive in QuickBooks: the two agree, and nothing of it is told.

    Gives the link, which is kept to await it so.
    """
    agreed = _with_active(link, "false")
    links.save(tx, connection_id, agreed, now)
    among = (DriftSort.WITHDRAWN, DriftSort.CLOSED)
    drifts.see(tx, connection_id, link.key, link.quickbooks_id, (), now=now, among=among)
    return agreed


def _with_active(link: Link, value: str) -> Link:
    """The link, its entry awaited to be active in QuickBooks, or not to be."""
    others = (one for one in link.held if one.field != _ACTIVE)
    return replace(link, held=(*others, Held(field=_ACTIVE, value=value, words=value)))


def is_gone(tx: Session, connection_id: int, key: RecordKey) -> bool:
    """Whether QuickBooks has deleted it too: then nothing is left to delete."""
    known = drifts.listing(tx, DriftFilter(connection_id=connection_id, key=key))
    return any(row.sort == DriftSort.DELETED.value and row.field == WHOLE for row in known)


def is_withdrawn(tx: Session, connection_id: int, key: RecordKey) -> bool:
    """Whether Procore took a record back that QuickBooks has, or had until just now."""
    known = drifts.listing(tx, DriftFilter(connection_id=connection_id, key=key))
    return any(row.sort == DriftSort.WITHDRAWN.value for row in known)


def back_again(tx: Session, connection_id: int, key: RecordKey, now: datetime) -> None:
    """Procore has the record as it may be exported: it is not withdrawn, or not any more.

    An entry that both sides had dropped is then inactive in QuickBooks alone.
    """
    rows = drifts.listing(tx, DriftFilter(connection_id=connection_id, key=key, gone=True))
    if not any(row.sort == DriftSort.WITHDRAWN.value for row in rows):
        return
    drifts.see(tx, connection_id, key, "", (), now=now, among=(DriftSort.WITHDRAWN,))
    link = links.find(tx, connection_id, key) if key.kind in LISTS else None
    if link is None or Held(field=_ACTIVE, value="false", words="false") not in link.held:
        return
    links.save(tx, connection_id, _with_active(link, "true"), now)
    shut = Difference(sort=DriftSort.CLOSED, field=_ACTIVE, what="active", ours="true", theirs="false")
    drifts.see(tx, connection_id, key, link.quickbooks_id, [shut], now=now, among=(DriftSort.CLOSED,))


def written(world: worlds.World, record: Record, link: Link, ret: Ret, *, ours: bool) -> Link:
    """The link with what QuickBooks shows of what is ours, right after it was written.

    `ours` is false where qbsync took what was there: of a list's entry it then owns nothing but its use.
    """
    kept: tuple[Held, ...] = ()
    if not ret.status.name.endswith("AddRs"):
        before = links.find(world.tx, world.connection.id, link.key)
        kept = before.held if before is not None and before.quickbooks_id == link.quickbooks_id else ()
    return replace(link, held=owned.held_after(_owned(record, link, ours=ours), ret, kept))


def compare_after(world: worlds.World, ret: Ret, now: datetime) -> None:
    """Compare what QuickBooks answered to a write of ours: what it mended is drift no more."""
    _compare(world.tx, world.connection.id, ret, now, out=False)


def _owned(record: Record, link: Link, *, ours: bool) -> Owned:
    if not ours and link.key.kind in LISTS:
        return Owned(fields=("IsActive",))
    return mapping_for(link.key.kind).owned(record, link)


def _compare(tx: Session, connection_id: int, ret: Ret, now: datetime, *, out: bool = True) -> bool:
    """Whether it could be compared, or is nobody's."""
    quickbooks_id = ret.text("TxnID") or ret.text("ListID")
    linked = _linked(tx, connection_id, ret.tag.removesuffix("Ret"), quickbooks_id)
    if out and any(queue.out_touching(tx, connection_id, link.key) for link in linked):
        return False
    known = frozenset(line.txn_line_id for link in linked for line in link.lines)
    for link in linked:
        held = link.held or _begin(tx, connection_id, link, ret, now)
        if link.key.kind in LISTS and ret.text(_ACTIVE) == "false" and _is_withdrawn(tx, connection_id, link):
            held = _dropped(tx, connection_id, replace(link, held=held), now).held
        found = list(owned.differences(held, ret))
        if link.key.kind in _PARENTS:
            found += owned.added(known | _line_ids(linked), ret)
        part_gone = link.key.kind in _PARTS and any(one.sort is DriftSort.DELETED for one in found)
        among = _SHOWN if part_gone else (*_SHOWN, DriftSort.MISSING)
        drifts.see(tx, connection_id, link.key, quickbooks_id, found, now=now, among=among)
    return True


def _is_withdrawn(tx: Session, connection_id: int, link: Link) -> bool:
    known = drifts.listing(tx, DriftFilter(connection_id=connection_id, key=link.key))
    return any(row.sort == DriftSort.WITHDRAWN.value for row in known)


def _linked(tx: Session, connection_id: int, kind: str, quickbooks_id: str) -> list[Link]:
    return list(links.of_quickbooks_id(tx, connection_id, quickbooks_id, _KINDS.get(kind, ())))


def _begin(tx: Session, connection_id: int, link: Link, ret: Ret, now: datetime) -> tuple[Held, ...]:
    """What to compare with where the link was made before that was kept, or by hand.

    Its lines' amounts are as the link has them; all else as it is now.
    """
    job = queue.synced_of_record(tx, connection_id, link.key)
    if job is None:
        return ()
    sign = -1 if ret.tag == "VendorCreditRet" else 1  # its link has the invoice's amounts
    amounts = {
        f"{LINES}/{line.txn_line_id}/Amount": f"{sign * line.amount:.2f}"
        for line in link.lines
        if line.amount is not None
    }
    shown = owned.held(_owned(worlds.record_of(job), link, ours=False), ret)
    held = (
        *(one for one in shown if one.field not in amounts),
        *(Held(field=field, value=amount, words=amount) for field, amount in amounts.items()),
    )
    links.save(tx, connection_id, replace(link, held=held), now)
    return held


def _line_of(one: Held) -> str:
    return one.field.split("/")[1] if one.field.startswith(f"{LINES}/") else ""


def _line_ids(linked: Sequence[Link]) -> frozenset[str]:
    return frozenset(_line_of(one) for link in linked for one in link.held)
