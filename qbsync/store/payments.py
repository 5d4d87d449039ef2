"""Payments of bills as QuickBooks shows them, and what Procore has of each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.orm import Session

from qbsync.store.payment_tables import PaymentRow

_CHUNK = 400
"""Ids in one IN list."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Paid:
    """A payment as QuickBooks shows it; `bills` are TxnIDs and what is paid of each, none for a void one."""

    payment_id: str
    method: str
    number: str
    paid_on: str
    bills: Mapping[str, Decimal]


def see(tx: Session, connection_id: int, paid: Paid) -> set[str]:
    """Keep a payment as it is now; gives the bills of which it pays, or paid, something."""
    rows = {row.bill_id: row for row in of_payment(tx, connection_id, paid.payment_id)}
    for bill_id in rows.keys() | paid.bills.keys():
        row = rows.get(bill_id)
        if row is None:
            row = PaymentRow(
                connection_id=connection_id, payment_id=paid.payment_id, bill_id=bill_id, told={}
            )
            tx.add(row)
        row.method, row.number, row.paid_on = paid.method, paid.number, paid.paid_on
        row.amount = str(paid.bills.get(bill_id, Decimal(0)))
    tx.flush()
    return {*rows, *paid.bills}


def deleted(tx: Session, connection_id: int, payment_id: str) -> set[str]:
    """Keep that a payment is gone; gives the bills it paid."""
    rows = of_payment(tx, connection_id, payment_id)
    for row in rows:
        row.amount = "0"
    tx.flush()
    return {row.bill_id for row in rows}


def of_method(tx: Session, connection_id: int, method: str) -> set[str]:
    """The payments of one method that pay anything."""
    query = sa.select(PaymentRow.payment_id).where(
        PaymentRow.connection_id == connection_id, PaymentRow.method == method, PaymentRow.amount != "0"
    )
    return set(tx.scalars(query))


def of_payment(tx: Session, connection_id: int, payment_id: str) -> Sequence[PaymentRow]:
    """What one payment pays or paid."""
    return tx.scalars(
        sa.select(PaymentRow).where(
            PaymentRow.connection_id == connection_id, PaymentRow.payment_id == payment_id
        )
    ).all()


def of_bills(tx: Session, connection_id: int, bill_ids: Iterable[str]) -> Sequence[PaymentRow]:
    """Everything paid of those bills, by payment and bill."""
    wanted = sorted(set(bill_ids))
    found: list[PaymentRow] = []
    for start in range(0, len(wanted), _CHUNK):
        found += tx.scalars(
            sa.select(PaymentRow)
            .where(
                PaymentRow.connection_id == connection_id,
                PaymentRow.bill_id.in_(wanted[start : start + _CHUNK]),
            )
            .order_by(PaymentRow.payment_id, PaymentRow.bill_id)
        )
    return found


def get(tx: Session, connection_id: int, payment_id: str, bill_id: str) -> PaymentRow | None:
    """What one payment pays of one bill."""
    return tx.get(PaymentRow, (connection_id, payment_id, bill_id))


def known_ids(tx: Session, connection_id: int) -> set[str]:
    """Procore's ids of all payments that it is known to have."""
    query = sa.select(PaymentRow.procore_id).where(
        PaymentRow.connection_id == connection_id, PaymentRow.procore_id != ""
    )
    return set(tx.scalars(query))
