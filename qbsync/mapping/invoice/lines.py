"""Which lines of a bill an invoice's items become, and which of the bill's lines each item is found on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from decimal import Context as Arithmetic, Decimal, InvalidOperation
from typing import Any

from qbsync.mapping.invoice import taxes
from qbsync.model.context import Context
from qbsync.model.links import LinkLine
from qbsync.model.money import CENT, RATE, to_cents
from qbsync.model.records import Invoice, InvoiceItemType, InvoiceLine, RecordKey, RecordKind
from qbsync.qbxml.parse import Ret
from qbsync.qbxml.preflight import UNLINKED, Preflight

RETAINAGE = "retainage"
"""Stands, in an invoice's link, for the id of the line that no item has: the retainage."""

_EXACT = Arithmetic(prec=60)
_OF_CHANGE_ORDERS = (InvoiceItemType.CHANGE_ORDER, InvoiceItemType.WHOLE_CHANGE_ORDER)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """What an item bills on: a line of the commitment or of a change order.

    No line: all of its lines, where it is a change order billed as a whole; else Procore did not say which.
    """

    key: RecordKey
    line_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BillLine:
    """One line of a bill, linked to one line of the purchase order.

    `rate` is the price of one unit of that line, None where it counts none; `item_id` the ListID of its item.
    """

    txn_id: str
    txn_line_id: str
    rate: Decimal | None
    amount: Decimal
    descriptions: tuple[str, ...] = field(default=())
    item_id: str = ""
    tax_codes: tuple[str | None, ...] = ()
    """Procore's, of its items; None of untaxed ones."""
    cost_types: tuple[str, ...] = ()

    @property
    def quantity(self) -> Decimal | None:
        """How many units the amount comes to, five places at most; at least one step, for 0 bills nothing.

        None where the purchase order's line counts none, or the line comes to nothing.
        """
        if not self.rate or not self.amount:
            return None
        exact = _EXACT.divide(self.amount, self.rate)
        return exact.quantize(RATE) or RATE.copy_sign(exact)


def ordered(record: Invoice) -> list[InvoiceLine]:
    """The items that bill something: the commitment's by position, then each change order's together."""
    items = sorted((line for line in record.lines if line.amount), key=lambda line: line.position)
    orders = list(dict.fromkeys(place_of(item, record).key for item in items if _is_change(item)))
    return [item for item in items if not _is_change(item)] + [
        item for key in orders for item in items if _is_change(item) and place_of(item, record).key == key
    ]


def place_of(item: InvoiceLine, record: Invoice) -> Place:
    """What the item bills on."""
    if _is_change(item):
        return Place(
            key=RecordKey(kind=RecordKind.CHANGE_ORDER, procore_id=item.change_order_id or ""),
            line_id=item.change_order_line_id or "",
        )
    return Place(
        key=RecordKey(kind=RecordKind.COMMITMENT, procore_id=record.commitment_id),
        line_id=item.commitment_line_id or "",
    )


def says_line(item: InvoiceLine, record: Invoice, preflight: Preflight) -> bool:
    """Whether it says which line it bills, or bills a change order as a whole; else that is a problem."""
    whole = _is_change(item) and item.item_type is InvoiceItemType.WHOLE_CHANGE_ORDER
    if whole or place_of(item, record).line_id:
        return True
    preflight.problem(
        f"item {item.position}",
        "It does not say which line of the commitment, or of a change order, it bills.",
        "Open the invoice in Procore and compare its items with the commitment's schedule of values.",
    )
    return False


def retainage(record: Invoice) -> Decimal:
    """What the invoice pays out of what was held before, less what it holds back; negative when held."""
    return to_cents(sum((line.released - line.retained for line in record.lines), Decimal(0)))


def total(record: Invoice) -> Decimal:
    """What the invoice comes to: everything billed, less what is held, and what is released; and its tax."""
    billed = to_cents(sum((line.amount for line in record.lines), Decimal(0)))
    return billed + retainage(record) + taxes.total(record)


def bill_lines(record: Invoice, context: Context, preflight: Preflight) -> list[BillLine]:
    """The linked lines of the bill, one for each line of the purchase order that is billed.

    Items on the same line are summed: QuickBooks links a line of a bill to one line of an order, once. What
    comes to nothing is left out. A line that the purchase order lacks is a problem.
    """
    merged: dict[tuple[str, str], BillLine] = {}
    for item in (one for one in ordered(record) if says_line(one, record, preflight)):
        for name, part in _parts(item, place_of(item, record), context, preflight):
            before = merged.get(name)
            merged[name] = part if before is None else _sum(before, part)
    return [line for line in merged.values() if line.amount]


def _parts(
    item: InvoiceLine, place: Place, context: Context, preflight: Preflight
) -> Iterator[tuple[tuple[str, str], BillLine]]:
    """What the item adds to which lines, each with the name under which lines are the same one."""
    link = context.links.get(place.key)
    text = (item.description,) if item.description else ()
    coded: dict[str, Any] = {"tax_codes": (taxes.code_of(item),), "cost_types": (item.cost_type,)}
    if link is None:
        unlinked = BillLine(
            txn_id=UNLINKED,
            txn_line_id=UNLINKED,
            rate=Decimal(1),
            amount=item.amount,
            descriptions=text,
            **coded,
        )
        yield (str(place.key), place.line_id), unlinked
    else:
        for line, amount in _shares(item, place, link.lines, preflight):
            part = BillLine(
                txn_id=link.quickbooks_id,
                txn_line_id=line.txn_line_id,
                rate=line.rate,
                amount=amount,
                descriptions=text,
                item_id=line.item_id,
                **coded,
            )
            yield (link.quickbooks_id, line.txn_line_id), part


def _shares(
    item: InvoiceLine, place: Place, lines: Sequence[LinkLine], preflight: Preflight
) -> list[tuple[LinkLine, Decimal]]:
    """The purchase order's lines that the item bills, each with its part of the amount."""
    mine = [line for line in lines if place.line_id in ("", line.procore_line_id)]
    found = list({line.txn_line_id: line for line in mine}.values())
    where = f"item {item.position}"
    if not found:
        preflight.problem(
            where,
            f"{item.description or item.cost_code!r} bills a line that QuickBooks' purchase order does not "
            "have: it was added in Procore after the order was sent.",
            "Add it by a change order instead; or delete the purchase order in QuickBooks, unlink the "
            "commitment, and send it again.",
        )
        return []
    shares = _spread(item.amount, found)
    if len(found) > 1:
        preflight.warn(
            where,
            f"{item.description or 'The change order'!r} is billed as a whole; on the purchase order it is "
            f"{len(found)} lines, so it is billed as {', '.join(str(amount) for _, amount in shares)}.",
            "To bill its lines apart, bill them line by line in Procore.",
        )
    return shares


def _spread(amount: Decimal, lines: Sequence[LinkLine]) -> list[tuple[LinkLine, Decimal]]:
    """In proportion to the lines' amounts, to the cent, the rest on the last; else all on the first."""
    weights = [line.amount or Decimal(0) for line in lines]
    whole = sum(weights, Decimal(0))
    if not whole:
        return [(lines[0], amount)]
    shares = [to_cents(_EXACT.divide(_EXACT.multiply(amount, weight), whole)) for weight in weights[:-1]]
    shares.append(amount - sum(shares, Decimal(0)))
    return [(line, share) for line, share in zip(lines, shares, strict=True) if share]


def _sum(one: BillLine, other: BillLine) -> BillLine:
    texts = tuple(dict.fromkeys((*one.descriptions, *other.descriptions)))
    return replace(
        one,
        amount=one.amount + other.amount,
        descriptions=texts,
        tax_codes=tuple(dict.fromkeys((*one.tax_codes, *other.tax_codes))),
        cost_types=tuple(dict.fromkeys((*one.cost_types, *other.cost_types))),
    )


def joined(record: Invoice, ret: Ret) -> tuple[LinkLine, ...]:
    """Each item with the lines of the bill or credit it is found on, and the retainage with its own.

    Where the bill has lines on accounts, each item has one of them. The lines' amounts are the invoice's, a
    credit's thus negative. A change order's items may be spread and
    summed in ways that only the purchase order tells: where the amounts do not tell which line is whose,
    each has them all. Raises ValueError saying what differs.
    """
    if total_in(ret) != total(record):
        raise ValueError(f"it comes to {total_in(ret)}, Procore's to {total(record)}")
    sign = _sign(ret)
    held, on_accounts = _lines(ret, "ItemLineRet"), _lines(ret, "ExpenseLineRet")
    kept = [_Group(items=(RETAINAGE,), amount=amount) for _, amount in taxes.retainage_parts(record)]
    if on_accounts:
        fixed, _ = _expected(record, one_each=True)
        return (*_paired(fixed, on_accounts), *_paired(kept, held))
    body, tail = held[: len(held) - len(kept)], held[len(held) - len(kept) :]
    fixed, orders = _expected(record, one_each=sign < 0)
    found = _paired(fixed, body[: len(fixed)])
    found += _of_orders(orders, body[len(fixed) :])
    return (*found, *_paired(kept, tail))


def typed(record: Invoice, ret: Ret) -> tuple[LinkLine, ...]:
    """Each item with its lines, as far as the lines of a bill that a person typed tell them, else with all.

    Its total alone tells that it is the invoice's; raises ValueError where that differs.
    """
    with suppress(ValueError):
        return joined(record, ret)
    if total_in(ret) != total(record):
        raise ValueError(f"it comes to {total_in(ret)}, Procore's to {total(record)}")
    items = [item.procore_id for item in ordered(record)] or [RETAINAGE]
    lines = [*_lines(ret, "ExpenseLineRet"), *_lines(ret, "ItemLineRet")]
    return tuple(replace(line, procore_line_id=item) for item in items for line in lines)


def _lines(ret: Ret, tag: str) -> list[LinkLine]:
    """The lines of one kind that the bill or credit has, each without the item that it is of."""
    sign = _sign(ret)
    return [
        LinkLine(
            procore_line_id="", txn_line_id=line.text("TxnLineID"), amount=sign * _amount(line, "Amount")
        )
        for line in ret.all(tag)
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Group:
    """Items that are one line of the bill for all that the record alone tells."""

    items: tuple[str, ...]
    amount: Decimal


def _expected(record: Invoice, *, one_each: bool) -> tuple[list[_Group], list[list[_Group]]]:
    """The groups of the commitment's items, and of each change order's; or each item by itself."""
    items = ordered(record)
    if one_each:
        return [_Group(items=(item.procore_id,), amount=item.amount) for item in items], []
    by_key: dict[RecordKey, dict[Place, _Group]] = {}
    for item in items:
        place = place_of(item, record)
        groups = by_key.setdefault(place.key, {})
        before = groups.get(place, _Group(items=(), amount=Decimal(0)))
        groups[place] = _Group(items=(*before.items, item.procore_id), amount=before.amount + item.amount)
    whole = {key: [group for group in groups.values() if group.amount] for key, groups in by_key.items()}
    own = RecordKey(kind=RecordKind.COMMITMENT, procore_id=record.commitment_id)
    return whole.pop(own, []), [groups for groups in whole.values() if groups]


def _paired(groups: Sequence[_Group], lines: Sequence[LinkLine]) -> list[LinkLine]:
    if len(groups) > len(lines):
        raise ValueError(f"it lacks {len(groups) - len(lines)} of the lines that Procore has")
    if len(lines) > len(groups):
        raise ValueError(f"it has {len(lines) - len(groups)} lines that Procore does not have")
    for number, (group, line) in enumerate(zip(groups, lines, strict=True), start=1):
        if group.amount != line.amount:
            raise ValueError(f"line {number} is {line.amount}, Procore has {group.amount}")
    return [
        replace(line, procore_line_id=item)
        for group, line in zip(groups, lines, strict=True)
        for item in group.items
    ]


def _of_orders(orders: Sequence[Sequence[_Group]], lines: Sequence[LinkLine]) -> list[LinkLine]:
    """The change orders' items with their lines: one each, or cut by change order, or all with all."""
    flat = [group for groups in orders for group in groups]
    if _come_to(lines) != _come_to(flat) or (lines and not flat):
        raise ValueError(
            f"the rest of its lines come to {_come_to(lines)}, Procore's change orders to {_come_to(flat)}"
        )
    if [line.amount for line in lines] == [group.amount for group in flat]:
        return _paired(flat, lines)
    runs = _cut(orders, lines) or [(flat, lines)]
    return [line for groups, run in runs for line in _shared(groups, run)]


def _cut(
    orders: Sequence[Sequence[_Group]], lines: Sequence[LinkLine]
) -> list[tuple[Sequence[_Group], Sequence[LinkLine]]]:
    """Each change order with the fewest next lines that come to what it does; nothing where none do."""
    runs: list[tuple[Sequence[_Group], Sequence[LinkLine]]] = []
    for groups in orders[:-1]:
        lengths = (at for at in range(len(lines) + 1) if _come_to(lines[:at]) == _come_to(groups))
        length = next(lengths, None)
        if length is None:
            return []
        runs.append((groups, lines[:length]))
        lines = lines[length:]
    return [*runs, (orders[-1], lines)]


def _shared(groups: Sequence[_Group], lines: Sequence[LinkLine]) -> list[LinkLine]:
    if [line.amount for line in lines] == [group.amount for group in groups]:
        return _paired(groups, lines)
    return [replace(line, procore_line_id=item) for group in groups for item in group.items for line in lines]


def _come_to(parts: Sequence[LinkLine] | Sequence[_Group]) -> Decimal:
    return sum((part.amount or Decimal(0) for part in parts), Decimal(0))


def total_in(ret: Ret) -> Decimal:
    """What the bill comes to, or the credit, then negative; raises ValueError for what is no amount."""
    return _sign(ret) * _amount(ret, "AmountDue" if _sign(ret) > 0 else "CreditAmount")


def _sign(ret: Ret) -> int:
    """-1 for a vendor credit, whose amounts QuickBooks keeps without their minus."""
    return -1 if ret.tag == "VendorCreditRet" else 1


def _amount(shown: Ret, path: str) -> Decimal:
    """The amount there, 0 where QuickBooks shows none."""
    try:
        return Decimal(shown.text(path) or "0").quantize(CENT)
    except InvalidOperation:
        raise ValueError(f"QuickBooks shows {shown.text(path)!r} where an amount was awaited") from None


def _is_change(item: InvoiceLine) -> bool:
    return item.item_type in _OF_CHANGE_ORDERS and item.change_order_id is not None
