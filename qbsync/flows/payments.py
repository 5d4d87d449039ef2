"""Payments of QuickBooks that Procore is to hear of: one contract payment for each bill that is paid.

What QuickBooks shows is kept of every payment; only those of bills that are linked to an invoice are told.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal, InvalidOperation

from sqlalchemy.orm import Session

from qbsync.errors import StateError
from qbsync.model.feeds import Feed
from qbsync.model.links import Link
from qbsync.model.records import Payment, RecordKey, RecordKind
from qbsync.procore import payments as procore_payments
from qbsync.procore.client import ProcoreClient
from qbsync.procore.payments import GONE, HELD_AS
from qbsync.procore.writebacks import Result, Target, Writeback
from qbsync.qbxml.parse import Ret
from qbsync.store import connections, links, payments, queue, writebacks
from qbsync.store.engine import Database
from qbsync.store.payment_tables import PaymentRow
from qbsync.store.payments import Paid
from qbsync.store.tables import WritebackRow
from qbsync.store.writebacks import Owed, WritebackState

TARGETS = (Target.CONTRACT_PAYMENT.value, Target.INVOICE_PAYMENT.value)
METHODS: Mapping[str, str] = {"BillPaymentCheck": "check", "BillPaymentCreditCard": "credit_card"}
"""Procore's word for each kind of payment."""


def seen(tx: Session, connection_id: int, rets: Iterable[Ret], now: datetime, *, new_since: str) -> None:
    """Keep payments as QuickBooks shows them, deleted ones too, and owe Procore what has changed.

    Of those last changed before `new_since`, in the PC's local time, none is kept that was not known already.
    """
    bills: set[str] = set()
    for ret in rets:
        if ret.tag == "TxnDeletedRet":
            if ret.text("TxnDelType") in METHODS:
                bills |= payments.deleted(tx, connection_id, ret.text("TxnID"))
        elif ret.text("TimeModified") >= new_since or payments.of_payment(
            tx, connection_id, ret.text("TxnID")
        ):
            bills |= payments.see(tx, connection_id, _paid(ret))
    _owe(tx, connection_id, bills, now)


def only(tx: Session, connection_id: int, kind: str, payment_ids: Iterable[str], now: datetime) -> None:
    """Keep that QuickBooks has these payments of a kind and no others; `kind` is its own word."""
    bills: set[str] = set()
    for payment_id in payments.of_method(tx, connection_id, METHODS[kind]) - set(payment_ids):
        bills |= payments.deleted(tx, connection_id, payment_id)
    _owe(tx, connection_id, bills, now)


def _owe(tx: Session, connection_id: int, bills: Iterable[str], now: datetime) -> None:
    """Owe what has changed of the payments of bills that are invoices; what was refused of others is over."""
    invoices = _invoices(tx, connection_id, bills)
    owed = [one for link in invoices for one in owed_for(tx, connection_id, link)]
    rows = payments.of_bills(tx, connection_id, [link.quickbooks_id for link in invoices])
    heard = {_item(row) for row in rows} - {one.item_id for one in owed}
    writebacks.forget_refused_items(tx, connection_id, _target(tx, connection_id).value, sorted(heard))
    writebacks.owe(tx, connection_id, [one for one in owed if not _refused(tx, connection_id, one)], now)


def look_again(tx: Session, connection_id: int, invoice: RecordKey, now: datetime) -> None:
    """Owe what waited while a payment of that invoice was with QuickBooks, which has come to its end."""
    link = links.find(tx, connection_id, invoice)
    if link is not None:
        _owe(tx, connection_id, [link.quickbooks_id], now)


def owed_beside(tx: Session, connection_id: int, paid: Payment) -> list[Owed]:
    """What Procore is to hear of an invoice's payments once one made in Procore Pay is linked.

    That is what waited for it, and that Procore is to have it no more beside itself, where it was told.
    """
    invoice = RecordKey(kind=RecordKind.INVOICE, procore_id=paid.invoice_id or "")
    link = links.find(tx, connection_id, invoice)
    return [] if link is None else owed_for(tx, connection_id, link)


def owed_for(tx: Session, connection_id: int, link: Link) -> list[Owed]:
    """What Procore is to hear of the payments of a linked invoice's bill; nothing that it heard already.

    While one that was made in Procore Pay is with QuickBooks, any that is new may be just that: it waits.
    """
    job = queue.of_record(tx, connection_id, link.key)
    if job is None:
        return []
    target = _target(tx, connection_id)
    every = payments.of_bills(tx, connection_id, [link.quickbooks_id])
    rows = [row for row in every if _may_differ(tx, target, row)]
    if any(not row.told for row in rows) and queue.out_touching(tx, connection_id, link.key):
        rows = [row for row in rows if row.told]
    return [_owed(target, row, link.key, job.record, _wanted(tx, row)) for row in rows]


def _may_differ(tx: Session, target: Target, row: PaymentRow) -> bool:
    """Whether Procore may have something else of a payment than QuickBooks shows.

    It may where an answer can be lost, and where it refused a contract payment, which takes several calls.
    """
    if _wanted(tx, row) != row.told:
        return True
    last = writebacks.newest(tx, row.connection_id, target.value, _item(row))
    if last is None or last.state == WritebackState.DONE.value:
        return False
    refused = last.state == WritebackState.REFUSED.value
    return not refused or (target is Target.CONTRACT_PAYMENT and bool(row.told or row.procore_id))


def cleared_for(tx: Session, connection_id: int, link: Link, invoice: Mapping[str, object]) -> list[Owed]:
    """That Procore is to have no payment of an invoice whose bill is gone; asked for, where it has none."""
    target = _target(tx, connection_id)
    return [
        _owed(target, row, link.key, invoice, wanted={})
        for row in payments.of_bills(tx, connection_id, [link.quickbooks_id])
        if not _is_procores(tx, connection_id, row)
    ]


def reset(tx: Session, connection_id: int, link: Link) -> None:
    """Procore was made to forget the ids of an invoice: what it has of the payments is to be told anew."""
    _forget_told(tx, connection_id, payments.of_bills(tx, connection_id, [link.quickbooks_id]))


def id_lost(tx: Session, connection_id: int, item_id: str, held_as: str, now: datetime) -> None:
    """Procore was made to forget the id of a payment: it is to get that back, and be told anew.

    What it knows to be gone from QuickBooks stays without. `held_as` is the payment's id in Procore.
    """
    row = _kept(tx, connection_id, item_id)
    if row is not None:
        _forget_told(tx, connection_id, [row], held_as)
        _owe(tx, connection_id, [row.bill_id], now)


def refused(tx: Session, connection_id: int) -> list[WritebackRow]:
    """The payments that Procore did not take and is still to hear of."""
    rows = writebacks.refused(tx, connection_id, _target(tx, connection_id).value)
    return [row for row in rows if _still_owed(tx, row)]


def bring_up_to_date(tx: Session, row: WritebackRow) -> None:
    """Let a refused write-back of a payment say what QuickBooks shows by now, before it is told again.

    Raises StateError where Procore has that, or has nothing and is to have nothing.
    """
    owed = _still_owed(tx, row)
    if not owed:
        raise StateError(
            f"Write-back {row.id} is moot: of this payment Procore has what QuickBooks shows.",
            guidance="Nothing is left to be told: it was changed or deleted in QuickBooks since.",
        )
    row.scope, row.origin_id = owed[0].scope, owed[0].origin_id


def owe_refused(tx: Session, connection_id: int, now: datetime) -> None:
    """Owe Procore what it did not take, as QuickBooks shows it now: somebody may have mended why."""
    for row in refused(tx, connection_id):
        writebacks.owe(tx, connection_id, _still_owed(tx, row), now)


def _still_owed(tx: Session, row: WritebackRow) -> list[Owed]:
    """What Procore is to hear of a payment that it refused; nothing where it has what QuickBooks shows.

    Of a bill that is no longer the invoice's it is only to lose what it has.
    """
    key = RecordKey(kind=RecordKind(row.kind), procore_id=row.procore_id)
    kept = _kept(tx, row.connection_id, row.item_id)
    if kept is None:
        return []
    link = links.find(tx, row.connection_id, key)
    if link is not None and link.quickbooks_id == kept.bill_id:
        return [one for one in owed_for(tx, row.connection_id, link) if one.item_id == row.item_id]
    if not kept.told or row.scope["amount"] != GONE:
        return []
    scope = {**row.scope, **_held_as(kept)}
    return [Owed(key=key, target=row.target, item_id=row.item_id, origin_id=None, scope=scope)]


def _forget_told(tx: Session, connection_id: int, rows: Sequence[PaymentRow], held_as: str = "") -> None:
    target = _target(tx, connection_id).value
    under_way = writebacks.open_items(tx, connection_id, target, map(_item, rows))
    for row in rows:
        if row.told or _item(row) in under_way:
            held = held_as or row.told.get(HELD_AS, "")
            row.told = {**_NOBODY_KNOWS, **({HELD_AS: held} if held else {})}
    tx.flush()


def send(
    database: Database, client: ProcoreClient, connection_id: int, owed: Sequence[Writeback]
) -> Iterator[Result]:
    """Tell Procore of payments; the id that it gave each is kept as soon as it is known."""

    def keep(one: Writeback, procore_id: str) -> None:
        with database.write() as tx:
            row = _kept(tx, connection_id, one.item_id)
            if row is not None:
                row.procore_id = procore_id

    with database.read() as tx:
        kept = {one.item_id: _kept(tx, connection_id, one.item_id) for one in owed}
        ids = {item_id: row.procore_id if row else "" for item_id, row in kept.items()}
        known_ids = payments.known_ids(tx, connection_id)
    known = [replace(one, scope={**one.scope, "procore_id": ids[one.item_id]}) for one in owed]
    yield from procore_payments.send(client, known, keep, known_ids)


def _refused(tx: Session, connection_id: int, owed: Owed) -> bool:
    """Whether Procore refused just that the last time: it is not asked again before something changes."""
    last = writebacks.newest(tx, connection_id, owed.target, owed.item_id)
    if last is None or last.state != WritebackState.REFUSED.value:
        return False
    return all(last.scope.get(name) == value for name, value in owed.scope.items() if name != "procore_id")


def _target(tx: Session, connection_id: int) -> Target:
    """How the connection's feed is told of payments."""
    erp = connections.get(tx, connection_id).feed == Feed.ERP.value
    return Target.INVOICE_PAYMENT if erp else Target.CONTRACT_PAYMENT


def _is_procores(tx: Session, connection_id: int, row: PaymentRow) -> bool:
    """Whether the payment was made in Procore Pay, which needs not be told of it."""
    return bool(links.of_quickbooks_id(tx, connection_id, row.payment_id, [RecordKind.PAYMENT]))


def told(tx: Session, row: WritebackRow, procore_id: str) -> None:
    """Keep that Procore has the payment as the write-back says."""
    kept = _kept(tx, row.connection_id, row.item_id)
    if kept is not None:
        kept.procore_id = procore_id
        gone = row.scope["amount"] == GONE
        kept.told = {} if gone else {name: row.scope[name] for name in _TOLD}


def _kept(tx: Session, connection_id: int, item_id: str) -> PaymentRow | None:
    payment_id, _, bill_id = item_id.partition("|")
    return payments.get(tx, connection_id, payment_id, bill_id)


_TOLD = ("amount", "date", "check_number")
_NOBODY_KNOWS: Mapping[str, str] = {"amount": "unknown"}
"""What Procore was told, where it may have that or nothing: it differs from whatever it is to have."""


def _wanted(tx: Session, row: PaymentRow) -> dict[str, str]:
    """What Procore is to be told of a payment, empty where it is to have none or has it from Procore Pay."""
    if not Decimal(row.amount) or _is_procores(tx, row.connection_id, row):
        return {}
    return {"amount": row.amount, "date": row.paid_on, "check_number": row.number}


def _item(row: PaymentRow) -> str:
    return f"{row.payment_id}|{row.bill_id}"


def _owed(
    target: Target,
    row: PaymentRow,
    key: RecordKey,
    invoice: Mapping[str, object],
    wanted: dict[str, str],
) -> Owed:
    return Owed(
        key=key,
        target=target.value,
        item_id=_item(row),
        origin_id=_item(row) if wanted else None,
        scope={
            **(wanted or {"amount": GONE, "date": "", "check_number": ""}),
            "project_id": str(invoice["project_id"]),
            "contract_id": str(invoice["commitment_id"]),
            "requisition_id": key.procore_id,
            "invoice_number": str(invoice["number"]),
            "payment_method": row.method,
            "procore_id": row.procore_id,
            **_held_as(row),
        },
    )


def _held_as(row: PaymentRow) -> dict[str, str]:
    """Procore's id of a payment that has lost ours, where it has."""
    return {HELD_AS: row.told[HELD_AS]} if HELD_AS in row.told else {}


def _invoices(tx: Session, connection_id: int, bills: Iterable[str]) -> list[Link]:
    kinds = [RecordKind.INVOICE]
    found = (links.of_quickbooks_id(tx, connection_id, bill_id, kinds) for bill_id in sorted(bills))
    return [link for linked in found for link in linked]


def _paid(ret: Ret) -> Paid:
    """The payment, its parts on one bill added up; a voided one pays nothing."""
    bills: dict[str, Decimal] = {}
    for part in ret.all("AppliedToTxnRet"):
        bill_id = part.text("TxnID")
        bills[bill_id] = bills.get(bill_id, Decimal(0)) + _amount(part.text("Amount", "0"))
    return Paid(
        payment_id=ret.text("TxnID"),
        method=METHODS[ret.tag.removesuffix("Ret")],
        number=ret.text("RefNumber"),
        paid_on=ret.text("TxnDate"),
        bills=bills,
    )


def _amount(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation:
        return Decimal(0)
