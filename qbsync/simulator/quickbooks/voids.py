"""Voiding: the transaction stays, with zero amounts (reference section 3.6)."""

from __future__ import annotations

from collections.abc import Callable

from qbsync.simulator.quickbooks import bill_payments, bills, costs, deletions, statuses, texts
from qbsync.simulator.quickbooks.message import Command
from qbsync.simulator.quickbooks.references import find_to_change
from qbsync.simulator.quickbooks.registry import Desk, Outcome, handles
from qbsync.simulator.quickbooks.state import Entry

_VOIDS: dict[str, Callable[[Desk, Entry], Entry]] = {
    bills.KIND: bills.void,
    **dict.fromkeys(bill_payments.KINDS, bill_payments.void),
    **dict.fromkeys(costs.KINDS, costs.void),
}

deletions.BEFORE[bills.KIND] = bills.release
for kind in bill_payments.KINDS:
    deletions.AFTER[kind] = bill_payments.reopen


def void(desk: Desk, entry: Entry) -> Entry:
    """Void a transaction; raises Refusal (1030) for a kind that this company file does not void."""
    if entry.kind not in _VOIDS:
        raise statuses.unsupported(f"voiding of {entry.kind}")
    return _VOIDS[entry.kind](desk, entry)


@handles("TxnVoidRq")
def _void(desk: Desk, command: Command) -> Outcome:
    wanted = command.fields["TxnVoidType"]
    if wanted not in _VOIDS:
        raise statuses.unsupported(f"voiding of {wanted}")
    entry = void(desk, find_to_change(desk.state, wanted, command.fields["TxnID"]))
    fields = {
        "TxnVoidType": wanted,
        "TxnID": entry.id,
        "TimeCreated": entry.text("TimeCreated"),
        "TimeModified": texts.stamp(desk.now),
        "RefNumber": entry.text("RefNumber"),
    }
    return Outcome(rets=(deletions.plain(fields),))
