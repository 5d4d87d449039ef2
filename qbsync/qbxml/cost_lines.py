"""Which lines of a transaction cost a job something, as QuickBooks answers them."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal, InvalidOperation

from qbsync.model.costs import CREDITS, CostLine
from qbsync.qbxml.parse import Ret

KINDS = ("Bill", "VendorCredit", "Check", "CreditCardCharge", "CreditCardCredit", "JournalEntry")
"""Everything that costs a job something (workflows, section 7.1)."""
_LINES = ("ItemLineRet", "ItemGroupLineRet/ItemLineRet", "ExpenseLineRet")
_SIGNED = {"JournalDebitLine": 1, "JournalCreditLine": -1}
WANTED = (
    "TxnID",
    "TimeModified",
    "TxnDate",
    "RefNumber",
    "VendorRef",
    "PayeeEntityRef",
    "ItemLineRet",
    "ItemGroupLineRet",
    "ExpenseLineRet",
    "JournalDebitLine",
    "JournalCreditLine",
)
"""The elements of a Ret that are read here."""


def wanted(kind: str) -> tuple[str, ...]:
    """What of `WANTED` a Ret of that kind has."""
    if kind == "JournalEntry":
        return tuple(
            name for name in WANTED if name.startswith("Journal") or not name.endswith(("LineRet", "Ref"))
        )
    payee = "PayeeEntityRef" if kind in ("Bill", "VendorCredit") else "VendorRef"
    return tuple(name for name in WANTED if name != payee and not name.startswith("Journal"))


def cost_lines(ret: Ret) -> list[CostLine]:
    """Each line that is on a customer or job and comes to something; a voided transaction has none."""
    kind = ret.tag.removesuffix("Ret")
    sign = -1 if kind in CREDITS else 1
    found = [_line(ret, kind, line, factor) for line, factor in _parts(ret, sign)]
    return [line for line in found if line.job_id and line.amount]


def _parts(ret: Ret, sign: int) -> Iterator[tuple[Ret, int]]:
    for path in _LINES:
        yield from ((line, sign) for line in ret.all(path))
    for path, factor in _SIGNED.items():
        yield from ((line, factor) for line in ret.all(path))


def _line(ret: Ret, kind: str, line: Ret, sign: int) -> CostLine:
    payee = "VendorRef" if ret.has("VendorRef") else "PayeeEntityRef"
    job = "CustomerRef" if line.has("CustomerRef") else "EntityRef"
    return CostLine(
        txn_id=ret.text("TxnID"),
        line_id=line.text("TxnLineID"),
        kind=kind,
        number=ret.text("RefNumber"),
        day=ret.text("TxnDate"),
        payee_id=ret.text(f"{payee}/ListID"),
        payee=ret.text(f"{payee}/FullName"),
        job_id=line.text(f"{job}/ListID"),
        item_id=line.text("ItemRef/ListID"),
        place=line.text("ItemRef/FullName") or line.text("AccountRef/FullName"),
        account_id=line.text("AccountRef/ListID"),
        description=line.text("Desc") or line.text("Memo"),
        amount=sign * _amount(line.text("Amount")),
    )


def _amount(text: str) -> Decimal:
    try:
        return Decimal(text or "0")
    except InvalidOperation:
        return Decimal(0)
