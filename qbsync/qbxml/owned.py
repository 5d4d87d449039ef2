"""Which elements of a QuickBooks record are ours, what they say, and in what they differ from before."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from qbsync.model.drift import Difference, DriftSort, Held
from qbsync.model.money import to_cents
from qbsync.qbxml.parse import Ret

LINES = "lines"
"""Begins the field of a line; its TxnLineID and the element follow, each after a slash."""
LINE_TAGS = (
    "PurchaseOrderLineRet",
    "PurchaseOrderLineGroupRet",
    "EstimateLineRet",
    "EstimateLineGroupRet",
    "ItemLineRet",
    "ItemGroupLineRet",
    "ExpenseLineRet",
)
"""Every kind of line that the transactions have which qbsync makes."""
_MONEY = ("Amount", "TotalAmount")
_OTHERWISE = {"IsManuallyClosed": "false", "IsActive": "true"}
"""What elements say that QuickBooks may leave out."""
_SHUT = {"IsManuallyClosed": "true", "IsActive": "false"}
"""Elements that tell of a close, and the value by which they do."""
_WORDS = {
    "APAccountRef": "payables account",
    "AccountNumber": "account number",
    "AccountRef": "account",
    "ClassRef": "class",
    "CustomerRef": "job",
    "Desc": "description",
    "ExpectedDate": "expected date",
    "IsActive": "active",
    "IsManuallyClosed": "closed",
    "ItemRef": "item",
    "JobDesc": "job description",
    "JobProjectedEndDate": "projected end date",
    "JobStartDate": "start date",
    "ParentRef": "parent",
    "RefNumber": "number",
    "SalesAndPurchase/PurchaseDesc": "description on purchases",
    "SalesAndPurchase/SalesDesc": "description on sales",
    "SalesOrPurchase/Desc": "description",
    "ShipAddress": "address",
    "TxnDate": "date",
    "VendorAddress": "address",
    "VendorMsg": "vendor message",
    "VendorRef": "vendor",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Owned:
    """What qbsync writes of one record: `fields` of its header, `line_fields` of each of `lines`.

    `lines` are TxnLineIDs. `once` are those elements, of header or line, that only an Add writes.
    """

    fields: tuple[str, ...] = ()
    line_fields: tuple[str, ...] = ()
    lines: frozenset[str] = frozenset()
    once: frozenset[str] = frozenset()


def held(owned: Owned, ret: Ret) -> tuple[Held, ...]:
    """What the record shows in each element that is ours; one that is empty is not."""
    found = [_held(ret, path, path) for path in owned.fields]
    for line in lines_of(ret):
        line_id = line.text("TxnLineID")
        if line_id in owned.lines:
            found += [_held(line, path, f"{LINES}/{line_id}/{path}") for path in owned.line_fields]
    return tuple(one for one in found if one.value)


def held_after(owned: Owned, ret: Ret, before: Iterable[Held]) -> tuple[Held, ...]:
    """As `held`, after a Mod: what only an Add writes stays as it was left then."""
    kept = {one.field: one for one in before}
    return tuple(
        kept.get(one.field, one) if _element(one.field) in owned.once else one for one in held(owned, ret)
    )


def differences(before: Sequence[Held], ret: Ret) -> Iterator[Difference]:
    """Each element that says something else than before, and each line that is gone."""
    shown = {line.text("TxnLineID"): line for line in lines_of(ret)}
    gone: set[str] = set()
    amounts: set[str] = set()
    for one in before:
        line_id = _line_id(one.field)
        if line_id and line_id not in shown:
            if line_id not in gone:
                gone.add(line_id)
                yield _missing(line_id, before)
            continue
        place = shown[line_id] if line_id else ret
        now = _held(place, _element(one.field), one.field)
        if now.value == one.value or (_element(one.field) == "Rate" and line_id in amounts):
            continue
        if _element(one.field) == "Amount":
            amounts.add(line_id)  # its rate has changed for that, or its quantity: told once
        shut = _SHUT.get(_element(one.field)) == now.value
        yield Difference(
            sort=DriftSort.CLOSED if shut else DriftSort.CHANGED,
            field=one.field,
            what=_what(one.field, before),
            ours=one.words,
            theirs=now.words,
        )


def added(known: Collection[str], ret: Ret) -> Iterator[Difference]:
    """Each line that comes to something and whose TxnLineID is none of the known ones."""
    for line in lines_of(ret):
        amount = _held(line, "TotalAmount" if line.has("TotalAmount") else "Amount", "")
        if line.text("TxnLineID") in known or amount.value in ("", "0.00"):
            continue
        name = line.text("Desc") or line.text("Memo") or line.text("ItemRef/FullName")
        name = name or line.text("AccountRef/FullName") or line.text("ItemGroupRef/FullName")
        yield Difference(
            sort=DriftSort.ADDED,
            field=f"{LINES}/{line.text('TxnLineID')}",
            what=f"line {name!r}",
            ours="",
            theirs=amount.words,
        )


def lines_of(ret: Ret) -> list[Ret]:
    """The lines of a transaction, of whatever kind."""
    return [child for child in ret.children() if child.tag in LINE_TAGS]


def of_lines(lines: Collection[str], ret: Ret) -> Ret:
    """The transaction as though it had those lines alone, which are named by their TxnLineIDs."""
    return ret.only(lambda child: child.tag not in LINE_TAGS or child.text("TxnLineID") in lines)


def _held(place: Ret, path: str, field: str) -> Held:
    if path == "IsManuallyClosed" and place.tag in LINE_TAGS and not _open(place):
        return Held(field=field, value="false", words="false")
    found = place.one(path)
    if found is None:
        words = _OTHERWISE.get(path, "")
        return Held(field=field, value=words, words=words)
    if found.has("ListID"):
        return Held(field=field, value=found.text("ListID"), words=found.text("FullName"))
    parts = [part.value.strip() for part in found.children()] or [found.value]
    text = _number(path, ", ".join(part for part in parts if part))
    return Held(field=field, value=text, words=text)


def _open(line: Ret) -> bool:
    """Whether less was received than ordered: QuickBooks may itself close a line of which all was."""
    try:
        ordered, received = (Decimal(line.text(name) or "0") for name in ("Quantity", "ReceivedQuantity"))
    except InvalidOperation:
        return True
    return not ordered or abs(received) < abs(ordered)


def _number(path: str, text: str) -> str:
    """Figures in one form, so that 1 and 1.00 are the same."""
    try:
        if path in _MONEY:
            return str(to_cents(Decimal(text or "0")))
        return format(Decimal(text).normalize(), "f") if path == "Rate" and text else _plain(text)
    except InvalidOperation:
        return text


def _plain(text: str) -> str:
    return "\n".join(text.splitlines()).strip()


def _line_id(field: str) -> str:
    first, *rest = field.split("/")
    return rest[0] if first == LINES and rest else ""


def _element(field: str) -> str:
    return field.split("/", 2)[2] if _line_id(field) else field


def _missing(line_id: str, before: Sequence[Held]) -> Difference:
    amount = next((one.words for one in before if one.field == f"{LINES}/{line_id}/Amount"), "")
    return Difference(
        sort=DriftSort.DELETED,
        field=f"{LINES}/{line_id}",
        what=f"line {_name(line_id, before)!r}",
        ours=amount,
        theirs="",
    )


def _what(field: str, before: Sequence[Held]) -> str:
    element = _element(field)
    words = _WORDS.get(element) or "".join(
        f" {letter.lower()}" if letter.isupper() else letter for letter in element
    )
    line_id = _line_id(field)
    return f"{words.strip()} of line {_name(line_id, before)!r}" if line_id else words.strip()


def _name(line_id: str, before: Sequence[Held]) -> str:
    """What people call a line: its description, else its item or account."""
    by_field = {one.field: one.words for one in before}
    called = ("Desc", "Memo", "ItemRef", "AccountRef")
    names = (by_field.get(f"{LINES}/{line_id}/{element}", "") for element in called)
    return next((name for name in names if name), line_id)
