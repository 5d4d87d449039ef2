"""What an estimate shows of our lines, and what a Mod writes to each of them."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from qbsync.model.context import Context, Shown
from qbsync.model.links import Link, LinkLine
from qbsync.model.records import RecordKey, RecordKind
from qbsync.qbxml.preflight import Preflight
from qbsync.qbxml.requests import Body

LINE: Final = "EstimateLineRet"


def mark(key: str) -> str:
    """What stands in a line's Other1, by which it is told whatever its text or place becomes.

    The key is the cost code's id; where classes stand for cost types, also the cost type's, after a slash.
    """
    return f"qbsync:{key}"


def named(line: Shown) -> str | None:
    """The key of the line; None for a line that is not ours."""
    before, ours, code = line.text("Other1").partition("qbsync:")
    return code if ours and not before and code else None


def is_typed(key: str) -> bool:
    """Whether a line's key names a cost type too: then its class is ours."""
    return "/" in key


def code_of(cost_code_id: str) -> RecordKey:
    """The cost code of that id, as links name it."""
    return RecordKey(kind=RecordKind.COST_CODE, procore_id=cost_code_id)


def ours(link: Link, held: Shown, preflight: Preflight) -> dict[str, LinkLine]:
    """Our lines by TxnLineID: those that the link knows, and those of our mark whose answer was lost.

    A second line of one mark, as someone makes by copying ours, is a problem.
    """
    known = {line.txn_line_id: line for line in link.lines}
    shown = [(line.text("TxnLineID"), line) for line in held.all(LINE)]
    taken = {known[line_id].procore_line_id for line_id, _ in shown if line_id in known}
    for line_id, line in shown:
        key = named(line)
        if key is None or line_id in known:
            continue
        if key in taken:
            preflight.problem(
                "lines",
                f"The estimate has a second line {line.text('Desc')!r} with qbsync's mark, of "
                f"{line.text('Amount', '0')}.",
                "Delete one of the two in QuickBooks, then retry.",
            )
        else:
            known[line_id] = LinkLine(procore_line_id=key, txn_line_id=line_id)
        taken.add(key)
    return known


def check_item(line: Shown, ours: LinkLine, context: Context, preflight: Preflight) -> None:
    """A line of ours that someone put on another item, is budgeted for another cost code there."""
    code = context.links.get(code_of(ours.procore_line_id.partition("/")[0]))
    item_id = ours.item_id or (code.quickbooks_id if code else "")
    if item_id and line.text("ItemRef/ListID") != item_id:
        had = repr(code.name) if code else "another item"
        preflight.problem(
            "lines",
            f"The line {line.text('Desc')!r} was changed in QuickBooks: its item is "
            f"{line.text('ItemRef/FullName')!r}, qbsync had written {had}.",
            f"Set its item back to {had} in QuickBooks, then retry.",
        )


def check_class(line: Shown, ours: LinkLine, cost_type: str, preflight: Preflight) -> None:
    """A line of ours that someone gave another class, is budgeted for another cost type there."""
    if ours.class_id and line.text("ClassRef/ListID") != ours.class_id:
        had = repr(cost_type) if cost_type else "another class"
        preflight.problem(
            "lines",
            f"The line {line.text('Desc')!r} was changed in QuickBooks: its class is "
            f"{line.text('ClassRef/FullName')!r}, qbsync had written {had}.",
            f"Set its class back to {had} in QuickBooks, then retry.",
        )


def changed(line: Shown, ours: LinkLine, amount: Decimal, preflight: Preflight) -> Body:
    """A line of ours with the amount it is to have; one that someone changed meanwhile is a problem."""
    shown = line.text("Amount", "0")
    may_be = list(dict.fromkeys(one for one in (ours.amount, amount) if one is not None))
    if Decimal(shown) not in may_be:
        written = "what no answer told" if ours.amount is None else ours.amount
        preflight.problem(
            "lines",
            f"The line {line.text('Desc')!r} was changed in QuickBooks: it is {shown}, qbsync had "
            f"written {written}, Procore now has {amount}.",
            f"Set it to {' or '.join(str(one) for one in may_be)} in QuickBooks, then retry.",
        )
    if Decimal(shown) == amount:
        return {"TxnLineID": ours.txn_line_id}
    return {"TxnLineID": ours.txn_line_id, "Amount": amount}
