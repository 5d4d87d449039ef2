"""An approved change order of Procore becomes lines at the end of its commitment's PurchaseOrder."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from qbsync.errors import MappingError
from qbsync.model.context import Context, Review, Shown
from qbsync.model.links import Link, LinkLine
from qbsync.model.money import to_cents
from qbsync.model.records import (
    ChangeOrder,
    ChangeOrderLine,
    RecordKey,
    RecordKind,
    key_of,
    label_of,
)
from qbsync.qbxml import change_order_mark, ordinary
from qbsync.qbxml.coding import class_reference, tax_reference
from qbsync.qbxml.currency import check_currency
from qbsync.qbxml.figures import amount_of, by_amount, rate_of
from qbsync.qbxml.owned import Owned
from qbsync.qbxml.parse import Ret
from qbsync.qbxml.preflight import UNLINKED, Advice, Preflight, filled, reference, unlinked
from qbsync.qbxml.requests import Body, Request

NEW_LINE = "-1"
"""TxnLineID of a line that a Mod appends (reference, section 3.5)."""
_LINES = Advice(field="lines", guidance="Correct the lines of the change order in Procore.")
_ADVICE = {
    "PurchaseOrderMod": _LINES,
    "Desc": Advice(field="lines", guidance="Shorten the change order's title or the line in Procore."),
    "Quantity": _LINES,
    "Amount": _LINES,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sum:
    """What the change order does to one line of the commitment: its items there, summed to one line."""

    items: tuple[ChangeOrderLine, ...]

    @property
    def amount(self) -> Decimal:
        """In dollars and cents."""
        return to_cents(sum((item.amount for item in self.items), Decimal(0)))


def references(record: ChangeOrder) -> tuple[RecordKey, ...]:
    """The commitment, its project and each cost code of the lines, once each."""
    codes = dict.fromkeys(line.cost_code_id for line in record.lines if line.cost_code_id is not None)
    return (
        touches(record),
        RecordKey(kind=RecordKind.PROJECT, procore_id=record.project_id),
        *(RecordKey(kind=RecordKind.COST_CODE, procore_id=code) for code in codes),
    )


def touches(record: ChangeOrder) -> RecordKey:
    """The commitment, whose purchase order gets the lines."""
    return RecordKey(kind=RecordKind.COMMITMENT, procore_id=record.commitment_id)


def lives_in(record: ChangeOrder) -> RecordKey | None:
    """The commitment: in QuickBooks a change order is lines of its purchase order."""
    return touches(record)


def review(record: ChangeOrder, context: Context) -> Review:
    """Check currency and each line; a change order that QuickBooks has already is a problem."""
    preflight = Preflight(record)
    _check(record, context, preflight)
    if context.link is None:
        preflight.check(_request(record, context, preflight), _ADVICE, edition=context.edition)
    return preflight.review()


def request(record: ChangeOrder, context: Context) -> Request:
    """PurchaseOrderMod: every line of `context.held` named again, ours after them.

    Lines that a Mod does not name are deleted (reference, section 3.5). Raises MappingError where it cannot
    be sent, or where the purchase order has lines of this change order that say something else.
    """
    preflight = Preflight(record)
    preflight.settle(unlinked(context, references(record)))
    _check(record, context, preflight)
    _check_held(record, context, preflight)
    draft = _request(record, context, preflight)
    preflight.check(draft, _ADVICE, edition=context.edition)
    preflight.settle(())
    return draft


def outcome(record: ChangeOrder, ret: Ret) -> Link:
    """The link to the purchase order, each item joined to the line that carries its sum.

    Raises MappingError where our lines are not all there to the cent.
    """
    sums, held = _sums(record), _marked(record, ret)
    if len(held) != len(sums):
        raise _misfit(record, ret, f"it has {len(held)} lines of it, Procore makes {len(sums)}")
    lines: list[LinkLine] = []
    for one, line in zip(sums, held, strict=True):
        amount = amount_of(line)
        if amount != one.amount:
            raise _misfit(record, ret, f"a line of it is {amount}, Procore has {one.amount}")
        lines += [
            LinkLine(
                procore_line_id=item.procore_id,
                txn_line_id=line.text("TxnLineID"),
                amount=amount,
                rate=rate_of(line),
                item_id=line.text("ItemRef/ListID"),
            )
            for item in one.items
        ]
    return ordinary.transaction_link(record, ret, tuple(lines))


remarks = ordinary.nothing_to_say
is_no_news = ordinary.never


def owned(record: ChangeOrder, link: Link) -> Owned:  # noqa: ARG001  # as for each kind
    """Its lines; the header of the purchase order is the commitment's."""
    return Owned(
        line_fields=("ItemRef", "CustomerRef", "Desc", "Amount", "Rate", "IsManuallyClosed"),
        lines=frozenset(line.txn_line_id for line in link.lines),
    )


def probe(record: ChangeOrder, context: Context, since: datetime | None) -> Request:
    """The commitment's purchase order, with its lines; raises MappingError while there is none."""
    if since is not None:
        return trace(record, context, since)
    preflight = Preflight(record)
    preflight.settle(unlinked(context, [touches(record)]))
    return reread(context.links[touches(record)])


def trace(record: ChangeOrder, context: Context, since: datetime) -> Request:  # noqa: ARG001  # as for each kind
    """Ask for every purchase order that changed since, with its lines."""
    return ordinary.transactions_since("PurchaseOrderQueryRq", since)


def reread(link: Link) -> Request:
    """Ask for the purchase order, with its lines, by its TxnID."""
    return ordinary.transaction("PurchaseOrderQueryRq", link)


def holds(record: ChangeOrder, ret: Ret, link: Link | None) -> bool:
    """Whether any line of the purchase order is this change order's: by its mark, or as the link knows it.

    A bookkeeper may write over the mark; the line stays the change order's.
    """
    own = set() if link is None else {line.txn_line_id for line in link.lines}
    return any(
        _is_marked(record, line) or line.text("TxnLineID") in own for line in ret.all("PurchaseOrderLineRet")
    )


def is_ours(record: ChangeOrder, ret: Ret, guid: str) -> bool:  # noqa: ARG001  # as for each kind
    """Never: lines carry no ExternalGUID; their mark tells them."""
    return False


def resembles(record: ChangeOrder, ret: Ret, context: Context) -> bool:  # noqa: ARG001  # as for each kind
    """Never: nothing but our mark makes a line one of a change order."""
    return False


def agrees(record: ChangeOrder, ret: Ret, context: Context) -> bool:  # noqa: ARG001  # as for each kind
    """Whether the purchase order has exactly our lines and amounts."""
    try:
        outcome(record, ret)
    except MappingError:
        return False
    return True


def mark(record: ChangeOrder, context: Context | None = None) -> str:
    """What each of its lines begins with, with the number chosen at accept, where `context` has one."""
    chosen = "" if context is None else context.choices.get("number", "")
    return change_order_mark.mark(chosen.strip() or record.number, record.procore_id)


def _check(record: ChangeOrder, context: Context, preflight: Preflight) -> None:
    preflight.check_purchase_orders(context.preferences)
    if context.link is not None:
        preflight.problem(
            "status",
            f"QuickBooks has it already, in purchase order {context.link.name!r}.",
            "Make another change order in Procore; or delete its lines in QuickBooks, unlink it, and send it "
            "again.",
        )
    check_currency(record.currency, context, preflight)
    if not record.lines:
        preflight.problem("lines", "It has no lines.", "Fill in its schedule of values in Procore.")
    for line in record.lines:
        preflight.check_line(
            f"line {line.position}",
            code=line.cost_code if line.cost_code_id is None else None,
            amount=line.amount,
        )


def _check_held(record: ChangeOrder, context: Context, preflight: Preflight) -> None:
    """What only the purchase order itself tells."""
    held = context.held
    if held is None:
        raise MappingError(
            f"The purchase order of change order {label_of(record)} has not been read.",
            guidance="Retry it; if this comes back, report it.",
            context={"record": str(key_of(record))},
        )
    if any(_is_marked(record, line) for line in held.all("PurchaseOrderLineRet")):
        preflight.problem(
            "lines",
            f"Purchase order {held.text('RefNumber')!r} has lines of it already, with other amounts.",
            f"Delete the lines that begin with {mark(record, context)} in QuickBooks, then retry.",
        )
    if held.text("IsManuallyClosed") == "true":
        preflight.problem(
            "commitment",
            f"Purchase order {held.text('RefNumber')!r} was closed by hand in QuickBooks.",
            "Take the tick off Closed in QuickBooks, then retry.",
        )


def _request(record: ChangeOrder, context: Context, preflight: Preflight) -> Request:
    held = context.held
    own = context.links.get(touches(record))
    body: dict[str, str | Sequence[Body]] = {
        "TxnID": own.quickbooks_id if own else UNLINKED,
        "EditSequence": held.text("EditSequence") if held is not None else "0",
        "PurchaseOrderLineMod": [
            *_kept(held, "PurchaseOrderLineRet"),
            *(_line(record, one, context, preflight) for one in _sums(record)),
        ],
    }
    groups = _kept(held, "PurchaseOrderLineGroupRet")
    if groups:
        body["PurchaseOrderLineGroupMod"] = groups
    return Request(name="PurchaseOrderModRq", body={"PurchaseOrderMod": body})


def _kept(held: Shown | None, tag: str) -> list[Body]:
    """The lines that are there, each named by its id alone, so that nothing of it changes."""
    return [] if held is None else [{"TxnLineID": line.text("TxnLineID")} for line in held.all(tag)]


def _line(record: ChangeOrder, one: _Sum, context: Context, preflight: Preflight) -> Body:
    first = one.items[0]
    field = f"line {first.position}"
    described = (preflight.line(field, item.description) for item in one.items)
    said = [preflight.line("title", record.title), *described]
    words = "; ".join(dict.fromkeys(text for text in said if text))
    taxed = None if first.tax_code_id is None else first.tax_code or first.tax_code_id
    return filled(
        {
            "TxnLineID": NEW_LINE,
            "ItemRef": reference(
                context, RecordKey(kind=RecordKind.COST_CODE, procore_id=first.cost_code_id or "")
            ),
            "Desc": f"{preflight.line('number', mark(record, context))} {words}".strip(),
            **by_amount(one.amount, context.options.commitment_line_style),
            "ClassRef": class_reference(field, first.cost_type, context, preflight),
            "CustomerRef": reference(
                context, RecordKey(kind=RecordKind.PROJECT, procore_id=record.project_id)
            ),
            "SalesTaxCodeRef": tax_reference(field, taxed, context, preflight),
        }
    )


def _sums(record: ChangeOrder) -> list[_Sum]:
    """One sum for each line of the commitment that is changed, one for each new item (workflows, W8).

    Items of several tax codes or cost types on one line are a sum each.
    """
    together: dict[tuple[str, ...], list[ChangeOrderLine]] = {}
    for line in sorted(record.lines, key=lambda line: line.position):
        changed = line.commitment_line_id
        coded = (line.tax_code_id or "", line.cost_type)
        key = ("new", line.procore_id) if changed is None else ("line", changed, *coded)
        together.setdefault(key, []).append(line)
    return [_Sum(items=tuple(items)) for items in together.values()]


def _marked(record: ChangeOrder, ret: Ret) -> list[Ret]:
    return [line for line in ret.all("PurchaseOrderLineRet") if _is_marked(record, line)]


def _is_marked(record: ChangeOrder, line: Shown) -> bool:
    return change_order_mark.id_in(line) == record.procore_id


def _misfit(record: ChangeOrder, ret: Ret, fault: str) -> MappingError:
    return MappingError(
        f"Purchase order {ret.text('RefNumber')!r} does not hold the change order {label_of(record)} as "
        f"sent: {fault}.",
        guidance=f"Compare the lines that begin with {mark(record)} with Procore: someone may have written "
        "another description over that. Delete them in QuickBooks and retry, or correct them there.",
        context={"record": str(key_of(record)), "txn_id": ret.text("TxnID")},
    )
